"""The user interface on this machine: Dagster's pages and a small static server for reports and protocols, both on 127.0.0.1 only.

Belongs here: starting and ending the two. Does not belong here: pages, runs, anything that listens elsewhere.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from kkz_eval.commands import say
from kkz_eval.jobs import open_instance
from kkz_eval.line.current_pages import FOLDER, first_page, page_of_nothing
from kkz_eval.line.installation import shown_model_world
from kkz_eval.model.errors import UserError
from kkz_eval.model.system_errors import reason_of
from kkz_eval.settings import CHECKOUT, Settings

HOST = "127.0.0.1"
SERVED = (FOLDER, "reports", "protocols", "board")
SECONDS_TO_START = 120.0


class PublishedFiles(SimpleHTTPRequestHandler):
    """Pages and what they lead to, below the folders of SERVED in a home, read only; no other file, no listing of folders, nothing cached."""

    def guess_type(self, path: str | os.PathLike[str]) -> str:
        """The type of a file; texts are in UTF-8, and say so."""
        kind = super().guess_type(path)
        return f"{kind}; charset=utf-8" if kind.startswith("text/") else kind

    def translate_path(self, path: str) -> str:
        """The file behind an address; a name that can't exist for all that is not served."""
        place = Path(super().translate_path(path)).resolve()
        home = Path(self.directory).resolve()
        allowed = any(place.is_relative_to(home / folder) for folder in SERVED)
        return str(place) if allowed and place.is_file() else str(home / "\x00")

    def end_headers(self) -> None:
        """Headers that keep a page from asking anything of anyone."""
        self.send_header("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; img-src data: 'self'")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Cache-Control", "no-store")
        super().end_headers()

    def send_head(self) -> BytesIO | BinaryIO | None:
        """A file, the first page for the bare address, or "not found" for all else."""
        if self.path == "/":
            return self._send_first()
        if self.translate_path(self.path).endswith("\x00"):
            self.send_error(404)
            return None
        return super().send_head()

    def _send_first(self) -> BytesIO | None:
        """The way to the page that leads to all others; before the first run one that says that there is nothing yet."""
        written = Path(self.directory) / first_page("de")
        page = b"" if written.is_file() else page_of_nothing("de").encode()
        self.send_response(200 if page else 302)
        if page:
            self.send_header("Content-Type", "text/html; charset=utf-8")
        else:
            self.send_header("Location", f"/{first_page('de')}")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        return BytesIO(page)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: who reads which page is nobody's business."""


@contextmanager
def published_files(home: Path, port: int) -> Iterator[str]:
    """Serve reports and protocols while the context lasts; gives the address. Raises UserError for a port in use."""
    _require_free(port)
    server = ThreadingHTTPServer((HOST, port), partial(PublishedFiles, directory=str(home)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://{HOST}:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def serve(settings: Settings, port: int, report_port: int) -> int:
    """Start both servers, say where they are, and stay until interrupted. Raises UserError for a port in use."""
    signal.signal(signal.SIGTERM, _interrupt)  # ended by a service manager as by Ctrl+C: nothing stays behind
    _require_free(port)
    settings.inbox.mkdir(parents=True, exist_ok=True)
    open_instance(settings.dagster_home).dispose()  # made whole before two processes open it
    with published_files(settings.home, report_port) as files:
        environment = {
            **os.environ,
            "DAGSTER_HOME": str(settings.dagster_home),
            "DAGSTER_DISABLE_TELEMETRY": "1",
            "KKZ_HOME": str(settings.home),
            "KKZ_INBOX": str(settings.inbox),
            "KKZ_CONTRACTS": str(settings.contracts),
            "KKZ_LANGUAGE": settings.language,
            "KKZ_CONTACT": settings.contact,
            "KKZ_MODEL_WORLD": shown_model_world(settings),
            "KKZ_REPORTS_URL": files,
            "PYTHONWARNINGS": "ignore",
        }
        command = [sys.executable, "-m", "dagster", "dev", "-h", HOST, "-p", str(port), "-w", str(CHECKOUT / "workspace.yaml")]
        process = subprocess.Popen(
            [*command, "--log-level", "warning", "--code-server-log-level", "error"],
            env=environment,
            cwd=settings.home,
            start_new_session=True,
        )
        try:
            _wait(process, port)
            print(
                say("ui.ready", url=f"http://{HOST}:{port}", files=files, inbox=settings.inbox).in_language(settings.language),
                flush=True,
            )
            return process.wait()
        except KeyboardInterrupt:
            return 0
        finally:
            _end(process)


def _require_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise UserError("port_in_use", package=say.package, port=port, reason=reason_of(error)) from error


def _wait(process: subprocess.Popen[bytes], port: int) -> None:
    """Until the first page answers. Raises UserError where the process ends before or takes too long."""
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://{HOST}:{port}/server_info", timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise UserError("ui_not_started", package=say.package, port=port)


def _interrupt(signal_number: int, frame: object) -> None:
    raise KeyboardInterrupt


def _end(process: subprocess.Popen[bytes]) -> None:
    """End Dagster with all that it started."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGINT)
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
