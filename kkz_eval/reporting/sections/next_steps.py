"""What to talk about next, by the rule of next_steps.yaml: which triggers are found, and the questions that follow.

Belongs here: reading the rule, and what each trigger looks for in the inputs. No trigger looks at an estimate. Does not belong here: the
words of a step (next_steps.yaml), the page (front_parts).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from typing import Any, cast

from kkz_eval import indicators
from kkz_eval.evaluation.verdict.decide import Verdict
from kkz_eval.evaluation.verdict.rules import Code, Form
from kkz_eval.indicators.offers import ACROSS, StageOffers
from kkz_eval.model.edited_files.file import FileInvalid
from kkz_eval.model.edited_files.reading import parse_edited
from kkz_eval.model.edited_files.schema import report_schema_faults, schema_of
from kkz_eval.model.edited_files.suggestions import report_not_allowed
from kkz_eval.model.texts import Language
from kkz_eval.model.verdicts import OFFICIAL, State
from kkz_eval.reporting import numbers
from kkz_eval.reporting.document import Inline, Parts, Quoted, phrase
from kkz_eval.reporting.inputs import PACKAGE, LocalText, OutcomeInfo, ReportInputs, in_language
from kkz_eval.reporting.sections.chain import reach_percent
from kkz_eval.reporting.sections.parts import has_values, label_of, of_role

_TEXTS = ("ask", "by", "without_year", "then")
_PARAMETER = re.compile(r"\{(\w+)\}")
_FAILS = (Form.AUDIT, Form.SLOPE)  # a negative control fails by the size of the estimate, and no step may hang on that
NOT_COUNTED = (State.MISSING, State.REJECTED, State.CONFLICT, State.PURGED)


class NextStepsInvalid(FileInvalid):
    """The rule of the next steps can't be used."""

    HEADING, PACKAGE = "next_steps_invalid", PACKAGE


@dataclass(frozen=True)
class Step:
    """One entry of the rule. limit: from when on its trigger is found, None where it has none; without_year: `by` where no year is known."""

    id: str
    trigger: str
    limit: float | None
    who: LocalText
    ask: LocalText
    by: LocalText
    then: LocalText
    without_year: LocalText | None = None


@dataclass(frozen=True)
class Rule:
    """The steps in the order of their priority."""

    version: int
    at_most: int
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Found:
    """What a trigger found. outcomes, stage or dataset: what it concerns, the others are empty; n, of: counts, percent: of a hundred."""

    outcomes: tuple[OutcomeInfo, ...] = ()
    stage: str = ""
    dataset: str = ""
    n: int | None = None
    of: int | None = None
    percent: int | None = None
    year: int | None = None


@cache
def rule() -> Rule:
    """The rule of this version of the programme."""
    return parse_rule(resources.files(PACKAGE).joinpath("next_steps.yaml").read_bytes(), "next_steps.yaml")


def parse_rule(content: bytes, source: str) -> Rule:
    """The rule in the bytes of a YAML file. source: as messages name it. Raises NextStepsInvalid with all that is wrong."""
    file = parse_edited(content, source, NextStepsInvalid)
    report_schema_faults(file, schema_of(PACKAGE, "next_steps.schema.json"))
    file.settle()
    value = cast(Mapping[str, Any], file.value)
    for position, entry in enumerate(value["steps"]):
        given = _GIVES[entry["trigger"]]
        for key in _TEXTS:
            for language, text in entry.get(key, {}).items():
                for name in _PARAMETER.findall(text):
                    if name not in given:
                        report_not_allowed(file, ("steps", position, key, language), name, list(given))
        if any("{year}" in text for text in entry["by"].values()) and "without_year" not in entry:
            file.report(("steps", position), "missing_key", {"key": "without_year"})
    file.settle()
    return Rule(value["version"], value["at_most"], tuple(_step(entry) for entry in value["steps"]))


