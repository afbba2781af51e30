"""What each gap costs: for a unit, dataset and years of which nothing holds, the indicators, outcomes and units of a sample that are lost by it.

Belongs here: gathering gaps of municipal deliveries (as the board has them) and of the plans' panels, and what they cost. Does not belong here: how
a size is computed (evaluation.examination.gaps), letters, whether a run may go on (coverage).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import pandas as pd

from kkz_eval.evaluation.baseline import baseline_cells
from kkz_eval.evaluation.examination.gaps import GapsSeen, gaps_seen
from kkz_eval.evaluation.plan import Outcome, Plan
from kkz_eval.evaluation.problems import PanelInvalid, Refused
from kkz_eval.indicators.catalogue import Indicator
from kkz_eval.line import say
from kkz_eval.line.official_figures import official_places
from kkz_eval.line.snapshot import Snapshot
from kkz_eval.line.study import Study
from kkz_eval.model.errors import UserError
from kkz_eval.model.texts import LANGUAGES, Joined, Localised, Wording
from kkz_eval.model.verdicts import State
from kkz_eval.stewardship.board import BoardTable, board_tables
from kkz_eval.stewardship.history import Place, purged_places

_LOST = frozenset({State.MISSING, State.REJECTED, State.DECIDED, State.CONFLICT, State.PURGED, State.OFFICIAL_AWAITED})
"""States of a place of the board of which nothing holds though it is owed."""


@dataclass(frozen=True)
class OutcomeLost:
    """An outcome of a plan that lacks values by a gap. group: treated | reference; cells: values lost; is_alone: nothing else is missing of the unit, so that
    it would be whole without the gap; mde: the smallest detectable difference then, in the outcome's unit, None where that is not known."""

    plan_id: str
    indicator: str
    label: Wording
    unit: Wording
    decimals: int
    group: str
    cells: int
    is_alone: bool
    mde: float | None


@dataclass(frozen=True)
class GapCost:
    """Years of a dataset that are missing of units for one reason and cost the same, of each unit. state: why nothing holds; indicators: that can't be told
    of these units and years from this dataset; outcomes: of plans, none where no plan reads it."""

    dataset: str
    title: Wording
    units: tuple[str, ...]
    years: tuple[int, ...]
    state: Localised
    indicators: tuple[Wording, ...]
    outcomes: tuple[OutcomeLost, ...]


@dataclass(frozen=True)
class OutcomeGaps:
    """All gaps of an outcome. whole, units: by group, units with every value and all; cells: values that are missing; mde, filled: as GapsSeen, None where they
    are not known; basis: what the sizes say, or why there are none."""

    plan_id: str
    title: Wording
    indicator: str
    label: Wording
    unit: Wording
    decimals: int
    whole: Mapping[str, int]
    units: Mapping[str, int]
    cells: int
    mde: float | None
    filled: float | None
    basis: Localised


@dataclass(frozen=True, eq=False)
class GapCosts:
    """gaps: by dataset, units and years; outcomes: those with gaps, plan by plan; not_told: plans of which nothing can be said, with the reason."""

    gaps: tuple[GapCost, ...]
    outcomes: tuple[OutcomeGaps, ...]
    not_told: tuple[tuple[Wording, Localised], ...]


@dataclass
class _Gap:
    """A place of which nothing holds, while costs are gathered. lost: by plan and outcome, the values of it that are missing by it."""

    state: Localised
    indicators: dict[str, Wording] = field(default_factory=dict)
    lost: dict[tuple[str, str], int] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class _OfOutcome:
    """The gaps of an outcome of a plan. missing: by unit, in how many places something is missing."""

    summary: OutcomeGaps
    group: Mapping[str, str]
    missing: Mapping[str, int]
    seen: GapsSeen | None


def gap_costs(snapshot: Snapshot) -> GapCosts:
    """What is missing in a snapshot and what it costs, for deliveries that are owed and for the panels of all plans that have data."""
    gaps: dict[Place, _Gap] = {}
    _of_board(snapshot, gaps)
    found: dict[tuple[str, str], _OfOutcome] = {}
    not_told: list[tuple[Wording, Localised]] = []
    for plan in snapshot.installation.plans.values():
        study = Study(snapshot, plan)
        if not study.has_data:
            continue
        try:
            found |= _of_plan(study, gaps)
        except UserError as error:
            not_told.append((_title(plan), error.sentence))
    titles = {contract.dataset: Wording(contract.title.by_language) for contract in snapshot.contracts.values()}
    return GapCosts(tuple(_joined(gaps, found, titles)), tuple(one.summary for one in found.values()), tuple(not_told))


