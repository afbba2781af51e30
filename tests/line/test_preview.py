"""A preview says what accepting a file would change, in estimates and in indicators, and changes nothing."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from five_years import LATER, OFFICIAL, YEARS, deliver_again

from kkz_eval.deliveries.register.register import register_head
from kkz_eval.evaluation.headline import overall_rows
from kkz_eval.line.installation import Installation
from kkz_eval.line.intake import judge_arrivals, land
from kkz_eval.line.preview import Preview, preview_of_file, preview_of_waiting, waiting_files
from kkz_eval.line.snapshot import current_snapshot
from kkz_eval.line.study import study_of
from kkz_eval.model.errors import UserError
from kkz_eval.model.verdicts import State

OUTCOME = "schulabgaenge_ohne_abschluss"


@pytest.fixture
def own(own: Installation) -> Installation:
    """The copy, with a plan of two outcomes of two sources and two estimators."""
    plan = own.plans["modellwelt"]
    outcomes = tuple(one for one in plan.outcomes if one.indicator in (OUTCOME, "betreuungsquote_u3"))
    return replace(own, plans={plan.id: replace(plan, outcomes=outcomes, estimators=plan.estimators[:2])})


def kept(installation: Installation) -> tuple[object, Mapping[str, str]]:
    """The head of the register, and every file of the home by its digest."""
    files = (file for file in installation.settings.home.rglob("*") if file.is_file())
    return register_head(installation.steps.store), {str(file): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def take_in(installation: Installation) -> None:
    land(installation, YEARS)
    judge_arrivals(installation, YEARS)


def estimates_now(installation: Installation) -> Mapping[tuple[str, str], float]:
    rows = overall_rows(study_of(current_snapshot(installation), "modellwelt").effects_of([OUTCOME]).estimates, OUTCOME)
    return {(row["estimator"], row["aggregation"]): row["estimate"] for row in rows.to_dict("records")}


def told(preview: Preview, when: str) -> Mapping[tuple[str, str], float]:
    (plan,) = preview.plans
    (outcome,) = (one for one in plan.outcomes if one.indicator == OUTCOME)
    whole = [row for row in outcome.rows if row.event_time is None]
    return {(row.estimator, row.aggregation): getattr(row, when).estimate for row in whole}


def test_of_an_official_file_that_waits_the_estimates_are_said_as_they_then_come(own: Installation) -> None:
    file = own.settings.inbox / OFFICIAL
    good = deliver_again(own)
    file.write_bytes(good.replace(b";weiblich;", b";divers;", 1))  # a code that the contract does not know: rejected
    take_in(own)
    (waiting,) = waiting_files(current_snapshot(own))
    assert (waiting.name, waiting.is_official, waiting.dataset) == (OFFICIAL, True, "schulabgaenge_amtlich")
    before = kept(own)
    preview = preview_of_waiting(own, waiting.sha256)
    again = preview_of_file(own, good, OFFICIAL)
    assert kept(own) == before, "neither the register's head nor a single file is another one"

    assert told(preview, "before") == pytest.approx(estimates_now(own))
    (plan,) = again.plans
    assert {str(label) for label in plan.untouched}.isdisjoint(str(one.label) for one in plan.outcomes)
    assert any("day care" in str(label) for label in plan.untouched)
    moved = next(one for one in again.indicators if one.indicator == OUTCOME)
    assert {(cell.unit_id, cell.year) for cell in moved.cells} == {("05111", 2012)}
    assert (moved.new, moved.others, moved.gone) == (0, 1, 0)

    file.write_bytes(good)
    take_in(own)
    assert told(again, "now") == pytest.approx(estimates_now(own)), "what it said is what happens"
    assert waiting_files(current_snapshot(own)) == ()
    with pytest.raises(UserError) as gone:
        preview_of_waiting(own, waiting.sha256)
    assert gone.value.code == "nothing_waits"


def test_of_a_municipal_file_the_indicators_are_said_and_no_plan_that_does_not_read_it(own: Installation) -> None:
    data = (own.settings.home.parent / "later" / LATER).read_bytes()
    before = kept(own)
    preview = preview_of_file(own, data, LATER)
    assert kept(own) == before
    assert preview.plans == ()
    assert preview.indicators
    (own.settings.inbox / LATER).write_bytes(data)
    take_in(own)
    snapshot = current_snapshot(own)
    for moved in preview.indicators:
        rows = snapshot.indicator(moved.indicator, moved.dataset).indicators.to_pylist()
        now = {(row["unit_id"], row["year"]): row["value"] for row in rows if row["value"] is not None}
        assert {(cell.unit_id, cell.year): cell.now for cell in moved.cells} == now
        assert moved.new == len(now)


def test_what_no_contract_reads_and_what_tells_of_persons_is_refused_and_not_kept(own: Installation) -> None:
    before = kept(own)
    persons = "Name;Geburtsdatum;Anschrift\nErika Mustermann;12.03.2009;Hauptstraße 5\nMax Mustermann;1.4.2010;Am Wall 7\n"
    for data in (b"a;b\n1;2\n", persons.encode(), b"", io.BytesIO(b"PK\x03\x04").getvalue()):
        with pytest.raises(UserError) as refused:
            preview_of_file(own, data, "fremd.csv")
        assert refused.value.code == "preview_refused"
        assert "Mustermann" not in str(refused.value)
    assert kept(own) == before


def test_a_file_without_a_verdict_waits_too(own: Installation) -> None:
    Path(own.settings.inbox / LATER).write_bytes((own.settings.home.parent / "later" / LATER).read_bytes())
    land(own, YEARS)
    (waiting,) = waiting_files(current_snapshot(own))
    assert (waiting.name, waiting.state, waiting.is_official) == (LATER, State.PENDING.said, False)
    assert preview_of_waiting(own, waiting.sha256).indicators
