"""One finding with a count for many of one kind in an official table: they have one cause, and one remedy. No judging.

A table that was changed as a whole says the same of each of its lines; listed one by one they would bury all else.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from kkz_eval.model.findings import Finding

LISTED = 10  # findings of one kind that are listed one by one
_SHOWN = 3  # texts that a gathered finding names


def gathered(findings: Iterable[Finding]) -> list[Finding]:
    """The findings, those of a kind that comes more often than LISTED as the first of them with their number."""
    of_kind: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        of_kind.setdefault((finding.kind, finding.severity), []).append(finding)
    return [one for same in of_kind.values() for one in (same if len(same) <= LISTED else [of_many(same, len(same))])]


def of_many(first: list[Finding], count: int) -> Finding:
    """One finding at the place of the first; first: those that show what it is about; count: of how many it speaks."""
    shown = list(dict.fromkeys(finding.value for finding in first if finding.value))[:_SHOWN]
    return replace(first[0], unit_id=None, year=None, value=", ".join([*shown, f"… ({count})"]))
