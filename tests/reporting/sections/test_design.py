"""The report names references with distances, balance after weighting, what levels alone let expect, and the lock, in both languages."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from kkz_eval.model.texts import Wording
from kkz_eval.reporting.build import build_document, render
from kkz_eval.reporting.claims import ForbiddenTextError
from kkz_eval.reporting.document import Listing, Paragraph, Section, Table, identifiers, plain
from kkz_eval.reporting.inputs import DesignInfo
from kkz_eval.reporting.sections.comparable import comparable_section
from kkz_eval.reporting.sections.data import data_section

CONFORMITY = (
    Wording({"de": "Der Plan weicht in 1 Punkten ab.", "en": "The plan deviates in 1 points."}),
    Wording({"de": "seed: festgelegt war 1, jetzt steht da 2.", "en": "seed: locked was 1, now it says 2."}),
)


@pytest.fixture
def design(inputs) -> DesignInfo:
    names = {"unit_name": "Kreis Alba 1", "matched": True}
    references = pd.DataFrame(
        [
            {**names, "reference_name": "Kreis Brun 2", "rank": 1, "distance": 0.4249},
            {**names, "reference_name": "Kreis Brun 5", "rank": 2, "distance": 1.0, "matched": False},
        ]
    )
    synthetic = pd.DataFrame(
        [
            {"unit_name": "Kreis Alba 1", "reference_name": "Kreis Brun 2", "share": 0.7, "distance": 0.31},
            {"unit_name": "Kreis Alba 1", "reference_name": "Kreis Brun 3", "share": 0.3, "distance": 0.31},
        ]
    )
    balance = inputs.balance.assign(smd_after=[0.04] + [float("nan")] * (len(inputs.balance) - 1))
    regression = pd.DataFrame(
        [
            {"indicator": "leavers", "correlation": -0.6, "expected": -0.49, "expected_after": 0.02, "status": "ok"},
            {"indicator": "training", "correlation": 0.2, "expected": 0.1, "expected_after": float("nan"), "status": "ok"},
            {"indicator": "help", "status": "refused"},
        ]
    )
    unused = (("Kreis Brun 7", Wording({"de": "Ausgangswerte fehlen", "en": "baseline values are missing"})),)
    return DesignInfo("nearest_neighbour", 7, 4.26, unused, references, synthetic, balance, regression)


def _sections(inputs, language, parent="balance") -> dict[str, Section]:
    made = {"balance": comparable_section, "data": data_section}
    return {part.identifier: part for part in made[parent](inputs, language).sections}


def _texts(section: Section) -> str:
    paragraphs = [plain(block.parts) for block in section.blocks if isinstance(block, Paragraph)]
    items = [plain(item) for block in section.blocks if isinstance(block, Listing) for item in block.items]
    return "\n".join([*paragraphs, *items])


def test_references_are_named_with_distances_and_shares(inputs, design):
    section = _sections(replace(inputs, design=design), "de")["references"]
    assert "7 Kreise der Vergleichsgruppe gehen ein; sie sind so aussagekräftig wie 4,3 gleich gewichtete." in _texts(section)
    assert "Kreis Brun 7 geht nicht ein: Ausgangswerte fehlen." in _texts(section)
    after, names = (block for block in section.blocks if isinstance(block, Table))
    assert [tuple(plain(cell) for cell in row) for row in after.rows] == [
        ("Schulabgänge ohne Abschluss: Niveau", "0,81", "0,04"),
    ]
    assert [tuple(plain(cell) for cell in row) for row in names.rows] == [
        ("Kreis Alba 1", "Kreis Brun 2 (0,42, zugeordnet); Kreis Brun 5 (1,00)", "Kreis Brun 2 (70); Kreis Brun 3 (30)", "0,31"),
    ]


def test_what_levels_alone_let_expect_stands_with_its_unit(inputs, design):
    said = _texts(_sections(replace(inputs, design=design), "de")["regression"])
    assert (
        "Korrelation −0,60; allein aus den Ausgangswerten zu erwartender Unterschied der Veränderungen −0,5 Prozentpunkte" in said
    )
    assert "nach der Gewichtung 0,0" in said
    assert "Ausbildungsplätze je 100 Bewerbungen: Korrelation 0,20" in said
    assert "Beginn der Hilfe" not in said


def test_without_matching_no_weights_are_spoken_of(inputs, design):
    plain_design = replace(design, method="none", unused=(), n_reference=8, ess=8.0)
    section = _sections(replace(inputs, design=plain_design), "de")["references"]
    assert "zählen gleich" in _texts(section)
    assert "gewichtete" not in _texts(section)
    assert len([block for block in section.blocks if isinstance(block, Table)]) == 1


def test_where_something_is_held_fixed_nobody_is_said_to_count_the_same(inputs, design):
    section = _sections(replace(inputs, design=replace(design, method="held_fixed", unused=())), "de")["references"]
    assert "zählen die Kreise der Vergleichsgruppe verschieden viel" in _texts(section)
    assert "zählen gleich" not in _texts(section)


@pytest.mark.parametrize(
    ("method", "language"), [("none", "en"), ("held_fixed", "de"), ("entropy_balancing", "en"), ("nearest_neighbour", "de")]
)
def test_every_method_passes_the_lint_of_claims(inputs, design, language, method):
    document = build_document(replace(inputs, design=replace(design, method=method), conformity=CONFORMITY), language)
    found = list(identifiers(document))
    assert len(found) == len(set(found))
    assert "Kreis Brun 2" in render(document)


@pytest.mark.parametrize("language", ["de", "en"])
def test_the_standing_is_in_the_summary_and_every_deviation_with_the_data(inputs, language):
    document = build_document(replace(inputs, conformity=CONFORMITY), language)
    key = next(section for section in document.sections if section.identifier == "key")
    assert plain(key.blocks[-1].parts) == CONFORMITY[0].in_language(language)
    lock = _sections(replace(inputs, conformity=CONFORMITY), language, "data")["lock"]
    assert _texts(lock) == f"{CONFORMITY[0].in_language(language)}\n{CONFORMITY[1].in_language(language)}"


def test_inputs_without_design_and_lock_say_nothing_of_them(inputs):
    assert not {"references", "regression"} & _sections(inputs, "de").keys()
    assert "lock" not in _sections(inputs, "de", "data")


def test_a_deviation_that_quotes_a_forbidden_claim_is_named(inputs):
    claim = Wording({"de": "title.de: festgelegt war Das Programm wirkt, jetzt steht da –.", "en": "x"})
    with pytest.raises(ForbiddenTextError):
        build_document(replace(inputs, conformity=(CONFORMITY[0], claim)), "de")
