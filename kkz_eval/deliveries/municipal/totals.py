"""Lines of totals at the end of a table or between its records: recognised, checked against the sum, never read as data."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kkz_eval.contracts.contract import Property
from kkz_eval.contracts.parameters import admitted_range
from kkz_eval.deliveries.columns.header import HeaderMatch, code_names, fold
from kkz_eval.deliveries.columns.parsed_table import unit_property
from kkz_eval.deliveries.columns.readings import ags_of
from kkz_eval.deliveries.columns.typed import is_numeric
from kkz_eval.deliveries.text.grid import Bools, Grid, Ints
from kkz_eval.deliveries.text.numbers import Style, parse_number, parse_numbers
from kkz_eval.model.findings import Finding, Severity

_OF_PIVOT = frozenset(("gesamtergebnis", "teilergebnis", "grandtotal"))  # words of pivot tables, which are no codes
_ALL = _OF_PIVOT | frozenset(
    ("summe", "gesamt", "gesamtsumme", "insgesamt", "zusammen", "total", "endsumme", "alle", "allekommunen", "summeallerkommunen")
)
_FIRST_WORDS = frozenset(
    ("summe", "gesamt", "gesamtsumme", "insgesamt", "zusammen", "total", "endsumme", "zwischensumme", "teilsumme", "subtotal")
) | frozenset(("ergebnis", "gesamtergebnis", "teilergebnis"))
_WORD = re.compile(r"[^\W_]+")
_OF_GROUP = re.compile(
    r"\S\s+(?:(?:gesamt|teil)?ergebnis|(?:zwischen|teil)?summe|(?:sub)?total)$", re.IGNORECASE
)  # 05111000 Ergebnis
_CENT = 0.005  # sums of amounts differ by less, through rounding of binary fractions only
_MOST_CHECKED = 100  # lines of totals of a file; each is compared with all its records


def is_total(grid: Grid, match: HeaderMatch) -> Bools:
    """Which lines are totals: a word for it where the key of the unit stands, or beside an empty key outside the dimensions."""
    unit = unit_property(match.contract)
    if unit is None or unit.name not in match.columns:
        return np.zeros(grid.n_lines, dtype=np.bool_)
    key = match.columns[unit.name]
    found = _says_total(grid.columns[key])
    for of in match.contract.properties:
        if of.name in match.columns and of.role != "measure" and of.form != "plain":
            found |= _says(grid.columns[match.columns[of.name]], lambda text, of=of: _ends_group(text, of))  # type: ignore[misc]
    without_key = ~grid.filled[key]
    for column in set(range(match.width)) - set(match.columns.values()) - set(match.measured):
        found |= without_key & _says_total(grid.columns[column])
    return found


def _names_total(text: str) -> bool:
    """Whether a text begins with a word for a total; `Gesamtschule` is none."""
    first = _WORD.search(text)
    return first is not None and (fold(first.group(0)) in _FIRST_WORDS or fold(text) in _ALL)


def names_sum_of_pivot(title: str) -> bool:
    """Whether a title is that of the sums at the right of a pivot table."""
    return fold(title) in _OF_PIVOT


def _ends_group(text: str, of: Property) -> bool:
    """Whether a key or code is followed by the word for the total of its group, or is such a word of pivot tables; a code is none."""
    return _is_of_pivot(text) and code_names(of).find(text) is None


def _is_of_pivot(text: str) -> bool:
    return fold(text) in _OF_PIVOT or _OF_GROUP.search(text.strip()) is not None


def _says_total(column: pa.Array) -> Bools:
    return _says(column, _names_total)


def _says(column: pa.Array, holds: Callable[[str], bool]) -> Bools:
    says = np.array([*map(holds, column.dictionary.to_pylist()), False], dtype=np.bool_)
    at = pc.fill_null(column.indices, len(column.dictionary)).to_numpy(zero_copy_only=False)
    return np.asarray(says[at], dtype=np.bool_)


def total_findings(grid: Grid, match: HeaderMatch, totals: Ints, records: Ints, style: Style | None) -> list[Finding]:
    """What to say of the totals: nothing of one that is the sum of its records; a warning of any other and of one not checked.

    totals, records: positions of lines in the grid.
    """
    found: list[Finding] = []
    for number, line in enumerate(totals):
        said = _checked(grid, match, int(line), records, style) if number < _MOST_CHECKED else None
        if said is None and number < _MOST_CHECKED and _sums_lines_above(grid, match, int(line), totals, records, style):
            said = []
        found += [_not_checked(grid, match, int(line))] if said is None else said
    return found


def _checked(grid: Grid, match: HeaderMatch, line: int, records: Ints, style: Style | None) -> list[Finding] | None:
    """A finding for each number that is not the sum of its records; None where a sum can't be known."""
    members = _members(grid, match, line, records)
    if members is None or not len(members):
        return None
    found: list[Finding] = []
    n_checked = 0
    measure_of = {match.columns[p.name]: p for p in match.contract.properties if p.name in match.columns and p.role == "measure"}
    measure_of |= {pivot.column: match.contract.property_named(pivot.measure) for pivot in match.pivots}
    for column, measure in measure_of.items():
        text = grid.columns[column][line].as_py() or ""
        if not text.strip() or not is_numeric(measure) or measure.logical_type != "integer":
            continue
        own = _value(grid, column, line, text, style)
        values = _values(grid, column, members, style)
        if own is None or values.null_count:
            return None
        n_checked += 1
        total, (low, high) = float(pc.sum(values).as_py()), admitted_range(match.contract, measure.name)
        least, most = (extreme.as_py() for extreme in pc.min_max(values).values())
        if total != own and low <= least and most <= high:  # a number out of range is the cause, and told of itself
            kind = "reader_total_differs"
            shown = str(int(total))
            place = (grid.sheet, int(grid.rows[line]), column + 1, measure.name)
            found.append(Finding(kind, kind, Severity.WARNING, *place, value=text.strip(), allowed=shown))
    return found if n_checked else None


