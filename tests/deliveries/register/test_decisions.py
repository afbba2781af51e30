"""A file of a waiver or correction is read as it stands, or one error says everything that is wrong with it, line by line."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
import yaml
from contract_values import shipped

from kkz_eval.contracts.contract import Contract
from kkz_eval.deliveries.register.decisions import DecisionInvalid, document_of, load_decisions

CONTRACT = shipped()["schulabgaenge"]
CONTRACTS: dict[str, Contract] = {CONTRACT.id: CONTRACT}
RULE = next(rule.rule_id for rule in CONTRACT.rules if rule.kind == "range")
WAIVER = f"""\
waiver_version: 1
id: w1
contract: schulabgaenge
unit_id: "05315000"
year: 2012
field: leavers
dimensions: {{}}
delivery: 4f2a
cell: B17
rule: {RULE}
value: "0"
allowed: "≥ 1"
reason: closed
requested_by: school office
approved_by: data office
expires: 2027-12-31
"""
CORRECTION = (
    WAIVER.split("rule:", maxsplit=1)[0].replace("waiver_version", "correction_version").replace("w1", "c1")
    + "old: 1O2\nnew: 102\nreason: a letter\nreported_to: school office\nstatus: reported\n"
    + "requested_by: school office\napproved_by: data office\n"
)


def _folder(tmp_path: Path, **files: str) -> Path:
    for name, content in files.items():
        kind = "waivers" if name.startswith("w") else "corrections"
        (tmp_path / kind).mkdir(exist_ok=True)
        (tmp_path / kind / f"{name}.yaml").write_text(content, encoding="utf-8")
    return tmp_path


def _problems(tmp_path: Path, **files: str) -> list[tuple[str, str, int | None]]:
    with pytest.raises(DecisionInvalid) as caught:
        load_decisions(_folder(tmp_path, **files), CONTRACTS, date(2026, 1, 1))
    assert f"{next(iter(files))}.yaml" in caught.value.sentence.in_language("de")
    return [(problem.path, problem.code, problem.line) for problem in caught.value.problems]


def test_what_a_decision_holds_is_read_and_written_again(tmp_path: Path) -> None:
    decisions = load_decisions(_folder(tmp_path, w1=WAIVER, c1=CORRECTION), CONTRACTS, date(2026, 1, 1))
    assert document_of(decisions.waivers[0]) == yaml.safe_load(WAIVER)
    assert document_of(decisions.corrections[0]) == yaml.safe_load(CORRECTION)


def test_no_folder_means_no_decisions(tmp_path: Path) -> None:
    assert load_decisions(tmp_path, CONTRACTS, date(2026, 1, 1)).digest == ""


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("id: w1", "id: w2", [("id", "unexpected", 2)]),
        ("waiver_version: 1", "waiver_version: 2", [("waiver_version", "not_allowed", 1)]),
        ("waiver_version: 1\n", "", [("", "missing_key", None)]),
        ('unit_id: "05315000"', "unit_id: 05315000", [("unit_id", "wrong_type.string", 4)]),
        ("year: 2012", "year: '2012'", [("year", "wrong_type.integer", 5)]),
        ("year: 2012", "year: true", [("year", "wrong_type.integer", 5)]),
        ("field: leavers", "field: leaver", [("field", "not_allowed_suggest", 6)]),
        ("dimensions: {}", "dimensions: {sexx: total}", [("dimensions.sexx", "unknown_key_suggest", 7)]),
        ("dimensions: {}", "dimensions: {sex: x}", [("dimensions.sex", "not_allowed", 7)]),
        (f"rule: {RULE}", "rule: none", [("rule", "not_allowed", 10)]),
        ("approved_by: data office", "approved_by: School Office ", [("approved_by", "decision_one_role", 15)]),
        ("expires: 2027-12-31", "expires: 31.12.2027", [("expires", "unexpected", 16)]),
        ("expires:", "expirse:", [("", "missing_key", None), ("expirse", "unknown_key_suggest", 16)]),
        ("reason: closed", "reason: closed\nreason: open", [("reason", "duplicate_key", 14)]),
    ],
)
def test_each_fault_of_a_waiver_has_its_line(
    old: str, new: str, expected: list[tuple[str, str, int | None]], tmp_path: Path
) -> None:
    assert old in WAIVER
    assert _problems(tmp_path, w1=WAIVER.replace(old, new)) == expected


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("new: 102", "new: '102'", [("new", "wrong_type.number", 11)]),
        ("new: 102", "new: .nan", [("new", "not_finite", 11)]),
        ("old: 1O2", "old: 102", [("old", "wrong_type.string", 10)]),
        ("status: reported", "status: repotred", [("status", "not_allowed_suggest", 14)]),
        ("field: leavers", "field: year", [("field", "not_allowed", 6)]),  # a key is no value
    ],
)
def test_each_fault_of_a_correction_has_its_line(
    old: str, new: str, expected: list[tuple[str, str, int | None]], tmp_path: Path
) -> None:
    assert old in CORRECTION
    assert _problems(tmp_path, c1=CORRECTION.replace(old, new)) == expected


def test_with_an_unknown_contract_all_else_that_is_wrong_is_said_too(tmp_path: Path) -> None:
    content = WAIVER.replace("contract: schulabgaenge", "contract: schulabgange").replace("B17", "17").replace("2012", "x")
    assert _problems(tmp_path, w1=content) == [
        ("contract", "not_allowed_suggest", 3),
        ("year", "wrong_type.integer", 5),
        ("cell", "wrong_type.string", 9),
    ]
