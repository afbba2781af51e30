"""The evidence of one outcome from the tables of the results. What they do not say stays as the caller knows it, or unknown.

Belongs here: which row of which table holds a piece of evidence. Does not belong here: computing it, thresholds.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
import pandas as pd

from kkz_eval.evaluation.estimators.methods import METHODS
from kkz_eval.evaluation.examination.outcome import is_examined
from kkz_eval.evaluation.examination.placebos import IN_SPACE, IN_TIME
from kkz_eval.evaluation.headline import headline_row, overall_rows
from kkz_eval.evaluation.inference.families import holm
from kkz_eval.evaluation.inference.power import minimum_detectable
from kkz_eval.evaluation.plan import Outcome, Plan, in_other_scale
from kkz_eval.evaluation.results import EffectsResult
from kkz_eval.evaluation.verdict import say
from kkz_eval.evaluation.verdict.evidence import Estimates, Evidence, NegativeControl
from kkz_eval.model.texts import LANGUAGES, Localised, Wording

LEVEL = 0.95  # of intervals: the table of the verdict tests at 5 %, whatever the level of a plan's other intervals
FULL, RANDOMIZATION, COEFFICIENT = "full", "randomization", "coefficient"  # values of the tables


def evidence_of(outcome: Outcome, plan: Plan, effects: EffectsResult, known: Evidence) -> Evidence:
    """What is known of an outcome: `known`, and where that is silent what plan and results say.

    known: of the data behind the panel (coverage, sources, breaks, lock, years) and of what no table holds.
    Estimate, p and interval are those of randomization inference for the row on which the verdict rests, by the law of the audit where the
    plan names one (theta `hat`), else with equal probabilities (`zero`), within the strata of the plan where it has any.
    """
    row = headline_row(effects.estimates, outcome.indicator, outcome.earliest_plausible_year, plan.headline)
    found = replace(_of_plan(outcome, plan), cause=_cause(effects, plan, row))
    if row is not None and row["status"] == "ok":
        for more in (_of_chance(effects, plan, row), _of_violations(effects, row), _of_others(effects, plan, outcome)):
            found = _filled(found, more)
        found = _filled(found, _of_estimates(effects.estimates, row, known.n_plausible))
    return _filled(known, replace(found, role="context" if outcome.indicator in plan.all_negative_controls else found.role))


def _filled(first: Evidence, second: Evidence) -> Evidence:
    """The first, and what it does not know from the second."""
    missing = {one.name: getattr(second, one.name) for one in fields(Evidence) if getattr(first, one.name) is None}
    missing["titles"] = {**second.titles, **first.titles}
    return replace(first, **missing, audit_cannot_tell=first.audit_cannot_tell or second.audit_cannot_tell)


def _of_plan(outcome: Outcome, plan: Plan) -> Evidence:
    expected = outcome.expected_direction
    return Evidence(
        role=outcome.role,
        n_primaries=sum(other.role == "primary" for other in plan.outcomes),
        desired_direction=expected if expected in ("increase", "decrease") else None,
        # laid down in the outcome's unit, beside which differences of logarithms say nothing
        smallest_difference=None
        if outcome.smallest_difference is None or outcome.scale == "log"
        else outcome.smallest_difference.value,
    )


def _cause(effects: EffectsResult, plan: Plan, row: pd.Series | None) -> Localised | None:
    """Why chance was not asked about the row on which the verdict rests: no row, no estimate, another law than the one that counts, a refusal."""
    if plan.inference.method != RANDOMIZATION:
        return None
    if row is None:
        return say("cause.no_row")
    if row["status"] != "ok":
        return say("cause.refused", reason=effects.message(row))
    theta = plan.theta_that_counts
    if theta not in plan.inference.theta and plan.audit is not None and plan.audit.law is not None:
        return say("cause.theta", law=plan.audit.law, theta=theta)
    rows = effects.inference[
        (effects.inference[["indicator", "estimator", "aggregation"]] == row[["indicator", "estimator", "aggregation"]]).all(
            axis=1
        )
    ]
    refused = rows[
        (rows["method"] == RANDOMIZATION) & (rows["status"] == "refused") & rows["theta"].isin([theta, ""])
    ]  # "": by any law
    return None if refused.empty else say("cause.refused", reason=effects.message(refused.iloc[0]))


def _of_estimates(estimates: pd.DataFrame, row: pd.Series, n_plausible: int | None) -> Evidence:
    """The estimate itself, on what share of the units it rests, and how far an estimate by dose lies from it."""
    rows = overall_rows(estimates, str(row["indicator"]))
    by_dose = rows[
        (rows["method"].map(lambda name: METHODS[name].estimand) == "dose_response")
        & (rows["status"] == "ok")
        & ((rows["aggregation"] == "exposed") == (row["aggregation"] == "exposed"))
    ]
    distance = None
    if len(by_dose):
        error = np.fmax(float(by_dose["std_error"].iloc[0]), float(row["std_error"]))
        distance = _number(abs(float(by_dose["estimate"].iloc[0]) - float(row["estimate"])) / error) if error > 0 else None
    share = min(1.0, float(row["n_units"]) / n_plausible) if n_plausible and not pd.isna(row["n_units"]) else None
    return Evidence(estimate=_number(row["estimate"]), dose_distance=distance, share_compared=share)


def _of_chance(effects: EffectsResult, plan: Plan, row: pd.Series) -> Evidence:
    """What randomization inference, audit and power say of the row."""
    theta = plan.theta_that_counts
    inference = _of_row(effects.inference, plan, row, theta)
    inference = inference[
        (inference["method"] == RANDOMIZATION)
        & (inference["statistic"] == COEFFICIENT)
        & (inference["aggregation"] == row["aggregation"])
        & (inference["status"] == "ok")
    ]
    power = _of_row(effects.power, plan, row, theta)
    audit = effects.audit[(effects.audit["indicator"] == row["indicator"]) & (effects.audit["estimator"] == row["estimator"])]
    audit = audit[audit["form"] == FULL]
    sizes = audit.loc[audit["status"] == "ok", "size"].dropna()
    evidence = Evidence(
        audit_size=_number(sizes.max()) if len(sizes) else None,
        audit_cannot_tell=len(sizes) < len(audit),
        mde=minimum_detectable(float(power["permutation_sd"].iloc[0])) if len(power) else None,
    )
    if inference.empty:
        return evidence
    chance = inference.iloc[0]
    narrow = float(chance["conf_level"]) < LEVEL  # such an interval leaves out what it should not
    low, high = (None, None) if narrow else (_number(chance["conf_low"]), _number(chance["conf_high"]))
    return replace(
        evidence,
        estimate=_number(chance["estimate"]),
        p_raw=_number(chance["p_value"]),
        p_adjusted=_number(chance["p_adjusted"]),
        interval=None if low is None or high is None else (low, high),
    )


def _of_violations(effects: EffectsResult, row: pd.Series) -> Evidence:
    """The trend before the start, the smallest p there could be, and how large a violation the finding bears."""
    bias, smallest = _test(effects, row, "slope_bias"), _test(effects, row, "smallest_p")
    # HonestDiD's default target is the first year after the start; over more years violations add up, so that their mean bears little
    target = "exposed" if row["aggregation"] == "exposed" else "first"
    broken = effects.sensitivity[
        (effects.sensitivity["indicator"] == row["indicator"])
        & (effects.sensitivity["method"] == "breakdown")
        & (effects.sensitivity["target"] == target)
    ]
    return Evidence(
        slope_bias=None if bias is None else abs(float(bias["statistic"])),
        slope_p=None if bias is None else _number(bias["p_value"]),
        smallest_p=None if smallest is None else _number(smallest["p_value"]),
        breakdown=None
        if broken.empty
        else _number(broken["conf_low"].iloc[0]) or 0.0,  # not even without a violation is 0 left out
    )


def _test(effects: EffectsResult, row: pd.Series, name: str) -> pd.Series | None:
    tests = effects.tests
    found = tests[(tests["indicator"] == row["indicator"]) & (tests["estimator"] == row["estimator"]) & (tests["test"] == name)]
    return None if found.empty else found.iloc[0]


def _of_others(effects: EffectsResult, plan: Plan, outcome: Outcome) -> Evidence:
    """What the named specifications and the negative controls say."""
    rows = effects.sensitivity
    rows = rows[(rows["indicator"] == outcome.indicator) & (rows["method"] == "specification")]
    middle = {
        str(name): _number((low + high) / 2)
        for name, low, high in zip(rows["parameter"], rows["conf_low"], rows["conf_high"], strict=True)
    }
    beside = set(rows.loc[rows["target"] == "co_treatment", "parameter"])
    scales = {each.id for each in in_other_scale(plan, outcome)}
    return Evidence(
        specifications={name: estimate for name, estimate in middle.items() if name not in beside | scales},
        co_treatments={name: estimate for name, estimate in middle.items() if name in beside},
        scales=_scales(middle, plan, outcome),
        negative_controls=_controls(effects, plan, outcome),
        titles={each.id: Wording(each.title) for each in plan.specifications if set(LANGUAGES) <= set(each.title)},
    )


def _scales(middle: Estimates, plan: Plan, outcome: Outcome) -> Estimates | None:
    """The estimates in the other scale, without that of values which have no logarithm; None where the plan asks for nothing beyond estimates."""
    if not is_examined(plan):
        return None
    named = {each.id: each for each in in_other_scale(plan, outcome)}
    # what asks for nothing but another scale lacks an estimate only where the values don't admit that scale
    nothing_else = {name for name, each in named.items() if each.is_scale_alone}
    asked = {name: estimate for name, estimate in middle.items() if name in named}
    return {name: estimate for name, estimate in asked.items() if estimate is not None or name not in nothing_else}


def _controls(effects: EffectsResult, plan: Plan, outcome: Outcome) -> tuple[NegativeControl, ...]:
    """The negative controls that the plan names for the outcome, then placebos in time and space. Empty where there are none: a veto that nobody laid down stops
    nothing. Of a named one without an estimate nothing is known; a placebo that the data don't allow is none."""
    own = _chance_of(effects, plan, outcome)
    outcomes = {each.indicator: each for each in plan.outcomes}
    found: dict[str, _Chance | None] = {
        name: _chance_of(effects, plan, outcomes[name]) if name in outcomes else None for name in plan.controls_of(outcome)
    }
    found |= _placebos_of(effects, plan, outcome)
    known = {name: one for name, one in found.items() if one is not None}
    adjusted = dict(zip(known, holm(np.array([one.p for one in known.values()])), strict=True)) if known else {}
    controls = []
    for name, one in found.items():
        if one is None or own is None or own.size == 0:
            controls.append(NegativeControl(name))
        else:
            same = (one.estimate > 0) == (own.estimate > 0)
            controls.append(NegativeControl(name, float(adjusted[name]), same, one.size / own.size))
    return tuple(controls)


