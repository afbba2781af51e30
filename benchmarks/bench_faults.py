"""The line on a few files while every call of storage fails in turn: what must hold after each failure, and how many there were.

Belongs here: the acts that touch a home, and what is compared after each failure. Does not belong here: which calls there are and how one
fails (faults). `python -m benchmarks.bench_faults` lets every call fail in every way; the tests take a sample (tests/acceptance/test_faults.py).
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial
from io import StringIO
from itertools import product
from pathlib import Path
from types import ModuleType

import pytest
import yaml

from benchmarks.desk_faults import ACTS as DESK_ACTS
from benchmarks.desk_faults import Home, desk_failures
from benchmarks.faults import Failure, How, Killed, failures_of, forget, objects_in, put_objects
from benchmarks.figures import Figure
from kkz_eval.commands.plan import lock_plan
from kkz_eval.deliveries.register.purging import purge
from kkz_eval.deliveries.register.register import read_register
from kkz_eval.desk.actions import record
from kkz_eval.line import report
from kkz_eval.line.alone import held
from kkz_eval.line.correspondence import make_board, make_templates, write_marked_copies, write_protocols
from kkz_eval.line.current_pages import lead_to_board, lead_to_report, lead_to_templates
from kkz_eval.line.handing_in import hand_in
from kkz_eval.line.installation import Installation, open_installation
from kkz_eval.line.intake import judge_arrivals, land, parse_arrivals
from kkz_eval.line.report import event_study_pictures, make_edition
from kkz_eval.line.snapshot import current_snapshot
from kkz_eval.line.soundness import look
from kkz_eval.line.study import Study
from kkz_eval.line.weighed import weighed
from kkz_eval.model.day import BERLIN
from kkz_eval.model.errors import UserError
from kkz_eval.settings import CHECKOUT, Settings
from kkz_eval.simulation.layout import delivery_name, official_name
from kkz_eval.simulation.run import simulate
from kkz_eval.stewardship.sight import EVERYTHING
from kkz_eval.storage.backups import make_backup, restore_backup
from kkz_eval.storage.listing import PARTIAL
from kkz_eval.storage.steps import Steps
from kkz_eval.storage.store import Store

CONTRACTS = CHECKOUT / "data_contracts"
DAY = date(2026, 1, 1)
MOMENT = datetime(2026, 1, 1, 12, tzinfo=BERLIN)
YEARS = range(2010, 2013)
DATASET, UNIT = "schulabgaenge", "05112000"
DELIVERED = delivery_name(DATASET, UNIT)
BY_DESK = delivery_name(DATASET, "05114000")
REMOVED = DELIVERED
SEED = 20120301


@dataclass(frozen=True)
class World:
    """A folder with inbox, contracts, plan, home and a place for backups. objects: folder of memory where what is kept lies instead of in the home, as in an
    object store; "" for none."""

    folder: Path
    objects: str = ""

    @property
    def home(self) -> Path:
        """Where all is kept."""
        return self.folder / "home"

    @property
    def plan(self) -> Path:
        """The plan file, in a folder of its own with what is laid down beside it."""
        return self.folder / "plans" / "plan.yaml"

    @property
    def settings(self) -> Settings:
        """On a day that does not change: the same bytes on every day."""
        inbox, contracts = self.folder / "inbox", self.folder / "contracts"
        elsewhere = f"memory://{self.objects}" if self.objects else ""
        return Settings(self.home, inbox, contracts, day=DAY, settle_seconds=0, object_store=elsewhere)

    @property
    def store(self) -> Store:
        """The store of the home."""
        return Store.at(self.settings.store)

    @property
    def stored(self) -> tuple[Path, ...]:
        """The folders in which calls fail."""
        return tuple(self.folder / name for name in ("home", "inbox", "contracts", "plans", "backups", "again"))

    def tree(self) -> dict[str, bytes]:
        """All files but unfinished writes, the lock's own, the desk's log (who tries twice stands there twice) and the contracts."""
        found = {path.relative_to(self.folder).as_posix(): path for path in self.folder.rglob("*") if path.is_file()}
        kept = {
            name: path.read_bytes()
            for name, path in found.items()
            if PARTIAL not in name and not name.endswith("writer.lock") and not name.startswith(("contracts/", "home/desk/"))
        } | objects_in(self.objects)
        lists = sorted(name for name in kept if name.startswith("backups/lists/"))
        for name in lists[-1:]:  # who backs up again has another number
            kept["newest list"] = json.dumps(json.loads(kept[name])["files"]).encode()
        return {name: content for name, content in kept.items() if name not in lists}


@dataclass
class Line:
    """The line over such a world: what people edit is read once, what is stored is read in every act anew."""

    world: World
    opened: Installation

    def here(self, world: World) -> Installation:
        """The installation in a copy of the world, with nothing read yet."""
        forget()
        return replace(self.opened, settings=world.settings, steps=Steps(world.store))


def make_world(folder: Path) -> World:
    """Three files of the model world, a plan over them with one outcome and one estimator, and the contracts."""
    world = World(folder)
    with tempfile.TemporaryDirectory(prefix="kkz-faults-") as other:
        simulate(Path(other) / "w", 1, years=(YEARS[0], YEARS[-1]))
        deliveries = Path(other) / "w" / "deliveries"
        (folder / "inbox").mkdir(parents=True)
        for name in (DELIVERED, official_name(DATASET, 2010), official_name(DATASET, 2012)):
            shutil.copy(deliveries / name, folder / "inbox" / name)
        shutil.copy(deliveries / BY_DESK, folder / BY_DESK)
    shutil.copytree(CONTRACTS, folder / "contracts")
    plan = yaml.safe_load((CONTRACTS / "plans" / "modellwelt.yaml").read_text(encoding="utf-8"))
    # What examines or adjusts an estimate touches no other storage. Of the three years one is left out.
    for key in ("audit", "specifications", "negative_controls", "inference", "comparison"):
        plan.pop(key, None)
    plan["outcomes"] = [{**plan["outcomes"][0], "window": [YEARS[0], YEARS[-1]]}]
    plan["estimators"] = plan["estimators"][:1]
    plan["languages"] = ["de"]
    plan["coverage"] = {"minimum": 0.5}
    world.plan.parent.mkdir()
    world.plan.write_text(yaml.safe_dump(plan, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return world


def open_line(world: World) -> Line:
    """The line, opened once."""
    return Line(world, open_installation(world.settings, [world.plan]))


def take_in(line: Installation) -> bool:
    """From the inbox to the verdicts; whether a file was refused, which is said and leaves it for the next run."""
    with held(line, "Probe", lambda _: None) as alone:
        intake = land(alone, YEARS)
        parse_arrivals(alone, YEARS)
        judge_arrivals(alone, YEARS)
    return any(notice.kind == "refused" for notice in intake.notices)


def publish(line: Installation) -> bool:
    """From the verdicts to the report and its pictures."""
    with held(line, "Probe", lambda _: None) as alone:
        (plan,) = alone.plans.values()
        study = Study(current_snapshot(alone), plan)
        edition = make_edition(study)
        event_study_pictures(study, study.effects)
        lead_to_report(alone, plan, edition)
    return False


def lay_down(line: Installation) -> bool:
    """A plan locked by its command, which reads for itself what people edit: the lock beside the plan and in the store, and the pages for a registry."""
    with redirect_stdout(StringIO()):
        assert lock_plan(line.settings, World(line.settings.home.parent).plan) == 0
    return False


def write_to_those_who_delivered(line: Installation) -> bool:
    """Protocols, marked copies, the board with its replies, templates, and the addresses that lead there."""
    with held(line, "Probe", lambda _: None) as alone:
        snapshot = current_snapshot(alone)
        rows = weighed(snapshot, YEARS)
        write_protocols(snapshot, rows)
        write_marked_copies(snapshot, rows)
        lead_to_board(alone, make_board(snapshot))
    return False


def write_templates(line: Installation) -> bool:
    """Templates for the next year, and the address that leads there."""
    with held(line, "Probe", lambda _: None) as alone:
        lead_to_templates(alone, make_templates(current_snapshot(alone)))
    return False


def hand_in_at_the_desk(line: Installation) -> bool:
    """A file handed in at the desk, and the line in its log before."""
    record(line.settings.home, None, "hand-in", now=lambda: MOMENT)
    data = (line.settings.home.parent / BY_DESK).read_bytes()
    done = hand_in(line, BY_DESK, data, EVERYTHING, MOMENT, 0.1)
    return done.number is None and not done.is_known


def back_up(line: Installation) -> bool:
    """A backup beside the home."""
    settings = line.settings
    place = Store.at(str(settings.home.parent / "backups"))
    with held(line, "Probe", lambda _: None):
        gone = read_register(line.steps.store).tombstones
        made = make_backup(
            place, line.steps.store, settings.home, settings.contracts, settings.inbox, gone, "2026-01-01 12:00", 1
        )
    assert not made.damaged, made.damaged
    return False


def bring_back(line: Installation) -> bool:
    """A home made again from its backup, elsewhere."""
    folder = line.settings.home.parent
    again, elsewhere = folder / "again", line.settings.object_store
    to = Store.at(f"{elsewhere}/again" if elsewhere else str(again / "home"))
    restore_backup(Store.at(str(folder / "backups")), None, to, again / "home", again / "contracts")
    return False


def remove(line: Installation) -> bool:
    """A delivered content removed for good."""
    with held(line, "Probe", lambda _: None):
        register = read_register(line.steps.store)
        sha256 = next(arrival.sha256 for arrival in register.arrivals if arrival.name == REMOVED)
        purge(line.steps.store, line.settings.inbox, sha256, "Grund", DAY)
    return False


def look_over(line: Installation) -> bool:
    """Every object against its digest; what can't be read is told of."""
    return bool(look(line.steps.store, line.contracts).faults)


