"""What the register says of a file: accepted, accepted with warnings, or rejected; per file and per unit and year. And its one word for people.

Belongs here: every state that a delivery, or a unit and year of a dataset, can be in where people read of it, each with its word.
Does not belong here: which of them is the case beyond one verdict (stewardship.history, stewardship.board).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from kkz_eval.model import say
from kkz_eval.model.texts import Sentence


class Status(StrEnum):
    """Fate of a file, or of one unit and year in it. Only REJECTED keeps content out."""

    ACCEPTED = "accepted"
    ACCEPTED_WITH_WARNINGS = "accepted_with_warnings"
    REJECTED = "rejected"


class State(StrEnum):
    """What people read of a delivery, or of a unit and year of a dataset: in protocol, list, board, letter, report and Dagster alike.

    Kept nowhere: it is made of what the register keeps. PARTLY_REJECTED is said of files only; EARLIER_HOLDS: the newest delivery is
    rejected, an earlier one counts; DECIDED: rejected, and handed in again as it was with decisions in its Status column; CONFLICT: two files
    of one scan contradict; SUPERSEDED: another delivery took the place of all of it; PURGED: what came was removed for good; NOT_OWED: nobody
    waits for it; TO_CONFIRM: official statistics have the figure, and nobody is reminded of it; OFFICIAL_AWAITED: they will have it. Whether
    a deadline has passed is no state: MISSING is missing before it and after it, and what came after it is accepted or rejected as any other.
    """

    ACCEPTED = "accepted"
    WARNINGS = "accepted_with_warnings"
    WAIVED = "waived"
    PARTLY_REJECTED = "partly_rejected"
    REJECTED = "rejected"
    EARLIER_HOLDS = "earlier_holds"
    DECIDED = "decided"
    CONFLICT = "conflict"
    SUPERSEDED = "superseded"
    PENDING = "pending"
    PURGED = "purged"
    MISSING = "missing"
    TO_CONFIRM = "to_confirm"
    OFFICIAL_AWAITED = "official_awaited"
    NOT_OWED = "not_owed"

    @property
    def said(self) -> Sentence:
        """Its word."""
        return say(f"states.{self}")


COUNTING = (State.ACCEPTED, State.WARNINGS, State.WAIVED)
"""Of a unit and year: the newest delivery counts."""
OFFICIAL = (State.TO_CONFIRM, State.OFFICIAL_AWAITED)
"""Of a unit and year: nothing came, and nothing has to."""
VERDICT_STATES = (*COUNTING, State.PARTLY_REJECTED, State.REJECTED)
"""What a verdict can come to, from good to bad."""


@dataclass(frozen=True, order=True, slots=True)
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

    @property
    def state(self) -> State:
        """What people read of it."""
        return _of_status(self.status, self.n_acknowledged > 0)


@dataclass(frozen=True, slots=True)
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
    def state(self) -> State:
        """What people read of the file as a whole."""
        return state_of(self.status, self.slices)

    @property
    def n_errors_of_file(self) -> int:
        """How many of its errors speak of no unit and year: each of them speaks of all that the file holds."""
        return self.n_errors - sum(part.n_errors for part in self.slices)

    def n_errors_about(self, part: Slice) -> int:
        """How many of its errors speak of one of its units and years: those of the place, and those of the whole file."""
        return part.n_errors + self.n_errors_of_file

    @property
    def has_findings(self) -> bool:
        """Whether there is anything to say to who delivered it, acknowledged findings included."""
        return bool(self.n_errors or self.n_warnings or any(part.n_acknowledged for part in self.slices))


def state_of(status: Status, parts: Iterable[Slice]) -> State:
    """What people read of a file, from its fate and those of its units and years."""
    parts = tuple(parts)
    if status != Status.REJECTED and any(part.status == Status.REJECTED for part in parts):
        return State.PARTLY_REJECTED
    return _of_status(status, any(part.n_acknowledged for part in parts))


def _of_status(status: Status, waived: bool) -> State:
    """The state of the same name, or that of what holds although a rule speaks against it."""
    return State.WAIVED if waived and status != Status.REJECTED else State(status)
