"""Findings on cells that a person sees otherwise than they are stored, or does not see: formats, fonts, days, merged
measures, hidden rows, formulas without a result.

The stored value holds. Where what is shown is more than its rounding, someone has to say which of the two is meant. No reading.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kkz_eval.contracts.contract import Contract, Property
from kkz_eval.contracts.parameters import column_of
from kkz_eval.contracts.rule_kinds.not_null import NOT_NULL
from kkz_eval.deliveries.columns.parsed_table import unit_property
from kkz_eval.deliveries.columns.readings import ags_of
from kkz_eval.deliveries.columns.scale import Said, misfit
from kkz_eval.deliveries.municipal.formatted_days import FORMATTED
from kkz_eval.deliveries.text.raised import without_marks
from kkz_eval.deliveries.text.wording.statements import unit_statements
from kkz_eval.deliveries.workbook.appearance import Block
from kkz_eval.deliveries.workbook.conditional_formats import Conditional
from kkz_eval.deliveries.workbook.fonts import LOOKS, Look
from kkz_eval.deliveries.workbook.number_formats import Shown, shown, text_shown, words_shown
from kkz_eval.deliveries.workbook.sheets import Sheet, Value, number_of, text_of
from kkz_eval.model.findings import FINDINGS_SCHEMA, Finding, Severity, concat_findings, findings_table
from kkz_eval.model.identifiers import cell_address
from kkz_eval.model.parsed import COL, ROW, SHEET, TEXT, ParsedTable

_KINDS = {
    Shown.HUNDREDFOLD: "reader_format_percent",
    Shown.OTHER_NUMBER: "reader_format_number",
    Shown.NOTHING: "reader_format_hidden",
    Shown.NO_ZERO: "reader_format_no_zero",
    Shown.WORDS: "reader_format_words",
}
_KINDS_OF_FONTS = {Look.STRUCK: "reader_struck", Look.OF_GROUND: "reader_font_of_ground"}
_KEY = "reader_format_key"
_UNIT, _MERGED = "reader_format_unit", "reader_merged_measure"
_NO_RESULT, _FORMULA = "reader_formula_without_result", "="  # and the text of such a cell: that it is empty is not said besides
_UNREAD, _DAY, _DAYS = (  # the sentence of a cell that is no number, of one that shows a day, of a column of them
    "reader_number",
    "reader_format_day",
    "reader_format_days",
)
_LEAST_OF_A_COLUMN = 3  # days that are the format of a column rather than entries which a program took for days
_OPEN, _ZERO_UNSEEN = "reader_format_conditional", "reader_zero_unseen"
_WARNINGS = frozenset([_KINDS[Shown.NO_ZERO], _KINDS[Shown.WORDS], _OPEN, _ZERO_UNSEEN])
_MOST_PLACED = 60  # findings on one column and cause that each name a unit and year; more become one that names none
_MOST_ROWS_NAMED = 8
_WORD = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True)
class _Cells:
    """Some cells of a measure on a sheet. rows, columns: 0-based; records: position of each in the parsed table."""

    of: Property
    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    records: NDArray[np.int64]

    def take(self, keep: NDArray[np.bool_] | Sequence[int]) -> _Cells:
        """The cells at some positions, or where something holds."""
        return _Cells(self.of, self.rows[keep], self.columns[keep], self.records[keep])


@dataclass(frozen=True)
class _Cause:
    """One thing that is wrong with some cells of a measure. value, allowed: as in a finding; at: row and column of the cell to name."""

    kind: str
    cells: _Cells
    value: str
    allowed: str
    at: tuple[int, int]


def with_seen(parsed: ParsedTable, contract: Contract, workbook: Iterable[Sheet]) -> ParsedTable:
    """The table with findings on what a person sees otherwise, or does not see, of the sheets that it was read from."""
    read = {*parsed.table.column(SHEET).unique().to_pylist(), *parsed.findings.column("sheet").unique().to_pylist()}
    for sheet in workbook:
        if sheet.name in read:
            parsed = _with_sheet(parsed, contract, sheet)
    return parsed


def _with_sheet(parsed: ParsedTable, contract: Contract, sheet: Sheet) -> ParsedTable:
    seen = sheet.seen
    if pc.any(pc.equal(parsed.findings.column("kind"), _UNREAD), min_count=0).as_py():
        parsed = _with_days_named(parsed, contract, sheet)
    has_styles = len(seen.formats.rows) or len(seen.fonts.rows) or seen.conditionals or not seen.shows_zeros
    if seen.is_known and not (sheet.merged or seen.hidden_rows or has_styles or seen.without_result):
        return parsed
    measures = [_cells(parsed, sheet, of) for of in contract.properties if of.role == "measure"]
    filled = [cells.take(_holds(parsed.texts(cells.of.name).is_valid())[cells.records]) for cells in measures]
    causes = [
        *(cause for cells in filled for cause in _formats(contract, sheet, cells)),
        *_fonts(parsed, contract, sheet, filled),
        *(cause for cells in filled for cause in _conditionals(contract, sheet, cells)),
        *(cause for cells in filled if not seen.shows_zeros for cause in _zeros(sheet, cells)),
        *(cause for of in contract.properties if of.role != "measure" for cause in _formats_of_keys(parsed, sheet, of)),
        *_merged(sheet, measures),
        *(without_result := [cause for of in contract.properties for cause in _formulas(parsed, contract, sheet, of)]),
    ]
    kind = "reader_unseen"
    found = [
        *([] if seen.is_known else [Finding(kind, kind, Severity.WARNING, sheet.name)]),
        *_hidden_rows(parsed, contract, sheet, measures),
        *(finding for cause in causes for finding in _findings(cause, parsed, contract, sheet)),
    ]
    if not found:
        return parsed
    kept = _said_better(parsed.findings, causes, filled, sheet)
    parsed = replace(parsed, table=_with_formulas(parsed.table, without_result))
    return replace(parsed, findings=concat_findings([kept, findings_table(found)]))


def _cells(parsed: ParsedTable, sheet: Sheet, of: Property) -> _Cells:
    """All cells of a measure on a sheet, empty ones too."""
    rows, columns = (parsed.table.column(of.name + which).fill_null(0).to_numpy().astype(np.int64) - 1 for which in (ROW, COL))
    here = _holds(pc.equal(parsed.table.column(SHEET), sheet.name).fill_null(False))
    records = np.flatnonzero(here & (rows >= 0))
    return _Cells(of, rows[records], columns[records], records)


def _holds(column: pa.ChunkedArray) -> NDArray[np.bool_]:
    return np.asarray(column.to_numpy(), dtype=np.bool_)


def _formats(contract: Contract, sheet: Sheet, cells: _Cells) -> Iterator[_Cause]:
    """A cause for each column, format and what it shows."""
    formats = sheet.seen.formats
    which = formats.of(cells.rows, cells.columns)
    groups: dict[tuple[int, str, str], list[int]] = {}
    for place in np.flatnonzero(which >= 0).tolist():
        raw = _raw(sheet, cells, place)
        code = formats.codes[which[place]]
        kind = _kind_of_format(code, raw, contract, cells.of)
        if kind is not None:
            groups.setdefault((int(cells.columns[place]), kind, code), []).append(place)
    for (_, kind, code), places in groups.items():
        yield _cause(kind, sheet, cells.take(places), f"{len(places)} × {code}")


def _formats_of_keys(parsed: ParsedTable, sheet: Sheet, of: Property) -> Iterator[_Cause]:
    """A cause for each column and format of keys, years and groups that show other digits, or a word, than were read."""
    formats = sheet.seen.formats
    cells = _cells(parsed, sheet, of)
    which = formats.of(cells.rows, cells.columns)
    groups: dict[tuple[int, str], list[int]] = {}
    for place in np.flatnonzero(which >= 0).tolist():
        raw, code = number_of(_raw(sheet, cells, place)), formats.codes[which[place]]
        if raw is None or shown(code, raw) is not Shown.OTHER_NUMBER:
            continue
        seen = text_shown(code, raw)
        if seen is None or str(parsed.values(of.name)[int(cells.records[place])].as_py()) not in (seen, ags_of(seen)):
            groups.setdefault((int(cells.columns[place]), code), []).append(place)
    for (_, code), places in groups.items():
        seen = text_shown(code, number_of(_raw(sheet, cells, places[0])) or 0.0)
        yield _cause(_KEY, sheet, cells.take(places), f"{'…' if seen is None else seen} ({len(places)} × {code})")


def _fonts(parsed: ParsedTable, contract: Contract, sheet: Sheet, filled: Sequence[_Cells]) -> Iterator[_Cause]:
    """A cause for each column and look: values that are struck out, or that nobody sees on their ground; and keys that are struck out alone."""
    if not len(sheet.seen.fonts.rows):
        return
    struck: list[int] = []
    for cells in filled:
        for look, own in _by_look(sheet, cells):
            struck += own.records.tolist() if look is Look.STRUCK else []
            yield _cause(_KINDS_OF_FONTS[look], sheet, own, str(len(own.rows)))
    for of in contract.properties:
        if of.role != "measure":
            cells = _cells(parsed, sheet, of)
            cells = cells.take(_holds(parsed.texts(of.name).is_valid())[cells.records] & ~np.isin(cells.records, struck))
            for look, own in _by_look(sheet, cells):
                if look is Look.STRUCK:
                    yield _cause(_KINDS_OF_FONTS[look], sheet, own, str(len(own.rows)))


def _by_look(sheet: Sheet, cells: _Cells) -> Iterator[tuple[Look, _Cells]]:
    """The cells of each column and look of which there are any."""
    looks = sheet.seen.fonts.of(cells.rows, cells.columns)
    for column in np.unique(cells.columns[looks >= 0]).tolist():
        for which, look in enumerate(LOOKS):
            own = cells.take((cells.columns == column) & (looks == which))
            if len(own.rows):
                yield look, own


def _conditionals(contract: Contract, sheet: Sheet, cells: _Cells) -> Iterator[_Cause]:
    """A cause for each column and what a conditional format shows there, or may show where its condition can't be told."""
    groups: dict[tuple[int, str, str], list[int]] = {}
    for rule in sheet.seen.conditionals:
        within = np.any([_is_within(cells, block) for block in rule.blocks], axis=0)
        for place in np.flatnonzero(within).tolist():
            raw = number_of(_raw(sheet, cells, place))
            kind = None if raw is None else _kind_of_conditional(rule, raw, contract, cells.of)
            if kind is not None:
                code = rule.way.code if kind in _KINDS.values() or kind == _UNIT else ""
                groups.setdefault((int(cells.columns[place]), kind, code), []).append(place)
    for (_, kind, code), places in groups.items():
        yield _cause(kind, sheet, cells.take(places), f"{len(places)} × {code}" if code else str(len(places)))


