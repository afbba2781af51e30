"""What was decided in returned marked copies and at the desk, as requests that a second role approves: waivers and corrections.

Nothing in a returned sheet is trusted: each row is looked up among the findings of the file that it names. A decision at the desk is such a row,
about the file itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import yaml

from kkz_eval.contracts.contract import Contract
from kkz_eval.deliveries.municipal.returned import Decision, DecisionRow
from kkz_eval.deliveries.register.decided import dimensions_at, is_waivable, record_at
from kkz_eval.deliveries.register.decisions import (
    CORRECTIONS,
    WAIVERS,
    Correction,
    Decisions,
    Place,
    Waiver,
    document_of,
    measures_only,
)
from kkz_eval.deliveries.register.judging import load_findings
from kkz_eval.deliveries.register.noted import DeskDecision, desk_decisions
from kkz_eval.deliveries.register.parsed_tables import load_parsed, same_values
from kkz_eval.deliveries.register.register import Register, returned_protocols, verdicts_of
from kkz_eval.model.errors import UserError
from kkz_eval.model.findings import Finding, Severity, iter_findings
from kkz_eval.model.identifiers import cell_address, column_number
from kkz_eval.model.parsed import COL, ROW, SHEET, ParsedTable
from kkz_eval.model.system_errors import reason_of
from kkz_eval.model.texts import Joined, Localised, Sentence
from kkz_eval.model.verdicts import Status, Verdict
from kkz_eval.stewardship import say
from kkz_eval.stewardship.clicks import Approver
from kkz_eval.stewardship.delivery_diff import Change, changes_between
from kkz_eval.stewardship.due_days import Day
from kkz_eval.storage.digests import digest_of
from kkz_eval.storage.store import Store, put_file_if_absent, replace_file

_ADDRESS = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
DECLINED = "declined"
"""The problem of a request that a second role declined: whoever made it has the next word."""


@dataclass(frozen=True)
class Request:
    """One decision of a steward that waits for approval, or that can't have one.

    kind: waiver | correction; problem: "" or why it can't be approved (unknown_finding, unknown_word, no_reason, not_waivable,
    nothing_changed, not_correctable, declined: then reason, decided_by and decided_on are those of who declined it); returned: digest of the marked copy, or of the file itself where it was decided at the desk; name: under
    which it came; place: None where the finding is unknown; rule, value, allowed: of the finding; old, new: of a correction; requested_by: role that
    the contract names, or that decided at the desk; parts: where the finding is unknown, contract and unit of whatever the file has in the cell that
    is named, () where nobody can tell; decided_by, decided_on: who that was, as the desk knows them, and when, "" in a marked copy.
    """

    id: str
    kind: str
    problem: str
    returned: str
    name: str
    number: str
    place: Place | None
    rule: str
    value: str
    allowed: str
    old: str
    new: float | None
    reason: str
    requested_by: str
    reported_to: str
    decided_by: str = ""
    decided_on: str = ""
    parts: tuple[tuple[str, str], ...] = ()

    @property
    def sentence(self) -> Localised:
        """What is asked for and who has to decide, or what stands in the way and what to do."""
        return self.asked if self.problem else Joined((self.asked, say("request.to_decide", decider=self.decider)), " ")

    @property
    def asked(self) -> Sentence:
        """What is asked for, or what stands in the way and what to do; nothing of who decides."""
        key = f"request.{self.problem or self.kind}"
        cell = self.place.cell if self.place else "–"
        return say(
            key,
            name=self.name,
            number=self.number,
            rule=self.rule,
            cell=cell,
            value=self.value,
            allowed=self.allowed or "–",
            old=self.old,
            new="–" if self.new is None else f"{self.new:g}",
            reason=self.reason.rstrip(".") or "–",  # the sentence has its own full stop
        )

    @property
    def said(self) -> str:
        """Digest of what is asked for and by whom: whoever decides anew about the same finding leaves the id as it is."""
        asked = [self.kind, self.value, self.allowed, self.old, self.new, self.reason, self.requested_by, self.decided_by]
        return digest_of([self.id, *asked])

    @property
    def decider(self) -> Sentence:
        """Who has to decide: nobody approves a request of their own."""
        return say("request.decider", role=self.requested_by) if self.requested_by else say("request.decider_of_none")


def requests_of(store: Store, register: Register, contracts: Mapping[str, Contract]) -> tuple[Request, ...]:
    """All requests in the order in which the marked copies came, then row by row; behind them those of the desk.

    A value that several rows say they corrected is one request: with the number and reason of the row about its own cell, where there is one.
    A decision of the desk takes the place of what a copy says of the same value, and so does a refusal.
    """
    names = {arrival.sha256: arrival for arrival in register.arrivals}
    decided = desk_decisions(store)
    refusals = {(one.original, one.row.rule, one.row.cell, one.row.value): one for one in decided if is_refusal(one)}
    of_copies: set[DeskDecision] = set()
    returned = returned_protocols(store)
    found: dict[str, Request] = {}
    fits: dict[str, tuple[bool, bool]] = {}
    for sha256 in sorted(returned, key=lambda digest: names[digest].number if digest in names else 0):
        if sha256 in names:  # a scan that was cut short leaves what it read, but no arrival: it comes again
            looked_up = _Original(store, register, contracts, returned[sha256].original, sha256, names[sha256].name)
            for row in returned[sha256].rows:
                for request in looked_up.requests(row):
                    fit = (_is_of_its_cell(request, row), not request.problem)
                    refusal = refusals.get((sha256, *_about(request)))
                    if refusal is not None:
                        request, fit = _declined(request, refusal), (True, True)  # noqa: PLW2901 (whichever row said so)
                        of_copies.add(refusal)
                    if fit > fits.get(request.id, (False, False)) or request.id not in found:
                        found[request.id], fits[request.id] = request, fit
    for decision in sorted(decided, key=lambda one: names[one.original].number if one.original in names else 0):
        is_said = decision.row.decision != Decision.OPEN or (is_refusal(decision) and decision not in of_copies)
        if decision.original in names and is_said:
            name = names[decision.original].name
            looked_up = _Original(store, register, contracts, decision.original, decision.original, name, decision)
            found |= {request.id: request for request in looked_up.requests(decision.row)}
    return tuple(found.values())


def is_refusal(decision: DeskDecision) -> bool:
    """Whether a decision of the desk is a second role's, who declined what was decided: who takes back their own gives no reason."""
    return decision.row.decision == Decision.OPEN and bool(decision.row.reason)