def _step(entry: Mapping[str, Any]) -> Step:
    texts = {name: entry[name] for name in ("who", "ask", "by", "then")}
    return Step(entry["id"], entry["trigger"], entry.get("limit"), **texts, without_year=entry.get("without_year"))


def found_in(inputs: ReportInputs, steps: Rule) -> tuple[tuple[Step, Found], ...]:
    """Every step whose trigger is found, in the order of priority."""
    tried = ((step, _TRIGGERS[step.trigger](inputs, 0.0 if step.limit is None else step.limit)) for step in steps.steps)
    return tuple((step, found) for step, found in tried if found is not None)


def said_of(step: Step, found: Found, scope: str, inputs: ReportInputs, language: Language) -> Parts:
    """A step as a page tells it: who talks about what, until when, and what one knows then."""
    by = step.by if found.year is not None or step.without_year is None else step.without_year
    told = {"ask": step.ask, "by": by, "then": step.then}
    parts = {
        name: _filled(in_language(text, language, step.id), found, f"{scope}.{name}", inputs, language)
        for name, text in told.items()
    }
    parts["who"] = (Quoted(in_language(step.who, language, step.id)),)
    marks = {name: f"\x01{name}" for name in parts}
    sentence = phrase("front.next.step", language, **marks)
    return tuple(
        piece
        for part in sentence
        for piece in (parts[part[1:]] if isinstance(part, str) and part.startswith("\x01") else (part,))
    )


def what_of(found: Found, inputs: ReportInputs, language: Language) -> Parts:
    """The outcomes, the stage or the dataset that a trigger concerns, in quotation marks."""
    if found.outcomes:
        names: Sequence[Quoted] = [label_of(outcome, language) for outcome in found.outcomes]
    elif found.stage:
        names = [Quoted(indicators.say(f"stages.{found.stage}").in_language(language))]
    else:
        title = inputs.dataset_titles.get(found.dataset)
        names = [Quoted(found.dataset if title is None else in_language(title, language, found.dataset))]
    listed: list[Inline] = []
    for name in names:
        listed += [*([", "] if listed else []), *phrase("front.quoted", language, label=name)]
    return tuple(listed)


def _filled(text: str, found: Found, scope: str, inputs: ReportInputs, language: Language) -> Parts:
    pieces = _PARAMETER.split(text)
    shown: list[Inline] = []
    for index, piece in enumerate(pieces):
        if not index % 2:
            shown += [piece] if piece else []
        elif piece == "what":
            shown += what_of(found, inputs, language)
        elif piece == "year":
            shown.append(numbers.year(f"{scope}.year", cast(int, found.year)))
        else:
            shown.append(numbers.count(f"{scope}.{piece}", cast(int, getattr(found, piece)), language))
    return tuple(shown)


def _comparison_fails(inputs: ReportInputs, _: float) -> Found | None:
    return _outcomes(inputs, _FAILS)


def _too_few_years(inputs: ReportInputs, _: float) -> Found | None:
    found = _outcomes(inputs, (Form.TOO_EARLY,))
    if found is None:
        return None
    years = [inputs.verdicts[outcome.indicator].evidence.first_year for outcome in found.outcomes]
    known = [year for year in years if year is not None]
    return replace(found, year=max(known, default=None))


def _too_blurred(inputs: ReportInputs, _: float) -> Found | None:
    """The outcomes whose comparison stands, but mostly notices only more than the smallest difference that matters."""
    outcomes = tuple(
        outcome
        for outcome in of_role(inputs, "primary")
        if outcome.indicator in inputs.verdicts and _is_blurred(inputs.verdicts[outcome.indicator])
    )
    return Found(outcomes=outcomes) if outcomes else None


def _is_blurred(verdict: Verdict) -> bool:
    """Known before any estimate: a negative control, which fails by the estimate, changes nothing here."""
    mde, smallest = verdict.evidence.mde, verdict.evidence.smallest_difference
    stands = verdict.code is not Code.NONE and verdict.form not in _FAILS
    return stands and mde is not None and smallest is not None and mde > smallest


