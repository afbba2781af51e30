"""A Postgres of the tests' own, from what Debian's package has: a cluster in a folder, on a free port and a socket, for as long as a test needs it."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

PASSWORD = "im-Test@nur"
WRITTEN = "im-Test%40nur"
"""The password as it stands in an address."""


def programs() -> Path | None:
    """The folder of Postgres' programs: Debian keeps one for each version, and none of them in PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda file: int(file.parts[-3]))
    in_path = shutil.which("initdb")
    return found[-1].parent if found else Path(in_path).parent if in_path else None


def account() -> str | None:
    """Whom the server runs as: ourselves, but not root, whom it refuses. None where there is no such account."""
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid()).pw_name
    return "postgres" if any(entry.pw_name == "postgres" for entry in pwd.getpwall()) else None


needs_postgres = pytest.mark.skipif(
    programs() is None or account() is None or importlib.util.find_spec("dagster_postgres") is None,
    reason="Postgres or its driver is not installed (apt-get install postgresql; pip install '.[server]')",
)


@dataclass(frozen=True)
class Postgres:
    """A server that may be started and stopped. folder: of the cluster and its socket; port: on 127.0.0.1."""

    folder: Path
    port: int

    def run(self, program: str, *arguments: str) -> str:
        """One of Postgres' programs as the account that the server runs as; what it prints. Raises AssertionError where it fails."""
        ours = {"user": account(), "group": pwd.getpwnam(str(account())).pw_gid, "extra_groups": []} if os.geteuid() == 0 else {}
        done = subprocess.run(
            [f"{programs()}/{program}", *arguments], cwd=self.folder, capture_output=True, text=True, check=False, **ours
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def start(self) -> None:
        """Begin to answer."""
        options = f"-k {self.folder} -p {self.port} -c listen_addresses=127.0.0.1 -c fsync=off"
        self.run("pg_ctl", "-D", f"{self.folder}/data", "-l", f"{self.folder}/log", "-w", "-o", options, "start")

    def stop(self) -> None:
        """End at once, as a machine that loses its power: who is connected loses the connection."""
        self.run("pg_ctl", "-D", f"{self.folder}/data", "-m", "immediate", "-w", "stop")

    def ask(self, database: str, query: str) -> str:
        """What a query gives, as its administrator."""
        return self.run("psql", "-h", str(self.folder), "-p", str(self.port), "-Atc", query, database).strip()

    def database(self, name: str) -> str:
        """A new and empty database; its address for KKZ_DATABASE, with the password of its owner."""
        self.ask("postgres", f"CREATE DATABASE {name} OWNER kkz")
        return f"postgresql://kkz:{WRITTEN}@127.0.0.1:{self.port}/{name}"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def a_postgres() -> Iterator[Postgres]:
    """A server that runs, with the account `kkz`; gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="kkz-pg-"))  # not below pytest's own folder, into which only its owner sees
    if os.geteuid() == 0:
        shutil.chown(folder, str(account()))
    server = Postgres(folder, _free_port())
    try:
        server.run("initdb", "-D", f"{folder}/data", "--auth-local=trust", "--auth-host=scram-sha-256", "--no-sync", "-E", "UTF8", "--locale=C")  # fmt: skip
        server.start()
        server.ask("postgres", f"CREATE ROLE kkz LOGIN PASSWORD '{PASSWORD}'")
        yield server
    finally:
        if (folder / "data" / "postmaster.pid").exists():
            server.stop()
        shutil.rmtree(folder)
