"""The design: from the baseline alone, to the byte; weights by each method; references with distances; refusals in words."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from kkz_eval.evaluation.balance import effective_sample_size
from kkz_eval.evaluation.baseline import Baseline, baseline_of
from kkz_eval.evaluation.design import with_design
from kkz_eval.evaluation.effects import run_effects
from kkz_eval.evaluation.matching import Matched, MatchingRefused, match
from kkz_eval.evaluation.plan import EstimatorSpec, Matching, Measured, Outcome, Plan

YEARS = range(2007, 2016)
TREATED, REFERENCE = [f"t{n:02d}" for n in range(8)], [f"r{n:02d}" for n in range(15)]
PLAN = Plan(
    id="probe",
    outcomes=(Outcome("rate", window=(2007, 2015)), Outcome("need", role="context", window=(2007, 2015))),
    estimators=(EstimatorSpec("twfe", "twfe"), EstimatorSpec("es", "event_study")),
    treated_cohorts=(2012,),
)
LEVELS = (Measured("need"), Measured("rate"))


def _with(**matching: object) -> Plan:
    return replace(PLAN, matching=Matching(**{"method": "nearest_neighbour", "covariates": LEVELS, **matching}), weight="weight")


BALANCED = _with(method="entropy_balancing")


def _groups() -> pd.DataFrame:
    units = [*TREATED, *REFERENCE, "later", "out"]
    group = ["treated"] * len(TREATED) + ["reference"] * len(REFERENCE) + ["later", "left_out"]
    cohort = [2012] * len(TREATED) + [None] * len(REFERENCE) + [2014, None]
    return pd.DataFrame({"unit_id": units, "group": group, "cohort": pd.array(cohort, dtype="Int64")})


def _panel(seed: int = 4) -> pd.DataFrame:
    """Two indicators; need is higher among the treated, and rate drifts with need from 2012 on: no effect, a biased comparison."""
    draw = np.random.default_rng(seed)
    groups = _groups()
    need = draw.normal(size=len(groups)) + 0.6 * (groups["group"] == "treated").to_numpy()
    own = draw.normal(size=len(groups))
    rows = []
    for unit, cohort, level, base in zip(groups["unit_id"], groups["cohort"], need, own, strict=True):
        for year in YEARS:
            drift = level * max(0, year - 2011)
            rows.append((unit, year, "need", level + 0.05 * draw.normal(), cohort))
            rows.append((unit, year, "rate", 5 + base + drift + 0.1 * draw.normal(), cohort))
    return pd.DataFrame(rows, columns=["unit_id", "year", "indicator", "value", "cohort"]).astype({"cohort": "Int64"})


PANEL, GROUPS = _panel(), _groups()


def _design(plan: Plan, panel: pd.DataFrame = PANEL, strata: dict[str, str] | None = None) -> Matched:
    return match(baseline_of(panel, GROUPS, plan), GROUPS, strata or {}, plan)


def _table(panel: pd.DataFrame, unit: str) -> tuple[float, float]:
    rows = panel[(panel["unit_id"] == unit) & (panel["year"] < 2012)]
    means = rows.groupby("indicator")["value"].mean()
    return float(means["need"]), float(means["rate"])


@pytest.mark.parametrize("plan", [PLAN, BALANCED, _with(), _with(replacement=False, metric="standardised", neighbours=1)])
def test_values_from_the_start_on_leave_the_design_identical_to_the_byte(plan: Plan) -> None:
    after = PANEL["year"] >= 2012
    changed = PANEL.assign(value=PANEL["value"].where(~after, -1e6 * np.arange(len(PANEL))))
    without = PANEL[~after]
    files = _design(plan).files()
    assert files == _design(plan, changed).files() == _design(plan, without).files()
    assert baseline_of(PANEL, GROUPS, plan).digest == baseline_of(changed, GROUPS, plan).digest
    before = PANEL.assign(value=PANEL["value"].where(PANEL["year"] != 2011, PANEL["value"] + 1 * (PANEL["unit_id"] == "t00")))
    assert files != _design(plan, before).files()


def test_the_baseline_holds_no_value_from_the_start_on_and_nobody_else() -> None:
    later_reference = GROUPS.assign(cohort=GROUPS["cohort"].where(GROUPS["unit_id"] != "r00", 2010))
    values = baseline_of(PANEL, later_reference, replace(PLAN, anticipation=1, reference="not_yet")).values
    assert values["year"].max() == 2010
    assert values.loc[values["unit_id"] == "r00", "year"].max() == 2009
    assert set(values["group"]) == {"treated", "reference"}


def test_the_order_of_rows_changes_nothing() -> None:
    shuffled = PANEL.sample(frac=1, random_state=3)
    assert _design(_with(), shuffled).files() == _design(_with()).files()
    assert baseline_of(shuffled, GROUPS, PLAN).digest == baseline_of(PANEL, GROUPS, PLAN).digest


def test_entropy_balancing_meets_the_means_of_the_treated() -> None:
    found = _design(BALANCED)
    weights = found.weights
    assert weights[REFERENCE].sum() == pytest.approx(len(TREATED))
    assert (weights[TREATED] == 1).all()
    for place in (0, 1):
        treated = np.mean([_table(PANEL, unit)[place] for unit in TREATED])
        assert np.average([_table(PANEL, unit)[place] for unit in REFERENCE], weights=weights[REFERENCE]) == pytest.approx(
            treated
        )
    balance = found.balance.set_index(["indicator", "measure"])
    assert balance.loc[("need", "level"), "smd"] > 0.25
    assert balance.loc[("need", "level"), "smd_after"] == pytest.approx(0, abs=1e-7)
    assert found.ess == pytest.approx(weights[REFERENCE].sum() ** 2 / (weights[REFERENCE] ** 2).sum())
    assert found.ess < len(REFERENCE)


def test_weights_sum_to_the_treated_of_each_stratum() -> None:
    strata = {unit: "a" if int(unit[1:]) % 2 else "b" for unit in [*TREATED, *REFERENCE]}
    weights = _design(_with(method="entropy_balancing", covariates=(Measured("need"),)), strata=strata).units
    sums = weights.groupby(["stratum", "group"])["weight"].sum()
    assert sums[("a", "reference")] == pytest.approx(sums[("a", "treated")])
    assert sums[("b", "reference")] == pytest.approx(sums[("b", "treated")])


def _closest(unit: str, scale: np.ndarray) -> list[str]:
    own = np.array(_table(PANEL, unit))
    return sorted(REFERENCE, key=lambda name: float((((np.array(_table(PANEL, name)) - own) / scale) ** 2).sum()))


def test_nearest_neighbours_are_those_of_a_search_by_hand() -> None:
    found = _design(_with(metric="standardised", neighbours=2))
    values = {group: np.array([_table(PANEL, unit) for unit in units]) for group, units in (("t", TREATED), ("r", REFERENCE))}
    scale = np.sqrt((values["t"].var(axis=0, ddof=1) + values["r"].var(axis=0, ddof=1)) / 2)
    wanted = dict.fromkeys(REFERENCE, 0.0)
    for unit in TREATED:
        closest = _closest(unit, scale)
        for name in closest[:2]:
            wanted[name] += 0.5
        named = found.references[found.references["unit_id"] == unit].sort_values("rank")
        assert named["reference_id"].tolist() == closest[:3]
        assert named["matched"].tolist() == [True, True, False]
        assert (named["distance"].diff().dropna() >= 0).all()
    assert found.weights[REFERENCE].to_dict() == pytest.approx(wanted)


def test_strata_part_units_and_those_alone_are_named() -> None:
    strata = dict.fromkeys([*TREATED, *REFERENCE], "a") | {"t00": "b", "r00": "c"}
    found = _design(_with(), strata=strata)
    reasons = found.units.set_index("unit_id")["reason"]
    assert (reasons["t00"], reasons["r00"]) == ("no_reference_in_stratum", "no_treated_in_stratum")
    assert (found.weights[["t00", "r00"]] == 0).all()
    assert not set(found.references["unit_id"]) & {"t00"}


def test_a_caliper_leaves_out_those_without_a_match_by_name() -> None:
    distance = _design(_with()).references.query("rank == 1").set_index("unit_id")["distance"]
    limit = float(distance.median())
    found = _design(_with(caliper=limit))
    out = set(distance[distance > limit].index)
    reasons = found.units.set_index("unit_id")["reason"]
    assert set(reasons[reasons == "no_match_in_caliper"].index) == out
    assert set(found.weights[found.weights > 0].index) & set(TREATED) == set(TREATED) - out


def test_without_replacement_no_reference_unit_weighs_more_than_one() -> None:
    weights = _design(_with(replacement=False)).weights
    assert set(weights[REFERENCE].unique()) <= {0.0, 1.0}
    assert weights[REFERENCE].sum() == len(TREATED)


def test_a_unit_without_a_baseline_year_is_left_out_by_name() -> None:
    gap = PANEL[~((PANEL["unit_id"] == "r03") & (PANEL["year"] == 2009) & (PANEL["indicator"] == "need"))]
    reasons = _design(BALANCED, gap).units.set_index("unit_id")["reason"]
    assert reasons[reasons != ""].to_dict() == {"r03": "baseline_missing"}


@pytest.mark.parametrize(
    ("plan", "panel", "code"),
    [
        (BALANCED, PANEL.assign(value=PANEL["value"] + 50 * PANEL["unit_id"].isin(TREATED)), "refused.balance_outside"),
        (BALANCED, PANEL[PANEL["year"] >= 2012], "refused.no_baseline"),
        (BALANCED, PANEL[(PANEL["indicator"] == "rate") | (PANEL["year"] >= 2012)], "refused.no_baseline"),
        (_with(caliper=1e-9), PANEL, "refused.nobody_to_match"),
        (_with(covariates=(Measured("need"), Measured("need", "trend"))), PANEL[PANEL["year"] != 2007].assign(value=3.0),
         "refused.distance_singular"),
    ],
)  # fmt: skip
def test_what_cannot_be_matched_is_refused_in_a_sentence(plan: Plan, panel: pd.DataFrame, code: str) -> None:
    with pytest.raises(MatchingRefused) as refused:
        _design(plan, panel)
    assert refused.value.parameters["reason"].key == code
    assert refused.value.exit_code == 2
    for language in ("de", "en"):
        assert "probe" in refused.value.sentence.in_language(language)
    assert refused.value.sentence.in_language("de") != refused.value.sentence.in_language("en")


def test_a_plan_without_matching_names_references_and_weighs_all_alike() -> None:
    found = _design(PLAN)
    assert (found.weights == 1).all()
    assert found.ess == len(REFERENCE)
    assert found.references.groupby("unit_id").size().to_dict() == dict.fromkeys(TREATED, 3)
    assert not found.references["matched"].any()
    assert found.balance["smd_after"].isna().all()


def test_without_data_the_design_says_so_and_does_not_break() -> None:
    found = match(Baseline(baseline_of(PANEL, GROUPS, PLAN).values.iloc[:0], 2012), GROUPS, {}, PLAN)
    assert [note.code for note in found.notes] == ["refused.few_for_distance"]
    assert (found.balance["reason"] == "no_baseline").all()


def test_a_synthetic_reference_is_the_closest_mixture() -> None:
    """No mixture of two reference units, and none on a fine grid of three, comes closer."""
    found = _design(_with(metric="standardised"))
    values = {unit: np.array(_table(PANEL, unit)) for unit in [*TREATED, *REFERENCE]}
    groups = {group: np.array([values[unit] for unit in units]) for group, units in (("t", TREATED), ("r", REFERENCE))}
    scale = np.sqrt((groups["t"].var(axis=0, ddof=1) + groups["r"].var(axis=0, ddof=1)) / 2)
    for unit, part in found.synthetic.groupby("unit_id"):
        assert part["share"].sum() == pytest.approx(1, abs=0.08)  # very small shares are not listed
        shares = np.linspace(0, 1, 101)[:, None]
        best = min(
            float(
                np.sqrt(
                    (((shares * values[one] + (1 - shares) * values[other] - values[str(unit)]) / scale) ** 2).sum(axis=1)
                ).min()
            )
            for one in REFERENCE
            for other in REFERENCE
        )
        assert part["distance"].iloc[0] <= best + 1e-3


def test_the_weighted_contrast_is_what_is_estimated() -> None:
    """Need drives the later drift: the unweighted contrast is biased, the one balanced on need is not; n shows who enters."""
    plan = _with(method="entropy_balancing", covariates=(Measured("need"),))
    baseline = baseline_of(PANEL, GROUPS, plan)
    made = with_design(PANEL[PANEL["unit_id"] != "out"], match(baseline, GROUPS, {}, plan), baseline, plan)
    weighted = run_effects(made, plan).estimates.query("method == 'twfe' and indicator == 'rate'").iloc[0]
    plain = (
        run_effects(PANEL[PANEL["unit_id"] != "out"], PLAN).estimates.query("method == 'twfe' and indicator == 'rate'").iloc[0]
    )
    weights = match(baseline, GROUPS, {}, plan).weights
    assert abs(weighted["estimate"]) < 0.15 < abs(plain["estimate"])
    assert (weighted["n_treated"], weighted["n_control"]) == (len(TREATED), len(REFERENCE))
    change = (
        PANEL[PANEL["indicator"] == "rate"]
        .assign(after=lambda f: f["year"] >= 2012)
        .groupby(["unit_id", "after"])["value"]
        .mean()
    )
    by_unit = (change.xs(True, level="after") - change.xs(False, level="after")).drop(["later", "out"])
    means = {group: np.average(by_unit[units], weights=weights[units]) for group, units in (("t", TREATED), ("r", REFERENCE))}
    assert weighted["estimate"] == pytest.approx(means["t"] - means["r"])


def test_covariates_of_the_baseline_are_constant_columns() -> None:
    plan = replace(PLAN, covariates=("need:2010",))
    baseline = baseline_of(PANEL, GROUPS, plan)
    made = with_design(PANEL, match(baseline, GROUPS, {}, plan), baseline, plan)
    wanted = PANEL[(PANEL["indicator"] == "need") & (PANEL["year"] == 2010)].set_index("unit_id")["value"]
    assert made.groupby("unit_id")["need:2010"].nunique().loc[TREATED].eq(1).all()
    assert made.set_index("unit_id").loc["r05", "need:2010"].iloc[0] == wanted["r05"]
    refused = run_effects(made, plan).estimates
    assert refused["message"].str.contains("need:2010", regex=False).all()  # a unit effect explains it: said, not estimated


def test_kish_of_equal_weights_is_their_number() -> None:
    assert effective_sample_size(pd.Series([2.0, 2.0, 2.0, 0.0])) == pytest.approx(3)
    assert effective_sample_size(pd.Series([0.0])) == 0