Act = Callable[[Installation], bool]
ACTS: Mapping[str, tuple[tuple[str, ...], Act]] = {
    "take_in": ((), take_in),
    "lay_down": (("take_in",), lay_down),
    "publish": (("take_in",), publish),
    "write": (("take_in",), write_to_those_who_delivered),
    "templates": (("take_in", "write"), write_templates),
    "hand_in": (("take_in",), hand_in_at_the_desk),
    "back_up": (("take_in", "write"), back_up),
    "bring_back": (("take_in", "write", "back_up"), bring_back),
    "remove": (("take_in", "write"), remove),
    "look_over": (("take_in", "write"), look_over),
}
"""By name: the acts before it, and what it does. What it gives: whether it said that something was left for the next time."""


def failures(
    line: Line, name: str, how: How, scratch: Path, numbers: Callable[[int], bool] = bool, elsewhere: bool = False
) -> Iterator[Failure]:
    """Let the calls of an act fail, and see after each that what must hold does. Raises AssertionError where it does not.

    elsewhere: what is kept lies in an object store, and its calls are those that fail.

    An act that fails says so in a sentence; one that does not has done the same as undisturbed, or has said what it left; done again, all is as
    undisturbed, nothing twice, and every object is what was put.
    """
    before_it, act = ACTS[name]
    ready, world = (World(scratch / part, f"/{part}-{scratch.name}" if elsewhere else "") for part in ("ready", "world"))
    _copied(line.world, ready)
    with _made_once():
        for earlier in before_it:
            ACTS[earlier][1](line.here(ready))
        for _ in range(2):  # what a process computes once it need not keep a second time
            _copied(ready, world)
            act(line.here(world))
        expected = world.tree()
        said: list[bool] = []

        def attempt() -> None:
            said.append(act(line.here(world)))

        def fresh() -> None:
            said.clear()
            _copied(ready, world)

        for failure in failures_of(fresh, attempt, *world.stored, how=how, numbers=numbers, objects=world.objects):
            what = f"{name}, {how}, call {failure.number}: {failure.call.kind} of {failure.call.place}"
            assert isinstance(failure.error, (UserError, OSError, Killed, type(None))), f"{what}: {failure.error!r}"
            left = said == [True]
            if failure.error is None and not left:
                now = world.tree()
                assert now == expected, f"{what}: passed over {sorted(set(now) ^ set(expected))}"
                yield failure
                continue
            assert not act(line.here(world)), f"{what}: again, something was left"
            found = world.tree()
            if left:  # what was refused once came in a scan of its own
                found, wanted = _but_batches(found), _but_batches(expected)
            else:
                wanted = expected
            assert _names(found) == _names(wanted), f"{what}: {sorted(set(found) ^ set(wanted))}"
            assert [key for key in wanted if found[key] != wanted[key]] == [], what
            yield failure


