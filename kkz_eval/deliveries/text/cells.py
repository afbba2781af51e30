"""A column of a table as it was delivered: texts with their addresses, and the numbers that a workbook holds. No meaning."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pyarrow as pa

from kkz_eval.model.spreadsheet_dates import DAY_ZERO


@dataclass(frozen=True)
class Cells:
    """A column as delivered, one entry per record.

    texts: string, null where blank or absent; rows, columns: int32, 1-based, null where absent;
    numbers: float64, known where the cell holds a number and not a text (workbooks), else None; day_zero: from which the file counts
    days that it holds as numbers.
    """

    texts: pa.Array
    rows: pa.Array
    columns: pa.Array
    numbers: pa.Array | None = None
    day_zero: date = DAY_ZERO

    def take(self, keep: pa.Array) -> Cells:
        """The entries where `keep` (bool) holds."""
        return Cells(
            self.texts.filter(keep),
            self.rows.filter(keep),
            self.columns.filter(keep),
            None if self.numbers is None else self.numbers.filter(keep),
            self.day_zero,
        )
