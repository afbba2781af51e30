"""What a person sees of the sheets of an .ods, from the XML of its content. No values of cells but texts with raised signs.

Sources: ODF 1.3 part 3, 9.1 (tables), 9.4.1 (null-date), 16.29 (data styles), 19.749 and 20.388 (visibility, text-position).
"""

from __future__ import annotations

import math
import re
from collections.abc import Container, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from kkz_eval.deliveries.text.raised import LOWERED, RAISED, STRUCK, joined
from kkz_eval.deliveries.workbook.appearance import LEAST_SEEN, Appearance, Collected
from kkz_eval.deliveries.workbook.fonts import BLACK, WHITE, Colour, Look, is_struck_throughout, look_of, of_hexadecimal
from kkz_eval.deliveries.workbook.number_formats import GENERAL, is_telling
from kkz_eval.deliveries.workbook.parts import ODS_CONTENT, Parts, local, stream
from kkz_eval.model.spreadsheet_dates import DAY_ZERO

_STYLES, _SETTINGS = "styles.xml", "settings.xml"
_ZEROS = "ShowZeroValues"
_BODY, _END = b"<office:body", b"</office:document-content>"  # where the styles end, and what closes them
_CELLS = frozenset(["table:table-cell", "table:covered-table-cell"])  # the reading library knows them by these names only
_DATA_STYLES = frozenset(["number-style", "percentage-style", "currency-style", "text-style", "boolean-style"])
_DAY_STYLES = frozenset(["date-style", "time-style"])
_LITERALS = frozenset(["text", "currency-symbol", "embedded-text"])
_LENGTH = re.compile(r"([0-9.]+)([a-z]+)")
_POINTS = {"pt": 1.0, "in": 72.0, "cm": 72 / 2.54, "mm": 7.2 / 2.54, "pc": 12.0, "px": 0.75}  # of each unit of a length
_FAULT = b'value-type="error'


@dataclass
class _Styles:
    """What the styles say, by their names: data style and parent of cells, how text is set, which rows and columns have no size."""

    data: dict[str, str] = field(default_factory=dict)  # style of cells to data style
    parents: dict[str, str] = field(default_factory=dict)
    codes: dict[str, str] = field(default_factory=dict)  # data style to its code, in the notation of Excel
    conditions: dict[str, list[tuple[str, str]]] = field(default_factory=dict)  # data style to (condition, data style that holds)
    texts: dict[str, str] = field(default_factory=dict)  # RAISED, LOWERED, STRUCK
    without_size: set[str] = field(default_factory=set)
    struck: dict[str, bool] = field(default_factory=dict)  # of styles of cells that say so
    colours: dict[str, Colour | None] = field(default_factory=dict)
    grounds: dict[str, Colour | None] = field(default_factory=dict)
    telling: dict[str, str | None] = field(default_factory=dict)
    looks: dict[str, Look | None] = field(default_factory=dict)

    def look_of(self, style: str) -> Look | None:
        """How the font of a style of cells lets a value be seen."""
        if style not in self.looks:
            struck, colour, ground = (self._said(of, style) for of in (self.struck, self.colours, self.grounds))
            self.looks[style] = look_of(
                is_struck=self.struck.get(struck, False),
                colour=self.colours.get(colour, BLACK),
                ground=self.grounds.get(ground, WHITE),
            )
        return self.looks[style]

    def _said(self, of: Container[str], style: str) -> str:
        """The style itself or the nearest that it comes from which says something; the last where none does."""
        name, seen = style, set[str]()
        while name not in of and name in self.parents and name not in seen:
            seen.add(name)
            name = self.parents[name]
        return name

    def code_of(self, style: str) -> str | None:
        """The code of the format of a style of cells, where it can show another number than the cell holds; else None."""
        if style not in self.telling:
            code = self._whole(self.data.get(self._said(self.data, style), ""))
            self.telling[style] = code if is_telling(code) else None
        return self.telling[style]

    def _whole(self, data_style: str) -> str:
        """A data style with those that hold under conditions, each a section of one code."""
        sections = [
            f"[{condition}]{self.codes.get(other, GENERAL)}" for condition, other in self.conditions.get(data_style, [])[:3]
        ]
        return ";".join([*sections, self.codes.get(data_style, GENERAL)])


