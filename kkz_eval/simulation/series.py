"""How series of Kreise move: trends by kind and need, and errors, at the size that was measured on genuine ones. No counts, no files.

measured.json beside this module has the sizes and says how they were measured (`python -m benchmarks.measure_series`). Trends are linear in
the year and additive in the unit of the series; errors of a Kreis follow an autoregression of first order.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq

Floats = npt.NDArray[np.float64]
_MOST_PERSISTENT = (
    0.95  # more wanders off within the years of a world; the rate of SGB II is so, and gets errors as large, but less lasting
)
_ORIGIN = 2012


@dataclass(frozen=True)
class ByKind:
    """A number for kreisfreie Städte (city), and one for Kreise, the Städteregion among them (kreis)."""

    city: float
    kreis: float

    def of(self, is_city: npt.NDArray[np.bool_]) -> Floats:
        """The number of each unit."""
        return np.where(is_city, self.city, self.kreis)


NOTHING = ByKind(0.0, 0.0)


@dataclass(frozen=True)
class Errors:
    """An autoregression of first order: its standard deviation, and what a year keeps of the last one's error."""

    sd: float
    persistence: float


@dataclass(frozen=True)
class Series:
    """What was measured on a series, in its unit (percentage points, or per 1,000).

    years: first and last of the measurement. sd, autocorrelation: of what unit, kind×year and need×year effects leave. kind_trend: how much more it grows a year in a city than in
    a Kreis of the same need; need_trend: how much more per standard deviation of need.
    """

    years: tuple[int, int]
    sd: ByKind
    autocorrelation: ByKind
    kind_trend: float
    need_trend: float

    def errors(self, sampling_variance: ByKind = NOTHING) -> tuple[Errors, Errors]:
        """The errors of cities and of Kreise that leave what was measured; sampling_variance: of what counting people adds."""
        return (
            errors_with(self.sd.city, self.autocorrelation.city, self._n_years, sampling_variance.city),
            errors_with(self.sd.kreis, self.autocorrelation.kreis, self._n_years, sampling_variance.kreis),
        )

    def drift(self, is_city: npt.NDArray[np.bool_], need: Floats, years: npt.NDArray[np.int64]) -> Floats:
        """How units part from their common path, shape (unit, year): 0 in 2012, linear over the years measured, level outside them."""
        since = np.clip(years, *self.years) - _ORIGIN
        slopes = self.kind_trend * (is_city - is_city.mean()) + self.need_trend * need
        return np.asarray(slopes[:, None] * since, dtype=np.float64)

    @property
    def _n_years(self) -> int:
        return self.years[1] - self.years[0] + 1


@dataclass(frozen=True)
class Need:
    """Need of the Kreise in standard deviations over all of them, and how the programme chose by it.

    percent_per_sd: of the residents in SGB II households, in the years (first and last) by which it is measured. theta: of P(A) ∝ exp(θ Σ need) within kind, need standardised over those compared.
    """

    mean: ByKind
    sd: ByKind
    percent_per_sd: float
    years: tuple[int, int]
    theta: float


@cache
def measured_series() -> Mapping[str, Series]:
    """What was measured, by indicator of the model world."""
    return MappingProxyType(
        {
            name: Series(
                years=(found["years"][0], found["years"][1]),
                sd=ByKind(**found["sd"]),
                autocorrelation=ByKind(**found["autocorrelation"]),
                kind_trend=found["kind_trend"],
                need_trend=found["need_trend"],
            )
            for name, found in _measured()["series"].items()
        }
    )


@cache
def measured_need() -> Need:
    """What was measured of need and of selection by it."""
    found = _measured()["need"]
    first, last = found["years"]
    return Need(ByKind(**found["mean"]), ByKind(**found["sd"]), found["percent_per_sd"], (first, last), found["selection_theta"])


@cache
def errors_with(sd: float, autocorrelation: float, n_years: int, sampling_variance: float = 0.0) -> Errors:
    """The autoregression whose errors, after unit effects over so many years, have that standard deviation and autocorrelation.

    Taking out unit effects lowers both: with R(ρ) the correlations and M the removal of a mean, the squares left are σ² tr(M R M), the
    products of neighbours σ² Σ (M R M)_{t,t+1}. sampling_variance: of independent errors on top, which are part of what was measured.
    Where these alone are larger than what was measured, there is nothing left to add. Source: method of moments.
    """
    centre = np.eye(n_years) - 1.0 / n_years
    squares = sd**2 * (n_years - 1)

    def left(correlations: Floats) -> tuple[float, float]:
        rest = centre @ correlations @ centre
        return float(np.trace(rest)), float(np.diag(rest, 1).sum())

    white, white_products = left(np.eye(n_years))
    own, own_products = squares - sampling_variance * white, squares * autocorrelation - sampling_variance * white_products
    if own <= 0:
        return Errors(0.0, 0.0)

    def excess(persistence: float) -> float:
        total, products = left(_correlations(persistence, n_years))
        return products / total - own_products / own

    if excess(0.0) >= 0:
        persistence = 0.0
    elif excess(_MOST_PERSISTENT) <= 0:
        persistence = _MOST_PERSISTENT
    else:
        persistence = float(brentq(excess, 0.0, _MOST_PERSISTENT))
    return Errors(float(np.sqrt(own / left(_correlations(persistence, n_years))[0])), persistence)


def sampling_variance(rate: float, people: ByKind, per: float = 100.0) -> ByKind:
    """Variance, in the unit of the rate squared, that counting adds to a rate of that size among so many people; per: 100 of a percentage."""
    variance = rate * (per - rate)
    return ByKind(variance / people.city, variance / people.kreis)


def draw_errors(
    rng: np.random.Generator,
    errors: tuple[Errors, Errors],
    is_city: npt.NDArray[np.bool_],
    n_years: int,
    cut: float = np.inf,
) -> Floats:
    """Errors of each unit and year, shape (unit, year), from the first year on as if the series had always run.

    cut: how many standard deviations away they are cut off, so that no share leaves 0–100 by errors alone.
    """
    city, kreis = errors
    sd = ByKind(city.sd, kreis.sd).of(is_city)
    persistence = ByKind(city.persistence, kreis.persistence).of(is_city)
    shocks = rng.standard_normal((len(is_city), n_years))
    shocks[:, 1:] *= np.sqrt(1 - persistence**2)[:, None]
    drawn = np.empty_like(shocks)
    drawn[:, 0] = shocks[:, 0]
    for year in range(1, n_years):
        drawn[:, year] = persistence * drawn[:, year - 1] + shocks[:, year]
    return np.asarray(np.clip(drawn, -cut, cut) * sd[:, None], dtype=np.float64)


def _correlations(persistence: float, n_years: int) -> Floats:
    year = np.arange(n_years)
    return np.asarray(persistence ** np.abs(year[:, None] - year), dtype=np.float64)


def _measured() -> dict[str, Any]:
    content = resources.files("kkz_eval.simulation").joinpath("measured.json").read_text(encoding="utf-8")
    return dict(json.loads(content))
