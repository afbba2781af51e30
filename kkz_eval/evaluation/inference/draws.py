"""What chance could have done where assignments are too many to count: drawn by the law.

Belongs here: distributions from draws. Does not belong here: drawing assignments (assignments.py), counting them (exact.py).
"""

from __future__ import annotations

import numpy as np

from kkz_eval.evaluation.arrays import PerAssignment
from kkz_eval.evaluation.inference.assignments import Law, draw_assignments
from kkz_eval.evaluation.inference.exact import SAME, RandomizationTest
from kkz_eval.evaluation.inference.statistics import Statistic
from kkz_eval.evaluation.inference.units import ComparedUnits
from kkz_eval.evaluation.problems import Refused


def drawn_test(
    statistic: Statistic, units: ComparedUnits, law: Law, draws: int, random: np.random.Generator
) -> RandomizationTest:
    """The statistic of the real assignment against drawn ones: p = (1 + those as far out) / (1 + draws).

    The real assignment is one of those that count (Phipson & Smyth 2010, Statistical Applications in Genetics 9(1), 39). Raises Refused: a
    statistic that some assignment leaves undefined, one that is the same under all.
    """
    observed = float(statistic.values(units.treated[None])[0])
    values = statistic.values(draw_assignments(units, law, draws, random))
    return against_draws(observed, np.asarray(values))


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
