"""Sentences by rule: those of the verdict as parts of a page, and what stands around them. No layout, no estimation.

The verdict and its form choose the sentence (evaluation.verdict); where the comparison does not stand, no estimate is told. Where an outcome
has an earliest plausible year, the row `exposed` is the one told. What the methods and the test of the years before the start say stands
beside it and decides nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import pandas as pd

from kkz_eval.evaluation.estimators.methods import HEADLINE_METHODS
from kkz_eval.evaluation.headline import aggregations_that_count, headline_row, overall_rows
from kkz_eval.evaluation.results import message_of
from kkz_eval.evaluation.statistical_checks import apart
from kkz_eval.evaluation.verdict.decide import Verdict, verdict_of
from kkz_eval.evaluation.verdict.evidence import Evidence
from kkz_eval.evaluation.verdict.rules import Code, Form, rules
from kkz_eval.evaluation.verdict.sentences import level_word, range_sentence, rating_sentence, verdict_sentence
from kkz_eval.model.texts import Language, Localised, Wording
from kkz_eval.reference.unit_groups import unit_words
from kkz_eval.reporting import say
from kkz_eval.reporting.document import Number, Parts, Quoted, join, phrase
from kkz_eval.reporting.inputs import OutcomeInfo, in_language
from kkz_eval.reporting.numbers import count, decimals_that_show, measured, p_value, year
from kkz_eval.reporting.traceable import parts_of

EVENT_METHODS = ("event_study", *HEADLINE_METHODS)
"""Whose years before the start are shown and tested, the first that was run; the estimator on which the verdict rests comes before."""

# Absolute standardised differences: What Works Clearinghouse, Procedures and Standards Handbook 5.0, baseline equivalence.
SMALL_DISTANCE = 0.05
LARGE_DISTANCE = 0.25


class Distance(StrEnum):
    """How far apart the groups were before the start; a difference on a line belongs to the smaller side."""

    SMALL = "small"
    ADJUST = "adjust"
    LARGE = "large"


class Course(StrEnum):
    """How both groups moved from before to after the first start; OTHER where not the same way or against the estimate."""

    RISE_MORE = "rise_more"
    RISE_LESS = "rise_less"
    FALL_MORE = "fall_more"
    FALL_LESS = "fall_less"
    OTHER_HIGHER = "other_higher"
    OTHER_LOWER = "other_lower"


@dataclass(frozen=True)
class PreTrend:
    """The test for equal development before the start that is told, and whose years the figure beside it shows."""

    estimator: str
    method: str
    p: float


@dataclass(frozen=True)
class Finding:
    """What may be said of an outcome. row: of the estimates on which the verdict rests, None where the run has none; pre_trend: None
    where not tested; reason: why the row has no estimate, None where it has one or says nothing."""

    verdict: Verdict
    row: pd.Series | None
    pre_trend: PreTrend | None
    course: Course
    reason: Localised | None = None

    @property
    def is_estimated(self) -> bool:
        """Whether there is an estimate, whatever the verdict on it."""
        return self.row is not None and self.row["status"] == "ok" and not pd.isna(self.row["estimate"])


def pre_trend_of(tests: pd.DataFrame, estimates: pd.DataFrame, outcome: OutcomeInfo, headline: str) -> PreTrend | None:
    """The test for equal trends before the start that is told: of the estimator `headline`, else of the first of EVENT_METHODS."""
    rows = tests[(tests["indicator"] == outcome.indicator) & (tests["test"] == "pre_trend")].dropna(subset=["p_value"])
    methods = dict(zip(estimates["estimator"], estimates["method"], strict=True))
    found = [
        PreTrend(str(name), str(methods[name]), float(p)) for name, p in zip(rows["estimator"], rows["p_value"], strict=True)
    ]
    return min(found, key=lambda test: (test.estimator != headline, _place_of(test.method)), default=None)


def _place_of(method: str) -> int:
    return EVENT_METHODS.index(method) if method in EVENT_METHODS else len(EVENT_METHODS)


def course(panel: pd.DataFrame, groups: pd.DataFrame, outcome: OutcomeInfo, start: int | None, estimate: float) -> Course:
    """How the groups' unweighted means moved from the years before `start` to those after, within the window."""
    higher = estimate > 0
    other = Course.OTHER_HIGHER if higher else Course.OTHER_LOWER
    if start is None:
        return other
    treated = _change(group_means(panel, groups, outcome, "treated"), start)
    reference = _change(group_means(panel, groups, outcome, "reference"), start)
    if treated is None or reference is None or (treated > reference) != higher:
        return other
    if treated > 0 and reference > 0:
        return Course.RISE_MORE if higher else Course.RISE_LESS
    if treated < 0 and reference < 0:
        return Course.FALL_LESS if higher else Course.FALL_MORE
    return other


