"""The figure of an official series, with its breaks by letter. No values of its own, no pages."""

from __future__ import annotations

from string import ascii_uppercase

from kkz_eval.indicators.catalogue import Break
from kkz_eval.line import say
from kkz_eval.line.indicator_entries import OfficialSeries
from kkz_eval.model.texts import Language
from kkz_eval.reporting.document import Figure
from kkz_eval.reporting.figures.spread import Spread, SpreadYear, draw_spread
from kkz_eval.reporting.figures.trend import Mark


def series_figure(series: OfficialSeries, language: Language) -> Figure | None:
    """The figure of a series; None where too few units have a value in every year."""
    if all(one.middle is None and one.whole is None for one in series.years):
        return None
    indicator = series.indicator
    spread = Spread(
        indicator.label[language],
        indicator.unit[language],
        indicator.decimals,
        tuple(SpreadYear(one.year, one.low, one.middle, one.high, one.whole) for one in series.years),
        tuple(Mark(one.year, one.text[language], letter) for letter, one in lettered(series)),
        series.simulated,
    )
    key = "figure_with_whole" if series.has_whole else "figure"
    caption = say(f"indicator.{key}", units=series.units).in_language(language)
    return draw_spread(f"series.{indicator.id}.{series.source.contract.id}.{series.level}", spread, (caption,), language)


def lettered(series: OfficialSeries) -> tuple[tuple[str, Break], ...]:
    """The breaks that a series passes, each with its letter in the figure."""
    return tuple(zip(ascii_uppercase, series.breaks, strict=False))
