"""Files of the inbox are read in processes of their own: what ends one is said of its file, all else is as if it were read here."""

from __future__ import annotations

import io
import os
import pickle
import signal
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from contract_values import CASES, CONTRACTS, ROOT

from kkz_eval.deliveries.reader import read_file
from kkz_eval.deliveries.register import reading_process
from kkz_eval.deliveries.register.intake import take_in
from kkz_eval.deliveries.register.reading_process import Broke, ReadingProcess, Serves, look_over, read_apart
from kkz_eval.deliveries.register.register import read_register
from kkz_eval.deliveries.results import Unreadable
from kkz_eval.model.errors import UserError
from kkz_eval.model.reading_limits import DEFAULT_LIMITS, Limits
from kkz_eval.storage.store import Store

SECRET = "Tannenhaeher"
TABLE = (
    "Gemeindeschlüssel;Schuljahr;Geschlecht;Schulabgänge insgesamt;Anteil ohne Abschluss\n05111000;2015;insgesamt;{count};5,5\n"
)
SMALL = Limits(seconds=1, megabytes=64)
PROGRAM = """
import sys; sys.path[:] = sys.argv[1:]
import ctypes, os, signal, time
from kkz_eval.deliveries.register import reading_process

reading_process.FILES_OF_A_WORKER = 2
read_file = reading_process.read_file

def spin():
    while True:
        pass

def wait():
    signal.setitimer(signal.ITIMER_REAL, signal.getitimer(signal.ITIMER_REAL)[0] / 20)  # sooner; not at all where it was not to end
    time.sleep(60)

def recurse():
    recurse()

ENDS = {
    "spin": spin,
    "recurse": recurse,
    "wait": wait,
    "allocate": lambda: [bytearray(1 << 20) for _ in range(1 << 20)],
    "abort": os.abort,
    "kill": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "segmentation fault": lambda: ctypes.string_at(0),
    "leave": lambda: os._exit(0),
    "fault": lambda: int("Tannenhaeher"),
    "print": lambda: print("Tannenhaeher", flush=True),
}

def read(data, name, *more):
    for word, end in ENDS.items():
        if name.startswith(word):
            end()
    return read_file(data, name, *more)

reading_process.read_file = read
reading_process.serve()
"""
ENDS = {
    "spin": "reading_time",
    "wait": "reading_time",
    "allocate": "reading_memory",
    "abort": "reading_memory",
    "kill": "reading_memory",
    "segmentation fault": "reading_crashed",
    "leave": "reading_crashed",
    "recurse": "reading_crashed",
    "fault": "program_fault",
}


@pytest.fixture
def readers() -> Iterator[ReadingProcess]:
    process = ReadingProcess(CONTRACTS, SMALL, PROGRAM)
    yield process
    process.end()


