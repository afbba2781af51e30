"""Five years of the official tables of the model world, and what tests do with a copy of them."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import yaml

from kkz_eval.evaluation.plan import Plan
from kkz_eval.line.installation import Installation, open_installation
from kkz_eval.line.intake import judge_arrivals, land
from kkz_eval.line.report import make_edition, report_inputs
from kkz_eval.line.snapshot import current_snapshot
from kkz_eval.line.study import Study
from kkz_eval.settings import Settings
from kkz_eval.simulation.layout import delivery_name, official_name
from kkz_eval.simulation.run import simulate

CONTRACTS = Path(__file__).parents[2] / "data_contracts"
YEARS = range(2010, 2015)
DAY = date(2026, 1, 1)
OFFICIAL = official_name("schulabgaenge", 2012)
LATER = delivery_name("geburten_fruehe_hilfen", "05112000")


def make_five_years(folder: Path) -> None:
    """Five years of the official tables of the model world, with a plan over them for reports in German alone, judged in `home`.

    What a report of them rests on is computed there already, so that no copy has to do it again.
    """
    simulate(folder, 1, years=(YEARS[0], YEARS[-1]))
    (folder / "later").mkdir()
    (folder / "deliveries" / LATER).rename(folder / "later" / LATER)
    for file in (folder / "deliveries").iterdir():
        if "amtlich" not in file.name:
            file.unlink()
    text = (CONTRACTS / "plans" / "modellwelt.yaml").read_text(encoding="utf-8")
    for window in ("[2006, 2019]", "[2009, 2019]"):
        text = text.replace(window, "[2010, 2014]")
    plan = yaml.safe_load(text.replace("2007-2010", "2010-2011"))
    for key in (
        "audit",
        "specifications",
        "negative_controls",
        "inference",
    ):  # what examines it takes minutes and is not asked here
        plan.pop(key, None)
    plan["languages"] = ["de"]  # the second takes as long as the first
    (folder / "plan.yaml").write_text(
        yaml.safe_dump(plan, allow_unicode=True, sort_keys=False, default_flow_style=None), encoding="utf-8"
    )
    installation = opened(folder)
    land(installation, YEARS)
    judge_arrivals(installation, YEARS)
    study = Study(current_snapshot(installation, DAY), installation.plans["modellwelt"])
    report_inputs(study, study.effects)


def opened(world: Path, day: date = DAY) -> Installation:
    """The installation of such a world on a day."""
    settings = Settings(home=world / "home", inbox=world / "deliveries", contracts=CONTRACTS, day=day)
    return open_installation(settings, [world / "plan.yaml"])


def deliver_again(installation: Installation) -> bytes:
    """A corrected official file in the inbox: 40 more boys without certificate in Düsseldorf; its bytes."""
    file = installation.settings.inbox / OFFICIAL
    lines = file.read_bytes().decode("cp1252").split("\r\n")
    for place, line in enumerate(lines):
        key, *_, certificate, sex, count = line.split(";") if line.count(";") == 4 else ("", "", "", "")
        if key == "05111" and sex != "weiblich" and certificate in ("ohne Hauptschulabschluss", "Insgesamt"):
            lines[place] = f"{line.rpartition(';')[0]};{int(count) + 40}"
    file.write_bytes("\r\n".join(lines).encode("cp1252"))
    return file.read_bytes()


def quick(installation: Installation, **changes: object) -> Plan:
    """The plan with one outcome and two estimators."""
    plan = installation.plans["modellwelt"]
    return replace(plan, outcomes=plan.outcomes[:1], estimators=plan.estimators[:2], **changes)


def make_edition_on(world: Path, days: int, **changes: object) -> None:
    """The edition of a day, of the plan with one outcome and these changes."""
    then = opened(world, DAY + timedelta(days=days))
    plan: Plan = replace(quick(then), **changes)
    make_edition(Study(current_snapshot(then, then.settings.day), plan))


def make_three_editions(world: Path, five_years: Path) -> None:
    """A copy of the world with three editions: the second with a corrected delivery, the third of another plan too: one estimator, two outcomes, other
    years."""
    shutil.copytree(five_years, world)
    make_edition_on(world, 0)
    then = opened(world, DAY + timedelta(days=2))
    deliver_again(then)
    land(then, YEARS)
    judge_arrivals(then, YEARS)
    make_edition_on(world, 2)
    plan = then.plans["modellwelt"]
    outcomes = tuple(replace(one, window=(2010, 2013)) for one in plan.outcomes[:2])
    make_edition_on(world, 3, estimators=plan.estimators[:1], outcomes=outcomes)