def refusal_row(request: Request, reason: str) -> DecisionRow:
    """What is kept, as any decision about a finding, of a request that is declined: open again, with what was decided as its status."""
    rule, cell, value = _about(request)
    was = Decision.CORRECTED if request.kind == "correction" else Decision.RIGHT
    return DecisionRow("", cell, value, rule, Decision.OPEN, was, reason, "")


def _about(request: Request) -> tuple[str, str, str]:
    """Rule, cell and value, as a row about the same finding would name them."""
    return request.rule, request.place.cell if request.place else "", request.value.strip()


def _declined(request: Request, refusal: DeskDecision) -> Request:
    reason, person, day = refusal.row.reason, refusal.person, refusal.day
    return replace(request, problem=DECLINED, reason=reason, decided_by=person, decided_on=day)


def _is_of_its_cell(request: Request, row: DecisionRow) -> bool:
    return request.place is not None and request.place.cell.rpartition("!")[2] == row.cell.rpartition("!")[2]


def waiting_parts(
    store: Store, register: Register, contracts: Mapping[str, Contract], decisions: Decisions
) -> frozenset[tuple[str, str, int]]:
    """Where a second role has the next word: (digest of a returned copy, unit, year) whose values are as they were and whose errors are all decided.

    An error that nobody decided about, or whose decision can't be approved, is still to be corrected.
    """
    decided: dict[str, set[tuple[str, str]]] = {}
    for request in requests_of(store, register, contracts):
        if request.place is not None and not request.problem and not is_approved(request, decisions):
            decided.setdefault(request.returned, set()).add((request.rule, request.place.cell))
    returned = returned_protocols(store) if decided else {}
    found: set[tuple[str, str, int]] = set()
    for copy, places in decided.items():
        for contract in contracts.values():
            original = returned[copy].original if copy in returned else copy  # at the desk they decide about the file itself
            before, after = (register.verdicts.get((digest, contract.id)) for digest in (original, copy))
            if before is None or after is None:
                continue
            old, new = (load_parsed(store, verdict.parsed_key, contract) for verdict in (before, after))
            if same_values(old, new, contract):
                found |= {(copy, *part) for part in _decided_parts(load_findings(store, after), after, places)}
    return frozenset(found)


