"""What the register accepts, as observations: the one gate between deliveries and everything that is computed from them.

For a contract that supersedes by `unit_year`, the newest accepted arrival holds for its units and years as a whole.
For one that supersedes by `observation`, each cell comes from the first layout in the contract's order that has it, then from
the newest arrival. Where one scan brought two different values for the same cell, nobody can say which came later: none holds.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import cache

import numpy as np
import pyarrow as pa

from kkz_eval.contracts.contract import Contract
from kkz_eval.deliveries.judging import corrections_in, load_parsed
from kkz_eval.deliveries.register import Arrival, Register
from kkz_eval.model.parsed import COL, FLAG, ROW, SHEET, TEXT
from kkz_eval.model.tables import OBSERVATIONS
from kkz_eval.model.verdicts import Status, Verdict
from kkz_eval.reference.tables import level_of
from kkz_eval.storage.digests import code_digest, digest_of
from kkz_eval.storage.steps import Steps


@dataclass(frozen=True)
class Source:
    """An arrival of a contract with its standing verdict."""

    arrival: Arrival
    verdict: Verdict


@dataclass(frozen=True, order=True)
class Conflict:
    """A unit and year for which one scan brought different values under several names; none of them holds."""

    dataset: str
    unit_id: str
    year: int
    names: tuple[str, ...]


@dataclass(frozen=True)
class Accepted:
    """The observations of a dataset that hold now. key: of the stored table; sources: those that gave at least one."""

    key: str
    observations: pa.Table
    sources: tuple[Source, ...]
    conflicts: tuple[Conflict, ...]


def sources_of(register: Register, contract: Contract) -> tuple[Source, ...]:
    """The judged arrivals of a contract in order of arrival, the newest arrival of each content."""
    newest: dict[str, Arrival] = {}
    for arrival in register.arrivals:
        if arrival.contract_id == contract.id:
            newest[arrival.sha256] = arrival
    return tuple(
        Source(arrival, register.verdicts[(arrival.sha256, contract.id)])
        for arrival in sorted(newest.values())
        if (arrival.sha256, contract.id) in register.verdicts
    )


def accepted_observations(steps: Steps, register: Register, contract: Contract) -> Accepted:
    """The observations of a contract's dataset that the register accepts, in the order of unit, year and measure."""
    sources = tuple(s for s in sources_of(register, contract) if any(p.status != Status.REJECTED for p in s.verdict.slices))
    selection = [[s.arrival.number, s.arrival.batch, s.arrival.sha256, s.verdict.parsed_key, _accepted_pairs(s)] for s in sources]
    parts = [contract.digest, selection, code_digest("kkz_eval.deliveries", "kkz_eval.model", "kkz_eval.reference")]

    @cache
    def chosen() -> tuple[pa.Table, tuple[int, ...], tuple[Conflict, ...]]:
        tables = {s.arrival.number: _observations_of(steps, contract, s) for s in sources}
        winners, conflicts = _choose(contract, sources, tables)
        rows = [tables[number].take(pa.array(rows)) for number, rows in winners.items() if len(rows)]
        whole = pa.concat_tables([OBSERVATIONS.schema.empty_table(), *rows])
        order = [(name, "ascending") for name in ("unit_id", "year", "measure", "observation_id")]
        return whole.sort_by(order), tuple(number for number, rows in winners.items() if len(rows)), conflicts

    def about() -> bytes:
        _, numbers, conflicts = chosen()
        return json.dumps({"arrivals": numbers, "conflicts": [asdict(conflict) for conflict in conflicts]}).encode()

    key, table = steps.table("observations", contract.dataset, parts, OBSERVATIONS, lambda: chosen()[0])
    _, content = steps.content("observations_about", contract.dataset, parts, ".json", about)
    said = json.loads(content)
    conflicts = tuple(Conflict(**{**row, "names": tuple(row["names"])}) for row in said["conflicts"])
    return Accepted(key, table, tuple(s for s in sources if s.arrival.number in said["arrivals"]), conflicts)


def _accepted_pairs(source: Source) -> list[list[object]]:
    return [[p.unit_id, p.year] for p in source.verdict.slices if p.status != Status.REJECTED]


def _observations_of(steps: Steps, contract: Contract, source: Source) -> pa.Table:
    """All observations of the accepted slices of one content, in the order of the file."""
    parts = [contract.digest, source.verdict.parsed_key, source.arrival.number, _accepted_pairs(source)]
    code = code_digest("kkz_eval.deliveries", "kkz_eval.model", "kkz_eval.reference")
    _, table = steps.table(
        "observations_of_file", source.arrival.name, [*parts, code], OBSERVATIONS, lambda: _extract(steps, contract, source)
    )
    return table


