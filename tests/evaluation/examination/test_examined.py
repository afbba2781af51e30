"""What a plan by randomization says of its outcomes: chance, audit, power, families, violations, other specifications."""

import csv
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from panels import METHODS, START, small_panel, small_plan

from kkz_eval.evaluation.effects import run_effects
from kkz_eval.evaluation.headline import headline_row
from kkz_eval.evaluation.verdict.evidence import Evidence
from kkz_eval.evaluation.verdict.gather import evidence_of
from kkz_eval.reference.exposure import Group, kreis_groups
from kkz_eval.reference.tables import kreise

INKAR = (
    Path(__file__).parents[3] / os.environ.get("KKZ_SHARED", "../shared") / "data/official/inkar/inkr_nrw_kreise_panel_long.csv"
)
BOTH = {"within": ["kind"], "adjust": ["need"]}
AUDIT = {"strata": ["kind"], "law": "need", "others": ["density"]}


@pytest.fixture(scope="module")
def examined():
    plan = small_plan(
        ("a", "b", "c"),
        ("twfe", "event_study"),
        outcomes=[{"indicator": "a", "role": "primary"}, {"indicator": "b", "role": "primary"}, {"indicator": "c"}],
        comparison=BOTH,
        audit=AUDIT,
        specifications=[
            {"id": "two_way", "comparison": {}},
            {"id": "without_aid", "without": ["aid"]},
            {"id": "each", "without_each": "treated"},
        ],
        co_treatments=[{"id": "aid", "units": [{"unit_id": "u01", "since": 2011}]}],
    )
    return run_effects(small_panel(indicators=("a", "b", "c")), plan)


def test_each_estimate_has_its_chance_among_all_and_within_kinds_by_every_law(examined):
    rows = examined.inference[examined.inference["estimator"] == "twfe"]
    assert set(rows["status"]) == {"ok"}
    keys = rows.groupby("indicator")[["statistic", "within", "theta"]].apply(lambda some: set(map(tuple, some.to_numpy())))
    assert all(len(found) == 2 * 2 * 3 for found in keys)
    assert set(rows.loc[rows["within"] == "kind", "n_assignments"]) == {35 * 15}
    assert set(rows.loc[rows["within"] == "", "n_assignments"]) == {1287}
    assert rows["exact"].all()
    assert rows["p_value"].between(1 / 1287 - 1e-12, 1).all()
    assert (rows["conf_low"].notna() == (rows["statistic"] == "coefficient")).all()


def test_the_estimate_within_kinds_is_that_of_the_regression(examined):
    rows = examined.inference[(examined.inference["estimator"] == "twfe") & (examined.inference["statistic"] == "coefficient")]
    estimates = examined.estimates[examined.estimates["method"] == "twfe"].set_index("indicator")["estimate"]
    within = rows[(rows["within"] == "kind") & (rows["theta"] == "zero")].set_index("indicator")["estimate"]
    assert within.to_dict() == pytest.approx(estimates.to_dict())


def test_primary_outcomes_are_one_family_and_secondary_ones_another(examined):
    rows = examined.inference[(examined.inference["estimator"] == "twfe")]
    by = rows.set_index("indicator")["adjustment"].groupby(level=0).agg(set).to_dict()
    assert by == {"a": {"romano_wolf"}, "b": {"romano_wolf"}, "c": {"benjamini_hochberg"}}
    assert (rows["p_adjusted"] >= rows["p_value"] - 1e-12).all()
    alone = rows[rows["indicator"] == "c"]
    assert alone["p_adjusted"].to_numpy() == pytest.approx(alone["p_value"].to_numpy())


def test_the_audit_tries_every_law_and_each_further_column(examined):
    rows = examined.audit[examined.audit["indicator"] == "a"]
    found = set(zip(rows["law"], rows["theta"], strict=True))
    assert found == {("need", "zero"), ("need", "hat"), ("need", "upper"), ("density", "hat")}
    known = rows[rows["status"] == "ok"]
    assert known["size"].between(0, 1).all()
    assert rows.loc[rows["status"] == "refused", "message"].str.contains("Zuordnungen").all()


def test_power_and_the_trend_before_are_told_for_the_years_that_count(examined):
    rows = examined.power[examined.power["estimator"] == "twfe"]
    assert (rows["mde"] / rows["permutation_sd"]).to_numpy() == pytest.approx(np.full(len(rows), 2.80158), abs=1e-4)
    slopes = examined.tests[examined.tests["test"] == "slope_bias"]
    assert set(slopes["indicator"]) == {"a", "b", "c"}
    assert slopes["p_value"].between(0, 1).all()


