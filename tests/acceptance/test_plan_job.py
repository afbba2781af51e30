"""The job of a plan, as the launchpad starts it: what stands first on the page, one outcome anew, and the report that comes along."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from whole_runs import PLAN_ID, copy_of, settings_of

from kkz_eval.definitions import build_defs
from kkz_eval.line.installation import Installation, open_installation

OUTCOME = "schulabgaenge_hochschulreife"
JOB = f"Auswertung_{PLAN_ID}"
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@pytest.fixture
def world(finished: Path, tmp_path: Path) -> Path:
    """After one run."""
    return copy_of(finished, tmp_path / "world")


def _run(world: Path, **options: object) -> tuple[Installation, dg.ExecuteInProcessResult]:
    """The job with its defaults, and what is chosen instead."""
    line = open_installation(settings_of(world), [world / "plan.yaml"])
    job = build_defs(line).resolve_job_def(JOB)
    assert job.run_config is not None
    chosen = {**job.run_config["resources"]["options"]["config"], **options}
    config = {"resources": {"options": {"config": chosen}}, **QUIET}
    with dg.DagsterInstance.ephemeral() as instance:
        return line, job.execute_in_process(instance=instance, raise_on_error=False, run_config=config)


def _metadata(result: dg.ExecuteInProcessResult, step: str) -> Mapping[str, Any]:
    (event,) = result.asset_materializations_for_node(f"{step}_{PLAN_ID}")
    return event.metadata


def _cells(metadata: Mapping[str, Any]) -> list[object]:
    tables = [value for value in metadata.values() if isinstance(value, dg.TableMetadataValue)]
    plain = [value.value for value in metadata.values() if not isinstance(value, dg.TableMetadataValue)]
    return plain + [cell for table in tables for record in table.records for cell in record.data.values()]


def test_the_finding_of_each_outcome_stands_first_and_no_cell_is_nan(world: Path) -> None:
    line, result = _run(world)
    assert result.success
    page = _metadata(result, "effects")
    outcomes = [outcome.indicator for outcome in line.plans[PLAN_ID].outcomes]
    first = list(page)[: len(outcomes)]
    for name, indicator in zip(first, outcomes, strict=True):
        said = page[name].value
        assert f"({indicator})" in name
        assert name.endswith("kein Urteil")
        assert said.startswith("Kein Urteil: ")  # nothing of this plan says whether its comparison stands
        assert "Risiko einer Verzerrung: " in said
        assert "n = 13 + 17 (beteiligt + Vergleich); twfe, " in said
    assert list(page)[len(outcomes)] == "simuliert"
    assert {record.data["estimator"] for record in page["schaetzungen"].records} >= {"twfe", "cs"}
    evaluations = result.get_asset_check_evaluations()
    assert {one.check_name for one in evaluations} >= {"coverage", "balance", "overlap", "pre_trends", "agreement"}
    assert [one.check_name for one in evaluations if "simuliert" not in one.metadata] == []  # figures that look official
    (verdict,) = [one for one in evaluations if one.check_name == "verdict"]
    assert not verdict.passed
    assert f"({OUTCOME}): {page[first[0]].value.split(': ')[0]}: " in str(verdict.description)  # the words of the headline
    checked = [value for evaluation in evaluations for value in _cells(evaluation.metadata)]
    cells = [*_cells(page), *_cells(_metadata(result, "design")), *checked]
    assert not [cell for cell in cells if cell is None or (isinstance(cell, float) and math.isnan(cell))]
    assert not [cell for cell in cells if isinstance(cell, str) and ("nan" in cell.split() or "<NA>" in cell)]
    computed = {step for step, _ in line.steps.journal.computed}
    assert computed <= {"pictures"}  # nothing changed since the run, which drew none


def test_one_outcome_anew_touches_its_own_steps_and_brings_the_report_along(world: Path) -> None:
    before = set(world.glob("home/reports/*/*/bericht.html"))
    plan = world / "plan.yaml"
    text = plan.read_text(encoding="utf-8")
    start = text.index(f"indicator: {OUTCOME}")
    changed = text[:start] + text[start:].replace("window: [2010, 2014]", "window: [2010, 2013]", 1)
    assert changed != text
    plan.write_text(changed, encoding="utf-8")

    line, result = _run(world, outcomes=[OUTCOME])

    assert result.success
    estimated = [subject for step, subject in line.steps.journal.computed if step == "effects_estimates"]
    assert estimated == [f"{PLAN_ID}: {OUTCOME}"]
    assert ("effects_estimates", f"{PLAN_ID}: schulabgaenge_ohne_abschluss") in line.steps.journal.reused
    (headline,) = [name for name in _metadata(result, "effects") if "(schulabgaenge_" in name]
    assert f"({OUTCOME})" in headline
    left = _metadata(result, "effects")["nicht_geschaetzt"].value
    assert left.startswith("In diesem Lauf nicht geschätzt: schulabgaenge_ohne_abschluss")
    assert OUTCOME not in left
    (page,) = set(world.glob("home/reports/*/*/bericht.html")) - before
    assert str(page) == _metadata(result, "report")["bericht"].value


def test_the_audit_of_the_comparison_has_a_page_of_its_own_before_the_report(world: Path) -> None:
    plan = world / "plan.yaml"
    dear = ("inference:", "method: callaway", "method: sun", "method: sdid")
    kept = [
        text
        for text in plan.read_text(encoding="utf-8").splitlines()
        if not any(part in text for part in dear) and ("role:" not in text or OUTCOME in text)
    ]
    audit = ["comparison: {within: [kind]}", f'audit: {{strata: [kind], law: "{OUTCOME}:2010-2011"}}']
    audit.append("specifications: [{id: two_way, comparison: {}, title: {de: Alle mit allen, en: All with all}}]")
    plan.write_text("\n".join([*kept, *audit]) + "\n", encoding="utf-8")

    _, result = _run(world, outcomes=[OUTCOME])

    assert result.success
    made = [event.step_key for event in result.get_step_success_events()]
    assert made.index(f"audit_{PLAN_ID}") < made.index(f"report_{PLAN_ID}")
    page = _metadata(result, "audit")
    assert list(page)[:4] == ["vergleich_des_plans", "vergleich_des_plans_blind", "andere_vergleiche_blind", "simuliert"]
    rows = [record.data for record in page["pruefungen"].records]
    assert {row["indicator"] for row in rows} == {OUTCOME}
    full = [row for row in rows if row["form"] == "full"]
    assert {row["theta"] for row in full} == {"zero", "hat", "upper"}
    largest = max(row["size"] for row in full)
    said = page["vergleich_des_plans"].value
    assert said.startswith("Mit allen Daten, Vergleich des Plans (konstant: kind): Der Test schlüge ohne Programm in ")
    assert f"{100 * largest:.1f} Prozent der Fälle an ({OUTCOME})".replace(".", ",", 1) in said
    assert page["vergleich_des_plans_blind"].value.startswith("Blind (")
    assert "anderer Vergleich (konstant: nichts)" in page["andere_vergleiche_blind"].value
    assert not [cell for cell in _cells(page) if cell is None or (isinstance(cell, float) and math.isnan(cell))]


def test_a_plan_without_an_audit_has_no_page_for_it(world: Path) -> None:
    line = open_installation(settings_of(world), [world / "plan.yaml"])
    steps = {node.name for node in build_defs(line).resolve_job_def(JOB).nodes}
    assert steps >= {f"{step}_{PLAN_ID}" for step in ("design", "effects", "report")}
    assert f"audit_{PLAN_ID}" not in steps


def test_without_data_nothing_is_audited(finished: Path, tmp_path: Path) -> None:
    plan = (finished / "plan.yaml").read_text(encoding="utf-8")
    (tmp_path / "plan.yaml").write_text(plan + "audit: {strata: [kind]}\n", encoding="utf-8")
    _, result = _run(tmp_path)
    assert result.success
    assert not result.asset_materializations_for_node(f"audit_{PLAN_ID}")


def test_an_outcome_that_the_plan_lacks_stops_the_job_in_words(world: Path) -> None:
    _, result = _run(world, outcomes=["hochschulreif"])
    assert not result.success
    (failure, *_) = [event for event in result.all_events if event.is_step_failure]
    description = failure.step_failure_data.user_failure_data.description
    assert "Kein Plan dieses Laufs hat die Zielgrößen hochschulreif." in description
