"""Who is compared with whom: the groups of a programme plan, the panel of an outcome, and its coverage. No estimate."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow as pa

from kkz_eval.evaluation.baseline import Baseline, covariate_columns
from kkz_eval.evaluation.estimators.methods import DOSE_COLUMN
from kkz_eval.evaluation.plan import MATCHING_STRATUM, MATCHING_WEIGHT, REQUIRED_COLUMNS, Outcome, Plan
from kkz_eval.model.texts import Language
from kkz_eval.reference.exposure import Group
from kkz_eval.reference.tables import kreis_of, kreise
from kkz_eval.reference.unit_groups import (
    STRATUM_PARTS,
    Nested,
    UnitGroup,
    municipality_groups,
    stratum_parts,
    whole_kreise,
    youth_office_groups,
)

if TYPE_CHECKING:
    from kkz_eval.evaluation.matching import Matched  # whoever opens an installation to read plans loads no optimiser

CLUSTER_KREIS = "kreis"  # the panel's column with the Kreis that a unit lies in
FIRST_KNOWN_YEAR = 2003  # of the register of youth offices, where a plan names no window
LAST_CLEAN_YEAR = 2019  # from 2020 on the successor programme was open to every youth office


@dataclass(frozen=True)
class Coverage:
    """How much of what an outcome demands is there. group: treated | reference; missing: (unit_id, year) without a value."""

    indicator: str
    group: str
    demanded: int
    present: int
    missing: tuple[tuple[str, int], ...]

    @property
    def share(self) -> float:
        """Cells with a value, as a share of those demanded; 1 where none is demanded."""
        return self.present / self.demanded if self.demanded else 1.0


def groups_of(plan: Plan, language: Language) -> pd.DataFrame:
    """One row per unit of the plan's level: unit_id, name, group (treated | reference | later | left_out), cohort (missing: never), reason.

    With reference `not_yet`, units of other cohorts belong to the reference group until their own start. With `units.partly_treated:
    dose` no Kreis is left out: the cohort is the year from which a part of it is treated.
    """
    treated = frozenset(plan.treated_cohorts or ())

    def cohort(unit: UnitGroup) -> int | None:
        return unit.kreis.first_cohort if by_dose(plan) and unit.kreis is not None else unit.cohort

    def role(unit: UnitGroup) -> str:
        if unit.group == Group.LEFT_OUT and not by_dose(plan):
            return "left_out"
        if cohort(unit) is None:
            return "reference"
        if not treated or cohort(unit) in treated:
            return "treated"
        return "reference" if plan.reference == "not_yet" else "later"

    rows = unit_groups(plan)
    return pd.DataFrame(
        {
            "unit_id": [unit.unit_id for unit in rows],
            "name": [unit.name for unit in rows],
            "group": [role(unit) for unit in rows],
            "cohort": pd.array([cohort(unit) for unit in rows], dtype="Int64"),
            "reason": [unit.sentence.in_language(language) for unit in rows],
        }
    )


def unit_groups(plan: Plan) -> tuple[UnitGroup, ...]:
    """The units of a plan's level with their groups, by the plan's rule. Raises ValueError below the Kreis without a rule for nested units."""
    known_until = plan.units.known_until or LAST_CLEAN_YEAR
    level = level_of_plan(plan)
    if level == "kreis":
        return whole_kreise(known_until)
    nested = Nested(plan.units.nested or "")
    return (
        municipality_groups(nested, known_until)
        if level == "municipality"
        else youth_office_groups(nested, known_until, span_of_plan(plan))
    )


def level_of_plan(plan: Plan) -> str:
    """The level of a plan's units: municipality | youth_office | kreis, the last where the plan names none."""
    return plan.units.level or "kreis"


def span_of_plan(plan: Plan) -> tuple[int, int]:
    """First and last year that a plan's windows name; of an outcome without one, of the register and of the clean years."""
    windows = [outcome.window or (FIRST_KNOWN_YEAR, plan.units.known_until or LAST_CLEAN_YEAR) for outcome in plan.outcomes]
    return min(first for first, _ in windows), max(last for _, last in windows)


def by_dose(plan: Plan) -> bool:
    """Whether Kreise that are treated in part enter by their dose."""
    return plan.units.partly_treated == "dose"


def strata_of(groups: pd.DataFrame, plan: Plan) -> dict[str, str]:
    """Stratum of each unit by `matching.exact` and `comparison.within`, "" where the plan names none. groups: unit_id."""
    exact = () if plan.matching is None else plan.matching.exact
    within = dict.fromkeys([*exact, *plan.comparison.within])
    parts = _parts(groups["unit_id"]) if within else {}
    return {unit: " ".join(parts[unit][name] for name in within) for unit in groups["unit_id"]}


