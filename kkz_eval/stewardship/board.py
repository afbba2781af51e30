"""The board: what is there of each municipality, dataset and year, as values and as a page. Statuses only, never a count."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from importlib import resources

from jinja2 import Environment, StrictUndefined, Template

from kkz_eval.contracts.contract import Contract
from kkz_eval.model.texts import Language
from kkz_eval.model.verdicts import Slice, Status
from kkz_eval.reference.tables import programme_units, youth_office_of
from kkz_eval.stewardship import say
from kkz_eval.stewardship.due_days import deadline_of
from kkz_eval.stewardship.history import History
from kkz_eval.stewardship.protocol import unit_label


class State(StrEnum):
    """What is there of a municipality, dataset and year. LATE is missing after the deadline; CONFLICT: two files of one scan contradict."""

    ACCEPTED = "accepted"
    WARNINGS = "accepted_with_warnings"
    WAIVED = "waived"
    REJECTED = "rejected"
    CONFLICT = "conflict"
    LATE = "late"
    MISSING = "missing"


_LOOK_BACK, _LOOK_AHEAD = 365, 60  # days around a deadline in which the next year is waited for

SYMBOLS: Mapping[State, str] = {
    State.ACCEPTED: "✓",
    State.WARNINGS: "!",
    State.WAIVED: "≈",
    State.REJECTED: "✗",
    State.CONFLICT: "≠",
    State.LATE: "●",
    State.MISSING: "○",
}


@dataclass(frozen=True)
class BoardCell:
    """One place of the board. deadline: None where the contract names no day; history: None where nothing came."""

    dataset: str
    unit_id: str
    year: int
    state: State
    deadline: date | None
    history: History | None


@dataclass(frozen=True)
class BoardTable:
    """The board of one dataset: rows of cells by unit, one cell per year."""

    contract: Contract
    years: tuple[int, ...]
    rows: tuple[tuple[BoardCell, ...], ...]


def board_tables(
    contracts: Mapping[str, Contract],
    delivered: Sequence[History],
    conflicts: Collection[tuple[str, str, int]],
    today: date,
) -> tuple[BoardTable, ...]:
    """A table for each municipal dataset, by dataset.

    delivered: histories of all datasets; conflicts: (dataset, unit_id, year) of which no delivery holds. The years of a
    table begin with the first that any municipality delivered for its dataset, for any where none did; they end with the last of all
    datasets, or the next one where it is due about now. The units of a table are those of the programme that owe its dataset, and all
    others that delivered it.
    """
    municipal = sorted((c for c in contracts.values() if c.source == "municipal"), key=lambda contract: contract.dataset)
    datasets = {contract.dataset for contract in municipal}
    own = [history for history in delivered if history.dataset in datasets]
    span = _span(municipal, {history.year for history in own}, today)
    first = {dataset: min(h.year for h in own if h.dataset == dataset) for dataset in {history.dataset for history in own}}
    found = {(history.dataset, history.unit_id, history.year): history for history in own}
    tables = []
    for contract in municipal:
        years = tuple(year for year in span if year >= first.get(contract.dataset, span[0]))
        rows = tuple(
            tuple(_cell(contract, unit, year, found.get((contract.dataset, unit, year)), conflicts, today) for year in years)
            for unit in _units(contract, own)
        )
        tables.append(BoardTable(contract, years, rows))
    return tuple(tables)


def owing_units(contract: Contract) -> frozenset[str]:
    """Who owes a dataset: each unit of the programme, or its youth office where youth offices deliver."""
    by_office = "youth_office" in contract.levels
    owing = {youth_office_of(unit) if by_office else unit.ags for unit in programme_units()}
    return frozenset(unit for unit in owing if unit is not None)


def _units(contract: Contract, delivered: Sequence[History]) -> list[str]:
    """Who owes a dataset, and who delivered it besides."""
    came = {history.unit_id for history in delivered if history.dataset == contract.dataset}
    return sorted(owing_units(contract) | came, key=unit_label)


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
    unit: str,
    year: int,
    history: History | None,
    conflicts: Collection[tuple[str, str, int]],
    today: date,
) -> BoardCell:
    deadline = deadline_of(contract.terms.due, year)
    if (contract.dataset, unit, year) in conflicts:
        state = State.CONFLICT
    elif history is not None:
        state = state_of(history.entries)
    else:
        state = State.LATE if deadline is not None and deadline < today else State.MISSING
    return BoardCell(contract.dataset, unit, year, state, deadline, history)


def state_of(entries: Sequence[tuple[int, Slice]]) -> State:
    """The state of a unit and year: what the newest delivery says; an earlier one that still holds stands in its history."""
    newest = entries[-1][1]
    if newest.status == Status.REJECTED:
        return State.REJECTED
    if newest.n_acknowledged:
        return State.WAIVED
    return State.WARNINGS if newest.status == Status.ACCEPTED_WITH_WARNINGS else State.ACCEPTED


def board_page(tables: Sequence[BoardTable], links: Mapping[str, str], today: date, language: Language) -> str:
    """The page, self-contained and without script.

    links: from the digest of a content to the address of its protocol, for those with findings.
    """
    return _template().render(
        language=language,
        say=say.in_language(language),
        today=today.isoformat(),
        tables=[_shown(table, links, language) for table in tables],
        legend=[(SYMBOLS[state], say(f"status.{state}").in_language(language), state.value) for state in State],
    )


def _shown(table: BoardTable, links: Mapping[str, str], language: Language) -> dict[str, object]:
    return {
        "title": table.contract.title_de if language == "de" else table.contract.title_en,
        "id": table.contract.dataset,
        "deadline": table.contract.terms.deadline or "–",
        "years": table.years,
        "rows": [
            {
                "unit": unit_label(cells[0].unit_id),
                "cells": [
                    {
                        "symbol": SYMBOLS[cell.state],
                        "state": cell.state.value,
                        "text": say(f"status.{cell.state}").in_language(language),
                        "link": links.get(cell.history.newest.sha256) if cell.history else None,
                    }
                    for cell in cells
                ],
            }
            for cells in table.rows
            if cells
        ],
    }


@cache
def _template() -> Template:
    source = resources.files("kkz_eval.stewardship").joinpath("templates/board.html.j2").read_text(encoding="utf-8")
    return Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True).from_string(source)
