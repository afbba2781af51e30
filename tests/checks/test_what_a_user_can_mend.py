"""What a user can mend is a sentence in a check too: a failure that Dagster shows and does not try again, no stack of ours."""

from __future__ import annotations

from types import SimpleNamespace

import dagster as dg
import pytest

from kkz_eval.checks.results import check_of, statistical_checks
from kkz_eval.evaluation.plan import Plan
from kkz_eval.model.errors import UserError


def _stumbles(*_: object) -> None:
    raise UserError("nothing_claimed", package="kkz_eval.line", inbox="eingang", present=3, known="schulabgaenge")


@pytest.mark.parametrize(
    "check",
    [
        check_of("verdicts", "contract_x", "?", _stumbles),
        statistical_checks("verdicts", Plan("plan", (), ()), ("balance",), _stumbles),
    ],
)
@pytest.mark.parametrize(("language", "said"), [("de", "keine gehört zu einem Vertrag"), ("en", "none belongs to a contract")])
def test_an_error_of_a_user_in_a_check_is_its_sentence(
    check: dg.AssetChecksDefinition, language: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kkz_eval.checks.results.study_in", lambda *_: None)  # the error comes from what looks at the study

    @dg.asset
    def verdicts() -> None: ...

    installation = SimpleNamespace(settings=SimpleNamespace(language=language))
    with dg.DagsterInstance.ephemeral() as instance:
        result = dg.materialize(
            [verdicts, check], resources={"installation": installation}, instance=instance, raise_on_error=False
        )
        (failed,) = result.get_step_failure_events()
    shown = failed.step_failure_data.user_failure_data
    assert shown is not None
    assert said in shown.description
