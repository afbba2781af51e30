"""What a person sees of the sheets of an .xlsx or .xlsm, from the XML of its parts. No values of cells but texts with raised signs.

A sheet is gone through only where its bytes, the styles or the shared texts say that there may be something. Sources: ECMA-376 part 1,
18.2.28 (workbookPr), 18.3.1.4 (c), 18.3.1.13 (col), 18.3.1.73 (row), 18.4.4 (r), 18.4.9 (sst), 18.8.10 (cellXfs), 18.8.19 (color),
18.8.21 (fill), 18.8.22 (font), 18.8.31 (numFmts).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import NamedTuple

from kkz_eval.deliveries.text.raised import LOWERED, RAISED, STRUCK, joined
from kkz_eval.deliveries.workbook.appearance import LEAST_SEEN, PLAIN, UNKNOWN, Appearance, Collected
from kkz_eval.deliveries.workbook.conditional_formats import Way, conditionals
from kkz_eval.deliveries.workbook.fonts import BLACK, WHITE, Colour, Look, is_struck_throughout, look_of, of_hexadecimal, tinted
from kkz_eval.deliveries.workbook.number_formats import BUILT_IN, GENERAL, is_telling
from kkz_eval.deliveries.workbook.parts import Parts, XmlError, local, stream
from kkz_eval.model.identifiers import column_number
from kkz_eval.model.spreadsheet_dates import DAY_ZERO, DAY_ZERO_1904

_HIDING = (  # each begins with letters, so that a search flies over the rest
    re.compile(rb"""hidden\s*=\s*["'](?!(?:0|false)["'])"""),
    re.compile(rb"""ht\s*=\s*["']0?(?:\.|["'])"""),
    re.compile(rb"""width\s*=\s*["']0?(?:\.|["'])"""),
)
_WITHOUT_ZEROS = rb"""showZeros\s*=\s*["'](?:0|false)["']"""
_RUNS = (b"vertAlign", b"strike")
_FAULTS = (b' t="e"', b" t='e'")  # cells with error values such as #N/A, which the reading library leaves empty
_FORMULAS = (b"<f>", b"<f ", b":f>", b":f ")
_ADDRESS = re.compile(r"([A-Za-z]{1,3})([0-9]{1,9})")
_COMMENTS, _KINDS_OF_COMMENTS = ("comment", "threadedComment"), ("comments", "threadedcomment")  # elements, relations
_FALSE = ("0", "false")
_NARROWEST = 0.2  # digits that a column is wide, where it is seen at all


def appearances(parts: Parts) -> dict[str, Appearance]:
    """By name of the sheet; one of which there is nothing to tell may be left out. UNKNOWN for one that can't be gone through.

    Raises XmlError where that is so for all.
    """
    workbook = parts.workbook
    if workbook is None:
        return {}
    sheets, day_zero = _sheets(parts.read(workbook))
    related = parts.related(workbook)
    by_kind = {relation.kind: relation.target for relation in related}
    by_identifier = {relation.identifier: relation.target for relation in related}
    styles = _telling_styles(parts.read(by_kind.get("styles", "")))
    raised = _raised_texts(parts.read(by_kind.get("sharedStrings", "")))
    found: dict[str, Appearance] = {}
    for name, identifier in sheets:
        data = parts.read(by_identifier.get(identifier, ""))
        if (
            styles.formats
            or styles.fonts
            or raised
            or _may_hide(data)
            or any(word in data for word in (*_RUNS, *_FAULTS, *_FORMULAS))
        ):
            found[name] = _appearance(data, styles, raised, day_zero)
        elif day_zero != DAY_ZERO:
            found[name] = Appearance(day_zero=day_zero)
        rules = conditionals(data, styles.ways)
        shows_zeros = b"showZeros" not in data or re.search(_WITHOUT_ZEROS, data) is None
        if rules or not shows_zeros:
            found[name] = replace(found.get(name, PLAIN), conditionals=rules, shows_zeros=shows_zeros)
        comments = _comments(parts, by_identifier.get(identifier, ""))
        if comments:
            found[name] = replace(found.get(name, PLAIN), comments=comments)
    return found


