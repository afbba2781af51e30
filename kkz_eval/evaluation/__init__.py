"""Evaluation: plan, panel, sample, estimators, results. What is estimated stands in the plan, never here.

Belongs here: everything from a long panel and a plan to estimates.
Does not belong here: building the panel (indicators), words about effects (reporting), Dagster.
"""

from kkz_eval.model.texts import Catalogue

say = Catalogue("kkz_eval.evaluation")

COMPUTING = ("numpy", "pandas", "scipy", "statsmodels")
"""The libraries that numbers depend on."""
