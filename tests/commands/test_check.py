"""`check` reads in a child process: whatever ends the child costs the file it was at, and is said of that file; the others go on."""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from kkz_eval.commands import check_files
from kkz_eval.commands.check import check
from kkz_eval.deliveries.reader import read_file
from kkz_eval.deliveries.register import own_process
from kkz_eval.model.errors import UserError
from kkz_eval.model.reading_limits import Limits
from kkz_eval.settings import load_settings
from kkz_eval.stewardship import checked

SECRET = "Tannenhaeher"
LEAVERS = {
    "ohne Hauptschulabschluss": (6, 4),
    "Hauptschulabschluss": (20, 16),
    "mittlerer Abschluss": (44, 42),
    "Fachhochschulreife": (5, 5),
    "allgemeine Hochschulreife": (34, 40),
    "insgesamt": (109, 107),
}
GOOD = "\n".join(
    ["Gemeindeschlüssel;Schuljahr;Abschluss;Geschlecht;Anzahl"]
    + [
        f"05111000;2015/16;{certificate};{sex};{count}"
        for certificate, (boys, girls) in LEAVERS.items()
        for sex, count in (("männlich", boys), ("weiblich", girls), ("insgesamt", boys + girls))
    ]
).encode()
SETTINGS = replace(load_settings({}), limits=Limits(seconds=1, megabytes=64))


def _spin() -> None:
    while True:
        pass


def _allocate() -> None:
    kept = []
    while True:
        kept.append(bytearray(1 << 28))  # more at once than a process of many tests may have free within what it holds already


def _wait() -> None:
    signal.setitimer(
        signal.ITIMER_REAL, signal.getitimer(signal.ITIMER_REAL)[0] / 20
    )  # sooner; not at all where it was not to end
    time.sleep(60)


def _recurse() -> None:
    _recurse()


def _fault() -> None:
    int(SECRET)


def _segmentation_fault() -> None:
    ctypes.string_at(0)


def _killed() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


ENDS: dict[str, tuple[str, Callable[[], None]]] = {
    "endless work": ("Das Lesen dauerte länger", _spin),
    "too much memory": ("mehr Arbeitsspeicher", _allocate),
    "a library that gets no memory": ("mehr Arbeitsspeicher", os.abort),
    "killed by the system": ("mehr Arbeitsspeicher", _killed),
    "a segmentation fault": ("ist an dieser Datei abgebrochen", _segmentation_fault),
    "a library that leaves": ("ist an dieser Datei abgebrochen", lambda: os._exit(0)),
    "endless recursion": ("ist an dieser Datei abgebrochen", _recurse),
    "a fault of the program": ("Fehler im Programm (ValueError, ", _fault),
    "a wait without end": ("Das Lesen dauerte länger", _wait),
}


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """Three files, of which the middle one has the word SECRET in it."""
    made = [tmp_path / name for name in ("a.csv", "b.csv", "c.csv")]
    for path in made:
        path.write_bytes(GOOD)
    made[1].write_bytes(GOOD + b"\n" + SECRET.encode())
    return made


def _that_ends(monkeypatch: pytest.MonkeyPatch, end: Callable[[], None], name: str = "b.csv") -> None:
    """Let the reading of the file `name` end as it does in `end`."""

    def read(data: bytes, file_name: str, *more: object) -> object:
        if file_name == name:
            end()
        return read_file(data, file_name, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(checked, "read_file", read)


@pytest.mark.parametrize("kind", ENDS)
def test_what_ends_the_reading_is_said_of_its_file_and_the_others_are_checked(
    files: list[Path], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], kind: str
) -> None:
    said, end = ENDS[kind]
    _that_ends(monkeypatch, end)
    assert check(SETTINGS, files, None, "table", None) == 2
    out, err = capfd.readouterr()
    assert [line.rpartition(":")[0] for line in out.splitlines()] == [str(files[0]), str(files[2])]
    assert err.count("\n") == 1
    assert err.startswith("b.csv")
    assert said in err
    assert SECRET not in err


