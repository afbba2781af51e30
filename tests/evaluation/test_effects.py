"""What the engine does with samples: who is compared, what is left out, what is refused, and what is written."""

from __future__ import annotations

import csv
import hashlib
import os
import tracemalloc
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from benchmarks.bench_estimators import METHODS, staggered_panel
from kkz_eval.evaluation.digests import code_digest, inputs_digest
from kkz_eval.evaluation.effects import effects_command, exit_code, run_effects, run_outcome
from kkz_eval.evaluation.plan_file import parse_plan
from kkz_eval.evaluation.results import (
    ESTIMATE_COLUMNS,
    RESULT_TABLES,
    EffectsResult,
    EstimateTable,
    join_results,
    result_of,
    results_files,
    write_results,
)
from kkz_eval.model.errors import UserError

COLUMNS = (
    "question,indicator,estimator,method,variant,aggregation,term,cohort,year,event_time,estimate,std_error,conf_low,conf_high,"
    "conf_level,band_low,band_high,p_value,p_method,reference,n_units,n_treated,n_control,n_cells,n_clusters,n_treated_clusters,"
    "status,message,inputs_digest,plan_digest,code_digest"
)


def _panel(cohorts: dict[str, int | None], years: range = range(2008, 2016), seed: int = 1) -> pd.DataFrame:
    """Noise with a unit effect, and an effect of 2 from the cohort year on."""
    draw = np.random.default_rng(seed)
    rows = [
        (unit, year, "y", position + draw.normal() + (2.0 if cohort is not None and year >= cohort else 0.0), cohort)
        for position, (unit, cohort) in enumerate(cohorts.items())
        for year in years
    ]
    frame = pd.DataFrame(rows, columns=["unit_id", "year", "indicator", "value", "cohort"])
    return frame.assign(cohort=frame["cohort"].astype("Int64"))


def _units(treated: int, never: int, later: int = 0) -> dict[str, int | None]:
    units: dict[str, int | None] = {f"t{number}": 2012 for number in range(treated)}
    units |= {f"n{number}": None for number in range(never)}
    return units | {f"l{number}": 2014 for number in range(later)}


def _run(panel: pd.DataFrame, **keys: object) -> EffectsResult:
    base = {
        "plan_version": 1,
        "id": "p",
        "outcomes": [{"indicator": "y"}],
        "estimators": [{"id": "twfe", "method": "twfe"}, {"id": "es", "method": "event_study"}],
    }
    return run_effects(panel, parse_plan({**base, **keys}, "test"))


def _one(result: EffectsResult, estimator: str, aggregation: str) -> pd.Series:
    rows = result.estimates
    (row,) = [row for _, row in rows[(rows["estimator"] == estimator) & (rows["aggregation"] == aggregation)].iterrows()]
    return row


def _refusal(panel: pd.DataFrame, **keys: object) -> str:
    """The one message with which both estimators refuse."""
    result = _run(panel, languages=["en"], **keys)
    assert result.estimates["status"].tolist() == ["refused", "refused"]
    assert exit_code(result) == 1
    assert result.estimates["estimate"].isna().all()
    return str(result.estimates["message"].iloc[0])


def test_never_leaves_out_units_of_other_cohorts_and_says_so() -> None:
    panel = _panel(_units(4, 5, later=3))
    row = _one(_run(panel, treated_cohorts=[2012]), "twfe", "coefficient")
    assert (row["n_units"], row["n_treated"], row["n_control"], row["n_cells"]) == (9, 4, 5, 72)
    assert row["message"].startswith("3 Einheiten anderer Kohorten (2014) bleiben außen vor")
    without = _run(panel[~panel["unit_id"].str.startswith("l")])
    assert row["estimate"] == _one(without, "twfe", "coefficient")["estimate"]


