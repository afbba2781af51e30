"""What municipalities delivered without a reference group, gathered to be described: those of a plan in its report, one in its return. No estimates, no wording."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from functools import lru_cache

import pandas as pd

from kkz_eval.contracts.contract import Contract
from kkz_eval.deliveries.official.known_since import NOW, Asked
from kkz_eval.indicators.catalogue import Indicator
from kkz_eval.indicators.described import (
    GOALS,
    OWN_MEASURE,
    SURVEY,
    Attainment,
    Described,
    Goal,
    LocalText,
    Series,
    Value,
    gaps,
    goals,
    impact_logic,
    missing_ties,
    only_delivered,
    response,
    take_up,
    target_groups,
)
from kkz_eval.indicators.offers import NETWORK, SERVICES
from kkz_eval.indicators.records import records_of
from kkz_eval.line.snapshot import Snapshot
from kkz_eval.line.study import Study
from kkz_eval.reference.tables import ProgrammeUnit, as_whole_kreis, unit_label, youth_office_of
from kkz_eval.reporting.disclosure import rates_released
from kkz_eval.stewardship.due_days import delivers_as

_READ: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    SERVICES: (("service", "target_group", "stages", "provider_sector", "joint_with"), ("eligible", "reached")),
    NETWORK: (("sector", "partner_sector"), ("with_agreement", "with_joint_service", "with_handover")),
    GOALS: (("goal", "indicator", "direction", "service", "target_group", "step"), ("target_value", "target_year")),
    SURVEY: (("child_age", "group", "service"), ("respondents", "users", "aware", "invited")),
}
"""The dimensions and measures that are read of each dataset."""


@lru_cache(maxsize=4)  # report and pictures of a study ask for it, each on its own
def described_of(study: Study) -> Described | None:
    """What the municipalities that began with the plan's cohorts delivered; None where a contract is not there or nothing came."""
    return described_in(study.snapshot, {unit.ags: unit for unit in study.began}, Asked(study.as_of))


def described_in(snapshot: Snapshot, units: Mapping[str, ProgrammeUnit], asked: Asked = NOW) -> Described | None:
    """What these municipalities delivered, by their keys; None where a contract is not there or nothing came."""
    contracts = {contract.dataset: contract for contract in snapshot.contracts.values()}
    if not _READ.keys() <= contracts.keys():
        return None
    own = {name: records_of(snapshot.accepted(name, asked).observations, units, *parts) for name, parts in _READ.items()}
    catalogue = snapshot.installation.catalogue
    municipal = {name for name, contract in contracts.items() if contract.source == "municipal"}
    sectors = [code.code for code in contracts[NETWORK].property_named("sector").codes]
    stages = [code.code for code in contracts[SERVICES].property_named("stages").codes]
    set_goals = goals(own[GOALS])
    named = sorted({goal.indicator for goal in set_goals} - {OWN_MEASURE})
    measured = {name: catalogue[name] for name in named if name in catalogue}
    found = Described(
        units={ags: unit.name for ags, unit in units.items()},
        series=tuple(
            _series(snapshot, asked, i, contracts[i.sources[0].dataset], units) for i in only_delivered(catalogue, municipal)
        ),
        target_groups=target_groups(own[SERVICES]),
        gaps=gaps(own[SERVICES], sectors, stages),
        ties=missing_ties(own[NETWORK], sectors),
        goals=_attained(snapshot, asked, set_goals, measured, units),
        logic=impact_logic(own[GOALS]),
        survey=take_up(own[SURVEY]),
        measured=measured,
        labels={key: text for name in _READ for key, text in _labels(contracts[name]).items()},
        response=response(own[SURVEY]),
    )
    return None if found.is_empty else found


def table_of(described: Described, smallest_cell: int) -> bytes:
    """Every value of every year that may leave, rounded as the report does, as CSV: unit_id, name, year, indicator, value; "hidden" in place of one that may not."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["unit_id", "name", "year", "indicator", "value"])
    for series in described.series:
        known = [one for one in series.values if one.value is not None]
        released = rates_released([(one.numerator, one.denominator) for one in known], smallest_cell)
        for one, may_leave in zip(known, released, strict=True):
            shown = repr(round(one.value, series.indicator.decimals)) if may_leave and one.value is not None else "hidden"
            writer.writerow([one.unit_id, series.owed[one.unit_id], one.year, series.indicator.id, shown])
    return text.getvalue().encode("utf-8")


def _series(
    snapshot: Snapshot, asked: Asked, indicator: Indicator, contract: Contract, units: Mapping[str, ProgrammeUnit]
) -> Series:
    """An indicator with who is to deliver it among these municipalities, and what they did."""
    owed = {key: unit_label(key) for unit in units.values() if (key := delivers_as(contract, unit)) is not None}
    values = values_by_place(snapshot, indicator, contract.dataset, asked)
    return Series(indicator, owed, tuple(one for (unit, _), one in sorted(values.items()) if unit in owed))


def values_by_place(snapshot: Snapshot, indicator: Indicator, dataset: str, asked: Asked = NOW) -> dict[tuple[str, int], Value]:
    """The values of an indicator from one dataset, by unit and year; of what was not delivered there is none."""
    table: pd.DataFrame = snapshot.indicator(indicator.id, dataset, asked).indicators.to_pandas()
    columns = ("numerator", "denominator", "value")
    return {
        (str(row["unit_id"]), int(row["year"])): Value(
            str(row["unit_id"]), int(row["year"]), *(None if pd.isna(row[name]) else float(row[name]) for name in columns)
        )
        for row in table.to_dict("records")
        if not (pd.isna(row["numerator"]) and pd.isna(row["value"]))
    }


def _attained(
    snapshot: Snapshot,
    asked: Asked,
    delivered: tuple[Goal, ...],
    measured: Mapping[str, Indicator],
    units: Mapping[str, ProgrammeUnit],
) -> tuple[Attainment, ...]:
    """The goals with the value of their year: what the municipality delivered itself, else official statistics for it.

    Official figures are those of the same unit alone: a town in a Kreis has none of its own where a table names Kreise.
    """
    known = {name: _by_source(snapshot, asked, indicator) for name, indicator in measured.items()}
    found = []
    for goal in delivered:
        sources = known.get(goal.indicator, ())
        newest = max((year for values in sources for _, year in values), default=None)
        unit = units[goal.unit_id]
        keys = [key for key in (unit.ags, youth_office_of(unit), as_whole_kreis(unit.ags)) if key is not None]
        places = [] if goal.target_year is None else [(key, goal.target_year) for key in keys]
        hits = (values[place] for values in sources for place in places if place in values and values[place].value is not None)
        found.append(Attainment(goal, next(hits, None), newest))
    return tuple(found)


def _by_source(snapshot: Snapshot, asked: Asked, indicator: Indicator) -> tuple[Mapping[tuple[str, int], Value], ...]:
    """The values of an indicator from each of its datasets that has a contract: those that municipalities deliver first."""
    origins = {contract.dataset: contract.source for contract in snapshot.contracts.values()}
    known = [source for source in indicator.sources if all(name in origins for name in source.datasets)]
    known.sort(key=lambda source: origins[source.dataset] != "municipal")
    return tuple(values_by_place(snapshot, indicator, source.dataset, asked) for source in known)


def _labels(contract: Contract) -> dict[str, LocalText]:
    """The words of a contract for its codes, by dataset, property and code."""
    return {
        f"{contract.dataset}.{of.name}.{code.code}": {"de": code.label_de, "en": code.label_en}
        for of in contract.properties
        for code in of.codes
    }
