"""Attacks on the desk as it is served, with Dagster's own application behind it: each is refused, does nothing, and stands in the log.

Each way of acting on Dagster is first shown to work on Dagster's application alone, so that no test passes because the way is blocked anyway.
"""

from __future__ import annotations

import base64
import json
import os
import re
import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from served import served
from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.routing import Route
from starlette.testclient import TestClient
from starlette.types import ASGIApp

from kkz_eval.desk import say
from kkz_eval.desk.actions import FOLDER
from kkz_eval.desk.app import MOST_FILES, ROOMS, guarded
from kkz_eval.desk.desk import Desk
from kkz_eval.desk.people import Person, Role, everyone_here
from kkz_eval.desk.senders import NamedByProxy, at_this_machine
from kkz_eval.desk.serving import listen_for_proxy
from kkz_eval.desk.transfers import OF_ONE_AMONG_MANY, Limits
from kkz_eval.model.texts import LANGUAGES
from kkz_eval.settings import CHECKOUT, Settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PEOPLE = {
    person.name: person
    for person in (
        Person("pruefung", frozenset({Role.STEWARD})),
        Person("forschung", frozenset({Role.RESEARCHER})),
        Person("leserin", frozenset({Role.READER})),
        Person("jugendamt", frozenset({Role.CLERK}), frozenset({"05513000"}), frozenset({"hilfen_zur_erziehung"})),
    )
}
LIMITS = Limits(seconds=1.5, slowest=10**9)
LIMITS_OF_ONE = replace(OF_ONE_AMONG_MANY, seconds=1.5, slowest=10**9)
MUTATION = 'mutation M { setConcurrencyLimit(concurrencyKey: "attacked", limit: 1) }'
QUERY = "query Q { version }"
JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class Attacked:
    """The desk at a port of this machine (one person, all roles) and behind a socket (those of PEOPLE), and what Dagster's application keeps."""

    home: Path
    port: int
    behind: Path
    dagster: ASGIApp
    instance: Any

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def origin(self) -> dict[str, str]:
        return {"Host": self.host, "Origin": f"http://{self.host}"}

    def limits_set(self) -> set[str]:
        """What mutations did, and forgets it."""
        keys = set(self.instance.event_log_storage.get_concurrency_keys())
        for key in keys:
            self.instance.event_log_storage.delete_concurrency_limit(key)
        return keys

    @contextmanager
    def connected(self, user: str | None = None) -> Iterator[socket.socket]:
        """A connection: by the network, or behind the proxy."""
        with socket.socket(socket.AF_UNIX if user is not None else socket.AF_INET) as connection:
            connection.settimeout(20)
            connection.connect(str(self.behind) if user is not None else ("127.0.0.1", self.port))
            yield connection

    def send(self, data: bytes, user: str | None = None) -> bytes:
        """Everything that is answered to these bytes, until the desk ends the connection: after each refusal, or as it was asked to."""
        with self.connected(user) as connection:
            connection.sendall(data)
            said = b""
            with suppress(ConnectionResetError):  # it did not want the rest
                while part := connection.recv(65536):
                    said += part
            return said

    def ask(
        self, method: str, target: str, headers: dict[str, str] | None = None, body: bytes = b"", user: str | None = None
    ) -> int:
        """The status of an answer, of a request in which nothing but Host (and the user, behind the proxy) is added."""
        own = {"Host": "desk.example.org", "X-Desk-User": user} if user is not None else {"Host": self.host}
        sent = {**own, **({"Content-Length": str(len(body))} if body else {}), **(headers or {}), "Connection": "close"}
        head = f"{method} {target} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in sent.items()) + "\r\n"
        return status_of(self.send(head.encode("latin-1") + body, user))


def status_of(said: bytes) -> int:
    """The status in the first line of an answer."""
    found = re.match(rb"HTTP/1\.1 (\d+)", said)
    assert found is not None, said[:200]
    return int(found.group(1))


