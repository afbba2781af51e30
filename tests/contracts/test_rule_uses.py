"""Which contracts use a rule, and with which parameters, is said in their words."""

from __future__ import annotations

from pathlib import Path

import pytest

from kkz_eval.contracts.load import load_contracts
from kkz_eval.contracts.plausibility import CONTEXT_KINDS
from kkz_eval.contracts.rule_kinds import KINDS
from kkz_eval.contracts.rule_pages.uses import Use, uses_of
from kkz_eval.model.texts import LANGUAGES, Language

CONTRACTS = load_contracts(Path(__file__).parents[2] / "data_contracts")


def said(use: Use, language: Language) -> str:
    return ", ".join(part.in_language(language) for part in (use.at, *use.asks))


@pytest.mark.parametrize("kind", [*KINDS, *CONTEXT_KINDS])
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_rule_of_every_contract_is_told_in_words(kind: str, language: Language) -> None:
    uses = uses_of(kind, CONTRACTS)
    rules = [rule for contract in CONTRACTS.values() for rule in (*contract.rules, *contract.plausibility) if rule.kind == kind]
    assert len(uses) == len(rules) > 0
    assert all("_" not in said(use, language) for use in uses if use.rule.kind != "pattern")


def test_a_range_tells_its_bounds_in_the_language_of_the_reader() -> None:
    (use,) = (use for use in uses_of("range", CONTRACTS) if use.rule.rule_id == "share_or_percent")
    assert said(use, "de").startswith("Zielwert, mindestens 1, nur in Zeilen mit Kennzahl: ")
    assert said(use, "en").startswith("Target value, at least 1, only in rows with Indicator: ")


def test_a_look_at_another_dataset_names_it_by_its_title() -> None:
    (use,) = (use for use in uses_of("not_above_other", CONTRACTS) if use.rule.rule_id == "applicants_not_above_population")
    assert "anderer Datensatz: „Bevölkerung nach Alter und Geschlecht“" in said(use, "de")
    assert use.warns


def test_a_variant_is_given_by_the_rule_that_it_is_one_of() -> None:
    assert uses_of("in_codes_as_date", CONTRACTS) == uses_of("in_codes", CONTRACTS)


def test_what_every_file_is_read_by_is_of_no_contract() -> None:
    assert uses_of("reader_number", CONTRACTS) == ()


def test_what_municipalities_deliver_comes_first() -> None:
    sources = [use.contract.source for use in uses_of("not_null", CONTRACTS)]
    assert sources == sorted(sources)
