"""Speed of inference: exact ones and many draws, against as many draws as people usually take by SciPy or by fits anew, in one run.

Belongs here: designs as large as the programme's, the calls, the entries of the table. Does not belong here: the table and its file (bench.py),
pass or fail. Time is that of the processor, all threads together.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from scipy.stats import permutation_test

from kkz_eval.evaluation.arrays import Floats
from kkz_eval.evaluation.estimators.twfe import estimate_twfe
from kkz_eval.evaluation.inference.assignments import UNIFORM, Law, draw_starts, n_assignments, standardised
from kkz_eval.evaluation.inference.draws import drawn_tests
from kkz_eval.evaluation.inference.exact import (
    RandomizationTest,
    exact_coefficient,
    exact_coefficients,
    exact_studentised,
    exact_studentised_by_laws,
)
from kkz_eval.evaluation.inference.intervals import exact_interval
from kkz_eval.evaluation.inference.panels import Panel
from kkz_eval.evaluation.inference.re_estimation import started_as
from kkz_eval.evaluation.inference.statistics import Statistic, coefficient, studentised
from kkz_eval.evaluation.inference.units import ComparedUnits
from kkz_eval.evaluation.inference.wild_bootstrap import RADEMACHER, collapsed, wild_bootstrap
from kkz_eval.evaluation.panel import validate_panel
from kkz_eval.evaluation.plan_file import parse_plan
from kkz_eval.evaluation.sample import build_sample, outcome_slice

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
    laws = [UNIFORM, need, replace(need, theta=2.5)]
    within, whole = units.without_baseline(), units.without_baseline().without_strata()
    by_draws = processor_seconds(lambda: drawn(z, whole), repeats=3)
    tests: dict[str, tuple[ComparedUnits, Callable[[], object]]] = {
        "within kinds": (within, lambda: exact_coefficient(z, within)),
        "within kinds, with need": (units, lambda: exact_coefficient(z, units)),
        "within kinds, with need, by need": (units, lambda: exact_coefficient(z, units, need)),
        "whole": (whole, lambda: exact_coefficient(z, whole)),
        "within kinds, with need, studentised": (units, lambda: both(z, units, need)),
        "whole, studentised": (whole, lambda: both(z, whole, UNIFORM)),
        "within kinds, with need, both by three laws": (units, lambda: both_by_laws(z, units, laws)),
        "whole, both by three laws": (whole, lambda: both_by_laws(z, whole, laws)),
        "whole, with need, both by three laws": (units.without_strata(), lambda: both_by_laws(z, units.without_strata(), laws)),
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


def many_outcomes(n_units: int = 400, n_outcomes: int = 40) -> list[Entry]:
    """The same draws for many outcomes at once, and as many wild bootstraps; against one outcome after the other by SciPy."""
    half = n_units // 2
    units = design(((half, half // 3), (n_units - half, half // 2)))
    z = np.random.default_rng(SEED).normal(size=(n_units, n_outcomes))
    by_draws = n_outcomes * processor_seconds(lambda: drawn(z[:, 0], units.without_strata()), repeats=1)
    works: dict[str, Callable[[], object]] = {
        "estimate by draws": lambda: drawn_together(coefficient, z, units),
        "studentised by draws": lambda: drawn_together(studentised, z, units),
        "wild bootstrap": lambda: wild_bootstrap(collapsed(z, units), RADEMACHER, DRAWS, np.random.default_rng(SEED)),
    }
    scipy = f"scipy permutation_test, {DRAWS:,} draws for each"
    return [
        (
            f"{name}, {n_units:,} units, {n_outcomes} outcomes, {DRAWS:,} draws",
            processor_seconds(work, repeats=3),
            scipy,
            by_draws,
        )
        for name, work in works.items()
    ]


def panels_with_gaps(n_units: int = 400, n_years: int = 19, fits: int = 20) -> list[Entry]:
    """Estimate and clustered error of two-way fixed effects under drawn starts in two years, a tenth of the cells missing; against fits anew."""
    frame = panel_with_gaps(n_units, n_years)
    document = {"plan_version": 1, "id": "bench", "outcomes": [{"indicator": "y"}], "estimators": [{"id": "t", "method": "twfe"}]}
    plan = parse_plan(document, "bench")
    outcome = plan.outcomes[0]
    sample = build_sample(outcome_slice(validate_panel(frame, plan), plan, outcome), plan, outcome)
    starts = sample.cohort[np.flatnonzero(np.diff(sample.unit, prepend=-1))]
    units = ComparedUnits.of(~np.isnan(starts))
    of_draws = draw_starts(units, starts, UNIFORM, DRAWS, np.random.default_rng(SEED))

    def anew() -> None:
        for one in of_draws[:fits]:
            estimate_twfe(started_as(sample, one), plan, plan.estimators[0])

    said = f"two-way fixed effects with gaps, {n_units:,} units in {n_years} years, {DRAWS:,} drawn starts"
    seconds = processor_seconds(lambda: Panel.of(sample).estimates(of_draws, "coefficient"), repeats=1)
    return [(said, seconds, "a fit for each draw", processor_seconds(anew, repeats=1) * DRAWS / fits)]


def panel_with_gaps(n_units: int, n_years: int) -> pd.DataFrame:
    """Cells of a made-up outcome: a third of the units starts in one of two years, a tenth of the cells is missing."""
    random = np.random.default_rng(SEED)
    unit, year = np.repeat(np.arange(n_units), n_years), np.tile(np.arange(2005, 2005 + n_years), n_units)
    cohort = np.where(unit % 3 == 0, np.where(unit % 2 == 0, 2012.0, 2017.0), np.nan)
    value = random.normal(size=len(unit)) + unit
    cells = {"unit_id": [f"{code:05d}" for code in unit], "year": year, "indicator": "y", "value": value, "cohort": cohort}
    return pd.DataFrame(cells)[random.random(len(unit)) > 0.1].reset_index(drop=True)


def drawn_together(kind: Callable[[Floats, ComparedUnits], Statistic], z: Floats, units: ComparedUnits) -> object:
    """Tests of all outcomes (N, K) against the same draws."""
    return drawn_tests([kind(column, units) for column in z.T], units, UNIFORM, DRAWS, np.random.default_rng(SEED))


def design(sizes: tuple[tuple[int, int], ...], baselines: int = 0) -> ComparedUnits:
    """Strata of (units, treated), with baseline columns."""
    stratum = np.repeat(np.arange(len(sizes)), [size for size, _ in sizes])
    treated = np.concatenate([np.arange(size) < count for size, count in sizes])
    return ComparedUnits.of(treated, stratum, np.random.default_rng(SEED + 1).normal(size=(len(stratum), baselines)))


def both(z: Floats, units: ComparedUnits, law: Law) -> object:
    """The studentised test and what it builds on."""
    return exact_studentised(z, units, law, exact_coefficient(z, units, law))


def both_by_laws(z: Floats, units: ComparedUnits, laws: Sequence[Law]) -> object:
    """The estimate and its studentised form by several laws, as an outcome of a plan is asked."""
    of_estimates = exact_coefficients(z, units, laws)
    tests = [found for found in of_estimates if isinstance(found, RandomizationTest)]
    return exact_studentised_by_laws(z, units, laws, tests)


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
    for name, measured, against, reference in [
        *exact_inference(),
        *many_units(),
        *many_outcomes(),
        *many_outcomes(4_000),
        *panels_with_gaps(),
    ]:
        print(f"{name:<85} {measured * 1e3:8.1f} ms  {measured / reference:6.2f} x {against}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
