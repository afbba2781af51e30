"""Texts whose records have one width: at once as line by line, what another width is, and where lines begin."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kkz_eval.deliveries.text.fields import Fields, fields_of, start_of_line
from kkz_eval.deliveries.text.records import Decoded

CELLS = st.sampled_from(["", "a", "ü€", "1,5", '"x"', '"a;b"', '"a""b"', "\t"])


def _fields(text: str) -> Fields:
    return fields_of(Decoded(text, "utf-8", cut=False), ";", 3, 2)


@settings(deadline=None)
@given(st.lists(st.tuples(st.just("k"), CELLS, CELLS), min_size=1, max_size=6), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_at_once_as_line_by_line(lines: list[tuple[str, str, str]], end: str, ended: bool) -> None:
    text = end.join(";".join(line) for line in lines)
    at_once, by_line = _fields(text + end * ended), _fields(text + end * 2)  # a blank line makes a text irregular
    assert [column.to_pylist() for column in at_once.columns] == [column.to_pylist() for column in by_line.columns]
    assert at_once.rows.tolist() == by_line.rows.tolist() == list(range(2, len(lines) + 2))
    assert (at_once.ended, at_once.last_row) == (ended, len(lines) + 1)


@pytest.mark.parametrize(
    ("line", "kind", "column", "value"),
    [
        ("a;b", "reader_short_row", None, "a"),
        ("a;b;c;;d", "reader_long_row", 5, "d"),
        ("Hier steht ein Satz", "reader_line_ignored", 1, "Hier steht ein Satz"),
        ('"a;b;c', "reader_cut_off", None, None),
    ],
)
def test_a_line_of_another_width_is_a_finding_and_no_record(line: str, kind: str, column: int | None, value: str | None) -> None:
    fields = _fields(f"1;2;3\n{line}\n")
    assert fields.rows.tolist() == [2]
    assert [(f.kind, f.row, f.column, f.value) for f in fields.findings] == [(kind, 3, column, value)]
    assert fields.last_row == 3


def test_empty_cells_beyond_the_width_and_blank_lines_are_nothing() -> None:
    fields = _fields("1;2;3;;\n\n;;\n4;5;6")
    assert [column.to_pylist() for column in fields.columns] == [["1", "4"], ["2", "5"], ["3", "6"]]
    assert (fields.rows.tolist(), fields.findings, fields.open_end) == ([2, 5], (), True)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_line_begins_behind_the_break_of_the_one_before(end: str) -> None:
    text = end.join(["ab", "c", "", "d"])
    starts = [start_of_line(text, line) for line in range(5)]
    assert [text[start : start + 1] for start in starts] == ["a", "c", end[0], "d", ""]
