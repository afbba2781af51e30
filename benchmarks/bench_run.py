"""The yearly run on the model world in processor time of all its processes: the first, one with nothing new, one with a corrected file, and growth.

Belongs here: what is run and what is compared. Does not belong here: starting other figures, the printed table.
"""

from __future__ import annotations

import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.figures import Figure
from kkz_eval.line.soundness import FOLDERS
from kkz_eval.simulation.layout import official_name
from kkz_eval.simulation.run import simulate
from kkz_eval.storage.seals import content_of, sealed
from kkz_eval.storage.store import Store

BUDGET = 120.0  # seconds of processor time for the main job on the model world
CORRECTED = official_name("schulabgaenge", 2012)


def yearly_runs(run: Callable[[Path, Path], None]) -> list[Figure]:
    """Figures of the yearly run. run: starts it on an inbox and a home, in a process of its own, and waits for its end."""
    with tempfile.TemporaryDirectory(prefix="kkz-bench-") as folder:
        world, home = Path(folder) / "world", Path(folder) / "home"
        inbox = world / "deliveries"
        simulate(world, seed=1)
        size = len(list(inbox.iterdir()))
        first = _processor_seconds(lambda: run(inbox, home))
        sealing = _sealing_seconds(home)
        nothing = _processor_seconds(lambda: run(inbox, home))
        _correct(inbox / CORRECTED)
        corrected = _processor_seconds(lambda: run(inbox, home))
        added = _deliver_anew(inbox, Path(folder) / "other")
        first_of_more = _processor_seconds(lambda: run(inbox, Path(folder) / "new_home"))
        nothing_of_more = _processor_seconds(lambda: run(inbox, Path(folder) / "new_home"))
    return [
        Figure(f"yearly run, first, {size} files (processor)", first, "budget", BUDGET),
        Figure("digests of all that a first run keeps, made and verified (processor)", sealing, "5 % of it", 0.05 * first),
        Figure("yearly run, nothing new (processor)", nothing, "first run", first),
        Figure("yearly run, one corrected file (processor)", corrected, "first run", first),
        Figure(
            f"yearly run, first, each of {added} files more (processor, ms)", _each(first_of_more - first, added), "50 ms", 50.0
        ),
        Figure("yearly run, nothing new, each file more (processor, ms)", _each(nothing_of_more - nothing, added), "2 ms", 2.0),
    ]


def _each(seconds: float, files: int) -> float:
    """Milliseconds for each of the files."""
    return 1000 * seconds / files


def _processor_seconds(work: Callable[[], None]) -> float:
    """Processor time of the processes that `work` starts and waits for, with theirs."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    work()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _sealing_seconds(home: Path) -> float:
    """Processor time for verifying and making the digests of all that is kept in a home, once each."""
    store = Store.at(str(home))
    kept = {key: store.kept(key) for folder in FOLDERS for key in store.list(folder)}
    started = time.process_time()
    for key, data in kept.items():
        sealed(key, content_of(key, data) or b"")
    return time.process_time() - started


def _correct(file: Path) -> None:
    """Forty boys more without certificate in Düsseldorf, and so in the total."""
    lines = file.read_bytes().decode("cp1252").split("\r\n")
    for place, line in enumerate(lines):
        key, *_, certificate, sex, count = line.split(";") if line.count(";") == 4 else ("", "", "", "")
        if key == "05111" and sex != "weiblich" and certificate in ("ohne Hauptschulabschluss", "Insgesamt"):
            lines[place] = f"{line.rpartition(';')[0]};{int(count) + 40}"
    file.write_bytes("\r\n".join(lines).encode("cp1252"))


def _deliver_anew(inbox: Path, world: Path) -> int:
    """The deliveries of another draw of the world, for the same units and years under other names; their number."""
    simulate(world, seed=2)
    files = sorted((world / "deliveries").iterdir())
    for file in files:
        file.rename(inbox / f"neu_{file.name}")
    return len(files)
