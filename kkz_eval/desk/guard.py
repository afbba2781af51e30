"""The guard around everything that the desk serves, pages and websockets: no page of another site can act, nobody sees what is not theirs.

Belongs here: what is refused before anything else looks at a request. Does not belong here: who somebody is (people, handed in), pages.

Measured on Dagster's own server: mutations ran with a foreign Host by GET, by POST as text/plain with the query in the address, and by a media
type that merely contains "application/json"; websockets asked for no Origin; `/report_asset_*` took a POST without a type; a server that was
to be read only ran a mutation all the same. So a request passes here only in the one form that the pages send.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import parse_qsl, unquote, urlsplit

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kkz_eval.desk.graphql_requests import Asks, Unreadable, asked_in_body, asked_in_request
from kkz_eval.desk.people import Person

DAGSTER = "/dagster"
SAFE_METHODS = frozenset({"GET", "HEAD"})
METHODS = SAFE_METHODS | {"POST"}
MOST_OF_A_QUERY = 1_000_000  # bytes of the body of a request in GraphQL
MOST_OF_A_BODY = 200_000_000  # bytes of any body
_IN_ADDRESS = frozenset({"query", "variables", "operationName", "extensions"})
_NOT_AT_ALL = (
    "/report_asset_materialization",
    "/report_asset_check",
    "/report_asset_observation",
    "/download_debug",
    "/notebook",
)
_BY_LAUNCHERS = ("/logs",)
_HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",  # not "no-referrer": the own forms would come with the Origin "null"
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}

Who = Callable[[Scope], Person | None]
"""Whoever sends a request; None where nobody can be named."""


class Refused(Exception):
    """A request that goes no further. status: of the answer; reason: a word for the log, never what was sent."""

    def __init__(self, status: HTTPStatus, reason: str) -> None:
        self.status, self.reason = status, reason
        super().__init__(reason)


@dataclass(frozen=True)
class Guard:
    """An application that passes to another what may pass.

    hosts: names under which the desk is reached, with their port as browsers write them; who: names the sender; log: is told the name of the
    person, method, path and reason of each refusal. The person stands in `scope["person"]` for what comes after.
    """

    app: ASGIApp
    hosts: frozenset[str]
    who: Who
    log: Callable[[str, str, str, str], None]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, or answer with a refusal."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        person: Person | None = None
        try:
            headers = _headers(scope)
            path = _plain_path(scope)
            self._from_here(scope, headers)
            person = self._sender(scope)
            receive = await _admitted(path, scope, receive, headers, person)
            await self.app({**scope, "person": person}, receive, _with_headers(send))
        except Refused as refused:
            name = "" if person is None else person.name
            self.log(name, str(scope.get("method", "websocket")), str(scope["path"])[:200], refused.reason)
            await _answer(scope, refused.status, send)

    def _sender(self, scope: Scope) -> Person:
        person = self.who(scope)
        if person is None:
            raise Refused(HTTPStatus.UNAUTHORIZED, "nobody")
        return person

    def _from_here(self, scope: Scope, headers: Mapping[str, str]) -> None:
        """The names that the request was sent to and, where it may change anything, comes from. Raises Refused."""
        if headers.get("host", "").lower() not in self.hosts:
            raise Refused(HTTPStatus.MISDIRECTED_REQUEST, "host")
        if scope["type"] == "http" and scope["method"] not in METHODS:
            raise Refused(HTTPStatus.METHOD_NOT_ALLOWED, "method")
        if scope["type"] == "websocket" or scope["method"] not in SAFE_METHODS:
            origin = urlsplit(headers.get("origin", ""))
            if origin.scheme not in ("http", "https") or origin.netloc.lower() not in self.hosts:
                raise Refused(HTTPStatus.FORBIDDEN, "origin")


async def _admitted(path: str, scope: Scope, receive: Receive, headers: Mapping[str, str], person: Person) -> Receive:
    """What the pages may receive of a request. Raises Refused."""
    inside = _below(path, DAGSTER)
    if inside is not None:
        return await _admitted_to_dagster(inside, scope, receive, headers, person)
    if scope["type"] == "websocket":
        raise Refused(HTTPStatus.NOT_FOUND, "websocket")
    return _limited(receive, MOST_OF_A_BODY)


async def _admitted_to_dagster(path: str, scope: Scope, receive: Receive, headers: Mapping[str, str], person: Person) -> Receive:
    """What Dagster may receive of a request below its prefix. Raises Refused."""
    if not person.sees_every_unit:
        raise Refused(HTTPStatus.FORBIDDEN, "dagster")
    if any(path.startswith(name) for name in _NOT_AT_ALL):
        raise Refused(HTTPStatus.NOT_FOUND, "not_served")
    if any(path.startswith(name) for name in _BY_LAUNCHERS) and not person.starts_runs:
        raise Refused(HTTPStatus.FORBIDDEN, "logs")
    if scope["type"] == "websocket":
        if path != "/graphql":
            raise Refused(HTTPStatus.NOT_FOUND, "websocket")
        return _only_following(receive)
    if path != "/graphql":
        if scope["method"] not in SAFE_METHODS:
            raise Refused(HTTPStatus.METHOD_NOT_ALLOWED, "method")
        return receive
    if any(name in _IN_ADDRESS for name, _ in parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)):
        raise Refused(HTTPStatus.BAD_REQUEST, "query_in_address")
    if scope["method"] in SAFE_METHODS:
        return receive
    if headers.get("content-type", "").strip().lower() != "application/json":
        raise Refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "media_type")
    body = await _whole_body(receive, MOST_OF_A_QUERY)
    try:
        asks = asked_in_body(body)
    except Unreadable as error:
        raise Refused(HTTPStatus.BAD_REQUEST, "graphql") from error
    if asks is Asks.CHANGE and not person.starts_runs:
        raise Refused(HTTPStatus.FORBIDDEN, "mutation")
    return _once(body, receive)


def _only_following(receive: Receive) -> Receive:
    """Messages of a websocket, of which none may ask for anything but to follow what happens. A message that does ends the connection."""

    async def checked() -> Message:
        message = await receive()
        if message["type"] != "websocket.receive":
            return message
        try:
            said = json.loads(message.get("text") or message.get("bytes") or "")
        except (ValueError, RecursionError):
            return {"type": "websocket.disconnect", "code": 1007}
        if not isinstance(said, dict) or (said.get("type") in ("start", "subscribe") and not _follows(said.get("payload"))):
            return {"type": "websocket.disconnect", "code": 1008}
        return message

    return checked


def _follows(payload: object) -> bool:
    try:
        return asked_in_request(payload) is Asks.FOLLOW
    except Unreadable:
        return False


def _headers(scope: Scope) -> dict[str, str]:
    """The headers by name in small letters. Raises Refused where one that decides is there twice."""
    found: dict[str, str] = {}
    for name, value in scope["headers"]:
        key = name.decode("latin-1").lower()
        if key in found and key in ("host", "origin", "content-type", "content-length"):
            raise Refused(HTTPStatus.BAD_REQUEST, "header_twice")
        found[key] = value.decode("latin-1")
    return found


def _plain_path(scope: Scope) -> str:
    """The path, which must be what it looks like. Raises Refused for signs that another part might read otherwise."""
    raw = scope.get("raw_path") or scope["path"].encode()
    path = str(scope["path"])
    again = unquote(path)
    parts = again.split("/")
    if any(ord(sign) < 32 or sign in "\\\x7f" for sign in again) or ".." in parts or "." in parts or b"//" in raw:
        raise Refused(HTTPStatus.BAD_REQUEST, "path")
    if again != path:  # a sign was written twice over, so that it would be another after the next reading
        raise Refused(HTTPStatus.BAD_REQUEST, "path")
    return path


def _below(path: str, prefix: str) -> str | None:
    """What follows a prefix, "/" for nothing; None for another path."""
    if path == prefix:
        return "/"
    return path[len(prefix) :] if path.startswith(f"{prefix}/") else None


async def _whole_body(receive: Receive, most: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise Refused(HTTPStatus.BAD_REQUEST, "cut_off")
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > most:
            raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large")
        if not message.get("more_body", False):
            return b"".join(parts)


def _once(body: bytes, receive: Receive) -> Receive:
    """The body that was read, then whatever comes after it."""
    waiting = [body]

    async def again() -> Message:
        if waiting:
            return {"type": "http.request", "body": waiting.pop(), "more_body": False}
        return await receive()

    return again


def _limited(receive: Receive, most: int) -> Receive:
    """A body of at most so many bytes. Raises Refused while it is read."""
    size = 0

    async def counted() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > most:
            raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large")
        return message

    return counted


def _with_headers(send: Send) -> Send:
    """An answer that says how browsers are to treat it, besides what it says itself."""

    async def dressed(message: Message) -> None:
        if message["type"] == "http.response.start":
            own = {name.lower() for name, _ in message["headers"]}
            added = [(name.encode(), value.encode()) for name, value in _HEADERS.items() if name.encode() not in own]
            message = {**message, "headers": [*message["headers"], *added]}
        await send(message)

    return dressed


async def _answer(scope: Scope, status: HTTPStatus, send: Send) -> None:
    """A refusal, which tells nothing but its kind."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
        return
    body = f"{status.value} {status.phrase}\n".encode()
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode())]
    headers += [(name.encode(), value.encode()) for name, value in _HEADERS.items()]
    await send({"type": "http.response.start", "status": status.value, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})
