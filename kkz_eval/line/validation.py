"""Great Expectations on the deliveries of a contract, beside what the register says of them.

Belongs here: the comparison of the two and the sentences about it. Great Expectations takes seconds to import, so that it is
imported only when a comparison is made.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version

import pyarrow as pa

from kkz_eval.contracts.called import labels_of
from kkz_eval.contracts.contract import Contract
from kkz_eval.contracts.judged_table import KnownUnits
from kkz_eval.contracts.masks import judge
from kkz_eval.contracts.rule_kinds.codes_complete import OF_UNITS
from kkz_eval.deliveries.register.accepted import Source
from kkz_eval.deliveries.register.judging import load_findings
from kkz_eval.deliveries.register.parsed_tables import load_parsed
from kkz_eval.line import say
from kkz_eval.line.correspondence import write_protocol
from kkz_eval.line.snapshot import Snapshot
from kkz_eval.model.findings import Severity
from kkz_eval.model.parsed import ParsedTable
from kkz_eval.model.shown_findings import Count, counts
from kkz_eval.model.texts import Language
from kkz_eval.model.verdicts import State
from kkz_eval.reference.tables import units_known_to
from kkz_eval.stewardship.history import delivery_state
from kkz_eval.storage.digests import code_digest

_HIDDEN = "…"


@dataclass(frozen=True)
class Comparison:
    """What Great Expectations and the register say of a contract's deliveries. sentences: empty where all is well;
    protocols: name of a file with findings to the key of its page."""

    files: int
    rules: int
    errors: int
    warnings: int
    sentences: tuple[str, ...]
    protocols: dict[str, str]


def validate_contract(snapshot: Snapshot, contract: Contract) -> Comparison:
    """All judged deliveries of a contract that no other has taken the place of, stacked and validated once.

    Great Expectations and the register are two implementations of the same rules: where they count differently for a rule,
    that is a sentence of its own.
    """
    states = {s: delivery_state(s.verdict, contract, snapshot.histories) for s in snapshot.sources(contract)}
    sources = [source for source, one in states.items() if one.state != State.SUPERSEDED]
    if not sources:
        return Comparison(0, 0, 0, 0, (), {})
    language, store = snapshot.installation.settings.language, snapshot.steps.store
    compared = _compared(snapshot, contract, sources)
    faulty = {s: counts(load_findings(store, s.verdict)) for s in sources if s.verdict.has_findings}
    sentences = [_first_finding(s, found, contract, language) for s, found in faulty.items()]
    for rule, (masks, expectations) in compared.items():
        if masks != expectations:
            numbers = {"masks": masks, "expectations": expectations}
            sentences.append(say("contract_check.disagree", rule=rule, contract=contract.id, **numbers).in_language(language))
    protocols = {s.arrival.name: write_protocol(snapshot.installation, s.arrival, s.verdict, states[s]) for s in faulty}
    severities = Counter[str]()
    for one in (one for found in faulty.values() for one in found):
        severities[one.first.severity] += one.count
    return Comparison(
        len(sources), len(compared), severities[Severity.ERROR], severities[Severity.WARNING], tuple(sentences), protocols
    )


def _compared(snapshot: Snapshot, contract: Contract, sources: Sequence[Source]) -> dict[str, tuple[int, int]]:
    """By rule of a contract, how many findings the register has and how many records fail by Great Expectations.

    Validated where just these verdicts were not compared before.
    """
    known = units_known_to(contract.source)
    parts = [
        contract.digest,
        [[source.verdict.parsed_key, source.verdict.findings_key] for source in sources],
        {level: sorted(units) for level, units in known.items()},
        code_digest("kkz_eval.contracts.expectations", "kkz_eval.contracts.gathered"),
        version("great_expectations"),
    ]

    def make() -> bytes:
        from kkz_eval.contracts.expectations import to_frame, validate  # noqa: PLC0415 (imported late on purpose)

        store = snapshot.steps.store
        parsed = {s.arrival.sha256: load_parsed(store, s.verdict.parsed_key, contract) for s in sources}
        outcomes = validate(to_frame(parsed), contract, known)
        by_rule = Counter[str]()
        for s in sources:
            by_rule += findings_by_rule(load_findings(store, s.verdict), parsed[s.arrival.sha256], contract, known)
        return json.dumps({one.rule_id: (by_rule[one.rule_id], len(one.failing_index)) for one in outcomes}).encode()

    _, content = snapshot.steps.content("contract_checks", contract.id, parts, ".json", make)
    return {rule: (masks, expectations) for rule, (masks, expectations) in json.loads(content).items()}


def findings_by_rule(findings: pa.Table, parsed: ParsedTable, contract: Contract, known: KnownUnits) -> Counter[str]:
    """How many findings of a file each rule has: of one hint for many units as many as it stands for."""
    by_rule, gathered = Counter[str](), set[str]()
    for one in counts(findings):
        by_rule[one.first.rule] += one.count
        if one.first.kind == OF_UNITS:
            gathered.add(one.first.rule)
    if gathered:
        single = Counter(judge(parsed, contract, known).column("rule").to_pylist())
        by_rule.update({rule: single[rule] - by_rule[rule] for rule in gathered})
    return by_rule


def _first_finding(source: Source, counted: Sequence[Count], contract: Contract, language: Language) -> str:
    """Where the first fault is, for the run history: values of cells, and sums of them, never go there."""
    errors = [one for one in counted if one.first.severity == Severity.ERROR]
    first = replace((errors or counted)[0].first, value=_HIDDEN, allowed=_HIDDEN)
    called = labels_of([contract], language).of(first)
    return say(
        "contract_check.found",
        name=source.arrival.name,
        count=sum(one.count for one in counted),
        cell=first.cell or "–",
        message=first.message(called).in_language(language),
        fix=first.fix(called).in_language(language),
        rule=first.rule,
    ).in_language(language)
