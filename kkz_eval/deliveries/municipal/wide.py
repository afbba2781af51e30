"""Wide tables: the titles of columns name codes of a dimension, or years; made long. No text files, no workbooks.

A title may stand in several records (`männlich` over `2015`, `2016`), an upper part over several columns. Where the parts can be
read as different dimensions, nothing is read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import product

import numpy as np
import pyarrow as pa

from kkz_eval.contracts.admitted import EURO
from kkz_eval.contracts.contract import Contract, Property
from kkz_eval.deliveries.columns.header import (
    MOST_DEPTH,
    HeaderMatch,
    Names,
    Pivot,
    Repeated,
    code_names,
    filled_width,
    fold,
    property_names,
)
from kkz_eval.deliveries.columns.parsed_table import year_property
from kkz_eval.deliveries.columns.readings import reader_of
from kkz_eval.deliveries.text.cells import Cells
from kkz_eval.deliveries.text.grid import Grid, Ints
from kkz_eval.deliveries.text.titles import may_name_time, time_named, without_state

LAYOUT = "municipal_wide"
_REMARKS = ("bemerkung", "anmerkung", "hinweis", "kommentar", "quelle", "name", "kommune", "gemeinde", "stadt", "kreis")

_COUNTED = ("Anzahl", "absolut", "abs.", "absolute Zahlen", "number")

_Names = Callable[[str], str | None]  # the part of a title that names a value of a property; None where it names none


def match_wide(rows: Sequence[Sequence[str]], contract: Contract) -> HeaderMatch | None:
    """The header of a wide table that names all the contract demands; None where there is none or several readings.

    rows: the first records of a table.
    """
    lookup = property_names(contract)
    names_any = [any(lookup.find(cell) is not None for cell in cells if cell) for cells in rows]  # most records name nothing
    for depth in range(1, MOST_DEPTH + 1):
        for index in range(len(rows) - depth + 1):
            match = _match_block(rows[index : index + depth], index, contract) if any(names_any[index : index + depth]) else None
            if match is not None:
                return match
    return None


def _match_block(block: Sequence[Sequence[str]], index: int, contract: Contract) -> HeaderMatch | None:
    lookup, width = property_names(contract), filled_width(block)
    names = {p.name: p for p in contract.properties}
    named: dict[str, list[int]] = {}
    for column in range(width):
        parts = [name for cells in block if column < len(cells) and (name := lookup.find(cells[column])) is not None]
        if parts and names[parts[-1]].role != "measure" and not _stands_over_values(block, column, names[parts[-1]], lookup):
            named.setdefault(parts[-1], []).append(column)
    columns = {name: found[0] for name, found in named.items()}
    if _holds_record(block, columns, contract):
        return None
    taken = {column for found in named.values() for column in found}
    free = [column for column in range(width) if column not in taken]
    if not columns or len(free) < 2:
        return None
    levels = [_spread(cells, width, is_last=cells is block[-1]) for cells in block]
    targets = {name: names_it for name, names_it in _targets_of(contract).items() if name not in columns}
    readings = _readings(levels, free, targets, contract, columns)
    if len(readings) != 1:
        return None
    (reading,) = readings
    pivots, unknown = _pivots(levels, free, reading, targets, contract, index)
    repeated = (*(Repeated(name, tuple(found)) for name, found in named.items() if len(found) > 1), *_repeated(pivots, contract))
    match = HeaderMatch(contract, index + len(block) - 1, columns, repeated, width, len(block), pivots, unknown)
    return match if match.complete and len(pivots) >= 2 else None


def _stands_over_values(block: Sequence[Sequence[str]], column: int, of: Property, names: Names) -> bool:
    """Whether the title of a property stands over several columns whose own titles are values of it: Jahr over 2006, 2007."""
    titles = [_spread(cells, column + 2, is_last=False) for cells in block]
    own = max(place for place, cells in enumerate(titles) if names.find(cells[column]) == of.name)
    written = block[own][column + 1].strip() if column + 1 < len(block[own]) else ""
    values = [cells[at] if at < len(cells) else "" for cells in block[own + 1 :][-1:] for at in (column, column + 1)]
    return not written and len(values) == 2 and all(text.strip() and reader_of(of)(text).value is not None for text in values)


def _holds_record(block: Sequence[Sequence[str]], columns: Mapping[str, int], contract: Contract) -> bool:
    """Whether a record of the block is one of data: below the title of a property stands a value of it, a key below AGS.

    Its numbers may look like years: 1998 and 2004 persons are no titles of columns.
    """
    names = property_names(contract)
    for of in (p for p in contract.properties if p.name in columns):
        read, below = reader_of(of), [cells[columns[of.name]] for cells in block if columns[of.name] < len(cells)]
        title = max(place for place, cell in enumerate(below) if names.find(cell) == of.name)
        if any(cell.strip() and read(cell).value is not None for cell in below[title + 1 :]):
            return True
    return False


def _repeated(pivots: Sequence[Pivot], contract: Contract) -> list[Repeated]:
    """The columns of one measure whose titles name the same codes and year, in whatever words."""
    read = {p.name: reader_of(p) for p in contract.properties}
    alike: dict[tuple[object, ...], list[int]] = {}
    for pivot in pivots:
        meaning = (pivot.measure, *sorted((name, str(read[name](text).value)) for name, (_, text) in pivot.sets.items()))
        alike.setdefault(meaning, []).append(pivot.column)
    return [Repeated(str(meaning[0]), tuple(columns)) for meaning, columns in alike.items() if len(columns) > 1]


def _spread(cells: Sequence[str], width: int, *, is_last: bool) -> list[str]:
    """The titles of a record by column; an upper one stands over the empty cells to its right as well."""
    titles = [cells[column].strip() if column < len(cells) else "" for column in range(width)]
    for column in range(1, width):
        if not is_last and not titles[column]:
            titles[column] = titles[column - 1]
    return titles


def _targets_of(contract: Contract) -> dict[str, _Names]:
    """The same as _targets, made once for the properties of a contract."""
    known = _TARGETS.get(id(contract.properties))
    if known is None or known[0] is not contract.properties:
        if len(_TARGETS) >= _MOST_KEPT:
            _TARGETS.clear()
        known = _TARGETS[id(contract.properties)] = (contract.properties, _targets(contract))
    return known[1]


# By identity of the properties they were made from, which are kept with them so that no other object takes their place.
_TARGETS: dict[int, tuple[tuple[Property, ...], dict[str, _Names]]] = {}
_MOST_KEPT = 64
_YEARS_SAID = (None, "reader_year_as_day")  # problems of titles that are years all the same: the cell says what is wrong with it


def _targets(contract: Contract) -> dict[str, _Names]:
    """What a title can name: a code of a dimension, a year, a measure (under the name "")."""
    known: dict[str, _Names] = {}
    year = year_property(contract)
    for of in contract.properties:
        if of.role == "dimension" and of.codes:
            known[of.name] = _names_code(of)
        elif of is year:
            known[of.name] = _names_year(of, contract)
    names = property_names(contract)
    measures = {p.name for p in contract.properties if p.role == "measure"}
    known[""] = lambda title: title if names.find(title) in measures else None
    return known


def _names_code(of: Property) -> _Names:
    codes = code_names(of)
    return lambda title: next((part for part in (title, without_state(title)) if codes.find(part) is not None), None)


def _names_year(of: Property, contract: Contract) -> _Names:
    """A year with or without the name of the year, or the name or unit of the only measure, beside it."""
    read = reader_of(of)
    measures = [p for p in contract.properties if p.role == "measure"]
    named = (of, *(measures if len(measures) == 1 else []))
    beside = {fold(name) for p in named for name in (p.label_de, p.label_en, *p.synonyms, *_unit_names(p))}

    def names_it(title: str) -> str | None:
        for part in (title, time_named(title.replace("€", "EUR"), beside)):
            reading = None if part is None else read(part)
            if reading is not None and reading.value is not None and reading.problem in _YEARS_SAID:
                return part
        return None

    return names_it


def _unit_names(of: Property) -> tuple[str, ...]:
    """How a title may name the unit of a measure: `2016 in EUR`, `2016 (Personen)`, of a count `2016 absolut`."""
    units = ("EUR", "Euro") if of.unit in EURO else (of.unit,) if of.unit else ()
    counted = of.logical_type == "integer" and bool(units)
    return (*units, *(f"in {unit}" for unit in units), *(_COUNTED if counted else ()))


def _readings(
    levels: Sequence[Sequence[str]],
    free: Sequence[int],
    targets: Mapping[str, _Names],
    contract: Contract,
    columns: Mapping[str, int],
) -> list[tuple[str | None, ...]]:
    """Every way to read the parts of the titles that names all that is demanded; those that leave the fewest parts unread."""
    demanded = {p.name for p in contract.properties if p.required and p.role != "measure"} - set(columns)
    n_measures = sum(p.role == "measure" for p in contract.properties)
    choices: list[list[str | None]] = []
    for level in levels:
        titles = Counter(level[column] for column in free if level[column])
        known = [
            name for name, part_of in targets.items() if sum(n for title, n in titles.items() if part_of(title) is not None) >= 2
        ]
        choices.append([*known, None])
    found = []
    for reading in product(*choices):
        named = [name for name in reading if name is not None]
        if len(set(named)) < len(named) or not demanded <= set(named) or not set(named) - {""}:
            continue
        if n_measures > 1 and "" not in named:
            continue
        found.append(reading)
    most = max((sum(name is not None for name in reading) for reading in found), default=0)
    return [reading for reading in found if sum(name is not None for name in reading) == most]


def _pivots(
    levels: Sequence[Sequence[str]],
    free: Sequence[int],
    reading: Sequence[str | None],
    targets: Mapping[str, _Names],
    contract: Contract,
    index: int,
) -> tuple[tuple[Pivot, ...], tuple[int, ...]]:
    """The columns that the titles make, and those whose title names nothing: from the first of them on, and wherever it holds a time."""
    names = property_names(contract)
    only = next(p.name for p in contract.properties if p.role == "measure")
    pivots: list[Pivot] = []
    unknown: list[int] = []
    for column in free:
        parts = {name: (index + depth, levels[depth][column]) for depth, name in enumerate(reading) if name is not None}
        named = {name: (row, part) for name, (row, title) in parts.items() if (part := targets[name](title)) is not None}
        lowest = levels[-1][column]
        if len(named) == len(parts):
            measure = names.find(named.pop("")[1]) if "" in named else only
            pivots.append(Pivot(column, measure or only, named))
        elif may_name_time(lowest) or (
            pivots and any(level[column] for level in levels) and not fold(lowest).startswith(_REMARKS)
        ):
            unknown.append(column)
    return tuple(pivots), tuple(unknown)


def long_cells(grid: Grid, match: HeaderMatch, lines: Ints) -> tuple[dict[str, Cells], int]:
    """The cells of each property of a long table, and its number of records: each line once for every combination of codes.

    lines: positions of the records in the grid.
    """
    groups: dict[tuple[tuple[str, tuple[int, str]], ...], list[Pivot]] = {}
    for pivot in match.pivots:
        groups.setdefault(tuple(sorted(pivot.sets.items())), []).append(pivot)
    n_lines, n_groups = len(lines), len(groups)
    each = pa.array(np.repeat(np.arange(n_lines), n_groups))
    cells = {name: _taken(grid.cells(column, lines), each) for name, column in match.columns.items()}
    for name in dict.fromkeys(name for pivot in match.pivots for name in pivot.sets):
        places = [(members[0].column, *members[0].sets[name]) for members in groups.values()]
        cells[name] = Cells(
            pa.DictionaryArray.from_arrays(
                _tiled(range(n_groups), n_lines), pa.array([text for _, _, text in places], pa.string())
            ),
            _tiled([row + 1 for _, row, _ in places], n_lines),
            _tiled([column + 1 for column, _, _ in places], n_lines),
        )
    across = np.arange(n_lines * n_groups).reshape(n_groups, n_lines).T.ravel()
    for measure in dict.fromkeys(pivot.measure for pivot in match.pivots):
        chosen = [next((p for p in members if p.measure == measure), None) for members in groups.values()]
        cells[measure] = _side_by_side([_of_pivot(grid, pivot, lines) for pivot in chosen], pa.array(across))
    return cells, n_lines * n_groups


def _of_pivot(grid: Grid, pivot: Pivot | None, lines: Ints) -> Cells:
    if pivot is not None:
        return grid.cells(pivot.column, lines)
    nothing = pa.nulls(len(lines), pa.int32())
    return Cells(pa.nulls(len(lines), pa.string()), nothing, nothing)


def _side_by_side(parts: Sequence[Cells], order: pa.Array) -> Cells:
    numbers = None
    if any(part.numbers is not None for part in parts):
        empty = pa.nulls(len(parts[0].rows), pa.float64())
        numbers = pa.concat_arrays([empty if part.numbers is None else part.numbers for part in parts]).take(order)
    return Cells(
        pa.concat_arrays([part.texts.cast(pa.string()) for part in parts]).take(order),
        pa.concat_arrays([part.rows for part in parts]).take(order),
        pa.concat_arrays([part.columns for part in parts]).take(order),
        numbers,
    )


def _taken(cells: Cells, at: pa.Array) -> Cells:
    numbers = None if cells.numbers is None else cells.numbers.take(at)
    return Cells(cells.texts.take(at), cells.rows.take(at), cells.columns.take(at), numbers, cells.day_zero)


def _tiled(values: Sequence[int], n_lines: int) -> pa.Array:
    return pa.array(np.tile(np.array(values, dtype=np.int32), n_lines))
