"""The section with the findings of the primary outcomes, first in the report: in short, and folded what they rest on.

The rule of the words is in `wording`.
"""

from __future__ import annotations

import pandas as pd

from kkz_eval.model.texts import Language
from kkz_eval.reporting import numbers, wording
from kkz_eval.reporting.document import Block, Paragraph, Quoted, Section, join, phrase
from kkz_eval.reporting.inputs import ReportInputs, in_language
from kkz_eval.reporting.sections import design
from kkz_eval.reporting.sections.parts import finding_of, folded, label_of, of_role, scope_of


def key_section(inputs: ReportInputs, language: Language) -> Section:
    """The findings of the primary outcomes, at which level their intervals are, and what each rests on."""
    blocks: list[Block] = []
    rests_on: list[Block] = []
    levels: set[float] = set()
    for outcome in of_role(inputs, "primary"):
        found = finding_of(inputs, outcome)
        scope = scope_of("key", inputs, outcome)
        below = scope_of("key-basis", inputs, outcome)
        far_apart = wording.before(inputs.balance, outcome, below, language)
        said = join(
            wording.in_short(found, outcome, scope, language, inputs.level),
            wording.pre_trend_note(found, scope, language) if found.pre_trend is None else (),
            wording.depends(found, outcome, inputs.estimates, inputs.checks.agreement, scope, language),
            phrase("front.apart", language) if far_apart else (),
        )
        blocks.append(Paragraph(said, "finding"))
        basis = (
            wording.rests_on(found, outcome, below, language, inputs.level),
            wording.pre_trend_note(found, below, language) if found.pre_trend is not None else (),
            far_apart,
        )
        if any(basis):
            rests_on.append(Paragraph(join((label_of(outcome, language), ":"), *basis), "finding"))
        if found.row is not None and wording.shows_interval(found) and not pd.isna(found.row["conf_level"]):
            levels.add(float(found.row["conf_level"]))
    if not blocks:
        context_only = bool(inputs.outcomes) and all(outcome.role == "context" for outcome in inputs.outcomes)
        blocks.append(Paragraph(phrase("key.context_only" if context_only else "key.none", language)))
    for position, level in enumerate(sorted(levels), start=1):
        shown = numbers.measured(f"key.level-{position}", level * 100, 0 if (level * 100) % 1 < 1e-9 else 1, language)
        blocks.append(Paragraph(phrase("key.level", language, level=shown), "note"))
    if "earlier_version" in inputs.texts:  # what was known when the plan was written
        known = Quoted(in_language(inputs.texts["earlier_version"], language, "texts.earlier_version"))
        blocks.append(Paragraph((known,), "note"))
    told = (*blocks, *design.lock_headline(inputs, language))
    return Section("key", phrase("sections.key", language), told, folded("key-basis", phrase("key.basis", language), rests_on))
