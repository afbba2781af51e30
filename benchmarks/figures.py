"""One figure of a benchmark, and how time and memory are taken. Does not belong here: what is measured."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Figure:
    """One figure. measured, reference: seconds (or MB, as the name says); ratio: measured / reference."""

    name: str
    measured: float
    against: str
    reference: float

    @property
    def ratio(self) -> float:
        """How often the reference fits into what was measured."""
        return self.measured / self.reference


def seconds(work: Callable[[], object], repeats: int = 3) -> float:
    """The shortest wall time of `repeats` calls, in seconds."""
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return min(times)


def largest_memory() -> float:
    """The largest memory of this process so far, MB. Where the system keeps it, without that of the process that started this one."""
    status = Path("/proc/self/status")
    if status.is_file():
        for line in status.read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
