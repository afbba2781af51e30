"""What chance could have done to an estimate: rows of inference.csv, on a balanced block.

Belongs here: which statistics, strata and laws are asked for, and a row for each. Does not belong here: p-values (inference), families of
outcomes (family.py), the words.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from kkz_eval.evaluation.arrays import PerUnit
from kkz_eval.evaluation.examination.exchangeable import Exchangeable
from kkz_eval.evaluation.inference.assignments import UNIFORM, Law, fit_theta, n_assignments
from kkz_eval.evaluation.inference.draws import drawn_test
from kkz_eval.evaluation.inference.exact import (
    MOST_COMPUTED,
    RandomizationTest,
    exact_coefficients,
    exact_studentised_by_laws,
    is_countable,
)
from kkz_eval.evaluation.inference.intervals import exact_interval
from kkz_eval.evaluation.inference.statistics import Statistic, Sum, coefficient, studentised
from kkz_eval.evaluation.inference.units import ComparedUnits
from kkz_eval.evaluation.plan import Plan
from kkz_eval.evaluation.problems import Note, Refused

LEAST_DRAWS = 999  # where a plan names none
MOST_KEPT = 5_000_000  # assignments whose estimates are kept at hand, so that many effects can be tried on them; above, an interval takes seconds


@dataclass(frozen=True, eq=False)
class Exchange:
    """Among whom assignments are exchanged. within: names of the strata, "" for all units; compared: with the strata and the baseline of the
    statistic; assigned: with the strata that every assignment keeps, those or finer ones; laws: by their name in a plan, a refusal where there is none.
    """

    within: str
    compared: ComparedUnits
    assigned: ComparedUnits
    laws: Mapping[str, Law | Note]

    def law_that_counts(self, plan: Plan) -> Law | None:
        """The law on which a verdict rests; None where it was refused, or the plan's inference does not ask for it."""
        law = self.laws.get(plan.theta_that_counts)
        return law if isinstance(law, Law) else None


def exchanges(units: Exchangeable, plan: Plan) -> tuple[Exchange, ...]:
    """All units, and within the strata of the plan's comparison where it names some; the last is the plan's own."""
    whole = units.compared.without_strata()
    found = [Exchange("", whole, whole, laws_of(units, plan, whole))]
    if plan.comparison.within:
        names, assigned = names_of(plan.comparison.within), units.assigned_within
        found.append(Exchange(names, units.compared, assigned, laws_of(units, plan, assigned)))
    return tuple(found)


def names_of(columns: tuple[str, ...]) -> str:
    """Names of columns in one cell of a table."""
    return ", ".join(columns)


def laws_of(sampled: Exchangeable, plan: Plan, units: ComparedUnits) -> dict[str, Law | Note]:
    """The laws that the plan's inference asks for, on these units of the sample; equal probabilities alone where its audit names no column."""
    fitted = fitted_laws(sampled, plan, units)
    return {name: law for name, law in fitted.items() if len(fitted) == 1 or name in plan.inference.theta}


def fitted_laws(sampled: Exchangeable, plan: Plan, units: ComparedUnits) -> dict[str, Law | Note]:
    """Those of the plan's audit, which tries them all: θ at 0, at its estimate and its upper 95 % bound, whatever else the plan is content with."""
    if plan.audit is None or plan.audit.law is None:
        return {"zero": UNIFORM}
    try:
        return dict(fit_theta(units, sampled.law_column(plan.audit.law)).laws)
    except Refused as refusal:
        return {"zero": UNIFORM, "hat": refusal.note, "upper": refusal.note}


def against_chance(
    z: PerUnit, exchange: Exchange, law: Law, plan: Plan, seed: int, most: int = MOST_COMPUTED
) -> RandomizationTest:
    """The estimate against the assignments of the law: all of them where they can be counted, else drawn ones. Raises Refused.

    most: assignments under each of which an estimate that is no sum is computed, before they are drawn.
    """
    (found,) = _of_coefficient(z, exchange, [law], plan, seed, most)
    if isinstance(found, Refused):
        raise found
    return found


def draws_of(plan: Plan) -> int:
    """Of assignments where they are too many to count."""
    return max(plan.inference.draws, LEAST_DRAWS)


def is_counted(statistic: Statistic, exchange: Exchange, most: int) -> bool:
    """Whether all assignments are tried, where not they are drawn. most: as `against_chance` has it."""
    few = isinstance(statistic, Sum) or n_assignments(exchange.assigned) <= most
    return few and is_countable(statistic, exchange.assigned)


def chance_rows(z: PerUnit, exchange: Exchange, plan: Plan, seed: int, most: int = MOST_COMPUTED) -> Iterator[dict[str, object]]:
    """A row for each statistic and law that the plan asks for, without the columns that name the estimate.

    z: (N,) the contrast of the units. All laws are answered by the same passes over the assignments. The interval is that of the coefficient,
    inverted; a studentised statistic has none. Where the values under all assignments can't be kept at hand, an interval costs as much as all p-values
    together: there is one by the law that counts, in the plan's own comparison.
    """
    laws = {theta: law for theta, law in exchange.laws.items() if isinstance(law, Law)}
    found = _by_statistic(z, exchange, laws, plan, seed, most) if laws else {}
    for theta, law in exchange.laws.items():
        for name in plan.inference.statistics:
            cells = {**cells_of_law(exchange, theta, plan), "statistic": name}
            said = law if isinstance(law, Note) else _said(z, exchange, theta, found[name][theta], plan, name, most)
            if isinstance(said, Note):
                yield {**cells, "status": "refused", "message": said.sentence}
            else:
                yield {**cells, **said, "status": "ok", "message": ""}


