"""The gate against disclosure: which counts may leave, which are hidden. No layout, no wording.

Hidden are small counts (primary) and so many others that no hidden count can be found by subtraction (complementary).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

HIDDEN = "•"


@dataclass(frozen=True)
class Released:
    """What may leave.

    cells: text of each count, HIDDEN where it must not leave; values: the same as numbers, missing where hidden.
    Both have the frame's index and the columns of counts, then the total's column where one is shown.
    """

    cells: pd.DataFrame
    values: pd.DataFrame


def suppress(
    frame: pd.DataFrame,
    count_columns: Sequence[str],
    smallest_cell: int,
    group_columns: Sequence[str] = (),
    total_column: str | None = None,
) -> Released:
    """Hide counts from 1 to smallest_cell − 1, and others as far as subtraction from a total would give them away.

    count_columns: parts of one total; with group_columns the parts of a total are the counts in all rows of the group.
    total_column: the total, the same in every row of a group. Zero stays. A missing count is hidden like a small one.
    Within a group the hidden parts number at least two and do not sum to their number (each would be 1); where no part
    is left to hide, the total is hidden. Raises ValueError for negative counts and totals that differ within a group.
    """
    counts = frame[list(count_columns)].to_numpy(dtype=float)
    if (counts < 0).any():
        raise ValueError("counts must not be negative")
    hidden = np.isnan(counts) | ((counts >= 1) & (counts < smallest_cell)) | ((counts > 0) & (counts < 1))
    columns = list(count_columns)
    if total_column is not None:
        columns.append(total_column)
        totals = frame[total_column].to_numpy(dtype=float)
        total_hidden = np.zeros(len(frame), dtype=bool)
        for rows in _groups(frame, group_columns):
            total = _one_total(totals[rows])
            parts, hide_total = _complement(counts[rows].ravel(), hidden[rows].ravel(), total, smallest_cell)
            hidden[rows] = parts.reshape(len(rows), -1)
            total_hidden[rows] = hide_total
        counts = np.column_stack([counts, totals])
        hidden = np.column_stack([hidden, total_hidden])
    values = pd.DataFrame(np.where(hidden, np.nan, counts), index=frame.index, columns=columns)
    return Released(values.map(lambda value: HIDDEN if pd.isna(value) else str(int(value))), values)


def rates_released(counts: Sequence[tuple[float | None, float | None]], smallest_cell: int) -> tuple[bool, ...]:
    """Whether each rate may leave, of which neither count nor total is shown: its count must not be small, nor what is left of the total.

    counts: numerator and denominator of each rate. A published rate has neither (None), and nothing to hide; a logarithm has a count alone,
    which anybody can take from it: it must not be small.
    """
    numerator, denominator = (pd.Series([pair[place] for pair in counts], dtype=float) for place in (0, 1))
    parts = pd.DataFrame({"part": numerator, "rest": (denominator - numerator).clip(lower=0.0)})
    counted = parts.notna().all(axis=1)
    released = suppress(parts[counted], ("part", "rest"), smallest_cell).values.notna().all(axis=1)
    alone = numerator.notna() & denominator.isna() & numerator.gt(0) & numerator.lt(smallest_cell)
    return tuple(bool(may) for may in released.reindex(parts.index, fill_value=True) & ~alone)


def shares_released(
    counts: Sequence[tuple[float | None, float | None]], wholes: Sequence[tuple[Sequence[int], int | None]], smallest_cell: int
) -> tuple[bool, ...]:
    """As rates_released for rates whose totals are shown, so that a rate gives its count: none of a whole that is hidden alone can be subtracted.

    wholes: the places of parts that exclude each other, and that of all of them together, None where it is not shown.
    """
    released = list(rates_released(counts, smallest_cell))
    for parts, whole in wholes:
        known = [place for place in parts if counts[place][0] is not None]
        users = np.array([counts[place][0] for place in known], dtype=float)
        hidden = np.array([not released[place] for place in known], dtype=bool)
        also, hide_whole = _complement(users, hidden, users.sum(), smallest_cell)
        for place in np.flatnonzero(also):
            released[known[place]] = False
        if hide_whole and whole is not None:
            released[whole] = False
    return tuple(released)


def _groups(frame: pd.DataFrame, group_columns: Sequence[str]) -> list[np.ndarray]:
    if not group_columns:
        return [np.array([row]) for row in range(len(frame))]
    keys = frame.groupby(list(group_columns), sort=False, dropna=False).ngroup().to_numpy()
    return [np.flatnonzero(keys == key) for key in np.unique(keys)]


def _one_total(totals: np.ndarray) -> float:
    known = np.unique(totals[~np.isnan(totals)])
    if len(known) > 1 or (len(known) == 1 and known[0] < 0):
        raise ValueError("a group must have one total that is not negative")
    return float(known[0]) if len(known) == 1 and not np.isnan(totals).any() else float("nan")


def _complement(parts: np.ndarray, hidden: np.ndarray, total: float, smallest_cell: int) -> tuple[np.ndarray, bool]:
    hidden = hidden.copy()
    if np.isnan(total) or 0 < total < smallest_cell:
        return hidden, True
    while hidden.any():
        undisclosed = total - parts[~hidden].sum()
        if hidden.sum() >= 2 and undisclosed > hidden.sum():
            return hidden, False
        candidates = np.flatnonzero(~hidden & (parts > 0))
        if not len(candidates):
            return hidden, True
        hidden[candidates[np.argmin(parts[candidates])]] = True
    return hidden, False
