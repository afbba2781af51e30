"""Reasons of the system and of libraries are said in the reader's language; an unknown one is quoted as it came."""

import errno
import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import yaml

from kkz_eval.model.errors import UserError
from kkz_eval.model.system_errors import reason_of
from kkz_eval.model.texts import catalogue

LOADERS = [yaml.SafeLoader, *([yaml.CSafeLoader] if hasattr(yaml, "CSafeLoader") else [])]


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as error:
        (tmp_path / "none").read_bytes()
    sentence = UserError("storage_not_writable", place="x", reason=reason_of(error.value))
    assert "die Datei oder der Ordner ist nicht da" in sentence.sentence.in_language("de")
    assert "there is no such file or folder" in sentence.sentence.in_language("en")
    assert "No such file" not in sentence.sentence.in_language("de")


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.EACCES, "die Rechte dafür fehlen"),
        (errno.ENOSPC, "auf dem Datenträger ist kein Platz mehr"),
        (errno.EISDIR, "das ist ein Ordner, keine Datei"),
        (errno.EADDRINUSE, "ein anderes Programm benutzt ihn"),
    ],
)
def test_the_usual_refusals_of_the_system(number: int, said: str) -> None:
    assert reason_of(OSError(number, os.strerror(number))).in_language("de") == said


def test_an_unknown_reason_is_quoted_as_it_came() -> None:
    strange = OSError(errno.EXDEV, "Invalid cross-device link")
    assert reason_of(strange).in_language("de") == "Meldung des Systems: „Invalid cross-device link“"
    assert reason_of(ValueError("month must\n be in 1..12")).in_language("en") == "the system says: “month must be in 1..12”"
    assert reason_of(OSError()).in_language("de") == "Meldung des Systems: „OSError“"


@pytest.mark.parametrize("loader", LOADERS)
@pytest.mark.parametrize(
    ("content", "word"),
    [
        ("a: b: c", "Doppelpunkt"),
        ("a:\n\t- b", "Tabulator"),
        ("a: [1, 2", "„]“"),
        ("a: {b: 1", "geschweifte"),
        ("a: 1\n b: 2\nc", ""),
        ("- a\nb: 1", ""),
        ("a: *none", "Anker"),
        ('a: "x', "Anführungszeichen"),
        ('a: "\\q"', "unbekanntes Zeichen"),
        ("a: !strange 1", "Typ"),
        ("a: 1\nb", "Doppelpunkt"),
        ("a: \x01", "Steuerzeichen"),
        ("a: @b", "Zeichen"),
    ],
)
def test_the_usual_faults_of_yaml(loader: type, content: str, word: str) -> None:
    with pytest.raises(yaml.YAMLError) as error:
        yaml.load(content, Loader=loader)
    said = reason_of(error.value).in_language("de")
    assert "Meldung des Systems" not in said, error.value
    assert word in said


def test_every_system_reason_is_a_number_of_the_system() -> None:
    names = {key.rpartition(".")[2] for key in catalogue("kkz_eval.model", "de") if key.startswith("reasons.system.")}
    assert names - {"EAI"} <= set(errno.errorcode.values())  # of name resolution, which has numbers of its own


def test_a_run_history_that_is_none_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "runs.db").write_bytes(b"no database at all, but long enough to be looked at as one" * 20)
    with closing(sqlite3.connect(tmp_path / "runs.db")) as history, pytest.raises(sqlite3.Error) as error:
        history.execute("SELECT * FROM runs")
    assert reason_of(error.value).in_language("de") == "sie ist beschädigt"
