"""`tidy`: what by the settings need not stay goes and is said; what results and publications rest on stays, and so does all without settings."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial
from itertools import chain
from pathlib import Path

import dagster as dg
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "line"))

from kept_editions import keep

from benchmarks.faults import How, Killed, failures_of
from kkz_eval.cli import main
from kkz_eval.line.current_pages import lead_to_report
from kkz_eval.line.editions import numbered_editions
from kkz_eval.line.installation import Installation, open_installation
from kkz_eval.line.published_reports import editions_of
from kkz_eval.line.releases import RELEASES, Act, Released, _keep
from kkz_eval.line.retention import remove_drafts
from kkz_eval.model.day import day_in_berlin
from kkz_eval.model.errors import UserError
from kkz_eval.run_history import forget_runs, open_instance
from kkz_eval.settings import CHECKOUT, Settings
from kkz_eval.storage.store import PARTIAL

PLAN = "modellwelt"


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    (tmp_path / "home").mkdir()
    return open_installation(Settings(tmp_path / "home", tmp_path / "inbox", CHECKOUT / "data_contracts"))


@pytest.fixture
def tidy(installation: Installation, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Call the command with these settings; what it says."""

    def call(**settings: int) -> str:
        for name, value in settings.items():
            monkeypatch.setenv(f"KKZ_KEEP_{name.upper()}", str(value))
        assert main(["tidy", "--home", str(installation.settings.home)]) == 0
        said = capsys.readouterr()
        return said.out + said.err

    return call


def editions(installation: Installation, *folders: str) -> None:
    """Editions of a plan in this order, one a day."""
    plan = installation.plans[PLAN]
    for day, folder in enumerate(folders):
        lead_to_report(installation, plan, keep(installation, plan, folder, date(2026, 1, 1) + timedelta(day), []))


def there(installation: Installation) -> list[int]:
    return sorted(one.number for one in editions_of(installation.steps.store, PLAN) if one.files)


def act(installation: Installation, of: Act, number: int) -> None:
    (one,) = (each for each in numbered_editions(installation.steps.store, PLAN) if each.number == number)
    _keep(installation.steps.store, Released(of, PLAN, number, one.folder, "0" * 64, "Leitung", one.day))


def test_without_settings_all_stays(installation: Installation, tidy: Callable[..., str]) -> None:
    editions(installation, "a", "b")
    assert "KKZ_KEEP_DRAFTS" in tidy()
    assert there(installation) == [1, 2]


def test_so_many_drafts_stay_and_whatever_was_ever_released(installation: Installation, tidy: Callable[..., str]) -> None:
    editions(installation, "a", "b", "c", "d", "e")
    act(installation, Act.RELEASE, 1)
    act(installation, Act.RELEASE, 3)
    act(installation, Act.WITHDRAWAL, 3)
    said = tidy(drafts=1)
    assert there(installation) == [1, 3, 5]
    assert "Ausgabe 2 vom 2026-01-02" in said
    assert "Ausgabe 4" in said
    assert [one.number for one in numbered_editions(installation.steps.store, PLAN)] == [1, 2, 3, 4, 5]
    editions_page = next(installation.settings.home.glob("aktuell/ausgaben/*.html")).read_text(encoding="utf-8")
    assert "/b/" not in editions_page
    assert not [key for key in installation.steps.store.list(f"reports/{PLAN}") if key.split("/")[2] in "bd"]
    assert installation.steps.store.list(RELEASES)
    assert "0 entfernt" in tidy(drafts=1)


def test_the_edition_that_the_pages_show_stays(installation: Installation, tidy: Callable[..., str]) -> None:
    editions(installation, "a", "b", "c", "a")  # of the same data once more, an earlier edition holds again
    tidy(drafts=1)
    assert there(installation) == [1, 3]


def test_one_that_was_cut_short_is_ended(installation: Installation, tmp_path: Path) -> None:
    editions(installation, "a", "b")
    home, kept = tmp_path / "home", tmp_path / "kept"
    shutil.copytree(home, kept)

    def before() -> None:
        shutil.rmtree(home)
        shutil.copytree(kept, home)

    def files() -> dict[Path, bytes]:
        return {path: path.read_bytes() for path in home.rglob("*") if path.is_file() and PARTIAL not in path.name}

    remove_drafts(installation, 1)
    expected = files()
    assert not installation.steps.store.list(f"reports/{PLAN}/a")
    tidied = partial(remove_drafts, installation, 1)
    for failure in chain.from_iterable(failures_of(before, tidied, home, how=how, numbers=some) for how in How):
        assert isinstance(failure.error, (UserError, Killed, type(None))), failure
        tidied()
        assert files() == expected, failure


def some(number: int) -> bool:
    """A sample of the calls."""
    return number % 7 == 1


def test_the_log_of_so_many_days_stays(installation: Installation, tidy: Callable[..., str]) -> None:
    folder = installation.settings.home / "desk" / "actions"
    folder.mkdir(parents=True)
    today = day_in_berlin()
    for name in [f"{today - timedelta(days)}.jsonl" for days in (0, 10, 11)] + ["notes.jsonl"]:
        (folder / name).write_text("{}\n", encoding="utf-8")
    assert "entfernte Tage: 1" in tidy(log_days=10)
    assert sorted(file.name for file in folder.iterdir()) == sorted(
        [f"{today - timedelta(d)}.jsonl" for d in (0, 10)] + ["notes.jsonl"]
    )


@dg.asset
def first() -> None:
    """An asset."""


@dg.asset
def second() -> None:
    """Another."""


def test_old_runs_go_but_for_the_last_of_each_asset_and_job(installation: Installation) -> None:
    jobs = [dg.define_asset_job(one.key.to_user_string() + "_job", selection=[one]) for one in (first, second)]
    defs = dg.Definitions(assets=[first, second], jobs=jobs)

    with open_instance(installation.settings) as instance:

        def run(job: str) -> str:
            return defs.resolve_job_def(job).execute_in_process(instance=instance).run_id

        old, last_of_second, newest = run("first_job"), run("second_job"), run("first_job")
        ended = [instance.get_run_record_by_id(one).end_time for one in (old, newest)]
        assert forget_runs(instance, _moment(min(ended))) == 0  # none that ended later
        assert forget_runs(instance, _moment(max(ended) + 1)) == 1
        assert {one.run_id for one in instance.get_runs()} == {last_of_second, newest}
        made = [instance.get_latest_materialization_event(one.key) for one in (first, second)]
        assert [event.run_id for event in made] == [newest, last_of_second]


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
