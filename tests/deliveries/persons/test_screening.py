"""Records of persons by what their cells look like, whatever the header says; statistics are not mistaken for them."""

from __future__ import annotations

from pathlib import Path

import pytest
from contract_values import CASES, CONTRACTS, shipped
from person_texts import OF_PERSONS, WITHOUT_PERSONS

from kkz_eval.deliveries.persons.screening import suspects
from kkz_eval.deliveries.reader import Claimed, PersonRecords, Unclaimed, read_file

ALL_CONTRACTS = shipped()
PERSON_FILES = sorted((CASES.parent / "persons").iterdir())


@pytest.mark.parametrize("file", PERSON_FILES, ids=lambda file: file.stem)
def test_a_file_of_persons_is_refused_wherever_they_stand(file: Path) -> None:
    result = read_file(file.read_bytes(), file.name, ALL_CONTRACTS)
    assert isinstance(result, PersonRecords)
    for language in ("de", "en"):
        said = result.in_language(language).replace(file.name, "")
        assert not [value for value in ("Anna", "Müller", "2015", "0211", "example", "Bären") if value in said]


@pytest.mark.parametrize("kind", sorted(OF_PERSONS))
def test_a_text_of_persons_is_refused_and_not_quoted(kind: str) -> None:
    result = read_file(OF_PERSONS[kind].encode(), "liste.csv", {})
    assert isinstance(result, PersonRecords)
    said = result.in_language("de") + result.in_language("en")
    assert not [value for value in ("Anna", "Müller", "Yılmaz", "Mia", "2014", "2015", "0171", "@") if value in said]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_persons_are_found_in_any_encoding(encoding: str) -> None:
    text = "Gruppe;Hinweis\nBären;Jörg Müller, geb. 12.03.2015\n"
    assert isinstance(read_file(text.encode(encoding), "liste.csv", {}), PersonRecords)


@pytest.mark.parametrize("kind", sorted(WITHOUT_PERSONS))
def test_a_text_that_only_looks_so_passes(kind: str) -> None:
    assert not isinstance(read_file(WITHOUT_PERSONS[kind].encode(), "liste.csv", {}), PersonRecords)


def test_a_table_without_titles_is_not_quoted_as_if_it_had_some() -> None:
    result = read_file("Huber;Bärengruppe;1\nMaier;Bärengruppe;1\n12.5;Löwen;2\n".encode(), "liste.csv", {})
    assert isinstance(result, Unclaimed)
    assert "Spalte B" in result.in_language("de")
    assert "Bärengruppe" not in result.in_language("de")


def test_ordinary_labels_with_a_comma_are_no_names() -> None:
    services, spending = (CASES / name for name in ("N1.csv", "N3.xlsx"))
    assert isinstance(read_file(services.read_bytes(), services.name, ALL_CONTRACTS), Claimed)
    unknown = read_file(spending.read_bytes(), spending.name, ALL_CONTRACTS)
    assert isinstance(unknown, Unclaimed)
    assert unknown.reason_code == "no_contract"


def _refused(*columns: list[str]) -> PersonRecords:
    text = "\n".join(";".join(cells) for cells in zip(*columns, strict=True))
    result = read_file(text.encode(), "liste.csv", CONTRACTS)
    assert isinstance(result, PersonRecords)
    return result


def _passes(*columns: list[str]) -> bool:
    text = "\n".join(";".join(cells) for cells in zip(*columns, strict=True))
    return not isinstance(read_file(text.encode(), "liste.csv", CONTRACTS), PersonRecords)


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
    numbers = ["a", *["1"] * (len(column) - 1)]
    for cells in (column, column[1:]):
        sentence = _refused(numbers[: len(cells)], cells).in_language("de")
        assert "Spalte B" in sentence
        assert column[1] not in sentence


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
    assert _passes(["Titel", *column], ["b", *["1"] * len(column)])


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
    assert suspects([(0, header.split(";"))], frozenset(), 1, lambda _: header.split(";")) == ()
    assert not isinstance(read_file(f"{header}\n1;2;3;4\n".encode(), "statistik.csv", CONTRACTS), PersonRecords)


def test_a_quotation_mark_left_open_hides_no_title() -> None:
    text = "AGS;Jahr\n1;2\n" * 30 + '"Erste Lieferung aus der Straße\n' + "Vorname;Ort\n" + "Telefon\n" * 30_000
    assert isinstance(read_file(text.encode(), "liste.csv", CONTRACTS), PersonRecords)


# ---- one record among many figures ----

