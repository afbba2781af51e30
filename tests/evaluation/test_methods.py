"""Every method is and does what its entry says, and the places that must name it too agree with the entries."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from kkz_eval import reporting
from kkz_eval.evaluation.digests import code_digest
from kkz_eval.evaluation.effects import run_effects
from kkz_eval.evaluation.estimators.methods import HEADLINE_METHODS, METHODS, REPORTED_METHODS, VERDICT_METHODS
from kkz_eval.evaluation.plan_file import parse_plan, plan_schema
from kkz_eval.evaluation.results import EffectsResult
from kkz_eval.storage import digests

RESEARCHERS = Path(__file__).parents[2] / "docs" / "researchers.md"
NAMES = sorted(METHODS)
COHORTS = (2011, 2012, None, None, None)  # of every five units: with 15 there are so many placebo assignments that some are drawn
VARIANT = {"synthetic_control": {"variant": "exact"}}  # the faster one
CHANGES: dict[str, object] = {  # of each key that only some methods follow, a value other than its default
    "anticipation": 2,
    "base_period": "universal",
    "event_reference": -2,
    "inference.method": "multiplier",
    "inference.draws": 30,
    "inference.quantiles": "t",
    "inference.small_sample": "none",
}


@cache
def _panel() -> pd.DataFrame:
    random = np.random.default_rng(5)
    rows = [
        (f"u{unit:02d}", year, "y", random.normal() + (year - 2008) * unit / 20, COHORTS[unit % 5], random.normal(), unit + 1.0)
        for unit in range(15)
        for year in range(2008, 2015)
    ]
    panel = pd.DataFrame(rows, columns=["unit_id", "year", "indicator", "value", "cohort", "x", "people"])
    panel["cohort"] = panel["cohort"].astype("Int64")
    return panel.assign(dose=0.25 + panel["people"] / 50)


def _result(panel: pd.DataFrame, methods: list[str], **keys: Any) -> EffectsResult:
    """All methods with few placebos, so that they take little time."""
    entries = {"plan_version": 1, "id": "p", "outcomes": [{"indicator": "y"}], "inference": {"draws": 20}, **keys}
    entries["estimators"] = [{"id": name, "method": name, **VARIANT.get(name, {})} for name in methods]
    return run_effects(panel, parse_plan(entries, "p"))


@cache
def _of_all(key: str | None) -> EffectsResult:
    """What all methods say where the plan has another value of this key."""
    if key is None:
        return _result(_panel(), NAMES)
    _, _, inside = key.rpartition(".")
    changed = {"inference": {"draws": 20, inside: CHANGES[key]}} if key.startswith("inference.") else {key: CHANGES[key]}
    return _result(_panel(), NAMES, **changed)


def _numbers(result: EffectsResult, method: str) -> list[pd.DataFrame]:
    """What a method says but for digests, level and messages."""
    rows = result.estimates[result.estimates["method"] == method].loc[:, "aggregation":"p_method"].drop(columns="conf_level")
    tests = result.tests[result.tests["estimator"] == method]
    return [rows.reset_index(drop=True), tests.reset_index(drop=True)]


@pytest.mark.parametrize("name", NAMES)
def test_rows_have_the_aggregations_of_the_entry(name: str) -> None:
    outcomes = [{"indicator": "y", "earliest_plausible_year": 2013}]
    covariates = ["x"] if METHODS[name].covariates and name != "synthetic_control" else []  # its search for predictors is slow
    rows = _result(_panel(), [name], outcomes=outcomes, covariates=covariates).estimates
    assert set(rows["aggregation"]) == set(METHODS[name].gives)
    refused = _result(_panel().assign(value=1.0), [name]).estimates
    assert refused[["status", "aggregation"]].values.tolist() == [["refused", METHODS[name].gives[0]]]


@pytest.mark.parametrize("name", NAMES)
def test_a_method_refuses_what_its_entry_does_not_take(name: str) -> None:
    weighted = _result(_panel(), [name], weight="people").estimates
    assert (weighted["status"] == "ok").all() == METHODS[name].weights
    if name != "synthetic_control":
        adjusted = _result(_panel(), [name], covariates=["x"]).estimates
        assert (adjusted["status"] == "ok").all() == METHODS[name].covariates


@pytest.mark.parametrize("name", NAMES)
def test_a_method_needs_the_columns_of_its_entry_and_no_others(name: str) -> None:
    required = ["unit_id", "year", "indicator", "value", "cohort"]
    rows = _result(_panel()[[*required, *METHODS[name].columns]], [name]).estimates
    assert (rows["status"] == "ok").all()


@pytest.mark.parametrize("key", sorted(CHANGES))
def test_a_method_follows_the_settings_of_its_entry_and_no_others(key: str) -> None:
    changed = set()
    for name in NAMES:
        before, after = _numbers(_of_all(None), name), _numbers(_of_all(key), name)
        if not all(old.equals(new) for old, new in zip(before, after, strict=True)):
            changed.add(name)
    assert changed == {name for name, method in METHODS.items() if key in method.settings}


def test_settings_are_keys_of_the_plan() -> None:
    for method in METHODS.values():
        assert set(method.settings) <= set(CHANGES)
    for key in CHANGES:
        node: Any = plan_schema()
        for part in key.split("."):
            node = node["properties"][part]
        assert "default" in node


@pytest.mark.parametrize("name", NAMES)
def test_a_method_stands_in_the_module_of_its_name(name: str) -> None:
    function: Any = METHODS[name].estimate
    assert (function.__module__, function.__name__) == (
        f"kkz_eval.evaluation.estimators.{name}",
        f"estimate_{name}",
    )


def test_the_schema_names_the_methods_and_what_they_take() -> None:
    entry = plan_schema()["properties"]["estimators"]["items"]["properties"]
    assert sorted(entry["method"]["enum"]) == NAMES
    variants = {name: ", ".join(method.variants) for name, method in METHODS.items() if method.variants}
    stated = "; ".join(f"{name}: {variants[name]}" for name in variants)
    assert entry["variant"]["description"] == f"{stated}; the first of each if absent."
    assert {tuple(entry["aggregations"]["items"]["enum"])} == {m.choices for m in METHODS.values() if m.choices}
    assert entry["aggregations"]["description"] == f"Of {', '.join(name for name in METHODS if METHODS[name].choices)}."
    headline = plan_schema()["properties"]["headline"]["description"]
    assert headline.endswith(f"the first method of {', '.join(HEADLINE_METHODS)}.")


@pytest.mark.parametrize("language", ["de", "en"])
def test_reports_name_and_explain_the_methods_that_carry_a_verdict(language: str) -> None:
    (folder,) = reporting.__path__
    texts = yaml.safe_load((Path(folder) / "texts" / f"{language}.yaml").read_text(encoding="utf-8"))
    assert set(texts["methods"]) == set(texts["explained"]) == set(REPORTED_METHODS) == set(VERDICT_METHODS)
    assert set(texts["aggregations"]) == {name for method in METHODS.values() for name in method.gives} - {"group_time"}


def test_the_page_for_researchers_has_a_row_for_each_method() -> None:
    page = RESEARCHERS.read_text(encoding="utf-8")
    section = page[page.index("## 8. The methods") :].replace("| `method` |", "")
    rows = re.findall(r"^\| `(\w+)`(?: \(([^)]*)\))? \|", section, flags=re.MULTILINE)
    assert {name for name, _ in rows} == set(METHODS)
    for name, variants in rows:
        assert tuple(re.findall(r"`(\w+)`", variants)) == METHODS[name].variants
    assert f"the first of {', '.join(f'`{name}`' for name in HEADLINE_METHODS)} that the plan has" in page


def test_the_digest_of_the_code_covers_every_method() -> None:
    modules = [f"kkz_eval.evaluation.estimators.{name}" for name in METHODS]
    assert code_digest() == digests.code_digest("kkz_eval.evaluation.effects", "kkz_eval.evaluation.estimators", *modules)
    assert code_digest() != digests.code_digest("kkz_eval.evaluation.effects")
