"""What a municipality gets back for what it delivered: its own series beside official ranges, its goals, its gaps, as values past the gate.

Belongs here: which tables of a snapshot answer that, and who is alike in need by the rule of the plans. Does not belong here: counting
(indicators), wording (reporting.returned), files (return_files). Nothing here is an effect.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from kkz_eval.contracts.contract import Contract
from kkz_eval.evaluation.baseline import Cells, baseline_cells
from kkz_eval.evaluation.design import level_of_plan
from kkz_eval.evaluation.plan import Plan
from kkz_eval.evaluation.verdict.study import studied_as
from kkz_eval.indicators.catalogue import Indicator, IndicatorSource, stages
from kkz_eval.indicators.described import GOALS, Described, Goal, LocalText, Value
from kkz_eval.indicators.offers import NETWORK, SERVICES, Offers, offers_of
from kkz_eval.indicators.official_ranges import Spread, alike_in_need, spread_of
from kkz_eval.line import say
from kkz_eval.line.described import described_in, values_by_place
from kkz_eval.line.gap_costs import board_of
from kkz_eval.line.sentences import title_of
from kkz_eval.line.snapshot import Snapshot
from kkz_eval.model.errors import UserError
from kkz_eval.model.verdicts import COUNTING, State
from kkz_eval.reference.tables import (
    ProgrammeUnit,
    as_whole_kreis,
    kreise,
    official_units,
    programme_units,
    youth_office_of,
)
from kkz_eval.reference.unit_groups import stratum_parts
from kkz_eval.reporting.disclosure import rates_released
from kkz_eval.reporting.returned.values import (
    AlikeInNeed,
    DatasetReturn,
    GoalReturn,
    IndicatorReturn,
    OwnSeries,
    Point,
    Ranges,
    Returned,
)
from kkz_eval.reporting.sections.goals import WITH_VALUE, decimals_of, state_of
from kkz_eval.stewardship.board import BoardCell, BoardTable
from kkz_eval.stewardship.due_days import delivers_as, is_past
from kkz_eval.stewardship.sight import EVERYTHING, Sight

_HELD = (*COUNTING, State.EARLIER_HOLDS)
"""Of a unit and year: some delivery counts."""

_Points = Mapping[str, Mapping[int, Point]]
"""By unit and year, past the gate."""


@dataclass(frozen=True)
class _Known:
    """What one dataset says of an indicator, of all units. is_count: a logarithm, told as the count it was taken of."""

    dataset: str
    is_official: bool
    is_count: bool
    levels: tuple[str, ...]
    title: LocalText
    points: _Points

    def spread(self, units: frozenset[str], year: int, decimals: int) -> Spread | None:
        """The range of these units in a year; what may not leave stands in none."""
        at = (self.points[unit].get(year) for unit in units & self.points.keys())
        return spread_of((point.value for point in at if point is not None and point.value is not None), decimals)


def unit_of(unit_id: str) -> ProgrammeUnit:
    """The municipality of the programme with that key. Raises UserError where there is none."""
    found = next((unit for unit in programme_units() if unit.ags == unit_id), None)
    if found is None:
        raise UserError("return_unit_unknown", package=say.package, unit=unit_id)
    return found


@lru_cache(maxsize=64)  # each file of a municipality asks for it, in both languages
def returned_of(snapshot: Snapshot, unit: ProgrammeUnit, sight: Sight = EVERYTHING) -> Returned:
    """All that a municipality is shown of itself, as of the snapshot. sight: of whoever is shown it; an office sees what it delivers alone."""
    datasets, is_part = _datasets_of(snapshot, unit, sight)
    is_empty = not any(row.of(*_HELD) for row in datasets)
    described = None if is_empty or is_part else described_in(snapshot, {unit.ags: unit})
    alike = None if is_empty else _alike(snapshot, unit)
    shown = () if is_empty else tuple(_indicators(snapshot, unit, () if alike is None else alike[1], sight))
    offers = None if is_empty or is_part else _offers(snapshot, unit)
    made_up = {row.dataset for row in datasets if row.of(*_HELD)} & snapshot.simulated
    return Returned(
        unit_id=unit.ags,
        name=unit.name,
        day=snapshot.day,
        is_empty=is_empty,
        is_part=is_part,
        indicators=shown,
        alike=None if alike is None else alike[0],
        why_not_alike="" if alike is not None else "no_level" if as_whole_kreis(unit.ags) is None else "no_figures",
        offers=offers,
        gaps=() if described is None else described.gaps,
        ties=() if described is None else described.ties,
        goals=() if described is None else tuple(_goals(described, _smallest_cell(snapshot))),
        logic=() if described is None else described.logic,
        labels={} if described is None else described.labels,
        datasets=datasets,
        smallest_cell=_smallest_cell(snapshot),
        contact=snapshot.installation.settings.contact,
        simulated=bool(snapshot.simulated) if is_empty else bool(made_up) or any(one.simulated for one in shown),
    )


def _smallest_cell(snapshot: Snapshot) -> int:
    """Counts below it leave nowhere: the largest that a contract of deliveries names."""
    return max((contract.smallest_cell for contract in snapshot.contracts.values() if contract.source == "municipal"), default=1)


# --- series and ranges ----------------------------------------------------------------------------------------------------


def _indicators(snapshot: Snapshot, unit: ProgrammeUnit, alike: tuple[str, ...], sight: Sight) -> Iterator[IndicatorReturn]:
    """The indicators that say anything of the municipality, from birth to work, then those around the chain."""
    for indicator in sorted(snapshot.installation.catalogue.values(), key=lambda one: stages().index(one.stage)):
        known = _known_of(snapshot)[indicator.id]
        delivered = next(filter(None, (_delivered(snapshot, unit, one, sight) for one in known if not one.is_official)), None)
        found = _official(unit, known)
        if delivered is None and found is None:
            continue
        source, level, official = (None, None, None) if found is None else found
        is_count = any(one.is_count for one in known)
        decimals = 0 if is_count else indicator.decimals
        ranges: tuple[Ranges, ...] = ()
        if source is not None and level is not None and official is not None and not is_count:
            ranges = tuple(_ranges(source, level, official, alike if level == "kreis" else (), decimals))
        used = [one.dataset for one in (delivered, official) if one is not None]
        yield IndicatorReturn(
            indicator=indicator.id,
            stage=indicator.stage,
            label=indicator.label,
            unit=indicator.unit,
            decimals=decimals,
            delivered=delivered,
            official=official,
            level=level if ranges else None,
            range_title=None if source is None or not ranges else source.title,
            ranges=ranges,
            breaks=tuple((one.year, one.text) for one in indicator.breaks),
            simulated=any(
                name in snapshot.simulated for dataset in used for name in (dataset, *indicator.source(dataset).datasets)
            ),
            is_count=is_count,
        )


def _delivered(snapshot: Snapshot, unit: ProgrammeUnit, known: _Known, sight: Sight) -> OwnSeries | None:
    """What the municipality or its youth office delivered, where it is seen."""
    key = delivers_as(snapshot.installation.contract_of(known.dataset), unit)
    return _series(known, key) if key is not None and sight.sees(known.dataset, key) else None


def _official(unit: ProgrammeUnit, known: tuple[_Known, ...]) -> tuple[_Known, str, OwnSeries] | None:
    """The first official source that names the municipality: as a whole Kreis, else as a municipality, else its youth office."""
    keys = (("kreis", as_whole_kreis(unit.ags)), ("municipality", unit.ags), ("youth_office", youth_office_of(unit)))
    for level, key in keys:
        for one in known:
            if one.is_official and level in one.levels and (series := _series(one, key)) is not None:
                return one, level, series
    return None


def _series(known: _Known, key: str | None) -> OwnSeries | None:
    points = known.points.get(key or "", {})
    if not any(point.is_hidden or point.value is not None for point in points.values()):
        return None
    return OwnSeries(known.dataset, known.title, tuple(points[year] for year in sorted(points)))


def _ranges(source: _Known, level: str, official: OwnSeries, alike: tuple[str, ...], decimals: int) -> Iterator[Ranges]:
    """The ranges of the years of which the source gives one."""
    members = units_of_level(level)
    for year in sorted({year for points in source.points.values() for year in points}):
        every = source.spread(members, year, decimals)
        if every is not None:
            yield Ranges(year, every, source.spread(frozenset(alike), year, decimals))


def units_of_level(level: str) -> frozenset[str]:
    """The units that a range of official figures is of: the 53 Kreise and cities of today, or all municipalities or youth offices of a table."""
    return frozenset(kreis.ags5 for kreis in kreise()) if level == "kreis" else official_units()[level]


@lru_cache(maxsize=2)  # all municipalities of a snapshot ask for the same
def _known_of(snapshot: Snapshot) -> Mapping[str, tuple[_Known, ...]]:
    """What each source of each indicator says, by indicator, in the order of the catalogue.

    A gap between two groups is told from official statistics alone: of a delivery its parts may be small, and the gap has no count to see it by.
    """
    contracts = {contract.dataset: contract for contract in snapshot.contracts.values()}
    found: dict[str, tuple[_Known, ...]] = {}
    for indicator in snapshot.installation.catalogue.values():
        sources = [source for source in indicator.sources if all(name in contracts for name in source.datasets)]
        sources = [source for source in sources if source.minus is None or contracts[source.dataset].source == "official"]
        found[indicator.id] = tuple(_known(snapshot, indicator, source, contracts[source.dataset]) for source in sources)
    return found


def _known(snapshot: Snapshot, indicator: Indicator, source: IndicatorSource, contract: Contract) -> _Known:
    values = list(values_by_place(snapshot, indicator, source.dataset).values())
    released = rates_released([(one.numerator, one.denominator) for one in values], _smallest_cell(snapshot))
    points: dict[str, dict[int, Point]] = {}
    for one, may_leave in zip(values, released, strict=True):
        points.setdefault(one.unit_id, {})[one.year] = _point(one, may_leave, indicator.decimals, source.logarithm)
    title = title_of(contract, snapshot.simulated)
    return _Known(source.dataset, contract.source == "official", source.logarithm, contract.levels, title, points)


def _point(one: Value, may_leave: bool, decimals: int, is_count: bool) -> Point:
    value = one.numerator if is_count else one.value
    if value is None:
        return Point(one.year, None)
    return Point(one.year, round(value, 0 if is_count else decimals), False) if may_leave else Point(one.year, None, True)


# --- alike in need --------------------------------------------------------------------------------------------------------


def _alike(snapshot: Snapshot, unit: ProgrammeUnit) -> tuple[AlikeInNeed, tuple[str, ...]] | None:
    """Who is alike in kind and need, as a value and by their keys, which go no further; None where nobody can say.

    The rule is that of the plans: what they hold fixed to compare like with like. The plan of the municipality's own cohort goes before.
    """
    own = as_whole_kreis(unit.ags)
    plans = [plan for plan in snapshot.installation.plans.values() if _holds_need_fixed(plan)]
    for plan in sorted(plans, key=lambda plan: (unit.cohort not in (plan.treated_cohorts or ()), plan.id)):
        made = baseline_cells(plan)
        for cells in (made[name] for name in plan.comparison.adjust):
            need = _need(snapshot, plan, cells)
            kinds = {kreis.ags5: kreis.kind for kreis in kreise()}
            kind_of = {key: stratum_parts(key, kinds)["kind"] for key in need}
            near = () if own is None else alike_in_need(own, need, kind_of)
            if own is not None and near:
                indicator = snapshot.installation.catalogue[cells.indicator]
                low, high, mine = (
                    round(value, indicator.decimals)
                    for value in (min(need[key] for key in near), max(need[key] for key in near), need[own])
                )
                return (
                    AlikeInNeed(
                        len(near),
                        kind_of[own],
                        indicator.label,
                        indicator.unit,
                        cells.first,
                        cells.last,
                        mine,
                        low,
                        high,
                        plan.id,
                    ),
                    near,
                )
    return None


def _holds_need_fixed(plan: Plan) -> bool:
    return level_of_plan(plan) == "kreis" and studied_as(plan.comparison) == "kind_and_need"


def _need(snapshot: Snapshot, plan: Plan, cells: Cells) -> dict[str, float]:
    """The mean of the years of a plan's column, of the Kreise that have them all, from the plan's own source."""
    indicator, dataset = snapshot.installation.catalogue[cells.indicator], plan.sources[cells.indicator]
    values = values_by_place(snapshot, indicator, dataset)
    years = range(cells.first, cells.last + 1)
    found: dict[str, float] = {}
    for key in sorted(units_of_level("kreis")):
        own = [values[key, year].value for year in years if (key, year) in values]
        known = [value for value in own if value is not None]
        if len(known) == len(years):
            found[key] = sum(known) / len(known)
    return found


# --- goals, services, deliveries ------------------------------------------------------------------------------------------


def _goals(described: Described, smallest_cell: int) -> Iterator[GoalReturn]:
    counts = [(None, None) if one.value is None else (one.value.numerator, one.value.denominator) for one in described.goals]
    for one, may_leave in zip(described.goals, rates_released(counts, smallest_cell), strict=True):
        goal, decimals = one.goal, decimals_of(described, one.goal)
        state = state_of(one, may_leave, decimals)
        value = one.value.value if one.value is not None and state in WITH_VALUE else None
        yield GoalReturn(
            goal=goal.goal,
            indicator=described.labels[f"{GOALS}.indicator.{goal.indicator}"],
            direction=_direction(described, goal),
            decimals=decimals,
            target_value=goal.target_value,
            target_year=goal.target_year,
            value=None if value is None else round(value, decimals),
            newest_year=one.newest_year,
            state=state,
        )


def _direction(described: Described, goal: Goal) -> LocalText:
    return described.labels[f"{GOALS}.direction.{goal.direction}"]


def _offers(snapshot: Snapshot, unit: ProgrammeUnit) -> Offers | None:
    """Its services and its network, of it alone; None without a contract for both."""
    contracts = {contract.dataset: contract for contract in snapshot.contracts.values()}
    if not {SERVICES, NETWORK} <= contracts.keys():
        return None
    key = delivers_as(contracts[SERVICES], unit)
    services, network = (snapshot.accepted(name).observations for name in (SERVICES, NETWORK))
    return offers_of(services, network, [key] if key is not None else [])


def _datasets_of(snapshot: Snapshot, unit: ProgrammeUnit, sight: Sight) -> tuple[tuple[DatasetReturn, ...], bool]:
    """Every dataset that it may deliver and somebody sees, and whether there are others: those that it owes or delivered, and those that nobody owes."""
    rows = {
        table.contract.id: row
        for table in _board(snapshot)
        for row in table.rows
        if row and row[0].unit_id == delivers_as(table.contract, unit)
    }
    municipal = (contract for contract in snapshot.contracts.values() if contract.source == "municipal")
    keys = [(contract, key) for contract in municipal if (key := delivers_as(contract, unit)) is not None]
    seen = sorted((one for one, key in keys if sight.sees(one.dataset, key)), key=lambda contract: contract.dataset)
    return tuple(_dataset(snapshot, contract, rows.get(contract.id, ())) for contract in seen), len(seen) < len(keys)


def _dataset(snapshot: Snapshot, contract: Contract, row: tuple[BoardCell, ...]) -> DatasetReturn:
    years = {state: tuple(cell.year for cell in row if cell.state == state) for state in State}
    days = [cell.deadline for cell in row if cell.state == State.MISSING and not is_past(cell.deadline, snapshot.day)]
    given = [
        indicator.label
        for indicator in snapshot.installation.catalogue.values()
        if any(source.dataset == contract.dataset and source.minus is None for source in indicator.sources)
    ]
    return DatasetReturn(
        contract.dataset,
        title_of(contract, snapshot.simulated),
        tuple((state, of) for state, of in years.items() if of and state != State.NOT_OWED),
        tuple(cell.year for cell in row if cell.is_late and cell.state == State.MISSING),
        min((day for day in days if day is not None), default=None),
        contract.terms.due is not None,
        tuple(given),
    )


@lru_cache(maxsize=2)  # all municipalities of a snapshot ask for the same
def _board(snapshot: Snapshot) -> tuple[BoardTable, ...]:
    return board_of(snapshot)
