"""The specification curve: every estimate of an outcome, the unfavourable ones too, with the text that stands for it. No choice of rows."""

from __future__ import annotations

from dataclasses import dataclass

from kkz_eval.model.texts import Language
from kkz_eval.reporting import say
from kkz_eval.reporting.document import Data, Figure, Parts
from kkz_eval.reporting.figures.canvas import Drawing, Page, alternative_text, data_of, drawn
from kkz_eval.reporting.figures.ranges import Heading, Range, alternative_of, ranges_chart


@dataclass(frozen=True)
class Specified:
    """An estimate of the curve. key: name of the estimator or specification; unit: of an estimate on another scale, "" for that of the outcome,
    whose numbers stand in words then: they have no place on the axis."""

    key: str
    row: Range
    estimate: float | None
    low: float | None
    high: float | None
    unit: str = ""


@dataclass(frozen=True)
class SpecificationCurve:
    """What the figure shows, in the order of the plan, never by size: methods, then the same question asked otherwise.

    simulated: whether it is made up.
    """

    label: str
    unit: str
    decimals: int
    methods: tuple[Specified, ...]
    specifications: tuple[Specified, ...]
    simulated: bool = False


def draw_specification_curve(
    identifier: str, curve: SpecificationCurve, caption: Parts, language: Language, source: Parts = ()
) -> Figure:
    """The specification curve. Raises ValueError where no estimate has a number."""
    said = specification_curve_alternative_text(curve, language)
    return drawn(
        identifier,
        caption,
        said,
        lambda page: specification_curve_chart(curve, page, language),
        language,
        data=specification_curve_data(curve, language),
        source=source,
    )


def specification_curve_chart(curve: SpecificationCurve, page: Page, language: Language) -> Drawing:
    """The curve as a chart: a row for each estimate, the deciding one filled. Raises ValueError where no estimate has a number."""
    return ranges_chart(_headings(curve, language), curve.unit, curve.decimals, page, curve.simulated, language)


def specification_curve_alternative_text(curve: SpecificationCurve, language: Language) -> str:
    """Every estimate with its range in words, in the order drawn."""
    rows = alternative_of(_headings(curve, language), curve.decimals, language)
    said = say("figures.alt_specifications", label=curve.label, unit=curve.unit, rows=rows).in_language(language)
    return alternative_text(said, curve.simulated, language)


def specification_curve_data(curve: SpecificationCurve, language: Language) -> Data:
    """Every estimate with its range and its unit."""
    kinds = [("method", each) for each in curve.methods] + [("specification", each) for each in curve.specifications]
    rows = (
        (kind, each.key, each.row.label, int(each.row.decides), each.estimate, each.low, each.high, each.unit or curve.unit)
        for kind, each in kinds
    )
    columns = ("kind", "key", "name", "decides", "estimate", "conf_low", "conf_high", "unit")
    return data_of("specifications", dict.fromkeys(columns, ""), rows, language)


def _headings(curve: SpecificationCurve, language: Language) -> tuple[Heading, ...]:
    parts = (("figures.methods_of_plan", curve.methods), ("figures.asked_otherwise", curve.specifications))
    return tuple(Heading(say(key).in_language(language), tuple(each.row for each in rows)) for key, rows in parts if rows)
