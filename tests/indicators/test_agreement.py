"""Delivered against official, and why both never enter one effect: a null world with 5 % difference of definition."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from kkz_eval.evaluation.effects import run_effects
from kkz_eval.evaluation.plan_file import parse_plan
from kkz_eval.indicators.agreement import agreement, beyond, require_one_source
from kkz_eval.indicators.catalogue import Indicator
from kkz_eval.model.errors import UserError
from kkz_eval.model.tables import INDICATORS

TEXT = {"de": "Anteil", "en": "share"}
SHARE = Indicator("share", TEXT, TEXT, TEXT, 2, None, "secondary", (), ())


def values(source: str, *rows: tuple[str, int, float | None], dataset: str = "") -> pa.Table:
    plain = {"indicator_id": "i", "indicator": "share", "source": source, "dataset": dataset or source, "edition": ""}
    full = [{**plain, "unit_id": unit, "year": year, "value": value} for unit, year, value in rows]
    return pa.Table.from_pylist(full, schema=INDICATORS.schema)


def test_cells_of_both_are_compared_and_ranked_by_relative_difference() -> None:
    delivered = values("municipal", ("05111000", 2012, 6.0), ("05358", 2012, 4.5), ("05570", 2012, 8.0), ("05570", 2013, 1.0))
    official = values("official", ("05111", 2012, 6.0), ("05358", 2012, 5.0), ("05570", 2012, 10.0), ("05978", 2012, 3.0))
    compared = agreement(delivered, official)
    assert compared["unit_id"].tolist() == ["05570", "05358", "05111000"]
    assert compared["difference"].tolist() == [-2.0, -0.5, 0.0]
    assert compared["relative"].tolist() == pytest.approx([-0.2, -0.1, 0.0])
    assert beyond(compared, 0.1)["unit_id"].tolist() == ["05570"]


def test_a_town_has_no_counterpart_in_a_table_of_kreise() -> None:
    assert agreement(values("municipal", ("05570004", 2012, 1.0)), values("official", ("05570", 2012, 1.0))).empty


def test_missing_values_are_not_compared_and_zero_is() -> None:
    delivered = values("municipal", ("05358", 2012, None), ("05570", 2012, 1.0), ("05978", 2012, 0.0))
    official = values("official", ("05358", 2012, 1.0), ("05570", 2012, 0.0), ("05978", 2012, 0.0))
    compared = agreement(delivered, official)
    assert compared["unit_id"].tolist() == ["05570", "05978"]
    assert compared["relative"].tolist() == [float("inf"), 0.0]
    assert len(beyond(compared, 0.05)) == 1


def test_two_sources_of_one_indicator_are_refused() -> None:
    one = values("official", ("05111", 2012, 1.0), dataset="schulabgaenge_amtlich")
    other = values("municipal", ("05112", 2012, 1.0), dataset="schulabgaenge")
    require_one_source(SHARE, one)
    with pytest.raises(UserError) as caught:
        require_one_source(SHARE, pa.concat_tables([one, other]))
    assert caught.value.code == "source_changes"
    for language in ("de", "en"):
        assert "schulabgaenge_amtlich" in caught.value.sentence.in_language(language)


def world(seed: int, factor: float, years: range) -> pd.DataFrame:
    """13 treated and 17 reference units without any effect; treated units in `years` are measured with the factor of another definition."""
    draws = np.random.default_rng(seed)
    rows = []
    for unit in range(30):
        treated, level = unit < 13, draws.normal(6.0, 1.0)
        for year in range(2006, 2020):
            value = level + 0.05 * (year - 2006) + draws.normal(0, 0.2)
            rows.append(
                (f"u{unit:02d}", year, "share", value * (factor if treated and year in years else 1.0), 2012 if treated else None)
            )
    return pd.DataFrame(rows, columns=["unit_id", "year", "indicator", "value", "cohort"])


PLAN = parse_plan(
    {"plan_version": 1, "id": "null", "outcomes": [{"indicator": "share"}], "estimators": [{"id": "twfe", "method": "twfe"}]},
    "test",
)
OFTEN = 0.9


def share_significant(factor: float, years: range) -> float:
    """Share of 20 null worlds in which an effect is found at the level of 5 %."""
    rows = [run_effects(world(seed, factor, years), PLAN).estimates.iloc[0] for seed in range(20)]
    assert {row["status"] for row in rows} == {"ok"}
    return float(np.mean([row["p_value"] < 0.05 for row in rows]))


def test_under_one_source_a_null_world_has_no_effect() -> None:
    assert share_significant(1.0, range(0)) <= 0.2


def test_treated_units_that_change_to_their_own_source_at_the_start_have_an_effect_that_is_none() -> None:
    assert share_significant(1.05, range(2012, 2020)) >= OFTEN


def test_even_a_mix_in_the_years_before_alone_gives_one() -> None:
    assert share_significant(1.05, range(2006, 2012)) >= OFTEN


def test_one_other_source_for_the_treated_in_all_years_moves_levels_and_what_grows_with_them() -> None:
    own = run_effects(world(1, 1.05, range(2006, 2020)), PLAN).estimates.iloc[0]
    one = run_effects(world(1, 1.0, range(0)), PLAN).estimates.iloc[0]
    assert own["estimate"] - one["estimate"] == pytest.approx(0.05 * 0.05 * 7, abs=0.05)
