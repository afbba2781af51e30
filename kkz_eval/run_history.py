"""The run history of Dagster: where it lies, in files of the home or in a database, how it is made whole, and what its failure is called.

Belongs here: the one place that writes Dagster's configuration (dagster.yaml in the folder of the history, from the template of the checkout) and
opens the history. Does not belong here: jobs and runs (jobs), the queue (coordinator). No result depends on what lies here.
"""

from __future__ import annotations

import logging
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import dagster as dg
from dagster import RunsFilter
from dagster._core.instance.ref import InstanceRef
from dagster._core.storage.base_storage import DagsterStorage
from dagster._core.storage.dagster_run import FINISHED_STATUSES
from dagster._core.storage.event_log import SqlEventLogStorageMetadata
from dagster._core.storage.runs import RunStorageSqlMetadata
from dagster._core.storage.schedules import ScheduleStorageSqlMetadata
from dagster._core.storage.sql import stamp_alembic_rev
from dagster._core.storage.tags import SENSOR_NAME_TAG
from dagster._serdes import ConfigurableClass, ConfigurableClassData
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from kkz_eval.model.errors import UserError
from kkz_eval.model.system_errors import reason_of
from kkz_eval.settings import Database, Settings, load_settings
from kkz_eval.storage.listing import PARTIAL

TEMPLATE = Path(__file__).resolve().parent.parent / "dagster.yaml"
CONFIGURATION = "dagster.yaml"
_IN_DATABASE = """\
storage:
  custom:
    module: kkz_eval.run_history
    class: InDatabase
    config: {}
"""
_PRINTED_HERE: Any = {
    "compute_logs": {"module": "dagster._core.storage.noop_compute_log_manager", "class": "NoOpComputeLogManager", "config": {}}
}
_MAKING = 0x6B6B7A  # who makes the tables of a database holds the lock of this number: any number that nobody else takes


