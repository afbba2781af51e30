"""The section on the chain from birth to work: what is offered at each stage, whom it reaches, whether it is handed on, what differed.

Four questions in this order, one figure, and folded the answers by stage; then what is not evaluated and why. The first three describe what was delivered.
Does not belong here: counting what was delivered (indicators.offers), the verdicts, the stations of a year of birth (stations).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from kkz_eval import indicators
from kkz_eval.evaluation.verdict.rules import Code
from kkz_eval.evaluation.verdict.sentences import level_word, verdict_word
from kkz_eval.indicators.chain import Reason, StageCoverage
from kkz_eval.indicators.offers import Answers, Offers, Reach, StageOffers
from kkz_eval.model.texts import Language
from kkz_eval.reference.unit_groups import unit_words
from kkz_eval.reporting import disclosure, numbers, say
from kkz_eval.reporting.document import (
    Block,
    Column,
    Inline,
    Listing,
    Number,
    Paragraph,
    Parts,
    Quoted,
    Section,
    Table,
    join,
    phrase,
    plain,
)
from kkz_eval.reporting.figures.chain import Chain, Link, OutcomeOnChain, draw_chain
from kkz_eval.reporting.inputs import LocalText, OutcomeInfo, ReportInputs, in_language
from kkz_eval.reporting.sections.parts import finding_of, folded, insert, is_simulated, label_of, listed, of_role, source_of
from kkz_eval.reporting.sections.stations import stations_section

_AROUND = "context"  # the stage of the catalogue that is no link of the chain
_COLUMNS = ("stage", "offered", "reached", "handed_on", "differed")


def chain_section(inputs: ReportInputs, language: Language) -> tuple[Section, ...]:
    """The four questions along the chain, what is not evaluated, and the stations of a year of birth; () where inputs.chain is empty."""
    if not inputs.chain:
        return ()
    offers = {} if inputs.offers is None else {row.stage: row for row in inputs.offers.stages}
    rows = tuple(_answered(stage, offers, inputs, language) for stage in inputs.chain)
    blocks: list[Block] = [*_delivered(inputs.offers, language)]
    by_stage: list[Block] = []
    links = tuple(row.link for row in rows if row.stage != _AROUND)
    if links:
        caption = phrase("chain.figure_with_reach" if offers else "chain.figure", language)
        made_up = bool(offers) and inputs.offers is not None and inputs.offers.simulated
        made_up = made_up or any(is_simulated(inputs, outcome) for outcome in of_role(inputs, "primary", "secondary"))
        blocks.append(draw_chain("chain.figure", Chain(links, made_up), caption, language, _source(inputs, language)))
    if offers:  # without deliveries the figure says it all
        columns = tuple(Column(say(f"chain.column.{name}").in_language(language)) for name in _COLUMNS)
        by_stage.append(Paragraph(phrase("chain.counting", language), "note"))
        by_stage.append(Table("chain-table", phrase("chain.table", language), columns, tuple(row.cells for row in rows)))
    answers = folded("chain-stages", phrase("chain.table_title", language), by_stage)
    left = tuple(said for stage in inputs.chain if (said := _not_evaluated(stage, inputs, language)))
    reasons = folded("chain-reasons", phrase("chain.reasons", language), (Listing(left),) if left else ())
    folds = (*answers, *reasons, *stations_section(inputs, language))
    return (Section("chain", phrase("sections.chain", language), tuple(blocks), folds),)


def _delivered(offers: Offers | None, language: Language) -> tuple[Paragraph, ...]:
    """The four questions, and of how many municipalities the first three answers are, or that there are none."""
    intro = phrase("chain.intro", language)
    if offers is None or not offers.stages:
        return (Paragraph(join(intro, phrase("chain.no_delivery", language))),)
    said: list[Parts] = []
    for name, delivered in (("services", offers.services), ("network", offers.network)):
        if delivered is None:
            said.append(phrase(f"chain.no_{name}", language))
            continue
        counts = {"n": delivered.units, "owed": offers.owed}
        shown = {key: numbers.count(f"chain.{name}.{key}", count, language) for key, count in counts.items()}
        said.append(phrase(f"chain.{name}", language, year=numbers.year(f"chain.{name}.year", delivered.year), **shown))
    counted = Paragraph(join(*said, phrase("chain.unknown", language)))
    return (Paragraph(intro), counted)


def _source(inputs: ReportInputs, language: Language) -> Parts:
    """Of the reach, then of the figures on which the verdicts rest."""
    offers = inputs.offers
    delivered = () if offers is None or not offers.stages else ("_simulated",) if offers.simulated else ("",)
    said = [phrase(f"figures.source_deliveries{kind}", language) for kind in delivered]
    return join(*said, source_of(inputs, of_role(inputs, "primary", "secondary"), language))


@dataclass(frozen=True)
class _Answered:
    """A stage with its answers: as cells of the table, and as a link of the figure, which says the same."""

    stage: str
    cells: tuple[Parts, ...]
    link: Link


def _answered(stage: StageCoverage, offers: Mapping[str, StageOffers], inputs: ReportInputs, language: Language) -> _Answered:
    outcomes = tuple(outcome for name in stage.evaluated for outcome in inputs.outcomes if outcome.indicator == name)
    drawn = tuple(_on_chain(outcome, inputs, language) for outcome in outcomes if outcome.role != "context")
    told = [_of_the_plan(outcome, inputs, language) for outcome in outcomes]
    if not told and all(row.other_level for row in stage.further):
        told = [_cause(reason, language) for reason in stage.reasons]
    differed = listed(told) or phrase("chain.none_in_plan", language)
    name = _name(stage, language)
    if not offers:
        return _Answered(stage.stage, ((name,), differed), Link(name.text, None, "", drawn, plain(differed)))
    row = offers.get(stage.stage)
    if row is None:  # what is around the chain is no stage of a service
        none: Parts = (say("studied.not_stated").in_language(language),)
        return _Answered(stage.stage, ((name,), none, none, none, differed), Link(name.text, None, "", drawn, plain(differed)))
    scope = f"chain.{stage.stage}"
    percent = reach_percent(row.reach, inputs.smallest_cell)
    reached, drawn_reach = (_reached(row, percent, scope, language, key) for key in ("chain.reached", "chain.reached_in_short"))
    answers = (_offered(row, scope, language), reached, _handed_on(row, scope, language))
    link = Link(name.text, percent, plain(drawn_reach), drawn, plain(differed))
    return _Answered(stage.stage, ((name,), *answers, differed), link)


def _offered(row: StageOffers, scope: str, language: Language) -> Parts:
    if not row.offered.of:
        return phrase("chain.not_delivered", language)
    n = numbers.count(f"{scope}.services", row.services, language)
    return phrase("chain.offered", language, n=n, **_of(row.offered, f"{scope}.offered", language))


def _reached(row: StageOffers, percent: int | None, scope: str, language: Language, sentence: str) -> Parts:
    """sentence: by its key, for a cell or beside the bar of the figure, whose caption says of whom."""
    if not row.offered.of:
        return phrase("chain.not_delivered", language)
    if row.reach is None:
        return phrase("chain.no_service" if not row.services else "chain.no_figures", language)
    shown: Inline = disclosure.HIDDEN if percent is None else numbers.count(f"{scope}.reached", percent, language)
    given = Answers(row.reach.units, row.offered.of)
    return phrase(sentence, language, percent=shown, **_of(given, f"{scope}.reach", language))


def reach_percent(reach: Reach | None, smallest_cell: int) -> int | None:
    """Reached per hundred eligible, whole: the share itself would give counts away. None where it must not leave, or there is none."""
    if reach is None:
        return None
    parts = pd.DataFrame({"count": [reach.reached, reach.eligible - reach.reached], "total": reach.eligible, "of": 0})
    released = disclosure.suppress(parts, ("count",), smallest_cell, ("of",), "total").values
    return None if released.isna().any(axis=None) else round(100 * reach.reached / reach.eligible)


def _handed_on(row: StageOffers, scope: str, language: Language) -> Parts:
    """By services, then by the network: whichever is told."""
    if row.handed_on is None:
        return phrase("chain.last", language)
    by_service = row.handed_on.of and phrase("chain.handed_on", language, **_of(row.handed_on, f"{scope}.handed_on", language))
    by_network: Parts = ()
    if row.tied is not None and row.tied.of:
        between = say(f"chain.between.{row.stage}").in_language(language)
        by_network = phrase("chain.tied", language, between=between, **_of(row.tied, f"{scope}.tied", language))
    return join(by_service or phrase("chain.not_stated", language), by_network)


def _of(answers: Answers, scope: str, language: Language) -> dict[str, Number]:
    """The two numbers of "yes of so many"."""
    return {
        "yes": numbers.count(f"{scope}.yes", answers.yes, language),
        "of": numbers.count(f"{scope}.of", answers.of, language),
    }


def _cause(reason: Reason, language: Language) -> Parts:
    """A subject with the word for its cause; the whole sentence stands below."""
    cause = say(f"chain.cause.{reason.cause}").in_language(language)
    return phrase("chain.left_out", language, subject=_as_it_is(reason.subject, language), cause=cause)


def _of_the_plan(outcome: OutcomeInfo, inputs: ReportInputs, language: Language) -> Parts:
    """An outcome with its verdict; context only by its name."""
    label = label_of(outcome, language)
    if outcome.role == "context":
        return phrase("chain.context", language, label=label)
    found, words = finding_of(inputs, outcome), Quoted(_on_chain(outcome, inputs, language).words)
    if not found.is_estimated or found.verdict.code is Code.NONE:
        return (words,)
    return phrase("chain.rated", language, words=words, rating=level_word(found.verdict.rating).in_language(language))


def _on_chain(outcome: OutcomeInfo, inputs: ReportInputs, language: Language) -> OutcomeOnChain:
    """The verdict on an outcome in a few words."""
    found, label = finding_of(inputs, outcome), label_of(outcome, language)
    if not found.is_estimated:
        return OutcomeOnChain(Code.NONE, plain(phrase("chain.no_estimate", language, label=label)))
    verdict = verdict_word(found.verdict).in_language(language)
    return OutcomeOnChain(found.verdict.code, plain(phrase("chain.verdict", language, label=label, verdict=verdict)))


def _not_evaluated(stage: StageCoverage, inputs: ReportInputs, language: Language) -> Parts:
    """What the stage has besides the outcomes of the plan, and why it is not evaluated; nothing where there is nothing."""
    own_level: list[Parts] = [(_as_it_is(row.label, language),) for row in stage.further if not row.other_level]
    reasons = [
        phrase(
            "chain.reason", language, subject=_as_it_is(row.subject, language), because=Quoted(row.because.in_language(language))
        )
        for row in stage.reasons
    ]
    others: list[Parts] = [(_as_it_is(row.label, language),) for row in stage.further if row.other_level]
    said = join(
        _said("chain.in_catalogue", own_level, language),
        _said("chain.other_level", others, language, units=unit_words(inputs.level, language)["units"]),
        _said("chain.delivered", [(_as_it_is(title, language),) for title in stage.delivered], language),
        _said("chain.not_evaluable", reasons, language),
    )
    return join((_name(stage, language), ":"), said) if said else ()


def _name(stage: StageCoverage, language: Language) -> Quoted:
    return Quoted(indicators.say(f"stages.{stage.stage}").in_language(language))


def _as_it_is(local: LocalText, language: Language) -> Quoted:
    return Quoted(in_language(local, language, "chain"))


def _said(key: str, items: list[Parts], language: Language, **parameters: Inline) -> Parts:
    """The sentence of the catalogue around a list; nothing for an empty one."""
    return insert(phrase(key, language, items="\x01", **parameters), listed(items)) if items else ()
