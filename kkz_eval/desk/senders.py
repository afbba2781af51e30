"""Who sends a request: the one person at their own machine, or whom the proxy names. Not who may do what (people, people_file)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from ipaddress import ip_address

from starlette.types import Scope

from kkz_eval.desk.guard import USER_HEADER
from kkz_eval.desk.people import Person, everyone_here
from kkz_eval.desk.refusals import Refused
from kkz_eval.model.errors import UserError


def at_this_machine(scope: Scope) -> Person | None:
    """The person at a machine of their own. Nobody for another machine; raises Refused for a name in a header, which counts nowhere but behind a proxy."""
    if _named(scope):
        raise Refused(HTTPStatus.BAD_REQUEST, "user_header")
    client = scope.get("client")
    return everyone_here() if client is not None and _is_here(str(client[0])) else None


@dataclass(frozen=True)
class NamedByProxy:
    """Whom the proxy names over the socket that only it can open. people: asked for each request, so that a change of the file counts at once."""

    people: Callable[[], Mapping[str, Person]]

    def __call__(self, scope: Scope) -> Person | None:
        """The person of that name; nobody where none or several are named. Raises Refused where the request came by a network."""
        server = scope.get("server")
        if scope.get("client") is not None or server is None or server[1] is not None:
            raise Refused(HTTPStatus.FORBIDDEN, "no_socket")
        names = _named(scope)
        try:
            return self.people().get(names[0].decode("latin-1")) if len(names) == 1 else None
        except UserError as error:  # what the file says is not certain: nobody may do anything until it is
            raise Refused(HTTPStatus.SERVICE_UNAVAILABLE, "people_file") from error


def _named(scope: Scope) -> list[bytes]:
    return [value for name, value in scope["headers"] if name.decode("latin-1").lower().replace("_", "-") == USER_HEADER]


def _is_here(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False
