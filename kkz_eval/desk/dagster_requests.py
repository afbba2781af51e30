"""What Dagster's pages may ask of its server, and what nobody else may. Not who asks, not where from (guard)."""

from __future__ import annotations

import json
from http import HTTPStatus
from urllib.parse import parse_qsl

from starlette.types import Message, Receive, Scope

from kkz_eval.desk.graphql_requests import Asks, Unreadable, asked_in_request, reads_logs, request_in_body
from kkz_eval.desk.people import Person
from kkz_eval.desk.refusals import Refused

GRAPHQL = "/graphql"
SUBPROTOCOL = "graphql-ws"  # the messages of this one are known, those of others are not
MESSAGES = frozenset({"connection_init", "connection_terminate", "start", "stop"})
_IN_ADDRESS = frozenset({"query", "variables", "operationName", "extensions"})
_NOT_AT_ALL = frozenset(
    {
        *("report_asset_materialization", "report_asset_check", "report_asset_observation"),
        *("download_debug", "notebook", "dagit", "dagit_info"),
    }
)
_FOR_LAUNCHERS = frozenset({"logs"})


def check_address(path: str, scope: Scope, person: Person) -> None:
    """Raises Refused for what nobody, or not this person, may ask. path: below Dagster's prefix."""
    if not person.sees_every_unit:
        raise Refused(HTTPStatus.FORBIDDEN, "dagster")
    first = path.split("/")[1].lower()
    if first in _NOT_AT_ALL:
        raise Refused(HTTPStatus.NOT_FOUND, "not_served")
    if first in _FOR_LAUNCHERS and not person.starts_runs:
        raise Refused(HTTPStatus.FORBIDDEN, "logs")
    if scope["type"] == "websocket":
        if path != GRAPHQL or SUBPROTOCOL not in scope["subprotocols"]:
            raise Refused(HTTPStatus.NOT_FOUND, "websocket")
    elif (path == GRAPHQL) != (scope["method"] == "POST"):
        raise Refused(HTTPStatus.METHOD_NOT_ALLOWED, "method")  # the pages ask by POST, and send nothing to any other address
    if first == "graphql" and any(name in _IN_ADDRESS for name, _ in _fields(scope["query_string"])):
        raise Refused(HTTPStatus.BAD_REQUEST, "query_in_address")


def understood(body: bytes, person: Person) -> bytes:
    """A request in GraphQL written anew, as it was understood here: what goes on can't be read in another way. Raises Refused."""
    try:
        request = request_in_body(body)
        asks = asked_in_request(request)
    except Unreadable as error:
        raise Refused(HTTPStatus.BAD_REQUEST, "graphql") from error
    if asks is Asks.CHANGE and not person.starts_runs:
        raise Refused(HTTPStatus.FORBIDDEN, "mutation")
    _check_logs(request, person)
    return json.dumps(request).encode()


def _check_logs(request: object, person: Person) -> None:
    """Raises Refused where somebody asks in GraphQL for what `/logs` refuses them."""
    if not person.starts_runs and reads_logs(request):
        raise Refused(HTTPStatus.FORBIDDEN, "logs")


async def followed(receive: Receive, most: int, person: Person) -> Message:
    """The next message of a websocket, written anew. Raises Refused for one that asks for anything but to follow what happens."""
    message = await receive()
    if message["type"] != "websocket.receive":
        return message
    text = message.get("text")
    if text is None or len(text) > most:
        raise Refused(HTTPStatus.BAD_REQUEST, "message")
    try:
        said = request_in_body(text.encode())
        starts = said.get("type") == "start"
        follows = not starts or asked_in_request(said.get("payload")) is Asks.FOLLOW
        if starts:
            _check_logs(said.get("payload"), person)
    except (Unreadable, UnicodeEncodeError) as error:
        raise Refused(HTTPStatus.BAD_REQUEST, "message") from error
    if not follows or said.get("type") not in MESSAGES or not isinstance(said.get("id", ""), str):
        raise Refused(HTTPStatus.FORBIDDEN, "message")
    return {"type": "websocket.receive", "text": json.dumps(said)}


def once(body: bytes, receive: Receive) -> Receive:
    """A body in one piece, then whatever comes after it."""
    waiting = [body]

    async def again() -> Message:
        if waiting:
            return {"type": "http.request", "body": waiting.pop(), "more_body": False}
        return await receive()

    return again


def _fields(query_string: bytes) -> list[tuple[str, str]]:
    return parse_qsl(query_string.decode("latin-1"), keep_blank_values=True)
