"""Two versions of a contract: what is called breaking, which version that asks for, and which verdicts would turn."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from kkz_eval.contracts.contract import Contract
from kkz_eval.contracts.diff import Weight, changes, demanded_version, version_numbers, would_flip
from kkz_eval.contracts.judgement import judge_file
from kkz_eval.contracts.load import load_contract
from kkz_eval.model.verdicts import Status

CONTRACTS = Path(__file__).parents[2] / "data_contracts"


def changed(tmp_path: Path, old: str, new: str, contract_id: str = "schulabgaenge") -> tuple[Contract, Contract]:
    path = CONTRACTS / f"{contract_id}.odcs.yaml"
    source = path.read_text(encoding="utf-8")
    assert old in source
    other = tmp_path / path.name
    other.write_text(source.replace(old, new), encoding="utf-8")
    return load_contract(path), load_contract(other)


COLUMN = """      - name: remark
        businessName: Bemerkung
        description: Freitext.
        logicalType: string
        semanticType: measure
        required: REQUIRED
        customProperties:
          - {property: labelEn, value: Remark}
          - {property: descriptionEn, value: Free text.}
      - name: sex
"""


@pytest.mark.parametrize(
    ("old", "new", "kinds", "weight"),
    [
        ("MSA, ", "", {"name_gone"}, Weight.MAJOR),
        ("MSA, ", "MSA, M S A 10, ", {"name_new"}, Weight.MINOR),
        ("      - name: sex\n", COLUMN.replace("REQUIRED", "true"), {"column_required"}, Weight.MAJOR),
        ("      - name: sex\n", COLUMN.replace("REQUIRED", "false"), {"column_optional"}, Weight.MINOR),
        ("{minimum: 1990, maximum: 2050}", "{minimum: 2000, maximum: 2050}", {"rule_setting"}, Weight.MAJOR),
        ("{minimum: 1990, maximum: 2050}", "{minimum: 1980, maximum: 2060}", {"rule_setting"}, Weight.MINOR),
        ("acceptance, value: unit", "acceptance, value: file", {"setting"}, Weight.MAJOR),
        ("smallestCell, value: 3", "smallestCell, value: 5", {"setting"}, Weight.MAJOR),
        ("levels, value: [municipality, kreis]", "levels, value: [municipality, kreis, youth_office]", {"setting", "rule_setting"}, Weight.MINOR),
        ("levels, value: [municipality, kreis]", "levels, value: [kreis]", {"setting", "rule_setting"}, Weight.MAJOR),
        ("share: 0.34", "share: 0.5", {"rule_setting"}, Weight.MINOR),
        ("dimension: sex, total: insgesamt}\n      - id: cert", "dimension: sex, total: insgesamt, tolerance: 1}\n      - id: cert", {"rule_setting"}, None),
        ("description: Geschlecht, wie in der Schulstatistik erhoben.", "description: Geschlecht.", {"column_description"}, Weight.PATCH),
        ("value: Evaluationsstelle des Programms", "value: Land", {"terms"}, Weight.PATCH),
        ("property: default, value: insgesamt", "property: default, value: deutsch", {"column_setting"}, Weight.MAJOR),
    ],
)  # fmt: skip
def test_each_change_is_called_by_its_kind_and_weight(
    old: str, new: str, kinds: set[str], weight: Weight | None, tmp_path: Path
) -> None:
    source = (CONTRACTS / "schulabgaenge.odcs.yaml").read_text(encoding="utf-8")
    if old not in source:
        pytest.fail(f"{old!r} is not in the contract")
    before, after = changed(tmp_path, old, new)
    found = changes(before, after)
    assert {change.kind for change in found} == kinds
    if weight is not None:
        assert max(change.weight for change in found) == weight
    for change in found:
        assert change.sentence.in_language("de")
        assert change.sentence.in_language("en")
        assert change.breaks == (change.weight is Weight.MAJOR)


def test_a_new_code_breaks_where_all_codes_are_demanded_and_only_there(tmp_path: Path) -> None:
    code = "          - value: neu\n            label: Neue Art\n            customProperties:\n              - {property: labelEn, value: New}\n"
    demanded = changed(tmp_path, "          - value: ohne_abschluss\n", code + "          - value: ohne_abschluss\n")
    assert [(c.kind, c.breaks) for c in changes(*demanded)] == [("code_demanded", True)]
    free = changed(tmp_path, "          - value: beratung\n", code + "          - value: beratung\n", "praeventionsangebote")
    assert [(c.kind, c.breaks) for c in changes(*free)] == [("code_new", False)]


def test_what_is_added_one_way_is_gone_the_other_way(tmp_path: Path) -> None:
    before, after = changed(tmp_path, "      - name: sex\n", COLUMN.replace("REQUIRED", "false"))
    assert [(c.kind, c.breaks) for c in changes(after, before)] == [("column_gone", True)]


def test_the_same_contract_has_no_change_and_keeps_its_version() -> None:
    contract = load_contract(CONTRACTS / "netzwerk.odcs.yaml")
    assert changes(contract, contract) == ()
    assert demanded_version(contract, ()) == contract.version


def test_the_version_follows_from_the_greatest_change(tmp_path: Path) -> None:
    before, after = changed(tmp_path, "MSA, ", "")
    before = replace(before, version="1.4.2")
    assert demanded_version(before, changes(before, after)) == "2.0.0"
    assert demanded_version(before, [replace(c, weight=Weight.MINOR) for c in changes(before, after)]) == "1.5.0"
    assert demanded_version(before, [replace(c, weight=Weight.PATCH) for c in changes(before, after)]) == "1.4.3"
    assert version_numbers("v2") == (2, 0, 0)


def test_a_stricter_contract_would_turn_exactly_the_units_it_rejects(build: SimpleNamespace, tmp_path: Path) -> None:
    before, after = changed(tmp_path, "{minimum: 1990, maximum: 2050}", "{minimum: 2016, maximum: 2050}")
    parsed = build.parsed_of(before, build.clean_rows(before))
    standing = judge_file(parsed, before, build.KNOWN_UNITS).slices
    flips = would_flip(standing, judge_file(parsed, after, build.KNOWN_UNITS))
    assert [(flip.year, flip.old, flip.new, flip.rule) for flip in flips] == [
        (2015, Status.ACCEPTED, Status.REJECTED, "year.range"),
        (2015, Status.ACCEPTED, Status.REJECTED, "year.range"),
    ]
    assert would_flip(standing, judge_file(parsed, before, build.KNOWN_UNITS)) == ()


def test_an_easier_contract_would_turn_what_was_rejected(build: SimpleNamespace, tmp_path: Path) -> None:
    easy, strict = changed(tmp_path, "{minimum: 1990, maximum: 2050}", "{minimum: 2016, maximum: 2050}")
    parsed = build.parsed_of(strict, build.clean_rows(strict))
    standing = judge_file(parsed, strict, build.KNOWN_UNITS).slices
    flips = would_flip(standing, judge_file(parsed, easy, build.KNOWN_UNITS))
    assert [(flip.year, flip.new, flip.rule) for flip in flips] == [(2015, Status.ACCEPTED, ""), (2015, Status.ACCEPTED, "")]


@pytest.mark.parametrize(
    ("old", "new", "weight"),
    [
        ("where: {indicator: [a_azubi, a_HHwg]}", "where: {indicator: [a_azubi]}", Weight.MINOR),
        ("where: {indicator: [a_azubi, a_HHwg]}", "where: {indicator: [a_azubi, a_HHwg, q_bs]}", Weight.MAJOR),
        ("maximum: 1000, where: {indicator: [a_azubi, a_HHwg]}", "maximum: 1000", Weight.MAJOR),
    ],
)
def test_a_condition_that_covers_fewer_rows_eases(old: str, new: str, weight: Weight, tmp_path: Path) -> None:
    (found,) = changes(*changed(tmp_path, old, new, "inkar"))
    assert (found.place, found.weight) == ("shares_in_per_mille.where", weight)


@pytest.mark.parametrize(("day", "weight"), [("08-15", Weight.MAJOR), ("07-15", Weight.MINOR)])
def test_a_day_of_completeness_is_weighed_against_the_end_of_the_school_year(day: str, weight: Weight, tmp_path: Path) -> None:
    old = "- {property: smallestCell, value: 3}"
    before, after = changed(tmp_path, old, f"{old}\n  - {{property: completeFrom, value: {day}}}")
    assert [(change.place, change.weight) for change in changes(before, after)] == [("completeFrom", weight)]
