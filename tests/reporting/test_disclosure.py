"""The gate against disclosure, attacked by subtraction."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest

from kkz_eval.reporting.disclosure import HIDDEN, rates_released, shares_released, suppress


def released(counts, total=None, smallest_cell=3):
    frame = pd.DataFrame({"unit": "a", "count": counts, "total": sum(counts) if total is None else total})
    return suppress(frame, ("count",), smallest_cell, ("unit",), "total")


def test_small_counts_are_hidden_with_the_smallest_other():
    assert released([2, 58, 700, 500]).cells["count"].tolist() == [HIDDEN, HIDDEN, "700", "500"]


def test_zero_stays():
    assert released([0, 4, 5]).cells["count"].tolist() == ["0", "4", "5"]


def test_nothing_is_hidden_without_a_small_count():
    assert released([3, 4, 5]).cells["total"].tolist() == ["12"] * 3


def test_a_lone_small_count_hides_the_total():
    shown = released([2, 0, 0]).cells
    assert shown["count"].tolist() == [HIDDEN, "0", "0"]
    assert shown["total"].tolist() == [HIDDEN] * 3


def test_ones_that_sum_to_their_number_are_not_given_away():
    assert released([1, 1, 40, 50]).cells["count"].tolist() == [HIDDEN, HIDDEN, HIDDEN, "50"]


def test_a_missing_count_can_not_be_computed():
    shown = released([np.nan, 40, 50], total=120.0).cells
    assert shown["count"].tolist() == [HIDDEN, HIDDEN, "50"]


def test_parts_side_by_side():
    frame = pd.DataFrame({"m": [1, 30], "w": [9, 31], "total": [10, 61]})
    shown = suppress(frame, ("m", "w"), 3, (), "total").cells
    assert shown.to_numpy().tolist() == [[HIDDEN, HIDDEN, "10"], ["30", "31", "61"]]


def test_numbers_that_leave_are_those_of_the_cells():
    out = released([2, 58, 700, 500])
    assert out.values["count"].isna().tolist() == [True, True, False, False]
    assert (out.cells == HIDDEN).equals(out.values.isna())


def test_broken_tables_are_refused():
    with pytest.raises(ValueError, match="negative"):
        released([-1, 4])
    with pytest.raises(ValueError, match="one total"):
        suppress(pd.DataFrame({"unit": "a", "count": [4, 5], "total": [9, 8]}), ("count",), 3, ("unit",), "total")


@pytest.mark.parametrize("smallest_cell", [3, 4])
def test_attack_by_subtraction_finds_no_small_count(smallest_cell):
    # Every table of three parts from 0 to 6: all fillings of the hidden cells that agree with what is shown are listed.
    for counts in itertools.product(range(7), repeat=3):
        values = released(list(counts), smallest_cell=smallest_cell).values
        shown, total = values["count"].to_numpy(), values["total"].iloc[0]
        assert not ((shown >= 1) & (shown < smallest_cell)).any()
        hidden = np.flatnonzero(np.isnan(shown))
        if not len(hidden):
            continue
        known = np.nansum(shown)
        # Zeros are never hidden, so an attacker knows that each hidden count is at least 1.
        fillings = [
            filling
            for filling in itertools.product(range(1, 19), repeat=len(hidden))
            if np.isnan(total) or sum(filling) + known == total
        ]
        for position, row in enumerate(hidden):
            if counts[row] < smallest_cell:
                assert len({filling[position] for filling in fillings}) > 1, counts


def test_a_rate_leaves_where_neither_its_count_nor_the_rest_is_small() -> None:
    counts = [(50.0, 100.0), (2.0, 100.0), (98.0, 100.0), (99.0, 100.0), (0.0, 100.0), (None, None), (500.0, 100.0)]
    assert rates_released(counts, 3) == (True, False, False, False, True, True, True)
    assert rates_released([], 3) == ()


def test_the_logarithm_of_a_small_count_is_not_shown():
    assert rates_released([(2.0, None), (3.0, None), (0.0, None), (None, None)], 3) == (False, True, True, True)


def test_of_shares_with_their_totals_shown_none_of_a_whole_is_hidden_alone():
    poor, others, everybody = (2.0, 40.0), (38.0, 60.0), (40.0, 100.0)
    assert rates_released([poor, others, everybody], 3) == (False, True, True)  # 40 − 38
    assert shares_released([poor, others, everybody], [((0, 1), 2)], 3) == (False, False, True)
    assert shares_released([(20.0, 40.0), others, everybody], [((0, 1), 2)], 3) == (True, True, True)
    nothing_else_to_hide = [(38.0, 40.0), (0.0, 60.0), (38.0, 100.0)]
    assert shares_released(nothing_else_to_hide, [((0, 1), 2)], 3) == (False, True, False)
    assert shares_released([poor, (None, 60.0), everybody], [((0, 1), None)], 3) == (False, True, True)
