"""Who is compared with whom under each reference, and how much of what a plan demands is there."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pandas as pd
import pyarrow as pa
import pytest

from kkz_eval.evaluation.baseline import baseline_of
from kkz_eval.evaluation.design import (
    Coverage,
    below,
    coverage_of,
    demanded_coverage,
    groups_of,
    panel_of,
    strata_of,
    with_design,
)
from kkz_eval.evaluation.matching import match
from kkz_eval.evaluation.plan import Outcome, Plan
from kkz_eval.evaluation.plan_file import parse_plan

PROGRAMME = {
    "plan_version": 1,
    "id": "p",
    "outcomes": [{"indicator": "y", "window": [2015, 2016]}],
    "estimators": [{"id": "twfe", "method": "twfe"}],
    "treated_cohorts": [2012],
    "units": {"level": "kreis", "partly_treated": "leave_out", "known_until": 2019},
}


@pytest.fixture
def plan() -> Plan:
    return parse_plan(PROGRAMME, "p.yaml")


def _sizes(plan: Plan) -> dict[str, int]:
    return dict(Counter(groups_of(plan, "de")["group"]))


def test_against_never_treated_the_later_cohort_is_neither(plan: Plan) -> None:
    assert _sizes(plan) == {"treated": 13, "reference": 17, "later": 14, "left_out": 9}


def test_against_not_yet_treated_31_kreise_are_the_reference_to_2016(plan: Plan) -> None:
    groups = groups_of(replace(plan, reference="not_yet"), "de")
    assert Counter(groups["group"]) == {"treated": 13, "reference": 31, "left_out": 9}
    reference = groups[groups["group"] == "reference"]
    assert set(reference["cohort"].dropna()) == {2017}
    assert int((reference["cohort"].isna() | (reference["cohort"] > 2016)).sum()) == 31


def test_without_chosen_cohorts_every_cohort_is_treated(plan: Plan) -> None:
    assert _sizes(replace(plan, treated_cohorts=None)) == {"treated": 27, "reference": 17, "left_out": 9}


def test_every_kreis_has_one_row_and_a_reason_in_both_languages(plan: Plan) -> None:
    for language in ("de", "en"):
        groups = groups_of(plan, language)
        assert len(groups) == groups["unit_id"].nunique() == 53
        assert groups.loc[groups["group"] == "left_out", "reason"].str.len().gt(10).all()
    assert groups_of(plan, "de")["reason"].tolist() != groups_of(plan, "en")["reason"].tolist()


def test_warendorf_is_treated_and_recklinghausen_is_left_out(plan: Plan) -> None:
    role = groups_of(plan, "de").set_index("name")["group"]
    assert role[role.index.str.contains("Warendorf")].tolist() == ["treated"]
    assert role[role.index.str.contains("Recklinghausen")].tolist() == ["left_out"]


def _indicators(rows: list[tuple[str, int, float | None]]) -> pa.Table:
    units, years, values = zip(*rows, strict=True)
    return pa.table({"unit_id": list(units), "year": pa.array(years, pa.int32()), "value": pa.array(values, pa.float64())})


GROUPS = pd.DataFrame(
    {
        "unit_id": ["05111", "05112", "05113", "05114"],
        "name": ["A", "B", "C", "D"],
        "group": ["treated", "reference", "left_out", "later"],
        "cohort": pd.array([2012, None, None, 2017], dtype="Int64"),
    }
)
OUTCOME = Outcome("y", window=(2015, 2016))


def test_a_panel_has_a_row_for_every_kreis_and_year_that_is_not_left_out() -> None:
    panel = panel_of(OUTCOME, _indicators([("05111", 2015, 1.5), ("05113", 2015, 9.0), ("05112", 2014, 2.0)]), GROUPS)
    assert len(panel) == 3 * 2
    assert "05113" not in set(panel["unit_id"])
    assert set(panel["year"]) == {2015, 2016}
    present = panel.dropna(subset=["value"])
    assert present[["unit_id", "year", "value"]].to_numpy().tolist() == [["05111", 2015, 1.5]]
    assert panel.loc[panel["unit_id"] == "05114", "cohort"].tolist() == [2017, 2017]
    assert panel.loc[panel["unit_id"] == "05112", "cohort"].isna().all()


def test_coverage_counts_cells_of_both_groups_and_names_those_missing() -> None:
    panel = panel_of(OUTCOME, _indicators([("05111", 2015, 1.5), ("05112", 2015, None), ("05112", 2016, 2.0)]), GROUPS)
    treated, reference = coverage_of(panel, GROUPS)
    assert treated == Coverage("y", "treated", 2, 1, (("05111", 2016),))
    assert reference == Coverage("y", "reference", 2, 1, (("05112", 2015),))
    assert (treated.share, reference.share) == (0.5, 0.5)


def test_coverage_is_short_below_the_minimum_only() -> None:
    half, whole = Coverage("y", "treated", 2, 1, (("05111", 2016),)), Coverage("y", "reference", 2, 2, ())
    assert below([half, whole], 0.5) == ()
    assert below([half, whole], 0.51) == (half,)


def test_an_outcome_that_demands_nothing_falls_short() -> None:
    nothing = Coverage("y", "treated", 0, 0, ())
    assert below([nothing], 0.0) == (nothing,)


def test_a_plan_without_a_minimum_demands_every_cell(plan: Plan) -> None:
    assert demanded_coverage(plan) == 1.0
    assert demanded_coverage(replace(plan, coverage_minimum=0.95)) == 0.95


def _designed(plan: Plan, need: dict[tuple[str, int], float]) -> pd.DataFrame:
    """One row per unit of the panel that the plan's design makes. need: by unit and year."""
    groups = groups_of(plan, "de")
    outcome = {(unit, year): 1.0 * year for unit in groups["unit_id"] for year in range(2009, 2017)}
    rows = [(*key, "y", value) for key, value in outcome.items()] + [(*key, "need", value) for key, value in need.items()]
    values = pd.DataFrame(rows, columns=["unit_id", "year", "indicator", "value"])
    baseline = baseline_of(values, groups, plan)
    panel = values[values["indicator"] == "y"].assign(cohort=pd.array([None] * len(outcome), dtype="Int64"))
    made = with_design(panel, match(baseline, groups, strata_of(groups, plan), plan), baseline, plan)
    return made.groupby("unit_id").first()


