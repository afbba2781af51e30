"""The section on prevention before cure: what municipalities deliver of their own. Described, never compared with anyone.

Every figure goes through the gate, every count says of how many that delivered, municipalities stand in the order of their names. Does not belong
here: adding up (indicators.described), the four questions along the chain (chain), goals and surveys, which have modules of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from kkz_eval.indicators.catalogue import Indicator
from kkz_eval.indicators.described import Described, Gap, Series, Value, fullest_years
from kkz_eval.indicators.offers import NETWORK, SERVICES
from kkz_eval.model.texts import Language
from kkz_eval.reporting import disclosure, numbers, say
from kkz_eval.reporting.document import Block, Column, Inline, Listing, Paragraph, Parts, Quoted, Section, Table, phrase
from kkz_eval.reporting.inputs import ReportInputs, in_language
from kkz_eval.reporting.sections.goals import goals_section
from kkz_eval.reporting.sections.parts import code_label, folded
from kkz_eval.reporting.sections.survey import survey_section

FEWEST = 3  # municipalities of which a middle value is shown


def prevention_section(inputs: ReportInputs, language: Language) -> tuple[Section, ...]:
    """What is described of inputs.described; () where nothing was delivered."""
    found = inputs.described
    if found is None:
        return ()
    names = {str(name) for name in inputs.groups["name"]}
    happening = (
        *_over_the_years(found, inputs.smallest_cell, language),
        *_by_municipality(found, inputs.smallest_cell, language),
        *_target_groups(found, inputs.smallest_cell, language),
        *_network(found, language),
    )
    voices = (
        *goals_section(found, inputs.smallest_cell, names, language),
        *survey_section(found, inputs.smallest_cell, language),
    )
    sections = (
        *folded("prevention-numbers", phrase("prevention.numbers", language), (), happening),
        *folded("prevention-voices", phrase("prevention.voices", language), (), voices),
    )
    smallest = numbers.count("prevention.smallest_cell", inputs.smallest_cell, language)
    blocks = (
        Paragraph(phrase("prevention.intro", language)),
        Paragraph(phrase("prevention.reading", language, mark=disclosure.HIDDEN, smallest=smallest), "note"),
    )
    return (Section("prevention", phrase("sections.prevention", language), blocks, sections),)


# --- over the years, and municipality by municipality ---------------------------------------------------------------------


def _over_the_years(found: Described, smallest_cell: int, language: Language) -> tuple[Section, ...]:
    if not any(one.values for one in found.series):
        return ()
    columns = tuple(
        Column(say(f"prevention.column.{name}").in_language(language)) for name in ("indicator", "first", "last", "moved")
    )
    rows = tuple(_years_row(series, smallest_cell, language) for series in found.series)
    fewest = numbers.count("prevention.years.fewest", FEWEST, language)
    blocks = (
        Table("prevention-years-table", phrase("prevention.years.caption", language), columns, rows),
        Paragraph(phrase("prevention.years.note", language, fewest=fewest), "note"),
    )
    return (Section("prevention-years", phrase("prevention.years.title", language), blocks),)


def _years_row(series: Series, smallest_cell: int, language: Language) -> tuple[Parts, ...]:
    indicator, scope = series.indicator, f"prevention.years.{series.indicator.id}"
    shown = _released(series, smallest_cell)
    by_year: dict[int, dict[str, float]] = {}
    for (unit, year), value in shown.items():
        by_year.setdefault(year, {})[unit] = value
    years = fullest_years(set(shown))
    name = (Quoted(in_language(indicator.label, language, indicator.id)), ": ", _unit_of(indicator, language))
    if not years:
        return (name, phrase("prevention.nobody", language), ("–",), ("–",))
    middles = [_middle(year, list(by_year[year].values()), series, f"{scope}.{year}", language) for year in years]
    if len(years) == 1:
        return (name, middles[0], ("–",), ("–",))
    first, last = ({unit: round(value, indicator.decimals) for unit, value in by_year[year].items()} for year in years)
    both = first.keys() & last.keys()
    counts = {
        "higher": sum(last[unit] > first[unit] for unit in both),
        "lower": sum(last[unit] < first[unit] for unit in both),
        "same": sum(last[unit] == first[unit] for unit in both),
        "n": len(both),
    }
    moved = {key: numbers.count(f"{scope}.{key}", n, language) for key, n in counts.items()}
    return (name, *middles, phrase("prevention.years.moved", language, **moved))


def _released(series: Series, smallest_cell: int) -> dict[tuple[str, int], float]:
    """The values that may leave, by unit and year."""
    known = [one for one in series.values if one.value is not None]
    released = disclosure.rates_released([(one.numerator, one.denominator) for one in known], smallest_cell)
    pairs = zip(known, released, strict=True)
    return {(one.unit_id, one.year): one.value for one, may_leave in pairs if may_leave and one.value is not None}


def _middle(year: int, values: Sequence[float], series: Series, scope: str, language: Language) -> Parts:
    """The middle value of a year, and of how many municipalities it is."""
    about: dict[str, Inline] = {
        "year": numbers.year(f"{scope}.year", year),
        "n": numbers.count(f"{scope}.n", len(values), language),
        "owed": numbers.count(f"{scope}.owed", len(series.owed), language),
    }
    if len(values) < FEWEST:
        return phrase("prevention.years.few", language, **about)
    middle = numbers.measured(f"{scope}.median", median(values), series.indicator.decimals, language)
    return phrase("prevention.years.middle", language, value=middle, **about)


def _by_municipality(found: Described, smallest_cell: int, language: Language) -> tuple[Section, ...]:
    """A table for each kind of units that deliver: towns and Kreise, youth offices."""
    kinds: dict[tuple[str, ...], list[Series]] = {}
    for series in found.series:
        if any(one.value is not None for one in series.values):
            kinds.setdefault(tuple(series.owed), []).append(series)
    if not kinds:
        return ()
    tables = [_units_table(number, kind, smallest_cell, language) for number, kind in enumerate(kinds.values(), start=1)]
    note = Paragraph(phrase("prevention.units.note", language), "note")
    return (Section("prevention-units", phrase("prevention.units.title", language), (*tables, note)),)


def _units_table(number: int, kind: Sequence[Series], smallest_cell: int, language: Language) -> Table:
    columns, cells = [Column(say("data.unit_name").in_language(language))], {}
    names = kind[0].owed
    for series in kind:
        indicator = series.indicator
        year = fullest_years({(one.unit_id, one.year) for one in series.values if one.value is not None})[-1]
        label, unit = (in_language(text, language, indicator.id) for text in (indicator.label, indicator.unit))
        heading = say("prevention.units.column", label=label, unit=unit, year=str(year)).in_language(language)
        columns.append(Column(heading, "number"))
        released, there = _released(series, smallest_cell), {one.unit_id: one for one in series.values if one.year == year}
        for key in names:
            scope = f"prevention.units.{number}.{key}.{indicator.id}"
            cells[key, indicator.id] = (_value(there.get(key), released, scope, indicator, language),)
    rows = tuple(
        ((Quoted(names[key]),), *(cells[key, series.indicator.id] for series in kind))
        for key in sorted(names, key=lambda key: (names[key], key))
    )
    return Table(f"prevention-units-table-{number}", phrase("prevention.units.caption", language), tuple(columns), rows)


def _value(
    one: Value | None, released: dict[tuple[str, int], float], scope: str, indicator: Indicator, language: Language
) -> Inline:
    if one is None:
        return say("prevention.not_delivered").in_language(language)
    if one.value is None:
        return say("prevention.no_value").in_language(language)
    if (one.unit_id, one.year) not in released:
        return disclosure.HIDDEN
    return numbers.measured(scope, one.value, indicator.decimals, language)


# --- who is reached, and where the network has gaps -----------------------------------------------------------------------


def _target_groups(found: Described, smallest_cell: int, language: Language) -> tuple[Section, ...]:
    if not found.target_groups:
        return ()
    released = disclosure.rates_released([(one.reached, one.eligible) for one in found.target_groups], smallest_cell)
    cells: dict[tuple[str, int], Parts] = {}
    for one, may_leave in zip(found.target_groups, released, strict=True):
        scope = f"prevention.reached.{one.target_group}.{one.year}"
        percent: Inline = disclosure.HIDDEN
        if may_leave and one.eligible:
            percent = numbers.count(f"{scope}.percent", round(100 * one.reached / one.eligible), language)
        units, of = numbers.count(f"{scope}.units", one.units, language), numbers.count(f"{scope}.of", one.of, language)
        cells[one.target_group, one.year] = phrase("prevention.reached.cell", language, percent=percent, units=units, of=of)
    years = sorted({one.year for one in found.target_groups})
    none = phrase("prevention.reached.none", language)
    rows = tuple(
        ((code_label(found, f"{SERVICES}.target_group.{group}", language),), *(cells.get((group, year), none) for year in years))
        for group in dict.fromkeys(one.target_group for one in found.target_groups)
    )
    columns = (Column(say("prevention.column.target_group").in_language(language)), *(Column(str(year)) for year in years))
    blocks = (
        Table("prevention-reached-table", phrase("prevention.reached.caption", language), columns, rows),
        Paragraph(phrase("prevention.reached.note", language), "note"),
    )
    return (Section("prevention-reached", phrase("prevention.reached.title", language), blocks),)


def _network(found: Described, language: Language) -> tuple[Section, ...]:
    blocks: list[Block] = []
    if found.gaps:
        year = numbers.year("prevention.gaps.year", found.gaps[0].year)
        columns = (
            Column(say("prevention.column.stage").in_language(language)),
            *(Column(_sector(found, sector, language).text) for sector in dict.fromkeys(gap.between[0] for gap in found.gaps)),
        )
        cells: dict[str, list[Parts]] = {}
        for gap in found.gaps:
            cells.setdefault(gap.between[1], []).append(_of(gap, f"prevention.gaps.{'.'.join(gap.between)}", language))
        rows = tuple(
            ((code_label(found, f"{SERVICES}.stages.{stage}", language),), *of_sectors) for stage, of_sectors in cells.items()
        )
        blocks.append(Table("prevention-gaps-table", phrase("prevention.gaps.caption", language, year=year), columns, rows))
        blocks.append(Paragraph(phrase("prevention.gaps.note", language), "note"))
    blocks += _untied(found, language)
    return (Section("prevention-network", phrase("prevention.gaps.title", language), tuple(blocks)),) if blocks else ()


def _untied(found: Described, language: Language) -> list[Block]:
    """The pairs of sectors between which some municipality has no tie, or that there is none."""
    if not found.ties:
        return []
    untied = [gap for gap in found.ties if gap.without]
    year = numbers.year("prevention.ties.year", found.ties[0].year)
    most = numbers.count("prevention.ties.most", max(gap.of for gap in found.ties), language)
    said = Paragraph(phrase("prevention.ties.some" if untied else "prevention.ties.none", language, year=year, most=most))
    items = []
    for gap in untied:
        one, other = (_sector(found, sector, language) for sector in gap.between)
        pair = phrase("prevention.ties.pair", language, one=one, other=other)
        items.append((*pair, " ", *_of(gap, f"prevention.ties.{'.'.join(gap.between)}", language)))
    return [said, Listing(tuple(items))] if items else [said]


def _of(gap: Gap, scope: str, language: Language) -> Parts:
    """So many of those who say anything; in words where nobody does."""
    if not gap.of:
        return phrase("prevention.nobody_says", language)
    n, of = numbers.count(f"{scope}.n", gap.without, language), numbers.count(f"{scope}.of", gap.of, language)
    return phrase("prevention.of", language, n=n, of=of)


def _sector(found: Described, sector: str, language: Language) -> Quoted:
    return code_label(found, f"{NETWORK}.sector.{sector}", language)


def _unit_of(indicator: Indicator, language: Language) -> Quoted:
    return Quoted(in_language(indicator.unit, language, indicator.id))
