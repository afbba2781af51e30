"""However many files a home holds: each file more costs what the first ones did, and one corrected file costs the same in a large home as in a small."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from benchmarks.bench_load import TODAY, correct, deliveries
from kkz_eval.deliveries.register.purging import purge
from kkz_eval.deliveries.register.register import forget_registers, read_register
from kkz_eval.line.correspondence import write_marked_copies, write_protocols
from kkz_eval.line.installation import Installation, open_installation
from kkz_eval.line.intake import EVERY_YEAR, judge_arrivals, land, parse_arrivals
from kkz_eval.line.snapshot import current_snapshot, keep_snapshot
from kkz_eval.line.soundness import look, repair
from kkz_eval.line.weighed import weighed
from kkz_eval.settings import CHECKOUT, Settings
from kkz_eval.storage.index import index_key
from kkz_eval.storage.steps import Steps
from kkz_eval.storage.store import Store
from tests.conftest import MadeOnce

INDEXES = (index_key("landing"), index_key("register"))


@dataclass(frozen=True)
class Counting(Store):
    """A store that counts what is asked of it: looks at single objects, and listings."""

    asked: Counter[str] = field(default_factory=Counter, compare=False)

    def kept(self, key: str) -> bytes:
        """As in a store."""
        self.asked["looks"] += 1
        return super().kept(key)

    def exists(self, key: str) -> bool:
        """As in a store."""
        self.asked["looks"] += 1
        return super().exists(key)

    def list_again(self, prefix: str) -> list[str]:
        """As in a store."""
        self.asked["listings"] += 1
        return super().list_again(prefix)

    def list(self, prefix: str) -> list[str]:
        """As in a store."""
        self.asked["listings"] += 1
        return super().list(prefix)

    def marks(self, keys: Collection[str], folders: Collection[str]) -> dict[str, str]:
        """As in a store."""
        self.asked["listings"] += 1
        return super().marks(keys, folders)


@pytest.fixture(autouse=True)
def a_few_objects_are_worth_an_index(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kkz_eval.storage.index.WORTHWHILE", 8)


def run(installation: Installation) -> Counter[str]:
    """What a run up to the marked copies asks of the store, as a process that never saw this home."""
    forget_registers()
    store = Counting(installation.steps.store.fs, installation.steps.store.root)
    installation = replace(installation, steps=Steps(store))
    land(installation, EVERY_YEAR)
    parse_arrivals(installation, EVERY_YEAR)
    judge_arrivals(installation, EVERY_YEAR)
    snapshot = current_snapshot(installation)
    keep_snapshot(snapshot)
    rows = weighed(snapshot, EVERY_YEAR)
    write_protocols(snapshot, rows)
    write_marked_copies(snapshot, rows)
    return store.asked


def deliver(installation: Installation, files: Mapping[str, bytes]) -> None:
    installation.settings.inbox.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (installation.settings.inbox / name).write_bytes(content)


def opened(folder: Path) -> Installation:
    return open_installation(Settings(folder / "home", folder / "inbox", CHECKOUT / "data_contracts", day=TODAY), [])


def test_each_year_costs_what_the_first_did_and_a_correction_the_same_in_a_large_home_as_in_a_small(tmp_path: Path) -> None:
    installation = opened(tmp_path)
    years, corrections = [], []
    for _, files in deliveries(range(2010, 2013), units=2):
        deliver(installation, files)
        years.append(run(installation))
        correct(installation.settings.inbox)
        corrections.append(run(installation))
    assert len(read_register(installation.steps.store).arrivals) > 60
    assert years[2]["looks"] <= years[1]["looks"] + 10, "of another year other files have findings"
    assert corrections[2] == corrections[1]
    assert corrections[2]["looks"] < 40
    assert run(installation)["looks"] < 20, "nothing is new"


@pytest.fixture(scope="module")
def of_a_year(made_once: MadeOnce) -> Path:
    """A home of one year's files and their inbox; never changed."""

    def make(folder: Path) -> None:
        installation = opened(folder)
        deliver(installation, next(deliveries(range(2010, 2011), units=2))[1])
        run(installation)

    return made_once("load_of_a_year", make)


