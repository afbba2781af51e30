"""The section on what changed: both groups' means by year, with starts and breaks. No comparison."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from kkz_eval.model.texts import Language
from kkz_eval.reporting import numbers, say, wording
from kkz_eval.reporting.document import Block, Figure, Paragraph, Quoted, Section, phrase
from kkz_eval.reporting.figures.trend import Line, Mark, Trend, draw_trend
from kkz_eval.reporting.inputs import OutcomeInfo, ReportInputs, in_language
from kkz_eval.reporting.sections.chain import chain_section
from kkz_eval.reporting.sections.parts import folded, is_simulated, label_of, of_role, scope_of, source_of
from kkz_eval.reporting.sections.prevention import prevention_section

SHOWN, FOLDED = ("primary",), ("secondary", "context")  # roles


def changed_section(inputs: ReportInputs, language: Language) -> Section:
    """A figure of both groups for each outcome, with the breaks of its series."""
    trends, others = (
        tuple(_changed_outcome(inputs, outcome, language) for outcome in of_role(inputs, *roles)) for roles in (SHOWN, FOLDED)
    )
    folds = folded("trends-others", phrase("changed.others", language), (), others)
    return Section(
        "changed",
        phrase("sections.changed", language),
        (),
        (
            *chain_section(inputs, language),
            Section(
                "trends", phrase("sections.trends", language), (Paragraph(phrase("changed.intro", language)),), (*trends, *folds)
            ),
            *prevention_section(inputs, language),
        ),
    )


def _changed_outcome(inputs: ReportInputs, outcome: OutcomeInfo, language: Language) -> Section:
    scope = scope_of("changed", inputs, outcome)
    label = label_of(outcome, language)
    blocks: list[Block] = []
    if outcome.role == "context":
        blocks.append(Paragraph(phrase("changed.context", language), "context"))
    figure = trend_figure(inputs, outcome, language)
    blocks.append(Paragraph(phrase("changed.no_values", language, label=label)) if figure is None else figure)
    return Section(scope, (label,), tuple(blocks))


def trend_figure(inputs: ReportInputs, outcome: OutcomeInfo, language: Language) -> Figure | None:
    """The figure of what changed in both groups; None where there is no value."""
    scope, label, trend = scope_of("changed", inputs, outcome), label_of(outcome, language), trend_of(inputs, outcome, language)
    if all(value is None for line in trend.lines for value in line.values):
        return None
    caption = phrase("changed.caption", language, label=label, unit=Quoted(trend.unit))
    letters = tuple(
        phrase(
            "changed.break",
            language,
            letter=mark.letter,
            year=numbers.year(f"{scope}.break-{mark.letter}", mark.year),
            label=Quoted(mark.label),
        )
        for mark in trend.breaks
    )
    drawn = draw_trend(f"{scope}.figure", trend, caption, language, source_of(inputs, [outcome], language))
    return replace(drawn, letters=letters)


def trend_of(inputs: ReportInputs, outcome: OutcomeInfo, language: Language) -> Trend:
    """What the trend figure of an outcome shows: unweighted means by group and year of the window, starts in it, breaks between its years."""
    first, last = outcome.window
    lines = [
        Line(
            say(f"figures.{group}").in_language(language),
            say(f"figures.{group}_broken").in_language(language),
            tuple(
                None if pd.isna(value) else float(value)
                for value in wording.group_means(inputs.panel, inputs.groups, outcome, group)
            ),
        )
        for group in ("treated", "reference")
    ]
    inside = [
        (year, in_language(local, language, outcome.indicator))
        for year, local in sorted(outcome.breaks, key=lambda item: item[0])
        if first < year <= last  # as the verdict counts them: before its first year there is nothing to compare
    ]
    return Trend(
        label=in_language(outcome.label, language, outcome.indicator),
        unit=in_language(outcome.unit, language, outcome.indicator),
        decimals=outcome.decimals,
        years=tuple(range(first, last + 1)),
        lines=(lines[0], lines[1]),
        starts=tuple(
            Mark(cohort, say("figures.start_year").in_language(language), "")
            for cohort in sorted(inputs.treated_cohorts)
            if first <= cohort <= last
        ),
        breaks=tuple(Mark(year, label, _letter(position)) for position, (year, label) in enumerate(inside)),
        simulated=is_simulated(inputs, outcome),
    )


def _letter(position: int) -> str:
    return chr(ord("A") + position) if position < 26 else _letter(position // 26 - 1) + _letter(position % 26)
