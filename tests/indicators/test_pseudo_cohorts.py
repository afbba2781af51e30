"""Pseudo-cohorts: stations of one year of birth, per unit."""

from pathlib import Path

import pyarrow as pa
import pytest

from kkz_eval.indicators.catalogue import load_stations
from kkz_eval.indicators.pseudo_cohorts import counts_of, datasets_of, pseudo_cohorts, stored_pseudo_cohorts
from kkz_eval.model.tables import OBSERVATIONS, PSEUDO_COHORTS
from kkz_eval.storage.steps import Steps
from kkz_eval.storage.store import Store

STATIONS = counts_of(load_stations(Path(__file__).parents[2] / "data_contracts" / "indicators.yaml"))
DUISBURG, HAMM = "05112000", "05915000"
LEAVERS = {"certificate": "insgesamt", "sex": "insgesamt", "nationality": "insgesamt"}
EXAMINED = {"sex": "insgesamt", "years_of_day_care": "insgesamt"}


def observations(dataset: str, measure: str, *rows: tuple[str, int, float | None, str | None, dict[str, str]]) -> pa.Table:
    return pa.table(
        {
            "observation_id": [f"{dataset}{position}" for position in range(len(rows))],
            "unit_id": [row[0] for row in rows],
            "level": ["municipality"] * len(rows),
            "year": [row[1] for row in rows],
            "dataset": [dataset] * len(rows),
            "measure": [measure] * len(rows),
            "dimensions": [list(row[4].items()) for row in rows],
            "value": [row[2] for row in rows],
            "value_delivered": [None] * len(rows),
            "unit": [""] * len(rows),
            "flag": [row[3] for row in rows],
            "edition": [""] * len(rows),
            "known_from": [1] * len(rows),
            "known_day": [None] * len(rows),
            "known_by": [None] * len(rows),
            "delivery_sha256": [""] * len(rows),
            "sheet": [None] * len(rows),
            "row": [None] * len(rows),
            "column": [None] * len(rows),
            "correction_id": [None] * len(rows),
        },
        schema=OBSERVATIONS.schema,
    )


def births(*rows: tuple[str, int, float | None, str | None]) -> pa.Table:
    return observations("geburten_fruehe_hilfen", "births", *((*row, {}) for row in rows))


def leavers(*rows: tuple[str, int, float | None, str | None]) -> pa.Table:
    return observations("schulabgaenge", "leavers", *((*row, LEAVERS) for row in rows))


def by_place(table: pa.Table) -> dict[tuple[str, int, str], dict[str, object]]:
    return {(row["unit_id"], row["birth_year"], row["station"]): row for row in table.to_pylist()}


def test_births_meet_entrants_six_and_leavers_sixteen_years_later() -> None:
    given = {
        "geburten_fruehe_hilfen": births((DUISBURG, 2000, 100.0, None)),
        "schuleingangsuntersuchung": observations(
            "schuleingangsuntersuchung", "examined", (DUISBURG, 2006, 98.0, None, {**EXAMINED, "finding": "zaehlen"})
        ),
        "schulabgaenge": leavers((DUISBURG, 2016, 95.0, None)),
    }
    rows = by_place(pseudo_cohorts(given, STATIONS))
    assert {station: rows[(DUISBURG, 2000, station)]["value"] for station in ("births", "school_entry", "leavers")} == {
        "births": 100.0,
        "school_entry": 98.0,
        "leavers": 95.0,
    }


def test_a_station_without_a_figure_says_why() -> None:
    given = {
        "geburten_fruehe_hilfen": births((DUISBURG, 2012, 50.0, None), (DUISBURG, 2000, None, ".")),
        "schulabgaenge": leavers((HAMM, 2018, 70.0, None)),
    }
    rows = by_place(pseudo_cohorts(given, STATIONS))
    assert rows[(DUISBURG, 2012, "leavers")]["state"] == "not_reached"
    assert rows[(DUISBURG, 2012, "leavers")]["year"] == 2028
    assert rows[(DUISBURG, 2000, "leavers")]["state"] == "missing"
    assert (rows[(DUISBURG, 2000, "births")]["state"], rows[(DUISBURG, 2000, "births")]["flag"]) == ("symbol", ".")
    assert rows[(DUISBURG, 2000, "births")]["value"] is None


def test_children_examined_are_counted_once_though_each_finding_repeats_them() -> None:
    given = {
        "schuleingangsuntersuchung": observations(
            "schuleingangsuntersuchung",
            "examined",
            (DUISBURG, 2018, 90.0, None, {**EXAMINED, "finding": "zaehlen"}),
            (DUISBURG, 2018, 98.0, None, {**EXAMINED, "finding": "deutsch"}),
            (DUISBURG, 2018, None, ".", {**EXAMINED, "finding": "geimpft"}),
        )
    }
    (row,) = (row for row in pseudo_cohorts(given, STATIONS).to_pylist() if row["state"] != "missing")
    assert (row["birth_year"], row["value"], row["flag"]) == (2012, 98.0, None)


def test_deliveries_and_official_figures_stay_apart() -> None:
    official = observations("schulabgaenge_amtlich", "leavers", ("05112", 2016, 95.0, None, LEAVERS))
    table = pseudo_cohorts({"schulabgaenge": leavers((DUISBURG, 2010, 60.0, None)), "schulabgaenge_amtlich": official}, STATIONS)
    known = [row for row in table.to_pylist() if row["value"] is not None]
    assert [(row["source"], row["unit_id"], row["value"], row["newest_year"]) for row in known] == [
        ("municipal", DUISBURG, 60.0, 2010),
        ("official", "05112", 95.0, 2016),
    ]


def test_a_station_that_counts_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="leavers"):
        pseudo_cohorts({"schulabgaenge": leavers((DUISBURG, 2016, 1.0, None), (DUISBURG, 2016, 2.0, None))}, STATIONS)


def test_nothing_delivered_is_an_empty_table() -> None:
    assert pseudo_cohorts({}, STATIONS).num_rows == 0
    assert pseudo_cohorts({}, STATIONS).schema == PSEUDO_COHORTS.schema


def test_the_table_is_computed_again_only_when_a_station_changed(tmp_path: Path) -> None:
    def computed(value: float, beside: float) -> list[tuple[str, str]]:
        steps = Steps(Store.at(str(tmp_path)))
        other = observations("schulabgaenge", "other", (DUISBURG, 2016, beside, None, {}))
        stored_pseudo_cohorts(
            steps, {"schulabgaenge": pa.concat_tables([leavers((DUISBURG, 2016, value, None)), other])}, STATIONS
        )
        return steps.journal.computed

    assert computed(1.0, 1.0)
    assert not computed(1.0, 2.0)
    assert computed(2.0, 2.0)


def test_every_station_has_a_dataset_and_names_are_unique() -> None:
    assert len({station.name for station in STATIONS}) == len(STATIONS)
    assert "geburten_fruehe_hilfen" in datasets_of(STATIONS)
