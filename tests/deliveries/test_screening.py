"""Records of persons by what their cells look like, whatever the header says; statistics are not mistaken for them."""

from __future__ import annotations

from datetime import date

import pytest
from contract_values import CONTRACTS, SHARED_DATA, needs_shared_data
from hypothesis import given, settings
from hypothesis import strategies as st

from kkz_eval.deliveries.reader import PersonRecords, read_file
from kkz_eval.deliveries.screening import lines_that_may_name_persons, may_be_persons, person_columns, person_values
from kkz_eval.deliveries.workbook import Value, text_of


def _table(*columns: list[str]) -> list[list[str]]:
    return [list(cells) for cells in zip(*columns, strict=True)]


_DAYS = [f"{day:02d}.{1 + day % 12:02d}.{2008 + day % 5}" for day in range(1, 25)]


@pytest.mark.parametrize(
    "column",
    [
        ["Spalte 2", *_DAYS],
        ["Tag", *(f"20{day % 10:02d}-0{1 + day % 9}-{day:02d}" for day in range(1, 25))],
        ["Feld", *(f"{name}, {first}" for name in ("Abc", "Bcd", "Cde") for first in ("Ida", "Ole", "Uwe", "Eva", "Max", "Leo"))][
            :25
        ],
        ["Nr", *(f"A{number:09d}" for number in range(123, 147))],
        ["Konto", *(f"DE{number:02d} 3705 0198 0000 {number:04d} 12" for number in range(10, 34))],
    ],
)
def test_a_column_as_only_persons_have_is_recognised_under_any_title(column: list[str]) -> None:
    rows = _table(["a", *["1"] * (len(column) - 1)], column)
    assert person_values(rows) == (column[0],)
    text = "\n".join(";".join(cells) for cells in rows).encode()
    result = read_file(text, "liste.csv", CONTRACTS)
    assert isinstance(result, PersonRecords)
    assert column[1] not in result.sentence("de")  # never a value
    assert isinstance(
        read_file("\n".join(";".join(cells) for cells in rows[1:]).encode(), "ohne_kopf.csv", CONTRACTS), PersonRecords
    )


@pytest.mark.parametrize(
    "column",
    [
        [f"31.12.{year}" for year in range(2000, 2024)],  # reporting dates
        [f"{day}.{month:02d}.{year}" for year in (2015, 2016) for day, month in ((31, 3), (30, 6), (30, 9), (31, 12))],
        [f"{last}.{month:02d}.2016" for month, last in enumerate((31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31), 1)],
        [f"{town}, Stadt" for town in ("Herne", "Bochum", "Bonn", "Hagen", "Hamm", "Krefeld", "Solingen")],
        [
            f"{town}, {kind}"
            for town, kind in zip(("Unna", "Soest", "Olpe", "Wesel", "Hamm", "Bonn"), ("Kreis", "Stadt") * 3, strict=True)
        ],
        [
            *("Aachen, Städteregion", "Bonn, Stadt", "Unna, Landkreis", "Herne, kreisfreie Stadt", "Köln, Universitätsstadt"),
            *("Lemgo, Alte Hansestadt", "Siegen, Krfr. Stadt", "Selm, Gemeinde"),
        ],
        [str(number) for number in range(5_911_000, 5_911_030)],
        [f"1.{number:03d}" for number in range(30)],
        [f"{number},{number % 10}" for number in range(30)],
        ["0 bis unter 3", "3 bis unter 6", "6 bis unter 10", "10 bis unter 15", "insgesamt"] * 5,
    ],
)
def test_columns_of_statistics_are_no_persons(column: list[str]) -> None:
    assert person_values(_table(["Titel", *column], ["b", *["1"] * len(column)])) == ()


@pytest.mark.parametrize(
    "header",
    [
        "Kind-ID;Jahr",
        "Schüler-Nr.;Klasse",
        "Geb.;Gruppe",
        "Personennummer;Betrag",
        "Matrikelnummer;Fach",
        "Name des Kindes;Straße;Ort",
    ],
)
def test_titles_of_records_of_persons_are_refused_wherever_they_stand(header: str) -> None:
    far_below = "a;b\n1;2\n" * 3_000 + header + "\nx;y\n"
    for text in (header + "\nx;y\n", far_below):
        assert isinstance(read_file(text.encode(), "liste.csv", CONTRACTS), PersonRecords)


@pytest.mark.parametrize(
    "header",
    [
        "AGS;Name;Jahr;Kinder",
        "Gemeinde;Personen;Kinder insgesamt",
        "Name;Anzahl Kinder",
        "Geburten;Jahr",
        "a_geb_bev;Jahr",
        "Kindergarten;Personen je Gruppe",
        "Schülerinnen;Schüler",
    ],
)
def test_titles_of_statistics_pass(header: str) -> None:
    assert person_columns([header.split(";")]) == ()
    assert not isinstance(read_file(f"{header}\n1;2;3;4\n".encode(), "statistik.csv", CONTRACTS), PersonRecords)


@needs_shared_data
def test_genuine_statistics_are_no_records_of_persons() -> None:
    files = [file for file in sorted(SHARED_DATA.rglob("*.csv")) if file.stat().st_size < 2_000_000]
    assert files
    for file in files:
        assert not isinstance(read_file(file.read_bytes(), file.name, {}), PersonRecords), file.name


def test_only_lines_with_a_telling_word_are_looked_at() -> None:
    assert lines_that_may_name_persons("AGS;Jahr\r\n1;2\r\n" * 10 + "Vorname;Ort\r\n") == ["Vorname;Ort"]
    assert lines_that_may_name_persons("AGS;Jahr\n1;2\n") == []


def test_a_quotation_mark_left_open_hides_no_title() -> None:
    text = "AGS;Jahr\n1;2\n" * 30 + '"Erste Lieferung aus der Straße\n' + "Vorname;Ort\n" + "Telefon\n" * 30_000
    assert lines_that_may_name_persons(text)[1] == "Vorname;Ort"
    assert isinstance(read_file(text.encode(), "liste.csv", CONTRACTS), PersonRecords)


@pytest.mark.parametrize(
    ("column", "asked"),
    [
        ([1.5, 2, 3.25, 4, 5, 6], False),
        (["Quote", "2011", 1.5, 2.5, 3.5, 4.5, 5.5], False),
        (["Kennziffer", "01001", "01002", "01003", "01004", "01005"], False),
        (["Name", "Muster, Anna", "Muster, Bea", "Muster, Cem", "Muster, Dana"], True),
        ([date(2010, 1, day) for day in range(1, 6)], True),
    ],
)
def test_a_column_is_asked_for_persons_where_it_could_hold_enough_of_them(column: list[object], asked: bool) -> None:
    assert may_be_persons(column) is asked


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.sampled_from(["", "Muster, Anna", "Probe, Bert", "Test, Carla", "Fall, Dora", "Name, Eva", "Satz, Fritz"]),
            st.floats(allow_nan=False, allow_infinity=False),
            st.integers(),
            st.dates(date(2009, 1, 1), date(2010, 12, 31)),
        ),
        max_size=12,
    )
)
def test_a_column_that_is_not_asked_holds_no_persons(column: list[Value]) -> None:
    if person_values([[text_of(cell) or ""] for cell in column]):
        assert may_be_persons(column)
