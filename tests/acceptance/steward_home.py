"""What the tests of the steward's day share: a delivery of school leavers, a home to deliver it to, decisions in a marked copy. No expectations."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path

from openpyxl import load_workbook
from whole_runs import take_in_and_judge

from kkz_eval.deliveries.municipal.returned import SHEET
from kkz_eval.deliveries.register.decisions import load_decisions
from kkz_eval.line.installation import Installation, open_installation
from kkz_eval.settings import Settings

CERTIFICATES = (
    *("ohne Hauptschulabschluss", "Hauptschulabschluss", "mittlerer Abschluss"),
    *("Fachhochschulreife", "allgemeine Hochschulreife"),
)


def leavers(unit: str, *years: int, changed: dict[int, str] | None = None) -> bytes:
    """A right delivery of school leavers (18 rows a year, from row 2), with the counts of some rows changed."""
    rows = ["Gemeindeschlüssel;Schuljahr;Abschluss;Geschlecht;Anzahl"]
    for year in years:
        for position, name in enumerate((*CERTIFICATES, "Insgesamt"), start=1):
            boys = 10 * position if name in CERTIFICATES else 150
            girls = 20 * position if name in CERTIFICATES else 300
            for sex, count in (("männlich", boys), ("weiblich", girls), ("insgesamt", boys + girls)):
                rows.append(f"{unit};{year - 1}/{year % 100:02d};{name};{sex};{count}")
    for row, count in (changed or {}).items():
        rows[row - 1] = rows[row - 1].rpartition(";")[0] + f";{count}"
    return "\r\n".join(rows).encode("cp1252")


@cache
def _without_decisions(settings: Settings, contracts: str) -> Installation:
    """An installation opened once for each state of its contracts; decisions are read anew each time."""
    return open_installation(settings, [])


def opened(settings: Settings, said: list[str] | None = None, today: date | None = None) -> Installation:
    """The line of a home with its decisions as they are now; `said` collects the progress in German."""
    version = (settings.contracts / "schulabgaenge.odcs.yaml").read_text(encoding="utf-8")
    line = _without_decisions(settings, version)
    decisions = load_decisions(settings.contracts, line.contracts, today or date.today())
    return replace(
        line, decisions=decisions, progress=lambda sentence: None if said is None else said.append(sentence.in_language("de"))
    )


def run(settings: Settings, today: date | None = None) -> tuple[Installation, list[str]]:
    """From the inbox to the verdicts, and what was said on the way."""
    said: list[str] = []
    line = opened(settings, said, today)
    take_in_and_judge(line)
    return line, said


def decide(copy: Path, decisions: dict[int, tuple[str, str]], values: dict[str, str], to: Path) -> Path:
    """Fill the marked copy in: status and reason by number, new values by cell of the data sheet."""
    book = load_workbook(copy)
    for row in book[SHEET].iter_rows():
        if row[0].value in decisions:
            row[10].value, row[11].value = decisions[int(str(row[0].value))]
    for cell, value in values.items():
        book["Daten"][cell].value = value
    book.save(to)
    return to
