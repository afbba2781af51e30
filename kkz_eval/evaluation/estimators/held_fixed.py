"""What a comparison holds fixed besides units, as effects and columns of a regression: years within strata, baseline values by year.

Belongs here: their form, the same for every estimator. Does not belong here: fitting them (fixed_effects.py, untreated.py).
"""

from __future__ import annotations

import numpy as np

from kkz_eval.evaluation.arrays import CellByRegressor, CellCodes, Years
from kkz_eval.evaluation.sample import Sample


def codes(values: CellCodes) -> CellCodes:
    """Codes from 0 of whole numbers, in half the memory that numpy takes."""
    lowest = int(values.min())
    if int(values.max()) - lowest >= max(len(values), 1000):
        return np.asarray(np.unique(values, return_inverse=True)[1].astype("int32"))
    offsets = values - lowest
    found = np.cumsum(np.bincount(offsets) > 0, dtype="int32") - 1
    return np.asarray(found[offsets])


def periods(sample: Sample) -> CellCodes:
    """(n,) code from 0 of the effect that a cell shares with others: that of its year or, with strata, of its year in its stratum."""
    year = codes(sample.year)
    if sample.stratum is None:
        return year
    return codes(sample.stratum.astype("int64") * (int(year.max()) + 1) + year)


def baseline_by_year(sample: Sample, years: Years) -> tuple[CellByRegressor, tuple[str, ...]]:
    """(n, m(T - 1)) each baseline value times each of the years (T,) but the first, and the names of the columns; (n, 0) where none is held fixed.

    The first year has none: the sum over all years is constant per unit, so that it is an effect of units.
    """
    if sample.baseline is None:
        return np.empty((len(sample.year), 0)), ()
    centred = sample.baseline - sample.baseline.mean(axis=0)  # the mean is an effect of years; without it no digits are lost
    inside = sample.year[:, None] == years[1:]
    columns = (centred[:, :, None] * inside[:, None, :]).reshape(len(sample.year), -1)
    return columns, tuple(f"{name} × {year}" for name in sample.baseline_names for year in years[1:])
