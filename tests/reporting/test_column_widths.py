"""Columns of a table on paper."""

from __future__ import annotations

import pytest

from kkz_eval.reporting.column_widths import PADDING, SIZES, TURNED, UPRIGHT, fit, text_width
from kkz_eval.reporting.document import Code, Column, Number, Quoted, Table


def table(headings: tuple[str, ...], *rows: tuple[object, ...], numbers: bool = False) -> Table:
    columns = tuple(Column(heading, "number" if numbers and position else "text") for position, heading in enumerate(headings))
    return Table("t", ("Tabelle",), columns, tuple(tuple((cell,) for cell in row) for row in rows))


def numbered(n_columns: int, shown: str) -> Table:
    row = (Quoted("Kreis"), *(Number(str(n), n, shown) for n in range(n_columns)))
    return table(("Ort", *(f"J{n}" for n in range(n_columns))), row, numbers=True)


def test_a_small_table_stands_in_the_largest_type_with_each_cell_on_one_line():
    found = fit(table(("Wort", "Bedeutung"), (Quoted("Cluster"), "was zusammengehört")))
    assert (found.size, found.is_parted, found.is_turned) == (SIZES[0], False, False)
    assert found.widths[1] == pytest.approx(text_width("was zusammengehört", 400) * SIZES[0] + 2 * PADDING, abs=0.01)


def test_a_short_column_keeps_its_line_beside_a_long_one():
    found = fit(table(("Risiko", "Woran es liegt"), ("nicht bekannt", "ein langer Satz " * 30)))
    assert found.widths[0] == pytest.approx(text_width("nicht bekannt", 400) * SIZES[0] + 2 * PADDING, abs=0.01)
    assert sum(found.widths) == pytest.approx(UPRIGHT, abs=0.05)


@pytest.mark.parametrize(("n_columns", "is_turned"), [(4, False), (12, False), (24, True)])
def test_a_page_is_turned_only_for_what_has_no_room_upright(n_columns, is_turned):
    found = fit(numbered(n_columns, "1.234,5"))
    assert found.is_turned is is_turned
    assert sum(found.widths) <= (TURNED if is_turned else UPRIGHT)
    assert min(found.widths[1:]) >= text_width("1.234,5", 400) * found.size + 2 * PADDING - 0.01, "no number is parted"


def test_type_gets_smaller_before_words_are_parted_and_before_a_page_is_turned():
    sizes = [fit(numbered(n, "1.234,5")).size for n in range(2, 15)]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] == SIZES[0]
    assert sizes[-1] < SIZES[0]


def test_what_has_no_room_at_all_stays_on_the_turned_page():
    found = fit(numbered(90, "1.234,5"))
    assert (found.size, found.is_turned) == (SIZES[-1], True)
    assert sum(found.widths) == pytest.approx(TURNED, abs=0.5)


def test_a_digest_takes_no_more_than_a_part_of_the_line():
    found = fit(table(("Datei", "Prüfsumme", "Sätze"), (Code("a.csv"), Code("ab" * 32), "ein langer Satz " * 20)))
    assert found.widths[1] < UPRIGHT / 2


def test_a_table_without_rows_has_columns_for_its_head():
    assert len(fit(table(("Ort", "Jahr"))).widths) == 2


def test_a_word_is_not_parted_before_a_stroke():
    found = fit(table(("Ort", "Programm /\u00a0Vergleich"), ("Unna", "6")))
    assert found.widths[1] >= text_width("Programm / Vergleich", 600) * 0.95 * SIZES[0]


def test_long_cells_get_room_from_smaller_type_rather_than_many_lines():
    headings = ("Kennzahl", *("Standardisierte Differenz " * 2 for _ in range(6)))
    found = fit(table(headings, ("Betreuungsquote der Kinder von drei bis sechs Jahren " * 2, *("1,0" for _ in range(6)))))
    assert found.size < SIZES[0]
    assert found.widths[0] > max(found.widths[1:])
