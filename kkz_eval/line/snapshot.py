"""What is accepted at one moment, frozen: every table after the verdicts is read from here, so that a run speaks of one state of the data.

A snapshot is named by the objects of the register, by contracts, decisions and plans, and by its day. A run takes one after its
verdicts; a step that is run again opens the run's by its name. Tables that it hands out are shared: nobody writes to them.
Does not belong here: what a plan makes of it (study); judging.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property, lru_cache
from typing import TypeVar, cast

import pyarrow as pa

from kkz_eval.contracts.contract import Contract
from kkz_eval.contracts.plausibility import Doubt, doubts, has_context, other_datasets
from kkz_eval.deliveries.official.known_since import NOW, Asked
from kkz_eval.deliveries.reader import Claimed, read_file
from kkz_eval.deliveries.register.accepted import Accepted, Conflict, Source, accepted_observations, editions_of, sources_of
from kkz_eval.deliveries.register.intake import landing_key
from kkz_eval.deliveries.register.judging import judge_arrival
from kkz_eval.deliveries.register.purging import require_no_open_purge
from kkz_eval.deliveries.register.register import Arrival, Head, Register, register_at, register_head, tombstones_of
from kkz_eval.deliveries.register.simulated import says_simulated
from kkz_eval.evaluation.plan import plan_digest
from kkz_eval.indicators.memo import stored_indicator
from kkz_eval.indicators.pseudo_cohorts import counts_of, datasets_of, stored_pseudo_cohorts
from kkz_eval.indicators.rates import IndicatorValues
from kkz_eval.line import say
from kkz_eval.line.installation import Installation
from kkz_eval.model.errors import UserError
from kkz_eval.model.source_editions import EditionState
from kkz_eval.model.verdicts import Status, Verdict
from kkz_eval.reference.tables import units_known_to
from kkz_eval.stewardship.history import History, Place, histories
from kkz_eval.stewardship.requests import waiting_parts
from kkz_eval.storage.digests import digest_of, digest_of_bytes, digest_of_tables
from kkz_eval.storage.steps import Steps
from kkz_eval.storage.store import DraftStore

SCHEMA_VERSION = 2
"""Before 2, the digest of what people edit named neither the stations nor what is not evaluable."""
_T = TypeVar("_T")
_FOLDER = "snapshots"


@dataclass(frozen=True, eq=False)
class Snapshot:
    """What an installation accepts at one moment. name: by which it is opened again once it was kept; day: on which it was taken.

    Each table is read or computed once and kept while the snapshot is in use.
    """

    installation: Installation
    register: Register
    head: Head
    name: str
    day: date
    _kept: dict[tuple[object, ...], object] = field(default_factory=dict, repr=False)

    def once(self, what: tuple[object, ...], make: Callable[[], _T]) -> _T:
        """What was made under this name before, else made now and kept while the snapshot is in use."""
        if what not in self._kept:
            self._kept[what] = make()
        return cast(_T, self._kept[what])

    @property
    def steps(self) -> Steps:
        """The store that the tables are kept in."""
        return self.installation.steps

    @property
    def contracts(self) -> Mapping[str, Contract]:
        """The contracts by their id."""
        return self.installation.contracts

    def sources(self, contract: Contract) -> tuple[Source, ...]:
        """The judged arrivals of a contract in order of arrival."""
        return self.once(("sources", contract.id), lambda: sources_of(self.register, contract))

    def accepted(self, dataset: str, asked: Asked = NOW) -> Accepted:
        """The observations of a dataset that hold, or those of a day or an edition that is asked for."""
        contract = self.installation.contract_of(dataset)
        return self.once(("accepted", dataset, asked), lambda: accepted_observations(self.steps, self.register, contract, asked))

    def editions(self, dataset: str) -> tuple[EditionState, ...]:
        """All accepted editions of a dataset, whether or not a newer one holds."""
        contract = self.installation.contract_of(dataset)
        return self.once(("editions", dataset), lambda: editions_of(self.steps, self.register, contract))

    def observations_of_indicator(self, indicator_id: str, dataset: str, asked: Asked = NOW) -> dict[str, pa.Table]:
        """What an indicator reads from its source in a dataset, by dataset; a denominator of another dataset follows the day alone."""
        others = replace(asked, edition=None)
        return {
            name: self.accepted(name, asked if name == dataset else others).observations
            for name in self.installation.catalogue[indicator_id].source(dataset).datasets
        }

    def indicator(self, indicator_id: str, dataset: str, asked: Asked = NOW) -> IndicatorValues:
        """Values of an indicator from its source in a dataset (and the dataset of its denominator), of what is accepted.

        asked: only what was known on a day, or only one edition of the dataset.
        """
        definition, origin = self.installation.catalogue[indicator_id], self.installation.contract_of(dataset).source

        def values() -> IndicatorValues:
            observations = self.observations_of_indicator(indicator_id, dataset, asked)
            return stored_indicator(self.steps, definition, definition.source(dataset), observations, origin)

        return self.once(("indicator", indicator_id, dataset, asked), values)

    @cached_property
    def simulated(self) -> frozenset[str]:
        """The datasets of which figures hold that are made up."""
        datasets = {contract.dataset for contract in self.contracts.values()}
        return frozenset(name for name in datasets if self.accepted(name).rests_on_simulated)

    def pseudo_cohorts(self, asked: Asked = NOW) -> pa.Table:
        """The stations of each year of birth by unit, of what holds or was known on a day: model.tables.PSEUDO_COHORTS."""
        known = {contract.dataset for contract in self.contracts.values()}

        def linked() -> pa.Table:
            counts = counts_of(self.installation.stations)
            observations = {name: self.accepted(name, asked).observations for name in datasets_of(counts) if name in known}
            return stored_pseudo_cohorts(self.steps, observations, counts)[1]

        return self.once(("pseudo_cohorts", asked), linked)

    @cached_property
    def conflicts(self) -> tuple[Conflict, ...]:
        """Units and years of any dataset that deliveries of one scan contradict each other about; none of them holds."""
        datasets = sorted(contract.dataset for contract in self.contracts.values())
        return tuple(found for dataset in datasets for found in self.accepted(dataset).conflicts)

    def doubts(self, contract: Contract) -> tuple[Doubt, ...]:
        """What is doubtful about the accepted values of a contract beside other datasets and the year before.

        It is no part of any verdict and rejects nothing.
        """
        observations = self._beside(contract)
        return doubts(contract, observations[contract.dataset], observations)

    def has_context(self, contract: Contract) -> bool:
        """Whether `doubts` has anything to look at."""
        observations = self._beside(contract)
        return has_context(contract, observations[contract.dataset], observations)

    def _beside(self, contract: Contract) -> dict[str, pa.Table]:
        """What the rules of a contract that look beyond a file look at, by dataset."""
        known = {other.dataset for other in self.contracts.values()}
        names = [name for name in (contract.dataset, *other_datasets(contract)) if name in known]
        return {name: self.accepted(name).observations for name in names}

    @cached_property
    def histories(self) -> Mapping[Place, History]:
        """All that was said of every unit and year that was ever delivered under a contract, and which delivery counts."""
        decided = waiting_parts(self.steps.store, self.register, self.contracts, self.installation.decisions)
        return histories(self.register, self.contracts.values(), lambda contract: self.accepted(contract.dataset), decided)

    @cached_property
    def rejected_slices(self) -> tuple[tuple[Source, str, int], ...]:
        """Units and years whose newest delivery is rejected: (arrival and verdict, unit_id, year); "" and 0 for a whole file."""
        rows: list[tuple[Source, str, int]] = []
        for contract in self.contracts.values():
            newest: dict[tuple[str, int], tuple[Source, Status]] = {}
            for source in self.sources(contract):
                for part in source.verdict.slices:
                    newest[(part.unit_id, part.year)] = (source, part.status)
                rejected_altogether = not source.verdict.slices and source.verdict.status == Status.REJECTED
                if rejected_altogether and source.arrival in self._newest_of_its_name(source.arrival):
                    rows.append((source, "", 0))
            rows += [
                (source, unit, year)
                for (unit, year), (source, status) in sorted(newest.items(), key=lambda i: i[0])
                if status == Status.REJECTED
            ]
        return tuple(rows)

    def _newest_of_its_name(self, arrival: Arrival) -> tuple[Arrival, ...]:
        return self.register.last_under(arrival.name, by_desk=bool(arrival.handed_in))

    @cached_property
    def waived_slices(self) -> Mapping[tuple[str, str], list[tuple[str, int]]]:
        """Units and years that hold although a rule speaks against them, by waiver: by (name of the file, dataset)."""
        datasets = [contract.dataset for contract in self.contracts.values()]
        return {(name, of): parts for of in datasets for name, parts in waived_in(self.accepted(of)).items()}

    @cached_property
    def corrected_slices(self) -> Mapping[tuple[str, str], list[tuple[str, int]]]:
        """Units and years with a value that a correction replaced: by (name of the file, dataset)."""
        datasets = [contract.dataset for contract in self.contracts.values()]
        return {(name, of): parts for of in datasets for name, parts in corrected_in(self.accepted(of)).items()}

    def arrived_by(self, day: date | None) -> Snapshot:
        """This snapshot with the deliveries that had come by a day, and that day for today; itself where no day is named.

        Verdicts and decisions stay as they are now. What an official source knew on a day is asked of `accepted`: its file may have come later.
        """
        if day is None:
            return self

        def then() -> Snapshot:
            came = tuple(arrival for arrival in self.register.arrivals if arrival.day <= day.isoformat())
            register = replace(self.register, arrivals=came)
            return Snapshot(self.installation, register, self.head, f"{self.name}@{day.isoformat()}", day)

        return self.once(("arrived_by", day), then)

    def with_accepted(self, data: bytes, name: str) -> Snapshot:
        """This snapshot as it would be if a delivery had come last and were accepted as a whole; nothing is kept.

        data, name: of the file. Raises UserError where no contract reads it.
        """
        result = read_file(data, name, self.contracts, self.day)
        if not isinstance(result, Claimed):
            raise UserError("preview_unread", package=say.package, name=name)
        steps = Steps(DraftStore.over(self.steps.store))
        number = 1 + max((arrival.number for arrival in self.register.arrivals), default=0)
        batch = 1 + max((arrival.batch for arrival in self.register.arrivals), default=0)
        sha256 = digest_of_bytes(data)
        arrivals, verdicts = list(self.register.arrivals), dict(self.register.verdicts)
        steps.store.put_if_absent(landing_key(sha256), data)
        for place, parsed in enumerate(result.parsed):
            contract = self.contracts[parsed.contract_id]
            made_up = says_simulated(data)
            arrival = Arrival(number + place, batch, name, sha256, contract.id, parsed.years(), self.day.isoformat(), made_up)
            before = replace(self.register, verdicts={}) if (sha256, contract.id) in verdicts else self.register
            known = units_known_to(contract.source)
            judged = judge_arrival(steps, before, arrival, self.contracts, known, self.installation.decisions)
            arrivals.append(arrival)
            verdicts[(sha256, contract.id)] = _accepting(judged)
        register = replace(self.register, arrivals=tuple(sorted(arrivals)), verdicts=verdicts)
        return Snapshot(replace(self.installation, steps=steps), register, self.head, f"{self.name}+{sha256}", self.day)


def waived_in(accepted: Accepted) -> dict[str, list[tuple[str, int]]]:
    """Units and years of observations that hold although a rule speaks against them, by waiver: by name of the file."""
    columns = ["delivery_sha256", "unit_id", "year"]
    held = {tuple(row.values()) for row in accepted.observations.select(columns).group_by(columns).aggregate([]).to_pylist()}
    found: dict[str, list[tuple[str, int]]] = {}
    for source in accepted.sources:
        waived = [(part.unit_id, part.year) for part in source.verdict.slices if part.n_acknowledged]
        parts = [place for place in waived if (source.arrival.sha256, *place) in held]
        if parts:
            found[source.arrival.name] = parts
    return found


def corrected_in(accepted: Accepted) -> dict[str, list[tuple[str, int]]]:
    """Units and years of observations with a value that a correction replaced: by name of the file."""
    corrected = accepted.observations.filter(accepted.observations.column("correction_id").is_valid())
    names = {source.arrival.sha256: source.arrival.name for source in accepted.sources}
    found: dict[str, list[tuple[str, int]]] = {}
    for row in corrected.select(["delivery_sha256", "unit_id", "year"]).to_pylist():
        parts = found.setdefault(names[row["delivery_sha256"]], [])
        if (row["unit_id"], row["year"]) not in parts:
            parts.append((row["unit_id"], row["year"]))
    return found


def _accepting(verdict: Verdict) -> Verdict:
    """A verdict as it would read if someone accepted what it rejects."""
    slices = tuple(
        replace(part, status=Status.ACCEPTED_WITH_WARNINGS) if part.status == Status.REJECTED else part for part in verdict.slices
    )
    status = Status.ACCEPTED_WITH_WARNINGS if verdict.status == Status.REJECTED else verdict.status
    return replace(verdict, status=status, slices=slices)


def current_snapshot(installation: Installation, day: date | None = None) -> Snapshot:
    """What is accepted now. day: that of the settings where none is named.

    Asked for twice of the same state, it is one value in this process, with all that was read of it. Raises UserError while a removal
    is not at its end.
    """
    require_no_open_purge(installation.steps.store)
    head = register_head(installation.steps.store)
    return _snapshot(installation, _written(_record(installation, head, day or installation.settings.day)))


def keep_snapshot(snapshot: Snapshot) -> None:
    """Write down what makes up a snapshot, so that open_snapshot finds it by its name."""
    snapshot.steps.store.put_if_absent(_key(snapshot.name), _written(_record(snapshot.installation, snapshot.head, snapshot.day)))


def open_snapshot(installation: Installation, name: str) -> Snapshot:
    """The snapshot that was kept under a name, in any process.

    Raises UserError where there is none, where something was removed since or a removal is not at its end, or where contracts, decisions or plans are others now.
    """
    store = installation.steps.store
    require_no_open_purge(store)
    if not store.exists(_key(name)):
        raise UserError("snapshot_unknown", package=say.package, name=name)
    content = store.get(_key(name))
    if not tombstones_of(store) <= _tombstones_in(content):
        raise UserError("snapshot_gone", package=say.package, name=name)
    return _snapshot(installation, content)


@lru_cache(maxsize=4)  # each step of a run opens its snapshot
def _tombstones_in(content: bytes) -> frozenset[str]:
    """The tombstones that a kept snapshot knows."""
    return frozenset(json.loads(content)["head"]["tombstones"])


@lru_cache(maxsize=4)  # the steps of a run share one; a preview and its original, a run and the next stand side by side
def _snapshot(installation: Installation, content: bytes) -> Snapshot:
    record, name = json.loads(content), digest_of_bytes(content)
    if record["schema_version"] > SCHEMA_VERSION:
        found, known = f"v{record['schema_version']}", f"v{SCHEMA_VERSION}"
        raise UserError("table_unknown_version", table=_key(name), found=found, known=known)
    then = _as_edited_then(installation, record["edited"], record["schema_version"])
    if then is None:
        raise UserError("snapshot_of_others", package=say.package, name=name)
    head = Head(**{part: tuple(keys) for part, keys in record["head"].items()})
    return Snapshot(then, register_at(then.steps.store, head), head, name, date.fromisoformat(record["day"]))


def _as_edited_then(installation: Installation, edited: str, version: int) -> Installation | None:
    """The installation of which this is the digest: with all its plans, or with one of them alone, as `kkz-eval run --plan` takes it; else None."""
    if digest_of_edited(installation, version) == edited:
        return installation
    alone = (installation.with_plan_alone(plan_id) for plan_id in installation.plans)
    return next((one for one in alone if digest_of_edited(one, version) == edited), None)


def _record(installation: Installation, head: Head, day: date) -> dict[str, object]:
    return {
        "schema_version": SCHEMA_VERSION,
        "day": day.isoformat(),
        "edited": digest_of_edited(installation),
        "head": vars(head),
    }


@lru_cache(maxsize=4)
def digest_of_edited(installation: Installation, version: int = SCHEMA_VERSION) -> str:
    """Digest of all that people edit and a snapshot of a version of the schema rests on."""
    beside_indicators = [] if version < 2 else [installation.stations, installation.not_evaluable]
    return digest_of(
        [
            {key: contract.digest for key, contract in installation.contracts.items()},
            {plan.id: plan_digest(plan) for plan in (*installation.plans.values(), *installation.left_out)},
            {key: lock.digest for key, lock in installation.locks.items()},
            digest_of_bytes(repr(sorted(installation.catalogue.items())).encode()),
            *(digest_of_bytes(repr(listed).encode()) for listed in beside_indicators),
            installation.decisions.digest,
            *filter(None, [digest_of_tables()]),
        ]
    )


def _written(record: Mapping[str, object]) -> bytes:
    return json.dumps(record, sort_keys=True, ensure_ascii=False, indent=1).encode()


def _key(name: str) -> str:
    return f"{_FOLDER}/{name}.json"
