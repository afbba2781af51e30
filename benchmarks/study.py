"""Does the line find what was planted? Model worlds with known effects, over many seeds. Run as `python -m benchmarks.study [SEEDS]`.

Belongs here: the study of the model world, its printed summary, build/study.json. Does not belong here: pass or fail
(tests/benchmarks has a small version), the study on pure panels (study_coverage.py) and of comparisons
where trends differ (study_comparison.py).

Two paths lead to the same estimates. The whole line writes the files, takes them in, judges them and estimates. The direct
path takes the counts of the model world, divides them and estimates. The first is slow, so that it runs on the first few seeds
only; the study says how far the two differ there.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.study_comparison import main as print_comparison_study
from benchmarks.study_coverage import main as print_coverage_study
from benchmarks.study_replication import main as print_replication
from benchmarks.study_sensitivity import main as print_sensitivity_study
from benchmarks.study_synthetic import main as print_synthetic_study
from kkz_eval.evaluation.baseline import baseline_of
from kkz_eval.evaluation.design import groups_of, strata_of, with_design
from kkz_eval.evaluation.effects import run_effects
from kkz_eval.evaluation.matching import match
from kkz_eval.evaluation.plan import REQUIRED_COLUMNS, Inference, Plan
from kkz_eval.evaluation.plan_file import load_plan
from kkz_eval.evaluation.spread import Spread
from kkz_eval.line.installation import open_installation
from kkz_eval.line.intake import judge_arrivals, land
from kkz_eval.line.scheduler import spread_over
from kkz_eval.line.snapshot import current_snapshot
from kkz_eval.line.study import Study
from kkz_eval.settings import CHECKOUT, Settings, load_settings
from kkz_eval.simulation.effects import load_effects
from kkz_eval.simulation.parameters import (
    BIRTH_INDICATOR,
    BIRTHS,
    CARE,
    CARE_INDICATOR,
    CERTIFICATE_INDICATORS,
    KITA_INDICATOR,
    LEAVERS,
    MEAN_POPULATION,
    POPULATION,
    UNEMPLOYED_GROUPS,
    UNEMPLOYMENT,
    UNEMPLOYMENT_INDICATOR,
    WELFARE,
    WELFARE_INDICATOR,
    YOUTH_INDICATOR,
)
from kkz_eval.simulation.run import simulate
from kkz_eval.simulation.truth import att_rows
from kkz_eval.simulation.world import ModelWorld, model_world

YEARS = tuple(range(2006, 2020))
PLAN_FILE = CHECKOUT / "data_contracts" / "plans" / "modellwelt.yaml"
RESULT_FILE = CHECKOUT / "build" / "study.json"
SEEDS, LINE_SEEDS = 200, 10
KEPT = ["indicator", "estimate", "std_error", "conf_low", "conf_high"]


@dataclass(frozen=True)
class Recovery:
    """How an estimate of an outcome relates to the truth over many seeds, in the unit of the outcome (percentage points).

    bias: mean error; monte_carlo_se: standard error of the bias; bias_in_se: their ratio; spread: standard deviation of the
    estimates; mean_se: mean standard error that was reported; coverage: share of intervals that hold the truth.
    """

    indicator: str
    seeds: int
    truth: float
    bias: float
    monte_carlo_se: float
    bias_in_se: float
    spread: float
    mean_se: float
    coverage: float


def study_plan() -> Plan:
    """The plan of the model world with two-way fixed effects only, at the same kind and need as the plan has it; what examines it is left out."""
    plan = load_plan(PLAN_FILE)
    estimators = tuple(spec for spec in plan.estimators if spec.method == "twfe")
    unexamined = replace(plan, audit=None, specifications=(), co_treatments=(), negative_controls=())
    return replace(unexamined, estimators=estimators, inference=replace(Inference(), small_sample=plan.inference.small_sample))


def true_att(world: ModelWorld, cohort: int) -> pd.Series:
    """True ATT of a cohort over all its treated years, percentage points, by indicator."""
    rows = [row for row in att_rows(world) if row[1] == str(cohort)]
    whole = [row for row in rows if row[3] == str(world.years[-1])]
    planted = {row[0]: float(row[4]) for row in whole if row[2] == str(cohort)}
    unmoved = dict.fromkeys(
        (WELFARE_INDICATOR, BIRTH_INDICATOR, UNEMPLOYMENT_INDICATOR), 0.0
    )  # by the programme of the model world
    return pd.Series({**planted, **unmoved})


def direct_panel(world: ModelWorld, plan: Plan) -> pd.DataFrame:
    """The panel of the plan from the world's counts: 100 · leavers with the certificate / all leavers, by Kreis and year."""
    groups = groups_of(plan, "de")
    members = groups[groups["group"] != "left_out"]
    parts = []
    for unit, cohort in zip(members["unit_id"], members["cohort"], strict=True):
        rates = rates_of(world, unit)
        for outcome in plan.outcomes:
            value = rates[outcome.indicator]
            parts.append(
                pd.DataFrame(
                    {"unit_id": unit, "year": world.years, "indicator": outcome.indicator, "value": value, "cohort": cohort}
                )
            )
    panel = pd.concat(parts, ignore_index=True)
    panel["cohort"] = panel["cohort"].astype("Int64")
    baseline = baseline_of(panel, groups, plan)
    matched = match(baseline, groups, strata_of(groups, plan), plan)
    return with_design(panel[list(REQUIRED_COLUMNS)], matched, baseline, plan)


