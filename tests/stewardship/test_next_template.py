"""The template that a municipality gets: its rows in the order it knows, totals computed, and what, by when and whom to ask on the first sheet."""

from __future__ import annotations

import io
import random
import shutil
import subprocess
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet
from printed import needs_printer, printed_sizes

from kkz_eval.contracts.contract import Contract
from kkz_eval.contracts.judgement import judge_file
from kkz_eval.contracts.load import load_contracts
from kkz_eval.contracts.outgoing import A3, A4, PAGES
from kkz_eval.contracts.template_book import template_bytes
from kkz_eval.deliveries.reader import Claimed, read_file
from kkz_eval.deliveries.register.simulated import says_simulated
from kkz_eval.model.findings import iter_findings
from kkz_eval.reference.tables import known_units
from kkz_eval.stewardship.next_template import Asked, next_template

CONTRACTS = load_contracts(Path(__file__).parents[2] / "data_contracts")
LEAVERS, SERVICES, CARE = (CONTRACTS[name] for name in ("schulabgaenge", "praeventionsangebote", "kindertagesbetreuung"))
TODAY = date(2007, 5, 1)
ASKED = Asked("05162024", 2007, "Evaluationsstelle, Telefon 0211 000", TODAY)
CERTIFICATES = [code.code for code in LEAVERS.property_named("certificate").codes]
SEXES = ["insgesamt", "weiblich", "maennlich"]
needs_libreoffice = pytest.mark.skipif(shutil.which("soffice") is None, reason="needs LibreOffice to compute the totals")


def observed(codes: Mapping[str, str], row: int | None, *, sha256: str = "a", value: str = "7") -> dict[str, object]:
    dimensions = [(name, code) for name, code in codes.items()]
    place = {"delivery_sha256": sha256, "sheet": None, "row": row, "column": 5}
    return {"year": 2006, "dimensions": dimensions, "measure": "leavers", "value_delivered": value, **place}


def last_year() -> list[dict[str, object]]:
    """Last year's table, the total first and girls before boys; handed in without order, as a store gives it."""
    codes = [
        {"certificate": certificate, "sex": sex, "nationality": "insgesamt"}
        for certificate in ("insgesamt", *CERTIFICATES[:-1])
        for sex in SEXES
    ]
    rows = [observed(one, row) for row, one in enumerate(codes, start=2)]
    random.Random(1).shuffle(rows)
    return rows


def book_of(content: bytes) -> Workbook:
    return load_workbook(io.BytesIO(content))


def table(book: Workbook) -> list[dict[str, object]]:
    header, *rows = book["Daten"].iter_rows(values_only=True)
    return [dict(zip(map(str, header), row, strict=True)) for row in rows]


def about(book: Workbook) -> dict[str, str]:
    return {str(row[0]): str(row[1]) for row in book.worksheets[0].iter_rows(values_only=True) if row[1]}


def test_rows_stand_as_in_the_municipalitys_own_table() -> None:
    rows = table(book_of(next_template(LEAVERS, ASKED, last_year())))
    labels = {code.code: code.label_de for code in LEAVERS.property_named("certificate").codes}
    assert [row["Abschluss"] for row in rows] == [labels[c] for c in ("insgesamt", *CERTIFICATES[:-1]) for _ in SEXES]
    assert [row["Geschlecht"] for row in rows[:3]] == ["insgesamt", "weiblich", "männlich"]


def test_rows_from_several_files_and_those_of_a_new_municipality_stand_as_in_the_contract() -> None:
    several = [{**row, "delivery_sha256": str(number % 2)} for number, row in enumerate(last_year())]
    new = table(book_of(next_template(LEAVERS, ASKED, [])))
    assert [row["Geschlecht"] for row in new[:3]] == ["männlich", "weiblich", "insgesamt"]
    assert [row["Abschluss"] for row in new][-1] == "Insgesamt"
    keys = ("Abschluss", "Geschlecht")
    assert [[row[key] for key in keys] for row in table(book_of(next_template(LEAVERS, ASKED, several)))] == [
        [row[key] for key in keys] for row in new
    ]
    assert not any("Zum Vergleich" in header for header in new[0])


