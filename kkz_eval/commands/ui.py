"""The desk on this machine: one process at one address, on 127.0.0.1 only, with Dagster's pages below `/dagster`.

Belongs here: what is started with which settings, and its end. Does not belong here: pages (desk), Dagster's processes (dagster_pages).
"""

from __future__ import annotations

import signal
import socket
from contextlib import suppress
from dataclasses import replace

import uvicorn

from kkz_eval.commands import say
from kkz_eval.dagster_pages import dagster_pages
from kkz_eval.desk.app import guarded
from kkz_eval.desk.desk import Desk
from kkz_eval.desk.guard import DAGSTER
from kkz_eval.desk.people import everyone_here
from kkz_eval.line.installation import shown_model_world
from kkz_eval.model.errors import UserError
from kkz_eval.model.system_errors import reason_of
from kkz_eval.settings import Settings

HOST = "127.0.0.1"
NAMES = (HOST, "localhost")
_SECONDS_TO_FINISH = 5
"""So long answers that have begun are waited for at the end."""


def serve(settings: Settings, port: int) -> int:
    """Start the desk and Dagster, say where they are, and stay until interrupted. Raises UserError for a port in use."""
    signal.signal(signal.SIGTERM, _interrupt)  # ended by a service manager as by Ctrl+C: nothing stays behind
    with suppress(KeyboardInterrupt):  # of the server too: it finishes its answers, then hands on the signal that ended it
        _serve(settings, port)
    return 0


def _serve(settings: Settings, port: int) -> None:
    with _listening(port) as listening:
        address = f"http://{HOST}:{listening.getsockname()[1]}"
        settings = replace(settings, reports_url=address, model_world=shown_model_world(settings))
        settings.inbox.mkdir(parents=True, exist_ok=True)
        environment = {
            "KKZ_HOME": str(settings.home),
            "KKZ_INBOX": str(settings.inbox),
            "KKZ_CONTRACTS": str(settings.contracts),
            "KKZ_LANGUAGE": settings.language,
            "KKZ_CONTACT": settings.contact,
            "KKZ_MODEL_WORLD": settings.model_world,
            "KKZ_REPORTS_URL": address,
        }
        with dagster_pages(settings.dagster_home, DAGSTER, environment) as dagster:
            hosts = frozenset(f"{name}:{listening.getsockname()[1]}" for name in NAMES)
            app = guarded(Desk(settings), hosts, lambda scope: everyone_here(), dagster)
            config = uvicorn.Config(
                app,
                log_level="warning",
                access_log=False,  # who reads which page is nobody's business
                proxy_headers=False,
                server_header=False,
                timeout_graceful_shutdown=_SECONDS_TO_FINISH,
                lifespan="off",
            )
            ready = say("ui.ready", url=address, dagster=f"{address}{DAGSTER}", inbox=settings.inbox)
            _Server(config, ready.in_language(settings.language)).run([listening])


class _Server(uvicorn.Server):
    """Says that it is ready once it listens."""

    def __init__(self, config: uvicorn.Config, ready: str) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to answer."""
        await super().startup(sockets)
        print(self._ready, flush=True)


def _listening(port: int) -> socket.socket:
    """A socket at a port of this machine alone, 0 for any. Raises UserError where another has it."""
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((HOST, port))
    except OSError as error:
        listening.close()
        raise UserError("port_in_use", package=say.package, port=port, reason=reason_of(error)) from error
    return listening


def _interrupt(signal_number: int, frame: object) -> None:
    raise KeyboardInterrupt
