"""The measured sizes are those of the genuine series."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from benchmarks.measure_series import RESULT_FILE, measured
from kkz_eval.settings import CHECKOUT

INKAR = Path(os.environ.get("KKZ_SHARED", CHECKOUT.parent / "shared")) / "data/official/inkar/inkr_nrw_kreise_panel_long.csv"


@pytest.mark.skipif(not INKAR.exists(), reason="the shared data are not beside this repository")
def test_the_file_is_what_the_measurement_finds() -> None:
    assert json.loads(RESULT_FILE.read_text(encoding="utf-8")) == measured(INKAR)
