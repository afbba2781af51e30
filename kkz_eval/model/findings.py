"""Findings: what is wrong, where, and what to do. Columns of an arrow table; the dataclass is a view of one row.

The stored row is free of language: the sentence and the remedy are made when shown, from the catalogue
(`findings.<kind>.message`, `findings.<kind>.fix`), with `field`, `value` and `allowed` filled in.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from functools import cache

import pyarrow as pa
import pyarrow.compute as pc

from kkz_eval.model import say
from kkz_eval.model.identifiers import cell_address
from kkz_eval.model.spreadsheet_dates import typed_span
from kkz_eval.model.symbols import explained, symbols_in
from kkz_eval.model.texts import Language, Sentence

_LINE_BREAK = re.compile(r"\s*[\r\n]\s*")
_CHUNK = 1 << 16
_LONGEST = 400  # of a value in a sentence: longer than any list of missing codes


class Severity(StrEnum):
    """ERROR rejects (the file, or the unit where the contract accepts units one by one); WARNING never does.

    ACKNOWLEDGED was one of these until a waiver said that the value is right; it stays a finding, and rejects nothing.
    """

    ERROR = "error"
    WARNING = "warning"
    ACKNOWLEDGED = "acknowledged"


RULE_SEVERITIES = (Severity.ERROR, Severity.WARNING)
"""What a contract may say of a rule."""


FINDINGS_SCHEMA = pa.schema(
    [
        pa.field("rule", pa.string(), nullable=False),  # identifier of the rule in the contract, or of the reader's check
        pa.field("kind", pa.string(), nullable=False),  # which sentence of the catalogue
        pa.field("severity", pa.string(), nullable=False),
        pa.field("sheet", pa.string()),
        pa.field("row", pa.int32()),  # 1-based, as in the delivered file
        pa.field("column", pa.int32()),  # 1-based
        pa.field("field", pa.string()),  # property of the contract
        pa.field("unit_id", pa.string()),
        pa.field("year", pa.int32()),
        pa.field("value", pa.string()),  # as delivered
        pa.field("allowed", pa.string()),  # what the rule admits, in a form without words: "0–100", "m | w"
        pa.field("title", pa.string()),  # header of the property's column as delivered; null where it has none
    ]
)


def rule_page_name(kind: str) -> str:
    """The file that explains a kind of finding, in the folder that `contracts docs` writes; of "index" the one that leads to all."""
    return f"regeln/{kind}.html"


@dataclass(frozen=True, slots=True)
class Called:
    """What people call what a finding is about, None where nobody said. column: its property; unit: its unit; across: what its rule adds up over."""

    column: str | None = None
    unit: str | None = None
    across: str | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One row of a findings table; columns as in FINDINGS_SCHEMA."""

    rule: str
    kind: str
    severity: str
    sheet: str | None = None
    row: int | None = None
    column: int | None = None
    field: str | None = None
    unit_id: str | None = None
    year: int | None = None
    value: str | None = None
    allowed: str | None = None
    title: str | None = None

    @property
    def cell(self) -> str:
        """The address as a spreadsheet program shows it, made when shown."""
        return cell_address(self.sheet, self.row, self.column)

    @property
    def page(self) -> str:
        """The page that explains this kind of finding, in the folder that `contracts docs` writes."""
        return rule_page_name(self.kind)

    def message(self, called: Called = Called()) -> Sentence:
        """What is wrong. called: its column only where the file has no title for it."""
        return say(f"findings.{self.kind}.message", **self._parameters(called))

    def fix(self, called: Called = Called()) -> Sentence:
        """What to do. called: as of `message`."""
        return say(f"findings.{self.kind}.fix", **self._parameters(called))

    def allowed_shown(self, language: Language) -> str:
        """What is right here, never empty: as the rule says it, else in words by how the kind of finding begins."""
        return self.allowed or self._allowed_in_words.in_language(language)

    @property
    def _allowed_in_words(self) -> Sentence:
        return say(f"allowed.{self.kind.partition('_')[0]}")

    def _parameters(self, called: Called) -> dict[str, object]:
        place = self.cell or say("place.file")
        if self.row is not None and self.column is None:  # a whole row, in words
            place = say("place.row_of_sheet" if self.sheet else "place.row", row=self.row, sheet=self.sheet)
        return {
            "field": _in_a_sentence(self.title or "") or called.column or self.field or place,  # before any contract: no property
            "value": _in_a_sentence(self.value or "") or say("place.empty"),
            "allowed": self.allowed or self._allowed_in_words,
            "typed": next(iter(typed_span(self.value or "")), say("place.empty")),
            "symbols": explained(symbols_in(self.allowed or "")),
            "unit": (self.unit_id and called.unit) or self.unit_id or say("place.no_unit"),
            "across": say("place.across", dimension=called.across) if called.across else "",
            "year": say("place.no_year") if self.year is None else self.year,
            "cell": place,
        }


def _in_a_sentence(value: str) -> str:
    """A delivered value on one line and not longer than a sentence bears: footnotes fill whole cells."""
    line = _LINE_BREAK.sub(" ", value)
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"


def findings_table(findings: Iterable[Finding]) -> pa.Table:
    """Columns from rows: a table with FINDINGS_SCHEMA, in the order given."""
    rows = list(findings)
    if not rows:
        return _no_findings()
    columns = [pa.array([getattr(finding, of.name) for finding in rows], of.type) for of in FINDINGS_SCHEMA]
    return pa.Table.from_arrays(columns, schema=FINDINGS_SCHEMA)


def repeated(value: str | None, n: int) -> pa.ChunkedArray:
    """A column of one text. However long, it takes the memory of its first chunk: a million findings of a rule name it a million times."""
    chunk = pa.repeat(pa.scalar(value, pa.string()), min(n, _CHUNK))
    return pa.chunked_array([*[chunk] * (n // _CHUNK), chunk.slice(0, n % _CHUNK)] if n > _CHUNK else [chunk])


@cache
def _no_findings() -> pa.Table:
    return FINDINGS_SCHEMA.empty_table()


def concat_findings(tables: Iterable[pa.Table]) -> pa.Table:
    """One findings table from several, in the order given; empty where none is given."""
    filled = [table for table in tables if table.num_rows]
    return pa.concat_tables(filled) if filled else _no_findings()


def with_titles(findings: pa.Table, titles: Mapping[str, str]) -> pa.Table:
    """The findings of a file, each with the header of its property's column as delivered. titles: by property."""
    if not titles or not findings.num_rows:
        return findings
    place = pc.index_in(findings.column("field"), value_set=pa.array(list(titles), pa.string()))
    found = pa.array(list(titles.values()), pa.string()).take(place.combine_chunks())
    return findings.set_column(findings.schema.get_field_index("title"), FINDINGS_SCHEMA.field("title"), found)


def iter_findings(table: pa.Table) -> Iterator[Finding]:
    """The rows of a findings table as Finding values."""
    names = [field.name for field in fields(Finding)]
    for batch in table.to_batches():
        for row in batch.to_pylist():
            yield Finding(**{name: row[name] for name in names})
