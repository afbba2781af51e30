"""A run without partition gets the reporting years of its option; the installation's run history uses this queue."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread

import dagster as dg
import pytest
from dagster import DagsterEvent, DagsterEventType, DagsterRunStatus, SubmitRunContext
from dagster._core.execution.api import create_execution_plan
from dagster._core.remote_origin import RegisteredCodeLocationOrigin, RemoteJobOrigin, RemoteRepositoryOrigin
from dagster._core.utils import make_new_run_id
from dagster._daemon.monitoring.run_monitoring import monitor_started_run
from dagster._daemon.run_coordinator.queued_run_coordinator_daemon import QueuedRunCoordinatorDaemon

from kkz_eval.assets.alone import HOME, held_by_a_run
from kkz_eval.assets.options import RunOptions
from kkz_eval.coordinator import DEAD_AFTER, YearsFromOptions
from kkz_eval.definitions import build_defs
from kkz_eval.line.installation import open_installation
from kkz_eval.model.errors import UserError
from kkz_eval.partitions import PARTITION, PARTITIONED, RANGE_END, RANGE_START, known_years, missing_tags
from kkz_eval.run_history import open_instance
from kkz_eval.settings import load_settings
from kkz_eval.storage.writer import seconds_without_sign, shown_alive, sign_of_life, writing_alone


def _config(years: str) -> dict[str, object]:
    return {"resources": {"options": {"config": {"years": years, "plan": "", "outcomes": []}}}}


STEPS = ["landing", "design_kekiz_2012"]


@pytest.mark.parametrize(
    ("option", "first", "last"), [("2006-2019", "2006", "2019"), ("2018", "2018", "2018"), (" 2018 ", "2018", "2018")]
)
def test_the_option_becomes_the_range(option: str, first: str, last: str) -> None:
    assert missing_tags({}, _config(option), STEPS) == {RANGE_START: first, RANGE_END: last}


@pytest.mark.parametrize("config", [{}, _config(""), _config("zwölf"), _config("1890")])
def test_all_years_where_the_option_says_none(config: dict[str, object]) -> None:
    known = known_years()
    assert missing_tags({}, config, STEPS) == {RANGE_START: str(known[0]), RANGE_END: str(known[-1])}


def test_years_of_option_and_partitions_must_agree() -> None:
    RunOptions(years="2006-2008").require_years((2006, 2007, 2008))
    RunOptions(years="").require_years((2006,))
    with pytest.raises(UserError) as caught:
        RunOptions(years="2006-2008").require_years((2006, 2007))
    assert "2006–2007" in caught.value.sentence.in_language("de")
    with pytest.raises(UserError):
        RunOptions(years="zwölf").require_years(known_years())


@dg.asset(pool=HOME)
def writing() -> None:
    """An asset that writes in the home."""


@dg.asset
def looking() -> None:
    """An asset that does not."""


JOBS = {
    name: dg.Definitions(assets=[asset], jobs=[dg.define_asset_job(name)]).resolve_job_def(name)
    for name, asset in {"writes": writing, "looks": looking}.items()
}


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    """The run history of an installation."""
    with open_instance(load_settings({}, home=tmp_path)) as opened:
        yield opened


def queued(instance: dg.DagsterInstance, job: str) -> str:
    """A run that waits; its id."""
    repository = RemoteRepositoryOrigin(RegisteredCodeLocationOrigin("code"), "all")
    origin = RemoteJobOrigin(repository, job)
    plan = create_execution_plan(JOBS[job])
    run = instance.create_run_for_job(JOBS[job], plan, remote_job_origin=origin)
    return instance.run_coordinator.submit_run(SubmitRunContext(run, workspace=None)).run_id


def may_begin(instance: dg.DagsterInstance) -> list[str]:
    """Which of the runs that wait Dagster's daemon would start now."""
    daemon = QueuedRunCoordinatorDaemon(interval_seconds=1)
    return [run.run_id for run in daemon._get_runs_to_dequeue(instance, instance.get_concurrency_config(), None)]


def test_the_run_history_of_an_installation_has_this_queue(instance: dg.DagsterInstance) -> None:
    assert isinstance(instance.run_coordinator, YearsFromOptions)


def test_runs_that_write_wait_for_one_another_and_others_go_beside_them(instance: dg.DagsterInstance) -> None:
    first, second, other = queued(instance, "writes"), queued(instance, "writes"), queued(instance, "looks")
    assert may_begin(instance) == [first, other]
    began(instance, first, seconds_ago=0)
    assert may_begin(instance) == [other]
    instance.report_run_failed(instance.get_run_by_id(first))
    assert may_begin(instance) == [second, other]


