"""Reading the small tables of this package. No meaning of a column."""

from __future__ import annotations

import csv
from importlib import resources


def rows(file_name: str) -> list[dict[str, str]]:
    """Rows of a table of this package, without the lines of attribution."""
    source = resources.files("kkz_eval.reference").joinpath(file_name).read_text(encoding="utf-8")
    return list(csv.DictReader(line for line in source.splitlines() if not line.startswith("#")))