@pytest.fixture
def others(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Lets read_apart start processes that break at the files of ENDS; those of other tests are ended, before and after."""
    reading_process.end_reading_processes()
    monkeypatch.setattr(reading_process, "PROGRAM", PROGRAM)
    yield
    reading_process.end_reading_processes()


def _table(count: int = 40) -> bytes:
    return TABLE.format(count=count).encode()


def _worker(readers: ReadingProcess, after: int = 0) -> int:
    """The worker of a server, once there is one that is not `after`."""
    server, worker = readers._process.pid, after
    while worker == after:
        children = Path(f"/proc/{server}/task/{server}/children").read_text(encoding="ascii").split()
        worker = int(children[0]) if children else after
        os.sched_yield()
    return worker


def test_what_ends_a_worker_is_said_of_its_file_and_the_next_is_read(readers: ReadingProcess) -> None:
    """All in one server: none of the ends may leave it out of step."""
    right = look_over(_table(), "right", CONTRACTS)
    assert isinstance(right, Serves)
    for name, reason in ENDS.items():
        found = readers.read(look_over, _table() + SECRET.encode(), name)
        assert isinstance(found, Broke), name
        assert (name, found.reason) == (name, reason)
        assert SECRET not in str(found)
        assert readers.read(look_over, _table(), "right") == right


def test_a_fault_of_the_program_has_its_kind_and_place(readers: ReadingProcess) -> None:
    found = readers.read(look_over, _table(), "fault")
    assert found.about["fault"].startswith("ValueError, kkz_eval/deliveries/register/reading_process.py:")


def test_what_a_library_prints_is_neither_an_answer_nor_shown(others: None, capfd: pytest.CaptureFixture[str]) -> None:
    assert isinstance(read_apart(look_over, _table(), "print", CONTRACTS, SMALL), Serves)
    assert capfd.readouterr() == ("", "")


@pytest.mark.skipif(sys.platform != "linux", reason="children are looked up in /proc")
def test_a_worker_is_replaced_after_some_files_and_after_a_crash(readers: ReadingProcess) -> None:
    first = _worker(readers)
    readers.read(look_over, _table(), "a")
    assert _worker(readers) == first
    readers.read(look_over, _table(), "b")  # the last one of two
    second = _worker(readers, after=first)
    readers.read(look_over, _table(), "kill")
    third = _worker(readers, after=second)
    readers.read(look_over, _table(), "c")
    assert _worker(readers) == third


@pytest.mark.skipif(sys.platform != "linux", reason="what others see of a process is looked up in /proc")
def test_neither_name_nor_content_can_be_seen_from_outside(readers: ReadingProcess) -> None:
    word = "Kreuzschnabel"
    readers.read(look_over, _table() + word.encode(), f"{word}.csv")
    for process in (readers._process.pid, _worker(readers)):
        for what in ("cmdline", "environ"):
            assert word.encode() not in Path(f"/proc/{process}/{what}").read_bytes()


@pytest.mark.skipif(sys.platform != "linux", reason="children are looked up in /proc")
@pytest.mark.parametrize("whom", ["the server", "a waiting worker"])
def test_a_process_that_is_killed_from_outside_costs_no_file(others: None, whom: str) -> None:
    assert isinstance(read_apart(look_over, _table(), "a", CONTRACTS, SMALL), Serves)
    (kept,) = reading_process._idle
    os.kill(kept._process.pid if whom == "the server" else _worker(kept), signal.SIGKILL)
    for name in ("b", "c", "d"):
        assert isinstance(read_apart(look_over, _table(), name, CONTRACTS, SMALL), Serves)


def test_an_answer_that_nobody_waited_for_is_not_taken_for_that_of_the_next_file(others: None) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    read_apart(look_over, _table(), "a", CONTRACTS, SMALL)
    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        with pytest.raises(KeyboardInterrupt):
            read_apart(look_over, b"", "spin", CONTRACTS, SMALL)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert isinstance(read_apart(look_over, _table(), "b", CONTRACTS, SMALL), Serves)
    with pytest.raises((pickle.PicklingError, AttributeError)):
        read_apart(lambda *_: None, _table(), "c", CONTRACTS, SMALL)
    assert isinstance(read_apart(look_over, _table(), "d", CONTRACTS, SMALL), Serves)


def test_a_file_that_takes_its_whole_time_does_not_hold_up_another(others: None) -> None:
    ended: list[str] = []

    def ask(name: str) -> None:
        read_apart(look_over, _table(), name, CONTRACTS, SMALL)
        ended.append(name)

    slow = threading.Thread(target=ask, args=("spin",))
    slow.start()
    ask("quick")
    slow.join()
    assert ended == ["quick", "spin"]
    assert len(reading_process._idle) == 2


def test_the_processes_end_with_the_one_that_asks() -> None:
    program = """
from kkz_eval.deliveries.register.reading_process import look_over, read_apart
from kkz_eval.deliveries.register import reading_process
from kkz_eval.model.reading_limits import DEFAULT_LIMITS
read_apart(look_over, b"a;b", "a.csv", {}, DEFAULT_LIMITS)
print(reading_process._idle[0]._process.pid, flush=True)
"""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment)
    with pytest.raises(ProcessLookupError):
        os.kill(int(done.stdout), 0)


@pytest.mark.parametrize("name", sorted(path.name for path in CASES.iterdir() if path.suffix != ".md"))
def test_a_file_is_read_as_in_this_process(name: str) -> None:
    data = (CASES / name).read_bytes()
    assert read_apart(read_file, data, name, CONTRACTS, DEFAULT_LIMITS) == read_file(data, name, CONTRACTS)


def test_one_file_that_ends_its_reader_does_not_stop_the_others(others: None, tmp_path: Path) -> None:
    inbox, store = tmp_path / "inbox", Store.at(str(tmp_path / "home"))
    inbox.mkdir()
    names = ["a.csv", *(f"{name}.csv" for name in ("fault", "kill", "recurse", "segmentation fault")), "z.csv"]
    for count, name in enumerate(names):
        (inbox / name).write_bytes(_table(count) + (SECRET.encode() if name == "fault.csv" else b""))
    for _ in range(2):  # the refused are looked at again, the landed are known
        intake = take_in(store, inbox, CONTRACTS, range(2010, 2020), limits=SMALL)
        assert {notice.name: notice.kind for notice in intake.notices} == dict.fromkeys(names[1:-1], "refused")
        assert SECRET not in str(intake.notices)
    assert [arrival.name for arrival in read_register(store).arrivals] == ["a.csv", "z.csv"]
    assert "Fehler im Programm (ValueError, " in intake.notices[0].sentence.in_language("de")


def _workbook(n_rows: int) -> bytes:
    """A workbook with the same text in ten columns of every row: small, and large when it is read."""
    kept = io.BytesIO()
    office = "http://schemas.openxmlformats.org"
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", f'<Types xmlns="{office}/package/2006/content-types"/>')
        archive.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{office}/package/2006/relationships"><Relationship Id="r1" Target="xl/workbook.xml" '
            f'Type="{office}/officeDocument/2006/relationships/officeDocument"/></Relationships>',
        )
        archive.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{office}/spreadsheetml/2006/main" xmlns:r="{office}/officeDocument/2006/relationships">'
            '<sheets><sheet name="T" sheetId="1" r:id="r1"/></sheets></workbook>',
        )
        archive.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{office}/package/2006/relationships"><Relationship Id="r1" Target="worksheets/sheet1.xml" '
            f'Type="{office}/officeDocument/2006/relationships/worksheet"/></Relationships>',
        )
        cell = '<c t="inlineStr"><is><t>Hauptschulabschluss</t></is></c>'
        rows = f"<row>{cell * 10}</row>" * n_rows
        archive.writestr(
            "xl/worksheets/sheet1.xml",
            f'<worksheet xmlns="{office}/spreadsheetml/2006/main"><sheetData>{rows}</sheetData></worksheet>',
        )
    return kept.getvalue()


@pytest.mark.parametrize(
    ("n_rows", "limits", "reason"),
    [(100_000, Limits(seconds=1), "reading_time"), (30_000, Limits(megabytes=16), "reading_memory")],
)
def test_a_small_file_that_is_large_when_it_is_read_exceeds_the_limits(n_rows: int, limits: Limits, reason: str) -> None:
    data = _workbook(n_rows)
    assert len(data) < 1 << 20
    found = read_apart(look_over, data, "gross.xlsx", CONTRACTS, limits)
    assert isinstance(found, Unreadable)
    assert found.reason_code == reason
    assert found.in_language("de").startswith("gross.xlsx: Das Lesen ")


@pytest.mark.parametrize(("met", "code"), [("digest_of_tables", "tables_changed"), ("program_met", "program_changed")])
def test_a_process_that_met_other_tables_or_another_program_than_who_asks_reads_nothing(
    monkeypatch: pytest.MonkeyPatch, met: str, code: str
) -> None:
    monkeypatch.setattr(reading_process, met, lambda: "another")
    with pytest.raises(UserError) as refused:
        ReadingProcess(CONTRACTS, SMALL, reading_process.PROGRAM)
    assert refused.value.code == code
