"""Outcomes of the Kreise treated in 2012 against those never treated, read in place from INKAR; assignments of small designs, listed plainly."""

from __future__ import annotations

import csv
import os
from functools import cache
from itertools import combinations, product
from pathlib import Path

import numpy as np
import pytest

from kkz_eval.evaluation.arrays import AssignmentMask, PerUnit, UnitByYear
from kkz_eval.evaluation.inference.units import ComparedUnits
from kkz_eval.reference.exposure import Group, kreis_groups
from kkz_eval.reference.tables import kreise

ROOT = Path(__file__).parents[3]
PANEL = ROOT / os.environ.get("KKZ_SHARED", "../shared") / "data" / "official" / "inkar" / "inkr_nrw_kreise_panel_long.csv"
YEARS = tuple(range(2007, 2020))
START = 2012

needs_inkar = pytest.mark.skipif(not PANEL.is_file(), reason="INKAR is not at hand (KKZ_SHARED)")


@cache
def _rows() -> dict[tuple[str, str, int], float]:
    with PANEL.open(encoding="utf-8", newline="") as lines:
        return {
            (row["kuerzel"], row["kreis_ags5"], int(row["jahr"])): float(row["wert"])
            for row in csv.DictReader(lines)
            if row["wert"]
        }


def treated_and_never() -> list[tuple[str, bool]]:
    """Keys of the 13 Kreise treated in 2012 and of the 17 never treated."""
    groups = [group for group in kreis_groups() if group.cohort == START or group.group is Group.NEVER]
    return [(group.kreis_ags5, group.cohort == START) for group in groups]


def values(indicator: str, years: tuple[int, ...] = YEARS) -> UnitByYear:
    """(30, T)."""
    rows = _rows()
    return np.array([[rows[indicator, key, year] for year in years] for key, _ in treated_and_never()])


def after_less_before(indicator: str) -> PerUnit:
    """(30,) mean of the years from the start on less that of the years before."""
    after = np.array(YEARS) >= START
    table = values(indicator)
    return np.asarray(table[:, after].mean(axis=1) - table[:, ~after].mean(axis=1))


def need() -> PerUnit:
    """(30,) persons in SGB II households per 100, 2011."""
    return values("q_PBG_bev", (2011,))[:, 0]


def units_within_kind(baseline: bool = False) -> ComparedUnits:
    """The 30 Kreise in strata by kind; with the need of 2011 to adjust for where it is asked for."""
    kinds = {kreis.ags5: kreis.kind for kreis in kreise()}
    keys, treated = zip(*treated_and_never(), strict=True)
    stratum = np.unique([kinds[key] for key in keys], return_inverse=True)[1]
    return ComparedUnits.of(np.array(treated), stratum, need()[:, None] if baseline else None)


def listed_plainly(units: ComparedUnits) -> AssignmentMask:
    """(a, N) all assignments of units that are each assigned alone, by itertools."""
    members = [np.flatnonzero(units.stratum == stratum) for stratum in range(units.n_strata)]
    sets = [combinations(some, int(units.treated[some].sum())) for some in members]
    rows = [np.isin(np.arange(units.n_units), np.concatenate([*chosen])) for chosen in product(*sets)]
    return np.array(rows)


def small_units(seed: int = 1, sizes: tuple[tuple[int, int], ...] = ((5, 2), (4, 3)), baselines: int = 0) -> ComparedUnits:
    """Strata of (units, treated), shuffled."""
    random = np.random.default_rng(seed)
    stratum = np.repeat(np.arange(len(sizes)), [size for size, _ in sizes])
    treated = np.concatenate([np.arange(size) < count for size, count in sizes])
    order = random.permutation(len(stratum))
    return ComparedUnits.of(treated[order], stratum[order], random.normal(size=(len(stratum), baselines)))