def _placebos_of(effects: EffectsResult, plan: Plan, outcome: Outcome) -> dict[str, _Chance | None]:
    row = headline_row(effects.estimates, outcome.indicator, outcome.earliest_plausible_year, plan.headline)
    if row is None or row["status"] != "ok":
        return {}
    spread, found = _test(effects, row, "spread_before"), {}
    for name in (IN_TIME, IN_SPACE):
        test = _test(effects, row, name)
        if test is not None and spread is not None and float(spread["statistic"]) > 0:
            estimate = float(test["statistic"])
            found[name] = _Chance(estimate, float(test["p_value"]), abs(estimate) / float(spread["statistic"]))
    return dict(found)


@dataclass(frozen=True)
class _Chance:
    """An estimate, its raw p, and its size in standard deviations of the outcome's own values before the start."""

    estimate: float
    p: float
    size: float


def _chance_of(effects: EffectsResult, plan: Plan, outcome: Outcome) -> _Chance | None:
    row = headline_row(effects.estimates, outcome.indicator, outcome.earliest_plausible_year, plan.headline)
    if row is None or row["status"] != "ok":
        return None
    evidence, spread = _of_chance(effects, plan, row), _test(effects, row, "spread_before")
    if evidence.estimate is None or evidence.p_raw is None or spread is None or not float(spread["statistic"]) > 0:
        return None
    return _Chance(evidence.estimate, evidence.p_raw, abs(evidence.estimate) / float(spread["statistic"]))


def _of_row(table: pd.DataFrame, plan: Plan, row: pd.Series, theta: str) -> pd.DataFrame:
    """The rows of a table on the same outcome and estimator, by that law, within the plan's strata where it has any."""
    of_row = (table["indicator"] == row["indicator"]) & (table["estimator"] == row["estimator"])
    within = (table["within"] != "") == bool(plan.comparison.within)
    rows: pd.DataFrame = table[of_row & (table["theta"] == theta) & within]
    return rows


def _number(value: object) -> float | None:
    number = float(value)  # type: ignore[arg-type]
    return None if np.isnan(number) else number
