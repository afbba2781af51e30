"""Findings that say the same of several cells, shown as one with a count. No judging: what is kept is a finding for each cell.

A cell is coloured, decided about and corrected for itself; a reader wants to know each cause once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from kkz_eval.model.findings import Finding
from kkz_eval.model.texts import Language, text

FROM = 3  # so many findings of one cause are shown as one
_NAMED = 5  # cells that the sentence names besides the first


@dataclass(frozen=True)
class Alike:
    """Findings of one cause. finding: the first; cells: addresses of all, in their order; unit_id, year: None where these differ."""

    finding: Finding
    cells: tuple[str, ...]
    unit_id: str | None
    year: int | None

    @property
    def count(self) -> int:
        """How many findings these are."""
        return len(self.cells)

    def message(self, language: Language, field_label: str | None) -> str:
        """The sentence of the first finding, and how many others it holds for."""
        said = self.finding.message(language, field_label)
        others = self.count - 1
        if not others:
            return said
        named = ", ".join(cell or "–" for cell in self.cells[1 : _NAMED + 1]) + (", …" if others > _NAMED else "")
        return f"{said} {text('alike.one' if others == 1 else 'alike.several', language, count=others, cells=named)}"


def alike(findings: Iterable[Finding]) -> list[Alike]:
    """The findings, those of one cause as one: same rule, sentence, column, value and what is allowed. In the order of their first ones."""
    by_cause: dict[tuple[object, ...], list[Finding]] = {}
    for finding in findings:
        cause = (finding.rule, finding.kind, finding.severity, finding.sheet, finding.field, finding.value, finding.allowed)
        by_cause.setdefault(cause, []).append(finding)
    shown: list[Alike] = []
    for same in by_cause.values():
        shown += [_one(same)] if len(same) >= FROM else [_one([finding]) for finding in same]
    return shown


def _one(same: list[Finding]) -> Alike:
    first = same[0]
    unit_id = first.unit_id if all(finding.unit_id == first.unit_id for finding in same) else None
    year = first.year if all(finding.year == first.year for finding in same) else None
    return Alike(first, tuple(finding.cell for finding in same), unit_id, year)
