"""The comparison where the programme was not: what it finds there is told, with its exact p."""

import numpy as np
import pytest
from panels import START, small_panel, small_plan

from kkz_eval.evaluation.effects import run_effects
from kkz_eval.evaluation.verdict.gather import evidence_of
from kkz_eval.evaluation.verdict.of_panel import known_of_panel
from kkz_eval.reference.adjacency import adjoining
from kkz_eval.reference.tables import kreise

KEYS = [kreis.ags5 for kreis in kreise()]


def told(panel, plan, name):
    tests = run_effects(panel, plan).tests
    rows = tests[tests["test"] == name]
    return None if rows.empty else (float(rows["statistic"].iloc[0]), float(rows["p_value"].iloc[0]))


def on_kreise(sizes=((14, 4), (12, 3)), **changes):
    panel = small_panel(sizes=sizes, **changes)
    names = dict(zip(sorted(panel["unit_id"].unique()), KEYS, strict=False))
    return panel.assign(unit_id=panel["unit_id"].map(names))


def test_in_time_the_later_years_before_the_start_act_as_after_it():
    panel = small_panel(effect=100.0)
    estimate, p = told(panel, small_plan(), "placebo_time")
    wide = panel.pivot(index="unit_id", columns="year", values="value")
    z = wide[[2010, 2011]].mean(axis=1) - wide[[2008, 2009]].mean(axis=1)
    treated = panel.drop_duplicates("unit_id").set_index("unit_id")["cohort"].notna().reindex(z.index)
    assert estimate == pytest.approx(z[treated].mean() - z[~treated].mean())
    assert 0 < p <= 1


def test_a_drift_before_the_start_shows_in_it_and_stops_the_verdict():
    panel = small_panel(sizes=((14, 5), (12, 4)), effect=3.0)
    drift = panel["cohort"].notna() * 3.0 * (panel["year"] >= 2010)
    drifting = panel.assign(value=panel["value"] + drift)
    plan = small_plan(comparison={"within": ["kind"]})
    estimate, p = told(drifting, plan, "placebo_time")
    assert estimate == pytest.approx(3.0, abs=1.0)
    assert p < 0.01
    outcome = plan.outcomes[0]
    evidence = evidence_of(outcome, plan, run_effects(drifting, plan), known_of_panel(drifting, plan, outcome))
    assert evidence.negative_controls is not None
    (control,) = evidence.negative_controls
    assert control.same_sign
    assert control.holm_p == pytest.approx(p)
    assert control.size_ratio == pytest.approx(abs(estimate) / abs(evidence.estimate))


def test_in_space_neighbours_of_the_treated_are_compared_with_the_others():
    panel, plan = on_kreise(), small_plan(comparison={"within": ["kind"]})
    treated = set(panel.loc[panel["cohort"].notna(), "unit_id"])
    others = sorted(set(panel["unit_id"]) - treated)
    beside = {unit for unit in others if adjoining()[unit] & treated}
    assert beside
    assert beside != set(others)
    raised = panel.assign(value=panel["value"] + 4.0 * (panel["unit_id"].isin(beside) & (panel["year"] >= START)))
    (before, _), (after, p) = (told(one, plan, "placebo_space") for one in (panel, raised))
    assert after - before == pytest.approx(4.0)
    assert 0 < p < 1
    moved = panel.assign(value=panel["value"].where(~panel["unit_id"].isin(treated), np.arange(len(panel)) * 1.0))
    assert told(moved, plan, "placebo_space") == pytest.approx((before, told(panel, plan, "placebo_space")[1]))


def test_what_the_data_do_not_allow_has_no_row():
    assert told(small_panel(), small_plan(), "placebo_space") is None  # no Kreise
    late = small_panel().query("year >= 2010")
    assert told(late, small_plan(), "placebo_time") is None  # two years before
