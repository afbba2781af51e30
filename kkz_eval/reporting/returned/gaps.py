"""What is missing along the chain of a municipality, and the questions that this raises. Not what a gap costs an evaluation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kkz_eval import indicators
from kkz_eval.indicators.offers import ACROSS, NETWORK, SERVICES, Answers, StageOffers
from kkz_eval.model.texts import Language
from kkz_eval.model.verdicts import State
from kkz_eval.reporting import numbers, say
from kkz_eval.reporting.document import (
    Block,
    Column,
    Listing,
    Paragraph,
    Parts,
    Quoted,
    Section,
    Table,
    phrase,
)
from kkz_eval.reporting.inputs import in_language
from kkz_eval.reporting.returned.parts import code_said, title_of, yes_said
from kkz_eval.reporting.returned.values import Returned
from kkz_eval.reporting.sections.chain import reach_percent
from kkz_eval.reporting.sections.deliveries import spans
from kkz_eval.reporting.sections.next_steps import NOT_COUNTED, Step, rule
from kkz_eval.reporting.sections.parts import insert, listed


def questions_section(returned: Returned, language: Language) -> Section:
    """The questions alone."""
    asked = tuple(question for _, question in questions_of(returned, language))
    block: Block = Listing(asked) if asked else Paragraph(phrase("front.next.none", language))
    return Section("return-questions", phrase("returned.gaps", language), (block,))


def gaps_section(returned: Returned, language: Language) -> Section:
    """The questions that the gaps raise, then sector by stage, and the pairs of sectors without a tie."""
    blocks: list[Block] = [Paragraph(phrase("returned.gaps_intro", language)), *questions_section(returned, language).blocks]
    stage_codes = list(dict.fromkeys(gap.between[1] for gap in returned.gaps))
    if returned.gaps:
        sectors = list(dict.fromkeys(gap.between[0] for gap in returned.gaps))
        columns = (
            Column(say("returned.column.stage").in_language(language)),
            *(Column(code_said(returned, f"{NETWORK}.sector.{sector}", language).text) for sector in sectors),
        )
        rows = tuple(_sectors_at(stage, sectors, returned, language) for stage in stage_codes)
        year = numbers.year("return.gaps.year", returned.gaps[0].year)
        blocks.append(Table("return-gaps-table", phrase("returned.gaps_caption", language, year=year), columns, rows))
        blocks.append(Paragraph(phrase("returned.gaps_note", language), "note"))
    return Section("return-gaps", phrase("returned.gaps", language), tuple(blocks))


def _sectors_at(stage: str, sectors: Sequence[str], returned: Returned, language: Language) -> tuple[Parts, ...]:
    """Whether each sector takes part at a stage."""
    found = {gap.between: Answers(gap.of - gap.without, gap.of) for gap in returned.gaps}
    said = (yes_said(found[sector, stage], language) for sector in sectors)
    return ((code_said(returned, f"{SERVICES}.stages.{stage}", language),), *((word,) for word in said))


def questions_of(returned: Returned, language: Language) -> Iterator[tuple[str, Parts]]:
    """The questions to talk about, by the rule of the next steps, each with the name of its step; for this municipality alone."""
    for step in rule().steps:
        found = _FOUND[step.id](returned, step, language) if step.id in _FOUND else ()
        if found:
            yield step.id, _question(step, found, language)
    untied = [gap for gap in returned.ties if gap.without]
    if untied:
        pairs = [
            phrase(
                "returned.pair",
                language,
                one=code_said(returned, f"{NETWORK}.sector.{gap.between[0]}", language),
                other=code_said(returned, f"{NETWORK}.sector.{gap.between[1]}", language),
            )
            for gap in untied
        ]
        yield "ties", insert(phrase("returned.ask.ties", language, items="\x01"), listed(pairs))


def _question(step: Step, found: Sequence[Parts], language: Language) -> Parts:
    ask = insert(phrase(f"returned.ask.{step.id}", language, items="\x01"), listed(found))
    own_then = say("returned.then_deliveries").in_language(language) if step.id == "deliveries" else None
    said = phrase(
        "front.next.step",
        language,
        who=Quoted(in_language(step.who, language, step.id)),
        ask="\x01",
        by=Quoted(in_language(step.by, language, step.id)),
        then=Quoted(own_then or in_language(step.then, language, step.id)),
    )
    return insert(said, ask)


def _undelivered(returned: Returned, step: Step, language: Language) -> Sequence[Parts]:
    """Datasets with years that are late, or came and do not count."""
    found = []
    for row in returned.datasets:
        years = {*row.late, *row.of(*(state for state in NOT_COUNTED if state != State.MISSING))}
        if years:
            told = spans(f"return.ask.{step.id}.{row.dataset}", sorted(years))
            title = title_of(row, language)
            found.append(insert(phrase("returned.of_years", language, what="\x01", years="\x02"), title))
            found[-1] = tuple(piece for part in found[-1] for piece in (told if part == "\x02" else (part,)))
    return found


def _low(returned: Returned, step: Step, language: Language) -> Sequence[Parts]:
    found = []
    for row in _links(returned):
        percent = reach_percent(row.reach, returned.smallest_cell)
        if percent is not None and step.limit is not None and percent < step.limit:
            shown = numbers.count(f"return.ask.{step.id}.{row.stage}", percent, language)
            found.append(phrase("returned.stage_reach", language, stage=_stage_name(row, language), percent=shown))
    return found


def _unregulated(returned: Returned, _: Step, language: Language) -> Sequence[Parts]:
    return [
        phrase(
            "returned.stage_between",
            language,
            stage=_stage_name(row, language),
            between=say(f"chain.between.{row.stage}").in_language(language),
        )
        for row in _links(returned)
        if row.tied is not None and row.tied.of and not row.tied.yes
    ]


def _without_service(returned: Returned, _: Step, language: Language) -> Sequence[Parts]:
    return [
        phrase("front.quoted", language, label=_stage_name(row, language))
        for row in _links(returned)
        if row.offered.of and not row.offered.yes
    ]


_FOUND = {"deliveries": _undelivered, "reach": _low, "handover": _unregulated, "gap": _without_service}
"""What each step of the rule looks for in one municipality, by the step's name; a step of all of them alone has no entry."""


def _links(returned: Returned) -> Iterator[StageOffers]:
    """The stages of the chain itself, from birth to work."""
    if returned.offers is not None:
        yield from (row for row in returned.offers.stages if row.stage != ACROSS)


def _stage_name(row: StageOffers, language: Language) -> Quoted:
    return Quoted(indicators.say(f"stages.{row.stage}").in_language(language))
