"""The wild bootstrap against one that fits every drawn outcome anew, all weights listed, and the reference values of INKAR."""

from itertools import product

import numpy as np
import pytest
from inkar import after_less_before, needs_inkar, small_units, units_within_kind

from kkz_eval.evaluation.inference import wild_bootstrap as wild
from kkz_eval.evaluation.inference.units import ComparedUnits
from kkz_eval.evaluation.inference.wild_bootstrap import POINTS, RADEMACHER, WEBB, ClusterSums, collapsed, wild_bootstrap
from kkz_eval.evaluation.problems import Refused

DRAWS = 999
CLUSTERS = np.repeat(np.arange(7), [1, 2, 2, 3, 1, 2, 2])
CLUSTERED = ComparedUnits.of(
    np.isin(CLUSTERS, [0, 3, 5]), baseline=np.random.default_rng(4).normal(size=(len(CLUSTERS), 2)), cluster=CLUSTERS
)
DESIGNS = {
    "alone": small_units(baselines=0, sizes=((9, 4),)),
    "strata": small_units(),
    "strata and baseline": small_units(baselines=2, sizes=((6, 3), (5, 2))),
    "clusters": CLUSTERED,
}


def outcomes(units, count=2):
    return np.random.default_rng(5).normal(size=(units.n_units, count))


def t_of(y, regressors, cluster):
    """t of the last regressor, error by cluster without factor, by the normal equations."""
    inverse = np.linalg.inv(regressors.T @ regressors)
    coefficients = inverse @ regressors.T @ y
    errors = y - regressors @ coefficients
    scores = np.array([(regressors * errors[:, None])[cluster == one].sum(axis=0) for one in np.unique(cluster)])
    covariance = inverse @ scores.T @ scores @ inverse
    return coefficients[-1] / np.sqrt(covariance[-1, -1])


def t_values_fitted_anew(y, held, treated, cluster, weights):
    """t of each drawn outcome: what the null explains, plus its residuals times the weights of their clusters."""
    explained = held @ np.linalg.lstsq(held, y, rcond=None)[0]
    regressors = np.column_stack([held, treated])
    return np.array([t_of(explained + (y - explained) * v[cluster], regressors, cluster) for v in weights])


def held_by(units):
    dummies = (units.stratum[:, None] == np.arange(units.n_strata)).astype(float)
    return np.column_stack([dummies, units.baseline])


@pytest.mark.parametrize("design", DESIGNS)
@pytest.mark.parametrize("kind", [RADEMACHER, WEBB])
def test_drawn_t_values_are_those_of_regressions_fitted_to_each_drawn_outcome(design, kind):
    units = DESIGNS[design]
    z = outcomes(units)
    found = wild_bootstrap(collapsed(z, units), kind, 150, np.random.default_rng(1))
    weights = POINTS[kind][np.random.default_rng(1).integers(0, len(POINTS[kind]), size=(150, units.n_clusters))]
    for place, y in enumerate(z.T):
        held, treated = held_by(units), units.treated.astype(float)
        observed = t_of(y, np.column_stack([held, treated]), units.cluster)
        drawn = t_values_fitted_anew(y, held, treated, units.cluster, weights if not found.enumerated else all_signs(units))
        assert found.t[place] == pytest.approx(observed, rel=1e-9)
        reached = np.count_nonzero(np.abs(drawn) >= abs(observed) * (1 - 1e-9))
        p = reached / len(drawn) if found.enumerated else (1 + reached) / (1 + len(drawn))
        assert found.p[place] == pytest.approx(p, abs=1e-12)


def all_signs(units):
    return np.array(list(product([-1.0, 1.0], repeat=units.n_clusters)))


def test_on_all_cells_it_is_that_of_the_units_contrasts():
    """Two-way fixed effects with years within strata: every cell, unit and year taken out, against one number for each unit."""
    units, after = small_units(sizes=((5, 2), (6, 3))), np.array([0, 0, 1, 1, 1])
    table = np.random.default_rng(8).normal(size=(units.n_units, len(after)))
    contrast = after / after.sum() - (1 - after) / (1 - after).sum()
    unit, year = (part.ravel() for part in np.indices(table.shape))
    dummies_of_units = (unit[:, None] == np.arange(units.n_units)).astype(float)
    period = units.stratum[unit] * len(after) + year
    held = np.column_stack([dummies_of_units, period[:, None] == np.arange(period.max() + 1)])
    basis = np.linalg.svd(held, full_matrices=False)
    basis = basis[0][:, basis[1] > 1e-9]
    treated = (units.treated[unit] & (after[year] == 1)).astype(float)
    cells = ClusterSums.of(
        treated - basis @ (basis.T @ treated), (table.ravel() - basis @ (basis.T @ table.ravel()))[:, None], basis, unit, 5
    )
    of_cells = wild_bootstrap(cells, RADEMACHER, DRAWS, np.random.default_rng(2))
    of_units = wild_bootstrap(collapsed((table @ contrast)[:, None], units), RADEMACHER, DRAWS, np.random.default_rng(2))
    assert of_cells.estimate == pytest.approx(of_units.estimate, rel=1e-9)
    assert of_cells.t == pytest.approx(of_units.t, rel=1e-9)
    assert of_cells.p == pytest.approx(of_units.p, abs=1e-12)


