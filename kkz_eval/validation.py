"""Great Expectations on the deliveries of a contract, beside what the register says of them.

Belongs here: the comparison of the two and the sentences about it. Great Expectations takes seconds to import, so that it is
imported only when a comparison is made.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

from kkz_eval.contracts.contract import Contract
from kkz_eval.deliveries.accepted import Source, sources_of
from kkz_eval.deliveries.judging import load_findings, load_parsed
from kkz_eval.line import Line, write_protocol
from kkz_eval.model.findings import Finding, Severity, iter_findings
from kkz_eval.model.texts import Language
from kkz_eval.reference.tables import units_known_to
from kkz_eval.sentences import say

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


def validate_contract(line: Line, contract: Contract) -> Comparison:
    """All judged deliveries of a contract, stacked and validated once.

    Great Expectations and the register are two implementations of the same rules: where they count differently for a rule,
    that is a sentence of its own.
    """
    sources = sources_of(line.register(), contract)
    if not sources:
        return Comparison(0, 0, 0, 0, (), {})
    from kkz_eval.contracts.expectations import stack, to_frame, validate  # noqa: PLC0415 (imported late on purpose)

    language, store = line.settings.language, line.steps.store
    frames = [to_frame(load_parsed(store, s.verdict.parsed_key, contract), s.arrival.sha256) for s in sources]
    outcomes = validate(stack(frames), contract, units_known_to(contract.source))
    findings = {s: list(iter_findings(load_findings(store, s.verdict))) for s in sources}
    by_rule = Counter(finding.rule for found in findings.values() for finding in found)
    sentences = [_first_finding(s, found, contract, language) for s, found in findings.items() if found]
    for outcome in outcomes:
        if len(outcome.failing_index) != by_rule[outcome.rule_id]:
            sentences.append(
                say(
                    "contract_check.disagree",
                    language,
                    rule=outcome.rule_id,
                    contract=contract.id,
                    masks=by_rule[outcome.rule_id],
                    expectations=len(outcome.failing_index),
                )
            )
    protocols = {s.arrival.name: write_protocol(line, s.arrival, s.verdict) for s, found in findings.items() if found}
    severities = Counter(finding.severity for found in findings.values() for finding in found)
    return Comparison(
        len(sources), len(outcomes), severities[Severity.ERROR], severities[Severity.WARNING], tuple(sentences), protocols
    )


def _first_finding(source: Source, findings: list[Finding], contract: Contract, language: Language) -> str:
    """Where the first fault is, for the run history: values of cells, and sums of them, never go there."""
    errors = [finding for finding in findings if finding.severity == Severity.ERROR]
    first = replace((errors or findings)[0], value=_HIDDEN, allowed=_HIDDEN)
    label = next((p.label_de if language == "de" else p.label_en for p in contract.properties if p.name == first.field), None)
    return say(
        "contract_check.found",
        language,
        name=source.arrival.name,
        count=len(findings),
        cell=first.cell or "–",
        message=first.message(language, label),
        fix=first.fix(language, label),
        rule=first.rule,
    )
