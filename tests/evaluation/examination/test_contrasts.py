"""On a balanced block an estimate is a contrast of years, compared between assignments."""

import numpy as np
import pytest
from panels import METHODS, START, small_panel, small_plan

from kkz_eval.evaluation.effects import run_effects
from kkz_eval.evaluation.examination.block import block_of
from kkz_eval.evaluation.examination.contrasts import contrast_of, slope_before, years_apart
from kkz_eval.evaluation.inference.statistics import coefficient
from kkz_eval.evaluation.panel import validate_panel
from kkz_eval.evaluation.problems import Refused
from kkz_eval.evaluation.sample import build_sample, outcome_slice

HELD = {"nothing": {}, "kind": {"within": ["kind"]}, "both": {"within": ["kind"], "adjust": ["need"]}}
OUTCOMES = [{"indicator": "y", "role": "primary", "earliest_plausible_year": 2014}]


def block(panel, plan):
    checked = validate_panel(panel, plan)
    return block_of(build_sample(outcome_slice(checked, plan, plan.outcomes[0]), plan, plan.outcomes[0]))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("held", HELD)
def test_the_contrast_of_an_estimate_gives_the_estimate(method, held):
    panel, plan = small_panel(), small_plan(methods=(method,), outcomes=OUTCOMES, comparison=HELD[held])
    made, spec, seen = block(panel, plan), plan.estimators[0], 0
    rows = run_effects(panel, plan).estimates
    rows = rows[rows["cohort"].isna() & rows["year"].isna() & rows["event_time"].isna() & (rows["term"] == "att")]
    for aggregation, estimate in zip(rows["aggregation"], rows["estimate"], strict=True):
        contrast = contrast_of(made, plan, spec, aggregation)
        weighs_alike = method in ("callaway_santanna", "imputation") or held != "kind"
        if contrast is None:
            assert held == "both"
            assert method in ("callaway_santanna", "imputation")
            continue
        assert contrast.sum() == pytest.approx(0)
        found = coefficient(made.outcome @ contrast, made.compared).values(made.compared.treated[None])[0]
        if weighs_alike:  # a regression weighs kinds otherwise than by their treated units
            assert found == pytest.approx(estimate, rel=1e-9)
        seen += 1
    assert seen or held == "both"


def test_a_trend_before_is_found_by_its_slope_and_goes_on_for_the_years_between():
    panel, plan = small_panel(), small_plan(outcomes=OUTCOMES)
    made = block(panel, plan)
    trend = 0.3 * (made.years - 2010.0)
    assert trend @ slope_before(made) == pytest.approx(0.3)
    assert years_apart(made) == pytest.approx(np.mean([2014, 2015, 2016]) - np.mean([2008, 2009, 2010, 2011]))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda panel: panel.drop(index=[3]), "block_gaps"),
        (lambda panel: panel.assign(cohort=panel["cohort"].mask(panel["unit_id"] == "u00", 2014)), "block_starts"),
        (lambda panel: panel[panel["year"] >= START], "no_years_before"),
        (lambda panel: panel.assign(value=np.nan), "no_cells_left"),
        (lambda panel: panel.assign(value=1e160 * panel["value"]), "too_large"),
        (lambda panel: panel.assign(value=1e-160 * panel["value"]), "too_close"),
    ],
)
def test_what_is_no_block_says_why(change, code):
    panel, plan = change(small_panel()), small_plan()
    with pytest.raises(Refused) as refused:
        block(panel, plan)
    assert refused.value.note.code == f"refused.{code}"