@pytest.fixture
def home(of_a_year: Path, tmp_path: Path) -> Iterator[Installation]:
    """A home with both indexes: in a copy those of the original are not believed, and are made anew."""
    shutil.copytree(of_a_year, tmp_path, dirs_exist_ok=True)
    installation = opened(tmp_path)
    run(installation)
    yield installation
    forget_registers()


@pytest.mark.parametrize("key", INDEXES)
@pytest.mark.parametrize("what", ["deleted", "damaged", "of another home"])
def test_an_index_is_made_again_whatever_became_of_it_and_nothing_else_is(
    home: Installation, of_a_year: Path, tmp_path: Path, key: str, what: str
) -> None:
    store = home.steps.store
    known, before, usual = read_register(store), set(store.everything()), run(home)["looks"]
    path = Path(store.address_of(key))
    match what:
        case "deleted":
            path.unlink()
        case "damaged":
            path.write_bytes(path.read_bytes()[:-20] + b"0" * 20)
        case "of another home":
            other = Path(shutil.copytree(of_a_year, tmp_path / "other"))
            run(opened(other))
            path.write_bytes((other / "home" / key).read_bytes())
    assert run(home)["looks"] >= usual + 20, "without it, all is looked at"
    assert run(home)["looks"] == usual, "and then no more"
    assert read_register(store) == known
    assert set(store.everything()) == before
    assert look(store, home.contracts).faults == ()


def test_an_index_that_says_what_is_not_so_is_named_and_removed(home: Installation) -> None:
    store = home.steps.store
    said = json.loads(store.get(INDEXES[1]))
    said["said"]["chain"] = ""
    store.replace(INDEXES[1], json.dumps(said).encode())
    faults = look(store, home.contracts).faults
    assert [fault.key for fault in faults] == [INDEXES[1]]
    repair(store, faults)
    assert look(store, home.contracts).faults == ()


def test_a_landed_content_that_was_altered_in_silence_is_restored_once_fsck_has_been_asked(home: Installation) -> None:
    store = home.steps.store
    key = store.list("landing")[0]
    path, content = Path(store.address_of(key)), store.get(key)
    path.write_bytes(bytes([content[0] ^ 1]) + content[1:])
    index = json.loads(store.get(INDEXES[0]))
    index["rests_on"][key] = store.marks([key], ["landing"])[key]  # as a disk that forgets a bit leaves every time as it was
    store.replace(INDEXES[0], json.dumps(index).encode())
    run(home)
    faults = look(store, home.contracts).faults
    assert {fault.key for fault in faults} == {key, INDEXES[0]}
    repair(store, faults)
    run(home)
    assert store.get(key) == content
    assert look(store, home.contracts).faults == ()


def test_a_landed_content_that_somebody_altered_is_restored_by_the_next_run(home: Installation) -> None:
    store = home.steps.store
    key = store.list("landing")[0]
    content = store.get(key)
    Path(store.address_of(key)).write_bytes(bytes([content[0] ^ 1]) + content[1:])
    run(home)
    assert store.get(key) == content


def test_what_is_purged_is_in_no_index(home: Installation) -> None:
    store = home.steps.store
    arrival = read_register(store).arrivals[0]
    purge(store, home.settings.inbox, arrival.sha256, "Bitte der Kommune", TODAY)
    names = (arrival.sha256.encode(), arrival.name.encode())
    assert not any(name in store.get(key) for key in INDEXES if store.exists(key) for name in names)
    run(home)
    assert arrival.sha256 not in {sha256 for sha256, _ in read_register(store).verdicts}
    assert look(store, home.contracts).faults == ()
