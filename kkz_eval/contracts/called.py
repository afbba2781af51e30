"""What people call the columns of contracts, and what a rule adds up over: the words that findings are said with. No sentences."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kkz_eval.contracts.contract import Contract
from kkz_eval.model.findings import Called, Finding
from kkz_eval.model.texts import Language
from kkz_eval.reference.tables import unit_label


@dataclass(frozen=True)
class Labels:
    """columns: label by property; across: label of the dimension over which a rule compares parts with their total, by rule."""

    columns: Mapping[str, str]
    across: Mapping[str, str]

    def of(self, finding: Finding) -> Called:
        """What people call what a finding is about."""
        return Called(self.columns.get(finding.field or ""), _unit(finding.unit_id), self.across.get(finding.rule))


def _unit(unit_id: str | None) -> str | None:
    """A unit by name and key; None where it has no name."""
    name = "" if unit_id is None else unit_label(unit_id)
    return f"{name} ({unit_id})" if name and name != unit_id else None


def labels_of(contracts: Iterable[Contract], language: Language) -> Labels:
    """The labels of contracts. Of rules that have one name in several contracts and add up over different dimensions none."""
    columns: dict[str, str] = {}
    across: dict[str, set[str]] = {}
    for contract in contracts:
        own = {p.name: (p.label_de if language == "de" else p.label_en) for p in contract.properties}
        columns |= own
        for rule in contract.rules:
            if {"dimension", "total"} <= rule.parameters.keys():
                across.setdefault(rule.rule_id, set()).add(own[str(rule.parameters["dimension"])])
    return Labels(columns, {rule: one for rule, (one, *others) in across.items() if not others})
