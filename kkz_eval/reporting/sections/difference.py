"""The section on the size of the difference: sentence, event study and all estimates of each outcome."""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd

from kkz_eval.evaluation.estimators.methods import METHODS, REPORTED_METHODS
from kkz_eval.evaluation.headline import overall_rows
from kkz_eval.evaluation.verdict.rules import Form
from kkz_eval.model.texts import Language
from kkz_eval.reporting import numbers, say, wording
from kkz_eval.reporting.document import (
    Block,
    Code,
    Column,
    Figure,
    Inline,
    Listing,
    Paragraph,
    Parts,
    Quoted,
    Reference,
    Section,
    Table,
    join,
    phrase,
)
from kkz_eval.reporting.figures.event_study import Event, EventStudy, draw_event_study
from kkz_eval.reporting.inputs import OutcomeInfo, ReportInputs, in_language
from kkz_eval.reporting.sections.parts import finding_of, folded, insert, is_simulated, label_of, of_role, scope_of, source_of


def difference_section(inputs: ReportInputs, language: Language) -> Section:
    """For each outcome the sentence, the event study and every estimate over all years, refusals among them."""
    studies = [event_study_of(inputs, outcome, language) for outcome in of_role(inputs, "primary", "secondary")]
    about = [_about(*found, language) for found in studies if found is not None]
    said_once = [said for said in (about[0] if about else ()) if all(said in each for each in about)]  # the others below each
    primary, secondary = (
        tuple(_difference_outcome(inputs, outcome, said_once, language) for outcome in of_role(inputs, role))
        for role in ("primary", "secondary")
    )
    reading = phrase("difference.reading", language) if about else ()
    intro = join(
        phrase("difference.intro" if primary or secondary else "difference.none", language),
        reading,
        *said_once,
    )
    folds = folded("difference-others", phrase("difference.others", language), (), secondary)
    return Section(
        "difference",
        phrase("sections.difference", language),
        (Paragraph(intro),),
        (*primary, *folds),
    )


def estimates_sections(inputs: ReportInputs, language: Language) -> tuple[Section, ...]:
    """For the appendix: every estimate of each outcome over all years, refusals among them, and what the methods do; () without any."""
    tables = tuple(_estimates_of(inputs, outcome, language) for outcome in of_role(inputs, "primary", "secondary"))
    shown = tuple(section for section in tables if section is not None)
    methods = _methods_explained(inputs, language)
    return (
        *folded("appendix-estimates", phrase("appendix.estimates", language), (), shown),
        *folded("appendix-methods", phrase("appendix.methods", language), methods),
    )


def _estimates_of(inputs: ReportInputs, outcome: OutcomeInfo, language: Language) -> Section | None:
    """The table of an outcome, and why it may tell other numbers than the sentence on it."""
    scope, found = scope_of("difference", inputs, outcome), finding_of(inputs, outcome)
    table = _estimates_table(inputs, outcome, found, scope, language)
    if not table.rows:
        return None
    blocks: list[Block] = [table]
    if found.is_estimated and not found.verdict.is_comparable:
        blocks.insert(0, Paragraph(phrase("difference.carries_no_verdict", language), "note"))
    if _has_two_ranges(found):
        blocks.append(Paragraph(phrase("difference.two_ranges", language), "note"))
    if _has_two_estimates(found, outcome):
        blocks.append(Paragraph(phrase("difference.two_estimates", language), "note"))
    return Section(f"{scope}.estimates", (label_of(outcome, language),), tuple(blocks))


def _methods_explained(inputs: ReportInputs, language: Language) -> tuple[Block, ...]:
    """What the methods of the estimates shown do, in a sentence each."""
    indicators = [outcome.indicator for outcome in of_role(inputs, "primary", "secondary")]
    used = set(inputs.estimates.loc[inputs.estimates["indicator"].isin(indicators), "method"])
    items = tuple(
        phrase(
            "difference.explanation",
            language,
            method=say(f"methods.{method}").in_language(language),
            said=say(f"explained.{method}").in_language(language),
        )
        for method in REPORTED_METHODS
        if method in used
    )
    if not items:
        return ()
    same = (Paragraph(phrase("difference.same_data", language)),) if len(items) > 1 else ()
    return (Listing(items), *same)