def _but_batches(tree: Mapping[str, bytes]) -> dict[str, bytes]:
    return {name: content for name, content in tree.items() if not name.startswith("home/register/batches/")}


def _names(tree: Mapping[str, bytes]) -> list[str]:
    return sorted(tree)


def _copied(world: World, to: World) -> None:
    shutil.rmtree(to.folder, ignore_errors=True)
    shutil.copytree(world.folder, to.folder)
    if to.objects:
        put_objects(to.objects, objects_in(world.objects))


@contextmanager
def _made_once() -> Iterator[None]:
    """Let the pages and pictures, which are computed without storage and take long, be computed once: the same are handed again."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("build_document", "render", "render_papers", "downloads_of", "event_study_svg"):
            _remember(patch, report, name)
        yield


def _remember(patch: pytest.MonkeyPatch, module: ModuleType, name: str) -> None:
    original = getattr(module, name)
    known: dict[tuple[str, ...], object] = {}

    def call(*arguments: object, **options: object) -> object:
        key = tuple(one for one in arguments if isinstance(one, str))  # the language; all else is the same in each repetition
        if key not in known:
            known[key] = original(*arguments, **options)
        return known[key]

    patch.setattr(module, name, call)


EVERY: Mapping[str, int] = {"publish": 29, "templates": 97}
"""Of acts that compute much, or write many files that are alike: each so-manieth call; of all others each."""
WRITE_NOTHING = frozenset(
    {
        *(("look_over", how, elsewhere) for how in (How.FULL, How.KILL) for elsewhere in (False, True)),
        *(("back_up", how, True) for how in (How.FULL, How.KILL)),  # it only reads there
    }
)
"""Acts that do not write in a store, and so can't fail in that way: the act, the way, and whether what is kept lies in an object store."""