def test_not_yet_keeps_other_cohorts_until_their_start() -> None:
    panel = _panel(_units(4, 5, later=3))
    row = _one(_run(panel, treated_cohorts=[2012], reference="not_yet"), "twfe", "coefficient")
    assert (row["n_units"], row["n_treated"], row["n_control"], row["n_cells"]) == (12, 4, 8, 12 * 8 - 3 * 2)
    assert row["message"].startswith("6 Zellen von Vergleichseinheiten (3)")
    cut = panel[~(panel["unit_id"].str.startswith("l") & (panel["year"] >= 2014))]
    as_never = cut.assign(cohort=cut["cohort"].where(cut["cohort"] != 2014))
    assert row["estimate"] == pytest.approx(_one(_run(as_never), "twfe", "coefficient")["estimate"], abs=1e-12)


def test_window_is_inclusive_and_silent() -> None:
    row = _one(_run(_panel(_units(4, 5)), outcomes=[{"indicator": "y", "window": [2010, 2013]}]), "twfe", "coefficient")
    assert (row["n_cells"], row["message"]) == (36, "")


def test_cells_left_out_are_counted() -> None:
    panel = _panel(_units(4, 5)).assign(x=1.0, w=1.0, c="a")
    panel["x"] = np.random.default_rng(3).normal(size=len(panel))
    panel["c"] = panel["unit_id"]
    panel.loc[0, "value"] = np.nan
    panel.loc[[1, 9], "x"] = np.nan
    panel.loc[2, "w"] = 0.0
    panel.loc[3, "w"] = np.nan
    panel.loc[panel["unit_id"] == "n4", "value"] = np.nan
    row = _one(
        _run(panel, covariates=["x"], weight="w", cluster="c", estimators=[{"id": "es", "method": "event_study"}]),
        "es",
        "coefficient",
    )
    assert row["term"] == "x"
    assert (row["n_units"], row["n_cells"]) == (8, 72 - 1 - 2 - 2 - 8)
    assert row["message"] == (
        "9 Zellen ohne Wert bleiben außen vor. 2 Zellen mit fehlender Kovariate bleiben außen vor. "
        "2 Zellen ohne Gewicht oder mit Gewicht 0 bleiben außen vor. 1 Einheit fällt dadurch ganz heraus."
    )


def test_units_without_before_or_after_are_told() -> None:
    units = _units(4, 5) | {"early": 2005, "late": 2020}
    row = _one(_run(_panel(units)), "twfe", "coefficient")
    assert (row["n_units"], row["n_treated"], row["n_control"]) == (11, 5, 5)  # the unit that starts after the window is neither
    assert "1 Einheit ist schon im ersten verwendeten Jahr beteiligt" in row["message"]
    assert "1 Einheit beginnt erst nach dem letzten verwendeten Jahr" in row["message"]


def test_samples_without_a_comparison_are_refused_in_words() -> None:
    assert "No treated unit" in _refusal(_panel(_units(0, 5)))
    assert "No comparison unit" in _refusal(_panel(_units(5, 0)))
    assert "No comparison unit" in _refusal(_panel(_units(3, 0, later=3)))
    assert "One year" in _refusal(_panel(_units(3, 3), years=range(2012, 2013)))
    assert "No usable cell" in _refusal(_panel(_units(3, 3)), outcomes=[{"indicator": "y", "window": [1990, 1995]}])
    assert "No treated unit" in _refusal(_panel(_units(3, 3)), outcomes=[{"indicator": "y", "window": [2008, 2011]}])
    assert "same value" in _refusal(_panel(_units(3, 3)).assign(value=4.0))
    assert "1 clusters only" in _refusal(_panel(_units(3, 3)).assign(land="NRW"), cluster="land")
    assert "cancel out" in str(_run(_panel(_units(3, 3)), cluster="year", languages=["en"]).estimates["message"].tolist())
    by_unit = _panel(_units(3, 3))
    assert "does not vary" in _refusal(by_unit.assign(value=by_unit["unit_id"].str[1].astype(float) + by_unit["year"]))
    assert "too few" in _refusal(_panel({"t": 2012, "n": None}, years=range(2011, 2013)))
    assert "too large" in _refusal(by_unit.assign(value=by_unit["value"] * 1e307))


def test_collinear_and_infinite_covariates_are_refused_by_name() -> None:
    panel = _panel(_units(3, 3))
    assert _refusal(panel.assign(trend=panel["year"] * 1.0), covariates=["trend"]).startswith("trend cannot be told apart")
    assert _refusal(panel.assign(x=np.inf), covariates=["x"]).startswith("x has infinite values")
    treated = ((panel["year"] >= panel["cohort"]).fillna(False)).astype(float)
    result = _run(panel.assign(x=treated), covariates=["x"], languages=["en"])
    assert result.estimates["message"].str.startswith("x cannot be told apart").all()


