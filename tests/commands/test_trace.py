"""The cells behind a number as a file: what a municipality wrote stays text when it is opened."""

from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd

from kkz_eval.commands.trace import write_cells


def test_what_was_delivered_is_not_computed_by_a_spreadsheet(tmp_path: Path) -> None:
    table = pd.DataFrame({"file": ["=cmd.csv", "a.csv"], "delivered": ["=1+1", "-"], "value": [-1.5, 2.0]})
    write_cells(table, tmp_path / "cells.csv")
    header, *rows = csv.reader((tmp_path / "cells.csv").read_text(encoding="utf-8").splitlines())
    assert header == ["file", "delivered", "value"]
    assert rows == [["'=cmd.csv", "'=1+1", "-1.5"], ["a.csv", "-", "2.0"]]
