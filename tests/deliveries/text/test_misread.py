"""Encodings that decode validly and wrongly: known by signs that no German word has where they stand."""

from __future__ import annotations

import pytest
from contract_values import CASES, shipped

from kkz_eval.deliveries.reader import Claimed, Unreadable, read_file
from kkz_eval.deliveries.text.misread import misread
from kkz_eval.deliveries.text.records import NotTextError, decode

TABLES = [
    "Gemeindeschlüssel;Schuljahr;Abschluss;Geschlecht;Anzahl\n05162024;2017/18;ohne;männlich;29\n",
    "AGS;SJ;Abschluss;Geschl.;Anzahl\n05162024;2017/18;ohne;männlich;29\n",  # in cells only
    "Kommune;AGS;Jahr;Anzahl\nKöln;05315000;2016;5\n",  # in names only
    "AGS;Jahr;Anzahl\n05315000;2016;5\nQuelle: Amt für Statistik;;\n",  # in a footnote only
    "AGS;Jahr;Art\n05315000;2016;Übergang zur Hauptschule\n",
    "AGS;Jahr;Art\n05315000;2016;überörtlicher Träger\n",
]


def code_of(data: bytes) -> str | None:
    try:
        decode(data)
    except NotTextError as error:
        return error.code
    return None


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize(
    ("encoding", "code"),
    [("mac_roman", "mac_roman"), ("cp850", "dos"), ("cp437", "dos"), ("cp1252", None), ("utf-8", None), ("utf-16", None)],
)
def test_an_encoding_is_known_by_its_umlauts(table: str, encoding: str, code: str | None) -> None:
    if encoding.startswith("cp4") or encoding == "cp850":
        table = table.replace("Übergang zur", "Übergänge zur")  # a capital alone may be a letter of another language
    assert code_of(table.encode(encoding)) == code


@pytest.mark.parametrize("table", TABLES)
def test_umlauts_that_were_encoded_twice(table: str) -> None:
    assert code_of(table.encode("utf-8").decode("cp1252", errors="ignore").encode("utf-8")) == "doubled"


@pytest.mark.parametrize("table", TABLES[:4])
def test_a_misread_text_that_was_saved_again(table: str) -> None:
    saved = table.encode("mac_roman").decode("cp1252").encode("utf-8-sig")
    assert code_of(saved) == (None if "Köln" in table else "mac_roman")  # Kšln may be a name in a text of any language


@pytest.mark.parametrize(
    "text",
    [
        "Träger;Schule\nStadt;„Schule am Park“\n",
        "Betrag in €;T€\n5 €;§ 27\n",
        "Name\nTomašević\nŠimić\nMüller\n",
        "usw…;„aktiv“;„Fuß“\n",
        "Straße;Málaga\n",
        "ÄÖÜ;äöüß\n",
        "São Paulo;Ã\n",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_right_texts_are_what_they_seem(text: str, encoding: str) -> None:
    try:
        data = text.encode(encoding)
    except UnicodeEncodeError:
        pytest.skip("the encoding has not these letters")
    assert code_of(data) is None


def test_a_few_odd_signs_among_umlauts_are_no_encoding() -> None:
    assert misread("männlich;weiblich;über 3\nGrüße;mŠnnlich\n", "cp1252") is None


@pytest.mark.parametrize("case", ["U1", "U2"])
def test_the_delivered_files_say_which_encoding_they_have(case: str) -> None:
    contracts = shipped()
    result = read_file((CASES / f"{case}.csv").read_bytes(), f"{case}.csv", contracts)
    assert isinstance(result, Unreadable)
    assert "Kodierung" in result.in_language("de")
    assert "Mac OS Roman" in result.in_language("en")
    right = (CASES / f"{case}.csv").read_bytes().decode("mac_roman").encode("utf-8")
    assert isinstance(read_file(right, f"{case}.csv", contracts), Claimed)