def test_weights_whose_sum_overflows_are_refused() -> None:
    assert "too large" in _refusal(_panel(_units(3, 4)).assign(people=1e308), weight="people")


def test_a_covariate_that_is_the_outcome_leaves_no_standard_error() -> None:
    panel = _panel(_units(4, 6)).assign(x=lambda rows: 2 * rows["value"])
    methods = [{"id": name, "method": name} for name in ("twfe", "event_study", "sun_abraham", "sdid")]
    rows = _run(panel, covariates=["x"], estimators=methods).estimates
    assert rows.loc[rows["estimator"] == "sdid", "status"].tolist() == ["refused"]
    regressions = rows[rows["estimator"] != "sdid"]
    assert regressions.loc[regressions["term"] == "x", "estimate"].to_numpy() == pytest.approx(0.5, abs=1e-12)
    assert regressions[["std_error", "conf_low", "p_value"]].isna().all(axis=None)


def test_always_treated_units_alone_give_no_estimate() -> None:
    result = _run(_panel({"t1": 2005, "t2": 2008, "n1": None, "n2": None}), languages=["en"])
    assert result.estimates["status"].tolist() == ["refused", "refused"]
    assert "2 units are treated in the first year used" in result.estimates["message"].iloc[0]


def test_staggered_cohorts_are_compared_without_never_treated_only_if_not_yet() -> None:
    panel = _panel(_units(4, 0, later=4))
    row = _one(_run(panel, reference="not_yet", estimators=[{"id": "twfe", "method": "twfe"}]), "twfe", "coefficient")
    assert row["status"] == "ok"
    assert (row["n_treated"], row["n_control"]) == (8, 0)


def test_one_refusal_does_not_stop_the_others() -> None:
    panel = pd.concat([_panel(_units(4, 5)), _panel(_units(4, 5)).assign(indicator="flat", value=1.0)])
    methods = ["sun_abraham", "bacon", "callaway_santanna", "sdid", "synthetic_control"]
    estimators = [{"id": "twfe", "method": "twfe"}, *({"id": name, "method": name} for name in methods)]
    result = _run(panel, outcomes=[{"indicator": "flat"}, {"indicator": "y"}], estimators=estimators)
    ok = result.estimates[result.estimates["status"] == "ok"]
    assert set(ok["indicator"]) == {"y"}
    assert set(ok["estimator"]) == {"twfe", *methods}
    refused = result.estimates[result.estimates["indicator"] == "flat"]
    assert refused["message"].str.startswith("Der Indikator hat in allen Zellen denselben Wert").all()
    assert (result.estimates["n_units"] == 9).all()


def test_why_an_estimate_is_refused_is_known_in_every_language() -> None:
    flat = [{"indicator": "flat"}]
    result = _run(_panel(_units(4, 5)).assign(indicator="flat", value=1.0), outcomes=flat, languages=["de", "en"])
    row = result.estimates.iloc[0]
    assert row["message"].startswith("Der Indikator hat in allen Zellen denselben Wert")
    assert result.message(row).in_language("de") == row["message"]
    assert result.message(row).in_language("en").startswith("The indicator has the same value in all cells")
    written = results_files(result)["messages.csv"].decode().splitlines()
    assert written[0] == "indicator,message,de,en"
    assert len(written) == 2


def test_event_study_has_the_reference_as_a_row() -> None:
    rows = _run(_panel(_units(4, 5)), event_reference=-2).estimates
    dynamic = rows[rows["aggregation"] == "dynamic"]
    assert dynamic["event_time"].tolist() == [-4, -3, -2, -1, 0, 1, 2, 3]
    reference = dynamic[dynamic["event_time"] == -2].iloc[0]
    assert reference["estimate"] == 0.0
    assert reference[["std_error", "conf_low", "p_value"]].isna().all()


