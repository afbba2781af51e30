"""Times above a municipal table that speak against the years of its records, and such as do not."""

from __future__ import annotations

import pytest
from municipal_tables import as_text, as_workbook, read

from kkz_eval.model.findings import Finding, iter_findings

HEADER = ("AGS", "Jahr", "Personengruppe", "Anzahl")


def said(above: str, form: object = as_text) -> list[Finding]:
    data = form((above,), HEADER, ("05111000", 2016, "Kinder unter 15 Jahren", 5))  # type: ignore[operator]
    return [finding for finding in iter_findings(read(data).findings) if finding.kind == "reader_title_of_other_year"]


@pytest.mark.parametrize("form", [as_text, as_workbook])
@pytest.mark.parametrize(
    ("above", "value"),
    [
        ("Kinder im SGB II am 31.12.2015", "am 31.12.2015"),
        ("Bestand zum 31. Dezember 2015", "zum 31. Dezember 2015"),
        ("Stichtag: 15.10.2015", "Stichtag: 15.10.2015"),
        ("Stichtag 1. März 2017", "Stichtag 1. März 2017"),
        ("Berichtsjahr 2015", "Berichtsjahr 2015"),
    ],
)
def test_a_reference_day_or_year_that_no_record_has_is_a_warning(form: object, above: str, value: str) -> None:
    (finding,) = said(above, form)
    assert (finding.severity, finding.cell.rpartition("!")[2], finding.value, finding.allowed) == ("warning", "A1", value, "2016")


@pytest.mark.parametrize(
    "above",
    [
        "Kinder im SGB II am 31.12.2016",
        "Kinder am 31.12.2015 und am 31.12.2016",
        "Berichtsjahr 2016",
        "Stand: 15.03.2017",
        "erstellt am 12.03.2017",
        "Gebietsstand 31.12.2020",
        "Kinder und Jugendliche seit 2012",
    ],
)
def test_a_day_of_the_same_year_or_of_the_file_says_nothing(above: str) -> None:
    assert said(above) == []
