"""Steps of a plan are made by a worker where a scheduler is set: the same edition, and nothing is written beside the run."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.definitions.reconstruct import ReconstructableRepository

sys.path.insert(0, str(Path(__file__).parent / "acceptance"))
from whole_runs import CONTRACTS, PLAN_ID, ROOT, copy_of, open_world, small_world, whole_run

from kkz_eval import on_scheduler
from kkz_eval.line.installation import open_installation
from kkz_eval.line.scheduler import client_of, likeness
from kkz_eval.on_scheduler import _on_worker, _place_of, _said_by_this_process
from kkz_eval.run_history import open_instance
from kkz_eval.settings import load_settings
from kkz_eval.storage.store import Store
from kkz_eval.storage.writer import other_writer


@pytest.fixture(scope="session")
def finished(made_once) -> Path:
    """The small world after one whole run, without Dagster; never changed. As in tests/acceptance."""
    fresh = made_once("small_world", small_world)
    return made_once("small_world_finished", lambda folder: whole_run(open_world(copy_of(fresh, folder))))


@pytest.fixture
def world(finished: Path, tmp_path: Path) -> Path:
    """The finished world with contracts of its own, whose only plan is that of the world."""
    own = copy_of(finished, tmp_path / "world")
    shutil.copytree(CONTRACTS, own / "contracts")
    for file in (own / "contracts" / "plans").iterdir():
        file.unlink()
    shutil.copy(own / "plan.yaml", own / "contracts" / "plans" / "modellwelt.yaml")
    return own


def editions(store: Store) -> dict[str, bytes]:
    return {key: store.kept(key) for key in store.list("reports") if "/pictures/" not in key}  # those are for Dagster's pages


def in_environment(values: dict[str, str]) -> None:
    """Settings of a worker, and none but these: one that was started anew has those of the test in which its forerunner ended."""
    for name in [name for name in os.environ if name.startswith("KKZ_")]:
        del os.environ[name]
    os.environ.update(values)


def test_a_worker_makes_the_steps_of_a_plan_and_the_edition_is_the_one_that_this_process_made(
    world: Path, monkeypatch: pytest.MonkeyPatch, workers: str
) -> None:
    at = {"KKZ_HOME": world / "home", "KKZ_INBOX": world / "deliveries", "KKZ_CONTRACTS": world / "contracts"}
    environment = {**{name: str(path) for name, path in at.items()}, "KKZ_SCHEDULER": workers}
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    store = Store.at(str(world / "home"))
    before = editions(store)
    repository = ReconstructableRepository.for_module("kkz_eval.definitions", "defs", str(ROOT))
    job = repository.get_reconstructable_job(f"Auswertung_{PLAN_ID}")
    with open_instance(load_settings()) as instance, client_of(workers) as client:
        elsewhere = dg.execute_job(job, instance)  # the workers were started with other settings
        assert "mit denselben Einstellungen" in str(elsewhere.all_events[-1].event_specific_data)
        client.run(in_environment, environment)
        done = dg.execute_job(job, instance)
        assert done.success
        made = {event.step_key: event.pid for event in done.all_events if event.is_step_success}
        assert {made[f"{step}_{PLAN_ID}"] for step in ("design", "effects", "report")} <= set(client.run(os.getpid).values())
    assert editions(store) == before
    assert other_writer(world / "home") is None


def test_a_worker_must_say_in_reports_what_the_run_says_and_shows_the_plans_that_the_run_shows(
    world: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = load_settings({"KKZ_CONTRACTS": str(world / "contracts")}, home=world / "home")
    run = open_installation(settings)
    for other in ({"publisher": "Stiftung"}, {"contact": "Telefon"}, {"language": "en"}):
        assert _place_of(replace(run, settings=replace(settings, **other))) != _place_of(run)
    hidden = open_installation(replace(settings, model_world="hidden"))
    assert (run.left_out, bool(hidden.left_out)) == ((), True)
    for name in ("KKZ_MODEL_WORLD", "KKZ_REPORTS_URL"):
        monkeypatch.setenv(name, "")  # what a worker sets goes with the test
    monkeypatch.setenv("KKZ_HOME", str(world / "home"))
    monkeypatch.setenv("KKZ_CONTRACTS", str(world / "contracts"))
    monkeypatch.setattr(on_scheduler, "_made", lambda _: ["made"])
    for asking in (hidden, run):  # the worker would show the plan by what the home holds
        asked = {"like": likeness(), "place": _place_of(asking), "environment": _said_by_this_process(asking)}
        assert _on_worker(asked) == ["made"]
