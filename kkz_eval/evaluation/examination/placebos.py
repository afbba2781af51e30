"""The comparison where the programme was not yet, or not at all: placebos in time and in space, as rows of tests.csv.

Belongs here: which units and years act as treated. Does not belong here: p-values (inference), what a placebo that moves allows to say (verdict).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from kkz_eval.evaluation.examination.block import Block
from kkz_eval.evaluation.examination.chance import MOST_KEPT, Exchange, against_chance
from kkz_eval.evaluation.examination.contrasts import after_less_before
from kkz_eval.evaluation.inference.assignments import UNIFORM
from kkz_eval.evaluation.inference.exact import RandomizationTest
from kkz_eval.evaluation.inference.units import ComparedUnits
from kkz_eval.evaluation.plan import Plan
from kkz_eval.evaluation.problems import Refused
from kkz_eval.reference.adjacency import adjoining

IN_TIME, IN_SPACE = "placebo_time", "placebo_space"
FEWEST_YEARS = 3  # before the start, of which the later ones act as after it
FEWEST_UNITS = 2  # on either side

Rows = list[dict[str, object]]


def placebo_rows(block: Block, exchange: Exchange, plan: Plan, seed: int) -> Rows:
    """What the comparison finds where there is nothing to find, with its exact p; a placebo that these data don't allow has no row.

    In time: the later half of the years before the start against the earlier ones, by the law of the audit. In space: comparison units that
    border on a treated Kreis against those that do not, in the years that count, all assignments equally likely.
    """
    found = []
    for name, made in ((IN_TIME, _in_time), (IN_SPACE, _in_space)):
        try:
            test = made(block, exchange, plan, seed)
        except Refused:
            continue  # its statistic is not defined: nothing is known by it, and nothing is stopped
        if test is not None:
            found.append({"test": name, "statistic": test.observed, "df": "", "p_value": test.p})
    return found


def _in_time(block: Block, exchange: Exchange, plan: Plan, seed: int) -> RandomizationTest | None:
    years = np.flatnonzero(block.before)
    law = exchange.law_that_counts(plan)
    if len(years) < FEWEST_YEARS or law is None:
        return None
    late = years[-(len(years) // 2) :]
    contrast = np.zeros(len(block.years))
    contrast[years] = -1 / (len(years) - len(late))
    contrast[late] = 1 / len(late)
    return against_chance(block.outcome @ contrast, exchange, law, plan, seed, MOST_KEPT)


def _in_space(block: Block, exchange: Exchange, plan: Plan, seed: int) -> RandomizationTest | None:
    neighbours = adjoining()
    if not set(block.unit_names) <= set(neighbours):
        return None
    names, treated = np.array(block.unit_names), block.compared.treated
    beside = np.array([bool(neighbours[name] & set(names[treated])) for name in block.unit_names])
    stratum = exchange.compared.stratum
    both = [s for s in np.unique(stratum) if {True, False} <= set(beside[~treated & (stratum == s)].tolist())]
    kept = ~treated & np.isin(stratum, both)
    if min(beside[kept].sum(), (~beside[kept]).sum()) < FEWEST_UNITS:
        return None
    units = ComparedUnits(
        treated=beside[kept],
        stratum=np.unique(stratum[kept], return_inverse=True)[1],
        baseline=block.compared.baseline[kept],
        cluster=np.unique(block.compared.cluster[kept], return_inverse=True)[1],
    )
    z = (block.outcome @ after_less_before(block, "exposed"))[kept]
    return against_chance(z, replace(exchange, compared=units, assigned=units), UNIFORM, plan, seed, MOST_KEPT)
