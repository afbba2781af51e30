"""Parsed tables, kept once for each content and contract: the intake keeps what it read, and every later step loads it.

Belongs here: the key, keeping and loading. Does not belong here: reading a file, judging.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from kkz_eval.contracts.contract import Contract, Property
from kkz_eval.deliveries.register.decided import Applied
from kkz_eval.model.findings import FINDINGS_SCHEMA
from kkz_eval.model.parsed import ParsedTable
from kkz_eval.model.tables import TableSpec
from kkz_eval.storage.digests import code_digest
from kkz_eval.storage.steps import derived_key
from kkz_eval.storage.store import Store
from kkz_eval.storage.tables import from_parquet, read_parquet, to_parquet

FINDINGS = TableSpec("findings", 2, FINDINGS_SCHEMA)


def parsed_spec(contract: Contract) -> TableSpec:
    """The stored form of a contract's parsed tables."""
    return TableSpec(f"parsed_{contract.id}", 1, contract.schema)


def parsed_key(sha256: str, contract: Contract) -> str:
    """Where the table of a content is kept, as the contract and the readers are now."""
    code = code_digest("kkz_eval.deliveries.register.judging")
    return derived_key("parsed", [sha256, contract.id, contract.digest, code])


def is_kept(is_there: Callable[[str], bool], key: str) -> bool:
    """Whether a whole table is kept under a key. is_there: whether something is kept, as Store.exists."""
    return all(is_there(f"{key}/{part}") for part in ("about.json", "table.parquet", "findings.parquet"))


def keep_parsed(store: Store, key: str, parsed: ParsedTable, contract: Contract, applied: Sequence[Applied] = ()) -> None:
    """Keep a table and what the reader found, unless it is kept. applied: the corrections that took effect on it."""
    about: dict[str, object] = {"layout": parsed.layout, "edition": parsed.edition, "titles": dict(parsed.titles)}
    if applied:
        about["corrections"] = [[one.record, one.field, one.correction_id] for one in applied]
    store.put_if_absent(f"{key}/table.parquet", to_parquet(parsed.table, parsed_spec(contract)))
    store.put_if_absent(f"{key}/findings.parquet", to_parquet(parsed.findings, FINDINGS))
    store.put_if_absent(f"{key}/about.json", json.dumps(about, sort_keys=True).encode())  # last: it says "complete"


def same_values(first: ParsedTable, second: ParsedTable, contract: Contract) -> bool:
    """Whether two files say the same, record by record: keys and codes, numbers, and the words where no number stands."""
    return first.table.num_rows == second.table.num_rows and all(
        first.values(of.name).equals(second.values(of.name)) and _words(first, of).equals(_words(second, of))
        for of in contract.properties
    )


def _words(parsed: ParsedTable, of: Property) -> pa.ChunkedArray:
    """What stands in a column where it is neither number nor code: 1,234 and 1234 are the same."""
    words = pc.utf8_trim_whitespace(parsed.texts(of.name).fill_null(""))
    return pc.if_else(parsed.values(of.name).is_valid(), pa.scalar(None, pa.string()), words)


def corrections_in(store: Store, key: str) -> tuple[Applied, ...]:
    """The corrections that took effect on the parsed table kept under a key."""
    about = json.loads(store.get(f"{key}/about.json"))
    return tuple(Applied(*row) for row in about.get("corrections", ()))


def load_parsed(store: Store, key: str, contract: Contract) -> ParsedTable:
    """The parsed table kept under a key, with the columns of the contract as it is now. Raises UserError where it is not whole.

    A verdict stands when its contract changes: a property that came later holds its default (none: null), one that went is left out.
    """
    about = json.loads(store.get(f"{key}/about.json"))
    kept = read_parquet(store.get(f"{key}/table.parquet"))
    return ParsedTable(
        contract.id,
        about["layout"],
        _as_contract_has_it(kept.replace_schema_metadata(None), contract),
        from_parquet(store.get(f"{key}/findings.parquet"), FINDINGS),
        about["edition"],
        about.get("titles", {}),
    )


def _as_contract_has_it(kept: pa.Table, contract: Contract) -> pa.Table:
    if kept.schema.equals(contract.schema):
        return kept
    defaults = {p.name: p.default for p in contract.properties}
    columns = [
        kept.column(field.name)
        if field.name in kept.column_names
        else pa.repeat(pa.scalar(defaults.get(field.name), pa.string()), kept.num_rows)
        for field in contract.schema
    ]
    return pa.table(dict(zip(contract.schema.names, columns, strict=True))).cast(contract.schema)
