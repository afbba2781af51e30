"""Three times today's volume of deliveries: how fast they are taken in, whether the rate falls, memory, one corrected file, the pages of the desk.

Belongs here: the deliveries (those of the model world, a file for each municipality, dataset and year, some with faults), what is run in processes
of its own, and the figures. Does not belong here: estimates, which do not grow with the number of files. Alone: `python -m benchmarks.bench_load YEARS`.
"""

from __future__ import annotations

import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from starlette.testclient import TestClient

from benchmarks.figures import Figure, largest_memory
from kkz_eval.contracts.load import load_contracts
from kkz_eval.deliveries.register.reading_process import end_reading_processes
from kkz_eval.desk.app import guarded
from kkz_eval.desk.desk import Desk
from kkz_eval.desk.people import everyone_here
from kkz_eval.line.correspondence import make_board, write_marked_copies, write_protocols
from kkz_eval.line.installation import Installation, open_installation
from kkz_eval.line.intake import EVERY_YEAR, judge_arrivals, land, parse_arrivals
from kkz_eval.line.snapshot import current_snapshot, keep_snapshot
from kkz_eval.line.weighed import tell_what_was_judged, weighed
from kkz_eval.reference.tables import ProgrammeUnit, programme_units
from kkz_eval.settings import CHECKOUT, Settings
from kkz_eval.simulation.effects import load_effects
from kkz_eval.simulation.faults import Delivery, plant
from kkz_eval.simulation.grid import Grid, grid_bytes
from kkz_eval.simulation.layout import delivery_grid, delivery_name, writings
from kkz_eval.simulation.municipal_services import SERVICE_DATASETS, service_grid
from kkz_eval.simulation.parameters import DATASETS, WELFARE
from kkz_eval.simulation.world import ModelWorld, model_world
from kkz_eval.storage.writer import writing_alone

LOADED = (*DATASETS, *SERVICE_DATASETS[:8])
YEARS = range(1990, 2032)
A_TENTH = YEARS[:4]
PARTS = 10
FAULTS = (
    "parts_sum_to_total",
    "in_codes",
    "not_null",
    "range",
    "unit_known",
    "unique_key",
    "reader_number",
    "reader_year",
    "reader_missing_column",
    "person_records",
)
TODAY = date(YEARS.stop, 6, 1)
_DRAWN = tuple(range(2006, 2020))  # years of the world; those of other files have the figures of one of them
_UNTIL_KNOWN = 2.5  # seconds after which a writer is known by the times of its lock
_CHILDREN = re.compile(rb"Kinder unter 15 Jahren;([1-9][0-9]*)\r\n")
_HOST = "127.0.0.1:1"


def deliveries(years: range, units: int = 40, faults: int = 1) -> Iterator[tuple[int, dict[str, bytes]]]:
    """The files of each year by their names: of so many units all datasets that they deliver, with so many faults of each kind among them."""
    world, contracts = model_world(1, load_effects(None), _DRAWN, None), load_contracts(CHECKOUT / "data_contracts")
    drawn = [
        (dataset, tables)
        for dataset in LOADED
        for unit in programme_units()[:units]
        if (tables := _by_year(world, dataset, unit))
    ]
    for year in years:
        ways = {dataset: iter(writings(year, dataset, units, "mixed")) for dataset in LOADED}
        found = []
        for dataset, tables in drawn:
            writing, known = next(ways[dataset]), sorted(tables)
            grid = _said_of(tables[known[year % len(known)]], year)
            found.append(Delivery(delivery_name(dataset, grid.unit_id, f"_{year}{writing.suffix}"), grid, writing))
        spoiled, _ = plant(found, contracts, faults, year, FAULTS)
        yield year, {one.name: spoiled.get(one.name) or grid_bytes(one.grid, one.writing) for one in found}


def _by_year(world: ModelWorld, dataset: str, unit: ProgrammeUnit) -> dict[int, Grid]:
    """The table of a unit, year by year; none where it delivers none."""
    whole = delivery_grid(world, dataset, unit.ags) if dataset in DATASETS else service_grid(world, dataset, unit, 1)
    if whole is None:
        return {}
    place = _year_in(whole)
    years = sorted({int(row[place]) for row in whole.rows})
    return {year: replace(whole, rows=tuple(row for row in whole.rows if row[place] == year)) for year in years}


def _said_of(grid: Grid, year: int) -> Grid:
    """The same rows of another year."""
    place = _year_in(grid)
    return replace(grid, rows=tuple((*row[:place], year, *row[place + 1 :]) for row in grid.rows))


def _year_in(grid: Grid) -> int:
    return [column.name for column in grid.columns].index("year")


def take_in_and_answer(installation: Installation) -> None:
    """What a run does with deliveries, as the assets of the line do it: taken in, judged, protocols, marked copies and the board."""
    land(installation, EVERY_YEAR)
    parse_arrivals(installation, EVERY_YEAR)
    judge_arrivals(installation, EVERY_YEAR)
    snapshot = current_snapshot(installation)
    keep_snapshot(snapshot)
    rows = weighed(snapshot, EVERY_YEAR)
    write_protocols(snapshot, rows)
    write_marked_copies(snapshot, rows)
    tell_what_was_judged(snapshot, rows)
    make_board(snapshot)


