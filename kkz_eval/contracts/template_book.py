"""The workbook that a municipality fills in: what it is about on the first sheet, then the table with drop-downs and computed totals.

Belongs here: sheets, columns, lists, formulas and the blank template of a contract. Does not belong here: which rows a municipality gets
(stewardship/next_template.py). The sheet with explanations names one column a row, and the lists stand under numbers, so that no reader
takes them for data.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from typing import TYPE_CHECKING

from openpyxl.styles import Alignment, Border, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from kkz_eval.contracts import say
from kkz_eval.contracts.contract import Contract, Property
from kkz_eval.contracts.example import example_columns
from kkz_eval.contracts.outgoing import (
    HAIR,
    LINE,
    WRAP,
    bytes_of,
    empty_workbook,
    font,
    lay_out_for_print,
    n_lines,
    narrowed,
    put_number,
    put_text,
)
from kkz_eval.contracts.parameters import demanded_codes, measure_dimension_total, text_values, tolerance
from kkz_eval.model.symbols import explained

_german = say.in_language("de")  # the workbook is for municipalities

if TYPE_CHECKING:
    from openpyxl.cell.cell import Cell
    from openpyxl.worksheet.worksheet import Worksheet

DATA, EXPLANATIONS, LISTS = "Daten", "Erläuterungen", "Listen"
ROWS = 2000  # so many rows have drop-downs
_HEAD = PatternFill("solid", fgColor="FFD9E7ED")
_TO_FILL = PatternFill("solid", fgColor="FFFFF8DC")
_TO_CONFIRM = PatternFill("solid", fgColor="FFDCECF5")
_COMPUTED = PatternFill("solid", fgColor="FFE7E9EB")
_GRID = Border(*[HAIR] * 4)
_TOP = Alignment(vertical="top")
_LEAST, _FREE, _MOST = 10, 24, 42  # characters of a column; one for free text is not narrow
_BOLD = 1.15  # so much wider are bold letters
_LABEL, _SAID = 26, 100  # characters of the columns of the first sheet


@dataclass(frozen=True)
class Row:
    """A row that stands in a template before anyone fills it in.

    written: what its key columns say, by property; codes: its year and the code of each dimension, by property; confirm: numbers that
    are there already, by measure; beside: texts for the columns beside the table.
    """

    written: Mapping[str, str]
    codes: Mapping[str, str]
    confirm: Mapping[str, float] = field(default_factory=dict)
    beside: Sequence[str] = ()


@dataclass(frozen=True)
class Template:
    """A workbook to be filled in. columns: of the table, keys before measures; beside: headers of further columns, which no contract
    knows; about: label and text of each line of the first sheet, after its title."""

    contract: Contract
    title: str
    columns: Sequence[Property]
    about: Sequence[tuple[str, str]]
    rows: Sequence[Row] = ()
    beside: Sequence[str] = ()


def template_bytes(contract: Contract, contact: str = "") -> bytes:
    """The blank template of a contract. contact: whom to ask, "" where nobody is named. The same contract gives the same bytes."""
    lines = about(contract, contract.terms.deadline, contact, _german("template.how_blank", sheet=data_sheet(contract)))
    return bytes_of_template(Template(contract, contract.title_de, example_columns(contract), lines))


def data_sheet(contract: Contract) -> str:
    """The name of the sheet with the table: with the word that tells the table of an office apart, where the contract has one."""
    return DATA if contract.title_marker is None else f"{DATA} {contract.title_marker}"


def about(contract: Contract, until: str, contact: str, how: str) -> list[tuple[str, str]]:
    """What the first sheet says: what for, by when, whom to ask, how to fill it in. until: in words; how: for this kind of template."""
    terms = contract.terms
    symbols = explained(_symbols(contract)).in_language("de")
    lines = (
        (_german("docs.purpose"), terms.purpose),
        (_german("template.until"), until),
        (_german("template.role"), terms.contact_role),
        (_german("template.ask"), contact or _german("template.ask_sender")),
        (_german("template.how"), how),
        (_german("docs.symbols"), _german("template.symbols", symbols=symbols) if symbols else _german("template.no_symbols")),
        (_german("docs.granularity"), terms.granularity),
        (_german("docs.permitted_recipient"), terms.permitted_recipient),
        (_german("docs.legal_basis"), terms.legal_basis),
        (_german("docs.limitations"), terms.limitations),
    )
    return [(label, said) for label, said in lines if said]


def bytes_of_template(template: Template) -> bytes:
    """The .xlsx file; the same template gives the same bytes."""
    book = empty_workbook()
    explanations, data, lists = (book.create_sheet(name) for name in (EXPLANATIONS, data_sheet(template.contract), LISTS))
    lists.sheet_state = "hidden"
    totals = _totals(template)
    _write_head(data, template)
    _write_rows(data, template, totals)
    for position, of in enumerate(template.columns, start=1):
        _offer(data, lists, position, of)
    data.freeze_panes = "A2"
    names_row = takewhile(
        lambda of: of.role != "measure" and of.in_key, template.columns
    )  # what else is said of it need not be on each page
    lay_out_for_print(data, 1, len(template.columns) + len(template.beside), len(list(names_row)))
    _explain(explanations, template, has_totals=bool(totals))
    book.calculation.fullCalcOnLoad = True  # a program that opens it has the totals of what is filled in
    book.properties.title = template.title
    return bytes_of(book)


def _write_head(data: Worksheet, template: Template) -> None:
    """The head row, and columns as wide as what stands in them or may be picked."""
    own = [
        (
            of.label_de,
            [*(row.written.get(of.name, "") for row in template.rows), *(code.label_de for code in of.codes)],
            _FREE if of.role == "dimension" and not of.codes else _LEAST,
        )
        for of in template.columns
    ]
    further = [(label, [row.beside[place] for row in template.rows], _LEAST) for place, label in enumerate(template.beside)]
    columns = [*own, *further]
    heads = [max(math.ceil(len(word) * _BOLD) + 2 for word in label.split()) for label, _, _ in columns]
    words = [max((len(word) + 2 for text in texts for word in text.split()), default=0) for _, texts, _ in columns]
    wholes = [max((len(text) + 2 for text in texts), default=0) for _, texts, _ in columns]
    least = [min(max(_LEAST, *found), _MOST) for found in zip(heads, words, strict=True)]
    wished = [min(max(width, *found), _MOST) for (_, _, width), *found in zip(columns, heads, wholes, strict=True)]
    widths = narrowed(wished, least)
    most = 1
    for position, ((label, _, _), width) in enumerate(zip(columns, widths, strict=True), start=1):
        cell = data.cell(row=1, column=position)
        put_text(cell, label)
        cell.font, cell.fill, cell.alignment, cell.border = font(bold=True), _HEAD, WRAP, _GRID
        data.column_dimensions[get_column_letter(position)].width = width
        most = max(most, n_lines(label, width / _BOLD))
    data.row_dimensions[1].height = LINE * most


def _write_rows(data: Worksheet, template: Template, totals: Mapping[tuple[int, str], Sequence[int]]) -> None:
    widths = [data.column_dimensions[get_column_letter(position)].width for position in range(1, len(template.columns) + 1)]
    for number, row in enumerate(template.rows):
        for position, of in enumerate(template.columns, start=1):
            cell = data.cell(row=number + 2, column=position)
            cell.font, cell.border, cell.alignment = font(), _GRID, _TOP
            if of.role != "measure":
                put_text(cell, row.written.get(of.name, ""))
                cell.alignment = WRAP
            elif of.name in row.confirm:
                put_number(cell, row.confirm[of.name])
                cell.fill = _TO_CONFIRM
            elif (number, of.name) in totals:
                cell.value = _sum_of([part + 2 for part in totals[(number, of.name)]], get_column_letter(position), of)
                cell.font, cell.fill = font(bold=True), _COMPUTED
            else:
                cell.fill = _TO_FILL
        written = [row.written.get(of.name, "") for of in template.columns]
        data.row_dimensions[number + 2].height = LINE * max(map(n_lines, written, widths))
        for position, said in enumerate(row.beside, start=len(template.columns) + 1):
            cell = data.cell(row=number + 2, column=position)
            put_text(cell, said)
            cell.font, cell.alignment = font(italic=True, color="FF5A6570"), WRAP


def _totals(template: Template) -> dict[tuple[int, str], list[int]]:
    """The rows of the parts of each total, by its row and measure: of those whose parts are all in the table and add up exactly."""
    contract = template.contract
    places = {tuple(sorted(row.codes.items())): number for number, row in enumerate(template.rows)}
    found: dict[tuple[int, str], list[int]] = {}
    for rule in contract.rules:
        if rule.kind != "parts_sum_to_total" or tolerance(rule):
            continue
        measure, dimension, total = measure_dimension_total(rule)
        for number, row in enumerate(template.rows):
            if row.codes.get(dimension) == total and (number, measure) not in found:
                wanted = ({**row.codes, dimension: code} for code in demanded_codes(rule, contract))
                parts = [places.get(tuple(sorted(codes.items()))) for codes in wanted]
                known = sorted(part for part in parts if part is not None)
                if len(known) == len(parts):
                    found[(number, measure)] = known
    return found


def _sum_of(rows: Sequence[int], letter: str, of: Property) -> str:
    """A formula that stays empty until every part is there, and asks for the total where one is a symbol: a sum of some parts is no total."""
    ranges: list[list[int]] = []
    for row in rows:
        if ranges and ranges[-1][1] == row - 1:
            ranges[-1][1] = row
        else:
            ranges.append([row, row])
    parts = [f"{letter}{first}:{letter}{last}" if last > first else f"{letter}{first}" for first, last in ranges]
    listed = ",".join(parts)
    summed = f"SUM({listed})" if of.logical_type == "integer" else f"ROUND(SUM({listed}),6)"
    # A cell whose formula gives nothing is not empty to COUNTA; what has a length is there.
    n_there = "+".join(f"SUMPRODUCT(--(LEN({part})>0))" for part in parts)
    by_hand = f'IF({n_there}={len(rows)},"{_german("template.enter_total")}","")'
    return f"=IF(COUNT({listed})={len(rows)},{summed},{by_hand})"


def _offer(data: Worksheet, lists: Worksheet, position: int, of: Property) -> None:
    letter = get_column_letter(position)
    if of.form in ("ags", "school_year") or of.role == "dimension":
        data.column_dimensions[letter].number_format = "@"  # text, so that a leading zero stays
        data.column_dimensions[letter].alignment = WRAP  # what is picked may be longer than the column is wide
        for (cell,) in data.iter_rows(min_row=2, min_col=position, max_col=position):
            cell.number_format = "@"
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


def _symbols(contract: Contract) -> list[str]:
    """The symbols that its measures admit, each once."""
    measures = [of.name for of in contract.properties if of.role == "measure"]
    rules = [rule for rule in contract.rules if rule.kind == "symbol_admitted" and rule.parameters["column"] in measures]
    return list(dict.fromkeys(symbol for rule in rules for symbol in text_values(rule.parameters["symbols"])))


def _explain(sheet: Worksheet, template: Template, *, has_totals: bool) -> None:
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = _LABEL, _SAID
    put_text(sheet.cell(1, 1), template.title)
    sheet.cell(1, 1).font = font(bold=True, size=14)
    sheet.row_dimensions[1].height = 1.6 * LINE
    lines = list(template.about)
    if has_totals:
        lines.append((_german("template.totals"), _german("template.totals_computed")))
    for row, (label, said) in enumerate(lines, start=2):
        _line(sheet, row, label, said)
    start = len(lines) + 3
    put_text(sheet.cell(start, 1), _german("template.columns"))
    sheet.cell(start, 1).font = font(bold=True, size=12)
    for row, of in enumerate(template.contract.properties, start=start + 1):
        need = _german("docs.required" if of.required else "docs.optional")
        allowed = "; ".join(code.label_de for code in of.codes)
        _line(sheet, row, of.label_de, " ".join(part for part in (f"({need})", of.description_de, allowed) if part))
    lay_out_for_print(sheet, 1, 2)


def _line(sheet: Worksheet, row: int, label: str, said: str) -> None:
    cells: list[Cell] = [sheet.cell(row, 1), sheet.cell(row, 2)]
    for cell, text in zip(cells, (label, said), strict=True):
        put_text(cell, text)
        cell.alignment = WRAP
    cells[0].font, cells[1].font = font(bold=True), font()
    most = max(n_lines(label, _LABEL / _BOLD), n_lines(said, _SAID))
    sheet.row_dimensions[row].height = LINE * most + 3
