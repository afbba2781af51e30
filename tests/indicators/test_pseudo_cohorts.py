"""Pseudo-cohorts: stations of one birth year, per unit."""

import pandas as pd
import pytest

from kkz_eval.indicators.pseudo_cohorts import pseudo_cohorts


def station(*rows: tuple[str, int, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["unit_id", "year", "value"])


def test_births_meet_entrants_six_and_leavers_sixteen_years_later() -> None:
    linked = pseudo_cohorts(
        {
            "births": station(("05111", 2000, 100.0), ("05111", 2001, 90.0)),
            "school_entry": station(("05111", 2006, 98.0), ("05112", 2006, 40.0)),
            "leavers": station(("05111", 2016, 95.0), ("05111", 2010, 80.0)),
        }
    )
    rows = {(row.unit_id, row.birth_year): (row.births, row.school_entry, row.leavers) for row in linked.itertuples()}
    assert rows[("05111", 2000)] == (100.0, 98.0, 95.0)
    assert set(rows) == {("05111", 1994), ("05111", 2000), ("05111", 2001), ("05112", 2000)}
    assert linked.set_index(["unit_id", "birth_year"]).loc[("05112", 2000), ["births", "leavers"]].isna().all()
    assert list(linked.columns) == ["unit_id", "birth_year", "births", "school_entry", "leavers"]


def test_a_station_that_counts_twice_is_refused() -> None:
    once = station(("05111", 2000, 1.0))
    with pytest.raises(ValueError, match="leavers"):
        pseudo_cohorts({"births": once, "school_entry": once, "leavers": pd.concat([once, once])})
