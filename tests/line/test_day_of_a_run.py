"""A run has one day from its first file to its last letter, also where midnight passes while it runs."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from kkz_eval.line.correspondence import make_board
from kkz_eval.line.installation import Installation, open_installation
from kkz_eval.line.intake import judge_arrivals, land, parse_arrivals
from kkz_eval.line.snapshot import current_snapshot
from kkz_eval.settings import CHECKOUT, Settings

NEW_YEARS_EVE = date(2031, 12, 31)
"""The day on which a run begins that goes on past midnight: no other clock says this day."""
LANDED = Path(__file__).parents[1] / "cases" / "home_0_2_0" / "landing"
YEARS = range(1995, 2025)


@pytest.fixture
def run(tmp_path: Path) -> Installation:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    for number, file in enumerate(sorted(path for path in LANDED.rglob("*") if path.is_file())):
        shutil.copyfile(file, inbox / f"{number}.csv")
    installation = open_installation(Settings(tmp_path / "home", inbox, CHECKOUT / "data_contracts", day=NEW_YEARS_EVE), [])
    land(installation, YEARS)
    parse_arrivals(installation, YEARS)
    judge_arrivals(installation, YEARS)
    return installation


def test_arrivals_decisions_and_board_have_the_day_on_which_the_run_began(run: Installation) -> None:
    assert {arrival.day for arrival in run.register().arrivals} == {"2031-12-31"}
    assert run.decisions.today == NEW_YEARS_EVE
    snapshot = current_snapshot(run)
    assert snapshot.day == NEW_YEARS_EVE
    assert "Stand: 31. Dezember 2031." in run.steps.store.get(make_board(snapshot).page).decode()


def test_what_is_computed_on_another_day_is_found_again(run: Installation) -> None:
    current_snapshot(run).accepted("schulabgaenge")
    before = run.steps.store.list("derived")
    current_snapshot(run, date(2032, 1, 1)).accepted("schulabgaenge")
    assert run.steps.store.list("derived") == before
