"""Deliveries of municipalities, as a spreadsheet program writes them: title lines, header, records, totals, footnotes. No encodings.

The layout says what the lines mean, whether they come from a text or from a sheet.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kkz_eval.contracts.admitted import PERCENT
from kkz_eval.contracts.contract import Contract
from kkz_eval.deliveries.columns.beside import texts_beside, titles_of_others
from kkz_eval.deliveries.columns.header import HeaderMatch, code_names, fold, header_blocks, match_header
from kkz_eval.deliveries.columns.parsed_table import parsed_table, unit_property, year_property
from kkz_eval.deliveries.columns.scale import PROVISIONAL, scale_findings
from kkz_eval.deliveries.columns.school_years import school_year_findings
from kkz_eval.deliveries.columns.typed import is_numeric
from kkz_eval.deliveries.columns.units_listed import misnamed, missing_units, with_findings
from kkz_eval.deliveries.municipal import wide
from kkz_eval.deliveries.municipal.first_of_group import filled_down
from kkz_eval.deliveries.municipal.lines import Body, body_below, in_column, is_key, line_findings
from kkz_eval.deliveries.municipal.title_times import other_years_in_titles
from kkz_eval.deliveries.municipal.totals import total_findings
from kkz_eval.deliveries.municipal.unit_names import columns_of_names, other_names, other_units_in_titles
from kkz_eval.deliveries.municipal.unread_titles import columns_of_unread_years, title_of_column, unread_titles
from kkz_eval.deliveries.results import Unclaimed
from kkz_eval.deliveries.text.as_meant import as_meant
from kkz_eval.deliveries.text.cells import Cells
from kkz_eval.deliveries.text.grid import Grid, Ints
from kkz_eval.deliveries.text.numbers import style_of
from kkz_eval.deliveries.text.titles import says_more
from kkz_eval.model.findings import Finding, Severity
from kkz_eval.model.identifiers import cell_address
from kkz_eval.model.parsed import ParsedTable

LAYOUT = "municipal_text"
_SHORTEST_TITLE = 6  # letters; a shorter one may be part of any word
_OTHERS_SHOWN = 12  # columns that say the same, named in a finding


@dataclass(frozen=True)
class Claim:
    """A contract's header in a table; marked: whether the lines before it hold the contract's title marker; titled: or its title."""

    match: HeaderMatch
    marked: bool
    titled: bool = False

    @property
    def rank(self) -> tuple[bool, bool, bool, int]:
        """What wins among several contracts: the marker, the title, all required columns, then the number of columns found."""
        return (self.marked, self.titled, self.match.complete, len(self.match.names))


NO_RANK = (False, False, False, 0)


def claims(rows: Sequence[Sequence[str]], contracts: Mapping[str, Contract], sheet: str = "") -> list[Claim]:
    """The claims of contracts with these layouts on a table, best first. rows: its first records; sheet: its name, a title too."""
    found: list[Claim] = []
    for match in _matches(rows, contracts, sheet):
        contract = match.contract
        title = _title(match, rows, sheet)
        if contract.title_marker is None and contract.source == "official" and not match.complete:
            continue  # other tables of the same office have most of its columns, at another level
        if _has_its_marker(match, title):
            names = (fold(name) for name in (contract.title_de, contract.title_en))
            titled = any(len(name) >= _SHORTEST_TITLE and name in title for name in names)
            found.append(Claim(match, contract.title_marker is not None, titled))
    return sorted(found, key=lambda claim: claim.rank, reverse=True)


def _title(match: HeaderMatch, rows: Sequence[Sequence[str]], sheet: str) -> str:
    """The name of the sheet and what stands above a header, folded."""
    return fold(" ".join([sheet, *(cell for cells in rows[: match.row - match.depth + 1] for cell in cells)]))


def _has_its_marker(match: HeaderMatch, title: str) -> bool:
    """Whether the word stands above the header by which a contract's table is told from others; True where it has none."""
    marker = match.contract.title_marker
    return marker is None or fold(marker) in title


def _matches(rows: Sequence[Sequence[str]], contracts: Mapping[str, Contract], sheet: str) -> list[HeaderMatch]:
    """The headers of contracts in a table. Wide ones are looked for where no contract finds all it demands in a long one.

    A contract whose marker is missing demands more than columns: an office's table with fewer of them hides no wide one of a municipality.
    """
    blocks = header_blocks(rows)
    if not blocks:
        return []
    long = {name: match_header(blocks, c) for name, c in contracts.items() if LAYOUT in c.layouts}
    found = dict(long)
    complete = [match for match in long.values() if match is not None and match.complete]
    if not any(_has_its_marker(match, _title(match, rows, sheet)) for match in complete):
        for name, contract in contracts.items():
            if wide.LAYOUT in contract.layouts:
                found[name] = wide.match_wide(rows, contract) or long.get(name)
    return [match for match in found.values() if match is not None and match.claims]


