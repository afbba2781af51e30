"""The one entrance: bytes of a file to what the contracts make of it. No storage, no judgement by rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import chain, zip_longest

import pyarrow as pa

from kkz_eval.contracts.contract import Contract
from kkz_eval.deliveries import inkar, inkar_editions, municipal, municipal_workbook
from kkz_eval.deliveries.future import with_future_found
from kkz_eval.deliveries.header import column_titles
from kkz_eval.deliveries.official.mapping import claimed, why_unclaimed
from kkz_eval.deliveries.official.panels import EDITIONS
from kkz_eval.deliveries.official.read import is_unmistakable
from kkz_eval.deliveries.official.read import read_text as read_official_text
from kkz_eval.deliveries.official.unfit import FamilyName
from kkz_eval.deliveries.results import Claimed, PersonRecords, ReadResult, Unclaimed, Unreadable
from kkz_eval.deliveries.returned import data_sheets
from kkz_eval.deliveries.screening import (
    SAMPLE,
    lines_that_may_name_persons,
    may_be_persons,
    may_name_persons,
    person_columns,
    person_values,
)
from kkz_eval.deliveries.sheet_cells import are_numbers
from kkz_eval.deliveries.split import body_of
from kkz_eval.deliveries.text_table import (
    DELIMITERS,
    HEAD,
    Decoded,
    NotTextError,
    cells_of_line,
    declared_delimiter,
    decode,
    head,
    sample,
)
from kkz_eval.deliveries.workbook import BrokenWorkbookError, Sheet, Value, head_of, is_workbook, sheets, words_of
from kkz_eval.model.findings import concat_findings
from kkz_eval.model.parsed import ParsedTable
from kkz_eval.model.texts import Localised

__all__ = ["Claimed", "PersonRecords", "ReadResult", "Unclaimed", "Unreadable", "read_file"]

_MOST_TITLES, _LONGEST_TITLE = 12, 40  # of an unknown table, in a sentence


def read_file(data: bytes, name: str, contracts: Mapping[str, Contract], today: date | None = None) -> ReadResult:
    """What a delivered file comes to; every file has a result, none raises (ValueError is for a contract that lacks what its layout needs).

    data: the bytes as delivered; name: of the file, for the sentences; contracts: by id, with the layouts they may claim;
    today: the day by which years lie in the future, None where none is known and no year is looked at.
    """
    try:
        if is_workbook(data):
            result = _read_workbook(data_sheets(sheets(data)), name, contracts)
        else:
            result = _read_text(decode(data), name, contracts)
    except (NotTextError, BrokenWorkbookError) as error:
        return Unreadable(error.code, {"name": name})
    if today is None or not isinstance(result, Claimed):
        return result
    return Claimed(tuple(with_future_found(one, contracts[one.contract_id].source, today) for one in result.parsed))


def _read_workbook(workbook: Sequence[Sheet], name: str, contracts: Mapping[str, Contract]) -> ReadResult:
    samples = [_besides_numbers(sheet.rows[:SAMPLE]) for sheet in workbook]
    others = [_besides_numbers(sheet.rows[SAMPLE:]) for sheet in workbook]
    persons: tuple[str, ...] = ()
    if may_name_persons(chain.from_iterable(columns.values() for columns in [*samples, *others])):
        persons = person_columns([words_of(row) for sheet in workbook for row in sheet.rows])
    persons = persons or next((found for place in zip(workbook, samples, strict=True) if (found := _persons_in(*place))), ())
    if persons:
        return PersonRecords(persons, {"name": name})
    parsed = inkar.read_workbook(workbook, contracts)
    if parsed is None:
        parsed = municipal_workbook.read_workbook(workbook, contracts)
    if isinstance(parsed, Unclaimed):
        return Unclaimed(parsed.reason_code, {**parsed.parameters, "name": name})
    if parsed is not None:
        return Claimed(_one_per_contract(parsed))
    heads = [head_of(sheet, HEAD) for sheet in workbook]
    return _unclaimed(max(heads, key=lambda rows: len(column_titles(rows)), default=[]), name)


def _besides_numbers(rows: Sequence[Sequence[Value]]) -> dict[int, list[Value]]:
    """By 0-based column, the cells of some rows; stretches of numbers below the head are left out."""
    columns: dict[int, list[Value]] = {}
    for block in (rows[:HEAD], *(rows[at : at + SAMPLE] for at in range(HEAD, len(rows), SAMPLE))):
        for number, cells in enumerate(zip_longest(*block, fillvalue="")):
            if not are_numbers(cells):
                columns.setdefault(number, []).extend(cells)
    return columns


def _persons_in(sheet: Sheet, sample: Mapping[int, Sequence[Value]]) -> tuple[str, ...]:
    """What person_values finds in the first rows; columns that hold too few different texts or days for it are not turned into text.

    sample: of the first rows, by column, the cells besides numbers.
    """
    telling = {number for number, cells in sample.items() if may_be_persons(cells)}
    if not telling:
        return ()
    rows = sheet.rows[:SAMPLE]
    width = max(telling) + 1
    looked_at = [[cell if number in telling else "" for number, cell in enumerate(cells[:width])] for cells in rows]
    return person_values(head_of(replace(sheet, rows=looked_at), SAMPLE))


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
        )
        for contract_id, tables in by_contract.items()
    )


def _read_text(decoded: Decoded, name: str, contracts: Mapping[str, Contract]) -> ReadResult:
    declared, decoded = declared_delimiter(decoded)
    delimiters = (declared,) if declared is not None else DELIMITERS
    heads = {delimiter: head(decoded, delimiter) for delimiter in delimiters}
    persons = _screened(decoded, heads)
    if persons:
        return PersonRecords(persons, {"name": name})
    for delimiter, rows in heads.items():
        form = inkar.long_form(rows[0]) if rows else None
        if form is not None and any(inkar.LONG in contract.layouts for contract in contracts.values()):
            return Claimed(inkar.read_long(decoded, delimiter, form, contracts))
    if is_unmistakable(decoded):
        return _read_official(decoded, name, contracts) or _read_municipal(decoded, heads, name, contracts)
    return _read_municipal(decoded, heads, name, contracts)


def _screened(decoded: Decoded, heads: Mapping[str, list[list[str]]]) -> tuple[str, ...]:
    """Headers of records of persons, by whichever delimiter they show; or what the values of the first rows look like."""
    telling = lines_that_may_name_persons(decoded.text)
    for delimiter, first in heads.items():
        rows = [*first, *(cells_of_line(line, delimiter) for line in telling)]
        found = person_columns(rows) or person_values(sample(decoded, delimiter))
        if found:
            return found
    return ()


def _read_municipal(
    decoded: Decoded, heads: Mapping[str, list[list[str]]], name: str, contracts: Mapping[str, Contract]
) -> ReadResult:
    claims = {delimiter: municipal.claims(rows, contracts) for delimiter, rows in heads.items()}
    best = max(claims, key=lambda d: claims[d][0].rank if claims[d] else municipal.NO_RANK)
    if not claims[best]:
        official = _read_official(decoded, name, contracts)
        if official is not None:
            return official
        titles = max(heads.values(), key=lambda rows: len(column_titles(rows)))
        return _unclaimed(titles, name)
    won = municipal.winner(claims[best])
    if isinstance(won, Unclaimed):
        return Unclaimed(won.reason_code, {**won.parameters, "name": name})
    match = won.match
    grid = body_of(decoded, best, match.row + 1, match.width)
    return Claimed((municipal.read(grid, match, heads[best][: match.row + 1]),))


def _read_official(decoded: Decoded, name: str, contracts: Mapping[str, Contract]) -> Claimed | Unclaimed | None:
    """Official statistics as the contracts use them, or what was read of them where none does; None for any other text."""
    table = read_official_text(decoded)
    if table is None:
        return None
    sided = inkar_editions.read(table, name, contracts) if table.family == EDITIONS else None
    if isinstance(sided, Unclaimed):
        return sided
    parsed = sided or claimed(table, contracts)
    if parsed:
        return Claimed(parsed)
    years = table.years
    about: dict[str, str | Localised] = {"name": name, "family": FamilyName(table.family), "code": table.code or "–"}
    unfit = why_unclaimed(table, contracts)
    if unfit is not None:
        return Unclaimed("official_unfit", {**about, "contract": unfit[0].id, "why": unfit[1]}, table.findings)
    return Unclaimed(
        "official",
        {
            **about,
            "edition": table.edition or "–",
            "years": "–" if not years else str(years[0]) if len(years) == 1 else f"{years[0]}–{years[-1]}",
            "values": str(table.n_values),
            "flags": str(table.n_flags),
            "findings": str(table.findings.num_rows),
        },
        table.findings,
    )


def _unclaimed(rows: Sequence[Sequence[str]], name: str) -> Unclaimed | Unreadable:
    titles = tuple(dict.fromkeys(column_titles(rows)))
    if len(titles) < 2:
        return Unreadable("no_table", {"name": name})
    shown = [title if len(title) <= _LONGEST_TITLE else title[: _LONGEST_TITLE - 1] + "…" for title in titles[:_MOST_TITLES]]
    more = "" if len(titles) <= _MOST_TITLES else ", …"
    return Unclaimed("no_contract", {"name": name, "columns": ", ".join(shown) + more})
