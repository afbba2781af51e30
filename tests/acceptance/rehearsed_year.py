"""A year in small: 40 municipalities, what each of them sends and when, and the commands that are given meanwhile. No expectations here."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from openpyxl import load_workbook
from steward_home import decide
from whole_runs import add, change, put

import kkz_eval.model.day
from kkz_eval.cli import main
from kkz_eval.deliveries.municipal.returned import SHEET
from kkz_eval.reference.tables import programme_units
from kkz_eval.simulation.layout import delivery_name
from kkz_eval.simulation.run import simulate

YEARS = (2014, 2018)
LEAVERS, WORK, POPULATION = "schulabgaenge", "ausbildung_und_arbeit", "bevoelkerung"
IN_TIME, AFTER_THE_DEADLINE, IN_MAY = date(2019, 3, 15), date(2019, 4, 10), date(2019, 5, 6)
"""The days of the three runs; both datasets are due on 31 March."""

ACCEPTED, REJECTED, PARTLY, CORRECTED, LATE, DECIDED, PURGED, SINCE_2017, BEFORE_JOINING = (
    *("05111000", "05112000", "05515000", "05711000", "05913000", "05119000", "05513000", "05570004", "05170008"),
)
"""Düsseldorf, Duisburg, Münster, Bielefeld, Dortmund, Oberhausen, Gelsenkirchen, Ahlen, Dinslaken."""
NOTHING = ("05915000", "05315000")
"""Hamm, a city of 2012, and Köln, one of 2017."""
MARK = 77000
"""Added to a count of the delivery that is purged: no other number of this world comes near."""

_PLAN = """\
plan_version: 1
id: probejahr
question: q1
seed: 1
title: {de: "Probejahr", en: "Rehearsal of a year"}
texts:
  simulated:
    de: "Alle Zahlen dieses Berichts sind simuliert. Sie sagen nichts über wirkliche Kommunen."
    en: "All numbers in this report are simulated. They say nothing about real municipalities."
languages: [de]
reference: never
treated_cohorts: [2017]
units: {level: kreis, partly_treated: leave_out, known_until: 2019}
coverage: {minimum: 0.9}
cluster: unit_id
event_reference: -1
sources: {schulabgaenge_hochschulreife: schulabgaenge_amtlich}
outcomes:
  - {indicator: schulabgaenge_hochschulreife, role: primary, window: [2014, 2018], expected_direction: increase}
headline: twfe
estimators: [{id: twfe, method: twfe}]
inference: {method: analytic, level: 0.95, draws: 0, small_sample: fixest}
"""


@dataclass(frozen=True)
class World:
    """The folders of a rehearsal."""

    folder: Path

    @property
    def inbox(self) -> Path:
        """What is delivered."""
        return self.folder / "deliveries"

    @property
    def home(self) -> Path:
        """What is kept."""
        return self.folder / "home"

    def file(self, unit: str, dataset: str = LEAVERS) -> Path:
        """The delivery of a municipality in the inbox."""
        return self.inbox / delivery_name(dataset, unit)

    def command(self, *arguments: str) -> int:
        """A command on this home; its exit code."""
        return main([*arguments, "--home", str(self.home)])

    def run(self) -> int:
        """The yearly run."""
        years = f"{YEARS[0]}-{YEARS[1]}"
        return self.command("run", "--inbox", str(self.inbox), "--plan", str(self.folder / "plan.yaml"), "--years", years)


@contextmanager
def on(day: date) -> Iterator[None]:
    """The clock stands at noon of that day; settings of the caller don't reach the commands."""

    class Clock(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:
            return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)

    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("KKZ_")]:
            patch.delenv(name)
        patch.setenv("KKZ_SETTLE_SECONDS", "0")  # nobody writes to this inbox
        patch.setattr(kkz_eval.model.day, "datetime", Clock)
        yield


def before_the_deadline(folder: Path) -> None:
    """All that comes in time, and the first run; then what one city delivered is purged."""
    world = World(folder)
    simulate(folder, 1, years=YEARS)
    (folder / "plan.yaml").write_text(_PLAN, encoding="utf-8")
    for file in world.inbox.iterdir():
        if not file.name.startswith((LEAVERS, f"{WORK}_", f"{POPULATION}_amtlich_{YEARS[1]}")):
            file.unlink()
    for unit in NOTHING:
        for dataset in (LEAVERS, WORK):
            next(world.inbox.glob(f"{dataset}_{unit}_*")).unlink()
    change(world.file(REJECTED), lambda fields: "viele" if fields[2:4] == ["Hauptschulabschluss", "weiblich"] else None)
    change(world.file(PARTLY), put(PARTLY, "2015/16", "Insgesamt", "insgesamt", "1"))
    change(world.file(DECIDED), put(DECIDED, "2017/18", "Insgesamt", "insgesamt", "1"))
    change(world.file(BEFORE_JOINING), put(BEFORE_JOINING, "2014/15", "Insgesamt", "insgesamt", "1"))
    change(world.file(PURGED), add(PURGED, "2015/16", {"Hauptschulabschluss": MARK}))
    _without(world.file(SINCE_2017), range(YEARS[0], 2017))
    _kept_back(world).mkdir()
    world.file(LATE).rename(_kept_back(world) / "late")
    shutil.copy(world.file(CORRECTED), _kept_back(world) / "right")
    with on(IN_TIME):
        world.run()
        (copy,) = world.home.glob(f"board/*/antworten/{DECIDED}/*.xlsx")
        shutil.copy(copy, _kept_back(world) / "marked.xlsx")
        purged = world.file(PURGED)
        sha256 = hashlib.sha256(purged.read_bytes()).hexdigest()
        (folder / "purged").write_text(sha256, encoding="utf-8")
        purged.rename(_kept_back(world) / "purged")
        world.command("purge", sha256, "--inbox", str(world.inbox), "--reason", "Auf Wunsch der Stadt")


def after_the_deadline(folder: Path) -> None:
    """One city spoils its delivery, another sends its marked copy back with nothing but decisions; the second run."""
    world = World(folder)
    change(world.file(CORRECTED), put(CORRECTED, "2017/18", "Insgesamt", "insgesamt", "1"))
    copy = _kept_back(world) / "marked.xlsx"
    numbers = [row[0].value for row in load_workbook(copy)[SHEET].iter_rows() if isinstance(row[0].value, int)]
    said = ("Wert ist richtig", "mit Externen gezählt")
    decide(copy, {int(str(number)): said for number in numbers}, {}, world.inbox / "zurueck.xlsx")
    with on(AFTER_THE_DEADLINE):
        world.run()


def in_may(folder: Path) -> None:
    """What was late comes, and what was spoilt comes right; the third run."""
    world = World(folder)
    shutil.copy(_kept_back(world) / "late", world.file(LATE))
    right = world.file(CORRECTED)
    shutil.copy(_kept_back(world) / "right", right)
    change(right, add(CORRECTED, "2017/18", {"Hauptschulabschluss": 1}))
    with on(IN_MAY):
        world.run()


def _kept_back(world: World) -> Path:
    """Outside the inbox, for later."""
    return world.folder / "kept_back"


def _without(file: Path, years: range) -> None:
    """Take the rows of some school years out of a delivery of school leavers."""
    periods = {f"{year - 1}/{year % 100:02d}" for year in years}
    rows = file.read_bytes().split(b"\r\n")
    file.write_bytes(b"\r\n".join(row for row in rows if not any(f";{period};".encode() in row for period in periods)))


def joined() -> dict[str, int]:
    """When each municipality joined."""
    return {unit.ags: unit.cohort for unit in programme_units()}
