"""What the contracts take of a text or workbook of official statistics, whatever its family, or what is said of it where none does.

INKAR names an indicator in each record or above each column, which inkar_mapping.py looks up in the codes of a contract. All other families
become the long table, of which mapping.py takes what a contract names by table and measure. No screening.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain

from kkz_eval.contracts.contract import Contract
from kkz_eval.deliveries.columns.units_listed import with_findings
from kkz_eval.deliveries.official import inkar_editions, inkar_export, inkar_mapping
from kkz_eval.deliveries.official.keyed_records import KeyedRecords
from kkz_eval.deliveries.official.mapping import claimed, why_unclaimed
from kkz_eval.deliveries.official.panels import EDITIONS
from kkz_eval.deliveries.official.read import long_table, mistakable, unmistakable
from kkz_eval.deliveries.official.table import OfficialTable
from kkz_eval.deliveries.official.unclaimed import FamilyName, TablesNeeded, Unfit, readers_of_statistic, with_missing_units
from kkz_eval.deliveries.results import Claimed, Unclaimed
from kkz_eval.deliveries.text.records import Decoded
from kkz_eval.deliveries.workbook.sheets import Sheet
from kkz_eval.model.findings import Finding, Severity
from kkz_eval.model.texts import Localised


def of_workbook(workbook: Sequence[Sheet], name: str, contracts: Mapping[str, Contract]) -> Claimed | Unclaimed | None:
    """Of a workbook of official statistics; None for any other. A hidden sheet with such a table is not read, and named."""
    tables = inkar_export.read(workbook)
    if not tables:
        return None
    found = _of(tables, name, contracts)
    if isinstance(found, Unclaimed):
        return found
    kind = "reader_sheet_hidden"
    hidden = [Finding(kind, kind, Severity.WARNING, sheet, value=sheet) for sheet in inkar_export.hidden_sheets(workbook)]
    return Claimed((with_findings(found.parsed[0], *hidden), *found.parsed[1:]))


def of_unmistakable(
    decoded: Decoded, heads: Mapping[str, Sequence[list[str]]], name: str, contracts: Mapping[str, Contract]
) -> Claimed | Unclaimed | None:
    """Of a text that nothing but official statistics looks like; None for any other, which a municipality may have written.

    heads: by delimiter, the first records. Raises NotTextError (cell_too_long).
    """
    records = unmistakable(decoded, heads)
    return None if records is None else _of((records,), name, contracts)


def of_mistakable(decoded: Decoded, name: str, contracts: Mapping[str, Contract]) -> Claimed | Unclaimed | None:
    """Of official statistics that a delivery may look like; None for any other text. Raises NotTextError (cell_too_long)."""
    records = mistakable(decoded)
    return None if records is None else _of((records,), name, contracts)


def _of(tables: Sequence[KeyedRecords], name: str, contracts: Mapping[str, Contract]) -> Claimed | Unclaimed:
    """Official statistics as the contracts use them, or what was read of them where none does. tables: a text, or the sheets of a workbook."""
    serving = inkar_mapping.serving(tables[0].family, contracts)
    if serving:
        indicators = inkar_mapping.claimed(tables, serving)
        if isinstance(indicators, Unclaimed):
            return Unclaimed(indicators.reason_code, {**indicators.parameters, "name": name})
        return Claimed(indicators)
    table = long_table(tables)
    sided = inkar_editions.claimed(table, name, contracts) if table.family == EDITIONS else None
    if isinstance(sided, Unclaimed):
        return sided
    parsed = sided or claimed(table, contracts)
    return Claimed(parsed) if parsed else _unclaimed(with_missing_units(table), name, contracts)


def _unclaimed(table: OfficialTable, name: str, contracts: Mapping[str, Contract]) -> Unclaimed:
    years = table.years
    about: dict[str, str | Localised] = {"name": name, "family": FamilyName(table.family), "code": table.code or "–"}
    unfit, others = why_unclaimed(table, contracts), readers_of_statistic(table, contracts)
    if unfit is not None and not _is_of_another_level(table, unfit, others):
        needed = TablesNeeded(unfit[0].terms.tables_needed)
        return Unclaimed("official_unfit", {**about, "contract": unfit[0].id, "needed": needed, "why": unfit[1]}, table.findings)
    if others:
        needed = TablesNeeded(tuple(chain.from_iterable(other.terms.tables_needed for other in others)))
        named = ", ".join(other.id for other in others)
        return Unclaimed("official_other", {**about, "contract": named, "needed": needed}, table.findings)
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


def _is_of_another_level(table: OfficialTable, unfit: tuple[Contract, Unfit], others: Sequence[Contract]) -> bool:
    """Whether the level of a table is all that is in the way, and another contract reads it from a table that says its whole code."""
    contract, why = unfit
    return why.reason == "no_level" and any(set(table.levels) & set(other.levels) for other in others if other is not contract)
