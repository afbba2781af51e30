"""Who is on the board of a dataset: those who owe it, and those who sent it all the same."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from html import unescape

import pytest
from made_boards import AHLEN, ARNSBERG, CONTRACTS, DORMAGEN, DUESSELDORF, KREIS_OFFICE, OFFICE, cell, delivered, states, tables

from kkz_eval.model.verdicts import State, Status
from kkz_eval.reference.tables import programme_units
from kkz_eval.stewardship import board
from kkz_eval.stewardship.board import LATE, SYMBOLS, BoardTable, board_page, rests_on_simulated
from kkz_eval.stewardship.history import Place
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


@pytest.mark.parametrize("slip", [2031, 1912])
def test_a_year_of_which_all_was_rejected_is_shown_and_asked_of_nobody_else(slip: int) -> None:
    known = [delivered("netzwerk", ARNSBERG, year) for year in (2012, 2016)]
    network = tables(*known, delivered("netzwerk", DUESSELDORF, slip, Status.REJECTED))["netzwerk"]
    assert network.years == tuple(sorted({*range(2012, 2017), slip}))
    assert states(network, DUESSELDORF)[slip] == State.REJECTED
    assert {states(network, cells[0].unit_id)[slip] for cells in network.rows if cells[0].unit_id != DUESSELDORF} == {
        State.NOT_OWED
    }


def test_of_what_was_all_rejected_every_year_between_is_asked_for() -> None:
    known = tables(*(delivered("netzwerk", DUESSELDORF, year, Status.REJECTED) for year in (2012, 2014)))
    assert states(known["netzwerk"], DUESSELDORF)[2013] == State.MISSING


def test_only_the_table_that_anything_changes_for_is_made_anew_and_each_is_as_if_made_for_the_first_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    goals, people, network = (delivered(name, ARNSBERG) for name in ("ziele", "bevoelkerung", "netzwerk"))
    again = replace(people, entries=((replace(people.newest, name="b.csv"), people.part),), holding=())
    official: frozenset[Place] = frozenset({("mindestsicherung", DUESSELDORF, 2016)})
    purged = {("ziele", AHLEN, 2016): date(2026, 1, 1)}
    last = tables(goals, people, network)
    steps: list[tuple[Callable[[], dict[str, BoardTable]], set[str]]] = [
        (lambda: tables(goals, people, network), set()),
        (lambda: tables(goals, again, network), {"bevoelkerung"}),
        (lambda: tables(goals, again, network, official=official), {"mindestsicherung"}),
        (lambda: tables(goals, again, network, official=official, purged=purged), {"ziele"}),
        (lambda: tables(goals, again, network, today=date(2027, 1, 1)), set(last)),
    ]
    for now, changed in steps:
        found = now()
        assert {name for name in found if found[name] is not last[name]} == changed
        with monkeypatch.context() as first_time:
            first_time.setattr(board, "_made_last", {})
            assert now() == found
        last = found


def test_each_state_has_a_sign_of_its_own_that_plain_fonts_have() -> None:
    assert len(set(SYMBOLS.values())) == len(SYMBOLS)
    assert all(ord(sign) < 0x2300 or 0x25A0 <= ord(sign) < 0x2600 or 0x2700 <= ord(sign) < 0x27C0 for sign in SYMBOLS.values())


def test_nobody_owes_the_years_before_joining() -> None:
    found = tables(delivered("netzwerk", DUESSELDORF, 2010), delivered("netzwerk", DORMAGEN, 2018))["netzwerk"]
    assert states(found, AHLEN) == dict.fromkeys(range(2010, 2017), State.NOT_OWED) | dict.fromkeys((2017, 2018), State.MISSING)
    missing = dict.fromkeys(range(2012, 2019), State.MISSING)
    assert states(found, DUESSELDORF) == {2010: State.ACCEPTED, 2011: State.NOT_OWED} | missing
    joined = {unit.ags: unit.cohort for unit in programme_units()}
    owed = {cells[0].unit_id: [cell.year for cell in cells if cell.state == State.MISSING] for cells in found.rows}
    assert {unit: min(years) for unit, years in owed.items()} == joined
    assert sorted(joined.values()).count(2012) == 18


def test_a_youth_office_owes_from_the_year_its_town_joined() -> None:
    found = tables(delivered("ausgaben_jugendhilfe", OFFICE, 2012), delivered("ausgaben_jugendhilfe", OFFICE, 2018))
    assert (
        min(year for year, state in states(found["ausgaben_jugendhilfe"], f"JH{AHLEN}").items() if state == State.MISSING) == 2017
    )


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
    assert "fehl" not in letter
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
    assert not any(word in letter for word in ("Frist", "fehlt", "fehlen", "fällig am"))


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


DUE = date(2017, 3, 31)
"""Of the leavers of 2016."""


def shown(table: BoardTable, unit: str, year: int, day: date) -> tuple[str, str]:
    """Sign and text of a place, as the page has them."""
    page = unescape(board_page((table,), {}, day, "de"))
    place = next(position for position, cells in enumerate(table.rows) if cells[0].unit_id == unit)
    row = re.findall(r"<tr><th scope=\"row\">.*?</tr>", page)[place]
    cells = re.findall(r'<td title="(.*?)"><span class="mark [a-z_]+" aria-hidden="true">(.*?)</span>', row)
    text, sign = cells[table.years.index(year)]
    return sign, text


def test_what_is_missing_has_one_word_and_its_deadline_beside_it() -> None:
    for day, said in ((DUE, ("○", "fehlt")), (DUE + timedelta(1), ("○" + LATE, "fehlt; fällig war der 31. März 2017"))):
        table = tables(delivered("schulabgaenge", DORMAGEN, 2016), today=day)["schulabgaenge"]
        assert cell(table, DUESSELDORF, 2016).state == State.MISSING
        assert shown(table, DUESSELDORF, 2016, day) == said


@pytest.mark.parametrize(
    ("came", "said"),
    [
        (DUE, ("✓", "angenommen")),
        (None, ("✓", "angenommen")),
        (date(2017, 5, 2), ("✓" + LATE, "angenommen; erst am 2. Mai 2017 eingegangen, fällig war der 31. März 2017")),
    ],
    ids=["on the day", "on a day that was not recorded", "after it"],
)
def test_a_delivery_after_its_deadline_is_said_to_be_late(came: date | None, said: tuple[str, str]) -> None:
    table = tables(delivered("schulabgaenge", DUESSELDORF, 2016, first=came))["schulabgaenge"]
    assert shown(table, DUESSELDORF, 2016, date(2026, 11, 24)) == said


@pytest.mark.parametrize(("dataset", "unit", "year"), [("schulabgaenge", AHLEN, 2016), ("bevoelkerung", DUESSELDORF, 2016)])
def test_nobody_is_late_with_what_nobody_waits_for(dataset: str, unit: str, year: int) -> None:
    """Ahlen had not joined in 2016; official statistics have the population."""
    table = tables(delivered(dataset, unit, year, first=date(2026, 1, 1)))[dataset]
    assert not cell(table, unit, year).is_late


def test_what_was_removed_is_asked_for_again_and_not_as_if_it_had_never_come() -> None:
    gone: dict[Place, date] = {("schulabgaenge", unit, 2016): date(2026, 11, 20) for unit in (DUESSELDORF, AHLEN, DORMAGEN)}
    table = tables(delivered("schulabgaenge", DORMAGEN, 2016), purged=gone)["schulabgaenge"]
    assert shown(table, DUESSELDORF, 2016, date(2026, 11, 24)) == (
        "Ø",
        "gelöscht am 20. November 2026, bitte neu liefern",
    )
    assert cell(table, DORMAGEN, 2016).state == State.ACCEPTED, "delivered again"
    assert cell(table, AHLEN, 2016).state == State.NOT_OWED, "nobody waits for it"
    letter = replies((table,), {}, date(2026, 11, 24))[DUESSELDORF]
    assert "Bitte neu liefern; dieselbe Datei wird nicht wieder aufgenommen:\n" in letter
    assert "2016 (gelöscht), am 20. November 2026" in letter
    assert "fehl" not in letter
    assert "Damit liegt" not in letter


def test_nobody_owes_goals_or_surveys_so_that_only_those_who_sent_some_are_on_the_board() -> None:
    found = tables(delivered("ziele", ARNSBERG, 2014), delivered("bevoelkerung", ARNSBERG, 2016))
    assert units(found["ziele"]) == {ARNSBERG}
    assert states(found["ziele"], ARNSBERG) == {2014: State.ACCEPTED, 2015: State.NOT_OWED, 2016: State.NOT_OWED}
    assert not any(one.is_late for cells in found["ziele"].rows for one in cells)
    assert "befragung" not in found  # nothing came of it
    letters = replies((found["ziele"],), {}, date(2026, 11, 24))
    assert list(letters) == [ARNSBERG]
    assert "Damit liegt von Ihnen alles vor" in letters[ARNSBERG]


def test_goals_that_were_removed_are_said_to_be_removed_though_nobody_owes_them() -> None:
    removed = date(2026, 11, 1)
    found = tables(delivered("bevoelkerung", ARNSBERG, 2014), purged={("ziele", ARNSBERG, 2014): removed})
    assert states(found["ziele"], ARNSBERG) == {2014: State.PURGED}
    assert "2014 (gelöscht), am 1. November 2026" in replies((found["ziele"],), {}, date(2026, 11, 24))[ARNSBERG]