def fault_figures() -> list[Figure]:
    """How many calls failed in turn of each act in each way, after which all was as undisturbed. Raises AssertionError where it was not."""
    found = []
    with tempfile.TemporaryDirectory(prefix="kkz-faults-", dir=_in_memory()) as folder:
        line = open_line(make_world(Path(folder) / "fresh"))
        for place, elsewhere in (("storage", False), ("an object store", True)):
            for name, how in product(ACTS, How):
                if (name, how, elsewhere) in WRITE_NOTHING:
                    continue
                step = EVERY.get(name, 1)
                some = partial(_each, step)
                ended = sum(1 for _ in failures(line, name, how, Path(folder), some, elsewhere))
                about = f"{place} fails ({how}) while the line does `{name}`: calls after which all ended as undisturbed"
                found.append(Figure(about, ended, f"each of every {step} calls", ended))
                print(f"{about}: {ended}", flush=True)
        home = _faulty(line, Path(folder) / "faulty")
        for name, how in product(DESK_ACTS, How):
            ended = sum(1 for _ in desk_failures(home, name, how, Path(folder) / "desk"))
            about = f"storage fails ({how}) while somebody at the desk `{name}`: calls after which the same click ended it"
            found.append(Figure(about, ended, "each call", ended))
            print(f"{about}: {ended}", flush=True)
    return found


def _each(step: int, number: int) -> bool:
    """Whether it is the turn of a call, of each so-manieth."""
    return number % step == 1 % step


