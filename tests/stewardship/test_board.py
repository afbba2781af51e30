"""Who is on the board of a dataset: those who owe it, and those who sent it all the same."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from made_boards import AHLEN, ARNSBERG, CONTRACTS, DORMAGEN, DUESSELDORF, KREIS_OFFICE, OFFICE, delivered, states, tables

from kkz_eval.model.verdicts import State, Status
from kkz_eval.reference.tables import programme_units
from kkz_eval.stewardship.board import SYMBOLS, BoardTable, rests_on_simulated
from kkz_eval.stewardship.replies import replies


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


def test_each_state_has_a_sign_of_its_own_that_plain_fonts_have() -> None:
    assert len(set(SYMBOLS.values())) == len(SYMBOLS)
    assert all(ord(sign) < 0x2300 or 0x25A0 <= ord(sign) < 0x2600 or 0x2700 <= ord(sign) < 0x27C0 for sign in SYMBOLS.values())


def test_nobody_owes_the_years_before_joining() -> None:
    found = tables(delivered("netzwerk", DUESSELDORF, 2010), delivered("netzwerk", DORMAGEN, 2018))["netzwerk"]
    assert states(found, AHLEN) == dict.fromkeys(range(2010, 2017), State.NOT_OWED) | dict.fromkeys((2017, 2018), State.LATE)
    late = dict.fromkeys(range(2012, 2019), State.LATE)
    assert states(found, DUESSELDORF) == {2010: State.ACCEPTED, 2011: State.NOT_OWED} | late
    joined = {unit.ags: unit.cohort for unit in programme_units()}
    owed = {cells[0].unit_id: [cell.year for cell in cells if cell.state == State.LATE] for cells in found.rows}
    assert {unit: min(years) for unit, years in owed.items()} == joined
    assert sorted(joined.values()).count(2012) == 18


def test_a_youth_office_owes_from_the_year_its_town_joined() -> None:
    found = tables(delivered("ausgaben_jugendhilfe", OFFICE, 2012), delivered("ausgaben_jugendhilfe", OFFICE, 2018))
    assert min(year for year, state in states(found["ausgaben_jugendhilfe"], f"JH{AHLEN}").items() if state == State.LATE) == 2017


def test_years_before_joining_that_came_all_the_same_are_delivered_and_none_is_missed() -> None:
    known = tables(
        delivered("netzwerk", DUESSELDORF, 2012), delivered("netzwerk", AHLEN, 2014), delivered("netzwerk", AHLEN, 2017)
    )
    assert states(known["netzwerk"], AHLEN) == {
        2012: State.NOT_OWED,
        2013: State.NOT_OWED,
        2014: State.ACCEPTED,
        2015: State.NOT_OWED,
        2016: State.NOT_OWED,
        2017: State.ACCEPTED,
    }
    letter = replies((known["netzwerk"],), {}, date(2026, 11, 24))[AHLEN]
    assert "2014, 2017 (angenommen)" in letter
    assert "überfällig" not in letter
    assert "Damit liegt von Ihnen alles vor" in letter


def test_who_is_not_of_the_programme_owes_nothing() -> None:
    found = tables(delivered("bevoelkerung", "05158004"), delivered("bevoelkerung", DUESSELDORF, 2012))
    assert set(states(found["bevoelkerung"], "05158004").values()) == {State.NOT_OWED, State.ACCEPTED}


@pytest.mark.parametrize("dataset", ["bevoelkerung", "mindestsicherung"])
def test_what_official_statistics_hold_is_confirmed_and_never_dunned_for(dataset: str) -> None:
    first, last = delivered(dataset, DORMAGEN, 2012), delivered(dataset, DORMAGEN, 2014)
    found = tables(first, last, official=frozenset({(dataset, DUESSELDORF, 2013)}))[dataset]
    assert states(found, DUESSELDORF) == {
        2012: State.OFFICIAL_AWAITED,
        2013: State.TO_CONFIRM,
        2014: State.OFFICIAL_AWAITED,
    }
    letter = replies((found,), {}, date(2026, 11, 24))[DUESSELDORF]
    assert f"{CONTRACTS[dataset].title_de}: 2013 (aus amtlicher Statistik, bitte bestätigen)" in letter
    assert f"{CONTRACTS[dataset].title_de}: 2012, 2014 (kommt aus amtlicher Statistik, liegt noch nicht vor)" in letter
    assert not any(word in letter for word in ("überfällig", "fehlen", "fällig am"))


def test_the_official_datasets_that_a_contract_names_are_there() -> None:
    of_source = {contract.dataset: contract.source for contract in CONTRACTS.values()}
    named = {name for contract in CONTRACTS.values() for name in contract.terms.official_datasets}
    assert {"bevoelkerung_amtlich", "mindestsicherung_amtlich"} <= named
    assert {of_source[name] for name in named} == {"official"}


def test_made_up_figures_that_count_instead_of_the_last_delivery_are_said_on_the_board_and_in_letters() -> None:
    last = delivered("netzwerk", AHLEN, 2017, Status.REJECTED)
    earlier = replace(last.newest, number=0, sha256="1" * 64, simulated=True)
    for counts, said in (((earlier,), True), ((), False)):
        found = tuple(tables(replace(last, holding=counts)).values())
        assert rests_on_simulated(found) == said
        assert ("SIMULIERT" in replies(found, {}, date(2026, 11, 24))[AHLEN]) == said
