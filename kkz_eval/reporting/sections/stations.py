"""The part on the stations of a year of birth: both groups, then unit by unit, then what municipalities delivered. Described only.

Which figure is a station of which year of birth is decided in `indicators.generation` and `indicators.pseudo_cohorts`; small counts are
hidden by `disclosure`.
"""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd

from kkz_eval.indicators.generation import Standing, StationSeries, followed, generations
from kkz_eval.model.texts import Language
from kkz_eval.reference.unit_groups import unit_words
from kkz_eval.reporting import disclosure, numbers, say
from kkz_eval.reporting.document import Block, Column, Inline, Paragraph, Parts, Quoted, Section, Table, identifier_part, phrase
from kkz_eval.reporting.inputs import ReportInputs, in_language
from kkz_eval.reporting.sections.parts import insert

SHOWN = ("births", "population_under_3", "care_2", "school_entry", "leavers")
_NOTHING = "–"


def stations_section(inputs: ReportInputs, language: Language) -> tuple[Section, ...]:
    """The stations of a year of birth by official figures and by deliveries; () where there is neither."""
    official, delivered = _official(inputs, language), _delivered(inputs, language)
    if not official and not delivered:
        return ()
    said = Paragraph(phrase("stations.not", language), "note")
    return (Section("stations", phrase("sections.stations", language), (said, *official, *delivered), kind="technical"),)


def _official(inputs: ReportInputs, language: Language) -> tuple[Block, ...]:
    """A table of both groups over years of birth, then one of the units for each year of birth that is followed."""
    series, start = inputs.generation, min(inputs.treated_cohorts, default=0)
    shown = generations(series, start, inputs.today)
    if not shown:
        return ()
    columns = [Column(say("stations.station").in_language(language))]
    columns += [Column(say("stations.born", year=str(birth_year)).in_language(language)) for birth_year in shown]
    rows = tuple(
        (
            _named(one, language),
            *(_passed(f"stations.{row}.{birth_year}", one, birth_year, inputs, language) for birth_year in shown),
        )
        for row, one in enumerate(series, start=1)
    )
    made_up = phrase("stations.simulated", language) if any(one.simulated for one in series) else ()
    caption = (*phrase("stations.groups_caption", language), *made_up)
    followed_ones = (_units_table(birth_year, inputs, language) for birth_year in followed(series, start, inputs.today))
    units = unit_words(inputs.level, language)["all_units"]
    return (
        Paragraph(phrase("stations.official", language, units=units, start=numbers.year("stations.start", start))),
        Table("stations-groups", caption, tuple(columns), rows),
        *followed_ones,
    )


def _named(series: StationSeries, language: Language) -> Parts:
    """The station, with the unit of its figures where it has any."""
    label = Quoted(in_language(series.station.label, language, "stations"))
    if series.indicator is None:
        return (label,)
    unit = Quoted(in_language(series.indicator.unit, language, series.indicator.id))
    return phrase("stations.with_unit", language, label=label, unit=unit)


def _passed(scope: str, series: StationSeries, birth_year: int, inputs: ReportInputs, language: Language) -> Parts:
    """The means of both groups at a station, or what stands in place of them."""
    standing, year = series.standing(birth_year, inputs.today)
    told = numbers.year(f"{scope}.year", year)
    if standing is not Standing.KNOWN:
        return phrase(f"stations.standing.{standing}", language, **({} if standing is Standing.NO_SERIES else {"year": told}))
    means = {name: _mean(f"{scope}.{name}", series, name, year, inputs, language) for name in ("treated", "reference")}
    cell = phrase("stations.both", language, treated="\x01", reference="\x02", year=told)
    return tuple(
        piece for part in insert(cell, means["treated"]) for piece in (means["reference"] if part == "\x02" else (part,))
    )


def _mean(scope: str, series: StationSeries, group: str, year: int, inputs: ReportInputs, language: Language) -> Parts:
    """The unweighted mean of a group; where some of its units have no figure, of how many it is."""
    assert series.indicator is not None
    units = _units(inputs, group)
    rows = series.of_units(units, year)
    if rows.empty:
        return (_NOTHING,)
    value = numbers.measured(scope, float(rows["value"].mean()), min(series.indicator.decimals, 1), language)
    if len(rows) == len(units):
        return (value,)
    counted = {name: numbers.count(f"{scope}.{name}", n, language) for name, n in (("n", len(rows)), ("of", len(units)))}
    return phrase("stations.of_some", language, value=value, **counted)


def _units(inputs: ReportInputs, group: str) -> Collection[str]:
    return inputs.groups.loc[inputs.groups["group"] == group, "unit_id"].tolist()


