"""Goodman-Bacon decomposition: the two-way fixed effects estimate as a weighted mean of comparisons of two groups.

Belongs here: comparisons and weights. Does not belong here: the estimate itself with its inference (twfe.py).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from kkz_eval.evaluation.arrays import PerYear, YearMask, Years
from kkz_eval.evaluation.estimators.estimation import Estimation, Row, Weight
from kkz_eval.evaluation.plan import EstimatorSpec, Plan
from kkz_eval.evaluation.problems import Refused
from kkz_eval.evaluation.sample import Sample, require_comparison


@dataclass(frozen=True)
class Group:
    """Units with the same path of treatment. name: cohort, `never` or `always`; share: of all units; treated: (T,) bool; mean: (T,)."""

    name: str
    share: float
    treated: YearMask
    mean: PerYear


def estimate_bacon(sample: Sample, plan: Plan, _: EstimatorSpec) -> Estimation:
    """Goodman-Bacon 2021, theorem 1, on D = 1[year ≥ own cohort year] in a balanced panel without weights, covariates, strata and baseline values.

    Weights of kind `bacon`, key `type:treated:control`: treated_vs_untreated, earlier_vs_later (the later ones not treated yet),
    later_vs_earlier (the earlier ones treated already), later_vs_always. One row `coefficient`: their weighted mean, which is the
    two-way fixed effects estimate; its standard error is that of the method twfe, so none here. Raises Refused.
    """
    require_comparison(sample, plan)
    if sample.weights is not None:
        raise Refused("bacon_weights", column=plan.weight)
    if sample.covariate_names:
        raise Refused("bacon_covariates", columns=", ".join(sample.covariate_names))
    if sample.stratum is not None or sample.baseline is not None:
        raise Refused("bacon_comparison", columns=", ".join([*plan.comparison.within, *plan.comparison.adjust]))
    years, units = np.unique(sample.year), np.unique(sample.unit)
    if len(sample.year) != len(years) * len(units):
        missing = len(years) * len(units) - len(sample.year)
        raise Refused("bacon_unbalanced", cells=missing, units=len(units), years=len(years))
    with np.errstate(over="ignore", invalid="ignore"):
        found = list(_comparisons(_groups(sample, years)))
        total = sum(comparison.weight for comparison in found)
    if not total > 0:
        raise Refused("no_contrast")
    weights = tuple(Weight("bacon", c.key, c.weight / total, c.estimate) for c in found)
    estimate = float(sum(weight.weight * weight.estimate for weight in weights))
    if not np.isfinite(estimate):
        raise Refused("too_large")
    return Estimation((Row("coefficient", estimate=estimate),), weights=weights)


def _groups(sample: Sample, years: Years) -> list[Group]:
    """Groups by the first treated year in the panel, earliest first, the never treated last. Sample: balanced, sorted by unit and year."""
    outcome = sample.outcome.reshape(-1, len(years))
    outcome = outcome - outcome.mean(axis=1, keepdims=True)  # differences stay, high levels take no digits away
    treated = sample.treated.reshape(outcome.shape)
    cohort = sample.cohort.reshape(outcome.shape)[:, 0]
    count = treated.sum(axis=1)
    groups = []
    for number in sorted(np.unique(count), reverse=True):
        member = count == number
        name = "never" if number == 0 else "always" if number == len(years) else str(int(cohort[member].min()))
        groups.append(Group(name, float(member.mean()), treated[member][0], outcome[member].mean(axis=0)))
    return groups


def _comparisons(groups: list[Group]) -> Iterator[Weight]:
    """Every comparison with a positive weight; weights not yet divided by their sum.

    With n the share of two groups together, p the share of the first in it, and D the shares of years treated (k before l):
    k against never treated n² p(1-p) D(1-D); k against l n² p(1-p) (Dk-Dl)(1-Dk); l against k n² p(1-p) Dl(Dk-Dl).
    """
    for early, late in itertools.combinations(groups, 2):
        together = early.share + late.share
        split = early.share * late.share / together**2
        scale = together**2 * split
        share_early, share_late = float(early.treated.mean()), float(late.treated.mean())
        before, between, after = ~early.treated, early.treated & ~late.treated, late.treated
        if late.name == "never" and early.name != "always":
            weight = scale * share_early * (1 - share_early)
            yield _weight("treated_vs_untreated", early, late, weight, (early.treated, before))
        elif late.name != "never":
            if early.name != "always":
                weight = scale * (share_early - share_late) * (1 - share_early)
                yield _weight("earlier_vs_later", early, late, weight, (between, before))
            kind = "later_vs_always" if early.name == "always" else "later_vs_earlier"
            yield _weight(kind, late, early, scale * share_late * (share_early - share_late), (after, between))


def _weight(kind: str, treated: Group, control: Group, weight: float, years: tuple[YearMask, YearMask]) -> Weight:
    """One difference in differences. years: after and before, (T,) bool each."""
    after, before = years
    difference = treated.mean - control.mean
    return Weight(
        "bacon", f"{kind}:{treated.name}:{control.name}", weight, float(difference[after].mean() - difference[before].mean())
    )
