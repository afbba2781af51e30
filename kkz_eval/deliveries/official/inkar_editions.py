"""What a contract takes of editions of INKAR side by side. Such a text doesn't say which indicator it holds: its name must. No reading.

The name may say nothing else that is not known. What is left out is counted.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import PurePosixPath

import pyarrow as pa
import pyarrow.compute as pc

from kkz_eval.contracts.contract import Contract
from kkz_eval.deliveries.columns.header import fold
from kkz_eval.deliveries.columns.parsed_table import parsed_table
from kkz_eval.deliveries.columns.units_listed import missing_units, with_findings
from kkz_eval.deliveries.official.inkar_mapping import indicator_names, observation
from kkz_eval.deliveries.official.table import OfficialTable
from kkz_eval.deliveries.official.units import of_this_land
from kkz_eval.deliveries.results import Unclaimed
from kkz_eval.deliveries.text.cells import Cells
from kkz_eval.deliveries.text.numbers import Style
from kkz_eval.model.findings import Finding, Severity, concat_findings
from kkz_eval.model.parsed import ParsedTable

LAYOUT = "inkar_editions"  # of contracts
_BESIDE = frozenset({"by", "nach", "je", "inkar", "bbsr", "edition", "editions", "ausgabe", "ausgaben"})
_WORDS = re.compile(r"[\s_\-.]+")


def indicator_named(contract: Contract, name: str) -> str | None:
    """The code of the contract's indicator that the name of a file says, before `by`, `nach`, `INKAR`, `Ausgaben` or years; else None."""
    known = indicator_names(contract)
    words = [word for word in _WORDS.split(PurePosixPath(name).stem) if word]
    for n in range(len(words), 0, -1):
        beside = all(word.isdigit() or fold(word) in _BESIDE for word in words[n:])
        found = (known.find("_".join(words[:n])) or known.find(" ".join(words[:n]))) if beside else None
        if found is not None:
            return found
    return None


def claimed(official: OfficialTable, name: str, contracts: Mapping[str, Contract]) -> tuple[ParsedTable, ...] | Unclaimed | None:
    """The table of the contract whose indicator the file's name says; Unclaimed where it says none; None without such a contract."""
    serving = [contract for contract in contracts.values() if LAYOUT in contract.layouts]
    named = [(contract, code) for contract in serving if (code := indicator_named(contract, name)) is not None]
    if len(named) == 1:
        return (_parsed(official, *named[0]),)
    editions = ", ".join(sorted(set(official.table.column("edition").cast(pa.string()).drop_null().to_pylist())))
    return Unclaimed("editions", {"name": name, "editions": editions}) if serving else None


def _parsed(official: OfficialTable, contract: Contract, code: str) -> ParsedTable:
    """One record for each value or symbol; an edition that leaves a cell empty does not speak about it."""
    unit, year, indicator, value = observation(contract)
    edition = contract.edition_property
    if edition is None:
        raise ValueError(f"contract {contract.id} has the layout {LAYOUT} but no property for the edition")
    levels = pc.is_in(official.table.column("level").cast(pa.string()), pa.array(contract.levels, pa.string()))
    nowhere = pc.is_null(official.table.column("unit_id"))  # what is no key at all is kept, to be reported
    here = of_this_land(official.table.column("unit_id"))
    spoken = official.table.filter(pc.is_valid(official.table.column("value_delivered")))
    keep = pc.and_(pc.or_(pc.and_(levels, here), nowhere), pc.is_valid(official.table.column("value_delivered")))
    table = official.table.filter(keep).combine_chunks()
    n, rows = table.num_rows, table.column("row").combine_chunks()
    nowhere_shown = pa.nulls(n, pa.int32())

    def texts(column: str) -> pa.Array:
        return table.column(column).cast(pa.string()).combine_chunks()

    cells = {
        unit: Cells(texts("region_key"), rows, nowhere_shown),
        year: Cells(texts("time"), rows, nowhere_shown),
        indicator: Cells(pa.repeat(pa.scalar(code, pa.string()), n), nowhere_shown, nowhere_shown),
        edition.name: Cells(texts("edition"), pa.repeat(pa.scalar(1, pa.int32()), n), table.column("column").combine_chunks()),
        value: Cells(texts("value_delivered"), rows, table.column("column").combine_chunks()),
    }
    empty = [] if n else [Finding("reader_no_rows", "reader_no_rows", Severity.ERROR)]
    parsed = parsed_table(contract, LAYOUT, cells, n, style=Style.POINT, findings=empty, left_out=spoken.num_rows - n)
    found = replace(parsed, findings=concat_findings([official.findings, parsed.findings]))
    return with_findings(found, *missing_units(found, contract))