def refusals(attacked: Attacked) -> list[dict[str, Any]]:
    """What the log has of refusals."""
    files = sorted((attacked.home / FOLDER).glob("*.jsonl"))
    lines = [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    return [line for line in lines if line["action"].startswith("refused:")]


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attacked]:
    from dagster import DagsterInstance
    from dagster._core.workspace.context import WorkspaceProcessContext
    from dagster._core.workspace.load_target import EmptyWorkspaceTarget
    from dagster_webserver.app import create_app_from_workspace_process_context

    folder = tmp_path_factory.mktemp("desk")
    home = folder / "home"
    home.mkdir()
    (folder / "dagster").mkdir()
    (home / "geheim.txt").write_text("GEHEIM")
    (home / "reports").mkdir()
    (home / "board").mkdir()
    (home / "board" / "lieferstand.html").write_text("<html><title>x</title>GEHEIM</html>")
    desk = Desk(Settings(home, home / "inbox", CHECKOUT / "data_contracts"))
    with ExitStack() as stack:
        instance = stack.enter_context(DagsterInstance.local_temp(str(folder / "dagster")))
        context = stack.enter_context(WorkspaceProcessContext(instance, workspace_load_target=EmptyWorkspaceTarget()))
        dagster = create_app_from_workspace_process_context(context, "/dagster")
        listening = stack.enter_context(socket.socket())
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]
        behind = stack.enter_context(listen_for_proxy(folder / "s"))
        local = replace(guarded(desk, frozenset({f"127.0.0.1:{port}"}), at_this_machine, dagster), limits=LIMITS)
        remote = guarded(desk, frozenset({"desk.example.org"}), NamedByProxy(lambda: PEOPLE), dagster, "https")
        stack.enter_context(served(local, listening))
        stack.enter_context(served(replace(remote, limits=LIMITS_OF_ONE), behind))
        yield Attacked(home, port, folder / "s", dagster, instance)


@pytest.fixture
def refused(attacked: Attacked) -> Iterator[Callable[[], list[str]]]:
    """The reasons in the log since the test began; and that nothing was changed in Dagster by its end."""
    before = len(refusals(attacked))
    attacked.limits_set()
    yield lambda: [line["action"].removeprefix("refused:") for line in refusals(attacked)[before:]]
    assert attacked.limits_set() == set()


# Ways to act on Dagster

GRAPHQL = "/dagster/graphql"
IN_ADDRESS = f"{GRAPHQL}?query={quote(MUTATION)}"
BODY = json.dumps({"query": MUTATION}).encode()
WAYS = {
    "by GET": ("GET", IN_ADDRESS, {}, b"", "method"),
    "as text with the query in the address": ("POST", IN_ADDRESS, {"Content-Type": "text/plain"}, b"x", "query_in_address"),
    "without a type": ("POST", IN_ADDRESS, {}, b"", "query_in_address"),
    "as a form": ("POST", IN_ADDRESS, {"Content-Type": "application/x-www-form-urlencoded"}, b"x=y", "query_in_address"),
    "by a type that contains the right one": (
        "POST",
        GRAPHQL,
        {"Content-Type": "text/plain; application/json"},
        BODY,
        "media_type",
    ),
    "by a type with more behind it": ("POST", GRAPHQL, {"Content-Type": "application/json; text/plain"}, BODY, "media_type"),
    "by a type of another kind": ("POST", GRAPHQL, {"Content-Type": "application/json-patch"}, BODY, "media_type"),
    "as a query in itself": ("POST", GRAPHQL, {"Content-Type": "application/graphql"}, MUTATION.encode(), "media_type"),
}


@pytest.mark.parametrize("way", WAYS)
def test_this_way_dagster_alone_runs_a_mutation_and_behind_the_guard_it_does_not(
    attacked: Attacked, refused: Callable[[], list[str]], way: str
) -> None:
    method, target, headers, body, reason = WAYS[way]
    client = TestClient(attacked.dagster, base_url="http://evil.example")
    assert client.request(method, target, headers=headers, content=body).status_code == 200
    assert attacked.limits_set() == {"attacked"}

    foreign = {**headers, "Host": "evil.example"}
    assert attacked.ask(method, target, foreign, body) == 421
    assert attacked.ask(method, target, {**headers, **attacked.origin}, body) in (400, 405, 415)
    assert refused() == ["host", reason]


def test_the_page_itself_runs_it(attacked: Attacked) -> None:
    assert attacked.ask("POST", GRAPHQL, {**JSON, **attacked.origin}, BODY) == 200
    assert attacked.limits_set() == {"attacked"}


@pytest.mark.parametrize(
    "origin",
    [
        "",
        "null",
        "http://evil.example",
        "https://{host}",
        "http://{host}.evil.example",
        "http://evil@{host}",
        "http://{host}/",
        "{host}",
    ],
)
def test_a_mutation_from_another_page_is_refused(attacked: Attacked, refused: Callable[[], list[str]], origin: str) -> None:
    said = {"Origin": origin.format(host=attacked.host)} if origin else {}
    assert attacked.ask("POST", GRAPHQL, {**JSON, **said}, BODY) == 403
    assert refused() == ["origin"]


BEHIND = {"Origin": "https://desk.example.org", **JSON}


