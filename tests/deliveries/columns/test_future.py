"""Years of which no figures can be whole yet: an error at the first record of each unit and year."""

from __future__ import annotations

from datetime import date

import pytest
from contract_values import shipped

from kkz_eval.contracts.judgement import judge_file
from kkz_eval.deliveries.reader import Claimed, read_file
from kkz_eval.model.findings import Finding, iter_findings
from kkz_eval.model.verdicts import Status
from kkz_eval.reference.tables import known_units

CONTRACTS = shipped()
HEADER = "Gemeindeschlüssel;Schuljahr;Schulform;Übergänge"


def delivery(year: str) -> bytes:
    return f"{HEADER}\n05562014;2024/25;Gymnasium;120\n05562014;{year};Gymnasium;130\n05562014;{year};Realschule;90\n".encode()


def not_over(data: bytes, today: date | None) -> list[Finding]:
    result = read_file(data, "lieferung.csv", CONTRACTS, today)
    assert isinstance(result, Claimed), result
    (table,) = result.parsed
    found = [finding for finding in iter_findings(table.findings) if finding.kind == "year_in_future"]
    fates = {s.year: s.status for s in judge_file(table, CONTRACTS[table.contract_id], known_units()).slices}
    assert {fates[finding.year] for finding in found if finding.year} <= {Status.REJECTED}
    return found


@pytest.mark.parametrize(
    ("year", "today", "errors"),
    [
        ("2025/26", date(2026, 7, 30), [(3, 2026, "2025/26", "2024/25")]),  # the school year that runs
        ("2025/26", date(2026, 7, 31), []),
        ("2039/40", date(2026, 11, 25), [(3, 2040, "2039/40", "2025/26")]),
        ("2039/40", None, []),  # without a day every year is over
    ],
)
def test_a_school_year_that_is_not_over_is_an_error(
    year: str, today: date | None, errors: list[tuple[int, int, str, str]]
) -> None:
    found = not_over(delivery(year), today)
    assert [(finding.row, finding.year, finding.value, finding.allowed) for finding in found] == errors
    for finding in found:
        assert all(part in finding.message().in_language("de") for part in (year, "2025/26" if year == "2039/40" else "2024/25"))


@pytest.mark.parametrize(
    ("header", "row", "first_day"),
    [
        ("Gemeindeschlüssel;Jahr;Gruppe;Personen", "05562014;2026;Kinder unter 15;70", date(2026, 12, 31)),  # of December
        (
            "Gemeindeschlüssel;Jahr;Altersgruppe;Betreuungsform;Eintrittsalter;Betreuungsstunden;Kinder",
            "05562014;2026;unter 3;insgesamt;insgesamt;insgesamt;70",
            date(2026, 3, 1),  # a reference day in the year
        ),
        ("Gemeindeschlüssel;Jahr;Kennzahl;Zielwert;Zieljahr", "05562014;2026;betreuungsquote_u3;70;2030", date(2026, 1, 1)),
    ],
)
def test_a_year_can_be_delivered_from_the_day_on_which_its_figures_can_be_whole(header: str, row: str, first_day: date) -> None:
    data = f"{header}\n{row}\n".encode()
    assert not_over(data, first_day) == []
    (finding,) = not_over(data, date.fromordinal(first_day.toordinal() - 1))
    assert (finding.year, finding.value, finding.allowed) == (2026, "2026", "2025")


@pytest.mark.parametrize("cell", ["", "..."])
def test_a_row_of_the_next_year_that_says_nothing_yet_is_none(cell: str) -> None:
    data = delivery("2026/27").replace(b";130", f";{cell}".encode()).replace(b";90", b";")
    assert not_over(data, date(2026, 11, 25)) == []


@pytest.mark.parametrize(
    ("header", "row", "warned"),
    [
        ("Gemeindeschlüssel;Jahr;Gruppe;Personen", "05562014;30.06.2016;Kinder unter 15;70", True),
        ("Gemeindeschlüssel;Jahr;Gruppe;Personen", "05562014;31.12.2016;Kinder unter 15;70", False),
        ("Gemeindeschlüssel;Jahr;Altersgruppe;Betreuungsform;Eintrittsalter;Betreuungsstunden;Kinder", "05562014;01.03.2016;unter 3;;;;70", False),
        ("Gemeindeschlüssel;Jahr;Altersgruppe;Betreuungsform;Eintrittsalter;Betreuungsstunden;Kinder", "05562014;01.02.2016;unter 3;;;;70", True),
    ],
)  # fmt: skip
def test_a_day_before_the_one_that_is_counted_on_is_a_warning(header: str, row: str, warned: bool) -> None:
    result = read_file(f"{header}\n{row}\n".encode(), "lieferung.csv", CONTRACTS)
    assert isinstance(result, Claimed)
    table = result.parsed[0]
    found = [finding for finding in iter_findings(table.findings) if finding.kind == "reader_day_in_year"]
    assert [(finding.severity, finding.year) for finding in found] == [("warning", 2016)] * warned
    assert table.values("year").to_pylist() == [2016]
