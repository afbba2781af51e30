"""The municipal panel of the benchmark becomes the rate that the panel itself publishes."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.bench_official import FOLDER, PANEL, municipal_panel_to_indicators

ROOT = Path(__file__).resolve().parents[2]
FILE = Path(os.environ.get("KKZ_SHARED", ROOT.parent / "shared")) / FOLDER / PANEL


def test_the_computed_rates_are_those_of_the_panel() -> None:
    if not FILE.exists():
        pytest.skip("the shared data are not beside this repository")
    computed = (
        municipal_panel_to_indicators(FILE.read_bytes()).indicators.select(["unit_id", "year", "value", "std_error"]).to_pandas()
    )
    published = pd.read_csv(FILE, dtype={"ags": str}).rename(columns={"ags": "unit_id", "jahr": "year"})
    both = computed.merge(published, on=["unit_id", "year"])
    assert len(both) == len(computed) == 396 * 27
    rate = both["arbeitslose_je_100_erwerbsf"]
    given = both[np.isfinite(rate)]
    assert len(given) > 8000
    assert (given["value"] - given["arbeitslose_je_100_erwerbsf"]).abs().max() <= 0.0006
    assert (given["std_error"] > 0).all()
    assert both.loc[rate.isna(), "value"].isna().all()


def test_the_six_municipalities_without_population_in_2016_have_no_rate() -> None:
    if not FILE.exists():
        pytest.skip("the shared data are not beside this repository")
    computed = municipal_panel_to_indicators(FILE.read_bytes()).indicators.select(["unit_id", "year", "denominator", "value"])
    empty = computed.to_pandas().query("denominator == 0")
    assert sorted(empty["unit_id"]) == ["05154028", "05554052", "05762004", "05762012", "05962016", "05978036"]
    assert set(empty["year"]) == {2016}
    assert empty["value"].isna().all()
