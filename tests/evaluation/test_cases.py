"""Panels on which engines once gave wrong numbers, with the numbers that are right (tests/cases/effects, expected.md beside each)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from kkz_eval.evaluation.effects import effects_command, run_effects
from kkz_eval.evaluation.panel import read_panel
from kkz_eval.evaluation.plan import Plan
from kkz_eval.evaluation.plan_file import load_plan
from kkz_eval.evaluation.results import EffectsResult

CASES = Path(__file__).parents[1] / "cases" / "effects"


def _run(name: str) -> EffectsResult:
    return effects_command(CASES / name / "panel.csv", CASES / name / "plan.yaml", None)


def _few_placebos(name: str) -> Plan:
    """The plan of a case with as few placebos as make no difference to its estimates and are quick."""
    plan = load_plan(CASES / name / "plan.yaml")
    return replace(plan, inference=replace(plan.inference, draws=10))


@pytest.mark.parametrize(
    ("name", "estimate", "std_error"),
    [("c1_group_se_no_never", 0.555780836, 0.494063410), ("c5_group_se_weights", 1.441780969, 0.352345351)],
)
def test_the_error_of_the_overall_row_of_group(name: str, estimate: float, std_error: float) -> None:
    rows = _run(name).estimates
    (row,) = rows[(rows["aggregation"] == "group") & rows["cohort"].isna()].to_dict("records")
    assert row["estimate"] == pytest.approx(estimate, abs=1e-9)
    assert row["std_error"] == pytest.approx(std_error, abs=1e-9)


@pytest.mark.parametrize(
    ("variant", "effects"),
    [
        ("dr", {2002: (0.838724022, 0.362456766), 2003: (0.349479284, 0.437044243)}),
        ("ipw", {2002: (0.961056373, 0.320240640), 2003: (0.721759443, 0.404676492)}),
    ],
)
def test_a_control_that_looks_treated_has_no_weight_and_the_row_says_so(
    variant: str, effects: dict[int, tuple[float, float]]
) -> None:
    panel, plan = (CASES / "c2_propensity_trim" / name for name in ("panel.csv", "plan.yaml"))
    planned = load_plan(plan)
    result = run_effects(
        read_panel(panel), replace(planned, estimators=tuple(replace(each, variant=variant) for each in planned.estimators))
    )
    rows = result.estimates.set_index("year")
    for year, (estimate, std_error) in effects.items():
        assert rows.loc[year, "estimate"] == pytest.approx(estimate, abs=1e-9)
        assert rows.loc[year, "std_error"] == pytest.approx(std_error, abs=1e-9)
    (message,) = set(rows["message"])
    assert "Wahrscheinlichkeit ab 0,995" in message
    assert "höchstens 1 je Vergleich (Kohorte/Jahr 2002/2002, 2002/2003)" in message
    figures = result.tests.set_index("test")["statistic"]
    largest, effective = (
        number.replace(".", ",")
        for number in (f"{100 * figures['largest_control_weight']:.3g}", f"{figures['effective_controls']:.1f}")
    )
    assert f"{largest} % trägt eine einzige" in message
    assert f"das entspricht {effective} gleich gewichteten von 88" in message
    assert 1 / figures["largest_control_weight"] < figures["effective_controls"] < 88


def test_several_treated_units_have_a_synthetic_control_each_and_the_row_says_so() -> None:
    result = run_effects(read_panel(CASES / "c6_sc_several_treated" / "panel.csv"), _few_placebos("c6_sc_several_treated"))
    rows = result.estimates.set_index("estimator")
    assert rows.loc["sc", "estimate"] == pytest.approx(-0.3836271, abs=1e-7)
    assert "Jede der 8 beteiligten Einheiten hat ihre eigene synthetische Kontrolle" in rows.loc["sc", "message"]
    assert rows.loc["sdid", "estimate"] == pytest.approx(0.2415261573, abs=1e-9)
    jackknife = result.tests[result.tests["test"] == "jackknife"]["statistic"].item()
    assert jackknife == pytest.approx(0.3379402308, abs=1e-9)
    assert "eigene synthetische Kontrolle" not in rows.loc["sdid", "message"]


def test_the_mean_of_the_treated_as_one_unit_gives_what_synthdid_gives() -> None:
    """The other convention (synthdid 0.0.9, sc_estimate), from the same engine."""
    case = read_panel(CASES / "c6_sc_several_treated" / "panel.csv")
    treated = case["cohort"].notna()
    mean = case[treated].groupby("year", as_index=False).agg({"value": "mean", "cohort": "first", "indicator": "first"})
    panel = pd.concat([case[~treated], mean.assign(unit_id="mean")])
    result = run_effects(panel, _few_placebos("c6_sc_several_treated"))
    row = result.estimates.set_index("estimator").loc["sc"]
    assert row["estimate"] == pytest.approx(-0.0023636389, abs=1e-9)
    assert "eigene synthetische Kontrolle" not in row["message"]


def test_a_plan_weight_is_said_of_regressions_too() -> None:
    plan = load_plan(CASES / "c5_group_se_weights" / "plan.yaml")
    twfe = replace(plan.estimators[0], id="twfe", method="twfe", variant="", aggregations=())
    panel = read_panel(CASES / "c5_group_se_weights" / "panel.csv")
    result = run_effects(panel, replace(plan, estimators=(twfe,)))
    untreated = panel["cohort"].isna() | (panel["cohort"] > panel["year"].max())  # those of 2013 start after the last year
    weights = panel[untreated].groupby("unit_id")["w"].first().astype(float)
    figures = result.tests.set_index("test")["statistic"]
    assert figures["largest_control_weight"] == pytest.approx(weights.max() / weights.sum())
    assert figures["effective_controls"] == pytest.approx(weights.sum() ** 2 / (weights**2).sum())
    even = run_effects(panel.assign(w=2.0), replace(plan, estimators=(twfe,)))
    assert even.tests.empty


def test_where_there_is_no_estimate_nothing_is_said_of_its_weights() -> None:
    plan = load_plan(CASES / "c5_group_se_weights" / "plan.yaml")
    panel = read_panel(CASES / "c5_group_se_weights" / "panel.csv")
    result = run_effects(panel.assign(value=1.0), plan)
    assert result.estimates["status"].tolist() == ["refused"]
    assert "Gewichte" not in result.estimates["message"].item()
    assert result.tests.empty
