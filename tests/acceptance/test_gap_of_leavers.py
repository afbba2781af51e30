"""The gap between boys and girls of the 53 Kreise, from the genuine table 21111, computed a second time with csv alone."""

from __future__ import annotations

import csv
import math
import shutil
from pathlib import Path

import pytest
from whole_runs import ALL_YEARS, CONTRACTS, SHARED_DATA, take_in_and_judge

from kkz_eval.line.installation import open_installation
from kkz_eval.line.snapshot import current_snapshot
from kkz_eval.settings import Settings

TABLE = SHARED_DATA / "official" / "genesis" / "21111-02-06-4_datencsv_de_2023.csv"
PLAN = CONTRACTS / "plans" / "kekiz-2012.yaml"
pytestmark = pytest.mark.skipif(not TABLE.exists(), reason="genuine files are not at hand (KKZ_SHARED)")


def by_hand() -> dict[str, tuple[float, float]]:
    """Gap in percentage points and its standard error, by key of the Kreis; columns: all, girls, all without, girls without."""
    found = {}
    with TABLE.open(encoding="latin-1", newline="") as file:
        for cells in csv.reader(file, delimiter=";"):
            if len(cells) < 7 or cells[0] != "2023" or len(cells[1]) != 5 or not cells[1].startswith("05") or cells[3] == "-":
                continue
            everybody, girls, all_without, girls_without = (int(cell) for cell in cells[3:7])
            boys, boys_without = everybody - girls, all_without - girls_without
            assert min(girls_without, boys_without) >= 5  # so that the plain formula of the error holds
            p, q = boys_without / boys, girls_without / girls
            found[cells[1]] = 100 * (p - q), 100 * math.sqrt(p * (1 - p) / boys + q * (1 - q) / girls)
    return found


def test_every_kreis_has_the_gap_that_the_table_gives(tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    shutil.copyfile(TABLE, inbox / TABLE.name)
    line = open_installation(Settings(tmp_path / "home", inbox, CONTRACTS), [PLAN])
    take_in_and_judge(line, ALL_YEARS)
    result = current_snapshot(line).indicator("schulabgaenge_ohne_abschluss_luecke", "schulabgaenge_amtlich")
    rows = {row["unit_id"]: row for row in result.indicators.to_pylist() if row["value"] is not None}
    expected = by_hand()
    assert len(expected) == 53
    assert {unit: row["value"] for unit, row in rows.items()} == pytest.approx(
        {u: gap for u, (gap, _) in expected.items()}, abs=1e-9
    )
    assert {u: row["std_error"] for u, row in rows.items()} == pytest.approx({u: e for u, (_, e) in expected.items()}, abs=1e-9)
    assert all(row["flag"] is None and row["year"] == 2023 for row in rows.values())
    edges = result.edges.to_pylist()
    for row in rows.values():
        assert len({e["observation_id"] for e in edges if e["indicator_id"] == row["indicator_id"]}) == 4
