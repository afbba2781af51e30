"""Findings that say the same of several cells, shown as one with a count. No judging: what is kept is a finding for each cell.

A cell is coloured, decided about and corrected for itself; a reader wants to know each cause once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from kkz_eval.contracts import say
from kkz_eval.model.findings import Called, Finding, iter_findings
from kkz_eval.model.identifiers import cell_address
from kkz_eval.model.shown_findings import OF_ONE_COLUMN, first_places, group_numbers
from kkz_eval.model.texts import Joined, Localised

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

FROM = 3  # so many findings of one cause are shown as one
_NAMED = 5  # cells that the sentence names besides the first
CellPlace = tuple[str | None, int | None, int | None]
"""Sheet, row and column of a finding, as in the delivered file."""

_CAUSE = ("rule", "kind", "severity", "sheet", "field", "value", "allowed")


@dataclass(frozen=True)
class Alike:
    """Findings of one cause. finding: the first; count: how many; places: their cells, of very many the first ones; unit_id, year:
    None where these differ."""

    finding: Finding
    count: int
    places: tuple[CellPlace, ...]
    unit_id: str | None
    year: int | None

    @property
    def cells(self) -> tuple[str, ...]:
        """The addresses of the places."""
        return tuple(cell_address(*place) for place in self.places)

    def message(self, called: Called) -> Localised:
        """The sentence of the first finding, and how many others it holds for."""
        said = self.finding.message(called)
        others = self.count - 1
        if not others:
            return said
        named = ", ".join(cell_address(*place) or "–" for place in self.places[1 : _NAMED + 1]) + (
            ", …" if others > _NAMED else ""
        )
        return Joined((said, say("alike.one" if others == 1 else "alike.several", count=others, cells=named)), " ")


def alike(findings: pa.Table, most: int) -> list[Alike]:
    """The findings (FINDINGS_SCHEMA), those of one cause as one: same rule, sentence, column, value and what is allowed. In the order of
    their first ones; at most so many, of each rule and column the first."""
    if not findings.num_rows:
        return []
    cause = group_numbers(findings, _CAUSE)
    order = np.argsort(cause, kind="stable")
    starts = np.flatnonzero(np.diff(cause[order], prepend=-1))
    sizes = np.diff(starts, append=len(order))
    group = np.empty(len(order), dtype=np.int64)  # of each finding, as an index into starts and sizes
    group[order] = np.repeat(np.arange(len(starts)), sizes)
    is_first = np.zeros(len(order), dtype=np.bool_)
    is_first[order[starts]] = True
    shown = np.flatnonzero(is_first | (sizes[group] < FROM))
    shown = shown[first_places(group_numbers(findings, OF_ONE_COLUMN)[shown], most)]
    # All cells of few findings; of very many so many that all addresses together stay few.
    n_cells = findings.num_rows if findings.num_rows <= most else max(_NAMED + 1, most // len(shown))
    members = [
        _members(order, int(starts[g]), int(sizes[g]), int(at), n_cells) for at, g in zip(shown, group[shown], strict=True)
    ]
    places = iter(_places(findings, np.concatenate(members)))
    same_unit, same_year = (_same(group_numbers(findings, [name])[order], starts) for name in ("unit_id", "year"))
    return [
        _one(finding, int(sizes[g]), tuple(next(places) for _ in own), same_unit=bool(same_unit[g]), same_year=bool(same_year[g]))
        for finding, g, own in zip(iter_findings(findings.take(pa.array(shown))), group[shown], members, strict=True)
    ]


def _members(order: Ints, start: int, size: int, at: int, most: int) -> Ints:
    """The places of the findings that are shown as the one at a place, of very many the first ones."""
    return order[start : start + min(size, most)] if size >= FROM else np.array([at])


def _places(findings: pa.Table, at: Ints) -> list[CellPlace]:
    columns = (findings.column(name).take(pa.array(at)).to_pylist() for name in ("sheet", "row", "column"))
    return list(zip(*columns, strict=True))


def _same(numbers: Ints, starts: Ints) -> Bools:
    """Whether all numbers of each run are the same; starts: of the runs."""
    same: Bools = np.minimum.reduceat(numbers, starts) == np.maximum.reduceat(numbers, starts)
    return same


def _one(finding: Finding, size: int, places: tuple[CellPlace, ...], *, same_unit: bool, same_year: bool) -> Alike:
    if size < FROM:
        return Alike(finding, 1, places, finding.unit_id, finding.year)
    return Alike(finding, size, places, finding.unit_id if same_unit else None, finding.year if same_year else None)