@pytest.mark.parametrize(("kind", "clusters"), [(RADEMACHER, 6), (WEBB, 4)])
def test_few_clusters_have_all_their_weights_tried(kind, clusters):
    units = ComparedUnits.of(np.arange(clusters) < 2)
    z = outcomes(units, 1)
    found = wild_bootstrap(collapsed(z, units), kind, 2_000, np.random.default_rng(1))
    weights = np.array(list(product(POINTS[kind], repeat=clusters)))
    drawn = t_values_fitted_anew(z[:, 0], np.ones((clusters, 1)), units.treated.astype(float), units.cluster, weights)
    assert found.enumerated
    assert found.n_draws == len(weights)
    assert found.mc_error[0] == 0
    assert found.p[0] == pytest.approx(np.mean(~(np.abs(drawn) < abs(found.t[0]) * (1 - 1e-9))), abs=1e-12)


def test_more_weights_than_draws_are_drawn_and_the_real_residuals_count_among_them():
    units = ComparedUnits.of(np.arange(11) < 4)
    far = collapsed((1000.0 * units.treated + outcomes(units, 1)[:, 0])[:, None], units)
    found = wild_bootstrap(far, RADEMACHER, DRAWS, np.random.default_rng(1))
    assert not found.enumerated
    assert found.n_draws == DRAWS
    assert found.p[0] >= 1 / (1 + DRAWS)
    assert found.mc_error[0] == pytest.approx(np.sqrt(found.p[0] * (1 - found.p[0]) / DRAWS))


def test_one_treated_cluster_is_said_and_hardly_ever_found():
    """Residuals under the null take the only treated cluster's distance for chance: t = 8 is nothing out of the way."""
    units = ComparedUnits.of(np.arange(12) < 1)
    z = (3.0 * units.treated + outcomes(units, 1)[:, 0])[:, None]
    found = wild_bootstrap(collapsed(z, units), RADEMACHER, 5_000, np.random.default_rng(1))
    assert (found.n_treated_clusters, found.n_clusters) == (1, 12)
    assert found.p[0] > 0.2


@pytest.mark.parametrize("treated", [1, 2, 3])
@pytest.mark.parametrize("effect", [10.0, 1e3])
def test_the_real_residuals_are_as_far_out_as_themselves_however_large_the_effect(treated, effect):
    units = ComparedUnits.of(np.arange(12) < treated)
    z = (effect * units.treated + outcomes(units, 1)[:, 0])[:, None]
    found = wild_bootstrap(collapsed(z, units), RADEMACHER, 5_000, np.random.default_rng(1))
    assert found.enumerated
    assert found.p[0] >= 2 / 2**12


def test_mirrored_outcomes_have_the_same_p_and_each_outcome_its_own():
    units = DESIGNS["strata and baseline"]
    z = outcomes(units)
    together = wild_bootstrap(collapsed(np.column_stack([z, -z]), units), WEBB, DRAWS, np.random.default_rng(3))
    alone = wild_bootstrap(collapsed(z[:, 1:], units), WEBB, DRAWS, np.random.default_rng(3))
    assert together.p[:2] == pytest.approx(together.p[2:])
    assert together.t[:2] == pytest.approx(-together.t[2:])
    assert together.p[1] == pytest.approx(alone.p[0])


def test_pieces_of_draws_change_nothing(monkeypatch):
    units = DESIGNS["strata"]
    whole = wild_bootstrap(collapsed(outcomes(units), units), RADEMACHER, 300, np.random.default_rng(3))
    monkeypatch.setattr(wild, "PIECE", 1)
    piecewise = wild_bootstrap(collapsed(outcomes(units), units), RADEMACHER, 300, np.random.default_rng(3))
    assert piecewise.p == pytest.approx(whole.p)


def test_treatment_that_the_baseline_explains_is_refused():
    units = ComparedUnits.of(np.arange(8) < 3, baseline=(np.arange(8) < 3).astype(float)[:, None])
    with pytest.raises(Refused):
        wild_bootstrap(collapsed(outcomes(units), units), RADEMACHER, DRAWS, np.random.default_rng(1))


def test_an_outcome_without_spread_is_refused():
    units = ComparedUnits.of(np.arange(8) < 3)
    with pytest.raises(Refused):
        wild_bootstrap(collapsed(np.ones((8, 1)), units), RADEMACHER, DRAWS, np.random.default_rng(1))


@needs_inkar
@pytest.mark.parametrize(("kind", "p"), [(RADEMACHER, 0.8262), (WEBB, 0.8266)])
def test_open_all_day_schools_have_the_published_p(kind, p):
    units = units_within_kind().without_strata()
    found = wild_bootstrap(collapsed(after_less_before("a_schul_oA")[:, None], units), kind, 99_999, np.random.default_rng(1))
    assert found.estimate[0] == pytest.approx(-0.065696833, abs=1e-8)
    assert found.p[0] == pytest.approx(p, abs=0.003)
    assert (found.n_clusters, found.n_treated_clusters) == (30, 13)
