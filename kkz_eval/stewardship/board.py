"""The board: what is there of each municipality, dataset and year, as values and as a page. Statuses only, never a count."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources

from jinja2 import Environment, StrictUndefined, Template

from kkz_eval.contracts.contract import Contract
from kkz_eval.deliveries.register.intake import year_spans
from kkz_eval.deliveries.register.register import Arrival
from kkz_eval.model.texts import Joined, Language, Localised, Sentence
from kkz_eval.model.verdicts import State
from kkz_eval.reference.tables import unit_label
from kkz_eval.stewardship import say
from kkz_eval.stewardship.due_days import Day, deadline_of, is_past, owed_by, owed_until
from kkz_eval.stewardship.history import History, Place, delivery_named
from kkz_eval.storage.digests import digest_of_tables

_LOOK_BACK, _LOOK_AHEAD = 365, 60  # days around a deadline in which the next year is waited for

SYMBOLS: Mapping[State, str] = {
    State.ACCEPTED: "✓",
    State.WARNINGS: "!",
    State.WAIVED: "≈",
    State.REJECTED: "✗",
    State.EARLIER_HOLDS: "←",
    State.DECIDED: "✎",
    State.CONFLICT: "≠",
    State.PURGED: "Ø",
    State.MISSING: "○",
    State.TO_CONFIRM: "?",
    State.OFFICIAL_AWAITED: "…",
    State.NOT_OWED: "·",
}
"""The states that a place of the board can be in, each with its sign."""
LATE = "*"
"""Behind any sign: nothing had come by the deadline."""


@dataclass(frozen=True, slots=True)
class BoardCell:
    """One place of the board.

    is_owed: the unit had joined, and was there; deadline: None where the contract names no day; is_late: nothing had come by then of what was owed; history: None
    where nothing came; purged_on: the day on which what came was removed, None where it was not.
    """

    dataset: str
    unit_id: str
    year: int
    state: State
    is_owed: bool
    deadline: date | None
    is_late: bool
    history: History | None
    purged_on: date | None = None


@dataclass(frozen=True)
class BoardTable:
    """The board of one dataset: rows of cells by unit, one cell per year."""

    contract: Contract
    years: tuple[int, ...]
    rows: tuple[tuple[BoardCell, ...], ...]


def board_tables(
    contracts: Mapping[str, Contract],
    delivered: Mapping[Place, History],
    official: Collection[Place],
    purged: Mapping[Place, date],
    today: date,
) -> tuple[BoardTable, ...]:
    """A table for each municipal dataset, by dataset.

    delivered: histories of all datasets, of which those that were left out by a later delivery count as if they had never come; official: dataset, unit and year of which official statistics have figures at hand; purged: those of which
    something came and was removed, and when. The years of a table begin with the first that any municipality delivered for its dataset, for any where none did; they end with the last of all
    datasets, or the next one where it is due about now. A year before or after all these of which everything was rejected may be a slip: it is shown, and asked of nobody. The units of a table are those of the programme that owe its dataset, and all
    others that delivered it. Nobody owes a year before joining, nor what official statistics hold.
    """
    municipal = sorted((c for c in contracts.values() if c.source == "municipal"), key=lambda contract: contract.dataset)
    own = {contract.dataset: list[History]() for contract in municipal}
    for history in delivered.values():
        if history.dataset in own and history.state != State.SUPERSEDED:
            own[history.dataset].append(history)
    came = [history for found in own.values() for history in found]
    awaited = _awaited(municipal, {one.year for one in came if one.state != State.REJECTED} or {one.year for one in came}, today)
    span = sorted({*awaited, *(history.year for history in came)})
    at_hand: dict[str, list[Place]] = {}
    for place in official:
        at_hand.setdefault(place[0], []).append(place)
    tables = []
    for contract in municipal:
        histories, dataset = tuple(own[contract.dataset]), contract.dataset
        gone = {place: day for place, day in purged.items() if place[0] == dataset}
        if not owed_by(contract) and not histories and not gone:  # nobody owes it and nobody sent any
            continue
        first = min((history.year for history in histories), default=min(span, default=0))
        years = tuple(year for year in span if year >= first)
        about = _About(contract, years, awaited, histories, frozenset(at_hand.get(dataset, ())), gone, today, digest_of_tables())
        last, table = _made_last.get(contract.id, (None, None))
        if table is None or last != about:  # most deliveries change one table
            table = _table(about)
            _made_last[contract.id] = (about, table)
        tables.append(table)
    return tuple(tables)


@dataclass(frozen=True)
class _About:
    """All that the table of a dataset is made of: of each of them what is of that dataset, as board_tables has it. awaited: years that may be owed; reference: digest of the tables of
    territory and programme that an installation gives."""

    contract: Contract
    years: tuple[int, ...]
    awaited: range
    delivered: tuple[History, ...]
    official: frozenset[Place]
    purged: Mapping[Place, date]
    today: date
    reference: str


_made_last: dict[str, tuple[_About, BoardTable]] = {}
"""The table that was made last of each contract: whoever shows it again knows by identity that it is the same."""


def _table(about: _About) -> BoardTable:
    contract, owed = about.contract, owed_by(about.contract)
    came = {(one.dataset, one.unit_id, one.year): one for one in about.delivered}
    units = sorted({*owed, *(unit for _, unit, _ in (*came, *about.purged))}, key=unit_label)

    def cell(unit: str, year: int) -> BoardCell:
        place = (contract.dataset, unit, year)
        asked = owed.get(unit) if year in about.awaited or place in came else None
        return _cell(contract, place, asked, came, about.official, about.purged, about.today)

    rows = tuple(tuple(cell(unit, year) for year in about.years) for unit in units)
    return BoardTable(contract, about.years, rows)


def _awaited(municipal: Sequence[Contract], delivered: Collection[int], today: date) -> range:
    """The years that are asked for. Of a programme that has ended, the year after its last one is long past and not waited for."""
    if not delivered:
        return range(0)
    after = max(delivered) + 1
    days = (deadline_of(contract.terms.due, after) for contract in municipal)
    due = any(day is not None and -_LOOK_BACK <= (day - today).days <= _LOOK_AHEAD for day in days)
    return range(min(delivered), after + due)


def _cell(
    contract: Contract,
    place: Place,
    owed: range | None,
    delivered: Mapping[Place, History],
    official: Collection[Place],
    purged: Mapping[Place, date],
    today: date,
) -> BoardCell:
    due, history, year = deadline_of(contract.terms.due, place[2]), delivered.get(place), place[2]
    is_owed = year in (owed or ())
    state = history.state if history is not None else state_without_delivery(contract, place, owed, official, purged)
    came = history.first[1] if history is not None else purged.get(place, today)
    is_late = state != State.PURGED and is_past(owed_until(contract, owed, year), came)
    return BoardCell(*place, state, is_owed, due, is_late, history, purged[place] if state == State.PURGED else None)


def state_without_delivery(
    contract: Contract, place: Place, owed: range | None, official: Collection[Place], purged: Collection[Place]
) -> State:
    """The state of a unit and year of which nothing is there.

    owed: years for which the unit owes the dataset, None where it never does; official: places of which official statistics have figures at
    hand; purged: those of which something came and was removed.
    """
    if owed is None and place in purged:
        return State.PURGED
    if place[2] not in (owed or ()):
        return State.NOT_OWED
    if contract.terms.official_datasets:
        return State.TO_CONFIRM if place in official else State.OFFICIAL_AWAITED
    return State.PURGED if place in purged else State.MISSING


def rests_on_simulated(tables: Sequence[BoardTable]) -> bool:
    """Whether any delivery of a board, the last ones and those that count instead, says that its figures are made up."""
    histories = (cell.history for table in tables for row in table.rows for cell in row)
    return any(is_simulated(history) for history in histories if history is not None)


def is_simulated(history: History) -> bool:
    """Whether the last delivery of a place, or one that counts there instead, says that its figures are made up."""
    return any(one.simulated for one in (history.newest, *history.holding))


def board_page(tables: Sequence[BoardTable], links: Mapping[str, str], today: date, language: Language) -> str:
    """The page, self-contained and without script.

    links: from the digest of a content to the address of its protocol, for those with findings.
    """
    return _template().render(
        language=language,
        say=say.in_language(language),
        today=Day(today).in_language(language),
        simulated=rests_on_simulated(tables),
        tables=[
            shown(table, lambda cell: links.get(cell.history.newest.sha256) if cell.history else None, language)
            for table in tables
        ],
        legend=[(sign, said.in_language(language), name) for sign, said, name in legend()],
    )


def legend() -> list[tuple[str, Sentence, str]]:
    """Each sign of the board with its word and its name."""
    return [*((sign, state.said, state.value) for state, sign in SYMBOLS.items()), (LATE, say("board.late"), "late")]


def shown(table: BoardTable, link_of: Callable[[BoardCell], str | None], language: Language) -> dict[str, object]:
    """A table of the board as its pages have it. link_of: the address that a place leads to, None for none."""
    return {
        **headed(table, language),
        "rows": [row for row in rows_shown(table, link_of, language) if row["cells"]],
    }


def headed(table: BoardTable, language: Language) -> dict[str, object]:
    """A table of the board as its pages have it, without its rows."""
    return {
        "title": table.contract.title_de if language == "de" else table.contract.title_en,
        "id": table.contract.dataset,
        "deadline": table.contract.terms.deadline or "–",
        "years": table.years,
        "instead": [said.in_language(language) for said in _instead(table)],
    }


def rows_shown(table: BoardTable, link_of: Callable[[BoardCell], str | None], language: Language) -> Iterator[dict[str, object]]:
    """The rows of a table as pages have them, one for each of its rows."""
    texts: dict[tuple[object, ...], str] = {}  # thousands of places say few different things

    def text(cell: BoardCell) -> str:
        history = cell.history
        key = (cell.state, cell.purged_on, cell.is_late, cell.deadline, *((history.instead, history.first[1]) if history else ()))
        if key not in texts:
            texts[key] = said_of(cell).in_language(language)
        return texts[key]

    for cells in table.rows:
        yield {
            "unit": unit_label(cells[0].unit_id) if cells else "",
            "cells": [
                {
                    "symbol": SYMBOLS[cell.state] + (LATE if cell.is_late else ""),
                    "state": cell.state.value,
                    "text": text(cell),
                    "link": link_of(cell),
                }
                for cell in cells
            ],
        }


def _instead(table: BoardTable) -> list[Sentence]:
    """Where another delivery counts than the one that came last: a sentence for each unit, state and delivery."""
    found: dict[tuple[str, State, Arrival], list[int]] = {}
    for cell in (cell for cells in table.rows for cell in cells):
        if cell.history is not None and cell.history.instead is not None:
            found.setdefault((cell.unit_id, cell.state, cell.history.instead), []).append(cell.year)
    return [
        say("board.of_unit", unit=unit_label(unit), years=year_spans(years), state=state.said, delivery=delivery_named(delivery))
        for (unit, state, delivery), years in found.items()
    ]


def said_of(cell: BoardCell) -> Localised:
    """The state of a place, the delivery that counts instead of the newest, and what there is to say of the deadline."""
    said: list[Localised] = [cell.state.said]
    if cell.purged_on is not None:
        said = [say("board.purged", state=cell.state.said, day=Day(cell.purged_on))]
    if cell.history is not None and cell.history.instead is not None:
        said.append(say("board.instead", delivery=delivery_named(cell.history.instead)))
    if cell.is_late and cell.deadline is not None:
        came = None if cell.history is None else cell.history.first[1]
        due = Day(cell.deadline)
        said.append(say("board.was_due", due=due) if came is None else say("board.came_late", day=Day(came), due=due))
    return Joined(tuple(said), "; ")


@cache
def _template() -> Template:
    source = resources.files("kkz_eval.stewardship").joinpath("templates/board.html.j2").read_text(encoding="utf-8")
    return Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True).from_string(source)
