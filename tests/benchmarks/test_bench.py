"""The benchmarks run and compare like with like; no time is asserted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.bench import (
    CONTRACTS,
    Figure,
    delivery_of,
    dummy_fits,
    effects_against_dummies,
    effects_panel,
    masks_on_many_rows,
    process,
    read_delivery,
    table_of,
    write,
)
from benchmarks.reading import large_delivery, read_and_judge, workbook_figure
from kkz_eval.contracts.judgement import judge_file
from kkz_eval.contracts.load import load_contracts
from kkz_eval.evaluation.effects import run_effects
from kkz_eval.evaluation.plan_file import parse_plan
from kkz_eval.reference.tables import known_units


def test_a_small_benchmark_gives_figures() -> None:
    (effects,) = effects_against_dummies(n_units=12, n_years=6)
    masks, reading = masks_on_many_rows(n_rows=360)
    assert all(figure.measured > 0 and figure.reference > 0 for figure in (effects, masks, reading))
    assert "360 rows" in masks.name


def test_a_large_delivery_has_the_faults_that_it_says() -> None:
    clean = read_and_judge(large_delivery(720, 0.0), 720)
    faulty = read_and_judge(large_delivery(720, 0.2), 720)
    assert clean.findings.num_rows == 0
    assert {"reader_number", "leavers.range", "sex.in_codes", "unit_id.unit_known"} <= set(faulty.findings["rule"].to_pylist())


def test_the_workbook_of_the_benchmark_is_read() -> None:
    assert workbook_figure(n_rows=200).measured > 0


def test_the_reference_fit_estimates_the_same() -> None:
    panel = effects_panel(24, 8)
    methods = [{"id": "twfe", "method": "twfe"}, {"id": "es", "method": "event_study"}]
    plan = parse_plan({"plan_version": 1, "id": "b", "outcomes": [{"indicator": "y"}], "estimators": methods}, "test")
    rows = run_effects(panel, plan).estimates
    twfe = rows.loc[rows["estimator"] == "twfe", "estimate"].iloc[0]
    at_start = rows.loc[(rows["estimator"] == "es") & (rows["event_time"] == 0).fillna(False), "estimate"].iloc[0]
    assert dummy_fits(panel) == pytest.approx((twfe, at_start), abs=1e-8)


def test_the_delivery_of_the_benchmark_is_clean() -> None:
    contracts = load_contracts(CONTRACTS)
    parsed = read_delivery(delivery_of(720), contracts)
    assert parsed.table.num_rows == 720
    assert judge_file(parsed, contracts["schulabgaenge"], known_units()).findings.num_rows == 0


def test_a_process_that_fails_is_no_figure() -> None:
    with pytest.raises(RuntimeError, match="ended with"):
        process(["python3", "-c", "raise SystemExit(3)"])


def test_figures_are_printed_and_kept(tmp_path: Path) -> None:
    figure = Figure("work", 1.0, "other work", 4.0)
    write([figure], tmp_path / "build" / "bench.json")
    (kept,) = json.loads((tmp_path / "build" / "bench.json").read_text(encoding="utf-8"))
    assert kept == {"name": "work", "measured": 1.0, "against": "other work", "reference": 4.0, "ratio": 0.25}
    assert "0.25" in table_of([figure])
