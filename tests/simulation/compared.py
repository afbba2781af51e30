"""Two comparisons of a cohort with the never treated in a model world: of plain means, and at the same kind and need. No expectations."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from kkz_eval.reference.exposure import Group, kreis_groups
from kkz_eval.reference.tables import Kind, kreise
from kkz_eval.simulation.parameters import POPULATION, WELFARE
from kkz_eval.simulation.world import ModelWorld

Rate = Callable[[ModelWorld, str], np.ndarray]  # percent by year


def welfare(world: ModelWorld, kreis: str) -> np.ndarray:
    """Persons in SGB II households in percent of the population, by year, in the official counts."""
    return 100 * world.official(WELFARE, kreis).sum(axis=1) / world.official(POPULATION, kreis).sum(axis=(1, 2))


def plain(world: ModelWorld, cohort: int, rate: Rate) -> float:
    """Difference of the changes of unweighted group means: before against from the cohort year on."""
    change, treated, _ = _compared(world, cohort, rate)
    return float(change[treated].mean() - change[~treated].mean())


def at_same_kind_and_need(world: ModelWorld, cohort: int, rate: Rate) -> float:
    """The same, held at kind and need (persons in SGB II households, mean of 2007 to 2010) by least squares."""
    change, treated, held = _compared(world, cohort, rate)
    return float(np.linalg.lstsq(np.column_stack([treated, held]), change, rcond=None)[0][0])


def _compared(world: ModelWorld, cohort: int, rate: Rate) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    years = np.array(world.years)
    groups = [row for row in kreis_groups() if row.cohort == cohort or row.group is Group.NEVER]
    values = np.array([rate(world, row.kreis_ags5) for row in groups])
    change = values[:, years >= cohort].mean(axis=1) - values[:, years < cohort].mean(axis=1)
    kinds = {kreis.ags5: kreis.kind is Kind.KREISFREIE_STADT for kreis in kreise()}
    city = np.array([kinds[row.kreis_ags5] for row in groups])
    measuring = (years >= 2007) & (years <= 2010)
    need = np.array([welfare(world, row.kreis_ags5)[measuring].mean() for row in groups])
    return change, np.array([row.cohort == cohort for row in groups]), np.column_stack([city, ~city, need])
