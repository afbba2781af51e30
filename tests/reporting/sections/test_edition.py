"""A report says which edition it is, what changed since the one before, and why; and where nothing is known of that, it says so."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from kkz_eval.line import say
from kkz_eval.model.texts import Language, Wording
from kkz_eval.reporting.build import build_document, render
from kkz_eval.reporting.document import Listing, plain
from kkz_eval.reporting.inputs import Change, EditionInfo, ReportInputs
from kkz_eval.reporting.sections.edition import edition_section, since_last
from kkz_eval.reporting.sections.parts import written_day

LABEL = Wording({"de": "Schulabgänge", "en": "School leavers"})
CHANGES = (
    Change(
        "verdict", say("editions.verdict_new", label=LABEL, now=Wording({"de": "nicht vergleichbar", "en": "not comparable"}))
    ),
    Change("data", say("editions.states")),
    Change("plan", say("editions.plan_key", path="outcomes[x].window", before="2006, 2018", now="2006, 2019")),
    Change("code", say("editions.version", name="pandas", before="2.2", now="3.0")),
)
FIRST = EditionInfo(1, date(2026, 1, 2))
LATER = EditionInfo(3, date(2027, 3, 1), previous=(2, date(2026, 1, 2)), changes=CHANGES)


def told(edition: EditionInfo, language: Language) -> list[str]:
    return [plain(said) for said in since_last(edition, "front.since", language)]


def test_without_an_edition_nothing_is_said_of_one(inputs: ReportInputs) -> None:
    assert edition_section(inputs, "de") == ()


def test_the_first_edition_says_that_it_is_the_first() -> None:
    assert told(FIRST, "de") == ["Dies ist die erste Ausgabe."]
    assert told(FIRST, "en") == ["This is the first edition."]


def test_a_later_one_whose_earlier_ones_are_gone_does_not_call_itself_the_first() -> None:
    assert told(replace(FIRST, number=2), "de") == [
        "Frühere Ausgaben sind nicht mehr da; was sich seither geändert hat, lässt sich nicht sagen."
    ]


def test_a_later_edition_says_with_which_it_is_compared_why_it_differs_and_which_verdicts_changed() -> None:
    assert told(LATER, "de") == [
        f"Verglichen ist mit der Ausgabe 2 vom {written_day('2026-01-02', 'de')}. Seither geändert: die Daten, der Plan und die Software.",
        "„Schulabgänge“: Das Urteil lautet „nicht vergleichbar“; davor gab es keines.",
    ]


def test_verdicts_that_stayed_are_said_to_have_stayed() -> None:
    (said,) = told(replace(LATER, changes=CHANGES[3:]), "de")
    assert said.endswith("Seither geändert: die Software. Die Urteile sind dieselben geblieben.")


def test_where_no_cause_is_found_the_report_says_so() -> None:
    (said,) = told(replace(LATER, changes=()), "en")
    assert "in none of the particulars that are compared" in said


@pytest.mark.parametrize("language", ["de", "en"])
def test_the_whole_report_lists_every_change_under_its_cause_and_passes_the_lint(
    inputs: ReportInputs, language: Language
) -> None:
    document = build_document(replace(inputs, edition=LATER), language)
    (section,) = edition_section(replace(inputs, edition=LATER), language)
    items = [plain(item) for block in section.blocks if isinstance(block, Listing) for item in block.items]
    assert items == [change.said.in_language(language) for change in CHANGES[1:]]
    assert written_day("2026-01-02", language) in render(document)
