"""Years that no delivery can speak about yet: an error at the first record of each unit and year."""

from __future__ import annotations

from datetime import date

import pytest
from contract_values import shipped

from kkz_eval.contracts.judgement import judge_file
from kkz_eval.deliveries.reader import Claimed, read_file
from kkz_eval.model.findings import iter_findings
from kkz_eval.model.verdicts import Status
from kkz_eval.reference.tables import known_units

CONTRACTS = shipped()
HEADER = "Gemeindeschlüssel;Schuljahr;Schulform;Übergänge"


def delivery(year: str) -> bytes:
    return f"{HEADER}\n05562014;2024/25;Gymnasium;120\n05562014;{year};Gymnasium;130\n05562014;{year};Realschule;90\n".encode()


@pytest.mark.parametrize(
    ("year", "today", "errors"),
    [
        ("2026/27", date(2026, 11, 25), []),  # the school year that runs
        ("2027/28", date(2026, 11, 25), [(3, 2028, "2027")]),
        ("2039/40", date(2026, 11, 25), [(3, 2040, "2027")]),
        ("2039/40", date(2039, 11, 25), []),
        ("2039/40", None, []),  # without a day nothing is later
    ],
)
def test_a_municipal_year_far_ahead_is_an_error(year: str, today: date | None, errors: list[tuple[int, int, str]]) -> None:
    result = read_file(delivery(year), "uebergang.csv", CONTRACTS, today)
    assert isinstance(result, Claimed), result
    (table,) = result.parsed
    found = [finding for finding in iter_findings(table.findings) if finding.kind == "year_in_future"]
    assert [(finding.row, finding.year, finding.allowed) for finding in found] == errors
    fates = {s.year: s.status for s in judge_file(table, CONTRACTS[table.contract_id], known_units()).slices}
    assert [fate for at, fate in fates.items() if at in {late for _, late, _ in errors}] == [Status.REJECTED] * len(errors)
