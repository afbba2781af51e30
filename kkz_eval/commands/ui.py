"""The desk: one process at one address, with Dagster's pages below `/dagster`; on 127.0.0.1 only, or on the socket of a proxy.

Belongs here: what is started with which settings, and its end. Does not belong here: pages (desk), Dagster's processes (dagster_pages).
"""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from threading import Thread

import uvicorn
from anyio.to_thread import current_default_thread_limiter

from kkz_eval.commands import say
from kkz_eval.contracts.load import load_contracts
from kkz_eval.dagster_pages import dagster_pages
from kkz_eval.desk.ahead import Ahead
from kkz_eval.desk.app import guarded
from kkz_eval.desk.desk import Desk
from kkz_eval.desk.guard import DAGSTER, Who
from kkz_eval.desk.health import health_of, is_alive
from kkz_eval.desk.pages import board, research, todo
from kkz_eval.desk.people_file import PeopleFile
from kkz_eval.desk.senders import NamedByProxy, at_this_machine
from kkz_eval.desk.serving import PRIVATE, THREADS, listen_for_proxy, require_private, strictly_read
from kkz_eval.desk.transfers import OF_ONE_AMONG_MANY, Limits
from kkz_eval.fetching.mail import mailer
from kkz_eval.launching import runs_of
from kkz_eval.line.installation import shown_model_world
from kkz_eval.model.errors import UserError
from kkz_eval.model.system_errors import reason_of
from kkz_eval.settings import Settings, load_mail_server

HOST = "127.0.0.1"
NAMES = (HOST, "localhost")


def serve(settings: Settings, port: int) -> int:
    """Start the desk and Dagster, say where they are, and stay until interrupted. Raises UserError for a port in use."""
    signal.signal(signal.SIGTERM, _interrupt)  # ended by a service manager as by Ctrl+C: nothing stays behind
    with suppress(KeyboardInterrupt):  # of the server too: it finishes its answers, then hands on the signal that ended it
        _serve(settings, port)
    return 0


@dataclass(frozen=True)
class Door:
    """How people come to the desk. address: in browsers, with the guard's hosts and scheme; who: names whoever sends a request."""

    listening: socket.socket
    address: str
    hosts: frozenset[str]
    who: Who
    scheme: str
    limits: Limits


def _serve(settings: Settings, port: int) -> None:
    send = _sender()  # what is wrong with its settings is said now, not to whoever sends
    with door_of(settings, port) as door, _for_watchers(settings.metrics_port) as watched:
        settings = replace(settings, reports_url=door.address, model_world=shown_model_world(settings))
        settings.inbox.mkdir(parents=True, exist_ok=True)
        environment = {
            "KKZ_HOME": str(settings.home),
            "KKZ_INBOX": str(settings.inbox),
            "KKZ_STORE": settings.object_store,
            "KKZ_SCHEDULER": settings.scheduler,
            "KKZ_CONTRACTS": str(settings.contracts),
            "KKZ_LANGUAGE": settings.language,
            "KKZ_CONTACT": settings.contact,
            "KKZ_MODEL_WORLD": settings.model_world,
            "KKZ_REPORTS_URL": door.address,
        }
        with dagster_pages(settings, DAGSTER, environment) as dagster:
            runs = runs_of(dagster.workspace, settings, dagster.daemon_runs, dagster.code_runs)
            ahead = Ahead(todo.look_ahead, board.look_ahead, research.look_ahead)
            desk = Desk(settings, runs, send=send, ahead=ahead)
            app = guarded(desk, door.hosts, door.who, dagster.app, door.scheme, door.limits)
            ready = say("ui.ready", url=door.address, dagster=f"{door.address}{DAGSTER}", inbox=settings.inbox)
            with _watched(desk, watched):
                _Server(strictly_read(app), ready.in_language(settings.language), partial(ahead, desk.settings)).run(
                    [door.listening]
                )


@contextmanager
def _for_watchers(port: int) -> Iterator[socket.socket | None]:
    """The port of this machine for who watches, from the start; None for port 0. Raises UserError for one in use."""
    if port == 0:
        yield None
        return
    with _listening(port, "KKZ_METRICS_PORT") as listening:
        yield listening


@contextmanager
def _watched(desk: Desk, listening: socket.socket | None) -> Iterator[None]:
    """Answers for who watches while the context lasts; none without a port."""
    if listening is None:
        yield
        return
    from kkz_eval.desk.metrics import metrics_app  # noqa: PLC0415 (its library is loaded where it is asked for)

    app = metrics_app(partial(health_of, desk), partial(is_alive, desk), NAMES)
    server = uvicorn.Server(strictly_read(app))
    listening.listen()  # whoever asks before the server has begun waits a moment
    answering = Thread(target=server.run, args=([listening],))
    answering.start()
    try:
        yield
    finally:
        server.should_exit = True
        answering.join()


@contextmanager
def door_of(settings: Settings, port: int) -> Iterator[Door]:
    """The door of a server where one is set, else that of this machine alone. Raises UserError where it can't be had, or would stand open."""
    if settings.server is None:
        with _listening(port, "--port") as listening:
            hosts = [f"{name}:{listening.getsockname()[1]}" for name in NAMES]
            yield Door(listening, f"http://{hosts[0]}", frozenset(hosts), at_this_machine, "http", Limits())
        return
    os.umask(PRIVATE)  # of all that is made from here on, by Dagster's processes too
    for folder in (settings.home, settings.inbox):
        require_private(folder)
    datasets = {contract.dataset for contract in load_contracts(settings.contracts).values()}
    people = PeopleFile(settings.server.people, datasets)
    people()  # a fault in it is said now, not to whoever comes first
    scheme, _, host = settings.server.address.partition("://")
    with listen_for_proxy(settings.server.socket) as listening:
        try:
            yield Door(listening, settings.server.address, frozenset({host}), NamedByProxy(people), scheme, OF_ONE_AMONG_MANY)
        finally:
            settings.server.socket.unlink(missing_ok=True)


def _sender() -> Callable[[str, str, str], None] | None:
    """What hands a message to the mail server of the house; None where the environment names none. Raises UserError for one that can't be used."""
    server = load_mail_server()
    return None if server is None else mailer(server)


class _Server(uvicorn.Server):
    """Says that it is ready once it listens; then begins what nobody has to wait for."""

    def __init__(self, config: uvicorn.Config, ready: str, then: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready, self._then = ready, then

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to answer."""
        current_default_thread_limiter().total_tokens = THREADS
        await super().startup(sockets)
        print(self._ready, flush=True)
        self._then()


def _listening(port: int, named: str) -> socket.socket:
    """A socket at a port of this machine alone, 0 for any. named: what says which. Raises UserError where another has it, and for one that is none."""
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((HOST, port))
    except (OSError, OverflowError) as error:
        listening.close()
        raise UserError("port_in_use", package=say.package, port=port, named=named, reason=reason_of(error)) from error
    return listening


def _interrupt(signal_number: int, frame: object) -> None:
    raise KeyboardInterrupt
