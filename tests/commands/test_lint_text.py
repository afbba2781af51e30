"""The command `lint-text` as somebody meets it who is about to publish a text."""

from __future__ import annotations

import json

import pytest

from kkz_eval.cli import main


def write(folder, name: str, content: str | bytes) -> str:
    file = folder / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return str(file)


def test_an_honest_text_passes_and_nobody_says_that_it_is_right(tmp_path, capsys):
    file = write(tmp_path, "a.txt", "Ob es einen Unterschied gibt, lässt sich mit diesen Daten nicht sagen.")
    assert main(["lint-text", file]) == 0
    assert "ist damit nicht geprüft" in capsys.readouterr().out


def test_a_claim_is_named_with_place_reason_sentence_and_what_may_be_said(tmp_path, capsys):
    file = write(tmp_path, "a.txt", "Anfang.\n\nDas Programm wirkt in allen Städten.\n")
    assert main(["lint-text", file]) == 1
    said = capsys.readouterr().out
    assert "Zeile 3: „wirkt“ (behauptet eine Ursache), im Satz: Das Programm wirkt in allen Städten." in said
    assert "Stattdessen etwa: In den Kommunen des Programms" in said
    assert "Eine Stelle sagt mehr" in said


def test_json_has_a_report_for_each_file(tmp_path, capsys):
    good = write(tmp_path, "a.txt", "The figures say nothing about single children.")
    bad = write(tmp_path, "b.md", "The programme works.")
    assert main(["lint-text", good, bad, "--json"]) == 1
    first, second = json.loads(capsys.readouterr().out)
    assert (first["claims"], first["readable"], first["language"]) == ([], True, "en")
    (claim,) = second["claims"]
    assert (claim["reason"], claim["found"], claim["place"], claim["number"]) == ("causal", "works", "line", 1)


def test_what_may_be_said_instead_is_in_the_language_of_the_text(tmp_path, capsys):
    file = write(tmp_path, "a.txt", "It works.")
    assert main(["lint-text", file, "--language", "en", "--json"]) == 1
    (claim,) = json.loads(capsys.readouterr().out)[0]["claims"]
    assert claim["instead"][0].startswith("In the municipalities of the programme")
    assert claim["why"] == "behauptet eine Ursache"


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.pdf", "%PDF-1.7", "ist ein PDF"),
        ("a.txt", "%PDF-1.7 text", "ist ein PDF"),
        ("a.odt", "x", "keine Datei, die hier gelesen wird"),
        ("a.md", "<!doctype html><p>x", "keine Datei, die hier gelesen wird"),
        ("a.txt", "", "enthält keinen Text"),
        ("a.txt", " \n ", "enthält keinen Text"),
        ("a.txt", b"Z\x00a\x00", "Zeichen lassen sich nicht sicher lesen"),
        ("a.docx", "Text", "lässt sich nicht als Word-Dokument lesen"),
        ("a.docx", "", "enthält keinen Text"),
    ],
)
def test_what_can_not_be_read_gets_a_sentence(tmp_path, capsys, name, content, said):
    assert main(["lint-text", write(tmp_path, name, content)]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("name", ["none.txt", "folder.txt"])
def test_what_is_no_file_gets_a_sentence(tmp_path, capsys, name):
    (tmp_path / "folder.txt").mkdir()
    assert main(["lint-text", str(tmp_path / name)]) == 2
    assert "kann nicht geöffnet werden" in capsys.readouterr().err


def test_the_worst_of_several_files_is_the_exit_code(tmp_path, capsys):
    good, bad = write(tmp_path, "a.txt", "Guten Tag."), write(tmp_path, "b.txt", "Das wirkt.")
    assert main(["lint-text", good, str(tmp_path / "none.txt"), bad]) == 2
    assert "„wirkt“" in capsys.readouterr().out