def rates_of(world: ModelWorld, unit: str) -> dict[str, np.ndarray]:
    """Rates by year, by indicator, in the official counts of a Kreis; of unemployment as published, with one decimal."""
    leavers = world.official(LEAVERS, unit).sum(axis=2)
    shares = 100 * leavers / leavers.sum(axis=1, keepdims=True)
    people, care = world.official(POPULATION, unit).sum(axis=2), world.official(CARE, unit).sum(axis=2)
    unemployed, labour_force = np.moveaxis(world.official(UNEMPLOYMENT, unit), -1, 0)
    unemployment = np.round(100 * unemployed / labour_force, 1)
    return {
        **{name: shares[:, column] for column, name in enumerate(CERTIFICATE_INDICATORS)},
        CARE_INDICATOR: 100 * care[:, :3].sum(axis=1) / people[:, 0],
        KITA_INDICATOR: 100 * care[:, 3] / people[:, 1],
        YOUTH_INDICATOR: unemployment[:, UNEMPLOYED_GROUPS.index("15_bis_unter_25")],
        UNEMPLOYMENT_INDICATOR: unemployment[:, UNEMPLOYED_GROUPS.index("insgesamt")],
        BIRTH_INDICATOR: 1000 * world.official(BIRTHS, unit).sum(axis=1) / world.official(MEAN_POPULATION, unit).sum(axis=1),
        WELFARE_INDICATOR: 100 * world.official(WELFARE, unit).sum(axis=1) / people.sum(axis=1),
    }


def direct_estimates(seed: int, plan: Plan) -> pd.DataFrame:
    """Estimates of a seed by the direct path, with the truth beside them; columns KEPT, seed, truth."""
    world = model_world(seed, load_effects(None), YEARS)
    return _with_truth(run_effects(direct_panel(world, plan), plan).estimates, world, seed, plan)


def line_estimates(seed: int, plan: Plan) -> pd.DataFrame:
    """Estimates of a seed by the whole line, from files in a folder that is removed; columns as direct_estimates."""
    with tempfile.TemporaryDirectory(prefix="kkz-study-") as folder:
        simulate(Path(folder) / "world", seed)
        inbox = Path(folder) / "world" / "deliveries"
        return estimates_of_inbox(Settings(Path(folder) / "home", inbox, CHECKOUT / "data_contracts"), seed, plan)


def estimates_of_inbox(settings: Settings, seed: int, plan: Plan) -> pd.DataFrame:
    """Estimates by the whole line from the inbox of the settings, which holds the model world of a seed; columns as direct_estimates."""
    line = open_installation(settings, [PLAN_FILE])
    land(line, YEARS)
    judge_arrivals(line, YEARS)
    estimates = Study(current_snapshot(line), plan).effects.estimates
    return _with_truth(estimates, model_world(seed, load_effects(None), YEARS), seed, plan)


