"""What a person sees of the sheets of an .xlsx or .xlsm, from the XML of its parts. No values of cells but texts with raised signs.

A sheet is gone through only where its bytes, the styles or the shared texts say that there may be something. Sources: ECMA-376 part 1,
18.2.28 (workbookPr), 18.3.1.4 (c), 18.3.1.13 (col), 18.3.1.73 (row), 18.4.4 (r), 18.4.9 (sst), 18.8.10 (cellXfs), 18.8.31 (numFmts).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

from kkz_eval.deliveries.appearance import DAY_ZERO, DAY_ZERO_1904, UNKNOWN, Appearance, Collected
from kkz_eval.deliveries.number_formats import BUILT_IN, GENERAL, is_telling
from kkz_eval.deliveries.parts import Parts, XmlError, local, stream
from kkz_eval.deliveries.raised import LOWERED, RAISED, STRUCK, joined
from kkz_eval.model.identifiers import column_number

_HIDING = (  # each begins with letters, so that a search flies over the rest
    re.compile(rb"""hidden\s*=\s*["'](?!(?:0|false)["'])"""),
    re.compile(rb"""ht\s*=\s*["']0?(?:\.|["'])"""),
    re.compile(rb"""width\s*=\s*["']0?(?:\.|["'])"""),
)
_RUNS = (b"vertAlign", b"strike")
_FAULTS = (b' t="e"', b" t='e'")  # cells with error values such as #N/A, which the reading library leaves empty
_ADDRESS = re.compile(r"([A-Za-z]{1,3})([0-9]{1,9})")
_FALSE = ("0", "false")
_LOWEST = 1.0  # points that a row is high, where it is seen at all
_NARROWEST = 0.2  # digits that a column is wide, likewise


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
    formats = _telling_formats(parts.read(by_kind.get("styles", "")))
    raised = _raised_texts(parts.read(by_kind.get("sharedStrings", "")))
    found: dict[str, Appearance] = {}
    for name, identifier in sheets:
        data = parts.read(by_identifier.get(identifier, ""))
        if formats or raised or _may_hide(data) or any(word in data for word in (*_RUNS, *_FAULTS)):
            found[name] = _appearance(data, formats, raised, day_zero)
        elif day_zero != DAY_ZERO:
            found[name] = Appearance(day_zero=day_zero)
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


def _telling_formats(styles: bytes) -> dict[str, str]:
    """The code of each number format that can show another number than the cell holds, by the style of the cell."""
    codes: dict[str, str] = {str(number): code for number, code in BUILT_IN.items()}
    used: list[str] = []
    inside = ""

    def start(element: str, attributes: dict[str, str]) -> None:
        nonlocal inside
        name = local(element)
        if name in ("numFmts", "cellXfs", "cellStyleXfs", "dxfs"):
            inside = name
        elif name == "numFmt" and inside == "numFmts":
            codes[attributes.get("numFmtId", "")] = attributes.get("formatCode", GENERAL)
        elif name == "xf" and inside == "cellXfs":
            used.append(attributes.get("numFmtId", "0"))

    if styles:
        stream(styles, start)
    return {str(style): codes[number] for style, number in enumerate(used) if number in codes and is_telling(codes[number])}


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

    def raised(self) -> str | None:
        """The text; None where no run of it is raised, lowered or struck out."""
        return joined(self._runs) if any(style for _, style in self._runs) else None


def _raised_texts(shared: bytes) -> dict[str, str]:
    """The shared texts with raised, lowered or struck-out runs, by their index."""
    found: dict[str, str] = {}
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


def _appearance(data: bytes, formats: Mapping[str, str], raised: Mapping[str, str], day_zero: date) -> Appearance:
    codes = tuple(dict.fromkeys(formats.values()))
    sheet = _Sheet(Collected(codes, day_zero), {style: codes.index(code) for style, code in formats.items()}, raised)
    has_texts = bool(raised) or any(word in data for word in (*_RUNS, *_FAULTS))
    try:
        stream(data, sheet.start, *((sheet.end, sheet.text) if has_texts else ()))
    except (XmlError, ValueError, KeyError):
        return UNKNOWN
    return sheet.found.as_appearance()


class _Sheet:
    """One sheet while its elements are read. start is called for every cell: what costs time is done for the few."""

    def __init__(self, found: Collected, which: Mapping[str, int], raised: Mapping[str, str]) -> None:
        self.found = found
        self._which, self._raised = which, raised
        self._row, self._column = -1, -1  # of the last cell whose place was asked for, 0-based
        self._address = ""  # of the cell at hand, "" where its place is known
        self._index: list[str] | None = None  # of its shared text, where some are raised; or its error value
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
            held = attributes.get("t")
            self._is_fault = held == "e"
            self._index = [] if self._is_fault or (self._raised and held == "s") else None
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
            self._put(held if self._is_fault else self._raised.get(held))
            self._index = None
        elif name == "is" and self._runs is not None:
            self._put(self._runs.raised())
            self._runs = None
        elif self._runs is not None:
            self._runs.end(name)

    def text(self, text: str) -> None:
        """What to do with a text."""
        if self._index is not None:
            self._index.append(text)
        elif self._runs is not None:
            self._runs.text(text)

    def _begin_row(self, attributes: Mapping[str, str]) -> None:
        row = int(attributes.get("r", self._place()[0] + 2)) - 1
        self._row, self._column, self._address = row, -1, ""
        if _is_hidden(attributes, "ht", _LOWEST):
            self.found.hide_rows(row, row)

    def _place(self) -> tuple[int, int]:
        found = _ADDRESS.fullmatch(self._address)
        if found is not None:
            self._row, self._column, self._address = int(found[2]) - 1, column_number(found[1]) - 1, ""
        return self._row, self._column

    def _put(self, text: str | None) -> None:
        if text is not None:
            self.found.texts[self._place()] = text


def _is_hidden(attributes: Mapping[str, str], size: str, least: float) -> bool:
    """Whether a row or column is hidden, by its sign or by its size."""
    return attributes.get("hidden", "0") not in _FALSE or float(attributes.get(size, least)) < least
