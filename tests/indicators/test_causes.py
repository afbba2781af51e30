"""Five causes kept apart: what each says, and when what is accepted refutes it."""

from collections.abc import Collection
from pathlib import Path

import pytest

from kkz_eval.indicators.catalogue import load_not_evaluable
from kkz_eval.indicators.causes import (
    CAUSES,
    Cause,
    HeldAndNotObtained,
    HeldTable,
    NotMeasured,
    NotYetReached,
    TooFew,
    TooShort,
    that_holds,
)

FOLDER = Path(__file__).parents[2] / "data_contracts"
TABLE = HeldTable("12612-93-01-4", "kreis", 1995, 2022)
HELD = HeldAndNotObtained("Regionalstatistik", (TABLE,))


@pytest.mark.parametrize(
    ("cause", "said"),
    [
        (
            NotMeasured("outside_the_programme"),
            "nicht gemessen: Es gibt dazu keine amtliche Statistik, nur Angaben der Kommunen des Programms",
        ),
        (NotMeasured("official_tables"), "nicht gemessen: Keine amtliche Tabelle der Kreise weist das aus"),
        (HeldAndNotObtained("LZG.NRW"), "liegt bei LZG.NRW, nicht beschafft"),
        (HELD, "liegt bei Regionalstatistik, nicht beschafft: Tabelle 12612-93-01-4 für Kreise 1995 bis 2022"),
        (
            HeldAndNotObtained("Regionalstatistik", (TABLE, HeldTable("12411-02-03-4", "municipality"))),
            "liegt bei Regionalstatistik, nicht beschafft: Tabelle 12612-93-01-4 für Kreise 1995 bis 2022, "
            "Tabelle 12411-02-03-4 für Städte und Gemeinden",
        ),
        (TooShort(begins=2016), "zu kurz: Die Reihe beginnt 2016, also ohne ein Jahr vor dem Start 2012"),
        (TooShort(begins=2011), "zu kurz: Die Reihe beginnt 2011, also mit nur einem Jahr vor dem Start 2012"),
        (TooShort(ends=2014), "zu kurz: Die Reihe endet 2014 und reicht nur zum Beschreiben"),
        (
            TooShort(at_hand=(2011, 2015, 2016)),
            "zu kurz: vorhanden nur 2011, 2015–2016, also mit nur einem Jahr vor dem Start 2012",
        ),
        (
            TooShort(at_hand=(2007, 2008, 2009, 2010)),
            "zu kurz: vorhanden nur 2007–2010, also ohne ein Jahr ab 2012, das zu vergleichen wäre",
        ),
        (
            TooShort(breaks=(2008, 2013)),
            "zu kurz: Die Zählung ändert sich 2008, 2013 so stark, dass die Jahre dazwischen nur zum Beschreiben reichen",
        ),
        (TooFew(7, "units"), "zu wenige: nur 7 Kommunen"),
        (TooFew(5, "cells"), "zu wenige: in vielen Kreisen und Jahren unter 5 Fälle"),
        (NotYetReached(16), "noch nicht erreicht: Wer 2012 geboren wurde, ist etwa 2028 so weit"),
    ],
)
def test_each_cause_has_one_sentence(cause: Cause, said: str) -> None:
    assert cause.said(2012).in_language("de") == said


@pytest.mark.parametrize("cause", [HELD, TooShort(begins=2016), TooShort(at_hand=(2015, 2016))])
def test_two_years_before_the_start_refute_that_a_table_is_elsewhere_or_too_short(cause: Cause) -> None:
    assert that_holds(cause, (2010, 2011, 2012), 2012, 2026) is None
    assert that_holds(cause, (2011, 2012), 2012, 2026) is not None
    assert that_holds(cause, (), 2012, 2026) == cause


def test_years_that_came_are_said_in_place_of_those_of_the_catalogue() -> None:
    short = that_holds(TooShort(begins=2016), (2011, 2013), 2012, 2026)
    assert short is not None
    assert "vorhanden nur 2011, 2013" in short.said(2012).in_language("de")
    held = that_holds(HELD, (2015,), 2012, 2026)
    assert held is not None
    assert held.said(2012).in_language("en") == (
        "held by Regionalstatistik, not obtained: table 12612-93-01-4 for Kreise 1995 to 2022; at hand only 2015"
    )


def test_a_series_is_not_too_short_for_a_plan_that_starts_later() -> None:
    assert that_holds(TooShort(begins=2010), (), 2017, 2026) is None
    assert that_holds(TooShort(begins=2016), (), 2017, 2026) == TooShort(begins=2016)


@pytest.mark.parametrize(("at_hand", "holds"), [((), True), (range(2008, 2015), True), (range(2008, 2020), False)])
def test_a_series_that_ends_early_is_refuted_by_later_years_only(at_hand: Collection[int], holds: bool) -> None:
    assert (that_holds(TooShort(ends=2014), at_hand, 2012, 2026) is not None) is holds


def test_a_baseline_alone_is_refuted_by_a_year_from_the_start_on_only() -> None:
    baseline = TooShort(at_hand=(2007, 2008, 2009, 2010))
    assert that_holds(baseline, (), 2012, 2026) == baseline
    assert that_holds(baseline, range(2006, 2012), 2012, 2026) == TooShort(at_hand=tuple(range(2006, 2012)))
    assert that_holds(baseline, range(2007, 2013), 2012, 2026) is None


def test_further_years_do_not_mend_a_way_of_counting_that_changed() -> None:
    changed = TooShort(breaks=(2008, 2013))
    assert that_holds(changed, range(2006, 2020), 2012, 2026) == changed


def test_nothing_that_came_makes_up_for_what_nobody_measures_or_for_too_few() -> None:
    for cause in (NotMeasured("official_tables"), TooFew(7, "units")):
        assert that_holds(cause, range(2000, 2020), 2012, 2026) == cause


# ---- the catalogue of the project ----


def test_the_catalogue_of_the_project_uses_every_cause() -> None:
    assert {row.kind for row in load_not_evaluable(FOLDER / "indicators.yaml")} == set(CAUSES.values())


def test_what_is_held_or_too_short_names_what_would_refute_it() -> None:
    """Else nobody would notice the day on which the sentence becomes untrue."""
    without = {"transitions from primary school", "spending on youth services"}  # no contract waits for these tables
    for row in load_not_evaluable(FOLDER / "indicators.yaml"):
        if row.kind in ("held_and_not_obtained", "too_short") and row.subject["en"] not in without:
            assert row.indicators, row.subject
