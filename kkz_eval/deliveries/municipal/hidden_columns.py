"""Columns of a sheet that a person does not see, against those that the header of a contract names. No formats, no rows.

A hidden column of numbers may be the one that was replaced by a visible one. Hidden keys beside their names are usual, and read.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import replace
from itertools import islice

from kkz_eval.contracts.contract import Property
from kkz_eval.contracts.synonyms import property_names
from kkz_eval.deliveries.columns.beside import titles_of_others
from kkz_eval.deliveries.columns.header import HeaderMatch, Repeated
from kkz_eval.deliveries.columns.readings import reader_of
from kkz_eval.deliveries.columns.typed import is_numeric
from kkz_eval.deliveries.text.numbers import Style, parse_number
from kkz_eval.deliveries.workbook.sheets import Sheet, number_of, text_of
from kkz_eval.model.findings import Finding, Severity
from kkz_eval.model.identifiers import cell_address

_WORD = re.compile(r"[^\W_]+")
_NEWER = re.compile(r"berichtig|korrig|korrektur|neu|aktuell|aktualis|endg|revi|richtig|correct|updat|final|new", re.IGNORECASE)
_MOST_ROWS = 200  # that are looked at to tell what a column holds

_BESIDE_VISIBLE, _READ, _NOT_READ = "reader_column_hidden", "reader_column_hidden_read", "reader_column_hidden_not_read"


def without_hidden_columns(
    match: HeaderMatch, head: Sequence[Sequence[str]], sheet: Sheet
) -> tuple[HeaderMatch, tuple[Finding, ...]]:
    """The header without what a person does not see, as far as a table is left, and findings on hidden columns.

    An error names a hidden column beside a visible one of the same meaning; a warning one that is read though it is hidden, or left
    out of a wide table. head: the lines from the first one to the header.
    """
    if not sheet.seen.hidden_columns or not any(map(sheet.seen.is_hidden_column, range(match.width))):
        return match, ()
    others = {column: title for column, title in titles_of_others(match, head).items() if not sheet.seen.is_hidden_column(column)}
    seen, found = _without_repeated(match, head, sheet)
    for of in match.contract.properties:
        column = seen.columns.get(of.name)
        if column is None or not sheet.seen.is_hidden_column(column):
            continue
        rival = next((other for other, title in others.items() if _is_rival(sheet, match.row + 1, other, title, of)), None)
        if rival is not None:
            found.append(_beside(match, head, sheet, column, rival, of.name))
        elif of.role == "measure":
            found.append(_finding(_READ, Severity.WARNING, match, head, sheet, column, of.name))
    seen, of_pivots = _without_pivots(seen, head, sheet, {(finding.column or 0) - 1 for finding in found})
    return seen, (*found, *of_pivots)


def _without_repeated(match: HeaderMatch, head: Sequence[Sequence[str]], sheet: Sheet) -> tuple[HeaderMatch, list[Finding]]:
    """Of columns that say the same, the visible ones; an error for each hidden one."""
    columns = dict(match.columns)
    repeated: list[Repeated] = []
    found: list[Finding] = []
    for alike in match.repeated:
        visible = tuple(column for column in alike.columns if not sheet.seen.is_hidden_column(column))
        if not visible or visible == alike.columns:
            repeated.append(alike)
            continue
        found += [
            _beside(match, head, sheet, column, visible[0], alike.name) for column in alike.columns if column not in visible
        ]
        if columns.get(alike.name) in alike.columns:
            columns[alike.name] = visible[0]
        repeated += [replace(alike, columns=visible)] if len(visible) > 1 else []
    return replace(match, columns=columns, repeated=tuple(repeated)), found


def _without_pivots(
    match: HeaderMatch, head: Sequence[Sequence[str]], sheet: Sheet, named: Collection[int]
) -> tuple[HeaderMatch, list[Finding]]:
    """A wide table without its hidden columns of numbers; where all are hidden, they are read. named: hidden columns with a finding."""
    visible = tuple(pivot for pivot in match.pivots if not sheet.seen.is_hidden_column(pivot.column))
    kind = _NOT_READ if visible else _READ
    found = [
        _finding(kind, Severity.WARNING, match, head, sheet, pivot.column, pivot.measure)
        for pivot in match.pivots
        if pivot not in visible and pivot.column not in named
    ]
    return (replace(match, pivots=visible) if visible else match), found


def _is_rival(sheet: Sheet, first: int, column: int, title: str, of: Property) -> bool:
    """Whether a visible column that no contract takes may be the valid one: it holds what the hidden one holds, and its title says so.

    A column of numbers without any title, or whose title says that it is newer, may be as well.
    """
    values = list(
        islice((cells[column] for cells in sheet.rows[first:] if column < len(cells) and cells[column] != ""), _MOST_ROWS)
    )
    words = _WORD.findall(title.casefold())
    if is_numeric(of):
        held = any(number_of(value) is not None or parse_number(str(value), Style.COMMA).value is not None for value in values)
        return held and (not words or _NEWER.search(title) is not None or _has_name(words, of))
    read = reader_of(of, sheet.seen.day_zero)
    held = any(read(text).value is not None for value in values if (text := text_of(value)) is not None)
    return held and _has_name(words, of)


def _has_name(words: Sequence[str], of: Property) -> bool:
    """Whether the words of a title hold those of a name of the property, one after the other."""
    for name in property_names(of):
        own = _WORD.findall(name.casefold())
        if own and any(list(words[at : at + len(own)]) == own for at in range(len(words) - len(own) + 1)):
            return True
    return False


def _beside(match: HeaderMatch, head: Sequence[Sequence[str]], sheet: Sheet, hidden: int, visible: int, name: str) -> Finding:
    shown = f"{_title(match, head, visible)} ({cell_address(None, match.row + 1, visible + 1)})".strip()
    return replace(_finding(_BESIDE_VISIBLE, Severity.ERROR, match, head, sheet, hidden, name), allowed=shown)


def _finding(
    kind: str, severity: Severity, match: HeaderMatch, head: Sequence[Sequence[str]], sheet: Sheet, column: int, name: str
) -> Finding:
    title = _title(match, head, column)
    return Finding(kind, kind, severity, sheet.name, match.row + 1, column + 1, name, value=title)


def _title(match: HeaderMatch, head: Sequence[Sequence[str]], column: int) -> str:
    rows = head[match.row - match.depth + 1 : match.row + 1]
    return " ".join(cells[column].strip() for cells in rows if column < len(cells) and cells[column].strip())
