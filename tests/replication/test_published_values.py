"""Published values of estimators, on the panels of their papers. The panels are read in place."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from kkz_eval.evaluation.effects import effects_command, exit_code, run_effects
from kkz_eval.evaluation.panel import validate_panel
from kkz_eval.evaluation.plan_file import parse_plan
from kkz_eval.evaluation.results import EffectsResult
from kkz_eval.evaluation.sample import build_sample, outcome_slice
from kkz_eval.evaluation.sensitivity.breakdown import breakdown_relative_magnitudes, breakdown_smoothness
from kkz_eval.evaluation.sensitivity.event_coefficients import EventCoefficients, event_study_coefficients
from kkz_eval.evaluation.sensitivity.pre_trend_power import slope_detected
from kkz_eval.evaluation.sensitivity.relative_magnitudes import relative_magnitudes_interval
from kkz_eval.evaluation.sensitivity.smoothness import smoothness_interval

REPOSITORY = Path(__file__).parents[2]
DATA = (REPOSITORY / os.environ.get("KKZ_SHARED", "../shared")).resolve() / "data"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the shared data are not beside the repository")

TWFE = {"id": "twfe", "method": "twfe"}
EVENT_STUDY = {"id": "es", "method": "event_study"}


def _run(panel: pd.DataFrame, **keys: object) -> EffectsResult:
    outcomes = [{"indicator": name} for name in sorted(panel["indicator"].unique())]
    defaults = {"plan_version": 1, "id": "replication", "outcomes": outcomes, "estimators": [TWFE, EVENT_STUDY]}
    return run_effects(panel, parse_plan({**defaults, **keys}, "test"))


def _row(result: EffectsResult, estimator: str, event_time: int | None = None, indicator: str | None = None) -> pd.Series:
    rows = result.estimates
    chosen = (rows["estimator"] == estimator) & (rows["term"] == "att")
    chosen &= rows["event_time"].isna() if event_time is None else (rows["event_time"] == event_time).fillna(False)
    if indicator is not None:
        chosen &= rows["indicator"] == indicator
    (row,) = [row for _, row in rows[chosen].iterrows()]
    return row


def test_base_did_event_study_with_a_covariate_agrees_with_fixest() -> None:
    raw = pd.read_csv(DATA / "methods/base_did.csv")
    panel = pd.DataFrame(
        {
            "unit_id": raw["id"].astype(str),
            "year": raw["period"],
            "indicator": "y",
            "value": raw["y"],
            "cohort": np.where(raw["treat"] == 1, 6, np.nan),
            "x1": raw["x1"],
        }
    )
    result = _run(panel, covariates=["x1"])
    for event_time, estimate, std_error in [(0, 0.784452, 1.028388), (4, 6.606229, 1.120494)]:
        row = _row(result, "es", event_time)
        assert row["estimate"] == pytest.approx(estimate, abs=1e-6)
        assert row["std_error"] == pytest.approx(std_error, abs=1e-6)
    assert (result.estimates["term"] == "x1").sum() == 2


def test_castle_doctrine_twfe_and_its_decomposition() -> None:
    raw = pd.read_csv(DATA / "methods/castle.csv")
    assert ((raw["year"] >= raw["effyear"]).astype(int) == raw["post"]).all()
    panel = pd.DataFrame(
        {
            "unit_id": raw["state"],
            "year": raw["year"],
            "indicator": "l_homicide",
            "value": raw["l_homicide"],
            "cohort": raw["effyear"],
        }
    )
    bacon = {"id": "bacon", "method": "bacon"}
    result = _run(panel, estimators=[TWFE, bacon])
    row = _row(result, "twfe")
    assert _row(result, "bacon")["estimate"] == pytest.approx(row["estimate"], abs=1e-12)
    kind = result.weights["key"].str.partition(":")[0]
    shares = result.weights.groupby(kind)["weight"].sum()
    assert shares["treated_vs_untreated"] == pytest.approx(0.9083386, abs=1e-7)
    assert shares["earlier_vs_later"] == pytest.approx(0.0597633, abs=1e-7)
    assert shares["later_vs_earlier"] == pytest.approx(0.0318982, abs=1e-7)
    assert row["estimate"] == pytest.approx(0.0818116169, abs=1e-9)
    assert row["std_error"] == pytest.approx(0.058874, abs=1e-6)
    assert (row["n_units"], row["n_treated"], row["n_control"]) == (50, 21, 29)


def medicaid() -> pd.DataFrame:
    """Share of adults with insurance in 43 states, those of 2015 dropped."""
    raw = pd.read_csv(DATA / "methods/medicaid_ehec.csv")
    raw = raw[(raw["year"] <= 2015) & (raw["yexp2"] != 2015)]
    return pd.DataFrame(
        {
            "unit_id": raw["stfips"],
            "year": raw["year"],
            "indicator": "dins",
            "value": raw["dins"],
            "cohort": raw["yexp2"],
        }
    )


def test_medicaid_event_study_against_states_that_expanded_later_or_never() -> None:
    result = _run(medicaid(), reference="not_yet", treated_cohorts=[2014])
    first, second = _row(result, "es", 0), _row(result, "es", 1)
    assert first["n_units"] == 43
    assert first["estimate"] == pytest.approx(0.046446865, abs=1e-6)
    assert first["std_error"] == pytest.approx(0.009151871, abs=1e-6)
    assert second["estimate"] == pytest.approx(0.069206180, abs=1e-6)
    assert second["std_error"] == pytest.approx(0.010350052, abs=1e-6)


def _event_study(panel: pd.DataFrame, **keys: object) -> EventCoefficients:
    """With two-way fixed effects, of a panel with one indicator."""
    (indicator,) = set(panel["indicator"])
    defaults = {"plan_version": 1, "id": "replication", "outcomes": [{"indicator": indicator}], "estimators": [EVENT_STUDY]}
    plan = parse_plan({**defaults, **keys}, "test")
    (outcome,) = plan.outcomes
    return event_study_coefficients(build_sample(outcome_slice(validate_panel(panel, plan), plan, outcome), plan, outcome), plan)


def test_medicaid_intervals_where_trends_may_have_differed() -> None:
    event = _event_study(medicaid(), reference="not_yet", treated_cohorts=[2014])
    assert (event.pre_periods, event.post_periods) == (5, 2)
    first = event.first_effect()
    for m_bar, ends in {0.5: (0.0241, 0.0673), 1: (0.0171, 0.0720), 1.5: (0.00859, 0.0796), 2: (-0.00107, 0.0883)}.items():
        found = relative_magnitudes_interval(event, first, m_bar, 0.05)
        assert (found.low, found.high) == pytest.approx(ends, abs=1e-3)
    for m, ends in {0: (0.0259, 0.0607), 0.01: (0.0132, 0.0787), 0.02: (0.00286, 0.0907)}.items():
        found = smoothness_interval(event, first, m, 0.05)
        assert (found.low, found.high) == pytest.approx(ends, abs=1e-3)
    assert 1.5 < breakdown_relative_magnitudes(event, first, 0.05) < 2
    assert 0.02 < breakdown_smoothness(event, first, 0.05) < 0.03


@pytest.mark.parametrize(("indicator", "half", "four_fifths"), [("a_schul_oA", 0.1829, 0.2818), ("q_auspl", 0.4984, 0.7631)])
def test_the_slope_that_the_test_of_the_years_before_would_have_found(indicator: str, half: float, four_fifths: float) -> None:
    """13 Kreise of 2012 against the 17 that never joined, 2007 to 2019."""
    kreis = {"kreis_ags5": str}
    raw = pd.read_csv(DATA / "official/inkar/inkr_nrw_kreise_panel_long.csv", dtype=kreis)
    exposure = pd.read_csv(DATA / "cohorts/kreis_exposure.csv", dtype=kreis).set_index("kreis_ags5")
    raw = raw[(raw["kuerzel"] == indicator) & raw["jahr"].between(2007, 2019)].join(exposure, on="kreis_ags5")
    treated, never = raw["exposure_2012"] == 1, (raw["exposure_2012"] == 0) & (raw["exposure_2017"] == 0)
    panel = pd.DataFrame(
        {
            "unit_id": raw["kreis_ags5"],
            "year": raw["jahr"],
            "indicator": indicator,
            "value": raw["wert"],
            "cohort": treated.map({True: 2012}).astype("Int64"),
        }
    )
    event = _event_study(panel[treated | never])
    assert slope_detected(event, 0.5) == pytest.approx(half, abs=1e-4)
    assert slope_detected(event, 0.8) == pytest.approx(four_fifths, abs=1e-4)


def mpdta() -> pd.DataFrame:
    """Teen employment in 500 counties, Callaway & Sant'Anna 2021."""
    raw = pd.read_csv(DATA / "methods/mpdta.csv")
    return pd.DataFrame(
        {
            "unit_id": raw["countyreal"].astype(str),
            "year": raw["year"],
            "indicator": "lemp",
            "value": raw["lemp"],
            "cohort": raw["first.treat"].where(raw["first.treat"] != 0).astype("Int64"),
        }
    )


