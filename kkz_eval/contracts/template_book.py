"""The blank workbook that a municipality fills in: the columns as the contract names them, drop-downs, explanations. No numbers.

The sheet with explanations names one column a row, and the lists stand under numbers, so that no reader takes them for data.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from kkz_eval.contracts import say
from kkz_eval.contracts.contract import Contract, Property
from kkz_eval.contracts.example import example_columns
from kkz_eval.contracts.outgoing import bytes_of, empty_workbook

_german = say.in_language("de")  # the workbook is for municipalities

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

DATA, EXPLANATIONS, LISTS = "Daten", "Erläuterungen", "Listen"
ROWS = 2000  # so many rows have drop-downs
_HEAD = PatternFill("solid", fgColor="D9E7ED")
_WIDEST = 60


def template_bytes(contract: Contract) -> bytes:
    """An .xlsx file; the same contract gives the same bytes."""
    book = empty_workbook()
    data = book.create_sheet(DATA)
    explanations, lists = book.create_sheet(EXPLANATIONS), book.create_sheet(LISTS)
    lists.sheet_state = "hidden"
    for position, of in enumerate(example_columns(contract), start=1):
        _column(data, lists, position, of)
    data.freeze_panes = "A2"
    _explain(explanations, contract)
    book.properties.title = contract.title_de
    return bytes_of(book)


def _column(data: Worksheet, lists: Worksheet, position: int, of: Property) -> None:
    letter = get_column_letter(position)
    head = data.cell(row=1, column=position, value=of.label_de)
    head.font, head.fill = Font(bold=True), _HEAD
    data.column_dimensions[letter].width = min(
        max(len(of.label_de) + 2, *(len(code.label_de) + 2 for code in of.codes), 14), _WIDEST
    )
    if of.form in ("ags", "school_year") or of.role == "dimension":
        data.column_dimensions[letter].number_format = "@"  # text, so that a leading zero stays
    validation = _validation(of, lists, position)
    if validation is not None:
        validation.add(f"{letter}2:{letter}{ROWS + 1}")
        data.add_data_validation(validation)


def _validation(of: Property, lists: Worksheet, position: int) -> DataValidation | None:
    """A drop-down for codes; counts get a hint that symbols override. Several codes in a cell can't be picked from a list."""
    if of.form == "code":
        letter = get_column_letter(position)
        lists.cell(row=1, column=position, value=position)
        for row, code in enumerate(of.codes, start=2):
            lists.cell(row=row, column=position, value=code.label_de)
        validation = DataValidation("list", formula1=f"{LISTS}!${letter}$2:${letter}${len(of.codes) + 1}", allow_blank=True)
        validation.showErrorMessage = True
        validation.errorTitle, validation.error = of.label_de[:32], _german("template.pick")
        return validation
    if of.form == "codes":
        validation = DataValidation(allow_blank=True)
        validation.showInputMessage = True
        validation.promptTitle = of.label_de[:32]
        validation.prompt = _german("template.several", allowed="; ".join(code.label_de for code in of.codes))[:255]
        return validation
    if of.role == "measure":
        kind = "decimal" if of.logical_type == "number" else "whole"
        validation = DataValidation(kind, operator="greaterThanOrEqual", formula1="0", allow_blank=True)
        validation.errorStyle = "warning"
        validation.showErrorMessage = True
        validation.errorTitle, validation.error = of.label_de[:32], _german("template.count")
        return validation
    return None


def _explain(sheet: Worksheet, contract: Contract) -> None:
    terms = contract.terms
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 34, 110
    for label, said in (
        ("title", contract.title_de),
        ("purpose", terms.purpose),
        ("granularity", terms.granularity),
        ("deadline", terms.deadline),
        ("contact_role", terms.contact_role),
        ("permitted_recipient", terms.permitted_recipient),
        ("legal_basis", terms.legal_basis),
        ("limitations", terms.limitations),
        ("symbols", _german("template.symbols")),
    ):
        sheet.append([_german(f"docs.{label}"), said])
    for of in contract.properties:
        need = _german("docs.required" if of.required else "docs.optional")
        allowed = "; ".join(code.label_de for code in of.codes)
        sheet.append([of.label_de, " ".join(part for part in (f"({need})", of.description_de, allowed) if part)])
    for row in sheet.iter_rows():
        row[0].font = Font(bold=True)
        row[1].alignment = Alignment(wrap_text=True, vertical="top")
