"""The reply to a municipality about its deliveries: a receipt, or what is to be corrected until when. A letter in German; no values of cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from kkz_eval.deliveries.register.intake import year_spans
from kkz_eval.stewardship import say
from kkz_eval.stewardship.board import BoardCell, BoardTable, State
from kkz_eval.stewardship.due_days import correct_until, german_day
from kkz_eval.stewardship.protocol import unit_label

_german = say.in_language("de")  # whoever gets it reads German

_RECEIVED = (State.ACCEPTED, State.WARNINGS, State.WAIVED)


def replies(tables: Sequence[BoardTable], copies: Mapping[str, str], today: date) -> dict[str, str]:
    """The letters, by unit. copies: from the digest of a content to the name of the marked copy that goes with the letter."""
    by_unit: dict[str, list[tuple[BoardTable, tuple[BoardCell, ...]]]] = {}
    for table in tables:
        for cells in table.rows:
            if cells:
                by_unit.setdefault(cells[0].unit_id, []).append((table, cells))
    return {unit: _letter(unit, parts, copies, today) for unit, parts in by_unit.items()}


def _letter(unit: str, parts: Sequence[tuple[BoardTable, tuple[BoardCell, ...]]], copies: Mapping[str, str], today: date) -> str:
    name = unit_label(unit)
    blocks = [_german("reply.subject", unit=name), _german("reply.greeting")]
    received = [line for state in _RECEIVED for line in _years(parts, state)]
    faulty = _faulty(parts, copies, today)
    missing = [*_years(parts, State.LATE), *_upcoming(parts)]
    if received:
        blocks.append("\n".join([_german("reply.received"), *received]))
    if faulty:
        attached = any(place in line for line in faulty for place in copies.values())
        blocks.append("\n".join([_german("reply.faulty"), *faulty, *([_german("reply.how")] if attached else [])]))
    if missing:
        blocks.append("\n".join([_german("reply.missing"), *missing]))
    if not faulty and not missing:
        blocks.append(_german("reply.complete"))
    return "\n\n".join([*blocks, _german("reply.closing")]) + "\n"


def _years(parts: Sequence[tuple[BoardTable, tuple[BoardCell, ...]]], state: State) -> list[str]:
    lines = []
    for table, cells in parts:
        years = [cell.year for cell in cells if cell.state == state]
        if years:
            said = _german(f"status.{state}")
            lines.append(_german("reply.years", dataset=table.contract.title_de, years=year_spans(years), status=said))
    return lines


def _upcoming(parts: Sequence[tuple[BoardTable, tuple[BoardCell, ...]]]) -> list[str]:
    """What is missing and not yet late, with its day."""
    return [
        _german("reply.due", dataset=table.contract.title_de, year=cell.year, day=german_day(cell.deadline))
        for table, cells in parts
        for cell in cells
        if cell.state == State.MISSING and cell.deadline is not None
    ]


def _faulty(parts: Sequence[tuple[BoardTable, tuple[BoardCell, ...]]], copies: Mapping[str, str], today: date) -> list[str]:
    lines = []
    for table, cells in parts:
        by_file: dict[tuple[str, str], list[BoardCell]] = {}
        for cell in cells:
            if cell.state in (State.REJECTED, State.CONFLICT) and cell.history is not None:
                by_file.setdefault((cell.history.newest.name, cell.history.newest.sha256), []).append(cell)
        for (name, sha256), found in by_file.items():
            until = max(correct_until(cell.deadline, today) for cell in found)
            key = "contradicted" if found[0].state == State.CONFLICT else "rejected"
            years = year_spans(cell.year for cell in found)
            day = german_day(until)
            lines.append(_german(f"reply.{key}", dataset=table.contract.title_de, years=years, file=name, day=day))
            if sha256 in copies:
                lines.append(_german("reply.copy", place=copies[sha256]))
    return lines