def _extract(steps: Steps, contract: Contract, source: Source) -> pa.Table:
    parsed = load_parsed(steps.store, source.verdict.parsed_key, contract)
    accepted = {(p.unit_id, p.year) for p in source.verdict.slices if p.status != Status.REJECTED}
    keys = list(zip(parsed.values("unit_id").to_pylist(), parsed.values("year").to_pylist(), strict=True))
    rows = np.array([i for i, key in enumerate(keys) if key in accepted], dtype=np.int64)
    table = parsed.table.take(pa.array(rows))
    units, years = table.column("unit_id").to_pylist(), table.column("year").to_pylist()
    dimensions = [p for p in contract.properties if p.role == "dimension" and p.name != contract.measure_from]
    dimension_values = {p.name: table.column(p.name).to_pylist() for p in dimensions}
    maps = [{name: values[i] for name, values in dimension_values.items() if values[i] is not None} for i in range(len(rows))]
    unit_of = {p.name: p.unit for p in contract.properties}
    corrected = {(one.field, one.record): one.correction_id for one in corrections_in(steps.store, source.verdict.parsed_key)}
    parts: list[pa.Table] = []
    for measure in (p for p in contract.properties if p.role == "measure"):
        names = table.column(contract.measure_from).to_pylist() if contract.measure_from else [measure.name] * len(rows)
        identifiers = [
            digest_of([contract.dataset, name, unit, year, dimension, parsed.edition])[:32]
            for name, unit, year, dimension in zip(names, units, years, maps, strict=True)
        ]
        parts.append(
            pa.table(
                {
                    "observation_id": identifiers,
                    "unit_id": units,
                    "level": [_level(contract, unit) for unit in units],
                    "year": pa.array(years, pa.int32()),
                    "dataset": [contract.dataset] * len(rows),
                    "measure": names,
                    "dimensions": pa.array([sorted(m.items()) for m in maps], pa.map_(pa.string(), pa.string())),
                    "value": table.column(measure.name).cast(pa.float64()),
                    "value_delivered": table.column(measure.name + TEXT),
                    "unit": [unit_of[measure.name]] * len(rows),
                    "flag": table.column(measure.name + FLAG),
                    "edition": [parsed.edition] * len(rows),
                    "known_from": pa.array([source.arrival.number] * len(rows), pa.int64()),
                    "delivery_sha256": [source.arrival.sha256] * len(rows),
                    "sheet": table.column(SHEET),
                    "row": table.column(measure.name + ROW),
                    "column": table.column(measure.name + COL),
                    "correction_id": pa.array([corrected.get((measure.name, int(row))) for row in rows], pa.string()),
                },
                schema=OBSERVATIONS.schema,
            )
        )
    return pa.concat_tables([OBSERVATIONS.schema.empty_table(), *parts])


def _level(contract: Contract, unit_id: str) -> str:
    """That of the contract where it has one; a city's 8 digits are those of its youth office too."""
    return contract.levels[0] if len(contract.levels) == 1 else level_of(unit_id)


def _choose(
    contract: Contract, sources: Iterable[Source], tables: Mapping[int, pa.Table]
) -> tuple[dict[int, np.ndarray], tuple[Conflict, ...]]:
    """Which rows of which arrival hold, and where one scan contradicts itself.

    The key that competes is the unit and year as a whole, or the single cell. The best rank wins: layout first (only for
    cells), then batch; within a batch, equal content is no contradiction and the last one holds.
    """
    by_cell = contract.supersedes == "observation"
    sources = tuple(sources)
    groups: dict[tuple[object, ...], dict[int, list[int]]] = {}
    contents: dict[int, list[tuple[object, ...]]] = {}
    for source in sources:
        table = tables[source.arrival.number]
        columns = [table.column(name).to_pylist() for name in ("unit_id", "year", "measure", "dimensions", "value", "flag")]
        contents[source.arrival.number] = [
            (measure, tuple(dims), value, flag) for _, _, measure, dims, value, flag in zip(*columns, strict=True)
        ]
        for row, (unit, year, measure, dims, _, _) in enumerate(zip(*columns, strict=True)):
            key: tuple[object, ...] = (unit, year, measure, tuple(dims)) if by_cell else (unit, year)
            groups.setdefault(key, {}).setdefault(source.arrival.number, []).append(row)
    source_of = {s.arrival.number: s for s in sources}

    def rank(number: int) -> tuple[int, int]:
        source = source_of[number]
        layout = -contract.layouts.index(source.verdict.layout) if by_cell else 0
        return layout, source.arrival.batch

    winners: dict[int, list[int]] = {s.arrival.number: [] for s in sources}
    conflicts: set[Conflict] = set()
    for place, candidates in groups.items():
        best = max(map(rank, candidates))
        equals = sorted(number for number in candidates if rank(number) == best)
        if len({frozenset(contents[n][row] for row in candidates[n]) for n in equals}) > 1:
            names = tuple(source_of[n].arrival.name for n in equals)
            conflicts.add(Conflict(contract.dataset, str(place[0]), int(str(place[1])), names))
            continue
        winners[equals[-1]] += candidates[equals[-1]]
    return {number: np.array(rows, dtype=np.int64) for number, rows in winners.items()}, tuple(sorted(conflicts))
