"""All municipalities of the country through the estimators and 9,999 draws: time and memory, alone and on two workers. Run as `make scale`.

Belongs here: what is measured at which sizes, each in a process of its own, and benchmarks/scale.json, where the figures are kept. Does not belong here:
the panel (country.py), the page made of the figures and what is scaled from them (docs/make_scale.py), pass or fail.
Time is that of the processor, one thread for each process, so that other processes beside it matter little; memory is what a measured call takes
beyond panel and libraries, at its largest.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import partial

import numpy as np
import pandas as pd

from benchmarks.cluster import ONE_THREAD, workers
from benchmarks.country import STARTS, UNITS, Country
from benchmarks.figures import largest_memory
from kkz_eval.evaluation.effects import run_effects, run_estimator
from kkz_eval.evaluation.estimators.methods import DOSE_COLUMN, METHODS
from kkz_eval.evaluation.examination.chance import LEAST_DRAWS
from kkz_eval.evaluation.plan import Plan
from kkz_eval.evaluation.plan_file import parse_plan
from kkz_eval.evaluation.spread import Spread
from kkz_eval.settings import CHECKOUT

RESULT_FILE = CHECKOUT / "benchmarks" / "scale.json"
DRAWS = 9_999
UNITS_OF_SLOW = {"synthetic_control": (50, 100, 200)}  # beyond, a single outcome takes minutes
BALANCED = ("bacon",)  # methods that take no panel with gaps
QUICK = tuple(name for name in METHODS if name not in (*UNITS_OF_SLOW, *BALANCED))
ON_WORKERS = 4  # outcomes, shared out over two workers


@dataclass(frozen=True)
class Measured:
    """One measurement. work: as in WORKS; method: "" where there is but one; grows: units | draws | outcomes, what `size` counts; seconds: of the
    processor; memory: MB; error: distance of the estimate from the truth in standard errors, None where it has none.
    """

    work: str
    method: str
    grows: str
    size: int
    seconds: float
    memory: float
    error: float | None = None


@dataclass(frozen=True)
class Shared:
    """The same work alone and on two workers. units, outcomes: so many; processor: seconds of all processes; elapsed: by the clock; memory: largest of one process, MB, whole."""

    units: int
    outcomes: int
    alone_processor: float
    alone_elapsed: float
    alone_memory: float
    shared_processor: float
    shared_elapsed: float
    worker_memory: float
    same: bool


@dataclass(frozen=True)
class Scale:
    """All that is kept. busy: processes that wanted a processor at the beginning and before the workers, on average over a minute."""

    cores: int
    memory_gb: float
    python: str
    numpy: str
    busy: tuple[float, float]
    measured: tuple[Measured, ...]
    shared: Shared


def plan_of(methods: tuple[str, ...], outcomes: tuple[str, ...], draws: int = 0) -> Plan:
    """Estimators without covariates; with draws, by randomization."""
    inference = {"inference": {"method": "randomization", "draws": draws}} if draws else {}
    return parse_plan(
        {
            "plan_version": 1,
            "id": "scale",
            "outcomes": [{"indicator": name} for name in outcomes],
            "estimators": [{"id": method, "method": method} for method in methods],
            **inference,
        },
        "scale",
    )


def _with_dose(panel: pd.DataFrame) -> pd.DataFrame:
    """Half of the people of a treated municipality are reached."""
    return panel.assign(**{DOSE_COLUMN: (panel["year"] >= panel["cohort"]) / 2})


def estimate(method: str, units: int) -> Measured:
    """One estimator on one outcome, from panel to estimate, as plans take it: with placebos where it has its errors from them."""
    balanced = method in BALANCED
    country = Country(units, outcomes=1, starts=STARTS)
    panel = _with_dose(country.complete(0) if balanced else country.published(0))
    plan = plan_of((method,), country.indicators)
    _warm()
    before, started = largest_memory(), time.process_time()
    rows = run_estimator(panel, plan, country.indicators[0], method).rows
    seconds, memory = time.process_time() - started, largest_memory() - before
    (row, *_) = [row for row in rows if row.is_overall] or list(rows)
    known = row.std_error > 0 and method in METHODS and METHODS[method].estimand == "att"
    error = (row.estimate - country.truth(0)) / row.std_error if known else None
    return Measured("estimate", method, "units", units, seconds, memory, error)


def draws_of_block(units: int) -> Measured:
    """9,999 assignments of a balanced block with one start: estimate and studentised, one outcome."""
    country = Country(units, outcomes=1, starts=STARTS[:1])
    seconds, memory = _examined(country.complete(0), plan_of(("twfe",), country.indicators, DRAWS))
    return Measured("draws_of_block", "twfe", "units", units, seconds, memory)


def draws_of_gaps(grows: str, units: int, draws: int) -> Measured:
    """Drawn assignments of a panel with gaps and two starts: two-way fixed effects without a new fit, one outcome."""
    country = Country(units, outcomes=1)
    seconds, memory = _examined(country.published(0), plan_of(("twfe",), country.indicators, draws))
    return Measured("draws_of_gaps", "twfe", grows, units if grows == "units" else draws, seconds, memory)


def draws_of_fits(draws: int, units: int) -> Measured:
    """Drawn assignments under each of which group-time effects are fitted anew, one outcome."""
    country = Country(units, outcomes=1)
    seconds, memory = _examined(country.published(0), plan_of(("callaway_santanna",), country.indicators, draws))
    return Measured("draws_of_fits", "callaway_santanna", "draws", draws, seconds, memory)


def _examined(panel: pd.DataFrame, plan: Plan) -> tuple[float, float]:
    _warm()
    before, started = largest_memory(), time.process_time()
    found = run_effects(panel, plan).inference
    if not (found["status"] == "ok").any():
        raise RuntimeError(f"nothing was drawn: {found['message'].tolist()}")
    return time.process_time() - started, largest_memory() - before


def together(outcomes: int, units: int) -> Measured:
    """Several outcomes through all estimators that take gaps and end within seconds, in one call on one panel; memory with the panel."""
    country = Country(units, outcomes=outcomes)
    _warm()
    before = largest_memory()
    panel = _panel_of(country)
    started = time.process_time()
    run_effects(panel, plan_of(QUICK, country.indicators))
    return Measured("together", "", "outcomes", outcomes, time.process_time() - started, largest_memory() - before)


def _panel_of(country: Country) -> pd.DataFrame:
    """All outcomes, one below the other, names as categories so that a row takes no text of its own."""
    parts = [country.published(number) for number in range(country.outcomes)]
    names = pd.Categorical.from_codes(np.repeat(np.arange(len(parts)), [len(part) for part in parts]), list(country.indicators))
    return _with_dose(pd.concat([part.drop(columns="indicator") for part in parts], ignore_index=True).assign(indicator=names))


def shared_out(units: int, outcomes: int = ON_WORKERS) -> Shared:
    """The same call alone, and its outcomes on two workers of a scheduler with one thread each."""
    country = Country(units, outcomes=outcomes)
    panel, plan = _panel_of(country), plan_of(QUICK, country.indicators)

    def taken(spread: Spread) -> tuple[pd.DataFrame, float, float]:
        started, processor = time.perf_counter(), time.process_time()
        found = run_effects(panel, plan, spread).estimates
        return found, time.process_time() - processor, time.perf_counter() - started

    _warm()
    alone, alone_processor, alone_elapsed = taken(map)
    alone_memory = largest_memory()
    with workers(2, _warm) as (spread, of_workers):
        first = of_workers()
        found, here, elapsed = taken(spread)
        last = of_workers()
    processor = here + sum(after - before for (before, _), (after, _) in zip(first, last, strict=True))
    return Shared(
        units=units,
        outcomes=outcomes,
        alone_processor=alone_processor,
        alone_elapsed=alone_elapsed,
        alone_memory=alone_memory,
        shared_processor=processor,
        shared_elapsed=elapsed,
        worker_memory=max(memory for _, memory in last),
        same=alone.equals(found),
    )


def _warm() -> None:
    """Load the libraries and name the program, which takes a second or two whatever the size."""
    country = Country(24, years=18, outcomes=1)
    run_effects(_with_dose(country.complete(0)), plan_of((*QUICK, *BALANCED), country.indicators))


WORKS: Mapping[str, Callable[..., Measured | Shared]] = {
    work.__name__: work for work in (estimate, draws_of_block, draws_of_gaps, draws_of_fits, together, shared_out)
}


def measurements(units: int = UNITS) -> Iterator[tuple[str, dict[str, object]]]:
    """All that is measured: work and its arguments. Of the whole country, about eight minutes of processor time in all."""
    growing = (units // 4, units // 2, units)
    for method in METHODS:
        for size in UNITS_OF_SLOW.get(method, growing):
            yield "estimate", {"method": method, "units": size}
    for size in growing:
        yield "draws_of_block", {"units": size}
        yield "draws_of_gaps", {"grows": "units", "units": size, "draws": LEAST_DRAWS}
    for times in (1, 2, 4):
        yield "draws_of_gaps", {"grows": "draws", "units": units // 4, "draws": times * LEAST_DRAWS}
        yield "draws_of_fits", {"draws": 10 * times, "units": units}
        yield "together", {"outcomes": times, "units": units}


def apart(work: str, arguments: Mapping[str, object]) -> dict[str, object]:
    """A measurement in a process of its own, with one thread. Raises CalledProcessError where it does not come to its end."""
    environment = {**os.environ, **ONE_THREAD, "PYTHONPATH": str(CHECKOUT)}
    command = [sys.executable, "-m", "benchmarks.scale", work, json.dumps(arguments)]
    done = subprocess.run(command, cwd=CHECKOUT, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    print(work, found, file=sys.stderr, flush=True)
    return found


def measured(units: int = UNITS) -> Scale:
    """Everything, one after the other, up to so many units."""
    before = os.getloadavg()[0]
    found = tuple(Measured(**apart(work, arguments)) for work, arguments in measurements(units))  # type: ignore[arg-type]
    after = os.getloadavg()[0]  # before two workers want a processor
    shared = Shared(**apart("shared_out", {"units": units}))  # type: ignore[arg-type]
    return Scale(
        cores=os.cpu_count() or 1,
        memory_gb=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9,
        python=platform.python_version(),
        numpy=np.__version__,
        busy=(before, after),
        measured=found,
        shared=shared,
    )


def kept() -> Scale:
    """The figures that were measured last."""
    content = json.loads(RESULT_FILE.read_text(encoding="utf-8"))
    parts = {"busy": tuple(content["busy"]), "measured": tuple(Measured(**one) for one in content["measured"])}
    return Scale(**{**content, **parts, "shared": Shared(**content["shared"])})


def text_of(scale: Scale) -> str:
    """The figures as they are kept: two digits more than anybody reads, so that the file says no more than was measured."""
    plain = json.loads(json.dumps(asdict(scale)), parse_float=lambda digits: float(f"{float(digits):.4g}"))
    return json.dumps(plain, indent=1, ensure_ascii=False) + "\n"


def main() -> int:
    """Measure everything and keep it; or, with a work and its arguments, be the process of one measurement."""
    if len(sys.argv) > 1:
        work, arguments = sys.argv[1:3]
        print(json.dumps(asdict(partial(WORKS[work], **json.loads(arguments))())))
        return 0
    RESULT_FILE.write_text(text_of(measured()), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
