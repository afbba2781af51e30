"""Who is on the board of a dataset: those who owe it, and those who sent it all the same."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from kkz_eval.contracts.load import load_contracts
from kkz_eval.deliveries.register.register import Arrival
from kkz_eval.model.verdicts import Slice, Status, Verdict
from kkz_eval.reference.tables import programme_units
from kkz_eval.stewardship.board import SYMBOLS, BoardTable, State, board_tables
from kkz_eval.stewardship.history import History
from kkz_eval.stewardship.replies import replies

CONTRACTS = load_contracts(Path(__file__).parents[2] / "data_contracts")
ARNSBERG, OFFICE, KREIS_OFFICE = "05958004", "JH05958004", "JH05358999"


def delivered(dataset: str, unit: str, year: int = 2016) -> History:
    part = Slice(unit, year, Status.ACCEPTED, 0, 0)
    verdict = Verdict(
        *("0" * 64, dataset, "1.0.0", "r", "", "p", "f", "municipal_text", ""),
        Status.ACCEPTED,
        n_errors=0,
        n_warnings=0,
        slices=(part,),
    )
    return History(dataset, unit, year, ((1, part),), Arrival(1, 1, "a.csv", "0" * 64, dataset, (year,)), verdict)


def tables(*histories: History) -> dict[str, BoardTable]:
    return {table.contract.dataset: table for table in board_tables(CONTRACTS, histories, set(), date(2026, 11, 24))}


def units(table: BoardTable) -> set[str]:
    return {cells[0].unit_id for cells in table.rows}


def test_a_youth_office_owes_what_youth_offices_deliver_and_a_town_does_not() -> None:
    found = tables(delivered("hilfen_zur_erziehung", OFFICE), delivered("bevoelkerung", ARNSBERG))
    assert OFFICE in units(found["hilfen_zur_erziehung"])
    assert KREIS_OFFICE in units(found["ausgaben_jugendhilfe"])
    assert ARNSBERG not in units(found["hilfen_zur_erziehung"])
    assert units(found["bevoelkerung"]) == {unit.ags for unit in programme_units()}


def test_a_unit_that_sent_what_it_does_not_owe_is_on_that_board_alone() -> None:
    found = tables(delivered("bevoelkerung", "05158004"))
    assert "05158004" in units(found["bevoelkerung"])
    assert "05158004" not in units(found["schulabgaenge"])


def test_nobody_owes_the_years_before_a_dataset_was_first_delivered() -> None:
    found = tables(
        delivered("bevoelkerung", ARNSBERG, 2006), delivered("bevoelkerung", ARNSBERG), delivered("netzwerk", ARNSBERG, 2012)
    )
    assert found["bevoelkerung"].years == tuple(range(2006, 2017))
    assert found["netzwerk"].years == tuple(range(2012, 2017))
    assert found["schulabgaenge"].years == found["bevoelkerung"].years  # never delivered: all is missing
    assert all(len(cells) == 5 for cells in found["netzwerk"].rows)


def test_nobody_is_reminded_of_what_another_owes() -> None:
    found = tables(delivered("hilfen_zur_erziehung", OFFICE))
    letters = replies(tuple(found.values()), {}, date(2026, 11, 24))
    assert CONTRACTS["bevoelkerung"].title_de not in letters[OFFICE]
    assert CONTRACTS["ausgaben_jugendhilfe"].title_de in letters[OFFICE]
    assert CONTRACTS["hilfen_zur_erziehung"].title_de not in letters[ARNSBERG]


def test_each_state_has_a_sign_of_its_own_that_plain_fonts_have() -> None:
    assert len(set(SYMBOLS.values())) == len(State)
    assert all(ord(sign) < 0x2300 or 0x25A0 <= ord(sign) < 0x2600 or 0x2700 <= ord(sign) < 0x27C0 for sign in SYMBOLS.values())