def test_mpdta_plan_gives_the_same_from_csv_and_parquet(tmp_path: Path) -> None:
    panel = mpdta()
    panel.to_csv(tmp_path / "panel.csv", index=False)
    panel.to_parquet(tmp_path / "panel.parquet", index=False)
    plan = REPOSITORY / "tests/replication/mpdta.plan.yaml"
    result = effects_command(tmp_path / "panel.csv", plan, tmp_path / "csv")
    effects_command(tmp_path / "panel.parquet", plan, tmp_path / "parquet")
    assert exit_code(result) == 0
    assert set(result.estimates["estimator"]) == {"twfe", "es", "cs"}
    assert _row(result, "twfe")["n_units"] == 500
    for name in ("estimates.csv", "estimates.parquet", "weights.csv", "tests.csv", "sensitivity.csv"):
        assert (tmp_path / "csv" / name).read_bytes() == (tmp_path / "parquet" / name).read_bytes()


MPDTA_OVERALL = {
    "simple": (-0.0399512752, 0.0120340128),
    "dynamic": (-0.0772398215, 0.0199649891),
    "group": (-0.0310182822, 0.0124460593),
    "calendar": (-0.0417004321, 0.0159718519),
}


def test_mpdta_callaway_santanna_agrees_with_did() -> None:
    methods = [{"id": variant, "method": "callaway_santanna", "variant": variant} for variant in ("dr", "ipw", "or")]
    result = _run(mpdta(), estimators=methods)
    for variant in ("dr", "ipw", "or"):
        rows = result.estimates[result.estimates["estimator"] == variant]
        cells = rows[rows["aggregation"] == "group_time"].set_index(["cohort", "year"])["estimate"]
        assert cells[2004, 2004] == pytest.approx(-0.0105032462, abs=1e-8)
        assert cells[2004, 2006] == pytest.approx(-0.1372587389, abs=1e-8)
        for aggregation, (estimate, std_error) in MPDTA_OVERALL.items():
            places = (rows["aggregation"] == aggregation) & rows[["cohort", "year", "event_time"]].isna().all(axis=1)
            (row,) = rows[places].to_dict("records")
            assert row["estimate"] == pytest.approx(estimate, abs=1e-8)
            assert row["std_error"] == pytest.approx(std_error, abs=1e-8)
            assert (row["n_units"], row["n_treated"], row["n_control"], row["n_cells"]) == (500, 191, 309, 2500)
        (test,) = result.tests[result.tests["estimator"] == variant].to_dict("records")
        assert test["statistic"] == pytest.approx(7.791236627, abs=1e-6)
        assert test["p_value"] == pytest.approx(0.16812, abs=5e-6)


