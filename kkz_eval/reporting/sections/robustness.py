"""The section on whether the results stand: what other ways of computing say, and what was tried on which nothing should be seen.

Of a comparison that doesn't stand no estimate is told; whether other ways point the same way says nothing of its size. Does not belong
here: the rating (strength), all estimates (difference).
"""

from __future__ import annotations

from collections.abc import Iterator

from kkz_eval.evaluation.verdict.decide import Verdict
from kkz_eval.evaluation.verdict.evidence import Estimates, Evidence, against
from kkz_eval.evaluation.verdict.rules import Form, rules
from kkz_eval.model.texts import Language
from kkz_eval.reporting import numbers, say, wording
from kkz_eval.reporting.document import Block, Column, Number, Paragraph, Parts, Section, Table, join, phrase
from kkz_eval.reporting.inputs import OutcomeInfo, ReportInputs
from kkz_eval.reporting.sections.parts import finding_of, folded, insert, label_of, of_role, scope_of
from kkz_eval.reporting.sections.robustness_figures import robustness_figures

_TRIALS = ("specifications", "scales", "controls", "breakdown")


def robustness_section(inputs: ReportInputs, language: Language) -> Section:
    """A table of what was tried for each outcome, then what the other methods say of each that may be told."""
    outcomes = [(outcome, finding_of(inputs, outcome)) for outcome in of_role(inputs, "primary", "secondary")]
    estimated = [(outcome, found) for outcome, found in outcomes if found.is_estimated]
    title = phrase("sections.robustness", language)
    if not estimated:
        return Section("robustness", title, (Paragraph(phrase("robustness.nothing", language)),))
    primary, secondary = (
        [(outcome, found.verdict) for outcome, found in estimated if outcome.role == role] for role in ("primary", "secondary")
    )
    rest = [_trials("robustness-others-table", secondary, inputs, language)] if primary and secondary else []
    blocks: list[Block] = [
        Paragraph(phrase("robustness.intro", language)),
        _trials("robustness-table", primary or secondary, inputs, language),
        Paragraph(phrase("robustness.reading", language, needed=_needed(language)), "note"),
    ]
    others = (_others(inputs, outcome, found, language) for outcome, found in estimated if found.verdict.is_comparable)
    folds = (
        *robustness_figures(inputs, language),
        *folded("robustness-methods", phrase("robustness.methods", language), (), (one for one in others if one is not None)),
        *folded("robustness-others", phrase("difference.others", language), rest),
    )
    return Section("robustness", title, tuple(blocks), folds)


def _others(inputs: ReportInputs, outcome: OutcomeInfo, found: wording.Finding, language: Language) -> Section | None:
    """What the other methods say of an outcome; None where there are none."""
    scope = scope_of("robustness", inputs, outcome)
    said = join(
        wording.others(found, outcome, inputs.estimates, scope, language),
        wording.depends(found, outcome, inputs.estimates, inputs.checks.agreement, scope, language),
        wording.pre_trend_note(found, scope, language),
    )
    return Section(scope, (label_of(outcome, language),), (Paragraph(said),)) if said else None


def _needed(language: Language) -> Number:
    return numbers.measured("robustness.needed", rules().limit(Form.DIFFERENCE, "breakdown"), 1, language)


def _trials(name: str, tried: list[tuple[OutcomeInfo, Verdict]], inputs: ReportInputs, language: Language) -> Table:
    columns = (
        Column(say("balance.outcome").in_language(language)),
        *(Column(say(f"robustness.column.{name}").in_language(language)) for name in _TRIALS),
    )
    rows = tuple(
        ((label_of(outcome, language),), *_trials_of(verdict, scope_of("robustness.tried", inputs, outcome), language))
        for outcome, verdict in tried
    )
    caption = "robustness.caption" if name == "robustness-table" else "robustness.others_caption"
    return Table(name, phrase(caption, language), columns, rows)


def _trials_of(verdict: Verdict, scope: str, language: Language) -> Iterator[Parts]:
    evidence = verdict.evidence
    yield _ways(evidence, f"{scope}.specifications", language)
    yield _same_direction(evidence.scales, evidence.estimate, f"{scope}.scales", language)
    yield _controls(verdict, f"{scope}.controls", language)
    if evidence.breakdown is None:
        yield phrase("robustness.not_examined", language)
    else:
        yield phrase("robustness.times", language, times=numbers.measured(f"{scope}.breakdown", evidence.breakdown, 2, language))


def _ways(evidence: Evidence, scope: str, language: Language) -> Parts:
    """Other ways to compute with the same sign, and apart from them the one way that leaves out each unit in turn, however many these are."""
    named = evidence.specifications or {}
    ways, left_out = ({name: one for name, one in named.items() if (":" in name) == each} for each in (False, True))
    told = _same_direction(ways, evidence.estimate, scope, language)
    if not left_out:
        return told
    same = _same_direction(left_out, evidence.estimate, f"{scope}.each", language)
    without_each = insert(phrase("robustness.without_each", language, same="\x01"), same)
    return (*told, "; ", *without_each) if ways else without_each


def _same_direction(estimates: Estimates | None, estimate: float | None, scope: str, language: Language) -> Parts:
    """How many of some estimates have the sign of the one that is told, and how many could not be computed; in words where there are none."""
    known = {name: one for name, one in (estimates or {}).items() if one is not None}
    turned = against(known, estimate)
    if not known or turned is None:
        return phrase("robustness.not_examined", language)
    shown = {"same": len(known) - len(turned), "of": len(known), "refused": len(estimates or ()) - len(known)}
    counted = {name: numbers.count(f"{scope}.{name}", n, language) for name, n in shown.items() if n or name != "refused"}
    return phrase("robustness.same_of_known" if "refused" in counted else "robustness.same", language, **counted)


def _controls(verdict: Verdict, scope: str, language: Language) -> Parts:
    """In how many of the controls, on which the programme can change nothing, something is seen that the table of the verdict counts."""
    controls = verdict.evidence.negative_controls
    if not controls:
        return phrase("robustness.not_examined", language)
    entry = next(entry for entry in rules().rows if entry.form is Form.NEGATIVE_CONTROL)
    found = [entry.holds_of(control) for control in controls]
    seen, unknown = found.count(True), found.count(None)
    shown = {
        "seen": numbers.count(f"{scope}.seen", seen, language),
        "of": numbers.count(f"{scope}.of", len(controls) - unknown, language),
    }
    return phrase("robustness.seen", language, **shown)
