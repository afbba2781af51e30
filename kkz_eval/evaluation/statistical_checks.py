"""The statistical checks of a plan: a figure against the plan's threshold, and a sentence that says what follows. None stops a run.

Belongs here: the comparison with the threshold. Does not belong here: computing the figures (balance, estimators), Dagster.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kkz_eval.evaluation import say
from kkz_eval.evaluation.estimators.methods import METHODS, OVERALL
from kkz_eval.evaluation.matching import Matched
from kkz_eval.evaluation.plan import Plan
from kkz_eval.evaluation.problems import Figure
from kkz_eval.evaluation.results import EffectsResult
from kkz_eval.model.texts import Joined, Sentence

_SAME_ESTIMAND = [name for name, method in METHODS.items() if method.estimand == "att"]
DESIGN_CHECKS = ("balance", "overlap")
EFFECT_CHECKS = ("pre_trends", "treated_clusters", "agreement")
PARTS = ("level", "trend", "(all)", "(exposed)")  # last words of names of figures


@dataclass(frozen=True)
class StatisticalCheck:
    """One check.

    code: key below `checks.` in the catalogue. limit: the plan's threshold. found: what fails it, unknown: what could not be compared,
    figures: all that was compared, by name.
    """

    name: str
    passed: bool
    code: str
    limit: float
    found: Mapping[str, float]
    unknown: tuple[str, ...]
    figures: Mapping[str, float]

    @property
    def looked(self) -> bool:
        """Whether there was anything to compare; else the check neither passes nor fails."""
        return self.code != "one_method"

    @property
    def sentence(self) -> Sentence:
        """What was found, the worst first, and what follows."""
        worst = sorted(self.found.items(), key=lambda item: (-abs(item[1]), item[0]))
        items = Joined(tuple(Joined((_in_words(name), " (", Figure(value), ")"), "") for name, value in worst), ", ")
        unknown = Joined(tuple(_in_words(name) for name in self.unknown), ", ")
        return say(f"checks.{self.name}.{self.code}", items=items, limit=Figure(self.limit), unknown=unknown)


def _in_words(name: str) -> object:
    """The name of a figure, in the reader's language where its last word says which part of the indicator was compared."""
    indicator, _, part = name.rpartition(" ")
    return say(f"checks.part.{part}", indicator=indicator) if part in PARTS else name


def check_design(matched: Matched, plan: Plan) -> tuple[StatisticalCheck, ...]:
    """Balance and overlap of the baseline, of each outcome and each covariate of the matching."""
    rows = matched.balance[matched.balance["status"] == "ok"]
    names = [f"{row.indicator} {row.measure}" for row in rows.itertuples()]
    weighted = rows["smd_after"].notna()
    distances = dict(zip(names, rows["smd_after"].where(weighted, rows["smd"]).abs(), strict=True))
    overlaps = dict(zip(names, rows["overlap"], strict=True))
    unknown = [f"{row.indicator} {row.measure}" for row in matched.balance[matched.balance["status"] != "ok"].itertuples()]
    far = {name: value for name, value in distances.items() if value > plan.checks.smd}
    apart = {name: value for name, value in overlaps.items() if value < plan.checks.overlap}
    return (
        _judged("balance", far, unknown, _code_of_distance(plan), plan.checks.smd, distances),
        _judged("overlap", apart, unknown, "apart", plan.checks.overlap, overlaps),
    )


def _code_of_distance(plan: Plan) -> str:
    """What a distance means and what to do: a plan that has chosen whom it compares needs no advice to choose."""
    if plan.matching is not None:
        return "far_after"
    return "far_held" if plan.comparison.within or plan.comparison.adjust else "far_before"


def check_effects(effects: EffectsResult, plan: Plan) -> tuple[StatisticalCheck, ...]:
    """Years before the start, treated clusters, and agreement of the methods."""
    return (_pre_trends(effects, plan), _treated_clusters(effects, plan), _agreement(effects, plan))


def _judged(
    name: str, found: Mapping[str, float], unknown: list[str], code: str, limit: float, figures: Mapping[str, float]
) -> StatisticalCheck:
    if not found:
        code = "unknown" if unknown or not figures else "met"
    return StatisticalCheck(name, code == "met", code, limit, found, tuple(unknown), figures)


