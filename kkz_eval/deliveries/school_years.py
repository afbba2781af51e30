"""School years written as one year: 2016 may be 2015/16 or 2016/17, and only the file can say which. No other times, no conversion."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np

from kkz_eval.contracts.contract import Contract
from kkz_eval.deliveries.as_meant import as_meant
from kkz_eval.deliveries.columns import Cells, encoded_texts, is_single_year, school_year_of, year_property
from kkz_eval.deliveries.header import fold
from kkz_eval.deliveries.titles import times_in
from kkz_eval.model.findings import Finding, Severity

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
    encoded = encoded_texts(column.texts)
    present, first = np.unique(encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False), return_index=True)
    places = zip(present.tolist(), first.tolist(), strict=True)
    texts = {as_meant(encoded.dictionary[place].as_py()).strip(): at for place, at in places if place >= 0}
    single = [text for text in texts if is_single_year(text)]
    spelled = any(school_year_of(text) is not None for text in texts if not is_single_year(text))
    if not single or _END.search(fold(title)) or (not spelled and _spans(beside, single)):
        return []
    is_error = spelled or _SCHOOL_YEAR.search(f"{title} {beside}") is not None
    kind = "reader_school_year_unclear" if is_error else "reader_school_year_assumed"
    return [
        Finding(
            kind,
            kind,
            Severity.ERROR if is_error else Severity.WARNING,
            sheet,
            column.rows[texts[text]].as_py(),
            column.columns[texts[text]].as_py(),
            year.name,
            value=text,
            allowed=_readings(text) if is_error else _readings(text).split(" | ")[0],
        )
        for text in (single if is_error else single[:1])
    ]


def _spans(beside: str, single: list[str]) -> bool:
    """Whether the lines above spell out the school years from the first to the last, as those that end in the single years."""
    named = {end for time in times_in(beside) if not is_single_year(time) and (end := school_year_of(time)) is not None}
    ends = {int(text[:4]) for text in single}
    return bool(named) and (min(named), max(named)) == (min(ends), max(ends))


def _readings(text: str) -> str:
    """The two school years that a single year may be: `2015/16 | 2016/17`."""
    year = int(text[:4])
    return f"{year - 1}/{year % 100:02d} | {year}/{(year + 1) % 100:02d}"
