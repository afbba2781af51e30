"""Two editions side by side show the numbers of their own files, and say what moved them."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from five_years import DAY, OFFICIAL, make_five_years, make_three_editions, opened

from kkz_eval.line.installation import Installation
from kkz_eval.line.side_by_side import (
    CODE,
    DATA,
    PLAN,
    OutcomeBeside,
    SideBySide,
    edition_named,
    judged_in,
    kept_editions,
    side_by_side,
)
from kkz_eval.model.errors import UserError

OUTCOME = "schulabgaenge_ohne_abschluss"


@pytest.fixture
def installation(made_once: Callable[[str, Callable[[Path], object]], Path]) -> Installation:
    """A world with three editions: the second with a corrected delivery, the third of another plan too: one estimator, two outcomes, other years."""

    return opened(made_once("three_editions", lambda world: make_three_editions(world, made_once("five_years", make_five_years))))


def beside(installation: Installation, before: int, now: int) -> SideBySide:
    found = [edition_named(installation, f"modellwelt/{number}") for number in (before, now)]
    return side_by_side(installation, *found)


def outcome_of(found: SideBySide, indicator: str = OUTCOME) -> OutcomeBeside:
    return next(one for one in found.outcomes if one.indicator == indicator)


def written(installation: Installation, folder: str) -> Mapping[tuple[str, str], Mapping[str, str]]:
    """The rows of the file for all years, as anyone would read them from estimates.csv."""
    text = (installation.settings.home / folder / "estimates.csv").read_text(encoding="utf-8")
    rows = [row for row in csv.DictReader(io.StringIO(text)) if row["indicator"] == OUTCOME and row["term"] == "att"]
    whole = [row for row in rows if not (row["cohort"] or row["year"] or row["event_time"])]
    return {(row["estimator"], row["aggregation"]): row for row in whole}


def digests(home: Path) -> Mapping[str, str]:
    return {str(file): hashlib.sha256(file.read_bytes()).hexdigest() for file in home.rglob("*") if file.is_file()}


def test_new_data_move_an_estimate_and_the_delivery_is_named(installation: Installation) -> None:
    before = digests(installation.settings.home)
    found = beside(installation, 1, 2)
    assert digests(installation.settings.home) == before, "whoever compares writes nothing"
    assert [one.name for one in kept_editions(installation)] == ["modellwelt/3", "modellwelt/2", "modellwelt/1"]

    outcome = outcome_of(found)
    then, now = (written(installation, one.folder) for one in (found.before, found.now))
    whole = [row for row in outcome.rows if row.event_time is None]
    assert {(row.estimator, row.aggregation) for row in whole} == then.keys() == now.keys()
    assert {row.estimator for row in outcome.rows} == {"twfe", "es"}, "of an event study the years stand alone"
    for row in whole:
        old, new = (rows[(row.estimator, row.aggregation)] for rows in (then, now))
        assert (row.before.estimate, row.now.estimate) == (float(old["estimate"]), float(new["estimate"]))
        assert (row.before.low, row.now.high) == (float(old["conf_low"]), float(new["conf_high"]))
        assert row.difference == float(new["estimate"]) - float(old["estimate"]) != 0
        assert (row.now.n_units, row.now.n_treated) == (int(new["n_units"]), int(new["n_treated"]))
    assert [row.decides for row in outcome.rows].count(True) == 1

    assert outcome.causes == (DATA,)
    assert outcome.why.in_language("de") == "Bewegt hat sich das allein durch die Daten."
    (changed,) = found.deliveries
    data = (installation.settings.inbox / OFFICIAL).read_bytes()
    assert (changed.what, changed.name, changed.sha256) == ("corrected", OFFICIAL, hashlib.sha256(data).hexdigest())
    assert (changed.day, {year for _, year in changed.parts}) == ((DAY + timedelta(days=2)).isoformat(), {2012})
    assert changed.number == max(arrival.number for arrival in installation.register().arrivals)
    told = [(change["kind"], change["de"]) for change in found.now.record["changes"]]
    assert [(change.kind, change.said.in_language("de")) for change in found.changes] == told, "in the words of the report"


def test_another_plan_and_another_program_are_told_from_data(installation: Installation) -> None:
    found = outcome_of(beside(installation, 2, 3))
    assert (found.causes, any(row.difference for row in found.rows)) == ((PLAN,), True)
    both = outcome_of(beside(installation, 1, 3))
    assert both.causes == (DATA, PLAN)
    assert "durch die Daten und den Plan. Was davon wie viel bewegt" in both.why.in_language("de")

    two, three = (edition_named(installation, f"modellwelt/{number}") for number in (2, 3))
    data = {
        **two.record["data"],
        "deliveries": {"schulabgaenge_amtlich": two.record["data"]["deliveries"]["schulabgaenge_amtlich"]},
    }
    of_fewer = side_by_side(installation, replace(two, record={**two.record, "data": data}), three)
    assert outcome_of(of_fewer).causes == (PLAN,), "a dataset that one plan alone reads is no other data"
    assert of_fewer.deliveries == ()

    one, two = (edition_named(installation, f"modellwelt/{number}") for number in (1, 2))
    same = outcome_of(side_by_side(installation, one, one))
    assert (same.causes, same.why.in_language("de")) == ((), "Unverändert.")
    code = {**two.record["code"], "versions": {**two.record["code"]["versions"], "scipy": "0.1"}}
    elsewhere = replace(two, record={**two.record, "code": code})
    assert outcome_of(side_by_side(installation, one, elsewhere)).causes == (DATA, CODE)


def test_an_estimator_or_an_outcome_of_one_edition_only_stands_alone(installation: Installation) -> None:
    found = beside(installation, 2, 3)
    gone = [row for row in outcome_of(found).rows if row.now is None]
    assert {row.estimator for row in gone} == {"es"}
    assert all(row.difference is None for row in gone)
    new = outcome_of(found, installation.plans["modellwelt"].outcomes[1].indicator)
    assert (new.judged_before, all(row.before is None for row in new.rows)) == (None, True)
    assert new.why.in_language("en") == "Only one of the two editions estimates this."


def test_an_edition_that_is_not_kept_is_refused_in_a_sentence(installation: Installation) -> None:
    for name in ("modellwelt/7", "modellwelt", "nichts/1", "", "../1"):
        with pytest.raises(UserError) as refused:
            edition_named(installation, name)
        assert refused.value.code == "edition_not_kept"


def test_a_verdict_that_changed_while_its_estimates_did_not_is_not_called_unchanged(installation: Installation) -> None:
    one = edition_named(installation, "modellwelt/1")
    result = one.record["results"][OUTCOME]
    plan = {**one.record["plan_content"], "audit": None, "negative_controls": ["geburten_je_1000"]}
    for changed in (
        {"verdict": "not_comparable", "form": "audit"},
        {"rating": "critical"},
        {"estimate": 1.0, "interval": [0.5, 2.0]},
    ):
        record = {**one.record, "results": {**one.record["results"], OUTCOME: {**result, **changed}}}
        of_another_plan = outcome_of(side_by_side(installation, one, replace(one, record={**record, "plan_content": plan})))
        assert not any(row.is_moved for row in of_another_plan.rows)
        assert of_another_plan.causes == (PLAN,)
        assert of_another_plan.why.in_language("de").startswith("Die Schätzungen sind unverändert; das Urteil,")
        assert of_another_plan.why.in_language("de").endswith("durch den Plan.")
        unexplained = outcome_of(side_by_side(installation, one, replace(one, record=record)))
        assert "obwohl Daten, Plan und Programm dieselben sind" in unexplained.why.in_language("de")


def test_the_range_of_a_verdict_is_the_one_of_the_report(installation: Installation) -> None:
    one = edition_named(installation, "modellwelt/1")
    result = {**one.record["results"][OUTCOME], "estimate": -1.05, "interval": [-1.62, -0.45], "verdict": "difference_desired"}
    judged = judged_in({**one.record, "results": {OUTCOME: result}})[OUTCOME]
    assert (judged.estimate, judged.low, judged.high) == (-1.05, -1.62, -0.45)
    assert judged.verdict.in_language("de") == "Unterschied in erwünschter Richtung"
    not_told = judged_in({**one.record, "results": {OUTCOME: {**result, "estimate": None, "interval": None}}})[OUTCOME]
    assert (not_told.estimate, not_told.low, not_told.high) == (None, None, None)
