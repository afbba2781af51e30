"""How often a plan's own test would find something where the programme had been assigned otherwise."""

import numpy as np
import pandas as pd
import pytest
from inkar import YEARS, after_less_before, listed_plainly, need, needs_inkar, small_units, units_within_kind

from kkz_eval.evaluation.effects import run_effects
from kkz_eval.evaluation.inference.assignments import Law, fit_theta, standardised
from kkz_eval.evaluation.inference.audit import OwnTest, blind_units, pseudo_treated, sizes
from kkz_eval.evaluation.inference.units import ComparedUnits
from kkz_eval.evaluation.plan_file import parse_plan
from kkz_eval.evaluation.problems import Refused

SCHOOL, TRAINING, DAY_CARE, ABITUR = "a_schul_oA", "q_auspl", "a_betr0003_bev0003", "a_schul_abi"
PLAIN = {
    "plan_version": 1,
    "id": "small",
    "outcomes": [{"indicator": "y", "role": "primary"}],
    "estimators": [{"id": "twfe", "method": "twfe"}],
}


def own_test(contrasts, units, held=""):
    n_units = units.n_units
    return OwnTest(
        contrasts=np.column_stack(contrasts),
        stratum=units.stratum if "kind" in held else np.zeros(n_units, dtype=int),
        baseline=units.baseline if "need" in held else np.empty((n_units, 0)),
        cluster=units.cluster,
        n_years=len(YEARS),
    )


def tried(units, own, laws=None, draws=999):
    return sizes(units, own, laws or {"zero": Law(None, 0.0)}, draws=draws, random=np.random.default_rng(1))


@needs_inkar
@pytest.mark.parametrize(
    ("held", "school", "training"),
    [
        ("", (0.0465, 0.0646), (0.0266, 0.0110)),
        ("kind", (0.0721, 0.0642), (0.0559, 0.0374)),
        ("need", (0.0552, 0.0803), (0.0432, 0.0458)),
        ("kind need", (0.0735, 0.0790), (0.0565, 0.0482)),
    ],
)
def test_sizes_on_the_real_panel_are_those_known(held, school, training):
    units = units_within_kind(baseline=True)
    own = own_test([after_less_before(SCHOOL), after_less_before(TRAINING)], units, held)
    laws = fit_theta(units, need()).laws
    found = tried(units, own, {name: laws[name] for name in ("zero", "hat")})
    assert [found["zero"].size[0], found["hat"].size[0]] == pytest.approx(school, abs=2e-4)
    assert [found["zero"].size[1], found["hat"].size[1]] == pytest.approx(training, abs=2e-4)
    assert found["zero"].n_assignments == 1_366_365
    assert found["zero"].exact


@needs_inkar
def test_the_size_of_the_two_way_test_within_kind_is_known_to_six_places():
    units = units_within_kind()
    found = tried(units, own_test([after_less_before(SCHOOL), after_less_before(TRAINING)], units))["zero"]
    assert found.size == pytest.approx([0.046488, 0.026563], abs=1e-6)


@needs_inkar
def test_day_care_compared_two_ways_rejects_in_two_thirds_of_assignments_that_favour_need():
    units = units_within_kind(baseline=True)
    laws = fit_theta(units, need()).laws
    two_ways = tried(units, own_test([after_less_before(DAY_CARE)], units), laws)
    within_kind = tried(units, own_test([after_less_before(DAY_CARE)], units, "kind"), laws)
    both = tried(units, own_test([after_less_before(DAY_CARE)], units, "kind need"), laws)
    assert (two_ways["zero"].size[0], two_ways["hat"].size[0]) == pytest.approx((0.21, 0.67), abs=5e-3)
    assert within_kind["hat"].size[0] == pytest.approx(0.26, abs=5e-3)
    assert both["hat"].size[0] == pytest.approx(0.07, abs=5e-3)
    assert two_ways["hat"].mean_estimate[0] < -0.5  # and always on the same side


