"""What a municipality delivered stays where it belongs: small counts are hidden in the report, values never reach Dagster's log.

Of files that are refused nothing stays at all: the whole home is searched, into archives, Parquet, and the free pages of SQLite.
"""

from __future__ import annotations

import io
import json
import os
import re
import sqlite3
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple

import pytest
from packed import views
from whole_runs import AHLEN, KREFELD, ROOT, as_if_new, change, delivery, put, settings_of

from kkz_eval.commands.run import run_line

PERSONS = ROOT / "tests" / "cases" / "persons"
NOT_IN_LOG = {"a count": "7919353", "a text": "Tannenhaeher", "a sum": "7919371"}


_REMARK = "Gemeindeschlüssel;Jahr;Anzahl;Bemerkung\n05111000;2015;12;Kind Zafira Q., geb. 09.10.2011, siehe Hilfeplan\n"
# Files that are refused, made here: for persons, or because they can't be read.
MADE = {
    "bemerkung_utf16.csv": _REMARK.encode("utf-16"),
    "kaputte_kodierung.csv": b"\xef\xbb\xbfKind;Ort\nKasimir Quandt\xff\xfe;Herne\n",
    "gemischt.csv": "Kind;Ort\nKasimir Quäst;Hörde\n".encode() + "Quästhörde;1\n".encode("cp1252"),
    "steuerzeichen.csv": b"Kind;Ort\nKasimir\x01 Quandt;Herne\n",
    "seite.csv": b"<html><td>Kasimir Quandt</td></html>",
}
# What only these files hold, by file.
MARKERS = {
    "02_kita_noheader.csv": ("Kowalski", "Bärengruppe", "Yılmaz"),
    "03_emails.csv": ("anna.müller@example.org", "example.org"),
    "05_telefon_neutral.csv": ("89040", "Rückruf"),
    "06b_vier_kinder_noheader.csv": ("30.11.2015", "Förderbedarf"),
    "07_bemerkung.csv": ("wohnt Hauptstr", "wegen Krankheit"),
    "08b_hidden_sheet_names.xlsx": ("Öztürk", "Greta Hoffmann"),
    "09_comments.xlsx": ("Sachbearbeiterin Meier", "geb. 14.06.2015"),
    "10_docprops.xlsx": ("Jonas Koch", "s.meier@stadt.example", "Meier-Lüdenscheidt"),
    "gepackt.zip": ("Hassan Demir",),
    "abgeschnitten.xlsx": (),
    "bemerkung_utf16.csv": ("Zafira", "09.10.2011", "Hilfeplan"),
    "kaputte_kodierung.csv": ("Kasimir",),
    "gemischt.csv": ("Quäst", "Hörde"),
    "steuerzeichen.csv": ("Quandt",),
    "seite.csv": ("Kasimir",),
}


class _Run(NamedTuple):
    """home: of the run; code: its exit code; said: all that it wrote to stdout and stderr, children too; temporary: its folder for such files."""

    home: Path
    code: int
    said: bytes
    temporary: Path