def appearances(parts: Parts) -> dict[str, Appearance]:
    """By name of the sheet. Raises XmlError where the content can't be gone through."""
    content = parts.read(ODS_CONTENT)
    styles = _Styles()
    body = content.find(_BODY)
    for data in (parts.read(_STYLES), content if body < 0 else content[:body] + _END):
        if data:
            _read_styles(data, styles)
    sheets = _Sheets(styles)
    has_texts = bool(styles.texts) or any(word in content for word in (_FAULT, b"annotation"))
    has_ends = has_texts or b"-group" in content
    stream(content, sheets.start, *([sheets.end] if has_ends else []), *([sheets.text] if has_texts else []))
    without_zeros = _without_zeros(parts.read(_SETTINGS))
    return {
        name: replace(sheet.as_appearance(), shows_zeros=name not in without_zeros and "" not in without_zeros)
        for name, sheet in sheets.found.items()
    }


def _without_zeros(settings: bytes) -> set[str]:
    """The names of the sheets whose view shows no zeros; "" where that is said of all (3.10.2: settings of views, one or one for each sheet)."""
    found: set[str] = set()
    if _ZEROS.encode() not in settings:
        return found
    entries: list[str] = []
    is_value = False

    def start(element: str, given: dict[str, str]) -> None:
        nonlocal is_value
        kind, attributes = local(element), _local(given)
        if kind == "config-item-map-entry":
            entries.append(attributes.get("name", ""))
        is_value = kind == "config-item" and attributes.get("name") == _ZEROS

    def end(element: str) -> None:
        nonlocal is_value
        is_value = False
        if local(element) == "config-item-map-entry":
            entries.pop()

    def text(text: str) -> None:
        if is_value and text.strip() == "false":
            found.add(entries[-1] if entries else "")

    stream(settings, start, end, text)
    return found


def _read_styles(data: bytes, styles: _Styles) -> None:
    name = family = ""  # of the style at hand
    data_style = ""
    code: list[str] = []
    kind_of_text, behind = "", 0  # element whose text belongs to the code, and how many digits follow it

    def start(element: str, given: dict[str, str]) -> None:
        nonlocal name, family, data_style, kind_of_text, behind
        kind, attributes = local(element), _local(given)
        if kind == "style":
            name, family = attributes.get("name", ""), attributes.get("family", "")
            if family == "table-cell":
                styles.parents[name] = attributes.get("parent-style-name", "")
                if "data-style-name" in attributes:
                    styles.data[name] = attributes["data-style-name"]
        elif kind in _DATA_STYLES or kind in _DAY_STYLES:
            data_style = attributes.get("name", "")
            code[:] = [{"percentage-style": "%"}.get(kind, "yyyy" if kind in _DAY_STYLES else "")]
        elif kind == "map" and data_style:
            condition = attributes.get("condition", "").replace("value()", "").replace("!=", "<>").replace(" ", "")
            styles.conditions.setdefault(data_style, []).append((condition, attributes.get("apply-style-name", "")))
        elif data_style:
            code.append(_places(kind, attributes))
            kind_of_text, behind = kind, int(attributes.get("position", "0"))
        elif kind == "text-properties" and family == "text" and _set(attributes):
            styles.texts[name] = _set(attributes)
        elif kind in ("text-properties", "table-cell-properties") and family == "table-cell":
            _read_look(name, attributes, styles)
        elif _is_unseen(attributes.get("row-height", attributes.get("column-width", ""))):
            styles.without_size.add(name)

    def end(element: str) -> None:
        nonlocal data_style, kind_of_text
        kind_of_text, kind = "", local(element)
        if kind in _DATA_STYLES or kind in _DAY_STYLES:
            styles.codes[data_style] = "".join(code)
            data_style = ""

    def text(text: str) -> None:
        if kind_of_text in _LITERALS:
            is_sign = code[0] == "%" and text.strip() == "%"  # of a percentage style, which multiplies by itself
            code.append("" if is_sign else "".join(f"\\{sign}" for sign in text))
            code.append("0" * min(behind, 15) if kind_of_text == "embedded-text" else "")

    stream(data, start, end, text)


