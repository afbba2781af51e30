"""The guard around everything that the desk serves, pages and websockets: no page of another site can act, nobody sees what is not theirs.

Belongs here: what is refused before anything else looks at a request. Does not belong here: who somebody is (people, handed in), what a page
shows of whose deliveries (the pages), what a form holds (its token).

Measured on Dagster's own server: mutations ran with a foreign Host by GET, by POST as text/plain with the query in the address, and by a media
type that merely contains "application/json"; websockets asked for no Origin; `/report_asset_*` took a POST without a type; a server that was
to be read only ran a mutation all the same. So a request passes here only in the one form that the pages send.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import unquote_to_bytes

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kkz_eval.deliveries.register.own_process import fault_of
from kkz_eval.desk.content_policy import FOR_PAGES, NEVER_FRAMED
from kkz_eval.desk.dagster_requests import check_address, followed, once, understood
from kkz_eval.desk.people import Person
from kkz_eval.desk.refusals import HEADERS, Refused, answer
from kkz_eval.desk.transfers import Body, Limits, Sending, hold

DAGSTER = "/dagster"
USER_HEADER = "x-desk-user"
SAFE_METHODS = frozenset({"GET", "HEAD"})
METHODS = SAFE_METHODS | {"POST"}
FORM, FILES, JSON = "application/x-www-form-urlencoded", "multipart/form-data", "application/json"
_DECIDING = frozenset(
    {
        *("host", "origin", "content-type", "content-length", "transfer-encoding", "content-encoding", "upgrade", "connection"),
        *("sec-fetch-site", "sec-fetch-mode", USER_HEADER),
    }
)
_OWN_SITE = frozenset({"none", "same-origin"})
_HIDDEN_SIGN = re.compile(rb"%(2f|5c|25|00)|//", re.IGNORECASE)  # a slash, one that is escaped again, an end of text
_LENGTH = re.compile(r"[0-9]{1,15}")
_log = logging.getLogger("kkz_eval.desk")
_LONGEST_PATH = 2_000  # signs; no page of ours has an address of half of that

Who = Callable[[Scope], Person | None]
"""Whoever sends a request; None where nobody can be named. May raise Refused."""

Log = Callable[[Person | None, str, str, str], None]
"""Is told of each refusal: the person (None for nobody), method, path, reason."""


@dataclass(frozen=True)
class Guard:
    """An application that passes to another what may pass.

    hosts: names under which the desk is reached, with their port as browsers write them; who: names the sender; log: is told of each refusal;
    scheme: by which browsers reach it. The person stands in `scope["person"]` for what comes after.
    """

    app: ASGIApp
    hosts: frozenset[str]
    who: Who
    log: Log
    scheme: str = "http"
    limits: Limits = field(default_factory=Limits)
    _sending: Sending = field(default_factory=Sending, init=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, or answer with a refusal."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        person: Person | None = None
        try:
            headers = _headers(scope)
            path = _plain_path(scope)
            self._check_name(scope, headers)
            person = self._sender(scope)
            self._check_origin(scope, headers)
            inside = _below(path, DAGSTER)
            if inside is not None:
                check_address(inside, scope, person)
            elif scope["type"] == "websocket":
                raise Refused(HTTPStatus.NOT_FOUND, "websocket")  # noqa: TRY301  said to the log as any other
            await self._pass_on({**scope, "person": person}, receive, _with_headers(send, inside), headers, inside)
        except Refused as refused:
            noted = self._noted(scope, person, refused)
            await answer(scope, noted, send, receive if noted.reason == "too_large" else None)

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send, headers: Mapping[str, str], inside: str | None) -> None:
        """To the application, with what it may receive. Raises Refused where that does not begin."""
        person: Person = scope["person"]

        def note(refused: Refused) -> None:
            self._note(scope, person, refused)

        if scope["type"] == "websocket":
            with self._sending.following(person.name, self.limits):
                await hold(self.app, scope, lambda: followed(receive, self.limits.query, person), send, note)
            return
        size = self._size_of_body(scope, headers, inside)
        if scope["method"] in SAFE_METHODS:
            await self.app(scope, receive, send)
            return
        with self._sending.by(person.name, size, self.limits):
            deadline = asyncio.get_running_loop().time() + self.limits.seconds + size / self.limits.slowest
            body = Body(receive, size, deadline)
            if inside is None:
                await hold(self.app, scope, body.part, send, note)
                return
            request = understood(await body.whole(), person)
            length = (b"content-length", str(len(request)).encode())
            rest = [pair for pair in scope["headers"] if pair[0].lower() != b"content-length"]
            await self.app({**scope, "headers": [*rest, length]}, once(request, receive), send)

    def _noted(self, scope: Scope, person: Person | None, refused: Refused) -> Refused:
        """What to answer with: the refusal itself where it could be recorded."""
        try:
            self._note(scope, person, refused)
        except (
            OSError
        ) as error:  # a full disk; it goes no further, for the server would write page after page about each such request
            _log.error("%s: refused, and not recorded: %s", refused.reason, fault_of(error))
            return Refused(HTTPStatus.INTERNAL_SERVER_ERROR, refused.reason, **refused.parameters)
        return refused

    def _note(self, scope: Scope, person: Person | None, refused: Refused) -> None:
        """Into the log, before it is answered: what can't be recorded is not answered either."""
        self.log(person, str(scope.get("method", "websocket")), str(scope["path"]), refused.reason)

    def _sender(self, scope: Scope) -> Person:
        person = self.who(scope)
        if person is None:
            raise Refused(HTTPStatus.UNAUTHORIZED, "nobody")
        return person

    def _check_name(self, scope: Scope, headers: Mapping[str, str]) -> None:
        """Raises Refused for a request under another name or in another manner of speaking."""
        if headers.get("host", "").lower() not in self.hosts:
            raise Refused(HTTPStatus.MISDIRECTED_REQUEST, "host")
        if scope.get("http_version") != "1.1":  # browsers and the proxy speak no other to this server
            raise Refused(HTTPStatus.HTTP_VERSION_NOT_SUPPORTED, "version")
        if scope["type"] == "http" and scope["method"] not in METHODS:
            raise Refused(HTTPStatus.METHOD_NOT_ALLOWED, "method")

    def _check_origin(self, scope: Scope, headers: Mapping[str, str]) -> None:
        """Raises Refused for a request of another site that is no mere link."""
        acts = scope["type"] == "websocket" or scope["method"] not in SAFE_METHODS
        if acts and headers.get("origin", "").lower() != f"{self.scheme}://{headers['host'].lower()}":
            raise Refused(HTTPStatus.FORBIDDEN, "origin")
        # Browsers say themselves where a page of another site asks, or of another port of this machine. It may link here, and do nothing else.
        links = not acts and headers.get("sec-fetch-mode", "").lower() == "navigate"
        if headers.get("sec-fetch-site", "none").lower() not in _OWN_SITE and not links:
            raise Refused(HTTPStatus.FORBIDDEN, "other_site")

    def _size_of_body(self, scope: Scope, headers: Mapping[str, str], inside: str | None) -> int:
        """The size of the body, as it is said before it comes. Raises Refused for one of no known size, too large, or in another form."""
        said = headers.get("content-length")
        if "transfer-encoding" in headers or "content-encoding" in headers:
            raise Refused(HTTPStatus.LENGTH_REQUIRED, "no_length")
        if scope["method"] in SAFE_METHODS:
            if said not in (None, "0"):
                raise Refused(HTTPStatus.BAD_REQUEST, "body")
            return 0
        if said is None:
            raise Refused(HTTPStatus.LENGTH_REQUIRED, "no_length")
        if not _LENGTH.fullmatch(said):
            raise Refused(HTTPStatus.BAD_REQUEST, "no_length")
        media_type, _, parameters = headers.get("content-type", "").lower().partition(";")
        kind = media_type.strip()
        most = {FORM: self.limits.form, FILES: self.limits.files, "": 0} if inside is None else {JSON: self.limits.query}
        if kind not in most or (kind == JSON and parameters) or (not kind and int(said) > 0):
            raise Refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "media_type")
        if int(said) > most[kind]:
            raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large", megabytes=most[kind] // 1_000_000)
        return int(said)


