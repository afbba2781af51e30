"""Two-way fixed effects under drawn assignments, each against the regression fitted anew, on panels with gaps, weights and several starts."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from kkz_eval.evaluation.estimators.fixed_effects import fit_fixed_effects
from kkz_eval.evaluation.estimators.twfe import estimate_twfe
from kkz_eval.evaluation.inference import panels
from kkz_eval.evaluation.inference.assignments import UNIFORM, draw_starts
from kkz_eval.evaluation.inference.draws import against_draws
from kkz_eval.evaluation.inference.panels import Panel
from kkz_eval.evaluation.inference.re_estimation import estimates_anew, started_as
from kkz_eval.evaluation.inference.units import ComparedUnits
from kkz_eval.evaluation.inference.wild_bootstrap import wild_bootstrap
from kkz_eval.evaluation.panel import validate_panel
from kkz_eval.evaluation.plan_file import parse_plan
from kkz_eval.evaluation.problems import Refused
from kkz_eval.evaluation.sample import build_sample, outcome_slice

CASES = {
    "gaps": {},
    "weights": {"weight": "people"},
    "covariate": {"covariates": ["x"]},
    "strata and baseline": {"comparison": {"within": ["kind"], "adjust": ["need"]}},
    "all": {"weight": "people", "covariates": ["x"], "comparison": {"within": ["kind"], "adjust": ["need"]}},
    "clusters of two": {"cluster": "pair"},
}
YEARS = np.arange(2008, 2016)


def panel_of(seed=1, n_units=16, gaps=0.12):
    """Two starts, gaps, weights, a covariate; clusters of two units that start together and lie in one stratum."""
    draw = np.random.default_rng(seed)
    unit, year = np.repeat(np.arange(n_units), len(YEARS)), np.tile(YEARS, n_units)
    pair = unit // 2
    cohort = np.array([np.nan, 2011.0, 2013.0, np.nan, np.nan, 2011.0, np.nan, 2011.0])[pair]
    frame = pd.DataFrame(
        {
            "unit_id": [f"{code:05d}" for code in unit],
            "year": year,
            "indicator": "y",
            "value": draw.normal(size=len(unit)) + unit + 0.3 * (year >= cohort),
            "cohort": cohort,
            "x": draw.normal(size=len(unit)),
            "people": draw.uniform(0.3, 9, size=len(unit)),
            "pair": [f"p{code}" for code in pair],
            "kind": np.where(pair < 4, "town", "county"),
            "need": np.sin(1.0 + unit),
        }
    )
    return frame[draw.uniform(size=len(unit)) > gaps].reset_index(drop=True)


def plan_of(earliest=None, **keys):
    outcomes = [{"indicator": "y", "earliest_plausible_year": earliest}]
    document = {"plan_version": 1, "id": "p", "outcomes": outcomes, "estimators": [{"id": "twfe", "method": "twfe"}]}
    return parse_plan({**document, **keys, "inference": {"small_sample": "none"}}, "test")


def sample_of(frame, plan):
    outcome = plan.outcomes[0]
    return build_sample(outcome_slice(validate_panel(frame, plan), plan, outcome), plan, outcome)


def of_units(sample, values):
    return values[np.unique(sample.unit, return_index=True)[1]]


def drawn_starts(sample, draws=25, seed=2):
    starts = of_units(sample, sample.cohort)
    stratum = None if sample.stratum is None else of_units(sample, sample.stratum)
    cluster = np.unique(of_units(sample, sample.cluster), return_inverse=True)[1]
    units = ComparedUnits.of(~np.isnan(starts), stratum, cluster=cluster)
    return starts, draw_starts(units, starts, UNIFORM, draws, np.random.default_rng(seed))


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("earliest", [None, 2013])
def test_each_draw_has_the_estimate_and_error_of_the_regression_fitted_anew(case, earliest):
    plan = plan_of(earliest, **CASES[case])
    sample = sample_of(panel_of(), plan)
    starts, drawn = drawn_starts(sample)
    aggregation = "coefficient" if earliest is None else "exposed"
    found = Panel.of(sample).estimates(np.vstack([starts, drawn]), aggregation)
    for place, of_draw in enumerate([starts, *drawn]):
        rows = estimate_twfe(started_as(sample, of_draw), plan, plan.estimators[0]).rows
        row = next(row for row in rows if row.aggregation == aggregation)
        assert found.coefficient[place] == pytest.approx(row.estimate, abs=1e-9)
        assert found.error[place] == pytest.approx(row.std_error, abs=1e-9)


def test_estimates_anew_are_those_of_the_panel():
    plan = plan_of()
    sample = sample_of(panel_of(), plan)
    _, drawn = drawn_starts(sample, draws=5)

    def fit(one):
        row = estimate_twfe(one, plan, plan.estimators[0]).rows[0]
        return {"coefficient": (row.estimate, row.std_error)}

    anew = estimates_anew(fit, sample, drawn, ["coefficient", "exposed"])
    found = Panel.of(sample).estimates(drawn, "coefficient")
    assert anew["coefficient"].coefficient == pytest.approx(found.coefficient, abs=1e-9)
    assert anew["coefficient"].error == pytest.approx(found.error, abs=1e-9)
    assert np.isnan(anew["exposed"].coefficient).all()


def test_a_refused_estimate_is_none():
    def refusing(sample):
        raise Refused("no_cells")

    sample = sample_of(panel_of(), plan_of())
    anew = estimates_anew(refusing, sample, drawn_starts(sample, draws=2)[1], ["simple"])
    assert np.isnan(anew["simple"].coefficient).all()


def test_pieces_of_draws_change_nothing(monkeypatch):
    sample = sample_of(panel_of(), plan_of(**CASES["all"]))
    _, drawn = drawn_starts(sample)
    panel = Panel.of(sample)
    at_once = panel.estimates(drawn, "coefficient")
    monkeypatch.setattr(panels, "PIECE", 1)
    assert panel.estimates(drawn, "coefficient").error == pytest.approx(at_once.error, rel=1e-12)


def test_more_effects_than_memory_has_room_for_are_refused_before_it_is_taken(monkeypatch):
    sample = sample_of(panel_of(), plan_of(**CASES["all"]))
    monkeypatch.setattr(panels, "MOST_HELD", 100)
    with pytest.raises(Refused, match="coarser strata"):
        Panel.of(sample)


def test_drawn_starts_keep_strata_clusters_and_how_many_start_when():
    stratum, cluster = np.array([0, 0, 0, 0, 1, 1, 1, 1, 1, 1]), np.array([0, 0, 1, 2, 3, 4, 4, 5, 6, 7])
    starts = np.array([2012, 2012, np.nan, 2014, 2012, np.nan, np.nan, 2014, 2014, np.nan])
    units = ComparedUnits.of(~np.isnan(starts), stratum, cluster=cluster)
    drawn = draw_starts(units, starts, UNIFORM, 4_000, np.random.default_rng(1))
    for one in range(2):
        members = units.first_of_cluster[units.cluster_stratum == one]
        real = np.sort(starts[members])
        assert np.array_equal(np.sort(drawn[:, members], axis=1), np.broadcast_to(real, (4_000, len(real))), equal_nan=True)
        share = np.mean(drawn[:, members] == 2014, axis=0)  # all alike
        assert share == pytest.approx(np.mean(real == 2014), abs=0.03)
    assert np.array_equal(drawn[:, 0], drawn[:, 1], equal_nan=True)
    assert np.array_equal(drawn[:, 5], drawn[:, 6], equal_nan=True)


def test_units_of_a_cluster_that_start_in_different_years_are_refused():
    units = ComparedUnits.of(np.array([True, True, False]), cluster=np.array([0, 0, 1]))
    with pytest.raises(Refused, match="cluster"):
        draw_starts(units, np.array([2012.0, 2013.0, np.nan]), UNIFORM, 10, np.random.default_rng(1))


def test_an_assignment_that_what_is_fixed_explains_has_no_estimate():
    """Without gaps and with all units treated, treatment is an effect of years."""
    sample = sample_of(panel_of(gaps=-1), plan_of())
    everybody = np.full((1, 16), 2011.0)
    found = Panel.of(sample).estimates(everybody, "coefficient")
    assert np.isnan(found.coefficient).all()


@pytest.mark.parametrize("case", ["gaps", "all"])
@pytest.mark.parametrize("earliest", [None, 2013])
def test_the_wild_bootstrap_of_a_panel_is_that_of_regressions_fitted_to_each_drawn_outcome(case, earliest):
    plan = plan_of(earliest, **CASES[case])
    sample = sample_of(panel_of(), plan)
    starts = of_units(sample, sample.cohort)
    aggregation = "coefficient" if earliest is None else "exposed"
    sums = Panel.of(sample).cluster_sums(starts, aggregation)
    found = wild_bootstrap(sums, "rademacher", 60, np.random.default_rng(4))
    weights = np.array([-1.0, 1.0])[np.random.default_rng(4).integers(0, 2, size=(60, sums.n_clusters))]
    counted = sample.treated if earliest is None else sample.exposed
    groups = [counted] if earliest is None else [counted, sample.treated & ~counted]
    dense = np.column_stack([*groups, sample.covariates]).astype(float)
    names = [f"r{place}" for place in range(dense.shape[1])]

    def fit(outcome, columns):
        return fit_fixed_effects(replace(sample, outcome=outcome), columns, names[: columns.shape[1]], small_sample="none")

    restricted = explained_by(sample, dense[:, 1:])
    drawn = []
    for v in weights:
        of_draw = fit(restricted + (sample.outcome - restricted) * v[sample.cluster], dense)
        drawn.append(of_draw.coefficients[0] / np.sqrt(of_draw.covariance[0, 0]))
    observed = fit(sample.outcome, dense)
    t = observed.coefficients[0] / np.sqrt(observed.covariance[0, 0])
    assert found.t[0] == pytest.approx(t, rel=1e-8)
    assert found.p[0] == pytest.approx((1 + np.count_nonzero(np.abs(drawn) >= abs(t))) / 61, abs=1e-12)


def explained_by(sample, columns):
    """(n,) fitted values of the regression on these columns and all that is held fixed, with dummies, by least squares."""
    dummies = [sample.unit[:, None] == np.arange(sample.unit.max() + 1)]
    years = sample.year[:, None] == YEARS
    if sample.stratum is None:
        dummies.append(years)
    else:
        dummies += [years & (sample.stratum == one)[:, None] for one in range(len(sample.stratum_names))]
        dummies += [years * column[:, None] for column in sample.baseline.T]
    design = np.column_stack([*dummies, columns]).astype(float)
    root = np.sqrt(np.ones(len(design)) if sample.weights is None else sample.weights)
    return design @ np.linalg.lstsq(root[:, None] * design, root * sample.outcome, rcond=None)[0]


def test_a_test_by_draws_errs_as_often_as_stated():
    """Starts as drawn as those it is held against, outcomes that wander by themselves: one in five at 20 %, for the estimate, its t, and wild signs."""
    sample = sample_of(panel_of(), plan_of(**CASES["strata and baseline"]))
    found = []
    for seed in range(120):
        random = np.random.default_rng(seed)
        _, drawn = drawn_starts(sample, draws=60, seed=seed)
        wandering = np.concatenate([random.normal(size=size).cumsum() for size in np.bincount(sample.unit)])
        panel = Panel.of(replace(sample, outcome=wandering))
        under = panel.estimates(drawn, "coefficient")
        t = under.studentised(under.coefficient.mean())
        wild = wild_bootstrap(panel.cluster_sums(drawn[0], "coefficient"), "rademacher", 59, random)
        real = [against_draws(float(values[0]), values[1:]).p for values in (under.coefficient, t)]
        found.append([*real, wild.p[0]])
    assert np.mean(np.array(found) <= 0.2, axis=0) == pytest.approx(0.2, abs=0.11)  # three standard errors