def group_means(panel: pd.DataFrame, groups: pd.DataFrame, outcome: OutcomeInfo, group: str) -> pd.Series:
    """Unweighted mean over the units of a group by year of the window, missing where no unit has a value."""
    units = groups.loc[groups["group"] == group, "unit_id"]
    rows = panel[(panel["indicator"] == outcome.indicator) & panel["unit_id"].isin(units)]
    years = range(outcome.window[0], outcome.window[1] + 1)
    return rows.groupby("year")["value"].mean().reindex(years)


def finding_of(
    outcome: OutcomeInfo,
    *,
    verdicts: Mapping[str, Verdict],
    estimates: pd.DataFrame,
    tests: pd.DataFrame,
    panel: pd.DataFrame,
    groups: pd.DataFrame,
    treated_cohorts: tuple[int, ...],
    headline: str | None,
    messages: pd.DataFrame,
) -> Finding:
    """What may be said of an outcome. Without a verdict on it nothing was examined."""
    verdict = verdicts.get(outcome.indicator) or verdict_of(Evidence(role=outcome.role), rules())
    row = headline_row(estimates, outcome.indicator, outcome.earliest_plausible_year, headline)
    tested = None if row is None else pre_trend_of(tests, estimates, outcome, str(row["estimator"]))
    start, estimate = min(treated_cohorts, default=None), verdict.evidence.estimate
    return Finding(
        verdict,
        row,
        tested,
        course(panel, groups, outcome, start, 0.0 if estimate is None else estimate),
        None if row is None else why_refused(row, messages),
    )


def why_refused(row: pd.Series, messages: pd.DataFrame) -> Localised | None:
    """Why a row has no estimate, None where it has one or says nothing."""
    return message_of(messages, row) if row["status"] != "ok" and isinstance(row["message"], str) and row["message"] else None


OPEN_FORMS = frozenset({Form.LARGE_EXCLUDED, Form.TOO_IMPRECISE})
"""Of which the range alone says that it is open whether there is a difference."""


def in_short(found: Finding, outcome: OutcomeInfo, scope: str, language: Language, level: str = "kreis") -> Parts:
    """The finding on one outcome: the range where it is open whether there is a difference, else the verdict; its rating and how many units.

    scope: beginning of the identifiers of the numbers in it; level: of the units.
    """
    if found.row is None or not found.is_estimated:
        return verdict(found, outcome, scope, language)
    if found.verdict.form in OPEN_FORMS and found.verdict.evidence.interval is not None:
        label = Quoted(in_language(outcome.label, language, outcome.indicator))
        told = range_sentence(found.verdict, Wording(dict(outcome.difference_unit)), outcome.decimals)
        said: Parts = (label, ": ", *parts_of(told, f"{scope}.verdict", language))
    else:
        said = verdict(found, outcome, scope, language)
    rated = phrase(
        "wording.rated",
        language,
        rating=level_word(found.verdict.rating).in_language(language),
        units=unit_words(level, language)["all_units"],
        **_counted(found.row, scope, language),
    )
    return join(said, rated)


def rests_on(found: Finding, outcome: OutcomeInfo, scope: str, language: Language, level: str = "kreis") -> Parts:
    """What the finding on one outcome rests on: from which years, why it is rated so, units and clusters; () without an estimate."""
    if found.row is None or not found.is_estimated:
        return ()
    return join(
        _exposure(outcome, scope, language),
        parts_of(rating_sentence(found.verdict), f"{scope}.rating", language),
        basis(found.row, scope, language, level),
    )


