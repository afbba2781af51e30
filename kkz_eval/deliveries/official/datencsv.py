"""The table as GENESIS shows it (datencsv): titles, header over several rows, regions indented by level, footer. No encodings.

What the header rows mean is worked out in datencsv_header.py; here is where the parts begin and end.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kkz_eval.deliveries.official.datencsv_header import Stub, quality_columns, stub_of, with_bare_times, with_title_time
from kkz_eval.deliveries.official.keyed_records import KeyedRecords, RecordDimension, ValueColumn
from kkz_eval.deliveries.official.table import Footnote
from kkz_eval.deliveries.official.times import bare_time, time_of
from kkz_eval.deliveries.official.units import KEY
from kkz_eval.deliveries.text.fields import LINE_END, Fields, fields_of, start_of_line
from kkz_eval.deliveries.text.numbers import Style, symbol_of
from kkz_eval.deliveries.text.records import Decoded, sample
from kkz_eval.model.findings import Finding, Severity
from kkz_eval.model.parsed import QUALITIES

FAMILY = "datencsv"
DELIMITER = ";"

_FIRST = re.compile(r'"?(?:GENESIS-)?(?:Tabelle|Table):\s*([^;"\r\n]*)')
_CODE = re.compile(r"[0-9]{5}-[0-9A-Za-z-]+")
_RULE = "\n_____"
_STATE = re.compile(
    r"^(?:Stand|created|Updated):\s*([0-9]{2})\.([0-9]{2})\.([0-9]{4})|^(?:created|Stand):\s*([0-9]{4}-[0-9]{2}-[0-9]{2})",
    re.MULTILINE,
)
_KEY_OR_TIME = r"^(DG|JH[0-9]{8}|[0-9]{1,5}|[0-9]{8}|[0-9]{2}\.[0-9]{2}\.[0-9]{4}|[0-9]{4}-[0-9]{2}-[0-9]{2})$"
_ENGLISH = re.compile(r"^created:", re.MULTILINE)
_BLANK_HEADER = re.compile(r"^;+[^;\s]", re.MULTILINE)
_NUMBER = re.compile(r"-?[0-9]+(?:[.,][0-9]+)*")
_IMPRINT = re.compile(r'"?\s*(?:©|\(C\)|Stand:|created:|Updated:|Dieses Werk|- Namensnennung|_{5})', re.IGNORECASE)
_FAR = 20_000  # characters in which a header begins
_LOOK = 100  # records that tell what a column holds
_HEAD = 60  # records in which the first record of data must stand


def recognises(text: str) -> bool:
    """Whether a text begins like a table of GENESIS."""
    return _FIRST.match(text) is not None


def named_in(rows: Sequence[Sequence[str]]) -> str:
    """The code of the table of GENESIS that some cell says a table is, as one saved by another program still does; "" where none says so."""
    said = (_FIRST.fullmatch(cell.strip()) for cells in rows for cell in cells)
    return next((found.group(1) for found in said if found is not None and _CODE.fullmatch(found.group(1))), "")


def is_unmistakable(text: str) -> bool:
    """Whether the header of a table of GENESIS leaves its first columns blank, as no delivery does."""
    return recognises(text) and _BLANK_HEADER.search(text, 0, _FAR) is not None


@dataclass(frozen=True)
class _Head:
    """titles: lines above the header; header: its rows, each with its 1-based row; body: index in the text of the first record of
    data and its row; width: its number of fields."""

    code: str
    titles: tuple[Footnote, ...]
    header: tuple[tuple[int, list[str]], ...]
    body: int
    row: int
    width: int


@dataclass(frozen=True)
class _Leading:
    """Index of the leading columns by what they hold; None where there is none."""

    time: int | None
    key: int | None
    name: int | None
    others: tuple[int, ...]


def read(decoded: Decoded) -> KeyedRecords:
    """The records of a table of GENESIS. Raises NotTextError (cell_too_long)."""
    head = _head(decoded)
    if head is None:
        kind = "official_no_header"
        empty = np.array([], np.int32)
        return KeyedRecords(
            FAMILY, empty, (), None, code=_code(decoded.text), findings=(Finding(kind, kind, Severity.ERROR, row=1),)
        )
    rule = decoded.text.find(_RULE, head.body - 1) + 1 or None
    end = len(decoded.text) if rule is None else rule
    fields = fields_of(decoded, DELIMITER, head.width, head.row, head.body, end)
    n_leading = _n_leading(head, fields)
    rows = [cells for _, cells in head.header]
    qualities = quality_columns(rows, fields.columns, n_leading)
    places = [place for place in range(n_leading, head.width) if place not in qualities.values()]
    findings = [*_shifted(head, places), *_end(decoded.text, head, fields, rule)]
    said = [line.text for line in head.titles]
    title = " ".join(said)
    records = KeyedRecords(FAMILY, fields.rows, (), None, code=head.code, title=title, edition=_edition(decoded.text, end))
    records = replace(records, titles=head.titles)
    if any(finding.kind in ("official_header", "official_header_shifted") for finding in findings):
        return replace(records, findings=(*findings, *fields.findings))
    leading = _leading(fields, n_leading)
    if leading.others and leading.others[-1] == n_leading - 1 and _are_values(fields.columns[n_leading - 1]):
        kind = "official_header_shifted"
        shifted = Finding(kind, kind, Severity.ERROR, row=head.header[0][0], column=n_leading, allowed=str(head.width))
        return replace(records, findings=(*findings, *fields.findings, shifted))
    fields, ignored = _records(fields, leading, n_leading)
    stub = stub_of([[cells[place] for place in places] for cells in rows], said, [number for number, _ in head.header])
    if leading.time is None:
        stub = with_title_time(with_bare_times(stub), said)
    return replace(
        records,
        rows=fields.rows,
        values=_values(fields, stub, places, qualities),
        keys=None if leading.key is None else fields.columns[leading.key],
        names=None if leading.name is None else fields.columns[leading.name],
        times=None if leading.time is None else fields.columns[leading.time],
        key_column=None if leading.key is None else leading.key + 1,
        time_column=None if leading.time is None else leading.time + 1,
        dimensions=tuple(
            RecordDimension(_heading(head, index), None, fields.columns[index], index + 1) for index in leading.others
        ),
        fallback=Style.POINT if _ENGLISH.search(decoded.text, end) else Style.COMMA,
        filled=True,
        open_end=rule is None and fields.open_end,
        findings=(*findings, *fields.findings, *ignored),
        footnotes=() if rule is None else _footnotes(decoded.text, rule),
    )


def _code(text: str) -> str:
    """The number of the table in its first line; "" where there is none."""
    first = _FIRST.match(text)
    return "" if first is None else first.group(1).strip()


def _head(decoded: Decoded) -> _Head | None:
    text = decoded.text
    titles: list[Footnote] = []
    header: list[tuple[int, list[str]]] = []
    lines = 0
    for index, cells in enumerate(sample(decoded, DELIMITER, _HEAD)):
        if index > 0 and header and _is_data(cells):
            return _Head(_code(text), tuple(titles), tuple(header), start_of_line(text, lines), index + 1, len(cells))
        lines += 1 + sum(len(LINE_END.findall(cell)) for cell in cells)
        filled = [cell for cell in cells if cell.strip()]
        if not filled or index == 0:
            continue
        said = " ".join(cell.strip() for cell in filled)
        if not header and cells[0].strip() and (len(filled) == 1 or bare_time(said) is not None):
            titles.append(Footnote(index + 1, said))
        else:
            header.append((index + 1, cells))
    return None


def _is_data(cells: Sequence[str]) -> bool:
    """Whether a record is one of data: it begins with a time or a key, and does not stand alone in its line as a title does."""
    first = cells[0].strip() if cells else ""
    return sum(map(bool, map(str.strip, cells))) > 1 and (time_of(first) is not None or KEY.fullmatch(first) is not None)


def _n_leading(head: _Head, fields: Fields) -> int:
    """Number of columns before the values: as the header leaves blank; where it labels them, up to the last that holds words."""
    blank = [next((index for index, cell in enumerate(cells) if cell.strip()), len(cells)) for _, cells in head.header]
    if min(blank) > 0:
        return min(blank)
    first = [column.slice(0, 50).to_pylist() for column in fields.columns]
    place = 0
    for index, texts in enumerate(first):
        keys = index < 2 and all(time_of(t) or KEY.fullmatch(t.strip()) for t in texts)
        if keys or any(_is_word(t.strip()) for t in texts):
            place = index + 1
    return place


def _is_word(text: str) -> bool:
    """Whether a text is a word, and no number, symbol or letter of quality."""
    return bool(text) and text not in QUALITIES and symbol_of(text) is None and not any(map(str.isdigit, text))


def _shifted(head: _Head, places: Sequence[int]) -> list[Finding]:
    """Header rows that do not stand above the data: of another width, beginning elsewhere, or with a column of values without any
    header; places: of these columns."""
    kind = "official_header"
    found = [
        Finding(kind, kind, Severity.ERROR, row=row, value=str(len(cells)), allowed=str(head.width))
        for row, cells in head.header
        if len(cells) != head.width
    ]
    if found:
        return found
    kind = "official_header_shifted"
    for column in places:
        if not any(cells[column].strip() for _, cells in head.header):
            return [Finding(kind, kind, Severity.ERROR, row=head.header[0][0], column=column + 1, allowed=str(head.width))]
    return []


def _leading(fields: Fields, n_leading: int) -> _Leading:
    time = key = name = None
    others: list[int] = []
    for index in range(n_leading):
        texts = Counter(text for text in fields.columns[index].slice(0, _LOOK).to_pylist() if text.strip())
        good = sum(n for text, n in texts.items() if time_of(text) is not None)
        keys = sum(n for text, n in texts.items() if KEY.fullmatch(text.strip()) is not None)
        if time is None and texts and 2 * good > texts.total():
            time = index
        elif key is None and texts and 2 * keys > texts.total():
            key = index
        elif key is not None and name is None and index == key + 1 + (time == key + 1):
            name = index
        else:
            others.append(index)
    return _Leading(time, key, name, tuple(others))


def _are_values(column: pa.Array) -> bool:
    """Whether a column that stands last before the values holds values itself: the header has moved to the right."""
    texts = [text.strip() for text in column.slice(0, _LOOK).to_pylist()]
    return all(symbol_of(text) is not None or _NUMBER.fullmatch(text) is not None for text in texts)


def _records(fields: Fields, leading: _Leading, n_leading: int) -> tuple[Fields, list[Finding]]:
    """Records without the lines of text among them: those whose key is blank or no key while all their values are blank."""
    first = fields.columns[0 if leading.key is None else leading.key]
    if pc.all(pc.match_substring_regex(first.unique(), _KEY_OR_TIME), min_count=0).as_py():
        return fields, []
    odd = {text for text in first.unique().to_pylist() if not (KEY.fullmatch(text.strip()) or time_of(text))}
    keep = np.ones(fields.size, bool)
    found = []
    for index, text in enumerate(first.to_pylist()):
        if text in odd and not any(column[index].as_py().strip() for column in fields.columns[n_leading:]):
            keep[index] = False
            value = next((column[index].as_py() for column in fields.columns if column[index].as_py().strip()), "")
            kind = "reader_line_ignored"
            found.append(Finding(kind, kind, Severity.WARNING, row=int(fields.rows[index]), column=1, value=value))
    return fields.filter(keep), found


def _values(fields: Fields, stub: Stub, places: Sequence[int], qualities: Mapping[int, int]) -> tuple[ValueColumn, ...]:
    return tuple(
        ValueColumn(
            fields.columns[place],
            place + 1,
            label=of.measure,
            unit=of.unit,
            members=of.members,
            time=of.time,
            qualities=fields.columns[qualities[place]] if place in qualities else None,
        )
        for place, of in zip(places, stub.columns, strict=True)
    )


def _heading(head: _Head, index: int) -> str:
    """What the header calls a leading column, else its place."""
    said = next((cells[index].strip() for _, cells in reversed(head.header) if cells[index].strip()), "")
    return said or f"column_{index + 1}"


def _end(text: str, head: _Head, fields: Fields, rule: int | None) -> list[Finding]:
    """What the end of the file says of its being whole: no footer, a footer without its last line, records below the footer."""
    if rule is None:
        return [Finding("official_no_footer", "official_no_footer", Severity.ERROR, row=fields.last_row)]
    found = []
    if not _STATE.search(text, rule):
        row = text.count("\n", 0, len(text.rstrip())) + 1
        found.append(Finding("official_footer_cut", "official_footer_cut", Severity.WARNING, row=row))
    for line in text[rule:].splitlines():
        if line.count(DELIMITER) == head.width - 1 and _is_data(line.split(DELIMITER)):
            kind = "official_after_footer"
            found.append(Finding(kind, kind, Severity.ERROR, value=line[:60]))
            break
    return found


def _edition(text: str, end: int) -> str:
    """The day on which the table was made, as ISO date; "" where the file names none."""
    match = _STATE.search(text, end)
    if match is None:
        return ""
    return match.group(4) or f"{match.group(3)}-{match.group(2)}-{match.group(1)}"


def _footnotes(text: str, start: int) -> tuple[Footnote, ...]:
    """The paragraphs of text[start:], without imprint, date and licence."""
    found: list[Footnote] = []
    first, words = 0, list[str]()
    row = text.count("\n", 0, start)
    for line in [*text[start:].splitlines(), ""]:
        row += 1
        said = line.strip(' ";\t')
        if said.strip("-_") and not _IMPRINT.match(line):
            first = row if not words else first
            words.append(said)
        elif words:
            found.append(Footnote(first, " ".join(words).replace('""', '"')))
            words = []
    return tuple(found)
