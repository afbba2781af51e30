"""The template of a municipality: its own records, the values left empty, last year's beside them, and in place what official statistics say.

Nothing of last year is carried over as a value. A figure of official statistics is there to be confirmed, and is marked as that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from openpyxl.styles import Font, PatternFill
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from kkz_eval.contracts.contract import Contract, Property
from kkz_eval.contracts.outgoing import bytes_of, empty_workbook, put_number, put_text
from kkz_eval.model.verdicts import State
from kkz_eval.reference.tables import unit_label
from kkz_eval.stewardship import say
from kkz_eval.stewardship.source_sheets import DATA_SHEET

_german = say.in_language("de")  # whoever gets it reads German

_EMPTY = PatternFill("solid", fgColor="FFFFF8DC")
_OFFICIAL = PatternFill("solid", fgColor="FFDCECF5")
_GREY = Font(color="FF6B7680", italic=True)
_BOLD = Font(bold=True)

Observation = Mapping[str, object]
_Codes = tuple[tuple[str, str], ...]
_Record = tuple[int, _Codes]
"""Year and codes of a row."""


@dataclass(frozen=True)
class ToConfirm:
    """Figures of official statistics that a municipality confirms. figures: observations by year; origin: where they are from, in German."""

    figures: Mapping[int, Sequence[Observation]]
    origin: str


NOTHING_TO_CONFIRM = ToConfirm({}, "")


def next_template(
    contract: Contract,
    unit_id: str,
    year: int | None,
    last: Sequence[Observation],
    to_confirm: ToConfirm = NOTHING_TO_CONFIRM,
) -> bytes:
    """The bytes of an .xlsx file with one row per record of last year, and per record of each year that official statistics fill.

    year: that is to be delivered, None for a unit that delivered nothing yet; last: observations of the unit in the year before (measure,
    dimensions, value_delivered). Filled in, it is read as a delivery: the columns beside the values have headers that no contract knows.
    """
    measures = [p for p in contract.properties if p.role == "measure"]
    before = _records(last, "value_delivered")
    official = {
        (of, codes): values for of, figures in to_confirm.figures.items() for codes, values in _records(figures, "value").items()
    }
    rows = _rows(contract, year, before, to_confirm.figures)
    present = {name for _, codes in rows for name, _ in codes}
    shown = [p for p in contract.properties if p.role != "measure" and (p.role == "key" or p.required or p.name in present)]
    compared = [] if year is None else [_last_year_title(contract, p, year - 1) for p in measures]
    titles = [*(p.label_de for p in (*shown, *measures)), *compared, *([_german("template.origin")] if official else [])]
    book = empty_workbook()
    sheet = book.create_sheet(DATA_SHEET)
    _write_titles(sheet, titles)
    for row, (of_year, codes) in enumerate(rows, start=2):
        for column, of in enumerate(shown, start=1):
            cell = sheet.cell(row, column)
            put_text(cell, _key_text(contract, of, unit_id, of_year, dict(codes)))
            cell.number_format = "@"
        known = official.get((of_year, codes), {})
        for column, measure in enumerate(measures, start=len(shown) + 1):
            cell = sheet.cell(row, column)
            cell.fill = _OFFICIAL if measure.name in known else _EMPTY
            if measure.name in known:
                put_number(cell, float(str(known[measure.name])))
            if compared:
                beside = sheet.cell(row, column + len(measures))
                put_text(beside, str(before.get(codes, {}).get(measure.name) or "") if of_year == year else "")
                beside.font = _GREY
        if known:
            put_text(sheet.cell(row, len(titles)), State.TO_CONFIRM.said.in_language("de"))
            sheet.cell(row, len(titles)).font = _GREY
    for column, of in enumerate(shown, start=1):
        _offer(sheet, column, of, len(rows))
    sheet.freeze_panes = "A2"
    _write_about(
        book.create_sheet(_german("template.about_sheet")), _about(contract, unit_id, [*{of for of, _ in rows}], to_confirm)
    )
    return bytes_of(book)


def _rows(
    contract: Contract, year: int | None, before: Mapping[_Codes, object], figures: Mapping[int, Sequence[Observation]]
) -> list[_Record]:
    """The rows of the template, by year: of the next one those of last year; of a year that is to be confirmed all that the contract asks for."""
    rows: dict[_Record, None] = {}
    for of_year in sorted({*figures, *([] if year is None else [year])}):
        if of_year == year:
            rows.update(dict.fromkeys((of_year, codes) for codes in before))
        if of_year in figures:
            wanted = [*_every_record(contract), *_records(figures[of_year], "value")]
            rows.update(dict.fromkeys((of_year, codes) for codes in wanted))
    return list(rows)


def _every_record(contract: Contract) -> list[_Codes]:
    """Every combination of the codes that a contract asks for; of a column that may be absent the code that holds then."""
    asked = [
        (of.name, [code.code for code in of.codes] if of.required else [of.default])
        for of in contract.properties
        if of.role == "dimension" and (of.required or of.default is not None)
    ]
    return [
        tuple(sorted(zip((name for name, _ in asked), map(str, codes), strict=True)))
        for codes in product(*(codes for _, codes in asked))
    ]


def _records(observations: Sequence[Observation], what: str) -> dict[_Codes, dict[str, object]]:
    """Values by dimensions, in the order given. what: value | value_delivered."""
    found: dict[_Codes, dict[str, object]] = {}
    for row in observations:
        dimensions = row["dimensions"]
        assert isinstance(dimensions, list)
        record = found.setdefault(tuple(sorted((str(name), str(code)) for name, code in dimensions)), {})
        record[str(row["measure"])] = row[what]
    return found


def _last_year_title(contract: Contract, of: Property, year: int) -> str:
    return _german("template.last_year", label=of.label_de, year=_year_text(contract, year))


def _write_titles(sheet: Worksheet, titles: Sequence[str]) -> None:
    for column, title in enumerate(titles, start=1):
        cell = sheet.cell(1, column)
        put_text(cell, title)
        cell.font = _BOLD
        sheet.column_dimensions[cell.column_letter].width = max(14, min(len(title) + 2, 40))


def _write_about(sheet: Worksheet, lines: Sequence[str]) -> None:
    for row, line in enumerate(lines, start=1):
        put_text(sheet.cell(row, 1), line)
    sheet.column_dimensions["A"].width = 110


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


def _about(contract: Contract, unit_id: str, years: Sequence[int], to_confirm: ToConfirm) -> list[str]:
    spoken = ", ".join(_year_text(contract, year) for year in sorted(years))
    lines = [
        _german("template.title", dataset=contract.title_de, unit=unit_label(unit_id), year=spoken),
        _german("template.deadline", deadline=contract.terms.deadline or "–"),
        _german("template.how"),
    ]
    if to_confirm.figures:
        lines.append(_german("template.confirm", origin=to_confirm.origin))
    return [*lines, *(f"{p.label_de}: {p.description_de}" for p in contract.properties)]
