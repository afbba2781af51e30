"""What it costs to share out: draws and worlds of a study in one process, on one worker and on two. Run as `python -m benchmarks.bench_machines`.

Belongs here: the work, its rows, the entries of the table. Does not belong here: that the results are the same (tests/line/test_scheduler.py), a whole
country (scale.py). Scheduler, workers and this process are all on this machine: where it has two processors, two workers and the process that shares out
have less than one each, and the wall says less than the processor time. All processes multiply with one thread, so that what is more than alone is
the cost of sharing out.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from functools import partial

import pandas as pd

from benchmarks.cluster import ONE_THREAD, workers
from benchmarks.country import Country
from benchmarks.figures import Figure
from benchmarks.study import direct_estimates, over_seeds, study_plan
from benchmarks.study_coverage import kreis_like_panel
from kkz_eval.evaluation.effects import run_effects
from kkz_eval.evaluation.plan import Plan
from kkz_eval.evaluation.plan_file import parse_plan
from kkz_eval.evaluation.spread import Spread
from kkz_eval.settings import CHECKOUT

DRAWS, UNITS, WORLDS = 9_999, 2_000, 60
WORKERS = (1, 2)


@dataclass(frozen=True)
class Shared:
    """A piece of work in one of the ways. workers: 0 for this process alone; wall, processor: seconds, the latter of all processes together."""

    work: str
    workers: int
    wall: float
    processor: float


def rows(draws: int = DRAWS, units: int = UNITS, worlds: int = WORLDS) -> list[Shared]:
    """Each work in every way: new fits of one outcome among 30 units in 13 years, two-way fixed effects of one outcome with gaps among many
    municipalities in 25 years, and worlds of the study of the model world.

    Raises RuntimeError where a way gives another result than this process alone.
    """
    work: dict[str, Callable[[Spread], pd.DataFrame]] = {
        f"{draws:,} draws, each a new fit of 30 units": partial(_draws, _staggered(), _plan("callaway_santanna", draws)),
        f"{draws:,} draws of {units:,} units with gaps": partial(
            _draws, Country(units, outcomes=1).published(0), _plan("twfe", draws)
        ),
        f"{worlds} worlds": partial(_worlds, worlds),
    }
    _warm()  # the libraries are loaded before time is taken, here and on each worker
    found, expected = [], {}
    for name, make in work.items():
        row, expected[name] = _measured(name, 0, partial(make, map), lambda: 0.0)
        found.append(row)
    for number in WORKERS:
        with workers(number, _warm) as (spread, taken):
            for name, make in work.items():
                row, result = _measured(name, number, partial(make, spread), lambda: _processor(taken()))
                if not result.equals(expected[name]):
                    raise RuntimeError(f"{name}: another result on {number} workers")
                found.append(row)
    return found


def _processor(taken: list[tuple[float, float]]) -> float:
    return sum(processor for processor, _ in taken)


def rows_apart() -> list[Shared]:
    """The same in a process of its own, with one thread. Raises CalledProcessError where it does not come to its end."""
    environment = {**os.environ, **ONE_THREAD, "PYTHONPATH": str(CHECKOUT)}
    command = [sys.executable, "-m", "benchmarks.bench_machines", "rows"]
    done = subprocess.run(command, cwd=CHECKOUT, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return [Shared(**row) for row in json.loads(done.stdout.splitlines()[-1])]


def machine_figures() -> list[Figure]:
    """The entries of the table of `make bench`: wall and processor time on the workers against those in one process."""
    return list(_figures(rows_apart()))


def _figures(shared: list[Shared]) -> Iterator[Figure]:
    alone = {row.work: row for row in shared if row.workers == 0}
    for row in (row for row in shared if row.workers):
        on = f"{row.work}, on {row.workers} worker{'s' if row.workers > 1 else ''}"
        yield Figure(f"{on}, wall time", row.wall, "in one process", alone[row.work].wall)
        yield Figure(f"{on}, processor time", row.processor, "in one process", alone[row.work].processor)


def _plan(method: str, draws: int) -> Plan:
    entries = {
        "plan_version": 1,
        "id": "draws",
        "seed": 1,
        "outcomes": [{"indicator": "y00", "role": "primary"}],
        "estimators": [{"id": method, "method": method, **({} if method == "twfe" else {"aggregations": ["simple"]})}],
        "inference": {"method": "randomization", "theta": ["zero"], "statistics": ["coefficient"], "draws": draws},
    }
    return parse_plan(entries, "bench")


def _staggered() -> pd.DataFrame:
    """30 units that start in one of three years or never: the estimate is no fixed contrast of years, so that each draw is a fit."""
    panel, starts = kreis_like_panel(1).assign(indicator="y00"), {0: 2012.0, 1: 2014.0, 2: 2016.0}
    return panel.assign(cohort=(panel["unit_id"].astype(int) % 3).map(starts).where(panel["cohort"].notna()))


def _draws(panel: pd.DataFrame, plan: Plan, spread: Spread) -> pd.DataFrame:
    found = run_effects(panel, plan, spread).inference
    if not (found["status"] == "ok").all() or found["exact"].any():
        raise RuntimeError(f"nothing was drawn: {found['message'].tolist()}")
    return found


def _worlds(worlds: int, spread: Spread) -> pd.DataFrame:
    return over_seeds(direct_estimates, range(worlds), study_plan(), spread)


def _warm() -> None:
    plan = _plan("callaway_santanna", 20)
    for one in (plan, replace(plan, estimators=_plan("twfe", 20).estimators)):
        _draws(_staggered(), one, map)
    _worlds(1, map)


def _measured(
    name: str, number: int, make: Callable[[], pd.DataFrame], of_workers: Callable[[], float]
) -> tuple[Shared, pd.DataFrame]:
    before, started, own = of_workers(), time.perf_counter(), time.process_time()
    result = make()
    wall, processor = time.perf_counter() - started, time.process_time() - own + of_workers() - before
    return Shared(name, number, wall, processor), result


def main() -> int:
    """Prints each work alone in seconds, and on workers as ratios to that; or, with `rows`, is the process that measures."""
    if sys.argv[1:] == ["rows"]:
        print(json.dumps([asdict(row) for row in rows()]))
        return 0
    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}; ratios to one process alone")
    found = rows_apart()
    for row in found:
        (alone,) = [one for one in found if one.work == row.work and one.workers == 0]
        if row is alone:
            print(f"{row.work}: alone {row.wall:.1f} s, {row.processor:.1f} s of the processor")
            continue
        wall, processor = row.wall / alone.wall, row.processor / alone.processor
        # the share of its processor time that is not the work as one process does it: sending, waiting, the scheduler, caches that are shared
        print(f"{row.work}, workers {row.workers}: wall {wall:.2f}, processor {processor:.2f}, overhead {1 - 1 / processor:.1%}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
