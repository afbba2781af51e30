"""What the register accepts, as observations: the one gate between deliveries and everything that is computed from them.

For a contract that supersedes by `unit_year`, the newest accepted arrival holds for its units and years as a whole.
For one that supersedes by `observation`, each cell comes from the first layout in the contract's order that has it, then from
the newest arrival. Of files that name their edition, the newest edition holds, whenever it arrived. Where one scan brought two
different values for the same cell, nobody can say which came later: none holds. Asked for a day or an edition, the same rule
chooses among what was known on that day, or among the figures of that edition: nothing accepted is ever overwritten.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kkz_eval.contracts.contract import Contract, Property
from kkz_eval.deliveries import say
from kkz_eval.deliveries.official.known_since import NOW, Asked, Known, edition_day, known_since
from kkz_eval.deliveries.register.parsed_tables import corrections_in, load_parsed
from kkz_eval.deliveries.register.register import Arrival, Register
from kkz_eval.model.errors import UserError
from kkz_eval.model.parsed import COL, FLAG, ROW, SHEET, TEXT
from kkz_eval.model.source_editions import EditionState
from kkz_eval.model.tables import OBSERVATIONS
from kkz_eval.model.verdicts import Status, Verdict
from kkz_eval.reference.tables import level_of
from kkz_eval.storage.digests import code_digest, digest_of
from kkz_eval.storage.steps import Steps


@dataclass(frozen=True, slots=True)
class Source:
    """An arrival of a contract with its standing verdict. first_day: ISO day on which its content first came, "" where not recorded."""

    arrival: Arrival
    verdict: Verdict
    first_day: str = ""


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

    @property
    def rests_on_simulated(self) -> bool:
        """Whether any of them is made up: its file says so, and the register kept it."""
        return any(source.arrival.simulated for source in self.sources)


@dataclass(frozen=True)
class _Part:
    """The accepted rows of one edition of one content."""

    source: Source
    edition: str
    table: pa.Table


def sources_of(register: Register, contract: Contract, as_of: date | None = None) -> tuple[Source, ...]:
    """The judged arrivals of a contract in order of arrival, the newest arrival of each content.

    as_of: the newest by that day; a content that came later stands by its first arrival, for its edition may have been known before.
    """
    came = register.of_contract.get(contract.id, ())
    verdicts = tuple(register.verdicts.get((arrival.sha256, contract.id)) for arrival in came)
    if as_of is not None:
        return _sources_of(came, verdicts, as_of)
    last = _last.get(contract.id)
    if last is None or last[:2] != (came, verdicts):  # most deliveries are of one contract
        last = _last[contract.id] = (came, verdicts, _sources_of(came, verdicts, None))
    return last[2]


_Judged = tuple[Verdict | None, ...]
_last: dict[str, tuple[tuple[Arrival, ...], _Judged, tuple[Source, ...]]] = {}
"""By contract the arrivals and verdicts that were asked about last, and the sources that they make."""


def _sources_of(came: tuple[Arrival, ...], verdicts: _Judged, as_of: date | None) -> tuple[Source, ...]:
    """Those of the arrivals of a contract that have a verdict."""
    of_content: dict[str, list[Arrival]] = {}
    standing: dict[str, Verdict] = {}
    for arrival, verdict in zip(came, verdicts, strict=True):
        if verdict is not None:
            of_content.setdefault(arrival.sha256, []).append(arrival)
            standing[arrival.sha256] = verdict
    chosen = sorted((_newest(found, as_of), found[0].day) for found in of_content.values())
    return tuple(Source(arrival, standing[arrival.sha256], day) for arrival, day in chosen)


def _newest(came: Sequence[Arrival], as_of: date | None) -> Arrival:
    """The newest of the arrivals of a content; those of a later day only where there is no other."""
    if as_of is None:
        return came[-1]
    by_then = [arrival for arrival in came if arrival.day <= as_of.isoformat()]
    return by_then[-1] if by_then else came[0]


def accepted_observations(steps: Steps, register: Register, contract: Contract, asked: Asked = NOW) -> Accepted:
    """The observations of a contract's dataset that the register accepts, in the order of unit, year and measure.

    asked: only what was known on a day, or only one edition. Raises UserError where a day is asked for and an accepted file has none.
    """
    sources = _accepted_sources(register, contract, asked.as_of)
    selection = [
        [s.arrival.number, s.arrival.batch, s.first_day, s.arrival.sha256, s.verdict.parsed_key, _accepted_pairs(s)]
        for s in sources
    ]
    code = code_digest("kkz_eval.deliveries.register.accepted")
    parts = [contract.digest, selection, repr(asked), code]

    @cache
    def chosen() -> tuple[pa.Table, tuple[int, ...], tuple[Conflict, ...]]:
        parts = _asked_for(_parts(steps, contract, sources), asked)
        winners, conflicts = _choose(contract, parts)
        rows = [part.table.take(pa.array(held)) for part, held in zip(parts, winners, strict=True) if len(held)]
        whole = pa.concat_tables([OBSERVATIONS.schema.empty_table(), *rows])
        order = [(name, "ascending") for name in ("unit_id", "year", "measure", "observation_id")]
        given = {part.source.arrival.number for part, held in zip(parts, winners, strict=True) if len(held)}
        return whole.sort_by(order), tuple(sorted(given)), conflicts

    def about() -> bytes:
        _, numbers, conflicts = chosen()
        return json.dumps({"arrivals": numbers, "conflicts": [asdict(conflict) for conflict in conflicts]}).encode()

    key, table = steps.table("observations", contract.dataset, parts, OBSERVATIONS, lambda: chosen()[0])
    _, content = steps.content("observations_about", contract.dataset, parts, ".json", about)
    said = json.loads(content)
    conflicts = tuple(Conflict(**{**row, "names": tuple(row["names"])}) for row in said["conflicts"])
    return Accepted(key, table, tuple(s for s in sources if s.arrival.number in said["arrivals"]), conflicts)


def holding_by_order(contract: Contract, sources: Sequence[Source]) -> dict[tuple[str, int], tuple[Source, ...]] | None:
    """Which deliveries hold for each unit and year, where order alone decides; None where values or editions have to be compared.

    The same as the sources of accepted_observations, without reading a table: a unit and year that one content alone was accepted for, or that
    the newest scan brought one content for, under a contract whose deliveries replace each other as a whole. sources: of the contract.
    """
    found: dict[tuple[str, int], list[Source]] = {}
    for source in sources:
        for part in source.verdict.slices:
            if part.status != Status.REJECTED:
                found.setdefault((part.unit_id, part.year), []).append(source)
    if contract.edition_property is not None:
        return None
    for rivals in found.values():
        batches = [source.arrival.batch for source in rivals]
        by_order = contract.supersedes == "unit_year" and not any(source.verdict.edition for source in rivals)
        if len(rivals) > 1 and not (by_order and batches.count(max(batches)) == 1):
            return None
    return {place: (max(rivals, key=lambda source: source.arrival.batch),) for place, rivals in found.items()}


def editions_of(steps: Steps, register: Register, contract: Contract) -> tuple[EditionState, ...]:
    """Every accepted edition of a contract's dataset, whether or not a newer one holds, by name and day."""
    names = ("edition", "known_day", "known_by", "year", "value", "flag")
    tables = [OBSERVATIONS.schema.empty_table().select(names)]
    for source in _accepted_sources(register, contract):
        tables.append(_observations_of(steps, contract, source).select(names))
    rows = pa.concat_tables(tables)
    key, years = list(names[:3]), [("year", "min"), ("year", "max"), ("value", "count")]
    flags: dict[tuple[str, ...], Counter[str]] = {}
    marked = rows.filter(pc.and_(pc.is_valid(rows.column("flag")), pc.is_valid(rows.column("value"))))
    for row in marked.group_by([*key, "flag"]).aggregate([("value", "count")]).to_pylist():
        flags.setdefault(tuple(row[name] or "" for name in key), Counter())[row["flag"]] += row["value_count"]
    return tuple(
        sorted(
            EditionState(
                *named, row["year_min"], row["year_max"], row["value_count"], tuple(sorted(flags.get(named, {}).items()))
            )
            for row in rows.group_by(key).aggregate(years).to_pylist()
            for named in [(row["edition"], row["known_day"] or "", row["known_by"] or "")]
        )
    )


