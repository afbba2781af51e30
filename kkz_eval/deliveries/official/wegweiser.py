"""The export of Wegweiser Kommune: one municipality a line, one indicator of one year a column, footer. No encodings."""

from __future__ import annotations

import re
from collections.abc import Sequence

from kkz_eval.deliveries.official.keyed_records import KeyedRecords, ValueColumn
from kkz_eval.deliveries.text.fields import fields_of
from kkz_eval.deliveries.text.numbers import Style
from kkz_eval.deliveries.text.records import Decoded
from kkz_eval.model.findings import Finding, Severity

FAMILY = "wegweiser"
DELIMITER = ";"

_FIRST = ("kommune", "gkz", "ars")
_INDICATOR = re.compile(r"((?:19|20)[0-9]{2}) (.+?)(?: \(([^()]+)\))?")
_BLANK = re.compile(r";*\r?\n")
_RECORD = re.compile(r"^[^;\n]*;[0-9]{2,9};[0-9]{2,12};", re.MULTILINE)


def recognises(header: Sequence[str]) -> bool:
    """Whether a first record is the header of an export of Wegweiser Kommune."""
    return tuple(cell.strip().casefold() for cell in header[:3]) == _FIRST and any(map(_INDICATOR.fullmatch, header))


def read(decoded: Decoded, header: Sequence[str], start: int) -> KeyedRecords:
    """The records of an export; start: index in the text of the line below the header.

    The columns between the keys and the indicators (Bundesland, Landkreis, Demografietyp) say something of the municipality and nothing
    of the value: they are no dimensions.
    """
    blank = _blank_line(decoded.text, start)
    end = len(decoded.text) if blank is None else blank
    fields = fields_of(decoded, DELIMITER, len(header), 2, start, end)
    findings = [*fields.findings, *_end(decoded.text, end, blank is None)]
    values: list[ValueColumn] = []
    for index in range(3, len(header)):
        match = _INDICATOR.fullmatch(header[index].strip())
        if match is not None:
            label, unit = match.group(2), match.group(3) or ""
            values.append(ValueColumn(fields.columns[index], index + 1, label=label, unit=unit, time=match.group(1)))
        elif values:
            kind = "official_title"
            findings.append(Finding(kind, kind, Severity.ERROR, row=1, column=index + 1, value=header[index]))
    return KeyedRecords(
        family=FAMILY,
        rows=fields.rows,
        values=tuple(values),
        keys=fields.columns[2],
        names=fields.columns[0],
        key_column=3,
        style=Style.COMMA,
        filled=True,
        open_end=blank is None and fields.open_end,
        findings=tuple(findings),
    )


def _blank_line(text: str, start: int) -> int | None:
    """Index of the first line without any cell; None where there is none. Few lines begin with a delimiter: only they are looked at."""
    places = [place for sign in (DELIMITER, "\n", "\r") if (place := _first_of(text, "\n" + sign, start - 1)) is not None]
    return min(places, default=None)


def _first_of(text: str, opening: str, start: int) -> int | None:
    place = text.find(opening, start)
    while place >= 0:
        if _BLANK.match(text, place + 1):
            return place + 1
        place = text.find(opening, place + 1)
    return None


def _end(text: str, end: int, no_footer: bool) -> list[Finding]:
    """No footer, or records below it."""
    if no_footer:
        row = text.count("\n", 0, len(text.rstrip())) + 1
        return [Finding("official_no_footer", "official_no_footer", Severity.ERROR, row=row)]
    after = _RECORD.search(text, end)
    if after is None:
        return []
    kind = "official_after_footer"
    row = text.count("\n", 0, after.start()) + 1
    return [Finding(kind, kind, Severity.ERROR, row=row, value=after.group(0))]
