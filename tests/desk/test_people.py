"""Who may do what at the desk."""

from __future__ import annotations

from kkz_eval.desk.people import ALL_ROLES, NOBODY, Person, Role, everyone_here, known_as
from kkz_eval.model.texts import Localised


def test_nobody_sees_and_does_nothing() -> None:
    assert not NOBODY.roles
    assert not NOBODY.sees_every_unit
    assert not NOBODY.starts_runs


def test_the_person_at_a_machine_of_their_own_has_all_roles() -> None:
    assert everyone_here().roles == ALL_ROLES
    assert everyone_here().sees_every_unit
    assert everyone_here().starts_runs


def test_only_researchers_start_runs() -> None:
    assert [role for role in Role if Person("one", frozenset({role})).starts_runs] == [Role.RESEARCHER]


def test_an_approver_of_some_municipalities_sees_no_others() -> None:
    assert Person("one", frozenset({Role.APPROVER})).sees_every_unit
    assert not Person("one", frozenset({Role.APPROVER, Role.CLERK}), frozenset({"05513000"})).sees_every_unit


def test_who_is_at_a_machine_of_their_own_is_called_so_and_everybody_else_by_name() -> None:
    said = known_as(everyone_here().name)
    assert isinstance(said, Localised)
    assert said.in_language("de") == "an diesem Rechner, ohne Anmeldung"
    assert (known_as("pruefung"), known_as("")) == ("pruefung", "–")
