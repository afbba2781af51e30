"""A home that version 0.7.0 kept, with its contracts and a report, runs on: no new verdict, nothing rewritten, the same numbers, and a new edition that says
that the program alone is another."""

from __future__ import annotations

import csv
import io
import tarfile
from datetime import date
from pathlib import Path

import pytest
from whole_runs import take_in_and_judge, tree

from kkz_eval.cli import main
from kkz_eval.line.installation import Installation, open_installation
from kkz_eval.line.published_reports import editions_of
from kkz_eval.line.report import make_edition
from kkz_eval.line.snapshot import current_snapshot
from kkz_eval.line.study import Study
from kkz_eval.settings import Settings

KEPT = Path(__file__).parents[1] / "cases" / "home_0_7_0.tar.xz"
PLAN = "klein"


@pytest.fixture
def former(tmp_path: Path) -> Installation:
    """The home with its inbox and contracts, as an upgrade leaves them, on a later day."""
    with tarfile.open(KEPT) as kept:
        kept.extractall(tmp_path, filter="data")
    return open_installation(
        Settings(tmp_path / "home", tmp_path / "deliveries", tmp_path / "data_contracts", day=date(2026, 12, 1))
    )


def without_derived(line: Installation) -> dict[str, bytes]:
    return tree(line.settings.home, without="derived")


def estimates(line: Installation, folder: str) -> list[dict[str, str]]:
    """The rows of an edition, without the digest of the program."""
    text = line.steps.store.get(f"reports/{PLAN}/{folder}/estimates.csv").decode()
    return [{name: value for name, value in row.items() if name != "code_digest"} for row in csv.DictReader(io.StringIO(text))]


def test_it_is_whole_and_its_verdicts_stand(former: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KKZ_CONTRACTS", str(former.settings.contracts))
    before = without_derived(former)
    assert main(["fsck", "--home", str(former.settings.home)]) == 0
    take_in_and_judge(former)
    assert without_derived(former) == before


def test_the_next_run_gives_the_same_numbers_and_says_that_the_program_is_another(
    former: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = without_derived(former)
    take_in_and_judge(former)
    edition = make_edition(Study(current_snapshot(former), former.plans[PLAN]))
    now = without_derived(former)
    assert {name: now[name] for name in before} == before
    new, old = sorted(editions_of(former.steps.store, PLAN), key=lambda one: -one.number)
    assert (new.number, old.number, new.folder) == (2, 1, edition.digest[:16])
    assert new.record is not None
    assert {change["kind"] for change in new.record["changes"]} == {"code"}
    assert estimates(former, new.folder) == estimates(former, old.folder)
    monkeypatch.setenv("KKZ_CONTRACTS", str(former.settings.contracts))
    assert main(["fsck", "--home", str(former.settings.home)]) == 0
    again = make_edition(Study(current_snapshot(former), former.plans[PLAN]))
    assert again == edition