def _accepted_sources(register: Register, contract: Contract, as_of: date | None = None) -> tuple[Source, ...]:
    return tuple(source for source in sources_of(register, contract, as_of) if is_accepted(source))


def is_accepted(source: Source) -> bool:
    """Whether any unit and year of a content is accepted."""
    return any(part.status != Status.REJECTED for part in source.verdict.slices)


def _parts(steps: Steps, contract: Contract, sources: Sequence[Source]) -> tuple[_Part, ...]:
    """The accepted rows of each content by edition, in order of arrival."""
    parts: list[_Part] = []
    for source in sources:
        table = _observations_of(steps, contract, source)
        editions = table.column("edition").unique().to_pylist()
        if len(editions) == 1:
            parts.append(_Part(source, editions[0], table))
        else:
            parts += [_Part(source, one, table.filter(pc.equal(table.column("edition"), one))) for one in sorted(editions)]
    return tuple(parts)


def _asked_for(parts: Sequence[_Part], asked: Asked) -> tuple[_Part, ...]:
    """The parts that were known on the day, or are of the edition, that is asked for."""
    of_edition = [part for part in parts if asked.edition is None or part.edition == asked.edition]
    if asked.as_of is None:
        return tuple(of_edition)
    known = [(part, _known(part)) for part in of_edition]
    for part, since in known:
        if since.day is None:
            raise UserError(
                "arrival_without_day", package=say.package, name=part.source.arrival.name, day=asked.as_of.isoformat()
            )
    return tuple(part for part, since in known if since.day is not None and since.day <= asked.as_of.isoformat())


