"""A run of Dagster is the only writer of its home: another waits and says so, the sensor starts none, and a removal is ended first."""

from __future__ import annotations

import shutil
import threading
from dataclasses import replace
from datetime import date
from pathlib import Path

import dagster as dg
import pytest
import yaml

from kkz_eval.assets.alone import held_by_a_run
from kkz_eval.assets.deliveries import landing
from kkz_eval.assets.options import RunOptions
from kkz_eval.deliveries.register.decisions import Place, Waiver, document_of
from kkz_eval.deliveries.register.intake import fingerprint
from kkz_eval.deliveries.register.purging import purge
from kkz_eval.deliveries.register.register import Purge, batch_key, begin_purge, read_register
from kkz_eval.line.alone import held
from kkz_eval.line.installation import Installation, open_installation
from kkz_eval.sensors import inbox_sensor
from kkz_eval.settings import Settings
from kkz_eval.storage.writer import other_writer, writing_alone

CONTRACTS = Path(__file__).parents[1] / "data_contracts"
SHA256 = "0" * 64


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    (tmp_path / "inbox").mkdir()
    (tmp_path / "inbox" / "neu.csv").write_bytes(b"a;b\n1;2\n")
    return open_installation(Settings(home=tmp_path / "home", inbox=tmp_path / "inbox", contracts=CONTRACTS), [])


def _silent(_: object) -> None:
    raise AssertionError("nobody has to be waited for")


def _look(installation: Installation, cursor: str | None = None) -> str:
    """What the sensor says, or that it starts a run."""
    context = dg.build_sensor_context(cursor=cursor, resources={"installation_only_read": installation})
    said = inbox_sensor(context)
    return str(said.skip_message) if isinstance(said, dg.SkipReason) else "starts"


def test_the_sensor_starts_no_run_while_another_process_writes(installation: Installation) -> None:
    home = installation.settings.home
    with writing_alone(home, "kkz-eval purge", _silent):
        said = _look(installation)
    assert said.startswith(f"In {home} arbeitet schon „kkz-eval purge“ (Prozess ")
    assert "sobald er fertig ist" in said
    assert "Im Eingang liegt Neues" in _look(installation)


def test_neither_sensor_nor_run_begins_before_a_removal_is_at_its_end(installation: Installation) -> None:
    store = installation.steps.store
    store.put_if_absent(f"landing/00/{SHA256}", b"x")
    begin_purge(store, Purge((SHA256,), "Grund", "2026-01-01"))
    command = f"kkz-eval purge {SHA256} --reason Grund --home {installation.settings.home}"
    assert command in _look(installation)
    run = dg.materialize(
        [landing],
        partition_key="2012",
        resources={"installation": held_by_a_run(installation), "options": RunOptions()},
        raise_on_error=False,
    )
    failed = run.failure_data_for_node("landing")
    assert failed is not None
    assert failed.user_failure_data is not None
    assert command in (failed.user_failure_data.description or "")
    purge(store, installation.settings.inbox, SHA256, "Grund", installation.decisions.today)
    assert "Im Eingang liegt Neues" in _look(installation)


def test_a_run_that_a_removal_kept_from_beginning_is_asked_for_again_after_it(installation: Installation) -> None:
    store, inbox = installation.steps.store, installation.settings.inbox
    store.put_if_absent(f"landing/00/{SHA256}", b"x")
    asked_before = fingerprint(inbox, read_register(store))
    purge(store, inbox, SHA256, "Grund", installation.decisions.today)
    assert fingerprint(inbox, read_register(store)) not in (None, asked_before)


def test_the_sensor_starts_no_run_on_a_damaged_register(installation: Installation) -> None:
    store = installation.steps.store
    store.put_if_absent(batch_key(1), b'{"schema_version": 1, "arrivals": [], "seen": {}}')
    path = Path(store.address_of(batch_key(1)))
    path.write_bytes(path.read_bytes().replace(b"arrivals", b"Arrivals"))
    said = _look(installation)
    assert batch_key(1) in said
    assert "kkz-eval fsck" in said


def test_a_run_holds_its_home_from_its_first_step_to_its_last_and_waits_for_others(installation: Installation) -> None:
    home, told = installation.settings.home, threading.Event()
    installation = replace(installation, progress=lambda _: told.set())
    seen: list[str] = []

    @dg.asset
    def first(installation: dg.ResourceParam[Installation]) -> None:
        seen.append(str(other_writer(installation.settings.home)))

    @dg.asset(deps=[first])
    def last(installation: dg.ResourceParam[Installation]) -> None:
        seen.append(str(other_writer(installation.settings.home)))

    def run() -> None:
        held = held_by_a_run(installation)
        with dg.DagsterInstance.ephemeral() as instance:
            assert dg.materialize([first, last], resources={"installation": held}, instance=instance).success
            (run_id,) = instance.get_run_ids()
            seen.append(run_id[:8])
            seen.append(" ".join(entry.message for entry in instance.all_logs(run_id)))

    waiting = threading.Thread(target=run)
    with writing_alone(home, "kkz-eval plan lock", _silent):
        waiting.start()
        assert told.wait(60)
        assert seen == []
    waiting.join()
    before, after, run_id, log = seen
    assert before == after
    assert run_id in before
    assert "arbeitet schon „kkz-eval plan lock“" in log
    assert other_writer(home) is None


def test_who_waited_judges_by_the_decisions_that_were_made_meanwhile(installation: Installation, tmp_path: Path) -> None:
    contracts = Path(shutil.copytree(CONTRACTS, tmp_path / "contracts"))
    waiting = replace(installation, settings=replace(installation.settings, contracts=contracts))
    place = Place("schulabgaenge", "05315000", 2012, "leavers", {}, "4f" * 32, "B17")
    rule = waiting.contracts["schulabgaenge"].rules[0].rule_id
    made = Waiver("meanwhile", place, rule, "0", "", "Zu.", "Amt", "Leitung", date(2099, 12, 31))
    assert waiting.decisions.waivers == ()
    (contracts / "waivers").mkdir(exist_ok=True)
    (contracts / "waivers" / "meanwhile.yaml").write_text(yaml.safe_dump(document_of(made)), encoding="utf-8")
    with held(waiting, "kkz-eval deliveries judge", _silent) as alone:
        assert alone.decisions.waivers == (made,)