def test_reference_outside_the_window_is_refused() -> None:
    result = _run(_panel(_units(4, 5)), event_reference=-9, languages=["en"])
    assert "reference event time -9" in _one(result, "es", "dynamic")["message"]
    assert _one(result, "twfe", "coefficient")["status"] == "ok"


def test_pre_trend_test_is_written_even_where_there_is_nothing_to_test() -> None:
    full = _run(_panel(_units(4, 5))).tests
    assert full[["estimator", "test", "df"]].to_numpy().tolist() == [["es", "pre_trend", "3,8"]]
    assert 0 < full["p_value"][0] < 1
    short = _run(_panel(_units(4, 5)), outcomes=[{"indicator": "y", "window": [2011, 2014]}])
    assert short.tests["statistic"].isna().all()
    assert "Kein Test der Vorjahre" in short.estimates.loc[short.estimates["estimator"] == "es", "message"].iloc[0]


def test_exposed_years_are_added_and_the_whole_stays() -> None:
    panel = _panel(_units(4, 5))
    plain = _run(panel)
    result = _run(panel, outcomes=[{"indicator": "y", "earliest_plausible_year": 2014}])
    assert _one(result, "twfe", "coefficient")["estimate"] == _one(plain, "twfe", "coefficient")["estimate"]
    effects = result.estimates[result.estimates["aggregation"] == "dynamic"].set_index("event_time")["estimate"]
    assert _one(result, "es", "exposed")["estimate"] == pytest.approx((effects[2] + effects[3]) / 2, abs=1e-12)
    value = panel.assign(treated=panel["unit_id"].str.startswith("t"), late=panel["year"] >= 2014, before=panel["year"] < 2012)
    means = value[value["late"] | value["before"]].groupby(["treated", "late"])["value"].mean()
    by_hand = means[True, True] - means[True, False] - means[False, True] + means[False, False]
    assert _one(result, "twfe", "exposed")["estimate"] == pytest.approx(by_hand, abs=1e-12)


def test_exposure_from_the_start_is_the_coefficient_and_after_the_window_is_refused() -> None:
    panel = _panel(_units(4, 5))
    early = _run(panel, outcomes=[{"indicator": "y", "earliest_plausible_year": 2000}])
    assert _one(early, "twfe", "exposed")["estimate"] == _one(early, "twfe", "coefficient")["estimate"]
    late = _run(panel, outcomes=[{"indicator": "y", "earliest_plausible_year": 2028}])
    for estimator in ("twfe", "es"):
        assert _one(late, estimator, "exposed")["status"] == "refused"
    assert _one(late, "twfe", "coefficient")["status"] == "ok"


def test_one_treated_cluster_is_warned_of() -> None:
    row = _one(_run(_panel(_units(1, 8))), "twfe", "coefficient")
    assert row["n_treated_clusters"] == 1
    assert "Nur ein beteiligtes Cluster" in row["message"]


def test_an_outcome_alone_is_what_it_is_among_others() -> None:
    panel = pd.concat([_panel(_units(4, 5)), _panel(_units(4, 5), seed=2).assign(indicator="z")])
    plan = parse_plan(
        {
            "plan_version": 1,
            "id": "p",
            "outcomes": [{"indicator": "z"}, {"indicator": "y"}],
            "estimators": [{"id": "twfe", "method": "twfe"}],
        },
        "test",
    )
    both = run_effects(panel, plan).estimates
    alone = run_outcome(panel[panel["indicator"] == "z"], plan, "z").estimates
    pd.testing.assert_frame_equal(both[both["indicator"] == "z"].reset_index(drop=True), alone)
    with pytest.raises(KeyError):
        run_outcome(panel, plan, "nothing")


def test_order_of_rows_does_not_matter_and_inputs_do() -> None:
    panel = _panel(_units(4, 5, later=2))
    result = _run(panel)
    pd.testing.assert_frame_equal(_run(panel.sample(frac=1, random_state=1)).estimates, result.estimates)
    changed = panel.copy()
    changed.loc[0, "value"] += 1e-12
    assert _run(changed).estimates["inputs_digest"][0] != result.estimates["inputs_digest"][0]
    outside = [{"indicator": "y", "window": [2009, 2015]}]
    assert (
        _run(changed, outcomes=outside).estimates["inputs_digest"][0]
        == _run(panel, outcomes=outside).estimates["inputs_digest"][0]
    )
    assert result.estimates["code_digest"].eq(code_digest()).all()


