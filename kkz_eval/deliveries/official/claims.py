"""What the contracts take of a text of official statistics, whatever its family, or what is said of it where none does. No screening.

Most families become the long table, of which mapping.py takes what a contract names by table and measure. INKAR names an indicator in
each record or column, which inkar_mapping.py and inkar_export_mapping.py look up in the codes of a contract.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kkz_eval.contracts.contract import Contract
from kkz_eval.deliveries.official import inkar, inkar_export_mapping, inkar_mapping
from kkz_eval.deliveries.official.mapping import claimed, why_unclaimed
from kkz_eval.deliveries.official.panels import EDITIONS
from kkz_eval.deliveries.official.read import is_unmistakable, read_text
from kkz_eval.deliveries.official.table import OfficialTable
from kkz_eval.deliveries.official.unclaimed import FamilyName, TablesNeeded, reader_of_statistic, with_missing_units
from kkz_eval.deliveries.results import Claimed, Unclaimed
from kkz_eval.deliveries.text.fields import start_of_line
from kkz_eval.deliveries.text.records import Decoded
from kkz_eval.model.texts import Localised


def of_unmistakable(
    decoded: Decoded, heads: Mapping[str, Sequence[list[str]]], name: str, contracts: Mapping[str, Contract]
) -> Claimed | Unclaimed | None:
    """Of a text that nothing but official statistics looks like; None for any other, which a municipality may have written.

    heads: by delimiter, the first records. Raises NotTextError (cell_too_long).
    """
    for delimiter, rows in heads.items():
        if rows and inkar.recognises(rows[0]) and inkar_mapping.has_long(contracts):
            records = inkar.read(decoded, delimiter, rows[0], start_of_line(decoded.text, 1))
            return Claimed(inkar_mapping.claimed(records, contracts))
        export = inkar_export_mapping.read_export_text(decoded, delimiter, rows, contracts)
        if isinstance(export, Unclaimed):
            return Unclaimed(export.reason_code, {**export.parameters, "name": name})
        if export is not None:
            return Claimed(export)
    return of_text(decoded, name, contracts) if is_unmistakable(decoded) else None


def of_text(decoded: Decoded, name: str, contracts: Mapping[str, Contract]) -> Claimed | Unclaimed | None:
    """Official statistics as the contracts use them, or what was read of them where none does; None for any other text."""
    table = read_text(decoded)
    if table is None:
        return None
    sided = inkar_mapping.sided(table, name, contracts) if table.family == EDITIONS else None
    if isinstance(sided, Unclaimed):
        return sided
    parsed = sided or claimed(table, contracts)
    return Claimed(parsed) if parsed else _unclaimed(with_missing_units(table), name, contracts)


def _unclaimed(table: OfficialTable, name: str, contracts: Mapping[str, Contract]) -> Unclaimed:
    years = table.years
    about: dict[str, str | Localised] = {"name": name, "family": FamilyName(table.family), "code": table.code or "–"}
    unfit = why_unclaimed(table, contracts)
    if unfit is not None:
        needed = TablesNeeded(unfit[0].terms.tables_needed)
        return Unclaimed("official_unfit", {**about, "contract": unfit[0].id, "needed": needed, "why": unfit[1]}, table.findings)
    other = reader_of_statistic(table, contracts)
    if other is not None:
        needed = TablesNeeded(other.terms.tables_needed)
        return Unclaimed("official_other", {**about, "contract": other.id, "needed": needed}, table.findings)
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
