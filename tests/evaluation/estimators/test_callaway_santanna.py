"""What group-time effects do with samples: base years, comparison units, bands, counts, and what is refused in words."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from benchmarks.study_coverage import T_PLAN, coverage_study
from kkz_eval.evaluation.effects import run_effects, run_estimator
from kkz_eval.evaluation.estimators import influence as influence_module
from kkz_eval.evaluation.estimators.callaway_santanna import estimate_callaway_santanna
from kkz_eval.evaluation.estimators.influence import Influence, Reference, by_cluster, critical_value, quartile_errors
from kkz_eval.evaluation.panel import validate_panel
from kkz_eval.evaluation.plan import Plan
from kkz_eval.evaluation.plan_file import parse_plan
from kkz_eval.evaluation.problems import PlanInvalid
from kkz_eval.evaluation.results import EffectsResult
from kkz_eval.evaluation.sample import build_sample, outcome_slice

CS = {"id": "cs", "method": "callaway_santanna"}


def _panel(groups: dict[int | None, int], years: range = range(2008, 2016), seed: int = 1) -> pd.DataFrame:
    """groups: units by cohort. Noise with a unit effect, an effect of 2 from the cohort year on, a covariate and weights by unit."""
    draw = np.random.default_rng(seed)
    cohorts = np.repeat([np.nan if g is None else float(g) for g in groups], list(groups.values()))
    unit, year = np.repeat(np.arange(len(cohorts)), len(years)), np.tile(np.array(years), len(cohorts))
    x, people = draw.normal(size=len(cohorts)), draw.uniform(1, 5, size=len(cohorts))
    value = unit + draw.normal(size=len(unit)) + 2.0 * (year >= np.nan_to_num(cohorts, nan=9999)[unit])
    columns = {"value": value, "cohort": cohorts[unit], "x": x[unit], "people": people[unit], "region": unit // 2}
    return pd.DataFrame({"unit_id": [f"{u:03d}" for u in unit], "year": year, "indicator": "y", **columns})


STAGGERED = {2011: 8, 2013: 8, None: 12}


def _plan(**keys: object) -> Plan:
    base = {"plan_version": 1, "id": "p", "outcomes": [{"indicator": "y"}], "estimators": [CS], "languages": ["en"]}
    return parse_plan({**base, **keys}, "test")


def _run(panel: pd.DataFrame, **keys: object) -> EffectsResult:
    return run_effects(panel, _plan(**keys))


def _cells(result: EffectsResult) -> pd.DataFrame:
    rows = result.estimates[result.estimates["aggregation"] == "group_time"]
    return rows.set_index(["cohort", "year"])


def _overall(result: EffectsResult, aggregation: str) -> pd.Series:
    rows = result.estimates[(result.estimates["aggregation"] == aggregation) & (result.estimates["estimator"] == "cs")]
    (row,) = [row for _, row in rows.iterrows() if row[["cohort", "year", "event_time"]].isna().all()]
    return row


def _refused(panel: pd.DataFrame, **keys: object) -> str:
    rows = _run(panel, **keys).estimates
    assert rows["status"].tolist() == ["refused"]
    assert rows["estimate"].isna().all()
    return str(rows["message"].iloc[0])


def test_universal_base_changes_effects_before_the_start_only() -> None:
    panel = _panel(STAGGERED)
    varying, universal = _cells(_run(panel)), _cells(_run(panel, base_period="universal"))
    after = [key for key in varying.index if key[1] >= key[0]]
    before = [key for key in varying.index if key[1] < key[0] - 1]
    assert varying.loc[after, "estimate"].tolist() == universal.loc[after, "estimate"].tolist()
    assert not np.isclose(varying.loc[before, "estimate"], universal.loc[before, "estimate"].astype(float)).any()
    for g in (2011, 2013):
        assert universal.loc[(g, g - 1), "estimate"] == 0.0
        assert np.isnan(universal.loc[(g, g - 1), "std_error"])
        changes = universal.loc[g]["estimate"].loc[: g - 1].diff().dropna()
        assert varying.loc[g]["estimate"].loc[: g - 1].to_numpy() == pytest.approx(changes.to_numpy(), abs=1e-12)


def test_a_cohort_that_starts_after_the_last_year_keeps_its_effects_before_the_start() -> None:
    """As `did`: as-if never treated are only those that start later than the last year and the years of anticipation."""
    late = _panel({2011: 8, 2015: 8, None: 12}, years=range(2008, 2015))
    cells = _cells(_run(late, anticipation=1, reference="not_yet"))
    assert sorted(year for cohort, year in cells.index if cohort == 2015) == list(range(2009, 2015))
    assert (cells["status"] == "ok").all()
    assert _cells(_run(late, reference="not_yet")).index.get_level_values("cohort").unique().tolist() == [2011]


def test_without_never_treated_only_the_last_cohort_is_without_effects_of_its_own() -> None:
    """2013 starts after the last year that anticipation leaves (2012); 2014 only serves as comparison."""
    panel = _panel({2011: 8, 2013: 8, 2014: 12})
    result = _run(panel, anticipation=1, reference="not_yet")
    cells = _cells(result)
    assert sorted(year for cohort, year in cells.index if cohort == 2013) == [2009, 2010, 2011, 2012]
    assert set(cells.index.get_level_values("cohort")) == {2011, 2013}
    change = panel.pivot(index="unit_id", columns="year", values="value").diff(axis=1)[2010]
    start = panel.groupby("unit_id")["cohort"].first()
    expected = change[start == 2013].mean() - change[start == 2014].mean()  # 2011's anticipation has begun
    assert cells.loc[(2013, 2010), "estimate"] == pytest.approx(expected, abs=1e-12)
    rows = result.estimates
    assert rows.loc[rows["aggregation"] == "group", "cohort"].dropna().tolist() == [2011]
    before = cells.loc[[(2011, 2009), (2013, 2011)], "estimate"]  # two years before the start of each
    (row,) = rows[(rows["aggregation"] == "dynamic") & (rows["event_time"] == -2)].to_dict("records")
    assert row["estimate"] == pytest.approx(before.mean(), abs=1e-12)


def test_cohorts_that_all_start_after_the_last_year_are_refused_in_words() -> None:
    panel = _panel({2013: 8, 2014: 12}, years=range(2008, 2014))
    assert "comparison" in _refused(panel, anticipation=1, reference="not_yet")


def test_anticipation_moves_the_base_and_leaves_the_rest_of_the_test() -> None:
    panel = _panel(STAGGERED)
    result = _run(panel, anticipation=1)
    values = panel.fillna({"cohort": 0}).groupby(["cohort", "year"])["value"].mean()
    by_hand = (values[2013, 2014] - values[2013, 2011]) - (values[0, 2014] - values[0, 2011])
    assert _cells(result).loc[(2013, 2014), "estimate"] == pytest.approx(by_hand, abs=1e-10)
    assert result.tests["df"].tolist() == ["4"]  # 2011: 2009; 2013: 2009, 2010, 2011
    assert "anticipation" not in result.estimates["message"].iloc[0]
    other = _run(panel, anticipation=1, estimators=[{"id": "twfe", "method": "twfe"}])
    assert "anticipation does not shift" in other.estimates["message"].iloc[0]


def test_without_covariates_all_variants_are_the_same() -> None:
    panel = _panel(STAGGERED)
    estimators = [{**CS, "id": variant, "variant": variant} for variant in ("dr", "ipw", "or")]
    rows = _run(panel, estimators=estimators, weight="people").estimates
    columns = ["estimate", "std_error"]
    one = rows.loc[rows["estimator"] == "dr", columns].to_numpy()
    for variant in ("ipw", "or"):
        assert rows.loc[rows["estimator"] == variant, columns].to_numpy() == pytest.approx(one, abs=1e-12)


def test_weights_of_whole_numbers_count_units() -> None:
    panel = _panel(STAGGERED).assign(people=lambda frame: 1.0 + frame["region"] % 3)
    weighted = _run(panel, weight="people", covariates=["x"])
    copies = panel.loc[panel.index.repeat(panel["people"].astype(int))].copy()
    copies["unit_id"] += "_" + copies.groupby(["unit_id", "year"]).cumcount().astype(str)
    counted = _run(copies, covariates=["x"])
    assert weighted.estimates["estimate"].to_numpy() == pytest.approx(counted.estimates["estimate"].to_numpy(), abs=1e-9)


def test_other_cohorts_are_controls_until_they_anticipate() -> None:
    panel = _panel({2011: 6, 2014: 6, None: 2})
    result = _run(panel, reference="not_yet", treated_cohorts=[2011], anticipation=1)
    values = panel.groupby(["unit_id", "year"])["value"].first().unstack()
    cohort = panel.groupby("unit_id")["cohort"].first()
    change = values[2012] - values[2009]
    by_hand = change[cohort == 2011].mean() - change[cohort.isna() | (cohort == 2014)].mean()
    assert _cells(result).loc[(2011, 2012), "estimate"] == pytest.approx(by_hand, abs=1e-10)
    change = values[2013] - values[2009]
    by_hand = change[cohort == 2011].mean() - change[cohort.isna()].mean()
    assert _cells(result).loc[(2011, 2013), "estimate"] == pytest.approx(by_hand, abs=1e-10)
    assert set(_cells(result).index.get_level_values(0)) == {2011}


def test_without_never_treated_the_last_cohort_is_for_comparison_only() -> None:
    result = _run(_panel({2011: 6, 2013: 6}), reference="not_yet")
    cells = _cells(result)
    assert set(cells.index.get_level_values(0)) == {2011}
    assert cells.index.get_level_values(1).max() == 2012
    message = result.estimates["message"].iloc[0]
    assert "the last cohort (2013) is for comparison only; years from 2013 on are left out" in message
    row = _overall(result, "simple")
    assert (row["n_units"], row["n_treated"], row["n_control"], row["n_cells"]) == (12, 6, 6, 12 * 5)
    assert "36 cells enter no comparison" in message


def test_bands_are_uniform_and_repeatable() -> None:
    panel = _panel(STAGGERED)
    result = _run(panel, inference={"draws": 499}, estimators=[CS, {"id": "twfe", "method": "twfe"}])
    rows = result.estimates[result.estimates["estimator"] == "cs"]
    parts = rows[rows[["cohort", "year", "event_time"]].notna().any(axis=1)]
    assert (parts["band_low"] <= parts["conf_low"]).all()
    assert (parts["band_high"] >= parts["conf_high"]).all()
    for _, part in parts.groupby("aggregation"):
        width = (part["band_high"] - part["estimate"]) / part["std_error"]
        assert width.to_numpy() == pytest.approx(width.iloc[0], rel=1e-9)
    overall = rows[rows[["cohort", "year", "event_time"]].isna().all(axis=1)]
    assert overall["band_low"].isna().all()
    again = _run(panel, inference={"draws": 499}, estimators=[CS, {"id": "twfe", "method": "twfe"}])
    pd.testing.assert_frame_equal(again.estimates, result.estimates)
    other = _run(panel, inference={"draws": 499}, seed=2).estimates
    assert not np.isclose(other["band_low"].dropna(), parts["band_low"]).all()
    plain = _run(panel).estimates
    assert plain["band_low"].isna().all()
    assert plain["std_error"].tolist() == rows["std_error"].tolist()


def test_t_quantiles_change_intervals_bands_and_p_values_only() -> None:
    panel = _panel({2011: 4, 2013: 5, None: 5})
    normal = _run(panel, inference={"draws": 99}).estimates
    found = _run(panel, inference={"draws": 99, "quantiles": "t"}).estimates
    same = ["estimate", "std_error"]
    pd.testing.assert_frame_equal(found[same], normal[same])
    shown = found[found["std_error"].notna()]
    half = stats.t.ppf(0.975, 13) * shown["std_error"]
    assert shown["conf_high"].to_numpy() == pytest.approx((shown["estimate"] + half).to_numpy(), abs=1e-12)
    expected = 2 * stats.t.sf((shown["estimate"] / shown["std_error"]).abs(), 13)
    assert shown["p_value"].to_numpy() == pytest.approx(expected, abs=1e-12)
    banded = shown[shown["band_high"].notna()]
    assert len(banded) > 0
    assert (banded["band_high"] >= banded["conf_high"]).all()


def test_influence_functions_of_clusters_are_sums_over_their_units() -> None:
    values, cluster = np.random.default_rng(3).normal(size=(6, 4)), np.array([2, 0, 2, 1, 0, 0])
    summed = np.array([values[cluster == code].sum(axis=0) for code in (0, 1, 2)])
    assert by_cluster(values, cluster).values == pytest.approx(summed, abs=1e-15)


def test_the_correlation_of_some_estimates_is_summed_over_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    influence = Influence(np.random.default_rng(4).normal(size=(11, 5)))
    errors = influence.std_errors[[0, 3]]
    expected = influence.covariance[np.ix_([0, 3], [0, 3])] / np.outer(errors, errors)
    for chunk in (1, 5, 10**6):
        monkeypatch.setattr(influence_module, "CHUNK", chunk)
        assert influence.correlation([0, 3], errors) == pytest.approx(expected, abs=1e-14)


@pytest.mark.parametrize(("df", "law"), [(None, stats.norm()), (1, stats.t(1)), (29, stats.t(29))])
def test_the_reference_is_the_normal_or_t(df: int | None, law: object) -> None:
    reference = Reference(df)
    assert reference.quantile(0.9) == pytest.approx(law.ppf(0.95), abs=1e-12)  # type: ignore[attr-defined]
    assert reference.p_value(-1.3) == pytest.approx(2 * law.sf(1.3), abs=1e-14)  # type: ignore[attr-defined]


def test_there_is_room_for_all_averages_and_no_more_columns_than_rows() -> None:
    panel, plan = (
        _panel({2009: 3, 2011: 4, 2015: 3, None: 5}),
        _plan(outcomes=[{"indicator": "y", "earliest_plausible_year": 2012}]),
    )
    found = run_estimator(panel, plan, "y", "cs")
    assert found.influence is not None
    assert found.influence.values.shape == (15, len(found.rows))


def test_t_quantiles_count_the_clusters() -> None:
    panel = _panel(STAGGERED)
    row = _overall(_run(panel, cluster="region", inference={"quantiles": "t"}), "simple")
    assert row["n_clusters"] == 14
    assert row["conf_high"] == pytest.approx(row["estimate"] + stats.t.ppf(0.975, 13) * row["std_error"], abs=1e-12)


def test_t_quantiles_cover_as_stated_with_thirty_units() -> None:
    """A small version of benchmarks/study_coverage.py: within Monte-Carlo error (two standard errors) of 93 to 97 %."""
    panels = 150
    found = {row.aggregation: row.coverage for row in coverage_study(panels, entries=T_PLAN) if row.event_time is None}
    chance = 2 * np.sqrt(0.95 * 0.05 / panels)
    assert set(found) == {"simple", "dynamic", "exposed"}
    assert all(0.93 - chance <= share <= 0.97 + chance for share in found.values())


def test_multiplier_draws_replace_the_standard_errors_of_this_method_only() -> None:
    panel = _panel({2011: 60, 2013: 60, None: 80})
    methods = [CS, {"id": "twfe", "method": "twfe"}]
    drawn = _run(panel, inference={"method": "multiplier", "draws": 2000}, estimators=methods).estimates
    analytic = _run(panel, estimators=methods).estimates
    of_cs = drawn["estimator"] == "cs"
    assert drawn.loc[of_cs, "std_error"].to_numpy() == pytest.approx(analytic.loc[of_cs, "std_error"].to_numpy(), rel=0.15)
    assert not np.isclose(drawn.loc[of_cs, "std_error"], analytic.loc[of_cs, "std_error"]).any()
    assert set(drawn.loc[of_cs, "p_method"]) == {"multiplier"}
    assert set(drawn.loc[~of_cs, "p_method"]) == {"analytic"}
    assert drawn.loc[~of_cs, "std_error"].tolist() == analytic.loc[~of_cs, "std_error"].tolist()
    with pytest.raises(PlanInvalid, match="draws"):
        _plan(inference={"method": "multiplier"})


def test_pieces_do_not_change_the_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.default_rng(4).normal(size=(30, 5))
    whole = Influence(values).draws(200, seed=7)
    monkeypatch.setattr(influence_module, "CHUNK", 100)
    assert Influence(values).draws(200, seed=7) == pytest.approx(whole, abs=1e-12)
    assert whole.std(axis=0) == pytest.approx(Influence(values).std_errors, rel=0.2)


def test_multipliers_are_those_of_mammen() -> None:
    draws = Influence(np.eye(3)).draws(60_000, seed=1)
    assert {round(value, 9) for value in np.unique(draws.round(9))} == {round((1 - 5**0.5) / 2, 9), round((1 + 5**0.5) / 2, 9)}
    for power, moment in ((1, 0.0), (2, 1.0), (3, 1.0)):
        assert (draws**power).mean() == pytest.approx(moment, abs=0.03)


def test_critical_values_and_quartile_errors_of_normal_draws() -> None:
    draws = np.random.default_rng(3).normal(size=(40_000, 4)) * [1, 2, 3, 0]
    assert quartile_errors(draws)[:3] == pytest.approx([1, 2, 3], rel=0.03)
    errors = np.array([1.0, 2.0, 3.0, 0.0])
    assert critical_value(draws, errors, 0.95) == pytest.approx(2.388, abs=0.03)  # three independent: Φ⁻¹((1 + 0.95^(1/3)) / 2)
    assert critical_value(draws[:, :1] * 0.1, errors[:1], 0.95) == pytest.approx(1.96, abs=0.001)
    assert np.isnan(critical_value(draws, np.zeros(4), 0.95))


def test_influence_functions_are_kept_for_every_row() -> None:
    panel, plan = (
        _panel(STAGGERED),
        _plan(base_period="universal", outcomes=[{"indicator": "y", "earliest_plausible_year": 2030}]),
    )
    cells = outcome_slice(validate_panel(panel, plan), plan, plan.outcomes[0])
    found = estimate_callaway_santanna(build_sample(cells, plan, plan.outcomes[0]), plan, plan.estimators[0])
    assert found.influence is not None
    assert found.influence.values.shape == (28, len(found.rows))
    errors = np.array([0.0 if np.isnan(row.std_error) else row.std_error for row in found.rows])
    assert np.sqrt(np.diag(found.influence.covariance)) == pytest.approx(errors, abs=1e-12)


def test_clusters_hold_units_and_units_do_not_move() -> None:
    panel = _panel(STAGGERED)
    clustered = _overall(_run(panel, cluster="region"), "simple")
    single = _overall(_run(panel), "simple")
    assert clustered["estimate"] == single["estimate"]
    assert clustered["std_error"] != single["std_error"]
    assert (clustered["n_clusters"], clustered["n_treated_clusters"]) == (14, 8)
    moving = panel.assign(region=(panel["region"] + panel["year"]) % 5)
    assert "lies in several clusters" in _refused(moving, cluster="region")


def test_exposed_years_are_averaged_by_size_and_the_whole_stays() -> None:
    panel = _panel(STAGGERED)
    plain, result = _run(panel), _run(panel, outcomes=[{"indicator": "y", "earliest_plausible_year": 2014}])
    assert _overall(result, "simple")["estimate"] == _overall(plain, "simple")["estimate"]
    cells = _cells(result)["estimate"]
    by_hand = np.mean([cells[g, t] for g in (2011, 2013) for t in (2014, 2015)])
    assert _overall(result, "exposed")["estimate"] == pytest.approx(by_hand, abs=1e-12)
    late = _run(panel, outcomes=[{"indicator": "y", "earliest_plausible_year": 2030}])
    assert _overall(late, "exposed")["status"] == "refused"
    assert _overall(late, "simple")["status"] == "ok"
    chosen = _run(
        panel, outcomes=[{"indicator": "y", "earliest_plausible_year": 2014}], estimators=[{**CS, "aggregations": ["simple"]}]
    )
    assert set(chosen.estimates["aggregation"]) == {"simple", "exposed"}


def test_units_with_holes_enter_the_pairs_of_years_they_have() -> None:
    panel = _panel(STAGGERED)
    holes = panel.drop(panel.index[(panel["unit_id"] == "000") & (panel["year"] == 2010)])
    result = _run(holes)
    alone = _cells(_run(panel[panel["unit_id"] != "000"]))
    assert _cells(result).loc[(2011, 2012), "estimate"] == pytest.approx(alone.loc[(2011, 2012), "estimate"], abs=1e-12)
    row = _overall(result, "simple")
    assert (row["n_units"], row["n_cells"]) == (28, 28 * 8 - 1 - 5)
    assert "5 cells enter no comparison because the other year or the other group is missing." in row["message"]


def test_a_cohort_without_values_in_the_base_year_is_refused_and_the_others_go_on() -> None:
    panel = _panel(STAGGERED)
    result = _run(panel[~((panel["cohort"] == 2013) & (panel["year"] == 2012))])
    cells = _cells(result)
    assert (cells.loc[2011]["status"] == "ok").all()
    assert cells.loc[(2013, 2014), "message"].startswith("No unit of the cohort has values in both 2014 and 2012.")
    row = _overall(result, "simple")
    assert row["status"] == "ok"
    assert "4 effects are missing (cohort/year 2013/2012, 2013/2013" in row["message"]


def test_samples_without_a_comparison_are_refused_in_words() -> None:
    assert "No treated unit" in _refused(_panel({None: 5}))
    assert "No comparison unit" in _refused(_panel({2011: 5}))
    assert "No comparison unit" in _refused(_panel({2011: 5, 2013: 5}))
    assert "same value" in _refused(_panel(STAGGERED).assign(value=1.0))
    assert "has a year before the start" in _refused(_panel({2008: 4, None: 4}))
    assert "has a year before the start" in _refused(_panel({2009: 4, None: 4}), anticipation=1)
    for scale in (1e200, 1e306):
        assert "too large" in _refused(_panel(STAGGERED).assign(value=lambda frame, scale=scale: frame["value"] * scale))
    assert "x has infinite values" in _refused(_panel(STAGGERED).assign(x=np.inf), covariates=["x"])
    assert "x cannot be told apart" in _refused(_panel(STAGGERED).assign(x=3.0), covariates=["x"])
    twice = _panel(STAGGERED).assign(z=lambda frame: 2 * frame["x"] + 1)
    for variant in ("dr", "ipw", "or"):
        estimators = [{**CS, "variant": variant}]
        assert _refused(twice, covariates=["x", "z"], estimators=estimators).startswith("z cannot be told apart")
        assert "2 comparison units for 2 coefficients" in _refused(
            _panel({2011: 5, None: 2}), covariates=["x"], estimators=estimators
        )


def test_no_overlap_is_refused_where_probabilities_are_needed() -> None:
    panel = _panel(STAGGERED)
    apart = panel.assign(x=panel["x"] + 50.0 * panel["cohort"].notna())
    for variant in ("dr", "ipw"):
        assert "No overlap" in _refused(apart, covariates=["x"], estimators=[{**CS, "variant": variant}])
    by_regression = _run(apart, covariates=["x"], estimators=[{**CS, "variant": "or"}]).estimates
    assert (by_regression["status"] == "ok").all()


def test_one_cohort_without_overlap_does_not_stop_the_other() -> None:
    panel = _panel(STAGGERED)
    apart = panel.assign(x=panel["x"] + 50.0 * (panel["cohort"] == 2013))
    result = _run(apart, covariates=["x"])
    cells = _cells(result)
    assert (cells.loc[2011]["status"] == "ok").all()
    assert (cells.loc[2013]["status"] == "refused").all()
    assert "7 effects are missing" in _overall(result, "simple")["message"]
    assert _overall(result, "simple")["n_treated"] == 8


def test_one_year_before_and_one_treated_unit_are_told() -> None:
    short = _run(_panel({2009: 5, None: 6}))
    assert short.tests["statistic"].isna().all()
    assert "No test of the years before" in _overall(short, "simple")["message"]
    single = _run(_panel({2011: 1, None: 8}))
    assert "A single unit on one side of the comparison (cohorts 2011)" in _overall(single, "simple")["message"]
    both = _run(_panel({2011: 1, None: 2}).query("unit_id != '002'"), cluster="unit_id")
    row = _overall(both, "simple")
    assert row["status"] == "ok"
    assert row[["std_error", "conf_low", "p_value"]].isna().all()
    assert "no estimate of the years before the start has a standard error" in row["message"]


def test_always_treated_units_are_left_out_and_counted() -> None:
    result = _run(_panel({2005: 3, **STAGGERED}))
    row = _overall(result, "simple")
    assert (row["n_units"], row["n_treated"], row["n_control"]) == (28, 16, 12)
    assert row["message"].startswith("3 units without a year before the start (cohorts 2005) are left out.")
    for other in ("stay in the estimate", "enter no comparison"):
        assert other not in row["message"]


def test_units_of_measurement_do_not_matter() -> None:
    panel = _panel(STAGGERED)
    plain = _run(panel, covariates=["x"]).estimates
    other = _run(panel.assign(value=panel["value"] * 1e9, x=panel["x"] * 1e-7 + 5), covariates=["x"]).estimates
    assert other["estimate"].to_numpy() / 1e9 == pytest.approx(plain["estimate"].to_numpy(), rel=1e-5, abs=1e-7)
    assert other["std_error"].to_numpy() / 1e9 == pytest.approx(plain["std_error"].to_numpy(), rel=1e-5)


def test_the_table_names_cohort_and_year() -> None:
    printed = str(_run(_panel(STAGGERED)))
    assert "att (group_time) 2011, 2012" in printed
    assert "att (calendar) 2014" in printed


def test_known_effects_of_staggered_cohorts_are_found_and_covered() -> None:
    """Effects that grow by cohort and time, 60 units: no bias beyond chance, coverage near what is stated."""
    errors, covered = [], []
    estimators = [{**CS, "aggregations": ["simple"]}, {"id": "sa", "method": "sun_abraham"}]
    for seed in range(100):
        panel = _panel({2011: 20, 2013: 15, None: 25}, seed=100 + seed)
        since = panel["year"] - panel["cohort"]
        panel["value"] += since.where(since >= 0, 0.0)
        truth = 2.0 + float(since[since >= 0].mean())
        rows = _run(panel, estimators=estimators).estimates
        rows = rows[(rows["aggregation"] == "simple") | ((rows["estimator"] == "sa") & rows["event_time"].isna())]
        errors.append(rows["estimate"].to_numpy() - truth)
        covered.append(((rows["conf_low"] <= truth) & (truth <= rows["conf_high"])).to_numpy())
    found = np.array(errors)
    assert (np.abs(found.mean(axis=0)) < 4 * found.std(axis=0) / np.sqrt(100)).all()
    assert ((np.mean(covered, axis=0) >= 0.87) & (np.mean(covered, axis=0) <= 1.0)).all()


@pytest.mark.parametrize("variant", ["dr", "ipw"])
def test_a_single_control_that_is_left_after_trimming_is_said(variant: str) -> None:
    panel = _panel({2012: 5, None: 3}, years=range(2010, 2014))
    codes = panel["unit_id"].astype(int)
    panel["x"] = np.isin(codes, [0, 1, 2, 3, 5, 6]).astype(float)  # two controls beside nearly all weight of the treated
    panel["people"] = np.where(np.isin(codes, [0, 1, 2, 3]), 100.0, 1.0)
    estimators = [{**CS, "variant": variant}]
    message = _run(panel, covariates=["x"], weight="people", estimators=estimators).estimates["message"].iloc[0]
    assert "at most 2 in a comparison" in message
    assert "100 % rests on a single one; which equals 1 equally weighted ones of 3" in message
    assert "A single unit on one side of the comparison (cohorts 2012): the standard error is not reliable." in message
