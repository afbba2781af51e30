"""The file of those who may use the desk."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from benchmarks.faults import storage
from kkz_eval.desk.people import Person, Role
from kkz_eval.desk.people_file import PeopleFile, PeopleInvalid, read_people

DATASETS = ("geburten_fruehe_hilfen", "hilfen_zur_erziehung")
FILE = """\
people:
  pruefung: {roles: [steward, approver]}
  koordination:
    roles: [clerk]
    units: ['05513000', '05513', JH05374012]
  jugendamt:
    roles: [clerk, reader]
    units: ['05513000']
    datasets: [hilfen_zur_erziehung]
"""


def people(text: str) -> dict[str, Person]:
    """Those whom a text names."""
    return read_people(text.encode(), "people.yaml", DATASETS)


def said(text: str) -> str:
    """What is wrong with a text, in German."""
    with pytest.raises(PeopleInvalid) as caught:
        people(text)
    return caught.value.sentence.in_language("de")


def test_an_office_hands_in_its_own_and_a_coordinator_all_of_its_municipality() -> None:
    assert people(FILE) == {
        "pruefung": Person("pruefung", frozenset({Role.STEWARD, Role.APPROVER})),
        "koordination": Person("koordination", frozenset({Role.CLERK}), frozenset({"05513000", "05513", "JH05374012"})),
        "jugendamt": Person(
            "jugendamt", frozenset({Role.CLERK, Role.READER}), frozenset({"05513000"}), frozenset({"hilfen_zur_erziehung"})
        ),
    }


@pytest.mark.parametrize(
    ("entry", "line", "words"),
    [
        ("{roles: [stewart]}", 2, "steward"),
        ("{roles: []}", 2, "Rolle"),
        ("{}", 2, "roles"),
        ("{roles: steward}", 2, "roles"),
        ("{roles: [steward], units: ['05513000']}", 2, "clerk"),
        ("{roles: [reader], datasets: [hilfen_zur_erziehung]}", 2, "clerk"),
        ("{roles: [approver], datasets: [hilfen_zur_erziehung]}", 2, "units"),
        ("{roles: [clerk]}", 2, "units"),
        ("{roles: [clerk], units: []}", 2, "units"),
        ("{roles: [clerk], units: [05513000]}", 2, "05513000"),
        ("{roles: [clerk], units: ['5513000']}", 2, "5513000"),
        ("{roles: [clerk], units: ['05513000'], datasets: [hilfen_zur_erzihung]}", 2, "hilfen_zur_erziehung"),
        ("{roles: [clerk], units: ['05513000'], datasets: []}", 2, "datasets"),
        ("{roles: [reader], admin: true}", 2, "admin"),
        ("{roles: [reader]}\n  eins: {roles: [reader]}", 3, "eins"),
        ("null", 2, "eins"),
    ],
)
def test_a_fault_is_said_with_its_line(entry: str, line: int, words: str) -> None:
    sentence = said(f"people:\n  eins: {entry}\n")
    assert f"Zeile {line}" in sentence
    assert words in sentence


@pytest.mark.parametrize("name", ["'zwei Worte'", "ü", "'a\"b'", "'-'", "a/b", "'" + "a" * 65 + "'"])
def test_a_name_that_no_proxy_hands_on_as_it_is_is_a_fault(name: str) -> None:
    assert "Zeile 2" in said(f"people:\n  {name}: {{roles: [reader]}}\n")


@pytest.mark.parametrize("text", ["", "[]", "people: []", "persons: {}", "people: {a: {roles: [reader]}}\nmore: 1"])
def test_what_is_no_such_file_is_a_fault(text: str) -> None:
    assert "people" in said(text)


def test_the_file_is_read_again_when_it_changes(tmp_path: Path) -> None:
    path = tmp_path / "people.yaml"
    path.write_text(FILE)
    path.chmod(0o640)
    file = PeopleFile(path, DATASETS)
    assert "pruefung" in file()
    assert file() is file()
    path.write_text("people:\n  neu: {roles: [reader]}\n")
    assert set(file()) == {"neu"}


def test_while_the_file_is_faulty_it_names_nobody(tmp_path: Path) -> None:
    path = tmp_path / "people.yaml"
    path.write_text(FILE)
    path.chmod(0o640)
    file = PeopleFile(path, DATASETS)
    file()
    for faulty in ("people: {", None):
        if faulty is None:
            path.unlink()
        else:
            path.write_text(faulty)
        for _ in range(2):
            with pytest.raises(PeopleInvalid):
                file()
    path.write_text(FILE)
    path.chmod(0o640)
    assert "pruefung" in file()


@pytest.mark.parametrize("mode", [0o660, 0o646])
def test_a_file_that_others_can_write_counts_for_nothing(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "people.yaml"
    path.write_text(FILE)
    os.chmod(path, mode)
    with pytest.raises(PeopleInvalid) as caught:
        PeopleFile(path, DATASETS)()
    assert "chmod" in caught.value.sentence.in_language("de")


def test_a_file_of_which_the_disk_cannot_tell_who_may_write_it_names_nobody(tmp_path: Path) -> None:
    path = tmp_path / "people.yaml"
    path.write_text("people:\n  pruefung: {roles: [steward]}\n", encoding="utf-8")
    path.chmod(0o666)
    file = PeopleFile(path, DATASETS)
    with storage(tmp_path, at=1), pytest.raises(PeopleInvalid, match="the disk reports an error"):
        file()
    path.chmod(0o640)
    assert set(file()) == {"pruefung"}
