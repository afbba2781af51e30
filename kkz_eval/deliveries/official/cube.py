"""The cube export of GENESIS: records `K;` name the fields of the records `D;` below them, block by block. No encodings."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from kkz_eval.deliveries.official.keyed_records import KeyedRecords, RecordDimension, ValueColumn
from kkz_eval.deliveries.official.units import are_keys, is_region_variable
from kkz_eval.deliveries.text.numbers import Style
from kkz_eval.deliveries.text.records import Decoded, split
from kkz_eval.model.findings import Finding, Severity

FAMILY = "cube"
DELIMITER = ";"

_BLOCK = re.compile(r"^K;DQ[;A-Z]", re.MULTILINE)
_VALUE, _QUALITY, _BLOCKED, _FALSIFIED = "WERT", "QUALITAET", "GESPERRT", "WERT-VERFAELSCHT"
_NO = frozenset(("", "0", "N", "n"))


@dataclass(frozen=True)
class _Block:
    """fields: names of a block's fields; records: their cells; rows: 1-based."""

    fields: tuple[str, ...]
    records: tuple[tuple[str, ...], ...]
    rows: tuple[int, ...]

    def column(self, name: str) -> tuple[str, ...]:
        """All cells of a field; () where the block has no such field."""
        if name not in self.fields:
            return ()
        place = self.fields.index(name)
        return tuple(record[place] if place < len(record) else "" for record in self.records)


def recognises(text: str) -> bool:
    """Whether a text holds the blocks of a cube."""
    return text.startswith(("*", "K;")) and _BLOCK.search(text, 0, 20_000) is not None


def read(decoded: Decoded) -> KeyedRecords:
    """The records of a cube. A record of values with another number of fields than its block names is a finding, not a value."""
    blocks, ended = _blocks(decoded)
    values = blocks.get("QEI")
    cube = blocks.get("DQ")
    code = next(iter(cube.column("FACH-SCHL")), "") if cube is not None else ""
    title = next(iter(cube.column("INHALT") or cube.column("KURZTEXT")), "") if cube is not None else ""
    if values is None or _VALUE not in values.fields or "DQI" not in blocks:
        kind = "official_cube_blocks"
        missing = " ".join(name for name in ("DQA", "DQZ", "DQI", "QEI") if name not in blocks) or "QEI"
        return KeyedRecords(
            FAMILY, np.array([], np.int32), (), None, code=code, findings=(Finding(kind, kind, Severity.ERROR, value=missing),)
        )
    complete, findings = _complete(values)
    if not ended:
        kind = "official_no_line_end"
        findings = (*findings, Finding(kind, kind, Severity.WARNING, row=max(values.rows, default=None)))
    axes = blocks["DQA"].column("NAME") if "DQA" in blocks else ()
    records = KeyedRecords(
        FAMILY, np.array(complete.rows, np.int32), (), None, code=code, title=title, style=Style.POINT, findings=findings
    )
    places = [place for place, name in enumerate(complete.fields) if name == "FACH-SCHL"]
    records = _with_axes(records, complete, axes, places)
    return replace(
        records,
        values=_measures(complete, blocks["DQI"]),
        open_end=not ended and values.rows[-1:] == complete.rows[-1:] and complete.fields[-1] == _VALUE,
    )


def _blocks(decoded: Decoded) -> tuple[dict[str, _Block], bool]:
    """(blocks by name, whether the last line has its line break); a name that comes twice goes on."""
    fields: dict[str, tuple[str, ...]] = {}
    records: dict[str, list[tuple[str, ...]]] = {}
    rows: dict[str, list[int]] = {}
    current = ""
    for row, cells in enumerate(split(decoded, DELIMITER).rows, 1):
        if cells and cells[0] == "K" and len(cells) > 1:
            current = cells[1].strip()
            fields[current] = tuple(cell.strip() for cell in cells[2:])
            records.setdefault(current, [])
            rows.setdefault(current, [])
        elif cells and cells[0] == "D" and current:
            records[current].append(tuple(cells[1:]))
            rows[current].append(row)
    blocks = {name: _Block(fields[name], tuple(records[name]), tuple(rows[name])) for name in fields}
    return blocks, decoded.text.endswith(("\n", "\r"))


