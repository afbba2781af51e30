"""Splitting a text into a grid: the fast way and the way line by line give the same."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kkz_eval.deliveries.text.grid import Grid
from kkz_eval.deliveries.text.records import Decoded, decode
from kkz_eval.deliveries.text.split import body_of, fast_body, slow_body


def _decoded(text: str) -> Decoded:
    return Decoded(text, "utf-8", cut=False)


def _said(grid: Grid) -> dict[str, object]:
    return {
        "columns": [column.cast("string").to_pylist() for column in grid.columns],
        "rows": grid.rows.tolist(),
        "n_cells": grid.n_cells.tolist(),
        "beyond": dict(grid.beyond),
        "cut": grid.cut,
        "ended": grid.ended,
        "last_row": grid.last_row,
    }


@settings(max_examples=400, deadline=None)
@given(
    st.lists(
        st.lists(
            st.sampled_from(["", " ", "a", "ü€", "12", "1,5", '"x"', '"a;b"', '"a""b"', '"', 'a"b', '"z\n2"', "\t"]), max_size=5
        ),
        max_size=8,
    ),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.booleans(),
    st.integers(0, 2),
    st.integers(1, 5),
)
def test_both_ways_give_the_same_grid(lines: list[list[str]], end: str, ended: bool, first: int, width: int) -> None:
    text = end.join(";".join(cells) for cells in lines) + (end if ended else "")
    fast = fast_body(_decoded(text), ";", first, width)
    if fast is not None:
        assert _said(fast) == _said(slow_body(_decoded(text), ";", first, width))


@pytest.mark.parametrize(
    "text",
    [
        "a;b;c\n1;2;3\n4;5;6\n",
        "a;b;c\r\n1;2;3\r\n\r\n4;5;6",
        'a;b;c\n"1";"2;2";"3"\n4;"5\n5";6\n',
        "Titel\n\na;b;c\n1;2;3\nFußnote\n4;5;6;7\n8;9\n;;\n",
        "a;b;c\n1;2;3\n" + "Quelle: Amt\n" * 3,
    ],
)
def test_a_plain_text_takes_the_fast_way(text: str) -> None:
    fast = fast_body(_decoded(text), ";", 1, 3)
    assert fast is not None
    assert _said(fast) == _said(slow_body(_decoded(text), ";", 1, 3))


@pytest.mark.parametrize("text", ['a;b\n1;"2\n3;4\n', 'a;b\n1;x"2"\n3;4\n', "a;b\r1;2\r", 'a;b\n1; "2"\n3;4\n', "a\n1\n"])
def test_what_is_not_plain_goes_line_by_line(text: str) -> None:
    assert fast_body(_decoded(text), ";", 1, 2) is None
    assert _said(body_of(_decoded(text), ";", 1, 2)) == _said(slow_body(_decoded(text), ";", 1, 2))


def test_many_lines_keep_their_rows() -> None:
    lines = [f"{number};{number % 7}" for number in range(300_000)]
    lines[150_000] = "eine Zeile Text"
    grid = fast_body(_decoded("k;v\n" + "\n".join(lines) + "\n"), ";", 1, 2)
    assert grid is not None
    assert grid.rows.tolist() == list(range(2, 300_002))
    assert grid.columns[0][150_000].as_py() == "eine Zeile Text"
    assert grid.columns[0][299_999].as_py() == "299999"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_every_encoding_comes_to_the_same_grid(encoding: str) -> None:
    data = "Köln;Größe\nä;ß\n1;2\n".encode(encoding)
    assert _said(body_of(decode(data), ";", 1, 2))["columns"] == [["ä", "1"], ["ß", "2"]]