def _with_truth(estimates: pd.DataFrame, world: ModelWorld, seed: int, plan: Plan) -> pd.DataFrame:
    (cohort,) = plan.treated_cohorts or ()
    chosen = estimates.loc[estimates["term"] == "att", KEPT].reset_index(drop=True)
    return chosen.assign(seed=seed, truth=chosen["indicator"].map(true_att(world, cohort)))


def over_seeds(path: Callable[[int, Plan], pd.DataFrame], seeds: Iterable[int], plan: Plan, spread: Spread = map) -> pd.DataFrame:
    """The estimates of one path over seeds, one row per seed and outcome. spread: how the worlds are made; each has its seed."""
    return pd.concat(spread(partial(_of_seed, path, plan), seeds), ignore_index=True)


def _of_seed(path: Callable[[int, Plan], pd.DataFrame], plan: Plan, seed: int) -> pd.DataFrame:
    return path(seed, plan)


def recovery(estimates: pd.DataFrame) -> list[Recovery]:
    """Bias and coverage per outcome. estimates: as over_seeds returns them; at least two seeds."""
    found = []
    for indicator, rows in estimates.groupby("indicator", sort=True):
        error = (rows["estimate"] - rows["truth"]).to_numpy()
        monte_carlo_se = float(error.std(ddof=1) / np.sqrt(len(error)))
        found.append(
            Recovery(
                indicator=str(indicator),
                seeds=len(error),
                truth=float(rows["truth"].mean()),
                bias=float(error.mean()),
                monte_carlo_se=monte_carlo_se,
                bias_in_se=float(error.mean()) / monte_carlo_se,
                spread=float(rows["estimate"].std(ddof=1)),
                mean_se=float(rows["std_error"].mean()),
                coverage=float(rows["truth"].between(rows["conf_low"], rows["conf_high"]).mean()),
            )
        )
    return found


def largest_difference(one: pd.DataFrame, other: pd.DataFrame) -> float:
    """Largest absolute difference of two paths in estimate, standard error and interval, over the seeds of `one`."""
    keys, numbers = ["seed", "indicator"], [name for name in KEPT if name != "indicator"]
    left = one.set_index(keys)[numbers]
    return float((left - other.set_index(keys)[numbers].loc[left.index]).abs().to_numpy().max())


def main(arguments: Sequence[str]) -> int:
    """Prints the study and writes build/study.json; the first argument is the number of seeds, 200 without one.

    The worlds are made where KKZ_SCHEDULER says.
    """
    seeds = int(arguments[0]) if arguments else SEEDS
    line_seeds = min(LINE_SEEDS, seeds)
    plan = study_plan()
    spread = spread_over(load_settings().scheduler)
    direct = over_seeds(direct_estimates, range(seeds), plan, spread)
    whole = over_seeds(line_estimates, range(line_seeds), plan, spread)
    difference = largest_difference(whole, direct)
    found = recovery(direct)
    print(
        f"Model world, fixed effects at the same kind and need, seeds 0 to {seeds - 1}, direct path; nominal coverage {plan.inference.level:g}"
    )
    print(
        f"{'outcome':<34} {'truth':>6} {'bias':>8} {'MC-SE':>7} {'bias/MC-SE':>10} {'spread':>7} {'mean SE':>8} {'coverage':>9}"
    )
    for row in found:
        print(
            f"{row.indicator:<34} {row.truth:>6.2f} {row.bias:>8.4f} {row.monte_carlo_se:>7.4f} {row.bias_in_se:>10.2f} "
            f"{row.spread:>7.4f} {row.mean_se:>8.4f} {row.coverage:>9.3f}"
        )
    print(f"Whole line against direct path, seeds 0 to {line_seeds - 1}: largest difference {difference:.1e} percentage points\n")
    RESULT_FILE.parent.mkdir(parents=True, exist_ok=True)
    content = {"direct": [asdict(row) for row in found], "line_seeds": line_seeds, "largest_difference": difference}
    RESULT_FILE.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    studies = (print_comparison_study, print_coverage_study, print_synthetic_study, print_sensitivity_study, print_replication)
    return max(study([]) for study in studies)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
