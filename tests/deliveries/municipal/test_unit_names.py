"""Names of units beside keys in municipal tables: what speaks against a key, and what a right file may write."""

from __future__ import annotations

import pytest
from contract_values import CASES
from municipal_tables import as_text, as_workbook, read

from kkz_eval.model.findings import Finding, iter_findings
from kkz_eval.reference.named import areas_named, names_another_area
from kkz_eval.reference.register import municipalities, youth_offices
from kkz_eval.reference.tables import kreise

OTHER = ("reader_other_name", "reader_title_of_other", "reader_key_and_name", "reader_ags", "reader_repeated_column")


def said(data: bytes) -> list[Finding]:
    return [finding for finding in iter_findings(read(data).findings) if finding.kind in OTHER]


def table(title: str, key: str, name: str, form: object = as_text) -> bytes:
    header = (title, "Gemeindeschlüssel", "Jahr", "Personengruppe", "Anzahl")
    return form(header, (name, key, 2016, "Kinder unter 15 Jahren", 5))  # type: ignore[operator, no-any-return]


@pytest.mark.parametrize("form", [as_text, as_workbook])
@pytest.mark.parametrize(
    ("title", "key", "name"),
    [
        ("Kommune", "05111000", "Duisburg"),
        ("Name der Kommune", "5111000", "Stadt Duisburg"),
        ("Stadt", "05111000", "Duisburg, krfr. Stadt"),
        ("Stadt/Gemeinde", "05111000", "Muelheim/Ruhr"),
        ("Name", "05111000", "MÜLHEIM A. D. RUHR"),
        ("", "05111000", "Duisburg"),  # a column without a title
        ("Kommune", "05562014", "Recklinghausen"),  # the town, not the Kreis about Gladbeck
        ("Kreis", "05562014", "Kreis Wesel"),
        ("Kommune", "05958", "Kreis Soest"),
        ("Kommune", "05562", "Stadt Gladbeck"),
        ("Jugendamt", "05111000", "Jugendamt der Stadt Duisburg"),
        ("Kreisfreie Stadt", "05111", "Wuppertal"),
    ],
)
def test_a_key_beside_the_name_of_another_unit_is_an_error(form: object, title: str, key: str, name: str) -> None:
    (finding,) = said(table(title, key, name, form))
    assert (finding.kind, finding.severity, finding.cell.rpartition("!")[2]) == ("reader_other_name", "error", "B2")
    assert (finding.value, finding.allowed, finding.unit_id) == (key, name, None)


@pytest.mark.parametrize(
    ("title", "key", "name"),
    [
        ("Kommune", "05111000", "Landeshauptstadt Düsseldorf"),
        ("Kommune", "05117000", "Mülheim/Ruhr"),
        ("Kommune", "05334002", "Aachen"),
        ("Kommune", "05334", "StädteRegion Aachen"),
        ("Kommune", "05562014", "Kreis Recklinghausen"),  # the Kreis delivers for its towns
        ("Kreis", "05562014", "Recklinghausen"),
        ("Jugendamt", "05170040", "Kreis Wesel"),
        ("Kommune", "05162", "Neuss"),  # short for the Kreis
        ("Kommune", "05111000", "Musterstadt"),
        ("Kommune", "05111000", ""),
        ("Stadtteil", "05111000", "Duisburg"),  # a column of something else
        ("Träger", "05111000", "Stadt Essen"),
        ("Regierungsbezirk", "05112000", "Düsseldorf"),
    ],
)
def test_what_a_right_file_may_write_beside_a_key(title: str, key: str, name: str) -> None:
    assert said(table(title, key, name)) == []


def test_a_wide_table_is_held_against_its_names_too() -> None:
    header = ("Kommune", "AGS", "Altersgruppe", "Geschlecht", 2015, 2016)
    rows = (("Düsseldorf", "05111000", "unter 3", "m", 1, 2), ("Essen", "05112000", "unter 3", "m", 1, 2))
    (finding,) = said(as_text(("Bevölkerung",), header, *rows))
    assert (finding.kind, finding.cell, finding.allowed) == ("reader_other_name", "B4", "Essen")


def test_each_pair_is_named_once() -> None:
    header = ("Kommune", "AGS", "Jahr", "Personengruppe", "Anzahl")
    rows = [("Duisburg", "05111000", year, "Kinder unter 15 Jahren", 5) for year in range(2010, 2017)]
    assert len(said(as_text(header, *rows))) == 1