def _faulty(line: Line, folder: Path) -> Home:
    """A home with a delivery whose last total is not that of its parts."""
    world = World(folder)
    _copied(line.world, world)
    delivery = world.settings.inbox / DELIVERED
    rows, _, total = delivery.read_bytes().rstrip().rpartition(b";")
    delivery.write_bytes(rows + b";%d" % (int(total) + 1))
    take_in(line.here(world))
    return Home(folder)


def killed_figures(kills: int = 100) -> Figure:
    """Whole runs with Dagster, killed at so many random moments, and then run to the end: objects that are as of a run never killed.

    On a new home again and again: each moment is drawn from what the runs before it on that home have left to write.
    """
    program = CHECKOUT / "tests" / "acceptance" / "killed_runs.py"
    draw, hit, same = random.Random(SEED), 0, 0
    with tempfile.TemporaryDirectory(prefix="kkz-faults-", dir=_in_memory()) as folder:
        fresh, whole = make_world(Path(folder) / "fresh"), World(Path(folder) / "whole")
        _copied(fresh, whole)
        *_, counted, ended = _run(program, whole, "COUNT")
        writes = int(counted.removeprefix("writes "))
        while hit < kills:
            world = World(Path(folder) / f"killed_{hit}")
            _copied(fresh, world)
            moments = ",".join(map(str, _moments(draw, writes, kills - hit)))
            said = [line for line in _run(program, world, "KILL", moments) if line.startswith("ended")]
            assert said[-1] == ended, said[-5:]
            assert "ended killed" in said, said
            hit += said.count("ended killed")
            same = _as_of_one(world, whole)
            shutil.rmtree(world.folder)
    return Figure(f"whole runs killed at {hit} random moments: objects as of a run never killed", same, "all", same)


def _moments(draw: random.Random, left: int, most: int) -> list[int]:
    """At which write of its own each run after the other is killed, until little is left to write or there were as many as asked for."""
    found: list[int] = []
    while left > 1 and len(found) < most:
        found.append(draw.randint(1, left))
        left -= found[-1]
    return found


def together_figures(runs: int = 5) -> Figure:
    """So many first runs at the same moment on a new home: objects that are as of one run alone."""
    program = CHECKOUT / "tests" / "acceptance" / "killed_runs.py"
    with tempfile.TemporaryDirectory(prefix="kkz-faults-", dir=_in_memory()) as folder:
        world, alone = make_world(Path(folder) / "together"), World(Path(folder) / "alone")
        _copied(world, alone)
        _run(program, alone, "COUNT")
        said = _run(program, world, "TOGETHER", str(runs))
        ended = [line for line in said if line.startswith("ended")]
        assert len(set(ended)) == 1, said
        assert runs == 1 or any("arbeitet schon" in line for line in said), said
        same = _as_of_one(world, alone)
    return Figure(f"{runs} first runs at once on a new home: objects as of one run", same, "all", same)


def _as_of_one(world: World, other: World) -> int:
    """The number of objects, all of which are the same in both homes. Raises AssertionError where one is not."""
    expected, found = (
        {name: data for name, data in one.tree().items() if not name.startswith("home/dagster/")} for one in (other, world)
    )
    different = sorted(name for name in {*expected, *found} if found.get(name) != expected.get(name))
    assert not different, different
    return len(expected)


def _run(program: Path, world: World, *how: str) -> list[str]:
    arguments = [
        "run",
        "--inbox",
        str(world.settings.inbox),
        "--home",
        str(world.home),
        "--plan",
        str(world.plan),
    ]
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT), "KKZ_SETTLE_SECONDS": "0", "PYTHONWARNINGS": "ignore"}
    done = subprocess.run(
        [sys.executable, str(program), *how, *arguments], capture_output=True, text=True, check=True, env=environment
    )
    return done.stdout.splitlines()


def _in_memory() -> str | None:
    """A folder of the memory where there is one: what is synced a hundred thousand times need not wear a disk."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


if __name__ == "__main__":
    fault_figures()
    print(killed_figures(), together_figures())