def test_other_specifications_are_rows_with_their_names(examined):
    rows = examined.sensitivity[(examined.sensitivity["method"] == "specification") & (examined.sensitivity["indicator"] == "a")]
    assert set(rows["parameter"]) - {"log"} == {"two_way", "without_aid", *(f"each:u{number:02d}" for number in (0, 1, 2, 7, 8))}
    assert rows.set_index("parameter")["target"].to_dict()["without_aid"] == "co_treatment"
    assert (rows["conf_low"] < rows["conf_high"]).all()


def test_each_outcome_has_a_verdict_by_the_table(examined):
    rows = examined.verdicts.set_index("indicator")
    assert list(rows.index) == ["a", "b", "c"]
    assert set(rows["verdict"]) <= {"not_distinguishable", "not_comparable", "none"}
    assert (rows["message"] != "").all()
    assert set(rows["reported_result"]) == {"no_information"}  # a panel has no lock


def test_an_alternative_is_the_plan_that_it_names():
    panel = small_panel()
    rows = run_effects(panel, small_plan(comparison=BOTH, specifications=[{"id": "two_way", "comparison": {}}])).sensitivity
    row = rows[rows["parameter"] == "two_way"].iloc[0]
    alone = run_effects(panel, small_plan()).estimates.iloc[0]
    assert (row["conf_low"], row["conf_high"]) == pytest.approx((alone["conf_low"], alone["conf_high"]))


def test_the_other_scale_is_asked_where_the_plan_names_none_and_every_value_has_a_logarithm():
    panel = small_panel()
    panel = panel.assign(value=panel["value"] - panel["value"].min() + 1)
    plan = small_plan(audit=AUDIT)
    asked = run_effects(panel, plan).sensitivity
    assert list(asked.loc[asked["method"] == "specification", "parameter"]) == ["log"]
    own = run_effects(panel, small_plan(audit=AUDIT, specifications=[{"id": "ratios", "scale": "log"}])).sensitivity
    assert list(own.loc[own["method"] == "specification", "parameter"]) == ["ratios"]
    none = run_effects(panel.assign(value=panel["value"] - 1), plan).sensitivity  # a value is 0
    assert "specification" not in set(none["method"])


def test_a_specification_may_hold_fixed_what_the_plan_does_not_and_weigh_otherwise():
    panel = small_panel().assign(people=lambda rows: 1.0 + rows["unit_id"].str[1:].astype(int))
    others = [{"id": "both", "comparison": BOTH}, {"id": "weighed", "weight": "people"}]
    rows = run_effects(panel, small_plan(specifications=others)).sensitivity.set_index("parameter")
    for name, alone in (("both", small_plan(comparison=BOTH)), ("weighed", small_plan(weight="people"))):
        estimate = run_effects(panel, alone).estimates.iloc[0]
        assert rows.loc[name, ["conf_low", "conf_high"]].tolist() == pytest.approx([estimate["conf_low"], estimate["conf_high"]])


def test_units_that_lack_what_is_held_fixed_are_not_told_as_compared():
    panel = small_panel()
    lacking = panel["unit_id"].isin(["u05", "u12"])
    found = run_effects(panel.assign(need=panel["need"].mask(lacking)), small_plan(comparison=BOTH, audit=AUDIT))
    assert set(found.estimates["n_units"]) == {11}
    assert found.verdicts["selection"].tolist() == ["moderate"]  # 11 of 13
    whole = run_effects(panel, small_plan(comparison=BOTH, audit=AUDIT))
    assert whole.verdicts["selection"].tolist() == ["low"]


def test_another_year_of_reference_is_asked_of_all_years_since_the_start_where_all_count():
    panel = small_panel()
    plan = small_plan(specifications=[{"id": "other_year", "event_reference": -2}])
    row = run_effects(panel, plan).sensitivity.iloc[0]
    means = panel[panel["year"].isin([START - 2, *range(START, 2017)])]
    means = means.assign(after=means["year"] >= START).groupby([means["cohort"].notna(), "after"])["value"].mean().unstack()
    change = means[True] - means[False]
    assert (row["conf_low"] + row["conf_high"]) / 2 == pytest.approx(change[True] - change[False])


