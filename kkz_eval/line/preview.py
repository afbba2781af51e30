"""What accepting a file would change: of an official one the estimates, of a municipal one the indicators. Looked at, never kept.

Belongs here: which files wait, and composing the snapshot as it would be with what plans make of it. All of it is computed on a draft over the
store, which stays as it is. Does not belong here: accepting (register), verdicts on outcomes: they rest on what only a run computes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pyarrow as pa

from kkz_eval.deliveries.reader import PersonRecords, Unclaimed, Unreadable
from kkz_eval.deliveries.register.accepted import Conflict
from kkz_eval.deliveries.register.intake import landing_key
from kkz_eval.deliveries.register.reading_process import look_over, read_apart
from kkz_eval.deliveries.register.register import Arrival
from kkz_eval.evaluation.estimates_alone import estimates_alone
from kkz_eval.evaluation.headline import headline_row
from kkz_eval.evaluation.plan import Plan
from kkz_eval.indicators.catalogue import Indicator
from kkz_eval.line import say
from kkz_eval.line.installation import Installation
from kkz_eval.line.side_by_side import Row, rows_beside
from kkz_eval.line.snapshot import Snapshot, current_snapshot
from kkz_eval.line.study import Study
from kkz_eval.model.errors import UserError
from kkz_eval.model.texts import LANGUAGES, Localised, Sentence, Wording
from kkz_eval.model.verdicts import State
from kkz_eval.storage.steps import Steps
from kkz_eval.storage.store import DraftStore


@dataclass(frozen=True)
class WaitingFile:
    """A content that is not accepted, or not as a whole. state: what is said of it; parts: units and years of it that wait,
    none where that is the whole file; number, day: of its last arrival."""

    sha256: str
    name: str
    dataset: str
    title: Wording
    is_official: bool
    state: Sentence
    parts: tuple[tuple[str, int], ...]
    number: int
    day: str


@dataclass(frozen=True)
class Cell:
    """A value of an indicator, before and as it would be; None where there is none."""

    unit_id: str
    year: int
    before: float | None
    now: float | None


@dataclass(frozen=True)
class IndicatorMoved:
    """The values of an indicator from a dataset that would be otherwise, by unit and year."""

    indicator: str
    label: Wording
    unit: Wording
    decimals: int
    dataset: str
    cells: tuple[Cell, ...]

    @property
    def new(self) -> int:
        """Values that would come."""
        return sum(cell.before is None for cell in self.cells)

    @property
    def gone(self) -> int:
        """Values that would go."""
        return sum(cell.now is None for cell in self.cells)

    @property
    def others(self) -> int:
        """Values that would be others."""
        return len(self.cells) - self.new - self.gone


@dataclass(frozen=True)
class OutcomeMoved:
    """An outcome of which a plan's panel would be otherwise, with its estimates before and as they would be."""

    indicator: str
    label: Wording
    unit: Wording
    decimals: int
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class PlanMoved:
    """A plan that reads the file's datasets. untouched: labels of its outcomes that stay as they are; refused: why nothing can be said of it, None where it can."""

    plan_id: str
    title: Wording
    outcomes: tuple[OutcomeMoved, ...]
    untouched: tuple[Wording, ...]
    refused: Localised | None = None


@dataclass(frozen=True, eq=False)
class Preview:
    """What accepting a file would change. datasets: titles of those it is read as; conflicts: units and years of which nothing would hold then;
    is_simulated: any figure that would hold is made up."""

    name: str
    datasets: tuple[Wording, ...]
    indicators: tuple[IndicatorMoved, ...]
    plans: tuple[PlanMoved, ...]
    conflicts: tuple[Conflict, ...]
    is_simulated: bool


def waiting_files(snapshot: Snapshot) -> tuple[WaitingFile, ...]:
    """The contents that have no verdict yet, and those of which something is rejected and nothing newer came; the newest first."""
    register = snapshot.register
    found: dict[tuple[str, str], tuple[Arrival, Sentence, list[tuple[str, int]]]] = {}
    for source, unit, year in snapshot.rejected_slices:
        parts = found.setdefault((source.arrival.sha256, source.arrival.contract_id), (source.arrival, State.REJECTED.said, []))[
            2
        ]
        if unit:
            parts.append((unit, year))
    for arrival in register.arrivals:
        key = (arrival.sha256, arrival.contract_id)
        if (
            key not in register.verdicts
            and arrival.sha256 not in register.tombstones
            and arrival.contract_id in snapshot.contracts
        ):
            found[key] = (arrival, State.PENDING.said, [])
    waiting = []
    for (sha256, contract_id), (arrival, state, parts) in found.items():
        contract = snapshot.contracts[contract_id]
        about = (contract.dataset, Wording(contract.title.by_language), contract.source == "official")
        waiting.append(WaitingFile(sha256, arrival.name, *about, state, tuple(sorted(parts)), arrival.number, arrival.day))
    return tuple(sorted(waiting, key=lambda one: (-one.number, one.dataset)))


