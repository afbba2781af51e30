"""What a study knows along the chain from birth to work: outcomes or their absence by stage, what is offered there, stations of a birth year.

Belongs here: which tables of the snapshot answer that, of one day and one source. Does not belong here: counting (indicators), wording, figures.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

import pandas as pd

from kkz_eval.contracts.contract import Contract
from kkz_eval.deliveries.official.known_since import Asked
from kkz_eval.evaluation.baseline import first_start
from kkz_eval.evaluation.design import level_of_plan
from kkz_eval.indicators.catalogue import Station
from kkz_eval.indicators.chain import StageCoverage, chain_coverage
from kkz_eval.indicators.generation import StationSeries
from kkz_eval.indicators.offers import NETWORK, SERVICES, Offers, offers_of
from kkz_eval.line.sentences import title_of
from kkz_eval.line.study import Study
from kkz_eval.model.verdicts import Status
from kkz_eval.reference.tables import official_units, unit_name
from kkz_eval.reporting.inputs import STATION_COLUMNS
from kkz_eval.stewardship.due_days import delivers_as


def chain_of(study: Study) -> tuple[StageCoverage, ...]:
    """What the plan and the accepted deliveries cover of the chain from birth to work."""
    then = study.snapshot.arrived_by(study.as_of)

    def is_there(contract: Contract) -> bool:
        if study.as_of is not None and contract.source == "official":  # known by its edition, whenever its file came
            return bool(study.editions_known(contract.dataset))
        return any(source.verdict.status != Status.REJECTED for source in then.sources(contract))

    there = [contract for contract in then.contracts.values() if is_there(contract)]
    official = {c.dataset: c.levels for c in there if c.source == "official"}
    evaluated = tuple(outcome.indicator for outcome in study.plan.outcomes)
    return chain_coverage(
        study.installation.catalogue,
        study.installation.not_evaluable,
        evaluated=evaluated,
        official=official,
        municipal={c.dataset: title_of(c, study.simulated) for c in there if c.source == "municipal"},
        level=level_of_plan(study.plan),
        start=first_start(study.groups, study.plan),
        years={name: _years_at_hand(study, name, official) for name in study.installation.catalogue if name not in evaluated},
        today=study.day.year,
    )


def _years_at_hand(study: Study, indicator: str, official: Collection[str]) -> frozenset[int]:
    """Years in which accepted official figures give an indicator a value for a unit of the plan's level."""
    units = official_units()[level_of_plan(study.plan)]
    sources = [s for s in study.installation.catalogue[indicator].sources if set(s.datasets) <= set(official)]
    tables = [study.snapshot.indicator(indicator, source.dataset, Asked(study.as_of)).indicators for source in sources]
    rows = [row for table in tables for row in table.select(["unit_id", "year", "value"]).to_pylist()]
    return frozenset(row["year"] for row in rows if row["value"] is not None and row["unit_id"] in units)


def offers_delivered(study: Study) -> Offers | None:
    """What the municipalities that began with the plan's cohorts delivered on services and network; None without a contract for both."""
    contracts = {contract.dataset: contract for contract in study.snapshot.contracts.values()}
    if not {SERVICES, NETWORK} <= set(contracts):
        return None
    began = [key for unit in study.began if (key := delivers_as(contracts[SERVICES], unit)) is not None]
    services, network = (study.snapshot.accepted(name, Asked(study.as_of)).observations for name in (SERVICES, NETWORK))
    return replace(offers_of(services, network, began), simulated=bool({SERVICES, NETWORK} & study.simulated))


def generation_of(study: Study) -> tuple[StationSeries, ...]:
    """Each station of the catalogue with the official figures of both groups, of one source; () where no station has any."""
    groups = {name: set(study.groups.loc[study.groups["group"] == name, "unit_id"]) for name in ("treated", "reference")}
    found = tuple(_series(study, station, groups) for station in study.installation.stations)
    return found if any(series.indicator is not None for series in found) else ()


def _series(study: Study, station: Station, groups: Mapping[str, Collection[str]]) -> StationSeries:
    """The first indicator of a station that has figures of units of each group, by the plan's own source first."""
    catalogue, plan, contracts = study.installation.catalogue, study.plan, study.snapshot.contracts.values()
    official = {contract.dataset for contract in contracts if contract.source == "official"}
    for name in sorted(station.indicators, key=lambda name: name not in plan.sources):  # stable: else in the catalogue's order
        datasets = [source.dataset for source in catalogue[name].sources if set(source.datasets) <= official]
        for dataset in sorted(datasets, key=lambda dataset: dataset != plan.sources.get(name)):
            asked = study.asked(name) if dataset == plan.sources.get(name) else Asked(study.as_of)
            table: pd.DataFrame = study.snapshot.indicator(name, dataset, asked).indicators.to_pandas()
            rows = table[table["value"].notna() & table["unit_id"].isin({unit for units in groups.values() for unit in units})]
            if all(rows["unit_id"].isin(list(units)).any() for units in groups.values()):
                values = rows[["unit_id", "year", "value", "numerator", "denominator"]].reset_index(drop=True)
                simulated = bool(set(catalogue[name].source(dataset).datasets) & study.simulated)
                return StationSeries(station, catalogue[name], values, simulated)
    return StationSeries(station, None, pd.DataFrame(columns=["unit_id", "year", "value", "numerator", "denominator"]))


def stations_of(study: Study) -> pd.DataFrame | None:
    """The delivered stations of those born in the years in which the plan's treated cohorts joined; None without any.

    They are the first who could have been reached from birth on.
    """
    table: pd.DataFrame = study.snapshot.pseudo_cohorts(Asked(study.as_of)).to_pandas()
    rows: pd.DataFrame = table[
        (table["source"] == "municipal") & table["birth_year"].isin(list(study.plan.treated_cohorts or ()))
    ]
    if rows.empty:
        return None
    named: pd.DataFrame = rows.assign(unit_name=rows["unit_id"].map(unit_name))
    return named.loc[:, list(STATION_COLUMNS)].reset_index(drop=True)
