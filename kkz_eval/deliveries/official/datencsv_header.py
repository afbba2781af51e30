"""What the header rows of a table of GENESIS mean: measure, unit, variables and their members, for each column; its columns of quality.

No files.

GENESIS writes a variable as a row with its label over all columns and a row with its members below, or the members alone; the
measure as a row of its own, outside or inside, or in the last title line with its unit in brackets; units in the last row.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pyarrow as pa

from kkz_eval.deliveries.columns.header import fold
from kkz_eval.deliveries.official.keyed_records import Member
from kkz_eval.deliveries.official.times import VARIABLES, bare_time, time_of
from kkz_eval.deliveries.text.numbers import symbol_of
from kkz_eval.model.parsed import QUALITIES

_UNIT = re.compile(
    r"(?:anzahl|number|prozent|percent|%|promille|‰|tsd\.?.*|tds\.?.*|tausend.*|thousand.*|\(?(?:in\s*)?1[.\s\u00a0]?000\b.*|\(?in tausend.*|"
    r"mill\.?.*|mio\.?.*|mrd\.?.*|eur|euro|qkm|km2|km²|ha|cbm|jahre|years|tage|"
    r"stunden|punkte|index|.+ (?:pro|je|per) .+|(?:je|pro|per) .+|messzahl|koeffizient|verhältniszahl)",
    re.IGNORECASE,
)
_OF_QUALITY = frozenset({"", "q", "qualität", "qualitätskennzeichen", "quality"})  # titles
_LOOSE = re.compile("header_[0-9]+")  # how a row without a label is called
_PARTS = re.compile(
    r"\s+[-–]\s*|^\s*[-–]\s*|\s*[;,]\s+"
)  # between what a title line says of the table: „Bevölkerung - Stichtag 31.12.2015 -“
_ON_A_DAY = re.compile(r"(?<!stand )\b(?:am|zum) ([0-9]{1,2}\.[0-9]{1,2}\.[0-9]{4})\W*$", re.IGNORECASE)  # but no Gebietsstand
_TITLE_MEASURE = re.compile(r"(.+?)\s*\(([^()]+)\)")


@dataclass(frozen=True)
class StubColumn:
    """One column of values: measure, unit and time ("" and None where the header says none), and members of variables."""

    measure: str
    unit: str
    time: str | None
    members: tuple[Member, ...]


@dataclass(frozen=True)
class Stub:
    """The columns of values, left to right."""

    columns: tuple[StubColumn, ...]


@dataclass(frozen=True)
class _Row:
    """A header row of members; label: of its variable, else its place."""

    label: str
    cells: tuple[str, ...]


def is_unit(text: str) -> bool:
    """Whether a text is a unit of measurement."""
    return _UNIT.fullmatch(text.strip()) is not None


def stub_of(rows: Sequence[Sequence[str]], titles: Sequence[str], numbers: Sequence[int]) -> Stub:
    """The meaning of header rows. rows: cells above the values only; titles: lines above the header; numbers: 1-based rows."""
    cells = [_bared(tuple(cell.strip() for cell in row)) for row in rows]
    width = len(cells[0]) if cells else 0
    units: tuple[str, ...] = ("",) * width
    measures: tuple[str, ...] = ("",) * width
    in_title = _title_measure(titles)
    if cells and all(is_unit(cell) for cell in cells[-1]) and (len(cells) > 1 or in_title is None):
        units, cells = cells[-1], cells[:-1]
    elif in_title is not None:
        measures, units = (in_title[0],) * width, (in_title[1],) * width
    variables, loose = _grouped(cells)
    if measures == ("",) * width and loose:
        place = _measure_row(cells, loose, units)
        measures = cells[place]
        loose.remove(place)
    members = [*variables, *(_Row(f"header_{place + 1}", cells[place]) for place in loose)]
    return Stub(tuple(_column(index, measures[index], units[index], members) for index in range(width)))


def _title_measure(titles: Sequence[str]) -> tuple[str, str] | None:
    match = _TITLE_MEASURE.fullmatch(titles[-1]) if titles else None
    return None if match is None or not is_unit(match.group(2)) else (match.group(1), match.group(2))


def _is_constant(cells: Sequence[str]) -> bool:
    return bool(cells) and bool(cells[0]) and len(set(cells)) == 1


def _grouped(cells: Sequence[tuple[str, ...]]) -> tuple[list[_Row], list[int]]:
    """(rows of members with the label above them, places of the other rows), from the innermost row outwards."""
    variables: list[_Row] = []
    loose: list[int] = []
    place = len(cells) - 1
    while place >= 0:
        label = cells[place - 1] if place > 0 else ()
        if _is_constant(label) and time_of(label[0]) is None and (place > 1 or not _is_constant(cells[place]) or _is_time(cells)):
            variables.append(_Row(label[0], cells[place]))
            place -= 2
        else:
            loose.append(place)
            place -= 1
    return variables[::-1], loose[::-1]


def _bared(cells: tuple[str, ...]) -> tuple[str, ...]:
    """A row of times without the words beside them; one time that stands in the first column only, as a merged cell, is that of all."""
    times = [bare_time(cell) for cell in cells if cell]
    if not times or None in times:
        return cells
    if all(cells):
        return tuple(time or "" for time in times)
    return (times[0] or "",) * len(cells) if cells[0] and len(times) == 1 else cells


def _are_times(cells: Sequence[str]) -> bool:
    return all(time_of(cell) is not None for cell in cells)


def with_bare_times(stub: Stub) -> Stub:
    """The columns of a file that says the time nowhere else: a row of the header without a label that holds nothing but times.

    Unchanged where a column has a time already, or where no such row or more than one stands there.
    """
    if any(column.time is not None for column in stub.columns):
        return stub
    texts: dict[str, list[str]] = {}
    for column in stub.columns:
        for member in column.members:
            if _LOOSE.fullmatch(member.variable):
                texts.setdefault(member.variable, []).append(member.label)
    found = [row for row, cells in texts.items() if len(cells) == len(stub.columns) and _are_times(cells)]
    if len(found) != 1:
        return stub
    return Stub(tuple(_timed(column, found[0]) for column in stub.columns))


def with_title_time(stub: Stub, titles: Sequence[str]) -> Stub:
    """The columns of a file that says the time in a title line alone: „- Stichtag 31.12.2015 -“. Unchanged where no title or several say one."""
    if any(column.time is not None for column in stub.columns):
        return stub
    parts = [part for title in titles for part in (*_PARTS.split(title), *_ON_A_DAY.findall(title))]
    found = {time for part in parts if (time := bare_time(part)) is not None}
    if len(found) != 1:
        return stub
    return Stub(tuple(replace(column, time=next(iter(found))) for column in stub.columns))


def _timed(column: StubColumn, row: str) -> StubColumn:
    time = next(member.label for member in column.members if member.variable == row)
    return replace(column, time=time, members=tuple(member for member in column.members if member.variable != row))


def _is_time(cells: Sequence[tuple[str, ...]]) -> bool:
    return fold(cells[0][0]) in VARIABLES


def _measure_row(cells: Sequence[tuple[str, ...]], loose: Sequence[int], units: Sequence[str]) -> int:
    """The outermost of the loose rows that tells the unit: each of its texts has one unit. Times are no measure."""
    loose = [place for place in loose if not _are_times(cells[place])] or loose
    for place in loose:
        if all(cells[place]) and len(set(zip(cells[place], units, strict=True))) == len(set(cells[place])):
            return place
    return loose[0]


def _column(index: int, measure: str, unit: str, rows: Sequence[_Row]) -> StubColumn:
    time = None
    members: list[Member] = []
    for row in rows:
        text = row.cells[index]
        if fold(row.label) in VARIABLES and time_of(text) is not None:
            time = text
        elif text:
            members.append(Member(row.label, "", text))
    return StubColumn(measure, unit, time, tuple(members))


def quality_columns(header: Sequence[Sequence[str]], columns: Sequence[pa.Array], first: int) -> Mapping[int, int]:
    """The column of quality of each column of values, by index; {} where the columns do not stand in such pairs.

    They are known by what they hold, letters of quality and symbols and no digit, and by a header that says nothing of its own.
    header: its rows, cells of all columns; columns: of text; first: index of the first column of values. All or none: a single column
    without a header is one that has moved.
    """
    places = range(first, len(columns))
    pairs = {place: place + 1 for place in places[::2] if place + 1 in places}
    if len(pairs) * 2 != len(places) or any(len(cells) != len(columns) for cells in header):
        return {}
    if not all(_says_nothing(header, value, quality) for value, quality in pairs.items()):
        return {}
    words = [{text.strip() for text in columns[quality].unique().to_pylist()} for quality in pairs.values()]
    if not all(word in QUALITIES or symbol_of(word) is not None for said in words for word in said if word):
        return {}
    return pairs if any(said & QUALITIES for said in words) else {}


def _says_nothing(header: Sequence[Sequence[str]], value: int, quality: int) -> bool:
    """Whether the header of a column is blank, calls it one of quality, or repeats that of the values."""
    own = [(cells[quality].strip(), cells[value].strip()) for cells in header]
    return all(said.casefold() in _OF_QUALITY or said == beside for said, beside in own)
