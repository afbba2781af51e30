"""A folder that is asked for again is listed as it is, whatever became of it since; what has not changed is not listed a second time."""

from __future__ import annotations

import os
import random
import time
from pathlib import Path

import pytest

from kkz_eval.model.errors import UserError
from kkz_eval.storage import listing
from kkz_eval.storage.listing import PARTIAL, files_below, files_below_again

A_TICK = 0.02  # seconds after which every file system of a test machine shows another time


@pytest.fixture
def long_ago(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was changed a tick ago is taken for settled, as it is after some seconds."""
    monkeypatch.setattr(listing, "is_long_ago", lambda _: True)


def change(folder: Path, chance: random.Random) -> None:
    """One thing that may become of a folder of a few folders of files."""
    places = [folder / f"{number}" / f"{number % 3}" for number in range(6)]
    place = chance.choice(places)
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    match chance.choice(["new", "new", "gone", "moved", "unfinished", "folder gone"]):
        case "gone" if files:
            chance.choice(files).unlink()
        case "moved" if files:
            place.mkdir(parents=True, exist_ok=True)
            os.replace(chance.choice(files), place / "moved")
        case "unfinished":
            (place / f"{PARTIAL}x").mkdir(parents=True, exist_ok=True)
        case "folder gone" if place.exists():
            for path in sorted(place.rglob("*"), reverse=True):
                path.rmdir() if path.is_dir() else path.unlink()
            place.rmdir()
        case _:
            place.mkdir(parents=True, exist_ok=True)
            (place / str(chance.randrange(4))).touch()


@pytest.mark.usefixtures("long_ago")
def test_whatever_changes_it_is_listed_as_if_for_the_first_time(tmp_path: Path) -> None:
    chance = random.Random(1)
    for _ in range(40):
        change(tmp_path, chance)
        assert sorted(files_below_again(str(tmp_path))) == sorted(files_below(str(tmp_path)))
        time.sleep(A_TICK)


@pytest.mark.usefixtures("long_ago")
def test_only_what_has_changed_is_listed_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a", "b", "c"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "1").touch()
    for _ in range(2):
        files_below_again(str(tmp_path))
    time.sleep(A_TICK)
    (tmp_path / "b" / "2").touch()
    listed, entries_of = [], listing.entries_of
    monkeypatch.setattr(listing, "entries_of", lambda folder: [listed.append(folder), *entries_of(folder)][1:])
    assert len(files_below_again(str(tmp_path))) == 4
    assert listed == [f"{tmp_path}/b"]


def test_what_changed_a_moment_ago_is_not_believed_to_be_as_it_was(tmp_path: Path) -> None:
    for number in range(20):  # without a pause: some of them within one time of the file system
        (tmp_path / str(number)).touch()
        assert len(files_below_again(str(tmp_path))) == number + 1


def test_nothing_is_there_and_a_refusal_is_no_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert files_below_again(str(tmp_path / "none")) == []

    def refuse(_: str) -> None:
        raise PermissionError(13, "no")

    files_below_again(str(tmp_path))
    monkeypatch.setattr(os, "stat", refuse)
    with pytest.raises(UserError):
        files_below_again(str(tmp_path))
