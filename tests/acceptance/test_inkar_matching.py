"""The design on genuine INKAR values: weights against a general optimiser, the weighted contrast by hand, names in the report, dose."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from scipy.optimize import LinearConstraint, minimize
from whole_runs import ALL_YEARS, CONTRACTS, SHARED_DATA, take_in_and_judge

from kkz_eval.deliveries.official.known_since import Asked
from kkz_eval.evaluation.matching import MatchingRefused
from kkz_eval.evaluation.plan import Audit, Comparison, EstimatorSpec, Matching, Measured, Plan, Units
from kkz_eval.line.installation import Installation, open_installation
from kkz_eval.line.report import make_edition
from kkz_eval.line.snapshot import Snapshot, current_snapshot
from kkz_eval.line.study import Study
from kkz_eval.settings import Settings

LONG = SHARED_DATA / "official" / "inkar" / "inkr_nrw_kreise_panel_long.csv"
PLAN = CONTRACTS / "plans" / "kekiz-2012.yaml"
COVARIATES = (("q_PBG_bev", "level"), ("a_schul_oA", "level"))

pytestmark = pytest.mark.skipif(not LONG.exists(), reason="genuine files are not at hand (KKZ_SHARED)")


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """The genuine long file judged, with a plan that balances need and leavers without certificate."""
    folder = tmp_path_factory.mktemp("matching")
    (folder / "inbox").mkdir()
    shutil.copyfile(LONG, folder / "inbox" / LONG.name)
    data = yaml.safe_load(PLAN.read_text(encoding="utf-8"))
    covariates = [{"indicator": name, "measure": measure} for name, measure in COVARIATES]
    for key in ("comparison", "audit", "specifications", "co_treatments", "negative_controls", "inference"):
        data.pop(key)  # weights in place of strata, on all Kreise together
    data |= {"id": "gewichtet", "matching": {"method": "entropy_balancing", "covariates": covariates}}
    (folder / "gewichtet.yaml").write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")
    line = open_installation(Settings(folder / "home", folder / "inbox", CONTRACTS), [folder / "gewichtet.yaml"])
    take_in_and_judge(line, ALL_YEARS)
    return line


@pytest.fixture(scope="module")
def plan(line: Installation) -> Plan:
    (plan,) = line.plans.values()
    return plan


@pytest.fixture(scope="module")
def design(line: Installation, plan: Plan) -> Study:
    return Study(current_snapshot(line), plan)


@pytest.fixture(scope="module")
def means(design: Study) -> pd.DataFrame:
    """Group and mean of 2007 to 2011 of every indicator, by Kreis."""
    early = design.panel[design.panel["year"].between(2007, 2011)]
    table = early.pivot_table(index="unit_id", columns="indicator", values="value", aggfunc="mean")
    return table.assign(group=design.groups.set_index("unit_id")["group"]).query("group in ['treated', 'reference']")


def test_weights_agree_with_a_general_optimiser(design: Study, means: pd.DataFrame) -> None:
    names = [name for name, _ in COVARIATES]
    reference = means.query("group == 'reference'")
    target = means.query("group == 'treated'")[names].mean().to_numpy()
    apart = (reference[names].to_numpy() - target) / reference[names].std().to_numpy()
    n = len(reference)
    equal = LinearConstraint(np.vstack([apart.T, np.ones(n)]), [0, 0, 1], [0, 0, 1])
    found = minimize(
        lambda w: float((w * np.log(n * w)).sum()),
        np.full(n, 1 / n),
        jac=lambda w: np.log(n * w) + 1,
        bounds=[(1e-12, 1)] * n,
        constraints=[equal],
        method="SLSQP",
        options={"ftol": 1e-14, "maxiter": 500},
    )
    assert found.success
    np.testing.assert_allclose(design.matched.weights[reference.index] / 13, found.x, atol=1e-5)


def test_balance_is_reached_where_it_was_asked_for(design: Study) -> None:
    rows = design.matched.balance.set_index(["indicator", "measure"])
    for place in COVARIATES:
        assert abs(rows.loc[place, "smd"]) > 0.25
        assert rows.loc[place, "smd_after"] == pytest.approx(0, abs=1e-8)
    assert 3 < design.matched.ess < 6  # much is paid for it: 17 reference Kreise count like four


def test_the_estimate_is_the_weighted_contrast_by_hand(line: Installation, plan: Plan, design: Study) -> None:
    estimates = Study(current_snapshot(line), plan).effects.estimates.query("method == 'twfe' and aggregation == 'coefficient'")
    weights, role = design.matched.weights, design.groups.set_index("unit_id")["group"]
    for indicator, estimate in zip(estimates["indicator"], estimates["estimate"], strict=True):
        rows = design.panel[(design.panel["indicator"] == indicator) & design.panel["unit_id"].isin(weights.index)]
        change = rows[rows["year"] >= 2012].groupby("unit_id")["value"].mean()
        change -= rows[rows["year"] < 2012].groupby("unit_id")["value"].mean()
        by_group = {g: np.average(change[u], weights=weights[u]) for g, u in change.groupby(role[change.index]).groups.items()}
        assert estimate == pytest.approx(by_group["treated"] - by_group["reference"], abs=1e-9), indicator
    assert set(zip(estimates["n_treated"], estimates["n_control"], strict=True)) == {(13, 17)}


def test_nothing_after_2011_reaches_the_design(
    line: Installation, plan: Plan, design: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    genuine = Snapshot.indicator

    def altered(snapshot: Snapshot, indicator_id: str, dataset: str, asked: Asked) -> object:
        found = genuine(snapshot, indicator_id, dataset, asked)
        frame = found.indicators.to_pandas()
        frame.loc[frame["year"] >= 2012, "value"] = -123.0
        return replace(found, indicators=type(found.indicators).from_pandas(frame, schema=found.indicators.schema))

    monkeypatch.setattr(Snapshot, "indicator", altered)
    other = Study(current_snapshot(line), plan)
    assert not other.panel["value"].equals(design.panel["value"])
    assert other.matched.files() == design.matched.files()
    assert other.baseline.digest == design.baseline.digest


def test_the_report_names_references_effective_number_and_regression_to_the_mean(line: Installation, plan: Plan) -> None:
    folder = Path(line.steps.store.address_of(make_edition(Study(current_snapshot(line), plan)).page)).parent
    page = (folder / "bericht.html").read_text(encoding="utf-8")
    for part in ("Wer dient wem als Vergleich?", "Entropy Balancing", "Regression zur Mitte", "Essen", "nicht festgelegt"):
        assert part in page
    references = pd.read_csv(folder / "design_references.csv", dtype={"unit_id": str, "reference_id": str})
    groups = Study(current_snapshot(line), plan).groups
    assert set(references["reference_id"]) <= set(groups.loc[groups["group"] == "reference", "unit_id"])
    assert references.groupby("unit_id").size().eq(3).all()
    assert references["unit_id"].nunique() == 13


def test_balance_within_kreisfreie_staedte_is_impossible_and_says_so(line: Installation, plan: Plan) -> None:
    strict = replace(plan, matching=Matching("entropy_balancing", (Measured("q_PBG_bev"),), exact=("kind",)))
    with pytest.raises(MatchingRefused) as refused:
        _ = Study(current_snapshot(line), strict).matched
    assert "q_PBG_bev level" in refused.value.sentence.in_language("de")


def test_partly_treated_kreise_enter_by_their_dose(line: Installation, plan: Plan) -> None:
    by_dose = replace(
        plan,
        matching=None,
        weight=None,
        units=Units("kreis", "dose", 2019),
        estimators=(EstimatorSpec("dose", "dose"),),
    )
    panel = Study(current_snapshot(line), by_dose).panel.query("indicator == 'a_schul_oA'").set_index(["unit_id", "year"])
    recklinghausen, warendorf, essen = "05562", "05570", "05113"
    assert panel.loc[(recklinghausen, 2011), "dose"] == 0
    assert panel.loc[(recklinghausen, 2012), "dose"] == pytest.approx(0.12, abs=0.01)
    assert panel.loc[(recklinghausen, 2017), "dose"] == 1
    assert panel.loc[(recklinghausen, 2017), "cohort"] == 2012
    assert panel.loc[(warendorf, 2012), "dose"] == panel.loc[(warendorf, 2019), "dose"] == 1
    assert panel.loc[essen, "dose"].eq(0).all()
    assert panel.index.get_level_values("unit_id").nunique() == 53
    estimates = Study(current_snapshot(line), by_dose).effects_of(["a_schul_oA"]).estimates
    assert set(zip(estimates["n_treated"], estimates["n_control"], estimates["status"], strict=True)) == {(13 + 5, 17, "ok")}


def test_a_plan_holds_kind_and_need_fixed_as_fixest_would(line: Installation, plan: Plan) -> None:
    need = "q_PBG_bev:2007-2010"
    one = replace(
        plan,
        outcomes=tuple(replace(outcome, window=(2007, 2019)) for outcome in plan.outcomes if outcome.indicator == "a_schul_oA"),
        matching=None,
        weight=None,
        estimators=(EstimatorSpec("twfe", "twfe"),),
        comparison=Comparison(within=("kind",)),
        audit=Audit(law=need),
    )
    row = Study(current_snapshot(line), one).effects.estimates.set_index("aggregation").loc["coefficient"]
    assert (row["estimate"], row["std_error"]) == (pytest.approx(0.077014535, abs=1e-8), pytest.approx(0.288363433, abs=1e-8))
    study = Study(current_snapshot(line), replace(one, comparison=Comparison(("kind",), (need,))))
    units = study.panel[study.panel["cohort"].isin([2012]) | study.panel["cohort"].isna()].groupby("unit_id").first()
    assert sorted(units["kind"].value_counts()) == [15, 15]
    own = pd.read_csv(LONG, dtype={"kreis_ags5": str}).query("kuerzel == 'q_PBG_bev' and 2007 <= jahr <= 2010")
    means = own.groupby("kreis_ags5")["wert"].mean()
    np.testing.assert_allclose(units[need], means[units.index], rtol=1e-12)
    assert need in study.effects.estimates["message"][0]


def test_covariates_of_the_baseline_reach_the_estimator_that_can_use_them(line: Installation, plan: Plan) -> None:
    estimators = (EstimatorSpec("cs", "callaway_santanna", "dr", ("simple",)), EstimatorSpec("twfe", "twfe"))
    named = replace(plan, matching=None, weight=None, covariates=("q_PBG_bev:2011",), estimators=estimators)
    alone = replace(named, covariates=())
    rows, plain = (
        Study(current_snapshot(line), p).effects_of(["a_schul_oA"]).estimates.set_index(["estimator", "aggregation"])
        for p in (named, alone)
    )
    assert rows.loc[("twfe", "coefficient"), "status"] == "refused"
    assert "q_PBG_bev:2011" in rows.loc[("twfe", "coefficient"), "message"]
    assert rows.loc[("cs", "simple"), "status"] == "ok"
    assert rows.loc[("cs", "simple"), "estimate"] != pytest.approx(plain.loc[("cs", "simple"), "estimate"], abs=1e-3)