def winner(found: Sequence[Claim]) -> Claim | Unclaimed:
    """The claim that holds; Unclaimed where several are equally good. found: not empty, best first."""
    equal = [claim for claim in found if claim.rank == found[0].rank]
    if len(equal) == 1:
        return equal[0]
    return Unclaimed("ambiguous", {"contracts": ", ".join(sorted(claim.match.contract.id for claim in equal))})


def read(grid: Grid, match: HeaderMatch, head: Sequence[Sequence[str]] = ()) -> ParsedTable:
    """The table of a contract from the lines below its header. head: the lines from the first one to the header."""
    match, contract = _with_keys_told(grid, match), match.contract
    body = body_below(grid, match, head)
    titles = [title_of_column(match, head, column) for column in range(match.width)]
    grid, records, first_of_group = filled_down(grid, match, body.records, titles)
    body = replace(body, records=records)
    if match.pivots:
        cells, n_records = wide.long_cells(grid, match, body.records)
    else:
        cells = {name: grid.cells(column, body.records) for name, column in match.columns.items()}
        n_records = len(body.records)
    style = style_of([_written(cells[p.name]) for p in contract.properties if is_numeric(p) and p.name in cells])
    totals = total_findings(grid, match, body.totals, body.records, style)
    unnamed = _unnamed_measure(match, head, grid.sheet) if match.pivots else []
    divided = [] if match.pivots else _divided_titles(grid, match, body)
    beside = list(texts_beside(grid, match, head, body.records, body.titles, body.totals))
    others = tuple(titles_of_others(match, head).values())
    scaled, told = _titles_gathered(scale_findings((one for one in beside if not one.is_repeated), grid.sheet, others), match)
    of_many = scale_findings((one for one in beside if one.is_repeated), grid.sheet, others)  # rejects more than the first record
    findings = [
        *_header_findings(match, head, grid.sheet, told),
        *unnamed,
        *scaled,
        *divided,
        *line_findings(grid, body, match),
        *body.findings,
        *totals,
    ]
    parsed = parsed_table(
        contract,
        wide.LAYOUT if match.pivots else LAYOUT,
        cells,
        n_records,
        style=style,
        findings=findings,
        sheet=grid.sheet,
        titles={name: titles[column] for name, column in match.columns.items() if titles[column]},
        ignored=body.ignored + sum(any(map(str.strip, cells)) for cells in head[: match.row]),
    )
    if len(body.records):
        parsed = _without_decimals_told(parsed, scaled, int(grid.rows[body.records[0]]))
    parsed = with_findings(parsed, *first_of_group, *of_many, *_percent_findings(match, cells, grid.sheet))
    if contract.source != "official":
        return with_findings(
            parsed,
            *_unclear_school_years(match, head, cells, grid.sheet),
            *other_names(grid, match, titles, body.records),
            *other_units_in_titles(grid, match, _above(match, head), body.records),
            *other_years_in_titles(parsed, contract, _above(match, head)),
        )
    return with_findings(parsed, *_misnamed(grid, match, titles, body.records), *missing_units(parsed, contract))


def _with_keys_told(grid: Grid, match: HeaderMatch) -> HeaderMatch:
    """The match with the column of keys where another one of that name, `Jugendamt` beside `Schlüssel`, holds no key at all but names."""
    unit = unit_property(match.contract)
    alike = next((alike for alike in match.repeated if unit is not None and alike.name == unit.name), None)
    if alike is None:
        return match
    keyed = [column for column in alike.columns if in_column(grid, column, is_key).any()]
    if len(keyed) != 1:
        return match
    others = tuple(other for other in match.repeated if other is not alike)
    return replace(match, columns={**match.columns, alike.name: keyed[0]}, repeated=others)


def _unclear_school_years(
    match: HeaderMatch, head: Sequence[Sequence[str]], cells: Mapping[str, Cells], sheet: str | None
) -> list[Finding]:
    year = year_property(match.contract)
    column = None if year is None else match.columns.get(year.name)
    title = "" if column is None else title_of_column(match, head, column)
    beside = " ".join([sheet or "", *(cell for line in head for cell in line)])
    return school_year_findings(match.contract, cells, title, beside, sheet)


