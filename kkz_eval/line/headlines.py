"""Each outcome of a study in one line: its verdict, what may be said of it, its rating, n.

Does not belong here: the rule of the verdict and its words (evaluation.verdict), pages.
"""

from __future__ import annotations

import pandas as pd

from kkz_eval.evaluation.headline import headline_row
from kkz_eval.evaluation.results import EffectsResult
from kkz_eval.evaluation.statistical_checks import apart
from kkz_eval.evaluation.verdict.decide import Verdict
from kkz_eval.evaluation.verdict.rules import rules
from kkz_eval.evaluation.verdict.sentences import Shown, rating_sentence, verdict_sentence, verdict_word
from kkz_eval.indicators.catalogue import Indicator
from kkz_eval.line import say
from kkz_eval.line.study import Study
from kkz_eval.line.verdicts import verdicts_of
from kkz_eval.model.texts import Joined, Localised, Wording


def headlines(study: Study, effects: EffectsResult) -> dict[str, tuple[Localised, Localised]]:
    """What is found of each outcome that has estimates, in the order of the plan: by indicator, its name with the verdict, and the line."""
    found: dict[str, tuple[Localised, Localised]] = {}
    for name, verdict in verdicts_of(study, effects).items():
        outcome, label = study.plan.outcome(name), Wording(study.installation.catalogue[name].label)
        if outcome.role == "context":  # its estimates are no finding, and the report shows none of it
            found[name] = (say("headline.name_context", label=label, indicator=name), say("headline.context"))
            continue
        row = headline_row(effects.estimates, name, outcome.earliest_plausible_year, study.plan.headline)
        if row is not None:
            named = say("headline.name", label=label, indicator=name, verdict=verdict_word(verdict))
            found[name] = (named, _line(study, effects, verdict, row))
    return found


def _line(study: Study, effects: EffectsResult, verdict: Verdict, row: pd.Series) -> Localised:
    """The sentence of the verdict, the rating, and on what they rest; why not where there is no estimate."""
    if row["status"] != "ok":
        return say("headline.refused", estimator=row["estimator"], reason=effects.message(row))
    indicator, tests = study.installation.catalogue[row["indicator"]], effects.tests
    said = verdict_sentence(verdict, rules(), Wording(indicator.difference_unit), indicator.decimals)
    years = say("headline.exposed") if row["aggregation"] == "exposed" else say("headline.all_years")
    sizes = {"treated": row["n_treated"], "control": row["n_control"]}
    basis = say("headline.basis", estimator=row["estimator"], years=years, **sizes)
    tested = (tests["indicator"] == row["indicator"]) & (tests["test"] == "pre_trend") & tests["p_value"].notna()
    spread = apart(
        effects.estimates,
        str(row["indicator"]),
        study.plan.outcome(row["indicator"]).earliest_plausible_year,
        study.plan.checks.agreement,
    )
    depends = () if spread is None or not verdict.is_comparable else (_depends(spread, indicator),)
    untested = not tested.any() and verdict.evidence.slope_p is None
    return Joined((said, rating_sentence(verdict), basis, *depends, *((say("headline.untested"),) if untested else ())), " ")


def _depends(spread: tuple[int, float, float], indicator: Indicator) -> Localised:
    n, low, high = spread
    unit, decimals = Wording(indicator.difference_unit), indicator.decimals
    return say("headline.depends", methods=n, low=Shown(low, decimals), high=Shown(high, decimals), unit=unit)
