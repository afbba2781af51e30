"""Two results of one plan beside each other, number by number: what was found then, what is found now.

Belongs here: reading result tables back, and comparing them. Does not belong here: estimating, sentences on what differs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO

import numpy as np
import pandas as pd

from kkz_eval.evaluation.results import RESULT_TABLES, EffectsResult

TOLERANCE = 1e-7
"""Share of the larger number of a column and row within which two are the same: sums in another order, on another machine, stay far below."""
_OF_THE_RUN = frozenset({"message", "inputs_digest", "plan_digest", "code_digest"})
_NOT_COMPARED = frozenset({"verdicts", "messages"})
"""Verdicts also rest on what no panel holds: coverage, sources, the lock. Messages are words."""


@dataclass(frozen=True)
class Difference:
    """A cell that is not what it was. row: what names it; expected, found: as text, "" for a cell that is empty or a row that is not there."""

    table: str
    row: str
    column: str
    expected: str
    found: str


@dataclass(frozen=True)
class Replay:
    """What the comparison found. n: of numbers compared."""

    n: int
    differences: tuple[Difference, ...]


def replayed(expected: Mapping[str, bytes], found: EffectsResult) -> Replay:
    """The result tables of a package against those found now. expected: content of the .csv files by name.

    Messages, digests and verdicts are left out. A number differs where it lies further away than TOLERANCE of the larger one, with the size of the
    estimates of its table as the least scale, so that what is zero but for rounding stays zero.
    """
    n, differences = 0, []
    for table, columns in RESULT_TABLES.items():
        if table in _NOT_COMPARED or f"{table}.csv" not in expected:
            continue
        then = _read(expected[f"{table}.csv"], columns)
        now = _as_read(getattr(found, table), columns)
        keys = [name for name, kind in columns.items() if kind in ("string", "integer") and name not in _OF_THE_RUN]
        numbers = [name for name, kind in columns.items() if kind == "number"]
        then, now = (frame.set_index(_named(frame, keys)) for frame in (then, now))
        differences += [Difference(table, row, "", "1", "") for row in then.index.difference(now.index)]
        differences += [Difference(table, row, "", "", "1") for row in now.index.difference(then.index)]
        shared = then.index.intersection(now.index, sort=False)
        n += len(shared) * len(numbers)
        differences += _apart(table, then.loc[shared, numbers], now.loc[shared, numbers])
    return Replay(n, tuple(differences))


def _apart(table: str, then: pd.DataFrame, now: pd.DataFrame) -> Iterator[Difference]:
    for column in then:
        a, b = then[column].to_numpy(dtype="float64"), now[column].to_numpy(dtype="float64")
        finite = np.abs(a[np.isfinite(a)])
        least = float(np.median(finite)) if len(finite) else 0.0
        with np.errstate(invalid="ignore"):
            far = np.abs(a - b) > TOLERANCE * np.maximum(np.maximum(np.abs(a), np.abs(b)), least)
        far |= np.isnan(a) != np.isnan(b)
        for at in np.flatnonzero(far):
            yield Difference(table, str(then.index[int(at)]), str(column), _shown(a[at]), _shown(b[at]))


def _shown(value: float) -> str:
    return "" if np.isnan(value) else repr(float(value))


def _named(frame: pd.DataFrame, keys: list[str]) -> pd.Index:
    """What names a row: its texts and whole numbers, and its place among rows of the same name."""
    names = frame[keys].fillna("").astype(str).agg(" ".join, axis=1) if len(frame) else pd.Series([], dtype=str)
    place = names.groupby(names, sort=False).cumcount()
    return pd.Index([f"{' '.join(name.split())}{f' ({at + 1})' if at else ''}" for name, at in zip(names, place, strict=True)])


def _read(content: bytes, columns: Mapping[str, str]) -> pd.DataFrame:
    frame = pd.read_csv(BytesIO(content), dtype=str, keep_default_na=False)
    return _typed(frame[list(columns)], columns)


def _as_read(frame: pd.DataFrame, columns: Mapping[str, str]) -> pd.DataFrame:
    texts = frame[list(columns)].astype(object).where(frame[list(columns)].notna(), "")
    return _typed(texts.map(str), columns)


def _typed(texts: pd.DataFrame, columns: Mapping[str, str]) -> pd.DataFrame:
    """Numbers as such, all else as texts: whole numbers without what a table of floats adds to them."""
    typed: dict[str, pd.Series] = {}
    for name, kind in columns.items():
        cells = texts[name]
        if kind == "number":
            typed[name] = pd.Series([float(cell) if cell else np.nan for cell in cells], index=texts.index, dtype="float64")
        else:
            typed[name] = cells.str.removesuffix(".0") if kind == "integer" else cells
    return pd.DataFrame(typed, index=texts.index)
