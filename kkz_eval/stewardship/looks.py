"""How the cells of a delivered .xlsx look, and bringing it over to a new workbook. No values of cells.

What may come over is listed here, everything else stays behind: number formats, fonts, fills, borders, alignments, widths and heights,
frozen panes. The library that writes workbooks also reads the looks, from a package that holds nothing else: a picture, a link or a macro
never reaches it. What decides how a cell is read (hidden, formats that tell, days) is in the sheets themselves and not here.
"""

from __future__ import annotations

import io
import posixpath
import re
import warnings
import zipfile
from collections.abc import Callable, Mapping
from copy import copy
from xml.etree import ElementTree
from xml.sax.saxutils import quoteattr

from openpyxl import load_workbook
from openpyxl.cell.cell import ERROR_CODES, Cell
from openpyxl.styles import Font
from openpyxl.styles.cell_style import StyleArray
from openpyxl.styles.numbers import is_date_format
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.dimensions import ColumnDimension, RowDimension
from openpyxl.worksheet.worksheet import Worksheet

_WIDEST, _HIGHEST = 255, 409  # characters of a column, points of a row
_LONGEST_FORMAT = 255
_FONT_NAME = re.compile(r"[\w .-]{1,31}")

_MAIN = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_STRICT = b"http://purl.oclc.org/ooxml/spreadsheetml/main"  # ECMA-376 part 1; the other one is of part 4, and usual
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_ROOT = re.compile(rb"<((?:\w+:)?)worksheet\b[^>]*>")
_CELLS = re.compile(rb"<(?:\w+:)?sheetData\b.*</(?:\w+:)?sheetData>", re.DOTALL)
_BEFORE = re.compile(rb"<(?:\w+:)?(sheetViews|cols)\b.*?</(?:\w+:)?\1>", re.DOTALL)
_CELL = re.compile(rb"<(?:\w+:)?c[ >]")


Looks = Mapping[str, Worksheet]
"""How the sheets of a workbook look, by name, as the library reads them."""


def looks_of(data: bytes, most_cells: int) -> Looks | None:
    """How a workbook looks; None where more cells than `most_cells` have a look.

    Raises whatever the library stumbles over: what it can't read (.ods among it) has no looks for it.
    """
    reduced = _reduced(data, most_cells)
    if reduced is None:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        book = load_workbook(io.BytesIO(reduced))
    return {sheet.title: sheet for sheet in book.worksheets}