def _decided_parts(findings: pa.Table, verdict: Verdict, places: AbstractSet[tuple[str, str]]) -> set[tuple[str, int]]:
    """Rejected units and years of a copy of whose errors none is left open. places: (rule, cell of the original) that are decided about."""
    errors = iter_findings(findings.filter(pc.equal(findings.column("severity"), Severity.ERROR)))
    left = {(e.unit_id, e.year) for e in errors if places.isdisjoint((e.rule, cell) for cell in _cells_in_original(e))}
    if any(None in part for part in left):  # it rejects them all
        return set()
    rejected = {(part.unit_id, part.year) for part in verdict.slices if part.status == Status.REJECTED}
    return rejected - left


def _cells_in_original(finding: Finding) -> tuple[str, str]:
    """Where a finding of a marked copy may stand in the file that it is a copy of: on the same sheet, or, of a text file, on none."""
    return finding.cell, cell_address(None, finding.row, finding.column)


@dataclass(frozen=True)
class _Original:
    """The file that a returned copy is about, with its verdicts, beside the verdicts of the copy.

    desk: the decision of the desk that is about it, None for a row of a copy.
    """

    store: Store
    register: Register
    contracts: Mapping[str, Contract]
    sha256: str
    returned: str
    name: str
    desk: DeskDecision | None = None

    def requests(self, row: DecisionRow) -> Iterator[Request]:
        """The requests that one row makes: one, or one per changed value for a correction.

        What is found no more since a correction is in force was found by an earlier verdict.
        """
        for verdict in verdicts_of(self.store, self.sha256):
            if verdict.contract_id in self.contracts:
                findings = load_findings(self.store, verdict)
                for finding in iter_findings(findings.filter(pc.equal(findings.column("rule"), row.rule))):
                    if _is(row, finding):
                        yield from self._of(row, finding, verdict, self.contracts[verdict.contract_id])
                        return
        yield replace(self._request(row, "waiver", "unknown_finding"), parts=tuple(sorted(self._in_cell(row.cell))))

    def _in_cell(self, cell: str) -> Iterator[tuple[str, str]]:
        """Contract and unit of what the file has in a cell."""
        sheet, _, address = cell.rpartition("!")
        for verdict in verdicts_of(self.store, self.sha256):
            if verdict.contract_id in self.contracts:
                parsed = load_parsed(self.store, verdict.parsed_key, self.contracts[verdict.contract_id])
                yield from ((verdict.contract_id, unit) for unit in units_in_cell(parsed, sheet, address))

    def _of(self, row: DecisionRow, finding: Finding, verdict: Verdict, contract: Contract) -> Iterator[Request]:
        parsed = load_parsed(self.store, verdict.parsed_key, contract)
        place = self._place(finding, contract, parsed)
        if row.decision == Decision.CORRECTED and self.desk is not None:
            yield self._corrected_here(row, finding, place, contract, parsed, self.desk)
            return
        if row.decision == Decision.CORRECTED:
            yield from self._corrections(row, finding, place, contract, parsed)
            return
        if self.desk is not None and is_refusal(self.desk):
            kind = "correction" if row.status == Decision.CORRECTED else "waiver"
            yield self._request(row, kind, DECLINED, place, finding, contract)
            return
        problem = ""
        if row.decision != Decision.RIGHT:
            problem = "unknown_word"
        elif place is None or not is_waivable(finding):
            problem = "not_waivable"
        elif not row.reason:
            problem = "no_reason"
        yield self._request(row, "waiver", problem, place, finding, contract)

    def _place(self, finding: Finding, contract: Contract, parsed: ParsedTable) -> Place | None:
        record = record_at(parsed, finding)
        if record is None or finding.unit_id is None or finding.year is None or finding.field is None:
            return None
        dimensions = dimensions_at(parsed, contract, record)
        return Place(contract.id, finding.unit_id, finding.year, finding.field, dimensions, self.sha256, finding.cell)

    def _corrected_here(
        self, row: DecisionRow, finding: Finding, place: Place | None, contract: Contract, parsed: ParsedTable, desk: DeskDecision
    ) -> Request:
        """The request for another value in the very cell of a finding."""
        record = record_at(parsed, finding)
        if place is None or record is None or desk.new is None or not is_correctable(place.field, desk.new, contract):
            return self._request(row, "correction", "not_correctable", place, finding, contract)
        old = (parsed.texts(place.field)[record].as_py() or "").strip()
        change = Change(place.unit_id, place.year, place.field, place.dimensions, old, f"{desk.new:g}", None, desk.new, record)
        return self._request(row, "correction", "" if row.reason else "no_reason", place, finding, contract, change)

    def _corrections(
        self, row: DecisionRow, finding: Finding, place: Place | None, contract: Contract, parsed: ParsedTable
    ) -> Iterator[Request]:
        """One request per value of the finding's unit and year for which the copy holds another number than the original."""
        after = self.register.verdicts.get((self.returned, contract.id))
        changed: list[Change] = []
        if after is not None:
            copy = load_parsed(self.store, after.parsed_key, contract)
            changed = [
                change
                for change in changes_between(parsed, copy, contract)
                if change.kind == "changed"
                and change.new_value is not None
                and (finding.unit_id is None or change.unit_id == finding.unit_id)
                and (finding.year is None or change.year == finding.year)
            ]
        if not changed and not self._is_settled(after, finding):
            yield self._request(row, "correction", "nothing_changed", place, finding, contract)
        for change in changed:
            at = Place(
                contract.id, change.unit_id, change.year, change.field, change.dimensions, self.sha256, _cell(parsed, change)
            )
            yield self._request(row, "correction", "" if row.reason else "no_reason", at, finding, contract, change)

    def _is_settled(self, after: Verdict | None, finding: Finding) -> bool:
        """Whether the copy no longer has the finding: a key or a header was put right, and no value has to be kept for later."""
        if after is None:
            return False
        findings = load_findings(self.store, after)
        same_rule = findings.filter(pc.equal(findings.column("rule"), finding.rule))
        return all(finding.cell not in _cells_in_original(one) for one in iter_findings(same_rule))

    def _request(
        self,
        row: DecisionRow,
        kind: str,
        problem: str,
        place: Place | None = None,
        finding: Finding | None = None,
        contract: Contract | None = None,
        change: Change | None = None,
    ) -> Request:
        where = [place.unit_id, place.year, place.field, sorted(place.dimensions.items())] if place else row.number
        rule = "" if kind == "correction" and change else row.rule
        role = contract.terms.contact_role if contract else ""
        return Request(
            id=digest_of([self.returned, kind, where, rule])[:12],
            kind=kind,
            problem=problem,
            returned=self.returned,
            name=self.name,
            number=row.number,
            place=place,
            rule=row.rule,
            value=(finding.value or "") if finding else row.value,
            allowed=(finding.allowed or "") if finding else "",
            old=(change.old or "") if change else "",
            new=change.new_value if change else None,
            reason=row.reason,
            requested_by=role if self.desk is None else self.desk.role,
            reported_to=row.reported_to or role,
            decided_by="" if self.desk is None else self.desk.person,
            decided_on="" if self.desk is None else self.desk.day,
        )


