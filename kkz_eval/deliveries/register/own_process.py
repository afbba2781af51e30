"""What a process owes that reads deliveries for another: limits of time and memory, no traces, and what its end says of the file.

Belongs here: nothing that imports a reader, so that a process can fork while it is small. Does not belong here: starting processes.
Limits need POSIX; that of memory needs Linux (RLIMIT_DATA counts what a process asked for, not what a library reserved: setrlimit(2)).
"""

from __future__ import annotations

import contextlib
import ctypes
import faulthandler
import math
import os
import signal
import sys
import traceback
from collections.abc import Iterator
from importlib.abc import MetaPathFinder
from pathlib import Path

import kkz_eval
from kkz_eval.model.reading_limits import Limits

if sys.platform != "win32":
    import resource

CAN_FORK = hasattr(os, "fork")
_PACKAGE = Path(kkz_eval.__file__).resolve().parent
_SET_DUMPABLE = 4  # PR_SET_DUMPABLE of prctl(2)
_PATIENCE = 5  # times its limit of processor time that a file may take by the clock


@contextlib.contextmanager
def confined(limits: Limits, n_bytes: int) -> Iterator[None]:
    """Hold this process to the limits of a file of that size: it is ended, or a MemoryError raised, where they are exceeded."""
    if sys.platform == "win32":
        yield
        return
    time, data = (resource.getrlimit(kind) for kind in (resource.RLIMIT_CPU, resource.RLIMIT_DATA))
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = limits.seconds_for(n_bytes)
    _set_soft(resource.RLIMIT_CPU, math.ceil(used.ru_utime + used.ru_stime) + seconds)
    held = _memory_held()
    if held is not None:
        _set_soft(resource.RLIMIT_DATA, held + limits.bytes_for(n_bytes))
    signal.setitimer(signal.ITIMER_REAL, _PATIENCE * seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        resource.setrlimit(resource.RLIMIT_CPU, time)
        resource.setrlimit(resource.RLIMIT_DATA, data)


def _set_soft(kind: int, value: int) -> None:
    """A limit that can be lifted again; never above one that was there before."""
    soft, hard = resource.getrlimit(kind)
    resource.setrlimit(kind, (min([value, *(limit for limit in (soft, hard) if limit != resource.RLIM_INFINITY)]), hard))


def _memory_held() -> int | None:
    """What counts against RLIMIT_DATA now, bytes; None where the system does not say, and does not hold to it either."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:
        return None
    return next((int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmData:")), None)


def leave_no_trace() -> None:
    """For a process that was forked to read: it dies silently at a limit, without a core dump and without words of a library, which might quote the file."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(AttributeError):  # elsewhere than on Linux
        ctypes.CDLL(None).prctl(_SET_DUMPABLE, 0)  # where a program collects the dumps, the limit above does not hold: core(5)
    for ending in (signal.SIGXCPU, signal.SIGALRM, signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, signal.SIG_DFL)
    faulthandler.disable()
    nothing = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(nothing, stream)
    os.close(nothing)


def reason_of_end(status: int) -> str:
    """What ended a process that was reading a file: reading_time | reading_memory | reading_crashed. status: as os.waitpid gives it."""
    ending = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
    if ending in (signal.SIGXCPU, signal.SIGALRM):
        return "reading_time"
    if ending in (signal.SIGABRT, signal.SIGKILL):  # a library that gets no memory aborts; a system that has none left kills
        return "reading_memory"
    return "reading_crashed"


def reason_of_error(error: Exception) -> tuple[str, dict[str, str]]:
    """What an exception while reading says: reading_memory, reading_crashed, or program_fault with its kind and the place in our code.

    Never its message, which may quote the file.
    """
    if isinstance(error, MemoryError):
        return "reading_memory", {}
    if isinstance(error, RecursionError):
        return "reading_crashed", {}
    return "program_fault", {"fault": fault_of(error)}


def fault_of(error: Exception) -> str:
    """The kind of an exception and the place in our code where it came from; never its message, which may quote a file."""
    ours = [frame for frame in traceback.extract_tb(error.__traceback__) if _PACKAGE in Path(frame.filename).parents]
    place = f"{Path(ours[-1].filename).relative_to(_PACKAGE.parent).as_posix()}:{ours[-1].lineno}" if ours else "–"
    return f"{type(error).__name__}, {place}"


class _NoPandas(MetaPathFinder):
    """Answers that pandas is not there."""

    def find_spec(self, fullname: str, path: object, target: object = None) -> None:
        """Raises ModuleNotFoundError for pandas; says nothing of other modules."""
        if fullname == "pandas":
            raise ModuleNotFoundError(fullname)


def without_pandas() -> None:
    """Keep pandas out of this process: pyarrow would import it, only to recognise its types, and that takes longer than a check."""
    if "pandas" not in sys.modules:
        sys.meta_path.insert(0, _NoPandas())
