"""The measurements of scale run on a small country whose truth is known; no time is asserted."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.country import FEWEST, Country
from benchmarks.scale import (
    WORKS,
    Measured,
    draws_of_block,
    draws_of_fits,
    draws_of_gaps,
    estimate,
    kept,
    measurements,
    text_of,
    together,
)
from kkz_eval.evaluation.effects import run_estimator
from kkz_eval.evaluation.estimators.methods import METHODS
from kkz_eval.evaluation.plan_file import parse_plan

SMALL = 60


def test_counts_of_few_are_missing_and_nothing_else_is() -> None:
    country = Country(400, years=12, outcomes=1)
    share, people = country._shares(0)
    cases = country.published(0)["value"].to_numpy().reshape(share.shape) * people[:, None] / 100
    shown = np.rint(cases[~np.isnan(cases)])
    assert not ((shown > 0) & (shown < FEWEST)).any()
    assert 0 < np.isnan(cases).mean() < 0.2
    assert country.complete(0)["value"].notna().all()


@pytest.mark.parametrize("method", ["twfe", "callaway_santanna", "imputation"])
def test_what_was_planted_in_the_country_is_found(method: str) -> None:
    country = Country(1_500, outcomes=2)
    plan = parse_plan(
        {
            "plan_version": 1,
            "id": "found",
            "outcomes": [{"indicator": name} for name in country.indicators],
            "estimators": [{"id": method, "method": method}],
        },
        "a test",
    )
    for number, name in enumerate(country.indicators):
        rows = run_estimator(country.published(number), plan, name, method).rows
        found = next(row for row in rows if row.is_overall)
        assert abs(found.estimate - country.truth(number)) < 3 * found.std_error


def test_each_measurement_says_what_it_took() -> None:
    found = [estimate("twfe", SMALL), estimate("bacon", SMALL), draws_of_block(SMALL), draws_of_gaps("units", SMALL, 999)]
    found += [draws_of_fits(3, SMALL), together(2, SMALL)]
    assert all(one.seconds > 0 and one.memory >= 0 for one in found)
    assert [one.size for one in found] == [SMALL] * 4 + [3, 2]


def test_every_method_is_measured_at_three_sizes_and_every_work_once() -> None:
    asked = list(measurements())
    assert {work for work, _ in asked} | {"shared_out"} == set(WORKS)
    for method in METHODS:
        assert len({arguments["units"] for _, arguments in asked if arguments.get("method") == method}) == 3


def test_what_is_kept_is_read_as_it_was_written() -> None:
    scale = kept()
    assert all(isinstance(one, Measured) for one in scale.measured)
    assert scale.shared.same
    assert kept() == scale
    assert text_of(scale) == text_of(kept())
