"""Who was studied: those of other years are called by when they started, as seen from the group that is evaluated."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kkz_eval.reporting.document import plain
from kkz_eval.reporting.inputs import ReportInputs
from kkz_eval.reporting.sections.studied import studied_section


@pytest.mark.parametrize(("evaluated", "said"), [(2012, "Später gestartet (1)"), (2018, "In einem anderen Jahr gestartet (1)")])
def test_nobody_who_started_before_the_group_that_is_evaluated_is_said_to_have_started_later(
    inputs: ReportInputs, evaluated: int, said: str
) -> None:
    section = studied_section(replace(inputs, treated_cohorts=(evaluated,)), "de")
    assert said in [plain(part.title) for part in section.sections]
