"""Every rule of every contract: the mutant that only it finds, by masks and by Great Expectations; and that both agree."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings

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
EVERY_RULE = [(contract.id, rule.rule_id) for contract in CONTRACTS.values() for rule in contract.rules]


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


@pytest.mark.parametrize(("contract_id", "rule_id"), EVERY_RULE)
def test_each_rule_alone_finds_its_mutant(contract_id: str, rule_id: str, build: SimpleNamespace) -> None:
    contract = CONTRACTS[contract_id]
    rule = next(rule for rule in contract.rules if rule.rule_id == rule_id)
    parsed = build.parsed_of(contract, build.mutant_rows(_strict(contract), rule))
    findings = list(iter_findings(judge(parsed, _strict(contract), build.KNOWN_UNITS)))
    assert {finding.rule for finding in findings} == build.broken_with(contract, rule)
    assert all(finding.row and finding.column and finding.allowed is not None for finding in findings)
    for language in ("de", "en"):
        assert findings[0].message().in_language(language)
        assert findings[0].fix().in_language(language)


def _strict(contract: Contract) -> Contract:
    """The contract without tolerance, so that the smallest deviation counts."""
    rules = (replace(r, parameters={k: v for k, v in r.parameters.items() if k != "tolerance"}) for r in contract.rules)
    return replace(contract, rules=tuple(rules))


@pytest.mark.parametrize("contract_id", CONTRACTS)
def test_great_expectations_finds_the_same_mutants_in_one_run(contract_id: str, build: SimpleNamespace) -> None:
    contract = _strict(CONTRACTS[contract_id])
    tables = {rule.rule_id: build.parsed_of(contract, build.mutant_rows(contract, rule)) for rule in contract.rules}
    found = rows_by_file(tables, contract, build.KNOWN_UNITS)
    for rule_id, table in tables.items():
        rule = next(rule for rule in contract.rules if rule.rule_id == rule_id)
        assert {name for name, rows in found[rule_id].items() if rows} == build.broken_with(contract, rule)
        assert found[rule_id] == masked_rows(table, contract, build.KNOWN_UNITS)


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


@st.composite
def _random_tables(draw: st.DrawFn, build: SimpleNamespace, contract: Contract) -> dict[str, ParsedTable]:
    """Many small tables with gaps, symbols, doubles, unknown codes and keys, totals right and wrong."""
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
        pools[of.name] = st.sampled_from(good * 6 + odd)
    rows = st.lists(st.fixed_dictionaries(pools), min_size=1, max_size=12)
    listed = draw(st.lists(rows, min_size=20, max_size=50))
    clean = build.clean_rows(contract)
    for _ in range(10):  # near misses: a clean table with a few cells replaced and rows taken out
        table = list(clean[: len(clean) // 2])
        for _ in range(draw(st.integers(0, 4))):
            place = draw(st.integers(0, len(table) - 1))
            name = draw(st.sampled_from([p.name for p in contract.properties]))
            table[place] = table[place] | {name: draw(pools[name])}
        if draw(st.booleans()):
            del table[draw(st.integers(0, len(table) - 1))]
        listed.append(table)
    return {str(number): build.parsed_of(contract, table) for number, table in enumerate(listed)}


def _limits(contract: Contract, column: str) -> list[float]:
    """The maxima that rules of a contract name for a column."""
    of = [rule for rule in contract.rules if rule.kind == "range" and rule.parameters["column"] == column]
    return [limit for rule in of if (limit := bound(rule, "maximum")) is not None]


@settings(max_examples=2, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
@pytest.mark.parametrize("contract_id", CONTRACTS)
def test_masks_and_great_expectations_agree(contract_id: str, data: st.DataObject, build: SimpleNamespace) -> None:
    contract = CONTRACTS[contract_id]
    tables = data.draw(_random_tables(build, contract))
    assert rows_by_file(tables, contract, build.KNOWN_UNITS) == {
        file: masked_rows(table, contract, build.KNOWN_UNITS) for file, table in tables.items()
    }


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
