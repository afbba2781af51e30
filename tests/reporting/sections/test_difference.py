"""A report of context only, and sentences that keep a reader from reading too much into a table."""

from collections.abc import Callable
from dataclasses import replace
from typing import get_args

import pytest

from kkz_eval.evaluation.headline import headline_row
from kkz_eval.evaluation.verdict.decide import Verdict
from kkz_eval.model.source_editions import EditionState
from kkz_eval.model.texts import Language
from kkz_eval.reporting.document import Listing, Paragraph, Section, Table, plain
from kkz_eval.reporting.inputs import ReportInputs
from kkz_eval.reporting.sections.difference import difference_section, estimates_sections
from kkz_eval.reporting.sections.key import key_section
from kkz_eval.reporting.sections.source_editions import edition_blocks


def said(section: Section) -> str:
    return " ".join(plain(block.parts) for block in section.blocks if isinstance(block, Paragraph))


@pytest.mark.parametrize(
    ("language", "key", "difference"),
    [
        ("de", "Ein Ergebnis des Programms ist nicht darunter", "Für Kontext weist der Bericht keinen Unterschied aus"),
        ("en", "No outcome of the programme is among them", "For context the report gives no difference"),
    ],
)
def test_a_report_of_context_only_says_so(inputs: ReportInputs, language: Language, key: str, difference: str) -> None:
    context = replace(inputs, outcomes=tuple(outcome for outcome in inputs.outcomes if outcome.role == "context"))
    assert key in said(key_section(context, language))
    found = difference_section(context, language)
    assert difference in said(found)
    assert not any(isinstance(block, Listing) for block in found.blocks)


def test_without_outcomes_nothing_is_said_of_context(inputs: ReportInputs) -> None:
    assert (
        said(key_section(replace(inputs, outcomes=()), "de"))
        == "Der Plan nennt kein primäres Ergebnis; deshalb steht hier kein Befund."
    )


@pytest.mark.parametrize(("language", "day"), [("de", "31.12.2017"), ("en", "31 Dec 2017")])
def test_the_day_of_an_edition_is_written_as_the_language_does(inputs: ReportInputs, language: Language, day: str) -> None:
    edition = EditionState("2017", "2017-12-31", "edition", 1995, 2014, 1060)
    sources = (replace(inputs.sources[0], editions=(edition,)),)
    (table,) = edition_blocks(replace(inputs, sources=sources), language)
    assert isinstance(table, Table)
    assert plain(table.rows[0][1]) == day


@pytest.mark.parametrize("language", get_args(Language))
def test_agreement_of_methods_is_not_called_a_confirmation(inputs: ReportInputs, language: Language) -> None:
    leavers = replace(
        inputs, outcomes=inputs.outcomes[3:4], estimates=inputs.estimates.assign(indicator=inputs.outcomes[3].indicator)
    )
    words = {"de": "keine unabhängige Bestätigung", "en": "not an independent confirmation"}[language]
    assert words in said(estimates_sections(leavers, language)[-1])
    one = leavers.estimates[leavers.estimates["method"] == "twfe"]
    assert words not in said(estimates_sections(replace(leavers, estimates=one), language)[-1])


def _notes(inputs: ReportInputs) -> list[str]:
    sections = estimates_sections(inputs, "de")[0].sections
    return [
        plain(block.parts) for one in sections for block in one.blocks if isinstance(block, Paragraph) and block.kind == "note"
    ]


def test_a_difference_that_is_not_that_of_the_table_is_told_apart(inputs: ReportInputs, verdict: Callable[..., Verdict]) -> None:
    outcome = inputs.outcomes[0]
    row = headline_row(inputs.estimates, outcome.indicator, outcome.earliest_plausible_year, inputs.headline)
    assert row is not None
    for apart, told in ((0.0, False), (0.3, True)):
        found = verdict(estimate=float(row["estimate"]) + apart)
        notes = _notes(replace(inputs, outcomes=(outcome,), verdicts={outcome.indicator: found}))
        assert any("Auch der Unterschied im Text ist der des Urteils" in note for note in notes) is told


def test_two_ranges_of_one_estimate_are_told_apart(inputs: ReportInputs, verdict: Callable[..., Verdict]) -> None:
    outcome = inputs.outcomes[0]
    row = headline_row(inputs.estimates, outcome.indicator, outcome.earliest_plausible_year, inputs.headline)
    assert row is not None
    ranges = {"same": (row["conf_low"], row["conf_high"]), "counted": (row["conf_low"] - 0.2, row["conf_high"] - 0.1)}
    notes = {
        name: _notes(replace(inputs, outcomes=(outcome,), verdicts={outcome.indicator: verdict(interval=interval)}))
        for name, interval in ranges.items()
    }
    assert not any("Der Bereich im Text" in note for note in notes["same"])
    assert any("Der Bereich im Text ist der des Urteils" in note for note in notes["counted"])