def cells_of_law(exchange: Exchange, theta: str, plan: Plan) -> dict[str, object]:
    """What a row of inference says of the assignments that it counts or draws."""
    law = exchange.laws[theta]
    return {
        "method": "randomization",
        "within": exchange.within,
        "adjust": names_of(plan.comparison.adjust),
        "theta": theta,
        "theta_value": None if isinstance(law, Note) else law.theta,
    }


def cells_of_test(found: RandomizationTest) -> dict[str, object]:
    """What a row of inference says of a statistic."""
    return {
        "n_assignments": found.n_assignments,
        "exact": found.exact,
        "estimate": found.observed,
        "p_value": found.p,
        "mc_error": found.mc_error,
    }


def _by_statistic(
    z: PerUnit, exchange: Exchange, laws: Mapping[str, Law], plan: Plan, seed: int, most: int
) -> dict[str, Mapping[str, RandomizationTest | Refused]]:
    """For each statistic that the plan asks for, what each law says; where it refuses the estimate, it refuses the studentised one."""
    try:
        of_estimate = dict(zip(laws, _of_coefficient(z, exchange, list(laws.values()), plan, seed, most), strict=True))
    except Refused as refusal:
        return dict.fromkeys(plan.inference.statistics, dict.fromkeys(laws, refusal))
    found: dict[str, Mapping[str, RandomizationTest | Refused]] = {"coefficient": of_estimate, "studentised": of_estimate}
    tested = {theta: test for theta, test in of_estimate.items() if isinstance(test, RandomizationTest)}
    if tested and "studentised" in plan.inference.statistics:
        asked = [laws[theta] for theta in tested], list(tested.values())
        try:
            of_ratio = _of_studentised(z, exchange, *asked, plan, seed, most)
        except Refused as refusal:
            of_ratio = [refusal] * len(tested)
        found["studentised"] = {**of_estimate, **dict(zip(tested, of_ratio, strict=True))}
    return found


def _of_coefficient(
    z: PerUnit, exchange: Exchange, laws: Sequence[Law], plan: Plan, seed: int, most: int
) -> Sequence[RandomizationTest | Refused]:
    """The estimate by each law. Raises Refused: for a reason that is the same for all laws."""
    statistic = coefficient(z, exchange.compared)
    if is_counted(statistic, exchange, most):
        return exact_coefficients(z, exchange.compared, laws, exchange.assigned)
    return [_drawn(statistic, exchange, law, plan, seed) for law in laws]


def _of_studentised(
    z: PerUnit,
    exchange: Exchange,
    laws: Sequence[Law],
    of_estimates: Sequence[RandomizationTest],
    plan: Plan,
    seed: int,
    most: int,
) -> Sequence[RandomizationTest | Refused]:
    """The estimate over its error by each law, around the mean that the estimate has by it. Raises Refused likewise."""
    if all(one.exact for one in of_estimates) and is_counted(studentised(z, exchange.compared), exchange, most):
        return exact_studentised_by_laws(z, exchange.compared, laws, of_estimates, exchange.assigned)
    return [
        _drawn(studentised(z, exchange.compared, one.center), exchange, law, plan, seed)
        for law, one in zip(laws, of_estimates, strict=True)
    ]


def _drawn(statistic: Statistic, exchange: Exchange, law: Law, plan: Plan, seed: int) -> RandomizationTest | Refused:
    random = np.random.default_rng([seed, plan.seed])
    try:
        return drawn_test(statistic, exchange.assigned, law, draws_of(plan), random)
    except Refused as refusal:
        return refusal


def _said(
    z: PerUnit, exchange: Exchange, theta: str, found: RandomizationTest | Refused, plan: Plan, name: str, most: int
) -> dict[str, object] | Note:
    """The cells of a test, or why there are none."""
    if isinstance(found, Refused):
        return found.note
    cells = {**cells_of_test(found), "center": found.center if name == "coefficient" else 0.0}
    law = exchange.laws[theta]
    if name != "coefficient" or not found.exact or isinstance(law, Note) or not _is_inverted(z, exchange, theta, plan, most):
        return cells
    try:
        interval = exact_interval(z, exchange.compared, law, plan.inference.level, exchange.assigned)
    except Refused as refusal:
        return refusal.note
    return {**cells, "conf_low": interval.low, "conf_high": interval.high, "conf_level": plan.inference.level}


def _is_inverted(z: PerUnit, exchange: Exchange, theta: str, plan: Plan, most: int) -> bool:
    """Whether there are so few assignments that the interval is worth its cost."""
    if isinstance(coefficient(z, exchange.compared), Sum):
        return True
    counts = exchange.within == names_of(plan.comparison.within) and theta == plan.theta_that_counts
    return n_assignments(exchange.assigned) <= (most if counts else min(most, MOST_KEPT))
