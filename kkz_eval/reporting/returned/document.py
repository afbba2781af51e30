"""The page of one municipality: its series along the chain beside official ranges, its services, goals, gaps and deliveries. It describes.

Belongs here: sections, tables, figures and their words. Does not belong here: what is shown (values), a verdict, an effect, an order of
municipalities: no sentence says that a value is high or low, and no other municipality is named.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from kkz_eval import indicators
from kkz_eval.indicators.catalogue import stages
from kkz_eval.indicators.described import GOALS
from kkz_eval.indicators.offers import ACROSS, NETWORK, SERVICES, Answers, StageOffers
from kkz_eval.indicators.official_ranges import FEWEST, Spread
from kkz_eval.model.texts import Language
from kkz_eval.model.verdicts import State
from kkz_eval.reference.unit_groups import unit_words
from kkz_eval.reporting import claims, disclosure, numbers, say
from kkz_eval.reporting.document import (
    Block,
    Column,
    Document,
    Figure,
    Inline,
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
from kkz_eval.reporting.figures.own_in_ranges import DrawnSpread, OwnInRanges, OwnValue, draw_own_in_ranges
from kkz_eval.reporting.inputs import in_language
from kkz_eval.reporting.render_typst import APPENDIX
from kkz_eval.reporting.returned.values import DatasetReturn, GoalReturn, IndicatorReturn, OwnSeries, Point, Returned
from kkz_eval.reporting.sections.chain import reach_percent
from kkz_eval.reporting.sections.deliveries import spans
from kkz_eval.reporting.sections.goals import own_words
from kkz_eval.reporting.sections.next_steps import NOT_COUNTED, Step, rule
from kkz_eval.reporting.sections.parts import folded, insert, listed

YEARS_SHOWN = 12
"""So many years of a series stand on the page, the newest; the workbook has all."""
YEARS_BESIDE = 8
"""So many years stand beside each other in a table of several series."""
_NOTHING = "–"
_AROUND = ("family", "context")
"""Stages of the catalogue that are no link of the chain from birth to work."""


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
        _nothing_yet(returned, language) if returned.is_empty else (_overview(returned, language), _questions(returned, language))
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


def _questions(returned: Returned, language: Language) -> Section:
    """The questions alone."""
    asked = tuple(question for _, question in questions_of(returned, language))
    block: Block = Listing(asked) if asked else Paragraph(phrase("front.next.none", language))
    return Section("return-questions", phrase("returned.gaps", language), (block,))


def _banner(returned: Returned, language: Language) -> Paragraph | None:
    if not returned.simulated:
        return None
    return Paragraph(join(phrase("document.simulated", language), phrase("returned.simulated", language)), "banner")


def _nothing_yet(returned: Returned, language: Language) -> tuple[Section, ...]:
    """The page of a municipality of which nothing is accepted: that it is so, and what to deliver."""
    said = [Paragraph(phrase("returned.nothing", language, unit=Quoted(returned.name)), "lead")]
    said.append(Paragraph(join(phrase("returned.how", language), _contact(returned, language))))
    asked = tuple(_asked(row, language) for row in returned.datasets)
    columns = _columns(("dataset", "until", "back"), language)
    table = Table("return-asked", phrase("returned.asked_caption", language), columns, asked)
    first = Section("return-nothing", phrase("returned.nothing_title", language), (*said, table))
    return (first, *_states_section([row for row in returned.datasets if row.of(*_CAME)], language))


def _contact(returned: Returned, language: Language) -> Parts:
    return phrase("returned.contact", language, contact=Quoted(returned.contact)) if returned.contact else ()


def _asked(row: DatasetReturn, language: Language) -> tuple[Parts, ...]:
    back = listed([(Quoted(in_language(label, language, row.dataset)),) for label in row.indicators])
    until: Parts = (_NOTHING,) if row.is_owed else phrase("returned.voluntary", language)
    if row.until is not None:
        until = (numbers.day(row.until, language),)
    kept = f"returned.back.{row.dataset}" if row.dataset in (SERVICES, NETWORK, GOALS) else "returned.back.base"
    return (_title_of(row, language), until, back or phrase(kept, language))


def _sections(returned: Returned, language: Language) -> tuple[Section, ...]:
    return (
        _overview(returned, language),
        *(_stage(stage, returned, language) for stage in stages() if stage not in _AROUND),
        *_around(returned, language),
        *(() if returned.is_part else (_services(returned, language), _goals(returned, language))),
        _gaps(returned, language),
        *_states_section([row for row in returned.datasets if row.years], language),
        _reading(returned, language),
    )


# --- series and ranges ----------------------------------------------------------------------------------------------------


def _overview(returned: Returned, language: Language) -> Section:
    """What the return is, who is alike, and the newest values beside the ranges."""
    shown = {
        "n": numbers.count("return.n", len(returned.indicators), language),
        "stages": numbers.count("return.stages", len({one.stage for one in returned.indicators}), language),
    }
    shown_ones = _in_ranges(returned.indicators) or [one for one in returned.indicators if one.stage not in _AROUND]
    rows = tuple(_newest(one, returned, language) for one in shown_ones if one.newest is not None)
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
        columns = _columns(tuple(keys), language, numbers_from=2)
        blocks.append(Table("return-newest", phrase("returned.newest_caption", language), columns, rows))
        blocks.append(Paragraph(_signs(returned, "return.signs", language), "note"))
    return Section("return-overview", phrase("returned.overview", language), tuple(blocks))


def _in_ranges(some: Iterable[IndicatorReturn]) -> list[IndicatorReturn]:
    """Those of the chain itself that stand beside a range in their newest year."""
    return [one for one in some if one.stage not in _AROUND and one.newest is not None and one.ranges_at(one.newest) is not None]


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


def _newest(one: IndicatorReturn, returned: Returned, language: Language) -> tuple[Parts, ...]:
    """The newest year of an indicator, each source in that year."""
    year = one.newest
    assert year is not None
    scope = f"return.newest.{one.indicator}"
    found = one.ranges_at(year)
    cells: list[Parts] = [
        _named(one, language),
        (Quoted(indicators.say(f"stages.{one.stage}").in_language(language)),),
        (numbers.year(f"{scope}.year", year),),
        (_own(one.delivered, year, f"{scope}.delivered", one.decimals, language),),
        (_own(one.official, year, f"{scope}.official", one.decimals, language),),
        _half(None if found is None else found.all_units, f"{scope}.all", one.decimals, language),
    ]
    if returned.alike is not None:
        cells.append(_half(None if found is None else found.alike, f"{scope}.alike", one.decimals, language))
    return tuple(cells)


def _named(one: IndicatorReturn, language: Language) -> Parts:
    return phrase("returned.with_unit", language, label=_label(one, language), unit=Quoted(unit_said(one, language)))


def _label(one: IndicatorReturn, language: Language) -> Quoted:
    return Quoted(in_language(one.label, language, one.indicator))


def unit_said(one: IndicatorReturn, language: Language) -> str:
    """The unit of an indicator in words; of a count, that it is one."""
    return say("returned.count").in_language(language) if one.is_count else in_language(one.unit, language, one.indicator)


def _own(series: OwnSeries | None, year: int, scope: str, decimals: int, language: Language) -> Inline:
    point = None if series is None else series.at(year)
    return _NOTHING if point is None else _told(point, scope, decimals, language)


def _told(point: Point, scope: str, decimals: int, language: Language) -> Inline:
    if point.is_hidden:
        return disclosure.HIDDEN
    if point.value is None:
        return say("prevention.no_value").in_language(language)
    return numbers.measured(scope, point.value, decimals, language)


def _half(spread: Spread | None, scope: str, decimals: int, language: Language) -> Parts:
    """The middle half, and of how many units."""
    if spread is None:
        return (_NOTHING,)
    return phrase(
        "returned.half",
        language,
        low=numbers.measured(f"{scope}.first_quartile", spread.first_quartile, decimals, language),
        high=numbers.measured(f"{scope}.third_quartile", spread.third_quartile, decimals, language),
        n=numbers.count(f"{scope}.n", spread.n, language),
    )


def _whole(spread: Spread | None, scope: str, decimals: int, language: Language) -> Parts:
    if spread is None:
        return (_NOTHING,)
    return phrase(
        "figures.low_to_high",
        language,
        low=numbers.measured(f"{scope}.low", spread.low, decimals, language),
        high=numbers.measured(f"{scope}.high", spread.high, decimals, language),
    )


def _stage(stage: str, returned: Returned, language: Language) -> Section:
    """A stage of the chain: its figures, then each series year by year."""
    own = [one for one in returned.indicators if one.stage == stage and one.newest is not None]
    title: Parts = (Quoted(indicators.say(f"stages.{stage}").in_language(language)),)
    if not own:
        return Section(f"return-{stage}", title, (Paragraph(phrase("returned.no_series", language)),))
    figures = tuple(_figures(stage, own, language))
    beside = _side_by_side(stage, [one for one in own if not one.ranges], language)
    tables = (block for one in own if one.ranges for block in _by_year(one, language))
    years = folded(f"return-{stage}-years", phrase("returned.years_title", language), tables)
    return Section(f"return-{stage}", title, (*figures, *beside), years)


def _around(returned: Returned, language: Language) -> Iterator[Section]:
    """What is around the chain, where there is anything."""
    for stage in _AROUND:
        if any(one.stage == stage and one.newest is not None for one in returned.indicators):
            yield _stage(stage, returned, language)


def _figures(stage: str, own: Sequence[IndicatorReturn], language: Language) -> Iterator[Figure]:
    """A figure for the indicators of a stage that share a unit; of those with a range in their newest year."""
    by_unit: dict[str, list[IndicatorReturn]] = {}
    for one in own:
        if one.newest is not None and one.ranges_at(one.newest) is not None:
            by_unit.setdefault(in_language(one.unit, language, one.indicator), []).append(one)
    for number, (unit, some) in enumerate(by_unit.items(), start=1):
        yield draw_own_in_ranges(
            f"return-{stage}-figure-{number}",
            tuple(_drawn(one, language) for one in some),
            unit,
            max(one.decimals for one in some),
            any(one.simulated for one in some),
            phrase("returned.figure", language),
            language,
            _source(some, language),
        )


def _drawn(one: IndicatorReturn, language: Language) -> OwnInRanges:
    year = one.newest
    assert year is not None
    found = one.ranges_at(year)
    assert found is not None
    both = (("delivered", one.delivered), ("official", one.official))
    own = [(kind, point.value) for kind, series in both if series and (point := series.at(year)) and point.value is not None]
    spreads = [(kind, spread) for kind, spread in (("all_units", found.all_units), ("alike", found.alike)) if spread is not None]
    return OwnInRanges(
        say("returned.figure_title", label=_label(one, language).text, year=year).in_language(language),
        year,
        tuple(OwnValue(kind, say(f"returned.own.{kind}").in_language(language), value) for kind, value in own),
        tuple(
            DrawnSpread(
                kind,
                say(f"returned.spread.{kind}", n=spread.n, units=_units(one, language)).in_language(language),
                spread.first_quartile,
                spread.third_quartile,
                spread.low,
                spread.high,
            )
            for kind, spread in spreads
        ),
    )


def _units(one: IndicatorReturn, language: Language) -> str:
    return unit_words(one.level, language)["all_units"] if one.level is not None else ""


def _source(some: Iterable[IndicatorReturn], language: Language) -> Parts:
    """The sources of a figure by their titles, which say where they are made up."""
    titles = [
        in_language(title, language, one.indicator)
        for one in some
        for title in (*(series.title for series in (one.delivered, one.official) if series), one.range_title)
        if title is not None
    ]
    return phrase("returned.source", language, sources=Quoted("; ".join(dict.fromkeys(titles))))


def _by_year(one: IndicatorReturn, language: Language) -> Iterator[Block]:
    """The newest years of a series as a table, and the breaks in them."""
    years = one.years[-YEARS_SHOWN:]
    keys = ["year", *(["delivered"] if one.delivered else []), *(["official"] if one.official else [])]
    has_ranges = any(one.ranges_at(year) is not None for year in years)
    has_alike = any(found.alike is not None for year in years if (found := one.ranges_at(year)) is not None)
    keys += ["all_half", "all_whole"] if has_ranges else []
    keys += ["alike_half", "alike_whole"] if has_alike else []
    rows = []
    for year in years:
        scope, found = f"return.{one.indicator}.{year}", one.ranges_at(year)
        cells: list[Parts] = [(numbers.year(f"{scope}.year", year),)]
        for key, series in (("delivered", one.delivered), ("official", one.official)):
            cells += [(_own(series, year, f"{scope}.{key}", one.decimals, language),)] if key in keys else []
        spreads = (None, None) if found is None else (found.all_units, found.alike)
        for key, spread in zip(("all", "alike"), spreads, strict=True):
            if f"{key}_half" in keys:
                cells.append(_half(spread, f"{scope}.{key}", one.decimals, language))
                cells.append(_whole(spread, f"{scope}.{key}", one.decimals, language))
        rows.append(tuple(cells))
    caption = phrase("returned.series_caption", language, label=_label(one, language), unit=Quoted(unit_said(one, language)))
    yield Table(f"return-{one.indicator}", caption, _columns(tuple(keys), language, numbers_from=1), tuple(rows))
    yield Paragraph(join(_series_source(one, language), _breaks(one, years, language)), "note")


def _side_by_side(stage: str, some: Sequence[IndicatorReturn], language: Language) -> list[Block]:
    """The series without ranges in one table: a row for each source of each, a column for each of the newest years."""
    years = sorted({year for one in some for year in one.years})[-YEARS_BESIDE:]
    rows: list[tuple[Parts, ...]] = []
    for one in some:
        sources = [(kind, series) for kind, series in (("delivered", one.delivered), ("official", one.official)) if series]
        for kind, series in sources:
            name = _named(one, language)
            if len(sources) > 1:
                name = phrase("returned.by_source", language, name="\x01", kind=say(f"returned.own.{kind}").in_language(language))
                name = insert(name, _named(one, language))
            scope = f"return.{one.indicator}.{kind}"
            rows.append((name, *((_own(series, year, f"{scope}.{year}", one.decimals, language),) for year in years)))
    if not rows:
        return []
    columns = (
        Column(say("returned.column.indicator").in_language(language)),
        *(Column(str(year), "number") for year in years),
    )
    titles = dict.fromkeys(
        in_language(series.title, language, series.dataset) for one in some for series in (one.delivered, one.official) if series
    )
    notes = [phrase("returned.source", language, sources=Quoted("; ".join(titles)))]
    notes += [phrase("returned.no_ranges", language)] if any(not one.is_count for one in some) else []
    notes += [phrase("returned.no_ranges_of_counts", language)] if any(one.is_count for one in some) else []
    notes += [join((_label(one, language), ":"), found) for one in some if (found := _breaks(one, years, language))]
    stage_name = indicators.say(f"stages.{stage}").in_language(language)
    caption = phrase("returned.without_ranges", language, stage=stage_name)
    return [Table(f"return-{stage}-without-ranges", caption, columns, tuple(rows)), Paragraph(join(*notes), "note")]


def _series_source(one: IndicatorReturn, language: Language) -> Parts:
    said = [
        phrase(f"returned.source_{kind}", language, title=Quoted(in_language(series.title, language, series.dataset)))
        for kind, series in (("delivered", one.delivered), ("official", one.official))
        if series is not None
    ]
    title = Quoted(in_language(one.range_title or {}, language, one.indicator))
    return join(*said, phrase("returned.source_ranges", language, title=title, units=_units(one, language)))


def _breaks(one: IndicatorReturn, years: Sequence[int], language: Language) -> Parts:
    found = [
        phrase(
            "returned.break",
            language,
            year=numbers.year(f"return.{one.indicator}.break-{place}", year),
            text=Quoted(in_language(text, language, one.indicator)),
        )
        for place, (year, text) in enumerate(one.breaks, start=1)
        if years and years[0] < year <= years[-1]
    ]
    return insert(phrase("returned.breaks", language, items="\x01"), listed(found)) if found else ()


# --- services, goals, gaps ------------------------------------------------------------------------------------------------


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
    columns = _columns(("stage", "offered", "reached", "handed_on", "tied"), language)
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
    reached: Parts = (_NOTHING,)
    if row.reach is not None:
        reached = (disclosure.HIDDEN if percent is None else numbers.count(f"{scope}.reached", percent, language),)
    tied: Parts = (_NOTHING,)
    if row.tied is not None:
        between = say(f"chain.between.{row.stage}").in_language(language)
        tied = phrase("returned.between", language, said=_yes(row.tied, language), between=between)
    return (
        (Quoted(stage.in_language(language)),),
        (numbers.count(f"{scope}.n", row.services, language),) if row.offered.of else unknown,
        reached if row.offered.of else unknown,
        phrase("chain.last", language) if row.handed_on is None else (_yes(row.handed_on, language),),
        tied,
    )


def _yes(answers: Answers, language: Language) -> str:
    return say("returned.unknown" if not answers.of else "returned.yes" if answers.yes else "returned.no").in_language(language)


def _goals(returned: Returned, language: Language) -> Section:
    title = phrase("returned.goals", language)
    if not returned.goals:
        return Section("return-goals", title, (Paragraph(phrase("returned.no_goals", language)),))
    names = (returned.name,)
    rows = tuple(_goal(f"return.goals.{place}", one, names, language) for place, one in enumerate(returned.goals, start=1))
    columns = tuple(
        Column(say(f"prevention.column.{key}").in_language(language)) for key in ("goal", "indicator", "target", "value", "state")
    )
    blocks: list[Block] = [
        Table("return-goals-table", phrase("prevention.goals.caption", language), columns, rows),
        Paragraph(phrase("returned.goals_note", language), "note"),
    ]
    if returned.logic:
        steps = tuple(
            (
                (own_words(step.service, names, language),),
                (_code(returned, f"{GOALS}.target_group.{step.target_group}", language),),
                (_code(returned, f"{GOALS}.step.{step.step}", language),),
                (_code(returned, f"{GOALS}.indicator.{step.indicator}", language),),
            )
            for step in returned.logic
        )
        headings = tuple(
            Column(say(f"prevention.column.{key}").in_language(language)) for key in ("service", "target_group", "step", "seen")
        )
        blocks.append(Table("return-logic-table", phrase("returned.logic_caption", language), headings, steps))
    return Section("return-goals", title, tuple(blocks))


def target_of(one: GoalReturn, scope: str, language: Language) -> Parts:
    """The target of a goal: direction, value and year, or that it has no number."""
    target: Parts = (say("prevention.goals.without_number").in_language(language),)
    if one.target_value is not None:
        direction = Quoted(in_language(one.direction, language, GOALS))
        target = (direction, " ", numbers.measured(f"{scope}.target", one.target_value, one.decimals, language))
    if one.target_year is None:
        return target
    year = numbers.year(f"{scope}.target_year", one.target_year)
    return (*target, " ", *phrase("prevention.goals.until", language, year=year))


def state_said(one: GoalReturn, scope: str, language: Language) -> Parts:
    """How a goal stands, in words."""
    newest = {}
    if one.state == "not_yet" and one.newest_year is not None:
        newest["year"] = numbers.year(f"{scope}.newest", one.newest_year)
    return phrase(f"prevention.goals.state.{one.state}", language, **newest)


def _goal(scope: str, one: GoalReturn, names: tuple[str, ...], language: Language) -> tuple[Parts, ...]:
    value: Inline = _NOTHING if one.value is None else numbers.measured(f"{scope}.value", one.value, one.decimals, language)
    return (
        (own_words(one.goal, names, language),),
        (Quoted(in_language(one.indicator, language, GOALS)),),
        target_of(one, scope, language),
        (value,),
        state_said(one, scope, language),
    )


def _code(returned: Returned, key: str, language: Language) -> Quoted:
    return Quoted(in_language(returned.labels[key], language, key))


def _gaps(returned: Returned, language: Language) -> Section:
    """The questions that the gaps raise, then sector by stage, and the pairs of sectors without a tie."""
    blocks: list[Block] = [Paragraph(phrase("returned.gaps_intro", language)), *_questions(returned, language).blocks]
    stage_codes = list(dict.fromkeys(gap.between[1] for gap in returned.gaps))
    if returned.gaps:
        sectors = list(dict.fromkeys(gap.between[0] for gap in returned.gaps))
        columns = (
            Column(say("returned.column.stage").in_language(language)),
            *(Column(_code(returned, f"{NETWORK}.sector.{sector}", language).text) for sector in sectors),
        )
        rows = tuple(_sectors_at(stage, sectors, returned, language) for stage in stage_codes)
        year = numbers.year("return.gaps.year", returned.gaps[0].year)
        blocks.append(Table("return-gaps-table", phrase("returned.gaps_caption", language, year=year), columns, rows))
        blocks.append(Paragraph(phrase("returned.gaps_note", language), "note"))
    return Section("return-gaps", phrase("returned.gaps", language), tuple(blocks))


def _sectors_at(stage: str, sectors: Sequence[str], returned: Returned, language: Language) -> tuple[Parts, ...]:
    """Whether each sector takes part at a stage."""
    found = {gap.between: Answers(gap.of - gap.without, gap.of) for gap in returned.gaps}
    said = (_yes(found[sector, stage], language) for sector in sectors)
    return ((_code(returned, f"{SERVICES}.stages.{stage}", language),), *((word,) for word in said))


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
                one=_code(returned, f"{NETWORK}.sector.{gap.between[0]}", language),
                other=_code(returned, f"{NETWORK}.sector.{gap.between[1]}", language),
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
            title = _title_of(row, language)
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


# --- deliveries, and how to read it ---------------------------------------------------------------------------------------


def _states_section(rows: Sequence[DatasetReturn], language: Language) -> tuple[Section, ...]:
    """What came of these datasets and what is awaited; () without any."""
    if not rows:
        return ()
    columns = _columns(("dataset", "state", "until"), language)
    cells = tuple(
        (
            _title_of(row, language),
            listed([_in_state(row, state, language) for state, _ in row.years]),
            (_NOTHING,) if row.until is None else (numbers.day(row.until, language),),
        )
        for row in rows
    )
    table = Table("return-deliveries-table", phrase("returned.states_caption", language), columns, cells)
    return (Section("return-deliveries", phrase("returned.states", language), (table,)),)


_CAME = (State.REJECTED, State.CONFLICT, State.DECIDED, State.PURGED, State.PENDING)


def _in_state(row: DatasetReturn, state: State, language: Language) -> Parts:
    told = spans(f"return.deliveries.{row.dataset}.{state}", row.of(state))
    return (*told, ": ", state.said.in_language(language))


def _title_of(row: DatasetReturn, language: Language) -> Parts:
    return (Quoted(in_language(row.title, language, row.dataset)),)


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


def _columns(keys: Sequence[str], language: Language, numbers_from: int | None = None) -> tuple[Column, ...]:
    """Columns by their keys; from a place on they hold numbers."""
    return tuple(
        Column(
            say(f"returned.column.{key}").in_language(language),
            "number" if numbers_from is not None and place >= numbers_from else "text",
        )
        for place, key in enumerate(keys)
    )
