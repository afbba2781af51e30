"""The long table of official statistics: one row per value, whatever the family of the file. No reading."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pyarrow as pa

WORD = pa.dictionary(pa.int32(), pa.string())  # text with few distinct values
MEMBER = pa.struct([pa.field("code", pa.string()), pa.field("label", pa.string())])

OFFICIAL_SCHEMA = pa.schema(
    [
        pa.field("region_key", WORD),  # as delivered
        pa.field("region_name", WORD),  # without its indentation
        pa.field(
            "unit_id", WORD
        ),  # AGS of 8, 5, 3 or 2 digits, DG, JH key, 9 digits for a Gemeindeverband; null where the key is none
        pa.field("level", WORD),  # one of units.LEVELS
        pa.field("time", WORD),  # as delivered
        pa.field("time_kind", WORD),  # one of times.KINDS
        pa.field("year", pa.int32()),  # of a school year the one in which it ends, of any other period the one in which it begins
        pa.field("measure", WORD),  # code where the source has one, else its label
        pa.field("measure_label", WORD),
        pa.field("dimensions", pa.map_(pa.string(), MEMBER)),  # variable (code, else label, else its place) to member
        pa.field("value", pa.float64()),  # null where a symbol stands, nothing stands, or the text can't be read
        pa.field("value_delivered", pa.string()),  # null where the cell is empty
        pa.field("unit", WORD),  # of the value; null where the source names none
        pa.field("flag", WORD),  # symbol, as official statistics write it
        pa.field("quality", WORD),  # letter of quality: p, r, s, e and what else a column of quality says
        pa.field("edition", WORD),  # of the value, where one file holds several; else null (OfficialTable.edition)
        pa.field("sheet", WORD),  # null for text
        pa.field("row", pa.int32(), nullable=False),  # 1-based, as a spreadsheet program shows it
        pa.field("column", pa.int32(), nullable=False),  # 1-based
    ]
)


@dataclass(frozen=True)
class Footnote:
    """A paragraph below a table, or a line above it: the 1-based line and column in which it begins, and its words in one line."""

    row: int
    text: str
    column: int = 1


@dataclass(frozen=True)
class OfficialTable:
    """A file of official statistics as one long table.

    family: which reader made it; code: of the table or statistic, "" where the file names none; title: "" likewise;
    edition: the state of the data that the file names (ISO date or year), else ""; table: OFFICIAL_SCHEMA, value column by value
    column and within one in the order of the file; findings: FINDINGS_SCHEMA; titles: the lines above the table; variable_labels: of the
    variables that are named by a code, what the file calls them in words.
    """

    family: str
    code: str
    title: str
    edition: str
    table: pa.Table
    findings: pa.Table
    footnotes: tuple[Footnote, ...] = ()
    titles: tuple[Footnote, ...] = ()
    variable_labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def n_values(self) -> int:
        """How many numbers were read."""
        return int(self.table.num_rows - self.table.column("value").null_count)

    @property
    def n_flags(self) -> int:
        """How many values carry a symbol."""
        return int(self.table.num_rows - self.table.column("flag").null_count)

    @property
    def years(self) -> tuple[int, ...]:
        """The years the file speaks about, ascending."""
        return tuple(sorted(year for year in self.table.column("year").unique().to_pylist() if year is not None))

    @property
    def levels(self) -> tuple[str, ...]:
        """The levels the file speaks about, sorted."""
        return tuple(sorted(level for level in self.table.column("level").unique().to_pylist() if level is not None))
