"""What was said of each unit and year of a dataset, delivery by delivery, and which delivery counts in the end.

What counts is said by the gate itself (register.accepted), so that the words never say more or less than the numbers.
Does not belong here: pages and letters; years of which nothing came (board).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from kkz_eval.contracts.contract import Contract
from kkz_eval.deliveries.register.accepted import Accepted, Source, holding_by_order, sources_of
from kkz_eval.deliveries.register.intake import year_spans
from kkz_eval.deliveries.register.register import Arrival, Register
from kkz_eval.model.texts import Joined, Localised, Sentence
from kkz_eval.model.verdicts import Slice, State, Status, Verdict
from kkz_eval.reference.tables import unit_label
from kkz_eval.stewardship import say
from kkz_eval.stewardship.due_days import Day, is_past, owed_by, owed_until

_NAMED = 12  # so many units are named in a sentence

Place = tuple[str, str, int]
"""Dataset, unit and reporting year."""


@dataclass(frozen=True, slots=True)
class History:
    """All that was judged of a unit and year of a dataset.

    entries: (arrival, fate), the newest last; verdict: of the newest; holding: the deliveries whose values count, the newest last: one, or several
    where cells supersede each other one by one, none where nothing counts; is_contradicted: files of one scan contradict each other about it; is_decided: the newest waits for the approval of what it decides;
    first: the content that was the first to speak of it, by its digest and the day on which it came, None where that was not recorded;
    is_left_out: all that came of it was rejected, and the newest came again under its name, without it: it was a slip, or is missing now.
    """

    dataset: str
    unit_id: str
    year: int
    entries: tuple[tuple[Arrival, Slice], ...]
    verdict: Verdict
    holding: tuple[Arrival, ...]
    is_contradicted: bool = False
    is_decided: bool = False
    first: tuple[str, date | None] = ("", None)
    is_left_out: bool = False

    @property
    def newest(self) -> Arrival:
        """The arrival that came last."""
        return self.entries[-1][0]

    @property
    def part(self) -> Slice:
        """The fate in the delivery that came last."""
        return self.entries[-1][1]

    @property
    def holds(self) -> Arrival | None:
        """The newest of the deliveries whose values count."""
        return self.holding[-1] if self.holding else None

    @property
    def unit_name(self) -> str:
        """The unit as people call it."""
        return unit_label(self.unit_id)

    @property
    def delivery_that_counts(self) -> Sentence | None:
        """That by its file and day; None where none does."""
        return None if self.holds is None else delivery_named(self.holds)

    @property
    def state(self) -> State:
        """What people read of it."""
        if self.is_contradicted:
            return State.CONFLICT
        if self.part.status != Status.REJECTED:
            return self.part.state
        if self.is_decided:
            return State.DECIDED
        if self.is_left_out:
            return State.SUPERSEDED
        return State.REJECTED if self.holds is None else State.EARLIER_HOLDS

    @property
    def instead(self) -> Arrival | None:
        """The delivery that counts instead of the newest; None where the newest counts, or none does."""
        return None if any(arrival.sha256 == self.newest.sha256 for arrival in self.holding) else self.holds


@dataclass(frozen=True)
class DeliveryState:
    """What a delivery is worth beside the others: its state, and in sentences which delivery counts for which of its units and years.

    is_settled: nobody has to correct anything in it, whatever was found: a later one took its place, or a second role has the next word.
    """

    state: State
    sentences: tuple[Sentence, ...]
    is_settled: bool = False

    @cached_property
    def said(self) -> Localised:
        """All sentences in a row."""
        return Joined(self.sentences, " ")


def histories(
    register: Register,
    contracts: Iterable[Contract],
    accepted: Callable[[Contract], Accepted],
    decided: Collection[tuple[str, str, int]] = (),
) -> dict[Place, History]:
    """The histories of all units and years that were ever delivered, by dataset, unit and year.

    accepted: what holds of a contract's dataset, asked where the order of arrival does not say it; decided: (digest of a marked copy, unit, year) about which a second role has the next word.
    """
    found: dict[Place, History] = {}
    for contract in sorted(contracts, key=lambda one: one.dataset):
        sources = sources_of(register, contract)
        contents = {source.arrival.sha256 for source in sources}
        about = _About(contract, sources, frozenset(part for part in decided if part[0] in contents))
        last, said = _said_last.get(contract.id, (None, {}))
        if last != about:  # most deliveries change what is said of one dataset
            said = _said_of(about, accepted)
            _said_last[contract.id] = (about, said)
        found |= said
    return found


@dataclass(frozen=True)
class _About:
    """All that the histories of a contract are made of. decided: as histories has it, of these sources."""

    contract: Contract
    sources: tuple[Source, ...]
    decided: frozenset[tuple[str, str, int]]


_said_last: dict[str, tuple[_About | None, dict[Place, History]]] = {}
"""What was said last of each contract."""


def _said_of(about: _About, accepted: Callable[[Contract], Accepted]) -> dict[Place, History]:
    contract, sources = about.contract, about.sources
    holding, contradicted = holding_by_order(contract, sources), set[tuple[str, int]]()
    if holding is None:
        now = accepted(contract)
        holding, contradicted = _holding(now), {(one.unit_id, one.year) for one in now.conflicts}
    entries: dict[tuple[str, int], list[tuple[Arrival, Slice]]] = {}
    newest: dict[tuple[str, int], Verdict] = {}
    first: dict[tuple[str, int], Source] = {}
    named: dict[tuple[str, str], int] = {}
    for source in sources:
        named |= {(source.arrival.name, part.unit_id): source.arrival.number for part in source.verdict.slices}
        for part in source.verdict.slices:
            entries.setdefault((part.unit_id, part.year), []).append((source.arrival, part))
            newest[(part.unit_id, part.year)] = source.verdict
            earliest = first.setdefault((part.unit_id, part.year), source)
            if source.first_day < earliest.first_day:  # a content that came again stands by its newest arrival
                first[(part.unit_id, part.year)] = source

    def is_left_out(key: tuple[str, int]) -> bool:
        last = entries[key][-1][0]
        return all(part.status == Status.REJECTED for _, part in entries[key]) and named[(last.name, key[0])] > last.number

    return {
        (contract.dataset, *key): History(
            contract.dataset,
            *key,
            tuple(entries[key]),
            newest[key],
            tuple(source.arrival for source in holding.get(key, ())),
            key in contradicted,
            (newest[key].sha256, *key) in about.decided,
            (first[key].arrival.sha256, date.fromisoformat(first[key].first_day) if first[key].first_day else None),
            is_left_out(key),
        )
        for key in sorted(entries)
    }


def _holding(now: Accepted) -> dict[tuple[str, int], tuple[Source, ...]]:
    """By unit and year the deliveries that gave an observation that holds, in order of arrival."""
    columns = ["delivery_sha256", "unit_id", "year"]
    given: dict[str, list[tuple[str, int]]] = {}
    for row in now.observations.select(columns).group_by(columns).aggregate([]).to_pylist():
        given.setdefault(row["delivery_sha256"], []).append((row["unit_id"], row["year"]))
    found: dict[tuple[str, int], tuple[Source, ...]] = {}
    for source in now.sources:
        for place in given[source.arrival.sha256]:
            found[place] = (*found.get(place, ()), source)
    return found


def delivery_state(verdict: Verdict, contract: Contract, known: Mapping[Place, History]) -> DeliveryState:
    """What a delivery is worth beside the others that speak of its units and years.

    It is superseded where another counts instead of all that was accepted in it, and a later one has spoken of all that was rejected, or left it out. Where
    cells supersede each other one by one, an accepted file is never called superseded: a plan may ask for its edition.
    """
    contradicted: list[tuple[str, int]] = []
    others: dict[tuple[str, Arrival], list[tuple[str, int]]] = {}
    decided: list[tuple[str, int]] = []
    n_replaced = 0
    states = set()
    for part in verdict.slices:
        place, history = (part.unit_id, part.year), known[(contract.dataset, part.unit_id, part.year)]
        is_newest, is_accepted = history.newest.sha256 == verdict.sha256, part.status != Status.REJECTED
        states.add(history.state if is_newest else part.state)
        n_replaced += not is_accepted and not history.is_contradicted and (not is_newest or history.state == State.SUPERSEDED)
        if is_newest and history.state == State.DECIDED:
            decided.append(place)
        own = max(arrival.number for arrival, _ in history.entries if arrival.sha256 == verdict.sha256)
        if history.is_contradicted:
            contradicted.append(place)
        elif history.holds is not None and all(arrival.sha256 != verdict.sha256 for arrival in history.holding):
            if is_accepted and contract.supersedes == "observation":
                continue
            n_replaced += is_accepted
            key = "superseded" if is_accepted else "earlier" if history.holds.number < own else "later"
            others.setdefault((key, history.holds), []).append(place)
    said = [say("standing.contradicted", parts=parts_named(contradicted, _NAMED))] if contradicted else []
    said += [
        say(f"standing.{key}", delivery=delivery_named(arrival), parts=parts_named(parts, _NAMED))
        for (key, arrival), parts in others.items()
    ]
    if decided:
        said.append(say("standing.decided", state=State.DECIDED.said, parts=parts_named(decided, _NAMED)))
    state = verdict.state
    if verdict.slices and n_replaced == len(verdict.slices):
        state = State.SUPERSEDED
    elif contradicted and len(contradicted) == len(verdict.slices):
        state = State.CONFLICT
    elif states in ({State.EARLIER_HOLDS}, {State.DECIDED}):  # the same for all of it
        (state,) = states
    waits = 0 < sum(part.status == Status.REJECTED for part in verdict.slices) == len(decided)
    if waits and state == State.PARTLY_REJECTED:
        state = State.DECIDED
    return DeliveryState(state, tuple(said), state == State.SUPERSEDED or waits)


def came_late(verdict: Verdict, contract: Contract, known: Mapping[Place, History]) -> Sentence | None:
    """The units and years of which nothing had come by their deadline, and that a delivery was the first to speak of; None where there are none."""
    owed, late = owed_by(contract), []
    for part in verdict.slices:
        sha256, day = known[(contract.dataset, part.unit_id, part.year)].first
        if sha256 == verdict.sha256 and is_past(owed_until(contract, owed.get(part.unit_id), part.year), day):
            late.append((part.unit_id, part.year))
    return say("standing.late", parts=parts_named(late, _NAMED)) if late else None


def purged_places(register: Register, contracts: Mapping[str, Contract]) -> dict[Place, date]:
    """What removed contents spoke of, with the day of the last removal; nothing of those that were removed before that was kept."""
    found: dict[Place, date] = {}
    for stone in sorted(register.tombstones.values(), key=lambda one: one.date):
        for contract_id, unit, years in stone.spoke_of:
            if contract_id in contracts:
                found |= {(contracts[contract_id].dataset, unit, year): date.fromisoformat(stone.date) for year in years}
    return found


def delivery_named(arrival: Arrival) -> Sentence:
    """A delivery by its file, its number (a correction may have the name and the day of what it corrects), and its day where one was kept."""
    if arrival.arrived_on is None:
        return say("standing.by_number", name=arrival.name, number=arrival.number)
    return say("standing.by_day", name=arrival.name, number=arrival.number, day=Day(arrival.arrived_on))


def parts_named(parts: Iterable[tuple[str, int]], most: int | None = None) -> str:
    """Units and years as people write them: Ahlen 2012, 2014–2015; Neuss 2012. most: so many units are named and the others counted."""
    years: dict[str, list[int]] = {}
    for unit, year in parts:
        years.setdefault(unit, []).append(year)
    named = [f"{unit_label(unit)} {year_spans(of)}" for unit, of in years.items()]
    shown = named if most is None else named[:most]
    return "; ".join(shown) + (f" (+{len(named) - len(shown)})" if len(shown) < len(named) else "")