def _above(match: HeaderMatch, head: Sequence[Sequence[str]]) -> list[tuple[int, int, str]]:
    """(row, column, text), 1-based, of the filled cells above the header."""
    lines = enumerate(head[: max(match.row - match.depth + 1, 0)], start=1)
    return [(row, column, cell) for row, cells in lines for column, cell in enumerate(cells, start=1) if cell.strip()]


def _misnamed(grid: Grid, match: HeaderMatch, titles: Sequence[str], records: Ints) -> list[Finding]:
    """Keys beside the name of another unit, in the first column of names of units of the contract's level, be it one of the contract or not."""
    unit = unit_property(match.contract)
    if unit is None or unit.name not in match.columns:
        return []
    key, level = match.columns[unit.name], match.contract.levels
    columns = columns_of_names(titles[: match.width], taken={key, *match.measured})
    named = next((column for column, of_kreise in columns if titles[column] and (not of_kreise or level == ("kreis",))), None)
    if named is None:
        return []
    keys, names = (grid.columns[column].take(pa.array(records)).cast(pa.string()) for column in (key, named))
    return misnamed(match.contract, keys, names, pa.array(grid.rows[records]), key + 1, grid.sheet)


def _written(cells: Cells) -> pa.Array:
    """The texts of a column that are written as texts."""
    return cells.texts if cells.numbers is None else cells.texts.filter(pc.is_null(cells.numbers))


def _header_findings(match: HeaderMatch, head: Sequence[Sequence[str]], sheet: str | None, told: Set[int]) -> list[Finding]:
    """Columns that are missing, that say the same as another, and titles that name nothing or more than was read.

    told: index of the columns whose titles are found to speak of another unit: that is their cause, and said once.
    """
    years = columns_of_unread_years(match, head)
    return [
        *(unread_titles(match, head, sheet, years, told) if years else ()),
        *_missing_columns(match, sheet, is_year_told=bool(years)),
        *(repeated for repeated in _repeated_columns(match, head, sheet) if (repeated.column or 0) - 1 not in years),
        *unread_titles(match, head, sheet, match.unknown, told),
        *(marked for marked in _marked_titles(match, head, sheet) if (marked.column or 0) - 1 not in told),
    ]


def _missing_columns(match: HeaderMatch, sheet: str | None, *, is_year_told: bool) -> list[Finding]:
    """A finding for each column that is demanded and missing; is_year_told: but year and measure, of which titles are said to speak."""
    told = [p for p in match.missing if is_year_told and (p.role == "measure" or p is year_property(match.contract))]
    kind = "reader_missing_column"
    return [
        Finding(
            kind,
            kind,
            Severity.ERROR,
            sheet,
            field=p.name,
            allowed=" | ".join(dict.fromkeys((p.label_de, *p.synonyms, p.name))),
        )
        for p in match.missing
        if p not in told
    ]


def _titles_gathered(found: Sequence[Finding], match: HeaderMatch) -> tuple[list[Finding], frozenset[int]]:
    """Findings of scale, with one for all titles of years that say the same (`2016 in %`, `2017 in %`); index of the columns refused by it.

    That a year is provisional is told of its title as such (_marked_titles).
    """
    own, pivots = {column + 1 for column in match.columns.values()}, {pivot.column + 1 for pivot in match.pivots}
    header = range(match.row - match.depth + 2, match.row + 2)
    of_years = [one for one in found if one.column in pivots or (one.row in header and one.column not in own)]
    alike: dict[tuple[str, int | None], list[Finding]] = {}
    for one in of_years:
        if one.kind != PROVISIONAL:
            alike.setdefault((one.kind, one.row), []).append(one)
    gathered = [replace(same[0], value=", ".join(dict.fromkeys(one.value or "" for one in same))) for same in alike.values()]
    refused = (one.column for one in of_years if one.severity == Severity.ERROR and one.column is not None)
    return [*(one for one in found if one not in of_years), *gathered], frozenset(column - 1 for column in refused)


def _without_decimals_told(parsed: ParsedTable, scaled: Sequence[Finding], first_row: int) -> ParsedTable:
    """The table without an error at each number with decimals where its titles say why there are some: thousands, shares, rates.

    first_row: of the records. Only titles above them, whose error rejects the whole table; what stands beside a record speaks of that.
    """
    if not any(one.severity == Severity.ERROR and one.row is not None and one.row < first_row for one in scaled):
        return parsed
    decimals = pc.equal(parsed.findings.column("rule"), "reader_integer")
    return replace(parsed, findings=parsed.findings.filter(pc.invert(decimals)))