def _about(study: EventStudy, method: Inline, language: Language) -> tuple[Parts, ...]:
    """What the years of a study are relative to, and by which method they are estimated."""
    reference = "difference.without_reference" if study.reference is None else "difference.with_reference"
    return phrase(reference, language), phrase("difference.by_method", language, method=method)


def _difference_outcome(inputs: ReportInputs, outcome: OutcomeInfo, said_once: Collection[Parts], language: Language) -> Section:
    """said_once: sentences on the studies that stand above all figures."""
    scope = scope_of("difference", inputs, outcome)
    found = finding_of(inputs, outcome)
    label = label_of(outcome, language)
    sentence = wording.verdict(found, outcome, scope, language)
    if len(overall_rows(inputs.estimates, outcome.indicator)):
        sentence = join(sentence, (Reference(f"{scope}.table", say("difference.all_estimates").in_language(language)),))
    blocks: list[Block] = [Paragraph(sentence)]
    if found.is_estimated and not found.verdict.is_comparable:
        blocks.append(Paragraph(phrase("difference.carries_no_verdict", language), "note"))
    figure = event_study_figure(inputs, outcome, language, said_once)
    if figure is not None:
        blocks.append(figure)
    return Section(scope, (label,), tuple(blocks))


def event_study_figure(
    inputs: ReportInputs, outcome: OutcomeInfo, language: Language, said_once: Collection[Parts] = ()
) -> Figure | None:
    """The event study of an outcome; None where no estimator has estimates by event time. said_once: sentences that its caption leaves out."""
    chosen = event_study_of(inputs, outcome, language)
    if chosen is None:
        return None
    study, method = chosen
    own = (said for said in _about(study, method, language) if said not in said_once)
    caption = join(
        phrase("difference.caption", language, label=label_of(outcome, language), unit=Quoted(study.unit)),
        *own,
    )
    scope = scope_of("difference", inputs, outcome)
    return draw_event_study(f"{scope}.figure", study, caption, language, source_of(inputs, [outcome], language))


def _has_two_ranges(found: wording.Finding) -> bool:
    """Whether the sentence tells another range than the table does for the same estimate: that of the verdict, counted over assignments."""
    if found.row is None or not wording.shows_interval(found):
        return False
    return found.verdict.evidence.interval != (found.row["conf_low"], found.row["conf_high"])


def _has_two_estimates(found: wording.Finding, outcome: OutcomeInfo) -> bool:
    """Whether the sentence tells another difference than the row of the table that decides, as readers see them."""
    told = found.verdict.evidence.estimate
    if found.row is None or found.verdict.form is not Form.DIFFERENCE or told is None:
        return False
    return abs(told - float(found.row["estimate"])) > 0.5 * 10.0**-outcome.decimals


AGGREGATIONS = frozenset(name for method in METHODS.values() for name in method.gives) - {"group_time"}  # no mean over years


def event_study_of(inputs: ReportInputs, outcome: OutcomeInfo, language: Language) -> tuple[EventStudy, Inline] | None:
    """What the event-study figure of an outcome shows and by which method; None where no estimator has estimates by event time.

    Of the estimator whose test of the years before the start is told, else of the first method in wording.EVENT_METHODS.
    A row with no uncertainty at 0 is the reference; without one, −1 is, where the event times leave it out. With neither
    (varying base) each year before the start has its own reference. Other rows without an interval are not drawn.
    """
    rows = inputs.estimates
    rows = rows[
        (rows["indicator"] == outcome.indicator)
        & (rows["aggregation"] == "dynamic")
        & (rows["status"] == "ok")
        & rows["event_time"].notna()
        & rows["estimate"].notna()
    ]
    told = finding_of(inputs, outcome).pre_trend
    by_method = [name for method in wording.EVENT_METHODS for name in rows.loc[rows["method"] == method, "estimator"]]
    for estimator in dict.fromkeys([*([] if told is None else [told.estimator]), *by_method]):
        used = rows[rows["estimator"] == estimator].sort_values("event_time")
        fixed = used[(used["estimate"] == 0) & (used["std_error"].isna() | (used["std_error"] == 0))]
        with_interval = used.drop(fixed.index).dropna(subset=["conf_low", "conf_high"])
        if with_interval.empty:
            continue
        events = [
            Event(int(row["event_time"]), float(row["estimate"]), float(row["conf_low"]), float(row["conf_high"]))
            for row in with_interval.to_dict("records")
        ]
        times = {event.event_time for event in events}
        reference = int(fixed["event_time"].iloc[0]) if len(fixed) else -1 if -1 not in times and min(times) < 0 else None
        if reference is not None:
            events.append(Event(reference, 0.0, None, None))
        study = EventStudy(
            label=in_language(outcome.label, language, outcome.indicator),
            unit=in_language(outcome.difference_unit, language, outcome.indicator),
            decimals=outcome.decimals,
            events=tuple(sorted(events, key=lambda event: event.event_time)),
            reference=reference,
            simulated=is_simulated(inputs, outcome),
        )
        return study, _method(used.iloc[0], language)
    return None


