"""The reply to a municipality about its deliveries: a receipt, or what is to be corrected until when. A letter in German; no values of cells."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from kkz_eval.deliveries.register.intake import year_spans
from kkz_eval.model.verdicts import COUNTING, State
from kkz_eval.reference.tables import unit_label
from kkz_eval.stewardship import say
from kkz_eval.stewardship.board import BoardCell, BoardTable, rests_on_simulated
from kkz_eval.stewardship.due_days import correct_until, german_day
from kkz_eval.stewardship.history import delivery_named

_german = say.in_language("de")  # whoever gets it reads German

_FAULTY = (State.REJECTED, State.EARLIER_HOLDS, State.CONFLICT)

_Parts = Sequence[tuple[BoardTable, tuple[BoardCell, ...]]]
"""What the tables of the board say of one unit."""


def replies(tables: Sequence[BoardTable], copies: Mapping[str, str], today: date) -> dict[str, str]:
    """The letters, by unit; none to a unit that owes nothing and sent nothing.

    copies: from the digest of a content to the name of the marked copy that goes with the letter.
    """
    by_unit: dict[str, list[tuple[BoardTable, tuple[BoardCell, ...]]]] = {}
    for table in tables:
        for cells in table.rows:
            if any(cell.state != State.NOT_OWED for cell in cells):
                by_unit.setdefault(cells[0].unit_id, []).append((table, cells))
    above = [_german("simulated.letter")] if rests_on_simulated(tables) else []  # also for those of whom nothing has come
    return {unit: "\n\n".join([*above, _letter(unit, parts, copies, today)]) for unit, parts in by_unit.items()}


def _letter(unit: str, parts: _Parts, copies: Mapping[str, str], today: date) -> str:
    faulty, decided = _faulty(parts, copies, today), _by_file(parts, (State.DECIDED,))
    attached = any(place in line for line in faulty for place in copies.values())
    overdue, purged, upcoming = _overdue(parts), _purged(parts), _upcoming(parts)
    to_confirm, awaited = _years(parts, (State.TO_CONFIRM,)), _years(parts, (State.OFFICIAL_AWAITED,))
    blocks = [
        [_german("reply.subject", unit=unit_label(unit))],
        [_german("reply.greeting")],
        _block("reply.received", _years(parts, COUNTING)),
        [*_block("reply.faulty", faulty), *([_german("reply.how")] if attached else [])],
        _block("reply.decided", [_of_file("reply.waiting", table, found) for table, found in decided]),
        _block("reply.purged", purged),
        _block("reply.overdue", overdue),
        _block("reply.missing", upcoming),
        [*_block("reply.to_confirm", to_confirm), *([_german("reply.confirm")] if to_confirm else [])],
        _block("reply.awaited", awaited),
        [] if faulty or decided or purged or overdue or upcoming else [_german("reply.complete")],
        [_german("reply.closing")],
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def _block(key: str, lines: Sequence[str]) -> list[str]:
    """Lines under a heading; nothing where there are none."""
    return [_german(key), *lines] if lines else []


def _years(parts: _Parts, states: Iterable[State]) -> list[str]:
    """A line for each dataset and state, with its years."""
    return [line for state in states for table, cells in parts for line in _of_state(table, cells, state)]


def _of_state(table: BoardTable, cells: Iterable[BoardCell], state: State) -> list[str]:
    years = [cell.year for cell in cells if cell.state == state]
    about = {"dataset": table.contract.title_de, "years": year_spans(years), "status": state.said}
    return [_german("reply.years", **about)] if years else []


def _overdue(parts: _Parts) -> list[str]:
    """What is missing after its day."""
    return [line for table, cells in parts for line in _of_state(table, [c for c in cells if c.is_late], State.MISSING)]


def _purged(parts: _Parts) -> list[str]:
    """What was there and was removed, with the day."""
    lines = []
    for table, cells in parts:
        for day in sorted({cell.purged_on for cell in cells if cell.purged_on is not None}):
            years = year_spans(cell.year for cell in cells if cell.purged_on == day)
            about = {"dataset": table.contract.title_de, "years": years, "status": State.PURGED.said}
            lines.append(_german("reply.purged_on", **about, day=german_day(day)))
    return lines


def _upcoming(parts: _Parts) -> list[str]:
    """What is missing and not yet late, with its day."""
    return [
        _german(
            "reply.due", dataset=table.contract.title_de, year=cell.year, status=cell.state.said, day=german_day(cell.deadline)
        )
        for table, cells in parts
        for cell in cells
        if cell.state == State.MISSING and cell.deadline is not None and not cell.is_late
    ]


def _by_file(parts: _Parts, states: Iterable[State]) -> list[tuple[BoardTable, list[BoardCell]]]:
    """The cells in these states, together where dataset, newest file, state and who owes them are the same."""
    found: dict[tuple[object, ...], tuple[BoardTable, list[BoardCell]]] = {}
    for table, cells in parts:
        for cell in cells:
            if cell.history is not None and cell.state in states:
                newest = cell.history.newest
                key = (table.contract.dataset, newest.name, newest.sha256, cell.state, cell.is_owed)
                found.setdefault(key, (table, []))[1].append(cell)
    return list(found.values())


def _of_file(key: str, table: BoardTable, found: Sequence[BoardCell], **more: object) -> str:
    """A line about the years of a file that are in the same state."""
    history = found[0].history
    assert history is not None
    years = year_spans(cell.year for cell in found)
    about = {"dataset": table.contract.title_de, "years": years, "status": found[0].state.said, "file": history.newest.name}
    return _german(key, **about, **more)


def _faulty(parts: _Parts, copies: Mapping[str, str], today: date) -> list[str]:
    lines = []
    for table, found in _by_file(parts, _FAULTY):
        first = found[0]
        key = "contradicted" if first.state == State.CONFLICT else "rejected"
        if first.is_owed:
            until = max(correct_until(cell.deadline, today) for cell in found)
            lines.append(_of_file(f"reply.{key}", table, found, day=german_day(until)))
        else:
            lines.append(_of_file(f"reply.{key}_before_joining", table, found))
        instead: dict[str, list[int]] = {}
        for cell in found:
            if cell.history is not None and cell.history.instead is not None:
                instead.setdefault(delivery_named(cell.history.instead).in_language("de"), []).append(cell.year)
        lines += [_german("reply.instead", delivery=delivery, years=year_spans(years)) for delivery, years in instead.items()]
        if first.history is not None and first.history.newest.sha256 in copies:
            lines.append(_german("reply.copy", place=copies[first.history.newest.sha256]))
    return lines
