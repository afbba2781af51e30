"""The appendix: all estimates, the checklist of TREND with where each item stands, the words explained. Nothing here that a reader must know.

TREND: Des Jarlais, Lyles and Crepaz (2004), American Journal of Public Health 94(3), the 22 items for studies without drawing lots.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from kkz_eval.model.texts import Language
from kkz_eval.reporting import claims, numbers, say
from kkz_eval.reporting.document import (
    Column,
    Paragraph,
    Parts,
    Reference,
    Section,
    Table,
    identifiers,
    phrase,
    plain,
    texts_of_section,
)
from kkz_eval.reporting.glossary import words
from kkz_eval.reporting.inputs import ReportInputs
from kkz_eval.reporting.sections.difference import estimates_sections

TREND: Mapping[str, tuple[str, ...]] = {
    "title_and_abstract": ("key",),
    "background": ("studied-mechanisms", "studied"),
    "participants": ("group-treated", "studied"),
    "interventions": ("chain-table",),
    "objectives": ("studied",),
    "outcomes": ("outcomes-table",),
    "sample_size": ("power.figure", "strength"),
    "assignment": ("limits",),
    "blinding": ("lock",),
    "unit_of_analysis": ("studied",),
    "statistical_methods": ("appendix-methods",),
    "participant_flow": ("group-left_out", "deliveries"),
    "recruitment": ("studied",),
    "baseline_data": ("balance.table",),
    "baseline_equivalence": (claims.BALANCE_FIGURE,),
    "numbers_analyzed": ("difference",),
    "outcomes_and_estimation": ("difference",),
    "ancillary_analyses": ("robustness-table",),
    "adverse_events": (),
    "interpretation": ("limits",),
    "generalizability": ("limits",),
    "overall_evidence": (),
}
"""Each item, in the order of the statement, and where it stands: the first of these places that a report has; () where no report says it."""


def appendix_section(inputs: ReportInputs, before: Sequence[Section], language: Language) -> Section:
    """What is looked up. before: the sections of the report so far, in which the items and the words are found."""
    title, intro = phrase("sections.appendix", language), (Paragraph(phrase("appendix.intro", language)),)
    estimates = Section("appendix", title, intro, estimates_sections(inputs, language))
    found = (*before, estimates)
    return replace(estimates, sections=(*estimates.sections, _checklist(found, language), *_glossary(found, language)))


def _checklist(sections: Sequence[Section], language: Language) -> Section:
    titles = {place: plain(section.title) for section in sections for place in identifiers(section)}
    rows: list[tuple[Parts, ...]] = []
    for number, (item, places) in enumerate(TREND.items(), start=1):
        place = next((place for place in places if place in titles), None)
        where: Parts = phrase("trend.nowhere", language) if place is None else (Reference(place, titles[place]),)
        asked = say(f"trend.items.{item}").in_language(language)
        rows.append(((numbers.count(f"trend.{number}", number, language),), (asked,), where))
    told = sum(isinstance(row[2][0], Reference) for row in rows)
    counts = {name: numbers.count(f"trend.{name}", n, language) for name, n in (("told", told), ("of", len(rows)))}
    columns = tuple(Column(say(f"trend.{name}").in_language(language)) for name in ("number", "item", "place"))
    table = Table("trend-table", phrase("trend.caption", language, **counts), columns, tuple(rows))
    return Section(
        "trend", phrase("trend.title", language), (Paragraph(phrase("trend.intro", language)), table), kind="technical"
    )


def _glossary(sections: Sequence[Section], language: Language) -> tuple[Section, ...]:
    """The words that occur in the report, in the order of the alphabet; () where none does."""
    said = " ".join(text for section in sections for text in texts_of_section(section)).casefold().replace("\u00ad", "")
    used = [word for word in words(language) if word.occurs_in(said, language)]
    if not used:
        return ()
    rows = tuple(((word.term.in_language(language),), (word.meaning.in_language(language),)) for word in used)
    columns = tuple(Column(say(f"glossary.{name}").in_language(language)) for name in ("word", "explained"))
    table = Table("glossary-table", phrase("glossary.caption", language), columns, rows)
    return (Section("glossary", phrase("glossary.title", language), (table,), kind="technical"),)
