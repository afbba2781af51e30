"""From landed bytes to a verdict: parsed by the reader, judged by the contract, kept in the register.

A content is judged once per contract; a verdict stands until someone judges again on purpose.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import pyarrow as pa
import pyarrow.parquet as pq

from kkz_eval.contracts.contract import Contract
from kkz_eval.deliveries import say
from kkz_eval.deliveries.reader import Claimed, read_file
from kkz_eval.deliveries.register.decided import Applied, judge_decided
from kkz_eval.deliveries.register.decisions import NONE, Decisions
from kkz_eval.deliveries.register.intake import landing_key
from kkz_eval.deliveries.register.register import Arrival, Register, record_verdict
from kkz_eval.model.errors import UserError
from kkz_eval.model.findings import FINDINGS_SCHEMA
from kkz_eval.model.parsed import ParsedTable
from kkz_eval.model.tables import TableSpec
from kkz_eval.model.verdicts import Verdict
from kkz_eval.storage.digests import code_digest
from kkz_eval.storage.steps import Steps
from kkz_eval.storage.store import Store
from kkz_eval.storage.tables import from_parquet, to_parquet

FINDINGS = TableSpec("findings", 2, FINDINGS_SCHEMA)


def parsed_spec(contract: Contract) -> TableSpec:
    """The stored form of a contract's parsed tables."""
    return TableSpec(f"parsed_{contract.id}", 1, contract.schema)


def parse(steps: Steps, arrival: Arrival, contracts: Mapping[str, Contract]) -> tuple[str, ParsedTable]:
    """(key, parsed table) of an arrived content, read from landing where it was not read before.

    Raises UserError where the contract no longer claims the content.
    """
    contract = _contract_of(arrival, contracts)
    code = code_digest("kkz_eval.deliveries.register.judging")
    key = steps.key("parsed", [arrival.sha256, contract.id, contract.digest, code])
    if steps.store.exists(f"{key}/about.json"):
        steps.journal.reused.append(("parsed", arrival.name))
        return key, load_parsed(steps.store, key, contract)
    parsed = _read_landed(steps.store, arrival, contract, contracts)
    _keep(steps.store, key, parsed, contract, ())
    steps.journal.computed.append(("parsed", arrival.name))
    return key, parsed


def _keep(store: Store, key: str, parsed: ParsedTable, contract: Contract, applied: Sequence[Applied]) -> None:
    about: dict[str, object] = {"layout": parsed.layout, "edition": parsed.edition, "titles": dict(parsed.titles)}
    if applied:
        about["corrections"] = [[one.record, one.field, one.correction_id] for one in applied]
    store.put_if_absent(f"{key}/table.parquet", to_parquet(parsed.table, parsed_spec(contract)))
    store.put_if_absent(f"{key}/findings.parquet", to_parquet(parsed.findings, FINDINGS))
    store.put_if_absent(f"{key}/about.json", json.dumps(about, sort_keys=True).encode())  # last: it says "complete"


def corrections_in(store: Store, key: str) -> tuple[Applied, ...]:
    """The corrections that took effect on the parsed table kept under a key."""
    about = json.loads(store.get(f"{key}/about.json"))
    return tuple(Applied(*row) for row in about.get("corrections", ()))


def load_parsed(store: Store, key: str, contract: Contract) -> ParsedTable:
    """The parsed table kept under a key, with the columns of the contract as it is now. Raises FileNotFoundError.

    A verdict stands when its contract changes: a property that came later holds its default (none: null), one that went is left out.
    """
    about = json.loads(store.get(f"{key}/about.json"))
    kept = pq.read_table(pa.BufferReader(store.get(f"{key}/table.parquet")))
    return ParsedTable(
        contract.id,
        about["layout"],
        _as_contract_has_it(kept.replace_schema_metadata(None), contract),
        from_parquet(store.get(f"{key}/findings.parquet"), FINDINGS),
        about["edition"],
        about.get("titles", {}),
    )