def _kind_of_conditional(rule: Conditional, raw: float, contract: Contract, of: Property) -> str | None:
    held = rule.holds(raw)
    if held is False:
        return None
    look, code = rule.way.look, rule.way.code
    of_format = _kind_of_format(code, raw, contract, of) if code else None
    if held is None:
        return _OPEN if look is not None or of_format is not None else None
    if look is Look.OF_GROUND and not raw:
        return _ZERO_UNSEEN
    return of_format if look is None else _KINDS_OF_FONTS[look]


def _zeros(sheet: Sheet, cells: _Cells) -> Iterator[_Cause]:
    """A cause where a measure has zeros and the view of the sheet shows none."""
    zeros = [place for place in range(len(cells.rows)) if number_of(_raw(sheet, cells, place)) == 0]
    if zeros:
        yield _cause(_ZERO_UNSEEN, sheet, cells.take(zeros), str(len(zeros)))


def _cause(kind: str, sheet: Sheet, cells: _Cells, allowed: str) -> _Cause:
    return _Cause(kind, cells, text_of(_raw(sheet, cells, 0)) or "", allowed, (int(cells.rows[0]), int(cells.columns[0])))


def _raw(sheet: Sheet, cells: _Cells, place: int) -> Value:
    return sheet.rows[int(cells.rows[place])][int(cells.columns[place])]


