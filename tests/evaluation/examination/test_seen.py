"""What a plan's comparison could see of an outcome, before anything is estimated."""

import pytest
from panels import small_panel, small_plan

from kkz_eval.evaluation.effects import run_effects
from kkz_eval.evaluation.examination.seen import seen_of
from kkz_eval.evaluation.problems import Refused

BOTH = {"within": ["kind"], "adjust": ["need"]}


@pytest.mark.parametrize("audit", [{"strata": ["kind"], "law": "need"}, {"strata": ["kind"]}])
def test_it_is_the_row_of_the_results_within_the_plans_strata(audit):
    plan = small_plan(("a",), ("twfe",), comparison=BOTH, audit=audit)
    seen = seen_of(small_panel(indicators=("a",)), plan, plan.outcome("a"))
    power = run_effects(small_panel(indicators=("a",)), plan).power
    row = power[(power["within"] == "kind") & (power["theta"] == seen.theta)]
    assert [seen.mde] == pytest.approx(row["mde"].to_list())
    assert seen.theta == ("hat" if "law" in audit else "zero")
    assert {(one.more, one.amount) for one in seen.scenarios} == {
        ("before", 3),
        ("after", 3),
        ("after", 10),
        ("controls", 2),
        ("both_groups", 2),
    }


def test_where_values_are_missing_it_is_refused_in_a_sentence():
    plan = small_plan(("a",), ("twfe",), comparison=BOTH, audit={"strata": ["kind"]})
    with pytest.raises(Refused) as refused:
        seen_of(small_panel(indicators=("a",)).iloc[1:], plan, plan.outcome("a"))
    assert refused.value.note.sentence.in_language("de").startswith("1 Zelle fehlt")


def test_where_no_cell_is_left_it_is_said_what_left_them_out():
    plan = small_plan(("a",), ("twfe",), comparison=BOTH, audit={"strata": ["kind"]})
    with pytest.raises(Refused) as refused:
        seen_of(small_panel(indicators=("a",)).assign(need=None), plan, plan.outcome("a"))
    assert "ohne Ausgangswert in need" in refused.value.note.sentence.in_language("de")


def test_an_estimate_that_is_no_comparison_of_years_is_refused():
    plan = small_plan(("a",), ("callaway_santanna",), comparison=BOTH, audit={"strata": ["kind"]})
    with pytest.raises(Refused) as refused:
        seen_of(small_panel(indicators=("a",)), plan, plan.outcome("a"))
    assert refused.value.note.code == "refused.no_fixed_contrast"


def test_against_one_year_of_reference_more_years_are_not_promised():
    plan = small_plan(("a",), ("event_study",), comparison={"within": ["kind"]}, audit={"strata": ["kind"]})
    seen = seen_of(small_panel(indicators=("a",)), plan, plan.outcome("a"))
    assert (seen.mde > 0, seen.scenarios) == (True, ())