@dataclass(frozen=True)
class Run:
    """What a run took. files: so many it took in; seconds, processor: of all its processes; memory: the largest of one of them and of the one that
    reads, together, MB."""

    files: int
    seconds: float
    processor: float
    memory: float


def run_apart(home: Path, inbox: Path, files: int) -> Run:
    """A run in a process of its own. files: so many are new to it. Raises CalledProcessError where it does not come to its end."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [str(CHECKOUT), os.environ.get("PYTHONPATH")]))}
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    command = [sys.executable, "-c", "from benchmarks.bench_load import run; run()", str(home), str(inbox)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, env=environment, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Run(files, time.perf_counter() - started, processor, float(done.stdout.split()[-1]))


def run() -> None:
    """Be that process: say last how much memory was needed at most."""
    settings = Settings(Path(sys.argv[1]), Path(sys.argv[2]), CHECKOUT / "data_contracts", day=TODAY)
    with writing_alone(settings.home, "bench", lambda _: None):
        take_in_and_answer(open_installation(settings))
    end_reading_processes()
    print(largest_memory() + resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)


@dataclass(frozen=True)
class Load:
    """What was measured. parts: the runs in which all files came, a tenth each; corrected: that of one file more; pages: seconds by name."""

    parts: tuple[Run, ...]
    corrected: Run
    pages: dict[str, float]


def measured(years: range = YEARS, units: int = 40) -> Load:
    """Take everything in, correct a file, look at the pages."""
    with tempfile.TemporaryDirectory(prefix="kkz-bench-") as folder:
        home, inbox = Path(folder) / "home", Path(folder) / "inbox"
        names: list[Path] = []
        for _, files in deliveries(years, units):
            for name, content in files.items():
                names.append(Path(folder) / "sent" / name)
                names[-1].parent.mkdir(parents=True, exist_ok=True)
                names[-1].write_bytes(content)
        inbox.mkdir()
        parts = []
        for number in range(PARTS):
            part = names[len(names) * number // PARTS : len(names) * (number + 1) // PARTS]
            for file in part:
                (inbox / file.name).write_bytes(file.read_bytes())
            parts.append(run_apart(home, inbox, len(part)))
            print(f"{sum(one.files for one in parts):6} files: {parts[-1]}", file=sys.stderr, flush=True)
        place = correct(inbox)
        corrected = run_apart(home, inbox, 1)
        return Load(tuple(parts), corrected, pages(home, inbox, place))


def correct(inbox: Path) -> str:
    """In one file a child fewer on welfare than before; the address of its cell at the desk."""
    for file in sorted(inbox.glob(f"{WELFARE}_*.csv")):
        if found := _CHILDREN.search(text := file.read_bytes()):
            file.write_bytes(text[: found.start(1)] + str(int(found[1]) - 1).encode() + text[found.end(1) :])
            _, unit, *_, year = file.stem.split("_")
            return f"/tafel/{WELFARE}/{unit}/{year}"
    raise RuntimeError("no file says how many children are on welfare")


def pages(home: Path, inbox: Path, place: str) -> dict[str, float]:
    """Seconds until the server of a desk has answered, by page: what it shows first, what it shows next, and once somebody has written.

    Raises RuntimeError where an answer is no page.
    """
    desk = Desk(Settings(home, inbox, CHECKOUT / "data_contracts"))
    client = TestClient(guarded(desk, frozenset({_HOST}), lambda scope: everyone_here()), base_url=f"http://{_HOST}")

    def taken(address: str) -> float:
        started = time.perf_counter()
        answer = client.get(address)
        if answer.status_code != 200:
            raise RuntimeError(f"{address}: {answer.status_code}")
        return time.perf_counter() - started

    found = {"front, the first page of all": taken("/")}
    for name, address in (("board", "/tafel"), ("to do", "/zu-tun"), ("story of a cell", place), ("front", "/")):
        found[f"{name}, for the first time"] = taken(address)
        time.sleep(_UNTIL_KNOWN)
        taken(address)
        found[name] = taken(address)
    with writing_alone(home, "bench", lambda _: None):
        pass
    found["board, once somebody has written"] = taken("/tafel")
    return found


def load_figures(years: range = YEARS, units: int = 40) -> list[Figure]:
    """All of it as figures."""
    load = measured(years, units)
    first, last = ([one.files / one.processor for one in load.parts][place] for place in (0, -1))
    files, processor = sum(one.files for one in load.parts), sum(one.processor for one in load.parts)
    name = f"{files} files"
    return [
        Figure(f"load: {name}, taken in (processor, ms for each)", 1000 * processor / files, "50 ms", 50.0),
        Figure("load: files for each second of processor in the last tenth", last, "in the first tenth", first),
        Figure(f"load: {name}, largest memory (MB)", max(one.memory for one in load.parts), "1.5 GB", 1536.0),
        Figure(f"load: {name}, one corrected (processor)", load.corrected.processor, "2 % of all runs", 0.02 * processor),
        *(Figure(f"load: {name}, {page}", seconds, "three seconds", 3.0) for page, seconds in load.pages.items()),
    ]


if __name__ == "__main__":
    for figure in load_figures(range(YEARS.start, YEARS.start + int(sys.argv[1])) if len(sys.argv) > 1 else YEARS):
        print(f"{figure.name}: {figure.measured:.4g} ({figure.against}: {figure.reference:.4g})", flush=True)