def _kind_of_format(code: str, raw: Value, contract: Contract, of: Property) -> str | None:
    if not isinstance(raw, (int, float, str)):
        return None
    seen = shown(code, raw)
    if seen is Shown.AS_STORED:
        return None
    if seen is not Shown.WORDS:
        return _KINDS[seen]
    words = words_shown(code, raw)
    if misfit(Said(None, None, words, (of,), is_unit=True)) is not None:
        return _UNIT
    if unit_statements(words) or without_marks(f"0{words}") == "0":
        return None
    own = {word for name in _names(contract, of) for word in _WORD.findall(name.casefold())}
    said = _WORD.findall(words.casefold())
    return None if said and own.issuperset(said) else _KINDS[seen]


def _names(contract: Contract, of: Property) -> Iterator[str]:
    """What the contract calls a measure and what it counts: `0" Kinder"` says nothing new of children."""
    yield from (of.unit, of.label_de, of.label_en, *of.synonyms, contract.title_de)
    yield from (code.label_de for dimension in contract.properties for code in dimension.codes)


def _with_days_named(parsed: ParsedTable, contract: Contract, sheet: Sheet) -> ParsedTable:
    """The table, where its findings say that a day or a time is no number, with the cause: the format of the cell or of a whole column."""
    findings = parsed.findings
    unread = pc.and_(pc.equal(findings.column("kind"), _UNREAD), pc.equal(findings.column("sheet"), sheet.name))
    at = np.flatnonzero(_holds(unread.fill_null(False)))
    places = findings.take(pa.array(at)).select(["row", "column"]).to_pydict()
    days: dict[tuple[int, int], int] = {}  # 0-based row and column to the place of the finding
    for place, row, column in zip(at.tolist(), places["row"], places["column"], strict=True):
        if row is not None and column is not None and isinstance(sheet.rows[row - 1][column - 1], FORMATTED):
            days[row - 1, column - 1] = place
    if not days:
        return parsed
    of_columns, said = [], set[int]()
    for cause in _columns_of_days(parsed, contract, sheet, days):
        of_columns += [replace(finding, rule=_UNREAD) for finding in _findings(cause, parsed, contract, sheet)]
        said |= {days[place] for place in zip(cause.cells.rows.tolist(), cause.cells.columns.tolist(), strict=True)}
    single = {place: (row, column) for (row, column), place in days.items() if place not in said}
    findings = _with_numbers_named(findings, sheet, single).filter(
        pa.array([place not in said for place in range(findings.num_rows)])
    )
    return replace(parsed, findings=concat_findings([findings, findings_table(of_columns)]))


