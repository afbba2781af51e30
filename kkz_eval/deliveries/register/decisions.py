"""Waivers and corrections as frozen values, and their YAML files. Not what they do to a judgement (decided.py), not who asks for them.

One file per decision below `waivers/` and `corrections/` beside the contracts. Roles stand in them, never names.

waivers/schulabgaenge-05315000-2012-b17.yaml:

    waiver_version: 1
    id: schulabgaenge-05315000-2012-b17  # the name of the file
    contract: schulabgaenge
    unit_id: "05315000"                  # in quotation marks: it begins with a zero
    year: 2012
    field: leavers
    dimensions: {certificate: insgesamt, sex: weiblich, nationality: insgesamt}
    delivery: 4f2a…                      # SHA-256 of the file and address in it, for people
    cell: B17
    rule: leavers.range                  # the finding that is acknowledged, and what it said
    value: "0"
    allowed: "≥ 1"
    reason: Die Schule war in diesem Jahr geschlossen.
    requested_by: Schulverwaltungsamt
    approved_by: Datenstelle             # another role
    expires: 2027-12-31

corrections/schulabgaenge-05315000-2013-c4.yaml: the same without rule, value, allowed and expires, and instead

    correction_version: 1
    old: "1O2"                           # as delivered
    new: 102
    reported_to: Schulverwaltungsamt
    status: reported                     # or confirmed, declined: what the source says
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TypeVar

from kkz_eval.contracts.contract import Contract
from kkz_eval.contracts.rule_kinds import KINDS
from kkz_eval.model.edited_files.cursor import Node, root_of
from kkz_eval.model.edited_files.file import FileInvalid
from kkz_eval.model.edited_files.reading import read_edited
from kkz_eval.model.folders import files_in
from kkz_eval.storage.digests import digest_of

VERSION = 1
WAIVERS, CORRECTIONS = "waivers", "corrections"
SOURCE_STATES = ("reported", "confirmed", "declined")
WAIVABLE = frozenset(name for name, kind in KINDS.items() if kind.waivable)
"""Kinds of errors that a waiver may acknowledge: the value was read, and is odd. What can't be read or placed can't be right."""

_COMMON = (
    "id",
    "contract",
    "unit_id",
    "year",
    "field",
    "dimensions",
    "reason",
    "requested_by",
    "approved_by",
    "delivery",
    "cell",
)
_KEYS: Mapping[str, tuple[str, ...]] = {
    WAIVERS: ("waiver_version", *_COMMON, "rule", "value", "allowed", "expires"),
    CORRECTIONS: ("correction_version", *_COMMON, "old", "new", "reported_to", "status"),
}
_ID = re.compile(r"[a-z0-9][a-z0-9_-]*")
_D = TypeVar("_D")


@dataclass(frozen=True)
class Place:
    """What a decision is about: one value of a contract, wherever in a file it stands.

    dimensions: codes by property; delivery, cell: the file (SHA-256) and address at which it was found, for people.
    """

    contract: str
    unit_id: str
    year: int
    field: str
    dimensions: Mapping[str, str]
    delivery: str
    cell: str


@dataclass(frozen=True)
class Waiver:
    """A finding that is acknowledged: the value is right although the rule says otherwise.

    rule, value, allowed: of the very finding; requested_by, approved_by: two different roles; expires: last day on which
    a judgement may rest on it. A verdict that was made in time stands.
    """

    id: str
    place: Place
    rule: str
    value: str
    allowed: str
    reason: str
    requested_by: str
    approved_by: str
    expires: date


@dataclass(frozen=True)
class Correction:
    """A value that is replaced until its source is fixed.

    old: the text as delivered; new: the number that holds; reported_to: role that was told; status: what the source says.
    """

    id: str
    place: Place
    old: str
    new: float
    reason: str
    requested_by: str
    approved_by: str
    reported_to: str
    status: str


@dataclass(frozen=True)
class Decisions:
    """All decisions of an installation, or those about one file. today: the day of the judgement, for the waivers' expiry."""

    waivers: tuple[Waiver, ...] = ()
    corrections: tuple[Correction, ...] = ()
    today: date = date.min

    def about(self, contract_id: str, parts: Collection[tuple[str, int]]) -> Decisions:
        """Those about units and years (unit_id, year) of one file under one contract."""

        def speaks(place: Place) -> bool:
            return place.contract == contract_id and (place.unit_id, place.year) in parts

        return Decisions(
            tuple(waiver for waiver in self.waivers if speaks(waiver.place)),
            tuple(correction for correction in self.corrections if speaks(correction.place)),
            self.today,
        )

    @property
    def digest(self) -> str:
        """Digest of what they say, "" for none; the day does not enter: a verdict is not judged again because time passes."""
        if not self.waivers and not self.corrections:
            return ""
        return digest_of([[_plain(one) for one in kind] for kind in (self.waivers, self.corrections)])


