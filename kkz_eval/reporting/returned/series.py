"""The series of a municipality beside official ranges, station by station: newest values, figures, tables by year, breaks. It describes.

Does not belong here: what is shown (values), a verdict, an order: no sentence says that a value is high or low.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from kkz_eval import indicators
from kkz_eval.indicators.official_ranges import Spread
from kkz_eval.model.texts import Language
from kkz_eval.reference.unit_groups import unit_words
from kkz_eval.reporting import disclosure, numbers, say
from kkz_eval.reporting.document import (
    Block,
    Column,
    Figure,
    Inline,
    Paragraph,
    Parts,
    Quoted,
    Section,
    Table,
    join,
    phrase,
)
from kkz_eval.reporting.figures.own_in_ranges import DrawnSpread, OwnInRanges, OwnValue, draw_own_in_ranges
from kkz_eval.reporting.inputs import in_language
from kkz_eval.reporting.returned.parts import NOTHING, columns_of
from kkz_eval.reporting.returned.values import IndicatorReturn, OwnSeries, Point, Returned
from kkz_eval.reporting.sections.parts import folded, insert, listed

YEARS_SHOWN = 12
"""So many years of a series stand on the page, the newest; the workbook has all."""


YEARS_BESIDE = 8
"""So many years stand beside each other in a table of several series."""


AROUND = ("family", "context")
"""Stages of the catalogue that are no link of the chain from birth to work."""


def newest(one: IndicatorReturn, returned: Returned, language: Language) -> tuple[Parts, ...]:
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
    return NOTHING if point is None else _told(point, scope, decimals, language)


def _told(point: Point, scope: str, decimals: int, language: Language) -> Inline:
    if point.is_hidden:
        return disclosure.HIDDEN
    if point.value is None:
        return say("prevention.no_value").in_language(language)
    return numbers.measured(scope, point.value, decimals, language)


def _half(spread: Spread | None, scope: str, decimals: int, language: Language) -> Parts:
    """The middle half, and of how many units."""
    if spread is None:
        return (NOTHING,)
    return phrase(
        "returned.half",
        language,
        low=numbers.measured(f"{scope}.first_quartile", spread.first_quartile, decimals, language),
        high=numbers.measured(f"{scope}.third_quartile", spread.third_quartile, decimals, language),
        n=numbers.count(f"{scope}.n", spread.n, language),
    )


def _whole(spread: Spread | None, scope: str, decimals: int, language: Language) -> Parts:
    if spread is None:
        return (NOTHING,)
    return phrase(
        "figures.low_to_high",
        language,
        low=numbers.measured(f"{scope}.low", spread.low, decimals, language),
        high=numbers.measured(f"{scope}.high", spread.high, decimals, language),
    )


def stage_section(stage: str, returned: Returned, language: Language) -> Section:
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


def around_sections(returned: Returned, language: Language) -> Iterator[Section]:
    """What is around the chain, where there is anything."""
    for stage in AROUND:
        if any(one.stage == stage and one.newest is not None for one in returned.indicators):
            yield stage_section(stage, returned, language)


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
    yield Table(f"return-{one.indicator}", caption, columns_of(tuple(keys), language, numbers_from=1), tuple(rows))
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
