"""A run that the desk starts is one of Dagster's: in its queue, with who started it, followed step by step to its report."""

from __future__ import annotations

import csv
import io
import shutil
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml
from dagster import DagsterEventType, DagsterInstance, DagsterRunStatus
from dagster._core.definitions.reconstruct import ReconstructableRepository
from dagster._core.execution.api import execute_run
from dagster._core.remote_origin import InProcessCodeLocationOrigin
from dagster._core.types.loadable_target_origin import LoadableTargetOrigin
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import InProcessWorkspaceLoadTarget

from kkz_eval.assets.names import YEARLY_RUN
from kkz_eval.dagster_pages import dagster_pages
from kkz_eval.desk.people import Person, Role
from kkz_eval.desk.runs import Runs, RunState
from kkz_eval.launching import PERSON, ROLE, runs_of
from kkz_eval.model.errors import UserError
from kkz_eval.partitions import RANGE_END, RANGE_START
from kkz_eval.run_history import open_instance
from kkz_eval.settings import CHECKOUT, Settings

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parent / "line"))

from five_years import make_five_years
from served import desk_of

RESEARCHER = Person("forscherin", frozenset({Role.RESEARCHER}))
OUTCOME = "schulabgaenge_ohne_abschluss"


@pytest.fixture(scope="module")
def settings(made_once: Callable[[str, Callable[[Path], object]], Path], tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A copy of the small world, and contracts with its plan alone, of two outcomes and one estimator."""
    world = Path(shutil.copytree(made_once("five_years", make_five_years), tmp_path_factory.mktemp("launching") / "world"))
    contracts = Path(shutil.copytree(CHECKOUT / "data_contracts", world / "contracts", ignore=shutil.ignore_patterns("plans")))
    (contracts / "plans").mkdir()
    plan = yaml.safe_load((world / "plan.yaml").read_text(encoding="utf-8"))
    plan |= {"outcomes": plan["outcomes"][:2], "estimators": plan["estimators"][:1], "languages": ["de"]}
    written = yaml.safe_dump(plan, allow_unicode=True, sort_keys=False, default_flow_style=None)
    (contracts / "plans" / "modellwelt.yaml").write_text(written, encoding="utf-8")
    return Settings(world / "home", world / "deliveries", contracts)


@pytest.fixture(scope="module")
def dagster(settings: Settings) -> Iterator[tuple[DagsterInstance, Runs]]:
    """The run history, and the functions as the desk gets them. The code is loaded in this process; no daemon takes runs from the queue."""
    code = LoadableTargetOrigin(module_name="kkz_eval.definitions", attribute="defs")
    with pytest.MonkeyPatch.context() as patch, open_instance(settings) as instance:
        for name, place in {"HOME": settings.home, "INBOX": settings.inbox, "CONTRACTS": settings.contracts}.items():
            patch.setenv(f"KKZ_{name}", str(place))
        target = InProcessWorkspaceLoadTarget(InProcessCodeLocationOrigin(code))
        with WorkspaceProcessContext(instance, workspace_load_target=target) as context:
            yield instance, runs_of(context, settings, lambda: True, lambda: True)


def test_a_run_waits_in_the_queue_is_followed_and_leads_to_its_report(
    dagster: tuple[DagsterInstance, Runs], settings: Settings
) -> None:
    instance, runs = dagster
    launched = runs.launch("modellwelt", [OUTCOME], None, RESEARCHER)
    waiting = runs.listed()[0]
    assert (waiting.id, waiting.state, waiting.plan, waiting.outcomes) == (launched, RunState.WAITING, "modellwelt", (OUTCOME,))
    assert waiting.started_by == "forscherin"
    run = instance.get_run_by_id(launched)
    assert (run.tags[ROLE], run.tags[PERSON]) == ("researcher", "forscherin")
    seen = runs.seen(launched)
    assert [step.state for step in seen.steps] == [RunState.WAITING] * len(seen.steps)
    assert "report_modellwelt" in {step.name for step in seen.steps}
    before = runs.engine()
    assert (before.runs[RunState.WAITING], before.runs[RunState.DONE], before.failed_checks) == (1, 0, None)
    assert (before.last_scan, before.daemon_lives, before.code_lives) == (None, True, True)

    job = ReconstructableRepository.for_module("kkz_eval.definitions", "defs").get_reconstructable_job(run.job_name)
    execute_run(job, run.with_status(DagsterRunStatus.STARTING), instance)  # as the daemon has it done when it is the run's turn
    done = runs.seen(launched)
    assert done.state is RunState.DONE, done.failures
    assert {step.state for step in done.steps} == {RunState.DONE}
    after, checks = runs.engine(), instance.all_logs(launched, of_type=DagsterEventType.ASSET_CHECK_EVALUATION)
    assert (after.runs[RunState.WAITING], after.runs[RunState.DONE]) == (0, 1)
    assert after.failed_checks == sum(not one.get_dagster_event().asset_check_evaluation_data.passed for one in checks)
    ((plan, folder),) = done.editions
    assert (settings.home / "reports" / plan / folder / "bericht.html").is_file()

    desk = desk_of(settings, RESEARCHER)
    package = desk.get("/auswerten/paket?ausgabe=modellwelt/1")
    with zipfile.ZipFile(io.BytesIO(package.content)) as archive:
        expected = archive.read("modellwelt_1/expected/estimates.csv").decode()
    (kept,) = settings.home.glob("reports/*/*/estimates.csv")
    numbers = [(row["estimator"], row["indicator"], row["estimate"]) for row in csv.DictReader(io.StringIO(expected))]
    rows = csv.DictReader(io.StringIO(kept.read_text(encoding="utf-8")))
    assert numbers == [(row["estimator"], row["indicator"], row["estimate"]) for row in rows]
    assert desk.get("/auswerten/paket?ausgabe=modellwelt/2").status_code == 400


def test_years_make_it_a_run_from_the_inbox_on(dagster: tuple[DagsterInstance, Runs]) -> None:
    instance, runs = dagster
    run = instance.get_run_by_id(runs.launch("modellwelt", [], "2010-2012", RESEARCHER))
    assert (run.job_name, run.tags[RANGE_START], run.tags[RANGE_END]) == (YEARLY_RUN, "2010", "2012")
    listed = runs.listed()[0]
    assert (listed.years, listed.outcomes) == ("2010–2012", ())


def test_what_can_not_be_started_is_refused_in_a_sentence(dagster: tuple[DagsterInstance, Runs]) -> None:
    _, runs = dagster
    before = runs.listed()
    asked = {
        "launch_plan_unknown": ("anderer", [], None),
        "launch_outcome_unknown": ("modellwelt", ["fremd"], None),
        "years_unreadable": ("modellwelt", [], "bald"),
    }
    for code, order in asked.items():
        with pytest.raises(UserError) as refused:
            runs.launch(*order, RESEARCHER)
        assert refused.value.code == code
    assert runs.listed() == before
    assert runs.seen("0") is None


def test_a_plan_that_came_since_the_code_was_loaded_can_be_launched(settings: Settings, tmp_path: Path) -> None:
    contracts = Path(shutil.copytree(settings.contracts, tmp_path / "contracts"))
    own, plans = Settings(tmp_path / "home", tmp_path / "inbox", contracts), contracts / "plans"
    places = {"KKZ_HOME": str(own.home), "KKZ_INBOX": str(own.inbox), "KKZ_CONTRACTS": str(contracts)}
    with dagster_pages(own, "/dagster", places) as pages:
        runs = runs_of(pages.workspace, own, pages.daemon_runs, pages.code_runs)
        plan = yaml.safe_load((plans / "modellwelt.yaml").read_text(encoding="utf-8")) | {"id": "eigene-frage"}
        (plans / "eigene_frage.yaml").write_text(yaml.safe_dump(plan, allow_unicode=True, sort_keys=False), encoding="utf-8")
        (plans / "vertippt.yaml").write_text("plan_version: 1\n", encoding="utf-8")
        with pytest.raises(UserError, match="can't be used"):
            runs.launch("eigene-frage", [], None, RESEARCHER)
        (plans / "vertippt.yaml").unlink()
        run = pages.workspace.instance.get_run_by_id(runs.launch("eigene-frage", [], None, RESEARCHER))
        assert run.job_name.endswith("eigene_frage")
    assert not (pages.daemon_runs())
    assert not (pages.code_runs())