class _Cells(HTMLParser):
    """The text of every table cell, row by row."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th") and self.rows:
            self.rows[-1].append("")
            self._inside = True

    def handle_endtag(self, tag: str) -> None:
        self._inside = self._inside and tag not in ("td", "th")

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.rows[-1][-1] += data.strip()


@contextmanager
def _heard_into(file: Path) -> Iterator[None]:
    """Both outputs of this process and its children go into a file."""
    kept = os.dup(1), os.dup(2)
    with file.open("wb") as stream, io.TextIOWrapper(stream, encoding="utf-8", write_through=True) as text:
        os.dup2(stream.fileno(), 1)
        os.dup2(stream.fileno(), 2)
        try:
            with redirect_stdout(text), redirect_stderr(text):
                yield
        finally:
            for descriptor, old in zip((1, 2), kept, strict=True):
                os.dup2(old, descriptor)
                os.close(old)


def _refused_files() -> dict[str, bytes]:
    files = {file.name: file.read_bytes() for file in PERSONS.iterdir()} | MADE
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("liste.csv", files["02_kita_noheader.csv"] + b"Hassan Demir;x;y\n")
    half = files["08b_hidden_sheet_names.xlsx"]
    return files | {"gepackt.zip": packed.getvalue(), "abgeschnitten.xlsx": half[: len(half) // 2]}


@pytest.fixture(scope="module")
def run(finished: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[_Run]:
    """A run where Ahlen delivers one and two leavers without certificate, Krefeld impossible values, and others files about persons."""
    folder = tmp_path_factory.mktemp("privacy")
    world = as_if_new(finished, folder / "world")
    for name, data in _refused_files().items():
        (world / "deliveries" / name).write_bytes(data)
    ahlen, krefeld = delivery(world, AHLEN), delivery(world, KREFELD)
    counts = _counts(ahlen)
    without = "ohne Hauptschulabschluss"
    boys, girls = (counts[(without, sex)] for sex in ("männlich", "weiblich"))
    for sex, small, removed in (("männlich", 1, boys - 1), ("weiblich", 1, girls - 1), ("insgesamt", 2, boys + girls - 2)):
        change(ahlen, put(AHLEN, "2013/14", without, sex, str(small)))
        change(ahlen, put(AHLEN, "2013/14", "Insgesamt", sex, str(counts[("Insgesamt", sex)] - removed)))
    change(krefeld, put(KREFELD, "2012/13", "Insgesamt", "insgesamt", NOT_IN_LOG["a count"]))
    change(krefeld, put(KREFELD, "2011/12", without, "weiblich", NOT_IN_LOG["a text"]))
    change(krefeld, put(KREFELD, "2010/11", without, "männlich", NOT_IN_LOG["a sum"]))
    temporary = folder / "temporary"
    temporary.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(temporary))
        patch.setattr(tempfile, "tempdir", None)
        with _heard_into(folder / "said"):
            code = run_line(settings_of(world), world / "plan.yaml", None)
        yield _Run(world / "home", code, (folder / "said").read_bytes(), temporary)


def _counts(file: Path) -> dict[tuple[str, str], int]:
    lines = [line.split(";") for line in file.read_bytes().decode("cp1252").split("\r\n")]
    return {(line[2], line[3]): int(line[4]) for line in lines if len(line) == 5 and line[1] == "2013/14"}


def test_the_delivery_with_small_counts_is_accepted_and_the_impossible_one_is_not(run: _Run) -> None:
    (page,) = run.home.glob("reports/*/*/bericht.html")
    assert run.code == 1
    text = page.read_text(encoding="utf-8")
    assert "Krefeld 2011–2013" in text
    assert "Ahlen 2014" not in text


def test_a_count_of_one_or_two_is_not_in_the_report(run: _Run) -> None:
    (page,) = run.home.glob("reports/*/*/bericht.html")
    text = page.read_text(encoding="utf-8")
    cells = _Cells()
    cells.feed(text)
    # one table per dataset; that of the leavers has the most columns
    row = max((row for row in cells.rows if row[:2] == ["Ahlen", "2014"]), key=len)
    numbers = [cell for cell in row[2:] if re.fullmatch(r"[\d.]+", cell)]
    assert len(row) == 6
    assert len(numbers) <= 2, "the small count and at least one more are hidden, so that it can't be computed"
    assert not {"1", "2"} & set(numbers)


@pytest.mark.parametrize("kind", sorted(NOT_IN_LOG))
def test_no_value_of_a_cell_is_in_the_run_history(run: _Run, kind: str) -> None:
    files = [path for path in (run.home / "dagster").rglob("*") if path.is_file()]
    assert [path for path in files if path.suffix == ".db"]
    value = NOT_IN_LOG[kind].encode()
    assert [path.name for path in files if value in path.read_bytes()] == []


# ---- nothing of a refused file ----


def _forms(marker: str) -> set[bytes]:
    """A text as it may be written: in the encodings of deliveries, escaped as in JSON, HTML and Python."""
    texts = (marker, json.dumps(marker)[1:-1], marker.encode("ascii", "xmlcharrefreplace").decode())
    forms = {text.encode(encoding) for text in texts for encoding in ("utf-8", "utf-16-le", "utf-16-be")}
    return forms | {
        marker.encode("cp1252", "replace"),
        repr(marker.encode())[2:-1].encode(),
        repr(marker.encode("cp1252", "replace"))[2:-1].encode(),
    }


MARKER_OF = {form: marker for markers in MARKERS.values() for marker in markers for form in _forms(marker)}
ANY_FORM = re.compile(b"|".join(map(re.escape, sorted(MARKER_OF, key=len, reverse=True))))


def _held(data: bytes) -> set[str]:
    """Which markers a file holds, in any form and however packed."""
    return {MARKER_OF[form] for view in views(data) for form in ANY_FORM.findall(view)}


def test_the_search_finds_what_the_refused_files_hold() -> None:
    files = _refused_files()
    assert set(files) == set(MARKERS)
    for name, markers in MARKERS.items():
        assert _held(files[name]) >= set(markers), name


def test_the_search_looks_into_databases_and_their_free_pages(tmp_path: Path) -> None:
    base = sqlite3.connect(tmp_path / "a.db")
    base.execute("pragma secure_delete = off")
    base.execute("create table kept (told blob)")
    base.execute("create table dropped (told text)")
    base.execute("insert into kept values (?)", (zlib.compress(b"Kasimir" * 99),))
    base.execute("insert into dropped values ('Kowalski')")
    base.commit()
    base.execute("drop table dropped")
    base.commit()
    base.close()
    assert _held((tmp_path / "a.db").read_bytes()) == {"Kasimir", "Kowalski"}


def test_nothing_of_a_refused_file_is_left_anywhere(run: _Run) -> None:
    files = [path for folder in (run.home, run.temporary) for path in sorted(folder.rglob("*")) if path.is_file()]
    assert {path.suffix for path in files} >= {".db", ".parquet", ".html"}
    assert {path.name: held for path in files if (held := _held(path.read_bytes()))} == {}
    assert _held(run.said) == set()


def test_every_file_about_persons_is_named_as_refused(run: _Run) -> None:
    said = run.said.decode("utf-8")
    for name in MARKERS:
        assert f"{name}" in said, name
    assert said.count("einzelnen Personen") >= len(list(PERSONS.iterdir()))