def test_values_with_their_sign_turned_have_the_mirrored_verdict_and_the_same_rating_though_they_have_no_logarithm():
    panel = small_panel(seed=5, effect=4, sizes=((14, 4), (12, 3)))
    panel = panel.assign(value=panel["value"] + 20)
    outcomes = [{"indicator": "y", "role": "primary", "expected_direction": "increase"}]
    for specifications in ([], [{"id": "ratios", "scale": "log"}]):
        plan = small_plan(
            methods=("twfe", "event_study"),
            outcomes=outcomes,
            audit=AUDIT,
            comparison=BOTH,
            headline="twfe",
            specifications=specifications,
        )
        found, turned = (run_effects(panel.assign(value=sign * panel["value"]), plan).verdicts.iloc[0] for sign in (1, -1))
        assert (found["verdict"], turned["verdict"]) == ("difference_desired", "difference_undesired")
        assert (found["row"], found["rating"]) == (turned["row"], turned["rating"])


def test_mirrored_values_have_the_same_p_sizes_and_spreads_and_turned_intervals():
    plan = small_plan(comparison=BOTH, audit=AUDIT)
    panel = small_panel()
    found, turned = (run_effects(panel.assign(value=sign * panel["value"]), plan) for sign in (1, -1))
    assert turned.inference["p_value"].to_numpy() == pytest.approx(found.inference["p_value"].to_numpy(), abs=1e-12)
    assert turned.audit["size"].to_numpy() == pytest.approx(found.audit["size"].to_numpy(), nan_ok=True)
    assert turned.power["mde"].to_numpy() == pytest.approx(found.power["mde"].to_numpy())
    of_estimate = found.inference["statistic"] == "coefficient"
    assert turned.inference.loc[of_estimate, "conf_low"].to_numpy() == pytest.approx(
        -found.inference.loc[of_estimate, "conf_high"].to_numpy(), rel=1e-6
    )


def test_a_large_effect_is_beyond_chance():
    plan = small_plan(comparison={"within": ["kind"]})
    found = run_effects(small_panel(effect=9.0), plan).inference
    within = found[(found["within"] == "kind") & (found["statistic"] == "coefficient")].iloc[0]
    assert within["p_value"] == pytest.approx(1 / 525)
    assert within["conf_low"] > 5


def test_a_plan_that_asks_for_none_of_it_gets_none_of_it():
    found = run_effects(small_panel(), small_plan(inference={"method": "analytic"}))
    assert found.inference.empty
    assert found.audit.empty
    assert found.power.empty
    assert found.sensitivity.empty


def real_panel():
    groups = [group for group in kreis_groups() if group.cohort == 2012 or group.group is Group.NEVER]
    cohort = {group.kreis_ags5: group.cohort for group in groups}
    with INKAR.open(encoding="utf-8", newline="") as lines:
        rows = [
            (row["kreis_ags5"], int(row["jahr"]), row["kuerzel"], float(row["wert"]))
            for row in csv.DictReader(lines)
            if row["kuerzel"] in ("a_schul_oA", "q_auspl") and row["kreis_ags5"] in cohort and 2007 <= int(row["jahr"]) <= 2019
        ]
    panel = pd.DataFrame(rows, columns=["unit_id", "year", "indicator", "value"])
    panel["cohort"] = panel["unit_id"].map(cohort).astype("Int64")
    return panel.assign(kind=panel["unit_id"].map({kreis.ags5: str(kreis.kind) for kreis in kreise()}))


@pytest.mark.skipif(not INKAR.is_file(), reason="INKAR is not at hand (KKZ_SHARED)")
def test_the_engine_gives_the_known_values_of_the_real_panel():
    plan = small_plan(
        ("a_schul_oA", "q_auspl"),
        comparison={"within": ["kind"]},
        inference={"method": "randomization", "statistics": ["coefficient"]},
    )
    found = run_effects(real_panel(), plan)
    rows = found.inference.set_index(["indicator", "within"])
    assert rows.loc[("a_schul_oA", ""), "p_value"].item() == pytest.approx(0.830311110, abs=1e-9)
    assert rows.loc[("q_auspl", ""), "p_value"].item() == pytest.approx(0.648070969, abs=1e-9)
    assert rows.loc[("a_schul_oA", "kind"), "p_value"].item() == pytest.approx(0.919633480, abs=1e-9)
    assert rows.loc[("a_schul_oA", "kind"), "estimate"].item() == pytest.approx(0.035019231, abs=1e-8)
    assert rows.loc[("a_schul_oA", "kind"), ["conf_low", "conf_high"]].to_numpy(dtype=float).ravel() == pytest.approx(
        [-0.67944, 0.76109], abs=2e-5
    )
    spread = found.power.set_index(["indicator", "within"])["permutation_sd"]
    assert spread["a_schul_oA", "kind"] == pytest.approx(0.337183122, abs=1e-8)
    assert spread["q_auspl", ""] == pytest.approx(0.849572918, abs=1e-8)


