"""Placebo assignments of comparison units, and what follows from the effects they give.

Belongs here: which comparison units act as treated, standard errors, permutation p-values and intervals. Does not belong here: the
effects themselves (sdid.py, synthetic_control.py).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from kkz_eval.evaluation.arrays import AssignmentByUnit, PerProblem

DRAWS = 200  # where the plan names none
ENUMERATED = 1000  # up to so many assignments all are used, whatever the plan's number of draws


@dataclass(frozen=True)
class Assignments:
    """Placebo units: positions among the comparison units, (b, n_treated), cohort after cohort; complete: all there are."""

    units: AssignmentByUnit
    complete: bool

    def pieces(self, rows: int) -> list[AssignmentByUnit]:
        """So many assignments at a time, and one at least: solved together, wherever that is."""
        size = max(1, rows)
        return [self.units[first : first + size] for first in range(0, len(self.units), size)]


def placebo_assignments(n_controls: int, sizes: Sequence[int], draws: int | None, seed: int) -> Assignments | None:
    """Assignments of comparison units to cohorts of these sizes (Arkhangelsky et al. 2021, algorithm 4; staggered: Clarke et al. 2023).

    All of them where there are at most max(draws, ENUMERATED), and with one treated unit always; otherwise `draws` (DRAWS if 0) at
    random without replacement. None where draws is None, or fewer than one more comparison unit than treated units is there.
    """
    n_treated = sum(sizes)
    if draws is None or n_controls <= n_treated:
        return None
    number = math.perm(n_controls, n_treated) // math.prod(math.factorial(size) for size in sizes)
    if number <= max(draws, ENUMERATED) or n_treated == 1:
        return Assignments(np.array(list(_all(tuple(range(n_controls)), tuple(sizes))), dtype="int64"), True)
    generator = np.random.default_rng(seed)
    order = [generator.permutation(n_controls)[:n_treated] for _ in range(draws or DRAWS)]
    return Assignments(np.array(order, dtype="int64"), False)


def _all(positions: tuple[int, ...], sizes: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    if not sizes:
        yield ()
        return
    for chosen in combinations(positions, sizes[0]):
        remaining = tuple(position for position in positions if position not in chosen)
        for others in _all(remaining, sizes[1:]):
            yield (*chosen, *others)


def placebo_error(effects: PerProblem) -> float:
    """Standard error: root of the mean squared deviation of placebo effects (b,) from their mean (algorithm 4, step 7)."""
    return float(np.sqrt(np.mean((effects - effects.mean()) ** 2)))


def permutation_p(statistic: float, placebos: PerProblem) -> float:
    """Share of assignments, the true one among them, with a statistic at least as large (Abadie, Diamond & Hainmueller 2010)."""
    close = 1e-12 * max(abs(statistic), 1e-300)  # equal but for rounding counts as at least as large
    return float((1 + (placebos >= statistic - close).sum()) / (1 + len(placebos)))


def permutation_interval(estimate: float, effects: PerProblem, level: float) -> tuple[float, float]:
    """All constant effects c that the permutation test of |estimate − c| among |placebo effects| (b,) does not reject at 1 − level.

    NaN where so few placebos cannot reject at that level.
    """
    ordered = np.sort(np.abs(effects))[::-1]
    # largest number of assignments in the tail that still rejects; 1e-9: 0.05 · 20 must count as 1, however it is rounded
    rejecting = math.floor((1 - level) * (1 + len(ordered)) + 1e-9)
    if rejecting < 1:
        return np.nan, np.nan
    half = float(ordered[rejecting - 1])
    return estimate - half, estimate + half
