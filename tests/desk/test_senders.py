"""Who sends a request."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from kkz_eval.desk.people import Person, Role, everyone_here
from kkz_eval.desk.people_file import PeopleInvalid
from kkz_eval.desk.refusals import Refused
from kkz_eval.desk.senders import NamedByProxy, at_this_machine
from kkz_eval.model.errors import Problem

STEWARD = Person("pruefung", frozenset({Role.STEWARD}))
SOCKET = {"server": ("/run/kkz-desk/desk.sock", None), "client": None}
NETWORK = {"server": ("127.0.0.1", 3000), "client": ("127.0.0.1", 50000)}
NAMED = (b"x-desk-user", b"pruefung")


def sent(way: Mapping[str, object], *headers: tuple[bytes, bytes]) -> dict[str, object]:
    """A request as the server hands it on."""
    return {"type": "http", **way, "headers": list(headers)}


def named_by_proxy(*headers: tuple[bytes, bytes]) -> Person | None:
    """Whom these headers name over the socket."""
    return NamedByProxy(lambda: {"pruefung": STEWARD})(sent(SOCKET, *headers))


def test_who_sits_at_the_machine_is_the_one_person() -> None:
    assert at_this_machine(sent(NETWORK)) == everyone_here()
    assert at_this_machine(sent({**NETWORK, "client": ("::1", 50000)})) == everyone_here()


@pytest.mark.parametrize("client", [("192.0.2.7", 50000), None, ("", 0)])
def test_who_comes_from_another_machine_is_nobody(client: object) -> None:
    assert at_this_machine(sent({**NETWORK, "client": client})) is None


@pytest.mark.parametrize("header", [b"x-desk-user", b"X-Desk-User", b"x_desk_user"])
def test_a_name_in_a_header_is_refused_where_no_proxy_stands_before(header: bytes) -> None:
    with pytest.raises(Refused):
        at_this_machine(sent(NETWORK, (header, b"pruefung")))


def test_the_proxy_names_the_person_over_its_socket() -> None:
    assert named_by_proxy(NAMED) == STEWARD


def test_the_same_name_by_the_network_is_refused() -> None:
    for way in (NETWORK, {**SOCKET, "client": ("127.0.0.1", 1)}, {**NETWORK, "client": None}, {"server": None, "client": None}):
        with pytest.raises(Refused):
            NamedByProxy(lambda: {"pruefung": STEWARD})(sent(way, NAMED))


@pytest.mark.parametrize(
    "headers",
    [
        (),
        (NAMED, NAMED),
        (NAMED, (b"x_desk_user", b"x")),
        ((b"x-desk-user", b""),),
        ((b"x-desk-user", b"PRUEFUNG"),),
        ((b"x-desk-user", b"\xff"),),
    ],
)
def test_no_name_two_names_and_unknown_names_are_nobody(headers: tuple[tuple[bytes, bytes], ...]) -> None:
    assert named_by_proxy(*headers) is None


def test_while_the_file_of_people_is_faulty_nobody_gets_in() -> None:
    def faulty() -> Mapping[str, Person]:
        raise PeopleInvalid("people.yaml", [Problem("file_missing")])

    with pytest.raises(Refused) as caught:
        NamedByProxy(faulty)(sent(SOCKET, NAMED))
    assert (caught.value.status, caught.value.reason) == (503, "people_file")