def _read_look(name: str, attributes: Mapping[str, str], styles: _Styles) -> None:
    """What properties of a style of cells say of its font and its ground (20.196, 20.385, 20.183)."""
    for line in ("text-line-through-style", "text-line-through-type"):
        if line in attributes:
            styles.struck[name] = attributes[line] != "none"
    if attributes.get("use-window-font-color") == "true":
        styles.colours[name] = BLACK
    elif "color" in attributes:
        styles.colours[name] = of_hexadecimal(attributes["color"])
    if "background-color" in attributes:
        ground = attributes["background-color"]
        styles.grounds[name] = WHITE if ground == "transparent" else of_hexadecimal(ground)


def _places(kind: str, attributes: Mapping[str, str]) -> str:
    """The part of a code for one element of a data style."""
    if kind == "number":
        factor = float(attributes.get("display-factor", "1"))
        return "0" + "," * max(round(math.log10(factor) / 3), 0) if factor > 0 else "0"
    return {"scientific-number": "0E+0", "fraction": "# ?/?", "text-content": "@", "boolean": GENERAL}.get(kind, "")


def _is_unseen(length: str) -> bool:
    """Whether a row or column of a length can't be seen."""
    found = _LENGTH.fullmatch(length)
    return found is not None and float(found[1]) * _POINTS.get(found[2], 1.0) < LEAST_SEEN


def _set(attributes: Mapping[str, str]) -> str:
    """How a text is set: RAISED, LOWERED, STRUCK or ""."""
    position = attributes.get("text-position", "").split(" ")[0]
    if position.startswith("super") or (position.endswith("%") and not position.startswith(("-", "0"))):
        return RAISED
    if position.startswith(("sub", "-")):
        return LOWERED
    return STRUCK if attributes.get("text-line-through-style", "none") != "none" else ""


def _local(given: Mapping[str, str]) -> dict[str, str]:
    return {local(key): value for key, value in given.items()}


