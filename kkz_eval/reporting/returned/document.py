"""The page of one municipality: its series along the chain beside official ranges, its services, goals, gaps and deliveries. It describes.

Belongs here: sections, tables, figures and their words. Does not belong here: what is shown (values), a verdict, an effect, an order of
municipalities: no sentence says that a value is high or low, and no other municipality is named.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kkz_eval import indicators
from kkz_eval.indicators.catalogue import stages
from kkz_eval.indicators.described import GOALS
from kkz_eval.indicators.offers import ACROSS, NETWORK, SERVICES, StageOffers
from kkz_eval.indicators.official_ranges import FEWEST
from kkz_eval.model.texts import Language
from kkz_eval.model.verdicts import State
from kkz_eval.reporting import claims, disclosure, numbers, say
from kkz_eval.reporting.document import (
    Block,
    Column,
    Document,
    Figure,
    Listing,
    Paragraph,
    Parts,
    Quoted,
    Section,
    Table,
    join,
    phrase,
    plain,
    texts_of_section,
)
from kkz_eval.reporting.inputs import in_language
from kkz_eval.reporting.render_typst import APPENDIX
from kkz_eval.reporting.returned.gaps import gaps_section, questions_section
from kkz_eval.reporting.returned.goals import goals_section
from kkz_eval.reporting.returned.parts import NOTHING, columns_of, title_of, yes_said
from kkz_eval.reporting.returned.series import AROUND, around_sections, newest, stage_section
from kkz_eval.reporting.returned.values import DatasetReturn, IndicatorReturn, Returned
from kkz_eval.reporting.sections.chain import reach_percent
from kkz_eval.reporting.sections.deliveries import spans
from kkz_eval.reporting.sections.parts import listed


def document_of(returned: Returned, language: Language) -> Document:
    """The page of a municipality in one language. Raises ForbiddenClaimError where a text of it claims too much."""
    document = Document(
        language=language,
        title=phrase("returned.title", language, unit=Quoted(returned.name)),
        subtitle=phrase("returned.subtitle", language, day=numbers.day(returned.day, language)),
        banner=_banner(returned, language),
        sections=_nothing_yet(returned, language) if returned.is_empty else _sections(returned, language),
    )
    claims.check_document(document, (returned.name,))
    return document


@dataclass(frozen=True)
class AtOnce:
    """A block as the desk shows it, in words. columns, rows: of a table; of a list rows alone, with one cell each; of a paragraph neither."""

    text: str
    kind: str = "text"
    columns: tuple[Column, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class SectionAtOnce:
    """A section as the desk shows it."""

    title: str
    blocks: tuple[AtOnce, ...]


def shown_at_once(returned: Returned, language: Language) -> tuple[SectionAtOnce, ...]:
    """What the desk shows before anybody opens the whole: the newest values and the questions, or what to deliver. No figure, so that it is quickly made."""
    sections = (
        _nothing_yet(returned, language)
        if returned.is_empty
        else (_overview(returned, language), questions_section(returned, language))
    )
    found = tuple(
        SectionAtOnce(plain(one.title), tuple(_at_once(block) for block in one.blocks if not isinstance(block, Figure)))
        for one in sections
    )
    texts = (text for one in sections for text in texts_of_section(one))
    hits = tuple(hit for text in texts for hit in claims.find(text, (returned.name,), frozenset({claims.BALANCE})))
    if hits:
        raise claims.ForbiddenClaimError(hits)
    return found


def _at_once(block: Paragraph | Listing | Table) -> AtOnce:
    match block:
        case Paragraph(parts=parts, kind=kind):
            return AtOnce(plain(parts), kind)
        case Listing(items=items):
            return AtOnce("", "list", rows=tuple((plain(item),) for item in items))
        case Table():
            rows = tuple(tuple(plain(cell) for cell in row) for row in block.rows)
            return AtOnce(plain(block.caption), "table", block.columns, rows)


def _banner(returned: Returned, language: Language) -> Paragraph | None:
    if not returned.simulated:
        return None
    return Paragraph(join(phrase("document.simulated", language), phrase("returned.simulated", language)), "banner")


def _nothing_yet(returned: Returned, language: Language) -> tuple[Section, ...]:
    """The page of a municipality of which nothing is accepted: that it is so, and what to deliver."""
    said = [Paragraph(phrase("returned.nothing", language, unit=Quoted(returned.name)), "lead")]
    said.append(Paragraph(join(phrase("returned.how", language), _contact(returned, language))))
    asked = tuple(_asked(row, language) for row in returned.datasets)
    columns = columns_of(("dataset", "until", "back"), language)
    table = Table("return-asked", phrase("returned.asked_caption", language), columns, asked)
    first = Section("return-nothing", phrase("returned.nothing_title", language), (*said, table))
    return (first, *_states_section([row for row in returned.datasets if row.of(*_CAME)], language))


def _contact(returned: Returned, language: Language) -> Parts:
    return phrase("returned.contact", language, contact=Quoted(returned.contact)) if returned.contact else ()


def _asked(row: DatasetReturn, language: Language) -> tuple[Parts, ...]:
    back = listed([(Quoted(in_language(label, language, row.dataset)),) for label in row.indicators])
    until: Parts = (NOTHING,) if row.is_owed else phrase("returned.voluntary", language)
    if row.until is not None:
        until = (numbers.day(row.until, language),)
    kept = f"returned.back.{row.dataset}" if row.dataset in (SERVICES, NETWORK, GOALS) else "returned.back.base"
    return (title_of(row, language), until, back or phrase(kept, language))


def _sections(returned: Returned, language: Language) -> tuple[Section, ...]:
    return (
        _overview(returned, language),
        *(stage_section(stage, returned, language) for stage in stages() if stage not in AROUND),
        *around_sections(returned, language),
        *(() if returned.is_part else (_services(returned, language), goals_section(returned, language))),
        gaps_section(returned, language),
        *_states_section([row for row in returned.datasets if row.years], language),
        _reading(returned, language),
    )


def _overview(returned: Returned, language: Language) -> Section:
    """What the return is, who is alike, and the newest values beside the ranges."""
    shown = {
        "n": numbers.count("return.n", len(returned.indicators), language),
        "stages": numbers.count("return.stages", len({one.stage for one in returned.indicators}), language),
    }
    shown_ones = _in_ranges(returned.indicators) or [one for one in returned.indicators if one.stage not in AROUND]
    rows = tuple(newest(one, returned, language) for one in shown_ones if one.newest is not None)
    keys = ["indicator", "stage", "year", "delivered", "official", "all_half"]
    if returned.alike is not None:
        keys.append("alike_half")
    blocks: list[Block] = [
        Paragraph(phrase("returned.intro", language, unit=Quoted(returned.name), **shown), "lead"),
        Paragraph(phrase("returned.not", language), "finding"),
        *([Paragraph(phrase("returned.part", language), "note")] if returned.is_part else []),
        Paragraph(_alike_said(returned, language)),
    ]
    if rows:
        columns = columns_of(tuple(keys), language, numbers_from=2)
        blocks.append(Table("return-newest", phrase("returned.newest_caption", language), columns, rows))
        blocks.append(Paragraph(_signs(returned, "return.signs", language), "note"))
    return Section("return-overview", phrase("returned.overview", language), tuple(blocks))


def _in_ranges(some: Iterable[IndicatorReturn]) -> list[IndicatorReturn]:
    """Those of the chain itself that stand beside a range in their newest year."""
    return [one for one in some if one.stage not in AROUND and one.newest is not None and one.ranges_at(one.newest) is not None]


def _signs(returned: Returned, scope: str, language: Language) -> Parts:
    smallest = numbers.count(f"{scope}.smallest", returned.smallest_cell, language)
    fewest = numbers.count(f"{scope}.fewest", FEWEST, language)
    return phrase("returned.signs", language, mark=disclosure.HIDDEN, smallest=smallest, fewest=fewest)


def _alike_said(returned: Returned, language: Language) -> Parts:
    """Who is taken for alike in need, by which rule; or why nobody is."""
    alike = returned.alike
    if alike is None:
        return phrase(f"returned.not_alike.{returned.why_not_alike}", language)
    scope, decimals = "return.alike", 1
    return phrase(
        "returned.alike",
        language,
        n=numbers.count(f"{scope}.n", alike.n, language),
        kind=say(f"returned.kind.{alike.kind}").in_language(language),
        label=Quoted(in_language(alike.label, language, "alike")),
        first=numbers.year(f"{scope}.first", alike.first),
        last=numbers.year(f"{scope}.last", alike.last),
        own=numbers.measured(f"{scope}.own", alike.own, decimals, language),
        low=numbers.measured(f"{scope}.low", alike.low, decimals, language),
        high=numbers.measured(f"{scope}.high", alike.high, decimals, language),
        unit=Quoted(in_language(alike.unit, language, "alike")),
    )


def _services(returned: Returned, language: Language) -> Section:
    """Stage by stage: what is offered, whom it reaches, whether it is handed on, by what the municipality delivered."""
    title, offers = phrase("returned.services", language), returned.offers
    if offers is None or not offers.stages:
        return Section("return-services", title, (Paragraph(phrase("returned.no_services", language)),))
    years = {
        key: (say("returned.not_delivered").in_language(language) if found is None else str(found.year))
        for key, found in (("services", offers.services), ("network", offers.network))
    }
    rows = tuple(_offered(row, returned.smallest_cell, language) for row in offers.stages)
    columns = columns_of(("stage", "offered", "reached", "handed_on", "tied"), language)
    blocks: list[Block] = [
        Paragraph(phrase("returned.services_intro", language, services=years["services"], network=years["network"])),
        Table("return-services-table", phrase("returned.services_caption", language), columns, rows),
        Paragraph(phrase("returned.services_note", language), "note"),
    ]
    return Section("return-services", title, tuple(blocks))


def _offered(row: StageOffers, smallest_cell: int, language: Language) -> tuple[Parts, ...]:
    scope, unknown = f"return.services.{row.stage}", phrase("returned.unknown", language)
    stage = say("returned.across") if row.stage == ACROSS else indicators.say(f"stages.{row.stage}")
    percent = reach_percent(row.reach, smallest_cell)
    reached: Parts = (NOTHING,)
    if row.reach is not None:
        reached = (disclosure.HIDDEN if percent is None else numbers.count(f"{scope}.reached", percent, language),)
    tied: Parts = (NOTHING,)
    if row.tied is not None:
        between = say(f"chain.between.{row.stage}").in_language(language)
        tied = phrase("returned.between", language, said=yes_said(row.tied, language), between=between)
    return (
        (Quoted(stage.in_language(language)),),
        (numbers.count(f"{scope}.n", row.services, language),) if row.offered.of else unknown,
        reached if row.offered.of else unknown,
        phrase("chain.last", language) if row.handed_on is None else (yes_said(row.handed_on, language),),
        tied,
    )


def _states_section(rows: Sequence[DatasetReturn], language: Language) -> tuple[Section, ...]:
    """What came of these datasets and what is awaited; () without any."""
    if not rows:
        return ()
    columns = columns_of(("dataset", "state", "until"), language)
    cells = tuple(
        (
            title_of(row, language),
            listed([_in_state(row, state, language) for state, _ in row.years]),
            (NOTHING,) if row.until is None else (numbers.day(row.until, language),),
        )
        for row in rows
    )
    table = Table("return-deliveries-table", phrase("returned.states_caption", language), columns, cells)
    return (Section("return-deliveries", phrase("returned.states", language), (table,)),)


_CAME = (State.REJECTED, State.CONFLICT, State.DECIDED, State.PURGED, State.PENDING)


def _in_state(row: DatasetReturn, state: State, language: Language) -> Parts:
    told = spans(f"return.deliveries.{row.dataset}.{state}", row.of(state))
    return (*told, ": ", state.said.in_language(language))


def _reading(returned: Returned, language: Language) -> Section:
    fewest = numbers.count("return.reading.fewest", FEWEST, language)
    smallest = numbers.count("return.reading.smallest", returned.smallest_cell, language)
    items = (
        phrase("returned.reading.sources", language),
        phrase("returned.reading.ranges", language, fewest=fewest),
        phrase("returned.reading.small", language, smallest=smallest, mark=disclosure.HIDDEN),
        phrase("returned.reading.words", language),
    )
    return Section(APPENDIX, phrase("returned.reading_title", language), (Listing(items),))