NOT_ASKED = {
    "inference": "question,indicator,estimator,aggregation,method,statistic,within,adjust,theta,theta_value,n_assignments,exact,estimate,"
    "center,p_value,p_adjusted,adjustment,conf_low,conf_high,conf_level,mc_error,status,message",
    "audit": "question,indicator,estimator,form,within,adjust,law,theta,theta_value,size,level,mean_estimate,n_assignments,exact,status,"
    "message",
    "power": "question,indicator,estimator,within,theta,permutation_sd,mde,level,power",
    "chance": "question,indicator,estimator,aggregation,within,adjust,theta,low,high,share,estimate,center,n_assignments,exact",
    "verdicts": "question,indicator,verdict,form,row,rating,confounding,selection,classification,deviations,missing,measurement,"
    "reported_result,message",
}  # files of a plan that asks for none of it: a header alone


def test_whether_a_number_is_exact_is_written_as_true_or_false(tmp_path: Path) -> None:
    rows = [{"indicator": name, "exact": exact, "n_assignments": 10} for name, exact in (("a", True), ("b", False), ("c", None))]
    result = join_results([result_of(inference=rows[:1]), result_of(inference=rows[1:])])
    written = list(csv.DictReader(results_files(result)["inference.csv"].decode().splitlines()))
    assert [(row["indicator"], row["exact"], row["n_assignments"]) for row in written] == [
        ("a", "true", "10"),
        ("b", "false", "10"),
        ("c", "", "10"),
    ]


def test_files_have_the_interface_and_round_trip(tmp_path: Path) -> None:
    result = _run(_panel(_units(4, 5)))
    write_results(result, tmp_path / "a" / "b")
    write_results(_run(_panel(_units(4, 5))), tmp_path / "again")
    folder = tmp_path / "a" / "b"
    assert sorted(os.listdir(folder)) == sorted(["estimates.parquet", *(f"{name}.csv" for name in RESULT_TABLES)])
    for name in os.listdir(folder):
        assert (folder / name).read_bytes() == (tmp_path / "again" / name).read_bytes()
    header = (folder / "estimates.csv").read_text(encoding="utf-8").splitlines()[0]
    assert header == COLUMNS == ",".join(ESTIMATE_COLUMNS)
    assert (folder / "weights.csv").read_text(encoding="utf-8") == "indicator,estimator,kind,key,weight,estimate\n"
    assert (folder / "tests.csv").read_text(encoding="utf-8").startswith("indicator,estimator,test,statistic,df,p_value\n")
    header = (folder / "sensitivity.csv").read_text(encoding="utf-8").splitlines()[0]
    assert header == "indicator,estimator,method,parameter,target,conf_low,conf_high"
    for name, columns in NOT_ASKED.items():
        assert (folder / f"{name}.csv").read_text(encoding="utf-8") == f"{columns}\n"
    again = pd.read_csv(folder / "estimates.csv")
    assert again["estimate"].tolist() == result.estimates["estimate"].tolist()
    table = pq.read_table(folder / "estimates.parquet")
    assert ",".join(table.column_names) == COLUMNS
    assert table["std_error"].to_pylist() == [None if np.isnan(cell) else cell for cell in result.estimates["std_error"]]


def test_a_folder_that_cannot_be_made_gives_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(UserError) as caught:
        write_results(_run(_panel(_units(4, 5))), tmp_path / "file" / "out")
    assert "anderen Ordner" in caught.value.sentence.in_language("de")


def test_the_printed_table_can_be_read() -> None:
    result = _run(_panel(_units(4, 5, later=2)), treated_cohorts=[2012])
    lines = str(result).splitlines()
    assert lines[0].split() == [
        "Indikator",
        "Schätzer",
        "Größe",
        "Zeit",
        "Schätzwert",
        "Std.-Fehler",
        "95",
        "%-Intervall",
        "p",
        "Einheiten",
        "(beteiligt/Vergleich)",
        "Zellen",
        "Cluster",
        "(beteiligt)",
    ]
    assert len(lines) == 2 + 9 + 1 + 2
    assert "9 (4/5)" in lines[2]
    assert lines[2].endswith("9 (4)")
    assert lines[-1].startswith("y, twfe: 2 Einheiten anderer Kohorten")
    assert "std. error" in str(EstimateTable(result.estimates, "en"))


