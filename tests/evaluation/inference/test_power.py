"""What a comparison could have seen, and what would help."""

import numpy as np
import pytest
from inkar import need, needs_inkar, units_within_kind, values

from kkz_eval.evaluation.inference.assignments import standardised
from kkz_eval.evaluation.inference.power import Errors, Reach, fit_errors, minimum_detectable, scenarios

REACH = Reach(5, 8, 0, np.array([15, 15]), np.array([10, 3]))


def test_the_minimum_detectable_effect_is_a_known_multiple_of_the_spread():
    assert minimum_detectable(1.0) == pytest.approx(2.80158, abs=1e-5)
    assert minimum_detectable(2.0, level=0.05, power=0.5) == pytest.approx(2 * 1.959964, abs=1e-5)


def test_an_effect_of_that_size_is_found_with_that_power():
    random, spread = np.random.default_rng(1), 0.3
    estimates = minimum_detectable(spread) + spread * random.normal(size=200_000)
    assert (np.abs(estimates) > 1.959964 * spread).mean() == pytest.approx(0.8, abs=0.005)


@pytest.mark.parametrize("errors", [Errors(1.0, 0.0, 0.5), Errors(0.3, 1.5, 0.9), Errors(0.0, 2.0, 0.5)])
def test_errors_of_a_long_panel_are_found_again(errors):
    random = np.random.default_rng(4)
    panel = random.multivariate_normal(np.zeros(13), errors.covariance(13), size=4000) + random.normal(size=(4000, 1))
    found = fit_errors(panel, np.ones((4000, 1)))
    contrast = np.repeat([-1 / 5, 1 / 8], [5, 8])
    spread = contrast @ found.covariance(13) @ contrast
    assert spread == pytest.approx(contrast @ errors.covariance(13) @ contrast, rel=0.05)


def test_the_expected_spread_is_that_of_drawn_panels():
    errors, random = Errors(0.3, 1.5, 0.9), np.random.default_rng(2)
    panels = random.multivariate_normal(np.zeros(13), errors.covariance(13), size=(20_000, 30))
    change = panels[..., 5:].mean(axis=2) - panels[..., :5].mean(axis=2)
    cities, kreise = change[:, :15], change[:, 15:]
    within = 10 / 13 * (cities[:, :10].mean(axis=1) - cities[:, 10:].mean(axis=1))
    within += 3 / 13 * (kreise[:, :3].mean(axis=1) - kreise[:, 3:].mean(axis=1))
    assert REACH.spread(errors) == pytest.approx(within.std(), rel=0.02)


def test_more_years_help_where_errors_are_noise_and_do_not_where_they_last():
    noisy = {(found.more, found.amount): found for found in scenarios(1.0, REACH, Errors(1.0, 0.0, 0.0))}
    lasting = {(found.more, found.amount): found for found in scenarios(1.0, REACH, Errors(0.1, 1.0, 0.97))}
    assert noisy["before", 3].worth_it
    assert not lasting["before", 3].worth_it
    assert not lasting["after", 10].worth_it
    assert lasting["both_groups", 2].share == pytest.approx(np.sqrt(0.5))


def test_what_is_needed_scales_with_what_is_seen_now():
    errors = Errors(0.3, 1.5, 0.9)
    shares = [found.share for found in scenarios(1.0, REACH, errors)]
    assert [found.mde / 7 for found in scenarios(7.0, REACH, errors)] == pytest.approx(shares)
    assert scenarios(1.0, REACH, Errors(0.0, 0.0, 0.5)) == ()


@needs_inkar
def test_on_the_real_panel_the_expected_spread_is_near_that_over_assignments():
    units = units_within_kind()
    held = np.column_stack([units.stratum == 0, units.stratum == 1, standardised(need())]).astype(float)
    assert REACH.spread(fit_errors(values("a_schul_oA"), held)) == pytest.approx(0.337183122, rel=0.15)


def test_errors_want_three_years():
    with pytest.raises(ValueError, match="three years"):
        fit_errors(np.zeros((5, 2)), np.ones((5, 1)))
