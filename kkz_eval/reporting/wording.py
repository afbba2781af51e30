"""Sentences by rule from a row of estimates: what may be said, and no more. No layout, no estimation.

The rule: refused, then a trend seen before the start, then methods that disagree, then an interval with or without zero. Thresholds are
those of the plan's checks, so that the report says what they say. Where an outcome has an
earliest plausible year, the row `exposed` decides. Which estimator decides the plan says, or the order of HEADLINE_METHODS: never
what it found.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import pandas as pd

from kkz_eval.evaluation.estimators.methods import HEADLINE_METHODS, METHODS, OVERALL, REPORTED_METHODS
from kkz_eval.evaluation.plan import Checks
from kkz_eval.evaluation.statistical_checks import largest_difference, rows_of_methods, years_that_count
from kkz_eval.model.texts import Language
from kkz_eval.reference.unit_groups import unit_words
from kkz_eval.reporting.document import Inline, Parts, Quoted, join, phrase
from kkz_eval.reporting.inputs import OutcomeInfo, in_language
from kkz_eval.reporting.numbers import count, decimals_that_show, measured, p_value, year

EVENT_METHODS = ("event_study", *HEADLINE_METHODS)
"""Whose years before the start are shown and tested, the first that was run; the estimator on which the verdict rests comes before."""

# Absolute standardised differences: What Works Clearinghouse, Procedures and Standards Handbook 5.0, baseline equivalence.
SMALL_DISTANCE = 0.05
LARGE_DISTANCE = 0.25

_DECOMPOSING = [name for name in METHODS if name not in REPORTED_METHODS]


class Kind(StrEnum):
    """What may be said of an outcome."""

    DIFFERENCE = "difference"
    UNCLEAR = "unclear"
    PRE_TREND = "pre_trend"
    DEPENDS = "depends"
    REFUSED = "refused"
    MISSING = "missing"


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
class Spread:
    """What the methods estimate over the same years where they disagree. n: of methods, with_zero: of those whose interval holds zero."""

    n: int
    low: float
    high: float
    with_zero: int


@dataclass(frozen=True)
class Verdict:
    """The row that decides and what may be said of it. pre_trend: None where not tested; row: None if MISSING; spread: None where the
    methods agree."""

    kind: Kind
    row: pd.Series | None
    pre_trend: PreTrend | None
    course: Course
    spread: Spread | None = None


def overall_rows(estimates: pd.DataFrame, indicator: str) -> pd.DataFrame:
    """Rows of an outcome that stand for all years: coefficient, simple, exposed, and the overall row of an aggregation."""
    rows = estimates[(estimates["indicator"] == indicator) & (estimates["term"].isna() | (estimates["term"] == "att"))]
    rows = rows[~rows["method"].isin(_DECOMPOSING)]  # what they take apart is the row of another method
    overall = rows["cohort"].isna() & rows["year"].isna() & rows["event_time"].isna()
    return rows[overall & ((rows["aggregation"] != "group_time") | (rows["status"] == "refused"))]


def headline_row(estimates: pd.DataFrame, outcome: OutcomeInfo, headline: str | None) -> pd.Series | None:
    """The row on which the verdict rests, None where the run has none.

    Of the estimator `headline`, or where it is None of the first method in HEADLINE_METHODS that was run: `exposed` where the outcome has an earliest plausible year,
    else the overall row. A refused run may have one row only; then that row.
    """
    rows = overall_rows(estimates, outcome.indicator)
    if headline is None:
        run = set(estimates.loc[estimates["indicator"] == outcome.indicator, "method"])
        method = next((method for method in HEADLINE_METHODS if method in run), None)
        of_method = rows[rows["method"] == method]
    else:
        of_method = rows[rows["estimator"] == headline]
    for aggregation in _wanted(outcome.earliest_plausible_year is not None):
        chosen = of_method[of_method["aggregation"] == aggregation]
        if len(chosen):
            return chosen.iloc[0]
    refused = of_method[of_method["status"] == "refused"]
    return refused.iloc[0] if len(refused) else None


def pre_trend_of(
    tests: pd.DataFrame, estimates: pd.DataFrame, outcome: OutcomeInfo, headline: str, level: float
) -> PreTrend | None:
    """The test for equal trends before the start that is told: of the estimator `headline`, else of the first of EVENT_METHODS.

    Where that one sees nothing at the level and another does, the other: a trend that one test sees is not passed over.
    """
    rows = tests[(tests["indicator"] == outcome.indicator) & (tests["test"] == "pre_trend")].dropna(subset=["p_value"])
    methods = dict(zip(estimates["estimator"], estimates["method"], strict=True))
    found = [
        PreTrend(str(name), str(methods[name]), float(p)) for name, p in zip(rows["estimator"], rows["p_value"], strict=True)
    ]
    if not found:
        return None
    told = min(found, key=lambda test: (test.estimator != headline, _place_of(test.method)))
    return min((test for test in found if test.p < level), key=lambda test: test.p, default=told) if told.p >= level else told


def _place_of(method: str) -> int:
    return EVENT_METHODS.index(method) if method in EVENT_METHODS else len(EVENT_METHODS)


def spread_of(estimates: pd.DataFrame, outcome: OutcomeInfo, limit: float) -> Spread | None:
    """What the methods estimate over the years that count, where they differ by more than the limit of the check; else None."""
    rows = rows_of_methods(estimates, outcome.indicator, years_that_count(outcome.earliest_plausible_year))
    difference = largest_difference(rows)
    if difference is None or difference <= limit:
        return None
    with_zero = int(((rows["conf_low"] <= 0) & (rows["conf_high"] >= 0)).sum())
    return Spread(len(rows), float(rows["estimate"].min()), float(rows["estimate"].max()), with_zero)


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


def verdict(
    outcome: OutcomeInfo,
    *,
    estimates: pd.DataFrame,
    tests: pd.DataFrame,
    panel: pd.DataFrame,
    groups: pd.DataFrame,
    treated_cohorts: tuple[int, ...],
    headline: str | None,
    checks: Checks,
) -> Verdict:
    """What may be said of an outcome (the rule in the module's docstring)."""
    row = headline_row(estimates, outcome, headline)
    if row is None:
        return Verdict(Kind.MISSING, None, None, Course.OTHER_HIGHER)
    tested = pre_trend_of(tests, estimates, outcome, str(row["estimator"]), checks.pre_trend)
    if row["status"] != "ok" or pd.isna(row["estimate"]) or pd.isna(row["conf_low"]) or pd.isna(row["conf_high"]):
        return Verdict(Kind.REFUSED, row, tested, Course.OTHER_HIGHER)
    moved = course(panel, groups, outcome, min(treated_cohorts, default=None), float(row["estimate"]))
    spread = spread_of(estimates, outcome, checks.agreement)
    if tested is not None and tested.p < checks.pre_trend:
        kind = Kind.PRE_TREND
    elif spread is not None:
        kind = Kind.DEPENDS
    elif row["conf_low"] <= 0 <= row["conf_high"]:
        kind = Kind.UNCLEAR
    else:
        kind = Kind.DIFFERENCE
    return Verdict(kind, row, tested, moved, spread)


def finding(found: Verdict, outcome: OutcomeInfo, scope: str, language: Language, level: str = "kreis") -> Parts:
    """The sentences on one outcome: what may be said, from which years, on how many units.

    scope: beginning of the identifiers of the numbers in it; level: of the units.
    """
    label = Quoted(in_language(outcome.label, language, outcome.indicator))
    if found.row is None:
        return phrase("wording.missing", language, label=label)
    if found.kind is Kind.REFUSED:
        reason = found.row["message"]
        said = Quoted(str(reason)) if isinstance(reason, str) and reason else phrase("wording.no_reason", language)[0]
        return phrase("wording.refused", language, label=label, reason=said)
    return join(
        _difference(found, outcome, label, scope, language),
        _exposure(outcome, scope, language),
        basis(found.row, scope, language, level),
    )


def basis(row: pd.Series, scope: str, language: Language, level: str = "kreis") -> Parts:
    """On how many units a row rests, and on how many clusters where its inference has any that are not the units."""
    clustered = not pd.isna(row["n_clusters"]) and row["n_clusters"] != row["n_units"]
    clusters = {"clusters": count(f"{scope}.n_clusters", row["n_clusters"], language)} if clustered else {}
    return phrase(
        "wording.basis" if clustered else "wording.basis_without_clusters",
        language,
        units=unit_words(level, language)["all_units"],
        n=count(f"{scope}.n_units", row["n_units"], language),
        treated=count(f"{scope}.n_treated", row["n_treated"], language),
        control=count(f"{scope}.n_control", row["n_control"], language),
        **clusters,
    )


def pre_trend_note(found: Verdict, scope: str, language: Language) -> Parts:
    """What the comparison of the years before the start says, where it was made, and that it was not made otherwise."""
    if found.row is None or found.kind in (Kind.REFUSED, Kind.PRE_TREND):
        return ()
    if found.pre_trend is None:
        return phrase("wording.pre_trend_untested", language)
    return phrase("wording.pre_trend_not_seen", language, **_test(found.pre_trend, scope, language))


def _test(told: PreTrend, scope: str, language: Language) -> dict[str, Inline]:
    """The words for a test before the start: by which method, and its p."""
    method = phrase(f"methods.{told.method}", language)[0]
    return {"method": method, "p": p_value(f"{scope}.pre_trend_p", told.p, language)}


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


def elsewhere(found: Verdict, outcome: OutcomeInfo, estimates: pd.DataFrame, scope: str, language: Language) -> Parts:
    """The clause on another method over the same years that says otherwise of zero; nothing where all methods agree, or the finding
    says already that they don't."""
    if found.row is None or found.spread is not None or found.kind in (Kind.REFUSED, Kind.PRE_TREND):
        return ()
    has_zero = _has_zero(found.row)
    rows = overall_rows(estimates, outcome.indicator)
    exposed = rows["aggregation"] == "exposed"
    rows = rows[(exposed == (found.row["aggregation"] == "exposed")) & (rows["status"] == "ok")]
    for _, row in rows.dropna(subset=["conf_low", "conf_high"]).iterrows():
        if row["method"] != found.row["method"] and row["method"] in REPORTED_METHODS and _has_zero(row) != has_zero:
            return phrase(
                "key.elsewhere_without_zero" if has_zero else "key.elsewhere_with_zero",
                language,
                method=phrase(f"methods.{row['method']}", language)[0],
                low=measured(f"{scope}.other_low", row["conf_low"], outcome.decimals, language),
                high=measured(f"{scope}.other_high", row["conf_high"], outcome.decimals, language),
            )
    return ()


def others(found: Verdict, outcome: OutcomeInfo, estimates: pd.DataFrame, scope: str, language: Language) -> Parts:
    """What the other estimators say over the same years: how many, their range, and how many do not exclude zero; nothing where the
    finding says it of all of them."""
    if found.row is None or found.spread is not None or found.kind is Kind.REFUSED:
        return ()
    rows = overall_rows(estimates, outcome.indicator)
    rows = rows[(rows["status"] == "ok") & (rows["estimator"] != found.row["estimator"])].dropna(subset=["conf_low", "conf_high"])
    order = {name: place for place, name in enumerate(_wanted(found.row["aggregation"] == "exposed"))}
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


def _wanted(exposed: bool) -> tuple[str, ...]:
    """Aggregations that stand for the years that count, the first that an estimator has."""
    return ("exposed",) if exposed else OVERALL


def _has_zero(row: pd.Series) -> bool:
    return bool(row["conf_low"] <= 0 <= row["conf_high"])


def _difference(found: Verdict, outcome: OutcomeInfo, label: Quoted, scope: str, language: Language) -> Parts:
    assert found.row is not None
    estimate, low, high = (float(found.row[name]) for name in ("estimate", "conf_low", "conf_high"))
    unit = Quoted(in_language(outcome.difference_unit, language, outcome.indicator))
    if found.spread is not None:
        return _depends(found, found.spread, outcome, label, scope, language)
    if found.kind is Kind.PRE_TREND:
        assert found.pre_trend is not None
        return phrase(
            "wording.pre_trend",
            language,
            label=label,
            **_test(found.pre_trend, scope, language),
            estimate=measured(f"{scope}.estimate", estimate, outcome.decimals, language),
            low=measured(f"{scope}.conf_low", low, outcome.decimals, language),
            high=measured(f"{scope}.conf_high", high, outcome.decimals, language),
            unit=unit,
        )
    if found.kind is Kind.UNCLEAR:
        return _unclear(found.row, outcome, label, scope, language)
    digits = decimals_that_show((estimate, low, high), outcome.decimals)
    near, far = sorted((abs(low), abs(high)))
    sentence = phrase(
        f"wording.{found.course.value}",
        language,
        label=label,
        estimate=measured(f"{scope}.estimate_size", abs(estimate), digits, language),
        low=measured(f"{scope}.conf_near", near, digits, language),
        high=measured(f"{scope}.conf_far", far, digits, language),
        unit=unit,
    )
    return join(sentence, _direction(estimate, outcome, language), phrase("wording.assumption", language))


def _depends(found: Verdict, spread: Spread, outcome: OutcomeInfo, label: Quoted, scope: str, language: Language) -> Parts:
    """The sentence where the methods disagree: what all of them say, none alone."""
    shown: dict[str, Inline] = {
        "label": label,
        "n": count(f"{scope}.n_methods", spread.n, language),
        "low": measured(f"{scope}.methods_low", spread.low, outcome.decimals, language),
        "high": measured(f"{scope}.methods_high", spread.high, outcome.decimals, language),
        "unit": Quoted(in_language(outcome.difference_unit, language, outcome.indicator)),
    }
    signs = phrase("wording.others_signs", language) if spread.low <= 0 <= spread.high else ()
    if found.kind is Kind.PRE_TREND:
        assert found.pre_trend is not None
        said = phrase("wording.pre_trend_depends", language, **shown, **_test(found.pre_trend, scope, language))
        return join(said, signs)
    if spread.with_zero in (0, spread.n):
        return join(phrase(f"wording.depends_{'all' if spread.with_zero else 'no'}", language, **shown), signs)
    with_zero = count(f"{scope}.n_with_zero", spread.with_zero, language)
    return join(phrase("wording.depends_some", language, **shown, with_zero=with_zero), signs)


def _unclear(row: pd.Series, outcome: OutcomeInfo, label: Quoted, scope: str, language: Language) -> Parts:
    parameters: dict[str, Inline] = {
        "label": label,
        "unit": Quoted(in_language(outcome.difference_unit, language, outcome.indicator)),
        "estimate": measured(f"{scope}.estimate", row["estimate"], outcome.decimals, language),
        "low": measured(f"{scope}.conf_low_size", abs(row["conf_low"]), outcome.decimals, language),
        "high": measured(f"{scope}.conf_high_size", abs(row["conf_high"]), outcome.decimals, language),
    }
    return join(phrase("wording.unclear", language, **parameters), phrase("wording.cannot_tell", language))


def _direction(estimate: float, outcome: OutcomeInfo, language: Language) -> Parts:
    if outcome.desirable is None:
        return ()
    wanted = (estimate > 0) == (outcome.desirable == "increase")
    return phrase("wording.desirable" if wanted else "wording.undesirable", language)


def _exposure(outcome: OutcomeInfo, scope: str, language: Language) -> Parts:
    if outcome.earliest_plausible_year is None:
        return ()
    return phrase("wording.exposed", language, year=year(f"{scope}.earliest_year", outcome.earliest_plausible_year))


def _change(means: pd.Series, start: int) -> float | None:
    before, after = means[means.index < start].mean(), means[means.index >= start].mean()
    return None if pd.isna(before) or pd.isna(after) else float(after - before)
