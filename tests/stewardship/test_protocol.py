"""The page of a delivery: all findings, or of very many some of each rule and the count of all."""

from pathlib import Path

import pytest

from kkz_eval.contracts.load import load_contracts
from kkz_eval.model.findings import Finding, findings_table
from kkz_eval.model.verdicts import Status, Verdict
from kkz_eval.stewardship.history import DeliveryState
from kkz_eval.stewardship.protocol import protocol_page

LEAVERS = load_contracts(Path(__file__).parents[2] / "data_contracts")["schulabgaenge"]


def page(findings: list[Finding]) -> str:
    keys = ("r", "d", "p", "f", "municipal_text", "")
    verdict = Verdict("a" * 64, LEAVERS.id, LEAVERS.version, *keys, Status.REJECTED, len(findings), 0, ())
    return protocol_page("a.csv", verdict, LEAVERS, findings_table(findings), DeliveryState(verdict.state, ()), "de")


def many(rule: str, n: int) -> list[Finding]:
    return [Finding(rule, "range", "error", None, row, 5, "leavers", value="7", allowed="0–9") for row in range(2, n + 2)]


def test_few_findings_are_listed_without_a_count() -> None:
    shown = page([*many("a.range", 2), *many("b.range", 1)])
    assert shown.count("<code>a.range") == 2
    assert "Alle Befunde nach Regel und Spalte" not in shown


def test_of_very_many_findings_some_of_each_rule_are_listed_and_all_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kkz_eval.stewardship.protocol.SHOWN", 4)
    shown = page([*many("a.range", 9), *many("b.range", 1)])
    assert shown.count("<code>a.range") == 3 + 1
    assert shown.count("<code>b.range") == 1 + 1
    assert "<td>9</td>" in shown
    assert "Weitere 6 Befunde" in shown
