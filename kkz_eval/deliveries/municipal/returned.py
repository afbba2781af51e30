"""The sheet `Fehlerprotokoll` of a marked copy: its columns, and what a returned one says. Not how it is written; no storage, no judgement."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache

from kkz_eval.deliveries import say
from kkz_eval.deliveries.columns.header import fold
from kkz_eval.deliveries.workbook.sheets import BrokenWorkbookError, Sheet, is_workbook, sheets, text_of
from kkz_eval.model.texts import LANGUAGES, Language

PACKAGE = "kkz_eval.deliveries"
SHEET = "Fehlerprotokoll"
"""Name of the sheet in every language, by which it is told apart from data; a spreadsheet program may add a number."""

COLUMNS = (
    *("number", "cell", "unit", "year", "value", "allowed", "message", "fix"),
    *("severity", "rule", "status", "reason", "reported_to"),
)
NAMED_BY = 8
"""So many digits of the digest of its file stand in the name under which a marked copy is sent."""
_READ = ("number", "cell", "value", "rule", "status")  # without these a sheet is no protocol
_DIGEST = re.compile(r"[0-9a-f]{64}")
_OF_FINDING = re.compile(r"(?ms)^\d+\. .*?\[regeln/\w+\.html\]$")  # what a marked copy says at a cell, to the page of its rule
_HEAD_ROWS = 40


class Decision(StrEnum):
    """What the steward decided of a finding, in the column Status."""

    OPEN = "open"
    CORRECTED = "corrected"
    RIGHT = "right"


@dataclass(frozen=True)
class DecisionRow:
    """One row of a returned protocol on which something was decided, as it stands there; nothing in it is trusted yet.

    decision: open | corrected | right, or "" for a word that is none of them.
    """

    number: str
    cell: str
    value: str
    rule: str
    decision: str
    status: str
    reason: str
    reported_to: str


@dataclass(frozen=True)
class Returned:
    """A returned protocol. original: SHA-256 of the file that it is about; rows: all but those left open."""

    original: str
    rows: tuple[DecisionRow, ...]


def label(column: str, language: Language) -> str:
    """The header of a column of the protocol."""
    return say(f"returned.column.{column}").in_language(language)


def status_word(decision: Decision, language: Language) -> str:
    """What stands in the column Status."""
    return say(f"returned.status.{decision}").in_language(language)


def is_protocol(sheet: Sheet) -> bool:
    """Whether a sheet is the protocol of a marked copy, and so no data."""
    return sheet.name.startswith(SHEET) and _original(sheet) is not None and _header(sheet) is not None


def data_sheets(workbook: Sequence[Sheet]) -> tuple[Sheet, ...]:
    """The sheets of a workbook that may hold data: all but the protocol of a marked copy, and without what that said at their cells."""
    return tuple(_as_commented(sheet) for sheet in workbook if not is_protocol(sheet))


def _as_commented(sheet: Sheet) -> Sheet:
    """A sheet with the comments of its sender only: a finding repeats the words that it is about."""
    if not sheet.seen.comments:
        return sheet
    own = {place: re.sub(_OF_FINDING, "", said) for place, said in sheet.seen.comments.items()}
    return replace(sheet, seen=replace(sheet.seen, comments=own))


def read_returned(data: bytes) -> Returned | None:
    """What a returned marked copy says of its findings; None where the bytes are no marked copy."""
    if not is_workbook(data):
        return None
    try:
        found = [sheet for sheet in sheets(data, SHEET) if is_protocol(sheet)]
    except BrokenWorkbookError:
        return None
    return _returned(found[0]) if found else None


def _returned(sheet: Sheet) -> Returned:
    original, header = _original(sheet), _header(sheet)
    assert original is not None
    assert header is not None
    start, places = header
    rows = []
    for cells in sheet.rows[start + 1 :]:
        said = {name: _text(cells, place) for name, place in places.items()}
        decision = _words().get(fold(said["status"]), "")
        if said["number"] and said["status"] and decision != Decision.OPEN:
            rows.append(
                DecisionRow(
                    number=said["number"],
                    cell=said["cell"],
                    value=said["value"],
                    rule=said["rule"],
                    decision=decision,
                    status=said["status"],
                    reason=said.get("reason", ""),
                    reported_to=said.get("reported_to", ""),
                )
            )
    return Returned(original, tuple(rows))


def _original(sheet: Sheet) -> str | None:
    """The digest in the head of a protocol: the first one that stands alone in a cell."""
    for cells in sheet.rows[:_HEAD_ROWS]:
        for value in cells:
            if isinstance(value, str) and _DIGEST.fullmatch(value.strip()):
                return value.strip()
    return None


def _header(sheet: Sheet) -> tuple[int, Mapping[str, int]] | None:
    """(index of the header's row, column by name), by the titles in either language."""
    for index, cells in enumerate(sheet.rows[:_HEAD_ROWS]):
        places: dict[str, int] = {}
        for place, value in enumerate(cells):
            name = _titles().get(fold(value)) if isinstance(value, str) else None
            if name is not None:
                places.setdefault(name, place)
        if all(name in places for name in _READ):
            return index, places
    return None


def _text(cells: Sequence[object], place: int) -> str:
    value = cells[place] if place < len(cells) else ""
    return (text_of(value) or "").strip()  # type: ignore[arg-type]


@cache
def _titles() -> Mapping[str, str]:
    return {fold(label(column, language)): column for column in COLUMNS for language in LANGUAGES}


@cache
def _words() -> Mapping[str, str]:
    return {fold(status_word(decision, language)): decision.value for decision in Decision for language in LANGUAGES}
