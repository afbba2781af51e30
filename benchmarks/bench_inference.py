"""Speed of exact inference, against as many draws as people usually take by SciPy on the same data, in one run.

Belongs here: designs as large as the programme's, the calls, the entries of the table. Does not belong here: the table and its file (bench.py),
pass or fail. Time is that of the processor, all threads together.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import numpy as np
from scipy.stats import permutation_test

from kkz_eval.evaluation.arrays import Floats
from kkz_eval.evaluation.inference.assignments import UNIFORM, Law, n_assignments, standardised
from kkz_eval.evaluation.inference.exact import exact_coefficient, exact_studentised
from kkz_eval.evaluation.inference.intervals import exact_interval
from kkz_eval.evaluation.inference.units import ComparedUnits

DRAWS = 9_999
SEED = 1
CITIES_AND_KREISE = ((15, 10), (15, 3))  # units, and the treated among them, of each kind: the programme's first cohort
WITH_NOT_YET_TREATED = ((22, 10), (22, 3))
Entry = tuple[str, float, str, float]


def exact_inference(sizes: tuple[tuple[int, int], ...] = CITIES_AND_KREISE) -> list[Entry]:
    """The estimate and its studentised form, whole and within kinds, with a baseline, by a law that favours need; the interval."""
    units = design(sizes, baselines=1)
    z = np.random.default_rng(SEED).normal(size=units.n_units)
    need = Law(standardised(units.baseline[:, 0]), 1.4)
    within, whole = units.without_baseline(), units.without_baseline().without_strata()
    by_draws = processor_seconds(lambda: drawn(z, whole), repeats=3)
    tests: dict[str, tuple[ComparedUnits, Callable[[], object]]] = {
        "within kinds": (within, lambda: exact_coefficient(z, within)),
        "within kinds, with need": (units, lambda: exact_coefficient(z, units)),
        "within kinds, with need, by need": (units, lambda: exact_coefficient(z, units, need)),
        "whole": (whole, lambda: exact_coefficient(z, whole)),
        "within kinds, with need, studentised": (units, lambda: both(z, units, need)),
        "whole, studentised": (whole, lambda: both(z, whole, UNIFORM)),
        "interval within kinds, with need": (units, lambda: exact_interval(z, units, need)),
        "interval whole, with need": (units.without_strata(), lambda: exact_interval(z, units.without_strata(), need)),
        "interval whole": (whole, lambda: exact_interval(z, whole)),
    }
    return [entry(name, compared, test, by_draws) for name, (compared, test) in tests.items()]


def many_units(sizes: tuple[tuple[int, int], ...] = WITH_NOT_YET_TREATED) -> list[Entry]:
    """The same within kinds for as many units as a comparison with the not yet treated has."""
    units = design(sizes)
    z = np.random.default_rng(SEED).normal(size=units.n_units)
    by_draws = processor_seconds(lambda: drawn(z, units.without_strata()), repeats=3)
    return [
        entry("within kinds", units, lambda: exact_coefficient(z, units), by_draws),
        entry("interval within kinds", units, lambda: exact_interval(z, units), by_draws),
    ]


def design(sizes: tuple[tuple[int, int], ...], baselines: int = 0) -> ComparedUnits:
    """Strata of (units, treated), with baseline columns."""
    stratum = np.repeat(np.arange(len(sizes)), [size for size, _ in sizes])
    treated = np.concatenate([np.arange(size) < count for size, count in sizes])
    return ComparedUnits.of(treated, stratum, np.random.default_rng(SEED + 1).normal(size=(len(stratum), baselines)))


def both(z: Floats, units: ComparedUnits, law: Law) -> object:
    """The studentised test and what it builds on."""
    return exact_studentised(z, units, law, exact_coefficient(z, units, law))


def drawn(z: Floats, units: ComparedUnits) -> float:
    """p of the difference of means by draws, all units exchangeable, as SciPy has it."""

    def difference(one: Floats, other: Floats, axis: int) -> Floats:
        return np.asarray(one.mean(axis=axis) - other.mean(axis=axis))

    groups = (z[units.treated], z[~units.treated])
    return float(permutation_test(groups, difference, n_resamples=DRAWS, vectorized=True, rng=SEED).pvalue)


def entry(name: str, units: ComparedUnits, test: Callable[[], object], by_draws: float) -> Entry:
    """The figure of one test."""
    said = f"exact, {units.n_units} units, {n_assignments(units):,} assignments, {name}"
    return said, processor_seconds(test, repeats=3), f"scipy permutation_test, {DRAWS:,} draws", by_draws


def processor_seconds(work: Callable[[], object], repeats: int) -> float:
    """The least processor time of several calls, seconds."""
    least = float("inf")
    for _ in range(repeats):
        started = time.process_time()
        work()
        least = min(least, time.process_time() - started)
    return least


def main() -> int:
    """Print the figures."""
    for name, measured, against, reference in [*exact_inference(), *many_units()]:
        print(f"{name:<85} {measured * 1e3:8.1f} ms  {measured / reference:6.2f} x {against}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