def test_base_stagg_sun_abraham_with_a_covariate_agrees_with_fixest() -> None:
    raw = pd.read_csv(DATA / "methods/base_stagg.csv")
    panel = pd.DataFrame(
        {
            "unit_id": raw["id"].astype(str),
            "year": raw["year"],
            "indicator": "y",
            "value": raw["y"],
            "cohort": raw["year_treated"].where(raw["year_treated"] != 10000),
            "x1": raw["x1"],
        }
    )
    result = _run(panel, covariates=["x1"], estimators=[{"id": "sa", "method": "sun_abraham"}])
    overall = _row(result, "sa")
    assert overall["aggregation"] == "dynamic"
    assert overall["estimate"] == pytest.approx(-1.133749, abs=1e-6)
    assert overall["std_error"] == pytest.approx(0.205070, abs=1e-6)
    (covariate,) = result.estimates[result.estimates["term"] == "x1"].to_dict("records")
    assert covariate["estimate"] == pytest.approx(0.994678, abs=1e-6)
    assert covariate["std_error"] == pytest.approx(0.018378, abs=1e-6)


def kreis_panel() -> pd.DataFrame:
    """INKAR on the Kreise of the programme: partly treated ones are left out (effects-interface.md, last section)."""
    kreise = pd.read_csv(DATA / "cohorts/kreis_exposure.csv", dtype={"kreis_ags5": str})
    in_2012, in_2017 = kreise["exposure_2012"], kreise["exposure_2017"]
    partly = in_2012.between(0, 1, inclusive="neither") | ((in_2012 == 0) & in_2017.between(0, 1, inclusive="neither"))
    kreise["cohort"] = np.where(in_2012 == 1, 2012, np.where(in_2017 == 1, 2017, np.nan))
    kept = kreise.loc[~partly, ["kreis_ags5", "cohort"]]
    assert kept["cohort"].fillna(0).value_counts().to_dict() == {2012: 13, 2017: 14, 0: 17}
    inkar = pd.read_csv(DATA / "official/inkar/inkr_nrw_kreise_panel_long.csv", dtype={"kreis_ags5": str})
    merged = inkar.merge(kept, on="kreis_ags5")
    return pd.DataFrame(
        {
            "unit_id": merged["kreis_ags5"],
            "year": merged["jahr"],
            "indicator": merged["kuerzel"],
            "value": merged["wert"],
            "cohort": merged["cohort"],
        }
    )


