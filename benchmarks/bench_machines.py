"""What it costs to share out: draws and worlds of a study in one process, on one worker and on two. Run as `python -m benchmarks.bench_machines`.

Belongs here: the work, its rows (for docs/scale.md too), the entries of the table. Does not belong here: that the results are the same
(tests/line/test_scheduler.py). Scheduler, workers and this process are all on this machine: where it has two processors, two workers and the process
that shares out have less than one each, and the wall says less than the processor time.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from functools import partial

import numpy as np

from benchmarks.figures import Figure
from benchmarks.study import direct_estimates, over_seeds, study_plan
from benchmarks.study_coverage import kreis_like_panel
from kkz_eval.evaluation.effects import run_effects
from kkz_eval.evaluation.plan_file import parse_plan
from kkz_eval.evaluation.spread import Spread
from kkz_eval.line.scheduler import client_of, disconnect, spread_over

DRAWS, WORLDS = 2_000, 60
WORKERS = (1, 2)
PLAN = {
    "plan_version": 1,
    "id": "draws",
    "seed": 1,
    "outcomes": [{"indicator": "y", "role": "primary"}],
    "estimators": [{"id": "cs", "method": "callaway_santanna", "aggregations": ["simple"]}],
    "inference": {"method": "randomization", "theta": ["zero"], "statistics": ["coefficient"]},
}


@dataclass(frozen=True)
class Shared:
    """A piece of work in one of the ways. workers: 0 for this process alone; wall, processor: seconds, the latter of all processes together.

    overhead: share of the processor time that is not the work as this process does it: sending, waiting, the scheduler; below 0 by chance only.
    """

    work: str
    workers: int
    wall: float
    processor: float
    overhead: float


def rows(draws: int = DRAWS, worlds: int = WORLDS) -> list[Shared]:
    """Drawn fits of one outcome among 30 units in 13 years, and worlds of the study of the model world, each in every way."""
    work = {f"{draws:,} drawn fits": partial(_draws, draws), f"{worlds} worlds": partial(_worlds, worlds)}
    _warm(0)  # the libraries are loaded before time is taken, here and on each worker
    found = {name: [_measured(name, 0, lambda make=make: make(map), lambda: 0.0, None)] for name, make in work.items()}
    for number in WORKERS:
        with _cluster(number) as address:
            spread = spread_over(address)
            list(spread(_warm, range(4 * number)))
            for name, make in work.items():
                of_workers = partial(_processor_of_workers, address)
                found[name].append(_measured(name, number, lambda make=make: make(spread), of_workers, found[name][0]))  # noqa: B023
    return [row for each in found.values() for row in each]


def machine_figures() -> list[Figure]:
    """The entries of the table of `make bench`: wall time on the workers against that in this process, and the overhead."""
    shared = rows()
    alone = {row.work: row for row in shared if row.workers == 0}
    name = "{} on {} workers, wall time"
    return [
        Figure(name.format(row.work, row.workers), row.wall, "in one process", alone[row.work].wall)
        for row in shared
        if row.workers
    ] + [
        Figure(f"{row.work}, {row.workers} workers, processor time", row.processor, "in one process", alone[row.work].processor)
        for row in shared
        if row.workers
    ]


def _draws(draws: int, spread: Spread) -> object:
    plan = parse_plan(PLAN, "bench")
    plan = replace(plan, inference=replace(plan.inference, draws=draws))
    return run_effects(kreis_like_panel(1), plan, spread).inference


def _worlds(worlds: int, spread: Spread) -> object:
    return over_seeds(direct_estimates, range(worlds), study_plan(), spread)


def _warm(_: int) -> int:
    _draws(20, map)
    _worlds(1, map)
    return 0


def _measured(
    name: str, workers: int, make: Callable[[], object], of_workers: Callable[[], float], alone: Shared | None
) -> Shared:
    before, started, own = of_workers(), time.perf_counter(), time.process_time()
    make()
    wall, processor = time.perf_counter() - started, time.process_time() - own + of_workers() - before
    return Shared(name, workers, wall, processor, 0.0 if alone is None else 1 - alone.processor / processor)


def _processor_of_workers(address: str) -> float:
    with client_of(address) as client:
        return float(np.sum(list(client.run(time.process_time).values())))


@contextmanager
def _cluster(workers: int) -> Iterator[str]:
    from distributed import LocalCluster  # noqa: PLC0415 (takes a moment, and `make bench` measures others first)

    with LocalCluster(
        n_workers=workers, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address=":0"
    ) as cluster:
        try:
            yield cluster.scheduler_address
        finally:
            disconnect()


def main() -> int:
    """Prints the rows."""
    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}")
    for row in rows():
        print(json.dumps(asdict(row)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
