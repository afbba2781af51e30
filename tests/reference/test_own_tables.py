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
from kkz_eval.reference.tables import kreise, unit_name
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
        ('05998,"Kreis Probe,kreis,,,', "kind"),
        ("05998,Kreis\0Probe,kreis,,,", "name"),
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


KREIS, TOWNS, OFFICES, PROGRAMME = "kreise.csv", "municipalities.csv", "youth_offices.csv", "programme_units.csv"
WARENDORF, SOEST, AHLEN = "05570,Kreis Warendorf,kreis,,,", "05974,Kreis Soest,kreis,,,", "05570004,Ahlen,05570,,,,"
JOINED = "05570004,Ahlen,2017,kreisangehoerige_stadt,05570,"


def changed(folder: Path, table: str, old: str, new: str) -> None:
    """The table with another piece of text; whatever of it was given before stays."""
    given = folder / table
    source = given if given.is_file() else resources.files("kkz_eval.reference").joinpath(table)
    text = source.read_text(encoding="utf-8")
    assert text.count(old) == 1
    given.write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture
def nothing_read_yet() -> Iterator[None]:
    """This process has read no table, and forgets what it read."""

    def forget() -> None:
        modules = [module for name, module in sys.modules.items() if name.startswith("kkz_eval.reference.")]
        for value in {value for module in modules for value in vars(module).values() if hasattr(value, "cache_clear")}:
            value.cache_clear()

    forget()
    yield
    forget()


@pytest.mark.usefixtures("nothing_read_yet")
@pytest.mark.parametrize(
    ("edits", "said"),
    [
        ({KREIS: (WARENDORF, WARENDORF + "05998")}, "Den Schlüssel 05998 kennt keine Tabelle"),
        ({KREIS: (WARENDORF, WARENDORF + "05974")}, "hat einen Nachfolger, aber keinen letzten Tag"),
        ({PROGRAMME: ("05570004,Ahlen", "05570999,Ahlen")}, "Den Schlüssel 05570999 kennt keine Tabelle"),
        ({KREIS: (WARENDORF, "05570,Kreis Warendorf,kreis,,2026-12-31,")}, "endet am 2026-12-31 ohne Nachfolger"),
        (
            {KREIS: (SOEST, "05974,Kreis Soest,kreis,2018-01-01,2017-12-31,")},
            "beginnt am 2018-01-01 und endet davor, am 2017-12-31",
        ),
        ({KREIS: (SOEST, "05974,Kreis Soest,kreis,,2017-12-31,05313")}, "keine Einheit derselben Art, die es am Tag danach gibt"),
        ({KREIS: (SOEST, "05974,Kreis Soest,kreis,,2017-12-31,05966004")}, "keine Einheit derselben Art"),
        (
            {KREIS: (SOEST, "05974,Kreis Soest,kreis,,2017-12-31,05966")},
            "ist zu einer Zeit da, zu der es Kreis Soest (05974) nicht gibt",
        ),
        ({TOWNS: (AHLEN, "05570004,Ahlen,05566,,,,")}, "Der Schlüssel beginnt nicht mit dem des Kreises"),
        (
            {KREIS: (SOEST, f"{SOEST}\n05998,Kreis Probe,kreis,2018-01-01,,")},
            "In Kreis Probe (05998) liegt nach municipalities.csv keine Stadt",
        ),
        (
            {PROGRAMME: (JOINED, "05570004,Ahlen,2017,kreisfreie_stadt,05570,")},
            "gehört kind = kreisangehoerige_stadt und ein Anteil von < 1",
        ),
        ({PROGRAMME: ("05570,Kreis Warendorf,", "05570,Kreis Steinfurt,")}, "sondern der einer anderen Einheit"),
        (
            {
                TOWNS: (AHLEN, "05570004,Ahlen,05570,,2017-12-31,05570100,\n05570100,Ahlen,05570,2018-01-01,,,"),
                PROGRAMME: (JOINED, f"05570100,Ahlen,2018,kreisangehoerige_stadt,05570,0.19\n{JOINED}"),
            },
            "aber schon 2017 unter dem Schlüssel davor",
        ),
    ],
)
def test_what_does_not_fit_is_said(folder: Path, edits: dict[str, tuple[str, str]], said: str) -> None:
    for table, (old, new) in edits.items():
        changed(folder, table, old, new)
    begin_anew()
    with pytest.raises(UserError) as error:
        check_given_tables()
    assert said in error.value.sentence.in_language("de")
    assert error.value.sentence.in_language("en")


@pytest.mark.usefixtures("nothing_read_yet")
def test_the_tables_of_the_package_fit_and_one_that_was_divided_is_no_more(folder: Path) -> None:
    parts = "\n".join(f"0599{n},Kreis Probe {n},kreis,2018-01-01,," for n in (7, 8))
    changed(folder, KREIS, SOEST, f"05974,Kreis Soest,kreis,,2017-12-31,\n{parts}")
    text = resources.files("kkz_eval.reference").joinpath(TOWNS).read_text(encoding="utf-8").splitlines()
    moved = [line.split(",") for line in text if line.startswith("05974")]
    ended = [f"{key},{name},{kreis},,2017-12-31,0599{7 + n % 2}{key[5:]}," for n, (key, name, kreis, *_) in enumerate(moved)]
    begun = [f"0599{7 + n % 2}{key[5:]},{name},0599{7 + n % 2},2018-01-01,,," for n, (key, name, *_) in enumerate(moved)]
    (folder / TOWNS).write_text(
        "\n".join([*(line for line in text if not line.startswith("05974")), *ended, *begun]), encoding="utf-8"
    )
    offices = resources.files("kkz_eval.reference").joinpath(OFFICES).read_text(encoding="utf-8").splitlines()
    closed = [f"{line[:-2]},2017-12-31," if line.startswith("JH05974") else line for line in offices]
    (folder / OFFICES).write_text("\n".join(closed), encoding="utf-8")
    begin_anew()
    check_given_tables()
    keys = {kreis.ags5 for kreis in kreise()}
    assert {"05997", "05998"} < keys
    assert "05974" not in keys
    assert unit_name("05974") == "Kreis Soest"


def test_a_command_says_it_before_anything_runs(folder: Path) -> None:
    """Of a Kreis that became part of one in the programme, which is left out there."""
    changed(folder, KREIS, WARENDORF, "05570,Kreis Warendorf,kreis,,2026-12-31,05566")
    programme = resources.files("kkz_eval.reference").joinpath(PROGRAMME).read_text(encoding="utf-8")
    lines = [line for line in programme.splitlines() if not line.startswith("05566,")]
    (folder / PROGRAMME).write_text("\n".join(lines), encoding="utf-8")
    command = [sys.executable, "-m", "kkz_eval", "contracts", "lint"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "Kreis Warendorf (05570) gehört zum Programm und ging in 05566 auf" in done.stderr
    assert "Traceback" not in done.stderr