@pytest.mark.parametrize(
    "body",
    [
        {"query": MUTATION},
        {"query": f"{QUERY} {MUTATION}", "operationName": "Q"},
        {"query": f"{QUERY} {MUTATION}", "operationName": "M"},
        {"query": MUTATION.replace("mutation M", "mutation M @include(if: true)")},
        {"query": "\ufeff" + MUTATION},
        {"query": f"#{QUERY}\r{MUTATION}"},
    ],
)
def test_who_only_looks_runs_no_mutation_however_it_is_written(
    attacked: Attacked, refused: Callable[[], list[str]], body: dict[str, str]
) -> None:
    assert attacked.ask("POST", GRAPHQL, BEHIND, json.dumps(body).encode(), "pruefung") == 403
    assert refused() == ["mutation"]
    assert attacked.ask("POST", GRAPHQL, BEHIND, json.dumps({"query": QUERY}).encode(), "pruefung") == 200


@pytest.mark.parametrize(
    "body",
    [
        b'{"query": "query Q { version }", "query": "mutation M { setConcurrencyLimit(concurrencyKey: \\"attacked\\", limit: 1) }"}',
        json.dumps([{"query": MUTATION}]).encode(),
        json.dumps({"query": MUTATION}).encode("utf-16"),
        b"\xef\xbb\xbf" + BODY,
        b'{"query": ["mutation"]}',
        MUTATION.encode(),
        b'{"query": ' + b"[" * 5000,
        b"",
    ],
)
def test_a_body_in_two_readings_runs_nothing(attacked: Attacked, refused: Callable[[], list[str]], body: bytes) -> None:
    assert attacked.ask("POST", GRAPHQL, BEHIND, body, "pruefung") in (400, 403, 411)
    assert len(refused()) == 1


def test_only_who_sees_every_municipality_sees_dagster(attacked: Attacked, refused: Callable[[], list[str]]) -> None:
    for user in ("leserin", "jugendamt"):
        for target in ("/dagster", "/dagster/", "/dagster/runs", "/dagster/server_info", "/dagster/logs/x/y.out"):
            assert attacked.ask("GET", target, user=user) == 403, (user, target)
        assert attacked.ask("POST", GRAPHQL, BEHIND, json.dumps({"query": QUERY}).encode(), user) == 403
    assert set(refused()) == {"dagster"}
    assert attacked.ask("GET", "/dagster/server_info", user="pruefung") == 200


@pytest.mark.parametrize(
    "path",
    [
        *("report_asset_materialization/x", "report_asset_check/x", "report_asset_observation/x"),
        *("download_debug/x", "notebook?path=/etc/x.ipynb&repoLocName=x", "dagit/notebook", "Report_Asset_Materialization/x"),
    ],
)
def test_what_dagster_does_by_other_addresses_it_does_for_nobody(
    attacked: Attacked, refused: Callable[[], list[str]], path: str
) -> None:
    for method in ("GET", "POST"):
        assert (
            attacked.ask(method, f"/dagster/{path}", attacked.origin | ({"Content-Length": "0"} if method == "POST" else {}))
            == 404
        )
    assert refused() == ["not_served"] * 2


def test_output_of_runs_is_for_those_who_start_them(attacked: Attacked, refused: Callable[[], list[str]]) -> None:
    assert attacked.ask("GET", "/dagster/logs/x/y.out", user="pruefung") == 403
    assert refused() == ["logs"]
    assert attacked.ask("GET", "/dagster/logs/x/y.out", user="forschung") == 404


# Websockets


def opened(connection: socket.socket, headers: dict[str, str]) -> int:
    """The status with which the opening of a websocket is answered."""
    key = base64.b64encode(os.urandom(16)).decode()
    wanted = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Key": key, "Sec-WebSocket-Version": "13", **headers}
    head = "".join(f"{name}: {value}\r\n" for name, value in wanted.items())
    connection.sendall(f"GET {GRAPHQL} HTTP/1.1\r\n{head}\r\n".encode())
    said = b""
    while b"\r\n\r\n" not in said and (part := connection.recv(1)):
        said += part
    return status_of(said)


def behind_the_proxy(user: str) -> dict[str, str]:
    """What the proxy sends with the opening of a websocket by one of the own pages."""
    return {"Host": "desk.example.org", "Origin": "https://desk.example.org", "X-Desk-User": user}


def tell(connection: socket.socket, message: bytes, kind: int = 1) -> None:
    """Send one frame, masked as browsers do."""
    mask = os.urandom(4)
    length = bytes([0x80 | len(message)]) if len(message) < 126 else bytes([0x80 | 126]) + struct.pack(">H", len(message))
    connection.sendall(bytes([0x80 | kind]) + length + mask + bytes(byte ^ mask[at % 4] for at, byte in enumerate(message)))


