"""The section on the chain: four questions to each stage, each count with of how many, and what is not evaluated and why."""

from dataclasses import replace
from typing import get_args

import pytest

from kkz_eval.indicators.catalogue import stages
from kkz_eval.indicators.causes import CAUSES, NotMeasured
from kkz_eval.indicators.chain import Further, Reason, StageCoverage
from kkz_eval.indicators.offers import TIES, Answers, Delivered, Offers, StageOffers
from kkz_eval.model.errors import UserError
from kkz_eval.model.texts import Language, Wording
from kkz_eval.reporting import say
from kkz_eval.reporting.build import build_document
from kkz_eval.reporting.disclosure import HIDDEN
from kkz_eval.reporting.document import Figure, Listing, Paragraph, Section, Table, plain
from kkz_eval.reporting.inputs import ReportInputs
from kkz_eval.reporting.sections.chain import chain_section

REASON = Reason(
    {"de": "geringes Geburtsgewicht", "en": "low birth weight"}, "not_measured", NotMeasured("official_tables").said(2012)
)
CHAIN = (
    StageCoverage("birth", delivered=({"de": "Geburten", "en": "Births"},), reasons=(REASON,)),
    StageCoverage(
        "secondary",
        evaluated=("leavers", "visits"),
        further=(
            Further({"de": "Abitur", "en": "Abitur"}),
            Further({"de": "Mittlere Reife", "en": "Middle certificate"}),
            Further({"de": "Wiederholungen", "en": "Repeaters"}, other_level=True),
        ),
    ),
    StageCoverage("context", evaluated=("poverty",)),
)


def section(inputs: ReportInputs, language: Language = "de") -> Section:
    (found,) = chain_section(inputs, language)
    return found


def by_stage(found: Section) -> Table:
    """The table of the answers, which is folded."""
    (folded,) = (part for part in found.sections if part.identifier == "chain-stages")
    (table,) = (block for block in folded.blocks if isinstance(block, Table))
    return table


def rows(found: Section) -> dict[str, list[str]]:
    """The answers of the table by stage."""
    return {plain(row[0]): [plain(cell) for cell in row[1:]] for row in by_stage(found).rows}


def prose(found: Section) -> str:
    return " ".join(plain(block.parts) for block in found.blocks if isinstance(block, Paragraph))


def figure(found: Section) -> Figure:
    (drawn,) = (block for block in found.blocks if isinstance(block, Figure))
    return drawn


def left(found: Section) -> list[str]:
    (reasons,) = (part for part in found.sections if part.identifier == "chain-reasons")
    (listing,) = (block for block in reasons.blocks if isinstance(block, Listing))
    return [plain(item) for item in listing.items]


def test_each_stage_answers_the_four_questions_in_their_order(inputs: ReportInputs) -> None:
    found = section(inputs)
    table = by_stage(found)
    asked = ["Wird etwas angeboten?", "Kommt es an?", "Wird weitergegeben?", "Unterscheiden sich die Ergebnisse?"]
    assert [column.heading for column in table.columns] == ["Station", *asked]
    answers = rows(found)
    assert answers["Schwangerschaft und Geburt"] == [
        "5 von 5 Kommunen; Angebote: 7",
        "21 von hundert Berechtigten (Zahlen: 4 von 5 Kommunen)",
        "Angebote: 1 von 2, die es angeben. Gesundheitsamt und Jugendamt: 3 von 4.",
        "nicht im Plan",
    ]
    assert answers["Weiterführende Schule"][3].startswith(
        "Schulabgänge ohne Abschluss: Unterschied in erwünschter Richtung (Risiko: "
    )
    assert answers["Übergang in Ausbildung und Arbeit"][:3] == [
        "0 von 5 Kommunen; Angebote: 0",
        "kein Angebot genannt",
        "letzte Station",
    ]
    assert answers["Familie und Hilfen zur Erziehung"][1:] == [
        "ohne Zahlen",
        "Angebote: 0 von 1, die es angeben.",
        "Willkommensbesuche: ohne Schätzung",
    ]
    assert answers["Rahmenbedingungen"] == ["–", "–", "–", "Personen in SGB-II-Bedarfsgemeinschaften (Kontext)"]


def test_it_says_of_how_many_that_delivered(inputs: ReportInputs) -> None:
    said = prose(section(inputs))
    assert "Zahlen für 2016 von 5 der 6 Kommunen" in said
    assert "Netzwerk: Zahlen für 2015 von 4 der 6 Kommunen" in said
    assert "Wer nicht geliefert hat, zählt nirgends mit" in said


def test_a_share_that_would_give_a_small_count_away_is_hidden_and_no_bar_drawn(inputs: ReportInputs) -> None:
    found = section(inputs)
    assert rows(found)["Weiterführende Schule"][1] == f"{HIDDEN} von hundert Berechtigten (Zahlen: 1 von 5 Kommunen)"
    shown = section(replace(inputs, smallest_cell=1))
    assert rows(shown)["Weiterführende Schule"][1].startswith("2 von hundert")
    assert figure(shown).svg_wide.count("#dfe6ea") == figure(found).svg_wide.count("#dfe6ea") + 1


