"""What is computed anew when other values hold, by Dagster's own automation; it is off until somebody switches it on.

Belongs here: which assets follow which datasets, and when. Does not belong here: telling Dagster what holds (accepted), the assets' work. Nothing is
published by it: a report that comes of it is an edition that nobody has released.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from operator import or_

import dagster as dg

from kkz_eval.assets.accepted import ACCEPTED, name_of
from kkz_eval.assets.descriptions import described
from kkz_eval.assets.names import AUTOMATION, asset_name
from kkz_eval.line.installation import Installation
from kkz_eval.line.study import datasets_of_plan
from kkz_eval.line.what_holds import datasets_of_stations

_Condition = dg.AutomationCondition[dg.AssetKey]
_AT_REST = ~dg.AutomationCondition.in_progress() & ~dg.AutomationCondition.any_deps_in_progress()
_TOLD = dg.AutomationCondition.any_deps_match(dg.AutomationCondition.newly_updated())
_OF_DATA = _TOLD.allow(dg.AssetSelection.groups(ACCEPTED, include_sources=True))
"""Only a change is told (accepted), so that news is a change. Not `data_version_changed`, which knows no time of day."""
_OF_A_STEP = dg.AutomationCondition.any_deps_updated()

automation = dg.AutomationConditionSensorDefinition(
    AUTOMATION,
    target=dg.AssetSelection.all(),
    default_status=dg.DefaultSensorStatus.STOPPED,
    minimum_interval_seconds=60,
    description=described("sensor.automation"),
)


def rests_on(installation: Installation) -> Mapping[str, tuple[str, ...]]:
    """The datasets that each asset rests on itself, by the asset's name; () for one that follows other assets alone."""
    contracts = installation.contracts.values()
    every = tuple(sorted({contract.dataset for contract in contracts}))
    plans = {plan.id: datasets_of_plan(plan, installation.catalogue) for plan in installation.plans.values()}
    beside = {name for contract in contracts if contract.source == "municipal" for name in contract.terms.official_datasets}
    shown = beside | {contract.dataset for contract in contracts if contract.source == "municipal"}
    found = {
        "delivery_status": every,
        "delivery_board": tuple(name for name in every if name in shown),
        "observations": every,
        "indicators": tuple(sorted({name for read in plans.values() for name in read})),
        "pseudo_cohorts": datasets_of_stations(installation),
        **{f"official_{contract.dataset}": (contract.dataset,) for contract in contracts if contract.source == "official"},
    }
    for plan in installation.plans.values():
        found |= {asset_name(step, plan): () for step in ("effects", "audit")}
        # a report says of the whole chain what is there
        found |= {asset_name("design", plan): plans[plan.id], asset_name("report", plan): every}
    return found


def following(installation: Installation, assets: Iterable[dg.AssetsDefinition]) -> Sequence[dg.AssetsDefinition]:
    """The assets with what they follow, and when they do."""
    datasets = rests_on(installation)
    design_of = {
        asset_name(step, plan): asset_name("design", plan)
        for plan in installation.plans.values()
        for step in ("effects", "audit", "report")
    }

    def with_condition(spec: dg.AssetSpec) -> dg.AssetSpec:
        name = spec.key.to_user_string()
        if name not in datasets:
            return spec
        if not (datasets[name] or name in design_of):  # there is no plan or station that it would rest on
            return spec
        news = [*([_OF_DATA] if datasets[name] else []), *([_OF_A_STEP] if name in design_of else [])]
        condition = reduce(or_, map(_since_handled, news)) & _AT_REST
        if name in design_of:
            condition &= _not_stopped_by(design_of[name])
        told = spec.merge_attributes(deps=[name_of(dataset) for dataset in datasets[name]])
        return told.replace_attributes(automation_condition=condition)

    return dg.map_asset_specs(with_condition, assets)


def _since_handled(news: _Condition) -> _Condition:
    """News since the asset was asked for, and since it was made by whatever run. Each by itself: only then times within one look are told apart
    (`since_last_handled` drops what comes between a request and the next look)."""
    return news.since(dg.AutomationCondition.newly_requested()) & news.since(dg.AutomationCondition.newly_updated())


def _not_stopped_by(design: str) -> _Condition:
    """Unless the coverage of a design was found below what its plan demands; where it is made anew in the same run, its check stops what follows there."""
    passed = dg.AutomationCondition.all_checks_match(dg.AutomationCondition.check_passed(), blocking_only=True)
    return dg.AutomationCondition.asset_matches(design, dg.AutomationCondition.will_be_requested() | passed)
