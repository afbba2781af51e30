"""Tables that an installation gives in the place of the package's: taken as a whole, or refused with a sentence that names file, line and remedy."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from importlib import resources
from pathlib import Path

import pytest

from kkz_eval.model.errors import UserError
from kkz_eval.reference.consistent import check_given_tables, without_end
from kkz_eval.reference.register import Unit
from kkz_eval.reference.rows import given_tables, rows, table_names
from kkz_eval.storage.digests import digest_of_tables
from kkz_eval.storage.own_tables import require_as_met, tables_met

ROOT = Path(__file__).parents[2]
HEAD = "ags5,name,kind,valid_from,valid_until,successor"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """`reference` of an installation, empty; this process has not met it yet."""
    monkeypatch.setenv("KKZ_CONTRACTS", str(tmp_path))
    (tmp_path / "reference").mkdir()
    begin_anew()
    yield tmp_path / "reference"
    begin_anew()


def begin_anew() -> None:
    """Be as a process that has met no table yet."""
    tables_met.cache_clear()
    digest_of_tables.cache_clear()


def refused(code: str, **parameters: object) -> None:
    begin_anew()
    with pytest.raises(UserError) as error:
        rows("kreise.csv")
    assert error.value.code == code
    assert parameters.items() <= error.value.parameters.items()


def test_a_table_of_ones_own_takes_the_place_of_the_package_s(folder: Path) -> None:
    assert len(rows("kreise.csv")) == 55
    (folder / "kreise.csv").write_text(f"\ufeff# Herkunft\n{HEAD}\n05998,Kreis Probe,kreis,2027-01-01,,\n", encoding="utf-8")
    begin_anew()
    assert [row["name"] for row in rows("kreise.csv")] == ["Kreis Probe"]
    assert len(rows("programme_units.csv")) == 40
    assert [file.name for file in given_tables()] == ["kreise.csv"]


def test_every_table_of_the_package_would_be_taken_as_ones_own(folder: Path) -> None:
    own = {name: rows(name) for name in table_names()}
    for name in table_names():
        (folder / name).write_text(
            resources.files("kkz_eval.reference").joinpath(name).read_text(encoding="utf-8"), encoding="utf-8"
        )
    begin_anew()
    assert {name: rows(name) for name in table_names()} == own


def test_a_process_works_with_the_tables_that_it_met_and_says_so_where_they_are_others_by_now(folder: Path) -> None:
    own = folder / "kreise.csv"
    own.write_text(f"{HEAD}\n05998,Kreis Probe,kreis,,,\n", encoding="utf-8")
    met, digest = rows("kreise.csv"), digest_of_tables()
    require_as_met()
    for edit in (lambda: own.write_text(f"{HEAD}\n05997,Kreis Neu,kreis,,,\n", encoding="utf-8"), own.unlink):
        edit()
        with pytest.raises(UserError) as changed:
            check_given_tables()
        assert changed.value.code == "tables_changed"
        assert (rows("kreise.csv"), digest_of_tables()) == (met, digest)
    begin_anew()
    assert digest_of_tables() == ""
    assert len(rows("kreise.csv")) == 55


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("5998,Kreis Probe,kreis,,,", "ags5"),
        ("05998,,kreis,,,", "name"),
        ("05998,Kreis Probe,Landkreis,,,", "kind"),
        ("05998,Kreis Probe,kreis,1.1.2027,,", "valid_from"),
        ("05998,Kreis Probe,kreis,,2027-02-30,", "valid_until"),
        ("05998,Kreis Probe,kreis,,,5999", "successor"),
        ("05998,Kreis Probe,kreis,,", "successor"),
        ("05111,Düsseldorf,kreisfreie_stadt,,,", "ags5"),
    ],
)
def test_a_cell_that_is_none_of_its_column_is_named(folder: Path, row: str, column: str) -> None:
    (folder / "kreise.csv").write_text(f"# Herkunft\n{HEAD}\n05111,Düsseldorf,kreisfreie_stadt,,,\n{row}\n", encoding="utf-8")
    refused("table_cell", line=4, column=column)


def test_a_table_with_other_columns_or_bytes_is_refused(folder: Path) -> None:
    (folder / "kreise.csv").write_text(HEAD.replace(",", ";"), encoding="utf-8")
    refused("table_columns")
    (folder / "kreise.csv").write_text("", encoding="utf-8")
    refused("table_columns")
    (folder / "kreise.csv").write_bytes(f"{HEAD}\n05998,Köln,kreis,,,\n".encode("cp1252"))
    refused("table_unreadable")


def test_a_file_that_takes_no_table_s_place_is_not_passed_over(folder: Path) -> None:
    (folder / "Kreise.csv").write_text(HEAD, encoding="utf-8")
    with pytest.raises(UserError) as error:
        given_tables()
    assert error.value.code == "table_unknown"


@pytest.mark.parametrize(("successors", "named"), [("B C -", ""), ("B A -", "AB"), ("B C A", "ABC"), ("B C B", "ABC")])
def test_units_that_took_each_other_over_in_a_circle_are_none_that_are_there(successors: str, named: str) -> None:
    taken_over = {key: None if by == "-" else by for key, by in zip("ABC", successors.split(), strict=True)}
    units = [Unit(key, key, key, None, date(2020, 12, 31), by) for key, by in taken_over.items()]
    assert "".join(unit.key for unit in without_end(units)) == named


@pytest.mark.parametrize(
    ("table", "old", "new", "said"),
    [
        (
            "kreise.csv",
            "05570,Kreis Warendorf,kreis,,,",
            "05570,Kreis Warendorf,kreis,,2026-12-31,05566",
            "Kreis Warendorf (05570) gehört zum Programm und ging in 05566 auf",
        ),
        (
            "kreise.csv",
            "05570,Kreis Warendorf,kreis,,,",
            "05570,Kreis Warendorf,kreis,,,05998",
            "Den Schlüssel 05998 kennt keine Tabelle",
        ),
        (
            "kreise.csv",
            "05570,Kreis Warendorf,kreis,,,",
            "05570,Kreis Warendorf,kreis,,,05974",
            "hat einen Nachfolger, aber keinen letzten Tag",
        ),
        ("programme_units.csv", "05570004,Ahlen", "05570999,Ahlen", "Den Schlüssel 05570999 kennt keine Tabelle"),
    ],
)
def test_what_does_not_fit_is_said_before_anything_runs(folder: Path, table: str, old: str, new: str, said: str) -> None:
    text = resources.files("kkz_eval.reference").joinpath(table).read_text(encoding="utf-8")
    assert text.count(old) == 1
    (folder / table).write_text(text.replace(old, new), encoding="utf-8")
    if "05566" in new:  # of a Kreis that is in the programme itself nothing is lost
        programme = resources.files("kkz_eval.reference").joinpath("programme_units.csv").read_text(encoding="utf-8")
        lines = [line for line in programme.splitlines() if not line.startswith("05566,")]
        (folder / "programme_units.csv").write_text("\n".join(lines), encoding="utf-8")
    command = [sys.executable, "-m", "kkz_eval", "contracts", "lint"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
