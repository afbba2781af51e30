"""The section on the chain from birth to work: each stage says what is evaluated, what is not, and why."""

from dataclasses import replace
from typing import get_args

import pytest

from kkz_eval.indicators.catalogue import stages
from kkz_eval.indicators.causes import NotMeasured
from kkz_eval.indicators.chain import Further, Reason, StageCoverage
from kkz_eval.model.errors import UserError
from kkz_eval.model.texts import Language, Wording
from kkz_eval.reporting.build import build_document
from kkz_eval.reporting.document import Listing, Section, plain
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
            Further({"de": "Mittlere Reife", "en": "Middle certificate"}, from_year=2016),
            Further({"de": "Wiederholungen", "en": "Repeaters"}, other_level=True),
        ),
    ),
    StageCoverage("context", evaluated=("poverty",)),
)


def section(inputs: ReportInputs, language: Language) -> Section:
    (found,) = chain_section(replace(inputs, chain=CHAIN), language)
    return found


def items(found: Section) -> list[str]:
    (listing,) = (block for block in found.blocks if isinstance(block, Listing))
    return [plain(item) for item in listing.items]


def test_each_stage_says_what_is_evaluated_and_what_is_not(inputs: ReportInputs) -> None:
    assert items(section(inputs, "de")) == [
        "Schwangerschaft und Geburt: Nichts ausgewertet. Geliefert, ohne Vergleichsgruppe: Geburten. "
        "Nicht auswertbar: geringes Geburtsgewicht (nicht gemessen: Keine amtliche Tabelle der Kreise weist das aus).",
        "Weiterführende Schule: Ausgewertet: Schulabgänge ohne Abschluss; Willkommensbesuche (ohne Schätzung). "
        "Vorhanden, aber nicht in diesem Plan: Abitur; Mittlere Reife (Reihe beginnt 2016). "
        "Nicht für Kreise vorhanden: Wiederholungen.",
        "Rahmenbedingungen: Ausgewertet: Personen in SGB-II-Bedarfsgemeinschaften (Kontext).",
    ]


def test_the_level_of_the_units_is_that_of_the_plan(inputs: ReportInputs) -> None:
    said = items(section(replace(inputs, level="municipality"), "en"))[1]
    assert said.endswith("Middle certificate (series begins in 2016). Not at hand for municipalities: Repeaters.")


def test_it_stands_before_what_the_report_does_not_show_and_only_where_there_is_a_chain(inputs: ReportInputs) -> None:
    bare = replace(inputs, outcomes=(), balance=inputs.balance.iloc[:0], chain=CHAIN[:1])
    order = [found.identifier for found in build_document(bare, "de").sections]
    assert order.index("difference") < order.index("chain") < order.index("limits")
    assert chain_section(replace(bare, chain=()), "de") == ()


def test_a_reason_that_claims_too_much_is_refused(inputs: ReportInputs) -> None:
    claim = replace(REASON, because=Wording({"de": "das Programm ohnehin wirkt", "en": "the programme works"}))
    with pytest.raises(UserError, match=r"not_evaluable\.birth"):
        build_document(replace(inputs, chain=(StageCoverage("birth", reasons=(claim,)),)), "de")


@pytest.mark.parametrize("language", get_args(Language))
def test_every_stage_has_a_name(inputs: ReportInputs, language: Language) -> None:
    (found,) = chain_section(replace(inputs, chain=tuple(StageCoverage(stage) for stage in stages())), language)
    assert len(set(items(found))) == len(stages())
