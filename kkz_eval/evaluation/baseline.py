"""The baseline slice: values from before the first start, and what is measured per unit in them. All that the design may see.

Belongs here: cutting the slice, its digest, level and trend of a unit. Does not belong here: comparing groups (balance, matching).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import pandas as pd

from kkz_eval.evaluation.digests import inputs_digest
from kkz_eval.evaluation.plan import Measured, Plan
from kkz_eval.storage.digests import digest_of

COMPARED = ("treated", "reference")
_COVARIATE = re.compile(r"(?P<indicator>.+):(?P<year>\d{4})")
BASELINE_COLUMNS = ("indicator", "unit_id", "group", "year", "value")


@dataclass(frozen=True)
class Baseline:
    """The values that a design sees, and nothing else.

    values: indicator, unit_id, group (treated | reference), year, value, sorted, without missing values; every year lies before the
    first start less the plan's anticipation and, for a unit of the reference group, before its own start.
    start: first year that is not seen, None where nothing is treated.
    """

    values: pd.DataFrame
    start: int | None

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


def covariate_cells(plan: Plan) -> dict[str, tuple[str, int]]:
    """Indicator and year of each covariate of the form `indicator:year`, by its name; others are left out."""
    found = {name: _COVARIATE.fullmatch(name) for name in plan.covariates}
    return {name: (cell["indicator"], int(cell["year"])) for name, cell in found.items() if cell is not None}


def baseline_cells(plan: Plan) -> dict[str, tuple[str, int]]:
    """Indicator and year of each column that is made of one cell of the baseline: covariates, and a weight `indicator:year`."""
    weight = _COVARIATE.fullmatch(plan.weight) if plan.weight is not None else None
    return covariate_cells(plan) | ({} if weight is None else {weight[0]: (weight["indicator"], int(weight["year"]))})


def covariate_columns(baseline: Baseline, plan: Plan) -> pd.DataFrame:
    """One row per unit, one column per covariate or weight `indicator:year`; missing where a unit has no value."""
    columns = {
        name: baseline.of(indicator, (year, year)).set_index("unit_id")["value"]
        for name, (indicator, year) in baseline_cells(plan).items()
    }
    return pd.DataFrame(columns)


def baseline_indicators(plan: Plan) -> tuple[str, ...]:
    """Indicators whose baseline a plan uses at all: those compared and those of its covariates and weight, each once."""
    return tuple(dict.fromkeys((*compared_indicators(plan), *(name for name, _ in baseline_cells(plan).values()))))


def baseline_of(values: pd.DataFrame, groups: pd.DataFrame, plan: Plan) -> Baseline:
    """The slice of the values that lies before the start. The only place where values from after it are at hand, and dropped.

    values: unit_id, year, indicator, value; groups: unit_id, group, cohort (missing: never).
    """
    start = first_start(groups, plan)
    named = groups.set_index("unit_id")
    group = values["unit_id"].map(named["group"])
    own = values["unit_id"].map(named["cohort"]).astype("Float64")
    year = values["year"].astype("int64")
    seen = values["value"].notna() & group.isin(COMPARED) & (own.isna() | (year < own)).fillna(True).astype(bool)
    seen &= year < start if start is not None else False
    wanted = pd.Series(False, index=values.index)
    for indicator in compared_indicators(plan):
        years = baseline_years(plan, indicator)
        wanted |= (values["indicator"] == indicator) & (year.between(*years) if years is not None else True)
    for indicator, covariate_year in baseline_cells(plan).values():
        wanted |= (values["indicator"] == indicator) & (year == covariate_year)
    seen &= wanted
    slice_ = values.assign(group=group, year=year, value=values["value"].astype("float64"))[seen][list(BASELINE_COLUMNS)]
    ordered = slice_.sort_values(["indicator", "unit_id", "year"], kind="stable").reset_index(drop=True)
    return Baseline(ordered.astype({"indicator": object, "unit_id": object, "group": object}), start)


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