def verdict(found: Finding, outcome: OutcomeInfo, scope: str, language: Language) -> Parts:
    """The sentence of the verdict alone; that there is no estimate, and why, where there is none."""
    label = Quoted(in_language(outcome.label, language, outcome.indicator))
    if found.row is None:
        return phrase("wording.missing", language, label=label)
    if not found.is_estimated:
        said = Quoted((found.reason or say("wording.no_reason")).in_language(language))
        return phrase("wording.refused", language, label=label, reason=said)
    return _verdict(found, outcome, label, scope, language)


def shows_interval(found: Finding) -> bool:
    """Whether the sentence on the outcome tells an interval."""
    return found.is_estimated and found.verdict.is_comparable and found.verdict.evidence.interval is not None


def basis(row: pd.Series, scope: str, language: Language, level: str = "kreis") -> Parts:
    """On how many units a row rests, and on how many clusters where its inference has any that are not the units."""
    clustered = not pd.isna(row["n_clusters"]) and row["n_clusters"] != row["n_units"]
    clusters = {"clusters": count(f"{scope}.n_clusters", row["n_clusters"], language)} if clustered else {}
    return phrase(
        "wording.basis" if clustered else "wording.basis_without_clusters",
        language,
        units=unit_words(level, language)["all_units"],
        **_counted(row, scope, language),
        **clusters,
    )


def _counted(row: pd.Series, scope: str, language: Language) -> dict[str, Number]:
    """How many units a row rests on, in all and in each group."""
    columns = {"n": "n_units", "treated": "n_treated", "control": "n_control"}
    return {name: count(f"{scope}.{column}", row[column], language) for name, column in columns.items()}


def pre_trend_note(found: Finding, scope: str, language: Language) -> Parts:
    """The test of the years before the start, where it was made, with what it can't say; and where nothing tested them, that."""
    if not found.is_estimated:
        return ()
    if found.pre_trend is None:
        return phrase("wording.pre_trend_untested", language) if found.verdict.evidence.slope_p is None else ()
    method = phrase(f"methods.{found.pre_trend.method}", language)[0]
    p = p_value(f"{scope}.pre_trend_p", found.pre_trend.p, language)
    return phrase("wording.pre_trend_tested", language, method=method, p=p)


def distance(smd: float) -> Distance:
    """The side of the two lines on which a standardised difference lies."""
    if abs(smd) <= SMALL_DISTANCE:
        return Distance.SMALL
    return Distance.ADJUST if abs(smd) <= LARGE_DISTANCE else Distance.LARGE


def by_chance(n_treated: int, n_reference: int) -> float:
    """Standard error of a standardised difference between groups that are alike: sqrt(1/n_treated + 1/n_reference).

    About a third of differences are larger in size. Hedges and Olkin (1985), Statistical Methods for Meta-Analysis, the large-sample variance at a difference of zero.
    """
    return float((1 / n_treated + 1 / n_reference) ** 0.5)


def before(balance: pd.DataFrame, outcome: OutcomeInfo, scope: str, language: Language) -> Parts:
    """The clause on the level before the start where both groups were far apart; nothing otherwise."""
    if balance.empty:
        return ()
    rows = balance[(balance["indicator"] == outcome.indicator) & (balance["measure"] == "level") & (balance["status"] == "ok")]
    for smd in rows["smd"]:
        if distance(smd) is Distance.LARGE:
            key = "key.before_higher" if smd > 0 else "key.before_lower"
            return phrase(key, language, smd=measured(f"{scope}.smd", smd, 2, language))
    return ()


def depends(found: Finding, outcome: OutcomeInfo, estimates: pd.DataFrame, limit: float, scope: str, language: Language) -> Parts:
    """That the result depends on the method, where the check of their agreement says so; nothing where no estimate is told."""
    spread = apart(estimates, outcome.indicator, outcome.earliest_plausible_year, limit)
    if spread is None or not found.is_estimated or not found.verdict.is_comparable:
        return ()
    n, low, high = spread
    return phrase(
        "key.depends",
        language,
        n=count(f"{scope}.n_methods", n, language),
        low=measured(f"{scope}.methods_low", low, outcome.decimals, language),
        high=measured(f"{scope}.methods_high", high, outcome.decimals, language),
        unit=Quoted(in_language(outcome.difference_unit, language, outcome.indicator)),
    )


