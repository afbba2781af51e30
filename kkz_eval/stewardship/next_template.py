"""Next year's template of a municipality: its own records, the values left empty, last year's beside them. Nothing is carried over as a value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from openpyxl.styles import Font, PatternFill
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from kkz_eval.contracts.contract import Contract, Property
from kkz_eval.contracts.outgoing import bytes_of, empty_workbook, put_text
from kkz_eval.reference.tables import unit_label
from kkz_eval.stewardship import say
from kkz_eval.stewardship.source_sheets import DATA_SHEET

_german = say.in_language("de")  # whoever gets it reads German

_EMPTY = PatternFill("solid", fgColor="FFFFF8DC")
_GREY = Font(color="FF6B7680", italic=True)
_BOLD = Font(bold=True)


def next_template(contract: Contract, unit_id: str, year: int, last: Sequence[Mapping[str, object]]) -> bytes:
    """The bytes of an .xlsx file with one row per record of last year.

    year: that is to be delivered; last: observations of the unit in the year before (measure, dimensions, value_delivered).
    Filled in, it is read as a delivery: the columns of last year's values have headers that no contract knows.
    """
    measures = [p for p in contract.properties if p.role == "measure"]
    keys = [p for p in contract.properties if p.role != "measure"]
    records = _records(last)
    present = {name for dimensions in records for name in dict(dimensions)}
    shown = [p for p in keys if p.role == "key" or p.required or p.name in present]
    book = empty_workbook()
    sheet = book.create_sheet(DATA_SHEET)
    before = [_german("template.last_year", label=p.label_de, year=_year_text(contract, year - 1)) for p in measures]
    for column, title in enumerate([*(p.label_de for p in shown), *(p.label_de for p in measures), *before], start=1):
        cell = sheet.cell(1, column)
        put_text(cell, title)
        cell.font = _BOLD
        sheet.column_dimensions[cell.column_letter].width = max(14, min(len(title) + 2, 40))
    for row, (dimensions, values) in enumerate(records.items(), start=2):
        for column, of in enumerate(shown, start=1):
            cell = sheet.cell(row, column)
            put_text(cell, _key_text(contract, of, unit_id, year, dict(dimensions)))
            cell.number_format = "@"
        for offset, measure in enumerate(measures, start=len(shown) + 1):
            sheet.cell(row, offset).fill = _EMPTY
            cell = sheet.cell(row, offset + len(measures))
            put_text(cell, values.get(measure.name, ""))
            cell.font = _GREY
    for column, of in enumerate(shown, start=1):
        _offer(sheet, column, of, len(records))
    sheet.freeze_panes = "A2"
    about = book.create_sheet(_german("template.about_sheet"))
    for row, line in enumerate(_about(contract, unit_id, year), start=1):
        put_text(about.cell(row, 1), line)
    about.column_dimensions["A"].width = 110
    return bytes_of(book)


def _records(last: Sequence[Mapping[str, object]]) -> dict[tuple[tuple[str, str], ...], dict[str, str]]:
    """Last year's values as delivered, by dimensions, in the order given."""
    found: dict[tuple[tuple[str, str], ...], dict[str, str]] = {}
    for row in last:
        dimensions = row["dimensions"]
        assert isinstance(dimensions, list)
        record = found.setdefault(tuple(sorted((str(name), str(code)) for name, code in dimensions)), {})
        record[str(row["measure"])] = str(row["value_delivered"] or "")
    return found


def _key_text(contract: Contract, of: Property, unit_id: str, year: int, dimensions: Mapping[str, str]) -> str:
    if of.name == "unit_id":
        return unit_id
    if of.name == "year":
        return _year_text(contract, year)
    code = dimensions.get(of.name)
    return next((one.label_de for one in of.codes if one.code == code), code or "")


def _year_text(contract: Contract, year: int) -> str:
    if contract.property_named("year").form == "school_year":
        return f"{year - 1}/{year % 100:02d}"
    return str(year)


def _offer(sheet: Worksheet, column: int, of: Property, n_records: int) -> None:
    """A drop-down of the labels of a code list, where a spreadsheet program takes a list of that length."""
    labels = ",".join(code.label_de for code in of.codes)
    if not of.codes or len(labels) > 250 or any("," in code.label_de or '"' in code.label_de for code in of.codes):
        return
    choice = DataValidation(type="list", formula1=f'"{labels}"', allow_blank=False)
    letter = sheet.cell(1, column).column_letter
    choice.add(f"{letter}2:{letter}{n_records + 1}")
    sheet.add_data_validation(choice)


def _about(contract: Contract, unit_id: str, year: int) -> list[str]:
    lines = [
        _german("template.title", dataset=contract.title_de, unit=unit_label(unit_id), year=_year_text(contract, year)),
        _german("template.deadline", deadline=contract.terms.deadline or "–"),
        _german("template.how"),
    ]
    return [*lines, *(f"{p.label_de}: {p.description_de}" for p in contract.properties)]
