"""A run whose history lies in Postgres keeps the same bytes as one with files; if the database goes in the middle of it, it ends with a sentence
and goes on where it was."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from postgres import WRITTEN, Postgres, a_postgres, needs_postgres
from three_files import three_files
from whole_runs import copy_of, tree

from kkz_eval.cli import main


class Hearing(io.StringIO):
    """What is printed, and what happens once a word of it is heard."""

    def __init__(self, word: str, then: Callable[[], None]) -> None:
        super().__init__()
        self._word, self._then = word, then

    def write(self, text: str) -> int:
        written = super().write(text)
        if self._word and self._word in text:
            self._word = ""
            self._then()
        return written


def run(world: Path) -> int:
    """The yearly run of a world, as in a terminal; its exit code."""
    return main(["run", "--inbox", str(world / "deliveries"), "--home", str(world / "home"), "--plan", str(world / "plan.yaml")])


def kept(world: Path) -> dict[str, bytes]:
    """What a home keeps, without the run history."""
    return tree(world / "home", without="dagster")


@needs_postgres
def test_the_same_bytes_on_a_database_even_if_it_goes_in_the_middle(
    made_once, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fresh = made_once("three_files", three_files)
    in_files, on_database = copy_of(fresh, tmp_path / "files"), copy_of(fresh, tmp_path / "database")
    monkeypatch.setenv("KKZ_CONTRACTS", str(fresh / "contracts"))
    code = run(in_files)
    with a_postgres() as server:
        lost_in_the_middle(server, on_database, monkeypatch, capsys)
        server.start()
        assert run(on_database) == code
        assert server.ask("kkz", "SELECT status, count(*) FROM runs GROUP BY 1 ORDER BY 1") == "STARTED|1\nSUCCESS|1"
    assert len(list((in_files / "home").glob("reports/*/*/bericht.html"))) == 1
    expected, found = kept(in_files), kept(on_database)
    assert sorted(found) == sorted(expected)
    assert [name for name in expected if found[name] != expected[name]] == []


def lost_in_the_middle(
    server: Postgres, world: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A run whose database goes once the files are judged: a sentence without a password, exit code 2, and a home that is sound."""
    monkeypatch.setenv("KKZ_HOME", str(world / "home"))
    monkeypatch.setenv("KKZ_DATABASE", server.database("kkz"))
    monkeypatch.setattr("dagster_postgres.utils.calculate_delay", lambda **_: 0.0)  # it asks again as often, without waiting
    capsys.readouterr()
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", heard := Hearing("Geprüft: 3 angenommen", server.stop))
        assert run(world) == 2
    assert "Geprüft" in heard.getvalue()
    assert "Bericht:" not in heard.getvalue()
    said = capsys.readouterr().err
    assert said.splitlines()[-1].startswith(f"Die Datenbank der Laufgeschichte, 127.0.0.1:{server.port}/kkz, antwortet nicht")
    assert [word for word in (WRITTEN, "Traceback", "Retrying") if word in said] == []
    assert main(["fsck", "--home", str(world / "home")]) == 0