def _method(row: pd.Series, language: Language) -> Inline:
    return (
        say(f"methods.{row['method']}").in_language(language) if row["method"] in REPORTED_METHODS else Code(str(row["method"]))
    )


def _estimates_table(inputs: ReportInputs, outcome: OutcomeInfo, found: wording.Finding, scope: str, language: Language) -> Table:
    headings = ("estimate", "interval", "std_error", "n_by_group", "n_clusters")
    estimates = overall_rows(inputs.estimates, outcome.indicator)
    decides = estimates.index == (None if found.row is None else found.row.name)
    rows = []
    for position, (index, row) in enumerate(pd.concat([estimates[decides], estimates[~decides]]).iterrows(), start=1):
        name: Parts = (_method(row, language),)
        if (estimates["method"] == row["method"]).sum() > (estimates["estimator"] == row["estimator"]).sum():
            name = (*name, " (", Code(str(row["estimator"])), ")")
        if found.row is not None and index == found.row.name:
            name = insert(phrase("difference.decides", language, method="\x01"), name)
        if row["status"] != "ok":
            reason = wording.why_refused(row, inputs.messages) or say("wording.no_reason")
            said = Quoted(reason.in_language(language))
            name = (*name, ": ", *phrase("difference.refused", language, reason=said))
        cells = _estimate_cells(row, outcome, f"{scope}.row-{position}", language)
        rows.append((name, _years_counted(row, outcome, f"{scope}.row-{position}", language), *cells))
    caption = phrase(
        "difference.table_caption",
        language,
        label=label_of(outcome, language),
        unit=Quoted(in_language(outcome.difference_unit, language, outcome.indicator)),
    )
    return Table(
        f"{scope}.table",
        caption,
        (
            Column(say("difference.estimator").in_language(language)),
            Column(say("difference.counted").in_language(language)),
            *(Column(say(f"difference.{heading}").in_language(language), "number") for heading in headings),
        ),
        tuple(rows),
    )


def _years_counted(row: pd.Series, outcome: OutcomeInfo, scope: str, language: Language) -> Parts:
    """Over which years an estimate is taken."""
    if row["aggregation"] == "exposed" and outcome.earliest_plausible_year is not None:
        return phrase("difference.from_year", language, year=numbers.year(f"{scope}.from", outcome.earliest_plausible_year))
    known = row["aggregation"] in AGGREGATIONS
    return (say(f"aggregations.{row['aggregation']}").in_language(language) if known else Code(str(row["aggregation"])),)


def _estimate_cells(row: pd.Series, outcome: OutcomeInfo, scope: str, language: Language) -> tuple[Parts, ...]:
    none: Parts = (say("studied.not_stated").in_language(language),)

    def shown(column: str, decimals: int) -> Parts:
        return none if pd.isna(row[column]) else (numbers.measured(f"{scope}.{column}", row[column], decimals, language),)

    digits = outcome.decimals
    if row["status"] != "ok":
        start: tuple[Parts, ...] = (none, none, none)
    else:
        interval = none
        if not (pd.isna(row["conf_low"]) or pd.isna(row["conf_high"])):
            interval = phrase("difference.range", language, low=shown("conf_low", digits)[0], high=shown("conf_high", digits)[0])
        start = (shown("estimate", digits), interval, shown("std_error", digits + 1))
    by_group = (*shown("n_treated", 0), " / ", *shown("n_control", 0))
    return (*start, by_group, shown("n_clusters", 0))
