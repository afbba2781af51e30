"""The unit of what a contract takes from a table of official statistics, and words that say its numbers are thousands. No reading.

A count in thousands looks like any other count: a value is taken only in a unit that the mapping of the contract names.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pyarrow as pa
import pyarrow.compute as pc

from kkz_eval.contracts.contract import NO_UNIT, OfficialSource, Property
from kkz_eval.deliveries.official.table import Footnote
from kkz_eval.deliveries.scale import says_scale
from kkz_eval.model.findings import Finding, Severity

_ENGLISH: Mapping[str, str] = {"number": "anzahl", "percent": "prozent", "%": "prozent"}


def in_units(
    table: pa.Table, titles: Iterable[Footnote], source: OfficialSource, of: Property, findings: list[Finding]
) -> pa.Table:
    """The rows of one measure (OFFICIAL_SCHEMA), without the values whose unit the contract doesn't admit.

    titles: lines above the table. findings: one is added for each wrong unit, at its first value, and for each text that says that the
    numbers are thousands or millions; such a text takes all values of the table, or of the measure that it names.
    """
    if table.num_rows == 0:
        return table
    admitted = admitted_units(source, of)
    units = table.column("unit").cast(pa.string()).combine_chunks().dictionary_encode()
    labels = table.column("measure_label").cast(pa.string()).combine_chunks().dictionary_encode()
    wrong = [unit for unit in units.unique().to_pylist() if _known(unit) not in {_known(one) for one in admitted}]
    scaled = [label for label in labels.unique().to_pylist() if label is not None and says_scale(label)]
    found = [_at_first(table, units, unit, "official_unit" if unit else "official_unit_missing", of, admitted) for unit in wrong]
    found += [_at_first(table, labels, label, "official_scale", of, admitted) for label in scaled]
    above = [title for title in titles if says_scale(title.text)]
    kind = "official_scale"
    found += [Finding(kind, kind, Severity.ERROR, row=title.row, column=1, field=of.name, value=title.text) for title in above]
    findings += found
    if not found:
        return table
    keep = pa.array([not above] * table.num_rows)
    for column, refused in ((units, wrong), (labels, scaled)):
        keep = pc.and_(keep, pc.invert(_is_one_of(column, refused)))
    values = pc.if_else(keep, table.column("value").combine_chunks(), pa.scalar(None, pa.float64()))
    return table.set_column(table.schema.get_field_index("value"), table.schema.field("value"), values)


def admitted_units(source: OfficialSource, of: Property) -> tuple[str, ...]:
    """The units that a mapping admits: those it lists, else the unit of the property."""
    return source.units or (of.unit or NO_UNIT,)


def _known(unit: str | None) -> str:
    """A unit in the form in which units are compared; German and English are the same."""
    folded = NO_UNIT if unit is None else " ".join(unit.split()).casefold()
    return _ENGLISH.get(folded, folded)


def _is_one_of(column: pa.DictionaryArray, texts: list[str | None]) -> pa.Array:
    return pc.is_in(column.cast(pa.string()), value_set=pa.array(texts, pa.string()))


def _at_first(
    table: pa.Table, column: pa.DictionaryArray, text: str | None, kind: str, of: Property, admitted: tuple[str, ...]
) -> Finding:
    """A finding at the first value beside which a text stands (None: nothing stands)."""
    place = pc.index(_is_one_of(column, [text]), pa.scalar(True)).as_py()
    row, number = (table.column(name)[place].as_py() for name in ("row", "column"))
    sheet = table.column("sheet")[place].as_py()
    said = ", ".join(unit for unit in admitted if unit != NO_UNIT) or "–"
    return Finding(kind, kind, Severity.ERROR, sheet, row, number, of.name, value=text, allowed=said)
