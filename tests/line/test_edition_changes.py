"""What is otherwise than in another edition is said by what differs in their records, verdicts first, each cause in its words."""

from __future__ import annotations

import copy
from typing import Any

from kkz_eval.line.edition_changes import Moved, changes_between
from kkz_eval.model.texts import LANGUAGES

LABEL = {"de": "Schulabgänge", "en": "School leavers"}
TITLE = {"de": "Amtliche Abgänge", "en": "Official leavers"}
RECORD: dict[str, Any] = {
    "results": {
        "a": {
            **{"label": LABEL, "verdict": "not_distinguishable", "form": "too_imprecise", "rating": "moderate"},
            **{"estimate": -0.51, "unit": {"de": "Prozentpunkte", "en": "percentage points"}, "decimals": 1},
        }
    },
    "data": {
        **{"titles": {"d": TITLE}, "deliveries": {"d": {"1" * 64: "alt.csv"}}, "editions": {"d": "2024"}},
        **{"contracts": {"d": "c1"}, "definitions": {"a": "i1"}, "values": {"a": "v1"}, "states": "s1", "year": 2025},
    },
    "plan_content": {"outcomes": [{"indicator": "a", "window": [2006, 2018]}], "texts": {"question": {"de": "Was?"}}},
    "standing": {"standing": "followed"},
    "code": {"evaluation": "e1", "report": "r1", "rules": 1, "versions": {"kkz-eval": "0.5.0"}},
    "publisher": ["", ""],
}


def otherwise(*path: str, to: object) -> dict[str, Any]:
    """The record with something else in one place."""
    record = copy.deepcopy(RECORD)
    place = record
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = to
    return record


def told(now: dict[str, Any], moved: dict[str, Moved] | None = None, parts: dict | None = None) -> list[tuple[str, str]]:
    changes = changes_between(RECORD, now, moved, parts or {})
    assert all(change.said.in_language(language) for change in changes for language in LANGUAGES)
    return [(change.kind, change.said.in_language("de")) for change in changes]


def test_of_the_same_nothing_is_said() -> None:
    assert told(copy.deepcopy(RECORD)) == []


def test_another_verdict_is_said_with_the_former() -> None:
    ((kind, said),) = told(otherwise("results", "a", "verdict", to="not_comparable"))
    assert (kind, said) == (
        "verdict",
        "„Schulabgänge“: Das Urteil lautet jetzt „nicht vergleichbar“, davor lautete es „nicht zu unterscheiden“.",
    )


def test_another_reason_rating_and_number_are_said_where_the_verdict_stayed() -> None:
    assert "aus einem anderen Grund" in told(otherwise("results", "a", "form", to="condition_failed:family"))[0][1]
    assert "ist jetzt gering, davor war es mäßig" in told(otherwise("results", "a", "rating", to="low"))[0][1]
    assert "ergibt jetzt −0,7 Prozentpunkte, davor −0,5." in told(otherwise("results", "a", "estimate", to=-0.7))[0][1]
    assert "hinter den gezeigten Stellen" in told(otherwise("results", "a", "estimate", to=-0.52))[0][1]
    assert told(otherwise("results", "a", "estimate", to=None)) == [], "no estimate is told where the comparison carries none"


def test_outcomes_that_came_and_went() -> None:
    assert "davor gab es keines" in told(otherwise("results", "b", to=RECORD["results"]["a"]))[0][1]
    assert "gibt es kein Urteil mehr" in told(otherwise("results", to={}))[0][1]


def test_deliveries_are_new_take_the_place_of_others_or_no_longer_hold() -> None:
    old, new, other = "1" * 64, "2" * 64, "3" * 64
    parts = {old: frozenset({("05111", 2012)}), new: frozenset({("05111", 2012)}), other: frozenset({("05111", 2013)})}
    now = otherwise("data", "deliveries", "d", to={old: "alt.csv", new: "andere.csv", other: "weiter.csv"})
    assert told(now, parts=parts) == [
        ("data", "Amtliche Abgänge: neue Lieferungen, Anzahl 1 (weiter.csv)."),
        ("data", "Amtliche Abgänge: Lieferungen, die an die Stelle früherer treten, Anzahl 1 (andere.csv)."),
    ]
    assert told(otherwise("data", "deliveries", to={})) == [
        ("data", "Amtliche Abgänge: Lieferungen, die nicht mehr gelten, Anzahl 1 (alt.csv).")
    ]


def test_values_that_moved_are_counted_where_the_former_are_known_and_not_guessed_else() -> None:
    now = otherwise("data", "values", "a", to="v2")
    ((_, counted),) = told(now, {"a": Moved(1210, 3, 40, 1)})
    assert counted == "„Schulabgänge“: Werte: 1.210, davon andere als davor: 3, neu: 40; weggefallen: 1."
    assert "nicht mehr festzustellen" in told(now)[0][1]


def test_an_outcome_without_a_verdict_is_called_by_its_name() -> None:
    now = otherwise("data", "values", to={"a": "v1", "umfeld": "v2"})
    before = otherwise("data", "values", to={"a": "v1", "umfeld": "v1"})
    now["labels"] = {"umfeld": {"de": "Geburten", "en": "Births"}}
    ((_, said),) = [
        (change.kind, change.said.in_language("de")) for change in changes_between(before, now, {"umfeld": Moved(9, 1, 0, 0)}, {})
    ]
    assert said.startswith("„Geburten“: Werte: 9,")


def test_each_cause_has_its_words() -> None:
    assert told(otherwise("data", "editions", "d", to="2025"))[0] == (
        "data",
        "Amtliche Abgänge: Verwendet wird jetzt die Ausgabe 2025, davor war es 2024.",
    )
    for path, words in {
        ("data", "definitions", "a"): "Festlegung der Kennzahl",
        ("data", "contracts", "d"): "Regeln, nach denen Lieferungen geprüft werden",
        ("data", "states"): "Stand der Lieferungen",
        ("code", "evaluation"): "Programm der Auswertung",
        ("code", "report"): "das der Auswertung ist dasselbe",
        ("code", "rules"): "Regeln für die Urteile",
    }.items():
        ((kind, said),) = told(otherwise(*path, to="x"))
        assert (kind, words in said) == (path[0], True)
    assert told(otherwise("data", "year", to=2026))[0][1].startswith("Es ist jetzt das Jahr 2026, davor war es 2025")


def test_a_changed_plan_is_told_key_by_key_and_texts_by_their_name() -> None:
    outcomes = [{"indicator": "a", "window": [2006, 2019]}]
    assert told(otherwise("plan_content", "outcomes", to=outcomes)) == [
        ("plan", "Im Plan steht bei outcomes[a].window jetzt 2006, 2019, davor stand da 2006, 2018.")
    ]
    assert told(otherwise("plan_content", "texts", "question", "de", to="Wie?")) == [
        ("plan", "Im Plan lautet der Text texts.question.de anders.")
    ]
    assert told(otherwise("standing", "standing", to="deviating"))[0][0] == "plan"
