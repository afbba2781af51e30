"""A module of Python as a process that ends with the one that started it, however that ends: `python -m kkz_eval.desk.ends_with PROCESS SECONDS MODULE …`.

The process leads a group of its own, and ends with all that it started; what is still there after so many seconds is killed.
Does not belong here: what is run.
"""

from __future__ import annotations

import os
import runpy
import signal
import sys
import time
from threading import Thread

_BETWEEN_LOOKS = 1.0  # seconds


def _end_after(parent: int, seconds: float) -> None:
    while os.getppid() == parent:
        time.sleep(_BETWEEN_LOOKS)
    os.killpg(os.getpid(), signal.SIGINT)
    time.sleep(seconds)
    os.killpg(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    _, started_by, seconds_to_end, module, *arguments = sys.argv
    signal.signal(
        signal.SIGINT, signal.default_int_handler
    )  # a shell that starts something in the background lets it ignore that signal
    Thread(target=_end_after, args=(int(started_by), float(seconds_to_end)), daemon=True).start()
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
