"""School years written as one year: 2016 may be 2015/16 or 2016/17, and only the file can say which. No other times, no conversion."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pyarrow.compute as pc

from kkz_eval.contracts.contract import Contract, Property
from kkz_eval.deliveries.columns.header import fold
from kkz_eval.deliveries.columns.parsed_table import year_property
from kkz_eval.deliveries.columns.readings import is_single_year, school_year_of
from kkz_eval.deliveries.columns.typed import encoded_texts
from kkz_eval.deliveries.text.as_meant import as_meant
from kkz_eval.deliveries.text.cells import Cells
from kkz_eval.deliveries.text.titles import times_in
from kkz_eval.model.findings import Finding, Severity, concat_findings, findings_table
from kkz_eval.model.parsed import COL, ROW, TEXT, ParsedTable

_UNCLEAR, _ASSUMED = "reader_school_year_unclear", "reader_school_year_assumed"
_END = re.compile(r"ende|endjahr|abgang|entlass|abschluss")  # of the school year: a title that says so decides
_SCHOOL_YEAR = re.compile(r"schuljahr|\bsj\b|school ?year", re.IGNORECASE)


def school_year_findings(
    contract: Contract, cells: Mapping[str, Cells], title: str, beside: str, sheet: str | None
) -> list[Finding]:
    """What to say of school years that are written as one year, read as the year in which they end.

    An error at each such text where the table says school year, or writes others as 2016/17; a warning where it says year, as a year of
    the calendar is counted under the school year that ends in it; nothing where it says that the year is the end. Official tables follow
    their source's convention. cells: by property; title: of the column, "" where years are titles themselves; beside: the words of
    the lines above the records and the name of the sheet.
    """
    year = year_property(contract)
    if year is None or year.form != "school_year" or contract.source == "official" or year.name not in cells:
        return []
    column = cells[year.name]
    texts = _first_places(column)
    single = [text for text in texts if is_single_year(text)]
    spelled = _is_spelled(texts)
    if not single or _END.search(fold(title)) or (not spelled and _spans(beside, single)):
        return []
    if spelled or _SCHOOL_YEAR.search(f"{title} {beside}") is not None:
        return [_finding(_UNCLEAR, column, texts[text], text, year, sheet) for text in single]
    return [_finding(_ASSUMED, column, texts[single[0]], single[0], year, sheet)]


def with_one_convention(parsed: Sequence[ParsedTable], contracts: Mapping[str, Contract]) -> list[ParsedTable]:
    """The tables of the sheets of a workbook; where one writes 2016/17, the single years that another was only assumed to mean are errors.

    A sheet whose title of the column or of the table says which year a single one is stays as it is.
    """
    spelled = {table.contract_id for table in parsed if _is_spelled(_texts_of_years(table, contracts[table.contract_id]))}
    return [_refused(table, contracts[table.contract_id]) if table.contract_id in spelled else table for table in parsed]


def _refused(table: ParsedTable, contract: Contract) -> ParsedTable:
    """A table with an error at each single year in place of the warning that it was assumed to be the end."""
    assumed, year = pc.equal(table.findings.column("kind"), _ASSUMED), year_property(contract)
    if year is None or not pc.any(assumed, min_count=0).as_py():
        return table
    column = _cells_of_years(table, year)
    sheet = table.findings.filter(assumed).column("sheet")[0].as_py()
    texts = {text: at for text, at in _first_places(column).items() if is_single_year(text)}
    errors = findings_table(_finding(_UNCLEAR, column, at, text, year, sheet) for text, at in texts.items())
    return replace(table, findings=concat_findings([table.findings.filter(pc.invert(assumed)), errors]))


def _texts_of_years(table: ParsedTable, contract: Contract) -> Iterable[str]:
    year = year_property(contract)
    of_schools = year is not None and year.form == "school_year" and contract.source != "official"
    return _first_places(_cells_of_years(table, year)) if year is not None and of_schools else ()


def _cells_of_years(table: ParsedTable, year: Property) -> Cells:
    texts, rows, columns = (table.table.column(year.name + part).combine_chunks() for part in (TEXT, ROW, COL))
    return Cells(texts, rows, columns)


def _first_places(column: Cells) -> dict[str, int]:
    """The different texts of a column as they are meant, each with the position of its first record."""
    encoded = encoded_texts(column.texts)
    present, first = np.unique(encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False), return_index=True)
    places = zip(present.tolist(), first.tolist(), strict=True)
    return {as_meant(encoded.dictionary[place].as_py()).strip(): at for place, at in places if place >= 0}


def _is_spelled(texts: Iterable[str]) -> bool:
    """Whether one of some years is written as a school year, 2016/17."""
    return any(school_year_of(text) is not None for text in texts if not is_single_year(text))


def _finding(kind: str, column: Cells, at: int, text: str, year: Property, sheet: str | None) -> Finding:
    """An error that a year may be two school years, or a warning which of them it was taken for."""
    severity, readings = (
        (Severity.ERROR, _readings(text)) if kind == _UNCLEAR else (Severity.WARNING, _readings(text).split(" | ")[0])
    )
    row, place = column.rows[at].as_py(), column.columns[at].as_py()
    return Finding(kind, kind, severity, sheet, row, place, year.name, value=text, allowed=readings)


def _spans(beside: str, single: list[str]) -> bool:
    """Whether the lines above spell out the school years from the first to the last, as those that end in the single years."""
    named = {end for time in times_in(beside) if not is_single_year(time) and (end := school_year_of(time)) is not None}
    ends = {int(text[:4]) for text in single}
    return bool(named) and (min(named), max(named)) == (min(ends), max(ends))


def _readings(text: str) -> str:
    """The two school years that a single year may be: `2015/16 | 2016/17`."""
    year = int(text[:4])
    return f"{year - 1}/{year % 100:02d} | {year}/{(year + 1) % 100:02d}"
