"""docs/operations.md, command by command: a server from its packages to the first report, its backup, its restore and its upgrade.

The commands of the page are run as they stand there, below a folder that stands for the root of the server; `pretended_server.py` is in the place of
what a test must not do or has no rights for (packages, accounts, systemd), and the substitutions below are all that is changed in a command.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from postgres import Postgres, a_postgres, account, needs_postgres, programs
from three_files import three_files
from whole_runs import tree

from kkz_eval.settings import CHECKOUT

PAGE = (CHECKOUT / "docs" / "operations.md").read_text(encoding="utf-8")
PASSWORD = "im-test-nur"
PRETENDED = Path(__file__).with_name("pretended_server.py")
COMMANDS = re.findall(r'^    "([a-z0-9-]+)": ', PRETENDED.read_text(encoding="utf-8"), re.MULTILINE)
needs_a_server = pytest.mark.skipif(
    any(shutil.which(name) is None for name in ("nginx", "openssl", "curl")),
    reason="nginx, openssl or curl is not installed (apt-get install nginx-light openssl curl)",
)


@dataclass(frozen=True)
class Server:
    """A folder that stands for the root of a server, and the ports and the database that stand for its own."""

    root: Path
    postgres: Postgres
    port: int
    plain_port: int
    metrics_port: int

    def here(self, text: str) -> str:
        """Commands or a delivered file, as they are on this server: each substitution has its reason beside it."""
        text = re.sub(r"(?<![\w./-])/(srv|etc|opt|run|usr/local)(?=/)", rf"{self.root}/\1", text)  # below the folder
        for said, mine in {
            "KKZ_DATABASE=postgresql:///kkz": f'KKZ_DATABASE="postgresql:///kkz?host={self.postgres.folder}&port={self.postgres.port}&user=kkz"',
            "https://desk.example.org": f"https://desk.example.org:{self.port}",
            "desk.example.org:443": f"desk.example.org:{self.port}",
            "listen 443": f"listen 127.0.0.1:{self.port}",
            "listen 80": f"listen 127.0.0.1:{self.plain_port}",
            "9187": str(self.metrics_port),
            "openssl passwd -6": f"openssl passwd -6 {PASSWORD}",  # which would ask for it
            "--user forschung": f"--user forschung:{PASSWORD}",  # so would curl
        }.items():
            text = text.replace(said, mine)
        assert re.search(r"(?<![\w./-])/(srv|etc|opt|run)/", text) is None
        return text

    def run(self, block: str) -> str:
        """A block of commands; what they print. Raises AssertionError where one of them fails."""
        done = subprocess.run(
            ["bash", "-eu", "-c", self.here(block)],
            env=self.environment(),
            capture_output=True,
            text=True,
            check=False,
            cwd=self.root,
        )
        assert done.returncode == 0, f"{block}\n{done.stdout}\n{done.stderr}\n{self.logs()}"
        return done.stdout

    def environment(self) -> dict[str, str]:
        """Nothing of the settings of whoever runs the tests."""
        bare = {name: value for name, value in os.environ.items() if not name.startswith("KKZ_")}
        return bare | {
            "PATH": f"{self.root}/shims:{self.root}/usr/local/bin:{os.environ['PATH']}",
            "PYTHONPATH": str(CHECKOUT),
            "PGHOST": str(self.postgres.folder),
            "PGPORT": str(self.postgres.port),
            "PGUSER": str(account()),
            "PRETENDED_ROOT": str(self.root),
            "PRETENDED_PROGRAM": str(self.root / "program"),
            "PRETENDED_WORLD": str(self.root / "world"),
            "PRETENDED_POSTGRES": str(programs()),
        }

    def logs(self) -> str:
        """What the services printed."""
        return "\n".join(file.read_text()[-3000:] for file in sorted((self.root / "log").iterdir()) if file.is_file())

    def end(self) -> None:
        """No process stays."""
        for number in [*(self.root / "processes").iterdir(), *self.root.glob("nginx.pid")]:
            if process := number.read_text():
                os.kill(int(process), signal.SIGTERM)
                while " Z " not in stat_of(process):
                    time.sleep(0.05)


def stat_of(process: str) -> str:
    """What the kernel says of a process; one that is gone is as one that has ended."""
    try:
        return Path(f"/proc/{process}/stat").read_text()
    except FileNotFoundError:
        return " Z "


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def server(made_once) -> Iterator[Server]:
    """A server on which nothing is installed."""
    root = Path(tempfile.mkdtemp(prefix="kkz-srv-"))  # a short name: that of a socket has to fit
    with a_postgres() as postgres:
        postgres.ask("postgres", "DROP ROLE kkz")
        made = Server(root, postgres, free_port(), free_port(), free_port())
        prepare(made, made_once("three_files", three_files))
        try:
            yield made
        finally:
            made.end()
            shutil.rmtree(root, ignore_errors=True)  # nginx removes its own file meanwhile


def prepare(server: Server, world: Path) -> None:
    """What is there before the first command: programs by the names that the page calls, nginx without a site, and what `git clone` will bring."""
    root = server.root
    for folder in (
        "shims",
        "log",
        "processes",
        "usr/local/bin",
        "etc/systemd/system",
        "etc/tmpfiles.d",
        "etc/nginx/conf.d",
        "program/deploy",
    ):
        (root / folder).mkdir(parents=True)
    for name in COMMANDS:
        shim = root / "shims" / name
        shim.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{PRETENDED}" {name} "$@"\n')
        shim.chmod(0o755)
    for file in (CHECKOUT / "deploy").iterdir():
        (root / "program" / "deploy" / file.name).write_text(server.here(file.read_text(encoding="utf-8")), encoding="utf-8")
    shutil.copy(CHECKOUT / "constraints.txt", root / "program")
    shutil.copytree(world / "contracts", root / "program" / "data_contracts")
    shutil.copy(world / "plan.yaml", root / "program" / "data_contracts" / "plans" / "modellwelt.yaml")
    shutil.copytree(world, root / "world")
    temporary = "".join(f"{kind}_temp_path {root}/log/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    user = "user root;\n" if os.geteuid() == 0 else ""
    sites = f"include {root}/etc/nginx/conf.d/*.conf;"
    (root / "nginx.conf").write_text(
        f"{user}pid {root}/nginx.pid;\nerror_log {root}/log/nginx;\nevents {{}}\nhttp {{\n{temporary}{sites}\n}}\n"
    )


def blocks() -> list[tuple[str, str]]:
    """The blocks of commands in the order of the page, each with the number of its section."""
    found = []
    for section in re.split(r"^## ", PAGE, flags=re.MULTILINE)[1:]:
        found += [
            (section.partition(".")[0], block) for block in re.findall(r"^```sh\n(.*?)^```", section, re.MULTILINE | re.DOTALL)
        ]
    return found


@needs_postgres
@needs_a_server
def test_the_page_leads_from_a_bare_machine_to_a_report_that_comes_back_from_its_backup(server: Server) -> None:
    kept: dict[str, dict[str, bytes]] = {}
    printed: dict[str, str] = {}
    for section, block in blocks():
        printed[section] = printed.get(section, "") + server.run(block)
        home = server.root / "srv/kkz/home"
        kept[section] = tree(home, without="dagster") if home.exists() else {}
        kept[section].pop("writer.lock", None)  # which says who writes, and belongs to no backup
    assert list(printed) == ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11"]
    assert "Bericht:" in printed["7"]
    assert [name for name in kept["7"] if name.endswith("bericht.html")] != []
    assert "Sicherung 1" in printed["8"]
    assert "Alle Sicherungen sind ganz: 1." in printed["8"]
    assert kept["9"] == kept["7"]
    assert not any("bericht" in name for name in kept["10"])