def heard(connection: socket.socket) -> tuple[int, bytes]:
    """One frame: its kind (1 text, 8 the end) and what is in it."""

    def exactly(count: int) -> bytes:
        found = b""
        while len(found) < count:
            part = connection.recv(count - len(found))
            assert part
            found += part
        return found

    first, length = exactly(2)
    size = struct.unpack(">H", exactly(2))[0] if length == 126 else length
    return first & 15, exactly(size)


SUBSCRIBING = {"Sec-WebSocket-Protocol": "graphql-ws"}


@pytest.mark.parametrize("origin", [{}, {"Origin": "http://evil.example"}, {"Origin": "null"}])
def test_a_websocket_of_another_page_is_not_opened(
    attacked: Attacked, refused: Callable[[], list[str]], origin: dict[str, str]
) -> None:
    with attacked.connected() as connection:
        assert opened(connection, {"Host": attacked.host, **SUBSCRIBING, **origin}) == 403
    assert refused() == ["origin"]


def test_a_websocket_in_another_protocol_is_not_opened(attacked: Attacked, refused: Callable[[], list[str]]) -> None:
    for protocol in ({}, {"Sec-WebSocket-Protocol": "graphql-transport-ws"}):
        with attacked.connected() as connection:
            assert opened(connection, {**attacked.origin, **protocol}) == 403
    assert refused() == ["websocket"] * 2


@pytest.mark.parametrize(
    "message",
    [
        {"type": "start", "id": "1", "payload": {"query": MUTATION}},
        {"type": "start", "id": "1", "payload": {"query": QUERY}},
        (
            {"type": "start", "id": "1", "payload": {"query": f"subscription S {{ a }} {MUTATION}", "operation_name": "M"}},
            "message",
        ),
        {"type": "subscribe", "id": "1", "payload": {"query": MUTATION}},
        {"type": "start", "id": "1"},
        [],
        "x",
    ],
)
def test_a_websocket_only_follows_what_happens(attacked: Attacked, refused: Callable[[], list[str]], message: object) -> None:
    with attacked.connected() as connection:
        assert opened(connection, {**attacked.origin, **SUBSCRIBING}) == 101
        tell(connection, json.dumps({"type": "connection_init"}).encode())
        assert json.loads(heard(connection)[1]) == {"type": "connection_ack"}
        tell(connection, json.dumps(message).encode())
        assert heard(connection) == (8, struct.pack(">H", 1008))
    assert refused() == ["message"]


def test_a_websocket_takes_no_bytes(attacked: Attacked, refused: Callable[[], list[str]]) -> None:
    with attacked.connected() as connection:
        assert opened(connection, {**attacked.origin, **SUBSCRIBING}) == 101
        tell(connection, b'{"type": "connection_init"}', kind=2)
        assert heard(connection)[0] == 8
    assert refused() == ["message"]


def test_a_websocket_follows_what_happens(attacked: Attacked, refused: Callable[[], list[str]]) -> None:
    with attacked.connected() as connection:
        assert opened(connection, {**attacked.origin, **SUBSCRIBING}) == 101
        follow = {"query": "subscription { locationStateChangeEvents { event { message } } }"}
        tell(connection, json.dumps({"type": "start", "id": "1", "payload": follow}).encode())
        tell(connection, json.dumps({"type": "connection_init"}).encode())
        assert json.loads(heard(connection)[1]) == {"type": "connection_ack"}
    assert refused() == []


def test_one_person_has_no_more_websockets_than_pages_need_and_takes_none_from_others(
    attacked: Attacked, refused: Callable[[], list[str]]
) -> None:
    with ExitStack() as open_ones:

        def another(user: str) -> int:
            return opened(open_ones.enter_context(attacked.connected(user)), {**behind_the_proxy(user), **SUBSCRIBING})

        assert {another("forschung") for _ in range(LIMITS_OF_ONE.followed)} == {101}
        assert another("forschung") == 403
        assert another("pruefung") == 101
    assert refused() == ["too_many"]


def test_who_may_not_read_logs_follows_none_either(attacked: Attacked, refused: Callable[[], list[str]]) -> None:
    with attacked.connected("pruefung") as connection:
        assert opened(connection, {**behind_the_proxy("pruefung"), **SUBSCRIBING}) == 101
        follow = {"query": 'subscription { printed: capturedLogs(logKey: ["a"]) { stdout } }'}
        tell(connection, json.dumps({"type": "start", "id": "1", "payload": follow}).encode())
        assert heard(connection) == (8, struct.pack(">H", 1008))
    assert refused() == ["logs"]


# A page of another site, in a browser

