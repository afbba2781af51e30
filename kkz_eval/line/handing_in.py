"""Handing in at the desk: the same screening, landing and verdict as for a file of the inbox, and the receipt for what was handed in.

Belongs here: what somebody may hand in, and what a hand-in comes to beside all deliveries. Does not belong here: who somebody is and
pages (desk); what is taken in (deliveries.register.intake); judging.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from kkz_eval.contracts.contract import Contract
from kkz_eval.contracts.summary import Summary, summary_of
from kkz_eval.deliveries.register.decisions import load_decisions
from kkz_eval.deliveries.register.intake import Notice, take_in_handed
from kkz_eval.deliveries.register.judging import contract_of, judge_arrival, load_findings
from kkz_eval.deliveries.register.parsed_tables import load_parsed
from kkz_eval.deliveries.register.purging import require_no_open_purge
from kkz_eval.deliveries.register.register import Arrival, Register, Tombstone
from kkz_eval.line import say
from kkz_eval.model.day import BERLIN
from kkz_eval.model.parsed import ParsedTable
from kkz_eval.model.texts import Joined, Localised, Sentence, Wording
from kkz_eval.model.verdicts import Status, Verdict
from kkz_eval.reference.tables import unit_label, units_known_to
from kkz_eval.stewardship.history import DeliveryState, History, Place, came_late, delivery_named, delivery_state, parts_named
from kkz_eval.stewardship.sight import Sight
from kkz_eval.storage.digests import digest_of_bytes
from kkz_eval.storage.writer import writing_soon

if TYPE_CHECKING:
    from kkz_eval.line.installation import Installation
    from kkz_eval.line.snapshot import Snapshot

_NAMED = 6  # so many units are named in a sentence


def objection(own: Sight, name: str, spoken_of: Iterable[tuple[Contract, frozenset[str]]]) -> Sentence | None:
    """Why somebody may not hand in a file; None where they may. own: what is theirs; name: of the file; spoken_of: by contract the units that it
    speaks about."""
    spoken = list(spoken_of)
    for contract, units in spoken:
        if own.datasets is not None and contract.dataset not in own.datasets:
            title = Wording({"de": contract.title_de, "en": contract.title_en})
            return say("handing_in.other_dataset", name=name, dataset=title)
        others = frozenset() if own.units is None else units - own.units
        if others:
            named = _units_named(own.units or ())
            return say("handing_in.other_unit", name=name, units=_units_named(others), own=named or say("handing_in.nobody"))
    if own.units is not None and not any(units for _, units in spoken):
        return say("handing_in.no_unit", name=name)
    return None


@dataclass(frozen=True)
class HandedIn:
    """What came of handing in a file. number: of its arrival, None where it was not taken; is_known: it had come last already, and did not come
    anew; notices: sentences about it, why it was not taken among them."""

    number: int | None
    is_known: bool
    notices: tuple[Notice, ...]


def hand_in(installation: Installation, name: str, data: bytes, own: Sight, moment: datetime, patience: float) -> HandedIn:
    """Take in and judge a file, as the only writer of the home. moment: with its time zone; patience: seconds for which another writer is waited for.

    Nothing is landed of a file that tells of persons, that no contract claims, or that speaks of a unit or dataset of others. Raises UserError
    (home_busy) where another still writes, and while a removal is not at its end: then nothing was done; and where the file came before by a contract
    that is no more.
    """
    settings = installation.settings
    when = moment.astimezone(BERLIN)
    with writing_soon(settings.home, say("handing_in.act").in_language("de"), patience):
        store, contracts = installation.steps.store, installation.contracts
        require_no_open_purge(store)
        decisions = load_decisions(settings.contracts, contracts, when.date())

        def refused(called: str, tables: Sequence[ParsedTable]) -> Localised | None:
            return objection(own, called, [(contracts[table.contract_id], units_of(table)) for table in tables])

        intake = take_in_handed(store, name, data, contracts, f"{when:%Y-%m-%dT%H:%M}", when.date(), settings.limits, refused)
        if not (intake.landed or intake.known):
            return HandedIn(None, False, intake.notices)
        arrivals = _newest(intake.register, digest_of_bytes(data))
        for arrival in arrivals:  # of one that is known too: a kill may have come between its landing and its verdict
            known = units_known_to(contract_of(arrival, contracts).source)
            judge_arrival(installation.steps, intake.register, arrival, contracts, known, decisions)
    return HandedIn(arrivals[0].number, bool(intake.known), intake.notices)


def units_of(table: ParsedTable) -> frozenset[str]:
    """Keys of all units that a table speaks about, whether or not a year could be read."""
    return frozenset(table.values("unit_id").drop_null().unique().to_pylist())


def _newest(register: Register, sha256: str) -> list[Arrival]:
    """The arrivals of a content that came together last."""
    of_content = [arrival for arrival in register.arrivals if arrival.sha256 == sha256]
    return [arrival for arrival in of_content if (arrival.batch, arrival.name) == (of_content[-1].batch, of_content[-1].name)]


@dataclass(frozen=True)
class ReceivedTable:
    """What one contract says of a delivery now. verdict: None before it was judged; lines: what counts, and what takes the place of what."""

    contract: Contract
    verdict: Verdict
    standing: DeliveryState
    summary: Summary
    lines: tuple[Localised, ...]


@dataclass(frozen=True)
class Receipt:
    """What became of a delivery. units: that it speaks about; tables: by contract; removed: what is left of it where it was removed, tables then ()."""

    arrival: Arrival
    units: frozenset[str]
    tables: tuple[ReceivedTable, ...]
    removed: Tombstone | None = None


def receipt(snapshot: Snapshot, histories: Mapping[Place, History], number: int) -> Receipt | None:
    """The receipt of the delivery that an arrival belongs to; None where there is none of that number.

    histories: of all deliveries; what counts is said as of these and of the snapshot, so that it is never older than the register.
    """
    register = snapshot.register
    first = next((arrival for arrival in register.arrivals if arrival.number == number), None)
    if first is None:
        return None
    if (stone := register.tombstones.get(first.sha256)) is not None:
        return Receipt(first, frozenset(unit for _, unit, _ in stone.spoke_of), (), stone)
    together = [one for one in register.arrivals if (one.batch, one.sha256, one.name) == (first.batch, first.sha256, first.name)]
    tables, units = [], set[str]()
    for arrival in together:
        contract, verdict = (
            snapshot.contracts.get(arrival.contract_id),
            register.verdicts.get((arrival.sha256, arrival.contract_id)),
        )
        if contract is None or verdict is None:
            continue
        units |= units_of(load_parsed(snapshot.steps.store, verdict.parsed_key, contract))
        standing = delivery_state(verdict, contract, histories)
        summary = summary_of(verdict.slices, load_findings(snapshot.steps.store, verdict))
        lines = (*_lines(histories, arrival, verdict, contract), *standing.sentences)
        late = came_late(verdict, contract, histories)
        tables.append(ReceivedTable(contract, verdict, standing, summary, lines if late is None else (*lines, late)))
    return Receipt(first, frozenset(units), tuple(tables))


def _lines(histories: Mapping[Place, History], arrival: Arrival, verdict: Verdict, contract: Contract) -> list[Localised]:
    """Of which units and years the delivery counts, and in the place of which."""
    counts: list[tuple[str, int]] = []
    instead: dict[Arrival, list[tuple[str, int]]] = {}
    missing: list[tuple[str, int]] = []
    for part in verdict.slices:
        place = (part.unit_id, part.year)
        history = histories[(contract.dataset, *place)]
        if part.status == Status.REJECTED:
            missing += [place] if history.holds is None else []
        elif any(one.sha256 == arrival.sha256 for one in history.holding):
            counts.append(place)
            before = [one for one, fate in history.entries if one.number < arrival.number and fate.status != Status.REJECTED]
            if before and before[-1].sha256 != arrival.sha256 and contract.supersedes != "observation":
                instead.setdefault(before[-1], []).append(place)
    said: list[Localised] = []
    if counts:
        said.append(say("handing_in.counts", parts=parts_named(counts, _NAMED)))
    for one, parts in instead.items():
        said.append(say("handing_in.instead", delivery=delivery_named(one), parts=parts_named(parts, _NAMED)))
    if missing:
        said.append(say("handing_in.nothing_counts", parts=parts_named(missing, _NAMED)))
    return said


def _units_named(units: Iterable[str]) -> Joined | str:
    """Units by name and key; of very many the first ones."""
    ordered = sorted(units)
    named = [unit_label(unit) if unit_label(unit) == unit else f"{unit_label(unit)} ({unit})" for unit in ordered[:_NAMED]]
    return ", ".join(named) + (f" (+{len(ordered) - _NAMED})" if len(ordered) > _NAMED else "")
