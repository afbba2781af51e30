"""Who clicks at the desk and what a click is about, as values; and what may be decided about a finding. No keeping (line.desk_acts), no pages."""

from __future__ import annotations

from dataclasses import dataclass

from kkz_eval.contracts.contract import Contract
from kkz_eval.deliveries.register.decided import CORRECTION_KINDS, is_waivable, record_at
from kkz_eval.deliveries.register.decisions import measures_only
from kkz_eval.model.findings import Finding, Severity
from kkz_eval.model.parsed import ParsedTable


@dataclass(frozen=True)
class Teller:
    """Who decides, asks or answers. role: as a word that stands in what is kept; person: as the desk knows them."""

    role: str
    person: str


@dataclass(frozen=True)
class Approver:
    """Who approves. role: as a word; person: as the desk knows them; may_be_the_same: whether there is but one person at this machine;
    hands_in: whether they may hand in deliveries, marked copies among them."""

    role: str
    person: str
    may_be_the_same: bool = False
    hands_in: bool = False

    def has_decided(self, decided_by: str) -> bool:
        """Whether it was them who decided: as far as is known, for a marked copy names nobody. decided_by: of a request."""
        return bool(decided_by) and decided_by == self.person


@dataclass(frozen=True)
class Named:
    """A finding as a page names it: rule, cell and value as delivered, in the content that the page showed."""

    sha256: str
    rule: str
    cell: str
    value: str


def name_of(finding: Finding, sha256: str) -> Named:
    """How a page names a finding."""
    return Named(sha256, finding.rule, finding.cell or "–", (finding.value or "").strip())


def may_be_right(finding: Finding, parsed: ParsedTable) -> bool:
    """Whether somebody may say of a finding that the value is right: of one about a value that was read and belongs to a unit and year.

    parsed: what was delivered, as far as it concerns the finding.
    """
    return is_waivable(finding) and _has_value(finding, parsed)


def takes_a_value(finding: Finding, parsed: ParsedTable, contract: Contract) -> bool:
    """Whether somebody may say of a finding which other number is to hold: of one about a measure of a unit and year. parsed: as for may_be_right."""
    return finding.field in measures_only(contract) and _has_value(finding, parsed)


def _has_value(finding: Finding, parsed: ParsedTable) -> bool:
    belongs = None not in (finding.field, finding.unit_id, finding.year)
    return is_open(finding) and belongs and record_at(parsed, finding) is not None


def is_open(finding: Finding) -> bool:
    """Whether anything may be decided about a finding: not where it says what a decision did that is in force."""
    return finding.severity != Severity.ACKNOWLEDGED and finding.kind not in CORRECTION_KINDS