class InDatabase(DagsterStorage, ConfigurableClass):
    """What dagster.yaml names in place of Dagster's own storage: the address comes from the settings of the process, so that neither the file nor the
    arguments of a process of Dagster hold it."""

    @classmethod
    def config_type(cls) -> dict[str, Any]:
        """Nothing to configure."""
        return {}

    @classmethod
    def from_config_value(  # type: ignore[override]  # as Dagster's own storages do: another storage stands for this one
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> DagsterStorage:
        """The storage in the database that KKZ_DATABASE names, with all its tables. Raises UserError where it can't be had."""
        settings = load_settings()
        if settings.database is None:
            raise _not_named(settings.home)
        return _storage_in(settings.database, inst_data)


def open_instance(settings: Settings) -> dg.DagsterInstance:
    """The run history of an installation, made complete first, so that neither a kill nor a second start spoils it.

    dagster.yaml is written anew wherever it is not what template and settings say. Raises UserError where folder or database can't be used, and
    where the history lies in a database that the settings do not name.
    """
    with history_said(settings):
        return dg.DagsterInstance.from_config(str(_made_complete(settings)))


def open_at_terminal(settings: Settings) -> dg.DagsterInstance:
    """The same for a run in this process, whose steps print where it does: Dagster would have it printed by processes beside it, which an interrupt at the
    terminal reaches as well, and which then say so in words for programmers."""
    with history_said(settings):
        return dg.DagsterInstance.from_ref(InstanceRef.from_dir(str(_made_complete(settings)), overrides=_PRINTED_HERE))


def _made_complete(settings: Settings) -> Path:
    """The folder of the history, with its configuration as it should be."""
    folder, configuration = settings.dagster_home, _configuration(settings)
    try:
        if not folder.exists():
            _make(folder, configuration)
        _configure(folder, configuration, settings)
    except OSError as error:
        raise UserError("storage_not_writable", place=str(folder), reason=reason_of(error)) from error
    return folder


def forget_runs(instance: dg.DagsterInstance, before: datetime) -> int:
    """Remove runs that ended before a moment, with what they printed; their number.

    Those stay that an asset shows as the last that made it, or that were the last of a job or of a sensor: a sensor knows by its last run what it has
    started. No result rests on any of them.
    """
    records = instance.get_run_records(RunsFilter(statuses=FINISHED_STATUSES))
    known = [
        (entry.last_run_id, entry.last_materialization)
        for entry in (record.asset_entry for record in instance.get_asset_records())
    ]
    kept = {run_id for run_id, _ in known} | {made.run_id for _, made in known if made is not None}
    seen = set[tuple[str, str | None]]()
    gone = 0
    for record in records:  # the newest first
        run, started = record.dagster_run, (record.dagster_run.job_name, record.dagster_run.tags.get(SENSOR_NAME_TAG))
        is_last = started not in seen
        seen.add(started)
        if is_last or run.run_id in kept or record.end_time is None or record.end_time >= before.timestamp():
            continue
        instance.delete_run(run.run_id)
        instance.compute_log_manager.delete_logs(prefix=[run.run_id])
        gone += 1
    return gone


@contextmanager
def history_said(settings: Settings) -> Iterator[None]:
    """Within it, a run history that can't be read or written (a full disk, a database that is gone) is a UserError, whichever part of Dagster met it."""
    root = logging.getLogger()
    root.addFilter(_is_no_retry)
    try:
        yield
    except UserError:
        raise
    except Exception as error:
        causes = list(_causes(error))
        refused = next((cause for cause in causes if isinstance(cause, SQLAlchemyError | sqlite3.Error)), None)
        if refused is None:
            raise
        refused = next((cause for cause in causes if isinstance(cause, sqlite3.Error)), refused)
        if settings.database is None:
            raise UserError("history_not_writable", place=str(settings.dagster_home), reason=reason_of(refused)) from error
        raise UserError("database_refused", place=settings.database.place, reason=_first_line(refused)) from error
    finally:
        root.removeFilter(_is_no_retry)


def _is_no_retry(record: logging.LogRecord) -> bool:
    """Each of Dagster's attempts to reach the database is some lines to it, and the sentence says them all."""
    return not str(record.msg).startswith("Retrying failed database connection")


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """An error and those behind it."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _first_line(error: BaseException) -> str:
    """What the database says, without the statement and its values, which SQLAlchemy puts below."""
    said = str(error.orig if isinstance(error, DBAPIError) and error.orig is not None else error)
    return said.strip().partition("\n")[0] or type(error).__name__


def _configuration(settings: Settings) -> str:
    """What stands in dagster.yaml."""
    return TEMPLATE.read_text(encoding="utf-8") + ("" if settings.database is None else _IN_DATABASE)


def _make(folder: Path, configuration: str) -> None:
    """The history under another name first, and whole before it gets its own."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f"{PARTIAL}dagster-", dir=folder.parent))
    try:
        (draft / CONFIGURATION).write_text(configuration, encoding="utf-8")
        with dg.DagsterInstance.from_config(str(draft)) as instance:
            instance.get_runs(limit=1)
            instance.all_asset_keys()
            instance.all_instigator_state()
        os.rename(draft, folder)
    except OSError:
        if not folder.exists():  # else another process was first
            raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _configure(folder: Path, configuration: str, settings: Settings) -> None:
    """Let dagster.yaml be what the settings say. Raises UserError before a history in a database is left for one in files unasked."""
    file = folder / CONFIGURATION
    found = file.read_text(encoding="utf-8") if file.exists() else ""
    if found == configuration:
        return
    if settings.database is None and _IN_DATABASE in found:
        raise _not_named(settings.home)
    handle, draft = tempfile.mkstemp(prefix=PARTIAL, dir=folder)
    with os.fdopen(handle, "w", encoding="utf-8") as out:
        out.write(configuration)
    os.replace(draft, file)


def _not_named(home: Path) -> UserError:
    return UserError("database_not_named", home=str(home), folder=str(home / "dagster"))


def _storage_in(database: Database, inst_data: ConfigurableClassData | None) -> DagsterStorage:
    """Dagster's storage in a database. Its tables are made in one transaction, by one process: Dagster makes them one by one, and whoever is killed
    in between, or begins at the same moment, would leave some of them."""
    try:
        from dagster_postgres import DagsterPostgresStorage, run_storage  # noqa: PLC0415 (of an optional extra)
        from dagster_postgres.utils import pg_alembic_config  # noqa: PLC0415
    except ImportError as error:
        raise UserError("database_no_driver", module=error.name or "dagster-postgres") from error
    engine = create_engine(database.url, poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_MAKING})"))
        is_new = not inspect(connection).has_table("runs")
        if is_new:
            for tables in (RunStorageSqlMetadata, SqlEventLogStorageMetadata, ScheduleStorageSqlMetadata):
                tables.create_all(connection)
            stamp_alembic_rev(pg_alembic_config(run_storage.__file__), connection)
    storage: DagsterStorage = DagsterPostgresStorage(database.url, inst_data=inst_data)
    if is_new:
        for made in (storage.run_storage, storage.schedule_storage):
            made.migrate()  # which only notes that what older versions left is not there
            made.optimize()
        storage.event_log_storage.reindex_events()
        storage.event_log_storage.reindex_assets()
    return storage