class _Sheets:
    """The sheets while the elements of the content are read."""

    def __init__(self, styles: _Styles) -> None:
        self.found: dict[str, Collected] = {}
        self._styles = styles
        self._day_zero = DAY_ZERO
        self._codes: list[str] = []  # shared by all sheets
        self._sheet = Collected(self._codes)
        self._columns: list[tuple[int, str]] = []  # (last, default style) of the columns, ascending
        self._row, self._column, self._rows, self._row_style = (
            -1,
            -1,
            1,
            "",
        )  # the last row and column so far, how often it is repeated
        self._places: list[tuple[int, int]] = []  # of the cell at hand
        self._runs: list[tuple[str, str]] = []
        self._spans: list[str] = []  # how the text at hand is set, from the outside in
        self._hidden_groups: list[bool] = []
        self._note: list[str] = []
        self._is_text, self._in_text, self._in_note, self._is_fault = False, False, False, False

    def start(self, element: str, given: dict[str, str]) -> None:
        """What to do at the start of an element."""
        if element in _CELLS:
            self._cell(given)
            return
        kind = local(element)
        if kind == "table-row":
            self._begin_row(_local(given))
        elif kind == "table-column":
            self._add_columns(_local(given))
        elif kind == "table":
            self._begin_sheet(_local(given).get("name", ""))
        elif kind in ("table-row-group", "table-column-group"):
            self._hidden_groups.append(_local(given).get("display") == "false")
        elif kind == "null-date":
            self._day_zero = date.fromisoformat(_local(given).get("date-value", DAY_ZERO.isoformat()))
        elif kind == "annotation":
            self._in_note, self._note = True, []
        elif self._in_note and kind == "p":
            self._in_text = True
            self._note += ["\n"] if self._note else []
        elif self._is_text and not self._in_note:
            self._begin_text(kind, _local(given))

    def end(self, element: str) -> None:
        """What to do at the end of an element."""
        kind = local(element)
        if kind in ("table-row-group", "table-column-group"):
            self._hidden_groups.pop()
        elif kind == "annotation":
            self._in_note = self._in_text = False
            self._sheet.comments[self._row, self._column] = "".join(self._note)
        elif kind == "p":
            self._in_text = False
        elif kind == "span" and self._spans:
            self._spans.pop()
        elif kind == "table-cell" and (self._is_fault or any(style for _, style in self._runs)):
            self._sheet.texts.update(dict.fromkeys(self._places, joined(self._runs)))
            for row, column in self._places if is_struck_throughout(self._runs) else ():
                self._sheet.put_font(row, column, Look.STRUCK)

    def text(self, text: str) -> None:
        """What to do with a text."""
        if self._in_text and self._in_note:
            self._note.append(text)
        elif self._in_text:
            self._runs.append((text, self._spans[-1] if self._spans else ""))

    def _begin_sheet(self, name: str) -> None:
        self._sheet = self.found[name] = Collected(self._codes, self._day_zero)
        self._columns = []
        self._row, self._rows = -1, 1

    def _add_columns(self, attributes: Mapping[str, str]) -> None:
        first = self._columns[-1][0] + 1 if self._columns else 0
        last = first + int(attributes.get("number-columns-repeated", "1")) - 1
        self._columns.append((last, attributes.get("default-cell-style-name", "")))
        if self._is_hidden(attributes):
            self._sheet.hidden_columns.append((first, last))

    def _begin_row(self, attributes: Mapping[str, str]) -> None:
        self._row += self._rows
        self._rows = int(attributes.get("number-rows-repeated", "1"))
        self._row_style, self._column = attributes.get("default-cell-style-name", ""), -1
        if self._is_hidden(attributes):
            self._sheet.hide_rows(self._row, self._row + self._rows - 1)

    def _is_hidden(self, attributes: Mapping[str, str]) -> bool:
        invisible = attributes.get("visibility", "visible") != "visible"
        return invisible or any(self._hidden_groups) or attributes.get("style-name") in self._styles.without_size

    def _cell(self, attributes: Mapping[str, str]) -> None:
        first, n = self._column + 1, int(attributes.get("table:number-columns-repeated", 1))
        self._column += n
        self._runs, self._places = [], []
        kind = attributes.get("office:value-type")
        self._is_fault = attributes.get("calcext:value-type") == "error"  # which the reading library leaves empty
        self._is_text = self._is_fault or (kind == "string" and bool(self._styles.texts))
        if kind is None:
            if "table:formula" in attributes:
                self._sheet.without_result |= {(self._row, column) for column in range(first, first + n)}
            return
        down = int(attributes.get("table:number-rows-spanned", 1))
        right = int(attributes.get("table:number-columns-spanned", 1))
        if down > 1 or right > 1:
            self._sheet.merged.append(((self._row, first), (self._row + down - 1, first + right - 1)))
        style = attributes.get("table:style-name") or self._row_style
        columns = range(first, first + n)
        if self._is_text:
            self._places = [(row, column) for row in range(self._row, self._row + self._rows) for column in columns]
        for column in columns:
            own = style or self._column_style(column)
            code, look = self._styles.code_of(own), self._styles.look_of(own)
            if code is not None:
                self._put_format(column, code)
            if look is not None:
                for row in range(self._row, self._row + self._rows):
                    self._sheet.put_font(row, column, look)

    def _put_format(self, column: int, code: str) -> None:
        if code not in self._codes:
            self._codes.append(code)
        for row in range(self._row, self._row + self._rows):
            self._sheet.put_format(row, column, self._codes.index(code))

    def _column_style(self, column: int) -> str:
        return next((style for last, style in self._columns if column <= last), "")

    def _begin_text(self, kind: str, attributes: Mapping[str, str]) -> None:
        if kind == "p":
            self._in_text = True
            self._runs += [("\n", "")] if self._runs else []
        elif kind == "span":
            self._spans.append(self._styles.texts.get(attributes.get("style-name", ""), ""))
        elif kind == "s":
            self.text(" " * int(attributes.get("c", "1")))
        elif kind in ("tab", "line-break"):
            self.text("\t" if kind == "tab" else "\n")