def test_a_report_for_programs_holds_all_files_in_their_order(
    files: list[Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check_files.check_files(SETTINGS, files[::2], None, "json") == 0
    alone = capsys.readouterr().out
    assert check(SETTINGS, files[::2], None, "json", None) == 0
    assert capsys.readouterr().out == alone == json.dumps(json.loads(alone), ensure_ascii=False, indent=2) + "\n"
    _that_ends(monkeypatch, _segmentation_fault)
    assert check(SETTINGS, files, None, "json", None) == 2
    reports = json.loads(capsys.readouterr().out)
    assert [(report["file"], report["readable"]) for report in reports] == [(str(path), path.name != "b.csv") for path in files]


@pytest.mark.parametrize("place", ["a.csv", "c.csv"])
def test_the_first_and_the_last_file_may_end_the_reading_too(
    files: list[Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], place: str
) -> None:
    _that_ends(monkeypatch, _segmentation_fault, place)
    assert check(SETTINGS, files, None, "json", None) == 2
    assert [report["readable"] for report in json.loads(capsys.readouterr().out)] == [path.name != place for path in files]


def test_every_file_may_end_the_reading(
    files: list[Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(checked, "read_file", lambda *_: _segmentation_fault())
    assert check(SETTINGS, files, None, "table", None) == 2
    assert [line[:5] for line in capsys.readouterr().err.splitlines()] == ["a.csv", "b.csv", "c.csv"]


def test_what_the_user_can_mend_and_what_is_no_fault_of_a_file_is_raised_in_the_process_that_asked(
    files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UserError, match="kita"):
        check(SETTINGS, files, "kita", "table", None)
    monkeypatch.setattr(check_files, "load_contracts", lambda _: {}["a fault"])
    with pytest.raises(RuntimeError, match=r"KeyError, kkz_eval/commands/check_files\.py:[0-9]+$"):
        check(SETTINGS, files, None, "table", None)


def _limits() -> list[tuple[int, int]]:
    return [resource.getrlimit(kind) for kind in (resource.RLIMIT_CPU, resource.RLIMIT_DATA, resource.RLIMIT_CORE)]


def test_a_fault_after_the_judgement_costs_its_file_only_and_quotes_nothing(
    files: list[Path], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def summary(*_: object) -> object:
        raise ValueError("Geheimes aus der Zelle")

    monkeypatch.setattr(checked, "summary_of", summary)
    assert check(SETTINGS, files, None, "table", None) == 2
    said = capfd.readouterr()
    assert "Geheimes" not in said.out + said.err
    assert said.err.count("ValueError") == len(files)


@pytest.mark.skipif(sys.platform != "linux", reason="children are looked up in /proc")
def test_the_process_that_asks_keeps_its_limits_and_its_children_end(files: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    children = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children")
    before = (_limits(), children.read_text(encoding="ascii"))
    _that_ends(monkeypatch, _allocate)
    check(SETTINGS, files, None, "table", None)
    assert (_limits(), children.read_text(encoding="ascii")) == before


def test_limits_hold_for_reading_only_and_one_that_was_there_stays(files: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """In a child, because limits are those of a process."""
    child = os.fork()
    if child == 0:
        kind, gigabyte = resource.RLIMIT_DATA, 1 << 30
        held = own_process._memory_held() or 0
        resource.setrlimit(kind, (held + gigabyte, resource.getrlimit(kind)[1]))
        with own_process.confined(Limits(megabytes=4096), 0):
            kept = resource.getrlimit(kind)[0] == held + gigabyte
        with own_process.confined(Limits(megabytes=64), 1 << 20):
            lowered = resource.getrlimit(kind)[0] < held + gigabyte
            timed = resource.getrlimit(resource.RLIMIT_CPU)[0] != resource.RLIM_INFINITY
        back = resource.getrlimit(kind)[0] == held + gigabyte and signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
        os._exit(0 if kept and lowered and timed and back else 1)
    assert os.waitpid(child, 0)[1] == 0


@pytest.mark.skipif(sys.platform != "linux", reason="core dumps are looked for as Linux writes them")
def test_a_crash_leaves_no_core_dump(
    files: list[Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
    try:
        _that_ends(monkeypatch, _segmentation_fault)
        assert check(SETTINGS, files, None, "table", None) == 2
    finally:
        resource.setrlimit(resource.RLIMIT_CORE, (soft, hard))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv", "b.csv", "c.csv"]


@pytest.mark.parametrize(
    ("name", "value"),
    [("KKZ_READER_SECONDS", "0"), ("KKZ_READER_MEGABYTES", "viel"), ("KKZ_READER_SECONDS", "-1"), ("KKZ_SETTLE_SECONDS", "drei")],
)
def test_a_limit_that_is_no_whole_number_is_refused(name: str, value: str) -> None:
    with pytest.raises(UserError, match=f"{name}.*{value}"):
        load_settings({name: value})
    assert load_settings({name: " 90 "}) != load_settings({})
