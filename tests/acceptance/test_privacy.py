"""What a municipality delivered stays where it belongs: small counts are hidden in the report, values never reach Dagster's log."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from whole_runs import AHLEN, KREFELD, change, delivery, put, settings_of, small_world

from kkz_eval.running import run_line

NOT_IN_LOG = {"a count": "7919353", "a text": "Tannenhaeher", "a sum": "7919371"}


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


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    """A run where Ahlen delivers one and two leavers without certificate and Krefeld delivers impossible values."""
    world = small_world(tmp_path_factory.mktemp("privacy") / "world")
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
    code = run_line(settings_of(world), world / "plan.yaml", None)
    return world / "home", code


def _counts(file: Path) -> dict[tuple[str, str], int]:
    lines = [line.split(";") for line in file.read_bytes().decode("cp1252").split("\r\n")]
    return {(line[2], line[3]): int(line[4]) for line in lines if len(line) == 5 and line[1] == "2013/14"}


def test_the_delivery_with_small_counts_is_accepted_and_the_impossible_one_is_not(run: tuple[Path, int]) -> None:
    (page,) = run[0].glob("reports/*/*/bericht.html")
    assert run[1] == 1
    text = page.read_text(encoding="utf-8")
    assert "Krefeld 2011; Krefeld 2012; Krefeld 2013" in text
    assert "Ahlen 2014" not in text


def test_a_count_of_one_or_two_is_not_in_the_report(run: tuple[Path, int]) -> None:
    (page,) = run[0].glob("reports/*/*/bericht.html")
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
def test_no_value_of_a_cell_is_in_the_run_history(run: tuple[Path, int], kind: str) -> None:
    files = [path for path in (run[0] / "dagster").rglob("*") if path.is_file()]
    assert [path for path in files if path.suffix == ".db"]
    value = NOT_IN_LOG[kind].encode()
    assert [path.name for path in files if value in path.read_bytes()] == []
