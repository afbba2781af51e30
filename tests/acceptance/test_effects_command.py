"""`kkz-eval effects` from outside: a panel and a plan written by hand, the files and the exit code that come out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from kkz_eval.cli import main

COLUMNS = (
    "question,indicator,estimator,method,variant,aggregation,term,cohort,year,event_time,estimate,std_error,conf_low,conf_high,"
    "conf_level,band_low,band_high,p_value,p_method,reference,n_units,n_treated,n_control,n_cells,n_clusters,n_treated_clusters,"
    "status,message,inputs_digest,plan_digest,code_digest"
)
SORTED_BY = ["question", "indicator", "estimator", "method", "variant", "aggregation", "term", "cohort", "year", "event_time"]
EIGHT = """
estimators:
  - {id: twfe, method: twfe}
  - {id: es, method: event_study}
  - {id: cs, method: callaway_santanna, variant: dr, aggregations: [group_time, simple, dynamic, group, calendar]}
  - {id: sa, method: sun_abraham}
  - {id: sc, method: synthetic_control}
  - {id: sdid, method: sdid, variant: reference}
  - {id: bacon, method: bacon}
  - {id: dose, method: dose}
"""


def staggered(path: Path) -> pd.DataFrame:
    """24 units, 2008 to 2016, cohorts 2012 and 2014, twelve never treated; effect 3; written to the path."""
    draw = np.random.default_rng(11)
    unit, year = np.repeat(np.arange(24), 9), np.tile(np.arange(2008, 2017), 24)
    cohort = np.where(unit < 6, 2012.0, np.where(unit < 12, 2014.0, np.nan))
    value = unit % 6 + unit / 24 + year % 4 + 3.0 * (year >= cohort) + draw.normal(scale=0.3, size=len(unit))
    panel = pd.DataFrame({"unit_id": [f"{code:05d}" for code in unit], "year": year, "indicator": "y", "value": value})
    panel["cohort"] = pd.array(cohort, dtype="Int64")
    panel["region"] = [f"r{code // 2}" for code in unit]
    panel["people"] = 1000.0 + 10 * unit
    panel["dose"] = np.where(unit < 12, 0.5 + unit / 24, 0.0)
    panel["x"] = draw.normal(size=len(unit))
    panel.to_csv(path, index=False)
    return panel


def effects(folder: Path, plan: str, panel: str = "panel.csv", out: str = "out") -> tuple[int, pd.DataFrame]:
    """Exit code and estimates.csv, texts as they are."""
    (folder / "plan.yaml").write_text(plan, encoding="utf-8")
    code = main(["effects", "--panel", str(folder / panel), "--plan", str(folder / "plan.yaml"), "--out", str(folder / out)])
    written = folder / out / "estimates.csv"
    texts = {"question": str, "variant": str, "message": str, "p_method": str}
    return code, pd.read_csv(written, dtype=texts, keep_default_na=True) if written.exists() else pd.DataFrame()


def plan_of(estimators: str, extra: str = "", outcome: str = "{indicator: y}") -> str:
    """The shortest plan that is one."""
    return f"plan_version: 1\nid: p\nquestion: q1\nseed: 1\noutcomes:\n  - {outcome}\n{extra}\n{estimators}"


def overall(rows: pd.DataFrame, estimator: str, aggregation: str) -> pd.Series:
    """The row with cohort, year and event time empty."""
    chosen = (rows["estimator"] == estimator) & (rows["aggregation"] == aggregation) & (rows["term"] == "att")
    chosen &= rows[["cohort", "year", "event_time"]].isna().all(axis=1)
    (row,) = [row for _, row in rows[chosen].iterrows()]
    return row


def test_all_methods_on_one_panel(tmp_path: Path) -> None:
    staggered(tmp_path / "panel.csv")
    code, rows = effects(tmp_path, plan_of(EIGHT, outcome="{indicator: y, earliest_plausible_year: 2015}"))
    assert code == 0
    assert ",".join(rows.columns) == COLUMNS
    assert set(rows["status"]) == {"ok"}
    assert set(rows["estimator"]) == {"twfe", "es", "cs", "sa", "sc", "sdid", "bacon", "dose"}
    found = {(row["estimator"], row["aggregation"]) for _, row in rows.iterrows()}
    plain = {(name, "coefficient") for name in ("twfe", "dose", "sdid", "sc", "bacon")}
    averages = {("cs", name) for name in ("group_time", "simple", "dynamic", "group", "calendar")}
    exposed = {(name, "exposed") for name in ("twfe", "es", "cs", "sa", "sc", "sdid", "dose")}
    assert found == plain | averages | exposed | {("es", "dynamic"), ("sa", "dynamic")}
    for estimator in ("twfe", "sc", "sdid"):
        assert overall(rows, estimator, "coefficient")["estimate"] == pytest.approx(3, abs=0.4)
        assert overall(rows, estimator, "exposed")["estimate"] == pytest.approx(3, abs=0.4)
    for aggregation in ("simple", "dynamic", "group", "calendar"):
        assert overall(rows, "cs", aggregation)["estimate"] == pytest.approx(3, abs=0.4)
    assert overall(rows, "sa", "dynamic")["estimate"] == pytest.approx(3, abs=0.4)
    for estimator in ("es", "sa"):
        times = rows.loc[(rows["estimator"] == estimator) & rows["event_time"].notna(), "event_time"]
        assert times.tolist() == list(range(-6, 5))
    group_time = rows[rows["aggregation"] == "group_time"]
    assert group_time[["cohort", "year"]].to_numpy(int).tolist() == [[g, t] for g in (2012, 2014) for t in range(2009, 2017)]
    assert rows["conf_level"].eq(0.95).all()
    assert rows["reference"].eq("never").all()
    assert (rows["p_method"].notna() == rows["p_value"].notna()).all()
    assert rows["band_low"].isna().all()
    row = overall(rows, "sdid", "coefficient")
    assert row["p_method"] == "jackknife"
    assert row["message"].startswith("Standardfehler nach dem Jackknife")


def test_rows_are_sorted_and_both_formats_say_the_same(tmp_path: Path) -> None:
    panel = staggered(tmp_path / "panel.csv")
    panel.sample(frac=1, random_state=1).to_parquet(tmp_path / "panel.parquet", index=False)
    _, rows = effects(tmp_path, plan_of(EIGHT))
    _, again = effects(tmp_path, plan_of(EIGHT), panel="panel.parquet", out="again")
    pd.testing.assert_frame_equal(rows, again)
    for name in ("estimates.csv", "weights.csv", "tests.csv", "sensitivity.csv", "estimates.parquet"):
        assert (tmp_path / "out" / name).read_bytes() == (tmp_path / "again" / name).read_bytes()
    table = pq.read_table(tmp_path / "out" / "estimates.parquet")
    assert ",".join(table.column_names) == COLUMNS
    assert table["estimate"].to_pylist() == rows["estimate"].tolist()
    keys = [[(value is not None, value) for value in row.values()] for row in table.select(SORTED_BY).to_pylist()]
    assert keys == sorted(keys)


def test_weights_and_tests_have_the_keys_of_the_interface(tmp_path: Path) -> None:
    staggered(tmp_path / "panel.csv")
    effects(tmp_path, plan_of(EIGHT))
    weights = pd.read_csv(tmp_path / "out" / "weights.csv")
    assert weights.columns.tolist() == ["indicator", "estimator", "kind", "key", "weight", "estimate"]
    assert set(weights["kind"]) == {"unit", "time", "bacon"}
    sums = weights.groupby(["estimator", "kind"])["weight"].sum()
    assert sums["bacon", "bacon"] == pytest.approx(1, abs=1e-12)
    tests = pd.read_csv(tmp_path / "out" / "tests.csv")
    assert tests.columns.tolist() == ["indicator", "estimator", "test", "statistic", "df", "p_value"]
    assert {"es", "cs", "sa"} <= set(tests.loc[tests["test"] == "pre_trend", "estimator"])
    sensitivity = (tmp_path / "out" / "sensitivity.csv").read_text(encoding="utf-8").splitlines()
    assert sensitivity[0] == "indicator,estimator,method,parameter,target,conf_low,conf_high"


@pytest.mark.parametrize(
    ("extra", "estimator"),
    [
        ("", "{id: a, method: twfe}"),
        ("covariates: [x]", "{id: a, method: twfe}"),
        ("weight: people", "{id: a, method: event_study}"),
        ("cluster: region", "{id: a, method: sun_abraham}"),
        ("anticipation: 1\nbase_period: universal\nreference: not_yet", "{id: a, method: callaway_santanna, variant: ipw}"),
        ("event_reference: -2", "{id: a, method: event_study}"),
        ("inference: {method: multiplier, level: 0.9, draws: 99}", "{id: a, method: callaway_santanna}"),
    ],
)
def test_sections_may_be_left_out_or_stated(tmp_path: Path, extra: str, estimator: str) -> None:
    staggered(tmp_path / "panel.csv")
    code, rows = effects(tmp_path, plan_of(f"estimators: [{estimator}]", extra))
    assert code == 0
    assert rows["status"].eq("ok").all()
    if "x" in extra and "covariates" in extra:
        assert rows["term"].tolist() == ["att", "x"]
    if "cluster" in extra:
        assert (rows["n_clusters"].iloc[0], rows["n_treated_clusters"].iloc[0]) == (12, 6)
    if "event_reference" in extra:
        assert rows.loc[rows["estimate"] == 0, "event_time"].tolist() == [-2]
    if "multiplier" in extra:
        assert rows["variant"].eq("dr").all()
        assert rows["conf_level"].eq(0.9).all()
        assert (rows["band_low"] <= rows["conf_low"])[rows["band_low"].notna()].all()
        assert rows.loc[rows["p_value"].notna(), "p_method"].eq("multiplier").all()


@pytest.mark.parametrize(
    ("reference", "units", "control", "cells"), [("never", 18, 12, 18 * 9), ("not_yet", 24, 18, 18 * 9 + 6 * 6)]
)
def test_treated_cohorts_and_who_is_compared(tmp_path: Path, reference: str, units: int, control: int, cells: int) -> None:
    staggered(tmp_path / "panel.csv")
    extra = f"treated_cohorts: [2012]\nreference: {reference}"
    code, rows = effects(tmp_path, plan_of("estimators: [{id: a, method: twfe}, {id: b, method: callaway_santanna}]", extra))
    assert code == 0
    row = overall(rows, "a", "coefficient")
    assert (row["n_units"], row["n_treated"], row["n_control"], row["n_cells"]) == (units, 6, control, cells)
    assert set(rows.loc[rows["cohort"].notna(), "cohort"]) == {2012}


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        (plan_of("estimators: [{id: a, method: twfe}]", "anticipations: 1"), "anticipations"),
        (plan_of("estimators: [{id: a, method: twfe, window: 3}]"), "window"),
        (plan_of("estimators: [{id: a, method: did}]"), "did"),
        (plan_of("estimators: [{id: a, method: twfe}]", outcome="{indicator: z}"), "z"),
        (plan_of("estimators: [{id: a, method: twfe}]", "covariates: [wealth]"), "wealth"),
        (plan_of("estimators: [{id: a, method: sdid, variant: dr}]"), "dr"),
    ],
)
def test_a_plan_that_does_not_hold_ends_with_2_and_a_sentence(
    tmp_path: Path, plan: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    staggered(tmp_path / "panel.csv")
    code, rows = effects(tmp_path, plan)
    assert code == 2
    assert rows.empty
    printed = capsys.readouterr().err
    assert said in printed
    assert "Traceback" not in printed


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda text: text.replace("\n", "\n" + text.splitlines()[1] + "\n", 1), "00000"),
        (lambda text: text.replace("2008", "zweitausendacht", 1), "zweitausendacht"),
        (lambda text: text.splitlines()[0] + "\n", ""),
        (lambda text: text.replace("cohort", "kohorte", 1), "cohort"),
        (lambda text: "", ""),
    ],
)
def test_a_panel_that_does_not_hold_ends_with_2_and_a_sentence(
    tmp_path: Path, change: object, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    staggered(tmp_path / "panel.csv")
    file = tmp_path / "panel.csv"
    assert callable(change)
    file.write_text(change(file.read_text(encoding="utf-8")), encoding="utf-8")
    code, _ = effects(tmp_path, plan_of("estimators: [{id: a, method: twfe}]"))
    printed = capsys.readouterr().err
    assert code == 2
    assert said in printed
    assert printed.strip()


def test_one_refusal_ends_with_1_and_the_others_go_on(tmp_path: Path) -> None:
    panel = staggered(tmp_path / "panel.csv")
    flat = panel.assign(indicator="flat", value=1.0)
    pd.concat([panel, flat]).to_csv(tmp_path / "panel.csv", index=False)
    code, rows = effects(tmp_path, plan_of(EIGHT).replace("  - {indicator: y}", "  - {indicator: y}\n  - {indicator: flat}"))
    assert code == 1
    refused = rows[rows["indicator"] == "flat"]
    assert set(refused["status"]) == {"refused"}
    assert refused["estimate"].isna().all()
    assert refused["message"].notna().all()
    assert len(refused) == 8
    assert rows.loc[rows["indicator"] == "y", "status"].eq("ok").all()