def _nothing_delivered(inputs: ReportInputs, _: float) -> Found | None:
    offers = inputs.offers
    return Found() if offers is None or (offers.services is None and offers.network is None) else None


def _outcomes(inputs: ReportInputs, forms: tuple[Form, ...]) -> Found | None:
    """The primary outcomes with figures and a verdict of one of these forms."""
    primary = (outcome for outcome in of_role(inputs, "primary") if has_values(inputs, outcome))
    outcomes = tuple(o for o in primary if o.indicator in inputs.verdicts and inputs.verdicts[o.indicator].form in forms)
    return Found(outcomes=outcomes) if outcomes else None


def _missing_deliveries(inputs: ReportInputs, limit: float) -> Found | None:
    """The dataset of which the largest share is missing, the first by name of several."""
    rows = inputs.deliveries
    if rows.empty:
        return None
    owed = rows[~rows["status"].isin([*OFFICIAL, State.NOT_OWED])]
    counts = [
        (str(dataset), int(part["status"].isin(list(NOT_COUNTED)).sum()), len(part)) for dataset, part in owed.groupby("dataset")
    ]
    missing = [(dataset, n, of) for dataset, n, of in counts if n and n / of >= limit]
    if not missing:
        return None
    dataset, n, of = min(missing, key=lambda row: (-row[1] / row[2], row[0]))
    return Found(dataset=dataset, n=n, of=of)


def _low_reach(inputs: ReportInputs, limit: float) -> Found | None:
    """The stage with the lowest reach, the first of several."""
    reached = [(row.stage, reach_percent(row.reach, inputs.smallest_cell)) for row in _stages(inputs)]
    low = [(stage, percent) for stage, percent in reached if percent is not None and percent < limit]
    if not low:
        return None
    stage, percent = min(low, key=lambda row: row[1])
    return Found(stage=stage, percent=percent)


def _handover_gap(inputs: ReportInputs, limit: float) -> Found | None:
    answers = [(row.stage, row.tied.of - row.tied.yes, row.tied.of) for row in _stages(inputs) if row.tied is not None]
    return _largest(answers, limit)


def _no_service(inputs: ReportInputs, limit: float) -> Found | None:
    return _largest([(row.stage, row.offered.of - row.offered.yes, row.offered.of) for row in _stages(inputs)], limit)


def _largest(answers: Sequence[tuple[str, int, int]], limit: float) -> Found | None:
    """The stage where the largest share says no, the first of several."""
    lacking = [(stage, n, of) for stage, n, of in answers if of and n and n / of >= limit]
    if not lacking:
        return None
    stage, n, of = min(lacking, key=lambda row: -row[1] / row[2])
    return Found(stage=stage, n=n, of=of)


def _stages(inputs: ReportInputs) -> Iterator[StageOffers]:
    """The stages of the chain itself, from birth to work."""
    if inputs.offers is not None:
        yield from (row for row in inputs.offers.stages if row.stage != ACROSS)


_TRIGGERS: Mapping[str, Callable[[ReportInputs, float], Found | None]] = {
    "comparison_fails": _comparison_fails,
    "too_few_years": _too_few_years,
    "too_blurred": _too_blurred,
    "nothing_delivered": _nothing_delivered,
    "missing_deliveries": _missing_deliveries,
    "low_reach": _low_reach,
    "handover_gap": _handover_gap,
    "no_service": _no_service,
}
_GIVES: Mapping[str, tuple[str, ...]] = {
    "comparison_fails": ("what",),
    "too_few_years": ("what", "year"),
    "too_blurred": ("what",),
    "nothing_delivered": (),
    "missing_deliveries": ("what", "n", "of"),
    "low_reach": ("what", "percent"),
    "handover_gap": ("what", "n", "of"),
    "no_service": ("what", "n", "of"),
}
