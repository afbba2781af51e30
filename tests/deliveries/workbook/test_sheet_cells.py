"""Cells of a sheet in masses come to the same texts and numbers as each cell alone; what is no number is never taken for one."""

from __future__ import annotations

import datetime
import io

import openpyxl
import pytest

from kkz_eval.deliveries.reader import read_file
from kkz_eval.deliveries.results import PersonRecords
from kkz_eval.deliveries.workbook.sheet_cells import cells_of
from kkz_eval.deliveries.workbook.sheets import Value, number_of, text_of

NAN = float("nan")
SAMPLE = 500


@pytest.mark.parametrize(
    "lines",
    [
        [[1, 2], [3, 40]],  # whole numbers
        [[1, 2], [3, True]],
        [[True, False], [True, True]],
        [[0.0, 1.0], [False, 2.0]],
        [[12.0, 5.0], [-3.0, 0.0]],
        [[12.0, ""], [-3.0, -0.0]],
        [[0.5, 8.14], [8.14, -10.99]],  # two decimals
        [[0.5, ""], ["", 8.14]],
        [[1e9 + 0.25, 0.01], [0.1 + 0.2, 1.0]],  # far apart, many decimals
        [[0.001, ""], [0.0001, 2]],
        [[1e-7, 2.5], [3.5, 4.5]],  # written with an exponent
        [[1e22, 2.5], [3.5, ""]],
        [[2**53 + 1, 2**60], [1, 2]],
        [[2**60, 2.5], [1, ""]],
        [[2**60, 2.5], [1, "x"]],
        [[2**70, 1], [2, 3]],
        [[NAN, 1.5], [2.5, 3.5]],
        [[NAN, 1.5], ["", 3.5]],
        [[float("inf"), 1.5], ["", 3.5]],
        [["12", 1.5], [2.5, 3.5]],  # a text of digits stays a text
        [["12,5", "-"], ["", " "]],
        [["", ""], ["", ""]],
        [[datetime.date(2020, 1, 1), 1.5], [datetime.time(1, 2), datetime.timedelta(1)]],
        [[], []],
        [],
    ],
)
def test_cells_in_masses_are_those_of_each_cell(lines: list[list[Value]]) -> None:
    texts, numbers = cells_of(lines)
    cells = [cell for line in lines for cell in line]
    assert repr(numbers.to_pylist()) == repr([number_of(cell) for cell in cells])
    assert [text.strip() for text in texts.to_pylist()] == [text_of(cell) or "" for cell in cells]


@pytest.mark.parametrize("row", [5, SAMPLE - 1, SAMPLE + 700])
def test_a_title_of_persons_below_a_stretch_of_numbers_is_found(row: int) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Kennziffer", "Wert"])
    for number in range(2 * SAMPLE + 400):
        sheet.append([number, number / 4])
    sheet.cell(row + 1, 2, "Vorname")
    data = io.BytesIO()
    book.save(data)
    found = read_file(data.getvalue(), "a.xlsx", {})
    assert isinstance(found, PersonRecords)
    assert "Spalte B (Titel „Vorname“)" in found.in_language("de")