def test_where_people_name_things_themselves_there_is_one_row_to_begin_with() -> None:
    (row,) = table(book_of(next_template(SERVICES, ASKED, [])))
    assert (row["Gemeindeschlüssel"], row["Jahr"], row["Angebot"]) == ("05162024", "2007", None)


def test_totals_are_formulas_of_their_parts_and_all_else_is_empty() -> None:
    rows = table(book_of(next_template(LEAVERS, ASKED, [])))
    totals = [row for row in rows if "insgesamt" in (str(row["Abschluss"]).lower(), row["Geschlecht"])]
    assert len(totals) == 8
    for row in rows:
        assert str(row["Schulabgänge"]).startswith("=IF(COUNT(") if row in totals else row["Schulabgänge"] is None
    boys = next(row for row in totals if row["Geschlecht"] == "männlich")
    assert "SUM(F2,F5,F8,F11,F14)" in str(boys["Schulabgänge"]), "every certificate of boys"


def test_a_total_with_a_part_that_is_not_asked_for_is_typed_by_hand() -> None:
    without_one = [row for row in last_year() if dict(row["dimensions"])["certificate"] != CERTIFICATES[0]]  # type: ignore[call-overload]
    rows = table(book_of(next_template(LEAVERS, ASKED, without_one)))
    totals = {row["Geschlecht"]: row["Schulabgänge"] for row in rows if row["Abschluss"] == "Insgesamt"}
    assert totals["männlich"] is totals["weiblich"] is None
    assert "SUM(F3:F4)" in str(totals["insgesamt"])


def test_the_first_sheet_says_what_by_when_and_whom_to_ask() -> None:
    book = book_of(next_template(LEAVERS, ASKED, last_year()))
    assert book.active.title == book.sheetnames[0] == "Erläuterungen"
    said = about(book)
    assert book.worksheets[0]["A1"].value == "Schulabgänge nach Abschluss: Neuss, 2006/07"
    assert said["Bis wann"] == "31. März 2008"
    assert said["Fragen an"] == "Evaluationsstelle, Telefon 0211 000"
    assert "„-“ (nichts vorhanden)" in said["Zeichen"]
    assert said["Wozu"] == LEAVERS.terms.purpose
    assert "Graue Zellen" in said["Summen"]


def test_a_template_with_made_up_figures_is_known_by_them_where_it_comes_back() -> None:
    filled = book_of(next_template(LEAVERS, ASKED, last_year(), simulated=True))
    target = io.BytesIO()
    filled.save(target)
    assert says_simulated(target.getvalue())
    assert not says_simulated(next_template(LEAVERS, ASKED, last_year()))


def test_a_deadline_that_has_passed_is_said_as_that_and_nobody_is_invented_to_be_asked() -> None:
    said = about(book_of(next_template(LEAVERS, Asked("05162024", 2007, "", date(2008, 4, 1)), [])))
    assert said["Bis wann"] == "fällig war der 31. März 2008; bitte so bald wie möglich"
    assert said["Fragen an"] == "die Stelle, die Ihnen diese Mappe geschickt hat"


def test_the_table_prints_on_landscape_pages_with_its_head_on_each() -> None:
    sheet = book_of(next_template(CARE, ASKED, []))["Daten"]
    assert (sheet.page_setup.orientation, sheet.print_title_rows) == ("landscape", "$1:$1")
    assert sum(dimension.width for dimension in sheet.column_dimensions.values()) <= PAGES[A4]
    assert all(cell.alignment.wrap_text for cell in sheet[1])


def widths_of(sheet: Worksheet) -> list[float]:
    return [sheet.column_dimensions[cell.column_letter].width for cell in sheet[1]]


