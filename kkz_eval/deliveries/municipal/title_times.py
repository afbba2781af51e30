"""Times in the lines above a municipal table that speak against the years of its records: a reference day, a reporting year. No units, no values.

A day on which a file was written says nothing of its years: only what is called a reference day or reporting year, or ends a year, counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import pyarrow.compute as pc

from kkz_eval.contracts.contract import Contract
from kkz_eval.deliveries.columns.parsed_table import year_property
from kkz_eval.deliveries.text.titles import times_in
from kkz_eval.model.findings import Finding, Severity
from kkz_eval.model.parsed import SHEET, ParsedTable
from kkz_eval.model.texts import spans

OTHER_YEAR = "reader_title_of_other_year"
_YEAR = r"(?:19|20)[0-9]{2}"
_REFERENCE = re.compile(
    rf"\b(?:(?:am|zum|per)\s+31\.\s?(?:12\.|dez(?:ember|\.))\s?{_YEAR}"
    rf"|stichtags?:?\s+(?:(?:am|zum)\s+)?[0-9]{{1,2}}\.\s?(?:[0-9]{{1,2}}\.|[a-zä]{{3,9}}\.?)\s?{_YEAR}"
    rf"|berichtsjahr:?\s+{_YEAR})(?![0-9])",
    re.IGNORECASE,
)


def other_years_in_titles(parsed: ParsedTable, contract: Contract, above: Sequence[tuple[int, int, str]]) -> Iterator[Finding]:
    """A warning at each title with a reference day or reporting year of a year that no record has; where years are those of the calendar.

    above: (row, column, text), 1-based, of the cells above the header.
    """
    year = year_property(contract)
    if year is None or year.form != "year":
        return
    recorded = pc.unique(parsed.values(year.name)).drop_null().to_pylist()
    if not recorded:
        return
    for row, column, text in above:
        named = _REFERENCE.search(text)
        if named is not None and not any(str(one) in time for time in times_in(text) for one in recorded):
            sheet = parsed.table.column(SHEET)[0].as_py()
            yield Finding(
                *(OTHER_YEAR, OTHER_YEAR, Severity.WARNING, sheet, row, column, year.name),
                value=named.group(),
                allowed=spans(recorded),
            )
