"""The variables of an official table in a contract: to which property each goes, and what code each of its members is. No rows, no values.

A variable without a place would count people twice: only the total of it may be taken.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from kkz_eval.contracts.contract import Contract, OfficialSource, Property
from kkz_eval.deliveries.columns.header import code_names, fold
from kkz_eval.deliveries.official.unclaimed import Unfit
from kkz_eval.model.findings import Finding, Severity

_TOTALS = frozenset({"insgesamt", "gesamt", "total"})  # folded: members that stand for all of their variable

_OF_PARENT = re.compile(r"\b(mutter|mütter|vater|väter|eltern)", re.IGNORECASE)

Entry = Sequence[tuple[str, Mapping[str, str]]]  # of a row: (variable, its member with code and label)


@dataclass(frozen=True)
class Place:
    """Where a variable goes: property, and each member's code, None for one that is left out or unknown."""

    of: Property
    codes: Mapping[str, str | None]
    unknown: tuple[str, ...]


@dataclass(frozen=True)
class Total:
    """What is taken of a variable without a place: the label of its total, and those of its other members."""

    label: str
    others: tuple[str, ...]


@dataclass(frozen=True)
class Variables:
    """By variable, its place in the contract, and the total of each that has none."""

    places: Mapping[str, Place]
    totals: Mapping[str, Total]

    def takes(self, entry: Entry) -> bool:
        """Whether a row is of the totals."""
        return all(variable not in self.totals or self.totals[variable].label == member["label"] for variable, member in entry)


def variables_of(
    entries: Sequence[Entry], said: Mapping[str, str], contract: Contract, source: OfficialSource
) -> Variables | Unfit:
    """Where the variables of a table go; what is in the way where one has neither place nor total, two have one place, or one is lacking.

    said: what the file calls a variable in words that it names by a code.
    """
    members: dict[str, dict[str, str]] = {}
    for entry in entries:
        for variable, member in entry:
            members.setdefault(variable, {})[member["label"]] = member["code"]
    places: dict[str, Place] = {}
    totals: dict[str, Total] = {}
    for variable, labels in members.items():
        if set(labels) <= set(source.whole):
            continue
        place = _place_of(variable, said.get(variable, variable), labels, contract, source)
        total = next((label for label in labels if fold(label) in _TOTALS), None)
        if place is None and total is not None:
            totals[variable] = Total(total, tuple(label for label in labels if label != total))
            continue
        if place is None or place.of.name in {other.of.name for other in places.values()}:
            return Unfit("no_place", tuple(labels))
        places[variable] = place
    there = {place.of.name for place in places.values()}
    lacking = [p.label_de for p in _dimensions(contract) if p.name not in there and _absent(p, source) is None]
    return Unfit("no_variable", tuple(lacking)) if lacking else Variables(places, totals)


def _dimensions(contract: Contract) -> list[Property]:
    return [p for p in contract.properties if p.role == "dimension"]


def _absent(of: Property, source: OfficialSource) -> str | None:
    return source.absent.get(of.name, of.default)


def _place_of(variable: str, said: str, labels: Mapping[str, str], contract: Contract, source: OfficialSource) -> Place | None:
    """By the name of the variable, else as the only property that knows most of its members, and is of the same parent where it names one."""
    places = [_reading(labels, of, source) for of in _dimensions(contract) if _parents(said) <= _parents(of.label_de)]
    for place in places:
        if fold(variable) in {fold(name) for name in source.variables.get(place.of.name, ())}:
            return place
    scores = [sum(code is not None for code in place.codes.values()) for place in places]
    best = max(scores, default=0)
    return places[scores.index(best)] if best > 0 and scores.count(best) == 1 else None


def _parents(label: str) -> frozenset[str]:
    """Of which parent a label speaks, by the first letter: German and foreign are members of the child's nationality as of its mother's."""
    return frozenset(word[0].casefold() for word in _OF_PARENT.findall(label))


def _reading(labels: Mapping[str, str], of: Property, source: OfficialSource) -> Place:
    """What a property makes of the members of a variable."""
    known, own = code_names(of), source.members.get(of.name, {})
    left_out = source.left_out.get(of.name, ())
    codes = {
        label: None if label in left_out else own.get(label) or own.get(code) or known.find(label)
        for label, code in labels.items()
    }
    unknown = tuple(label for label, code in codes.items() if code is None and label not in left_out)
    return Place(of, codes, unknown)


def codes_of(
    entries: Sequence[Entry], contract: Contract, source: OfficialSource, variables: Variables
) -> list[dict[str, str | None]]:
    """The codes of each row by property; a row without a variable that the table has means the total, which is `absent`.

    What a member says of other properties counts most: were it to contradict their own variable, two rows would get the same keys,
    which the rule of unique keys sees.
    """
    total = {of.name: _absent(of, source) for of in _dimensions(contract)}
    places = variables.places
    rows: list[dict[str, str | None]] = []
    for entry in entries:
        placed = [(places[v].of.name, places[v].codes[member["label"]], member["label"]) for v, member in entry if v in places]
        codes = total | {name: code for name, code, _ in placed}
        for name, _, label in placed:
            codes |= source.also_said.get(name, {}).get(label, {})
        rows.append(codes)
    return rows


def unknown_members(table: pa.Table, entries: Sequence[Entry], places: Mapping[str, Place]) -> list[Finding]:
    """One finding for each member that the contract does not know, at its first value."""
    wanted = {(variable, label) for variable, place in places.items() for label in place.unknown}
    found: list[Finding] = []
    for index, entry in enumerate(entries):
        for variable, member in entry:
            if (variable, member["label"]) in wanted:
                wanted.discard((variable, member["label"]))
                kind, of = "official_member", places[variable].of.name
                row, column = table.column("row")[index].as_py(), table.column("column")[index].as_py()
                found.append(Finding(kind, kind, Severity.WARNING, None, row, column, of, value=member["label"]))
    return found


def left_out(totals: Mapping[str, Total]) -> list[Finding]:
    """A warning for each variable that the contract does not name, of which only the total is taken."""
    kind = "official_variable_left_out"
    return [
        Finding(kind, kind, Severity.WARNING, value=", ".join(total.others) or variable, allowed=total.label)
        for variable, total in totals.items()
    ]
