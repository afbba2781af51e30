"""Figures that no report has: which rows of an audit count, and a sentence where there is nothing to show."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from kkz_eval.line.installation import open_installation
from kkz_eval.line.reopened import Reopened, reopen
from kkz_eval.line.snapshot import current_snapshot
from kkz_eval.line.study_figures import audit_figure, delivered_figure
from kkz_eval.model.errors import UserError
from kkz_eval.settings import load_settings

INDICATOR = "betreuungsquote_u3"


@pytest.fixture
def opened(finished_model_world: Path) -> Reopened:
    return reopen("modellwelt", settings=load_settings({}, home=finished_model_world / "home"))


def _by_another_column(audit: pd.DataFrame) -> pd.DataFrame:
    """The rows at the estimate, as if another column had been tried for the law."""
    return audit[audit["theta"] == "hat"].assign(law="another:2006-2010", size=0.5)


def test_an_audit_names_the_column_of_each_law_and_only_that_of_the_plan_counts(opened: Reopened) -> None:
    audit = opened.kept("audit").query("indicator == @INDICATOR and form == 'full'")
    law = opened.plan.audit and opened.plan.audit.law
    said = audit_figure(opened.study, pd.concat([audit, _by_another_column(audit)]), INDICATOR, "de").alternative_text
    assert said.count(f"nach {law}, wie geschätzt (maßgeblich)") == said.count("maßgeblich") == 1
    assert "nach another:2006-2010, wie geschätzt: 50,0" in said


def test_an_audit_without_a_size_is_a_sentence_with_what_the_audit_says(opened: Reopened) -> None:
    refused = (
        opened.kept("audit").query("indicator == @INDICATOR").assign(status="refused", size=None, message="Zu wenige Jahre.")
    )
    for audit, reasons in ((refused, "Zu wenige Jahre."), (refused.iloc[:0], "–")):
        with pytest.raises(UserError) as without:
            audit_figure(opened.study, audit, INDICATOR, "de")
        said = without.value.sentence.in_language("de")
        assert without.value.code == "audit_without_size"
        assert all(part in said for part in (INDICATOR, "modellwelt", f"sagt dazu: {reasons}")), said


def test_where_no_municipality_owes_or_sent_anything_there_is_a_sentence_and_no_figure(tmp_path: Path) -> None:
    snapshot = current_snapshot(open_installation(load_settings({}, home=tmp_path / "home")))
    with pytest.raises(UserError, match="official files alone") as refused:
        delivered_figure(snapshot, "de")
    assert (refused.value.code, snapshot.name in str(refused.value)) == ("nothing_delivered", True)
