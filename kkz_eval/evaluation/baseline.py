"""The baseline slice: values from before the first start, and what is measured per unit in them. All that the design may see.

Belongs here: cutting the slice, its digest, level and trend of a unit. Does not belong here: comparing groups (balance, matching).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import pandas as pd

from kkz_eval.evaluation.digests import inputs_digest
from kkz_eval.evaluation.plan import Measured, Plan
from kkz_eval.storage.digests import digest_of

COMPARED = ("treated", "reference")
_CELLS = re.compile(r"(?P<indicator>.+):(?P<first>\d{4})(?:-(?P<last>\d{4}))?")
BASELINE_COLUMNS = ("indicator", "unit_id", "group", "year", "value")


@dataclass(frozen=True)
class Baseline:
    """The values that a design sees, and nothing else.

    values: indicator, unit_id, group (treated | reference), year, value, sorted, without missing values; every year lies before the
    first start less the plan's anticipation and, for a unit of the reference group, before its own start.
    start: first year that is not seen, None where nothing is treated. later: of units that join later (group `later`), the values of the columns
    that the plan makes of the baseline; a specification may compare with them, and the comparison is tried on them before it is chosen.
    """

    values: pd.DataFrame
    start: int | None
    later: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(BASELINE_COLUMNS)))

    def of(self, indicator: str, years: tuple[int, int] | None = None) -> pd.DataFrame:
        """unit_id, group, year, value of one indicator, in these years (first and last) or in all of the slice."""
        rows = self.values[self.values["indicator"] == indicator]
        if years is not None:
            rows = rows[rows["year"].between(*years)]
        return rows[["unit_id", "group", "year", "value"]].reset_index(drop=True)

    def digests(self) -> dict[str, str]:
        """sha256 of the values of each indicator, by indicator."""
        return {str(name): inputs_digest(part) for name, part in self.values.groupby("indicator", sort=True)}

    @property
    def digest(self) -> str:
        """sha256 of the whole slice."""
        return digest_of(self.digests())


def first_start(groups: pd.DataFrame, plan: Plan) -> int | None:
    """The first year in which an effect may show: the first treated cohort less the plan's anticipation; None without one."""
    cohorts = plan.treated_cohorts or tuple(groups.loc[groups["group"] == "treated", "cohort"].dropna())
    return int(min(cohorts)) - plan.anticipation if cohorts else None


def baseline_years(plan: Plan, indicator: str) -> tuple[int, int] | None:
    """First and last year from which an indicator's baseline is taken, before the cut at the start; None for all years.

    `matching.baseline` where the plan matches on the indicator, else the window of the outcome.
    """
    matching = plan.matching
    if (
        matching is not None
        and matching.baseline is not None
        and indicator in {measured.indicator for measured in matching.covariates}
    ):
        return matching.baseline
    windows = [outcome.window for outcome in plan.outcomes if outcome.indicator == indicator]
    return windows[0] if windows else None


def compared_indicators(plan: Plan) -> tuple[str, ...]:
    """Indicators whose baseline is compared between the groups: outcomes, and what the plan matches on, each once."""
    matched = () if plan.matching is None else tuple(measured.indicator for measured in plan.matching.covariates)
    return tuple(dict.fromkeys((*(outcome.indicator for outcome in plan.outcomes), *matched)))


@dataclass(frozen=True)
class Cells:
    """Cells of the baseline from which a column is made: those of an indicator from the first year to the last, of which it is the mean."""

    indicator: str
    first: int
    last: int


def cells_named(column: str | None) -> Cells | None:
    """The cells that a column `indicator:year` or `indicator:first-last` is made of; None for a name of another form."""
    found = None if column is None else _CELLS.fullmatch(column)
    if found is None:
        return None
    first, last = int(found["first"]), int(found["last"] or found["first"])
    return Cells(found["indicator"], first, last) if first <= last else None


def baseline_cells(plan: Plan) -> dict[str, Cells]:
    """The cells of each column that is made of the baseline, by its name: covariates, weights, what is held fixed, laws of assignments."""
    comparisons = [plan.comparison, *(each.comparison for each in plan.specifications if each.comparison is not None)]
    named = [*plan.covariates, plan.weight, *(each.weight for each in plan.specifications)]
    named += [column for comparison in comparisons for column in comparison.adjust]
    named += [] if plan.audit is None else plan.audit.columns
    found = ((name, cells_named(name)) for name in named)
    return {name: cells for name, cells in found if name is not None and cells is not None}


