"""Two-way fixed effects on samples that are no block: audit, years before the start and spread, as on a block; and the verdict that rests on them."""

import numpy as np
import pandas as pd
import pytest
from panels import START, small_panel, small_plan

from kkz_eval.evaluation.effects import run_effects

BOTH = {"within": ["kind"], "adjust": ["need"]}
SECTIONS = {"comparison": BOTH, "audit": {"strata": ["kind"], "law": "need", "others": ["density"]}}
OUTCOMES = [{"indicator": "y", "role": "primary", "earliest_plausible_year": 2013}]


def with_people(seed=10):
    return small_panel(seed=seed, sizes=((9, 4), (8, 3))).assign(people=1.0)


def by_key(table: pd.DataFrame, *keys: str) -> pd.DataFrame:
    return table.set_index(list(keys)).sort_index()


@pytest.fixture(scope="module")
def counted_and_drawn():
    """The same comparison on a block, and with weights all alike, which make it none."""
    draws = {"inference": {"method": "randomization", "draws": 1_999}}
    return [
        run_effects(with_people(), small_plan(outcomes=OUTCOMES, **SECTIONS, **draws, **more))
        for more in ({}, {"weight": "people"})
    ]


def test_the_audit_by_draws_tells_what_the_one_by_counting_tells(counted_and_drawn):
    counted, drawn = (by_key(one.audit[one.audit["form"] == "full"], "law", "theta") for one in counted_and_drawn)
    assert list(counted.index) == list(drawn.index)
    assert set(drawn["status"]) == {"ok"}
    assert not drawn["exact"].any()
    assert drawn["theta_value"].to_numpy() == pytest.approx(counted["theta_value"].to_numpy())
    assert drawn["size"].to_numpy() == pytest.approx(counted["size"].to_numpy(), abs=0.015)
    assert drawn["mean_estimate"].to_numpy() == pytest.approx(counted["mean_estimate"].to_numpy(), abs=0.02)


def test_years_before_the_start_and_spreads_are_those_of_the_block(counted_and_drawn):
    counted, drawn = (by_key(one.tests, "test") for one in counted_and_drawn)
    for name in ("slope_bias", "smallest_p", "spread_before", "placebo_time"):
        assert drawn.loc[name, "statistic"] == pytest.approx(counted.loc[name, "statistic"])
        assert drawn.loc[name, "p_value"] == pytest.approx(counted.loc[name, "p_value"], abs=0.05, nan_ok=True)
    counted, drawn = (by_key(one.power, "within", "theta") for one in counted_and_drawn)
    assert list(counted.index) == list(drawn.index)
    assert drawn["mde"].to_numpy() == pytest.approx(counted["mde"].to_numpy(), rel=0.1)


@pytest.mark.parametrize("kind", ["a gap", "two starts", "one treated all along"])
def test_an_outcome_that_is_no_block_has_an_audit_and_a_verdict(kind):
    panel = with_people()
    if kind == "a gap":
        panel = panel.drop(index=[3])
    else:
        moved = panel["unit_id"].isin(["u00", "u09"] if kind == "two starts" else ["u00"])
        panel = panel.assign(cohort=panel["cohort"].mask(moved, START + 2 if kind == "two starts" else 1990))
    found = run_effects(panel, small_plan(methods=("twfe", "event_study"), headline="twfe", **SECTIONS))
    full, blind = (found.audit[found.audit["form"] == form] for form in ("full", "blind"))
    assert set(zip(full["theta"], full["status"], strict=True)) == {(theta, "ok") for theta in ("zero", "hat", "upper")}
    assert set(blind["status"]) == {"refused"}
    assert (blind["message"] != "").all()
    row = found.verdicts.iloc[0]
    assert row["row"] >= 2
    assert row["form"] != "not_examined"


def test_all_three_laws_are_audited_whatever_the_inference_is_content_with():
    content = {"inference": {"method": "randomization", "theta": ["hat"], "level": 0.6}}
    sizes = [
        by_key(run_effects(with_people(), small_plan(**SECTIONS, **more)).audit, "form", "law", "theta") for more in ({}, content)
    ]
    assert list(sizes[0].index) == list(sizes[1].index)
    for column in ("theta_value", "size"):
        assert sizes[1][column].to_numpy() == pytest.approx(sizes[0][column].to_numpy(), nan_ok=True)


def test_mirrored_values_have_the_same_audit_and_years_before():
    panel = with_people().drop(index=[3])
    found, turned = (run_effects(panel.assign(value=sign * panel["value"]), small_plan(**SECTIONS)) for sign in (1, -1))
    assert turned.audit["size"].to_numpy() == pytest.approx(found.audit["size"].to_numpy(), nan_ok=True)
    assert turned.tests["p_value"].to_numpy() == pytest.approx(found.tests["p_value"].to_numpy(), nan_ok=True)
    assert np.abs(turned.tests["statistic"]).to_numpy() == pytest.approx(np.abs(found.tests["statistic"]).to_numpy())
