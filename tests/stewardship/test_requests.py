"""An approval holds for the value that was approved, and a waiver until it expires."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from kkz_eval.deliveries.register.decisions import Correction, Decisions, Place, Waiver
from kkz_eval.stewardship.requests import Request, is_approved

PLACE = Place("schulabgaenge", "05315000", 2012, "leavers", {"sex": "weiblich"}, "4f" * 32, "B17")
LAST = date(2027, 12, 31)
REQUEST = Request(
    "a1", "waiver", "", "9c" * 32, "koeln.xlsx", "1", PLACE, "leavers.range", "0", "≥ 1", "", None, "Zu.", "Amt", "Amt"
)
WAIVER = Waiver("w", PLACE, "leavers.range", "0", "≥ 1", "Zu.", "Amt", "Datenstelle", LAST)
CORRECTED = replace(REQUEST, kind="correction", old="1O2", new=102.0)
CORRECTION = Correction("c", PLACE, "1O2", 102.0, "Tippfehler", "Amt", "Datenstelle", "Amt", "reported")


def test_an_approval_of_the_very_value_holds() -> None:
    assert is_approved(REQUEST, Decisions((WAIVER,), today=LAST))
    assert is_approved(CORRECTED, Decisions(corrections=(CORRECTION,), today=LAST))


@pytest.mark.parametrize(
    "asked",
    [
        replace(REQUEST, value="3"),
        replace(REQUEST, allowed="≥ 5"),
        replace(REQUEST, rule="leavers.jump"),
        replace(REQUEST, place=replace(PLACE, year=2013)),
        replace(CORRECTED, new=120.0),
        replace(CORRECTED, old="1O"),
        replace(REQUEST, place=None),
    ],
)
def test_another_value_than_the_one_approved_waits(asked: Request) -> None:
    assert not is_approved(asked, Decisions((WAIVER,), (CORRECTION,), LAST))


def test_a_waiver_holds_until_its_last_day() -> None:
    assert not is_approved(REQUEST, Decisions((WAIVER,), today=LAST + timedelta(days=1)))
