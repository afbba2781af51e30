"""Dagster beside the desk: its pages as an application of this process, its code and its daemon as processes of their own.

Belongs here: starting and ending them. Does not belong here: who may see them (desk.guard), where they are served (commands.ui).
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Lock, Thread
from typing import IO

from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import WorkspaceFileTarget
from dagster._grpc.client import DagsterGrpcClient
from dagster_webserver.app import create_app_from_workspace_process_context
from starlette.types import ASGIApp

from kkz_eval.model.errors import UserError
from kkz_eval.run_history import open_instance
from kkz_eval.settings import Settings

CODE = ("kkz_eval.definitions", "defs")
LOCATION = ":".join(CODE)
SECONDS_TO_START = 120.0
_SECONDS_TO_END = 15.0
SECONDS_BETWEEN_STARTS = 10.0


@dataclass(frozen=True, eq=False)
class DagsterPages:
    """Dagster beside the desk. app: its pages; workspace: with the run history and the code, for whoever starts and follows runs; code, daemon: the
    processes beside it."""

    app: ASGIApp
    workspace: WorkspaceProcessContext
    code: Kept
    daemon: Kept

    def daemon_runs(self) -> bool:
        """Whether the daemon is there; it ends itself where one of its threads did."""
        return self.daemon.runs()

    def code_runs(self) -> bool:
        """Whether the code is there; where it is, the workspace knows whether it was loaded."""
        return self.code.runs()


class Kept:
    """A process that is started again where it ends without being told to: Dagster's daemon ends itself after a time without its database.

    What it prints to a pipe as its errors is passed on until it is told to end: from then on it is about that alone, in words for programmers.
    """

    def __init__(self, start: Callable[[], subprocess.Popen[bytes]]) -> None:
        self._start = start
        self._changing = Lock()
        self._over = Event()
        self.process = self._begun()

    def _begun(self) -> subprocess.Popen[bytes]:
        process = self._start()
        if process.stderr is not None:
            Thread(target=self._pass_on, args=(process.stderr,), daemon=True).start()
        return process

    def _pass_on(self, printed: IO[bytes]) -> None:
        with printed:
            for line in printed:
                if not self._over.is_set():
                    print(line.decode(errors="replace"), end="", file=sys.stderr, flush=True)

    def runs(self) -> bool:
        """Whether it is there at this moment."""
        return self.process.poll() is None

    def keep(self) -> None:
        """Start it again from now on, some seconds after each end."""
        Thread(target=self._keep, daemon=True).start()

    def _keep(self) -> None:
        while True:
            self.process.wait()
            if self._over.wait(SECONDS_BETWEEN_STARTS):
                return
            with self._changing:
                if self._over.is_set():
                    return
                self.process = self._begun()

    def end(self) -> None:
        """End it with all that it started, for good."""
        self._over.set()
        with self._changing:
            if self.runs():
                os.killpg(self.process.pid, signal.SIGINT)
                try:
                    self.process.wait(timeout=_SECONDS_TO_END)
                except subprocess.TimeoutExpired:
                    os.killpg(self.process.pid, signal.SIGKILL)
                    self.process.wait()


@contextmanager
def dagster_pages(settings: Settings, prefix: str, environment: Mapping[str, str]) -> Iterator[DagsterPages]:
    """Dagster with its application below a prefix, while its code server and daemon run; all of them end with the context.

    environment: of the processes, beside DAGSTER_HOME.
    Raises UserError where one of them does not start, and where the run history can't be opened.
    """
    history = settings.dagster_home
    open_instance(settings).dispose()  # made whole before several processes open it
    variables = {**environment, "DAGSTER_HOME": str(history), "DAGSTER_DISABLE_TELEMETRY": "1", "PYTHONWARNINGS": "ignore"}
    with ExitStack() as stack:
        folder = Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="kkz-code-"))
        )  # ours alone: nobody else speaks to the code
        place = str(folder / "code")
        module, attribute = CODE
        serving = ["dagster", "code-server", "start", "--socket", place, "-m", module, "-a", attribute, "--log-level", "error"]
        code = stack.enter_context(_running(serving, variables, history.parent))
        _wait_for(code, place)
        code.keep()
        workspace = folder / "workspace.yaml"  # one for pages and daemon: both must call the code by the same name
        server = {"host": "localhost", "socket": place, "location_name": LOCATION}
        workspace.write_text(json.dumps({"load_from": [{"grpc_server": server}]}), encoding="utf-8")
        beating = ["dagster._daemon", "run", "--log-level", "warning", "-w", str(workspace)]
        daemon = stack.enter_context(_running(beating, variables, history.parent))
        daemon.keep()
        instance = stack.enter_context(open_instance(settings))
        instance.optimize_for_webserver(15_000, 3600, 20)
        target = WorkspaceFileTarget([str(workspace)])
        context = stack.enter_context(WorkspaceProcessContext(instance, workspace_load_target=target))
        app = create_app_from_workspace_process_context(context, prefix, live_data_poll_rate=2000)
        yield DagsterPages(app, context, code, daemon)


@contextmanager
def _running(module: Sequence[str], environment: Mapping[str, str], folder: Path) -> Iterator[Kept]:
    """A module of Python as a process, ended with all that it started: by the context, or with this process."""
    command = [sys.executable, "-m", "kkz_eval.desk.ends_with", str(os.getpid()), str(_SECONDS_TO_END), *module]

    def start() -> subprocess.Popen[bytes]:
        variables = {**os.environ, **environment}
        return subprocess.Popen(command, env=variables, cwd=folder, start_new_session=True, stderr=subprocess.PIPE)

    kept = Kept(start)
    try:
        yield kept
    finally:
        kept.end()


def _wait_for(kept: Kept, place: str) -> None:
    """Until the code answers at a socket. Raises UserError where the process ends before or takes too long."""
    deadline = time.monotonic() + SECONDS_TO_START
    client = DagsterGrpcClient(socket=place)
    while time.monotonic() < deadline and kept.runs():
        try:
            client.ping("")
        except Exception:  # noqa: BLE001 (it does not listen yet, whatever the library says of that)
            time.sleep(0.2)
        else:
            return
    raise UserError("ui_not_started", package="kkz_eval.commands")
