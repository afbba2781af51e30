"""The flat file of GENESIS: one value a line (2025, German and English), or one measure a column (before). No encodings."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pyarrow.compute as pc

from kkz_eval.deliveries.official.keyed_records import KeyedRecords, RecordDimension, RecordMeasure, ValueColumn
from kkz_eval.deliveries.official.table import Footnote
from kkz_eval.deliveries.official.times import VARIABLES
from kkz_eval.deliveries.official.units import are_keys, is_region_variable
from kkz_eval.deliveries.text.fields import Fields, fields_of
from kkz_eval.deliveries.text.numbers import Style
from kkz_eval.deliveries.text.records import Decoded
from kkz_eval.model.findings import Finding, Severity

FAMILY, OLDER = "ffcsv", "ffcsv_older"
DELIMITER = ";"

_NEW = ("statistics_code", "statistics_label", "time_code", "time_label", "time")
_OLD_FIRST = re.compile(r"stati?sti[ck]s?_code")
_PART = re.compile(r"([0-9]+)_(merkmal|variable|auspraegung|variable_attribute|attribute|auspraegung_merkmal|value)_(code|label)")
_MEASURE = re.compile(r"([^_]+)__(.+?)(?:__([^_].*?))?(__q|_q)?")
_NO_RECORD = "reader_line_ignored"  # a line of words among the records, which may speak of the numbers
_ENGLISH = frozenset(("reference date", "year", "school year", "month", "quarter", "total", "number"))


@dataclass(frozen=True)
class _Variable:
    """Index of the columns of one variable: its code and label, and those of its members."""

    code: int
    label: int
    member_code: int
    member_label: int


def recognises(header: Sequence[str]) -> bool:
    """Whether a first record is the header of a flat file."""
    return _is_new(header) or _is_older(header)


def _folded(header: Sequence[str]) -> list[str]:
    return [cell.strip().casefold() for cell in header]


def _is_new(header: Sequence[str]) -> bool:
    titles = _folded(header)
    return tuple(titles[:5]) == _NEW and {"value", "value_unit", "value_variable_code"} <= set(titles)


def _is_older(header: Sequence[str]) -> bool:
    titles = _folded(header)
    return not _is_new(header) and _OLD_FIRST.fullmatch(titles[0]) is not None and "__" in "".join(header) and len(titles) > 5


def read(decoded: Decoded, header: Sequence[str], start: int) -> KeyedRecords:
    """The records of a flat file; start: index in the text of the line below the header."""
    fields = fields_of(decoded, DELIMITER, len(header), 2, start)
    fields, again = _without_headers(fields, header[0])
    titles = _folded(header)
    variables = _variables(titles)
    if fields.size == 0 or not variables:
        return KeyedRecords(FAMILY, fields.rows, (), None, findings=(*fields.findings, *again))
    region = _region(fields, variables)
    records = KeyedRecords(
        family=FAMILY,
        rows=fields.rows,
        values=(),
        keys=None,
        times=fields.columns[4],
        time_column=5,
        dimensions=tuple(_dimension(fields, v) for v in variables if v != region),
        code=_first(fields, 0),
        title=_first(fields, 1),
        titles=(Footnote(int(fields.rows[0]), _first(fields, 1)),),
        footnotes=tuple(Footnote(one.row or 0, one.value or "") for one in fields.findings if one.kind == _NO_RECORD),
        complete=True,
        findings=(*fields.findings, *again, *_statistics(fields), *_line_end(fields)),
    )
    if region is not None:
        records = replace(
            records,
            keys=fields.columns[region.member_code],
            names=fields.columns[region.member_label],
            key_column=region.member_code + 1,
        )
    return _with_values(records, fields, titles) if _is_new(header) else _with_measures(records, fields, header)


def _without_headers(fields: Fields, first: str) -> tuple[Fields, list[Finding]]:
    """The records without those that repeat the header, and a finding for each: two files stand one below the other."""
    header = pc.equal(pc.utf8_lower(pc.utf8_trim_whitespace(fields.columns[0])), first.strip().lower())
    if fields.size == 0 or not pc.any(header).as_py():
        return fields, []
    again = header.to_numpy(zero_copy_only=False)
    kind = "official_header_again"
    found = [Finding(kind, kind, Severity.ERROR, row=int(row), column=1, value=first) for row in fields.rows[again]]
    return fields.filter(~again), found


def _variables(titles: Sequence[str]) -> tuple[_Variable, ...]:
    found: dict[int, dict[str, int]] = {}
    for index, title in enumerate(titles):
        match = _PART.fullmatch(title)
        if match is not None:
            kind = "variable" if match.group(2) in ("merkmal", "variable") else "member"
            found.setdefault(int(match.group(1)), {})[f"{kind}_{match.group(3)}"] = index
    return tuple(
        _Variable(of["variable_code"], of["variable_label"], of["member_code"], of["member_label"])
        for _, of in sorted(found.items())
        if len(of) == 4
    )


def _first(fields: Fields, column: int) -> str:
    return str(fields.columns[column][0].as_py()).strip()


def _region(fields: Fields, variables: Sequence[_Variable]) -> _Variable | None:
    """The variable of region: by its code, else the first whose members are all keys of regions."""
    named = next((v for v in variables if is_region_variable(_first(fields, v.code))), None)
    if named is not None:
        return named
    return next((v for v in variables if are_keys(fields.columns[v.member_code].unique().to_pylist())), None)


def _dimension(fields: Fields, of: _Variable) -> RecordDimension:
    code, label = _first(fields, of.code), _first(fields, of.label)
    codes, labels = fields.columns[of.member_code], fields.columns[of.member_label]
    return RecordDimension(code or label, codes, labels, of.member_label + 1, label)


def _statistics(fields: Fields) -> list[Finding]:
    """Lines of another statistic than the first line's."""
    codes = fields.columns[0].unique().to_pylist()
    found = []
    for code in codes[1:]:
        row = int(fields.rows[pc.index(fields.columns[0], code).as_py()])
        kind = "official_statistics"
        found.append(Finding(kind, kind, Severity.ERROR, row=row, column=1, value=code, allowed=codes[0]))
    return found


