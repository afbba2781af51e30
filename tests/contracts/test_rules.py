"""Every rule of every contract: the mutant that only it finds, by masks and by Great Expectations; and that both agree."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest

from kkz_eval.contracts import expectations
from kkz_eval.contracts.contract import Contract, Rule
from kkz_eval.contracts.errors import RuleError
from kkz_eval.contracts.load import load_contracts
from kkz_eval.contracts.masks import judge, rule_hits
from kkz_eval.contracts.parameters import bound, condition
from kkz_eval.contracts.rule_kinds import KINDS
from kkz_eval.contracts.rules import rule_problems
from kkz_eval.model.findings import iter_findings
from kkz_eval.model.parsed import ParsedTable

CONTRACTS = load_contracts(Path(__file__).parents[2] / "data_contracts")
Mutants = Callable[[str], dict[str, ParsedTable]]
N_TABLES, N_NEAR_MISSES = 40, 10


def masked_rows(parsed: ParsedTable, contract: Contract, known: dict[str, frozenset[str]]) -> dict[str, list[int]]:
    return {rule.rule_id: hits.rows.tolist() for rule, hits in rule_hits(parsed, contract, known)}


def rows_by_file(
    tables: dict[str, ParsedTable], contract: Contract, known: dict[str, frozenset[str]]
) -> dict[str, dict[str, list[int]]]:
    """Failing positions by file and rule, as Great Expectations sees them in one stacked frame."""
    outcomes = expectations.validate(expectations.to_frame(tables), contract, known)
    assert [one.rule_id for one in outcomes] == [rule.rule_id for rule in contract.rules]
    assert all(one.success == (not one.failing_index) for one in outcomes)
    found: dict[str, dict[str, list[int]]] = {}
    start = 0
    for file, table in tables.items():
        end = start + table.table.num_rows
        found[file] = {one.rule_id: [i - start for i in one.failing_index if start <= i < end] for one in outcomes}
        start = end
    return found


@pytest.mark.parametrize("contract_id", CONTRACTS)
def test_the_clean_table_has_no_finding(contract_id: str, build: SimpleNamespace) -> None:
    contract = CONTRACTS[contract_id]
    parsed = build.parsed_of(contract, build.clean_rows(contract))
    assert judge(parsed, contract, build.KNOWN_UNITS).num_rows == 0


@pytest.fixture(scope="module")
def mutants(build: SimpleNamespace) -> Mutants:
    """Of a contract: for each rule the table that only this one complains of."""

    @cache
    def of(contract_id: str) -> dict[str, ParsedTable]:
        contract = _strict(CONTRACTS[contract_id])
        return {rule.rule_id: build.parsed_of(contract, build.mutant_rows(contract, rule)) for rule in contract.rules}

    return of


@pytest.mark.parametrize("contract_id", CONTRACTS)
def test_each_rule_alone_finds_its_mutant(contract_id: str, build: SimpleNamespace, mutants: Mutants) -> None:
    contract, tables = _strict(CONTRACTS[contract_id]), mutants(contract_id)
    for rule in contract.rules:
        findings = list(iter_findings(judge(tables[rule.rule_id], contract, build.KNOWN_UNITS)))
        assert {finding.rule for finding in findings} == build.broken_with(contract, rule), rule
        assert all(finding.row and finding.column and finding.allowed is not None for finding in findings), rule
        for language in ("de", "en"):
            assert findings[0].message().in_language(language), rule
            assert findings[0].fix().in_language(language), rule


def _strict(contract: Contract) -> Contract:
    """The contract without tolerance, so that the smallest deviation counts."""
    rules = (replace(r, parameters={k: v for k, v in r.parameters.items() if k != "tolerance"}) for r in contract.rules)
    return replace(contract, rules=tuple(rules))


@pytest.mark.parametrize("contract_id", CONTRACTS)
def test_masks_and_great_expectations_agree_on_mutants_and_on_random_tables(
    contract_id: str, build: SimpleNamespace, mutants: Mutants
) -> None:
    """All in one run of Great Expectations, which costs by the rule and hardly by the table, where no tolerance sets the mutants apart."""
    contract = CONTRACTS[contract_id]
    strict = _strict(contract)
    of_rules, by_chance = mutants(contract_id), _random_tables(build, contract)
    runs = [(contract, of_rules | by_chance)] if strict == contract else [(strict, of_rules), (contract, by_chance)]
    found = {}
    for judged_by, tables in runs:
        rows = rows_by_file(tables, judged_by, build.KNOWN_UNITS)
        assert rows == {name: masked_rows(table, judged_by, build.KNOWN_UNITS) for name, table in tables.items()}
        found |= rows
    for rule in contract.rules:
        assert {name for name, rows in found[rule.rule_id].items() if rows} == build.broken_with(contract, rule)


def test_rules_within_a_row_are_found_by_both(build: SimpleNamespace) -> None:
    contract = build.synthetic()
    tables = {name: build.parsed_of(contract, rows) for name, rows in build.synthetic_mutants.items()}
    for name, table in tables.items():
        hits = masked_rows(table, contract, build.KNOWN_UNITS)
        assert hits == {rule.rule_id: [3] if rule.rule_id == name else [] for rule in contract.rules}
    assert rows_by_file(tables, contract, build.KNOWN_UNITS) == {
        name: masked_rows(table, contract, build.KNOWN_UNITS) for name, table in tables.items()
    }


@pytest.mark.parametrize("sign", ["p", "r", "s", "e", "()"])
def test_a_number_with_a_sign_of_quality_counts_in_sums(sign: str, build: SimpleNamespace) -> None:
    contract = CONTRACTS["bevoelkerung"]
    rows = build.clean_rows(contract)
    marked = [row | {"persons": replace(row["persons"], flag=sign)} for row in rows]
    part = next(place for place, row in enumerate(rows) if {row["age_group"].value, row["sex"].value}.isdisjoint({"insgesamt"}))
    wrong = [*marked]
    wrong[part] = wrong[part] | {"persons": build.Cell(rows[part]["persons"].value + 1, "x", sign)}
    tables = {"right": build.parsed_of(contract, marked), "wrong": build.parsed_of(contract, wrong)}
    found = rows_by_file(tables, contract, build.KNOWN_UNITS)
    assert not any(found["right"].values())
    assert {rule for rule, failing in found["wrong"].items() if failing} >= {"ages_sum", "sexes_sum"}
    assert found["wrong"] == masked_rows(tables["wrong"], contract, build.KNOWN_UNITS)


def test_every_kind_has_a_mutant() -> None:
    used = {rule.kind for contract in CONTRACTS.values() for rule in contract.rules}
    assert used == set(KINDS)


def _random_tables(build: SimpleNamespace, contract: Contract) -> dict[str, ParsedTable]:
    """Many small tables with gaps, symbols, doubles, unknown codes and keys, totals right and wrong; the same at each call."""
    chance = Random(contract.id)
    odd = [build.BLANK, build.Cell(), build.symbol("-"), build.symbol("§"), build.Cell(None, "Quatsch")]
    keys = {
        "unit_id": [build.filled(unit) for unit in ("05111", "05112", "05999")],
        "year": [build.filled(year) for year in (1800, 2015, 2016)],
    }
    pools = {}
    for of in contract.properties:
        if of.codes:
            good = [build.filled(code.code) for code in (*of.codes[:2], of.codes[-1])]
            good += [build.filled(code) for rule in contract.rules for code in condition(rule).get(of.name, ())[-2:]]
            if of.form == "codes":
                good += [build.filled(";".join(code.code for code in codes)) for codes in (of.codes[:2], of.codes[-3:])]
        elif of.logical_type == "string" and of.name not in keys:
            good = [build.filled(text) for text in ("A1", "Treff", "=1", "x")]
        elif of.name in keys:
            good = keys[of.name]
        else:
            good = [build.filled(value) for value in (-1, 0, 1, 2, 3)] + [build.Cell(4, "(4)", "()")]
            good += [build.filled(limit + over) for limit in _limits(contract, of.name) for over in (0, 1)]
        pools[of.name] = good * 6 + odd

    def row() -> dict[str, Any]:
        return {name: chance.choice(pool) for name, pool in pools.items()}

    listed = [[row() for _ in range(chance.randint(1, 12))] for _ in range(N_TABLES)]
    clean = build.clean_rows(contract)
    for _ in range(N_NEAR_MISSES):  # a clean table with a few cells replaced and rows taken out
        table = list(clean[: len(clean) // 2])
        for _ in range(chance.randint(0, 4)):
            place, name = chance.randrange(len(table)), chance.choice(list(pools))
            table[place] = table[place] | {name: chance.choice(pools[name])}
        if chance.random() < 0.5:
            del table[chance.randrange(len(table))]
        listed.append(table)
    return {str(number): build.parsed_of(contract, table) for number, table in enumerate(listed)}


def _limits(contract: Contract, column: str) -> list[float]:
    """The maxima that rules of a contract name for a column."""
    of = [rule for rule in contract.rules if rule.kind == "range" and rule.parameters["column"] == column]
    return [limit for rule in of if (limit := bound(rule, "maximum")) is not None]


def test_an_unknown_kind_is_an_error_in_both(build: SimpleNamespace) -> None:
    contract = replace(CONTRACTS["inkar"], rules=(Rule("x", "share_jump", "error", {}),))
    with pytest.raises(RuleError, match="share_jump"):
        judge(build.parsed_of(contract, []), contract, build.KNOWN_UNITS)
    with pytest.raises(RuleError, match="share_jump"):
        expectations.compile_expectations(contract, build.KNOWN_UNITS)


def test_a_level_that_the_register_lacks_is_an_error(build: SimpleNamespace) -> None:
    contract = CONTRACTS["inkar"]
    with pytest.raises(RuleError, match="kreis"):
        judge(build.parsed_of(contract, []), contract, {"municipality": frozenset()})


@pytest.mark.parametrize(
    ("indicator", "value", "found"),
    [
        ("a_schul_oA", 682, [("shares_in_per_cent", "≤ 100")]),
        ("a_schul_oA", 100, []),
        ("a_schul_oA", 0.0682, [("leavers_not_a_fraction", "≥ 0,2")]),
        ("a_schul_oA_w", 0.9, []),
        ("a_HHwg", 682, []),
        ("a_HHwg", 1001, [("shares_in_per_mille", "≤ 1000")]),
        ("a_betr0306_bev0306", 101, []),  # children at the place of the centre
        ("a_betr0003_bev0003", 0.2603, [("not_a_fraction", "≥ 1")]),
        ("a_gbetr0003_bev0003", 0.65, []),  # few were in day care all day in 2006
        ("q_asyl_bev", 0.09, []),
        ("q_sch_a618", 151, []),
        ("q_auspl", 120, []),
    ],
)
def test_shares_of_inkar_are_in_per_cent_and_only_true_ones_have_an_upper_bound(
    indicator: str, value: float, found: list[tuple[str, str]], build: SimpleNamespace
) -> None:
    contract = CONTRACTS["inkar"]
    cells = {"unit_id": "05111", "year": 2015, "indicator": indicator, "value": value}
    parsed = build.parsed_of(contract, [{name: build.filled(cell) for name, cell in cells.items()}])
    judged = iter_findings(judge(parsed, contract, build.KNOWN_UNITS))
    assert [(finding.rule, finding.allowed) for finding in judged] == found


@pytest.mark.parametrize("contract_id", ["gisd", "gisd_gemeinden"])
@pytest.mark.parametrize(("value", "found"), [(1.0, []), (1.0001, ["gisd_score.range"]), (12.5, ["gisd_score.range"])])
def test_the_index_of_deprivation_ends_at_one(contract_id: str, value: float, found: list[str], build: SimpleNamespace) -> None:
    contract = CONTRACTS[contract_id]
    unit = sorted(build.KNOWN_UNITS[contract.levels[0]])[0]
    row = {"unit_id": build.filled(unit), "year": build.filled(2015), "gisd_score": build.filled(value)}
    judged = judge(build.parsed_of(contract, [row]), contract, build.KNOWN_UNITS)
    assert [finding.rule for finding in iter_findings(judged)] == found


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ({}, "where"),
        ({"indicator": []}, "where"),
        ({"indicator": "a_azubi"}, "where"),
        (["indicator"], "where"),
        ({"indikator": ["a_azubi"]}, "indikator"),
        ({"indicator": ["a_azubi", "a_nichts"]}, "a_nichts"),
        ({"unit_id": ["05111"]}, "unit_id"),
    ],
)
def test_a_condition_that_fits_no_row_is_refused(where: object, said: str) -> None:
    rule = Rule("x", "range", "error", {"column": "value", "maximum": 100, "where": where})
    problems = rule_problems(rule, CONTRACTS["inkar"].properties)
    assert problems
    for problem in problems:
        assert said in problem.sentence.in_language("de")
        assert said in problem.sentence.in_language("en")