def _repeated_columns(match: HeaderMatch, head: Sequence[Sequence[str]], sheet: str | None) -> list[Finding]:
    """An error at each column of several that say the same, be their numbers equal or not: none of them counts."""
    kind = "reader_repeated_column"
    found: list[Finding] = []
    for alike in match.repeated:
        for column in alike.columns:
            others = [cell_address(None, match.row + 1, at + 1) for at in alike.columns[: _OTHERS_SHOWN + 1] if at != column]
            more = ["…"] if len(alike.columns) - 1 > _OTHERS_SHOWN else []
            place = (sheet, match.row + 1, column + 1, alike.name)
            allowed = ", ".join([*others[:_OTHERS_SHOWN], *more])
            found.append(Finding(kind, kind, Severity.ERROR, *place, value=title_of_column(match, head, column), allowed=allowed))
    return found


def _marked_titles(match: HeaderMatch, head: Sequence[Sequence[str]], sheet: str | None) -> list[Finding]:
    """A warning at each title of a wide table that was read without a mark of a footnote or a word for the state of its numbers."""
    kind = "reader_title_mark"
    read = {(row, pivot.column): part for pivot in match.pivots for row, part in pivot.sets.values()}
    found: list[Finding] = []
    for (row, column), part in sorted(read.items()):
        title = head[row][column].strip() if row < len(head) and column < len(head[row]) else ""
        if title and says_more(as_meant(title).replace("€", "EUR"), as_meant(part)):
            found.append(Finding(kind, kind, Severity.WARNING, sheet, row + 1, column + 1, value=title, allowed=part))
    return found


def _unnamed_measure(match: HeaderMatch, head: Sequence[Sequence[str]], sheet: str | None) -> list[Finding]:
    """A warning where neither a header nor a title says what the numbers of a wide table count: it may be another table."""
    (measure, *others) = (p for p in match.contract.properties if p.role == "measure")
    written = fold(" ".join([sheet or "", *(cell for cells in head for cell in cells)]))
    known = (measure.label_de, measure.label_en, match.contract.dataset, match.contract.title_de, match.contract.title_en)
    if others or any(len(fold(name)) >= _SHORTEST_TITLE and fold(name) in written for name in known):
        return []
    kind = "reader_measure_unnamed"
    return [Finding(kind, kind, Severity.WARNING, sheet, match.row + 1, match.pivots[0].column + 1, measure.name)]


def _divided_titles(grid: Grid, match: HeaderMatch, body: Body) -> list[Finding]:
    """A finding for each measure whose title stands over several columns, or is divided below by codes that have no column."""
    dimensions = [p for p in match.contract.properties if p.role == "dimension" and p.codes and p.name not in match.columns]
    codes = [code_names(of) for of in dimensions]
    kind = "reader_divided_title"
    found: list[Finding] = []
    for of in (p for p in match.contract.properties if p.role == "measure" and p.name in match.columns):
        column = match.columns[of.name]
        below = [match.subtitles.get(column, ""), *(grid.line(int(line))[column] for line in body.titles)]
        beside = column + 1
        over_several = beside in match.untitled and bool(grid.filled[beside][body.records].any())
        if over_several or any(names.find(text) is not None for text in below if text.strip() for names in codes):
            found.append(Finding(kind, kind, Severity.ERROR, grid.sheet, match.row + 1, column + 1, of.name))
    return found


def _percent_findings(match: HeaderMatch, cells: Mapping[str, Cells], sheet: str | None) -> list[Finding]:
    """A finding per column of shares whose cells hold numbers up to 1 only: 0.123 may be 12.3 % as shown, or 0.123 %.

    It speaks of the whole column, so it names no unit and year: else those of its first cell alone would be rejected.
    """
    kind = "reader_percent_scale"
    found: list[Finding] = []
    for of in match.contract.properties:
        numbers = cells[of.name].numbers if of.name in cells and of.unit in PERCENT and of.role == "measure" else None
        if numbers is None or numbers.null_count == len(numbers):
            continue
        values = np.nan_to_num(numbers.to_numpy(zero_copy_only=False))
        between = np.flatnonzero((values > 0) & (values < 1))
        if len(between) and values.max() <= 1:
            at = int(between[0])
            row, column = cells[of.name].rows[at].as_py(), cells[of.name].columns[at].as_py()
            found.append(Finding(kind, kind, Severity.ERROR, sheet, row, column, of.name, value=cells[of.name].texts[at].as_py()))
    return found
