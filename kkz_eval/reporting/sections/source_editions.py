"""The editions of the sources, since when each is known, and what changed between them. No other part of the section on data."""

from __future__ import annotations

from collections.abc import Iterator

from kkz_eval.model.source_editions import EditionState
from kkz_eval.model.texts import Language
from kkz_eval.reporting import say
from kkz_eval.reporting.document import Block, Code, Column, Parts, Quoted, Table, phrase
from kkz_eval.reporting.inputs import OutcomeInfo, ReportInputs, in_language
from kkz_eval.reporting.numbers import count, decimals_that_show, measured, year
from kkz_eval.reporting.sections.parts import written_day


def edition_blocks(inputs: ReportInputs, language: Language) -> Iterator[Block]:
    """A table of the accepted editions of each source, then one of the largest revisions of each outcome."""
    for position, source in enumerate(inputs.sources, start=1):
        if source.editions:
            title = Quoted(in_language(source.title, language, source.dataset))
            rows = tuple(
                _edition_row(f"editions-{position}-{number}", edition, language)
                for number, edition in enumerate(source.editions, start=1)
            )
            caption = phrase("data.editions_caption", language, title=title)
            yield Table(f"editions-{position}", caption, _edition_columns(language), rows)
    for outcome in inputs.outcomes:
        if (inputs.revisions["indicator"] == outcome.indicator).any():
            yield _revisions(inputs, outcome, language)


def _edition_columns(language: Language) -> tuple[Column, ...]:
    texts = tuple(
        Column(say(f"data.{name}").in_language(language)) for name in ("edition_column", "known_day", "known_by", "years")
    )
    return (*texts, Column(say("data.n_values").in_language(language), "number"), Column(say("data.flags").in_language(language)))


def _edition_row(identifier: str, edition: EditionState, language: Language) -> tuple[Parts, ...]:
    by = say(f"data.known_by_{edition.known_by}").in_language(language) if edition.known_by else "–"
    flags = ", ".join(f"{flag}: {number}" for flag, number in edition.flags) or "–"
    return (
        (Quoted(edition.edition) if edition.edition else say("data.no_edition").in_language(language),),
        (Code(written_day(edition.known_day, language)) if edition.known_day else "–",),
        (by,),
        (year(f"{identifier}-first", edition.first_year), "–\u2060", year(f"{identifier}-last", edition.last_year)),
        (count(f"{identifier}-n", edition.n_values, language),),
        (Code(flags),),
    )


def _revisions(inputs: ReportInputs, outcome: OutcomeInfo, language: Language) -> Table:
    rows = inputs.revisions[inputs.revisions["indicator"] == outcome.indicator]
    label = Quoted(in_language(outcome.label, language, outcome.indicator))
    names = (("unit_name", "text"), ("year", "number"), ("older", "text"), ("newer", "text"))
    numbers = tuple((name, "number") for name in ("value_older", "value_newer", "difference"))
    columns = tuple(Column(say(f"data.{name}").in_language(language), align) for name, align in (*names, *numbers))
    shown: list[tuple[Parts, ...]] = []
    for number, row in enumerate(rows.to_dict("records"), start=1):
        identifier = f"revision-{outcome.indicator}-{number}"
        values = tuple(float(row[name]) for name, _ in numbers)
        decimals = decimals_that_show(values, outcome.decimals)
        cells = tuple(
            (measured(f"{identifier}-{name}", value, decimals, language),)
            for (name, _), value in zip(numbers, values, strict=True)
        )
        texts = ((Quoted(str(row["unit_name"])),), (year(f"{identifier}-year", row["year"]),))
        shown.append((*texts, (Quoted(str(row["older"])),), (Quoted(str(row["newer"])),), *cells))
    return Table(f"revisions-{outcome.indicator}", phrase("data.revisions_caption", language, label=label), columns, tuple(shown))