def units_in_cell(parsed: ParsedTable, sheet: str, address: str) -> set[str]:
    """Keys of the units of whose records a cell holds a part. sheet: "" for any."""
    named = _ADDRESS.fullmatch(address)
    if named is None:
        return set()
    table, found = parsed.table, set[str]()
    for name in (name.removesuffix(ROW) for name in table.column_names if name.endswith(ROW)):
        here = pc.and_(
            pc.equal(table.column(name + ROW), int(named[2])), pc.equal(table.column(name + COL), column_number(named[1]))
        )
        if sheet:
            here = pc.and_(here, pc.equal(pc.coalesce(table.column(SHEET), sheet), sheet))
        found |= set(table.filter(here).column("unit_id").drop_null().to_pylist())
    return found


def _is(row: DecisionRow, finding: Finding) -> bool:
    sheet, _, cell = row.cell.rpartition("!")
    here = cell_address(None, finding.row, finding.column) or "–"
    return (
        row.rule == finding.rule
        and cell == here
        and finding.sheet in (None, sheet)
        and row.value == (finding.value or "").strip()
    )


def is_correctable(field: str, new: float, contract: Contract) -> bool:
    """Whether a value may be replaced by another: a measure may, by a number of its kind; a key or a code is put right in the file."""
    whole = field in measures_only(contract) and contract.property_named(field).logical_type == "integer"
    return field in measures_only(contract) and (new.is_integer() or not whole)


