"""Which edition a report is, and what changed since the one before, and why. No comparison of its own (line.edition_changes)."""

from __future__ import annotations

from kkz_eval.model.texts import Language
from kkz_eval.reporting.document import Block, Listing, Paragraph, Parts, Quoted, Section, join, phrase
from kkz_eval.reporting.inputs import CHANGES, EditionInfo, ReportInputs
from kkz_eval.reporting.numbers import count
from kkz_eval.reporting.sections.parts import written_day
from kkz_eval.reporting.traceable import parts_of

VERDICT, *CAUSES = CHANGES


def edition_section(inputs: ReportInputs, language: Language) -> tuple[Section, ...]:
    """Number, day, and where it stands whether it is released; then what changed in the verdicts, and each cause with its sentences. () where nothing is kept."""
    edition = inputs.edition
    if edition is None:
        return ()
    day = Quoted(written_day(edition.day.isoformat(), language))
    status = phrase("edition.never_released" if inputs.simulated else "edition.draft_unless", language)
    blocks: list[Block] = [
        Paragraph(
            join(phrase("edition.which", language, number=count("edition.number", edition.number, language), day=day), status)
        ),
        *(Paragraph(said) for said in since_last(edition, "edition.since", language)),
    ]
    for kind in CHANGES:
        items = tuple(_said(edition, kind, "edition", language))
        if items and kind != VERDICT:  # what changed in the verdicts is said already
            blocks += [Paragraph(phrase(f"edition.because.{kind}", language)), Listing(items)]
    return (Section("edition", phrase("edition.title", language), tuple(blocks)),)


def since_last(edition: EditionInfo, scope: str, language: Language) -> tuple[Parts, ...]:
    """What changed since the edition before in a few sentences, for those who read nothing else: the causes, then each verdict.

    scope: beginning of the identifiers of the numbers.
    """
    if edition.previous is None:
        return (phrase("edition.first" if edition.number == 1 else "edition.none_kept", language),)
    number, day = edition.previous
    shown, then = count(f"{scope}.number", number, language), Quoted(written_day(day.isoformat(), language))
    causes = [kind for kind in CAUSES if any(change.kind == kind for change in edition.changes)]
    words = _listed([phrase(f"edition.cause.{kind}", language) for kind in causes], language)
    verdicts = tuple(_said(edition, VERDICT, scope, language))
    because = (*phrase("edition.cause_intro", language), " ", *words, ".") if causes else phrase("edition.no_cause", language)
    same = () if verdicts else phrase("edition.verdicts_same", language)
    return (join(phrase("edition.compared", language, number=shown, day=then), because, same), *verdicts)


def _said(edition: EditionInfo, kind: str, scope: str, language: Language) -> list[Parts]:
    said = [change.said for change in edition.changes if change.kind == kind]
    return [parts_of(one, f"{scope}.{kind}-{position}", language) for position, one in enumerate(said, start=1)]


def _listed(words: list[Parts], language: Language) -> Parts:
    """Words as a list in a sentence: a, b und c."""
    last = f" {phrase('edition.and', language)[0]} "
    listed: Parts = ()
    for position, word in enumerate(words):
        listed += ((last if position == len(words) - 1 else ", "),) if position else ()
        listed += word
    return listed
