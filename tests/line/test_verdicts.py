"""When it was laid down what is reported: before the results, with deviations, or when some were known."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kkz_eval.evaluation.lock import Conformity, Lock, Standing
from kkz_eval.evaluation.plan import Plan
from kkz_eval.evaluation.plan_file import load_plan
from kkz_eval.evaluation.verdict.evidence import LockState
from kkz_eval.line.verdicts import lock_state_of
from kkz_eval.settings import CHECKOUT

LOCK = Lock("p", "2026-01-01", 0, "", "", {}, 2011, {})
PLAN = Plan("p", (), ())
KNOWN = {"earlier_version": {"de": "Ergebnisse waren bekannt.", "en": "Results were known."}}


@pytest.mark.parametrize(
    ("lock", "standing", "texts", "state"),
    [
        (LOCK, Standing.FOLLOWED, {}, LockState.LOCKED_BLIND),
        (LOCK, Standing.DEVIATING, {}, LockState.DEVIATION_LISTED),
        (None, Standing.UNLOCKED, {}, LockState.CHOSEN_AFTER),
        (replace(LOCK, reports_before=1), Standing.FOLLOWED, {}, LockState.CHOSEN_AFTER),
        (LOCK, Standing.FOLLOWED, KNOWN, LockState.CHOSEN_AFTER),  # it says itself that results were known
    ],
)
def test_blind_is_only_what_was_laid_down_before_any_result(
    lock: Lock | None, standing: Standing, texts: dict[str, dict[str, str]], state: LockState
) -> None:
    assert lock_state_of(Conformity("p", standing, lock, ()), replace(PLAN, texts=texts)) == (state, 0)


def test_the_plan_of_2012_knew_results_of_its_earlier_version() -> None:
    assert load_plan(CHECKOUT / "data_contracts" / "plans" / "kekiz-2012.yaml").knew_results