def _reduced(data: bytes, most_cells: int) -> bytes | None:
    """The package with its cells, their styles and nothing else; None where there are too many cells."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = {name.replace("\\", "/").lstrip("/"): name for name in archive.namelist()}

        def part(name: str) -> bytes:
            return archive.read(names[name]).replace(_STRICT, _MAIN)

        targets = {
            rel.get("Id"): posixpath.normpath(posixpath.join("/xl", rel.get("Target", ""))).lstrip("/")
            for rel in ElementTree.fromstring(part("xl/_rels/workbook.xml.rels"))
        }
        book = ElementTree.fromstring(part("xl/workbook.xml"))
        kept: dict[str, bytes] = {}
        listed = []
        for sheet in (of for of in book.iter() if _local(of.tag) == "sheet"):
            target = targets.get(next((value for name, value in sheet.items() if _local(name) == "id"), None), "")
            cells = _cells_of(part(target)) if target in names else None
            if cells is not None:
                kept[f"xl/worksheets/sheet{len(kept) + 1}.xml"] = cells
                listed.append(f'<sheet name={quoteattr(sheet.get("name", ""))} sheetId="{len(kept)}" r:id="rId{len(kept)}"/>')
        if sum(len(_CELL.findall(cells)) for cells in kept.values()) > most_cells:
            return None
        others: dict[str, bytes] = {name: part(name) for name in ("xl/styles.xml", "xl/sharedStrings.xml") if name in names}
    workbook = f'<workbook xmlns="{_MAIN.decode()}" xmlns:r="{_OFFICE}"><sheets>{"".join(listed)}</sheets></workbook>'
    return _package({"xl/workbook.xml": workbook.encode(), **kept, **others})


def _cells_of(sheet: bytes) -> bytes | None:
    """A sheet with its cells, widths and panes alone (they come in this order: ECMA-376 part 1, 18.3.1.99); None for a sheet of none."""
    root, cells = _ROOT.search(sheet), _CELLS.search(sheet)
    if root is None or cells is None:
        return None
    before = b"".join(found.group() for found in _BEFORE.finditer(sheet[: cells.start()]))
    return root.group() + before + cells.group() + b"</" + root.group(1) + b"worksheet>"


def _package(parts: Mapping[str, bytes]) -> bytes:
    kinds = {"xl/workbook.xml": "sheet.main", "xl/styles.xml": "styles", "xl/sharedStrings.xml": "sharedStrings"}
    overrides = "".join(
        f'<Override PartName="/{name}" ContentType="{_TYPES}.{kinds.get(name, "worksheet")}+xml"/>' for name in parts
    )
    defaults = '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    links = "".join(
        f'<Relationship Id="rId{number}" Type="{_OFFICE}/{kinds.get(name, "worksheet")}" Target="/{name}"/>'
        for number, name in enumerate(list(parts)[1:], start=1)
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("[Content_Types].xml", f'<Types xmlns="{_PACKAGE}/content-types">{defaults}{overrides}</Types>')
        archive.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{_PACKAGE}/relationships">'
            f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        )
        archive.writestr("xl/_rels/workbook.xml.rels", f'<Relationships xmlns="{_PACKAGE}/relationships">{links}</Relationships>')
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def bring_over(source: Worksheet, target: Worksheet) -> list[tuple[int, int]]:
    """Give a sheet whose values are written the looks of another; returns (row, column) of formulas whose cell is empty."""
    style_of = _styles(target)
    without_result = []
    for (row, column), cell in sorted(source._cells.items()):
        written = target._cells.get((row, column))
        if written is None:
            if not (cell.has_style or cell.data_type in ("e", "f")):
                continue
            written = target.cell(row, column)
        own_format, is_marked = written.number_format, written.quotePrefix
        written._style = style_of(cell)
        written.quotePrefix = is_marked
        if written.data_type == "d" and not is_date_format(written.number_format):
            written.number_format = own_format
        if cell.data_type == "e" and cell.value in ERROR_CODES:
            written._value, written.data_type = cell.value, "e"
        if cell.data_type == "f" and written.value is None:
            without_result.append((row, column))
    for letter, width in source.column_dimensions.items():
        brought = ColumnDimension(target, index=letter, min=width.min, max=width.max)
        brought.width = min(max(float(width.width), 0.0), _WIDEST)
        if width._style is not None:
            brought._style = style_of(width)
        target.column_dimensions[letter] = brought
    for row, height in source.row_dimensions.items():
        if height.ht is not None:
            target.row_dimensions[row] = RowDimension(target, index=row, ht=min(max(float(height.ht), 0.0), _HIGHEST))
    pane = source.sheet_view.pane if source.views.sheetView else None
    if pane is not None and pane.state in ("frozen", "frozenSplit"):
        target.freeze_panes = f"{get_column_letter(int(pane.xSplit or 0) + 1)}{int(pane.ySplit or 0) + 1}"
    return without_result


def _styles(target: Worksheet) -> Callable[[Cell | ColumnDimension], StyleArray]:
    """From a cell or a column of one workbook to its style in another, each distinct one made once."""
    made: dict[tuple[int, ...], StyleArray] = {}

    def style_of(cell: Cell | ColumnDimension) -> StyleArray:
        key = tuple(cell._style)
        if key not in made:
            model = Cell(target, row=1, column=1)
            font, code = copy(cell.font), str(cell.number_format)
            if font.name is not None and not _FONT_NAME.fullmatch(font.name):
                font.name = Font().name
            model.font, model.fill, model.border, model.alignment = font, copy(cell.fill), copy(cell.border), copy(cell.alignment)
            model.number_format = code if len(code) <= _LONGEST_FORMAT else "General"
            made[key] = model._style
        return copy(made[key])

    return style_of
