"""Each kind of rule has all its parts: parameters, mask, expectation, sentences and page in both languages, what a difference weighs."""

from __future__ import annotations

import ast
import subprocess
import sys
from dataclasses import replace
from itertools import product
from pathlib import Path
from types import SimpleNamespace

import pytest

import kkz_eval.contracts.rule_kinds as package
from kkz_eval.contracts import expectations
from kkz_eval.contracts.contract import Contract, Rule
from kkz_eval.contracts.diff import Weight, changes
from kkz_eval.contracts.errors import RuleError
from kkz_eval.contracts.load import load_contracts
from kkz_eval.contracts.rule_kinds import KINDS
from kkz_eval.contracts.rule_kinds.kind import Computed, Expectation, Kind
from kkz_eval.contracts.rule_pages import PACKAGE, rule_examples
from kkz_eval.model.texts import LANGUAGES, catalogue

CONTRACTS = load_contracts(Path(__file__).parents[2] / "data_contracts")
FOLDER = Path(package.__file__).parent
SHARED = {"__init__", "kind", "forms"}


def rules_of(kind: str) -> list[tuple[Contract, Rule]]:
    return [(contract, rule) for contract in CONTRACTS.values() for rule in contract.rules if rule.kind == kind]


def test_each_module_is_one_kind_and_bears_its_name() -> None:
    assert {path.stem for path in FOLDER.glob("*.py")} - SHARED == set(KINDS)


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_people_read_about_each_finding_in_both_languages(kind: Kind) -> None:
    shown = {example.kind for example in rule_examples(CONTRACTS)}
    for name, language in product((kind.name, *kind.variants), LANGUAGES):
        assert {f"findings.{name}.message", f"findings.{name}.fix"} <= set(catalogue("kkz_eval.model", language))
        assert {f"kinds.{name}.title", f"kinds.{name}.meaning"} <= set(catalogue(PACKAGE, language))
        assert name in shown


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_each_kind_is_used_found_and_expected(kind: Kind, build: SimpleNamespace) -> None:
    contract, rule = next(iter(rules_of(kind.name)))
    assert set(rule.parameters) <= set(kind.parameters)
    alone = replace(contract, rules=(rule,))
    ((name, expectation),) = expectations.compile_expectations(alone, build.KNOWN_UNITS)
    assert name == rule.rule_id
    said = kind.expectation(rule, contract, build.KNOWN_UNITS)
    assert type(expectation).__name__ == said.name
    frame = expectations.to_frame({"": build.parsed_of(contract, build.clean_rows(contract))})
    added = set(expectations.with_computed(frame, alone, build.KNOWN_UNITS).columns) - set(frame.columns)
    assert added == ({expectation.column} if isinstance(said.column, Computed) else set())


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_another_parameter_is_a_difference_unless_it_follows_from_columns(kind: Kind) -> None:
    contract, found_rule = next(iter(rules_of(kind.name)))
    rule = replace(found_rule, severity="error")
    for name, parameter in kind.parameters.items():
        new = replace(rule, parameters={**rule.parameters, name: ("other",)})
        found = changes(replace(contract, rules=(rule,)), replace(contract, rules=(new,)))
        said = [change for change in found if change.kind == "rule_setting"]
        assert [change.place for change in said] == ([] if parameter.follows else [f"{rule.rule_id}.{name}"])
        eased = parameter.eased(rule.parameters.get(name), ("other",))
        assert all(change.weight is (Weight.MINOR if eased else Weight.MAJOR) for change in said)


@pytest.mark.parametrize(
    "said", [Expectation("ExpectWonders", "value"), Expectation("ExpectColumnToExist", Computed("wonder", {}))]
)
def test_an_expectation_that_is_not_known_is_refused(
    said: Expectation, build: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = Kind("new_kind", {}, mask=KINDS["range"].mask, expectation=lambda rule, contract, known_units: said)
    monkeypatch.setattr("kkz_eval.contracts.rules.KINDS", {**KINDS, "new_kind": new})
    monkeypatch.setattr("kkz_eval.contracts.expectations.KINDS", {**KINDS, "new_kind": new})
    contract = replace(CONTRACTS["inkar"], rules=(Rule("x", "new_kind", "error", {}),))
    with pytest.raises(RuleError, match="not translated"):
        expectations.compile_expectations(contract, build.KNOWN_UNITS)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_expected_does_not_rest_on_the_mask(kind: str) -> None:
    """The two are written apart: neither names the other, and the expectation sees no table."""
    functions = {
        node.name: node
        for node in ast.parse((FOLDER / f"{kind}.py").read_text("utf-8")).body
        if isinstance(node, ast.FunctionDef)
    }
    named = {node.id for node in ast.walk(functions["_expectation"]) if isinstance(node, ast.Name)}
    assert not {"_mask", "JudgedTable", "Hits", "hits_where", "pa", "pc", "np"} & named
    assert "_expectation" not in {node.id for node in ast.walk(functions["_mask"]) if isinstance(node, ast.Name)}


def test_the_records_import_neither_pandas_nor_great_expectations() -> None:
    program = (
        "import sys, kkz_eval.contracts.rule_kinds; print([m for m in ('pandas', 'great_expectations') if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
