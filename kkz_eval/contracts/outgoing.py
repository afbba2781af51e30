"""What every workbook that leaves the house has in common: texts that stay texts, pages that print, nobody's name, no moment. No sheets.

Only values that were written on purpose go out: a workbook is always made anew, never a foreign one with parts taken away.
"""

from __future__ import annotations

import io
import math
import re
import zipfile
from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING

from openpyxl import Workbook
from openpyxl.packaging.core import DocumentProperties
from openpyxl.styles import Alignment, Font, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.page import PageMargins
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

if TYPE_CHECKING:
    from openpyxl.cell.cell import Cell

_FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")
_SPELLED = re.compile("[\x00-\x08\x0b-\x1f]|_(?=x[0-9A-Fa-f]{4}_)")  # not in XML (1.0, 2.2), or lost by its readers
_NO_CHARACTER = re.compile("[\ud800-\udfff\ufffe\uffff]")
_TIMES = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*(<)")
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip file can say
_HOUSE = "kkz-eval"
_MARGIN = 0.35  # inches; printers reach as far
_FOOT = "&P / &N"  # the page and how many there are, as spreadsheet programs write it

A4, A3 = Worksheet.PAPERSIZE_A4, Worksheet.PAPERSIZE_A3
PAGES: Mapping[str, float] = {A4: 131, A3: 188}
"""So wide may the columns of a sheet be together if its letters (11 points) are to be printed in 9 at least on a landscape page, also where a
program lacks the usual font and takes a wider one: by paper, the smallest first."""
LINE = 15.0
"""Height of a line, points."""
WRAP = Alignment(wrap_text=True, vertical="top")
HAIR = Side("hair", color="FF9AA5AE")
"""Between rows and cells."""


def empty_workbook() -> Workbook:
    """A workbook without a sheet."""
    book = Workbook()
    del book[book.sheetnames[0]]
    return book


@cache
def font(
    *, size: float = 11, bold: bool = False, italic: bool = False, color: str | None = None, underline: str | None = None
) -> Font:
    """The font of all cells, by its name: a style without one is drawn in whatever a program thinks of first. Each is made once."""
    return Font(name="Calibri", family=2, size=size, bold=bold, italic=italic, color=color, underline=underline)


def put_text(cell: Cell, value: str) -> None:
    """Write a text that stays a text: what begins like a formula is marked as text, so that no program ever computes it."""
    cell._value = writable(value)  # the setter would take "#N/A" for a fault and "=1" for a formula
    cell.data_type = "s"
    if value.startswith(_FORMULA_SIGNS):
        cell.quotePrefix = True


def writable(text: str) -> str:
    """A text as it may stand in any part of a workbook: control characters spelled, so that they are read back as they were."""
    return _SPELLED.sub(_spelled, _NO_CHARACTER.sub("\ufffd", text))


def _spelled(found: re.Match[str]) -> str:
    """A character as ST_Xstring writes it, so that it is read back as it was (ECMA-376 part 1, 22.9.2.19)."""
    return f"_x{ord(found.group()):04X}_"


def put_number(cell: Cell, value: float) -> None:
    """Write a number with all its digits; what is none (nan, without bound) is written as text."""
    if not math.isfinite(value):
        put_text(cell, str(value))
        return
    # The library writes 16 digits; a float may need 17 to be read back as the same one. A text in a cell of numbers it writes as it is.
    cell._value = value if float(f"{value:.16g}") == value else repr(value)
    cell.data_type = "n"


def n_lines(text: str, width: float) -> int:
    """How many lines a text takes in a column that is so many characters wide: words wrap, and those that are longer than a line are broken."""
    n = 0
    for paragraph in text.split("\n"):
        n, left = n + 1, width
        for word in paragraph.split():
            if len(word) > left and left < width:
                n, left = n + 1, width
            broken = max(0, math.ceil(len(word) / width) - 1)
            n, left = n + broken, left + broken * width - len(word) - 1
    return n


def narrowed(widths: Sequence[float], least: Sequence[float]) -> list[float]:
    """The widths of columns, in characters, made as small as it takes to get them on one page: of A4, else of A3; else as small as they may be.

    least: no column becomes narrower than that; what it can spare is in proportion to what it has above it.
    """
    for page in PAGES.values():
        spare = sum(widths) - sum(least)
        if sum(widths) <= page or sum(least) <= page:
            share = 0.0 if sum(widths) <= page else (sum(widths) - page) / spare
            return [width - share * (width - small) for width, small in zip(widths, least, strict=True)]
    return list(least)


def lay_out_for_print(sheet: Worksheet, head_row: int, n_columns: int, n_repeated: int = 0) -> None:
    """Print the first columns of a sheet on landscape pages, the head row on each; its cells and widths are written before.

    On A4, or on A3 where the letters would be smaller than nine points on A4. What is wider than that takes several pages beside each
    other, each with the first `n_repeated` columns, unless these take so much of an A3 page that no other finds room beside them.
    """
    last = sheet.cell(max(sheet.max_row, head_row), n_columns).coordinate
    sheet.print_area = f"A1:{last}"
    sheet.print_title_rows = f"{head_row}:{head_row}"
    widths = [float(sheet.column_dimensions[get_column_letter(column)].width) for column in range(1, n_columns + 1)]
    repeated, others = sum(widths[:n_repeated]), widths[n_repeated:]
    paper = next((paper for paper, page in PAGES.items() if sum(widths) <= page), "")
    if paper:
        n_wide = 1
    else:
        paper = next((paper for paper, page in PAGES.items() if repeated + max(others) <= page / 2), A3)
        room = PAGES[paper] - repeated
        if max(others) > room:
            repeated, others, room = 0.0, widths, PAGES[paper]
        n_wide = _n_pages(others, room)
        if repeated:
            sheet.print_title_cols = f"A:{get_column_letter(n_repeated)}"
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", paper
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = n_wide, 0  # as many pages below each other as it takes
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.page_margins = PageMargins(_MARGIN, _MARGIN, _MARGIN, 0.6, header=_MARGIN, footer=0.3)
    sheet.oddFooter.right.text = _FOOT


def _n_pages(widths: Sequence[float], room: float) -> int:
    """On how many pages columns find room, none of them cut."""
    n, left = 1, room
    for width in widths:
        if width > left and left < room:
            n, left = n + 1, room
        left -= width
    return n


def bytes_of(workbook: Workbook) -> bytes:
    """The .xlsx file of a workbook: the same cells give the same bytes, and its properties name the house and its title alone."""
    workbook.properties = DocumentProperties(creator=_HOUSE, title=workbook.properties.title)
    drawn = io.BytesIO()
    workbook.save(drawn)
    settled = io.BytesIO()
    with zipfile.ZipFile(drawn) as source, zipfile.ZipFile(settled, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as target:
        for entry in source.infolist():
            content = source.read(entry)
            if entry.filename == "docProps/core.xml":
                content = _TIMES.sub(rb"\g<1>1980-01-01T00:00:00Z\g<2>", content)
            target.writestr(zipfile.ZipInfo(entry.filename, _EPOCH), content, zipfile.ZIP_DEFLATED)
    return settled.getvalue()