def _sums_lines_above(grid: Grid, match: HeaderMatch, line: int, totals: Ints, records: Ints, style: Style | None) -> bool:
    """Whether every number of a total of a pivot table is the sum of the records since the total above it, or of all records."""
    if not any(_is_of_pivot(cell) for cell in grid.line(line)):
        return False
    above = totals[totals < line]
    since = records[(records < line) & (records > (above[-1] if len(above) else -1))]
    return any(len(lines) and _is_sum(grid, match, line, lines, style) for lines in (since, records))


def _is_sum(grid: Grid, match: HeaderMatch, line: int, lines: Ints, style: Style | None) -> bool:
    n_checked = 0
    for column in match.measured:
        text = grid.columns[column][line].as_py() or ""
        if not text.strip():
            continue
        own, values = _value(grid, column, line, text, style), _values(grid, column, lines, style)
        if own is None or values.null_count or abs(float(pc.sum(values).as_py()) - own) > _CENT:
            return False
        n_checked += 1
    return n_checked > 0


def _members(grid: Grid, match: HeaderMatch, line: int, records: Ints) -> Ints | None:
    """The records that a total sums: those that agree in all other keys and dimensions. None where that can't be known."""
    unit = unit_property(match.contract)
    assert unit is not None  # a table without a column for units has no totals
    key = match.columns[unit.name]
    if fold(_label(grid, match, line, key)) not in _ALL or len(_lengths_of_keys(grid.columns[key].take(pa.array(records)))) != 1:
        return None
    measures = {p.name for p in match.contract.properties if p.role == "measure"}
    kept = records
    for name, column in match.columns.items():
        if name == unit.name or name in measures:
            continue
        texts = grid.columns[column].cast(pa.string())
        text = texts[line].as_py()
        if text is None or not text.strip():
            if len(pc.unique(texts.take(pa.array(kept)))) != 1:
                return None
            continue
        same = pc.fill_null(pc.equal(texts.take(pa.array(kept)), text), False).to_numpy(zero_copy_only=False)
        kept = kept[same]
    return kept


def _label(grid: Grid, match: HeaderMatch, line: int, key: int) -> str:
    """The word of a total."""
    cells = grid.line(line)
    others = [column for column in range(match.width) if column not in match.columns.values() and column not in match.measured]
    return cells[key] if cells[key].strip() else next((cells[c] for c in others if _names_total(cells[c])), "")


def _lengths_of_keys(keys: pa.Array) -> set[int]:
    return {len(ags_of(text) or "") for text in pc.unique(keys.cast(pa.string())).drop_null().to_pylist()}


def _value(grid: Grid, column: int, line: int, text: str, style: Style | None) -> float | None:
    numbers = grid.numbers.get(column)
    own = None if numbers is None else numbers[line].as_py()
    return parse_number(text, style).value if own is None else own


def _values(grid: Grid, column: int, lines: Sequence[int] | Ints, style: Style | None) -> pa.Array:
    cells = grid.cells(column, np.asarray(lines, dtype=np.int64))
    read = parse_numbers(cells.texts.cast(pa.string()), style).values
    return read if cells.numbers is None else pc.coalesce(cells.numbers, read)


def _not_checked(grid: Grid, match: HeaderMatch, line: int) -> Finding:
    kind = "reader_total_row"
    unit = unit_property(match.contract)
    column = None if unit is None else match.columns[unit.name] + 1
    first = next((cell.strip() for cell in grid.line(line) if cell.strip()), "")
    return Finding(kind, kind, Severity.WARNING, grid.sheet, int(grid.rows[line]), column, value=first)