def test_the_comparisons_of_a_plan_are_tried_blind_on_those_that_did_not_take_part_yet():
    sizes, indicators = ((14, 4), (12, 3)), ("y",)
    panel = small_panel(seed=5, indicators=indicators, sizes=sizes, effect=50.0)
    joined = panel["cohort"].mask(panel["unit_id"].isin(["u10", "u11"]), 2015)
    later = panel.assign(cohort=joined)
    others = [{"id": "two_way", "comparison": {}}]
    plan = small_plan(treated_cohorts=[START], comparison=BOTH, audit=AUDIT, specifications=others)
    found = run_effects(later, plan).audit
    blind = found[found["form"] == "blind"]
    assert set(zip(blind["within"], blind["adjust"], blind["theta"], strict=True)) == {
        (within, adjust, theta) for within, adjust in (("kind", "need"), ("", "")) for theta in ("zero", "hat", "upper")
    }
    assert set(blind["status"]) == {"ok"}
    assert blind["size"].between(0, 0.5).all()
    treated = (later["cohort"] == START).fillna(False).astype(bool)
    moved = run_effects(later.assign(value=later["value"].mask(treated, -7 * later["value"])), plan).audit
    late = run_effects(later.assign(value=later["value"].mask(later["year"] >= 2015, 9.0)), plan).audit
    for other in (moved, late):  # neither the treated nor years after the second start are looked at
        assert other.loc[other["form"] == "blind", "size"].to_numpy() == pytest.approx(blind["size"].to_numpy())


@pytest.mark.parametrize("comparison", [{}, BOTH])
def test_units_without_a_kind_or_a_need_are_no_reason_to_give_up_the_audit(comparison):
    panel = small_panel(seed=5, sizes=((14, 4), (12, 3)))
    lacking = panel["unit_id"].isin(["u00", "u09"])
    panel = panel.assign(kind=panel["kind"].mask(lacking), need=panel["need"].mask(panel["unit_id"] == "u10"))
    found = run_effects(panel, small_plan(comparison=comparison, audit={"strata": ["kind"]})).audit
    assert set(found["form"]) == {"full", "blind"}
    assert (found["size"].notna() | (found["message"] != "")).all()
    if comparison:  # as if the units that can't be compared were not there
        without = panel[~lacking & (panel["unit_id"] != "u10")]
        alone = run_effects(without, small_plan(comparison=comparison, audit={"strata": ["kind"]})).audit
        assert found["size"].to_numpy() == pytest.approx(alone["size"].to_numpy(), nan_ok=True)


