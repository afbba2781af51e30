"""What the register says of a file: accepted, accepted with warnings, or rejected; per file and per unit and year."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """Fate of a file, or of one unit and year in it. Only REJECTED keeps content out."""

    ACCEPTED = "accepted"
    ACCEPTED_WITH_WARNINGS = "accepted_with_warnings"
    REJECTED = "rejected"


@dataclass(frozen=True, order=True)
class Slice:
    """Part of a file that is accepted or rejected: a unit and a reporting year, with its fate and number of findings.

    n_acknowledged: findings that a waiver turned into acknowledged ones.
    """

    unit_id: str
    year: int
    status: Status
    n_errors: int
    n_warnings: int
    n_acknowledged: int = 0


@dataclass(frozen=True)
class Verdict:
    """The judgement of one content by one contract. Immutable; its key is the digest of all it depends on.

    sha256: of the delivered bytes; rules_digest: of the compiled rules; context_digest: of all else the judgement read
    (corrections, waivers of this very file), "" for nothing; parsed_key: the parsed table it judged; findings_key: its findings.
    """

    sha256: str
    contract_id: str
    contract_version: str
    rules_digest: str
    context_digest: str
    parsed_key: str
    findings_key: str
    layout: str
    edition: str
    status: Status
    n_errors: int
    n_warnings: int
    slices: tuple[Slice, ...]

    @property
    def has_findings(self) -> bool:
        """Whether there is anything to say to who delivered it, acknowledged findings included."""
        return bool(self.n_errors or self.n_warnings or any(part.n_acknowledged for part in self.slices))