def _comments(parts: Parts, sheet: str) -> dict[tuple[int, int], str]:
    """The comments on the cells of a sheet, by 0-based row and column (18.7.3, and threadedComment of [MS-XLSX] 2.6.205)."""
    found: dict[tuple[int, int], str] = {}
    place: tuple[int, int] | None = None

    def start(element: str, attributes: dict[str, str]) -> None:
        nonlocal place
        address = _ADDRESS.fullmatch(attributes.get("ref", ""))
        if address is not None and local(element) in _COMMENTS:
            place = int(address[2]) - 1, column_number(address[1]) - 1

    def end(element: str) -> None:
        nonlocal place
        if local(element) in _COMMENTS:
            place = None

    def text(text: str) -> None:
        if place is not None:
            found[place] = found.get(place, "") + text

    for relation in parts.related(sheet):
        if relation.kind.casefold() in _KINDS_OF_COMMENTS and relation.target in parts.named:
            stream(parts.read(relation.target), start, end, text)
    return found


def _may_hide(sheet: bytes) -> bool:
    """Whether the bytes of a sheet may hide a row or column: no other attribute ends like one that does (right="0" is none)."""
    return any(not sheet[at.start() - 1 : at.start()].isalpha() for sign in _HIDING for at in sign.finditer(sheet))


def _sheets(workbook: bytes) -> tuple[list[tuple[str, str]], date]:
    """(names of the sheets with the identifiers of their relations, day 0 of the workbook)."""
    sheets: list[tuple[str, str]] = []
    day_zero = DAY_ZERO

    def start(element: str, attributes: dict[str, str]) -> None:
        nonlocal day_zero
        name = local(element)
        if name == "sheet":
            identifier = next((value for key, value in attributes.items() if ":" in key and local(key) == "id"), "")
            sheets.append((attributes.get("name", ""), identifier))
        elif name == "workbookPr" and attributes.get("date1904", "0") not in _FALSE:
            day_zero = DAY_ZERO_1904

    stream(workbook, start)
    return sheets, day_zero


@dataclass
class _Styles:
    """What styles of cells, by their index, show otherwise than plainly: codes of number formats, looks of fonts.

    ways: likewise, of differential formats, which hold under conditions.
    """

    formats: dict[str, str] = field(default_factory=dict)
    fonts: dict[str, Look] = field(default_factory=dict)
    ways: dict[str, Way] = field(default_factory=dict)