def test_the_printed_table_has_a_column_for_bands_where_there_are_any() -> None:
    result = _run(
        _panel(_units(4, 5)),
        estimators=[{"id": "cs", "method": "callaway_santanna", "aggregations": ["simple", "dynamic"]}],
        inference={"draws": 49},
    )
    header, _, *lines = str(EstimateTable(result.estimates, "en")).splitlines()
    assert "95 % uniform band" in header
    assert [line.count("[") for line, event_time in zip(lines, result.estimates["event_time"], strict=True)] == [
        1 if pd.isna(event_time) else 2 for event_time in result.estimates["event_time"]
    ]


def test_rows_in_any_order_give_the_same_digest_and_estimates() -> None:
    panel = _panel(_units(6, 6))
    panel["value"] += np.random.default_rng(1).normal(size=len(panel))
    panel.loc[5, "value"] = np.nan
    methods = [{"id": name, "method": name} for name in ("twfe", "event_study", "callaway_santanna", "sun_abraham")]
    expected = _run(panel, estimators=methods).estimates
    for other in (panel.sample(frac=1, random_state=1), panel.astype({"unit_id": "category", "indicator": "category"})):
        pd.testing.assert_frame_equal(_run(other, estimators=methods).estimates, expected)


def test_the_digest_of_inputs_stays_so_that_locks_of_earlier_versions_hold() -> None:
    rows = pd.DataFrame({"unit_id": ["a", "ä", None], "value": [1.0, np.nan, 2.5]})
    by_hand = hashlib.sha256()
    by_hand.update(b'\nunit_id\n["a", "\\u00e4", null]\nvalue\n')
    by_hand.update(np.array([1.0, np.nan, 2.5], dtype="<f8").tobytes())
    assert inputs_digest(rows) == by_hand.hexdigest()
    assert inputs_digest(rows.astype({"unit_id": "category"})) == by_hand.hexdigest()


@pytest.mark.parametrize("method", ["twfe", "event_study", "sun_abraham", "callaway_santanna"])
def test_memory_grows_by_less_than_twice_the_panel(method: str) -> None:
    """Of two sizes, so that pieces of work and draws, which do not grow with the panel, fall out."""
    plan, sizes, peaks = METHODS[method](), [], []
    for n_units in (4_000, 10_000):
        panel = staggered_panel(n_units).drop(columns=["id", "g"])
        tracemalloc.start()
        run_effects(panel, plan)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        sizes.append(int(panel.memory_usage(deep=True).sum()))
    assert peaks[1] - peaks[0] < 2 * (sizes[1] - sizes[0])


def test_a_small_p_value_is_not_printed_as_zero() -> None:
    estimates = _run(_panel(_units(4, 5))).estimates.assign(p_value=0.0004)
    assert "<0.001" in str(EstimateTable(estimates)).splitlines()[2]
    assert "0.000" not in str(EstimateTable(estimates))


def test_command_raises_before_it_writes(tmp_path: Path) -> None:
    _panel(_units(4, 5)).to_csv(tmp_path / "panel.csv", index=False)
    (tmp_path / "plan.yaml").write_text(
        "plan_version: 1\nid: p\noutcomes: [{indicator: z}]\nestimators: [{id: t, method: twfe}]\n"
    )
    with pytest.raises(UserError) as caught:
        effects_command(tmp_path / "panel.csv", tmp_path / "plan.yaml", tmp_path / "out")
    assert caught.value.exit_code == 2
    assert not (tmp_path / "out").exists()
    (tmp_path / "plan.yaml").write_text(
        "plan_version: 1\nid: p\noutcomes: [{indicator: y}]\nestimators: [{id: t, method: twfe}]\n"
    )
    assert exit_code(effects_command(tmp_path / "panel.csv", tmp_path / "plan.yaml", tmp_path / "out")) == 0