def _columns_of_days(
    parsed: ParsedTable, contract: Contract, sheet: Sheet, days: Collection[tuple[int, int]]
) -> Iterator[_Cause]:
    """A cause for each column of which most cells show days: then the format is that of the column."""
    for of in contract.properties:
        if of.role != "measure":
            continue
        cells = _cells(parsed, sheet, of)
        for column in np.unique(cells.columns).tolist():
            own = cells.take(cells.columns == column)
            filled = sum(text_of(_raw(sheet, own, place)) is not None for place in range(len(own.rows)))
            shown_as_days = own.take([place for place, row in enumerate(own.rows.tolist()) if (row, column) in days])
            if len(shown_as_days.rows) >= max(_LEAST_OF_A_COLUMN, filled / 2):
                yield _cause(_DAYS, sheet, shown_as_days, str(len(shown_as_days.rows)))


def _with_numbers_named(findings: pa.Table, sheet: Sheet, days: Mapping[int, tuple[int, int]]) -> pa.Table:
    """The findings, those on single days with the number that the cell holds. days: place of a finding to 0-based row and column."""
    is_day = pa.array([place in days for place in range(findings.num_rows)])
    numbers = pa.array(
        [_stored(sheet, days[place]) if place in days else None for place in range(findings.num_rows)], pa.string()
    )
    for name, said in (("kind", pa.scalar(_DAY)), ("allowed", numbers)):
        index = FINDINGS_SCHEMA.get_field_index(name)
        changed = pc.if_else(is_day, said, findings.column(name))
        findings = findings.set_column(index, FINDINGS_SCHEMA.field(index), changed)
    return findings


