"""What people call what a finding is about: its column, its unit by name, and over what its rule adds up."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from kkz_eval.contracts.called import labels_of
from kkz_eval.contracts.contract import Contract
from kkz_eval.contracts.load import load_contracts
from kkz_eval.model.findings import Finding
from kkz_eval.model.texts import LANGUAGES, Language


@pytest.fixture(scope="module")
def contracts() -> dict[str, Contract]:
    return dict(load_contracts(Path(__file__).parents[2] / "data_contracts"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_two_rules_about_parts_and_a_total_say_the_same_of_one_cell(
    contracts: dict[str, Contract], language: Language
) -> None:
    for contract in contracts.values():
        labels = labels_of([contract], language)
        said = Counter[tuple[str, object]]()
        for rule in (one for one in contract.rules if {"dimension", "total"} <= one.parameters.keys()):
            measure = str(rule.parameters["measure"])
            finding = Finding(rule.rule_id, rule.kind, rule.severity, None, 19, 5, measure, "05111000", 2012, "460", "450")
            said[finding.message(labels.of(finding)).in_language(language), rule.parameters["total"]] += (
                1  # a cell holds one total
            )
        assert [one for one, n in said.items() if n > 1] == [], contract.id


def test_a_unit_is_named_and_one_that_nobody_knows_stays_as_delivered(contracts: dict[str, Contract]) -> None:
    labels = labels_of([contracts["schulabgaenge"]], "de")
    finding = Finding("sexes_sum", "parts_sum_to_total", "error", None, 19, 5, "leavers", "05111000", 2012, "460", "450")
    said = finding.message(labels.of(finding)).in_language("de") + finding.fix(labels.of(finding)).in_language("de")
    assert "die Teile nach „Geschlecht“ ergeben zusammen 450" in said
    assert "Einheit Düsseldorf (05111000), Jahr 2012" in said
    assert labels.of(Finding("a", "b", "error", unit_id="99999999")).unit is None


def test_rules_of_one_name_that_add_up_over_different_dimensions_name_none(contracts: dict[str, Contract]) -> None:
    both = labels_of([contracts["uebergang_grundschule"], contracts["hilfen_zur_erziehung"]], "de")
    assert "kinds_sum" not in both.across
    assert both.across["sexes_sum"] == "Geschlecht"