FOREIGN_PAGE = """<!doctype html><title>Fremde Seite</title>
<form id="one" method="post" action="{desk}{address}" enctype="text/plain" target="a"><input name="x" value="y"></form><iframe name="a"></iframe>
<form id="two" method="post" action="{desk}/sprache" target="b"><input name="language" value="en"></form><iframe name="b"></iframe>
<iframe src="{desk}/"></iframe><img id="icon" src="{desk}/static/icon.svg"><script src="{desk}/static/desk.js"></script>
<script>
const body = JSON.stringify({{query: {mutation}}});
const ways = [
  ["{address}", {{mode: "no-cors"}}],
  ["{address}", {{mode: "no-cors", method: "POST", headers: {{"Content-Type": "text/plain"}}, body: "x"}}],
  ["/dagster/graphql", {{mode: "no-cors", method: "POST", headers: {{"Content-Type": "text/plain; application/json"}}, body}}],
  ["/dagster/graphql", {{method: "POST", headers: {{"Content-Type": "application/json"}}, body}}],
  ["/dagster/report_asset_materialization/x", {{mode: "no-cors", method: "POST"}}],
];
const said = ways.map(([at, how]) => fetch("{desk}" + at, how).then(() => "answered", () => "refused"));
said.push(new Promise((told) => {{
  const following = new WebSocket("{desk}/dagster/graphql".replace("http", "ws"), "graphql-ws");
  following.onopen = () => told("answered");
  following.onerror = () => told("refused");
}}));
one.submit(); two.submit();
</script>"""


def test_a_page_of_another_site_does_nothing_in_a_browser(
    attacked: Attacked, refused: Callable[[], list[str]], chromium_browser: Browser
) -> None:
    words = {"desk": f"http://{attacked.host}", "address": IN_ADDRESS, "mutation": json.dumps(MUTATION)}
    foreign = Starlette(routes=[Route("/", lambda _: HTMLResponse(FOREIGN_PAGE.format(**words)))])
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        with served(foreign, listening):
            page = chromium_browser.new_page()
            page.goto(f"http://127.0.0.1:{listening.getsockname()[1]}/")
            assert page.evaluate("Promise.all(said)") == ["refused"] * 6
            assert page.evaluate("icon.naturalWidth") == 0
            page.wait_for_load_state("networkidle")
            page.evaluate(f"location.href = 'http://{attacked.host}/'")  # a link it may have
            page.get_by_role("heading", name="Was möchten Sie tun?").wait_for()
            page.get_by_role("button", name="English").click()  # and the forms of the desk itself do what they should
            page.get_by_role("heading", name="What would you like to do?").wait_for()
            page.close()
    assert set(refused()) == {"origin", "other_site", "method"}
    assert refused().count("origin") >= 6


# Who asks


def test_without_a_name_there_is_nothing(attacked: Attacked, refused: Callable[[], list[str]]) -> None:
    words = "\n\n".join(say("refused.nobody").in_language(language) for language in LANGUAGES)
    for target in ("/", "/static/desk.css", "/board/lieferstand.html", "/reports/", "/dagster", "/gibt-es-nicht"):
        said = attacked.send(f"GET {target} HTTP/1.1\r\nHost: desk.example.org\r\nConnection: close\r\n\r\n".encode(), "")
        assert said.decode().endswith(f"\r\n\r\n401 Unauthorized\n\n{words}\n"), target
    assert refused() == ["nobody"] * 6


@pytest.mark.parametrize(
    "names",
    [
        ("unbekannt",),
        ("",),
        ("PRUEFUNG",),
        ("pruefung, leserin",),
        ("pruefung", "pruefung"),
        ("leserin", "pruefung"),
        ("pruefung\t",),
    ],
)
def test_a_forged_or_doubled_name_is_nobody(attacked: Attacked, refused: Callable[[], list[str]], names: tuple[str, ...]) -> None:
    lines = "".join(f"X-Desk-User: {name}\r\n" for name in names)
    said = attacked.send(
        f"GET /board/lieferstand.html HTTP/1.1\r\nHost: desk.example.org\r\n{lines}Connection: close\r\n\r\n".encode(), ""
    )
    if names == ("pruefung\t",):  # blanks around a value are none of it
        assert status_of(said) == 200
    else:
        assert status_of(said) in (400, 401)
        assert b"GEHEIM" not in said
        assert refused() in (["nobody"], ["header_twice"])


@pytest.mark.parametrize("header", ["X-Desk-User", "x-desk-user", "X_Desk_User"])
def test_by_the_network_the_name_in_the_header_is_refused(
    attacked: Attacked, refused: Callable[[], list[str]], header: str
) -> None:
    assert attacked.ask("GET", "/", {header: "pruefung"}) == 400
    assert refused()[0] in ("user_header", "header_name")


