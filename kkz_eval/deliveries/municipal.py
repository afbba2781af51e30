"""Deliveries of municipalities as text, as a spreadsheet program writes them: title lines, header, records, footnotes. No encodings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from kkz_eval.contracts.contract import Contract
from kkz_eval.deliveries.columns import Cells, ags_of, blank_as_null, is_numeric, parsed_table, unit_property
from kkz_eval.deliveries.header import HeaderMatch, fold, match_header
from kkz_eval.deliveries.numbers import style_of
from kkz_eval.deliveries.results import Unclaimed
from kkz_eval.deliveries.text_table import Records
from kkz_eval.model.findings import Finding, Severity
from kkz_eval.model.parsed import ParsedTable

LAYOUT = "municipal_text"
_RULE = "____"  # a line that starts so opens the footer
_MARKS = ("*", "(", "_", "-", "–", "¹", "²", "³", "©", "#")


@dataclass(frozen=True)
class Claim:
    """A contract's header in a table; marked: whether the lines before it hold the contract's title marker."""

    match: HeaderMatch
    marked: bool

    @property
    def rank(self) -> tuple[bool, bool, int]:
        """What wins among several contracts: all required columns, then the title, then the number of columns found."""
        return (self.match.complete, self.marked, len(self.match.columns))


def claims(rows: Sequence[Sequence[str]], contracts: Mapping[str, Contract]) -> list[Claim]:
    """The claims of contracts with this layout on a table, best first. rows: its first records."""
    found: list[Claim] = []
    for contract in contracts.values():
        match = match_header(rows, contract) if LAYOUT in contract.layouts else None
        if match is None or not match.claims:
            continue
        marker = contract.title_marker
        title = fold(" ".join(cell for cells in rows[: match.row] for cell in cells))
        marked = marker is not None and fold(marker) in title
        if marker is None or marked:
            found.append(Claim(match, marked))
    return sorted(found, key=lambda claim: claim.rank, reverse=True)


def winner(found: Sequence[Claim]) -> Claim | Unclaimed:
    """The claim that holds; Unclaimed where several are equally good. found: not empty, best first."""
    equal = [claim for claim in found if claim.rank == found[0].rank]
    if len(equal) == 1:
        return equal[0]
    return Unclaimed("ambiguous", {"contracts": ", ".join(sorted(claim.match.contract.id for claim in equal))})


def read(records: Records, match: HeaderMatch) -> ParsedTable:
    """The table of a contract from all records of a text."""
    contract = match.contract
    body = _body(records, match)
    cells = {name: _cells(records.rows, body.indices, column) for name, column in match.columns.items()}
    numeric = [cells[p.name].texts for p in contract.properties if is_numeric(p) and p.name in cells]
    findings = [*_header_findings(match), *_row_findings(records, body, match), *body.findings]
    return parsed_table(
        contract,
        LAYOUT,
        cells,
        len(body.indices),
        style=style_of(numeric),
        findings=findings,
        ignored=body.ignored + sum(any(map(str.strip, row)) for row in records.rows[: match.row]),
    )


@dataclass(frozen=True)
class _Body:
    """indices: of the records; ignored: lines after the header that are none, blank ones not counted; findings: on such lines."""

    indices: list[int]
    ignored: int
    findings: list[Finding]


def _body(records: Records, match: HeaderMatch) -> _Body:
    """Tell records from footnotes (ignored) and from lines of text between records (ignored with a warning)."""
    last = _last_record(records, match)
    indices: list[int] = []
    findings: list[Finding] = []
    ignored = 0
    for index in range(match.row + 1, len(records.rows)):
        row = records.rows[index]
        if not any(map(str.strip, row)):
            continue
        if index > last:
            ignored += 1
            findings += _stump(records, index, match, last)
        elif _is_text_only(row, match):
            ignored += 1
            findings.append(_ignored_line(index, row[0]))
        else:
            indices.append(index)
    return _Body(indices, ignored, findings)


def _last_record(records: Records, match: HeaderMatch) -> int:
    """Index of the last record: what follows is footnotes; match.row where there is no record at all."""
    end = len(records.rows)
    for index in range(match.row + 1, end):
        row = records.rows[index]
        if row and row[0].lstrip().startswith(_RULE):
            end = index
            break
    for index in range(end - 1, match.row, -1):
        row = records.rows[index]
        if any(map(str.strip, row)) and not _is_footnote(row, match):
            return index
    return match.row


def _is_text_only(row: Sequence[str], match: HeaderMatch) -> bool:
    """Whether a line has text in its first cell only, and that is no number or key."""
    return match.width > 1 and bool(row[0].strip()) and not any(map(str.strip, row[1:])) and not _is_digits(row[0])


def _is_footnote(row: Sequence[str], match: HeaderMatch) -> bool:
    """Whether a line after the records is a footnote: text only, or a sentence that the delimiter has split."""
    if _is_text_only(row, match):
        return True
    unit = unit_property(match.contract)
    if unit is None or unit.name not in match.columns:
        return False
    key = _cell(row, match.columns[unit.name])
    measures = [
        _cell(row, match.columns[p.name]) for p in match.contract.properties if p.role == "measure" and p.name in match.columns
    ]
    return not any(map(str.strip, measures)) and ags_of(key) is None and not _is_digits(row[0]) and not _is_digits(key)


def _stump(records: Records, index: int, match: HeaderMatch, last: int) -> list[Finding]:
    """What to say of the very last line, right after the records and without its line break: it may be the stump of a record.

    A word or two are taken for a name that was cut off; more words for a footnote that is worth a look.
    """
    row = records.rows[index]
    first = row[0].strip()
    if records.ended or index != len(records.rows) - 1 or index != last + 1 or len(row) >= match.width:
        return []
    if first.startswith(_MARKS) or ":" in first:
        return []
    if len(first.split()) <= 2:
        kind = "reader_short_row"
        return [Finding(kind, kind, Severity.ERROR, row=index + 1, value=first, allowed=str(match.width))]
    return [_ignored_line(index, row[0])]


def _is_digits(text: str) -> bool:
    return text.strip().isdigit()


def _cell(row: Sequence[str], column: int) -> str:
    return row[column] if column < len(row) else ""


def _cells(rows: Sequence[Sequence[str]], indices: Sequence[int], column: int) -> Cells:
    texts = [rows[index][column] if column < len(rows[index]) else None for index in indices]
    present = [text is not None for text in texts]
    return Cells(
        blank_as_null(pa.array(texts, pa.string())),
        pa.array([index + 1 if there else None for index, there in zip(indices, present, strict=True)], pa.int32()),
        pa.array([column + 1 if there else None for there in present], pa.int32()),
    )


def _header_findings(match: HeaderMatch) -> list[Finding]:
    missing = [
        Finding(
            "reader_missing_column",
            "reader_missing_column",
            Severity.ERROR,
            field=p.name,
            allowed=" | ".join(dict.fromkeys((p.label_de, *p.synonyms, p.name))),
        )
        for p in match.missing
    ]
    repeated = [
        Finding("reader_repeated_column", "reader_repeated_column", Severity.ERROR, None, match.row + 1, column + 1, name)
        for name, columns in match.repeated.items()
        for column in columns[1:]
    ]
    return [*missing, *repeated]


def _row_findings(records: Records, body: _Body, match: HeaderMatch) -> list[Finding]:
    found: list[Finding] = []
    needed = max(match.columns.values()) + 1
    width = str(match.width)
    for index in body.indices:
        row = records.rows[index]
        stump = index == len(records.rows) - 1 and not records.ended and len(row) < match.width
        if len(row) < needed or stump:
            found.append(Finding("reader_short_row", "reader_short_row", Severity.ERROR, row=index + 1, allowed=width))
        extra = next((column for column in range(match.width, len(row)) if row[column].strip()), None)
        if extra is not None:
            kind = "reader_long_row"
            found.append(Finding(kind, kind, Severity.ERROR, row=index + 1, column=extra + 1, value=row[extra], allowed=width))
    if not body.indices:
        found.append(Finding("reader_no_rows", "reader_no_rows", Severity.ERROR))
    if records.cut:
        found.append(Finding("reader_cut_off", "reader_cut_off", Severity.ERROR, row=len(records.rows)))
    return found


def _ignored_line(index: int, text: str) -> Finding:
    return Finding("reader_line_ignored", "reader_line_ignored", Severity.WARNING, row=index + 1, column=1, value=text)
