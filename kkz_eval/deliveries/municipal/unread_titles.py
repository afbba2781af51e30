"""Titles of columns that could not be read, each cause said once: one finding for all titles that are nearly years. No reading of titles."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from kkz_eval.contracts.admitted import example_of
from kkz_eval.contracts.contract import Contract
from kkz_eval.contracts.rule_kinds.in_codes import spans_in_codes
from kkz_eval.deliveries.columns.header import HeaderMatch
from kkz_eval.deliveries.columns.parsed_table import year_property
from kkz_eval.deliveries.columns.readings import reader_of, school_year_of
from kkz_eval.deliveries.municipal.totals import names_sum_of_pivot
from kkz_eval.deliveries.text.titles import may_name_time, time_named, times_in
from kkz_eval.model.findings import Finding, Severity
from kkz_eval.model.spreadsheet_dates import typed_school_year, typed_span
from kkz_eval.model.symbols import SEPARATOR

UNKNOWN, YEARS, AS_DATE = "reader_unknown_title", "reader_unread_years", "reader_title_as_date"
_SHOWN = 12  # titles that one finding names
_TWO_DIGITS = re.compile(r"(?<![0-9])[0-9]{2}(?![0-9])")


def title_of_column(match: HeaderMatch, head: Sequence[Sequence[str]], column: int) -> str:
    """The title of a column from all the lines of the header."""
    lines = head[max(match.row - match.depth + 1, 0) : match.row + 1]
    return " ".join(" ".join(cells[column].split()) for cells in lines if column < len(cells) and cells[column].strip())


def columns_of_unread_years(match: HeaderMatch, head: Sequence[Sequence[str]]) -> list[int]:
    """The columns whose titles somebody may have meant for years, where no title names the year; () for fewer than two.

    Of a measure that one column holds, that is the year of no other; one that several hold may be divided by year.
    """
    year = year_property(match.contract)
    divided = {alike.name for alike in match.repeated}
    measures = {p.name for p in match.contract.properties if p.role == "measure" and p.name in match.columns}
    if year is None or year not in match.missing or match.pivots or measures - divided:
        return []
    taken = {column for name, column in match.columns.items() if name not in measures}
    titles = {column: title_of_column(match, head, column) for column in range(match.width) if column not in taken}
    times = [column for column, title in titles.items() if may_name_time(title)]
    read = reader_of(year)
    unread = [column for column in times if read(time_named(titles[column], frozenset()) or titles[column]).value is None]
    return (unread or times) if len(times) > 1 else []


def unread_titles(
    match: HeaderMatch, head: Sequence[Sequence[str]], sheet: str | None, columns: Sequence[int], told: Collection[int] = ()
) -> list[Finding]:
    """A finding at each title that names nothing known; one for all that are nearly years, at the first of them.

    columns: index of those titles; told: of those that are found to speak of another unit, of which nothing more is said.
    """
    found = [(column, _unread_title(match, head, sheet, column)) for column in columns if column not in told]
    years = [one for _, one in found if one.kind == UNKNOWN and may_name_time(one.value or "")]
    if len(years) < 2:
        return [one for _, one in found]
    titles = list(dict.fromkeys(one.value or "" for one in years))
    value = ", ".join([*titles[:_SHOWN], *(["…"] if len(titles) > _SHOWN else [])])
    first = years[0]
    place = (first.sheet, first.row, first.column)
    gathered = Finding(UNKNOWN, YEARS, Severity.ERROR, *place, value=value, allowed=_meant(match.contract, titles[0]))
    return [gathered, *(one for _, one in found if one not in years)]


def _unread_title(match: HeaderMatch, head: Sequence[Sequence[str]], sheet: str | None, column: int) -> Finding:
    """An error at a title that names nothing known or became a date; a warning at that of the sums of a pivot table."""
    title = title_of_column(match, head, column)
    at = (sheet, match.row + 1, column + 1)
    if names_sum_of_pivot(title):
        return Finding("reader_total_column", "reader_total_column", Severity.WARNING, *at, value=title)
    year = year_property(match.contract)
    school_year = typed_school_year(title) if year is not None and year.form == "school_year" else None
    coded = [of for of in match.contract.properties if of.role == "dimension"]
    known = {span for of in coded for span in spans_in_codes(of, [code.code for code in of.codes])}
    typed = school_year or next(
        (span for span in typed_span(title) if span in known), None
    )  # a day of report is no slip of Excel
    return Finding(UNKNOWN, AS_DATE if typed else UNKNOWN, Severity.ERROR, *at, value=title, allowed=typed)


def _meant(contract: Contract, title: str) -> str:
    """The years that a title may mean, as its contract writes them; an example where the title tells none."""
    year = year_property(contract)
    assert year is not None
    years = _years_in(title)
    if year.form == "year":
        return SEPARATOR.join(map(str, years)) or example_of(year)
    ends = [end for first in years for end in (first, first + 1)]
    return SEPARATOR.join(f"{end - 1}/{end % 100:02d}" for end in dict.fromkeys(ends)) or example_of(year)


def _years_in(title: str) -> list[int]:
    """The years of the calendar that a title names, `'07` is 2007; of a school year both."""
    found = [int(digits) for time in times_in(title) for digits in re.findall(r"(?:19|20)[0-9]{2}", time)]
    spans = [end for time in times_in(title) if "." not in time and (end := school_year_of(time)) is not None]
    if not found and not spans and (short := _TWO_DIGITS.findall(title)):
        found = [2000 + int(short[-1]) if int(short[-1]) < 70 else 1900 + int(short[-1])]
    return sorted({*found, *spans})
