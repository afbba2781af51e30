"""INKAR as text: one observation a record, as the panel of the Kreise (long) or as the whole data base (bulk); and its list of indicators.

No encodings, no contracts. The table that INKAR exports is read in inkar_export.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from kkz_eval.deliveries.official.keyed_records import KeyedRecords, RecordDimension, RecordMeasure, ValueColumn
from kkz_eval.deliveries.text.fields import fields_of
from kkz_eval.deliveries.text.numbers import Style
from kkz_eval.deliveries.text.records import Decoded
from kkz_eval.model.findings import Finding, Severity

LONG, BULK, INDICATORS = "inkar_long", "inkar_bulk", "inkar_indicators"

_INDICATORS = ("merk_id", "m_id", "rubrik", "bereich", "kuerzel", "kurzname", "name")


@dataclass(frozen=True)
class _Form:
    """titles: of all columns, folded; the others: index of columns by what they hold, label: of the indicator's name.

    fallback: style of the numbers where they show none.
    """

    family: str
    titles: tuple[str, ...]
    key: int
    name: int
    time: int
    code: int
    label: int
    value: int
    dimensions: tuple[int, ...]
    fallback: Style | None


_FORMS = (
    _Form(LONG, ("bereich", "kreis_ags5", "name", "jahr", "kuerzel", "wert"), 1, 2, 3, 4, 4, 5, (0,), None),
    _Form(
        BULK,
        ("bereich", "id", "kuerzel", "indikator", "raumbezug", "kennziffer", "name", "zeitbezug", "wert"),
        *(5, 6, 7, 2, 3, 8),
        dimensions=(0, 4),
        fallback=Style.COMMA,
    ),
)


def _form_of(header: Sequence[str]) -> _Form | None:
    titles = tuple(cell.strip().casefold() for cell in header)
    return next((form for form in _FORMS if form.titles == titles), None)


def recognises(header: Sequence[str]) -> bool:
    """Whether a first record is the header of the long or the bulk text, to the letter."""
    return _form_of(header) is not None


def read(decoded: Decoded, delimiter: str, header: Sequence[str], start: int) -> KeyedRecords:
    """The records of a text that is recognised; start: index in the text of the line below the header. Raises NotTextError (cell_too_long)."""
    form = _form_of(header)
    assert form is not None
    fields = fields_of(decoded, delimiter, len(header), 2, start)
    if pc.any(pc.equal(fields.columns[form.key], ""), min_count=0).as_py():
        fields = fields.without_blank_records()
    columns = fields.columns
    return KeyedRecords(
        family=form.family,
        rows=fields.rows,
        values=(ValueColumn(columns[form.value], form.value + 1),),
        keys=columns[form.key],
        names=columns[form.name],
        times=columns[form.time],
        dimensions=tuple(RecordDimension(header[place].strip(), None, columns[place], place + 1) for place in form.dimensions),
        measure=RecordMeasure(
            columns[form.code], columns[form.label], pa.repeat(pa.scalar(""), fields.size), form.label + 1, form.code + 1
        ),
        key_column=form.key + 1,
        name_column=form.name + 1,
        time_column=form.time + 1,
        style=Style.POINT if delimiter == "," else None,
        fallback=form.fallback,
        open_end=fields.open_end,
        findings=tuple(_of_a_record(finding, len(header)) for finding in fields.findings),
    )


def _of_a_record(finding: Finding, width: int) -> Finding:
    """No line of words stands among the records: what looks like one is a record that was cut in its first cell."""
    if finding.kind != "reader_line_ignored":
        return finding
    kind = "reader_short_row"
    return Finding(kind, kind, Severity.ERROR, row=finding.row, value=finding.value, allowed=str(width))


def lists_indicators(header: Sequence[str]) -> bool:
    """Whether a first record is the header of the list of indicators."""
    return tuple(cell.strip().casefold() for cell in header[: len(_INDICATORS)]) == _INDICATORS


def read_list(decoded: Decoded, delimiter: str, header: Sequence[str], start: int) -> KeyedRecords:
    """The list of indicators holds descriptions and no value: records without values that say so."""
    fields = fields_of(decoded, delimiter, len(header), 2, start)
    kind = "official_descriptions"
    finding = Finding(kind, kind, Severity.WARNING, row=1, value=str(fields.size))
    return KeyedRecords(INDICATORS, fields.rows, (), None, findings=(finding, *fields.findings))