@pytest.mark.parametrize("held", ["", "kind", "need", "kind need"])
def test_each_assignment_is_tested_as_the_engine_would(held):
    """The slow way: every assignment as a panel of its own, through the estimator and its covariance."""
    units = small_units(sizes=((5, 2), (5, 3)), baselines=1)
    years, random = range(2008, 2014), np.random.default_rng(3)
    outcome = random.normal(size=(units.n_units, len(years))).cumsum(axis=1)
    after = np.array(years) >= 2011
    own = OwnTest(
        contrasts=(outcome[:, after].mean(axis=1) - outcome[:, ~after].mean(axis=1))[:, None],
        stratum=units.stratum if "kind" in held else np.zeros(units.n_units, dtype=int),
        baseline=units.baseline if "need" in held else np.empty((units.n_units, 0)),
        cluster=units.cluster,
        n_years=len(years),
    )
    comparison = {"within": ["kind"] if "kind" in held else [], "adjust": ["need"] if "need" in held else []}
    plan = parse_plan({**PLAIN, "comparison": comparison} if held else PLAIN, "small")
    assignments = listed_plainly(units)[::7]
    coefficients, t = own.statistics(assignments)
    for place, assignment in enumerate(assignments):
        panel = pd.DataFrame(
            {
                "unit_id": np.repeat([f"u{unit}" for unit in range(units.n_units)], len(years)),
                "year": np.tile(list(years), units.n_units),
                "indicator": "y",
                "value": outcome.ravel(),
                "cohort": pd.array(np.repeat([2011 if treated else None for treated in assignment], len(years)), dtype="Int64"),
                "kind": np.repeat([f"k{stratum}" for stratum in units.stratum], len(years)),
                "need": np.repeat(units.baseline[:, 0], len(years)),
            }
        )
        row = run_effects(panel, plan).estimates.iloc[0]
        assert coefficients[place, 0] == pytest.approx(row["estimate"], rel=1e-10)
        assert t[place, 0] == pytest.approx(row["estimate"] / row["std_error"], rel=1e-9)
        assert own.rejects(t)[place, 0] == (row["p_value"] <= 0.05)


@pytest.mark.parametrize("cluster", [np.arange(12), np.repeat(np.arange(6), 2), np.array([0, 0, 0, 1, 2, 2, 3, 3, 4, 5, 5, 5])])
def test_the_error_is_that_of_the_squared_scores_of_clusters(cluster):
    units = ComparedUnits.of(
        np.isin(cluster, [0, 3]), (cluster >= 3).astype(int), np.random.default_rng(6).normal(size=(12, 1)), cluster
    )
    contrasts = 1e3 + np.random.default_rng(5).normal(size=(12, 3))
    own = own_test(contrasts.T, units, "kind need")
    assignments = listed_plainly(units)
    held = np.column_stack([units.stratum == 0, units.stratum == 1, units.baseline]).astype(float)
    coefficients, t = own.statistics(assignments)
    for assignment, found, ratio in zip(assignments, coefficients, t, strict=True):
        of_treated, of_contrasts = (
            column - held @ np.linalg.lstsq(held, column, rcond=None)[0]
            for column in (assignment[:, None].astype(float), contrasts)
        )
        length = (of_treated**2).sum()
        beta = (of_treated * of_contrasts).sum(axis=0) / length
        scores = of_treated * (of_contrasts - beta * of_treated)
        squares = sum(scores[cluster == one].sum(axis=0) ** 2 for one in range(cluster.max() + 1))
        assert found == pytest.approx(beta, abs=1e-10)
        assert ratio == pytest.approx(beta * length / np.sqrt(own.factor * squares), rel=1e-8)


def test_an_effect_without_any_residual_is_found():
    units = small_units(sizes=((6, 3), (5, 2)))
    own = own_test([0.1 * units.treated], units)
    _, t = own.statistics(units.treated[None, :])
    assert own.rejects(t).all()


