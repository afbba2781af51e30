"""Boards of deliveries of one unit and year each, for tests of boards and letters. No expectations here."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

from kkz_eval.contracts.load import load_contracts
from kkz_eval.deliveries.register.register import Arrival
from kkz_eval.model.verdicts import Slice, State, Status, Verdict
from kkz_eval.stewardship.board import BoardCell, BoardTable, board_tables
from kkz_eval.stewardship.history import History, Place

CONTRACTS = load_contracts(Path(__file__).parents[2] / "data_contracts")
ARNSBERG, OFFICE, KREIS_OFFICE = "05958004", "JH05958004", "JH05358999"
AHLEN, DUESSELDORF, DORMAGEN = "05570004", "05111000", "05162004"  # joined in 2017, 2012 and 2012


def delivered(dataset: str, unit: str, year: int = 2016, status: Status = Status.ACCEPTED, first: date | None = None) -> History:
    part = Slice(unit, year, status, 0, 0)
    verdict = Verdict(
        *("0" * 64, dataset, "1.0.0", "r", "", "p", "f", "municipal_text", ""),
        status,
        n_errors=0,
        n_warnings=0,
        slices=(part,),
    )
    arrival = Arrival(1, 1, "a.csv", "0" * 64, dataset, (year,))
    holding = () if status == Status.REJECTED else (arrival,)
    return History(dataset, unit, year, ((arrival, part),), verdict, holding, first=(arrival.sha256, first))


def tables(
    *histories: History,
    official: frozenset[Place] = frozenset(),
    purged: Mapping[Place, date] | None = None,
    today: date = date(2026, 11, 24),
) -> dict[str, BoardTable]:
    known = {(history.dataset, history.unit_id, history.year): history for history in histories}
    return {table.contract.dataset: table for table in board_tables(CONTRACTS, known, official, purged or {}, today)}


def states(table: BoardTable, unit: str) -> dict[int, State]:
    (cells,) = (cells for cells in table.rows if cells[0].unit_id == unit)
    return {cell.year: cell.state for cell in cells}


def cell(table: BoardTable, unit: str, year: int) -> BoardCell:
    """One place of a board."""
    (found,) = (one for cells in table.rows for one in cells if (one.unit_id, one.year) == (unit, year))
    return found