def _headers(scope: Scope) -> dict[str, str]:
    """The headers by name in small letters. Raises Refused where one that decides is there twice, or written in another way."""
    found: dict[str, str] = {}
    for name, value in scope["headers"]:
        key = name.decode("latin-1").lower()
        if key in found and key in _DECIDING:
            raise Refused(HTTPStatus.BAD_REQUEST, "header_twice")
        if "_" in key and key.replace("_", "-") in _DECIDING:  # some servers between take the two for one
            raise Refused(HTTPStatus.BAD_REQUEST, "header_name")
        found[key] = value.decode("latin-1").strip()
    return found


def _plain_path(scope: Scope) -> str:
    """The path, which must be what it looks like. Raises Refused for signs that another part might read otherwise."""
    path = str(scope["path"])
    raw: bytes = scope.get("raw_path") or path.encode()
    if len(raw) > _LONGEST_PATH and _below(path, DAGSTER) is None:
        raise Refused(HTTPStatus.REQUEST_URI_TOO_LONG, "long_path")
    try:
        once_read = unquote_to_bytes(raw).decode("utf-8")
    except UnicodeDecodeError as error:
        raise Refused(HTTPStatus.BAD_REQUEST, "path") from error
    odd = once_read != path or not path.startswith("/") or not path.isprintable() or "\\" in path or _HIDDEN_SIGN.search(raw)
    if odd or any(part.startswith(".") for part in path.split("/")):  # nor is there a page whose name begins with a dot
        raise Refused(HTTPStatus.BAD_REQUEST, "path")
    return path


def _below(path: str, prefix: str) -> str | None:
    """What follows a prefix, "/" for nothing; None for another path."""
    if path == prefix:
        return "/"
    return path[len(prefix) :] if path.startswith(f"{prefix}/") else None


def _with_headers(send: Send, inside: str | None) -> Send:
    """An answer that says how browsers are to treat it, besides what it says itself. inside: the path below Dagster's prefix."""

    async def dressed(message: Message) -> None:
        if message["type"] == "http.response.start":
            own = [name.lower() for name, _ in message["headers"]]
            kept = [pair for pair in message["headers"] if pair[0].lower() not in _ALWAYS]
            added = {**HEADERS, **({} if inside is None else {"content-security-policy": NEVER_FRAMED})}
            if inside is None and b"content-security-policy" not in own:
                added["content-security-policy"] = FOR_PAGES
            if inside is None and b"cache-control" not in own:
                added["cache-control"] = "no-store"  # what somebody may see is not left in a browser that others use
            message = {**message, "headers": [*kept, *((name.encode(), value.encode()) for name, value in added.items())]}
        await send(message)

    return dressed


_ALWAYS = frozenset(name.encode() for name in HEADERS)
