"""The section on what was studied: question, years, outcomes, and the groups by name. No result."""

from __future__ import annotations

import pandas as pd

from kkz_eval.model.texts import Language
from kkz_eval.reporting import numbers, say
from kkz_eval.reporting.document import (
    Block,
    Code,
    Column,
    Inline,
    Listing,
    Paragraph,
    Parts,
    Quoted,
    Section,
    Table,
    identifier_part,
    phrase,
)
from kkz_eval.reporting.inputs import ReportInputs, in_language
from kkz_eval.reporting.sections.parts import folded, insert, label_of, of_role, scope_of, written_day


def studied_section(inputs: ReportInputs, language: Language) -> Section:
    """Question, years, outcomes and their mechanisms, and the units of each group by name."""
    blocks: list[Block] = []
    ways: tuple[Section, ...] = ()
    if "question" in inputs.texts:
        blocks.append(Paragraph((Quoted(in_language(inputs.texts["question"], language, "texts.question")),), "lead"))
    if inputs.outcomes:
        starts: list[Inline] = []
        for position, cohort in enumerate(sorted(inputs.treated_cohorts), start=1):
            starts += [*([", "] if starts else []), numbers.year(f"studied.start-{position}", cohort)]
        first, last = (
            min(outcome.window[0] for outcome in inputs.outcomes),
            max(outcome.window[1] for outcome in inputs.outcomes),
        )
        sentence = phrase(
            "studied.period",
            language,
            first=numbers.year("studied.first_year", first),
            last=numbers.year("studied.last_year", last),
            starts="\x01",
        )
        blocks.append(Paragraph(insert(sentence, tuple(starts) or (say("studied.not_stated").in_language(language),))))
        if inputs.as_of is not None:
            blocks.append(Paragraph(phrase("studied.as_of", language, day=Code(written_day(inputs.as_of.isoformat(), language)))))
        if inputs.unit_rule is not None:
            blocks.append(Paragraph((Quoted(inputs.unit_rule.in_language(language)),)))
        blocks += [Paragraph((Quoted(said.in_language(language)),)) for said in inputs.held_fixed]
        ways = folded("outcomes", phrase("studied.outcomes", language), [_outcome_table(inputs, language)])
        mechanisms = tuple(
            phrase(
                "studied.mechanism",
                language,
                label=label_of(outcome, language),
                mechanism=Quoted(in_language(outcome.mechanism, language, outcome.indicator)),
            )
            for outcome in inputs.outcomes
            if outcome.mechanism is not None
        )
        if mechanisms:
            said: tuple[Block, ...] = (Paragraph(phrase("studied.mechanisms", language)), Listing(mechanisms))
            ways += folded("studied-mechanisms", phrase("studied.mechanisms_title", language), said)
    subsections = tuple(
        _group(inputs, group, language) for group in ("treated", "reference", "later", "left_out") if len(_units(inputs, group))
    )
    return Section(
        "studied",
        phrase("sections.studied", language),
        tuple(blocks),
        (*folded("groups", phrase("studied.groups", language), (), subsections), *ways),
    )


def _outcome_table(inputs: ReportInputs, language: Language) -> Table:
    headings = ("outcome", "role", "window", "exposed_from", "expected")
    none = (say("studied.not_stated").in_language(language),)
    rows = []
    for outcome in of_role(inputs, "primary", "secondary", "context"):
        scope = scope_of("studied", inputs, outcome)
        earliest = outcome.earliest_plausible_year
        rows.append(
            (
                phrase(
                    "studied.outcome_unit",
                    language,
                    label=label_of(outcome, language),
                    unit=Quoted(in_language(outcome.unit, language, outcome.indicator)),
                ),
                (say(f"roles.{outcome.role}").in_language(language),),
                phrase(
                    "studied.years",
                    language,
                    first=numbers.year(f"{scope}.first", outcome.window[0]),
                    last=numbers.year(f"{scope}.last", outcome.window[1]),
                ),
                none if earliest is None else (numbers.year(f"{scope}.earliest", earliest),),
                none
                if outcome.expected_direction is None
                else (say(f"directions.{outcome.expected_direction}").in_language(language),),
            )
        )
    return Table(
        "outcomes-table",
        phrase("studied.outcomes_caption", language),
        tuple(Column(say(f"studied.{heading}").in_language(language)) for heading in headings),
        tuple(rows),
    )


def _units(inputs: ReportInputs, group: str) -> pd.DataFrame:
    return inputs.groups[inputs.groups["group"] == group].sort_values(["name", "unit_id"])


def _group(inputs: ReportInputs, group: str, language: Language) -> Section:
    units = _units(inputs, group)
    scope = f"group-{group}"
    items: list[Parts] = []
    for unit_id, name, cohort in zip(units["unit_id"], units["name"], units["cohort"], strict=True):
        shown = Quoted(str(name))
        if group == "left_out":
            why = inputs.why_left_out.get(str(unit_id))
            said = (
                say("studied.no_reason").in_language(language)
                if why is None
                else Quoted(why.in_language(language).removeprefix(f"{name}: "))
            )
            items.append(phrase("studied.left_out_reason", language, name=shown, reason=said))
        elif group == "later" and not pd.isna(cohort):
            started = numbers.year(f"{scope}.{identifier_part(str(unit_id))}.cohort", cohort)
            items.append(phrase("studied.later_cohort", language, name=shown, year=started))
        else:
            items.append((shown,))
    described = inputs.texts.get(f"{group}_group")
    started_before = group == "later" and bool((units["cohort"] < max(inputs.treated_cohorts, default=0)).any())
    heading = "other_start" if started_before else group
    return Section(
        scope,
        phrase(f"studied.{heading}", language, n=numbers.count(f"{scope}.n", len(units), language)),
        (
            *([] if described is None else [Paragraph((Quoted(in_language(described, language, f"texts.{group}_group")),))]),
            Listing(tuple(items), "plain" if group == "left_out" else "columns"),
        ),
    )