def _stored(sheet: Sheet, place: tuple[int, int]) -> str | None:
    return text_of(_number_of_day(sheet.rows[place[0]][place[1]], sheet.seen.day_zero))


def _number_of_day(raw: Value, day_zero: date) -> float:
    """The number that a cell holds which shows a day, a time or a span."""
    if isinstance(raw, datetime):
        return (raw.replace(tzinfo=None) - datetime.combine(day_zero, time())) / timedelta(days=1)
    if isinstance(raw, date):
        return float((raw - day_zero).days)
    if isinstance(raw, time):
        return (raw.hour * 3600 + raw.minute * 60 + raw.second) / 86_400
    return raw / timedelta(days=1) if isinstance(raw, timedelta) else 0.0


def _merged(sheet: Sheet, measures: Sequence[_Cells]) -> Iterator[_Cause]:
    """A cause for each merged cell that holds one value for several numbers; a title that is merged over others is no number."""
    of_column = {int(column): cells for cells in measures for column in np.unique(cells.columns)}
    for block in sheet.merged:
        (top, left), (bottom, right) = block
        if left not in of_column or top >= len(sheet.rows) or left >= len(sheet.rows[top]):
            continue
        parts = [cells.take(_is_within(cells, block)) for cells in {id(c): c for c in of_column.values()}.values()]
        first = next((part for part in parts if ((part.rows == top) & (part.columns == left)).any()), None)
        value = text_of(sheet.rows[top][left])
        if first is None or value is None or sum(len(part.rows) for part in parts) < 2:
            continue
        address = f"{cell_address(None, top + 1, left + 1)}:{cell_address(None, bottom + 1, right + 1)}"
        records = np.concatenate([part.records for part in parts])
        yield _Cause(_MERGED, replace(first, records=records), value, address, (top, left))


def _formulas(parsed: ParsedTable, contract: Contract, sheet: Sheet, of: Property) -> Iterator[_Cause]:
    """A cause for the cells of a column that must not be empty, and are, because the file keeps no result of their formulas."""
    must_be_filled = any(rule.kind == NOT_NULL.name and column_of(rule) == of.name for rule in contract.rules)
    if not sheet.seen.without_result or not must_be_filled:
        return
    cells = _cells(parsed, sheet, of)
    found = cells.take(
        [place in sheet.seen.without_result for place in zip(cells.rows.tolist(), cells.columns.tolist(), strict=True)]
    )
    if len(found.rows):
        yield _Cause(_NO_RESULT, found, "", str(len(found.rows)), (int(found.rows[0]), int(found.columns[0])))


def _with_formulas(table: pa.Table, causes: Iterable[_Cause]) -> pa.Table:
    """The table with a text in cells of which a cause says that their formula has no result."""
    for cause in causes:
        name = cause.cells.of.name + TEXT
        texts = table.column(name).to_numpy(zero_copy_only=False).copy()
        texts[cause.cells.records] = _FORMULA
        place = table.schema.get_field_index(name)
        table = table.set_column(
            place, table.schema.field(place), pa.array(texts, table.schema.field(place).type, from_pandas=True)
        )
    return table


def _is_within(cells: _Cells, block: Block) -> NDArray[np.bool_]:
    (top, left), (bottom, right) = block
    return (cells.rows >= top) & (cells.rows <= bottom) & (cells.columns >= left) & (cells.columns <= right)


def _findings(cause: _Cause, parsed: ParsedTable, contract: Contract, sheet: Sheet) -> list[Finding]:
    """One finding where all of the file is concerned, or nothing is rejected; else one for each unit and year, which spares the others."""
    severity = Severity.WARNING if cause.kind in _WARNINGS else Severity.ERROR
    row, column = cause.at
    about = Finding(
        *(cause.kind, cause.kind, severity, sheet.name, row + 1, column + 1, cause.cells.of.name),
        value=cause.value,
        allowed=cause.allowed,
    )
    units, years = (parsed.values(name) for name in ("unit_id", "year"))
    at = pa.array(cause.cells.records)
    concerned = list(dict.fromkeys(zip(units.take(at).to_pylist(), years.take(at).to_pylist(), strict=True)))
    is_placed = contract.acceptance == "unit" and severity is Severity.ERROR and len(concerned) <= _MOST_PLACED
    if not is_placed or any(None in pair for pair in concerned) or len(concerned) == _n_units_and_years(parsed):
        return [about]
    return [replace(about, unit_id=unit, year=year) for unit, year in concerned]