def test_forwarding_headers_change_nothing(attacked: Attacked, refused: Callable[[], list[str]]) -> None:
    forged = {"X-Forwarded-Host": "evil.example", "X-Forwarded-For": "127.0.0.1", "Forwarded": "host=evil.example"}
    assert attacked.ask("GET", "/", {**forged, "Host": "evil.example"}) == 421
    for name in ("X-Remote-User", "Remote-User", "X-Forwarded-User", "Authorization"):
        assert attacked.ask("GET", "/board/lieferstand.html", {name: "pruefung"}, user="leserin") == 403
    assert (
        attacked.ask("GET", "/board/lieferstand.html", {"X-Original-URL": "/", "X-HTTP-Method-Override": "POST"}, user="leserin")
        == 403
    )
    assert refused() == ["host", *["role"] * 5]


def test_every_room_is_closed_to_the_roles_that_it_does_not_name(attacked: Attacked) -> None:
    desk = Desk(Settings(attacked.home, attacked.home / "inbox", CHECKOUT / "data_contracts"))
    places = [at for routes in ROOMS for at in routes(desk)]
    assert len(places) > 5
    for role in Role:
        someone = Person("eine", frozenset({role}), frozenset({"05513000"}))
        app = guarded(desk, frozenset({"desk"}), lambda scope, someone=someone: someone)  # type: ignore[misc]
        client = TestClient(app, base_url="http://desk", raise_server_exceptions=False)
        for at in places:
            if role in at.may:
                continue
            path = re.sub(r"\{[^}]*\}", "1", at.path)
            sent: dict[str, Any] = {"data": {"x": "y"}, "headers": {"origin": "http://desk"}} if at.method == "POST" else {}
            assert client.request(at.method, path, follow_redirects=False, **sent).status_code == 403, (role, path)


def test_a_form_without_its_token_does_nothing_in_any_room(attacked: Attacked) -> None:
    desk = Desk(Settings(attacked.home, attacked.home / "inbox", CHECKOUT / "data_contracts"))
    client = TestClient(guarded(desk, frozenset({"desk"}), lambda scope: everyone_here()), base_url="http://desk")
    for at in [at for routes in ROOMS for at in routes(desk) if at.method == "POST"]:
        path = re.sub(r"\{[^}]*\}", "1", at.path)
        for fields in ({"x": "y"}, {"token": ""}, {"token": "0" * 64}):
            answer = client.post(path, data=fields, headers={"origin": "http://desk"}, follow_redirects=False)
            assert (answer.status_code, "abgelaufen" in answer.text) == (400, True), path


# Addresses and heads


