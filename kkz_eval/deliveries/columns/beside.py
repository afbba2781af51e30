"""The cells of a municipal table that may say what its numbers mean: titles, headers of measures, lines that are no records, remarks.

Where they stand is told here; what they say, in scale.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kkz_eval.contracts.contract import Property
from kkz_eval.deliveries.columns.header import HeaderMatch, fold
from kkz_eval.deliveries.columns.scale import Said, misfit
from kkz_eval.deliveries.text.grid import Grid, Ints
from kkz_eval.deliveries.text.wording.statement import Kind
from kkz_eval.deliveries.text.wording.statements import statements, unit_statements
from kkz_eval.deliveries.workbook.sheets import Sheet

_MOST_LINES = 200  # titles and footnotes of a table that are looked at
_MOST_TEXTS = 2000  # different texts of a column beside the measures
_OF_UNITS = frozenset(map(fold, ("Einheit", "Einheiten", "Maßeinheit", "Mengeneinheit", "Dimension", "Währung", "Unit", "Units")))


def texts_beside(
    grid: Grid, match: HeaderMatch, head: Sequence[Sequence[str]], records: Ints, units: Ints, totals: Ints
) -> Iterator[Said]:
    """What may speak of the numbers of a table, with the measures that it may speak of.

    head: the lines from the first one to the header; records, units (lines of units below the header), totals: positions in the grid.
    """
    by_column = _measures(match)
    every = tuple(dict.fromkeys(by_column.values()))
    if grid.sheet is not None:
        yield Said(None, None, grid.sheet, every)
    first = match.row - match.depth + 1
    for row, cells in enumerate(head[: match.row + 1]):
        if row < first:
            yield from _of_line(row + 1, cells, every)
        else:
            yield from _of_header(row, cells, match, by_column)
    others = np.ones(grid.n_lines, dtype=np.bool_)
    others[records] = False
    others[totals] = False
    below = set(units.tolist())
    for line in np.flatnonzero(others & ~grid.is_blank)[:_MOST_LINES]:
        row, texts = int(grid.rows[line]), grid.line(int(line))
        if int(line) in below:
            yield from (Said(row, column + 1, texts[column], (of,), is_unit=True) for column, of in by_column.items())
            continue
        yield from _of_line(row, texts, every, is_note=True)
    for line in totals[:_MOST_LINES]:
        written = enumerate(grid.line(int(line)))
        yield from (Said(int(grid.rows[line]), column + 1, text, every, is_note=True) for column, text in written if text.strip())
    beyond: dict[str, list[tuple[int, int]]] = {}
    for line, (column, text) in grid.beyond.items():
        beyond.setdefault(text, []).append((line, column))
    for text, ((line, column), *more) in list(beyond.items())[:_MOST_TEXTS]:
        yield Said(int(grid.rows[line]), column + 1, text, every, is_note=True, is_repeated=bool(more))
    yield from _of_remarks(grid, match, titles_of_others(match, head), records, every)


def texts_of_notes(sheet: Sheet, about: tuple[Property, ...]) -> Iterator[Said]:
    """The texts of a sheet without data that speak of a scale: notes on the numbers of the others. Other words there explain terms."""
    for row, cells in enumerate(sheet.rows[:_MOST_LINES] if sheet.visible else []):
        for column, text in enumerate(cells):
            if isinstance(text, str) and _is_of_scale(text):
                yield Said(row + 1, column + 1, text, about)


def texts_of_comments(sheet: Sheet, match: HeaderMatch) -> Iterator[Said]:
    """The lines of comments on cells that speak of a scale: of the measure whose cell or title they stand at, or of all."""
    by_column = _measures(match)
    every = tuple(dict.fromkeys(by_column.values()))
    for (row, column), comment in list(sheet.seen.comments.items())[:_MOST_TEXTS]:
        about = (by_column[column],) if column in by_column else every
        yield from (Said(row + 1, column + 1, line, about) for line in lines_of_scale(comment))


def lines_of_scale(comment: str) -> list[str]:
    """The lines of a comment that speak of a scale; who wrote it stands in another."""
    return [line for line in comment.splitlines() if _is_of_scale(line)]


def _is_of_scale(text: str) -> bool:
    return any(said.kind in (Kind.SCALE, Kind.UNCLEAR) for said in statements(text))


def titles_of_others(match: HeaderMatch, head: Sequence[Sequence[str]]) -> dict[int, str]:
    """By 0-based column, the titles of the columns that the contract does not take, "" where one has none."""
    repeated = {column for alike in match.repeated for column in alike.columns}
    taken = {*match.columns.values(), *repeated, *match.measured}
    rows = head[match.row - match.depth + 1 : match.row + 1]
    return {
        column: " ".join(cells[column].strip() for cells in rows if column < len(cells)).strip()
        for column in range(match.width)
        if column not in taken
    }


def _measures(match: HeaderMatch) -> dict[int, Property]:
    """By 0-based column, the measure that it holds."""
    named = {match.columns[of.name]: of for of in match.contract.properties if of.role == "measure" and of.name in match.columns}
    named |= {pivot.column: match.contract.property_named(pivot.measure) for pivot in match.pivots}
    return named


def _of_line(row: int, cells: Sequence[str], about: tuple[Property, ...], *, is_note: bool = False) -> Iterator[Said]:
    """The cells of a line, and all of them as one text where none says anything alone: `Einheit:` beside `1.000` beside `EUR`."""
    said = [Said(row, column + 1, text, about, is_note=is_note) for column, text in enumerate(cells) if text.strip()]
    yield from said
    if len(said) > 1 and not any(misfit(one) for one in said):
        yield Said(row, said[0].column, " ".join(one.text.strip() for one in said), about, is_note=is_note)


def _of_header(index: int, cells: Sequence[str], match: HeaderMatch, by_column: dict[int, Property]) -> Iterator[Said]:
    """The headers of measures; where the header names none of them, all of its cells.

    A cell above the header of a key or dimension is a title of the whole table; one above a column that is not taken speaks of that.
    """
    missing = tuple(of for of in match.missing if of.role == "measure")
    others = tuple(dict.fromkeys(by_column.values())) if index < match.row else ()
    dimensions = frozenset(match.columns.values())
    for column, text in enumerate(cells):
        about = (by_column[column],) if column in by_column else missing or (others if column in dimensions else ())
        if text.strip() and about:
            yield Said(index + 1, column + 1, text, about, is_title=column not in by_column and column not in dimensions)


def _of_remarks(
    grid: Grid, match: HeaderMatch, titles: dict[int, str], records: Ints, about: tuple[Property, ...]
) -> Iterable[Said]:
    """Words beside the measures of a record, each once: a column of units, of remarks. A noun that heads a text is no unit there."""
    for column, title in titles.items():
        texts, is_unit = grid.columns[column], fold(title) in _OF_UNITS
        spoken = (
            pc.match_substring_regex(texts.dictionary, r"[\pL%‰€$]") if not is_unit else pa.array([True] * len(texts.dictionary))
        )
        for place in np.flatnonzero(spoken.to_numpy(zero_copy_only=False))[:_MOST_TEXTS]:
            text = texts.dictionary[int(place)].as_py()
            found = unit_statements(text) if is_unit else statements(text)
            if all(said.is_heading for said in found):
                continue
            at = pc.fill_null(pc.equal(texts.indices, int(place)), False).to_numpy(zero_copy_only=False)[records]
            if at.any():
                row = int(grid.rows[records[int(np.argmax(at))]])
                yield Said(row, column + 1, text, about, is_unit, not is_unit, is_repeated=bool(at.sum() > 1))