def test_the_blind_audit_assigns_clusters_as_a_whole():
    panel = small_panel(seed=5, sizes=((16, 4), (16, 4)))
    pairs = "c" + (panel["unit_id"].str[1:].astype(int) // 2).astype(str)
    rows = {}
    for name, cluster in (("units", panel["unit_id"]), ("renamed", "c" + panel["unit_id"]), ("pairs", pairs)):
        found = run_effects(
            panel.assign(office=cluster), small_plan(comparison=BOTH, audit={"strata": ["kind"]}, cluster="office")
        )
        rows[name] = found.audit[found.audit["form"] == "blind"].iloc[0]
    assert rows["renamed"]["size"] == pytest.approx(rows["units"]["size"])
    assert rows["units"]["n_assignments"] == 495 * 495  # 4 of 12 in each kind
    assert rows["pairs"]["n_assignments"] == 15 * 15  # 2 of 6
    assert rows["pairs"]["status"] == "ok"


def test_an_outcome_without_any_value_is_refused_beside_the_others():
    panel = small_panel(indicators=("a", "b"))
    found = run_effects(panel.assign(value=panel["value"].mask(panel["indicator"] == "b")), small_plan(("a", "b"), audit=AUDIT))
    assert dict(zip(found.estimates["indicator"], found.estimates["status"], strict=True)) == {"a": "ok", "b": "refused"}
    assert dict(zip(found.verdicts["indicator"], found.verdicts["verdict"], strict=True))["b"] == "none"


def test_of_values_that_are_logarithms_no_other_logarithm_is_taken():
    panel = small_panel()
    panel = panel.assign(value=panel["value"] - panel["value"].min() + 1)
    logged = {"outcomes": [{"indicator": "y", "scale": "logged"}], "audit": AUDIT}
    ratios = {"id": "ratios", "scale": "log"}
    short = {"id": "short", "window": [2009, 2016]}
    plan = small_plan(**logged, specifications=[ratios, short, {**ratios, "id": "both", "window": [2009, 2016]}])
    found = run_effects(panel, plan)
    assert found.estimates["estimate"].iloc[0] == run_effects(panel, small_plan(audit=AUDIT)).estimates["estimate"].iloc[0]
    rows = found.sensitivity[found.sensitivity["method"] == "specification"].set_index("parameter")
    assert set(rows.index) == {"short", "both"}
    assert rows.loc["both", "conf_low"] == rows.loc["short", "conf_low"]
    assert evidence_of(plan.outcomes[0], plan, found, Evidence()).scales == {}


def test_a_specification_that_is_called_like_a_scale_keeps_its_name_and_both_are_asked():
    panel = small_panel()
    panel = panel.assign(value=panel["value"] - panel["value"].min() + 1)
    plan = small_plan(audit=AUDIT, specifications=[{"id": "log", "window": [2009, 2016]}])
    rows = run_effects(panel, plan).sensitivity.set_index("parameter")
    short = run_effects(panel, small_plan(outcomes=[{"indicator": "y", "window": [2009, 2016]}])).estimates.iloc[0]
    assert rows.loc["log", ["conf_low", "conf_high"]].tolist() == pytest.approx([short["conf_low"], short["conf_high"]])
    assert rows.loc["log_", "conf_high"] < rows.loc["log", "conf_high"]
    evidence = evidence_of(plan.outcomes[0], plan, run_effects(panel, plan), Evidence())
    assert (set(evidence.specifications), set(evidence.scales)) == ({"log"}, {"log_"})


@pytest.mark.parametrize("scale", [1e160, 1e-160])
def test_numbers_without_squares_are_refused_by_every_estimator(scale):
    panel, plan = small_panel(), small_plan(methods=METHODS, comparison={"within": ["kind"]})
    found = run_effects(panel.assign(value=scale * panel["value"]), plan)
    assert set(found.estimates["status"]) == {"refused"}


@pytest.mark.parametrize("scale", [1e160, 1e-170])
def test_no_size_and_no_power_is_told_where_errors_can_not_be_computed(scale):
    panel, plan = small_panel(seed=5, sizes=((14, 4), (12, 3))), small_plan(audit=AUDIT)
    found = run_effects(panel.assign(value=scale * panel["value"]), plan)
    assert found.audit["size"].isna().all()
    assert found.power.empty


@pytest.mark.parametrize(
    ("method", "more"),
    [
        ("twfe", {}),
        ("callaway_santanna", {}),
        ("callaway_santanna", {"aggregations": ["dynamic"]}),
        ("sun_abraham", {}),
        ("imputation", {}),
    ],
)
def test_the_estimate_for_all_years_after_the_start_has_its_chance_by_every_method(method, more):
    held = {"comparison": {"within": ["kind"]}, "inference": {"method": "randomization", "theta": ["zero"]}}
    plan = small_plan(estimators=[{"id": "one", "method": method, **more}], headline="one", **held)
    found = run_effects(small_panel(), plan)
    row = headline_row(found.estimates, "y", None, "one")
    inference = found.inference[found.inference["aggregation"] == row["aggregation"]]
    assert list(zip(inference["statistic"], inference["within"], inference["status"], strict=True)) == [
        (statistic, within, "ok") for statistic in ("coefficient", "studentised") for within in ("", "kind")
    ]
    assert len(found.power) == 2
    assert evidence_of(plan.outcomes[0], plan, found, Evidence()).p_adjusted is not None


def test_more_units_than_assignments_can_be_numbered_are_examined_all_the_same():
    years, units = range(2008, 2013), range(70)
    value = np.random.default_rng(3).normal(size=(70, 5))
    rows = [(f"u{unit}", year, "a", value[unit, year - 2008], 2011 if unit % 2 else None) for unit in units for year in years]
    panel = pd.DataFrame(rows, columns=["unit_id", "year", "indicator", "value", "cohort"]).astype({"cohort": "Int64"})
    plan = small_plan(("a",), ("twfe",), comparison={}, audit={})
    for some in (panel, panel.drop(index=3)):  # a block, and a panel with a gap
        found = run_effects(some, plan)
        assert set(found.inference["status"]) == {"ok"}
        full = found.audit[found.audit["form"] == "full"]
        assert full["n_assignments"].isna().all()  # 10²⁰, more than an integer of a table holds
        assert full["size"].notna().all()