def covariate_columns(baseline: Baseline, plan: Plan) -> pd.DataFrame:
    """One row per unit, one column for each of baseline_cells: the mean over its years, missing where a unit lacks one of them.

    So years that are not in the slice, as those from the start on, never enter a mean of others under their name.
    """
    columns = {}
    everyone = pd.concat([part for part in (baseline.values, baseline.later) if len(part)] or [baseline.values])
    for name, cells in baseline_cells(plan).items():
        inside = (everyone["indicator"] == cells.indicator) & everyone["year"].between(cells.first, cells.last)
        values = everyone[inside].groupby("unit_id")["value"]
        columns[name] = values.mean()[values.count() == cells.last - cells.first + 1]
    return pd.DataFrame(columns)


def baseline_indicators(plan: Plan) -> tuple[str, ...]:
    """Indicators whose baseline a plan uses at all: those compared and those of columns that it makes, each once."""
    return tuple(dict.fromkeys((*compared_indicators(plan), *(cells.indicator for cells in baseline_cells(plan).values()))))


def baseline_of(values: pd.DataFrame, groups: pd.DataFrame, plan: Plan) -> Baseline:
    """The slice of the values that lies before the start. The only place where values from after it are at hand, and dropped.

    values: unit_id, year, indicator, value; groups: unit_id, group, cohort (missing: never).
    """
    start = first_start(groups, plan)
    named = groups.set_index("unit_id")
    group = values["unit_id"].map(named["group"])
    own = values["unit_id"].map(named["cohort"]).astype("Float64")
    year = values["year"].astype("int64")
    seen = values["value"].notna() & (own.isna() | (year < own)).fillna(True).astype(bool)
    seen &= year < start if start is not None else False
    wanted = pd.Series(False, index=values.index)
    for indicator in compared_indicators(plan):
        years = baseline_years(plan, indicator)
        wanted |= (values["indicator"] == indicator) & (year.between(*years) if years is not None else True)
    of_columns = pd.Series(False, index=values.index)
    for cells in baseline_cells(plan).values():
        of_columns |= (values["indicator"] == cells.indicator) & year.between(cells.first, cells.last)
    made = values.assign(group=group, year=year, value=values["value"].astype("float64"))[list(BASELINE_COLUMNS)]
    compared, later = made[seen & (wanted | of_columns) & group.isin(COMPARED)], made[seen & of_columns & (group == "later")]
    return Baseline(_in_order(compared), start, _in_order(later))


def _in_order(values: pd.DataFrame) -> pd.DataFrame:
    ordered = values.sort_values(["indicator", "unit_id", "year"], kind="stable").reset_index(drop=True)
    return ordered.astype({"indicator": object, "unit_id": object, "group": object})


def levels(values: pd.DataFrame) -> pd.DataFrame:
    """unit_id, group, number: the mean of each unit's values. values: as Baseline.of returns them."""
    return values.groupby(["unit_id", "group"])["value"].mean().rename("number").reset_index()


def slopes(values: pd.DataFrame) -> pd.DataFrame:
    """unit_id, group, number: the least-squares slope on the year of each unit with values in two years or more."""
    distance = values["year"] - values.groupby("unit_id")["year"].transform("mean")
    moments = values.assign(product=distance * values["value"], square=distance**2)
    sums = moments.groupby(["unit_id", "group"])[["product", "square"]].sum().reset_index()
    sums = sums[sums["square"] > 0]
    return sums.assign(number=sums["product"] / sums["square"])[["unit_id", "group", "number"]]


MEASURES = {"level": levels, "trend": slopes}


def measured_table(baseline: Baseline, covariates: tuple[Measured, ...], plan: Plan) -> pd.DataFrame:
    """One row per unit, one column `indicator level` or `indicator trend` for each that is named.

    Missing where a unit lacks a value in any year in which another unit has one: levels and slopes over other years are not alike.
    """
    columns = {}
    for measured in covariates:
        values = baseline.of(measured.indicator, baseline_years(plan, measured.indicator))
        complete = values.groupby("unit_id")["year"].transform("nunique") == values["year"].nunique()
        numbers = MEASURES[measured.measure](values[complete]).set_index("unit_id")["number"]
        columns[f"{measured.indicator} {measured.measure}"] = numbers
    return pd.DataFrame(columns).sort_index()