def _pre_trends(effects: EffectsResult, plan: Plan) -> StatisticalCheck:
    tests = effects.tests[(effects.tests["test"] == "pre_trend") & effects.tests["p_value"].notna()]
    names = tests["indicator"] + " (" + tests["estimator"] + ")"
    figures = dict(zip(names, tests["p_value"].to_numpy(dtype="float64").tolist(), strict=True))
    found = {name: p for name, p in figures.items() if p < plan.checks.pre_trend}
    unknown = [outcome.indicator for outcome in plan.outcomes if outcome.indicator not in set(tests["indicator"])]
    return _judged("pre_trends", found, unknown, "seen", plan.checks.pre_trend, figures)


def _treated_clusters(effects: EffectsResult, plan: Plan) -> StatisticalCheck:
    rows = effects.estimates[effects.estimates["status"] == "ok"]
    figures = {str(name): float(count) for name, count in rows.groupby("indicator")["n_treated_clusters"].min().items()}
    found = {name: count for name, count in figures.items() if count < plan.checks.treated_clusters}
    unknown = [outcome.indicator for outcome in plan.outcomes if outcome.indicator not in figures]
    return _judged("treated_clusters", found, unknown, "few", plan.checks.treated_clusters, figures)


def _agreement(effects: EffectsResult, plan: Plan) -> StatisticalCheck:
    """Largest difference of two methods over the same years; only the years that count for an outcome can fail it."""
    figures: dict[str, float] = {}
    for outcome in plan.outcomes:
        for years in ("exposed", "all"):
            difference = largest_difference(rows_of_methods(effects.estimates, outcome.indicator, years))
            if difference is not None:
                figures[f"{outcome.indicator} ({years})"] = difference
    if not figures:
        return StatisticalCheck("agreement", False, "one_method", plan.checks.agreement, {}, (), {})
    count = {f"{outcome.indicator} ({years_that_count(outcome.earliest_plausible_year)})" for outcome in plan.outcomes}
    found = {name: value for name, value in figures.items() if name in count and value > plan.checks.agreement}
    return _judged("agreement", found, [], "apart", plan.checks.agreement, figures)


def years_that_count(earliest_plausible_year: int | None) -> str:
    """Over which years an outcome is judged: exposed | all."""
    return "all" if earliest_plausible_year is None else "exposed"


def rows_of_methods(estimates: pd.DataFrame, indicator: str, years: str) -> pd.DataFrame:
    """One row per estimator of the same quantity that stands for these years (exposed | all). Report and check read it."""
    rows = estimates[(estimates["indicator"] == indicator) & (estimates["status"] == "ok") & (estimates["term"] == "att")]
    rows = rows[rows[["cohort", "year", "event_time"]].isna().all(axis=1) & rows["method"].isin(_SAME_ESTIMAND)]
    rows = rows[rows["std_error"] > 0]
    wanted = ("exposed",) if years == "exposed" else OVERALL
    rows = rows[rows["aggregation"].isin(wanted)]
    order = rows["aggregation"].map({name: place for place, name in enumerate(wanted)})
    return rows.assign(order=order).sort_values(["estimator", "order"], kind="stable").drop_duplicates("estimator")


def apart(
    estimates: pd.DataFrame, indicator: str, earliest_plausible_year: int | None, limit: float
) -> tuple[int, float, float] | None:
    """How many methods there are, and between what their estimates of the years that count lie; None where the check finds that they agree."""
    rows = rows_of_methods(estimates, indicator, years_that_count(earliest_plausible_year))
    difference = largest_difference(rows)
    if difference is None or difference <= limit:
        return None
    return len(rows), float(rows["estimate"].min()), float(rows["estimate"].max())


def largest_difference(rows: pd.DataFrame) -> float | None:
    """Largest difference of two estimates, in the larger of their two standard errors; None where there are not two."""
    if len(rows) < 2:
        return None
    estimates, errors = (rows[name].to_numpy(dtype="float64") for name in ("estimate", "std_error"))
    return float((np.abs(estimates[:, None] - estimates) / np.maximum(errors[:, None], errors)).max())
