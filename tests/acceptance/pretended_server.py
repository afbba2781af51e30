"""A program, not a module: what the commands of docs/operations.md find on a test machine in place of what only root and systemd can do.

    python pretended_server.py NAME ARGUMENTS…    as NAME does it on a server

The folder that stands for the root of the server comes as PRETENDED_ROOT. Units are read as systemd reads them and their processes are started;
accounts, packages and owners are taken as given. No expectations here.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(os.environ["PRETENDED_ROOT"])
UNITS, TMPFILES = ROOT / "etc/systemd/system", ROOT / "etc/tmpfiles.d"
LOGS, PROCESSES = ROOT / "log", ROOT / "processes"
WITHOUT_OWNERS = ("-o", "-g")


def given(*_: str) -> int:
    """Packages, accounts and owners: there, or not ours to change."""
    return 0


def install(*arguments: str) -> int:
    """`install` without owners."""
    kept = [
        one
        for place, one in enumerate(arguments)
        if one not in WITHOUT_OWNERS and arguments[place - 1 : place] not in [(name,) for name in WITHOUT_OWNERS]
    ]
    return subprocess.run(["/usr/bin/install", *kept], check=False).returncode


def runuser(_u: str, account: str, _: str, *command: str) -> int:
    """A command as another account: as ourselves, and of Postgres' programs those of the tests' own server."""
    if account == "postgres":
        command = (f"{os.environ['PRETENDED_POSTGRES']}/{command[0]}", *command[1:])
    return subprocess.run(command, check=False).returncode


def git(*arguments: str) -> int:
    """A checkout is the program as it is here, in the places of the test; a later one is the same."""
    if arguments[0] == "clone":
        shutil.copytree(os.environ["PRETENDED_PROGRAM"], arguments[-1], symlinks=True)
    return 0


def python3(_m: str, venv: str, folder: str) -> int:
    """An environment whose program is the one under test."""
    assert venv == "venv"
    (Path(folder) / "bin").mkdir(parents=True)
    for name, command in {
        "kkz-eval": f'"{sys.executable}" -W ignore -m kkz_eval',
        "pip": f'"{sys.executable}" "{__file__}" pip',
    }.items():
        program = Path(folder) / "bin" / name
        program.write_text(f'#!/bin/sh\n[ "$1" = simulate ] && exec cp -r "$PRETENDED_WORLD" "$3"\nexec {command} "$@"\n')
        program.chmod(0o755)
    return 0


def pip(_install: str, _constraint: str, file: str, _editable: str, what: str) -> int:
    """All packages are there; what is asked for must exist."""
    assert Path(file).is_file()
    return 0 if what == f"{ROOT}/opt/kkz-eval[server]" else 1


def systemd_tmpfiles(_create: str) -> int:
    """The folders of tmpfiles.d, without their owners."""
    for file in TMPFILES.glob("*.conf"):
        for line in file.read_text().splitlines():
            if line.startswith("d "):
                _, folder, mode, *_ = line.split()
                Path(folder).mkdir(parents=True, exist_ok=True)
                Path(folder).chmod(int(mode, 8))
    return 0


def nginx(*arguments: str) -> int:
    """nginx with what lies in conf.d, and places of its own for the rest."""
    return subprocess.run(
        ["/usr/sbin/nginx", "-p", str(ROOT), "-e", f"{LOGS}/nginx", "-c", f"{ROOT}/nginx.conf", *arguments], check=False
    ).returncode


def journalctl(_u: str, unit: str, *_: str) -> int:
    """What a unit printed."""
    print((LOGS / unit).read_text())
    return 0


def systemctl(what: str, *units: str) -> int:
    """Start and stop what the units say."""
    if what == "daemon-reload":
        return 0
    if units == ("nginx",):  # which Debian starts when it is installed
        runs = (ROOT / "nginx.pid").exists() and (ROOT / "nginx.pid").read_text()
        return nginx("-s", "reload") if runs else nginx()
    for unit in units:
        if unit == "--now" or unit.endswith(".timer"):
            assert unit == "--now" or (UNITS / unit).is_file()
        elif what == "stop":
            _stop(unit)
        elif (code := _start(unit)) != 0:
            return code
    return 0


def _directives(unit: str) -> dict[str, str]:
    pairs = (line.partition("=") for line in (UNITS / unit).read_text().splitlines() if "=" in line and not line.startswith("#"))
    return {name: value for name, _, value in pairs}


def _start(unit: str) -> int:
    """The process of a unit, with its settings, in its folder; one that does a thing once is waited for."""
    said = _directives(unit)
    lines = (
        line.partition("=")
        for line in Path(said["EnvironmentFile"]).read_text().splitlines()
        if line and not line.startswith("#")
    )
    settings = {name: value.strip('"') for name, _, value in lines}
    bare = {name: value for name, value in os.environ.items() if not name.startswith("KKZ_")}
    with (LOGS / unit).open("a") as log:
        process = subprocess.Popen(
            said["ExecStart"].split(),
            env={**bare, **settings},
            cwd=said["WorkingDirectory"],
            umask=int(said["UMask"], 8),
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    if said.get("Type") == "oneshot":
        return process.wait()
    (PROCESSES / unit).write_text(str(process.pid))
    return 0


def _stop(unit: str) -> None:
    number = PROCESSES / unit
    if not number.exists():
        return
    process = int(number.read_text())
    number.unlink()
    os.kill(process, signal.SIGTERM)
    while Path(f"/proc/{process}/stat").exists() and " Z " not in Path(f"/proc/{process}/stat").read_text():
        time.sleep(0.1)


COMMANDS = {
    "apt-get": given,
    "useradd": given,
    "chown": given,
    "install": install,
    "runuser": runuser,
    "git": git,
    "python3": python3,
    "pip": pip,
    "systemd-tmpfiles": systemd_tmpfiles,
    "nginx": nginx,
    "journalctl": journalctl,
    "systemctl": systemctl,
}

if __name__ == "__main__":
    sys.exit(COMMANDS[sys.argv[1]](*sys.argv[2:]))
