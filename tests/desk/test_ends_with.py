"""A process that ends with the one that started it, with all that it started in turn."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

STARTING = """
import os, signal, subprocess, sys, time
signal.signal(signal.SIGINT, signal.SIG_IGN)  # as in the background of a shell
subprocess.Popen([sys.executable, "-m", "kkz_eval.desk.ends_with", str(os.getpid()), "60", "works", "long"], start_new_session=True)
time.sleep(600)
"""
WORKING = """
import subprocess, sys, time
subprocess.Popen([sys.executable, "-S", "-c", "import time; time.sleep(600)"])
print(*sys.argv[1:], flush=True)
time.sleep(600)
"""


def test_who_is_killed_takes_along_all_that_was_started(tmp_path: Path) -> None:
    (tmp_path / "works.py").write_text(WORKING, encoding="utf-8")
    command = [sys.executable, "-c", STARTING]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as starting:
        assert starting.stdout is not None
        assert starting.stdout.readline() == "long\n"
        starting.kill()
        starting.communicate(
            timeout=12
        )  # to the end of all that could print: less than what a process may take before it is killed
