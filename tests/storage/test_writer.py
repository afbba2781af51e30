"""One process writes in a home at a time; another says who it is and waits; one that was killed keeps nobody waiting."""

from __future__ import annotations

import os
import resource
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kkz_eval.model.errors import UserError
from kkz_eval.storage.writer import LOCK, is_long_ago, other_writer, writing_alone, writing_soon


def _silent(_: object) -> None:
    raise AssertionError("nobody has to be waited for")


@contextmanager
def _elsewhere(home: Path, ready: str = "") -> Iterator[int]:
    """Another process that holds the home; its number. It ends when it is killed."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            with writing_alone(home, "kkz-eval run", _silent):
                os.write(writing, b"x")
                signal.pause()
        finally:
            os._exit(1)
    os.read(reading, 1)
    os.close(reading)
    os.close(writing)
    try:
        yield child
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def test_where_nobody_writes_nobody_is_named_and_nothing_is_made(tmp_path: Path) -> None:
    assert other_writer(tmp_path / "home") is None
    assert not (tmp_path / "home").exists()


def test_who_looks_is_told_which_process_writes_where_and_since_when(tmp_path: Path) -> None:
    with _elsewhere(tmp_path) as process:
        said = other_writer(tmp_path)
        assert said is not None
        for sentence in (said.in_language("de"), said.in_language("en")):
            assert str(tmp_path) in sentence
            assert "kkz-eval run" in sentence
            assert f"{process}, s" in sentence
    assert other_writer(tmp_path) is None


def test_a_second_writer_says_whom_it_waits_for_once_and_then_goes_on(tmp_path: Path) -> None:
    order: list[str] = []
    holding, told = threading.Event(), threading.Event()

    def second() -> None:
        def tell(said: object) -> None:
            order.append(str(said))
            told.set()

        holding.wait()
        with writing_alone(tmp_path, "kkz-eval purge", tell):
            order.append("second")

    waiting = threading.Thread(target=second)
    waiting.start()
    with writing_alone(tmp_path, "kkz-eval run", _silent):
        holding.set()
        assert told.wait(30)
        order.append("first")
    waiting.join()
    assert ["kkz-eval run" in order[0], *order[1:]] == [True, "first", "second"]
    assert "goes on by itself" in order[0]


def test_who_waits_at_a_page_is_let_in_once_the_other_has_finished_and_else_told_who_it_is(tmp_path: Path) -> None:
    with _elsewhere(tmp_path), pytest.raises(UserError, match=r"kkz-eval run.*again"), writing_soon(tmp_path, "page", 0):
        pytest.fail("another one writes")
    let_in = threading.Event()

    def second() -> None:
        with writing_soon(tmp_path, "page", 60):
            let_in.set()

    waiting = threading.Thread(target=second)
    with writing_soon(tmp_path, "another page", 0):
        waiting.start()
        assert not let_in.wait(0.1)
        said = other_writer(tmp_path)
        assert said is not None
        assert "another page" in said.in_language("de")
    waiting.join()
    assert let_in.is_set()


def test_what_a_killed_process_held_is_free_at_once(tmp_path: Path) -> None:
    with _elsewhere(tmp_path):
        pass
    assert (tmp_path / LOCK).read_bytes(), "it could not clear its name away"
    with writing_alone(tmp_path, "kkz-eval run", _silent):
        pass
    assert (tmp_path / LOCK).read_bytes() == b""


def test_a_full_disk_keeps_nobody_from_making_room(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        with writing_alone(tmp_path, "kkz-eval fsck --repair", _silent):
            said = other_writer(tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert said is not None
    assert said.in_language("de") == f"In {tmp_path} arbeitet schon ein anderer Vorgang."
    assert other_writer(tmp_path) is None


def test_an_error_gives_the_home_up(tmp_path: Path) -> None:
    with pytest.raises(KeyError), writing_alone(tmp_path, "kkz-eval run", _silent):
        raise KeyError
    with writing_alone(tmp_path, "kkz-eval run", _silent):
        pass


@pytest.mark.parametrize("written", [b"", b"{", b"[]", b'{"command": "x"}', b"\xff"])
def test_a_writer_that_has_not_said_its_name_is_another_process(tmp_path: Path, written: bytes) -> None:
    with _elsewhere(tmp_path):
        (tmp_path / LOCK).write_bytes(written)
        said = other_writer(tmp_path)
        assert said is not None
        assert said.in_language("de") == f"In {tmp_path} arbeitet schon ein anderer Vorgang."


def test_a_home_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(UserError) as error, writing_alone(tmp_path / "file" / "home", "kkz-eval run", _silent):
        pass
    assert "--home" in error.value.sentence.in_language("de")


@pytest.mark.parametrize("years", [-1, 1])
def test_a_file_of_another_time_than_now_would_show_another_if_it_were_changed_now(years: int) -> None:
    assert is_long_ago(time.time_ns() + years * 365 * 86_400 * 10**9)
    assert not is_long_ago(time.time_ns())