def _n_units_and_years(parsed: ParsedTable) -> int:
    return len(parsed.table.select(["unit_id", "year"]).drop_null().group_by(["unit_id", "year"]).aggregate([]))


def _said_better(findings: pa.Table, causes: Sequence[_Cause], filled: Sequence[_Cells], sheet: Sheet) -> pa.Table:
    """The findings without those on shares up to 1 where the formats of the whole column say what they are, and on keys shown otherwise."""
    findings = _without_keys(findings, [cause.cells for cause in causes if cause.kind == _KEY], sheet)
    n_shown = Counter[str]()
    for cause in causes:
        n_shown[cause.cells.of.name] += len(cause.cells.rows) if cause.kind == _KINDS[Shown.HUNDREDFOLD] else 0
    of_percent = [cells.of.name for cells in filled if 0 < n_shown[cells.of.name] == _n_numbers(sheet, cells)]
    less = pc.and_(pc.equal(findings.column("kind"), "reader_percent_scale"), pc.equal(findings.column("sheet"), sheet.name))
    less = pc.and_(less, pc.is_in(findings.column("field"), pa.array(of_percent, pa.string())))
    return findings.filter(pc.invert(less.fill_null(False)))


def _without_keys(findings: pa.Table, keys: Sequence[_Cells], sheet: Sheet) -> pa.Table:
    """The findings without errors on some cells of a sheet."""
    if not keys:
        return findings
    at = {place for cells in keys for place in zip((cells.rows + 1).tolist(), (cells.columns + 1).tolist(), strict=True)}
    told = findings.select(["sheet", "row", "column", "severity"]).to_pylist()
    return findings.filter(
        pa.array(
            [
                one["sheet"] != sheet.name or one["severity"] != Severity.ERROR or (one["row"], one["column"]) not in at
                for one in told
            ],
            pa.bool_(),
        )
    )


def _n_numbers(sheet: Sheet, cells: _Cells) -> int:
    """How many of the cells hold a number that a scale would change."""
    return sum(bool(number_of(_raw(sheet, cells, place))) for place in range(len(cells.rows)))


def _hidden_rows(parsed: ParsedTable, contract: Contract, sheet: Sheet, measures: Sequence[_Cells]) -> list[Finding]:
    """One warning that counts the hidden rows which hold records; they are not read."""
    hidden = np.flatnonzero(sheet.seen.hidden_among(len(sheet.rows)))
    unit = unit_property(contract)
    if not len(hidden) or unit is None:
        return []
    columns = {int(column) for cells in measures for column in np.unique(cells.columns)}
    key = pc.min(parsed.table.column(unit.name + COL)).as_py()
    held = [row for row in hidden.tolist() if _is_record(sheet.rows[row], None if key is None else key - 1, columns)]
    if not held:
        return []
    named = [str(row + 1) for row in held[:_MOST_ROWS_NAMED]] + (["…"] if len(held) > _MOST_ROWS_NAMED else [])
    kind = "reader_rows_hidden"
    return [Finding(kind, kind, Severity.WARNING, sheet.name, held[0] + 1, value=", ".join(named), allowed=str(len(held)))]


def _is_record(cells: Sequence[Value], key: int | None, columns: Collection[int]) -> bool:
    """Whether a row has a key of a unit, or none because it is merged over several rows, and a value.

    Where no record was read, nobody knows the columns (key None): then a key anywhere will do.
    """
    if key is None:
        return any(ags_of(text_of(cell) or "") is not None for cell in cells)
    unit = text_of(cells[key]) if key < len(cells) else None
    is_filled = any(column < len(cells) and text_of(cells[column]) is not None for column in columns)
    return is_filled and (unit is None or ags_of(unit) is not None)
