"""An edition is a draft until somebody releases it: who, when and which bytes are kept, and the pages that lead to reports say so."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from datetime import date
from itertools import chain
from pathlib import Path

import pytest

from benchmarks.faults import How, Killed, failures_of
from kkz_eval.cli import main
from kkz_eval.commands.release import release_edition, withdraw_release
from kkz_eval.evaluation.plan import Plan, report_folder
from kkz_eval.line import say
from kkz_eval.line.current_pages import editions_page, first_page, lead_to_report, released_page
from kkz_eval.line.edition_changes import RECORD
from kkz_eval.line.editions import number_edition
from kkz_eval.line.installation import Installation, open_installation
from kkz_eval.line.kept_reports import kept_report
from kkz_eval.line.releases import acts_on, newest_released, release, withdraw
from kkz_eval.line.report import Edition
from kkz_eval.line.soundness import look
from kkz_eval.model.errors import UserError
from kkz_eval.settings import Settings
from kkz_eval.storage.seals import SUMS, sums_of
from kkz_eval.storage.store import PARTIAL
from kkz_eval.storage.writer import LOCK

CONTRACTS = Path(__file__).parents[2] / "data_contracts"
DAY = date(2026, 5, 4)
PLAN = "kekiz-2012"


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    return open_installation(Settings(home=tmp_path / "home", inbox=tmp_path / "inbox", contracts=CONTRACTS, day=DAY))


def keep(installation: Installation, folder: str, *, simulated: bool = False) -> Edition:
    """A small edition as a run keeps it, and the stable addresses leading to it."""
    store, plan = installation.steps.store, installation.plans[PLAN]
    place = f"{report_folder(plan.id)}/{folder}"
    number = number_edition(store, plan.id, folder, date(2026, 3, 1), "s").number
    previous = {"number": number - 1, "day": "2026-01-02"} if number > 1 else None
    record = {"schema_version": 1, "number": number, "previous": previous, "changes": [], "simulated": simulated}
    pages = {say("report.page").in_language(language): b"<html></html>" for language in ("de", "en")}
    files = {RECORD: json.dumps(record).encode(), **pages}
    for name, content in {**files, SUMS: sums_of(place, files)}.items():
        store.put_if_absent(f"{place}/{name}", content)
    edition = Edition(f"{place}/{say('report.page').in_language('de')}", folder * 8)
    lead_to_report(installation, plan, edition)
    return edition


def status(installation: Installation) -> list[str]:
    """What the German page of all editions says of each, from top to bottom."""
    page = installation.steps.store.get(editions_page(plan_of(installation), "de")).decode()
    return [line for line in re.findall('<p class="status">(.+)</p>', page) if "SHA-256" not in line]


def plan_of(installation: Installation) -> Plan:
    return installation.plans[PLAN]


def test_a_new_edition_is_a_draft_until_somebody_releases_it_and_again_a_newer_one_is_a_draft(
    installation: Installation, capsys: pytest.CaptureFixture[str]
) -> None:
    store, plan = installation.steps.store, plan_of(installation)
    first = keep(installation, "aa")
    assert status(installation) == ["Entwurf: Niemand hat diese Ausgabe freigegeben."]
    before = {key: store.kept(key) for key in store.list("reports")}

    assert release_edition(installation.settings, PLAN, None, "Leitung <Evaluation>") == 0
    assert "Freigegeben: Ausgabe 1" in capsys.readouterr().out
    assert status(installation) == ["Freigegeben am 04.05.2026 (Rolle: Leitung &lt;Evaluation&gt;)."]
    assert {key: store.kept(key) for key in store.list("reports")} == before, "no file of an edition is touched"
    assert "Ausgabe 1, freigegeben am 04.05.2026" in store.get(first_page("de")).decode()

    keep(installation, "bb")
    assert [line.split(" ")[0] for line in status(installation)] == ["Entwurf:", "Freigegeben"]
    said = store.get(first_page("de")).decode()
    assert "Ausgabe 2, Entwurf, neuer als die freigegebene" in said
    assert "Ausgabe 1 (am 04.05.2026)" in said
    released = kept_report(installation, store.address_of(released_page(plan)))
    assert released.folder == first.page.rpartition("/")[0]
    assert "Edition 2, draft, newer than the released one" in store.get(first_page("en")).decode()


def test_a_release_is_withdrawn_with_a_reason_that_everybody_reads(
    installation: Installation, capsys: pytest.CaptureFixture[str]
) -> None:
    store, plan = installation.steps.store, plan_of(installation)
    keep(installation, "aa")
    release_edition(installation.settings, PLAN, 1, "Leitung")
    assert withdraw_release(installation.settings, PLAN, 1, "Leitung", "Zahl im Text\nfalsch") == 0
    assert status(installation) == [
        "Nicht mehr freigegeben: Die Freigabe wurde am 04.05.2026 zurückgenommen (Rolle: Leitung). Grund: Zahl im Text falsch"
    ]
    assert newest_released(store, plan.id) is None
    assert not store.exists(released_page(plan))
    assert [act.act for act in acts_on(store, plan.id)] == ["release", "withdrawal"], "both stay"
    assert main(["report", "withdraw", PLAN, "1", "--role", "L", "--reason", "G", "--home", str(installation.settings.home)]) == 2
    assert "nicht freigegeben" in capsys.readouterr().err
    release(store, plan.id, 1, "Leitung", DAY)
    assert newest_released(store, plan.id) is not None, "it may be released again"


def test_a_release_or_a_withdrawal_that_is_cut_short_is_ended_by_the_same_command(
    installation: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, home, kept = installation.settings, tmp_path / "home", tmp_path / "kept"
    monkeypatch.setattr("kkz_eval.commands.release.open_installation", lambda *_, **__: installation)
    keep(installation, "a")
    for act, done in (
        (lambda: release_edition(settings, PLAN, None, "Leitung"), "released_already"),
        (lambda: withdraw_release(settings, PLAN, 1, "Leitung", "falsche Quelle"), "not_released"),
    ):
        shutil.rmtree(kept, ignore_errors=True)
        shutil.copytree(home, kept)
        act()
        expected = files_of(home)

        def before() -> None:
            shutil.rmtree(home)
            shutil.copytree(kept, home)

        for failure in chain.from_iterable(failures_of(before, act, home, how=how, numbers=some) for how in How):
            assert isinstance(failure.error, (UserError, OSError, Killed, type(None))), failure
            assert refusal_of(act) in ("", done), failure
            assert files_of(home) == expected, failure


def refusal_of(act: Callable[[], object]) -> str:
    """Code of the error with which an act is refused, "" where it is done."""
    try:
        act()
    except UserError as refused:
        return refused.code
    return ""


def some(number: int) -> bool:
    """A sample of the calls."""
    return number % 7 == 1


def files_of(home: Path) -> dict[str, bytes]:
    """All that is kept, without unfinished writes and the lock's own."""
    found = {path.relative_to(home).as_posix(): path for path in home.rglob("*") if path.is_file()}
    return {name: path.read_bytes() for name, path in found.items() if PARTIAL not in name and name != LOCK}


