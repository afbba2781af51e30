"""The section on the chain from birth to work: what this report evaluates at each stage, and what it doesn't and why. No figures."""

from __future__ import annotations

from kkz_eval.indicators.chain import Further, StageCoverage
from kkz_eval.model.texts import Language, text
from kkz_eval.reference.unit_groups import unit_words
from kkz_eval.reporting import numbers, wording
from kkz_eval.reporting.document import Column, Inline, Paragraph, Parts, Quoted, Section, Table, join, phrase
from kkz_eval.reporting.inputs import OutcomeInfo, ReportInputs, in_language
from kkz_eval.reporting.sections.parts import insert, label_of, say, verdict_of

HEADINGS = ("stage", "evaluated", "not_evaluated")


def chain_section(inputs: ReportInputs, language: Language) -> tuple[Section, ...]:
    """One table, a row for each stage; () where inputs.chain is empty."""
    if not inputs.chain:
        return ()
    rows = tuple(_row(stage, inputs, language) for stage in inputs.chain)
    columns = tuple(Column(say(f"chain.{name}", language)) for name in HEADINGS)
    table = Table("chain-table", phrase("chain.caption", language), columns, rows)
    return (Section("chain", phrase("sections.chain", language), (Paragraph(phrase("chain.intro", language)), table)),)


def _row(stage: StageCoverage, inputs: ReportInputs, language: Language) -> tuple[Parts, ...]:
    by_name = {outcome.indicator: outcome for outcome in inputs.outcomes}
    evaluated = [_evaluated(by_name[name], inputs, language) for name in stage.evaluated]
    further = [_further(f"chain.{stage.stage}.{n}", row, inputs.level, language) for n, row in enumerate(stage.further, start=1)]
    delivered: list[Parts] = [(Quoted(in_language(title, language, stage.stage)),) for title in stage.delivered]
    reasons = [
        phrase(
            "chain.reason",
            language,
            subject=Quoted(_capital(in_language(row.subject, language, stage.stage))),
            because=Quoted(in_language(row.because, language, stage.stage)),
        )
        for row in stage.reasons
    ]
    none: Parts = (say("studied.not_stated", language),)
    return (
        (text(f"stages.{stage.stage}", language, package="kkz_eval.indicators"),),
        _listed(evaluated) or none,
        join(
            _said("chain.in_catalogue", further, language),
            _said("chain.delivered", delivered, language),
            _said("chain.not_evaluable", reasons, language),
        )
        or none,
    )


def _evaluated(outcome: OutcomeInfo, inputs: ReportInputs, language: Language) -> Parts:
    """The outcome by its name, with a word where it is context only or has no estimate."""
    label = label_of(outcome, language)
    if outcome.role == "context":
        return phrase("chain.context", language, label=label)
    if verdict_of(inputs, outcome).kind in (wording.Kind.REFUSED, wording.Kind.MISSING):
        return phrase("chain.no_estimate", language, label=label)
    return (label,)


def _further(scope: str, row: Further, level: str, language: Language) -> Parts:
    label = Quoted(in_language(row.label, language, scope))
    if row.other_level:
        return phrase("chain.other_level", language, label=label, units=unit_words(level, language)["units"])
    if row.from_year is not None:
        return phrase("chain.from_year", language, label=label, year=numbers.year(f"{scope}.from_year", row.from_year))
    return (label,)


def _said(key: str, items: list[Parts], language: Language) -> Parts:
    """The sentence of the catalogue around a list; nothing for an empty one."""
    return insert(phrase(key, language, items="\x01"), _listed(items)) if items else ()


def _listed(items: list[Parts]) -> Parts:
    listed: list[Inline] = []
    for item in items:
        listed += [*(["; "] if listed else []), *item]
    return tuple(listed)


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