def test_the_delivered_file_with_the_key_of_duesseldorf_is_refused() -> None:
    (finding,) = said((CASES / "G1.csv").read_bytes())
    assert (finding.kind, finding.cell, finding.allowed) == ("reader_other_name", "B2", "Duisburg")


@pytest.mark.parametrize(
    "cell", ["05111000 Düsseldorf", "05111000 - Stadt Düsseldorf", "Düsseldorf (05111000)", "5111000 Düsseldorf, Stadt"]
)
def test_a_key_with_its_own_name_in_one_cell_is_read(cell: str) -> None:
    data = as_text(("AGS", "Jahr", "Personengruppe", "Anzahl"), (cell, 2016, "Kinder unter 15 Jahren", 5))
    assert said(data) == []
    assert read(data).values("unit_id").to_pylist() == ["05111000"]


@pytest.mark.parametrize(
    ("cell", "kind"),
    [
        ("05111000 Duisburg", "reader_key_and_name"),
        ("Essen (05111000)", "reader_key_and_name"),
        ("05111000 Rathaus", "reader_ags"),
    ],
)
def test_a_key_with_any_other_name_in_one_cell_is_not_read(cell: str, kind: str) -> None:
    data = as_text(("AGS", "Jahr", "Personengruppe", "Anzahl"), (cell, 2016, "Kinder unter 15 Jahren", 5))
    assert [(f.kind, f.cell) for f in said(data)] == [(kind, "A2")]


def test_a_column_of_names_that_is_called_as_the_key_may_be_is_no_second_column_of_keys() -> None:
    header = ("Jugendamt", "Schlüssel", "Jahr", "Art der Leistung", "Präventiv oder nicht", "Betrag in Euro")
    right = as_text(header, ("Jugendamt Düsseldorf", "05111000", 2019, "Frühe Hilfen", "präventiv", 5))
    assert said(right) == []
    assert read(right).values("unit_id").to_pylist() == ["05111000"]
    wrong = as_text(header, ("Jugendamt Duisburg", "05111000", 2019, "Frühe Hilfen", "präventiv", 5))
    assert [f.kind for f in said(wrong)] == ["reader_other_name"]
    two = as_text(header, ("05112000", "05111000", 2019, "Frühe Hilfen", "präventiv", 5))
    assert [f.kind for f in said(two)] == ["reader_repeated_column"] * 2


@pytest.mark.parametrize("above", ["Stadt Duisburg", "Kommune: Duisburg", "SGB II in der Stadt Duisburg, 2016", "Kreis Wesel"])
def test_a_heading_that_names_another_unit_than_every_key_is_a_warning(above: str) -> None:
    header = ("AGS", "Jahr", "Personengruppe", "Anzahl")
    (finding,) = said(as_text((above,), header, ("05111000", 2016, "Kinder unter 15 Jahren", 5)))
    assert (finding.kind, finding.severity, finding.cell) == ("reader_title_of_other", "warning", "A1")


@pytest.mark.parametrize(
    "above", ["Stadt Düsseldorf", "Quelle: Regierungsbezirk Arnsberg", "Kinder in der Stadt", "Düsseldorf und Duisburg"]
)
def test_other_headings_say_nothing(above: str) -> None:
    header = ("AGS", "Jahr", "Personengruppe", "Anzahl")
    assert said(as_text((above,), header, ("05111000", 2016, "Kinder unter 15 Jahren", 5))) == []
    several = as_text(
        ("Stadt Duisburg",), header, *((key, 2016, "Kinder unter 15 Jahren", 5) for key in ("05111000", "05112000"))
    )
    assert said(several) == []


@pytest.mark.parametrize(
    "form", ["{}", "Stadt {}", "{}, Stadt", "Gemeinde {}", "Jugendamt {}", "Jugendamt der Stadt {}", "{} - Jugendamt"]
)
def test_no_unit_of_the_register_is_taken_for_another(form: str) -> None:
    names = [(unit.key, unit.name) for unit in (*municipalities(), *youth_offices())] + [(k.ags5, k.name) for k in kreise()]
    spelled = [(key, form.format(name)) for key, name in names]
    wrong = [(key, name) for key, name in spelled for text in (name, name.upper(), plain(name)) if names_another_area(key, text)]
    assert wrong == []


def plain(name: str) -> str:
    return name.replace("ä", "ae").replace("ö", "oe").replace("ü", "ue").replace("ß", "ss")


def test_every_municipality_and_kreis_is_known_by_its_name() -> None:
    assert [unit.key for unit in municipalities() if not areas_named(unit.name)] == []
    assert [kreis.ags5 for kreis in kreise() if kreis.ags5 not in areas_named(kreis.name)] == []