def test_without_a_delivery_one_sentence_stands_for_all_and_nothing_is_drawn_as_a_gap(inputs: ReportInputs) -> None:
    for offers in (None, Offers(18, None, None)):
        found = section(replace(inputs, offers=offers))
        assert prose(found).count("liegt keine Lieferung vor") == 1
        assert "chain-stages" not in [part.identifier for part in found.sections]
        assert "von hundert" not in figure(found).alternative_text
        assert "#dfe6ea" not in figure(found).svg_wide


def test_where_the_network_alone_is_delivered_services_are_not_said_to_be_missing_at_the_place(inputs: ReportInputs) -> None:
    stage = StageOffers("birth", Answers(0, 0), 0, None, Answers(0, 0), Answers(1, 2))
    found = section(replace(inputs, offers=Offers(6, None, Delivered(2015, 2), (stage,))))
    assert "Angebote: keine Lieferung." in prose(found)
    assert rows(found)["Schwangerschaft und Geburt"] == [
        "keine Lieferung",
        "keine Lieferung",
        "Angebote: nicht angegeben. Gesundheitsamt und Jugendamt: 1 von 2.",
        "nicht im Plan",
    ]


def test_what_stands_for_the_figure_says_all_that_it_shows(inputs: ReportInputs) -> None:
    said = figure(section(inputs)).alternative_text
    for words in (
        "mit Erreichten von hundert Berechtigten",
        "21 von hundert (Zahlen: 4 von 5 Kommunen)",
        "nicht im Plan",
        "Unterschied in erwünschter Richtung",
        "kein Angebot genannt",
    ):
        assert words in said
    assert "Rahmenbedingungen" not in said


def test_made_up_deliveries_are_said_to_be_that_in_the_figure_though_the_outcomes_are_genuine(inputs: ReportInputs) -> None:
    assert inputs.offers is not None
    drawn = figure(section(replace(inputs, offers=replace(inputs.offers, simulated=True))))
    assert drawn.alternative_text.startswith("Simulierte Daten.")
    assert ">simuliert</text>" in drawn.svg_narrow
    assert ">simuliert</text>" not in figure(section(inputs)).svg_narrow


def test_what_is_not_evaluated_is_told_with_its_reason(inputs: ReportInputs) -> None:
    found = section(replace(inputs, chain=CHAIN, offers=None))
    assert left(found) == [
        "Schwangerschaft und Geburt: Geliefert, ohne Vergleichsgruppe: Geburten. "
        "Nicht auswertbar: geringes Geburtsgewicht (nicht gemessen: Keine amtliche Tabelle der Kreise weist das aus).",
        "Weiterführende Schule: Vorhanden, aber nicht in diesem Plan: Abitur; Mittlere Reife. "
        "Nicht für Kreise vorhanden: Wiederholungen.",
    ]
    assert "Schwangerschaft und Geburt: geringes Geburtsgewicht: nicht gemessen;" in figure(found).alternative_text


def test_the_level_of_the_units_is_that_of_the_plan(inputs: ReportInputs) -> None:
    said = left(section(replace(inputs, chain=CHAIN, level="municipality"), "en"))[1]
    assert said.endswith("Middle certificate. Not at hand for municipalities: Repeaters.")


def test_it_stands_first_of_what_changed_and_only_where_there_is_a_chain(inputs: ReportInputs) -> None:
    bare = replace(inputs, outcomes=(), balance=inputs.balance.iloc[:0], chain=CHAIN[:1], offers=None)
    changed = build_document(bare, "de").sections[3]
    assert [found.identifier for found in changed.sections][:2] == ["chain", "trends"]
    assert chain_section(replace(bare, chain=()), "de") == ()


def test_a_reason_that_claims_too_much_is_refused(inputs: ReportInputs) -> None:
    claim = replace(REASON, because=Wording({"de": "das Programm ohnehin wirkt", "en": "the programme works"}))
    with pytest.raises(UserError, match=r"not_evaluable\.birth"):
        build_document(replace(inputs, chain=(StageCoverage("birth", reasons=(claim,)),)), "de")


@pytest.mark.parametrize("language", get_args(Language))
def test_every_stage_every_tie_and_every_cause_has_its_words(inputs: ReportInputs, language: Language) -> None:
    found = section(replace(inputs, chain=tuple(StageCoverage(stage) for stage in stages())), language)
    assert len(rows(found)) == len(stages())
    assert all(say(f"chain.between.{stage}").in_language(language) for stage in TIES)
    assert len({say(f"chain.cause.{cause}").in_language(language) for cause in CAUSES.values()}) == len(CAUSES) == 5
