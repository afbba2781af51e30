"""The interval holds the effects that the exact test does not reject."""

import numpy as np
import pytest
from inkar import after_less_before, needs_inkar, small_units, units_within_kind

from kkz_eval.evaluation.inference import exact, intervals
from kkz_eval.evaluation.inference.assignments import Law, standardised
from kkz_eval.evaluation.inference.exact import exact_coefficient
from kkz_eval.evaluation.inference.intervals import exact_interval
from kkz_eval.evaluation.inference.units import ComparedUnits
from kkz_eval.evaluation.problems import Refused

SIZES = [((9, 4),), ((6, 2), (5, 3))]


def law_of(units, theta):
    return Law(standardised(np.random.default_rng(9).normal(size=units.n_units)), theta)


@pytest.mark.parametrize("theta", [0.0, 0.8])
@pytest.mark.parametrize("baselines", [0, 1])
@pytest.mark.parametrize("sizes", SIZES)
def test_effects_inside_are_not_rejected_and_those_outside_are(sizes, baselines, theta):
    units = small_units(sizes=sizes, baselines=baselines)
    law, z = law_of(units, theta), np.random.default_rng(3).normal(size=units.n_units)
    found = exact_interval(z, units, law, level=0.9)

    def p(effect):
        return exact_coefficient(z - effect * units.treated, units, law).p

    width = found.high - found.low
    assert p(found.middle) == 1.0
    for inside, outside in (
        (found.low + 1e-6 * width, found.low - 1e-6 * width),
        (found.high - 1e-6 * width, found.high + 1e-6 * width),
    ):
        assert p(inside) > 0.1 >= p(outside)
    for effect in np.linspace(found.low, found.high, 41)[1:-1]:
        assert p(effect) > 0.1
    for effect in (found.low - width * np.array([0.01, 0.3, 2.0, 9.0])).tolist():
        assert p(effect) <= 0.1


@pytest.mark.parametrize("theta", [0.0, 0.8])
@pytest.mark.parametrize("sizes", [((9, 4),), ((6, 3), (6, 3))])
def test_too_many_estimates_to_keep_give_the_same_bounds(monkeypatch, sizes, theta):
    units = small_units(sizes=sizes, baselines=1)
    law, z = law_of(units, theta), np.random.default_rng(3).normal(size=units.n_units)
    kept = exact_interval(z, units, law, level=0.9)
    monkeypatch.setattr(exact, "KEPT", 0)
    monkeypatch.setattr(exact, "BLOCK", 50)
    with monkeypatch.context() as patched:
        patched.delattr(exact.Computed, "tails")  # one pass is enough: no effect is asked for all assignments anew
        from_those_open = exact_interval(z, units, law, level=0.9)
    assert (from_those_open.low, from_those_open.high) == pytest.approx((kept.low, kept.high), rel=1e-6)
    monkeypatch.setattr(intervals, "UNCERTAIN", 0.0)  # so that draws, few of them, mislead
    monkeypatch.setattr(intervals, "LOOKED_AT", 10)
    anew = exact_interval(z, units, law, level=0.9)
    assert (anew.low, anew.high) == pytest.approx((kept.low, kept.high), rel=1e-6)


def test_it_moves_with_the_effect_and_turns_with_the_sign():
    units = small_units(sizes=SIZES[1])
    z = np.random.default_rng(3).normal(size=units.n_units)
    one, shifted, mirrored = (exact_interval(other, units) for other in (z, z + 5 * units.treated, -z))
    assert (shifted.low, shifted.high) == pytest.approx((one.low + 5, one.high + 5), rel=1e-6)
    assert (mirrored.low, mirrored.high) == pytest.approx((-one.high, -one.low), rel=1e-6)


def test_where_no_effect_can_be_rejected_it_has_no_end(monkeypatch):
    units = ComparedUnits.of(np.array([True, False, False, False]), baseline=np.array([[0.3], [1.0], [-0.4], [0.1]]))
    for compared in (units, units.without_baseline()):
        for kept in (exact.KEPT, 0):
            monkeypatch.setattr(exact, "KEPT", kept)
            found = exact_interval(np.array([1.0, 0.0, 0.5, 0.2]), compared)
            assert (found.low, found.high) == (-np.inf, np.inf)


def test_of_nothing_but_an_effect_it_is_a_point():
    units = small_units(sizes=SIZES[0])
    found = exact_interval(2.0 * units.treated + 7.3, units)
    assert (found.low, found.middle, found.high) == pytest.approx((2.0, 2.0, 2.0), abs=1e-6)
    with pytest.raises(Refused):
        exact_interval(np.full(9, 0.1), units)


@needs_inkar
@pytest.mark.parametrize(
    ("indicator", "all_kreise", "within_kind"),
    [
        ("a_schul_oA", (-0.69619, 0.56346), (-0.67944, 0.76109)),
        ("q_auspl", (-2.13291, 1.34213), (-2.45783, 1.70997)),
    ],
)
def test_of_genuine_outcomes_it_is_the_reference(indicator, all_kreise, within_kind):
    units, z = units_within_kind(), after_less_before(indicator)
    for compared, expected in ((units.without_strata(), all_kreise), (units, within_kind)):
        found = exact_interval(z, compared)
        assert (found.low, found.high) == pytest.approx(expected, abs=2e-5)
