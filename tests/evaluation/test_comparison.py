"""What a plan holds fixed reaches every method: the same course in a stratum, or by a baseline value, changes no estimate."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kkz_eval.evaluation.effects import run_effects
from kkz_eval.evaluation.estimators.methods import METHODS
from kkz_eval.evaluation.panel import validate_panel
from kkz_eval.evaluation.plan_file import parse_plan
from kkz_eval.evaluation.problems import PanelInvalid
from kkz_eval.evaluation.results import EffectsResult
from kkz_eval.evaluation.sample import Sample, build_sample, outcome_slice

YEARS = np.arange(2008, 2016)
VARIANTS = [(name, variant) for name, method in METHODS.items() for variant in method.variants or ("",)]


def _panel(n_units: int = 24, cohorts: tuple[int | None, ...] = (2012, None, None), seed: int = 3) -> pd.DataFrame:
    """Balanced; towns and counties, of each some treated; need is a baseline value."""
    random = np.random.default_rng(seed)
    unit, year = np.repeat(np.arange(n_units), len(YEARS)), np.tile(YEARS, n_units)
    need = random.normal(size=n_units)
    return pd.DataFrame(
        {
            "unit_id": [f"u{code:02d}" for code in unit],
            "year": year,
            "indicator": "y",
            "value": 20 + unit / 4 + random.normal(size=len(unit)),
            "cohort": pd.array([cohorts[code // 2 % len(cohorts)] for code in unit], dtype="Int64"),
            "kind": np.where(unit % 2, "town", "county"),
            "need": need[unit],
            "dose": 1.0,
        }
    )


def _unequal(panel: pd.DataFrame) -> pd.DataFrame:
    """Two thirds of the towns are treated, and a third of the counties."""
    code = panel["unit_id"].str[1:].astype(int)
    return panel.assign(cohort=panel["cohort"].mask((code % 2 == 1) & (code // 2 % 3 == 1), 2012))


def _run(panel: pd.DataFrame, method: str, variant: str = "", **keys: object) -> EffectsResult:
    spec = {"id": method, "method": method, **({"variant": variant} if variant else {})}
    plan = {"plan_version": 1, "id": "p", "outcomes": [{"indicator": "y"}], "estimators": [spec], "inference": {"draws": 4}}
    return run_effects(panel, parse_plan({**plan, **keys}, "p"))


def _numbers(result: EffectsResult) -> np.ndarray:
    return result.estimates.loc[:, "estimate":"p_value"].to_numpy(dtype="float64")


@pytest.mark.parametrize(("method", "variant"), VARIANTS)
def test_a_course_that_is_held_fixed_changes_no_estimate(method: str, variant: str) -> None:
    panel = _unequal(_panel(12 if method in {"sdid", "synthetic_control"} else 24))  # the slow ones
    year = panel["year"]
    of_strata = np.where(panel["kind"] == "town", np.sin(year) + 0.4 * year, 0.0)
    of_need = panel["need"] * np.cos(year)
    cases = [(of_strata, {"within": ["kind"]}), (of_strata + of_need, {"within": ["kind"], "adjust": ["need"]})]
    for course, comparison in cases:
        before_start = (course * (year < 2012)).groupby(panel["unit_id"]).transform("sum") / 4
        moved = panel.assign(value=panel["value"] + course - before_start)  # a synthetic control matches levels: these stay
        before, after = (_run(each, method, variant, comparison=comparison) for each in (panel, moved))
        if METHODS[method].weighs == "none":
            assert before.estimates["message"].str.startswith("Die Zerlegung gibt es nur ohne Schichten").all()
            continue
        assert (before.estimates["status"] == "ok").all()
        assert (_numbers(after)[:, 0] != _numbers(_run(moved, method, variant))[:, 0]).any()
        if variant == "ipw" and "adjust" in comparison:  # its weights follow the baseline values, its outcomes do not
            continue
        tolerance = 2e-4 if variant == "reference" else 1e-7  # these stop early
        np.testing.assert_allclose(_numbers(after), _numbers(before), rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("variant", ["dr", "ipw", "or"])
def test_group_time_effects_within_strata_are_means_over_treated_units_of_the_differences_in_them(variant: str) -> None:
    panel = _unequal(_panel(30))
    rows = _run(panel, "callaway_santanna", variant, comparison={"within": ["kind"]}).estimates
    wide = panel.pivot(index="unit_id", columns="year", values="value")
    change = wide[2014] - wide[2011]
    units = panel.groupby("unit_id")[["kind", "cohort"]].first()
    treated = units["cohort"].notna()
    differences, sizes = [], []
    for kind in ("town", "county"):
        inside = units["kind"] == kind
        differences.append(change[inside & treated].mean() - change[inside & ~treated].mean())
        sizes.append(int((inside & treated).sum()))
    row = rows[(rows["aggregation"] == "group_time") & (rows["year"] == 2014)].iloc[0]
    assert row["estimate"] == pytest.approx(np.average(differences, weights=sizes), abs=1e-9)
    assert (
        row["message"].endswith("Der Schätzwert ist ein Mittel über die beteiligten Einheiten.")
        or "Mittel über die" in row["message"]
    )


@pytest.mark.parametrize("variant", ["dr", "ipw", "or"])
def test_group_time_effects_take_strata_and_baseline_values_as_covariates_of_units(variant: str) -> None:
    panel = _unequal(_panel(60))
    panel["town"] = (panel["kind"] == "town").astype(float)
    held = _run(panel, "callaway_santanna", variant, comparison={"within": ["kind"], "adjust": ["need"]})
    adjusted = _run(panel, "callaway_santanna", variant, covariates=["need", "town"])
    np.testing.assert_allclose(_numbers(held), _numbers(adjusted), rtol=1e-9, atol=1e-9)


def test_one_stratum_is_none() -> None:
    panel = _panel().assign(land="NRW")
    for method in ("twfe", "sun_abraham", "callaway_santanna", "imputation"):
        plain, within = _run(panel, method), _run(panel, method, comparison={"within": ["land"]})
        np.testing.assert_allclose(_numbers(within), _numbers(plain), rtol=1e-9, atol=1e-9)


def test_messages_say_what_was_held_fixed_and_how_the_estimate_weighs() -> None:
    panel = _panel()
    comparison = {"within": ["kind"], "adjust": ["need"]}
    regression = _run(panel, "twfe", comparison=comparison).estimates["message"][0]
    mean = _run(panel, "imputation", comparison=comparison, languages=["en"]).estimates["message"][0]
    assert "innerhalb der Schichten nach kind" in regression
    assert "anders von need abhängen" in regression
    assert "gewichtet, wie die Regression es tut" in regression
    assert "within strata by kind" in mean
    assert "mean over the treated units" in mean
    assert _run(panel, "twfe").estimates["message"][0] == ""


def test_strata_without_both_groups_are_left_out_and_named() -> None:
    panel = _panel()
    lonely = panel.assign(kind=panel["kind"].mask(panel["unit_id"].isin(["u02", "u03"]), "region"))  # never treated, both
    row = _run(lonely, "twfe", comparison={"within": ["kind"]}).estimates.iloc[0]
    without = _run(lonely[lonely["kind"] != "region"], "twfe", comparison={"within": ["kind"]}).estimates.iloc[0]
    assert "2 Einheiten der Schichten region bleiben außen vor" in row["message"]
    assert (row["estimate"], row["n_units"]) == (without["estimate"], 22)


def test_where_no_stratum_has_both_groups_the_estimate_is_refused() -> None:
    panel = _panel()
    apart = panel.assign(kind=np.where(panel["cohort"].notna(), "treated", "never"))
    row = _run(apart, "twfe", comparison={"within": ["kind"]}).estimates.iloc[0]
    assert row["status"] == "refused"
    assert row["message"].startswith("In keiner Schicht nach kind gibt es Beteiligte und Vergleichseinheiten zugleich.")


def test_with_not_yet_treated_a_stratum_needs_a_year_with_both() -> None:
    panel = _panel(24, (2012, 2014, None))
    no_never = panel[(panel["kind"] == "county") | panel["cohort"].notna()]
    never, not_yet = (
        _run(no_never, "twfe", comparison={"within": ["kind"]}, reference=reference).estimates.iloc[0]
        for reference in ("never", "not_yet")
    )
    assert "Schichten town bleiben außen vor" in never["message"]
    assert "bleiben außen vor" not in not_yet["message"]


def test_a_cohort_without_controls_in_its_stratum_is_compared_where_it_has_some() -> None:
    panel = _panel(24, (2012, 2014, None))
    panel = panel[(panel["kind"] == "county") | panel["cohort"].notna()]
    rows = _run(panel, "callaway_santanna", comparison={"within": ["kind"]}, reference="not_yet").estimates
    late = rows[(rows["aggregation"] == "group_time") & (rows["cohort"] == 2014) & (rows["year"] == 2015)].iloc[0]
    only = panel[panel["kind"] == "county"]
    county = _run(only, "callaway_santanna", reference="not_yet").estimates
    expected = county[(county["aggregation"] == "group_time") & (county["cohort"] == 2014) & (county["year"] == 2015)].iloc[0]
    assert late["estimate"] == pytest.approx(expected["estimate"], abs=1e-9)
    assert (
        "4 beteiligte Einheiten je Vergleich bleiben außen vor, weil ihre Schicht dort keine Vergleichseinheit hat"
        in late["message"]
    )


def test_where_a_cohort_has_no_controls_in_any_of_its_strata_its_effects_are_refused_by_that_reason() -> None:
    panel = _panel(24, (2012, 2014, None))
    apart = panel.assign(kind=panel["kind"].mask(panel["cohort"].eq(2014).fillna(False), "late"))
    apart.loc[apart["unit_id"].isin(["u00", "u01"]), "kind"] = "late"
    rows = _run(apart, "callaway_santanna", comparison={"within": ["kind"]}, reference="not_yet").estimates
    late = rows[(rows["aggregation"] == "group_time") & (rows["cohort"] == 2014) & (rows["year"] == 2014)].iloc[0]
    assert late["status"] == "refused"
    assert late["message"].startswith(
        "Keine Schicht hat in 2014 und 2013 zugleich Beteiligte der Kohorte und Vergleichseinheiten."
    )


def test_sun_and_abraham_leave_out_strata_of_which_nobody_is_untreated_throughout() -> None:
    panel = _panel(24, (2012, 2014, None))
    panel = panel[(panel["kind"] == "county") | panel["cohort"].notna()]
    rows = _run(panel, "sun_abraham", comparison={"within": ["kind"]}, reference="not_yet").estimates
    county = _run(panel[panel["kind"] == "county"], "sun_abraham", reference="not_yet").estimates
    np.testing.assert_allclose(rows["estimate"], county["estimate"], atol=1e-9)
    assert "8 Einheiten der Schichten town bleiben außen vor" in rows["message"][0]


@pytest.mark.parametrize("method", ["sdid", "synthetic_control"])
def test_units_treated_all_along_do_not_take_the_years_before_from_the_others(method: str) -> None:
    panel = _panel(12)
    always = panel.assign(cohort=panel["cohort"].mask(panel["unit_id"].isin(["u00", "u01"]), 2008))
    comparison = {"within": ["kind"]}
    row = _run(always, method, comparison=comparison).estimates.iloc[0]
    without = _run(panel[~panel["unit_id"].isin(["u00", "u01"])], method, comparison=comparison).estimates.iloc[0]
    assert row["status"] == "ok"
    assert row["estimate"] == pytest.approx(without["estimate"], abs=1e-9)


def test_draws_of_assignments_are_not_placebos() -> None:
    panel = _panel(18)
    drawn = _run(panel, "sdid", inference={"method": "randomization", "draws": 499})
    plain = _run(panel, "sdid", inference={})
    np.testing.assert_array_equal(_numbers(drawn), _numbers(plain))


def test_cells_without_a_stratum_or_a_baseline_value_are_left_out_and_counted() -> None:
    panel = _panel()
    gaps = panel.assign(
        kind=panel["kind"].mask(panel["unit_id"] == "u04"), need=panel["need"].mask(panel["unit_id"].isin(["u08", "u09"]))
    )
    row = _run(gaps, "twfe", comparison={"within": ["kind"], "adjust": ["need"]}).estimates.iloc[0]
    assert "8 Zellen ohne Angabe in kind" in row["message"]
    assert "16 Zellen ohne Ausgangswert in need" in row["message"]
    assert row["n_units"] == 21


@pytest.mark.parametrize(("column", "value"), [("kind", "city"), ("need", 99.0)])
def test_strata_and_baseline_values_must_be_constant_per_unit(column: str, value: object) -> None:
    panel = _panel()
    panel.loc[10, column] = value
    with pytest.raises(PanelInvalid) as caught:
        _run(panel, "twfe", comparison={"within": ["kind"], "adjust": ["need"]})
    (problem,) = caught.value.problems
    assert (problem.code, problem.line, problem.parameters["first"]) == ("unit_value_varies", 12, 10)


def test_a_law_of_assignments_has_finite_numbers() -> None:
    panel = _panel()
    panel.loc[panel["unit_id"] == "u01", "need"] = np.inf
    with pytest.raises(PanelInvalid) as caught:
        _run(panel, "twfe", audit={"law": "need"})
    assert {(problem.code, problem.parameters["column"]) for problem in caught.value.problems} == {("cell_infinite", "need")}


def test_columns_of_comparison_and_audit_must_be_in_the_panel() -> None:
    with pytest.raises(PanelInvalid) as caught:
        _run(_panel(), "twfe", comparison={"within": ["sort"]}, audit={"law": "nead"})
    named = [(problem.parameters["key"], problem.parameters["column"]) for problem in caught.value.problems]
    assert named == [("comparison", "sort"), ("audit", "nead")]


def _sample(panel: pd.DataFrame, **keys: object) -> Sample:
    plan = parse_plan(
        {
            "plan_version": 1,
            "id": "p",
            "outcomes": [{"indicator": "y"}],
            "estimators": [{"id": "twfe", "method": "twfe"}],
            **keys,
        },
        "p",
    )
    checked = validate_panel(panel, plan)
    return build_sample(outcome_slice(checked, plan, plan.outcomes[0]), plan, plan.outcomes[0])


def test_a_sample_knows_the_strata_and_laws_of_assignments() -> None:
    panel = _panel().assign(density=1.5)
    panel.loc[panel["unit_id"] == "u00", "density"] = np.nan
    sample = _sample(panel, comparison={"adjust": ["need"]}, audit={"strata": ["kind"], "law": "need", "others": ["density"]})
    assert sample.stratum is None
    assert sample.baseline is not None
    assert sample.assigned_stratum is not None
    assert sample.law is not None
    assert sample.law_names == ("need", "density")
    first = np.flatnonzero(np.diff(sample.unit, prepend=-1))
    assert sample.assigned_stratum[first].tolist() == [0, 1] * 12
    np.testing.assert_array_equal(sample.law[:, 0], sample.baseline[:, 0])
    assert np.isnan(sample.law[:, 1]).sum() == len(YEARS)


def test_strata_of_two_columns_are_their_combinations() -> None:
    panel = _panel()
    panel["side"] = np.where(panel["unit_id"] < "u12", "east", "west")
    sample = _sample(panel, comparison={"within": ["kind", "side"]})
    assert sample.stratum_names == ("county, east", "county, west", "town, east", "town, west")


def test_logarithms_are_compared_where_the_outcome_says_so() -> None:
    panel = _panel()
    panel.loc[panel["unit_id"] == "u02", "value"] = 0.0
    row = _run(panel, "twfe", outcomes=[{"indicator": "y", "scale": "log"}]).estimates.iloc[0]
    by_hand = panel[panel["value"] > 0].assign(value=lambda frame: np.log(frame["value"]))
    assert row["estimate"] == pytest.approx(_run(by_hand, "twfe").estimates["estimate"][0], abs=1e-12)
    assert "8 Zellen mit einem Wert von 0 oder weniger bleiben außen vor" in row["message"]
    assert "Verglichen werden Logarithmen" in row["message"]
