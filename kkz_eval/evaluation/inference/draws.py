"""What chance could have done where assignments are too many to count: drawn by the law.

Belongs here: distributions from draws. Does not belong here: drawing assignments (assignments.py), counting them (exact.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from kkz_eval.evaluation.arrays import AssignmentByStatistic, AssignmentMask, Floats, PerAssignment
from kkz_eval.evaluation.inference.assignments import Law, draw_assignments
from kkz_eval.evaluation.inference.exact import SAME, RandomizationTest
from kkz_eval.evaluation.inference.statistics import OfSums, Plain, Statistic, Sum
from kkz_eval.evaluation.inference.units import ComparedUnits
from kkz_eval.evaluation.problems import Refused

PIECE = 8_000_000  # units of drawn assignments at once: 64 MB for each of their random keys, their order and their products


def drawn_test(
    statistic: Statistic, units: ComparedUnits, law: Law, draws: int, random: np.random.Generator
) -> RandomizationTest:
    """The statistic of the real assignment against drawn ones: p = (1 + those as far out) / (1 + draws).

    The real assignment is one of those that count (Phipson & Smyth 2010, Statistical Applications in Genetics 9(1), 39). Raises Refused: a
    statistic that some assignment leaves undefined, one that is the same under all.
    """
    return drawn_tests([statistic], units, law, draws, random)[0]


def drawn_tests(
    statistics: Sequence[Statistic], units: ComparedUnits, law: Law, draws: int, random: np.random.Generator
) -> list[RandomizationTest]:
    """The same for several statistics of the same units, all against the same draws. Raises Refused."""
    observed = values_together(statistics, units.treated[None])[0]
    rows = max(1, PIECE // units.n_units)
    sizes = [min(rows, draws - first) for first in range(0, draws, rows)]
    values = np.concatenate([values_together(statistics, draw_assignments(units, law, size, random)) for size in sizes])
    return [against_draws(float(real), others) for real, others in zip(observed, np.asfortranarray(values).T, strict=True)]


def in_pieces(assignments: AssignmentMask) -> Iterator[AssignmentMask]:
    """Drawn assignments (a, N), some rows at a time: as the numbers of a matrix product each of them takes eight times its room."""
    rows = max(1, PIECE // assignments.shape[1])
    for first in range(0, len(assignments), rows):
        yield assignments[first : first + rows]


def values_together(statistics: Sequence[Statistic], assignments: AssignmentMask) -> AssignmentByStatistic:
    """(a, K) statistics of the same units under assignments (a, N); what they sum over the treated comes from one matrix product."""
    sums = [statistic for statistic in statistics if not isinstance(statistic, Plain)]
    if not sums:
        return np.column_stack([statistic.values(assignments) for statistic in statistics])
    columns = [_by_unit(statistic) for statistic in sums]
    ends = np.cumsum([part.shape[1] for part in columns])[:-1]
    parts = iter(np.split((assignments.astype(float) @ np.hstack(columns)).T, ends))
    found = np.empty((len(assignments), len(statistics)))
    for place, statistic in enumerate(statistics):
        match statistic:
            case Plain():
                found[:, place] = statistic.values(assignments)
            case Sum():
                found[:, place] = next(parts)[0]
            case OfSums():
                found[:, place] = statistic.value_of(next(parts))
    return found


def _by_unit(statistic: Sum | OfSums) -> Floats:
    """(N, m) what is summed over the treated units: of a cluster at its first unit, since it is treated as a whole."""
    if isinstance(statistic, Sum):
        return statistic.weights[:, None]
    columns = np.zeros((statistic.units.n_units, statistic.columns.shape[1]))
    columns[statistic.units.first_of_cluster] = statistic.columns
    return columns


def against_draws(observed: float, values: PerAssignment, without: int = 0) -> RandomizationTest:
    """An observed value against drawn ones, (a,). without: further draws that have no value: they count as being as far out, so that p is never too small.

    Raises Refused.
    """
    if np.isnan(values).any() or np.isnan(observed):
        raise Refused("statistic_undefined")
    center, sd, draws = float(values.mean()), float(values.std()), len(values) + without
    scale = max(sd, abs(observed - center))
    if scale <= SAME * abs(center):
        raise Refused("same_under_all")
    tie = SAME * scale

    def share(far: np.ndarray) -> float:
        return float((1 + np.count_nonzero(far) + without) / (1 + draws))

    p = share(np.abs(values - center) >= abs(observed - center) - tie)
    return RandomizationTest(
        observed=observed,
        center=center,
        sd=sd,
        p=p,
        p_greater=share(values >= observed - tie),
        p_less=share(values <= observed + tie),
        n_assignments=draws,
        exact=False,
        mc_error=float(np.sqrt(p * (1 - p) / draws)),
    )