@pytest.mark.parametrize(
    "target",
    [
        *("/reports/../geheim.txt", "/reports/%2e%2e/geheim.txt", "/reports/..%2fgeheim.txt", "/reports/%2e%2e%2fgeheim.txt"),
        *("/reports/%252e%252e/geheim.txt", "/reports/..%5cgeheim.txt", "/reports/..\\geheim.txt", "/reports/....//geheim.txt"),
        *(
            "/reports/%c0%ae%c0%ae/geheim.txt",
            "/reports/%e2%80%ae/x",
            "/reports//etc/passwd",
            "//etc/passwd",
            "/reports/%00",
            "/%00",
        ),
        *("/reports/x%0d%0aSet-Cookie:a=b", "/reports/..;/geheim.txt", "/static/../../guard.py", "/static/%2e%2e/guard.py"),
        *("/dagster/../board/lieferstand.html", "/dagster/%2e%2e/board/lieferstand.html", "/dagster/logs/..%2f..%2fetc/passwd"),
        *("http://127.0.0.1/", "http://evil.example/board/lieferstand.html", "evil.example:80", "*", "/.git/config", "/.env"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_address_that_is_not_plain_is_refused(
    attacked: Attacked, refused: Callable[[], list[str]], target: str, method: str
) -> None:
    said = {"Content-Length": "0", "Origin": "https://desk.example.org"} if method == "POST" else {}
    assert attacked.ask(method, target, said, user="leserin") == 400
    assert refused() == ["path"]


def test_what_is_plain_and_not_there_is_not_found(attacked: Attacked) -> None:
    for target in ("/geheim.txt", "/reports/geheim.txt", "/reports/", "/static/guard.py", "/home", "/inbox", "/desk/actions"):
        assert attacked.ask("GET", target, user="leserin") == 404, target


FORM = "Content-Type: application/x-www-form-urlencoded\r\n"
SECOND = "GET /board/lieferstand.html HTTP/1.1\r\nHost: desk.example.org\r\nX-Desk-User: pruefung\r\n\r\n"


@pytest.mark.parametrize(
    "framing",
    [
        "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n",
        "Transfer-Encoding: chunked\r\n",
        "Transfer-Encoding: xchunked\r\nContent-Length: 4\r\n",
        "Transfer-Encoding: chunked, identity\r\nContent-Length: 4\r\n",
        "Transfer-Encoding : chunked\r\nContent-Length: 4\r\n",
        "Transfer-Encoding:\x0bchunked\r\nContent-Length: 4\r\n",
        "Transfer_Encoding: chunked\r\nContent-Length: 5\r\n",
        "Content-Length: 4\r\nContent-Length: 5\r\n",
        "Content-Length: +4\r\n",
        "Content-Length: 0x4\r\n",
        "Content-Length: -1\r\n",
        "Content-Length: 4 4\r\n",
        "Content-Length: \r\n",
        "",
    ],
)
def test_a_second_request_hides_in_no_body(attacked: Attacked, framing: str) -> None:
    head = (
        f"POST /sprache HTTP/1.1\r\nHost: desk.example.org\r\nX-Desk-User: leserin\r\nOrigin: https://desk.example.org\r\n{FORM}"
    )
    said = attacked.send(f"{head}{framing}\r\n0\r\n\r\n{SECOND}".encode("latin-1"), "")
    assert status_of(said) in (400, 411)
    assert said.count(b"HTTP/1.1 ") == 1
    assert b"GEHEIM" not in said


@pytest.mark.parametrize(
    ("request_line", "headers", "status"),
    [
        ("GET / HTTP/1.0", "", 421),
        ("GET / HTTP/1.0", "Host: desk.example.org\r\n", 505),
        ("GET / HTTP/1.1", "", 400),
        ("GET / HTTP/1.1", "Host: desk.example.org\r\nHost: evil.example\r\n", 400),
        ("GET / HTTP/1.1", "Host: evil.example\r\nX-Forwarded-Host: desk.example.org\r\n", 421),
        ("GET / HTTP/1.1", "Host: desk.example.org:80\r\n", 421),
        ("GET / HTTP/1.1", "Host: desk.example.org.\r\n", 421),
        ("GET / HTTP/1.1", "Host: desk.example.org@evil.example\r\n", 421),
        ("GET / HTTP/9.9", "Host: desk.example.org\r\n", 505),
        ("GET /", "", 400),
        ("TRACE / HTTP/1.1", "Host: desk.example.org\r\n", 405),
        ("OPTIONS / HTTP/1.1", "Host: desk.example.org\r\n", 405),
        ("PUT /reports/x HTTP/1.1", "Host: desk.example.org\r\nContent-Length: 0\r\n", 405),
        ("DELETE /reports HTTP/1.1", "Host: desk.example.org\r\n", 405),
        ("PROPFIND / HTTP/1.1", "Host: desk.example.org\r\n", 405),
        ("CONNECT evil.example:80 HTTP/1.1", "Host: desk.example.org\r\n", 400),
        ("PRI * HTTP/2.0", "", 400),
        ("GET / HTTP/1.1", "Host: desk.example.org\r\nContent-Length: 3\r\n", 400),
        ("GET / HTTP/1.1", "Host: desk.example.org\r\nX\x00: a\r\n", 400),
    ],
)
def test_a_head_that_is_not_as_browsers_send_it_is_refused(
    attacked: Attacked, request_line: str, headers: str, status: int
) -> None:
    said = attacked.send(
        f"{request_line}\r\n{headers}X-Desk-User: pruefung\r\nConnection: close\r\n\r\nabc".encode("latin-1"), ""
    )
    assert status_of(said) == status
    assert said.count(b"HTTP/1.1 ") == 1


def test_no_other_protocol_is_agreed_on(attacked: Attacked) -> None:
    upgrade = {"Connection": "Upgrade, HTTP2-Settings", "Upgrade": "h2c", "HTTP2-Settings": "AAMAAABkAARAAAAAAAIAAAAA"}
    assert attacked.ask("GET", "/", upgrade, user="leserin") == 200  # answered as it was asked, in HTTP/1.1


# Uploads

FILES = {"Content-Type": "multipart/form-data; boundary=x"}


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({**FILES, "Content-Length": str(LIMITS.files + 1)}, "too_large"),
        ({"Content-Type": "application/x-www-form-urlencoded", "Content-Length": str(LIMITS.form + 1)}, "too_large"),
        ({"Content-Type": "text/plain", "Content-Length": "9"}, "media_type"),
        ({"Content-Length": "9"}, "media_type"),
        ({**FILES, "Content-Length": "9", "Content-Encoding": "gzip"}, "no_length"),
    ],
)
def test_an_upload_that_is_too_large_is_refused_before_it_comes(
    attacked: Attacked, refused: Callable[[], list[str]], headers: dict[str, str], reason: str
) -> None:
    assert attacked.ask("POST", "/sprache", {**attacked.origin, **headers}) in (411, 413, 415)
    assert refused() == [reason]


def test_who_sends_too_much_reads_what_and_how_much_in_both_languages_once_it_is_sent(attacked: Attacked) -> None:
    size = 20_000_000  # more than lies between the two: a connection that is closed on it takes the answer with it
    head = f"POST /liefern/pruefen HTTP/1.1\r\nHost: {attacked.host}\r\nOrigin: http://{attacked.host}\r\n"
    head += f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {size}\r\n\r\n"
    said = attacked.send(head.encode() + bytes(size)).decode()
    assert said.startswith("HTTP/1.1 413 ")
    most = LIMITS.form // 1_000_000
    assert f"höchstens {most} MB auf einmal. Bitte" in said
    assert f"at most {most} MB are accepted here at once. Please" in said


def test_a_form_with_too_many_files_is_refused(attacked: Attacked, refused: Callable[[], list[str]]) -> None:
    part = 'Content-Disposition: form-data; name="files"; filename="a.csv"\r\n\r\n1\r\n'
    body = "".join(f"--x\r\n{part}" for _ in range(MOST_FILES + 1)) + "--x--\r\n"
    assert attacked.ask("POST", "/sprache", {**attacked.origin, **FILES}, body.encode()) == 400
    for broken in (b"--y\r\n", b"--x\r\nno head"):
        assert attacked.ask("POST", "/sprache", {**attacked.origin, **FILES}, broken) == 400
    assert refused()[0] == "form"
    assert set(refused()) <= {"form", "token"}


def test_a_query_that_is_too_large_is_refused_before_it_comes(attacked: Attacked, refused: Callable[[], list[str]]) -> None:
    said = {**attacked.origin, **JSON, "Content-Length": str(LIMITS.query + 1)}
    assert attacked.ask("POST", GRAPHQL, said) == 413
    assert refused() == ["too_large"]


@pytest.mark.parametrize(("user", "most"), [(None, LIMITS.at_once), ("jugendamt", LIMITS_OF_ONE.at_once)])
def test_a_hundred_uploads_that_never_end_hold_up_nobody(
    attacked: Attacked, refused: Callable[[], list[str]], user: str | None, most: int
) -> None:
    own = (
        attacked.origin
        if user is None
        else {"Host": "desk.example.org", "Origin": "https://desk.example.org", "X-Desk-User": user}
    )
    head = "".join(f"{name}: {value}\r\n" for name, value in {**own, **FILES, "Content-Length": "900"}.items())
    with ExitStack() as stack:
        slow = [stack.enter_context(attacked.connected(user)) for _ in range(100)]
        for connection in slow:
            connection.sendall(f"POST /sprache HTTP/1.1\r\n{head}\r\n--x\r\n".encode())
        assert attacked.ask("GET", "/") == 200
        assert attacked.ask("GET", "/", user="leserin") == 200
        assert attacked.ask("POST", "/sprache", {"Origin": "https://desk.example.org", **FILES}, b"--x--\r\n", "leserin") == 400
        found = [status_of(connection.recv(100)) for connection in slow]
    assert set(found) == {408, 429}
    assert found.count(408) >= most  # more, where the first were ended before the last had come
    assert {reason: refused().count(reason) for reason in ("too_slow", "too_many")} == {
        "too_slow": found.count(408),
        "too_many": found.count(429),
    }
    for _ in range(100):
        answered = attacked.ask("POST", "/sprache", {**own, **FILES}, b"--x--\r\n", user)
        if answered != 429:
            break
        time.sleep(0.05)
    assert answered == 400  # there is room again; only the token was missing


def test_a_query_that_never_ends_is_ended(attacked: Attacked, refused: Callable[[], list[str]]) -> None:
    head = f"POST {GRAPHQL} HTTP/1.1\r\nHost: {attacked.host}\r\nOrigin: http://{attacked.host}\r\nContent-Length: 900\r\n"
    assert status_of(attacked.send(f"{head}Content-Type: application/json\r\n\r\n{{".encode())) == 408
    assert refused() == ["too_slow"]


def test_the_log_never_has_what_was_sent(attacked: Attacked) -> None:
    attacked.ask("GET", "/liefern?name=Vorname+Nachname", {"Host": "evil.example"})
    attacked.ask("GET", "/Vorname%20Nachname/x", {"Host": "evil.example"})
    text = "".join(file.read_text(encoding="utf-8") for file in (attacked.home / FOLDER).glob("*.jsonl"))
    assert "Nachname" not in text
    assert "attacked" not in text
    assert '"person": null' in text
