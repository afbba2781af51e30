"""What is done for a whole column at once comes to the same as cell by cell: splitting, numbers, members, control characters, titles."""

from __future__ import annotations

import csv
import io

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kkz_eval.deliveries.official.assemble import assemble
from kkz_eval.deliveries.official.keyed_records import KeyedRecords, Member, RecordDimension, ValueColumn
from kkz_eval.deliveries.persons.screening import suspects
from kkz_eval.deliveries.text.fields import columns_at_once
from kkz_eval.deliveries.text.numbers import Style, are_digits, parse_number
from kkz_eval.deliveries.text.records import NotTextError, decode

CELLS = st.text(st.sampled_from("a1ä€ ,.'-"), max_size=4)


@settings(deadline=None)
@given(st.lists(st.lists(CELLS, min_size=3, max_size=3), min_size=1, max_size=6), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_a_text_without_quotation_marks_is_split_as_by_the_csv_module(lines: list[list[str]], end: str, ended: bool) -> None:
    body = end.join(";".join(line) for line in lines) + (end if ended else "")
    columns = columns_at_once(body, ";", 3)
    assert columns is not None
    expected = list(csv.reader(io.StringIO(body, newline=""), delimiter=";"))
    assert [list(record) for record in zip(*(column.to_pylist() for column in columns), strict=True)] == expected


@pytest.mark.parametrize("body", ["a;b;c\nd;e\n", "a;b;c;d\n", "a;b;c\n\nd;e;f\n", "a;b\nc;d;e;f\n", "a;b;c\rd;e;f\n", "", "a"])
def test_a_text_with_a_record_of_another_width_is_not_split_at_once(body: str) -> None:
    assert columns_at_once(body, ";", 3) is None


@pytest.mark.parametrize("body", ["a;b\n1;2\n", 'a;"b"\n1;2\n'])
def test_quotation_marks_do_not_change_the_columns(body: str) -> None:
    columns = columns_at_once(body, ";", 2)
    assert columns is not None
    assert [column.to_pylist() for column in columns] == [["a", "1"], ["b", "2"]]


NUMBERS = st.one_of(
    st.integers(0, 10**16).map(str),
    st.decimals(-(10**4), 10**4, places=2, allow_nan=False).map(lambda number: str(number).replace(".", ",")),
    st.sampled_from(["", " ", "-", ".", "/", "x", "007", "1.234", "12,5 p", "(3)", "²", "٣", "viele", "1234567890123456", " 5"]),
)


@settings(deadline=None)
@given(st.lists(NUMBERS, min_size=1, max_size=20))
def test_digits_are_read_at_once_as_one_by_one(texts: list[str]) -> None:
    table = assemble(_keyed([texts], style=Style.COMMA)).table
    read = [parse_number(text, Style.COMMA) for text in texts]
    assert table["value"].to_pylist() == [reading.value for reading in read]
    said = [flag or letter for flag, letter in zip(table["flag"].to_pylist(), table["quality"].to_pylist(), strict=True)]
    assert said == [reading.flag for reading in read]
    assert table["value_delivered"].to_pylist() == [text or None for text in texts]


def test_only_digits_that_a_number_holds_exactly_are_taken_at_once() -> None:
    texts = pa.array(["0", "123456789012345", "1234567890123456", "", "-1", "1,5", "²", "٣", None])
    assert are_digits(texts).to_pylist() == [True, True, False, False, False, False, False, False, False]


@pytest.mark.parametrize(
    "members",
    [
        [(), ()],
        [(Member("Alter", "", "3"),), (Member("Alter", "", "6"),)],
        [(Member("Alter", "A", "3"),), (Member("Alter", "A", "3"),)],
        [(), (Member("Alter", "", "6"), Member("Art", "", "alle"))],
    ],
)
@pytest.mark.parametrize("codes", [None, ["M", "W", "M"]])
def test_each_value_has_the_members_of_its_record_and_its_column(
    members: list[tuple[Member, ...]], codes: list[str] | None
) -> None:
    labels = [" Männer", "Frauen", " Männer"]
    own = RecordDimension("Geschlecht", None if codes is None else pa.array(codes), pa.array(labels), 2)
    table = assemble(_keyed([["1", "2", "3"], ["4", "5", "6"]], members=members, dimensions=(own,))).table
    expected = [
        [("Geschlecht", "" if codes is None else codes[record], labels[record].strip())]
        + [(member.variable, member.code, member.label) for member in of_column]
        for of_column in members
        for record in range(3)
    ]
    assert [[(name, m["code"], m["label"]) for name, m in entry] for entry in table["dimensions"].to_pylist()] == expected


@pytest.mark.parametrize("sign", range(1, 256))
def test_a_control_character_other_than_white_space_is_refused(sign: int) -> None:
    data = b"Jahr;Anzahl\n2016;" + chr(sign).encode() + b"\n"
    if sign < 9 or 13 < sign < 32 or sign == 127:
        with pytest.raises(NotTextError) as refusal:
            decode(data)
        assert refusal.value.code == "control"
    else:
        assert decode(data).text == data.decode()


@pytest.mark.parametrize(
    ("rows", "named"),
    [
        ([["AGS", 2016, 1.5], ["05111", "", 3]], False),
        ([["05111", "12", "345678"], ["Düsseldorf", 1, 2]], False),
        ([["AGS", 2016], ["Vor-Name", 2]], True),
        ([["AGS", "geb."], ["05111", 2]], True),
        ([["Name", "Straße"], ["a", "b"]], True),
    ],
)
def test_titles_that_name_persons_are_told_from_others(rows: list[list[object]], named: bool) -> None:
    texts = [(number, [str(cell) for cell in row]) for number, row in enumerate(rows)]
    assert bool(suspects(texts, frozenset(), len(texts), lambda number: texts[number][1])) is named


def _keyed(
    columns: list[list[str]],
    members: list[tuple[Member, ...]] | None = None,
    dimensions: tuple[RecordDimension, ...] = (),
    style: Style | None = None,
) -> KeyedRecords:
    n = len(columns[0])
    values = tuple(
        ValueColumn(pa.array(texts, pa.string()), 5 + place, f"M{place}", members=() if members is None else members[place])
        for place, texts in enumerate(columns)
    )
    keys = pa.array([f"05{number:06d}" for number in range(n)])
    return KeyedRecords(
        "test",
        np.arange(2, 2 + n, dtype=np.int32),
        values,
        keys,
        times=pa.array(["2016"] * n),
        dimensions=dimensions,
        style=style,
    )