def test_whatever_is_given_the_installation_is_in_the_pool_of_those_that_write(tmp_path: Path) -> None:
    defs = build_defs(open_installation(load_settings({"KKZ_HOME": str(tmp_path)})))
    jobs = [job for job in defs.resolve_all_job_defs() if job.name != "__ASSET_JOB"] + [
        defs.resolve_implicit_global_asset_job_def()
    ]
    holding = {
        node.name: node.pool for job in jobs for node in job.graph.node_defs if "installation" in node.required_resource_keys
    }
    assert len(holding) > 20
    assert set(holding.values()) == {HOME}


def began(instance: dg.DagsterInstance, run_id: str, seconds_ago: float) -> None:
    """Let a run have begun, as a process that executes it says it."""
    instance.report_dagster_event(
        DagsterEvent(DagsterEventType.RUN_START.value, "writes"), run_id, timestamp=time.time() - seconds_ago
    )
    assert instance.get_run_by_id(run_id).status is DagsterRunStatus.STARTED


def looked_after(instance: dg.DagsterInstance, run_id: str) -> DagsterRunStatus:
    """What becomes of a run when Dagster's daemon looks after those that began."""
    monitor_started_run(instance, None, instance.get_run_record_by_id(run_id), logging.getLogger("daemon"))
    return instance.get_run_by_id(run_id).status


def test_a_run_whose_process_was_killed_holds_up_nobody(instance: dg.DagsterInstance, tmp_path: Path) -> None:
    killed, behind = queued(instance, "writes"), queued(instance, "writes")
    began(instance, killed, seconds_ago=DEAD_AFTER + 5)
    assert may_begin(instance) == []
    assert looked_after(instance, killed) is DagsterRunStatus.FAILURE
    assert may_begin(instance) == [behind]


def test_a_run_that_works_or_has_just_begun_or_just_ended_is_left_alone(instance: dg.DagsterInstance, tmp_path: Path) -> None:
    young, old = queued(instance, "writes"), queued(instance, "writes")
    began(instance, young, seconds_ago=10)
    assert looked_after(instance, young) is DagsterRunStatus.STARTED
    began(instance, old, seconds_ago=DEAD_AFTER + 5)
    sign = sign_of_life(instance.storage_directory(), old)
    with shown_alive(sign):
        os.utime(sign, (0, 0))  # begun long ago
        assert looked_after(instance, old) is DagsterRunStatus.STARTED
    assert looked_after(instance, old) is DagsterRunStatus.STARTED
    os.utime(sign, (0, 0))
    assert looked_after(instance, old) is DagsterRunStatus.FAILURE


def test_a_run_that_was_killed_is_gone_also_while_another_works_in_the_home(instance: dg.DagsterInstance, tmp_path: Path) -> None:
    killed, other = queued(instance, "writes"), queued(instance, "writes")
    for run_id in (killed, other):
        began(instance, run_id, seconds_ago=DEAD_AFTER + 5)
    with shown_alive(sign_of_life(instance.storage_directory(), other)), writing_alone(tmp_path, "kkz-eval run", print):
        assert looked_after(instance, killed) is DagsterRunStatus.FAILURE
        assert looked_after(instance, other) is DagsterRunStatus.STARTED


def test_a_run_shows_that_it_is_alive_while_it_waits_for_the_home_and_while_it_has_it(
    instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    is_taken, may_go_on, run_id = Event(), Event(), make_new_run_id()
    idle = list[float]()

    def look(_: object) -> None:
        idle.append(seconds_without_sign(sign_of_life(instance.storage_directory(), run_id), 0.0))
        may_go_on.set()

    def hold() -> None:
        with writing_alone(tmp_path, "kkz-eval purge", print):
            is_taken.set()
            may_go_on.wait(timeout=30)

    @dg.op(required_resource_keys={"installation"})
    def working() -> None:
        look(None)

    installation = open_installation(load_settings({"KKZ_HOME": str(tmp_path)}), [], look)

    @dg.job(resource_defs={"installation": held_by_a_run(installation)})
    def works() -> None:
        working()

    other = Thread(target=hold)
    other.start()
    is_taken.wait()
    works.execute_in_process(instance=instance, run_id=run_id)
    other.join()
    assert idle == [0.0, 0.0]


@pytest.mark.parametrize("tags", [{PARTITION: "2018"}, {RANGE_START: "2018", RANGE_END: "2019"}])
def test_a_chosen_partition_stays(tags: dict[str, str]) -> None:
    assert missing_tags(tags, _config("2006"), STEPS) == {}


def test_a_run_without_reporting_years_is_not_said_to_have_any() -> None:
    assert missing_tags({}, _config("2006-2019"), ["design_kekiz_2012", "report_kekiz_2012"]) == {}


def test_the_assets_with_reporting_years_are_those_that_the_queue_knows(tmp_path: Path) -> None:
    graph = build_defs(open_installation(load_settings({"KKZ_HOME": str(tmp_path)}))).resolve_asset_graph()
    partitioned = {key.to_user_string() for key in graph.get_all_asset_keys() if graph.get(key).is_partitioned}
    assert partitioned == PARTITIONED