def _as_contract_has_it(kept: pa.Table, contract: Contract) -> pa.Table:
    defaults = {p.name: p.default for p in contract.properties}
    columns = [
        kept.column(field.name)
        if field.name in kept.column_names
        else pa.repeat(pa.scalar(defaults.get(field.name), pa.string()), kept.num_rows)
        for field in contract.schema
    ]
    return pa.table(dict(zip(contract.schema.names, columns, strict=True))).cast(contract.schema)


def judge_arrival(
    steps: Steps,
    register: Register,
    arrival: Arrival,
    contracts: Mapping[str, Contract],
    known_units: Mapping[str, frozenset[str]],
    decisions: Decisions = NONE,
) -> Verdict:
    """The standing verdict of an arrived content; made now and kept where there is none.

    A verdict stands when its contract changes. It is made anew when someone decided something about this very file:
    a waiver or a correction of one of its units and years was added, changed or withdrawn.
    """
    standing = register.verdicts.get((arrival.sha256, arrival.contract_id))
    if standing is not None and standing.context_digest == context_of(standing, decisions):
        steps.journal.reused.append(("verdict", arrival.name))
        return standing
    contract = _contract_of(arrival, contracts)
    parsed_key, parsed = parse(steps, arrival, contracts)
    decided = judge_decided(parsed, contract, known_units, decisions)
    judgement = decided.judgement
    context = decisions.about(contract.id, {(part.unit_id, part.year) for part in judgement.slices}).digest
    if decided.applied:
        parsed_key = steps.key("corrected", [parsed_key, context, code_digest("kkz_eval.deliveries.register.judging")])
        _keep(steps.store, parsed_key, decided.parsed, contract, decided.applied)
    findings_key, _ = steps.table(
        "findings",
        arrival.name,
        [parsed_key, judgement.rules_digest, *([context] if context else [])],
        FINDINGS,
        lambda: judgement.findings,
    )
    verdict = Verdict(
        sha256=arrival.sha256,
        contract_id=contract.id,
        contract_version=contract.version,
        rules_digest=judgement.rules_digest,
        context_digest=context,
        parsed_key=parsed_key,
        findings_key=findings_key,
        layout=parsed.layout,
        edition=parsed.edition,
        status=judgement.status,
        n_errors=judgement.n_errors,
        n_warnings=judgement.n_warnings,
        slices=judgement.slices,
    )
    record_verdict(steps.store, verdict)
    steps.journal.computed.append(("verdict", arrival.name))
    return verdict


def context_of(verdict: Verdict, decisions: Decisions) -> str:
    """Digest of the decisions about the units and years of a judged file, as they are now; "" for none."""
    return decisions.about(verdict.contract_id, {(part.unit_id, part.year) for part in verdict.slices}).digest


def load_findings(store: Store, verdict: Verdict) -> pa.Table:
    """The findings behind a verdict, FINDINGS_SCHEMA, in the order of the file."""
    return from_parquet(store.get(verdict.findings_key), FINDINGS)


def _contract_of(arrival: Arrival, contracts: Mapping[str, Contract]) -> Contract:
    if arrival.contract_id not in contracts:
        raise UserError("contract_gone", package=say.package, contract=arrival.contract_id, name=arrival.name)
    return contracts[arrival.contract_id]


def _read_landed(store: Store, arrival: Arrival, contract: Contract, contracts: Mapping[str, Contract]) -> ParsedTable:
    # Not in a process of its own: only what was read within limits under these contracts is landed, and the same bytes are read alike.
    result = read_file(store.get(landing_key(arrival.sha256)), arrival.name, contracts, arrival.arrived_on)
    if isinstance(result, Claimed):
        for parsed in result.parsed:
            if parsed.contract_id == contract.id:
                return parsed
    raise UserError("claim_gone", package=say.package, contract=contract.id, name=arrival.name)