def others(found: Finding, outcome: OutcomeInfo, estimates: pd.DataFrame, scope: str, language: Language) -> Parts:
    """What the other estimators say over the same years: how many, their range, and how many do not exclude zero."""
    if found.row is None or not found.is_estimated:
        return ()
    rows = overall_rows(estimates, outcome.indicator)
    rows = rows[(rows["status"] == "ok") & (rows["estimator"] != found.row["estimator"])].dropna(subset=["conf_low", "conf_high"])
    counted = aggregations_that_count(outcome.earliest_plausible_year)
    order = {name: place for place, name in enumerate(counted)}
    rows = rows[rows["aggregation"].isin(order)]
    rows = rows.loc[rows["aggregation"].map(order).sort_values(kind="stable").index].drop_duplicates("estimator")
    if rows.empty:
        return ()
    with_zero = int(((rows["conf_low"] <= 0) & (rows["conf_high"] >= 0)).sum())
    low, high = float(rows["estimate"].min()), float(rows["estimate"].max())
    estimate = float(found.row["estimate"])
    shown = {
        "n": count(f"{scope}.n_others", len(rows), language),
        "low": measured(f"{scope}.others_low", low, outcome.decimals, language),
        "high": measured(f"{scope}.others_high", high, outcome.decimals, language),
        "with_zero": count(f"{scope}.n_with_zero", with_zero, language),
    }
    kind = "one" if len(rows) == 1 else "all" if with_zero == len(rows) else "no" if with_zero == 0 else "some"
    if kind == "one":
        kind = "one_with_zero" if with_zero else "one_without_zero"
    if kind in ("all", "no", "some") and shown["low"].text == shown["high"].text:
        kind = f"{kind}_alike"
    signs = () if min(low, estimate) > 0 or max(high, estimate) < 0 else phrase("wording.others_signs", language)
    return join(phrase(f"wording.others_{kind}", language, **{k: v for k, v in shown.items() if k in _OTHERS[kind]}), signs)


_OTHERS = {
    "one_with_zero": ("low",),
    "one_without_zero": ("low",),
    "all": ("n", "low", "high"),
    "no": ("n", "low", "high"),
    "some": ("n", "low", "high", "with_zero"),
    "all_alike": ("n", "low"),
    "no_alike": ("n", "low"),
    "some_alike": ("n", "low", "with_zero"),
}


def _verdict(found: Finding, outcome: OutcomeInfo, label: Quoted, scope: str, language: Language) -> Parts:
    """The sentence of the verdict; a difference by the course of both groups."""
    evidence = found.verdict.evidence
    if found.verdict.form is not Form.DIFFERENCE:
        unit = Wording(dict(outcome.difference_unit))
        said = verdict_sentence(found.verdict, rules(), unit, outcome.decimals)
        return (label, ": ", *parts_of(said, f"{scope}.verdict", language))
    assert evidence.estimate is not None
    assert evidence.interval is not None
    estimate, (low, high) = evidence.estimate, evidence.interval
    digits = decimals_that_show((estimate, low, high), outcome.decimals)
    near, far = sorted((abs(low), abs(high)))
    sentence = phrase(
        f"wording.{found.course.value}",
        language,
        label=label,
        estimate=measured(f"{scope}.estimate_size", abs(estimate), digits, language),
        low=measured(f"{scope}.conf_near", near, digits, language),
        high=measured(f"{scope}.conf_far", far, digits, language),
        unit=Quoted(in_language(outcome.difference_unit, language, outcome.indicator)),
    )
    direction = "wording.desirable" if found.verdict.code is Code.DIFFERENCE_DESIRED else "wording.undesirable"
    return join(sentence, phrase(direction, language), phrase("wording.assumption", language))


def _exposure(outcome: OutcomeInfo, scope: str, language: Language) -> Parts:
    if outcome.earliest_plausible_year is None:
        return ()
    return phrase("wording.exposed", language, year=year(f"{scope}.earliest_year", outcome.earliest_plausible_year))


def _change(means: pd.Series, start: int) -> float | None:
    before, after = means[means.index < start].mean(), means[means.index >= start].mean()
    return None if pd.isna(before) or pd.isna(after) else float(after - before)
