"""The distribution of an estimate over assignments, as rows of chance.csv: shares between values, so that a picture of it can be drawn.

Belongs here: between which values, and the share of each. Does not belong here: p-values (chance.py, drawn.py), drawing (reporting).

The real estimate and its mirror image around the center are bounds of bins, so that the shares outside of them sum to its p-value. Values that
lie on a bound count to the bin further out, ties of rounding among them, as they do for p.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kkz_eval.evaluation.arrays import PerAssignment, PerUnit
from kkz_eval.evaluation.examination.chance import Exchange, cells_of_law, draws_of, is_counted
from kkz_eval.evaluation.inference.assignments import Law, draw_assignments, listed, n_assignments
from kkz_eval.evaluation.inference.draws import values_together
from kkz_eval.evaluation.inference.exact import KEPT, SAME, Tails, distribution_of, observed_of
from kkz_eval.evaluation.inference.statistics import Statistic, Sum, coefficient
from kkz_eval.evaluation.plan import Plan
from kkz_eval.evaluation.problems import Refused

MOST_SUMS = 400_000  # partial sums on both sides: each bound costs a search for each of them
PER_SD = 5  # bins in a standard deviation
REACH = 6  # standard deviations from the center to the outermost bound

Rows = list[dict[str, object]]


def distribution_rows(z: PerUnit, exchange: Exchange, plan: Plan, seed: int, most: int) -> Rows:
    """A row for each bin of the estimate by the law that counts, without the columns that name the estimate; () where chance was refused.

    Counted where that takes less than a second, else by as many draws as p-values take where they are drawn. most: as `chance_rows` has it.
    """
    law = exchange.law_that_counts(plan)
    if law is None:
        return []
    try:
        statistic = coefficient(z, exchange.compared)
        if is_counted(statistic, exchange, most) and _is_quick(statistic, exchange):
            bins, n, exact = _counted(statistic, exchange, law), n_assignments(exchange.assigned), True
        else:
            drawn = draw_assignments(exchange.assigned, law, draws_of(plan), np.random.default_rng([seed, plan.seed]))
            (observed,) = observed_of(statistic, exchange.assigned)
            bins, n, exact = bins_of_draws(observed, values_together([statistic], drawn)[:, 0], len(drawn)), len(drawn), False
    except Refused:
        return []  # the inference says why
    cells = {key: value for key, value in cells_of_law(exchange, plan.theta_that_counts, plan).items() if key in _OF_LAW}
    return [{**cells, **each, "n_assignments": n, "exact": exact} for each in bins]


_OF_LAW = ("within", "adjust", "theta")


def bins_of_draws(observed: float, values: PerAssignment, draws: int) -> Rows:
    """Bins of drawn values, the real one among them: shares of 1 + draws, as p is; draws without a value have no bin."""
    center, sd = float(values.mean()), float(values.std())
    scale = max(sd, abs(observed - center))
    if scale <= SAME * abs(center):
        raise Refused("same_under_all")
    together = np.append(values, observed)
    upper, lower = _bounds(observed, center, sd)
    tie = SAME * scale
    above = [float(np.count_nonzero(together >= bound - tie)) / (1 + draws) for bound in upper]
    below = [float(np.count_nonzero(together <= bound + tie)) / (1 + draws) for bound in lower[1:]]
    return _bins(observed, center, upper, lower, above, [len(together) / (1 + draws) - above[0], *below])


def _is_quick(statistic: Statistic, exchange: Exchange) -> bool:
    units = exchange.assigned
    return listed(units) <= MOST_SUMS if isinstance(statistic, Sum) else n_assignments(units) <= KEPT


def _counted(statistic: Statistic, exchange: Exchange, law: Law) -> Rows:
    """Raises Refused: a statistic that some assignment leaves undefined, one that is the same under all."""
    distribution = distribution_of([statistic], exchange.assigned, [law])
    (observed,) = observed_of(statistic, exchange.assigned)
    center, sd = float(distribution.means[0, 0]), float(np.sqrt(max(0.0, distribution.covariance[0, 0, 0])))
    scale = max(sd, abs(observed - center))
    if scale <= SAME * max(1.0, abs(center)):
        raise Refused("same_under_all")
    upper, lower = _bounds(observed, center, sd)
    tie = SAME * scale
    asked = Tails(0, (1.0,), [bound - tie for bound in upper], [bound + tie for bound in lower[1:]])
    ((above, below),) = distribution.tails([asked])
    return _bins(observed, center, upper, lower, above, [1.0 - above[0], *below])


def _bounds(observed: float, center: float, sd: float) -> tuple[list[float], list[float]]:
    """Bounds of bins from the center upwards and downwards, the center first; the real estimate and its mirror image are among them."""
    step, distance = sd / PER_SD, abs(observed - center)
    inside = round(distance / step) if sd > 0 else 1
    offsets = [distance * part / max(inside, 1) for part in range(max(inside, 1))] if distance > 0 else []
    beyond = max(3, round((REACH * sd - distance) / step)) if sd > 0 else 0
    offsets += [distance + step * part for part in range(beyond + 1)]
    far, near = max(observed, 2 * center - observed), min(observed, 2 * center - observed)
    return (
        [far if offset == distance else center + offset for offset in offsets],
        [near if offset == distance else center - offset for offset in offsets],
    )


def _bins(
    observed: float, center: float, upper: Sequence[float], lower: Sequence[float], above: Sequence[float], below: Sequence[float]
) -> Rows:
    """Rows from the lowest up, without empty ones at both ends. above, below: shares at or beyond each bound; below[0]: under the center."""
    rows: Rows = []
    for place, bound in enumerate(lower):
        further = place + 1 < len(lower)
        low, share = (lower[place + 1], below[place] - below[place + 1]) if further else (None, below[place])
        rows.insert(0, {"low": low, "high": bound, "share": max(0.0, share)})
    for place, bound in enumerate(upper):
        further = place + 1 < len(upper)
        high, share = (upper[place + 1], above[place] - above[place + 1]) if further else (None, above[place])
        rows.append({"low": bound, "high": high, "share": max(0.0, share)})
    filled = [place for place, row in enumerate(rows) if row["share"]]
    return [{**row, "estimate": observed, "center": center} for row in rows[filled[0] : filled[-1] + 1]]
