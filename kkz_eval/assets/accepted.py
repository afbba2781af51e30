"""What is accepted of each dataset, as Dagster is told it: an asset that no run makes, whose version is the digest of what holds (line.what_holds).

Belongs here: these assets, and telling of a change, which runs do at their moment and the sensor `angenommen` at any other. Does not belong here: what
follows from it (automation).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import dagster as dg
from dagster._core.definitions.data_version import DATA_VERSION_TAG, extract_data_version_from_entry

from kkz_eval.assets.descriptions import described
from kkz_eval.contracts.contract import Contract

ACCEPTED = "accepted"
"""Group of these assets, and the beginning of their names."""


def name_of(dataset: str) -> str:
    """The name of the asset that stands for a dataset."""
    return f"{ACCEPTED}_{dataset}"


def accepted_dataset(contract: Contract) -> dg.AssetSpec:
    """What is accepted of a contract's dataset, as an asset that no run makes."""
    return dg.AssetSpec(
        name_of(contract.dataset),
        group_name=ACCEPTED,
        kinds={"register"},
        description=described("asset.accepted", title=contract.title),
    )


def tell_what_holds(instance: dg.DagsterInstance, holds: Mapping[str, str]) -> None:
    """Tell Dagster of which datasets other values hold than it knows of. holds: their digests now, by dataset (line.what_holds)."""
    for event in changes(instance, holds):
        instance.report_runless_asset_event(event)


def changes(instance: dg.DagsterInstance, holds: Mapping[str, str]) -> Iterator[dg.AssetMaterialization]:
    """What there is to be told."""
    for dataset, digest in holds.items():
        key = dg.AssetKey(name_of(dataset))
        last = instance.fetch_materializations(key, limit=1).records
        known = extract_data_version_from_entry(last[0].event_log_entry) if last else None
        if known is None or known.value != digest:
            yield dg.AssetMaterialization(key, tags={DATA_VERSION_TAG: digest})
