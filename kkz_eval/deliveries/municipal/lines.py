"""What the lines below a header are: records, totals, parts of the header, footnotes. No meaning of columns, no conversion."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow.compute as pc

from kkz_eval.deliveries.columns.header import HeaderMatch, fold
from kkz_eval.deliveries.columns.parsed_table import unit_property
from kkz_eval.deliveries.columns.readings import ags_of, key_and_name
from kkz_eval.deliveries.municipal.totals import is_total
from kkz_eval.deliveries.text.grid import Bools, Grid, Ints
from kkz_eval.deliveries.text.numbers import symbol_of
from kkz_eval.deliveries.text.wording.statements import unit_statements
from kkz_eval.model.findings import Finding, Severity

_COLUMN_NUMBER = re.compile(r"[(\[]?(?:sp(?:alte|\.)?\s*)?([0-9]{1,2}|[a-z])[)\].]?", re.IGNORECASE)
_RULE = "____"  # a line that starts so opens the footer
_MARKS = ("*", "(", "_", "-", "–", "¹", "²", "³", "©", "#")


@dataclass(frozen=True)
class Body:
    """records, totals, titles (of the header, below it): positions of lines; ignored: lines that are none of records, blank ones not
    counted; findings: on such lines."""

    records: Ints
    titles: Ints
    totals: Ints
    ignored: int
    findings: list[Finding]


def body_below(grid: Grid, match: HeaderMatch, head: Sequence[Sequence[str]]) -> Body:
    """Tell records from totals, footnotes and parts of the header (ignored), and from lines of text between records (ignored with a warning).

    head: the lines from the first one to the header, which a table of several printed pages repeats.
    """
    last = _last_record(grid, match)
    positions = np.arange(grid.n_lines)
    blank = grid.is_blank
    total = is_total(grid, match) & ~blank
    titles = _lines_of_header(grid, match)
    again = _header_again(grid, match, head) | _numbers_of_columns(grid, match)
    text_only = _text_only(grid, match) & ~total
    after = positions > last
    records = np.flatnonzero(~blank & ~total & ~text_only & ~after & ~titles & ~again)
    between = np.flatnonzero(text_only & ~blank & ~after & ~titles)
    findings = [_ignored_line(grid, int(line)) for line in between]
    below = np.flatnonzero(after & ~blank & ~total)
    if len(below):
        findings += _stump(grid, int(below[-1]), match, last)
    return Body(records, np.flatnonzero(titles), np.flatnonzero(total), int(np.sum(~blank)) - len(records), findings)


def _header_again(grid: Grid, match: HeaderMatch, head: Sequence[Sequence[str]]) -> Bools:
    """Which lines repeat a line of the header, title by title."""
    found = np.zeros(grid.n_lines, dtype=np.bool_)
    for titles in head[max(match.row - match.depth + 1, 0) : match.row + 1]:
        same = np.ones(grid.n_lines, dtype=np.bool_)
        filled = [(column, fold(title)) for column, title in enumerate(titles[: match.width]) if title.strip()]
        for column, title in filled:
            same &= in_column(grid, column, lambda text, title=title: fold(text) == title)  # type: ignore[misc]
            if not same.any():
                break
        if len(filled) > 1:
            found |= same
    return found


def _numbers_of_columns(grid: Grid, match: HeaderMatch) -> Bools:
    """Which lines number the columns: `(1) (2) (3)`, `1 2 3`, `a b c`, from the first or second on."""
    found = np.zeros(grid.n_lines, dtype=np.bool_)
    first = min((*match.columns.values(), *match.measured))
    for line in np.flatnonzero(in_column(grid, first, lambda text: _number_of_column(text) in (1, 2))):
        numbers = [_number_of_column(cell) for cell in grid.line(int(line)) if cell.strip()]
        start = numbers[0] or 0
        found[line] = len(numbers) > 2 and numbers == list(range(start, start + len(numbers)))
    return found


def _number_of_column(text: str) -> int | None:
    """The number that a cell gives its column, a letter counted from a; None for any other text."""
    number = _COLUMN_NUMBER.fullmatch(text.strip())
    if number is None:
        return None
    sign = number.group(1).lower()
    return int(sign) if sign.isdigit() else ord(sign) - ord("a") + 1


def _lines_of_header(grid: Grid, match: HeaderMatch) -> Bools:
    """The lines right below the header that belong to it: units, parts of merged titles; no key, no number, no symbol in them."""
    found = np.zeros(grid.n_lines, dtype=np.bool_)
    unit = unit_property(match.contract)
    if unit is None or unit.name not in match.columns:
        return found
    for line in range(min(grid.n_lines, 3)):
        cells = [cell for cell in grid.line(line) if cell.strip()]
        plain = not any(
            (any(map(str.isdigit, cell)) and not unit_statements(cell)) or symbol_of(cell) is not None for cell in cells
        )
        if grid.filled[match.columns[unit.name]][line] or not plain:
            return found
        found[line] = len(cells) > 1 or (len(cells) == 1 and not grid.filled[0][line])
    return found


def _last_record(grid: Grid, match: HeaderMatch) -> int:
    """Position of the last record: what follows is footnotes; -1 where there is no record at all."""
    ruled = pc.fill_null(pc.starts_with(pc.utf8_ltrim_whitespace(grid.columns[0].cast("string")), _RULE), False)
    rules = np.flatnonzero(ruled.to_numpy(zero_copy_only=False))
    end = int(rules[0]) if len(rules) else grid.n_lines
    lines = np.flatnonzero(~grid.is_blank[:end] & ~_footnotes(grid, match)[:end])
    return int(lines[-1]) if len(lines) else -1


def _text_only(grid: Grid, match: HeaderMatch) -> Bools:
    """Which lines have text in their first cell only, and that is no number or key."""
    alone = grid.filled[0].copy()
    for filled in grid.filled[1:]:
        alone &= ~filled
    alone[list(grid.beyond)] = False
    if match.width < 2 or not alone.any():
        return np.zeros(grid.n_lines, dtype=np.bool_)
    return alone & ~in_column(grid, 0, _is_digits)


def _footnotes(grid: Grid, match: HeaderMatch) -> Bools:
    """Which lines, after the records, are footnotes: text only, or a sentence that the delimiter has split."""
    text_only = _text_only(grid, match)
    unit = unit_property(match.contract)
    if unit is None or unit.name not in match.columns:
        return text_only
    sentence = np.ones(grid.n_lines, dtype=np.bool_)
    for column in match.measured:
        sentence &= ~grid.filled[column]
    if not sentence.any():
        return text_only
    key = match.columns[unit.name]
    return text_only | (sentence & ~in_column(grid, key, _holds_key) & ~in_column(grid, 0, _is_digits))


def in_column(grid: Grid, column: int, holds: Callable[[str], bool]) -> Bools:
    """Where something holds of the text of a cell."""
    texts = grid.columns[column]
    says = np.array([holds(text) for text in texts.dictionary.to_pylist()] + [False], dtype=np.bool_)
    at = pc.fill_null(texts.indices, len(texts.dictionary)).to_numpy(zero_copy_only=False)
    return np.asarray(says[at], dtype=np.bool_)


def _is_digits(text: str) -> bool:
    return text.strip().isdigit()


def _holds_key(text: str) -> bool:
    """Whether a text is a key, or one beside the name of its unit."""
    return is_key(text) or bool(key_and_name(text))


def is_key(text: str) -> bool:
    return ags_of(text) is not None or _is_digits(text)


def _stump(grid: Grid, line: int, match: HeaderMatch, last: int) -> list[Finding]:
    """What to say of the very last line, right after the records and without its line break: it may be the stump of a record.

    A word or two are taken for a name that was cut off; more words for a footnote that is worth a look.
    """
    first = grid.line(line)[0].strip()
    follows = last < 0 or int(grid.rows[line]) == int(grid.rows[last]) + 1
    if grid.ended or line != grid.n_lines - 1 or not follows or int(grid.n_cells[line]) >= match.width:
        return []
    if first.startswith(_MARKS) or ":" in first:
        return []
    if len(first.split()) <= 2:
        return [_short_row(grid, line, match)]
    return [_ignored_line(grid, line)]


def line_findings(grid: Grid, body: Body, match: HeaderMatch) -> list[Finding]:
    n_cells = grid.n_cells[body.records]
    is_short = n_cells < match.needed
    if len(body.records) and not grid.ended and int(body.records[-1]) == grid.n_lines - 1:
        is_short[-1] |= n_cells[-1] < match.width
    found = [_short_row(grid, int(line), match) for line in body.records[is_short]]
    is_record = np.zeros(grid.n_lines, dtype=np.bool_)
    is_record[body.records] = True
    kind = "reader_long_row"
    for line in sorted(grid.beyond):
        if is_record[line]:
            column, text = grid.beyond[line]
            place = (grid.sheet, int(grid.rows[line]), column + 1)
            found.append(Finding(kind, kind, Severity.ERROR, *place, value=text, allowed=str(match.width)))
    found.sort(key=lambda finding: finding.row or 0)
    if not len(body.records):
        found.append(Finding("reader_no_rows", "reader_no_rows", Severity.ERROR, grid.sheet))
    if grid.cut:
        found.append(Finding("reader_cut_off", "reader_cut_off", Severity.ERROR, row=grid.last_row))
    return found


def _short_row(grid: Grid, line: int, match: HeaderMatch) -> Finding:
    kind = "reader_short_row"
    alone = int(grid.n_cells[line]) == 1 and len(grid.columns) > 0
    value = grid.line(line)[0].strip() if alone else None
    return Finding(kind, kind, Severity.ERROR, grid.sheet, int(grid.rows[line]), value=value, allowed=str(match.width))


def _ignored_line(grid: Grid, line: int) -> Finding:
    kind = "reader_line_ignored"
    return Finding(kind, kind, Severity.WARNING, grid.sheet, int(grid.rows[line]), 1, value=grid.line(line)[0])