_MANY = ["Gemeindeschlüssel;Jahr;Anzahl", *(f"05111000;{2000 + i % 20};{100 + i}" for i in range(500))]
_ONE_RECORD = (
    "Meyer, Anna 03.04.2011",
    "Anna Meyer 03.04.2011",
    "Anna Meyer, 3.4.11",
    "Meyer, Anna (03.04.2011)",
    "MEYER Anna 2011-04-03",
    "Meyer|Anna|03.04.2011",
    "Meyer, A., 3.4.2011",
    "03.04.2011 Meyer, Anna",
    "Anna-Lena Meyer-Schmidt - 03. April 2011",
    "Meyer, Anna 03.04.2011 Förderbedarf Sprache",
    "verzogen: Anna Meyer (03.04.2011)",
    "Kind: Meyer, Anna 03.04.2011",
    "Mutter: Meyer, Anna, 03.04.2011",
    "Anna Meyer (w), 03.04.2011",
    "Meyer, Anna 20110403",
)
_NO_RECORD = (
    "Ansprechpartnerin: Sabine Meier, 12.03.2016",
    "Sabine Meier (12.03.2016): bitte prüfen",
    "gez. Meier, Sabine 12.03.2016",
    "Stand: 12.03.2016, Sabine Meier",
    "erfasst von Sabine Meier am 12.03.2016",
    "Herne, Stadt 31.12.2016",
    "Lotte, Mitte 12.03.2016",
    "Anne-Frank-Schule 12.03.2016",
    "Kita Anna Wiese 12.03.2015",
    "Aktualisiert Sabine Meier 12.03.2016",
    "Meier, Sabine (2016): Frühe Hilfen",
    "Kinderhaus Anna Wiese 12.03.2015",
)


def _with_line(*lines: str) -> str:
    return "\n".join([*_MANY[:300], *lines, *_MANY[300:]])


@pytest.mark.parametrize("line", _ONE_RECORD)
def test_one_name_directly_beside_a_day_is_a_record_however_many_figures_stand_around(line: str) -> None:
    for text in (_with_line(line), "\n".join([*_MANY, line]), "\n".join([*_MANY, ";" * 40 + f'"{line}"'])):
        result = read_file(text.encode(), "liste.csv", {})
        assert isinstance(result, PersonRecords)
        assert "Meyer" not in result.in_language("de")
        assert "2011" not in result.in_language("de")


@pytest.mark.parametrize(
    "cells",
    [
        "Meyer;Anna;03.04.2011",
        "Meyer, Anna;03.04.2011",
        "05111000;2016;1;Anna Meyer;03.04.2011",
        "Anna Meyer;w;03.04.2011",
        "Meyer;Anna;;2011-04-03",
    ],
)
def test_one_name_in_the_cells_before_a_day_is_a_record(cells: str) -> None:
    assert isinstance(read_file(_with_line(cells).encode(), "liste.csv", {}), PersonRecords)


@pytest.mark.parametrize("line", _NO_RECORD)
def test_one_name_with_a_day_of_whoever_made_the_table_is_no_record(line: str) -> None:
    assert not isinstance(read_file(_with_line(line).encode(), "liste.csv", {}), PersonRecords)


@pytest.mark.parametrize(
    "lines",
    [
        ("Kontakt", "Sabine Meier, 12.03.2016"),
        ("Rückfragen bitte an", "Meier, Sabine (12.03.2016)"),
        ("Version;Autor;Datum", "1.0;Sabine Meier;12.03.2016"),
        ("Herne, den;12.03.2016;Sabine Meier",),
        ("Sabine Meier, 12.03.2016", "(Unterschrift)"),
    ],
)
def test_the_rows_around_say_whose_name_it_is(lines: tuple[str, ...]) -> None:
    assert not isinstance(read_file(_with_line(*lines).encode(), "liste.csv", {}), PersonRecords)


def test_a_title_says_whose_names_and_days_stand_below_it() -> None:
    for titles in ("Kommune;Ansprechperson;Stand", "Kommune;Kita;Eröffnung"):
        rows = [f"Kommune {i};;" for i in range(60)]
        rows[40] = "Kommune 40;Sabine Meier;12.03.2016"
        assert not isinstance(read_file("\n".join([titles, *rows]).encode(), "liste.csv", {}), PersonRecords)


def test_one_record_is_found_among_thousands_of_rows_with_days() -> None:
    rows = [f"05111000;Meldung vom {1 + i % 28:02d}.03.{2000 + i % 20};{i}" for i in range(5000)]
    rows[3333] = "05111000;Meyer, Anna 03.04.2011;1"
    assert isinstance(read_file("\n".join(["AGS;Bemerkung;Anzahl", *rows]).encode(), "liste.csv", {}), PersonRecords)