def test_laws_weigh_the_same_assignments():
    units = small_units(sizes=((6, 3), (5, 2)))
    x = standardised(np.random.default_rng(2).normal(size=units.n_units))
    contrasts = np.random.default_rng(5).normal(size=(units.n_units, 2))
    own = own_test(contrasts.T, units)
    law = Law(x, 0.8)
    found = tried(units, own, {"zero": Law(None, 0.0), "hat": law})
    assignments = listed_plainly(units)
    coefficients, t = own.statistics(assignments)
    weight = np.exp(law.log_weight(assignments))
    assert found["hat"].size == pytest.approx(weight @ own.rejects(t) / weight.sum())
    assert found["hat"].mean_estimate == pytest.approx(weight @ coefficients / weight.sum())
    assert found["hat"].effective == pytest.approx(weight.sum() ** 2 / (weight**2).sum())
    assert found["zero"].size == pytest.approx(own.rejects(t).mean(axis=0))


def test_mirrored_figures_have_the_same_size_and_the_opposite_mean():
    units = small_units(sizes=((6, 3), (5, 2)))
    contrasts = np.random.default_rng(5).normal(size=(units.n_units, 1))
    law = {"hat": Law(standardised(np.arange(units.n_units) * 1.0), 0.5)}
    found, mirrored = (tried(units, own_test([sign * contrasts[:, 0]], units), law)["hat"] for sign in (1, -1))
    assert mirrored.size == found.size
    assert mirrored.mean_estimate == pytest.approx(-found.mean_estimate)


def test_what_has_no_formula_is_tried_by_draws_and_says_its_error():
    units = small_units(sizes=((20, 10), (20, 8)))
    contrasts = np.random.default_rng(5).normal(size=(units.n_units, 1))
    own = own_test(contrasts.T, units)

    def by_hand(assignments):
        coefficients, t = own.statistics(assignments)
        return coefficients, own.rejects(t)

    law = {"hat": Law(standardised(np.arange(units.n_units) * 1.0), 0.3)}
    found = tried(units, by_hand, law, draws=4000)["hat"]
    assert not found.exact
    assert found.mc_error[0] == pytest.approx(np.sqrt(found.size[0] * (1 - found.size[0]) / 4000))
    assert found.size[0] == pytest.approx(tried(units, own, law, draws=4000)["hat"].size[0], abs=5 * found.mc_error[0] + 1e-9)


def test_few_assignments_can_not_tell():
    units = small_units(sizes=((5, 2), (4, 2)))
    found = tried(units, own_test([np.arange(9.0)], units))["zero"]
    assert found.n_assignments == 60
    assert not found.can_tell


def test_a_test_that_never_rejects_but_is_defined_nowhere_is_not_clean():
    """The treated of every assignment are a whole stratum: nothing is compared, and nothing can be told."""
    units = ComparedUnits.of(np.array([True, True, False, False]), np.array([0, 0, 1, 1]))
    own = own_test([np.arange(4.0)], units, "kind")
    coefficients, t = own.statistics(units.treated[None, :])
    assert np.isnan(coefficients).all()
    assert not own.rejects(t).any()
    assert not tried(units, own)["zero"].can_tell


@pytest.mark.parametrize(
    ("available", "treated", "counts"),
    [((12, 19), (10, 3), (6, 2)), ((40, 40), (10, 3), (10, 3)), ((9, 9), (4, 0), (4, 0)), ((4, 20), (10, 3), (2, 1))],
)
def test_pseudo_treated_keep_the_proportions_of_the_treated_and_leave_half_of_each_kind(available, treated, counts):
    assert tuple(pseudo_treated(np.array(available), np.array(treated))) == counts


def test_without_two_untreated_of_a_kind_there_is_no_blind_audit():
    with pytest.raises(Refused) as refused:
        pseudo_treated(np.array([1, 19]), np.array([10, 3]))
    assert refused.value.note.code == "refused.blind_too_few"


def test_blind_units_are_marked_in_the_proportions_of_the_treated():
    units = blind_units(np.repeat([0, 1], [12, 19]), np.array([10, 3]))
    assert units.treated_by_stratum.tolist() == [6, 2]
