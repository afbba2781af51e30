"""From a decoded text to a grid of its lines: at once where the text is regular, line by line where it is not. No headers, no meaning.

Both ways give the same grid; a text takes the fast one only where quoting is plain (RFC 4180: Shafranovich 2005, section 2).
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv as pacsv

from kkz_eval.deliveries.text.grid import DICTIONARY, Bools, Grid, Ints, filled_in, first_beyond, grid_of_rows, text_column
from kkz_eval.deliveries.text.records import Decoded, split

_BLOCK = 8 * 2**20  # bytes; longer than any line that the fast way takes
_LONGEST_LINE = 131_072  # characters; a cell of more is refused by the slow way
_MOST_COLUMNS = 500  # of the fast way
_QUOTE, _BREAK, _RETURN = (ord(sign) for sign in '"\n\r')


def body_of(decoded: Decoded, delimiter: str, first: int, width: int) -> Grid:
    """The lines of a text from record `first` (0-based) on, in `width` columns. Raises NotTextError (cell_too_long)."""
    grid = fast_body(decoded, delimiter, first, width)
    return slow_body(decoded, delimiter, first, width) if grid is None else grid


def slow_body(decoded: Decoded, delimiter: str, first: int, width: int) -> Grid:
    """The same line by line; takes any text. Raises NotTextError (cell_too_long)."""
    records = split(decoded, delimiter)
    lines = records.rows[first:]
    return grid_of_rows(
        lines, width, range(first + 1, len(records.rows) + 1), cut=records.cut, ended=records.ended, last_row=len(records.rows)
    )


@dataclass(frozen=True)
class _Lines:
    """Start, end (line break excluded) and number of cells of each line, in bytes; 0 cells for a line without any sign."""

    starts: Ints
    ends: Ints
    n_cells: Ints


def fast_body(decoded: Decoded, delimiter: str, first: int, width: int) -> Grid | None:
    """The same at once; None where quoting, line breaks or lengths are not plain."""
    if decoded.cut or not delimiter.isascii():
        return None
    data = decoded.text.encode("utf-8") if decoded.utf8 is None else decoded.utf8
    lines = _lines(data, delimiter)
    if lines is None or len(lines.starts) <= first:
        return None
    body = _Lines(lines.starts[first:], lines.ends[first:], lines.n_cells[first:])
    tables = body.n_cells[body.n_cells > 1]
    if not len(tables) or (usual := int(np.bincount(np.minimum(tables, _MOST_COLUMNS + 1)).argmax())) > _MOST_COLUMNS:
        return None
    is_usual = body.n_cells == usual
    columns = parsed_columns(memoryview(data)[int(body.starts[0]) :], delimiter, usual, DICTIONARY)
    if columns is None or len(columns[0]) != int(is_usual.sum()):
        return None
    odd = np.flatnonzero(~is_usual & (body.n_cells > 0))
    cells = [_cells_of(data, delimiter, body, int(position)) for position in odd]
    if any(len(line) != body.n_cells[position] for line, position in zip(cells, odd, strict=True)):
        return None
    order = np.concatenate([np.flatnonzero(is_usual), odd])
    merged = _merged(columns, cells, order, width)
    order.sort()
    beyond = {
        int(np.searchsorted(order, p)): found for p, line in zip(odd, cells, strict=True) if (found := first_beyond(line, width))
    }
    beyond |= _beyond_usual(columns, np.searchsorted(order, np.flatnonzero(is_usual)), width)
    return Grid(
        merged,
        (order + first + 1).astype(np.int64),
        body.n_cells[order],
        beyond,
        ended=data.endswith(b"\n"),
        last_row=len(lines.starts),
    )


def _lines(data: bytes, delimiter: str) -> _Lines | None:
    """Where the lines are; None where a sign of quoting stands elsewhere than at the ends of a cell, or a line is very long."""
    if not data or data.count(b"\r") != data.count(b"\r\n"):
        return None
    signs = np.frombuffer(data, dtype=np.uint8)
    breaks, splits = np.flatnonzero(signs == _BREAK), np.flatnonzero(signs == ord(delimiter))
    quotes = np.flatnonzero(signs == _QUOTE) if b'"' in data else np.zeros(0, dtype=np.int64)
    if len(quotes):
        if not _plainly_quoted(signs, quotes, ord(delimiter)):
            return None
        breaks, splits = (places[np.searchsorted(quotes, places) % 2 == 0] for places in (breaks, splits))
    ends = breaks if data.endswith(b"\n") and len(breaks) and breaks[-1] == len(data) - 1 else np.append(breaks, len(data))
    starts = np.concatenate([[0], ends[:-1] + 1])
    if not len(ends) or int((ends - starts).max()) >= _LONGEST_LINE:
        return None
    n_cells = np.diff(np.searchsorted(splits, ends), prepend=0) + 1
    length = ends - starts
    only_return = (length == 1) & (signs[np.minimum(starts, len(signs) - 1)] == _RETURN)
    n_cells[(length == 0) | only_return] = 0
    return _Lines(starts, ends, n_cells)


def _plainly_quoted(signs: npt.NDArray[np.uint8], quotes: Ints, delimiter: int) -> bool:
    """Whether every quotation mark opens a cell at its start, closes it at its end, or is one of two that stand for one."""
    if len(quotes) % 2:
        return False
    opening, closing = quotes[0::2], quotes[1::2]
    before = signs[np.maximum(opening - 1, 0)]
    starts_cell: Bools = (opening == 0) | (before == delimiter) | (before == _BREAK)
    doubled = np.concatenate([[False], opening[1:] == closing[:-1] + 1])
    after = signs[np.minimum(closing + 1, len(signs) - 1)]
    ends_cell: Bools = (closing == len(signs) - 1) | (after == delimiter) | (after == _BREAK) | (after == _RETURN)
    reopened = np.concatenate([opening[1:] == closing[:-1] + 1, [False]])
    return bool(np.all(starts_cell | doubled) and np.all(ends_cell | reopened))


def parsed_columns(data: memoryview, delimiter: str, n_columns: int, kind: pa.DataType) -> list[pa.Array] | None:
    """The columns of the lines that have just so many cells, of that kind; None where the parser refuses the text. data: UTF-8."""
    names = [str(column) for column in range(n_columns)]
    try:
        table = pacsv.read_csv(
            pa.BufferReader(pa.py_buffer(data)),
            read_options=pacsv.ReadOptions(column_names=names, block_size=_BLOCK, use_threads=len(data) > _BLOCK),
            parse_options=pacsv.ParseOptions(
                delimiter=delimiter,
                newlines_in_values=True,
                ignore_empty_lines=True,
                invalid_row_handler=lambda _: "skip",
            ),
            convert_options=pacsv.ConvertOptions(
                column_types=dict.fromkeys(names, kind), null_values=[], strings_can_be_null=False, check_utf8=False
            ),
        )
    except pa.ArrowInvalid:
        return None
    return [_one_chunk(table.column(name)) for name in names]


def _one_chunk(column: pa.ChunkedArray) -> pa.Array:
    combined = column.unify_dictionaries().combine_chunks()
    return combined.chunk(0) if isinstance(combined, pa.ChunkedArray) else combined


def _cells_of(data: bytes, delimiter: str, lines: _Lines, position: int) -> list[str]:
    text = data[int(lines.starts[position]) : int(lines.ends[position])].decode("utf-8").removesuffix("\r")
    return next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), [])


def _merged(columns: list[pa.Array], odd: list[list[str]], order: Ints, width: int) -> tuple[pa.Array, ...]:
    """The usual lines and the odd ones in the order of the text, in `width` columns."""
    n_usual = len(columns[0])
    is_sorted = bool(np.all(order[1:] > order[:-1]))
    places = pa.array(np.argsort(order, kind="stable"))
    merged = []
    for number in range(width):
        column = columns[number] if number < len(columns) else pa.nulls(n_usual, pa.string()).dictionary_encode().cast(DICTIONARY)
        if odd:
            others = text_column([line[number] if number < len(line) else None for line in odd])
            column = _one_chunk(pa.chunked_array([column, others]))
        merged.append(column if is_sorted else column.take(places))
    return tuple(merged)


def _beyond_usual(columns: list[pa.Array], lines: Ints, width: int) -> dict[int, tuple[int, str]]:
    """The first filled cell beyond `width` of each usual line that has one. lines: position of each usual line in the grid."""
    found: dict[int, tuple[int, str]] = {}
    for number in range(len(columns) - 1, width - 1, -1):
        for position in np.flatnonzero(filled_in(columns[number])):
            found[int(lines[position])] = (number, columns[number][int(position)].as_py())
    return found
