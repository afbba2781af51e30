"""What every family comes to before it is long: records whose keys and dimensions are known, and columns of values. No reading, no judging.

Cells whose meaning nobody knows yet are a Grid (text/grid.py).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from kkz_eval.deliveries.official.table import Footnote
from kkz_eval.deliveries.text.numbers import Style
from kkz_eval.model.findings import Finding


@dataclass(frozen=True)
class Member:
    """A member of a variable: variable by code, else label, else place; code "" where the source has none or means the total."""

    variable: str
    code: str
    label: str


@dataclass(frozen=True)
class RecordDimension:
    """A dimension that stands in the records.

    codes, labels: string, one entry per record; column: 1-based, of the codes or labels; label: of a variable that is named by its code.
    """

    variable: str
    codes: pa.Array | None
    labels: pa.Array
    column: int
    label: str = ""


@dataclass(frozen=True)
class RecordMeasure:
    """The measure where it stands in the records (string, one entry per record); column, code_column: 1-based, of label and code."""

    codes: pa.Array
    labels: pa.Array
    units: pa.Array
    column: int
    code_column: int


@dataclass(frozen=True)
class ValueColumn:
    """One column of values.

    texts: string, one entry per record; column: 1-based; numbers: float64 where cells hold numbers (workbooks); qualities: letters
    of a column of quality, "" for none; time, edition: where the column says them; time_row: 1-based, of that time; above: the texts of
    the header that make up the label, from top to bottom, each with its 1-based row, where an indicator may stand among them.
    """

    texts: pa.Array
    column: int
    measure: str = ""
    label: str = ""
    unit: str = ""
    members: tuple[Member, ...] = ()
    time: str | None = None
    edition: str = ""
    numbers: pa.Array | None = None
    qualities: pa.Array | None = None
    above: tuple[tuple[int, str], ...] = ()
    time_row: int | None = None

    @property
    def signature(self) -> tuple[object, ...]:
        """What tells it from other columns of values."""
        return (self.measure or self.label, self.members, self.time, self.edition)

    @property
    def header(self) -> str:
        """What stands above it, as one text."""
        said = [self.label or self.measure, *(member.label for member in self.members), self.time or "", self.edition]
        return ", ".join(text for text in said if text)


@dataclass(frozen=True)
class KeyedRecords:
    """A file, or a sheet of one, as records and columns of values.

    keys, names, times: string, one entry per record, None where the file has none;
    key_column, name_column, time_column: 1-based; style: of the numbers, None where only the numbers can show it;
    fallback: style where they show none; complete: whether the family writes every combination of its members;
    filled: whether the family writes a symbol where there is no number, so that a blank cell among the values is out of place;
    open_end: whether the very last cell may have been cut; footnotes: the paragraphs below the table; titles: the lines above.
    """

    family: str
    rows: NDArray[np.int32]
    values: tuple[ValueColumn, ...]
    keys: pa.Array | None
    names: pa.Array | None = None
    times: pa.Array | None = None
    dimensions: tuple[RecordDimension, ...] = ()
    measure: RecordMeasure | None = None
    key_column: int | None = None
    name_column: int | None = None
    time_column: int | None = None
    code: str = ""
    title: str = ""
    edition: str = ""
    sheet: str | None = None
    style: Style | None = None
    fallback: Style | None = None
    complete: bool = False
    filled: bool = False
    open_end: bool = False
    findings: tuple[Finding, ...] = field(default=())
    footnotes: tuple[Footnote, ...] = ()
    titles: tuple[Footnote, ...] = ()

    @property
    def size(self) -> int:
        """Number of records."""
        return len(self.rows)