def preview_of_waiting(installation: Installation, sha256: str) -> Preview:
    """What accepting a waiting file would change, as if it came last. Raises UserError where no such file waits."""
    waiting = [one for one in waiting_files(current_snapshot(installation)) if one.sha256 == sha256]
    if not waiting:
        raise UserError("nothing_waits", package=say.package, sha256=sha256)
    return _preview(installation, installation.steps.store.get(landing_key(sha256)), waiting[0].name)


def preview_of_file(installation: Installation, data: bytes, name: str) -> Preview:
    """What accepting a file that was handed over to be looked at would change. It is screened and read as one of the inbox, and not kept.

    Raises UserError with what the reader says where no contract reads it, or it holds records of persons.
    """
    result = read_apart(look_over, data, name, installation.contracts, installation.settings.limits)
    if isinstance(result, Unclaimed | Unreadable | PersonRecords):
        raise UserError("preview_refused", package=say.package, name=name, reason=result)
    return _preview(installation, data, name)


def _preview(installation: Installation, data: bytes, name: str) -> Preview:
    draft = replace(installation, steps=Steps(DraftStore.over(installation.steps.store)))
    before = current_snapshot(draft)
    now = before.with_accepted(data, name)
    arrived = {arrival.number for arrival in before.register.arrivals}
    came = [arrival for arrival in now.register.arrivals if arrival.number not in arrived]
    contracts = [now.contracts[arrival.contract_id] for arrival in came]
    datasets = {contract.dataset for contract in contracts}
    known = set(before.conflicts)
    return Preview(
        name,
        tuple(Wording(contract.title.by_language) for contract in contracts),
        tuple(_indicators(before, now, datasets)),
        tuple(_plans(before, now, datasets)),
        tuple(conflict for conflict in now.conflicts if conflict not in known),
        bool(now.simulated),
    )


def _indicators(before: Snapshot, now: Snapshot, datasets: set[str]) -> Iterator[IndicatorMoved]:
    """What is otherwise in the series of every indicator that reads these datasets, in the order of the catalogue."""
    known = {contract.dataset for contract in before.contracts.values()}
    for indicator in before.installation.catalogue.values():
        for source in indicator.sources:
            if datasets.isdisjoint(source.datasets) or not known.issuperset(source.datasets):
                continue
            tables = [one.indicator(indicator.id, source.dataset).indicators for one in (before, now)]
            cells = tuple(_cells(*tables))
            if cells:
                yield IndicatorMoved(
                    indicator.id, Wording(indicator.label), Wording(indicator.unit), indicator.decimals, source.dataset, cells
                )


def _cells(before: pa.Table, now: pa.Table) -> Iterator[Cell]:
    values = []
    for table in (before, now):
        rows = zip(*(table.column(name).to_pylist() for name in ("unit_id", "year", "value")), strict=True)
        values.append({(unit, year): value for unit, year, value in rows if value is not None})
    old, new = values
    for unit, year in sorted(old.keys() | new.keys()):
        was, will_be = old.get((unit, year)), new.get((unit, year))
        if was != will_be:
            yield Cell(unit, year, was, will_be)


def _plans(before: Snapshot, now: Snapshot, datasets: set[str]) -> Iterator[PlanMoved]:
    for plan in before.installation.plans.values():
        studies = Study(before, plan), Study(now, plan)
        if datasets.isdisjoint(studies[1].datasets):
            continue
        title = Wording(plan.title or dict.fromkeys(LANGUAGES, plan.id))
        try:
            yield _plan(plan, title, *studies)
        except UserError as error:
            yield PlanMoved(plan.id, title, (), (), error.sentence)


def _plan(plan: Plan, title: Wording, before: Study, now: Study) -> PlanMoved:
    """The outcomes of a plan whose panel would be otherwise, by whatever way: the values or the weights and covariates of the design."""
    catalogue = before.installation.catalogue
    moved: list[OutcomeMoved] = []
    untouched: list[Wording] = []
    new = now.panel
    old = before.panel if before.has_data else new.iloc[:0]
    for outcome in plan.outcomes:
        indicator = catalogue[outcome.indicator]
        parts = [panel[panel["indicator"] == outcome.indicator].reset_index(drop=True) for panel in (old, new)]
        if parts[0].equals(parts[1]):
            untouched.append(Wording(indicator.label))
            continue
        estimates = [estimates_alone(panel, plan, outcome.indicator) for panel in parts]
        decisive = [headline_row(frame, outcome.indicator, outcome.earliest_plausible_year, plan.headline) for frame in estimates]
        deciding = [(str(row["estimator"]), str(row["aggregation"])) for row in decisive if row is not None]
        moved.append(_moved(indicator, rows_beside(estimates[0], estimates[1], outcome.indicator, deciding)))
    return PlanMoved(plan.id, title, tuple(moved), tuple(untouched))


def _moved(indicator: Indicator, rows: tuple[Row, ...]) -> OutcomeMoved:
    return OutcomeMoved(indicator.id, Wording(indicator.label), Wording(indicator.difference_unit), indicator.decimals, rows)
