"""Names of units beside their keys in a municipal table: in a column, in the lines above. No values.

A name that the register knows for another unit speaks against the key; a spelling that it does not know says nothing. Findings here name
no unit and year: where keys and names contradict each other, nobody knows which unit a number belongs to.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence, Set

import pyarrow as pa

from kkz_eval.contracts.synonyms import normal_form
from kkz_eval.deliveries.columns.header import HeaderMatch
from kkz_eval.deliveries.columns.parsed_table import unit_property
from kkz_eval.deliveries.columns.readings import ags_of, key_and_name
from kkz_eval.deliveries.columns.units_listed import first_of_pairs
from kkz_eval.deliveries.text.grid import Grid, Ints
from kkz_eval.model.findings import Finding, Severity
from kkz_eval.reference.named import areas_named, names_another_area

_KIND = r"(?:(?:programm|modell)?kommunen?|stadt|staedte|gemeinden?|gemeindeteil|gebiet(?:skoerperschaft)?|raumeinheit|einheit)"
_OF_UNITS = re.compile(
    rf"(?:(?:name|bezeichnung)(?:der|des)?)?(?:{_KIND}(?:(?:und|oder|bzw)?{_KIND})*)?(?:kreis)?(?:freiestadt)?n?s?(?:name|bezeichnung)?"
    r"|munic(?:ipality)?(?:name)?|city|town|unit(?:name)?|gvbname"
)
_OF_KREISE = re.compile(
    r"(?:name(?:der|des)?)?(?:land)?kreise?s?(?:name)?|kreisfreiestadt(?:und|oder|bzw)?(?:land)?kreis"
    r"|(?:land)?kreise?(?:und|oder|bzw)?(?:kreisfreie|krfr)(?:stadt|staedte)"
    r"|(?:name(?:der|des)?)?jugendamt(?:s|es)?(?:bezirke?s?)?(?:name)?"
)
_IN_TITLE = re.compile(
    r"\b(?:Stadt|Gemeinde|Kreis(?:es)?|Städteregion|StädteRegion|(?:Kreis|Stadt)?[Jj]ugendamt(?:es|s)?|Kommune)\s*:?\s+"
    r"(?:(?:der|des)\s+(?:Stadt|Gemeinde|Kreises)\s+)?([A-ZÄÖÜ][\w.-]+(?:\s(?:an der|am|im)\s[A-ZÄÖÜ]\w+)?)"
)
_MOST_KEYS = 100  # of a file whose titles are held against its keys


def other_names(grid: Grid, match: HeaderMatch, titles: Sequence[str], records: Ints) -> list[Finding]:
    """An error for each key that stands beside the name of another unit, in whatever column of names at its first record.

    titles: of the columns as delivered.
    """
    unit = unit_property(match.contract)
    if unit is None or unit.name not in match.columns:
        return []
    key = match.columns[unit.name]
    keys, rows = _texts(grid, key, records), pa.array(grid.rows[records])
    kind = "reader_other_name"
    findings: list[Finding] = []
    for column, as_kreis in columns_of_names(titles[: match.width], {*match.columns.values(), *match.measured}):
        for own, name, row in first_of_pairs(keys, _texts(grid, column, records), rows):
            ags = ags_of(own) or next(iter(key_and_name(own)), None)
            if ags is not None and names_another_area(ags, name, as_kreis=as_kreis):
                findings.append(
                    Finding(kind, kind, Severity.ERROR, grid.sheet, row, key + 1, value=own.strip(), allowed=name.strip())
                )
    return findings


def other_units_in_titles(grid: Grid, match: HeaderMatch, above: Sequence[tuple[int, int, str]], records: Ints) -> list[Finding]:
    """A warning at each title, or for the name of the sheet, that names a unit which none of the keys can be meant by.

    above: (row, column, text), 1-based, of the cells above the header.
    """
    unit = unit_property(match.contract)
    if unit is None or unit.name not in match.columns:
        return []
    texts = _texts(grid, match.columns[unit.name], records).unique().drop_null().to_pylist()
    keys = {ags for text in texts if (ags := ags_of(text)) is not None}
    if not keys or len(texts) > _MOST_KEYS:
        return []
    kind = "reader_title_of_other"
    places = [*above, *([(None, None, grid.sheet)] if grid.sheet else [])]
    found: list[Finding] = []
    for row, column, text in places:
        others = (name for name in _names_in(text) if areas_named(name))
        name = next((name for name in others if all(names_another_area(key, name, as_kreis=True) for key in keys)), None)
        if name is not None:
            found.append(
                Finding(kind, kind, Severity.WARNING, grid.sheet, row, column, value=name, allowed=", ".join(sorted(keys)))
            )
    return found


def columns_of_names(titles: Sequence[str], taken: Set[int]) -> Iterator[tuple[int, bool]]:
    """(0-based column, whether a town may stand under the name of its Kreis there) of the columns that hold names of units.

    titles: as delivered, one for each column; taken: index of the columns that hold something else.
    """
    for column in sorted(set(range(len(titles))) - taken):
        title = normal_form(titles[column])
        if _OF_KREISE.fullmatch(title):
            yield column, True
        elif title == "" or _OF_UNITS.fullmatch(title):
            yield column, False


def _names_in(text: str) -> Iterator[str]:
    """What may be the name of a unit in a title: the whole text, what follows a colon, what follows `Stadt` or `Kreis`."""
    yield text.strip()
    yield text.rpartition(":")[2].strip()
    for found in _IN_TITLE.finditer(text):
        yield found.group().rpartition(":")[2].strip()


def _texts(grid: Grid, column: int, records: Ints) -> pa.Array:
    return grid.columns[column].take(pa.array(records))
