"""Which of very many findings are shown one by one, and how many there are of each rule. No sentences, no output."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from kkz_eval.model.findings import Finding, iter_findings

Ints = npt.NDArray[np.int64]

OF_ONE_COLUMN = ("rule", "severity", "sheet", "field")


@dataclass(frozen=True)
class Count:
    """How many findings a rule has in one column of a sheet. first: the first one of them."""

    first: Finding
    count: int


def counts(findings: pa.Table) -> tuple[Count, ...]:
    """The findings (FINDINGS_SCHEMA) counted by rule, severity, sheet and column, in the order in which they begin."""
    if not findings.num_rows:
        return ()
    place = pa.array(np.arange(findings.num_rows))
    groups = findings.select(list(OF_ONE_COLUMN)).append_column("place", place).group_by(list(OF_ONE_COLUMN))
    counted = groups.aggregate([("place", "min"), ("place", "count")]).sort_by("place_min")
    firsts = iter_findings(findings.take(counted.column("place_min")))
    return tuple(Count(first, n) for first, n in zip(firsts, counted.column("place_count").to_pylist(), strict=True))


def listed(findings: pa.Table, most: int) -> pa.Table:
    """At most so many findings, in their order: all, or of each rule and column the first ones, so that none hides another."""
    if findings.num_rows <= most:
        return findings
    return findings.take(pa.array(first_places(group_numbers(findings, OF_ONE_COLUMN), most)))


def group_numbers(findings: pa.Table, names: Sequence[str]) -> Ints:
    """A number for each finding, the same for those that agree in all of the columns named."""
    numbers = np.zeros(findings.num_rows, dtype=np.int64)
    n = 1
    for name in names:
        column = findings.column(name)
        different = pc.unique(column)
        if n * len(different) >= 2**62:  # the numbers so far, counted anew
            numbers = np.unique(numbers, return_inverse=True)[1].astype(np.int64)
            n = int(numbers.max()) + 1
        numbers *= len(different)
        numbers += pc.index_in(column, value_set=different).to_numpy()
        n *= len(different)
    return numbers


def first_places(groups: Ints, most: int) -> Ints:
    """Ascending places of at most so many members of groups, of each group the first ones. groups: number of the group at each place."""
    if len(groups) <= most:
        return np.arange(len(groups))
    order = np.argsort(groups, kind="stable")
    starts = np.flatnonzero(np.diff(groups[order], prepend=-1))
    sizes = np.diff(starts, append=len(order))
    rank = np.arange(len(order)) - np.repeat(starts, sizes)
    return np.sort(order[rank < _share(sizes, most)])[:most]


def _share(sizes: npt.NDArray[np.intp], most: int) -> int:
    """How many each group may show, at least one: what small groups leave goes to the large ones."""
    left, n_groups = most, len(sizes)
    for size in np.sort(sizes):
        if size * n_groups >= left:
            break
        left, n_groups = left - int(size), n_groups - 1
    return max(left // max(n_groups, 1), 1)
