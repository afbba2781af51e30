"""What official statistics hold is in the template, marked, and confirmed by delivering it; nobody is reminded of it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet
from steward_home import opened, run
from whole_runs import CONTRACTS

from kkz_eval.line.correspondence import make_board, make_templates
from kkz_eval.line.snapshot import current_snapshot
from kkz_eval.model.verdicts import State
from kkz_eval.settings import Settings

DUESSELDORF, DUEREN, DORMAGEN, KOELN, AHLEN = "05111000", "05358", "05162004", "05315000", "05570004"
AGES = ("unter 3 Jahre", "3 bis unter 6 Jahre", "6 bis unter 15 Jahre", "15 bis unter 18 Jahre", "18 bis unter 21 Jahre")
BLUE = "FFDCECF5"
Book = dict[tuple[str, ...], tuple[object, str, object]]


def people(key_header: str, years: dict[str, tuple[int, ...]], of: int = 1000) -> str:
    """Population of some units and years: `of` men and as many women of each age group."""
    rows = [f"{key_header};Jahr;Altersgruppe;Geschlecht;Bevölkerung"]
    for unit, spoken in years.items():
        for year in spoken:
            for age in (*AGES, "21 Jahre und älter", "Insgesamt"):
                times = 6 if age == "Insgesamt" else 1
                for sex, both in (("männlich", 1), ("weiblich", 1), ("insgesamt", 2)):
                    rows.append(f"{unit};{year};{age};{sex};{of * times * both}")
    return "\r\n".join(rows)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Official tables of 2013 and 2014 know Düsseldorf, Düren and Köln; Dormagen delivered 2013 and 2014, Düsseldorf 2013 alone."""
    settings = Settings(home=tmp_path / "home", inbox=tmp_path / "inbox", contracts=CONTRACTS)
    settings.inbox.mkdir()
    official = people("Kreisschlüssel", dict.fromkeys(("05111", "05358", "05315"), (2013, 2014)), 1234)
    files = {
        "bevoelkerung_amtlich.csv": "Tabelle: 12411-0015\r\n" + official,
        "bevoelkerung_dormagen.csv": people("Gemeindeschlüssel", {DORMAGEN: (2013, 2014)}),
        "bevoelkerung_duesseldorf.csv": people("Gemeindeschlüssel", {DUESSELDORF: (2013,)}),
    }
    for name, text in files.items():
        (settings.inbox / name).write_bytes(text.encode("cp1252"))
    run(settings)
    return settings


def templates(settings: Settings) -> dict[tuple[str, str], Path]:
    line = opened(settings)
    return {key: Path(line.steps.store.address_of(kept)) for key, kept in make_templates(current_snapshot(line)).files.items()}


def sheet_of(path: Path) -> Worksheet:
    return load_workbook(path)["Daten"]


def said_first(path: Path) -> str:
    """All that stands on the first sheet."""
    return " ".join(str(cell) for row in load_workbook(path).worksheets[0].iter_rows(values_only=True) for cell in row if cell)


def rows_of(path: Path) -> Book:
    """By unit, year, age group and sex: value, colour of its cell, and what the row says of its origin."""
    header, *rows = sheet_of(path).iter_rows()
    place = {str(cell.value): number for number, cell in enumerate(header)}
    keys = [place[name] for name in ("Gemeindeschlüssel", "Jahr", "Altersgruppe", "Geschlecht")]
    value, origin = place["Bevölkerung"], place["Herkunft"]
    return {
        tuple(str(row[key].value) for key in keys): (row[value].value, row[value].fill.fgColor.rgb, row[origin].value)
        for row in rows
    }


def test_a_figure_of_official_statistics_stands_in_its_cell_marked_to_be_confirmed(settings: Settings) -> None:
    made = templates(settings)
    assert KOELN not in {unit for _, unit in made}
    duesseldorf = rows_of(made[("bevoelkerung", DUESSELDORF)])
    assert {
        (year, value) for (_, year, age, sex), (value, _, _) in duesseldorf.items() if (age, sex) == ("Insgesamt", "insgesamt")
    } == {("2014", 14808)}
    assert {(colour, origin) for _, colour, origin in duesseldorf.values()} == {
        (BLUE, "aus amtlicher Statistik, bitte bestätigen")
    }
    dueren = rows_of(made[("bevoelkerung", DUEREN)])
    assert {(unit, year) for unit, year, _, _ in dueren} == {(DUEREN, "2013"), (DUEREN, "2014")}
    about = said_first(made[("bevoelkerung", DUEREN)])
    assert "© IT.NRW, Landesdatenbank NRW" in about
    assert "bestätigt" in about


def test_a_template_without_official_figures_is_empty_and_says_nothing_of_them(settings: Settings) -> None:
    path = templates(settings)[("bevoelkerung", DORMAGEN)]
    header, *rows = sheet_of(path).iter_rows(values_only=True)
    assert "Herkunft" not in header
    assert {row[header.index("Jahr")] for row in rows} == {"2015"}
    assert {row[header.index("Bevölkerung")] for row in rows if not str(row[header.index("Bevölkerung")]).startswith("=")} == {
        None
    }
    assert "amtlicher Statistik" not in said_first(path)


def test_who_delivered_before_joining_is_asked_for_no_year_before_it(settings: Settings) -> None:
    sent = people("Gemeindeschlüssel", {AHLEN: (2014,)}).encode("cp1252")
    (settings.inbox / "bevoelkerung_ahlen.csv").write_bytes(sent)
    run(settings)
    header, *rows = sheet_of(templates(settings)[("bevoelkerung", AHLEN)]).iter_rows(values_only=True)
    assert {row[header.index("Jahr")] for row in rows} == {"2017"}, "the year in which Ahlen joined"
    (beside,) = (name for name in header if "Zum Vergleich" in str(name))
    assert "2014" in str(beside)


def test_delivering_the_template_as_it_is_confirms_the_figures(settings: Settings) -> None:
    (settings.inbox / "bestaetigt.xlsx").write_bytes(templates(settings)[("bevoelkerung", DUEREN)].read_bytes())
    line, _ = run(settings)
    snapshot = current_snapshot(line)
    assert {snapshot.histories[("bevoelkerung", DUEREN, year)].state for year in (2013, 2014)} == {State.ACCEPTED}
    rows = [row for row in snapshot.accepted("bevoelkerung").observations.to_pylist() if row["unit_id"] == DUEREN]
    assert len(rows) == 2 * 7 * 3
    assert ("bevoelkerung", DUEREN) in make_templates(snapshot).files


def test_letter_and_board_ask_to_confirm_and_remind_nobody(settings: Settings) -> None:
    line = opened(settings)
    board = make_board(current_snapshot(line, date(2026, 6, 1)))
    assert board.states[State.TO_CONFIRM] == 3, "Düren twice, Düsseldorf once"
    letters = {unit: line.steps.store.get(f"{folder}/antwort.txt").decode() for unit, folder in board.folders.items()}
    title = line.contracts["bevoelkerung"].title_de
    assert f"{title}: 2013–2014 (aus amtlicher Statistik, bitte bestätigen)" in letters[DUEREN]
    assert "Die Werte stehen in den Vorlagen" in letters[DUEREN]
    for letter in letters.values():
        assert f"{title}: 2013 (fehlt)" not in letter
        assert f"{title}: 2013–2014 (fehlt)" not in letter
    assert KOELN not in letters
