"""The model world, from simulated deliveries to the report: what was planted is found, and a second run computes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from whole_runs import CONTRACTS, PLAN_ID, copy_of, estimates_beside, whole_run

from kkz_eval.line.installation import open_installation
from kkz_eval.settings import Settings

PLAN = CONTRACTS / "plans" / "modellwelt.yaml"
PLANTED = {
    "schulabgaenge_ohne_abschluss": -1.0,
    "schulabgaenge_hochschulreife": 2.0,
    "schulabgaenge_hauptschulabschluss": 0.0,
}


@pytest.fixture(scope="module")
def run(finished_model_world: Path) -> tuple[Path, int, Path]:
    """World, exit code and page of one run through the command line."""
    (page,) = finished_model_world.glob(f"home/reports/{PLAN_ID}/*/bericht.html")
    return finished_model_world, int((finished_model_world / "exit_code").read_text(encoding="utf-8")), page


def test_the_run_ends_well(run: tuple[Path, int, Path]) -> None:
    assert run[1] == 0


@pytest.mark.parametrize("indicator", sorted(PLANTED))
def test_the_planted_effect_lies_in_the_interval(run: tuple[Path, int, Path], indicator: str) -> None:
    rows = estimates_beside(run[2]).query("indicator == @indicator and estimator == 'twfe' and aggregation == 'coefficient'")
    (row,) = rows.to_dict("records")
    assert row["status"] == "ok"
    assert row["conf_low"] < PLANTED[indicator] < row["conf_high"]
    assert row["conf_high"] - row["conf_low"] < 1.5


def test_the_report_says_that_it_is_simulated(run: tuple[Path, int, Path]) -> None:
    assert "Alle Zahlen dieses Berichts sind simuliert." in run[2].read_text(encoding="utf-8")


def test_nothing_is_named_as_missing_that_a_unit_does_not_owe(run: tuple[Path, int, Path]) -> None:
    """Towns that joined in 2017 owe no services before, and nobody owes what its youth office sends; all else is there."""
    html = run[2].read_text(encoding="utf-8")
    assert "Keine Lieferung wurde zurückgewiesen, keine fehlt." in html
    assert 'id="kept-out-table"' not in html


def test_a_second_run_computes_nothing_and_points_to_the_same_report(run: tuple[Path, int, Path], tmp_path: Path) -> None:
    first, _, page = run
    world = copy_of(first, tmp_path / "world")
    line = open_installation(Settings(world / "home", world / "deliveries", CONTRACTS), [PLAN])
    assert whole_run(line).relative_to(world) == page.relative_to(first)
    assert line.steps.journal.computed == []
    assert ("report", PLAN_ID) in line.steps.journal.reused
