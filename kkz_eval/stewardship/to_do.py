"""What is to be done about deliveries: the same states as board, list and letters, as a list of tasks, each with where, since when and what next.

Belongs here: which tasks follow from the board, from requests and from questions. Does not belong here: who sees them (sight, the desk), pages.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from kkz_eval.contracts.contract import Contract
from kkz_eval.deliveries.register.decisions import Decisions
from kkz_eval.deliveries.register.intake import year_spans
from kkz_eval.deliveries.register.noted import Remark, still_open
from kkz_eval.model.texts import AtTheBeginning, Localised, Sentence
from kkz_eval.model.verdicts import State
from kkz_eval.reference.tables import unit_label
from kkz_eval.stewardship import say
from kkz_eval.stewardship.board import BoardCell, BoardTable
from kkz_eval.stewardship.due_days import Day, correct_until
from kkz_eval.stewardship.history import Place
from kkz_eval.stewardship.requests import Request, is_approved

DUE_SOON = 60
"""So many days before its day a delivery is due soon."""


class Kind(StrEnum):
    """What sort of thing is to be done, in the order in which it presses."""

    REJECTED = "rejected"
    CONFLICT = "conflict"
    PURGED = "purged"
    OVERDUE = "overdue"
    PROBLEM = "problem"
    TO_APPROVE = "to_approve"
    QUESTION = "question"
    DUE_SOON = "due_soon"
    NOT_EXPECTED = "not_expected"
    """Something came of years that nobody asked for, and does not count as it is: it counts once it is right, and need not come."""

    @property
    def said(self) -> Sentence:
        """Its word."""
        return say(f"to_do.kind.{self}")


_OF_STATE: Mapping[State, Kind] = {
    State.REJECTED: Kind.REJECTED,
    State.EARLIER_HOLDS: Kind.REJECTED,
    State.CONFLICT: Kind.CONFLICT,
    State.PURGED: Kind.PURGED,
}


@dataclass(frozen=True)
class ToDo:
    """One thing to do.

    years: of the unit and dataset that it concerns, ascending; sentence: what is the case and what next; since: the day from which on it waits, None
    where that was not recorded; request: id of the request, "" for none; until: the day by which it is asked for, None for none; whole: digest of a
    content, "" for none, that somebody must see as a whole to see the task: what it says may be of any of its units.
    """

    kind: Kind
    dataset: str
    unit_id: str
    years: tuple[int, ...]
    sentence: Localised
    since: date | None
    request: str = ""
    until: date | None = None
    whole: str = ""

    @property
    def place(self) -> Place:
        """The cell of the board that shows it, of several the first."""
        return self.dataset, self.unit_id, self.years[0]

    @property
    def unit_name(self) -> str:
        """The unit as people call it."""
        return unit_label(self.unit_id)

    @property
    def years_named(self) -> str:
        """The years as people write them."""
        return year_spans(self.years)


def to_do(
    tables: Sequence[BoardTable],
    requests: Iterable[Request],
    decisions: Decisions,
    remarks: Iterable[Remark],
    contracts: Mapping[str, Contract],
    today: date,
) -> tuple[ToDo, ...]:
    """All that is to be done, what presses most and waits longest first.

    tables: of the board; requests: all; decisions: in force on their day; remarks: all that was asked and answered; contracts: by id. A request
    that can't be approved waits for whoever made it, any other for a second role, unless a later delivery took the place of what it is about.
    """
    found = [
        *_of_cells(tables, today),
        *_of_requests(requests, decisions, tables, contracts),
        *_of_questions(remarks, contracts),
    ]
    order = list(Kind)
    return tuple(
        sorted(found, key=lambda one: (order.index(one.kind), one.since or date.min, one.unit_name, one.dataset, one.years))
    )


def _of_cells(tables: Sequence[BoardTable], today: date) -> Iterator[ToDo]:
    """Of a unit and dataset: what the same file, the same day of removal, or nothing at all says of its years, together."""
    for table in tables:
        for cells in table.rows:
            alike: dict[tuple[Kind, object], list[BoardCell]] = {}
            for cell in cells:
                kind = _kind_of(cell, today)
                if kind is not None:
                    file = cell.history.newest.sha256 if cell.history else cell.purged_on
                    day = cell.deadline if kind == Kind.DUE_SOON else None
                    alike.setdefault((kind, (cell.state, file, day, cell.is_owed)), []).append(cell)
            for (of, _), together in alike.items():
                yield _of_alike(of, together, today)


def _kind_of(cell: BoardCell, today: date) -> Kind | None:
    if cell.state == State.MISSING:
        if cell.is_late:
            return Kind.OVERDUE
        is_soon = cell.is_owed and cell.deadline is not None and cell.deadline - today <= timedelta(DUE_SOON)
        return Kind.DUE_SOON if is_soon else None
    return _OF_STATE.get(cell.state)


def _of_alike(kind: Kind, cells: Sequence[BoardCell], today: date) -> ToDo:
    first, years = cells[0], tuple(cell.year for cell in cells)
    about: dict[str, object] = {"state": AtTheBeginning(first.state.said) if first.history is None else first.state.said}
    key, since, until = str(kind), None, None
    if first.history is not None:
        about["file"], since = first.history.newest.name, first.history.newest.arrived_on
        asked = max(correct_until(cell.deadline, today) for cell in cells)
        about["day"] = Day(asked)
        if first.is_owed:
            until = asked
        else:
            kind, key = Kind.NOT_EXPECTED, f"{kind}_before_joining"
    elif kind in (Kind.OVERDUE, Kind.DUE_SOON):
        since = min(cell.deadline for cell in cells if cell.deadline is not None)
        about["day"] = Day(since)
        until = since if kind == Kind.DUE_SOON else None
    elif first.purged_on is not None:
        since = first.purged_on
        about["day"] = Day(since)
    return ToDo(kind, first.dataset, first.unit_id, years, say(f"to_do.{key}", **about), since, until=until)


def _of_requests(
    requests: Iterable[Request], decisions: Decisions, tables: Sequence[BoardTable], contracts: Mapping[str, Contract]
) -> Iterator[ToDo]:
    """Where a request is about a cell, that cell; where its finding is unknown, the cells of whom it names, or all that its copy was the last to
    speak of."""
    newest: dict[str, list[BoardCell]] = {}
    for cell in (cell for table in tables for row in table.rows for cell in row):
        if cell.history is not None:
            newest.setdefault(cell.history.newest.sha256, []).append(cell)
    for request in requests:
        if is_approved(request, decisions):
            continue
        kind, place = Kind.PROBLEM if request.problem else Kind.TO_APPROVE, request.place
        about: dict[tuple[str, str], list[BoardCell]] = {}
        for sha256 in dict.fromkeys((request.returned, place.delivery if place else request.returned)):
            for cell in newest.get(sha256, ()):  # none where another delivery came after it
                if _concerns(request, cell, contracts):
                    about.setdefault((cell.dataset, cell.unit_id), []).append(cell)
        for (dataset, unit), cells in about.items():
            assert cells[0].history is not None
            since = date.fromisoformat(request.decided_on) if request.decided_on else cells[0].history.newest.arrived_on
            years, whole = tuple(cell.year for cell in cells), "" if place or request.parts else request.returned
            yield ToDo(kind, dataset, unit, years, request.sentence, since, request.id, whole=whole)


def _concerns(request: Request, cell: BoardCell, contracts: Mapping[str, Contract]) -> bool:
    if request.place is not None:
        return (request.place.unit_id, request.place.year) == (cell.unit_id, cell.year)
    named = {(contracts[contract].dataset, unit) for contract, unit in request.parts if contract in contracts}
    return not named or (cell.dataset, cell.unit_id) in named


def _of_questions(remarks: Iterable[Remark], contracts: Mapping[str, Contract]) -> Iterator[ToDo]:
    for one in still_open(remarks):
        if one.contract_id in contracts:
            said = say("to_do.question", role=one.role, text=one.text)
            dataset = contracts[one.contract_id].dataset
            yield ToDo(Kind.QUESTION, dataset, one.unit_id, (one.year,), said, date.fromisoformat(one.day))
