"""What a report describes of deliveries is what the municipalities sent, under their keys, with of how many; nothing of others."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from kkz_eval.indicators.described import Described
from kkz_eval.line.described import described_of, table_of
from kkz_eval.line.installation import open_installation
from kkz_eval.line.intake import judge_arrivals, land
from kkz_eval.line.snapshot import current_snapshot
from kkz_eval.line.study import Study
from kkz_eval.reference.tables import programme_units
from kkz_eval.settings import Settings
from kkz_eval.simulation.effects import load_effects
from kkz_eval.simulation.grid import Cell
from kkz_eval.simulation.municipal_services import service_grid
from kkz_eval.simulation.run import simulate
from kkz_eval.simulation.world import model_world

CONTRACTS = Path(__file__).parents[2] / "data_contracts"
YEARS = range(2011, 2019)
SENT = (
    "geburten_fruehe_hilfen",
    "hilfen_zur_erziehung",
    "ausgaben_jugendhilfe",
    "bevoelkerung",
    "ziele",
    "befragung",
    "netzwerk",
)
ARNSBERG, AHLEN, KREIS = "05958004", "05570004", "05358"  # a town and a Kreis of 2012, a town of 2017


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """Two municipalities that began in 2012 and one of 2017, all that they sent but of their services."""
    folder = tmp_path_factory.mktemp("described") / "world"
    simulate(folder, 1, years=(YEARS[0], YEARS[-1]))
    for file in (folder / "deliveries").iterdir():
        if not file.name.startswith(SENT) or not any(
            f"_{key}" in file.name or f"_JH{key}" in file.name for key in (ARNSBERG, AHLEN, KREIS)
        ):
            file.unlink()
    settings = Settings(home=folder / "home", inbox=folder / "deliveries", contracts=CONTRACTS)
    line = open_installation(settings, [CONTRACTS / "plans" / "modellwelt.yaml"])
    land(line, YEARS)
    judge_arrivals(line, YEARS)
    return Study(current_snapshot(line), line.plans["modellwelt"])


@pytest.fixture(scope="module")
def described(study: Study) -> Described:
    found = described_of(study)
    assert found is not None
    return found


def sent(dataset: str, ags: str) -> list[dict[str, Cell]]:
    """The records of a delivery before it is written, as the simulation draws them."""
    world = model_world(1, load_effects(None), tuple(YEARS))
    grid = service_grid(world, dataset, next(unit for unit in programme_units() if unit.ags == ags), 1)
    assert grid is not None
    return [dict(zip((column.name for column in grid.columns), row, strict=True)) for row in grid.rows]


def values(described: Described, indicator: str) -> dict[tuple[str, int], float | None]:
    (series,) = (series for series in described.series if series.indicator.id == indicator)
    return {(one.unit_id, one.year): one.value for one in series.values}


def test_each_value_is_that_of_the_delivery_and_of_no_later_cohort(described: Described) -> None:
    found = values(described, "willkommensbesuche_je_100_geburten")
    assert found == {
        (str(row["unit_id"]), int(row["year"])): pytest.approx(100 * int(row["visits_made"]) / int(row["births"]))
        for ags in (ARNSBERG, KREIS)
        for row in sent("geburten_fruehe_hilfen", ags)
    }


def test_codes_are_added_in_the_numerator(described: Described) -> None:
    rows = [row for row in sent("hilfen_zur_erziehung", ARNSBERG) if row["kind_of_support"] == "Hilfen insgesamt"]
    cases = {(int(row["year"]), str(row["age_at_start"])): int(row["cases"]) for row in rows}
    early = {
        year: 100 * (cases[year, "unter 3 Jahre"] + cases[year, "3 bis unter 6 Jahre"]) / cases[year, "insgesamt"]
        for year, _ in cases
    }
    found = values(described, "hilfen_beginn_unter_6")
    assert {year: value for (unit, year), value in found.items() if unit == f"JH{ARNSBERG}"} == pytest.approx(early)


def test_a_rate_per_young_person_needs_an_office_that_serves_one_town(described: Described) -> None:
    found = values(described, "praeventive_ausgaben_je_u21")
    assert {unit: value is not None for (unit, _), value in found.items()} == {f"JH{ARNSBERG}": True, f"JH{KREIS}999": False}


def test_all_who_owe_a_dataset_are_named_and_nobody_of_a_later_cohort(described: Described) -> None:
    assert len(described.units) == 18
    owed = {series.indicator.id: series.owed for series in described.series}
    assert owed["willkommensbesuche_je_100_geburten"] == dict(described.units)
    assert len(owed["praeventiver_ausgabenanteil"]) == 18
    assert AHLEN not in described.units


def test_goals_have_the_value_of_their_year_of_the_unit_itself(described: Described) -> None:
    goals = {one.goal.indicator: one for one in described.goals if one.goal.unit_id == ARNSBERG}
    rows = {row["goal"]: row for row in sent("ziele", ARNSBERG)}
    assert {one.goal.goal for one in goals.values()} == set(rows)
    visits = goals["willkommensbesuche_je_100_geburten"]
    assert visits.value is not None
    assert visits.value.value == values(described, "willkommensbesuche_je_100_geburten")[ARNSBERG, visits.goal.target_year or 0]
    spending = goals["praeventiver_ausgabenanteil"]
    assert (spending.value, spending.goal.target_year, spending.newest_year) == (None, 2022, 2018)


def test_steps_and_surveys_and_ties_are_there_and_services_that_nobody_sent_are_not(described: Described) -> None:
    assert {step.unit_id for step in described.logic} <= set(described.units)
    asked = [row for row in sent("befragung", ARNSBERG) if row["year"] == 2018 and row["child_age"] == "insgesamt"]
    everyone = next(row for row in asked if (row["group"], row["service"]) == ("alle Befragten", "Familienzentrum"))
    (found,) = (
        one
        for one in described.survey
        if (one.child_age, one.group, one.service, one.year) == ("insgesamt", "insgesamt", "familienzentrum", 2018)
    )
    assert (found.units, found.respondents, found.users) == (1, everyone["respondents"], everyone["users"])
    assert {gap.of for gap in described.ties} == {2}
    assert (described.gaps, described.target_groups) == ((), ())


def test_the_table_beside_the_report_hides_what_the_report_hides(described: Described) -> None:
    rows = list(csv.DictReader(io.StringIO(table_of(described, 3).decode("utf-8"))))
    assert {row["unit_id"] for row in rows} == {ARNSBERG, KREIS, f"JH{ARNSBERG}", f"JH{KREIS}999"}
    assert all(row["value"] != "hidden" for row in rows)
    assert {row["value"] for row in csv.DictReader(io.StringIO(table_of(described, 10**9).decode("utf-8")))} == {"hidden"}


def test_nothing_delivered_is_nothing_described(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home", inbox=tmp_path, contracts=CONTRACTS)
    line = open_installation(settings, [CONTRACTS / "plans" / "modellwelt.yaml"])
    assert described_of(Study(current_snapshot(line), line.plans["modellwelt"])) is None
