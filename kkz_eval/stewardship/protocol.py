"""The protocol of one delivery as a page: every finding with its cell, the rule, and what to do. For the steward, not for publication."""

from __future__ import annotations

from functools import cache
from importlib import resources

import pyarrow as pa
from jinja2 import Environment, StrictUndefined, Template

from kkz_eval.contracts.called import labels_of
from kkz_eval.contracts.contract import Contract
from kkz_eval.contracts.summary import counted, summary_of
from kkz_eval.model.findings import Severity, iter_findings
from kkz_eval.model.shown_findings import counts, listed
from kkz_eval.model.texts import Language, grouped
from kkz_eval.model.verdicts import Verdict
from kkz_eval.reference.tables import unit_label
from kkz_eval.stewardship import say
from kkz_eval.stewardship.history import DeliveryState

SHOWN = 2000
"""So many findings are listed on the page; where there are more, all are counted by rule and column."""


def protocol_page(
    name: str,
    verdict: Verdict,
    contract: Contract,
    findings: pa.Table,
    standing: DeliveryState,
    language: Language,
    simulated: bool = False,
) -> str:
    """The page, self-contained and without script.

    name: of the delivered file; findings: FINDINGS_SCHEMA, in the order of the file; standing: of the delivery beside the others;
    simulated: whether the file says that its figures are made up. Delivered values are shown as they are.
    """
    labels = labels_of([contract], language)
    rows = []
    for number, finding in enumerate(iter_findings(listed(findings, SHOWN)), start=1):
        called = labels.of(finding)
        rows.append(
            {
                "number": number,
                "cell": finding.cell or "–",
                "unit": _unit(finding.unit_id),
                "year": finding.year or "–",
                "value": finding.value if finding.value is not None else "–",
                "allowed": finding.allowed_shown(language),
                "message": finding.message(called).in_language(language),
                "fix": finding.fix(called).in_language(language),
                "rule": f"{finding.rule} [{finding.page}]",
                "severity": say(f"severity.{finding.severity}").in_language(language),
                "is_error": finding.severity == Severity.ERROR,
            }
        )
    return _template().render(
        language=language,
        say=say.in_language(language),
        name=name,
        simulated=simulated,
        verdict=verdict,
        status=standing.state.said.in_language(language),
        is_settled=standing.is_settled,
        standing=[sentence.in_language(language) for sentence in standing.sentences],
        contract=contract.title_de if language == "de" else contract.title_en,
        errors=counted("errors", verdict.n_errors).in_language(language),
        warnings=counted("hints", verdict.n_warnings).in_language(language),
        summary=summary_of(verdict.slices, findings).sentence.in_language(language),
        rows=rows,
        more=findings.num_rows - len(rows),
        counted=[
            {
                "rule": one.first.rule,
                "severity": say(f"severity.{one.first.severity}").in_language(language),
                "column": labels.columns.get(one.first.field or "", one.first.field or "–"),
                "count": grouped(one.count, language),
                "first": one.first.cell or "–",
            }
            for one in (counts(findings) if findings.num_rows > len(rows) else ())
        ],
    )


def _unit(unit_id: str | None) -> str:
    if unit_id is None:
        return "–"
    label = unit_label(unit_id)
    return label if label == unit_id else f"{label} ({unit_id})"


@cache
def _template() -> Template:
    source = resources.files("kkz_eval.stewardship").joinpath("templates/protocol.html.j2").read_text(encoding="utf-8")
    return Environment(autoescape=True, undefined=StrictUndefined).from_string(source)