KREIS_VALUES = {
    "a_schul_oA": -0.066,
    "a_betr0003_bev0003": -1.743,
    "q_auspl": -0.412,
    "a_schul_abi": -0.233,
    "q_PBG_bev": 3.046,
}


def test_kreise_2012_against_never_treated() -> None:
    panel = kreis_panel()
    panel = panel[panel["indicator"].isin(KREIS_VALUES)]
    outcomes = [{"indicator": name, "window": [2007, 2019]} for name in KREIS_VALUES]
    result = _run(panel, outcomes=outcomes, treated_cohorts=[2012], estimators=[TWFE])
    for indicator, estimate in KREIS_VALUES.items():
        row = _row(result, "twfe", indicator=indicator)
        assert row["estimate"] == pytest.approx(estimate, abs=5e-4)
        assert (row["n_units"], row["n_treated"], row["n_control"]) == (30, 13, 17)
        assert "14 Einheiten anderer Kohorten (2017)" in row["message"]


def test_kreise_2012_against_not_yet_treated_has_31_controls() -> None:
    panel = kreis_panel()
    panel = panel[panel["indicator"] == "q_PBG_bev"]
    outcomes = [{"indicator": "q_PBG_bev", "window": [2007, 2016]}]
    row = _row(_run(panel, outcomes=outcomes, treated_cohorts=[2012], reference="not_yet"), "twfe")
    assert (row["n_units"], row["n_treated"], row["n_control"]) == (44, 13, 31)