def _units_table(birth_year: int, inputs: ReportInputs, language: Language) -> Table:
    """The units of both groups at each station of a year of birth that has figures."""
    known = [
        (one, year)
        for one in inputs.generation
        for standing, year in (one.standing(birth_year, inputs.today),)
        if standing is Standing.KNOWN
    ]
    columns = [Column(say(f"stations.{name}").in_language(language)) for name in ("unit", "group")]
    for one, year in known:
        label = in_language(one.station.label, language, "stations")
        columns.append(Column(say("stations.in_year", label=label, year=str(year)).in_language(language), "number"))
    released = [_released(one, year, inputs.smallest_cell) for one, year in known]
    rows: list[tuple[Parts, ...]] = []
    for group in ("treated", "reference"):
        members = inputs.groups[inputs.groups["group"] == group].sort_values(["name", "unit_id"])
        for unit_id, name in zip(members["unit_id"], members["name"], strict=True):
            scope = f"stations.{birth_year}.{identifier_part(str(unit_id))}"
            cells: list[Parts] = [(Quoted(str(name)),), (say(f"stations.groups.{group}").in_language(language),)]
            for column, ((one, _), values) in enumerate(zip(known, released, strict=True), start=1):
                cells.append((_value(f"{scope}.{column}", one, values, str(unit_id), language),))
            rows.append(tuple(cells))
    caption = phrase("stations.units_caption", language, year=numbers.year(f"stations.{birth_year}.born", birth_year))
    return Table(f"stations-units-{birth_year}", caption, tuple(columns), tuple(rows))


def _released(series: StationSeries, year: int, smallest_cell: int) -> dict[str, float | None]:
    """The value of each unit that has one; None where it would give a small count away. A published rate has no counts."""
    rows = series.values[series.values["year"] == year]
    counted = rows.dropna(subset=["numerator", "denominator"])
    counted = counted[counted["denominator"] >= counted["numerator"]]  # parts of one whole; births are none of the inhabitants
    parts = pd.concat(
        [counted.assign(count=counted["numerator"]), counted.assign(count=counted["denominator"] - counted["numerator"])]
    )
    hidden: set[str] = set()
    if len(parts):
        free = disclosure.suppress(parts, ("count",), smallest_cell, ("unit_id",), "denominator").values
        hidden = set(parts.loc[free.isna().any(axis=1).to_numpy(), "unit_id"])
    return {unit: None if unit in hidden else float(value) for unit, value in zip(rows["unit_id"], rows["value"], strict=True)}


def _value(scope: str, series: StationSeries, values: dict[str, float | None], unit_id: str, language: Language) -> Inline:
    if unit_id not in values:
        return _NOTHING
    value = values[unit_id]
    assert series.indicator is not None
    return disclosure.HIDDEN if value is None else numbers.measured(scope, value, min(series.indicator.decimals, 1), language)


def _delivered(inputs: ReportInputs, language: Language) -> tuple[Block, ...]:
    """One table per year of birth in inputs.stations: units by station."""
    stations = inputs.stations
    if stations is None or stations.empty:
        return ()
    blocks: list[Block] = [Paragraph(phrase("stations.intro", language))]
    for birth_year, part in stations.groupby("birth_year", sort=True):
        blocks.append(_table(int(str(birth_year)), part, inputs.smallest_cell, language))
    newest = numbers.year("stations.newest_year", int(stations["newest_year"].max()))
    hidden = phrase(
        "stations.reading",
        language,
        newest=newest,
        mark=disclosure.HIDDEN,
        smallest=numbers.count("stations.smallest_cell", inputs.smallest_cell, language),
    )
    return (*blocks, Paragraph(hidden, "note"))


def _table(birth_year: int, rows: pd.DataFrame, smallest_cell: int, language: Language) -> Table:
    known = rows[rows["state"] == "known"]
    released = disclosure.suppress(known, ("value",), smallest_cell).values["value"] if len(known) else known["value"]
    columns = [Column(say("data.unit_name").in_language(language))]
    names = [name for name in SHOWN if name in set(rows["station"])]  # the catalogue of an installation may have fewer
    for name in names:
        of_station = rows[rows["station"] == name]
        heading = say(f"stations.column.{name}", year=str(int(of_station["year"].iloc[0]))).in_language(language)
        columns.append(Column(heading, "number" if (of_station["state"] == "known").any() else "text"))  # words may wrap
    shown: list[tuple[Parts, ...]] = []
    for number, (_, unit) in enumerate(rows.groupby(["unit_name", "unit_id"], sort=True), start=1):
        index_of = dict(zip(unit["station"], unit.index, strict=True))
        state_of = dict(zip(unit["station"], zip(unit["state"], unit["year"], strict=True), strict=True))
        cells: list[Parts] = [(Quoted(str(unit["unit_name"].iloc[0])),)]
        for name in names:
            identifier = f"stations.delivered.{birth_year}.{number}.{name}"
            cells.append((_cell(identifier, state_of[name], released.get(index_of[name]), language),))
        shown.append(tuple(cells))
    caption = phrase("stations.caption", language, year=numbers.year(f"stations.delivered.{birth_year}", birth_year))
    return Table(f"stations-table-{birth_year}", caption, tuple(columns), tuple(shown))


def _cell(identifier: str, standing: tuple[str, int], released: float | None, language: Language) -> Inline:
    """A figure that may leave, the mark of hiding, or in words why there is no figure. standing: state and year of the station."""
    state, year = standing
    if state == "known":
        return disclosure.HIDDEN if released is None or pd.isna(released) else numbers.count(identifier, released, language)
    return say(f"stations.state.{state}", year=str(year)).in_language(language)