def _cell(parsed: ParsedTable, change: Change) -> str:
    table, record = parsed.table, change.record
    return cell_address(
        table.column(SHEET)[record].as_py(),
        table.column(change.field + ROW)[record].as_py(),
        table.column(change.field + COL)[record].as_py(),
    )


def request_state(request: Request, decisions: Decisions) -> str:
    """How far a request is: problem | declined | approved | waiting."""
    if request.problem:
        return DECLINED if request.problem == DECLINED else "problem"
    return "approved" if is_approved(request, decisions) else "waiting"


def refusal_of(request: Request, approver: Approver) -> UserError | None:
    """Why somebody at the desk may neither approve nor decline a request; None where they may.

    Nobody has the second word on what they decided, but where one person is alone at a machine.
    """
    if request.problem or request.place is None:
        return UserError("request_not_admissible", package=say.package, id=request.id, why=request.sentence.in_language("de"))
    if approver.has_decided(request.decided_by):
        return None if approver.may_be_the_same else UserError("approve_same_person", package=say.package)
    if not request.decided_by and approver.hands_in and not approver.may_be_the_same:  # the copy may be theirs
        return UserError("approve_unknown_decider", package=say.package)
    if _is_same_role(approver.role, request):
        return UserError("approve_one_role", package=say.package, role=approver.role)
    return None


def _is_same_role(role: str, request: Request) -> bool:
    return role.strip().casefold() == request.requested_by.strip().casefold()


def is_approved(request: Request, decisions: Decisions) -> bool:
    """Whether a decision about that very value is in force on the day of the decisions: a waiver until it expires."""
    if request.place is None:
        return False
    here = _where(request.place)
    if request.kind == "waiver":
        valid = (waiver for waiver in decisions.waivers if waiver.expires >= decisions.today)
        asked = (here, request.rule, request.value, request.allowed)
        return asked in {(_where(waiver.place), waiver.rule, waiver.value, waiver.allowed) for waiver in valid}
    return (here, request.old, request.new) in {(_where(one.place), one.old, one.new) for one in decisions.corrections}


def _where(place: Place) -> tuple[object, ...]:
    return (place.contract, place.unit_id, place.year, place.field, tuple(sorted(place.dimensions.items())))


def approve(request: Request, folder: Path, role: str, expires: date | None, decisions: Decisions) -> Path:
    """Write the decision's YAML file beside the contracts and return its path.

    role: of the second person; expires: of a waiver; decisions: those that there are, as of today. The file is there as a whole or not at all; the
    same approval once more changes nothing, and a waiver that is over is renewed. Raises UserError where the request can't be approved, the role
    is the one that asked, a waiver has no expiry or is over already, or the file is there and says something else.
    """
    if request.problem or request.place is None:
        raise UserError("request_not_admissible", package=say.package, id=request.id, why=request.sentence.in_language("de"))
    if not role.strip() or _is_same_role(role, request):
        raise UserError("approve_one_role", package=say.package, role=role)
    decision = _decision(request, request.place, role.strip(), expires)
    if isinstance(decision, Waiver) and decision.expires < decisions.today:
        raise UserError("approve_over", package=say.package, day=Day(decision.expires))
    kind = WAIVERS if isinstance(decision, Waiver) else CORRECTIONS
    path = folder / kind / f"{decision.id}.yaml"
    content = yaml.safe_dump(document_of(decision), allow_unicode=True, sort_keys=False).encode()
    if not put_file_if_absent(path, content) and path.read_bytes() != content:
        if not any(waiver.id == decision.id and waiver.expires < decisions.today for waiver in decisions.waivers):
            raise UserError("approve_twice", package=say.package, id=request.id, file=f"{kind}/{path.name}")
        try:
            replace_file(path, content)
        except OSError as error:
            raise UserError("storage_not_writable", place=str(path.parent), reason=reason_of(error)) from error
    return path


def _decision(request: Request, place: Place, role: str, expires: date | None) -> Waiver | Correction:
    identifier = f"{place.contract}-{place.unit_id}-{place.year}-{request.id}"
    asked = request.requested_by or "–"
    if request.kind == "waiver":
        if expires is None:
            raise UserError("approve_expiry", package=say.package, id=request.id)
        return Waiver(identifier, place, request.rule, request.value, request.allowed, request.reason, asked, role, expires)
    assert request.new is not None
    return Correction(
        identifier, place, request.old, request.new, request.reason, asked, role, request.reported_to or asked, "reported"
    )