def board_of(snapshot: Snapshot) -> tuple[BoardTable, ...]:
    """The board of a snapshot, as municipalities have it: a table for each dataset that they deliver."""
    purged = purged_places(snapshot.register, snapshot.contracts)
    return board_tables(snapshot.contracts, snapshot.histories, official_places(snapshot), purged, snapshot.day)


def _of_board(snapshot: Snapshot, gaps: dict[Place, _Gap]) -> None:
    """What municipalities owe and nothing holds of, as their board has it."""
    for table in board_of(snapshot):
        dataset = table.contract.dataset
        lost = {indicator.id: Wording(indicator.label) for indicator in _reading(snapshot, dataset)}
        for cell in (cell for row in table.rows for cell in row):
            if cell.is_owed and cell.state in _LOST:
                gaps[(dataset, cell.unit_id, cell.year)] = _Gap(cell.state.said, dict(lost))


def _reading(snapshot: Snapshot, dataset: str) -> Iterator[Indicator]:
    """The indicators that read a dataset, below or above the line."""
    for indicator in snapshot.installation.catalogue.values():
        if any(dataset in source.datasets for source in indicator.sources):
            yield indicator


def _of_plan(study: Study, gaps: dict[Place, _Gap]) -> dict[tuple[str, str], _OfOutcome]:
    """The outcomes of a plan with gaps. Puts each gap, and what it costs, among the others."""
    plan, found = study.plan, {}
    group = dict(zip(study.groups["unit_id"], study.groups["group"], strict=True))
    compared = {unit for unit, of in group.items() if of in ("treated", "reference")}
    without_baseline = _without_baseline(study, compared)
    for outcome in plan.outcomes:
        missing: dict[str, int] = {}
        absent = [(unit, year) for row in study.coverage if row.indicator == outcome.indicator for unit, year in row.missing]
        lost = [(outcome.indicator, unit, year) for unit, year in absent]
        lost += [cell for cell in without_baseline if cell not in lost]
        for indicator, unit, year in lost:
            places = _places(study, indicator, unit, year)
            missing[unit] = missing.get(unit, 0) + len(
                places
            )  # where two datasets lack something, neither alone makes the unit whole
            for place in places:
                gap = gaps.setdefault(place, _Gap(_state(study, place)))
                gap.indicators[indicator] = Wording(study.installation.catalogue[indicator].label)
                key = (plan.id, outcome.indicator)
                gap.lost[key] = gap.lost.get(key, 0) + 1
        if missing:
            found[(plan.id, outcome.indicator)] = _of_outcome(study, outcome, group, missing, len(absent))
    return found


def _without_baseline(study: Study, compared: set[str]) -> list[tuple[str, str, int]]:
    """(indicator, unit, year) of baseline values that are missing, without which a unit is left out of every outcome."""
    plan, made = study.plan, baseline_cells(study.plan)
    found: dict[tuple[str, str, int], None] = {}
    for name in dict.fromkeys([*plan.covariates, *([plan.weight] if plan.weight else []), *plan.comparison.adjust]):
        cells = made.get(name)
        if cells is None or name not in study.panel.columns:
            continue
        lacking = set(study.panel.loc[study.panel[name].isna(), "unit_id"]) & compared
        table = study.indicators[cells.indicator]
        rows = zip(*(table.column(column).to_pylist() for column in ("unit_id", "year", "value")), strict=True)
        there = {(unit, year) for unit, year, value in rows if value is not None}
        for unit in sorted(lacking):
            years = (year for year in range(cells.first, cells.last + 1) if (unit, year) not in there)
            found |= {(cells.indicator, unit, year): None for year in years}
    return list(found)


def _places(study: Study, indicator: str, unit: str, year: int) -> list[Place]:
    """The datasets that lack what an indicator needs of a unit and year; that of the indicator itself where all have something that is no figure."""
    dataset = study.plan.sources[indicator]
    source = study.installation.catalogue[indicator].source(dataset)
    lacking = [name for name in source.datasets if (unit, year) not in _present(study, name)]
    return [(name, unit, year) for name in lacking or [dataset]]


