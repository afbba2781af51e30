"""All differences of the baseline together: one test of whether the groups could have been formed by the assignments that were possible.

Belongs here: the statistic and its p. Does not belong here: single differences (balance.py), a verdict: this test decides nothing.
Hansen & Bowers (2008), Statistical Science 23(2), 219–236: d² = t'V⁻t, t the sums over the treated of the measures less their stratum's
mean, V their covariance when within each stratum every set of as many units is equally likely: Σ_s n_s (N_s − n_s) / (N_s (N_s − 1)) X_s'X_s.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import chi2

from kkz_eval.evaluation.arrays import Floats, PerUnit
from kkz_eval.evaluation.baseline import COMPARED, MEASURES, Baseline, baseline_years, compared_indicators
from kkz_eval.evaluation.inference.assignments import (
    UNIFORM,
    Law,
    assignments_in_chunks,
    draw_assignments,
    fit_theta,
    n_assignments,
)
from kkz_eval.evaluation.inference.units import ComparedUnits
from kkz_eval.evaluation.plan import Plan
from kkz_eval.evaluation.problems import Refused

MOST_LISTED = 2_000_000  # assignments that are all tried
DRAWS = 9_999  # of assignments, where there are more
TIE = 1e-9  # share of the statistic below which two values of it are one
_SMALLEST = 1e-10  # eigenvalue of a correlation matrix below which a direction does not vary


@dataclass(frozen=True)
class Omnibus:
    """The test of all measures together.

    statistic: d²; df: rank of V; p_approximate: by chi-squared, as Hansen and Bowers; p: by the assignments, all of them (exact) or drawn; by_law:
    whether these were as likely as the law of the plan's audit says, else all alike. n_assignments: tried. left_out: measures that a unit lacks.
    """

    statistic: float
    df: int
    p_approximate: float
    p: float
    n_assignments: int
    exact: bool
    by_law: bool
    n_units: int
    left_out: tuple[str, ...]


def omnibus_of(
    baseline: Baseline, plan: Plan, strata: Mapping[str, str], law: Mapping[str, float] | None = None
) -> Omnibus | None:
    """The test on the measures of the balance, of the units of both groups; None where there is nothing to test.

    strata: by unit_id; law: the values on which the assignment may have depended, by unit_id, None for equal probabilities.
    """
    groups = baseline.values.drop_duplicates("unit_id").set_index("unit_id")["group"].sort_index()
    groups = groups[groups.isin(COMPARED)]
    measures, left_out = _measures(baseline, plan, groups.index)
    try:
        names = [strata.get(str(unit), "") for unit in groups.index]
        units = ComparedUnits.of((groups == "treated").to_numpy(dtype=bool), np.unique(names, return_inverse=True)[1].ravel())
    except Refused:
        return None
    directions = _directions(measures, units)
    df = directions.shape[1]
    if df == 0 or df >= units.n_units - units.n_strata:  # then every assignment has the same d²
        return None
    statistic = float((directions[units.treated].sum(axis=0) ** 2).sum())
    fitted = _fitted(units, None if law is None else np.array([law.get(str(unit), np.nan) for unit in groups.index]))
    p, tried, exact = _share(directions, units, UNIFORM if fitted is None else fitted, statistic, plan.seed)
    approximate = float(chi2.sf(statistic, df))
    return Omnibus(statistic, df, approximate, p, tried, exact, fitted is not None, units.n_units, left_out)


def _measures(baseline: Baseline, plan: Plan, units: pd.Index) -> tuple[Floats, tuple[str, ...]]:
    """(N, K) level and trend of every indicator that all units have, and the names of the others."""
    columns, left_out = [], []
    for indicator in compared_indicators(plan):
        values = baseline.of(indicator, baseline_years(plan, indicator))
        for measure, measured in MEASURES.items():
            numbers = measured(values).set_index("unit_id")["number"].reindex(units).to_numpy(dtype=float)
            if np.isnan(numbers).any():
                left_out.append(f"{indicator} {measure}")
            else:
                columns.append(numbers)
    return np.column_stack(columns) if columns else np.empty((len(units), 0)), tuple(left_out)


def _directions(measures: Floats, units: ComparedUnits) -> Floats:
    """(N, r) combinations of the measures, less their stratum's mean, whose sums over the treated have unit covariance: d² is the sum of the
    squares of these sums."""
    members = (units.stratum[:, None] == np.arange(units.n_strata)).astype(float)
    centered = measures - members @ ((members.T @ measures) / units.units_by_stratum[:, None])
    sizes, treated = units.units_by_stratum, units.treated_by_stratum
    weights = treated * (sizes - treated) / (sizes * np.maximum(sizes - 1, 1))
    covariance = centered.T @ (centered * weights[units.stratum][:, None])
    scale = np.sqrt(np.diag(covariance))
    varying = scale > _SMALLEST * np.abs(measures).max(axis=0, initial=0.0)
    centered, scale = centered[:, varying], scale[varying]
    values, vectors = np.linalg.eigh(covariance[np.ix_(varying, varying)] / np.outer(scale, scale))
    kept = values > _SMALLEST * max(len(values), 1)
    return np.asarray(centered / scale @ (vectors[:, kept] / np.sqrt(values[kept])))


def _fitted(units: ComparedUnits, covariate: PerUnit | None) -> Law | None:
    """The law at its estimate; None where there is none."""
    if covariate is None or np.isnan(covariate).any():
        return None
    try:
        return fit_theta(units, covariate).laws["hat"]
    except Refused:
        return None


def _share(directions: Floats, units: ComparedUnits, law: Law, statistic: float, seed: int) -> tuple[float, int, bool]:
    """The probability of a d² at least as large, the number of assignments tried, and whether these are all."""
    least = statistic * (1 - TIE)
    if n_assignments(units) > MOST_LISTED:
        drawn = draw_assignments(units, law, DRAWS, np.random.default_rng(seed))
        larger = int((((drawn @ directions) ** 2).sum(axis=1) >= least).sum())
        return (1 + larger) / (1 + DRAWS), DRAWS, False
    total, log_total = 0.0, law.log_total(units)
    for chunk in assignments_in_chunks(units):
        larger_ones = ((chunk @ directions) ** 2).sum(axis=1) >= least
        total += float(np.exp(law.log_weight(chunk[larger_ones]) - log_total).sum())
    return min(total, 1.0), n_assignments(units), True
