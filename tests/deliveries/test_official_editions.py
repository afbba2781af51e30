"""Editions side by side, and what was known at a day."""

from __future__ import annotations

from datetime import date

import pytest
from contract_values import needs_shared_data
from official_values import EDITIONS, TABLE, genuine, official

from kkz_eval.deliveries.official.editions import as_of, side_by_side

KNOWN = {"2017": date(2017, 3, 1), "2018": date(2018, 3, 1), "2024": date(2024, 3, 1)}
WIDE = side_by_side([official(EDITIONS)])


def read(day: date) -> list[tuple[object, ...]]:
    return [(r["year"], r["edition"], r["value"]) for r in as_of(WIDE, KNOWN, day).to_pylist()]


def test_the_newest_edition_that_was_known_holds() -> None:
    assert read(date(2024, 3, 1)) == [(2013, "2024", 5.1), (2015, "2024", 6.9)]
    assert read(date(2024, 2, 29)) == [(2013, "2018", 5.1032), (2015, "2018", 6.9015)]


def test_an_edition_that_leaves_the_cell_empty_does_not_speak() -> None:
    assert read(date(2017, 6, 1)) == [(2013, "2017", 5.1)]


def test_nothing_was_known_before_the_first_edition() -> None:
    assert read(date(2016, 1, 1)) == []


def test_a_symbol_of_the_newer_edition_hides_the_older_number() -> None:
    older = official(TABLE.replace("13.03.2025", "01.02.2024"))
    newer = official(TABLE.replace("2022;05978;    Unna, Kreis;100", "2022;05978;    Unna, Kreis;."))
    both = side_by_side([older, newer])
    assert set(both["edition"].to_pylist()) == {"2024-02-01", "2025-03-13"}
    known = {"2024-02-01": date(2024, 2, 1), "2025-03-13": date(2025, 3, 13)}

    def unna(day: date) -> tuple[object, object]:
        (row,) = [
            r for r in as_of(both, known, day).to_pylist() if r["year"] == 2022 and r["unit_id"] == "05978" and r["column"] == 4
        ]
        return row["value"], row["flag"]

    assert unna(date(2024, 12, 31)) == (100, None)
    assert unna(date(2025, 12, 31)) == (None, ".")
    assert both.num_rows == older.table.num_rows + newer.table.num_rows


def test_an_edition_without_a_day_is_an_error() -> None:
    with pytest.raises(KeyError):
        as_of(WIDE, {"2017": date(2017, 1, 1)}, date(2025, 1, 1))


def test_two_editions_of_one_day_are_an_error() -> None:
    with pytest.raises(ValueError, match="same day"):
        as_of(WIDE, dict.fromkeys(KNOWN, date(2020, 1, 1)), date(2025, 1, 1))


def test_a_file_given_twice_is_an_error() -> None:
    with pytest.raises(ValueError, match="twice"):
        as_of(side_by_side([official(EDITIONS), official(EDITIONS)]), KNOWN, date(2025, 1, 1))


@needs_shared_data
def test_the_genuine_editions_of_one_indicator() -> None:
    table = side_by_side([genuine("inkar/schulabgaenger_ohne_abschluss_by_INKAR_edition.csv")])
    by_unit = {(r["unit_id"], r["year"]): (r["edition"], r["value"]) for r in as_of(table, KNOWN, date(2019, 1, 1)).to_pylist()}
    assert by_unit["05562", 2015] == ("2018", 6.9015304649148135)
    assert by_unit["05562", 2013] == ("2018", 5.103224309904895)
    assert max(year for _, year in by_unit) == 2015
