"""From inputs to the document and the page: which sections a report has, in which order, and the check of its texts. No wording."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from kkz_eval.model.texts import Language
from kkz_eval.reporting import claims, say
from kkz_eval.reporting.document import Code, Document, Paragraph, Quoted, Section, join, phrase
from kkz_eval.reporting.downloads import NO_DOWNLOADS, Downloads
from kkz_eval.reporting.inputs import EditionInfo, ReportInputs, in_language
from kkz_eval.reporting.render_html import Link, render_html
from kkz_eval.reporting.render_typst import Imprint, render_front_pdf, render_pdf
from kkz_eval.reporting.sections.appendix import appendix_section
from kkz_eval.reporting.sections.changed import changed_section
from kkz_eval.reporting.sections.comparable import comparable_section
from kkz_eval.reporting.sections.data import data_section
from kkz_eval.reporting.sections.difference import difference_section
from kkz_eval.reporting.sections.front import front_of
from kkz_eval.reporting.sections.key import key_section
from kkz_eval.reporting.sections.limits import limits_section
from kkz_eval.reporting.sections.parts import written_day
from kkz_eval.reporting.sections.robustness import robustness_section
from kkz_eval.reporting.sections.strength import strength_section
from kkz_eval.reporting.sections.studied import studied_section


def build_document(inputs: ReportInputs, language: Language) -> Document:
    """The report in one language.

    Raises UserError where a text is missing in the language or a text of the plan claims too much; ForbiddenClaimError
    where the finished document does.
    """
    names = tuple(sorted({str(name) for name in inputs.groups["name"]}))
    claims.check_texts(dict(_given_texts(inputs, language)), names)
    document = Document(
        language=language,
        title=(Quoted(in_language(inputs.title, language, "title")),),
        subtitle=phrase("document.subtitle", language, plan=Code(inputs.plan_id)),
        banner=_banner(inputs, language),
        sections=_sections(inputs, language),
        front=front_of(inputs, language),
    )
    claims.check_document(document, names)
    return document


def _sections(inputs: ReportInputs, language: Language) -> tuple[Section, ...]:
    """The ten sections, in the order in which a reader asks."""
    before = (
        key_section(inputs, language),
        studied_section(inputs, language),
        comparable_section(inputs, language),
        changed_section(inputs, language),
        difference_section(inputs, language),
        robustness_section(inputs, language),
        strength_section(inputs, language),
        limits_section(inputs, language),
        data_section(inputs, language),
    )
    return (*before, appendix_section(inputs, before, language))


def _banner(inputs: ReportInputs, language: Language) -> Paragraph | None:
    """What stands above a report of figures that are made up: in the words of the plan, where it has any."""
    if not inputs.simulated:
        return None
    own = inputs.texts.get("simulated")
    said = phrase("document.simulated_figures", language) if own is None else (Quoted(in_language(own, language, "simulated")),)
    return Paragraph(join(phrase("document.simulated", language), said), "banner")


def render(
    document: Document,
    downloads: Downloads = NO_DOWNLOADS,
    papers: Sequence[str] = (),
    others: Mapping[Language, str] | None = None,
) -> str:
    """The document as one self-contained HTML page. downloads: what lies beside it; papers: names of the PDF beside it, the whole first;
    others: names of the pages in other languages."""
    kinds = ("whole", "front")
    texts = (say(f"document.papers.{kind}").in_language(document.language) for kind in kinds)
    translated = (
        Link(name, say("document.in_this_language").in_language(language), language) for language, name in (others or {}).items()
    )
    return render_html(document, downloads, (*map(Link, papers, texts), *translated))


def render_papers(document: Document, edition: EditionInfo) -> tuple[bytes, bytes | None]:
    """The document as PDF, and its front page as one of its own; None where it has none."""
    line = say("paper.edition", number=edition.number, day=written_day(edition.day.isoformat(), document.language))
    imprint = Imprint(edition.day, line.in_language(document.language), edition.publisher)
    return render_pdf(document, imprint), None if document.front is None else render_front_pdf(document, imprint)


def _given_texts(inputs: ReportInputs, language: Language) -> Iterator[tuple[str, str]]:
    yield "title", in_language(inputs.title, language, "title")
    for key, local in sorted(inputs.texts.items()):
        yield f"texts.{key}", in_language(local, language, f"texts.{key}")
    for outcome in inputs.outcomes:
        where = f"outcomes.{outcome.indicator}"
        for name, local in (("label", outcome.label), ("unit", outcome.unit), ("difference_unit", outcome.difference_unit)):
            yield f"{where}.{name}", in_language(local, language, f"{where}.{name}")
        if outcome.mechanism is not None:
            yield f"{where}.mechanism", in_language(outcome.mechanism, language, f"{where}.mechanism")
        for year, local in outcome.breaks:
            yield f"{where}.breaks.{year}", in_language(local, language, f"{where}.breaks.{year}")
    for source in inputs.sources:
        yield f"sources.{source.dataset}.title", in_language(source.title, language, f"sources.{source.dataset}.title")
    for position, said in enumerate(inputs.conformity, start=1):
        yield f"conformity.{position}", said.in_language(language)
    if inputs.published is not None:
        yield "published", inputs.published.in_language(language)
    for stage in inputs.chain:
        for row in stage.reasons:
            yield f"not_evaluable.{stage.stage}", f"{row.subject[language]}: {row.because.in_language(language)}"
    for position, notice in enumerate(inputs.notices, start=1):
        yield f"notices.{position}", notice.in_language(language)
    if inputs.edition is not None:
        yield from (
            ("publisher", inputs.edition.publisher),
            ("contact", inputs.edition.contact),
        )  # who is named there wants to be
        for position, change in enumerate(inputs.edition.changes, start=1):
            yield f"edition.changes.{position}", change.said.in_language(language)
