"""The plans of the chain on genuine tables: who is compared, and every outcome's coefficient against dummies and least squares.

The cells themselves are recomputed in tests/indicators. What examines a comparison takes minutes over so many outcomes and is tried on
one plan in test_inkar_run.py; here a plan is run without it.
"""

from __future__ import annotations

import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from whole_runs import ALL_YEARS, CONTRACTS, SHARED_DATA, take_in_and_judge

from kkz_eval.evaluation.effects import run_outcome
from kkz_eval.evaluation.plan import EstimatorSpec, Inference, Outcome, Plan
from kkz_eval.line.installation import Installation, open_installation
from kkz_eval.line.snapshot import current_snapshot
from kkz_eval.line.study import Study
from kkz_eval.reference.tables import kreise
from kkz_eval.settings import Settings

REGIONAL = SHARED_DATA / "regionalstatistik"
FILES = (
    SHARED_DATA / "official" / "inkar" / "inkr_nrw_kreise_panel_long.csv",
    SHARED_DATA / "official" / "genesis" / "13211-02-05-4_datencsv_de.csv",
    *(REGIONAL / name for name in ("12411-05-01-4_1995-2015.csv", "12612-01-01-4_1995-2015.csv", "13211-02-05-4_2001-2016.csv")),
    REGIONAL / "22811-02-02-4_2010-2016.csv",
)
START = {"kekiz-2012-kette": 2012, "kekiz-2017-kette": 2017}
NEED = {"kekiz-2012-kette": (2007, 2010), "kekiz-2017-kette": (2012, 2015)}

pytestmark = pytest.mark.skipif(not REGIONAL.exists(), reason="genuine files are not at hand (KKZ_SHARED)")


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """The genuine tables of the chain, judged."""
    folder = tmp_path_factory.mktemp("chain")
    (folder / "inbox").mkdir()
    for file in FILES:
        shutil.copyfile(file, folder / "inbox" / file.name)
    plans = [CONTRACTS / "plans" / f"{name}.yaml" for name in START]
    line = open_installation(Settings(folder / "home", folder / "inbox", CONTRACTS, settle_seconds=0), plans)
    take_in_and_judge(line, ALL_YEARS)
    return line


@pytest.fixture(scope="module", params=list(START))
def study(request: pytest.FixtureRequest, line: Installation) -> Study:
    return Study(current_snapshot(line), line.plans[request.param])


def test_every_outcome_has_the_cells_that_the_plan_asks_for(study: Study) -> None:
    assert {one.indicator for one in study.coverage} == {outcome.indicator for outcome in study.plan.outcomes}
    assert [(one.indicator, one.present, one.demanded) for one in study.coverage if one.present < one.demanded] == []


def test_at_most_six_outcomes_are_primary_and_each_stage_has_one(study: Study) -> None:
    stages = [
        study.installation.catalogue[outcome.indicator].stage for outcome in study.plan.outcomes if outcome.role == "primary"
    ]
    assert stages == ["under_3", "kita", "secondary", "transition"]


def test_groups_are_those_of_the_cohort(study: Study) -> None:
    sizes = study.groups["group"].value_counts()
    assert (sizes["treated"], sizes["reference"]) == ((13, 17) if study.plan.id == "kekiz-2012-kette" else (14, 17))


def test_every_coefficient_is_that_of_dummies_and_least_squares(study: Study) -> None:
    found = {outcome.indicator: estimated(study, outcome) for outcome in study.plan.outcomes}
    expected = {outcome.indicator: least_squares(study, outcome) for outcome in study.plan.outcomes}
    assert found == {name: pytest.approx(value, rel=1e-7, abs=1e-9) for name, value in expected.items()}


def estimated(study: Study, outcome: Outcome) -> float:
    """The coefficient of the years that count, or of all years since the start."""
    rows = study.panel[study.panel["indicator"] == outcome.indicator].reset_index(drop=True)
    bare: Plan = replace(
        study.plan,
        outcomes=(outcome,),
        estimators=(EstimatorSpec("twfe", "twfe"),),
        inference=Inference(),
        **{"audit": None, "specifications": (), "co_treatments": (), "negative_controls": (), "coverage_minimum": None},
    )
    estimates = run_outcome(rows, bare, outcome.indicator).estimates
    wanted = "coefficient" if outcome.earliest_plausible_year is None else "exposed"
    (value,) = estimates.loc[estimates["aggregation"] == wanted, "estimate"]
    return float(value)


def least_squares(study: Study, outcome: Outcome) -> float:
    """Of the outcome on dummies of unit and of kind by year, need by year, years since the start that count, and those that don't."""
    assert outcome.window is not None
    first, last = outcome.window
    groups = study.groups.set_index("unit_id")["group"]
    compared = [unit for unit in groups.index if groups[unit] in ("treated", "reference")]
    panel = study.panel[study.panel["unit_id"].isin(compared)].astype({"year": int})
    values = panel[(panel["indicator"] == outcome.indicator) & panel["year"].between(first, last)]
    early = panel[(panel["indicator"] == "q_PBG_bev") & panel["year"].between(*NEED[study.plan.id])]
    need = early.groupby("unit_id")["value"].mean()
    kind = {one.ags5: one.kind for one in kreise()}
    unit, year = values["unit_id"].to_numpy(), values["year"].to_numpy()
    treated = (groups[unit] == "treated").to_numpy()
    start = START[study.plan.id]
    counts = max(start, outcome.earliest_plausible_year or start)
    columns = [
        *pd.get_dummies(unit, dtype=float).to_numpy().T,
        *pd.get_dummies([f"{kind[one]} {when}" for one, when in zip(unit, year, strict=True)], dtype=float).to_numpy().T,
        *(np.where(year == when, need[unit].to_numpy(), 0.0) for when in range(first + 1, last + 1)),
        (treated & (year >= start) & (year < counts)).astype(float),
        (treated & (year >= counts)).astype(float),
    ]
    return float(np.linalg.lstsq(np.column_stack(columns), values["value"].to_numpy(), rcond=None)[0][-1])