def test_what_is_made_up_damaged_not_there_or_decided_by_nobody_is_not_released(installation: Installation) -> None:
    store, plan = installation.steps.store, plan_of(installation)
    keep(installation, "aa", simulated=True)
    keep(installation, "bb")
    keep(installation, "cc")
    path = Path(store.address_of(f"{report_folder(plan.id)}/cc/{say('report.page').in_language('en')}"))
    path.chmod(0o644)
    path.write_bytes(b"<html>other</html>")
    for number, role, code in ((1, "R", "release_simulated"), (3, "R", "edition_not_whole"), (9, "R", "report_edition_unknown")):
        with pytest.raises(UserError) as refused:
            release(store, plan.id, number, role, DAY)
        assert refused.value.code == code
    with pytest.raises(UserError, match="role"):
        release(store, plan.id, 2, "  ", DAY)
    release(store, plan.id, 2, "R", DAY)
    with pytest.raises(UserError, match="released already"):
        release(store, plan.id, 2, "R", DAY)
    with pytest.raises(UserError, match="reason"):
        withdraw(store, plan.id, 2, "R", " ", DAY)
    assert len(acts_on(store, plan.id)) == 1, "what was refused left nothing"


def test_fsck_names_a_released_edition_that_is_gone_or_another_and_an_act_that_is_missing(installation: Installation) -> None:
    store, plan = installation.steps.store, plan_of(installation)
    keep(installation, "aa")
    release(store, plan.id, 1, "R", DAY)
    withdraw(store, plan.id, 1, "R", "Grund", DAY)
    release(store, plan.id, 1, "R", DAY)
    assert look(store, installation.contracts).faults == ()
    folder = f"{report_folder(plan.id)}/aa"
    files = {"other.json": b'{"a": 1}'}
    store.put_if_absent(f"{folder}/other.json", files["other.json"])
    kept = store.kept(f"{folder}/{SUMS}")
    store.replace(f"{folder}/{SUMS}", sums_of(folder, files))
    (fault,) = look(store, installation.contracts).faults
    assert (fault.kind, fault.key) == ("altered", f"{folder}/{SUMS}")
    assert "freigegeben" in fault.what.in_language("de")
    assert store.kept(f"{folder}/{SUMS}") != kept
    for key in store.list(folder):
        store.remove(key)
    (fault,) = look(store, installation.contracts).faults
    assert (fault.kind, fault.key) == ("missing", f"{folder}/{SUMS}")
    acts = store.list("register/releases")
    store.remove(acts[1])
    assert ("missing", acts[1]) in {(one.kind, one.key) for one in look(store, installation.contracts).faults}
