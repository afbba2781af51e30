"""The wild bootstrap of the regression behind an estimate: rows of inference.csv.

Belongs here: which regressions are asked, and a row for each weight. Does not belong here: the bootstrap (inference).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from kkz_eval.evaluation.examination.chance import Exchange, draws_of, names_of
from kkz_eval.evaluation.inference.wild_bootstrap import ClusterSums, wild_bootstrap
from kkz_eval.evaluation.plan import Plan
from kkz_eval.evaluation.problems import Note, Refused


def wild_rows(sums: ClusterSums, exchange: Exchange, plan: Plan, seed: int) -> Iterator[dict[str, object]]:
    """A row for each kind of weights that the plan asks for; its estimate is the coefficient of the regression, its message how many clusters are treated."""
    for weights in plan.inference.wild:
        cells: dict[str, object] = {
            "method": "wild_bootstrap",
            "statistic": weights,
            "within": exchange.within,
            "adjust": names_of(plan.comparison.adjust),
        }
        try:
            found = wild_bootstrap(sums, weights, draws_of(plan), np.random.default_rng([seed, plan.seed]))
        except Refused as refusal:
            yield {**cells, "status": "refused", "message": refusal.note.sentence}
            continue
        note = Note("notes.wild_clusters", {"treated": found.n_treated_clusters, "clusters": found.n_clusters})
        yield {
            **cells,
            "n_assignments": found.n_draws,
            "exact": found.enumerated,
            "estimate": float(found.estimate[0]),
            "p_value": float(found.p[0]),
            "mc_error": float(found.mc_error[0]),
            "status": "ok",
            "message": note.sentence,
        }
