"""The desk as it is served, for tests: in process for one client, or at an address for a browser."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.testclient import TestClient
from starlette.types import ASGIApp

from kkz_eval.desk.app import guarded
from kkz_eval.desk.desk import Desk
from kkz_eval.desk.people import Person, everyone_here
from kkz_eval.desk.serving import strictly_read
from kkz_eval.settings import Settings

HOST = "127.0.0.1:3000"
_TOKEN = re.compile(r'name="token" value="([0-9a-f]+)"')


class DeskClient(TestClient):
    """A client that sends what a browser sends from one of our pages: the origin, and the token of the last page."""

    def post_form(self, page: str, to: str, fields: dict[str, str] | None = None, **others: object):
        """Open a page, then send its form; redirects are not followed."""
        found = _TOKEN.search(self.get(page).text)
        assert found is not None, f"no form on {page}"
        sent = {"token": found.group(1), **(fields or {})}
        return self.post(to, data=sent, headers={"origin": f"http://{HOST}"}, follow_redirects=False, **others)


def desk_of(settings: Settings, person: Person | None = None, **handed_in: object) -> DeskClient:
    """A client of the whole desk, guard included, for a person; by default the one who has all roles. handed_in: functions of the shell, by their names in Desk."""
    somebody = person or everyone_here()
    app = guarded(Desk(settings, **handed_in), frozenset({HOST}), lambda scope: somebody)
    return DeskClient(app, base_url=f"http://{HOST}", raise_server_exceptions=False)


@contextmanager
def at_an_address(settings: Settings, person: Person | None = None) -> Iterator[str]:
    """The desk at a free port of this machine, for browsers."""
    somebody, hosts = person or everyone_here(), set()
    config = uvicorn.Config(
        guarded(Desk(settings), hosts, lambda scope: somebody), host="127.0.0.1", port=0, log_level="error", lifespan="off"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the desk did not start"
        time.sleep(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    hosts.add(f"127.0.0.1:{port}")
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()


@contextmanager
def served(app: ASGIApp, listening: socket.socket) -> Iterator[None]:
    """An application at a socket, served as `kkz-eval ui` does."""
    server = uvicorn.Server(strictly_read(app))
    thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.02)
    try:
        yield
    finally:
        server.should_exit = True
        thread.join()