def _present(study: Study, dataset: str) -> frozenset[tuple[str, int]]:
    """Units and years of which something of a dataset holds."""

    def made() -> frozenset[tuple[str, int]]:
        pairs = (
            study.snapshot.accepted(dataset).observations.select(["unit_id", "year"]).group_by(["unit_id", "year"]).aggregate([])
        )
        return frozenset(zip(pairs.column("unit_id").to_pylist(), pairs.column("year").to_pylist(), strict=True))

    return study.snapshot.once(("places present", dataset), made)


def _state(study: Study, place: Place) -> Localised:
    """Why a plan has no value of a place."""
    dataset, unit, year = place
    history = study.snapshot.histories.get(place)
    if history is not None and not history.holding:
        return history.state.said
    return say("gaps.no_figure") if (unit, year) in _present(study, dataset) else say("gaps.nothing_came")


def _of_outcome(study: Study, outcome: Outcome, group: Mapping[str, str], missing: Mapping[str, int], cells: int) -> _OfOutcome:
    indicator, plan = study.installation.catalogue[outcome.indicator], study.plan
    units = {of: sum(one == of for one in group.values()) for of in ("treated", "reference")}
    whole = {of: n - sum(group[unit] == of for unit in missing) for of, n in units.items()}
    seen, basis = _seen(study.panel, plan, outcome)
    summary = OutcomeGaps(
        plan_id=plan.id,
        title=_title(plan),
        indicator=indicator.id,
        label=Wording(indicator.label),
        unit=Wording(indicator.difference_unit),
        decimals=indicator.decimals,
        whole=whole,
        units=units,
        cells=cells,
        mde=None if seen is None else seen.mde,
        filled=None if seen is None else seen.filled,
        basis=basis,
    )
    return _OfOutcome(summary, group, missing, seen)


def _seen(panel: pd.DataFrame, plan: Plan, outcome: Outcome) -> tuple[GapsSeen | None, Localised]:
    """What gaps cost in the size that could be seen, where it is cheap to tell; else why only units are counted."""
    if plan.audit is None:
        return None, say("gaps.no_law")
    try:
        return gaps_seen(panel, plan, outcome), say("gaps.sizes")
    except Refused as refusal:
        return None, say("gaps.counted", reason=refusal.note.sentence)
    except PanelInvalid as invalid:
        return None, say("gaps.counted", reason=Joined(tuple(problem.sentence for problem in invalid.problems), " "))


def _joined(
    gaps: Mapping[Place, _Gap], found: Mapping[tuple[str, str], _OfOutcome], titles: Mapping[str, Wording]
) -> Iterator[GapCost]:
    """Years of a unit and dataset together where the reason and what is lost are the same, then units of which all of it is."""
    years: dict[tuple[str, str, str, tuple[str, ...], tuple[tuple[str, str], ...]], list[int]] = {}
    for (dataset, unit, year), gap in sorted(gaps.items(), key=lambda item: item[0]):
        years.setdefault((dataset, unit, gap.state.in_language("de"), tuple(gap.indicators), tuple(gap.lost)), []).append(year)
    together: dict[str, GapCost] = {}
    for (dataset, unit, _, _, lost), of_unit in years.items():
        of_years = [gaps[(dataset, unit, year)] for year in of_unit]
        cells = {key: sum(gap.lost[key] for gap in of_years) for key in lost}
        one = GapCost(
            dataset=dataset,
            title=titles[dataset],
            units=(),
            years=tuple(of_unit),
            state=of_years[0].state,
            indicators=tuple(of_years[0].indicators.values()),
            outcomes=tuple(_outcome_lost(found[key], unit, n) for key, n in cells.items()),
        )
        same = together.setdefault(repr(one), one)
        together[repr(one)] = replace(same, units=(*same.units, unit))
    yield from together.values()


def _outcome_lost(of: _OfOutcome, unit: str, cells: int) -> OutcomeLost:
    about, is_alone = of.summary, cells >= of.missing[unit]
    mde = of.seen.by_unit.get(unit) if of.seen is not None and is_alone else None
    names = (about.plan_id, about.indicator, about.label, about.unit, about.decimals)
    return OutcomeLost(*names, of.group[unit], cells, is_alone, mde)


def _title(plan: Plan) -> Wording:
    return Wording(plan.title or dict.fromkeys(LANGUAGES, plan.id))
