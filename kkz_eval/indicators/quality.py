"""Values that their source marks as not final: provisional, revised, estimated, uncertain. No symbols that stand for a number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import pyarrow as pa

MARKS = ("p", "r", "s", "e")  # provisional, revised, estimated (geschätzt), estimated; letters as the sources write them


def flag_of_parts(flags: Iterable[object], has_value: bool) -> str | None:
    """What a figure made of several keeps of their flags: of a value those of all its parts, letters once and in the order of MARKS; where
    there is none, the first sign that stands for a number, or the first of any."""
    given = [flag for flag in flags if isinstance(flag, str)]
    if not has_value:
        return next((flag for flag in given if not letters_in(flag)), given[0] if given else None)
    letters = {letter for flag in given for letter in letters_in(flag)}
    others = dict.fromkeys(flag for flag in given if not letters_in(flag))
    return " ".join([*(mark for mark in MARKS if mark in letters), *others]) or None


def letters_in(flag: str) -> tuple[str, ...]:
    """The letters of a flag that mark a value as not final; none in one that stands for a number."""
    return tuple(word for word in flag.casefold().split() if word in MARKS)


def marks_of(table: pa.Table, units: frozenset[str], years: tuple[int, int] | None) -> dict[str, int]:
    """How many values carry each letter, by letter; one made of several may carry more than one. table: model.tables.INDICATORS; units: those compared; years: first and last."""
    columns = [table.column(name).to_pylist() for name in ("unit_id", "year", "value", "flag")]
    found = Counter(
        letter
        for unit, year, value, flag in zip(*columns, strict=True)
        if flag is not None and value is not None and unit in units and (years is None or years[0] <= year <= years[1])
        for letter in letters_in(flag)
    )
    return {mark: found[mark] for mark in MARKS if found[mark]}
