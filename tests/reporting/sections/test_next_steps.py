"""Questions for what comes next: by rule, in the order of the rule, and never by an estimate."""

from __future__ import annotations

from dataclasses import replace
from importlib import resources

import pytest

from kkz_eval.evaluation.verdict.evidence import NegativeControl
from kkz_eval.evaluation.verdict.rules import Form
from kkz_eval.indicators.offers import Answers, Offers, StageOffers
from kkz_eval.model.texts import LANGUAGES
from kkz_eval.reporting import claims
from kkz_eval.reporting.document import plain
from kkz_eval.reporting.sections.next_steps import NextStepsInvalid, found_in, parse_rule, rule, said_of

SOURCE = resources.files("kkz_eval.reporting").joinpath("next_steps.yaml").read_text(encoding="utf-8")


def _ids(inputs) -> list[str]:
    return [step.id for step, _ in found_in(inputs, rule())]


def test_triggers_are_found_in_the_order_of_the_rule(inputs):
    assert _ids(inputs) == ["comparison", "deliveries", "reach", "handover", "gap"]
    assert [step.id for step in rule().steps] == [
        "comparison",
        "years",
        "sharpness",
        "nothing",
        "deliveries",
        "reach",
        "handover",
        "gap",
    ]


def test_changing_estimates_alone_never_changes_the_steps(inputs, verdict):
    columns = ["estimate", "std_error", "conf_low", "conf_high"]
    told = found_in(inputs, rule())
    for factor in (-40.0, 0.0, 0.01, 40.0):
        estimates = inputs.estimates.assign(**{name: inputs.estimates[name].astype(float) * factor for name in columns})
        changed = {
            name: verdict(
                **{
                    **vars(given.evidence),
                    "estimate": given.evidence.estimate * factor,
                    "interval": tuple(sorted(end * factor for end in given.evidence.interval)),
                    "p_raw": 0.5 if factor == 0 else 0.001,
                    "p_adjusted": 0.5 if factor == 0 else 0.001,
                }
            )
            for name, given in inputs.verdicts.items()
        }
        assert found_in(replace(inputs, estimates=estimates, verdicts=changed), rule()) == told


def test_each_trigger_can_be_absent(inputs, verdict):
    accepted = inputs.deliveries.assign(status="accepted")
    stage = StageOffers("birth", Answers(5, 5), 7, None, Answers(2, 2), Answers(4, 4))
    fine = replace(
        inputs,
        verdicts={outcome.indicator: verdict() for outcome in inputs.outcomes},
        deliveries=accepted,
        offers=replace(inputs.offers, stages=(stage,)),
    )
    assert _ids(fine) == []
    for nothing in (Offers(6, None, None), None):
        assert _ids(replace(fine, offers=nothing)) == ["nothing"]


def test_a_comparison_that_mostly_misses_what_matters_is_asked_about_whatever_it_found(inputs, verdict):
    found = dict.fromkeys((outcome.indicator for outcome in inputs.outcomes), verdict(mde=1.1, smallest_difference=1.2))
    assert "sharpness" not in _ids(replace(inputs, verdicts=found))
    for estimate in (-1.24, -9.0):
        blurred = verdict(mde=1.1, smallest_difference=1.0, estimate=estimate, interval=(estimate - 0.8, estimate + 0.7))
        assert "sharpness" in _ids(replace(inputs, verdicts={**found, "leavers": blurred}))
    vetoed = verdict(mde=1.1, smallest_difference=1.0, negative_controls=(NegativeControl("births", 0.01, True, 0.9),))
    assert vetoed.form is Form.NEGATIVE_CONTROL  # which hangs on the size of the estimate
    assert "sharpness" in _ids(replace(inputs, verdicts={**found, "leavers": vetoed}))


def test_too_few_years_ask_whether_to_wait_and_until_when(inputs, verdict):
    def told(**changes):
        waiting = replace(inputs, verdicts={**inputs.verdicts, "training": verdict(exposed_years=1, **changes)})
        step, found = next(one for one in found_in(waiting, rule()) if one[0].id == "years")
        return plain(said_of(step, found, "next", waiting, "de"))

    assert told(first_year=2028) == (
        "Stiftung und Evaluation: Soll zu „Ausbildungsplätze je 100 Bewerbungen“ gewartet werden, bis genug Jahre vorliegen? "
        "Bis wann: mit den Zahlen für 2028. Dann weiß man: ob sich ein Urteil fällen lässt."
    )
    assert "Bis wann: sobald ein weiteres Jahr vorliegt." in told(first_year=None)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_step_is_a_question_that_claims_nothing(inputs, verdict, language):
    verdicts = {"training": verdict(exposed_years=1, first_year=2028), "leavers": verdict(mde=1.1, smallest_difference=1.0)}
    early = replace(inputs, verdicts={**inputs.verdicts, **verdicts})
    steps = (*found_in(early, rule()), *found_in(replace(inputs, offers=None), rule()))
    assert {step.id for step, _ in steps} == {step.id for step in rule().steps}
    for step, found in steps:
        said = plain(said_of(step, found, "next", early, language))
        assert "?" in said
        assert "{" not in said
        assert claims.find(said) == ()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("at_most: 3", "at_most: 9"),
        ("trigger: low_reach", "trigger: large_estimate"),
        ("    limit: 50  # of a hundred eligible\n", ""),
        ("bleibt die Frage offen?", "bleibt die Frage offen."),
        ("Erreicht werden {percent}", "Erreicht werden {estimate}"),
        ("    without_year:", "    # without_year:"),
    ],
)
def test_a_rule_that_can_not_be_followed_is_refused_with_its_line(old, new):
    assert old in SOURCE
    with pytest.raises(NextStepsInvalid) as raised:
        parse_rule(SOURCE.replace(old, new, 1).encode(), "next_steps.yaml")
    assert raised.value.problems[0].line
