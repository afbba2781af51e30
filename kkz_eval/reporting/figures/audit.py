"""The figure of an audit: how often the comparison would find a difference where there is none, by form, comparison and law. No choice of rows."""

from __future__ import annotations

from dataclasses import dataclass

from kkz_eval.model.texts import Language
from kkz_eval.reporting import say
from kkz_eval.reporting.document import Data, Figure, Parts
from kkz_eval.reporting.figures.canvas import Drawing, Page, alternative_text, data_of, drawn
from kkz_eval.reporting.figures.ranges import Heading, Range, alternative_of, ranges_chart
from kkz_eval.reporting.numbers import format_number

CASES_DECIMALS = 1


@dataclass(frozen=True)
class Size:
    """A comparison as it was tried. held: what it holds fixed, in words; law: of the assignments, in words; size: share of them, in [0, 1]; counts: whether
    a verdict looks at it."""

    held: str
    law: str
    size: float
    counts: bool = False


@dataclass(frozen=True)
class Audit:
    """What the figure shows. full: with the years from the start on; blind: on years and units without any programme; level: of the test, in (0, 1).

    simulated: whether it is made up.
    """

    label: str
    full: tuple[Size, ...]
    blind: tuple[Size, ...]
    level: float
    simulated: bool = False


def draw_audit(identifier: str, audit: Audit, caption: Parts, language: Language, source: Parts = ()) -> Figure:
    """The figure of an audit. Raises ValueError without a row."""
    said, data = audit_alternative_text(audit, language), audit_data(audit, language)
    return drawn(identifier, caption, said, lambda page: audit_chart(audit, page, language), language, data=data, source=source)


def audit_chart(audit: Audit, page: Page, language: Language) -> Drawing:
    """A row for each comparison and law, and a line where the test should be. Raises ValueError without a row."""
    unit = say("figures.audit_axis").in_language(language)
    line = (100 * audit.level,)
    return ranges_chart(_headings(audit, language), unit, CASES_DECIMALS, page, audit.simulated, language, lines=line)


def audit_alternative_text(audit: Audit, language: Language) -> str:
    """Every row in words, and where the line stands."""
    rows = alternative_of(_headings(audit, language), CASES_DECIMALS, language)
    level = format_number(100 * audit.level, 0, language)
    said = say("figures.alt_audit", label=audit.label, rows=rows, level=level).in_language(language)
    return alternative_text(said, audit.simulated, language)


def audit_data(audit: Audit, language: Language) -> Data:
    """Every share in full precision."""
    kinds = [("full", each) for each in audit.full] + [("blind", each) for each in audit.blind]
    rows = ((form, each.held, each.law, each.size, audit.level) for form, each in kinds)
    return data_of("audit", dict.fromkeys(("form", "held", "law", "size", "level"), ""), rows, language)


def _headings(audit: Audit, language: Language) -> tuple[Heading, ...]:
    parts = (("figures.audit_full", audit.full), ("figures.audit_blind", audit.blind))
    return tuple(
        Heading(say(key).in_language(language), tuple(_row(each, language) for each in rows)) for key, rows in parts if rows
    )


def _row(size: Size, language: Language) -> Range:
    label = say("figures.audit_row", held=size.held, law=size.law).in_language(language)
    return Range(label, 100 * size.size, decides=size.counts)
