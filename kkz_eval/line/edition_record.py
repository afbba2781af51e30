"""What an edition of a report was made from and what it found, as a record beside it, with which the next one is compared.

A record holds no value of any unit: how many values moved is told by a table among what is derived, which may be gone.
Does not belong here: number and day (editions), comparing (edition_changes), the pages (reporting).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd
import pyarrow as pa

from kkz_eval.deliveries.register.accepted import is_accepted
from kkz_eval.evaluation.headline import headline_row
from kkz_eval.evaluation.plan import plain_plan
from kkz_eval.evaluation.results import EffectsResult
from kkz_eval.evaluation.verdict.rules import rules
from kkz_eval.line.edition_changes import SCHEMA_VERSION, Moved, Parts, Record
from kkz_eval.line.study import Study
from kkz_eval.model.tables import TableSpec
from kkz_eval.reporting.inputs import OutcomeInfo, ReportInputs
from kkz_eval.storage.digests import digest_of, digest_of_bytes, digest_of_table, digest_of_tables
from kkz_eval.storage.steps import Steps
from kkz_eval.storage.tables import from_parquet

VALUES = TableSpec(
    "edition_values",
    1,
    pa.schema(
        [
            pa.field("indicator", pa.string(), nullable=False),
            pa.field("unit_id", pa.string(), nullable=False),
            pa.field("year", pa.int32(), nullable=False),
            pa.field("value", pa.float64(), nullable=False),
        ]
    ),
)


def record_of(study: Study, inputs: ReportInputs, effects: EffectsResult, report_code: str) -> Record:
    """All of an edition that another is compared with; of JSON values. report_code: digest of what makes its pages.

    Keeps the values that it rests on among what is derived, for the comparison with the next edition.
    """
    installation, values = study.installation, _values(inputs.panel)
    key, _ = study.snapshot.steps.table("edition_values", study.plan.id, [digest_of_table(values)], VALUES, lambda: values)
    frame: pd.DataFrame = values.to_pandas()
    datasets = {contract.dataset: contract for contract in installation.contracts.values() if contract.dataset in _shown(study)}
    return {
        "schema_version": SCHEMA_VERSION,
        "plan": study.plan.id,
        "simulated": inputs.simulated,
        "labels": {outcome.indicator: dict(outcome.label) for outcome in inputs.outcomes},
        "results": {outcome.indicator: _result(inputs, effects, outcome.indicator) for outcome in _judged(inputs)},
        "data": {
            "titles": {name: contract.title.by_language for name, contract in sorted(datasets.items())},
            "deliveries": _deliveries(study),
            "editions": {source.dataset: source.edition for source in inputs.sources},
            "contracts": {name: contract.digest for name, contract in sorted(datasets.items())},
            "definitions": {one.indicator: digest_of(repr(installation.catalogue[one.indicator])) for one in inputs.outcomes},
            "values": {str(name): _digest(rows) for name, rows in frame.groupby("indicator")},
            "table": key,
            "states": _digest_of_states(inputs.deliveries),
            "year": inputs.today,
            "tables": digest_of_tables(),
        },
        "plan_digest": inputs.digests.get("plan", ""),
        "plan_content": plain_plan(study.plan),
        "standing": {**study.conformity.record(), "published": str(inputs.published or "")},
        "code": {
            "evaluation": inputs.digests.get("code", ""),
            "report": report_code,
            "rules": rules().version,
            "versions": dict(inputs.versions),
        },
        "publisher": [study.installation.settings.publisher, study.installation.settings.publisher_contact],
    }


def _digest_of_states(deliveries: pd.DataFrame) -> str:
    """Of reporting.inputs.DELIVERY_COLUMNS; where no file has errors about all that it holds, as records of earlier versions have it."""
    if not deliveries["n_errors_of_file"].any():
        deliveries = deliveries.drop(columns=["n_errors_of_file", "delivery"])
    return digest_of_bytes(deliveries.to_csv(index=False).encode())


def parts_of_deliveries(study: Study) -> Parts:
    """Units and years that are accepted of each content that came until the day of the plan."""
    then = study.snapshot.arrived_by(study.as_of)
    return {
        source.arrival.sha256: frozenset((part.unit_id, part.year) for part in source.verdict.slices)
        for contract in then.contracts.values()
        for source in then.sources(contract)
        if is_accepted(source)
    }


def moved_between(steps: Steps, before: Record, now: Record) -> Mapping[str, Moved] | None:
    """How the values of each outcome differ; None where those of the edition before are no longer kept.

    Raises UserError where what is kept of them is damaged.
    """
    if not steps.store.exists(before["data"]["table"]):
        return None
    old, new = (from_parquet(steps.store.get(record["data"]["table"]), VALUES).to_pandas() for record in (before, now))
    both = old.merge(new, on=["indicator", "unit_id", "year"], how="outer", suffixes=("_old", "_new"), indicator=True)
    found = {}
    for name, rows in both.groupby("indicator"):
        there = rows["_merge"] == "both"
        others = there & (rows["value_old"] != rows["value_new"])
        sizes = ((rows["_merge"] != "left_only"), others, rows["_merge"] == "right_only", rows["_merge"] == "left_only")
        found[str(name)] = Moved(*(int(size.sum()) for size in sizes))
    return found


def _shown(study: Study) -> frozenset[str]:
    """The datasets that a report of the study speaks of."""
    municipal = {contract.dataset for contract in study.snapshot.contracts.values() if contract.source == "municipal"}
    return frozenset({*study.datasets, *municipal})


def _judged(inputs: ReportInputs) -> Iterator[OutcomeInfo]:
    return (outcome for outcome in inputs.outcomes if outcome.role != "context" and outcome.indicator in inputs.verdicts)


def _result(inputs: ReportInputs, effects: EffectsResult, indicator: str) -> Record:
    """The verdict on an outcome; its estimate only where the comparison carries one."""
    outcome = next(one for one in inputs.outcomes if one.indicator == indicator)
    verdict = inputs.verdicts[indicator]
    row = headline_row(effects.estimates, indicator, outcome.earliest_plausible_year, inputs.headline)
    estimate, interval = verdict.evidence.estimate, verdict.evidence.interval
    shown = verdict.is_comparable and estimate is not None
    return {
        "label": dict(outcome.label),
        "role": outcome.role,
        "verdict": verdict.code.value,
        "form": verdict.written_form,
        "rating": verdict.rating.value,
        "estimate": estimate if shown else None,
        "interval": list(interval) if shown and interval is not None else None,
        "unit": dict(outcome.difference_unit),
        "decimals": outcome.decimals,
        "n_treated": None if row is None or pd.isna(row["n_treated"]) else int(row["n_treated"]),
        "n_control": None if row is None or pd.isna(row["n_control"]) else int(row["n_control"]),
    }


def _deliveries(study: Study) -> Mapping[str, Mapping[str, str]]:
    """By dataset, the name of each accepted content by its digest."""
    then, shown = study.snapshot.arrived_by(study.as_of), _shown(study)
    return {
        contract.dataset: dict(sorted((s.arrival.sha256, s.arrival.name) for s in then.sources(contract) if is_accepted(s)))
        for contract in then.contracts.values()
        if contract.dataset in shown
    }


def _values(panel: pd.DataFrame) -> pa.Table:
    rows = panel.loc[panel["value"].notna(), list(VALUES.schema.names)].sort_values(["indicator", "unit_id", "year"])
    return pa.Table.from_pandas(rows, schema=VALUES.schema, preserve_index=False)


def _digest(rows: pd.DataFrame) -> str:
    return digest_of_bytes(rows.to_csv(index=False).encode())
