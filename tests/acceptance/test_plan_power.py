"""What a plan could find is said before anything is estimated: in the outcome's unit, in persons, and with what would help."""

from __future__ import annotations

from pathlib import Path

import pytest
from whole_runs import CONTRACTS, copy_of

from kkz_eval.cli import main

FIRST = "{indicator: schulabgaenge_ohne_abschluss, role: primary, "


@pytest.fixture
def world(finished: Path, tmp_path: Path) -> Path:
    """With everything accepted."""
    return copy_of(finished, tmp_path / "world")


def _edit(world: Path, old: str, new: str) -> None:
    plan = (world / "plan.yaml").read_text(encoding="utf-8")
    assert old in plan
    (world / "plan.yaml").write_text(plan.replace(old, new), encoding="utf-8")


def _said(world: Path, capsys: pytest.CaptureFixture[str]) -> str:
    capsys.readouterr()
    assert main(["plan", "power", str(world / "plan.yaml"), "--home", str(world / "home")]) == 0
    return capsys.readouterr().out


def test_each_outcome_has_its_difference_and_what_would_change_it(world: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _edit(world, FIRST, FIRST + "smallest_difference: {value: 5, reason: {de: viel}, decided_by: Leitung}, ")
    before = {file for file in world.rglob("*") if file.is_file() and "effects_" in str(file)}
    said = _said(world, capsys)
    assert {file for file in world.rglob("*") if file.is_file() and "effects_" in str(file)} == before  # nothing is estimated
    first, second, third = said.split("\nSchulabgänge ")
    assert said.startswith("Schulabgänge ohne Hauptschulabschluss (schulabgaenge_ohne_abschluss):")
    for part in (first, second, third):
        assert "Kleinster erkennbarer Unterschied: " in part
        assert "Prozentpunkte. So groß oder größer würde er mit mindestens 80 Prozent Wahrscheinlichkeit erkannt" in part
        assert "Jahre 2012–2014; alle Zuordnungen gleich wahrscheinlich" in part
        assert " von 3.024, die der Nenner der Kennzahl in einem Jahr zählt" in part
        assert "2-mal so viele Einheiten in beiden Gruppen: " in part
        assert "(71 Prozent von heute), lohnt sich\n" in part
    assert "(5,00 Prozentpunkte), würde erkannt" in first
    assert "nennt keinen kleinsten Unterschied" in second


def test_where_nothing_brings_the_smallest_difference_within_reach_it_says_so(
    world: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _edit(world, FIRST, FIRST + "smallest_difference: {value: 0.1, reason: {de: wenig}, decided_by: Leitung}, ")
    said = _said(world, capsys)
    assert "(0,10 Prozentpunkte), ist kleiner" in said
    assert "bringt nichts davon in Reichweite" in said


def test_missing_deliveries_are_named_with_what_they_cost(world: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _edit(world, "[2010, 2014]", "[2010, 2015]")
    said = _said(world, capsys)
    assert "150 von 180 Zellen" in said
    assert "Jahre ohne einen Wert: 2015." in said
    assert "Es fehlen 16,7 Prozent der Werte; der Plan verlangt in jeder Gruppe 95,0 Prozent." in said


def test_without_data_it_is_refused_in_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plan = CONTRACTS / "plans" / "modellwelt.yaml"
    assert main(["plan", "power", str(plan), "--home", str(tmp_path / "home")]) == 2
    assert "lässt sich noch nicht sagen" in capsys.readouterr().err
    assert not (tmp_path / "home").exists()
