"""The part on stations: a generation walks, what has not come yet is said, small counts are hidden, nothing is claimed."""

from dataclasses import replace
from pathlib import Path
from typing import get_args

import pandas as pd
import pytest

from kkz_eval.indicators.catalogue import Station, load_catalogue
from kkz_eval.indicators.generation import StationSeries
from kkz_eval.model.texts import Language
from kkz_eval.reporting.build import build_document
from kkz_eval.reporting.disclosure import HIDDEN
from kkz_eval.reporting.document import Section, Table, plain
from kkz_eval.reporting.inputs import STATION_COLUMNS, ReportInputs
from kkz_eval.reporting.sections.stations import stations_section

AGES = {"births": 0, "population_under_3": 1, "care_1": 2, "care_2": 3, "school_entry": 6, "leavers": 16}


def stations(**values: float | str) -> pd.DataFrame:
    """Stations of one unit, born 2012; a word is a state."""
    rows = []
    for name, age in AGES.items():
        given = values.get(name, "missing")
        value, state = (float("nan"), given) if isinstance(given, str) else (given, "known")
        rows.append(("05112000", "Duisburg", 2012, name, 2012 + age, value, state, 2019))
    return pd.DataFrame(rows, columns=list(STATION_COLUMNS))


FOLDER = Path(__file__).parents[3] / "data_contracts"
CATALOGUE = load_catalogue(FOLDER / "indicators.yaml", FOLDER / "breaks.yaml")
COLUMNS = ["unit_id", "year", "value", "numerator", "denominator"]


def series(label: str, age: int, indicator: str, rows: list[tuple[str, int, float, float | None, float | None]]) -> StationSeries:
    """A station shown by an indicator of the catalogue, with these rows of COLUMNS."""
    station = Station({"de": label, "en": f"{label} (en)"}, age)
    return StationSeries(station, CATALOGUE[indicator] if rows else None, pd.DataFrame(rows, columns=COLUMNS))


def generation(inputs: ReportInputs, smallest: int = 3) -> ReportInputs:
    """Day care and leaving of the groups of the fixture; one unit has no day care, one has a small number of leavers."""
    groups = {name: inputs.groups.loc[inputs.groups["group"] == name, "unit_id"].tolist() for name in ("treated", "reference")}
    care = [(u, 2014, 20.0, None, None) for u in groups["treated"][1:]] + [
        (u, 2014, 30.0, None, None) for u in groups["reference"]
    ]
    units = [*groups["treated"], *groups["reference"]]
    leavers = [(u, 2012, 6.0, 2.0 if u == units[0] else 60.0, 1000.0) for u in units]
    return replace(
        inputs,
        generation=(
            series("Betreuung", 2, "a_betr0003_bev0003", care),
            series("Übergang", 10, "a_schul_oA", []),
            series("Abgang", 16, "schulabgaenge_ohne_abschluss", leavers),
        ),
        today=2026,
        smallest_cell=smallest,
        stations=None,
    )


def tables(inputs: ReportInputs, language: Language = "de") -> dict[str, Table]:
    (found,) = stations_section(inputs, language)
    return {block.identifier: block for block in found.blocks if isinstance(block, Table)}


def rows(table: Table) -> dict[str, list[str]]:
    return {plain(row[0]): [plain(cell) for cell in row[1:]] for row in table.rows}


def test_a_generation_walks_through_its_stations(inputs: ReportInputs) -> None:
    table = tables(generation(inputs))["stations-groups"]
    assert [column.heading for column in table.columns] == ["Station", "Geboren 1996", "Geboren 2012"]
    assert rows(table) == {
        "Betreuung (Prozent der Kinder unter 3 Jahren)": ["Reihe ab 2014", "20,0 [5 von 6] / 30,0 (2014)"],
        "Übergang": ["keine Reihe", "keine Reihe"],
        "Abgang (Prozent der Schulabgänge)": ["6,0 / 6,0 (2012)", "noch nicht erreicht (2028)"],
    }


