"""The one entrance: bytes of a file to what the contracts make of it. No storage, no judgement by rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import pyarrow as pa

from kkz_eval.contracts.contract import Contract
from kkz_eval.deliveries.columns.future import with_future_found
from kkz_eval.deliveries.columns.header import column_titles
from kkz_eval.deliveries.municipal import table as municipal
from kkz_eval.deliveries.municipal import workbook as municipal_workbook
from kkz_eval.deliveries.municipal.formatted_days import with_counts_unformatted
from kkz_eval.deliveries.municipal.returned import data_sheets
from kkz_eval.deliveries.municipal.seen_otherwise import with_seen
from kkz_eval.deliveries.municipal.unmarked import unmarked
from kkz_eval.deliveries.official import claims, datencsv
from kkz_eval.deliveries.persons.screening import may_be_title, suspects_in_text
from kkz_eval.deliveries.persons.signs import Sign
from kkz_eval.deliveries.persons.workbook import persons_in_workbook, places
from kkz_eval.deliveries.results import Claimed, ColumnAt, ColumnNames, PersonRecords, ReadResult, Unclaimed, Unreadable
from kkz_eval.deliveries.text.records import (
    DELIMITERS,
    HEAD,
    Decoded,
    NotTextError,
    declared_delimiter,
    decode,
    head,
)
from kkz_eval.deliveries.text.split import body_of
from kkz_eval.deliveries.workbook.sheets import BrokenWorkbookError, Sheet, head_of, is_workbook, sheets
from kkz_eval.model.findings import concat_findings
from kkz_eval.model.identifiers import column_letters
from kkz_eval.model.parsed import ParsedTable

__all__ = ["Claimed", "PersonRecords", "ReadResult", "Unclaimed", "Unreadable", "read_file"]

_MOST_TITLES, _LONGEST_TITLE = 12, 40  # of an unknown table, in a sentence


def read_file(data: bytes, name: str, contracts: Mapping[str, Contract], today: date | None = None) -> ReadResult:
    """What a delivered file comes to; every file has a result, none raises (ValueError is for a contract that lacks what its layout needs).

    data: the bytes as delivered; name: of the file, for the sentences; contracts: by id, with the layouts they may claim;
    today: the day by which years are over, None where none is known and no year is looked at.
    """
    try:
        result = _read_workbook(data, name, contracts) if is_workbook(data) else _read_text(decode(data), name, contracts)
    except (NotTextError, BrokenWorkbookError) as error:
        return Unreadable(error.code, {"name": name})
    if not isinstance(result, Claimed):
        return result
    of_office = next((found for one in result.parsed if (found := unmarked(one, contracts, name)) is not None), None)
    if of_office is not None or today is None:
        return of_office or result
    return Claimed(tuple(with_future_found(one, contracts[one.contract_id], today) for one in result.parsed))


def _read_workbook(data: bytes, name: str, contracts: Mapping[str, Contract]) -> ReadResult:
    all_sheets = sheets(data)
    persons = persons_in_workbook(data, all_sheets)
    if any(place.sign != Sign.DAY for place in persons):
        return PersonRecords(persons, {"name": name})
    result = _read_sheets(data_sheets(all_sheets), name, contracts)
    if persons:  # days alone: counts in cells of a wrong format, where a contract reads them as counts
        tables = result.parsed if isinstance(result, Claimed) else ()
        persons = persons_in_workbook(data, with_counts_unformatted(all_sheets, tables, contracts))
    return PersonRecords(persons, {"name": name}) if persons else result


def _read_sheets(workbook: Sequence[Sheet], name: str, contracts: Mapping[str, Contract]) -> ReadResult:
    official = claims.of_workbook(workbook, name, contracts)
    if isinstance(official, Unclaimed):
        return official
    parsed = municipal_workbook.read_workbook(workbook, contracts) if official is None else official.parsed
    if isinstance(parsed, Unclaimed):
        return Unclaimed(parsed.reason_code, {**parsed.parameters, "name": name})
    if parsed is not None:
        seen = [with_seen(table, contracts[table.contract_id], workbook) for table in parsed]
        return Claimed(_one_per_contract(seen))
    heads = [head_of(sheet, HEAD) for sheet in workbook]
    return _unclaimed(max(heads, key=lambda rows: len(column_titles(rows)), default=[]), name)


def _one_per_contract(parsed: Sequence[ParsedTable]) -> tuple[ParsedTable, ...]:
    """Several sheets of one contract as one table, in the order of the workbook; each record keeps its sheet."""
    by_contract: dict[str, list[ParsedTable]] = {}
    for table in parsed:
        by_contract.setdefault(table.contract_id, []).append(table)
    return tuple(
        ParsedTable(
            contract_id,
            tables[0].layout,
            pa.concat_tables([table.table for table in tables]),
            concat_findings([table.findings for table in tables]),
            ", ".join(sorted({table.edition for table in tables} - {""})),
            {name: title for name, title in tables[0].titles.items() if all(table.titles.get(name) == title for table in tables)},
        )
        for contract_id, tables in by_contract.items()
    )


def _read_text(decoded: Decoded, name: str, contracts: Mapping[str, Contract]) -> ReadResult:
    declared, decoded = declared_delimiter(decoded)
    delimiters = (declared,) if declared is not None else DELIMITERS
    persons = tuple(places(suspects_in_text(decoded.text, delimiters)))
    if persons:
        return PersonRecords(persons, {"name": name})
    heads = {delimiter: head(decoded, delimiter) for delimiter in delimiters}
    official = claims.of_unmistakable(decoded, heads, name, contracts)
    return official or _read_municipal(decoded, heads, name, contracts)


def _read_municipal(
    decoded: Decoded, heads: Mapping[str, list[list[str]]], name: str, contracts: Mapping[str, Contract]
) -> ReadResult:
    claimants = {delimiter: municipal.claims(rows, contracts) for delimiter, rows in heads.items()}
    best = max(claimants, key=lambda d: claimants[d][0].rank if claimants[d] else municipal.NO_RANK)
    if not claimants[best]:
        official = claims.of_mistakable(decoded, name, contracts)
        if official is not None:
            return official
        titles = max(heads.values(), key=lambda rows: len(column_titles(rows)))
        return _unclaimed(titles, name)
    won = municipal.winner(claimants[best])
    if isinstance(won, Unclaimed):
        return Unclaimed(won.reason_code, {**won.parameters, "name": name})
    match = won.match
    grid = body_of(decoded, best, match.row + 1, match.width)
    return Claimed((municipal.read(grid, match, heads[best][: match.row + 1]),))


def _unclaimed(rows: Sequence[Sequence[str]], name: str) -> Unclaimed | Unreadable:
    code = datencsv.named_in(rows)
    if code:
        return Unclaimed("official_saved", {"name": name, "code": code})
    titles = column_titles(rows)
    if len(titles) < 2:
        return Unreadable("no_table", {"name": name})
    shown = tuple(dict.fromkeys(_shown_title(column, title, rows) for column, title in titles))
    more = () if len(shown) <= _MOST_TITLES else ("…",)
    return Unclaimed("no_contract", {"name": name, "columns": ColumnNames((*shown[:_MOST_TITLES], *more))})


def _shown_title(column: int, title: str, rows: Sequence[Sequence[str]]) -> str | ColumnAt:
    """A title as a sentence may show it; where it may be a value of a table without titles, its place instead."""
    again = sum(cells[column].strip() == title for cells in rows if column < len(cells)) > 1
    if again or not may_be_title(title):
        return ColumnAt(column_letters(column + 1))
    return title if len(title) <= _LONGEST_TITLE else title[: _LONGEST_TITLE - 1] + "…"
