"""The steward's jobs in Dagster, the board in a browser, and what the report says of waived values."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg
import pytest
from whole_runs import AHLEN, CONTRACTS, KREFELD, as_if_new, change, delivery, open_world, put, settings_of

from kkz_eval.definitions import build_defs
from kkz_eval.deliveries.register.decided import dimensions_at, record_at
from kkz_eval.deliveries.register.decisions import Place, Waiver, document_of
from kkz_eval.deliveries.register.judging import load_findings
from kkz_eval.deliveries.register.parsed_tables import load_parsed
from kkz_eval.deliveries.register.purging import Holding, purge
from kkz_eval.line.installation import open_installation
from kkz_eval.line.intake import judge_arrivals
from kkz_eval.line.report import make_edition
from kkz_eval.line.snapshot import current_snapshot
from kkz_eval.line.study import Study
from kkz_eval.model.findings import iter_findings
from kkz_eval.settings import Settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser

YEARS = {"dagster/asset_partition_range_start": "2010", "dagster/asset_partition_range_end": "2014"}


@pytest.fixture(scope="module")
def checked(finished: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dg.ExecuteInProcessResult]:
    """A small world in which Ahlen and Krefeld deliver a wrong total, after the job "Lieferungen prüfen"."""
    world = as_if_new(finished, tmp_path_factory.mktemp("jobs") / "world")
    for unit in (AHLEN, KREFELD):
        change(delivery(world, unit), put(unit, "2011/12", "Insgesamt", "insgesamt", "7919353"))
    defs = build_defs(open_installation(settings_of(world), [world / "plan.yaml"]))
    job = defs.resolve_job_def("Lieferungen_pruefen")
    return world, job.execute_in_process(instance=dg.DagsterInstance.ephemeral(), tags=YEARS)


def board_of(result: dg.ExecuteInProcessResult) -> Path:
    (event,) = result.asset_materializations_for_node("delivery_board")
    return Path(str(event.metadata["lieferstand"].value))


def test_the_job_goes_from_the_inbox_to_the_board_and_no_further(checked: tuple[Path, dg.ExecuteInProcessResult]) -> None:
    world, result = checked
    assert result.success
    made = {event.step_key for event in result.get_step_success_events()}
    assert {"landing", "parsed", "verdicts", "delivery_status", "delivery_board"} <= made
    assert not (world / "home" / "reports").exists()
    event, *_ = result.asset_materializations_for_node("verdicts")
    assert event.metadata["markierte_kopien"].value == 2
    assert board_of(result).is_file()


def test_the_values_of_cells_are_not_on_the_board_and_in_no_letter(checked: tuple[Path, dg.ExecuteInProcessResult]) -> None:
    folder = board_of(checked[1]).parent
    texts = [path.read_text(encoding="utf-8") for path in folder.rglob("*") if path.suffix in (".html", ".txt")]
    assert len(texts) > 1
    assert not any("7919353" in text for text in texts)


def test_reminders_are_off_until_someone_switches_them_on(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home", inbox=tmp_path / "inbox", contracts=CONTRACTS)
    schedule = build_defs(open_installation(settings, [])).resolve_schedule_def("fristen")
    assert schedule.default_status == dg.DefaultScheduleStatus.STOPPED
    assert schedule.job_name == "Fristen"


def test_next_years_templates_are_made_by_their_own_job(checked: tuple[Path, dg.ExecuteInProcessResult]) -> None:
    world, _ = checked
    defs = build_defs(open_installation(settings_of(world), [world / "plan.yaml"]))
    assert "next_templates" not in {str(node.name) for node in defs.resolve_job_def("Jahreslauf").nodes_in_topological_order}
    result = defs.resolve_job_def("Vorlagen").execute_in_process(instance=dg.DagsterInstance.ephemeral())
    (event,) = result.asset_materializations_for_node("next_templates")
    kept = list((world / "home" / "board").glob("*/vorlagen/*/vorlage_*.xlsx"))
    assert event.metadata["vorlagen"].value == len(kept) > 0
    folders = {record.data["kommune"]: Path(str(record.data["ordner"])) for record in event.metadata["ordner"].records}
    assert (folders["Ahlen"] / "antwort.txt").is_file()
    assert {file.parent for file in kept} == set(folders.values())


def test_the_report_names_what_holds_by_waiver(checked: tuple[Path, dg.ExecuteInProcessResult], tmp_path: Path) -> None:
    world = Path(shutil.copytree(checked[0], tmp_path / "world"))
    line = open_world(world)
    arrival = next(a for a in line.register().arrivals if a.name == delivery(world, AHLEN).name)
    verdict = line.register().verdicts[(arrival.sha256, arrival.contract_id)]
    parsed, contract = (
        load_parsed(line.steps.store, verdict.parsed_key, line.contracts[verdict.contract_id]),
        line.contracts[arrival.contract_id],
    )
    contracts = Path(shutil.copytree(CONTRACTS, tmp_path / "contracts"))
    (contracts / "waivers").mkdir()
    for number, finding in enumerate(iter_findings(load_findings(line.steps.store, verdict))):
        record = record_at(parsed, finding)
        assert record is not None
        place = Place(
            contract.id, AHLEN, 2012, str(finding.field), dimensions_at(parsed, contract, record), arrival.sha256, finding.cell
        )
        waiver = _waiver(f"ahlen-{number}", place, finding.rule, str(finding.value), str(finding.allowed))
        (contracts / "waivers" / f"ahlen-{number}.yaml").write_text(_yaml(waiver), encoding="utf-8")
    settings = Settings(home=world / "home", inbox=world / "deliveries", contracts=contracts)
    after = open_installation(settings, [world / "plan.yaml"])
    judge_arrivals(after, range(2010, 2015))
    (plan,) = after.plans.values()
    page = after.steps.store.get(make_edition(Study(current_snapshot(after), plan)).page).decode()
    assert f"Angenommen mit Ausnahme: {arrival.name} (schulabgaenge): Ahlen 2012" in page
    assert "7919353" not in page
    kept = json.loads(next((world / "home" / "reports").rglob("sources.json")).read_text(encoding="utf-8"))["deliveries"]
    assert arrival.sha256 in kept

    purged = purge(after.steps.store, settings.inbox, arrival.sha256, "Grund", date(2026, 1, 1))
    assert purged.counts[Holding.REPORT]
    assert purged.in_inbox == (arrival.name,)
    assert not list((world / "home" / "reports").rglob("*.html"))
    assert all(
        path.name in ("table.parquet", "findings.parquet", "about.json") or path.parent.name == "findings"
        for path in (world / "home" / "derived").rglob("*")
        if path.is_file()
    )
    again = after.steps.store.get(make_edition(Study(current_snapshot(after), plan)).page).decode()
    assert arrival.name not in again


def _waiver(identifier: str, place: Place, rule: str, value: str, allowed: str) -> Waiver:
    return Waiver(identifier, place, rule, value, allowed, "gezählt", "Schulamt", "Leitung", date(2099, 1, 1))


def _yaml(waiver: Waiver) -> str:
    import yaml

    return str(yaml.safe_dump(document_of(waiver), allow_unicode=True, sort_keys=False))


def test_the_board_is_accessible_and_readable_on_a_narrow_screen(
    checked: tuple[Path, dg.ExecuteInProcessResult], chromium_browser: Browser
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = chromium_browser.new_page(viewport={"width": 320, "height": 800})
    try:
        page.goto(board_of(checked[1]).as_uri())
        violations = Axe().run(page).response["violations"]
        assert [violation["id"] for violation in violations] == []
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        rejected = page.get_by_role("link", name="zurückgewiesen: Fehlerprotokoll")
        assert rejected.count() == 2
    finally:
        page.close()