def _line_end(fields: Fields) -> list[Finding]:
    """A last line without its line break: what stands in it is whole, but more may have followed."""
    if fields.ended:
        return []
    kind = "official_no_line_end"
    return [Finding(kind, kind, Severity.WARNING, row=fields.last_row)]


def _language(fields: Fields, titles: Sequence[str]) -> Style:
    """The style of the file's language, by the label of time, the unit, and the label of a total."""
    words = {_first(fields, 3).casefold()}
    if "value_unit" in titles:
        words.add(_first(fields, titles.index("value_unit")).casefold())
    return Style.POINT if words & _ENGLISH and not words & (VARIABLES - _ENGLISH) else Style.COMMA


def _with_values(records: KeyedRecords, fields: Fields, titles: Sequence[str]) -> KeyedRecords:
    at: Mapping[str, int] = {title: index for index, title in enumerate(titles)}
    code = fields.columns[at["value_variable_code"]]
    label_at = at.get("value_variable_label", at["value_variable_code"])
    quality = fields.columns[at["value_q"]] if "value_q" in at else None
    return replace(
        records,
        values=(ValueColumn(fields.columns[at["value"]], at["value"] + 1, qualities=quality),),
        measure=RecordMeasure(
            code, fields.columns[label_at], fields.columns[at["value_unit"]], label_at + 1, at["value_variable_code"] + 1
        ),
        fallback=_language(fields, titles),
        open_end=fields.open_end and max(at.values()) == at["value"],
    )


def _with_measures(records: KeyedRecords, fields: Fields, header: Sequence[str]) -> KeyedRecords:
    values: list[ValueColumn] = []
    last = max(index for index, title in enumerate(_folded(header)) if _PART.fullmatch(title))
    for index in range(last + 1, len(header)):
        match = _MEASURE.fullmatch(header[index].strip())
        if match is None:
            kind = "official_title"
            finding = Finding(kind, kind, Severity.ERROR, row=1, column=index + 1, value=header[index])
            records = replace(records, findings=(*records.findings, finding))
        elif match.group(4) and values:
            values[-1] = replace(values[-1], qualities=fields.columns[index])
        else:
            code, label, unit = match.group(1), match.group(2).replace("_", " "), (match.group(3) or "").replace("_", " ")
            values.append(ValueColumn(fields.columns[index], index + 1, code, label, unit))
    return replace(
        records, family=OLDER, values=tuple(values), fallback=_language(fields, _folded(header)), open_end=fields.open_end
    )
