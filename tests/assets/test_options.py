"""What a person may choose for a run: which plans and outcomes it takes, and what is said of a choice that can't be followed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kkz_eval.assets.options import RunOptions
from kkz_eval.evaluation.plan import Outcome, Plan
from kkz_eval.model.errors import UserError

LEAVERS = Plan("abgang", (Outcome("ohne_abschluss"), Outcome("hochschulreife")), ())
PLANS = {"abgang": LEAVERS, "umfeld": replace(LEAVERS, id="umfeld", outcomes=(Outcome("arbeitslose"),))}


def _chosen(**options: object) -> dict[str, tuple[str, ...]]:
    return {name: RunOptions(**options).outcomes_of(plan, PLANS) for name, plan in PLANS.items()}


def test_without_a_choice_every_plan_and_outcome_is_taken() -> None:
    assert _chosen() == {"abgang": ("ohne_abschluss", "hochschulreife"), "umfeld": ("arbeitslose",)}


def test_an_outcome_brings_the_plans_that_have_it_and_no_other() -> None:
    assert _chosen(outcomes=["hochschulreife"]) == {"abgang": ("hochschulreife",), "umfeld": ()}


def test_a_plan_leaves_the_others_out() -> None:
    assert _chosen(plan=" umfeld ") == {"abgang": (), "umfeld": ("arbeitslose",)}


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        ({"plan": "umwelt"}, "plan_unknown", "Es gibt: abgang, umfeld."),
        ({"outcomes": ["hochschulreif"]}, "outcome_of_no_plan", "ohne_abschluss, hochschulreife, arbeitslose"),
        ({"plan": "umfeld", "outcomes": ["hochschulreife"]}, "outcome_of_no_plan", "Es gibt: arbeitslose."),
    ],
)
def test_a_choice_that_nothing_answers_stops_the_run_in_words(options: dict[str, object], code: str, said: str) -> None:
    for plan in PLANS.values():
        with pytest.raises(UserError) as refused:
            RunOptions(**options).outcomes_of(plan, PLANS)
        assert refused.value.code == code
        assert said in refused.value.sentence.in_language("de")
