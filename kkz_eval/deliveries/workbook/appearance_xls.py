"""What a person sees of the sheets of an .xls, by the library that tells its formats. No values of cells but texts with raised signs."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from kkz_eval.deliveries.text.raised import LOWERED, RAISED, STRUCK, joined
from kkz_eval.deliveries.workbook.appearance import LEAST_SEEN, Appearance, Collected
from kkz_eval.deliveries.workbook.fonts import BLACK, WHITE, Look, is_struck_throughout, look_of
from kkz_eval.deliveries.workbook.number_formats import is_telling
from kkz_eval.model.spreadsheet_dates import DAY_ZERO, DAY_ZERO_1904

_WINDOW = 65  # index of the colour of the ground of the program's window
_AUTOMATIC = {64: BLACK, _WINDOW: WHITE, 0x7FFF: BLACK}
_FAULT, _WITHOUT_VALUE = 5, (0, 6)  # types of cells of the library: error value; empty, blank with a format
_TWIPS = 20  # of a point, in which rows are measured
_NARROWEST = 256 // 5  # of the 256ths of a digit in which columns are


def appearances(data: bytes) -> dict[str, Appearance] | None:
    """By name of the sheet; None where the library can't open what the reader could read."""
    import xlrd  # noqa: PLC0415 (few files are .xls)

    try:
        with xlrd.open_workbook(
            file_contents=data, formatting_info=True, ragged_rows=True, on_demand=True, logfile=io.StringIO()
        ) as book:
            return {name: _appearance(book, number) for number, name in enumerate(book.sheet_names())}
    except Exception:  # noqa: BLE001 (whatever it stumbles over in a damaged file)
        return None


def _appearance(book: Any, number: int) -> Appearance:
    from xlrd import error_text_from_code  # noqa: PLC0415 (few files are .xls)

    sheet = book.sheet_by_index(number)
    codes = {
        at: book.format_map[xf.format_key].format_str for at, xf in enumerate(book.xf_list) if xf.format_key in book.format_map
    }
    telling = {at: code for at, code in codes.items() if is_telling(code)}
    known = tuple(dict.fromkeys(telling.values()))
    found = Collected(known, DAY_ZERO_1904 if book.datemode else DAY_ZERO)
    for row, about in sorted(sheet.rowinfo_map.items()):
        if about.hidden or (about.has_default_height == 0 and about.height < LEAST_SEEN * _TWIPS):
            found.hide_rows(row, row)
    for column, about in sorted(sheet.colinfo_map.items()):
        if about.hidden or about.width < _NARROWEST:
            found.hidden_columns.append((column, column))
    looks = {at: look for at, xf in enumerate(book.xf_list) if (look := _look(book, xf)) is not None}
    for row in range(sheet.nrows) if telling or looks else ():
        for column, cell in enumerate(sheet.row(row)):
            if cell.ctype in _WITHOUT_VALUE:
                continue
            if cell.xf_index in telling:
                found.put_format(row, column, known.index(telling[cell.xf_index]))
            if cell.xf_index in looks:
                found.put_font(row, column, looks[cell.xf_index])
    for row in range(sheet.nrows):
        for column, kind in enumerate(sheet.row_types(row)) if _FAULT in sheet.row_types(row) else ():
            if kind == _FAULT:
                found.texts[(row, column)] = error_text_from_code.get(sheet.cell_value(row, column), "#")
    for (row, column), runs in sheet.rich_text_runlist_map.items():
        cell = sheet.cell(row, column)
        texts = _runs(str(cell.value), [(0, book.xf_list[cell.xf_index].font_index), *runs], book.font_list)
        if any(style for _, style in texts):
            found.texts[(row, column)] = joined(texts)
        if is_struck_throughout(texts):
            found.put_font(row, column, Look.STRUCK)
    found.comments |= {place: note.text for place, note in sheet.cell_note_map.items()}
    found.merged += [((top, left), (below - 1, right - 1)) for top, below, left, right in sheet.merged_cells]
    book.unload_sheet(number)
    return replace(found.as_appearance(), shows_zeros=bool(sheet.show_zero_values))


def _look(book: Any, xf: Any) -> Look | None:
    """How the font of a style lets a value be seen ([MS-XLS] 2.5.161, 2.5.282)."""
    font = book.font_list[xf.font_index]
    of_ground = {0: _WINDOW, 1: xf.background.pattern_colour_index}.get(xf.background.fill_pattern)
    colour, ground = (_AUTOMATIC.get(index) or book.colour_map.get(index) for index in (font.colour_index, of_ground or -1))
    return look_of(is_struck=bool(font.struck_out), colour=colour, ground=ground)


def _runs(text: str, runs: Sequence[tuple[int, int]], fonts: Sequence[Any]) -> list[tuple[str, str]]:
    """The stretches of a text with how each is set. runs: (where it begins, index of its font), ascending."""
    ends = [*(begin for begin, _ in runs[1:]), len(text)]
    return [(text[begin:end], _style(fonts[font])) for (begin, font), end in zip(runs, ends, strict=True)]


def _style(font: Any) -> str:
    return {1: RAISED, 2: LOWERED}.get(font.escapement) or (STRUCK if font.struck_out else "")
