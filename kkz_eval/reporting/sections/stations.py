"""The section on the stations of a year of birth, municipality by municipality: described, not evaluated. Small counts are hidden
by `disclosure`; which observations are a station is decided in `indicators.pseudo_cohorts`."""

from __future__ import annotations

import pandas as pd

from kkz_eval.model.texts import Language
from kkz_eval.reporting import disclosure, numbers, say
from kkz_eval.reporting.document import Column, Inline, Paragraph, Parts, Quoted, Section, Table, phrase
from kkz_eval.reporting.inputs import ReportInputs
from kkz_eval.reporting.sections.parts import Block

SHOWN = ("births", "population_under_3", "care_2", "school_entry", "leavers")


def stations_section(inputs: ReportInputs, language: Language) -> tuple[Section, ...]:
    """One table per year of birth in inputs.stations: units by station; () where there is none."""
    stations = inputs.stations
    if stations is None or stations.empty:
        return ()
    blocks: list[Block] = [Paragraph(phrase("stations.intro", language)), Paragraph(phrase("stations.not", language), "note")]
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
    blocks.append(Paragraph(hidden, "note"))
    return (Section("stations", phrase("sections.stations", language), tuple(blocks)),)


def _table(birth_year: int, rows: pd.DataFrame, smallest_cell: int, language: Language) -> Table:
    known = rows[rows["state"] == "known"]
    released = disclosure.suppress(known, ("value",), smallest_cell).values["value"] if len(known) else known["value"]
    columns = [Column(say("data.unit_name").in_language(language))]
    for name in SHOWN:
        of_station = rows[rows["station"] == name]
        heading = say(f"stations.column.{name}", year=str(int(of_station["year"].iloc[0]))).in_language(language)
        columns.append(Column(heading, "number" if (of_station["state"] == "known").any() else "text"))  # words may wrap
    shown: list[tuple[Parts, ...]] = []
    for number, (_, unit) in enumerate(rows.groupby(["unit_name", "unit_id"], sort=True), start=1):
        index_of = dict(zip(unit["station"], unit.index, strict=True))
        state_of = dict(zip(unit["station"], zip(unit["state"], unit["year"], strict=True), strict=True))
        cells: list[Parts] = [(Quoted(str(unit["unit_name"].iloc[0])),)]
        for name in SHOWN:
            identifier = f"stations.{birth_year}.{number}.{name}"
            cells.append((_cell(identifier, state_of[name], released.get(index_of[name]), language),))
        shown.append(tuple(cells))
    caption = phrase("stations.caption", language, year=numbers.year(f"stations.{birth_year}.birth_year", birth_year))
    return Table(f"stations-table-{birth_year}", caption, tuple(columns), tuple(shown))


def _cell(identifier: str, standing: tuple[str, int], released: float | None, language: Language) -> Inline:
    """A figure that may leave, the mark of hiding, or in words why there is no figure. standing: state and year of the station."""
    state, year = standing
    if state == "known":
        return disclosure.HIDDEN if released is None or pd.isna(released) else numbers.count(identifier, released, language)
    return say(f"stations.state.{state}", year=str(year)).in_language(language)
