"""Each outcome of a study in one line: the estimate on which the verdict rests, its interval, n, and what may be said of it.

Does not belong here: which row decides and what it may be called (reporting.wording), pages.
"""

from __future__ import annotations

from dataclasses import dataclass

from kkz_eval.evaluation.results import EffectsResult
from kkz_eval.line import say
from kkz_eval.line.report import outcome_info
from kkz_eval.line.study import Study
from kkz_eval.model.texts import Joined, Language, Localised, Wording
from kkz_eval.reporting.numbers import format_number
from kkz_eval.reporting.wording import Kind, Verdict, verdict

_NAMES = {Kind.PRE_TREND: "headline.name_without_conclusion", Kind.DEPENDS: "headline.name_depends"}
"""What the name says already where nothing follows: on a page the line is cut off behind n."""


@dataclass(frozen=True)
class Digits(Localised):
    """A number as the language writes it."""

    value: float
    decimals: int

    def in_language(self, language: Language) -> str:
        """The digits."""
        return format_number(self.value, self.decimals, language)


def headlines(study: Study, effects: EffectsResult) -> dict[str, tuple[Localised, Localised]]:
    """What is found of each outcome that has estimates, in the order of the plan: by indicator, its name and the line."""
    found: dict[str, tuple[Localised, Localised]] = {}
    for outcome in study.plan.outcomes:
        info = outcome_info(study, outcome)
        if info.role == "context":  # its estimates are no finding, and the report shows none of it
            if (effects.estimates["indicator"] == info.indicator).any():
                name = say("headline.name_context", label=Wording(info.label), indicator=info.indicator)
                found[info.indicator] = (name, say("headline.context"))
            continue
        decided = verdict(
            info,
            estimates=effects.estimates,
            tests=effects.tests,
            panel=study.panel,
            groups=study.groups,
            treated_cohorts=tuple(study.plan.treated_cohorts or ()),
            headline=study.plan.headline,
            checks=study.plan.checks,
        )
        if decided.row is not None:
            name = say(_NAMES.get(decided.kind, "headline.name"), label=Wording(info.label), indicator=info.indicator)
            line = _line(decided, Wording(info.difference_unit), info.decimals)
            untested = decided.pre_trend is None and decided.kind is not Kind.REFUSED
            found[info.indicator] = (name, Joined((line, say("headline.untested")), " ") if untested else line)
    return found


def _line(decided: Verdict, unit: Localised, decimals: int) -> Localised:
    row = decided.row
    assert row is not None
    if decided.kind is Kind.REFUSED:
        return say("headline.refused", estimator=row["estimator"], reason=row["message"] or say("headline.no_interval"))
    since = say("headline.exposed") if row["aggregation"] == "exposed" else say("headline.all_years")
    if decided.spread is not None:
        low, high = Digits(decided.spread.low, decimals), Digits(decided.spread.high, decimals)
        sizes = {"treated": row["n_treated"], "control": row["n_control"]}
        key = "headline.pre_trend_depends" if decided.kind is Kind.PRE_TREND else "headline.depends"
        return say(key, methods=decided.spread.n, low=low, high=high, unit=unit, years=since, **sizes)
    return say(
        f"headline.{decided.kind.value}",
        estimate=Digits(float(row["estimate"]), decimals),
        unit=unit,
        level=f"{100 * float(row['conf_level']):g}",
        low=Digits(float(row["conf_low"]), decimals),
        high=Digits(float(row["conf_high"]), decimals),
        treated=row["n_treated"],
        control=row["n_control"],
        estimator=row["estimator"],
        years=since,
    )
