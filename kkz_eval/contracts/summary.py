"""One sentence about a judgement: how many years hold, how many do not, and what is to be corrected. Shown wherever findings are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kkz_eval.contracts import say
from kkz_eval.model.findings import Severity
from kkz_eval.model.shown_findings import group_numbers
from kkz_eval.model.texts import Joined, Localised, Sentence
from kkz_eval.model.verdicts import Slice, Status


@dataclass(frozen=True)
class Summary:
    """What a judgement comes to.

    units: number of units that the file speaks about; valid, invalid: their years, those of all units added up; cells: different cells
    with errors; others: errors that are about no single cell (a missing column, a line); hints: warnings.
    """

    units: int
    valid: int
    invalid: int
    cells: int
    others: int
    hints: int

    @property
    def sentence(self) -> Localised:
        """The sentence for people: „13 Jahre gelten, 1 nicht; 2 Zellen zu berichtigen.“"""
        tasks = [counted(key, n) for key, n in (("cells", self.cells), ("others", self.others)) if n]
        and_then = Joined(("", say("summary.and"), ""), " ")
        parts = [self._years, Joined(tuple(tasks), and_then) if tasks else say("summary.nothing")]
        if self.hints:
            parts.append(counted("hints", self.hints))
        before = (say("summary.units", count=self.units),) if self.units > 1 else ()
        return Joined((*before, Joined(tuple(parts)), "."), "")

    @property
    def _years(self) -> Localised:
        if not self.valid + self.invalid:
            return say("summary.no_year")
        if not self.valid:
            return counted("none_valid", self.invalid)
        if not self.invalid:
            return counted("all_valid", self.valid)
        return counted("some_valid", self.valid, invalid=self.invalid)


def summary_of(slices: Sequence[Slice], findings: pa.Table) -> Summary:
    """The summary of a judgement. slices: fates by unit and year; findings: FINDINGS_SCHEMA."""
    rejected = sum(part.status == Status.REJECTED for part in slices)
    places = findings.select(["sheet", "row", "column"])  # many findings: only what is asked for is copied
    errors = places.filter(pc.equal(findings.column("severity"), Severity.ERROR))
    in_cell = pc.and_(errors.column("row").is_valid(), errors.column("column").is_valid())
    cells = len(np.unique(group_numbers(errors.filter(in_cell), errors.column_names)))
    hints = pc.sum(pc.equal(findings.column("severity"), Severity.WARNING), min_count=0).as_py()
    return Summary(
        units=len({part.unit_id for part in slices}),
        valid=len(slices) - rejected,
        invalid=rejected,
        cells=cells,
        others=errors.num_rows - int(pc.sum(in_cell, min_count=0).as_py()),
        hints=int(hints),
    )


def counted(key: str, count: int, **parameters: object) -> Sentence:
    """So many of something in words: 1 Hinweis, 2 Hinweise. key: "errors", "hints" or another that the catalogue counts."""
    return say(f"summary.{key}.{'one' if count == 1 else 'several'}", count=count, **parameters)
