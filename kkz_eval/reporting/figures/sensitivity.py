"""The figure of sensitivity: each unit left out in turn, and what trends that differ could do. Draws what it is given: no choice of rows."""

from __future__ import annotations

from dataclasses import dataclass

from kkz_eval.model.texts import Language
from kkz_eval.reporting import say
from kkz_eval.reporting.document import Cell, Data, Figure, Parts
from kkz_eval.reporting.figures.canvas import Drawing, Page, alternative_text, data_of, drawn
from kkz_eval.reporting.figures.ranges import Heading, Range, alternative_of, ranges_chart
from kkz_eval.reporting.numbers import decimals_that_show, format_number


@dataclass(frozen=True)
class LeftOut:
    """The deciding estimate without one unit, whose name is not told: a report has no result of a single place."""

    estimate: float
    low: float
    high: float


@dataclass(frozen=True)
class Bound:
    """The range that holds if trends differed. kind: relative (to what they differed by before the start) | smooth (bend per year);
    size: of what is allowed for; low, high: None where there is no range."""

    kind: str
    size: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Sensitivity:
    """What the figure shows. decides: the row on which the verdict rests; target: of the bounds, in words; simulated: whether it is made up."""

    label: str
    unit: str
    decimals: int
    decides: Range
    left_out: tuple[LeftOut, ...]
    bounds: tuple[Bound, ...]
    target: str
    simulated: bool = False


def draw_sensitivity(identifier: str, shown: Sensitivity, caption: Parts, language: Language, source: Parts = ()) -> Figure:
    """The figure of sensitivity. Raises ValueError where there is no number."""
    said = sensitivity_alternative_text(shown, language)
    data = sensitivity_data(shown, language)
    return drawn(
        identifier, caption, said, lambda page: sensitivity_chart(shown, page, language), language, data=data, source=source
    )


def sensitivity_chart(shown: Sensitivity, page: Page, language: Language) -> Drawing:
    """The figure as a chart. Raises ValueError where there is no number."""
    return ranges_chart(_headings(shown, language), shown.unit, shown.decimals, page, shown.simulated, language)


def sensitivity_alternative_text(shown: Sensitivity, language: Language) -> str:
    """Every row in words, in the order drawn; of what is left out in turn how far the estimates reach."""
    rows = alternative_of(_headings(shown, language), shown.decimals, language)
    said = say("figures.alt_sensitivity", label=shown.label, unit=shown.unit, rows=rows).in_language(language)
    return alternative_text(said, shown.simulated, language)


def sensitivity_data(shown: Sensitivity, language: Language) -> Data:
    """Every estimate and range."""
    rows: list[tuple[Cell, ...]] = [("decides", None, shown.decides.estimate, shown.decides.low, shown.decides.high)]
    rows += [("without_one", None, each.estimate, each.low, each.high) for each in shown.left_out]
    rows += [(each.kind, each.size, None, each.low, each.high) for each in shown.bounds]
    units = {"kind": "", "allowed": "", "estimate": shown.unit, "conf_low": shown.unit, "conf_high": shown.unit}
    return data_of("sensitivity", units, rows, language)


def _headings(shown: Sensitivity, language: Language) -> tuple[Heading, ...]:
    first = Heading(say("figures.as_decided").in_language(language), (shown.decides,))
    headings = [first]
    if shown.left_out:
        low, high = (
            format_number(end, shown.decimals, language)
            for end in (min(each.estimate for each in shown.left_out), max(each.estimate for each in shown.left_out))
        )
        row = Range(
            say("figures.without_one_row", n=len(shown.left_out)).in_language(language),
            low=min(each.low for each in shown.left_out),
            high=max(each.high for each in shown.left_out),
            points=tuple(sorted(each.estimate for each in shown.left_out)),
            words=say("figures.low_to_high", low=low, high=high).in_language(language),
        )
        headings.append(Heading(say("figures.without_one").in_language(language), (row,)))
    for kind in ("relative", "smooth"):
        of_kind = tuple(_bound(each, shown, language) for each in shown.bounds if each.kind == kind)
        if of_kind:
            title = say(f"figures.bounds_{kind}", target=shown.target).in_language(language)
            headings.append(Heading(title, of_kind))
    return tuple(headings)


def _bound(bound: Bound, shown: Sensitivity, language: Language) -> Range:
    digits = 1 if bound.kind == "relative" else decimals_that_show((bound.size,), shown.decimals)
    key = "figures.bound_none" if bound.size == 0 else f"figures.bound_{bound.kind}"
    label = say(key, size=format_number(bound.size, digits, language), unit=shown.unit).in_language(language)
    words = "" if bound.low is not None and bound.high is not None else say("figures.no_range").in_language(language)
    return Range(label, low=bound.low, high=bound.high, words=words)