def test_unit_by_unit_small_counts_are_hidden_and_a_missing_figure_is_no_zero(inputs: ReportInputs) -> None:
    found = tables(generation(inputs))
    assert set(found) == {"stations-groups", "stations-units-2012"}
    of_2012 = rows(found["stations-units-2012"])
    first = inputs.groups["name"].iloc[0]
    assert of_2012[first] == ["Programm", "–"]
    assert of_2012["Kreis Brun 0"] == ["Vergleich", "30,0"]
    assert len(of_2012) == 14
    older = replace(generation(inputs), treated_cohorts=(1996,), today=2012)
    assert rows(tables(older)["stations-units-1996"])[first] == ["Programm", HIDDEN]
    assert rows(tables(replace(older, smallest_cell=1))["stations-units-1996"])[first] == ["Programm", "6,0"]


def test_made_up_series_are_said_to_be_that(inputs: ReportInputs) -> None:
    made_up = generation(inputs)
    assert "simuliert" not in plain(tables(made_up)["stations-groups"].caption)
    made_up = replace(made_up, generation=tuple(replace(one, simulated=True) for one in made_up.generation))
    assert "simuliert" in plain(tables(made_up)["stations-groups"].caption)


def test_stations_of_both_origins_stand_in_one_report(inputs: ReportInputs) -> None:
    document = build_document(replace(generation(inputs), stations=stations(births=100.0)), "en")  # identifiers are unique
    (chain,) = (found for found in document.sections[3].sections if found.identifier == "chain")
    assert [found.identifier for found in chain.sections] == ["chain-stages", "stations"]


def section(inputs: ReportInputs, table: pd.DataFrame | None, language: Language) -> Section | None:
    return next(iter(stations_section(replace(inputs, stations=table), language)), None)


def cells(found: Section | None) -> list[str]:
    assert found is not None
    (table,) = (block for block in found.blocks if isinstance(block, Table))
    return [plain(cell) for cell in table.rows[0]]


def test_a_station_not_reached_names_its_year(inputs: ReportInputs) -> None:
    table = stations(births=1228.0, population_under_3=3694.0, school_entry="symbol", leavers="not_reached")
    assert cells(section(inputs, table, "de")) == [
        "Duisburg",
        "1.228",
        "3.694",
        "nicht geliefert",
        "Zeichen statt Zahl",
        "noch nicht erreicht (2028)",
    ]
    assert cells(section(inputs, table, "en"))[-1] == "not reached yet (2028)"


def test_small_counts_are_hidden_and_zero_stays(inputs: ReportInputs) -> None:
    table = stations(births=2.0, population_under_3=0.0, care_2=3.0, leavers="not_reached")
    assert cells(section(replace(inputs, smallest_cell=3), table, "de"))[1:4] == [HIDDEN, "0", "3"]


@pytest.mark.parametrize("language", get_args(Language))
def test_it_says_what_a_pseudo_cohort_is_not(inputs: ReportInputs, language: Language) -> None:
    document = build_document(replace(inputs, stations=stations(births=100.0)), language)
    (chain,) = (found for found in document.sections[3].sections if found.identifier == "chain")
    (found,) = (found for found in chain.sections if found.identifier == "stations")
    said = " ".join(plain(block.parts) for block in found.blocks if not isinstance(block, Table) and hasattr(block, "parts"))
    for word in {"de": ("keine Erfolgsquote", "fortzog", "Wirkung"), "en": ("no rate of success", "moved in or out", "effect")}[
        language
    ]:
        assert word in said


@pytest.mark.parametrize("table", [None, stations().iloc[:0]])
def test_without_deliveries_there_is_no_section(inputs: ReportInputs, table: pd.DataFrame | None) -> None:
    assert section(inputs, table, "de") is None


def test_a_station_given_twice_is_refused(inputs: ReportInputs) -> None:
    with pytest.raises(ValueError, match="stations"):
        replace(inputs, stations=pd.concat([stations(), stations()]))
