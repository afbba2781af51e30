"""The run history lies where the settings say, is whole or not there, and what is wrong with it is a sentence that shows no password."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from dagster._core.storage.local_compute_log_manager import LocalComputeLogManager

from kkz_eval.model.errors import UserError
from kkz_eval.run_history import TEMPLATE, open_at_terminal, open_instance
from kkz_eval.settings import Settings, load_settings
from kkz_eval.storage.writer import shown_alive, sign_of_life

sys.path.insert(0, str(Path(__file__).parent))

from postgres import PASSWORD, WRITTEN, Postgres, a_postgres, needs_postgres

OPENS = """\
import os, sys
from kkz_eval.run_history import open_instance
from kkz_eval.settings import load_settings
ready, go = os.pipe()
for _ in range(5):
    if os.fork() == 0:
        os.close(go)
        os.read(ready, 1)  # until all of them are there
        with open_instance(load_settings()) as instance:
            sys.stdout.write(f"{type(instance.event_log_storage).__name__} {instance.get_runs_count()}\\n")
        sys.stdout.flush()
        os._exit(0)
os.close(go)
sys.exit(sum(os.wait()[1] for _ in range(5)))
"""


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    """A Postgres for these tests."""
    with a_postgres() as running:
        yield running


def settings_of(home: Path, address: str, patch: pytest.MonkeyPatch) -> Settings:
    """The settings of a process that was started so: Dagster's storage asks for them itself."""
    patch.setenv("KKZ_HOME", str(home))
    patch.setenv("KKZ_DATABASE", address)
    return load_settings()


def configuration(home: Path) -> dict[str, object]:
    return yaml.safe_load((home / "dagster" / "dagster.yaml").read_text(encoding="utf-8"))


def opened_by_five_at_once() -> list[str]:
    """What five processes print that open the history of the settings at the same moment."""
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", OPENS], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@needs_postgres
def test_five_starts_at_once_make_one_history_in_a_database(
    server: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings_of(tmp_path, server.database("five"), monkeypatch)
    assert opened_by_five_at_once() == ["PostgresEventLogStorage 0"] * 5
    assert server.ask("five", "SELECT count(*) FROM alembic_version") == "1"
    assert [path.name for path in tmp_path.iterdir()] == ["dagster"]


@needs_postgres
def test_a_start_that_is_cut_off_leaves_no_half_of_the_tables(
    server: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = settings_of(tmp_path, server.database("cut_off"), monkeypatch)
    with monkeypatch.context() as patch:
        patch.setattr("kkz_eval.run_history.stamp_alembic_rev", _killed)
        with pytest.raises(RuntimeError):
            open_instance(settings)
    assert server.ask("cut_off", "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == "0"
    with open_instance(settings) as instance:
        assert instance.get_runs_count() == 0


def _killed(*_: object) -> None:
    raise RuntimeError("killed here")


@needs_postgres
def test_the_password_stands_in_no_file_and_in_nothing_that_dagster_hands_on(
    server: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = settings_of(tmp_path, server.database("secret"), monkeypatch)
    assert WRITTEN not in repr(settings)
    with open_instance(settings) as instance:
        shown = [json.dumps(instance.get_ref().to_dict()), instance.info_str(), repr(instance.get_ref())]
    shown += [path.read_text(encoding="utf-8") for path in (tmp_path / "dagster").rglob("*") if path.is_file()]
    assert [text for text in shown if WRITTEN in text or PASSWORD in text] == []


@needs_postgres
@pytest.mark.parametrize("wrong", ["password", "database", "port"])
def test_a_database_that_can_not_be_used_is_named_without_its_password(
    server: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrong: str
) -> None:
    address = f"postgresql://kkz:{WRITTEN}@127.0.0.1:{server.port}/kkz_{wrong}"
    if wrong == "password":
        server.ask("postgres", "CREATE DATABASE kkz_password")
        address = address.replace(WRITTEN, "falsch-geheim")
    if wrong == "port":
        address = address.replace(f":{server.port}/", ":1/")
    with pytest.raises(UserError) as refused:
        open_instance(settings_of(tmp_path, address, monkeypatch))
    said = refused.value.sentence.in_language("de")
    assert refused.value.code == "database_refused"
    assert address.partition("@")[2] in said
    assert [secret for secret in (WRITTEN, PASSWORD, "falsch-geheim") if secret in said] == []
    assert "\n" not in said
    assert list(tmp_path.iterdir()) == []


@needs_postgres
def test_a_history_in_a_database_is_not_left_for_one_in_files_unasked(
    server: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = server.database("not_left")
    with open_instance(settings_of(tmp_path, address, monkeypatch)):
        pass
    with pytest.raises(UserError) as refused:
        open_instance(settings_of(tmp_path, "", monkeypatch))
    assert refused.value.code == "database_not_named"
    with open_instance(settings_of(tmp_path, address, monkeypatch)) as instance:
        assert type(instance.event_log_storage).__name__ == "PostgresEventLogStorage"


@needs_postgres
def test_a_history_in_files_goes_on_in_a_database_where_the_settings_say_so(
    server: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_instance(settings_of(tmp_path, "", monkeypatch)):
        assert "storage" not in configuration(tmp_path)
    with open_instance(settings_of(tmp_path, server.database("goes_on"), monkeypatch)) as instance:
        assert type(instance.event_log_storage).__name__ == "PostgresEventLogStorage"
        assert "storage" in configuration(tmp_path)


def test_without_the_driver_a_sentence_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "dagster_postgres", None)
    with pytest.raises(UserError) as refused:
        open_instance(settings_of(tmp_path, "postgresql:///kkz", monkeypatch))
    assert "kkz-eval[server]" in refused.value.sentence.in_language("de")


def test_a_former_configuration_is_made_anew(tmp_path: Path) -> None:
    settings = load_settings({}, home=tmp_path)
    with open_instance(settings):
        pass
    (tmp_path / "dagster" / "dagster.yaml").write_text("telemetry: {enabled: true}\n", encoding="utf-8")
    with open_instance(settings):
        pass
    assert configuration(tmp_path) == yaml.safe_load(TEMPLATE.read_text(encoding="utf-8"))
    assert list((tmp_path / "dagster").glob(".partial*")) == []


def test_a_terminal_has_the_same_history_and_what_its_runs_print_is_not_captured(tmp_path: Path) -> None:
    settings = load_settings({}, home=tmp_path)
    with open_at_terminal(settings) as here, open_instance(settings) as there:
        assert here.root_directory == there.root_directory
        assert here.run_coordinator.__class__ is there.run_coordinator.__class__
        assert not isinstance(here.compute_log_manager, LocalComputeLogManager)
        assert isinstance(there.compute_log_manager, LocalComputeLogManager)


def test_the_sign_of_life_of_a_run_goes_with_what_it_printed(tmp_path: Path) -> None:
    with open_instance(load_settings({}, home=tmp_path)) as instance:
        sign = sign_of_life(instance.storage_directory(), "of-a-run")
        with shown_alive(sign):
            assert sign.exists()
        instance.compute_log_manager.delete_logs(prefix=["of-a-run"])
        assert not sign.exists()
