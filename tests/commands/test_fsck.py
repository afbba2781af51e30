"""What a steward sees of a home that was damaged: each object by its name, with the way to put it right, and nothing remade in silence."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from fsspec.implementations.local import LocalFileSystem

from kkz_eval.cli import main
from kkz_eval.deliveries.register.register import Purge, begin_purge, read_register
from kkz_eval.line.correspondence import make_board, write_marked_copies, write_protocols
from kkz_eval.line.installation import Installation, open_installation
from kkz_eval.line.intake import judge_arrivals, land, parse_arrivals
from kkz_eval.line.snapshot import current_snapshot, keep_snapshot
from kkz_eval.line.weighed import weighed
from kkz_eval.model.errors import UserError
from kkz_eval.settings import CHECKOUT, Settings
from kkz_eval.storage.store import Store
from kkz_eval.storage.writer import writing_alone

CASES = Path(__file__).parents[1] / "cases" / "home_0_2_0"
YEARS = range(1995, 2025)
MadeOnce = Callable[[str, Callable[[Path], object]], Path]


@pytest.fixture(scope="module")
def whole(made_once: MadeOnce) -> Path:
    """A home of three files with all that a run keeps up to the board, and its inbox beside it; never changed."""

    def make(folder: Path) -> None:
        (folder / "inbox").mkdir(parents=True)
        for number, file in enumerate(sorted(path for path in (CASES / "landing").rglob("*") if path.is_file())):
            shutil.copyfile(file, folder / "inbox" / f"{number}.csv")
        run(folder)

    return made_once("whole_home", make)


def run(folder: Path) -> Installation:
    """What a run does up to the board, as a process that never saw this home would do it."""
    installation = open_installation(Settings(folder / "home", folder / "inbox", CHECKOUT / "data_contracts"), [])
    land(installation, YEARS)
    parse_arrivals(installation, YEARS)
    judge_arrivals(installation, YEARS)
    snapshot = current_snapshot(installation)
    rows = weighed(snapshot, YEARS)
    write_protocols(snapshot, rows)
    write_marked_copies(snapshot, rows)
    keep_snapshot(snapshot)
    snapshot.accepted("schulabgaenge")
    make_board(snapshot)
    return installation


@pytest.fixture
def folder(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "damaged"))


def moved(folder: Path) -> Path:
    """The folder under another name: what this process has read of it before it is told apart from what it is now."""
    return folder.rename(folder.parent / f"{folder.name}_")


@pytest.fixture
def fsck(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, list[dict[str, str]]]]:
    """Exit code, and the faults as --json has them."""

    def command(folder: Path, *arguments: str) -> tuple[int, list[dict[str, str]]]:
        capsys.readouterr()
        code = main(["fsck", "--home", str(folder / "home"), "--json", *arguments])
        return code, json.loads(capsys.readouterr().out)["faults"]

    return command


Fsck = Callable[..., tuple[int, list[dict[str, str]]]]


def the_first(folder: Path, pattern: str) -> Path:
    return sorted((folder / "home").glob(pattern))[0]


def key_of(folder: Path, path: Path) -> str:
    return path.relative_to(folder / "home").as_posix()


def alter(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0x10
    path.write_bytes(bytes(data))


ANY = {
    "landing": "landing/*/*",
    "batch": "register/batches/*",
    "verdict": "register/verdicts/*/*/*",
    "snapshot": "snapshots/*",
    "parsed table": "derived/parsed/*/table.parquet",
    "what is said of it": "derived/parsed/*/about.json",
    "findings": "derived/findings/*",
    "observations": "derived/observations/*",
    "what they rest on": "derived/observations_about/*",
    "protocol": "protocols/*/protokoll.html",
    "marked copy": "protocols/*/protokoll.xlsx",
    "board": "board/*/lieferstand.html",
    "letter": "board/*/antworten/05111000/antwort.txt",
}


def test_a_home_that_is_whole_is_said_to_be_so(folder: Path, fsck: Fsck, capsys: pytest.CaptureFixture[str]) -> None:
    assert fsck(folder) == (0, [])
    assert main(["fsck", "--home", str(folder / "home")]) == 0
    assert "alle in Ordnung" in capsys.readouterr().out


def test_a_home_that_is_not_there_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fsck", "--home", str(tmp_path / "kein")]) == 2
    assert str(tmp_path / "kein") in capsys.readouterr().err


@pytest.mark.parametrize("pattern", ANY.values(), ids=ANY)
def test_an_object_that_was_altered_is_named_with_a_remedy(folder: Path, fsck: Fsck, pattern: str) -> None:
    path = the_first(folder, pattern)
    alter(path)
    code, faults = fsck(folder)
    assert code == 1
    assert [(fault["kind"], fault["key"]) for fault in faults] == [("altered", key_of(folder, path))]
    assert faults[0]["remedy"]


EXCHANGED = ("verdict", "parsed table", "what is said of it", "findings", "observations", "what they rest on")


def test_objects_that_took_the_place_of_each_other_are_named(folder: Path, fsck: Fsck) -> None:
    exchanged = set()
    for name in EXCHANGED:
        first, *others = sorted((folder / "home").glob(ANY[name]))
        second = next(path for path in others if path.read_bytes() != first.read_bytes())
        whole = first.read_bytes()
        first.write_bytes(second.read_bytes())
        second.write_bytes(whole)
        exchanged |= {key_of(folder, first), key_of(folder, second)}
    assert {fault["key"] for fault in fsck(folder)[1]} == exchanged


def test_a_marked_copy_in_the_place_of_another_is_named_and_goes_with_no_letter(folder: Path, fsck: Fsck) -> None:
    (faulty,) = (file for file in (folder / "inbox").iterdir() if b";-111" in file.read_bytes())
    (folder / "inbox" / "3.csv").write_bytes(faulty.read_bytes().replace(b"05913000", b"05112000"))
    run(folder)
    first, second = sorted((folder / "home").glob(ANY["marked copy"]))
    theirs = first.read_bytes()
    assert theirs != second.read_bytes()
    first.write_bytes(second.read_bytes())
    second.write_bytes(theirs)
    both = {key_of(folder, path) for path in (first, second)}
    assert {fault["key"] for fault in fsck(folder)[1]} == both
    shutil.rmtree(folder / "home" / "board")
    with pytest.raises(UserError) as refused:
        run(moved(folder))
    assert (refused.value.code, refused.value.parameters["key"] in both) == ("object_altered", True)


def test_a_list_of_sums_that_is_missing_is_named(folder: Path, fsck: Fsck) -> None:
    path = the_first(folder, "board/*/SHA256SUMS")
    path.unlink()
    assert [(fault["kind"], fault["key"]) for fault in fsck(folder)[1]] == [("missing", key_of(folder, path))]


MISSING = {name: ANY[name] for name in ("landing", "verdict", "parsed table", "findings", "letter", "board")}


@pytest.mark.parametrize("pattern", MISSING.values(), ids=MISSING)
def test_an_object_that_is_missing_is_named_with_a_remedy(folder: Path, fsck: Fsck, pattern: str) -> None:
    path = the_first(folder, pattern)
    path.unlink()
    code, faults = fsck(folder)
    assert code == 1
    missing = [fault["key"] for fault in faults if fault["kind"] == "missing"]
    assert any(key_of(folder, path).startswith(key) for key in missing), faults


def test_a_last_batch_that_is_missing_is_named(folder: Path, fsck: Fsck) -> None:
    the_first(folder, "register/batches/*").unlink()
    _, faults = fsck(folder)
    assert ("missing", "register/batches/00000001.json") in {(fault["kind"], fault["key"]) for fault in faults}


def test_what_cannot_be_read_at_all_is_named_like_all_else_and_made_again(folder: Path, fsck: Fsck) -> None:
    nowhere, in_a_circle = the_first(folder, "derived/observations/*"), the_first(folder, "board/*/lieferstand.html")
    for path in (nowhere, in_a_circle):
        path.unlink()
    nowhere.symlink_to("nowhere")
    in_a_circle.symlink_to(in_a_circle)
    assert [fault["key"] for fault in fsck(folder)[1]] == [key_of(folder, in_a_circle), key_of(folder, nowhere)]
    fsck(folder, "--repair")
    assert not nowhere.is_symlink()
    assert not in_a_circle.is_symlink()


def test_what_nothing_points_to_is_left_over(folder: Path, fsck: Fsck) -> None:
    home = folder / "home"
    (home / "register" / ".partial-abc").write_bytes(b"half")
    store, table = Store.at(str(home)), key_of(folder, the_first(folder, "derived/parsed/*"))
    for key in store.list(table):
        store.put_if_absent(key.replace(table, f"derived/parsed/{'0' * 64}"), store.get(key))
    code, faults = fsck(folder)
    assert code == 1
    assert [(fault["kind"], fault["key"]) for fault in faults] == [
        ("left_over", f"derived/parsed/{'0' * 64}"),
        ("left_over", "register/.partial-abc"),
    ]
    assert fsck(folder, "--repair")[0] == 0
    assert fsck(folder) == (0, [])


@pytest.mark.parametrize("name", ["parsed table", "findings", "observations", "letter"])
def test_what_is_derived_is_removed_and_the_next_run_makes_it_as_it_was(folder: Path, fsck: Fsck, name: str) -> None:
    # the one that holds most: an empty table of a dataset without deliveries is made where somebody asks for it
    path = max((folder / "home").glob(ANY[name]), key=lambda one: (one.stat().st_size, one.name))
    before = path.read_bytes()
    alter(path)
    code, faults = fsck(folder, "--repair")
    assert (code, [fault["removed"] for fault in faults]) == (0, [True])
    assert not path.exists()
    again = moved(folder)
    run(again)
    assert (again / path.relative_to(folder)).read_bytes() == before
    assert fsck(again) == (0, [])


@pytest.mark.parametrize("name", ["landing", "batch", "verdict", "snapshot"])
def test_what_was_delivered_or_decided_is_never_removed(folder: Path, fsck: Fsck, name: str) -> None:
    path = the_first(folder, ANY[name])
    alter(path)
    code, faults = fsck(folder, "--repair")
    assert (code, [fault["removed"] for fault in faults]) == (1, [False])
    assert path.exists()


@pytest.mark.parametrize("damage", [alter, Path.unlink], ids=["altered", "missing"])
@pytest.mark.parametrize("name", ["0.csv", "noch_einmal.csv"])
def test_a_landed_content_is_restored_by_delivering_the_same_file(
    folder: Path, fsck: Fsck, damage: Callable[[Path], None], name: str
) -> None:
    contents = {path.read_bytes() for path in (folder / "home").glob("landing/*/*")}
    for path in (folder / "home").glob("landing/*/*"):
        if path.read_bytes() == (folder / "inbox" / "0.csv").read_bytes():
            damage(path)
    (folder / "inbox" / "0.csv").rename(folder / "inbox" / name)
    again = moved(folder)
    run(again)
    assert {path.read_bytes() for path in (again / "home").glob("landing/*/*")} == contents
    assert fsck(again) == (0, [])


@pytest.mark.parametrize("name", ["batch", "verdict"])
def test_a_damaged_register_is_a_sentence_that_names_the_object(
    folder: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    path = the_first(folder, ANY[name])
    alter(path)
    for command in (["deliveries", "list"], ["deliveries", "list", "--history"], ["deliveries", "decisions"]):
        capsys.readouterr()
        assert main([*command, "--home", str(folder / "home")]) == 2
        assert key_of(folder, path) in (said := capsys.readouterr().err)
        assert "kkz-eval fsck --home" in said


def test_tables_behind_a_verdict_of_an_earlier_version_are_not_remade_in_silence(
    tmp_path: Path, fsck: Fsck, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "old" / "inbox").mkdir(parents=True)
    shutil.copytree(CASES, tmp_path / "old" / "home")
    verdict = the_first(tmp_path / "old", "register/verdicts/*/*/*")
    sha256, table = verdict.parents[1].name, tmp_path / "old/home" / json.loads(verdict.read_bytes())["verdict"]["parsed_key"]
    shutil.rmtree(table)
    verdicts = {
        path.relative_to(tmp_path / "old"): path.read_bytes() for path in (tmp_path / "old").glob("home/register/**/*.json")
    }
    judge_arrivals(
        open_installation(Settings(tmp_path / "old/home", tmp_path / "old/inbox", CHECKOUT / "data_contracts"), []), YEARS
    )
    assert not table.exists()
    assert verdicts == {
        path.relative_to(tmp_path / "old"): path.read_bytes() for path in (tmp_path / "old").glob("home/register/**/*.json")
    }
    code, faults = fsck(tmp_path / "old", "--repair")
    assert code == 1
    (fault,) = [fault for fault in faults if fault["kind"] == "missing"]
    assert f"kkz-eval deliveries judge {sha256}" in fault["remedy"]
    assert main(["deliveries", "judge", sha256, "--home", str(tmp_path / "old" / "home")]) == 0
    assert "vorher: angenommen; jetzt: angenommen" in capsys.readouterr().out
    assert not [fault for fault in fsck(tmp_path / "old")[1] if fault["kind"] == "missing"]


def test_a_content_that_never_arrived_cannot_be_judged(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["deliveries", "judge", "0" * 64, "--home", str(folder / "home")]) == 2
    assert "deliveries list --json" in capsys.readouterr().err


def test_a_removal_that_was_cut_short_is_named_with_the_command_that_ends_it(folder: Path, fsck: Fsck) -> None:
    store = Store.at(str(folder / "home"))
    sha256 = read_register(store).arrivals[0].sha256
    begin_purge(store, Purge((sha256,), "Grund", "2026-01-01"))
    code, faults = fsck(folder)
    assert code == 1
    (fault,) = [fault for fault in faults if fault["key"].startswith("register/purges/")]
    assert f"kkz-eval purge {sha256}" in fault["remedy"]
    assert main(["purge", sha256, "--reason", "Grund", "--home", str(folder / "home"), "--inbox", str(folder / "inbox")]) == 0
    assert [fault for fault in fsck(folder)[1] if sha256 in fault["key"] or "purges" in fault["key"]] == []


def test_nothing_is_repaired_while_another_process_writes(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    unfinished = folder / "home" / "derived" / ".partial-x"
    unfinished.write_bytes(b"x")
    repairing = threading.Thread(target=main, args=(["fsck", "--repair", "--home", str(folder / "home")],))
    with writing_alone(folder / "home", "kkz-eval run", print):
        assert main(["fsck", "--home", str(folder / "home"), "--json"]) == 1
        said = capsys.readouterr()
        assert "kkz-eval run" in said.err
        assert json.loads(said.out)["faults"]
        repairing.start()
        while "Es wird gewartet" not in capsys.readouterr().err:
            repairing.join(0.01)
            assert repairing.is_alive()
        assert unfinished.exists()
    repairing.join()
    assert not unfinished.exists()


@pytest.mark.parametrize("name", [".dagster-1a2b", ".partial-dagster-1a2b", "derived/.partial-1a2b"])
@pytest.mark.parametrize("content", [(), ("dagster.yaml", "history/runs.db")], ids=["empty", "begun"])
def test_a_folder_that_was_being_made_is_named_once_and_removed(
    folder: Path, fsck: Fsck, name: str, content: tuple[str, ...]
) -> None:
    (folder / "home" / name).mkdir()
    for file in content:
        (folder / "home" / name / file).parent.mkdir(exist_ok=True)
        (folder / "home" / name / file).write_bytes(b"x")
    code, faults = fsck(folder)
    assert (code, [(fault["key"], fault["kind"]) for fault in faults]) == (1, [(name, "left_over")])
    assert fsck(folder, "--repair")[0] == 0
    assert not (folder / "home" / name).exists()
    assert fsck(folder) == (0, [])


def test_what_somebody_has_no_right_to_read_is_not_called_damaged_nor_removed(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = the_first(folder, "derived/observations/*")
    read = LocalFileSystem.cat_file

    def refused(system: LocalFileSystem, of: str) -> bytes:
        if of == str(path):
            raise PermissionError(13, "Permission denied", of)
        return bytes(read(system, of))

    monkeypatch.setattr(LocalFileSystem, "cat_file", refused)
    assert main(["fsck", "--repair", "--home", str(folder / "home")]) == 2
    assert f"{path} kann nicht gelesen werden" in capsys.readouterr().err
    assert path.exists()
