"""Requests that the guard passes on, and those that it refuses before anything else looks at them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send

from kkz_eval.desk.guard import Guard
from kkz_eval.desk.people import Person, Role, everyone_here

HOST = "127.0.0.1:3000"
HERE = {"origin": f"http://{HOST}"}
QUERY, MUTATION = "{ version }", 'mutation { terminateRun(runId: "x") { __typename } }'


async def answer(request: Request) -> Response:
    """Says who asks, and how much was sent."""
    return PlainTextResponse(f"{request.scope['person'].name} {len(await request.body())}")


def desk(person: Person | None = None, log: list[tuple[str, str, str, str]] | None = None) -> TestClient:
    """A client of the guard before an application that answers everything."""
    app = Starlette(routes=[Route("/{path:path}", answer, methods=["GET", "POST", "PUT"])])

    def who(scope: Scope) -> Person | None:
        return person

    def write(person: Person | None, method: str, path: str, reason: str) -> None:
        if log is not None:
            log.append(("" if person is None else person.name, method, path, reason))

    return TestClient(Guard(app, frozenset({HOST}), who, write), base_url=f"http://{HOST}")


def test_a_page_is_passed_on_with_the_person() -> None:
    answered = desk(everyone_here()).get("/liefern")
    assert (answered.status_code, answered.text) == (200, "local 0")
    assert answered.headers["x-content-type-options"] == "nosniff"
    assert answered.headers["x-frame-options"] == "DENY"


def test_who_cannot_be_named_gets_nothing() -> None:
    log: list[tuple[str, str, str, str]] = []
    assert desk(None, log).get("/liefern").status_code == 401
    assert log == [("", "GET", "/liefern", "nobody")]


@pytest.mark.parametrize("host", ["evil.example", "evil.example:3000", "127.0.0.1", "127.0.0.1:3001", ""])
def test_another_name_of_the_server_is_refused(host: str) -> None:
    assert desk(everyone_here()).get("/liefern", headers={"host": host}).status_code == 421


@pytest.mark.parametrize(
    "headers", [{}, {"origin": "null"}, {"origin": "http://evil.example"}, {"origin": f"http://x@{HOST}.evil.example"}]
)
def test_a_form_of_another_site_is_refused(headers: Mapping[str, str]) -> None:
    assert desk(everyone_here()).post("/liefern", data={"a": "b"}, headers=headers).status_code == 403


def test_a_form_of_the_own_page_is_passed_on() -> None:
    assert desk(everyone_here()).post("/liefern", data={"a": "b"}, headers=HERE).text == "local 3"


def test_a_mutation_needs_the_role_that_starts_runs() -> None:
    reading = Person("steward", frozenset({Role.STEWARD}))
    for person, asked, status in [(reading, QUERY, 200), (reading, MUTATION, 403), (everyone_here(), MUTATION, 200)]:
        assert desk(person).post("/dagster/graphql", json={"query": asked}, headers=HERE).status_code == status


def test_what_code_printed_is_refused_in_graphql_to_whom_the_logs_are_refused() -> None:
    asked = 'query { a: capturedLogs(logKey: ["run"]) { stdout } }'
    log: list[tuple[str, str, str, str]] = []
    for role, status in ((Role.STEWARD, 403), (Role.APPROVER, 403), (Role.RESEARCHER, 200)):
        client = desk(Person(role, frozenset({role})), log)
        assert client.post("/dagster/graphql", json={"query": asked}, headers=HERE).status_code == status
        assert client.get("/dagster/logs/run/x.out").status_code == status
    assert [reason for *_, reason in log] == ["logs"] * 4


def test_dagster_is_for_those_who_see_every_municipality() -> None:
    for role in Role:
        status = desk(Person("one", frozenset({role}))).get("/dagster/runs").status_code
        assert (role, status) == (role, 200 if role in (Role.STEWARD, Role.APPROVER, Role.RESEARCHER) else 403)


@pytest.mark.parametrize("path", ["/a%00b", "/%2e%2e/etc", "/..%2fetc", "/%252e%252e/etc", "/a%5cb", "/.git", "/a%ff", "/a%0ab"])
def test_an_address_that_may_be_read_in_two_ways_is_refused(path: str) -> None:
    assert desk(everyone_here()).get(path).status_code == 400


def test_a_name_with_an_umlaut_is_an_address() -> None:
    assert desk(everyone_here()).get("/lesen/M%C3%BClheim").status_code == 200


def test_a_page_of_another_site_may_link_here_and_do_nothing_else() -> None:
    foreign = {"sec-fetch-site": "cross-site"}
    client = desk(everyone_here())
    assert client.get("/lesen", headers={**foreign, "sec-fetch-mode": "navigate"}).status_code == 200
    assert client.get("/lesen", headers={**foreign, "sec-fetch-mode": "no-cors"}).status_code == 403
    assert client.post("/lesen", data={"a": "b"}, headers={**HERE, **foreign, "sec-fetch-mode": "navigate"}).status_code == 403


FORM = {"content-type": "application/x-www-form-urlencoded"}


def told(headers: list[tuple[str, str]]) -> int:
    """The status for a POST with just these headers besides Host, whatever the server between would make of them."""
    said: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        said.append(message)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await PlainTextResponse("x")(scope, receive, send)

    everything = [("host", HOST), *headers]
    scope = {"type": "http", "http_version": "1.1", "method": "POST", "path": "/x", "raw_path": b"/x", "query_string": b""}
    scope["headers"] = [(name.encode(), value.encode()) for name, value in everything]
    guard = Guard(app, frozenset({HOST}), lambda _: everyone_here(), lambda *_: None)
    asyncio.run(guard(scope, receive, send))
    return int(said[0]["status"])


def test_headers_that_decide_are_there_once_and_say_how_long_the_body_is() -> None:
    right = [*HERE.items(), *FORM.items(), ("content-length", "0")]
    assert told(right) == 200
    for again in (("host", HOST), ("origin", HERE["origin"]), ("content-length", "0"), ("content-type", "text/plain")):
        assert told([*right, again]) == 400, again
    assert told([*right, ("content_length", "5")]) == 400
    assert told([*right, ("transfer-encoding", "chunked")]) == 411
    assert told([*right, ("content-encoding", "gzip")]) == 411
    assert told(right[:-1]) == 411
    for length in ("", "+0", "0x0", "-1", "0,0", "9" * 30):
        assert told([*right[:-1], ("content-length", length)]) in (400, 413), length
