"""What changed between two deliveries of a contract, value by value, the largest changes first. No files, no register."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kkz_eval.contracts.contract import Contract
from kkz_eval.model.parsed import ParsedTable

Key = tuple[str, int, str, tuple[tuple[str, str], ...]]


@dataclass(frozen=True)
class Change:
    """A value that differs. old, new: as delivered, None where a file has no such record; old_value, new_value: as numbers.

    record: position in the first table, -1 where it has none. relative: change as a share of the old value, None where there is
    none (a value is missing, or the old one is zero).
    """

    unit_id: str
    year: int
    field: str
    dimensions: Mapping[str, str]
    old: str | None
    new: str | None
    old_value: float | None
    new_value: float | None
    record: int

    @property
    def kind(self) -> str:
        """added | removed | changed"""
        return "added" if self.old is None else "removed" if self.new is None else "changed"

    @property
    def size(self) -> float | None:
        """New less old; None where either is no number."""
        if self.old_value is None or self.new_value is None:
            return None
        return self.new_value - self.old_value

    @property
    def relative(self) -> float | None:
        """The size as a share of the old value."""
        return self.size / abs(self.old_value) if self.size is not None and self.old_value else None


@dataclass(frozen=True)
class _Value:
    text: str
    number: float | None
    record: int


def changes_between(old: ParsedTable, new: ParsedTable, contract: Contract) -> list[Change]:
    """All values that differ, in rank: the largest relative change first, then the largest change, then what came or went.

    A value is the same where number and symbol are the same, whatever its notation. A record that stands twice in a file is compared
    by its first.
    """
    before, after = _values(old, contract), _values(new, contract)
    changes = []
    for key in before.keys() | after.keys():
        first, second = before.get(key), after.get(key)
        if first is not None and second is not None and _same(first, second):
            continue
        unit, year, field, dimensions = key
        changes.append(
            Change(
                unit,
                year,
                field,
                dict(dimensions),
                first.text if first else None,
                second.text if second else None,
                first.number if first else None,
                second.number if second else None,
                first.record if first else -1,
            )
        )
    return sorted(changes, key=_rank)


def _same(first: _Value, second: _Value) -> bool:
    if first.number is not None or second.number is not None:
        return first.number == second.number
    return first.text == second.text


def _rank(change: Change) -> tuple[object, ...]:
    relative, size = change.relative, change.size
    place = (change.unit_id, change.year, change.field, tuple(sorted(change.dimensions.items())))
    return (relative is None, -abs(relative or 0.0), size is None, -abs(size or 0.0), place)


def _values(parsed: ParsedTable, contract: Contract) -> dict[Key, _Value]:
    units, years = parsed.values("unit_id").to_pylist(), parsed.values("year").to_pylist()
    dimensions = {p.name: parsed.values(p.name).to_pylist() for p in contract.properties if p.role == "dimension"}
    found: dict[Key, _Value] = {}
    for measure in (p.name for p in contract.properties if p.role == "measure"):
        numbers, texts = parsed.values(measure).to_pylist(), parsed.texts(measure).to_pylist()
        for record, (unit, year) in enumerate(zip(units, years, strict=True)):
            if unit is None or year is None:
                continue
            codes = tuple((name, values[record]) for name, values in dimensions.items() if values[record] is not None)
            value = _Value((texts[record] or "").strip(), numbers[record], record)
            found.setdefault((unit, year, measure, codes), value)
    return found
