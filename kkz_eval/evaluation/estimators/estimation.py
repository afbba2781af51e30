"""What an estimator returns: rows, tests, weights, as frozen values. No estimation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import stats

from kkz_eval.evaluation.arrays import PerRegressor
from kkz_eval.evaluation.estimators.concentration import Concentration
from kkz_eval.evaluation.estimators.fixed_effects import Fit
from kkz_eval.evaluation.estimators.influence import Influence
from kkz_eval.evaluation.problems import Note
from kkz_eval.evaluation.sample import Counts


@dataclass(frozen=True)
class Row:
    """One estimate. std_error and what follows from it are NaN where there is none; refused: why there is no estimate.

    band_low, band_high: uniform over the rows of the aggregation, NaN without draws; p_method: how std_error and p_value came about,
    None for cluster-robust formulas.
    """

    aggregation: str
    term: str = "att"
    cohort: int | None = None
    year: int | None = None
    event_time: int | None = None
    estimate: float = np.nan
    std_error: float = np.nan
    conf_low: float = np.nan
    conf_high: float = np.nan
    p_value: float = np.nan
    band_low: float = np.nan
    band_high: float = np.nan
    p_method: str | None = None
    refused: Note | None = None

    @property
    def is_overall(self) -> bool:
        """Whether it is an effect of all treated units over all years of its aggregation."""
        return self.term == "att" and self.cohort is None and self.year is None and self.event_time is None


@dataclass(frozen=True)
class Test:
    """One test. df: degrees of freedom as text, "k,G-1" for an F statistic."""

    test: str
    statistic: float
    df: str
    p_value: float


@dataclass(frozen=True)
class Weight:
    """One weight. kind: unit | time | bacon."""

    kind: str
    key: str
    weight: float
    estimate: float = np.nan


@dataclass(frozen=True)
class Estimation:
    """All that one estimator says of one outcome. notes: on top of those of the sample.

    counts: what the estimator used, None where it used the whole sample; influence: a column for each row, where the estimator keeps them;
    concentration: of the weights that it made for comparison units, None where it made none.
    """

    rows: tuple[Row, ...]
    tests: tuple[Test, ...] = ()
    weights: tuple[Weight, ...] = ()
    notes: tuple[Note, ...] = ()
    counts: Counts | None = None
    influence: Influence | None = None
    concentration: Concentration | None = None


def combination_row(
    fit: Fit, contrast: PerRegressor, level: float, aggregation: str, *, term: str = "att", event_time: int | None = None
) -> Row:
    """c'b with its standard error, and the interval and p-value of t(G-1).

    contrast: c, (k,). No standard error where c'Vc is 0 (a perfect fit). Variance c'Vc; G clusters (as fixest does by default for
    cluster-robust covariances).
    """
    estimate = float(contrast @ fit.coefficients)
    std_error = float(np.sqrt(max(float(contrast @ fit.covariance @ contrast), 0.0)))
    row = Row(aggregation=aggregation, term=term, event_time=event_time, estimate=estimate)
    if not std_error > 0:
        return row
    half = float(stats.t.ppf(0.5 + level / 2, fit.n_clusters - 1)) * std_error
    return replace(
        row,
        std_error=std_error,
        conf_low=estimate - half,
        conf_high=estimate + half,
        p_value=float(2 * stats.t.sf(abs(estimate) / std_error, fit.n_clusters - 1)),
    )


def coefficient_row(
    fit: Fit, position: int, level: float, aggregation: str, *, term: str = "att", event_time: int | None = None
) -> Row:
    """One coefficient as a row."""
    contrast = np.zeros(len(fit.coefficients))
    contrast[position] = 1.0
    return combination_row(fit, contrast, level, aggregation, term=term, event_time=event_time)


def covariate_rows(fit: Fit, names: Sequence[str], level: float) -> list[Row]:
    """A row `coefficient` for each covariate; they are the last coefficients of the fit."""
    first = len(fit.coefficients) - len(names)
    return [coefficient_row(fit, place, level, "coefficient", term=name) for place, name in enumerate(names, start=first)]


def not_exposed(earliest: int | None) -> Row:
    """The row `exposed` where no treated cell lies in the earliest plausible year or after it."""
    return Row("exposed", refused=Note("refused.no_exposed", {"year": earliest}))
