"""A program, not a module: runs the yearly job again and again in child processes and kills them at given write operations.

    python killed_runs.py COUNT ARGUMENTS…          run once, print how many write operations in --home there were
    python killed_runs.py KILL M1,M2,… ARGUMENTS…   kill a run before its M1-th write, the next before its M2-th, …; then run
                                                    to the end. Prints one line for each run: `killed` or its exit code.

    python killed_runs.py TOGETHER N ARGUMENTS…     N runs at the same moment. Prints what each says, and one line for each.

The libraries are imported once; each run is a fork of this process that ends itself with SIGKILL, as `kill -9` would, so that
nothing is flushed or cleaned up. Write operations are those on files and folders of --home without the run history of Dagster.
"""

from __future__ import annotations

import os
import signal
import sys

import kkz_eval.commands.run
import kkz_eval.contracts.expectations
from kkz_eval.cli import main

IMPORTED = (kkz_eval.contracts.expectations, kkz_eval.commands.run)
"""For the forks; the command line imports them late."""
_CHANGES = {"os.link", "os.rename", "os.mkdir", "os.remove"}
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


def _watch(home: str, fatal: int | None) -> list[int]:
    """Count the write operations from now on; before number `fatal` the process is killed."""
    seen = [0]

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        writes = event in _CHANGES
        if event == "open":
            flags = arguments[2]
            writes = isinstance(flags, int) and bool(flags & _WRITING)
        path = str(arguments[0]) if writes else ""
        if not path.startswith(f"{home}/") or path.startswith(f"{home}/dagster"):
            return
        seen[0] += 1
        if seen[0] == fatal:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)
    return seen


def _run(arguments: list[str], fatal: int | None) -> str:
    home = arguments[arguments.index("--home") + 1]
    child = os.fork()
    if child == 0:
        seen = _watch(home, fatal)
        code = main(arguments)
        sys.stdout.flush()
        print(f"writes {seen[0]}", flush=True)
        os._exit(code)
    _, status = os.waitpid(child, 0)
    return (
        "killed" if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL else str(os.waitstatus_to_exitcode(status))
    )


def _together(arguments: list[str], runs: int) -> list[int]:
    """The exit codes of so many runs that begin at the same moment."""
    ready, go = os.pipe()
    children = []
    for _ in range(runs):
        child = os.fork()
        if child == 0:
            os.close(go)
            os.read(ready, 1)  # until all of them are there
            code = main(arguments)
            sys.stdout.flush()
            os._exit(code)
        children.append(child)
    os.close(go)
    return [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]


if __name__ == "__main__":
    mode, *rest = sys.argv[1:]
    if mode == "COUNT":
        print("ended", _run(rest, None), flush=True)
    elif mode == "TOGETHER":
        for code in _together(rest[1:], int(rest[0])):
            print("ended", code, flush=True)
    else:
        for moment in map(int, rest[0].split(",")):
            print("ended", _run(rest[1:], moment), flush=True)
        print("ended", _run(rest[1:], None), flush=True)