@pytest.mark.parametrize("contract", [one for one in CONTRACTS.values() if one.source == "municipal"], ids=lambda one: one.id)
def test_every_blank_template_prints_on_one_page_across_in_nine_points_or_more(contract: Contract) -> None:
    sheet = load_workbook(io.BytesIO(template_bytes(contract)))["Daten"]
    assert sheet.page_setup.fitToWidth == 1
    assert sum(widths_of(sheet)) <= PAGES[str(sheet.page_setup.paperSize)]


def of_network() -> bytes:
    """A template with last year's values beside: more columns than a page takes."""
    network = CONTRACTS["netzwerk"]
    codes = [(of.name, of.codes[0].code) for of in network.properties if of.role == "dimension"]
    measures = [of.name for of in network.properties if of.role == "measure"]
    return next_template(network, ASKED, [{**observed(dict(codes), 2), "measure": name} for name in measures])


def test_a_template_with_many_columns_takes_pages_beside_each_other_with_the_keys_on_each() -> None:
    sheet = book_of(of_network())["Daten"]
    widths, n_pages = widths_of(sheet), sheet.page_setup.fitToWidth
    assert sum(widths) > PAGES[A3]
    assert (n_pages, sheet.print_title_cols) == (2, "$A:$D")
    assert sum(widths[:4]) + sum(widths[4:]) / n_pages <= PAGES[str(sheet.page_setup.paperSize)]


@needs_printer
def test_no_letter_of_a_printed_template_is_smaller_than_nine_points(tmp_path: Path) -> None:
    (tmp_path / "vorlage.xlsx").write_bytes(of_network())
    assert min(printed_sizes(tmp_path / "vorlage.xlsx", pages=3)) >= 9


def filled(parts: Mapping[int, object], folder: Path) -> bytes:
    """The template of leavers with a number in each part, those given in their rows, as LibreOffice saves it."""
    book = book_of(next_template(LEAVERS, ASKED, []))
    for number, (cell,) in enumerate(book["Daten"].iter_rows(min_row=2, min_col=6, max_col=6), start=2):
        if cell.value is None:
            cell.value = parts.get(number, number)
    (folder / "vorlage.xlsx").parent.mkdir(exist_ok=True)
    book.save(folder / "vorlage.xlsx")
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    convert = [
        "soffice",
        profile,
        "--headless",
        "--convert-to",
        "xlsx",
        "--outdir",
        str(folder / "saved"),
        str(folder / "vorlage.xlsx"),
    ]
    subprocess.run(convert, check=True, capture_output=True, timeout=120)
    return (folder / "saved" / "vorlage.xlsx").read_bytes()


def findings(data: bytes) -> list[tuple[str, str | None]]:
    result = read_file(data, "vorlage.xlsx", CONTRACTS)
    assert isinstance(result, Claimed)
    (parsed,) = result.parsed
    return [(found.rule, found.value) for found in iter_findings(judge_file(parsed, LEAVERS, known_units()).findings)]


@needs_libreoffice
def test_filled_in_and_saved_in_libreoffice_it_is_clean_and_a_symbol_makes_its_totals_ask_for_the_number(tmp_path: Path) -> None:
    assert findings(filled({}, tmp_path / "numbers")) == []
    asked = findings(filled({2: "."}, tmp_path / "symbol"))
    assert {value for _, value in asked} == {"Summe eintragen"}
    assert len(asked) == 3, "boys and girls without certificate, all boys, all"


def test_totals_that_no_program_has_computed_are_findings_and_never_zero() -> None:
    book = book_of(next_template(LEAVERS, ASKED, []))
    for number, (cell,) in enumerate(book["Daten"].iter_rows(min_row=2, min_col=6, max_col=6), start=2):
        if cell.value is None:
            cell.value = number
    saved = io.BytesIO()
    book.save(saved)
    assert findings(saved.getvalue()) == [("reader_formula_without_result", "")]
