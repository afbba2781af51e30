"""The board: what is there of each municipality, dataset and year, as values and as a page. Statuses only, never a count."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
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

    delivered: histories of all datasets; official: dataset, unit and year of which official statistics have figures at hand; purged: those of which
    something came and was removed, and when. The years of a table begin with the first that any municipality delivered for its dataset, for any where none did; they end with the last of all
    datasets, or the next one where it is due about now. The units of a table are those of the programme that owe its dataset, and all
    others that delivered it. Nobody owes a year before joining, nor what official statistics hold.
    """
    municipal = sorted((c for c in contracts.values() if c.source == "municipal"), key=lambda contract: contract.dataset)
    datasets = {contract.dataset for contract in municipal}
    own = [history for history in delivered.values() if history.dataset in datasets]
    span = _span(municipal, {history.year for history in own}, today)
    first = {dataset: min(h.year for h in own if h.dataset == dataset) for dataset in {history.dataset for history in own}}
    tables = []
    for contract in municipal:
        units = _units(contract, own, purged)
        if not units:  # nobody owes it and nobody sent any
            continue
        years = tuple(year for year in span if year >= first.get(contract.dataset, span[0]))
        owed = owed_by(contract)
        rows = tuple(
            tuple(
                _cell(contract, (contract.dataset, unit, year), owed.get(unit), delivered, official, purged, today)
                for year in years
            )
            for unit in units
        )
        tables.append(BoardTable(contract, years, rows))
    return tuple(tables)


def _units(contract: Contract, delivered: Sequence[History], purged: Collection[Place]) -> list[str]:
    """Who owes a dataset, and who delivered it besides, though it was removed."""
    came = {history.unit_id for history in delivered if history.dataset == contract.dataset}
    came |= {unit for dataset, unit, _ in purged if dataset == contract.dataset}
    return sorted(owed_by(contract).keys() | came, key=unit_label)


def _span(municipal: Sequence[Contract], delivered: Collection[int], today: date) -> tuple[int, ...]:
    """The years shown. Of a programme that has ended, the year after its last one is long past and not waited for."""
    if not delivered:
        return ()
    after = max(delivered) + 1
    days = (deadline_of(contract.terms.due, after) for contract in municipal)
    due = any(day is not None and -_LOOK_BACK <= (day - today).days <= _LOOK_AHEAD for day in days)
    return tuple(range(min(delivered), after + due))


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
    texts: dict[tuple[object, ...], str] = {}  # thousands of places say few different things

    def text(cell: BoardCell) -> str:
        history = cell.history
        key = (cell.state, cell.purged_on, cell.is_late, cell.deadline, *((history.instead, history.first[1]) if history else ()))
        if key not in texts:
            texts[key] = said_of(cell).in_language(language)
        return texts[key]

    return {
        "title": table.contract.title_de if language == "de" else table.contract.title_en,
        "id": table.contract.dataset,
        "deadline": table.contract.terms.deadline or "–",
        "years": table.years,
        "instead": [said.in_language(language) for said in _instead(table)],
        "rows": [
            {
                "unit": unit_label(cells[0].unit_id),
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
            for cells in table.rows
            if cells
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
