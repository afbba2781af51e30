"""Keeps a small home of this version as a case for the next: `python tests/acceptance/keep_home.py tests/cases/home_<version>.tar.xz`, with the checkout of
the version first in PYTHONPATH.

It holds contracts, deliveries and a report, without what may be deleted and without the report's PDFs, which are most of its size. No expectations here.
"""

from __future__ import annotations

import shutil
import sys
import tarfile
import tempfile
from dataclasses import replace
from datetime import date
from pathlib import Path

from whole_runs import CONTRACTS, settings_of, small_world, whole_run

from kkz_eval.line import report
from kkz_eval.line.installation import open_installation

PLAN = """\
plan_version: 1
id: klein
question: q1
seed: 1
title: {de: "Kleiner Plan", en: "Small plan"}
texts:
  simulated:
    de: "Alle Zahlen dieses Berichts sind simuliert. Sie sagen nichts über wirkliche Kommunen."
    en: "All numbers in this report are simulated. They say nothing about real municipalities."
languages: [de]
reference: never
treated_cohorts: [2012]
units: {level: kreis, partly_treated: leave_out, known_until: 2019}
coverage: {minimum: 0.9}
cluster: unit_id
event_reference: -1
sources: {schulabgaenge_hochschulreife: schulabgaenge_amtlich}
outcomes:
  - {indicator: schulabgaenge_hochschulreife, role: primary, window: [2010, 2013], expected_direction: increase}
headline: twfe
estimators: [{id: twfe, method: twfe}]
inference: {method: analytic, level: 0.95, draws: 0, small_sample: fixest}
"""
LEFT_OUT = "derived/"
NEEDED = ("derived/parsed/", "derived/findings/", "derived/corrected/")
"""Of what is derived: the tables that verdicts point to."""


def keep(file: Path) -> None:
    """Make the home and pack it, the same bytes each time."""
    with tempfile.TemporaryDirectory() as place:
        world = Path(place) / "world"
        small_world(world, (2010, 2013))
        of_municipalities = sorted(path for path in (world / "deliveries").iterdir() if "amtlich" not in path.name)
        for delivery in of_municipalities[1:]:
            delivery.unlink()
        contracts = Path(shutil.copytree(CONTRACTS, world / "data_contracts", ignore=shutil.ignore_patterns("plans")))
        (contracts / "plans").mkdir()
        (contracts / "plans" / "klein.yaml").write_text(PLAN, encoding="utf-8")
        report._papers = lambda *_: {}
        whole_run(open_installation(replace(settings_of(world), contracts=contracts, day=date(2026, 1, 1))))
        with tarfile.open(file, "w:xz", preset=9) as packed:
            for path in sorted(path for name in ("home", "data_contracts", "deliveries") for path in (world / name).rglob("*")):
                key = path.relative_to(world / "home").as_posix() if path.is_relative_to(world / "home") else ""
                if path.is_file() and (not key.startswith(LEFT_OUT) or key.startswith(NEEDED)):
                    packed.add(path, path.relative_to(world).as_posix(), filter=_plain)


def _plain(info: tarfile.TarInfo) -> tarfile.TarInfo:
    info.uid, info.gid, info.uname, info.gname, info.mtime, info.mode = 0, 0, "", "", 0, 0o644
    return info


if __name__ == "__main__":
    keep(Path(sys.argv[1]))
