"""Workers of a scheduler for benchmarks: processes on this machine with one thread each. Does not belong here: what they compute, what is made of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from benchmarks.figures import largest_memory
from kkz_eval.evaluation.spread import Spread

ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
"""The environment of a process that is compared with workers: libraries read it once, when they are loaded."""

Taken = tuple[float, float]
"""Processor time so far, seconds, and largest memory so far, MB, of a process."""


@contextmanager
def workers(number: int, warm: Callable[[], object]) -> Iterator[tuple[Spread, Callable[[], list[Taken]]]]:
    """So many processes with one thread each, in each of which `warm` was called; and what each has taken so far."""
    from distributed import LocalCluster  # noqa: PLC0415 (takes a moment, and others are measured first)

    from kkz_eval.line.scheduler import client_of, disconnect, spread_over  # noqa: PLC0415

    with LocalCluster(
        n_workers=number, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address=None
    ) as cluster:
        address = cluster.scheduler_address
        with client_of(address) as client:
            client.run(warm)
            try:
                yield spread_over(address), lambda: list(client.run(_taken).values())
            finally:
                disconnect()


def _taken() -> Taken:
    return time.process_time(), largest_memory()
