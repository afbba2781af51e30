"""From a landed content to a verdict: as it was read when it was taken in, judged by the contract, kept in the register.

A content is judged once per contract; a verdict stands until someone judges again on purpose.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import pyarrow as pa

from kkz_eval.contracts.contract import Contract
from kkz_eval.deliveries import say
from kkz_eval.deliveries.reader import Claimed, read_file
from kkz_eval.deliveries.register.decided import judge_decided
from kkz_eval.deliveries.register.decisions import NONE, Decisions
from kkz_eval.deliveries.register.intake import landing_key
from kkz_eval.deliveries.register.parsed_tables import FINDINGS, is_kept, keep_parsed, load_parsed, parsed_key
from kkz_eval.deliveries.register.register import Arrival, Register, record_verdict
from kkz_eval.model.errors import UserError
from kkz_eval.model.parsed import ParsedTable
from kkz_eval.model.verdicts import Verdict
from kkz_eval.storage.digests import code_digest
from kkz_eval.storage.steps import Steps, derived_key
from kkz_eval.storage.store import Store
from kkz_eval.storage.tables import from_parquet

TABLES = ("derived/parsed", "derived/corrected", "derived/findings")
"""Where the tables are that verdicts point to."""


_STANDS_ALONE = ("object_missing", "object_altered", "claim_gone")
"""Why the tables of a standing verdict may stay away: nobody could make them again by trying later."""


def parse(steps: Steps, register: Register, arrival: Arrival, contracts: Mapping[str, Contract]) -> str:
    """Key of the parsed table of an arrived content: the intake has kept it; where it is gone, the content is read from landing again, as of the day
    on which it first came.

    Raises UserError where the contract no longer claims the content.
    """
    contract = contract_of(arrival, contracts)
    key = parsed_key(arrival.sha256, contract)
    if is_kept(steps.store.exists, key):
        steps.journal.reused.append(("parsed", arrival.name))
    else:
        first = replace(arrival, day=register.first_day_of(arrival.sha256) or arrival.day)
        keep_parsed(steps.store, key, _read_landed(steps.store, first, contract, contracts), contract)
        steps.journal.computed.append(("parsed", arrival.name))
    return key


def judge_arrival(
    steps: Steps,
    register: Register,
    arrival: Arrival,
    contracts: Mapping[str, Contract],
    known_units: Mapping[str, frozenset[str]],
    decisions: Decisions = NONE,
    is_there: Callable[[str], bool] | None = None,
) -> Verdict:
    """The standing verdict of an arrived content; made now and kept where there is none.

    A verdict stands when its contract changes. It is made anew when someone decided something about this very file:
    a waiver or a correction of one of its units and years was added, changed or withdrawn. Where the tables behind it are gone, they are
    made again if the same programme reads the file under the same contract; else, and where what was landed is gone or damaged, it stands without
    them until someone judges again: whoever needs one is told. Raises UserError where they can't be kept, or the file can't be read for now.
    is_there: whether a table is kept, where they were listed for many at once; else the store is asked.
    """
    standing = register.verdicts.get((arrival.sha256, arrival.contract_id))
    if standing is not None and standing.context_digest == context_of(standing, decisions):
        if not has_tables(is_there or steps.store.exists, standing) and is_given_alike(standing, contract_of(arrival, contracts)):
            try:
                _judged_now(steps, register, arrival, contracts, known_units, decisions)
            except UserError as error:
                if error.code not in _STANDS_ALONE:
                    raise
        steps.journal.reused.append(("verdict", arrival.name))
        return standing
    verdict = _judged_now(steps, register, arrival, contracts, known_units, decisions)
    record_verdict(steps.store, verdict)
    steps.journal.computed.append(("verdict", arrival.name))
    return verdict


def _judged_now(
    steps: Steps,
    register: Register,
    arrival: Arrival,
    contracts: Mapping[str, Contract],
    known_units: Mapping[str, frozenset[str]],
    decisions: Decisions,
) -> Verdict:
    """The verdict as contract and programme are now; its tables are kept, itself is not."""
    contract = contract_of(arrival, contracts)
    key = parse(steps, register, arrival, contracts)
    parsed = load_parsed(steps.store, key, contract)
    decided = judge_decided(parsed, contract, known_units, decisions)
    judgement = decided.judgement
    context = decisions.about(contract.id, {(part.unit_id, part.year) for part in judgement.slices}).digest
    if decided.applied:
        key = _corrected_key(key, context)
        keep_parsed(steps.store, key, decided.parsed, contract, decided.applied)
    findings_key, _ = steps.table(
        "findings",
        arrival.name,
        [key, judgement.rules_digest, *([context] if context else [])],
        FINDINGS,
        lambda: judgement.findings,
    )
    return Verdict(
        sha256=arrival.sha256,
        contract_id=contract.id,
        contract_version=contract.version,
        rules_digest=judgement.rules_digest,
        context_digest=context,
        parsed_key=key,
        findings_key=findings_key,
        layout=parsed.layout,
        edition=parsed.edition,
        status=judgement.status,
        n_errors=judgement.n_errors,
        n_warnings=judgement.n_warnings,
        slices=judgement.slices,
    )


def is_given_alike(verdict: Verdict, contract: Contract) -> bool:
    """Whether the same programme under the same contract gave a verdict: so that it would make its tables again as they were."""
    read = parsed_key(verdict.sha256, contract)
    return verdict.parsed_key in (read, _corrected_key(read, verdict.context_digest))


def _corrected_key(read: str, context: str) -> str:
    return derived_key("corrected", [read, context, code_digest("kkz_eval.deliveries.register.judging")])


def has_tables(is_there: Callable[[str], bool], verdict: Verdict) -> bool:
    """Whether the tables that a verdict points to are kept. is_there: whether something is kept, as Store.exists."""
    return is_kept(is_there, verdict.parsed_key) and is_there(verdict.findings_key)


def context_of(verdict: Verdict, decisions: Decisions) -> str:
    """Digest of the decisions about the units and years of a judged file, as they are now; "" for none."""
    return decisions.about(verdict.contract_id, {(part.unit_id, part.year) for part in verdict.slices}).digest


def load_findings(store: Store, verdict: Verdict) -> pa.Table:
    """The findings behind a verdict, FINDINGS_SCHEMA, in the order of the file."""
    return from_parquet(store.get(verdict.findings_key), FINDINGS)


def contract_of(arrival: Arrival, contracts: Mapping[str, Contract]) -> Contract:
    """The contract by which a delivery was taken in. Raises UserError where there is none of that name any more: what holds by it would be left out."""
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
