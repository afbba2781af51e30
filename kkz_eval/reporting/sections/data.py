"""The section on data and how the report came about: sources, notices, lock, digests and versions."""

from __future__ import annotations

from kkz_eval.model.texts import Language
from kkz_eval.reporting import say
from kkz_eval.reporting.document import Block, Code, Column, Listing, Paragraph, Parts, Quoted, Section, Table, join, phrase
from kkz_eval.reporting.inputs import ReportInputs, in_language
from kkz_eval.reporting.sections import design
from kkz_eval.reporting.sections.counts import counts_section
from kkz_eval.reporting.sections.deliveries import deliveries_section
from kkz_eval.reporting.sections.edition import edition_section
from kkz_eval.reporting.sections.parts import folded, listed
from kkz_eval.reporting.sections.source_editions import edition_blocks


def data_section(inputs: ReportInputs, language: Language) -> Section:
    """Sources, deliveries, notices, counts, the lock, and where the report comes from."""
    sections = [_sources(inputs, language)]
    if len(inputs.deliveries):
        sections.append(deliveries_section(inputs.deliveries, inputs.dataset_titles, language))
    if inputs.notices:
        items = tuple((Quoted(notice.in_language(language)),) for notice in inputs.notices)
        sections.append(Section("notices", phrase("data.notices", language), (Listing(items),), kind="technical"))
    if inputs.counts is not None and len(inputs.counts):
        sections.append(counts_section(inputs.counts, inputs.smallest_cell, language))
    sections += design.lock_section(inputs, language)
    sections += edition_section(inputs, language)
    sections.append(_origin(inputs, language))
    return Section("data", phrase("sections.data", language), (), tuple(sections))


def _sources(inputs: ReportInputs, language: Language) -> Section:
    by_office: dict[tuple[bool, str, str], list[Parts]] = {}
    for source in inputs.sources:
        title = Quoted(in_language(source.named, language, source.dataset))
        edition = phrase("data.edition", language, edition=Quoted(source.edition)) if source.edition else ()
        by_office.setdefault((source.simulated, source.attribution, source.licence), []).append(join((title,), edition))
    items = tuple(join(_office(*office, language), (*listed(titles), ".")) for office, titles in by_office.items())
    said: tuple[Block, ...] = (Listing(items),) if items else ()
    blocks: list[Block] = []
    columns = tuple(Column(say(f"data.{name}").in_language(language)) for name in ("file", "sha256"))
    for position, source in enumerate(inputs.sources, start=1):
        if source.files:
            used = Quoted(in_language(source.title, language, source.dataset))
            rows = tuple(((Code(name),), (Code(digest),)) for name, digest in source.files)
            blocks.append(Table(f"files-{position}", phrase("data.files_caption", language, title=used), columns, rows))
    files = folded("source-files", phrase("data.source_files", language), (*blocks, *edition_blocks(inputs, language)))
    return Section("sources", phrase("data.sources", language), said, files)


def _office(simulated: bool, attribution: str, licence: str, language: Language) -> Parts:
    """Whose figures they are, as the source of a figure names it, and under which licence."""
    if simulated:
        return phrase("data.simulated", language)
    named = (Quoted(attribution.rstrip(".")), ".") if attribution else ()
    return join(named, phrase("data.licence", language, licence=Quoted(licence)) if licence else ())


def _origin(inputs: ReportInputs, language: Language) -> Section:
    blocks: list[Block] = [Paragraph(phrase("data.origin_intro", language))]
    for name, column, entries in (("digests", "digest", inputs.digests), ("versions", "version", inputs.versions)):
        if entries:
            rows = tuple(
                ((say(f"data.{key}").in_language(language) if key in ("plan", "code") else Code(key),), (Code(value),))
                for key, value in entries.items()
            )
            columns = (Column(say("data.item").in_language(language)), Column(say(f"data.{column}").in_language(language)))
            blocks.append(Table(f"{name}-table", phrase(f"data.{name}_caption", language), columns, rows))
    return Section("origin", phrase("data.origin", language), tuple(blocks), kind="technical")
