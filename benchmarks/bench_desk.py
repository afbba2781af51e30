"""The desk in a process of its own: what a check of an upload costs it, and how long clerks wait who come all at once. On this machine only.

Belongs here: the figures, and requests as a browser sends them. Does not belong here: what pages say; a limit that a test would hold to.
"""

from __future__ import annotations

import http.client
import os
import re
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from benchmarks.figures import Figure
from kkz_eval.settings import CHECKOUT

CLERKS = 50
_CHECKS = 5
_SECONDS_TO_START = 120
_TOKEN = re.compile(r'name="token" value="([0-9a-f]+)"')
_BOUNDARY = "kkz-eval-bench"
_SERVER = """
import sys
from pathlib import Path
import uvicorn
from kkz_eval.desk.app import guarded
from kkz_eval.desk.desk import Desk
from kkz_eval.desk.people import Person, Role
from kkz_eval.desk.serving import strictly_read
from kkz_eval.desk.transfers import OF_ONE_AMONG_MANY
from kkz_eval.settings import CHECKOUT, Settings

home, hosts = Path(sys.argv[1]), set()
desk = Desk(Settings(home, home / "inbox", CHECKOUT / "data_contracts"))


def who(scope):
    return Person(dict(scope["headers"])[b"x-clerk"].decode(), frozenset({Role.CLERK}))


config = strictly_read(guarded(desk, hosts, who, limits=OF_ONE_AMONG_MANY))
config.host, config.port = "127.0.0.1", 0

class Server(uvicorn.Server):
    async def startup(self, sockets=None):
        await super().startup(sockets)
        port = self.servers[0].sockets[0].getsockname()[1]
        hosts.add(f"127.0.0.1:{port}")
        print(port, flush=True)

Server(config).run()
"""


def desk_figures(upload: bytes) -> list[Figure]:
    """Processor time of a check, how long its page takes, and what most of many clerks wait. upload: a delivery that a contract claims.

    Raises RuntimeError where an answer is not what was asked for.
    """
    with tempfile.TemporaryDirectory(prefix="kkz-bench-") as folder, _desk(Path(folder) / "home") as (process, port):
        _check(port, upload, 0)  # the first one opens the installation and starts a process that reads
        before, started = _processor_seconds(process), time.perf_counter()
        for _ in range(_CHECKS):
            _check(port, upload, 0)
        taken, cost = (time.perf_counter() - started) / _CHECKS, (_processor_seconds(process) - before) / _CHECKS
        with ThreadPoolExecutor(CLERKS) as clerks:
            waits = list(clerks.map(lambda clerk: _check(port, upload, clerk), range(CLERKS)))
    rows = upload.count(b"\n") - 1
    return [
        Figure(f"desk: check of {rows} rows, processor of the server", cost, "a second", 1.0),
        Figure(f"desk: check of {rows} rows, sent and shown", taken, "two seconds", 2.0),
        Figure(f"desk: {CLERKS} clerks at once, what 95 % wait at most", float(np.quantile(waits, 0.95)), "three seconds", 3.0),
    ]


@contextmanager
def _desk(home: Path) -> Iterator[tuple[int, int]]:
    """The number of a process that serves a desk, and its port. Raises RuntimeError where it does not start."""
    home.mkdir(parents=True)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [str(CHECKOUT), os.environ.get("PYTHONPATH")]))}
    server = subprocess.Popen([sys.executable, "-c", _SERVER, str(home)], stdout=subprocess.PIPE, text=True, env=environment)
    try:
        assert server.stdout is not None
        ready, _, _ = select.select([server.stdout], [], [], _SECONDS_TO_START)
        said = server.stdout.readline() if ready else ""
        if not said:
            raise RuntimeError("the desk of the benchmark did not start")
        yield server.pid, int(said)
    finally:
        server.terminate()
        server.wait()


def _check(port: int, upload: bytes, clerk: int) -> float:
    """Choose a file, send it and see what was found, as a browser does: seconds from sending to the page."""
    host = f"127.0.0.1:{port}"
    connection = http.client.HTTPConnection(host, timeout=60)
    own = {"X-Clerk": f"clerk-{clerk}"}
    form = _asked(connection, "GET", "/liefern", own)[1]
    found = _TOKEN.search(form)
    if found is None:
        raise RuntimeError("the form of the desk has no token")
    body = _form({"token": found.group(1)}, upload)
    headers = own | {"Origin": f"http://{host}", "Content-Type": f"multipart/form-data; boundary={_BOUNDARY}"}
    started = time.perf_counter()
    address, _ = _asked(connection, "POST", "/liefern/pruefen", headers, body)
    _, page = _asked(connection, "GET", address, own)
    taken = time.perf_counter() - started
    if 'class="scroll sheet"' not in page:
        raise RuntimeError("the desk did not show what it found")
    connection.close()
    return taken


def _asked(
    connection: http.client.HTTPConnection,
    method: str,
    address: str,
    headers: dict[str, str],
    body: bytes | None = None,
) -> tuple[str, str]:
    """Where an answer leads to, and its text. Raises RuntimeError for one that is neither a page nor leads to one."""
    connection.request(method, address, body, headers)
    answer = connection.getresponse()
    text = answer.read().decode()
    if answer.status not in (200, 303):
        raise RuntimeError(f"{method} {address.split('/')[1]}: {answer.status}")
    return answer.headers.get("location", ""), text


def _form(fields: dict[str, str], upload: bytes) -> bytes:
    parts = [
        f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields.items()
    ]
    file = f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
    return "".join([*parts, file]).encode() + upload + f"\r\n--{_BOUNDARY}--\r\n".encode()


def _processor_seconds(process: int) -> float:
    """Of a process and of all below it, those that ended too."""
    ticks = os.sysconf("SC_CLK_TCK")
    own = [int(part) for part in Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[11:15]]
    below = [
        child
        for task in Path(f"/proc/{process}/task").iterdir()
        for child in (task / "children").read_text(encoding="ascii").split()
    ]
    return sum(own) / ticks + sum(_processor_seconds(int(child)) for child in below)
