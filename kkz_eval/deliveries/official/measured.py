"""The unit of what a contract takes from a table of official statistics, and words that say another. No reading.

A count in thousands looks like any other count: a value is taken only in a unit that the mapping of the contract names.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from kkz_eval.contracts.contract import NO_UNIT, OfficialSource, Property
from kkz_eval.deliveries.columns.scale import Said, misfit, scale_findings
from kkz_eval.deliveries.official.table import Footnote, OfficialTable
from kkz_eval.deliveries.text.wording.statement import Kind
from kkz_eval.model.findings import Finding, Severity

_ENGLISH: Mapping[str, str] = {"number": "anzahl", "percent": "prozent", "%": "prozent"}


def in_units(table: pa.Table, official: OfficialTable, source: OfficialSource, of: Property, findings: list[Finding]) -> pa.Table:
    """The rows of one measure (OFFICIAL_SCHEMA), without the values whose unit the contract doesn't admit.

    official: the table that they are taken from. findings: one is added for each wrong unit, at its first value, and for each text that
    says another unit than the contract; such a title or footnote takes all values, such a label those that it names.
    """
    if table.num_rows == 0:
        return table
    admitted = admitted_units(source, of)
    units = table.column("unit").cast(pa.string()).combine_chunks().dictionary_encode()
    labels = table.column("measure_label").cast(pa.string()).combine_chunks().dictionary_encode()
    wrong = [unit for unit in units.unique().to_pylist() if _known(unit) not in {_known(one) for one in admitted}]
    said = [label for label in labels.unique().to_pylist() if label is not None and label not in source.named]
    scaled = [label for label in said if _says_another(label, of)]
    found = [_at_first(table, units, unit, "official_unit" if unit else "official_unit_missing", of, admitted) for unit in wrong]
    found += [_at_first(table, labels, label, "official_scale", of, admitted) for label in scaled]
    around = _around(official, source, of)
    findings += found + around
    refused = any(finding.severity == Severity.ERROR for finding in around)
    if not found and not refused:
        return table
    keep = pa.array([not refused] * table.num_rows)
    for column, texts in ((units, wrong), (labels, scaled)):
        keep = pc.and_(keep, pc.invert(_is_one_of(column, texts)))
    values = pc.if_else(keep, table.column("value").combine_chunks(), pa.scalar(None, pa.float64()))
    return table.set_column(table.schema.get_field_index("value"), table.schema.field("value"), values)


def _says_another(text: str, of: Property) -> bool:
    wrong = misfit(Said(None, None, text, (of,)))
    return wrong is not None and wrong.kind != Kind.ROUNDED


def _around(official: OfficialTable, source: OfficialSource, of: Property) -> list[Finding]:
    """A finding for each title or footnote that says another unit."""
    said = said_around(official.titles, official.footnotes, of)
    others = _other_measures(official, source) if any(map(misfit, said)) else ()
    return official_findings(said, None, others)


def said_around(titles: Sequence[Footnote], footnotes: Sequence[Footnote], of: Property) -> list[Said]:
    """What stands above and below a table, as said of a measure of it."""
    above = [Said(line.row, line.column, line.text, (of,)) for line in titles]
    return above + [Said(line.row, line.column, line.text, (of,), is_note=True) for line in footnotes]


def official_findings(said: Iterable[Said], sheet: str | None, others: Sequence[str] = ()) -> list[Finding]:
    """What scale.py finds, in the words for a table that somebody else has made."""
    found = scale_findings(said, sheet, others)
    return [
        one if one.severity == Severity.WARNING else replace(one, rule="official_scale", kind="official_scale") for one in found
    ]


def _other_measures(official: OfficialTable, source: OfficialSource) -> Sequence[str]:
    """The labels and units of the measures of the table that a mapping does not take: a title may speak of them."""
    names = ("measure", "measure_label", "unit")
    each = pa.table({name: official.table.column(name).cast(pa.string()) for name in names}).group_by(list(names)).aggregate([])
    named = pa.array(source.named, pa.string())
    own = pc.or_(pc.is_in(each.column("measure"), named), pc.is_in(each.column("measure_label"), named))
    others = each.filter(pc.invert(own))
    return tuple(dict.fromkeys(text for name in names[1:] for text in others.column(name).to_pylist() if text))


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
