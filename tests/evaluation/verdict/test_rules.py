"""The table as a file that people edit: its rows and numbers, and what is said where it is wrong."""

from __future__ import annotations

from importlib import resources

import pytest

from kkz_eval.evaluation.verdict.evidence import QUANTITIES
from kkz_eval.evaluation.verdict.rules import CONDITIONS, DOMAINS, Form, Level, RulesInvalid, parse_rules, rules

TABLE = resources.files("kkz_eval.evaluation.verdict").joinpath("rules.yaml").read_text(encoding="utf-8")


def test_the_table_has_eight_rows_in_order_and_ends_with_one_that_always_applies() -> None:
    numbers = [entry.row for entry in rules().rows]
    assert numbers == sorted(numbers)
    assert set(numbers) == set(range(8))
    assert rules().rows[-1].conditions == ()
    assert rules().version == 1


def test_every_form_but_one_and_every_condition_stands_in_the_table() -> None:
    assert {entry.form for entry in rules().rows} == set(Form) - {Form.NOT_EXAMINED}
    named = [condition.name for entry in rules().rows if entry.row == 5 for condition in entry.conditions]
    assert tuple(named) == CONDITIONS


def test_every_domain_is_rated_and_every_level_has_its_place() -> None:
    assert tuple(rules().domains) == DOMAINS
    assert all(rules().domains.values())
    assert set(rules().levels) == set(Level)
    limits = {level for criterion in rules().domains["confounding"] for level, _ in criterion.limits}
    assert Level.LOW not in limits


def test_every_quantity_is_used() -> None:
    used = {condition.what for entry in rules().rows for condition in entry.conditions}
    used |= {criterion.what for criteria in rules().domains.values() for criterion in criteria}
    assert set(QUANTITIES) <= used


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        ("what: audit_size, above: 0.10", "what: audit_sise, above: 0.10", "audit_sise"),
        ("form: slope, unknown: stop", "form: slop, unknown: stop", "slop"),
        ("unknown: next", "unknown: maybe", "maybe"),
        ("above: 0.10", "over: 0.10", "over"),
        ("otherwise: critical", "otherwise: awful", "awful"),
        ("version: 1", "version: one", "one"),
        ("  selection:\n", "  selektion:\n", "selektion"),
    ],
)
def test_what_is_wrong_in_the_table_is_told_with_its_line(right: str, wrong: str, told: str) -> None:
    with pytest.raises(RulesInvalid, match=told) as caught:
        parse_rules(TABLE.replace(right, wrong, 1).encode(), "rules.yaml")
    assert all(problem.line for problem in caught.value.problems)
