"""The letter to a municipality: what it is reminded of, and what it is not. Board and letter together: test_board.py."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from made_boards import AHLEN, ARNSBERG, CONTRACTS, DORMAGEN, DUESSELDORF, OFFICE, delivered, tables

from kkz_eval.model.verdicts import State, Status
from kkz_eval.stewardship.replies import replies


def test_nobody_is_reminded_of_what_another_owes() -> None:
    found = tables(delivered("hilfen_zur_erziehung", OFFICE))
    letters = replies(tuple(found.values()), {}, date(2026, 11, 24))
    assert CONTRACTS["bevoelkerung"].title_de not in letters[OFFICE]
    assert CONTRACTS["ausgaben_jugendhilfe"].title_de in letters[OFFICE]
    assert CONTRACTS["hilfen_zur_erziehung"].title_de not in letters[ARNSBERG]


def test_who_owes_nothing_yet_and_sent_nothing_gets_no_letter() -> None:
    letters = replies(tuple(tables(delivered("netzwerk", DUESSELDORF, 2012)).values()), {}, date(2014, 6, 1))
    assert AHLEN not in letters
    assert DORMAGEN in letters


def test_what_is_missing_is_asked_for_at_once_after_its_deadline_and_with_its_day_before() -> None:
    due, before = "Es fehlen, obwohl die Frist vorbei ist; bitte so bald wie möglich liefern:\n", "Es fehlen noch:\n"
    title = CONTRACTS["netzwerk"].title_de
    for day in (date(2013, 3, 31), date(2013, 4, 1)):
        table = tables(delivered("netzwerk", DUESSELDORF, 2012), today=day)["netzwerk"]
        letter = replies((table,), {}, day)[DORMAGEN]
        said = f"{before}- {title}: 2012 (fehlt), fällig am 31. März 2013" if day.day == 31 else f"{due}- {title}: 2012 (fehlt)\n"
        assert said in letter
        assert (due in letter, before in letter) == (day.day == 1, day.day == 31)


def test_a_rejected_year_before_joining_is_no_debt() -> None:
    sent = delivered("netzwerk", AHLEN, 2014, Status.REJECTED)
    letter = replies(tuple(tables(sent).values()), {}, date(2026, 11, 24))[AHLEN]
    assert "2014 (zurückgewiesen), Datei a.csv. Diese Jahre liegen vor Ihrem Beitritt" in letter
    assert "bis zum" not in letter


def test_files_that_contradict_each_other_about_a_year_before_joining_are_no_debt() -> None:
    sent = replace(delivered("netzwerk", AHLEN, 2014), holding=(), is_contradicted=True)
    letter = replies(tuple(tables(sent).values()), {}, date(2026, 11, 24))[AHLEN]
    assert (
        f"2014 ({State.CONFLICT.said.in_language('de')}), Datei a.csv und eine weitere. Diese Jahre liegen vor Ihrem Beitritt"
        in letter
    )
    assert "bis zum" not in letter
