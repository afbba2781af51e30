"""A lock survives its text form; every key and every baseline that differs from it is named; nothing else is."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from kkz_eval.evaluation.baseline import Baseline
from kkz_eval.evaluation.lock import Lock, Standing, conformity, lock_of_plan, published, read_lock
from kkz_eval.evaluation.plan import Matching, Measured, Plan, plan_digest
from kkz_eval.evaluation.plan_file import parse_plan
from kkz_eval.evaluation.problems import PlanInvalid
from kkz_eval.model.errors import UserError

DATA = {
    "plan_version": 1,
    "id": "main",
    "outcomes": [{"indicator": "a", "role": "primary", "window": [2007, 2015]}, {"indicator": "b"}],
    "estimators": [{"id": "twfe", "method": "twfe"}, {"id": "es", "method": "event_study"}],
    "treated_cohorts": [2012],
    "title": {"de": "Größe: „ja“", "en": "Title"},
    "sources": {"a": "inkar", "b": "inkar"},
    "inference": {"level": 0.9},
}


def _plan(**changes: object) -> Plan:
    return parse_plan({**DATA, **changes}, "p.yaml")


def _baseline(**values: float) -> Baseline:
    rows = [(name, "u1", "treated", 2010, value) for name, value in sorted({"a": 1.0, "b": 2.0, **values}.items())]
    return Baseline(pd.DataFrame(rows, columns=["indicator", "unit_id", "group", "year", "value"]), 2012)


@pytest.fixture
def lock() -> Lock:
    return lock_of_plan(_plan(), _baseline(), "2026-01-31", 0)


def _paths(plan: Plan, lock: Lock, baseline: Baseline | None = None) -> list[object]:
    found = conformity(plan, lock, _baseline() if baseline is None else baseline).deviations
    return [deviation.parameters.get("path", deviation.parameters.get("indicator")) for deviation in found]


def test_a_lock_survives_its_text_form(lock: Lock) -> None:
    assert read_lock(lock.to_bytes(), "x.lock") == lock
    assert read_lock(lock.to_bytes(), "x.lock").to_bytes() == lock.to_bytes()
    assert (lock.plan_digest, lock.until) == (plan_digest(_plan()), 2010)


def test_the_same_plan_and_baseline_follow_the_lock(lock: Lock) -> None:
    found = conformity(_plan(), lock, _baseline())
    assert (found.standing, found.deviations) == (Standing.FOLLOWED, ())
    assert tuple(said.in_language("de") for said in found.sentences) == (
        "Der Plan main wurde am 2026-01-31 festgelegt; die Ergebnisse folgen ihm ohne Abweichung.",
    )


@pytest.mark.parametrize(
    ("changes", "paths"),
    [
        ({"inference": {"level": 0.95}}, ["inference.level"]),
        ({"treated_cohorts": [2012, 2017]}, ["treated_cohorts"]),
        ({"treated_cohorts": None}, ["treated_cohorts"]),
        ({"reference": "not_yet"}, ["reference"]),
        ({"outcomes": DATA["outcomes"][:1]}, ["outcomes[b]", "outcomes[b].role"]),
        ({"outcomes": [{"indicator": "b"}, {**DATA["outcomes"][0], "earliest_plausible_year": 2014}]},
         ["outcomes[a].earliest_plausible_year"]),
        ({"outcomes": [{**DATA["outcomes"][0], "window": [2008, 2015]}, {"indicator": "b"}]}, ["outcomes[a].window"]),
        ({"estimators": [{"id": "twfe", "method": "twfe"}]}, ["estimators[es]", "estimators[es].method"]),
        ({"matching": {"method": "entropy_balancing", "covariates": [{"indicator": "a"}]}},
         ["matching.covariates", "matching.method", "matching.metric", "matching.neighbours", "matching.replacement", "weight"]),
        ({"checks": {"smd": 0.1}}, ["checks.smd"]),
        ({"title": {"de": "Anders", "en": "Title"}}, ["title.de"]),
        ({"seed": 2}, ["seed"]),
        ({"comparison": {"within": ["kind"]}}, ["comparison.within"]),
        ({"audit": {}}, ["audit"]),
        ({"audit": {"law": "need"}}, ["audit", "audit.law"]),
        ({"specifications": [{"id": "two_way", "comparison": {}}]},
         ["specifications[two_way]", "specifications[two_way].comparison", "specifications[two_way].controls"]),
        ({"outcomes": [{**DATA["outcomes"][0], "scale": "log"}, {"indicator": "b"}]}, ["outcomes[a].scale"]),
    ],
)  # fmt: skip
def test_every_key_that_differs_is_named_and_no_other(lock: Lock, changes: dict[str, object], paths: list[str]) -> None:
    plan = _plan(**changes)
    assert _paths(plan, lock) == paths
    found = conformity(plan, lock, _baseline())
    assert found.standing is Standing.DEVIATING
    assert str(len(paths)) in found.headline.in_language("en")
    assert len(found.sentences) == 1 + len(paths)


def test_a_deviation_says_what_was_and_what_is(lock: Lock) -> None:
    said = conformity(_plan(inference={"level": 0.95}), lock, _baseline()).sentences[1].in_language("de")
    assert said == "inference.level: festgelegt war 0.9, jetzt steht da 0.95."


def test_lists_are_shown_as_people_write_them(lock: Lock) -> None:
    matching = {"method": "entropy_balancing", "covariates": [{"indicator": "a"}, {"indicator": "b", "measure": "trend"}]}
    said = conformity(_plan(matching=matching), lock, _baseline()).sentences[1].in_language("en")
    assert said == "matching.covariates: locked was –, now it says a level, b trend."


def test_a_key_that_plans_did_not_have_when_locked_had_its_default(lock: Lock) -> None:
    older = {key: value for key, value in lock.plan.items() if key not in {"checks", "matching", "variant_of"}}
    assert _paths(_plan(), replace(lock, plan=older)) == []
    assert _paths(_plan(checks={"smd": 0.1}), replace(lock, plan=older)) == ["checks.smd"]


def test_a_lock_that_states_the_default_of_a_later_key_is_followed(lock: Lock) -> None:
    stated = {**lock.plan, "inference": {**lock.plan["inference"], "quantiles": "normal"}, "headline": None}
    assert _paths(_plan(), replace(lock, plan=stated)) == []
    changed = _plan(inference={"level": 0.9, "quantiles": "t"}, headline="es")
    assert _paths(changed, lock) == _paths(changed, replace(lock, plan=stated)) == ["headline", "inference.quantiles"]


def test_a_report_in_another_language_is_no_deviation(lock: Lock) -> None:
    assert conformity(_plan(languages=["en"]), lock, _baseline()).standing is Standing.FOLLOWED


def test_a_changed_baseline_is_named_by_its_indicator(lock: Lock) -> None:
    assert _paths(_plan(), lock, _baseline(b=2.0000001)) == ["b"]
    assert _paths(_plan(), lock, _baseline(c=1.0)) == ["c"]
    gone = Baseline(_baseline().values.iloc[:1], 2012)
    assert _paths(_plan(), lock, gone) == ["b"]
    assert _paths(_plan(), lock, Baseline(_baseline().values, 2012)) == []


def test_a_variant_is_exploratory_and_lists_how_it_differs(lock: Lock) -> None:
    variant = _plan(id="wider", variant_of="main", inference={"level": 0.8})
    found = conformity(variant, lock, _baseline())
    assert found.standing is Standing.EXPLORATORY
    assert [d.parameters["path"] for d in found.deviations] == ["inference.level"]
    assert found.headline.in_language("en").startswith("Exploratory: the plan wider is a variant of the plan main")
    assert conformity(variant, None, _baseline()).standing is Standing.EXPLORATORY
    assert "nicht festgelegt" in conformity(variant, None, _baseline()).headline.in_language("de")


def test_without_a_lock_a_plan_is_unlocked_and_reports_before_it_are_told(lock: Lock) -> None:
    assert conformity(_plan(), None, _baseline()).standing is Standing.UNLOCKED
    assert "3" in conformity(_plan(), replace(lock, reports_before=3), _baseline()).headline.in_language("de")


def test_a_lock_that_replaced_another_is_a_deviation(lock: Lock) -> None:
    found = conformity(_plan(), lock, _baseline(), replaced="2025-12-01")
    assert found.standing is Standing.DEVIATING
    assert "2025-12-01" in found.sentences[1].in_language("de")


@pytest.mark.parametrize(
    ("old", "new", "code", "where"),
    [
        (b"level: 0.9", b"level: 0.8", "lock_changed", "„plan“"),
        (b"lock_version: 1", b"lock_version: 9", "lock_unreadable", "lock_version (Zeile 1)"),
        (b"reports_before: 0", b"reports_before: none", "lock_unreadable", "reports_before (Zeile 4)"),
        (b"reports_before: 0", b"reports_before: 0\nreports_before: 1", "lock_unreadable", "reports_before (Zeile 5)"),
        (b"locked_on", b"locked", "lock_unreadable", "locked (Zeile 3)"),
        (b"id: main", b"id: [", "lock_unreadable", "von Zeile 2 an"),
        (b"id: main", b"id: \xff", "lock_unreadable", "Zeile 2"),
    ],
)
def test_a_lock_changed_by_hand_is_refused(lock: Lock, old: bytes, new: bytes, code: str, where: str) -> None:
    with pytest.raises(UserError) as error:
        read_lock(lock.to_bytes().replace(old, new, 1), "main.lock")
    assert error.value.code == code
    assert "main.lock" in error.value.sentence.in_language("de")
    assert where in error.value.sentence.in_language("de")


def test_without_a_baseline_nothing_is_locked() -> None:
    with pytest.raises(UserError) as error:
        lock_of_plan(_plan(), Baseline(_baseline().values.iloc[:0], 2012), "2026-01-31", 0)
    assert error.value.code == "lock_without_baseline"


def test_a_plan_with_a_matching_can_be_locked() -> None:
    plan = replace(_plan(), matching=Matching("nearest_neighbour", (Measured("a"),), caliper=0.1), weight="weight")
    lock = lock_of_plan(plan, _baseline(), "2026-01-31", 0)
    assert conformity(plan, read_lock(lock.to_bytes(), "x"), _baseline()).standing is Standing.FOLLOWED


AT = {"at": "https://registry.example/main", "day": "2026-02-01"}


def test_where_a_lock_was_published_is_no_part_of_what_was_laid_down(lock: Lock) -> None:
    plan = _plan(registered=AT)
    assert plan_digest(plan) == plan_digest(_plan())
    assert conformity(plan, lock, _baseline()).standing is Standing.FOLLOWED
    said = published(plan, lock)
    assert said is not None
    assert said.in_language("de").startswith(
        "Die Festlegung ist veröffentlicht: https://registry.example/main, seit dem 2026-02-01."
    )
    assert lock.plan_digest in said.in_language("en")


@pytest.mark.parametrize(
    ("registered", "locked", "words"),
    [
        (None, True, "ist nicht veröffentlicht"),
        ({**AT, "day": "2026-01-01"}, True, "kann dort damals nicht gestanden haben"),
        (AT, False, "festgelegt ist der Plan hier aber nicht"),
    ],
)
def test_what_is_not_published_is_not_said_to_be(lock: Lock, registered: object, locked: bool, words: str) -> None:
    said = published(_plan(**({} if registered is None else {"registered": registered})), lock if locked else None)
    assert said is not None
    assert words in said.in_language("de")


def test_of_a_plan_that_is_neither_locked_nor_published_nothing_is_said() -> None:
    assert published(_plan(), None) is None


@pytest.mark.parametrize("wrong", [{"at": "registry"}, {"at": "https://a b"}, {**AT, "day": "gestern"}, {"day": "2026-02-01"}])
def test_a_place_of_publication_needs_an_address_and_a_day(wrong: dict[str, str]) -> None:
    with pytest.raises(PlanInvalid):
        _plan(registered=wrong)