NONE = Decisions()


class DecisionInvalid(FileInvalid):
    """A waiver or correction can't be used."""

    HEADING, PACKAGE = "decision_invalid", "kkz_eval.deliveries"


def load_decisions(folder: Path, contracts: Mapping[str, Contract], today: date) -> Decisions:
    """The waivers and corrections beside the contracts, in the order of their ids.

    folder: of the contracts; no folder `waivers` or `corrections` in it means none. Raises DecisionInvalid where a file
    is not valid or names what no contract has.
    """
    waivers = _load(folder / WAIVERS, lambda root: _waiver(root, contracts))
    corrections = _load(folder / CORRECTIONS, lambda root: _correction(root, contracts))
    return Decisions(waivers, corrections, today)


def document_of(decision: Waiver | Correction) -> dict[str, object]:
    """What the YAML file of a decision holds, in the order in which people read it."""
    version = "waiver_version" if isinstance(decision, Waiver) else "correction_version"
    said = dataclasses.asdict(decision)
    place = said.pop("place")
    return {version: VERSION, "id": said.pop("id"), **place, "dimensions": dict(place["dimensions"]), **said}


def _plain(decision: Waiver | Correction) -> dict[str, object]:
    return {key: value.isoformat() if isinstance(value, date) else value for key, value in document_of(decision).items()}


def _load(folder: Path, read: Callable[[Node], _D]) -> tuple[_D, ...]:
    return tuple(_read(path, read) for path in files_in(folder, ".yaml"))


def _read(path: Path, read: Callable[[Node], _D]) -> _D:
    root = root_of(read_edited(path, DecisionInvalid))
    named = root.child("id")
    if named.text() != path.stem or not _ID.fullmatch(path.stem):  # so that none comes twice
        named.unexpected(path.stem)
    decision = read(root)
    root.settle()
    return decision


def _waiver(root: Node, contracts: Mapping[str, Contract]) -> Waiver:
    said = {
        "id": root.child("id").text(),
        "value": root.child("value").any_text(),
        "allowed": root.child("allowed").any_text(),
        "reason": root.child("reason").text(),
        **_roles(root),
    }
    expires = root.child("expires").day()
    place = _place(root, WAIVERS, contracts, all_fields)
    rule = root.child("rule").one_of([rule.rule_id for rule in contracts[place.contract].rules])
    return Waiver(place=place, rule=rule, expires=expires, **said)


def _correction(root: Node, contracts: Mapping[str, Contract]) -> Correction:
    said = {
        "id": root.child("id").text(),
        "old": root.child("old").any_text(),
        "reason": root.child("reason").text(),
        "reported_to": root.child("reported_to").text(),
        "status": root.child("status").one_of(SOURCE_STATES),
        **_roles(root),
    }
    new = root.child("new").number()
    return Correction(place=_place(root, CORRECTIONS, contracts, measures_only), new=float(new), **said)


def all_fields(contract: Contract) -> list[str]:
    """The properties that a waiver may be about."""
    return [p.name for p in contract.properties]


def measures_only(contract: Contract) -> list[str]:
    """The properties that a correction may be about: a key or a dimension is no value, but says of whom it is one."""
    return [p.name for p in contract.properties if p.role == "measure"]


def _place(root: Node, kind: str, contracts: Mapping[str, Contract], fields: Callable[[Contract], list[str]]) -> Place:
    """The place that a decision names. Raises DecisionInvalid for an unknown contract: what one admits can't be said then."""
    root.mapping(_KEYS[kind])
    root.child(_KEYS[kind][0]).one_of((VERSION,))
    unit, year, dimensions = root.child("unit_id").text(), root.child("year").whole_number(), root.child("dimensions")
    delivery, cell = root.child("delivery").text(), root.child("cell").any_text()
    named = root.child("contract")
    contract = contracts[named.one_of(sorted(contracts))]
    if named.value != contract.id:
        root.settle()
    codes = {p.name: [code.code for code in p.codes] for p in contract.properties if p.role == "dimension"}
    return Place(
        contract=contract.id,
        unit_id=unit,
        year=year,
        field=root.child("field").one_of(fields(contract)),
        dimensions={
            name: dimensions.child(name).one_of(codes[name]) for name in dimensions.mapping(tuple(codes)) if name in codes
        },
        delivery=delivery,
        cell=cell,
    )


def _roles(root: Node) -> dict[str, str]:
    """Who asked and who approved: two different roles, since nobody approves a request of their own."""
    asked, approved = root.child("requested_by").text(), root.child("approved_by").text()
    if asked.strip().casefold() == approved.strip().casefold():
        root.child("approved_by").report("decision_one_role", role=approved)
    return {"requested_by": asked, "approved_by": approved}
