"""Dagster's pages show numbers that people read and an empty place where there is none: never nan, NA or null."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kkz_eval.assets.figures import figures, shown


@pytest.mark.parametrize("missing", [None, float("nan"), np.nan, np.float64("nan"), pd.NA, pd.NaT])
def test_a_missing_number_is_an_empty_place(missing: object) -> None:
    assert shown(missing) == ""


@pytest.mark.parametrize(
    ("value", "expected"),
    [(np.int64(13), 13), (12.34567, 12.346), (-0.000123456, -0.000123), (0.0, 0.0), (np.float64(1.5), 1.5), ("ok", "ok")],
)
def test_numbers_keep_the_digits_that_people_read(value: object, expected: object) -> None:
    assert shown(value) == expected
    assert type(shown(value)) is type(expected)


def test_figures_keep_their_names_and_order() -> None:
    assert list(figures({"b": float("nan"), "a": 1.23456}).items()) == [("b", ""), ("a", 1.235)]