def _complete(values: _Block) -> tuple[_Block, tuple[Finding, ...]]:
    """The records of values with as many fields as named, and a finding for each other."""
    width = len(values.fields)
    kept = [place for place, record in enumerate(values.records) if len(record) == width]
    chosen = set(kept)
    found = tuple(
        Finding(kind, kind, Severity.ERROR, row=values.rows[place], allowed=str(width + 1))
        for place, record in enumerate(values.records)
        if place not in chosen
        for kind in ("reader_long_row" if len(record) > width else "reader_short_row",)
    )
    return replace(
        values, records=tuple(values.records[place] for place in kept), rows=tuple(values.rows[place] for place in kept)
    ), found


def _with_axes(records: KeyedRecords, values: _Block, axes: Sequence[str], places: Sequence[int]) -> KeyedRecords:
    """Key, time and dimensions of the records; axes: their variables, in the order of the fields FACH-SCHL."""
    columns = {place: pa.array([record[place] for record in values.records], pa.string()) for place in places}
    names = [axes[index] if index < len(axes) else f"axis_{index + 1}" for index in range(len(places))]
    region = next((index for index, name in enumerate(names) if is_region_variable(name)), None)
    if region is None:
        region = next((index for index, place in enumerate(places) if are_keys(columns[place].unique().to_pylist())), None)
    times = None
    if "ZI-WERT" in values.fields:
        time = values.fields.index("ZI-WERT")
        times = pa.array([record[time] for record in values.records], pa.string())
        records = replace(records, times=times, time_column=time + 2)
    if region is not None:
        place = places[region]
        records = replace(records, keys=columns[place], key_column=place + 2)
    dimensions = tuple(
        RecordDimension(names[index], columns[place], columns[place], place + 2)
        for index, place in enumerate(places)
        if index != region
    )
    return replace(records, dimensions=dimensions)


def _measures(values: _Block, measures: _Block) -> tuple[ValueColumn, ...]:
    """One column for each measure: value, letter of quality, and no number where the source blocks the cell."""
    names, units = measures.column("NAME"), measures.column("ME-NAME")
    starts = [place for place, name in enumerate(values.fields) if name == _VALUE]
    found: list[ValueColumn] = []
    for index, place in enumerate(starts):
        end = starts[index + 1] if index + 1 < len(starts) else len(values.fields)
        beside = {values.fields[at]: at for at in range(place + 1, end)}
        texts = [_shown(record, place, beside) for record in values.records]
        name = names[index] if index < len(names) else f"measure_{index + 1}"
        qualities = None
        if _QUALITY in beside or _FALSIFIED in beside:
            qualities = pa.array([_quality(record, beside) for record in values.records], pa.string())
        unit = units[index] if index < len(units) else ""
        found.append(ValueColumn(pa.array(texts, pa.string()), place + 2, name, name, unit, qualities=qualities))
    return tuple(found)


def _shown(record: Sequence[str], place: int, beside: dict[str, int]) -> str:
    """The text of a cell; the mark of blocking where the source blocks it, so that no number is read."""
    blocked = record[beside[_BLOCKED]].strip() if _BLOCKED in beside else ""
    if blocked in _NO:
        return record[place]
    return blocked if not any(map(str.isdigit, blocked)) and len(blocked) == 1 and not blocked.isalpha() else "x"


def _quality(record: Sequence[str], beside: dict[str, int]) -> str:
    """The letter of quality, and `v` beside it where the source says that the value was falsified for secrecy."""
    letter = record[beside[_QUALITY]].strip() if _QUALITY in beside else ""
    falsified = record[beside[_FALSIFIED]].strip() not in _NO if _FALSIFIED in beside else False
    return letter + ("v" if falsified else "")
