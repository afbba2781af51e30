"""The section on the chain from birth to work: what this report evaluates at each stage, and what it doesn't and why. No figures."""

from __future__ import annotations

from kkz_eval import indicators
from kkz_eval.indicators.chain import Further, StageCoverage
from kkz_eval.model.texts import Language
from kkz_eval.reference.unit_groups import unit_words
from kkz_eval.reporting import numbers
from kkz_eval.reporting.document import Inline, Listing, Paragraph, Parts, Quoted, Section, join, phrase
from kkz_eval.reporting.inputs import LocalText, OutcomeInfo, ReportInputs, in_language
from kkz_eval.reporting.sections.parts import finding_of, insert, label_of


def chain_section(inputs: ReportInputs, language: Language) -> tuple[Section, ...]:
    """One item for each stage; () where inputs.chain is empty."""
    if not inputs.chain:
        return ()
    items = tuple(_stage(stage, inputs, language) for stage in inputs.chain)
    blocks = (Paragraph(phrase("chain.intro", language)), Listing(items))
    return (Section("chain", phrase("sections.chain", language), blocks),)


def _stage(stage: StageCoverage, inputs: ReportInputs, language: Language) -> Parts:
    by_name = {outcome.indicator: outcome for outcome in inputs.outcomes}
    evaluated = [_evaluated(by_name[name], inputs, language) for name in stage.evaluated]
    own_level = [
        _further(f"chain.{stage.stage}.{n}", row, language) for n, row in enumerate(stage.further) if not row.other_level
    ]
    reasons = [
        phrase(
            "chain.reason", language, subject=_as_it_is(row.subject, language), because=Quoted(row.because.in_language(language))
        )
        for row in stage.reasons
    ]
    name = Quoted(indicators.say(f"stages.{stage.stage}").in_language(language))
    return join(
        (name, ":"),
        _said("chain.evaluated", evaluated, language) or phrase("chain.nothing", language),
        _said("chain.in_catalogue", own_level, language),
        _said(
            "chain.other_level",
            [(_as_it_is(row.label, language),) for row in stage.further if row.other_level],
            language,
            units=unit_words(inputs.level, language)["units"],
        ),
        _said("chain.delivered", [(_as_it_is(title, language),) for title in stage.delivered], language),
        _said("chain.not_evaluable", reasons, language),
    )


def _evaluated(outcome: OutcomeInfo, inputs: ReportInputs, language: Language) -> Parts:
    """The outcome by its name, with a word where it is context only or has no estimate."""
    label = label_of(outcome, language)
    if outcome.role == "context":
        return phrase("chain.context", language, label=label)
    if not finding_of(inputs, outcome).is_estimated:
        return phrase("chain.no_estimate", language, label=label)
    return (label,)


def _further(scope: str, row: Further, language: Language) -> Parts:
    label = _as_it_is(row.label, language)
    if row.from_year is None:
        return (label,)
    return phrase("chain.from_year", language, label=label, year=numbers.year(f"{scope}.from_year", row.from_year))


def _as_it_is(local: LocalText, language: Language) -> Quoted:
    return Quoted(in_language(local, language, "chain"))


def _said(key: str, items: list[Parts], language: Language, **parameters: Inline) -> Parts:
    """The sentence of the catalogue around a list; nothing for an empty one."""
    listed: list[Inline] = []
    for item in items:
        listed += [*(["; "] if listed else []), *item]
    return insert(phrase(key, language, items="\x01", **parameters), tuple(listed)) if items else ()