class _StylesRead:
    """The styles while their elements are read."""

    def __init__(self) -> None:
        self.found = _Styles()
        self._codes: dict[str, str] = {str(number): code for number, code in BUILT_IN.items()}
        self._fonts: list[tuple[bool, Colour | None]] = []  # whether struck, colour
        self._grounds: list[Colour | None] = []
        self._n_styles = self._n_differential = 0
        self._part = ""  # of the differential format at hand
        self._code, self._is_struck = "", False
        self._colour: Colour | None = BLACK
        self._ground: Colour | None = WHITE
        self._inside, self._is_solid = "", False

    def start(self, element: str, attributes: dict[str, str]) -> None:
        """What to do at the start of an element."""
        name = local(element)
        if name in ("numFmts", "fonts", "fills", "borders", "cellXfs", "cellStyleXfs", "dxfs"):
            self._inside = name
        elif self._inside == "numFmts" and name == "numFmt":
            self._codes[attributes.get("numFmtId", "")] = attributes.get("formatCode", GENERAL)
        elif self._inside == "fonts":
            self._font(name, attributes)
        elif self._inside == "fills":
            self._fill(name, attributes)
        elif self._inside == "cellXfs" and name == "xf":
            self._style(attributes)
        elif self._inside == "dxfs":
            self._differential(name, attributes)

    def _font(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "font":
            self._fonts.append((False, BLACK))
        elif name == "strike":
            self._fonts[-1] = (attributes.get("val", "1") not in _FALSE, self._fonts[-1][1])
        elif name == "color":
            self._fonts[-1] = (self._fonts[-1][0], _colour(attributes, BLACK))

    def _fill(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "fill":
            self._grounds.append(None)
        elif name == "patternFill" and attributes.get("patternType", "none") == "none":
            self._grounds[-1] = WHITE
        elif name == "patternFill":
            self._is_solid = attributes["patternType"] == "solid"
        elif name == "fgColor" and self._is_solid:
            self._grounds[-1] = _colour(attributes, BLACK)

    def _style(self, attributes: Mapping[str, str]) -> None:
        style, number = str(self._n_styles), attributes.get("numFmtId", "0")
        self._n_styles += 1
        if number in self._codes and is_telling(self._codes[number]):
            self.found.formats[style] = self._codes[number]
        font, fill = (int(attributes.get(of, "0")) for of in ("fontId", "fillId"))
        is_struck, colour = self._fonts[font] if font < len(self._fonts) else (False, None)
        look = look_of(is_struck=is_struck, colour=colour, ground=self._grounds[fill] if fill < len(self._grounds) else None)
        if look is not None:
            self.found.fonts[style] = look

    def _differential(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "dxf":
            self._n_differential += 1
            self._code, self._is_struck = "", False
            self._colour, self._ground = BLACK, WHITE
        elif name in ("font", "fill", "border"):
            self._part = name
        elif name == "numFmt":
            self._code = attributes.get("formatCode", "")
        elif name == "strike":
            self._is_struck = attributes.get("val", "1") not in _FALSE
        elif name == "color" and self._part == "font":
            self._colour = _colour(attributes, BLACK)
        elif name == "bgColor":  # of a solid filling here, not its fgColor (18.8.14)
            self._ground = _colour(attributes, WHITE)
        look = look_of(is_struck=self._is_struck, colour=self._colour, ground=self._ground)
        way = Way(self._code if self._code and is_telling(self._code) else "", look)
        self.found.ways.pop(str(self._n_differential - 1), None)
        if way.code or way.look is not None:
            self.found.ways[str(self._n_differential - 1)] = way


def _colour(attributes: Mapping[str, str], automatic: Colour) -> Colour | None:
    """A colour (18.8.19); automatic: what it is where the program chooses."""
    if "rgb" in attributes:
        return of_hexadecimal(attributes["rgb"])
    if "theme" in attributes:
        number = attributes["theme"]
        return tinted({"0": WHITE, "1": BLACK}.get(number, f"theme {number}"), float(attributes.get("tint", "0")))
    if "indexed" in attributes:
        number = attributes["indexed"]
        return {"0": BLACK, "8": BLACK, "64": BLACK, "1": WHITE, "9": WHITE, "65": WHITE}.get(number, f"indexed {number}")
    return automatic


def _telling_styles(styles: bytes) -> _Styles:
    """The styles of cells that can show another number than the cell holds, or that strike it out or hide it."""
    read = _StylesRead()
    if styles:
        stream(styles, read.start)
    return read.found


class _Raised(NamedTuple):
    """A text with raised, lowered or struck-out signs; is_struck: whether all of it is struck out."""

    text: str
    is_struck: bool


class _Runs:
    """The runs of one rich text while its elements are read; the readings of East Asian signs (rPh) are none of it."""

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Forget the text so far."""
        self._runs: list[tuple[str, str]] = []
        self._style, self._is_text, self._is_reading = "", False, False

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """What to do at the start of an element."""
        if name == "r":
            self._style = ""
        elif name == "vertAlign" and attributes.get("val") in (RAISED, LOWERED):
            self._style = attributes["val"]
        elif name == "strike" and attributes.get("val", "1") not in _FALSE:
            self._style = STRUCK
        elif name == "rPh":
            self._is_reading = True
        self._is_text = name == "t" and not self._is_reading

    def end(self, name: str) -> None:
        """What to do at the end of an element."""
        self._is_text = False
        if name == "r":
            self._style = ""
        elif name == "rPh":
            self._is_reading = False

    def text(self, text: str) -> None:
        """What to do with a text."""
        if self._is_text:
            self._runs.append((text, self._style))

    def raised(self) -> _Raised | None:
        """The text; None where no run of it is raised, lowered or struck out."""
        if not any(style for _, style in self._runs):
            return None
        return _Raised(joined(self._runs), is_struck_throughout(self._runs))


def _raised_texts(shared: bytes) -> dict[str, _Raised]:
    """The shared texts with raised, lowered or struck-out runs, by their index."""
    found: dict[str, _Raised] = {}
    if not any(word in shared for word in _RUNS):
        return found
    number = 0
    runs = _Runs()

    def start(element: str, attributes: dict[str, str]) -> None:
        name = local(element)
        if name == "si":
            runs.begin()
        runs.start(name, attributes)

    def end(element: str) -> None:
        nonlocal number
        name = local(element)
        runs.end(name)
        if name == "si":
            raised = runs.raised()
            if raised is not None:
                found[str(number)] = raised
            number += 1

    stream(shared, start, end, runs.text)
    return found


def _appearance(data: bytes, styles: _Styles, raised: Mapping[str, _Raised], day_zero: date) -> Appearance:
    codes = tuple(dict.fromkeys(styles.formats.values()))
    which = {style: codes.index(code) for style, code in styles.formats.items()}
    sheet = _Sheet(Collected(codes, day_zero), which, styles.fonts, raised)
    has_texts = bool(raised) or any(word in data for word in (*_RUNS, *_FAULTS, *_FORMULAS))
    try:
        stream(data, sheet.start, *((sheet.end, sheet.text) if has_texts else ()))
    except (XmlError, ValueError, KeyError):
        return UNKNOWN
    return sheet.found.as_appearance()


class _Sheet:
    """One sheet while its elements are read. start is called for every cell: what costs time is done for the few."""

    def __init__(
        self, found: Collected, which: Mapping[str, int], fonts: Mapping[str, Look], raised: Mapping[str, _Raised]
    ) -> None:
        self.found = found
        self._which, self._fonts, self._raised = which, fonts, raised
        self._row, self._column = -1, -1  # of the last cell whose place was asked for, 0-based
        self._address = ""  # of the cell at hand, "" where its place is known
        self._index: list[str] | None = None  # of its shared text, where some are raised; or its error value
        self._awaits_result = False  # whether the cell at hand holds a formula, and nothing was seen of its result
        self._holds_number = False  # whether the cell at hand holds a number, if anything
        self._is_result = False  # whether what is read is the result of its formula
        self._is_fault = False  # whether the cell at hand holds an error value
        self._runs: _Runs | None = None

    def start(self, element: str, attributes: dict[str, str]) -> None:
        """What to do at the start of an element."""
        name = element.rpartition(":")[2]
        if name == "c":
            if "r" in attributes:
                self._address = attributes["r"]
            else:  # it follows the one before it
                self._row, self._column = self._place()
                self._column += 1
            code = self._which.get(attributes.get("s", "0"))
            if code is not None:
                self.found.put_format(*self._place(), code)
            look = self._fonts.get(attributes.get("s", "0"))
            if look is not None:
                self.found.put_font(*self._place(), look)
            held = attributes.get("t", "n")
            self._holds_number = held == "n"
            self._is_fault = held == "e"
            self._index = [] if self._is_fault or (self._raised and held == "s") else None
        elif name == "f":
            self._awaits_result = self._holds_number  # of another kind, nothing is an empty text
        elif name == "v":
            self._is_result = self._awaits_result
        elif name == "row":
            self._begin_row(attributes)
        elif name == "col" and _is_hidden(attributes, "width", _NARROWEST):
            self.found.hidden_columns.append((int(attributes["min"]) - 1, int(attributes["max"]) - 1))
        elif name == "is":
            self._runs = _Runs()
        elif self._runs is not None:
            self._runs.start(name, attributes)

    def end(self, element: str) -> None:
        """What to do at the end of an element."""
        name = element.rpartition(":")[2]
        if name == "v" and self._index is not None:
            held = "".join(self._index).strip()
            self._put(_Raised(held, False) if self._is_fault else self._raised.get(held))
            self._index = None
        elif name == "c" and self._awaits_result:
            self.found.without_result.add(self._place())
            self._awaits_result = self._is_result = False
        elif name == "is" and self._runs is not None:
            self._put(self._runs.raised())
            self._runs = None
        elif self._runs is not None:
            self._runs.end(name)

    def text(self, text: str) -> None:
        """What to do with a text."""
        if self._is_result and text.strip():
            self._awaits_result = self._is_result = False
        if self._index is not None:
            self._index.append(text)
        elif self._runs is not None:
            self._runs.text(text)

    def _begin_row(self, attributes: Mapping[str, str]) -> None:
        row = int(attributes.get("r", self._place()[0] + 2)) - 1
        self._row, self._column, self._address = row, -1, ""
        if _is_hidden(attributes, "ht", LEAST_SEEN):
            self.found.hide_rows(row, row)

    def _place(self) -> tuple[int, int]:
        found = _ADDRESS.fullmatch(self._address)
        if found is not None:
            self._row, self._column, self._address = int(found[2]) - 1, column_number(found[1]) - 1, ""
        return self._row, self._column

    def _put(self, raised: _Raised | None) -> None:
        if raised is not None:
            self.found.texts[self._place()] = raised.text
            if raised.is_struck:
                self.found.put_font(*self._place(), Look.STRUCK)


def _is_hidden(attributes: Mapping[str, str], size: str, least: float) -> bool:
    """Whether a row or column is hidden, by its sign or by its size."""
    return attributes.get("hidden", "0") not in _FALSE or float(attributes.get(size, least)) < least
