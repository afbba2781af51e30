"""Series of Kreise as large as genuine ones: the errors leave what was measured, drifts are those of kind and need."""

from __future__ import annotations

import numpy as np
import pytest

from kkz_eval.simulation.parameters import BIRTH_INDICATOR, CARE_INDICATOR, CERTIFICATE_INDICATORS, WELFARE_INDICATOR
from kkz_eval.simulation.series import (
    ByKind,
    Errors,
    draw_errors,
    errors_with,
    measured_need,
    measured_series,
    sampling_variance,
)

FIRST, LAST = measured_series()[CARE_INDICATOR].years
N_YEARS = LAST - FIRST + 1


def _left(errors: Errors, white: float = 0.0, n_years: int = N_YEARS) -> tuple[float, float]:
    """Standard deviation and autocorrelation that unit effects leave of such errors, with independent ones on top."""
    years = np.arange(n_years)
    covariance = errors.sd**2 * errors.persistence ** np.abs(years[:, None] - years) + white * np.eye(n_years)
    centre = np.eye(n_years) - 1 / n_years
    rest = centre @ covariance @ centre
    return float(np.sqrt(np.trace(rest) / (n_years - 1))), float(np.diag(rest, 1).sum() / np.trace(rest))


@pytest.mark.parametrize("white", [0.0, 0.2])
def test_errors_leave_what_was_measured(white: float) -> None:
    for n_years in (9, N_YEARS):
        assert _left(errors_with(0.9, 0.25, n_years, white), white, n_years) == pytest.approx((0.9, 0.25))
    for name in (*CERTIFICATE_INDICATORS[:2], CERTIFICATE_INDICATORS[-1], *([] if white else [CARE_INDICATOR])):
        series = measured_series()[name]
        found = series.errors(ByKind(white, white))
        assert _left(found[0], white) == pytest.approx((series.sd.city, series.autocorrelation.city))
        assert _left(found[1], white) == pytest.approx((series.sd.kreis, series.autocorrelation.kreis))


def test_errors_that_last_longer_than_an_autoregression_are_as_large() -> None:
    series = measured_series()[WELFARE_INDICATOR]
    for errors, sd, correlation in zip(
        series.errors(),
        (series.sd.city, series.sd.kreis),
        (series.autocorrelation.city, series.autocorrelation.kreis),
        strict=True,
    ):
        found = _left(errors)
        assert found[0] == pytest.approx(sd)
        assert 0.6 < found[1] < correlation


def test_where_counting_alone_makes_larger_errors_there_is_nothing_to_add() -> None:
    assert errors_with(0.5, 0.1, N_YEARS, 1.0) == Errors(0.0, 0.0)


def test_drawn_errors_have_the_size_and_the_persistence_of_their_kind() -> None:
    city = np.arange(6000) < 3000
    drawn = draw_errors(np.random.default_rng(1), (Errors(2.0, 0.8), Errors(1.0, 0.0)), city, 6)
    assert drawn[city].std(axis=0) == pytest.approx(np.full(6, 2.0), rel=0.06)
    assert drawn[~city].std(axis=0) == pytest.approx(np.full(6, 1.0), rel=0.06)
    assert np.corrcoef(drawn[city, 2], drawn[city, 4])[0, 1] == pytest.approx(0.64, abs=0.05)
    assert abs(np.corrcoef(drawn[~city, 2], drawn[~city, 3])[0, 1]) < 0.06
    assert np.abs(draw_errors(np.random.default_rng(1), (Errors(2.0, 0.8), Errors(1.0, 0.0)), city, 6, 1.5)).max() == 3.0


def test_units_drift_by_kind_and_need_in_the_years_measured_and_not_beyond() -> None:
    series = measured_series()[CARE_INDICATOR]
    city, need = np.array([True, True, False]), np.array([0.0, 1.0, 0.0])
    drift = series.drift(city, need, np.arange(2000, 2031))
    years = np.arange(2000, 2031)
    assert (drift[:, years == 2012] == 0).all()
    within = drift[:, (years >= FIRST) & (years <= LAST)]
    assert np.diff(within[1] - within[0]) == pytest.approx(np.full(N_YEARS - 1, series.need_trend))
    assert np.diff(within[0] - within[2]) == pytest.approx(np.full(N_YEARS - 1, series.kind_trend))
    assert np.ptp(drift[:, years <= FIRST], axis=1) == pytest.approx(np.zeros(3))
    assert np.ptp(drift[:, years >= LAST], axis=1) == pytest.approx(np.zeros(3))


def test_a_series_drifts_and_errs_over_the_years_that_it_was_measured_in() -> None:
    births = measured_series()[BIRTH_INDICATOR]
    assert births.years[1] < LAST
    drift = births.drift(np.array([True, False]), np.array([1.0, 0.0]), np.arange(2000, 2031))
    assert np.ptp(drift[:, births.years[1] - 2000 :], axis=1) == pytest.approx(np.zeros(2))
    n_years = births.years[1] - births.years[0] + 1
    assert _left(births.errors()[0], n_years=n_years) == pytest.approx((births.sd.city, births.autocorrelation.city))


def test_need_is_higher_in_cities_and_the_programme_chose_by_it() -> None:
    need = measured_need()
    assert need.mean.city > 0 > need.mean.kreis
    assert need.theta > 1
    assert need.years == (2007, 2010)


def test_counting_people_adds_the_variance_of_a_share() -> None:
    assert sampling_variance(20.0, ByKind(1600.0, 6400.0)) == ByKind(1.0, 0.25)
    assert sampling_variance(10.0, ByKind(9900.0, 99000.0), per=1000.0) == ByKind(1.0, 0.1)
