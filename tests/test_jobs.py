"""The yearly run in the run history of Dagster."""

from __future__ import annotations

import signal
from pathlib import Path

import dagster as dg
import pytest

from kkz_eval.assets.names import YEARLY_RUN
from kkz_eval.jobs import execute_yearly_run
from kkz_eval.partitions import reporting_years
from kkz_eval.run_history import open_instance
from kkz_eval.settings import load_settings


@dg.asset(partitions_def=reporting_years, backfill_policy=dg.BackfillPolicy.single_run())
def by_year() -> None:
    """An asset with reporting years."""


@dg.asset(deps=[by_year])
def whole() -> None:
    """An asset without."""


def test_a_run_plans_each_asset_once_and_records_each_year(tmp_path: Path) -> None:
    defs = dg.Definitions(assets=[by_year, whole], jobs=[dg.define_asset_job(YEARLY_RUN)])
    with open_instance(load_settings({}, home=tmp_path)) as instance:
        assert execute_yearly_run(defs, instance, (2010, 2011, 2012)).success
        run_id = instance.get_run_ids()[0]
        planned = instance.all_logs(run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION_PLANNED)
        done = instance.all_logs(run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION)
    assert sorted(str(one.get_dagster_event().asset_key) for one in planned) == sorted(map(str, (by_year.key, whole.key)))
    assert sorted(str(one.get_dagster_event().partition) for one in done) == ["2010", "2011", "2012", "None"]


@dg.asset(partitions_def=reporting_years, backfill_policy=dg.BackfillPolicy.single_run())
def interrupted() -> None:
    """An asset during which somebody stops the command."""
    signal.raise_signal(signal.SIGINT)


def test_a_run_that_is_interrupted_is_no_broken_one(tmp_path: Path) -> None:
    defs = dg.Definitions(assets=[interrupted], jobs=[dg.define_asset_job(YEARLY_RUN)])
    with open_instance(load_settings({}, home=tmp_path)) as instance, pytest.raises(KeyboardInterrupt):
        execute_yearly_run(defs, instance, (2010,))
