"""What a click at the desk does to what is kept: a decision, its approval, a question, an answer, a removal. Each alone in the home, like the commands.

Belongs here: finding again what the click is about, and keeping it. Nothing that a form says is trusted: the finding is looked up among those of the
delivery, the request among those that wait. Does not belong here: who may click (desk), what is shown (at_the_desk).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import date
from pathlib import Path

from kkz_eval.contracts.contract import Contract
from kkz_eval.contracts.load import load_contracts
from kkz_eval.deliveries.municipal.returned import Decision, DecisionRow
from kkz_eval.deliveries.persons.typed import screened
from kkz_eval.deliveries.register.decisions import load_decisions
from kkz_eval.deliveries.register.judging import judge_arrival
from kkz_eval.deliveries.register.noted import (
    NO_CONTENT,
    DeskDecision,
    Remark,
    desk_decisions,
    record_decision,
    record_remark,
    still_open,
)
from kkz_eval.deliveries.register.parsed_tables import load_parsed
from kkz_eval.deliveries.register.purging import purge, would_go
from kkz_eval.deliveries.register.register import open_purges
from kkz_eval.deliveries.text.numbers import parse_number, style_shown
from kkz_eval.line import say
from kkz_eval.line.at_the_desk import Moment, findings_of, moment_of
from kkz_eval.line.installation import Installation
from kkz_eval.model.errors import UserError
from kkz_eval.model.findings import Finding
from kkz_eval.model.parsed import ParsedTable
from kkz_eval.model.texts import Sentence
from kkz_eval.reference.tables import units_known_to
from kkz_eval.settings import Settings
from kkz_eval.stewardship.board import BoardCell
from kkz_eval.stewardship.clicks import Approver, Named, Teller, may_be_right, name_of, takes_a_value
from kkz_eval.stewardship.history import Place
from kkz_eval.stewardship.removal import counted_by_kind, said_of_removal
from kkz_eval.stewardship.requests import DECLINED, Request, approve, is_approved, is_correctable, refusal_of, refusal_row
from kkz_eval.storage.steps import Steps
from kkz_eval.storage.store import Store
from kkz_eval.storage.writer import writing_soon

SURE = 8
"""So many characters of its digest are typed by whoever removes a content."""


def decide(
    settings: Settings,
    place: Place,
    named: Named,
    decision: Decision,
    reason: str,
    new: str,
    teller: Teller,
    seen: str | None = None,
) -> None:
    """Keep what somebody decided about a finding of the newest delivery of a place; Decision.OPEN takes back what was decided.

    new: the value that is to hold, as typed, of a correction; seen: number of the decision that stood on the page, "" for none, None where nobody
    looked at a page. The same decision once more changes nothing. Raises UserError where the delivery is not the newest any more or has no such
    finding, somebody decided or approved in the meantime, the reason is missing or speaks of a person, the value is no number or was typed where
    none is asked for, or can't be decided about here.
    """
    said = "" if decision == Decision.OPEN else screened(reason)
    with _writing(settings):
        moment = moment_of(settings)
        finding = _finding(moment, place, named)
        delivered = _delivered(moment, place)
        value = _value(delivered, moment.contract_of(place), finding, new) if decision == Decision.CORRECTED else None
        if decision == Decision.RIGHT and not may_be_right(finding, delivered):
            raise UserError("desk_not_waivable", package=say.package, cell=named.cell)
        if decision == Decision.RIGHT and new.strip() not in ("", named.value):
            raise UserError("desk_right_or_corrected", package=say.package, value=named.value, new=new.strip())
        row = DecisionRow("", named.cell, named.value, named.rule, decision, decision, said, "")
        decided = DeskDecision(named.sha256, row, value, teller.role, teller.person, _day(settings))
        if _is_to_be_kept(moment, decided, seen):
            record_decision(_store(settings), decided)


def _is_to_be_kept(moment: Moment, decided: DeskDecision, seen: str | None) -> bool:
    """Whether a decision is a new one, about what its maker saw. Raises UserError where another stands, or one that a second role approved."""
    decisions = desk_decisions(moment.snapshot.steps.store)
    standing = next((one for one in decisions if _about(one) == _about(decided)), None)
    if standing is not None and replace(standing, row=replace(standing.row, number="")) == decided:
        return False  # a form that was sent twice
    number = "" if standing is None or standing.row.decision == Decision.OPEN else standing.row.number
    asked = (one for one in moment.requests if one.decided_by and (one.returned, one.number) == (decided.original, number))
    if any(is_approved(one, moment.installation.decisions) for one in asked):
        raise UserError("desk_approved_meanwhile", package=say.package, cell=decided.row.cell)
    if seen is not None and seen != number:
        raise UserError("desk_decided_meanwhile", package=say.package, cell=decided.row.cell)
    return True


def _about(decision: DeskDecision) -> tuple[str, ...]:
    """The finding that a decision is about."""
    return decision.original, decision.row.rule, decision.row.cell, decision.row.value


def _cell(moment: Moment, place: Place) -> BoardCell:
    """A place of the board. Raises UserError where it went since the page was shown: its last delivery was removed, or its dataset has no contract."""
    cell = moment.cells.get(place)
    if cell is None:
        raise UserError("desk_no_place", package=say.package)
    return cell


def _finding(moment: Moment, place: Place, named: Named) -> Finding:
    cell = _cell(moment, place)
    if cell.history is None or cell.history.newest.sha256 != named.sha256:
        raise UserError("desk_other_newest", package=say.package)
    for finding in findings_of(moment, cell.history.verdict, place):
        if name_of(finding, named.sha256) == named:
            return finding
    raise UserError("desk_no_finding", package=say.package, cell=named.cell, rule=named.rule)


def _delivered(moment: Moment, place: Place) -> ParsedTable:
    """What the newest delivery of a place holds."""
    history = _cell(moment, place).history
    assert history is not None
    return load_parsed(moment.snapshot.steps.store, history.verdict.parsed_key, moment.contract_of(place))


def _value(delivered: ParsedTable, contract: Contract, finding: Finding, new: str) -> float:
    """The number that is to hold. Raises UserError where the text is none, or the cell takes none."""
    read = parse_number(new, style_shown(new))
    if read.value is None or read.flag is not None:
        raise UserError("desk_no_number" if new.strip() else "desk_no_value", package=say.package, value=new.strip())
    field = finding.field
    if field is None or not (takes_a_value(finding, delivered, contract) and is_correctable(field, read.value, contract)):
        raise UserError("desk_not_correctable", package=say.package, cell=finding.cell or "–", value=new.strip())
    return float(read.value)


def approve_here(settings: Settings, request_id: str, said: str, expires: date | None, approver: Approver) -> Path:
    """Put a decision in force, as `deliveries approve`, and judge anew what it is about; path of its file.

    said: of the request as they read it, for it may have been decided otherwise since. Nobody approves what they decided, but where one person is alone at a machine: then the file says so. Raises UserError as requests.approve.
    """
    with _writing(settings):
        moment = moment_of(settings)
        request = _waiting(moment, request_id, said, approver)
        is_same = approver.has_decided(request.decided_by)
        role = say("desk.same_person", role=approver.role).in_language("de") if is_same else approver.role
        # The file before the verdict: none may rest on a decision that is not kept. What ends in between leaves judging to the next run.
        path = approve(request, settings.contracts, role, expires, moment.installation.decisions)
        installation = moment.installation
        decisions = load_decisions(settings.contracts, installation.contracts, settings.day)
        kept = replace(installation, decisions=decisions, steps=Steps(_store(settings)))
        _judge(kept, {request.returned, request.place.delivery if request.place else request.returned})
        return path


def decline_here(settings: Settings, request_id: str, said: str, reason: str, approver: Approver) -> None:
    """Say no to a decision, with a reason, for whoever made it: the finding is open again. Kept as a decision about it, for it is one.

    said: as in approve_here. Raises UserError as that, where the reason is missing or speaks of a person, and where it is approved already.
    """
    why = screened(reason)
    with _writing(settings):
        moment = moment_of(settings)
        if any(_is_declined(one, why, approver) for one in moment.requests if one.id == request_id):
            return  # a form that was sent twice
        request = _waiting(moment, request_id, said, approver)
        if is_approved(request, moment.installation.decisions):
            raise UserError("desk_approved_meanwhile", package=say.package, cell=request.place.cell if request.place else "–")
        row = refusal_row(request, why)
        record_decision(
            _store(settings), DeskDecision(request.returned, row, None, approver.role, approver.person, _day(settings))
        )


def _is_declined(request: Request, why: str, approver: Approver) -> bool:
    """Whether they declined a request already, for that very reason."""
    return request.problem == DECLINED and (request.reason, request.decided_by) == (why, approver.person)


def _waiting(moment: Moment, request_id: str, said: str, approver: Approver) -> Request:
    """The request that somebody read. Raises UserError where there is none like that, or it is not for them to have the second word on it."""
    request = next((one for one in moment.requests if one.id == request_id), None)
    if request is None or request.said != said:
        raise UserError("desk_no_request", package=say.package, id=request_id)
    refusal = refusal_of(request, approver)
    if refusal is not None:
        raise refusal
    return request


def _judge(installation: Installation, contents: set[str]) -> None:
    """Judge anew what a decision is about, so that it shows at once what it comes to; all others are judged by the next run."""
    register = installation.register()
    newest = {(arrival.sha256, arrival.contract_id): arrival for arrival in register.arrivals if arrival.sha256 in contents}
    for arrival in newest.values():
        if arrival.contract_id in installation.contracts and arrival.sha256 not in register.tombstones:
            known = units_known_to(installation.contracts[arrival.contract_id].source)
            judge_arrival(installation.steps, register, arrival, installation.contracts, known, installation.decisions)


def ask(settings: Settings, place: Place, text: str, teller: Teller) -> None:
    """Keep a question at a place. Raises UserError where it is empty, too long or speaks of a person."""
    said = screened(text)
    with _writing(settings):
        moment = moment_of(settings)
        history = _cell(moment, place).history
        about = NO_CONTENT if history is None else history.newest.sha256
        contract = moment.contract_of(place).id
        record_remark(_store(settings), Remark(contract, *place[1:], about, said, teller.role, _day(settings)))


def answer(settings: Settings, place: Place, about: str, number: int, text: str, teller: Teller) -> None:
    """Keep the answer to an open question of a place. Raises UserError as `ask`, and where there is no such question, or it was answered meanwhile."""
    said = screened(text)
    with _writing(settings):
        moment = moment_of(settings)
        _cell(moment, place)
        known = moment.remarks_at(place)
        if any((one.about, one.answers, one.text, one.role) == (about, number, said, teller.role) for one in known):
            return  # a form that was sent twice
        if (about, number) not in {(one.about, one.number) for one in still_open(known)}:
            raise UserError("desk_no_question", package=say.package)
        contract = moment.contract_of(place).id
        record_remark(_store(settings), Remark(contract, *place[1:], about, said, teller.role, _day(settings), number))


def going_with(settings: Settings, sha256: str) -> tuple[Sentence, ...]:
    """What would be removed with a content now, in numbers, each kind a sentence. Raises UserError where the disk fails."""
    return tuple(counted_by_kind(would_go(_store(settings), sha256, settings.day)))


def purge_here(settings: Settings, sha256: str, typed: str, reason: str) -> tuple[Sentence, ...]:
    """Remove a content for good, as `kkz-eval purge`; what is said after it. typed: the beginning of its digest, as a sign that it is meant.

    Raises UserError where that is another, the reason is missing or speaks of a person, and as purging.purge.
    """
    if typed.strip().lower() != sha256[:SURE]:
        raise UserError("desk_not_sure", package=say.package, n=SURE)
    why = screened(reason)
    return _purged(settings, lambda store: {sha256: why})


def end_removals(settings: Settings) -> tuple[Sentence, ...]:
    """Bring to their end all removals that were cut short, for the reasons that stood when they began; what is said after it, () where there are none."""
    return _purged(settings, lambda store: {begun.contents[0]: begun.reason for begun in open_purges(store)})


def _purged(settings: Settings, asked: Callable[[Store], Mapping[str, str]]) -> tuple[Sentence, ...]:
    """Remove contents. asked: reasons by digest, as of when nobody else writes: what another process ended meanwhile is not removed once more."""
    decisions = load_decisions(settings.contracts, load_contracts(settings.contracts), settings.day)
    with _writing(settings):
        store = _store(settings)
        purged = [purge(store, settings.inbox, sha256, why, settings.day) for sha256, why in asked(store).items()]
    return tuple(said for one in purged for said in said_of_removal(one, settings.inbox, decisions))


_PATIENCE = 20.0
"""So many seconds another writer is waited for by somebody at a page."""


def _writing(settings: Settings) -> AbstractContextManager[None]:
    """Be the only writer of the home. Raises UserError (home_busy), which names the other, where that does not end soon."""
    return writing_soon(settings.home, say("desk.act").in_language("de"), _PATIENCE)


def _store(settings: Settings) -> Store:
    return Store.at(settings.store)


def _day(settings: Settings) -> str:
    return settings.day.isoformat()