def design_strata(plan: Plan) -> tuple[str, ...]:
    """Columns of strata that a plan's comparison, assignments and specifications name, each once."""
    comparisons = [plan.comparison, *(each.comparison for each in plan.specifications if each.comparison is not None)]
    return tuple(dict.fromkeys([*(name for each in comparisons for name in each.within), *plan.assigned_within]))


def _parts(units: Iterable[str]) -> dict[str, dict[str, str]]:
    """unit_groups.STRATUM_PARTS by unit."""
    kinds = {kreis.ags5: kreis.kind for kreis in kreise()}
    return {unit: stratum_parts(unit, kinds) for unit in units}


def with_design(panel: pd.DataFrame, matched: Matched, baseline: Baseline, plan: Plan) -> pd.DataFrame:
    """The panel with the columns that the plan's design makes: weight and stratum of a matching, values of the baseline (covariates, weight,
    what is held fixed or may have driven selection), strata, Kreis, dose.

    Units that join later have no weight of a matching; the values of the baseline they have, too, since a specification may compare with them.
    """
    made = panel.copy()
    if plan.matching is not None:
        units = matched.units.set_index("unit_id")
        made[MATCHING_WEIGHT] = made["unit_id"].map(units["weight"]).astype("float64")
        made[MATCHING_STRATUM] = made["unit_id"].map(units["stratum"])
    for name, column in covariate_columns(baseline, plan).items():
        made[name] = made["unit_id"].map(column).astype("float64")
    strata = [name for name in design_strata(plan) if name in STRATUM_PARTS]
    parts = _parts(made["unit_id"].unique()) if strata else {}
    for name in strata:
        made[name] = made["unit_id"].map({unit: of_unit[name] for unit, of_unit in parts.items()})
    if plan.cluster == CLUSTER_KREIS:
        made[CLUSTER_KREIS] = made["unit_id"].map(kreis_of)
    if by_dose(plan):
        dose = {unit.unit_id: unit.kreis for unit in unit_groups(plan) if unit.kreis is not None}
        made[DOSE_COLUMN] = [dose[unit].dose(int(year)) for unit, year in zip(made["unit_id"], made["year"], strict=True)]
    return made


def panel_of(outcome: Outcome, indicators: pa.Table, groups: pd.DataFrame) -> pd.DataFrame:
    """The panel of an outcome in the form of the interface: every unit that is not left out, every year of the window.

    indicators: rows of model.tables.INDICATORS of this outcome; a year without a row has a missing value.
    """
    members = groups[groups["group"] != "left_out"]
    values = pd.DataFrame({name: indicators.column(name).to_pylist() for name in ("unit_id", "year", "value")})
    years = _years(outcome, values["year"])
    cells = pd.MultiIndex.from_product([members["unit_id"], years], names=["unit_id", "year"]).to_frame(index=False)
    panel = cells.merge(values, on=["unit_id", "year"], how="left", validate="one_to_one")
    panel["value"] = panel["value"].astype(float)
    panel["indicator"] = outcome.indicator
    panel["cohort"] = panel["unit_id"].map(members.set_index("unit_id")["cohort"]).astype("Int64")
    return panel[list(REQUIRED_COLUMNS)]


def coverage_of(panel: pd.DataFrame, groups: pd.DataFrame) -> tuple[Coverage, ...]:
    """Coverage of each outcome of a panel, in the treated and in the reference group."""
    role = panel["unit_id"].map(groups.set_index("unit_id")["group"])
    rows: list[Coverage] = []
    for indicator in panel["indicator"].unique():
        for group in ("treated", "reference"):
            part = panel[(panel["indicator"] == indicator) & (role == group)]
            absent = part[part["value"].isna()]
            missing = tuple(sorted(zip(absent["unit_id"], absent["year"].astype(int), strict=True)))
            rows.append(Coverage(indicator, group, len(part), len(part) - len(missing), missing))
    return tuple(rows)


def demanded_coverage(plan: Plan) -> float:
    """The share of cells with a value that a plan demands; every cell where it says nothing."""
    return 1.0 if plan.coverage_minimum is None else plan.coverage_minimum


def below(coverage: Sequence[Coverage], minimum: float) -> tuple[Coverage, ...]:
    """Those that fall short of the coverage the plan demands, or demand nothing at all."""
    return tuple(row for row in coverage if row.demanded == 0 or row.share < minimum)


def _years(outcome: Outcome, known: pd.Series[int]) -> list[int]:
    if outcome.window is not None:
        first, last = outcome.window
        return list(range(first, last + 1))
    return list(range(int(known.min()), int(known.max()) + 1)) if len(known) else []
