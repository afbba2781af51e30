"""The measured sizes are those of the genuine series, and the model world moves by them."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest

from benchmarks.measure_series import INKAR, RESULT_FILE, measured, moves
from benchmarks.study import rates_of
from kkz_eval.reference.tables import kreise
from kkz_eval.settings import CHECKOUT
from kkz_eval.simulation.effects import parse_effects
from kkz_eval.simulation.parameters import WELFARE_INDICATOR
from kkz_eval.simulation.parts import cities
from kkz_eval.simulation.series import measured_need, measured_series
from kkz_eval.simulation.world import model_world

DATA = Path(os.environ.get("KKZ_SHARED", CHECKOUT.parent / "shared")) / "data"
WORLDS = 20


@pytest.mark.skipif(not (DATA / INKAR).exists(), reason="the shared data are not beside this repository")
def test_the_file_is_what_the_measurement_finds() -> None:
    assert json.loads(RESULT_FILE.read_text(encoding="utf-8")) == measured(DATA)


def test_the_model_world_moves_as_the_genuine_series_do() -> None:
    """Measured in the same way on worlds without effects: trends up to chance, errors within a tenth."""
    found: dict[str, list[dict[str, object]]] = {name: [] for name in measured_series()}
    needs = []
    for seed in range(WORLDS):
        world = model_world(seed, parse_effects(b"effects_version: 1\neffects: []\n", "none"), tuple(range(2006, 2020)))
        rates = [rates_of(world, kreis.ags5) for kreis in kreise()]
        first, last = (world.years.index(year) for year in measured_need().years)
        need = np.array([rate[WELFARE_INDICATOR][first : last + 1].mean() for rate in rates])
        standard = (need - need.mean()) / need.std()
        needs.append((standard[cities()].mean(), standard[cities()].std(ddof=1), standard[~cities()].std(ddof=1), need.std()))
        for name, series in found.items():
            first, last = (world.years.index(year) for year in measured_series()[name].years)
            series.append(moves(np.array([rate[name][first : last + 1] for rate in rates]), cities(), standard))
    expected = measured_need()
    assert np.mean(needs, axis=0) == pytest.approx(
        [expected.mean.city, expected.sd.city, expected.sd.kreis, expected.percent_per_sd], rel=0.1
    )
    for name, series in measured_series().items():
        for trend in ("kind_trend", "need_trend"):
            drawn = [float(one[trend]) for one in found[name]]  # type: ignore[arg-type]
            assert abs(np.mean(drawn) - getattr(series, trend)) < 4 * np.std(drawn, ddof=1) / np.sqrt(WORLDS)
        for kind in ("city", "kreis"):
            sd, correlation = (np.mean([one[what][kind] for one in found[name]]) for what in ("sd", "autocorrelation"))  # type: ignore[index]
            assert sd == pytest.approx(getattr(series.sd, kind), rel=0.1), (name, kind)
            assert correlation == pytest.approx(getattr(series.autocorrelation, kind), abs=0.2), (name, kind)
