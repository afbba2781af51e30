"""The truth of a model world as tables: effects and shares by Kreis and year, and the ATT by cohort. No estimation."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from kkz_eval.reference.exposure import Group, KreisGroup, kreis_groups
from kkz_eval.reference.tables import programme_units
from kkz_eval.simulation.parameters import INDICATORS
from kkz_eval.simulation.parts import Floats
from kkz_eval.simulation.world import ModelWorld

TRUTH_COLUMNS = (
    "kreis_ags5",
    "year",
    "indicator",
    "group",
    "cohort",
    "effect_percentage_points",
    "share_with_percent",
    "share_without_percent",
)
ATT_COLUMNS = ("indicator", "cohort", "year_from", "year_to", "att_percentage_points", "n_kreise")


def all_groups() -> tuple[KreisGroup, ...]:
    """The groups of the Kreise with every cohort that is known."""
    return kreis_groups(max(unit.cohort for unit in programme_units()))


def truth_rows(world: ModelWorld) -> Iterator[tuple[str, ...]]:
    """Rows of truth.csv: one per Kreis, year and indicator; cohort is empty where the Kreis is not wholly treated."""
    for group in all_groups():
        effect = world.kreis_effect(group.kreis_ags5)
        without = world.kreis_share_without(group.kreis_ags5)
        cohort = "" if group.cohort is None else str(group.cohort)
        for row, year in enumerate(world.years):
            for column, indicator in enumerate(INDICATORS):
                points, share = effect[row, column], without[row, column]
                numbers = (_number(points), _number(share + points), _number(share))
                yield (group.kreis_ags5, str(year), indicator, group.group, cohort, *numbers)


def att_rows(world: ModelWorld) -> Iterator[tuple[str, ...]]:
    """Rows of truth_att.csv: mean true effect over the wholly treated Kreise of a cohort and their years from the cohort year on.

    One row per treated year (year_from equal to year_to), one over all treated years of the window; cohort "all" is the mean
    over all treated Kreise and years (the simple aggregation of Callaway and Sant'Anna 2021, section 3).
    """
    treated = [group for group in all_groups() if group.group is Group.TREATED]
    cohorts = sorted({group.cohort for group in treated if group.cohort is not None and group.cohort <= world.years[-1]})
    effects = {group.kreis_ags5: world.kreis_effect(group.kreis_ags5) for group in treated}
    years = np.array(world.years)
    for column, indicator in enumerate(INDICATORS):
        pooled: list[Floats] = []
        n_treated = 0
        for cohort in cohorts:
            values = np.stack([effects[group.kreis_ags5][:, column] for group in treated if group.cohort == cohort])
            after = years >= cohort
            for row in np.flatnonzero(after):
                yield _att(indicator, str(cohort), (int(years[row]), int(years[row])), values[:, row], len(values))
            first = int(years[after][0])
            yield _att(indicator, str(cohort), (first, int(years[-1])), values[:, after], len(values))
            pooled.append(values[:, after].ravel())
            n_treated += len(values)
        if pooled:
            first = max(cohorts[0], int(years[0]))
            yield _att(indicator, "all", (first, int(years[-1])), np.concatenate(pooled), n_treated)


def _att(indicator: str, cohort: str, years: tuple[int, int], effects: Floats, n_kreise: int) -> tuple[str, ...]:
    return (indicator, cohort, str(years[0]), str(years[1]), _number(float(effects.mean())), str(n_kreise))


def _number(value: float) -> str:
    """Ten decimals, without a minus before zero."""
    return f"{round(float(value), 10) + 0.0:.10f}"