COMPARED = {
    "comparison": {"within": ["kind"], "adjust": ["need:2007-2010"]},
    "audit": {"law": "need:2010", "others": ["need:2011-2012"]},
}


def test_the_design_makes_strata_and_means_of_the_years_before() -> None:
    plan = parse_plan({**PROGRAMME, **COMPARED, "outcomes": [{"indicator": "y", "window": [2009, 2016]}]}, "p")
    units = groups_of(plan, "de")["unit_id"]
    need = {(unit, year): float(year - 2000) for unit in units for year in range(2007, 2017)}
    del need["05111", 2008]
    made = _designed(plan, need)
    kreisfrei, kreis, staedteregion = "05112", "05570", "05334"
    assert made.loc[[kreisfrei, kreis, staedteregion], "kind"].tolist() == ["kreisfrei", "kreis", "kreis"]
    assert made.loc[kreisfrei, ["need:2007-2010", "need:2010"]].tolist() == [8.5, 10.0]
    assert pd.isna(made.loc["05111", "need:2007-2010"])  # a mean of other years than those it is called by
    assert made["need:2011-2012"].isna().all()  # 2012 is not before the start: the design does not see it


def test_a_matching_keeps_to_the_strata_of_the_comparison() -> None:
    matching = {"method": "nearest_neighbour", "covariates": [{"indicator": "y"}], "exact": ["government_district"]}
    plan = parse_plan({**PROGRAMME, **COMPARED, "matching": matching}, "p")
    strata = strata_of(groups_of(plan, "de"), plan)
    assert (strata["05111"], strata["05570"]) == ("051 kreisfrei", "055 kreis")
