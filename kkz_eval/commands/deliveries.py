"""The steward's desk on the command line: the register by unit, requests and their approval, two deliveries side by side, removal.

Belongs here: what these commands print, and their exit codes. No step of the line; neither pandas nor Dagster, so that they answer at once.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections import Counter
from collections.abc import Mapping, Sequence, Set
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

from kkz_eval.commands import say as say_of_commands
from kkz_eval.commands.terminal import telling
from kkz_eval.contracts.contract import Contract
from kkz_eval.contracts.load import load_contracts
from kkz_eval.deliveries.reader import Claimed, PersonRecords, Unclaimed, Unreadable, read_file
from kkz_eval.deliveries.register.accepted import accepted_observations
from kkz_eval.deliveries.register.decisions import load_decisions
from kkz_eval.deliveries.register.inbox import content_of
from kkz_eval.deliveries.register.intake import landing_key
from kkz_eval.deliveries.register.purging import purge, require_no_open_purge
from kkz_eval.deliveries.register.reading_process import read_apart
from kkz_eval.deliveries.register.register import Arrival, Register, read_register
from kkz_eval.model.errors import UserError
from kkz_eval.model.parsed import ParsedTable
from kkz_eval.model.texts import Language
from kkz_eval.model.verdicts import State, Status
from kkz_eval.reference.tables import unit_label
from kkz_eval.settings import Settings
from kkz_eval.stewardship import say
from kkz_eval.stewardship.delivery_diff import Change, changes_between
from kkz_eval.stewardship.due_days import Day
from kkz_eval.stewardship.history import DeliveryState, History, Place, came_late, delivery_named, delivery_state, histories
from kkz_eval.stewardship.removal import said_of_removal
from kkz_eval.stewardship.requests import approve, request_state, requests_of, waiting_parts
from kkz_eval.storage.steps import Steps
from kkz_eval.storage.store import DraftStore, Store
from kkz_eval.storage.writer import require_home, writing_alone

_PREFIX = re.compile(r"[0-9a-f]{6,64}")
SHOWN = 50
"""So many changes are printed; --json has all."""


@dataclass(frozen=True)
class _Row:
    """An arrival as it is listed.

    status: as it always was in JSON; detail: its state in words; standing: which delivery counts instead, and for what; late: "" or for what it came
    after the deadline.
    """

    arrival: Arrival
    state: State
    status: str
    detail: str
    standing: str
    late: str = ""


_NEXT_STEPS: Mapping[str, Set[State]] = {
    "correct": {State.REJECTED, State.PARTLY_REJECTED, State.EARLIER_HOLDS},
    "choose": {State.CONFLICT},
    "decide": {State.DECIDED},
    "judge": {State.PENDING},
}
"""What a list of arrivals says to do next, by the states of which one at least stands in it."""


def list_arrivals(settings: Settings) -> int:
    """Print the register: one line per arrival, in order, with the standing verdict; beside it, what is to be done next."""
    register = _register(settings)
    contracts = load_contracts(settings.contracts)
    rows = _rows(register, contracts, _histories(settings, register, contracts), settings.language)
    for row in rows:
        arrival, remarks = row.arrival, " ".join(filter(None, (row.standing, row.late)))
        shown = f"{arrival.number:>6}  {arrival.sha256[:12]}  {arrival.contract_id:<22}  {row.detail:<28}  {arrival.name}"
        print(f"{shown}  {remarks}".rstrip())
    states = {row.state for row in rows}
    for step, about in _NEXT_STEPS.items():
        if not states.isdisjoint(about):
            print(say(f"list.next.{step}").in_language(settings.language), file=sys.stderr)
    return 0


def list_arrivals_json(settings: Settings) -> int:
    """Print the register as JSON: arrivals with their state, and each unit and year with its history."""
    register = read_register(Store.at(settings.store))
    contracts = load_contracts(settings.contracts)
    known = _histories(settings, register, contracts)
    rows = _rows(register, contracts, known, settings.language)
    print(
        json.dumps(
            {
                "arrivals": [
                    {
                        **asdict(row.arrival),
                        "status": row.status,
                        "state": row.state,
                        "said": row.detail,
                        "standing": row.standing,
                        "late": row.late,
                    }
                    for row in rows
                ],
                "units": [_history_json(history, settings.language) for history in known.values()],
            },
            ensure_ascii=False,
            indent=1,
        )
    )
    return 0


def list_histories(settings: Settings) -> int:
    """Print each dataset, unit and year that was ever delivered, with all that was said of it, the newest last."""
    register, language = _register(settings), settings.language
    for history in _histories(settings, register, load_contracts(settings.contracts)).values():
        *before, (newest, _) = history.entries
        states = [*((arrival.number, part.state) for arrival, part in before), (newest.number, history.state)]
        said = " → ".join(f"{number}: {state.said.in_language(language)}" for number, state in states)
        if history.instead is not None:
            said = say("list.history", said=said, delivery=delivery_named(history.instead)).in_language(language)
        print(f"{history.dataset:<26}  {unit_label(history.unit_id):<24}  {history.year}  {said}")
    return 0


def _register(settings: Settings) -> Register:
    register = read_register(Store.at(settings.store))
    if not register.arrivals:
        print(say_of_commands("run.register_empty", home=str(settings.home)).in_language(settings.language))
    return register


def _histories(settings: Settings, register: Register, contracts: Mapping[str, Contract]) -> dict[Place, History]:
    """All that was delivered and what counts of it; nothing is written, whatever has to be computed for it."""
    store = DraftStore.over(Store.at(settings.store))
    decided = waiting_parts(store, register, contracts, load_decisions(settings.contracts, contracts, settings.day))
    return histories(
        register, contracts.values(), lambda contract: accepted_observations(Steps(store), register, contract), decided
    )


def _rows(
    register: Register, contracts: Mapping[str, Contract], known: Mapping[Place, History], language: Language
) -> list[_Row]:
    rows = []
    for arrival in register.arrivals:
        stone = register.tombstones.get(arrival.sha256)
        verdict, contract = register.verdicts.get((arrival.sha256, arrival.contract_id)), contracts.get(arrival.contract_id)
        if stone is not None:
            gone = say("list.purged", state=State.PURGED.said, date=Day(date.fromisoformat(stone.date)), reason=stone.reason)
            rows.append(_Row(arrival, State.PURGED, "purged", gone.in_language(language), ""))
            continue
        if verdict is None:
            rows.append(_Row(arrival, State.PENDING, "pending", State.PENDING.said.in_language(language), ""))
            continue
        # of a contract that is gone nothing counts any more: what its verdict said is all there is to say
        standing = DeliveryState(verdict.state, ()) if contract is None else delivery_state(verdict, contract, known)
        fate = standing.state.said.in_language(language)
        n_rejected = sum(part.status == Status.REJECTED for part in verdict.slices)
        if n_rejected and standing.state not in (State.SUPERSEDED, State.CONFLICT):
            fate += f" ({n_rejected}/{len(verdict.slices)})"
        late = None if contract is None else came_late(verdict, contract, known)
        remarks = (standing.said.in_language(language), "" if late is None else late.in_language(language))
        rows.append(_Row(arrival, standing.state, verdict.status.value, fate, *remarks))
    return rows


def _history_json(history: History, language: Language) -> dict[str, object]:
    held = history.holds
    return {
        "dataset": history.dataset,
        "unit": history.unit_id,
        "year": history.year,
        "history": [
            {"arrival": arrival.number, "status": part.status.value, "errors": part.n_errors, "warnings": part.n_warnings}
            | {"acknowledged": part.n_acknowledged}
            for arrival, part in history.entries
        ],
        "state": history.state,
        "said": history.state.said.in_language(language),
        "holds": None if held is None else {"arrival": held.number, "name": held.name, "day": held.day},
    }


def compare(settings: Settings, first: str, second: str, form: str) -> int:
    """Print what changed between two deliveries, each a file or the beginning of a checksum; 0 nothing changed, 1 something did.

    form: table | json. Raises UserError where one can't be found or read, or they share no contract.
    """
    contracts = load_contracts(settings.contracts)
    before, after = (_tables(settings, contracts, name) for name in (first, second))
    shared = [contract_id for contract_id in before if contract_id in after]
    if not shared:
        raise UserError(
            "diff_other_contracts",
            package=say.package,
            a=first,
            b=second,
            contracts_a=", ".join(before),
            contracts_b=", ".join(after),
        )
    found = {
        contract_id: changes_between(before[contract_id], after[contract_id], contracts[contract_id]) for contract_id in shared
    }
    if form == "json":
        print(json.dumps({name: [_change_json(change) for change in changes] for name, changes in found.items()}, indent=1))
    else:
        for contract_id, changes in found.items():
            _print_changes(contracts[contract_id], changes, settings.language)
    return 1 if any(found.values()) else 0


def _tables(settings: Settings, contracts: Mapping[str, Contract], name: str) -> dict[str, ParsedTable]:
    path = Path(name)
    data = content_of(path, path.name) if os.path.lexists(path) else _landed(settings, name)
    match data if isinstance(data, Unreadable) else read_apart(read_file, data, path.name, contracts, settings.limits):
        case Claimed(parsed=parsed):
            return {table.contract_id: table for table in parsed}
        case (Unclaimed() | Unreadable() | PersonRecords()) as result:
            raise UserError("delivery_not_readable", package=say.package, sentence=result)


def _landed(settings: Settings, prefix: str) -> bytes:
    store = Store.at(settings.store)
    register = read_register(store)
    known = {arrival.sha256 for arrival in register.arrivals} - set(register.tombstones)
    found = [digest for digest in known if _PREFIX.fullmatch(prefix.lower()) and digest.startswith(prefix.lower())]
    if len(found) != 1 or not store.exists(landing_key(found[0])):
        raise UserError("delivery_unknown", package=say.package, value=prefix)
    return store.get(landing_key(found[0]))


def _change_json(change: Change) -> dict[str, object]:
    return {**asdict(change), "kind": change.kind, "size": change.size, "relative": change.relative}


def _print_changes(contract: Contract, changes: Sequence[Change], language: Language) -> None:
    count = Counter(change.kind for change in changes)
    numbers = {kind: count[kind] for kind in ("changed", "added", "removed")}
    print(say("diff.summary", contract=contract.id, **numbers).in_language(language))
    for change in changes[:SHOWN]:
        relative = "" if change.relative is None else f"{100 * change.relative:+.1f} %"
        size = "" if change.size is None else f"{change.size:+g}"
        where = ", ".join(change.dimensions.values())
        old, new = ("–" if value is None else value or '""' for value in (change.old, change.new))
        print(f"  {unit_label(change.unit_id):<24} {change.year}  {old:>10} → {new:<10} {size:>10} {relative:>10}  {where}")
    if len(changes) > SHOWN:
        print(say("diff.more", count=len(changes) - SHOWN).in_language(language))


def list_requests(settings: Settings, form: str) -> int:
    """Print what was decided in returned marked copies, and whether it is in force; 0 nothing to do, 1 something waits."""
    store, contracts = Store.at(settings.store), load_contracts(settings.contracts)
    decisions = load_decisions(settings.contracts, contracts, settings.day)
    requests = requests_of(store, read_register(store), contracts)
    states = [request_state(request, decisions) for request in requests]
    if form == "json":
        rows = [
            {
                **asdict(request),
                "state": state,
                "decider": request.decider.in_language(settings.language),
                "sentence": request.sentence.in_language(settings.language),
            }
            for request, state in zip(requests, states, strict=True)
        ]
        print(json.dumps(rows, ensure_ascii=False, indent=1))
    else:
        for request, state in zip(requests, states, strict=True):
            said = request.asked if state == "approved" else request.sentence  # nobody has to decide any more
            print(
                f"{request.id}  {say(f'request_state.{state}').in_language(settings.language):<16}  {said.in_language(settings.language)}"
            )
        if not requests:
            print(say("request_state.none").in_language(settings.language))
    return 0 if set(states) <= {"approved"} else 1


def approve_request(settings: Settings, request_id: str, role: str, expires: str | None) -> int:
    """Approve a request as a second role: its YAML file is written beside the contracts. Raises UserError where that can't be."""
    store, contracts = Store.at(settings.store), load_contracts(settings.contracts)
    with _writing(settings, "kkz-eval deliveries approve"):
        require_no_open_purge(store)
        requests = {request.id: request for request in requests_of(store, read_register(store), contracts)}
        if request_id not in requests:
            raise UserError("request_unknown", package=say.package, id=request_id, known=", ".join(requests) or "–")
        decisions = load_decisions(settings.contracts, contracts, settings.day)
        path = approve(requests[request_id], settings.contracts, role, _day(expires), decisions)
    print(say("approved", file=str(path)).in_language(settings.language))
    return 0


def _day(value: str | None) -> date | None:
    if value is None:
        return None
    try:
        return date.fromisoformat(value)
    except ValueError as error:
        raise UserError("date_unreadable", package=say.package, value=value) from error


def purge_content(settings: Settings, sha256: str, reason: str) -> int:
    """Remove a content for good and say what went, what still holds it, and what to do next."""
    tell = telling(settings)
    with _writing(settings, "kkz-eval purge"):
        purged = purge(Store.at(settings.store), settings.inbox, sha256, reason, settings.day)
    decisions = load_decisions(settings.contracts, load_contracts(settings.contracts), settings.day)
    for sentence in said_of_removal(purged, settings.inbox, decisions):
        tell(sentence)
    return 0


def _writing(settings: Settings, command: str) -> AbstractContextManager[None]:
    """Be the only writer of a home that is there. Raises UserError where there is none: nothing of it could be meant."""
    require_home(settings.home)
    return writing_alone(settings.home, command, telling(settings))