def _known(part: _Part) -> Known:
    return known_since(part.edition, part.source.first_day)


def _accepted_pairs(source: Source) -> list[list[object]]:
    return [[p.unit_id, p.year] for p in source.verdict.slices if p.status != Status.REJECTED]


def _observations_of(steps: Steps, contract: Contract, source: Source) -> pa.Table:
    """All observations of the accepted slices of one content, in the order of the file."""
    arrival = source.arrival
    parts = [contract.digest, source.verdict.parsed_key, arrival.number, source.first_day, _accepted_pairs(source)]
    code = code_digest("kkz_eval.deliveries.register.accepted")
    _, table = steps.table(
        "observations_of_file", arrival.name, [*parts, code], OBSERVATIONS, lambda: _extract(steps, contract, source)
    )
    return table


def _extract(steps: Steps, contract: Contract, source: Source) -> pa.Table:
    parsed = load_parsed(steps.store, source.verdict.parsed_key, contract)
    accepted = {(p.unit_id, p.year) for p in source.verdict.slices if p.status != Status.REJECTED}
    keys = list(zip(parsed.values("unit_id").to_pylist(), parsed.values("year").to_pylist(), strict=True))
    rows = np.array([i for i, key in enumerate(keys) if key in accepted], dtype=np.int64)
    table = parsed.table.take(pa.array(rows))
    units, years = table.column("unit_id").to_pylist(), table.column("year").to_pylist()
    of_edition = contract.edition_property
    named = (contract.measure_from, None if of_edition is None else of_edition.name)
    dimensions = [p for p in contract.properties if p.role == "dimension" and p.name not in named]
    editions = _editions(parsed.edition, table, of_edition)
    known = {edition: known_since(edition, source.first_day) for edition in set(editions)}
    dimension_values = {p.name: table.column(p.name).to_pylist() for p in dimensions}
    maps = [{name: values[i] for name, values in dimension_values.items() if values[i] is not None} for i in range(len(rows))]
    unit_of = {p.name: p.unit for p in contract.properties}
    corrected = {(one.field, one.record): one.correction_id for one in corrections_in(steps.store, source.verdict.parsed_key)}
    parts: list[pa.Table] = []
    for measure in (p for p in contract.properties if p.role == "measure"):
        names = table.column(contract.measure_from).to_pylist() if contract.measure_from else [measure.name] * len(rows)
        identifiers = [
            digest_of([contract.dataset, name, unit, year, dimension, edition])[:32]
            for name, unit, year, dimension, edition in zip(names, units, years, maps, editions, strict=True)
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
                    "edition": pa.array(editions, pa.string()),
                    "known_from": pa.array([source.arrival.number] * len(rows), pa.int64()),
                    "known_day": pa.array([known[edition].day for edition in editions], pa.string()),
                    "known_by": pa.array([known[edition].by for edition in editions], pa.string()),
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


def _editions(of_file: str, table: pa.Table, of_edition: Property | None) -> list[str]:
    """The edition of each record: its own where the file holds several, else that of the file."""
    if of_edition is None:
        return [of_file] * table.num_rows
    own = table.column(of_edition.name).to_pylist()
    return [of_file if one is None or one == of_edition.default else one for one in own]


def _level(contract: Contract, unit_id: str) -> str:
    """That of the contract where it has one; a city's 8 digits are those of its youth office too."""
    return contract.levels[0] if len(contract.levels) == 1 else level_of(unit_id)


def _choose(contract: Contract, parts: Sequence[_Part]) -> tuple[tuple[np.ndarray, ...], tuple[Conflict, ...]]:
    """Which rows of each part hold, and where one scan contradicts itself.

    The key that competes is the unit and year as a whole, or the single cell. Within the best batch, equal content is no
    contradiction and the last one holds.
    """
    by_cell = contract.supersedes == "observation"
    groups: dict[tuple[object, ...], dict[int, list[int]]] = {}
    contents: list[list[tuple[object, ...]]] = []
    for index, part in enumerate(parts):
        columns = [part.table.column(name).to_pylist() for name in ("unit_id", "year", "measure", "dimensions", "value", "flag")]
        contents.append([(measure, tuple(dims), value, flag) for _, _, measure, dims, value, flag in zip(*columns, strict=True)])
        for row, (unit, year, measure, dims, _, _) in enumerate(zip(*columns, strict=True)):
            key: tuple[object, ...] = (unit, year, measure, tuple(dims)) if by_cell else (unit, year)
            groups.setdefault(key, {}).setdefault(index, []).append(row)
    order = {
        layout: -place for place, layout in enumerate(contract.layouts)
    }  # one that a contract no longer names goes behind them all
    layouts = [order.get(part.source.verdict.layout, -len(order)) if by_cell else 0 for part in parts]
    days = [edition_day(part.edition) for part in parts]

    winners: list[list[int]] = [[] for _ in parts]
    conflicts: set[Conflict] = set()
    for place, candidates in groups.items():
        equals = _best(candidates, parts, layouts, days) if len(candidates) > 1 else [*candidates]
        if len({frozenset(contents[index][row] for row in candidates[index]) for index in equals}) > 1:
            names = tuple(parts[index].source.arrival.name for index in equals)
            conflicts.add(Conflict(contract.dataset, str(place[0]), int(str(place[1])), names))
            continue
        winners[equals[-1]] += candidates[equals[-1]]
    return tuple(np.array(rows, dtype=np.int64) for rows in winners), tuple(sorted(conflicts))


def _best(
    candidates: Mapping[int, object], parts: Sequence[_Part], layouts: Sequence[int], days: Sequence[date | None]
) -> list[int]:
    """The parts of the best rank, in order of arrival: best layout, then no edition older than another that is named, then batch."""
    first = max(layouts[index] for index in candidates)
    held = [index for index in candidates if layouts[index] == first]
    newest = max((day for index in held if (day := days[index]) is not None), default=None)
    held = [index for index in held if days[index] is None or days[index] == newest]
    batch = max(parts[index].source.arrival.batch for index in held)
    return sorted(index for index in held if parts[index].source.arrival.batch == batch)
