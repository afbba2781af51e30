"""The register: which content arrived when, and what was judged of it. Append-only; rebuilt from immutable objects.

Order is a number, never the clock: a scan of the inbox that brings something new adds one batch object with consecutive
numbers, in one atomic write. Each batch names all before it by a digest, so that none can be missing or another unnoticed; those that
were written before there was a digest name none, and are named by the first that does. It names the marked copies among its arrivals, too:
what was decided in them must not get lost. A verdict is one object; several for one content
are counted, and the last one stands.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import date
from functools import cached_property, lru_cache
from itertools import groupby, islice
from operator import attrgetter
from typing import Any, TypeVar

from kkz_eval.deliveries.municipal.returned import DecisionRow, Returned
from kkz_eval.model.collector import collected_later
from kkz_eval.model.errors import UserError
from kkz_eval.model.verdicts import Slice, Status, Verdict
from kkz_eval.storage.columns import Columns, packed, unpacked
from kkz_eval.storage.digests import digest_of_bytes
from kkz_eval.storage.index import keep_index, read_index
from kkz_eval.storage.store import Store

SCHEMA_VERSION = 1
_BATCH_VERSION = 2
_REGISTER = "register"
_BATCHES, _VERDICTS = "register/batches", "register/verdicts"
_RETURNED, _TOMBSTONES, _PURGES = "register/returned", "register/tombstones", "register/purges"
_Record = TypeVar("_Record", "Arrival", Verdict, Slice)


@dataclass(frozen=True, order=True, slots=True)
class Arrival:
    """One arrival of a content under a name. number: monotone over all arrivals; batch: the scan that saw it.

    day: ISO day of the scan, "" where it was not recorded. It says since when a content is known; the order is the number's.
    simulated: whether the file says that its figures are made up (model.simulated); not recorded before that was looked for.
    handed_in: ISO day and time of day at which somebody handed it in at the desk, "" for a file of the inbox.
    """

    number: int
    batch: int
    name: str
    sha256: str
    contract_id: str
    years: tuple[int, ...]
    day: str = ""
    simulated: bool = False
    handed_in: str = ""

    @property
    def arrived_on(self) -> date | None:
        """The day of the scan, None where it was not recorded."""
        return date.fromisoformat(self.day) if self.day else None


@dataclass(frozen=True)
class NewArrival:
    """An arrival before it has a number."""

    name: str
    sha256: str
    contract_id: str
    years: tuple[int, ...]
    day: str = ""
    simulated: bool = False
    handed_in: str = ""


SpokenOf = tuple[tuple[str, str, tuple[int, ...]], ...]
"""Contract, unit and reporting years."""


@dataclass(frozen=True)
class Tombstone:
    """What is left of a content that was removed. date: ISO, of the removal.

    spoke_of: contract, unit and years of all that went with it, so that they can be asked for again; () of a removal of a time before that was kept.
    """

    sha256: str
    reason: str
    date: str
    spoke_of: SpokenOf = ()


@dataclass(frozen=True)
class Purge:
    """A removal that has begun. contents: digests of all that goes, first the one that was named; reason, date, spoke_of: as in the tombstones.

    original: digest of the content that the first is a marked copy of, which stays; "" for none.
    """

    contents: tuple[str, ...]
    reason: str
    date: str
    original: str = ""
    spoke_of: SpokenOf = ()


@dataclass(frozen=True)
class Register:
    """All arrivals in order, the standing verdict per (content, contract), and what was removed or is to be, by its digest.

    seen: name to content of all files in the inbox when something last arrived; a file that was away and comes back is new.
    chain: digest of all batches in their order, "" where there are none.
    """

    arrivals: tuple[Arrival, ...]
    seen: Mapping[str, str]
    verdicts: Mapping[tuple[str, str], Verdict]
    tombstones: Mapping[str, Tombstone] = field(default_factory=dict)
    chain: str = ""

    @cached_property
    def _by_name(self) -> Mapping[tuple[str, bool], list[Arrival]]:
        """Arrivals by name and whether they came by the desk: a scan asks for each file of the inbox."""
        found: dict[tuple[str, bool], list[Arrival]] = {}
        for arrival in self.arrivals:
            found.setdefault((arrival.name, bool(arrival.handed_in)), []).append(arrival)
        return found

    @cached_property
    def of_contract(self) -> Mapping[str, tuple[Arrival, ...]]:
        """The arrivals of each contract in their order; each contract's part is asked for."""
        found: dict[str, list[Arrival]] = {}
        for arrival in self.arrivals:
            found.setdefault(arrival.contract_id, []).append(arrival)
        return {contract_id: tuple(arrivals) for contract_id, arrivals in found.items()}

    @cached_property
    def _last_names(self) -> Mapping[str, str]:
        return {arrival.sha256: arrival.name for arrival in self.arrivals}

    def last_name_of(self, sha256: str) -> str | None:
        """The name under which a content came last; None where it never came."""
        return self._last_names.get(sha256)

    @cached_property
    def _first_days(self) -> Mapping[str, str]:
        return {arrival.sha256: arrival.day for arrival in reversed(self.arrivals)}

    def first_day_of(self, sha256: str) -> str:
        """ISO day on which a content first came, "" where it never came or that was not recorded."""
        return self._first_days.get(sha256, "")

    def last_under(self, name: str, by_desk: bool = False) -> tuple[Arrival, ...]:
        """The newest arrivals under a name (one per contract that read it); empty where the name never came.

        by_desk: of those handed in at the desk, else of those of the inbox: a file of the inbox is no newer for what somebody hands in under its name.
        """
        of_name = self._by_name.get((name, by_desk))
        if of_name is None:
            return ()
        newest = of_name[-1]
        return tuple(a for a in of_name if a.batch == newest.batch and a.sha256 == newest.sha256)

    def knows(self, name: str, sha256: str) -> bool:
        """Whether this content under this name is nothing new: it arrived, and lay there when something last arrived."""
        return self.seen.get(name) == sha256 and any(a.sha256 == sha256 for a in self.last_under(name))

    def came_last(self, sha256: str) -> Arrival | None:
        """The newest arrival of a content where nothing has come since that speaks of the same unit and year; None where something has, or it
        never came: handed in then, it counts anew."""
        own = {arrival.contract_id: arrival for arrival in self.arrivals if arrival.sha256 == sha256}
        for later in self.arrivals:
            before = own.get(later.contract_id)
            if before is None or later.number <= before.number or later.sha256 in self.tombstones:
                continue
            if not self._spoken_of(before).isdisjoint(self._spoken_of(later)):
                return None
        return max(own.values(), default=None)

    def _spoken_of(self, arrival: Arrival) -> frozenset[tuple[str, int]]:
        """The units and years of an arrival by its verdict; before there is one, none."""
        verdict = self.verdicts.get((arrival.sha256, arrival.contract_id))
        return frozenset() if verdict is None else frozenset((part.unit_id, part.year) for part in verdict.slices)

    def of_years(self, years: Iterable[int]) -> tuple[Arrival, ...]:
        """Arrivals that speak about one of these reporting years, and those in which no year can be read; none that was removed."""
        wanted = frozenset(years)
        left = (arrival for arrival in self.arrivals if arrival.sha256 not in self.tombstones)
        return tuple(a for a in left if not a.years or wanted.intersection(a.years))

    def years(self) -> frozenset[int]:
        """All reporting years that an arrival speaks about."""
        return frozenset(year for arrival in self.arrivals for year in arrival.years)


@dataclass(frozen=True)
class Head:
    """The objects that make up the register at one moment: keys, sorted by number.

    tombstones: before them the removals that have begun; what is to be removed is for no reader any more.
    """

    batches: tuple[str, ...]
    verdicts: tuple[str, ...]
    tombstones: tuple[str, ...]


def register_head(store: Store) -> Head:
    """The objects of the register as they are now."""
    return Head(tuple(store.list(_BATCHES)), tuple(store.list_again(_VERDICTS)), _removals(store))


def tombstones_of(store: Store) -> frozenset[str]:
    """Keys of what was removed until now, or is to be."""
    return frozenset(_removals(store))


def _removals(store: Store) -> tuple[str, ...]:
    return (*store.list(_PURGES), *store.list(_TOMBSTONES))


def read_register(store: Store) -> Register:
    """The register as its objects say now. Raises UserError where one is missing, damaged or written by a newer program."""
    return register_at(store, register_head(store))


def register_at(store: Store, head: Head) -> Register:
    """The register that these objects make. Raises UserError as read_register."""
    return _folded_at(store, head).register


def register_from_objects(store: Store) -> Register:
    """As read_register, reading each of its objects, whatever is known or an index says of them."""
    return _extended(store, _NOTHING, register_head(store)).register


@dataclass(frozen=True)
class _Folded:
    """What the objects of a head come to. indexed: so many of them were in the index; returned: marked copies among the arrivals."""

    head: Head
    register: Register
    indexed: int = 0
    returned: frozenset[str] = frozenset()

    def is_part_of(self, head: Head) -> bool:
        """Whether all that it rests on is in a head, and more can be read to it."""
        batches = head.batches[: len(self.head.batches)]
        return batches == self.head.batches and set(head.verdicts).issuperset(self.head.verdicts)


_NOTHING = _Folded(Head((), (), ()), Register((), {}, {}))
_MOST_KNOWN = 2  # that of now, and that of a run or a page that began before
_known: dict[tuple[str, str], tuple[_Folded, ...]] = {}


def forget_registers() -> None:
    """Be as a process that never read a register."""
    _known.clear()


def _folded_at(store: Store, head: Head) -> _Folded:
    """What a process knows of the objects it reads no second time: what is kept under a key never changes. Of what it does not know yet it believes
    the index as far as that goes, and reads all else."""
    if store.has_drafts(
        _REGISTER
    ):  # numbers are given in order, so that others have, or will have, something else under these keys
        return _extended(store, _NOTHING, head)
    known = _known.get(store.place, ())
    for one in known:
        if one.head == head:
            return one
    start = max((one for one in known if one.is_part_of(head)), key=lambda one: len(one.head.verdicts), default=None)
    with collected_later():
        found = _extended(store, start or _from_index(store, head), head)
    _known[store.place] = (found, *known[: _MOST_KNOWN - 1])
    return found


def _extended(store: Store, start: _Folded, head: Head) -> _Folded:
    """What a head comes to, reading only what is not in the start; of the verdicts of a content and contract only the one that stands."""
    arrivals, returned = list(start.register.arrivals), set(start.returned)
    seen, chain = dict(start.register.seen), start.register.chain
    for number, key in enumerate(head.batches, 1):
        if key != batch_key(number):
            raise UserError("object_missing", key=batch_key(number), home=store.address, option=store.option)
        if number <= len(start.head.batches):
            continue
        kept = store.get(key)
        content = _read(key, kept, _BATCH_VERSION)
        if content.get("before", chain) != chain:
            raise UserError("register_broken", key=key, home=store.address, option=store.option)
        chain = digest_of_bytes((chain + digest_of_bytes(kept)).encode())
        seen = _seen_with(seen, content)
        returned.update(content.get("returned", ()))
        arrivals += [Arrival(**{**row, "years": tuple(row["years"])}) for row in content["arrivals"]]
    verdicts = dict(start.register.verdicts)
    standing = {key.rpartition("/")[0]: key for key in head.verdicts}  # the last one stands
    for folder in {key.rpartition("/")[0] for key in set(head.verdicts).difference(start.head.verdicts)}:
        verdict = _verdict_from(_load(store, standing[folder])["verdict"])
        verdicts[(verdict.sha256, verdict.contract_id)] = verdict
    tombstones = {stone.sha256: stone for key in head.tombstones for stone in _tombstones_at(store, key)}
    kept_of_copies = set(store.list(_RETURNED)) if returned else set()
    for sha256 in sorted(returned - tombstones.keys()):
        if _returned_key(sha256) not in kept_of_copies:
            raise UserError("object_missing", key=_returned_key(sha256), home=store.address, option=store.option)
    arrived = {(arrival.sha256, arrival.contract_id) for arrival in arrivals}
    if unknown := sorted(verdicts.keys() - arrived):
        raise UserError("register_incomplete", sha256=unknown[0][0], home=store.address, option=store.option)
    register = Register(tuple(sorted(arrivals, key=attrgetter("number"))), seen, verdicts, tombstones, chain)
    return _Folded(head, register, start.indexed, frozenset(returned))


_INDEX = "register"
_INDEXED = (_BATCHES, _VERDICTS)
_FIELDS = {kind.__name__: [one.name for one in fields(kind)] for kind in (Arrival, Verdict, Slice)}
"""What the index says of each; one that says something else is not believed."""
_SEVERAL = ("years", "slices")
"""Fields of several values: in their column stands how many there are, and these in a table of their own, one after another."""
_STATUS = {one.value: one for one in Status}


def _from_index(store: Store, head: Head) -> _Folded:
    """What the index says where a head has all that it rests on; else nothing."""
    index = read_index(store, _INDEX, _INDEXED)
    if index is None or not index.is_current or index.said["fields"] != _FIELDS:
        return _NOTHING
    said, tables = index.said, unpacked(index.said["tables"])
    arrivals = tuple(_records(Arrival, tables["arrivals"], tables["years"]["year"]))
    verdicts = _records(Verdict, tables["verdicts"], _records(Slice, tables["slices"]))
    seen = dict(zip(tables["seen"]["name"], tables["seen"]["sha256"], strict=True))
    register = Register(arrivals, seen, {(one.sha256, one.contract_id): one for one in verdicts}, chain=said["chain"])
    keys = sorted(index.unchanged)
    of = Head(tuple(key for key in keys if key.startswith(_BATCHES)), tuple(key for key in keys if key.startswith(_VERDICTS)), ())
    found = _Folded(of, register, len(keys), frozenset(said["returned"]))
    return found if found.is_part_of(head) else _NOTHING


def _records(kind: type[_Record], columns: Columns, several: Iterable[object] = ()) -> Iterator[_Record]:
    """What columns say, record by record. several: the values of their field that has several."""
    left = iter(several)

    def values(name: str) -> Iterable[Any]:
        if name in _SEVERAL:
            return (tuple(islice(left, count)) for count in columns[name])
        return map(_STATUS.__getitem__, columns[name]) if name == "status" else columns[name]

    return map(kind, *(values(name) for name in _FIELDS[kind.__name__]))


def _columns(kind: type, found: Collection[object]) -> Columns:
    def column(name: str) -> list[Any]:
        values = [getattr(one, name) for one in found]
        return [len(value) for value in values] if name in _SEVERAL else values

    return {name: column(name) for name in _FIELDS[kind.__name__]}


def is_index_wrong(store: Store) -> bool:
    """Whether an index that would be believed says anything else than the objects that it rests on."""
    index = _from_index(store, register_head(store))
    if index is _NOTHING:
        return False
    read = _extended(store, _NOTHING, replace(index.head, tombstones=_removals(store)))
    return (replace(read.register, tombstones={}), read.returned) != (index.register, index.returned)


def keep_register_index(store: Store) -> None:
    """Make the index of the register anew where much has come since. Only the writer of a home does."""
    known = _folded_at(store, register_head(store))
    keys = (*known.head.batches, *known.head.verdicts)

    def said() -> dict[str, object]:
        register, verdicts = known.register, known.register.verdicts.values()
        tables = {
            "arrivals": _columns(Arrival, register.arrivals),
            "years": {"year": [year for arrival in register.arrivals for year in arrival.years]},
            "verdicts": _columns(Verdict, verdicts),
            "slices": _columns(Slice, [part for verdict in verdicts for part in verdict.slices]),
            "seen": {"name": [*register.seen], "sha256": [*register.seen.values()]},
        }
        about = {"fields": _FIELDS, "returned": sorted(known.returned), "chain": register.chain}
        return {**about, "tables": packed(tables)}

    if keep_index(store, _INDEX, _INDEXED, keys, len(keys) - known.indexed, said):
        _known[store.place] = (replace(known, indexed=len(keys)),)


def batch_key(number: int) -> str:
    """Where the arrivals of a scan are kept."""
    return f"{_BATCHES}/{number:08d}.json"


def record_arrivals(
    store: Store, register: Register, arrivals: Sequence[NewArrival], seen: Mapping[str, str], returned: Collection[str] = ()
) -> Register | None:
    """Append one batch to the register that a scan has seen, in the order given, and return the register with it.

    Nothing is written for no arrival. None where another scan was first: what it recorded may be the same files, or newer ones of their
    names, so that this scan has to be done again. seen: name to content of all files that lie in the inbox now; returned: digests of those
    new ones of which record_returned has kept what was decided in them.
    """
    if arrivals:
        batch = 1 + max((a.batch for a in register.arrivals), default=0)
        first = 1 + max((a.number for a in register.arrivals), default=0)
        rows = [
            {name: value for name, value in asdict(Arrival(first + i, batch, **vars(a))).items() if name != "handed_in" or value}
            for i, a in enumerate(arrivals)
        ]
        content = {"arrivals": rows, **_seen_since(register.seen, seen), "before": register.chain}
        if returned:
            content["returned"] = sorted(returned)
        if not store.put_if_absent(batch_key(batch), _dump(content, _BATCH_VERSION)):
            return None
    return read_register(store)


def _seen_since(before: Mapping[str, str], seen: Mapping[str, str]) -> dict[str, object]:
    """What a batch says of the inbox: only what is another now, or each would hold the names of all that ever came."""
    now = {name: sha256 for name, sha256 in seen.items() if before.get(name) != sha256}
    return {"seen_now": now, "seen_no_more": sorted(before.keys() - seen.keys())}


def _seen_with(before: dict[str, str], content: Mapping[str, Any]) -> dict[str, str]:
    """What lay in the inbox after a batch. Those of version 1 say all of it."""
    if "seen" in content:
        return dict(content["seen"])
    for name in content["seen_no_more"]:
        before.pop(name, None)
    before.update(content["seen_now"])
    return before


def record_verdict(store: Store, verdict: Verdict) -> None:
    """Keep a verdict behind the earlier ones of the same content and contract; the same verdict twice is kept once."""
    folder = f"{_VERDICTS}/{verdict.sha256}/{verdict.contract_id}"
    content = _dump({"verdict": asdict(verdict)})
    while True:
        kept = store.list(folder)
        if kept and store.get(kept[-1]) == content:
            return
        last = int(kept[-1].rpartition("/")[2].removesuffix(".json")) if kept else 0  # not their number: one may be missing
        if store.put_if_absent(f"{folder}/{last + 1:06d}.json", content):
            return


def record_returned(store: Store, sha256: str, returned: Returned) -> None:
    """Keep what a returned marked copy says of its findings. sha256: of the returned workbook."""
    store.put_if_absent(_returned_key(sha256), _dump({"returned": asdict(returned)}))


def _returned_key(sha256: str) -> str:
    return f"{_RETURNED}/{sha256}.json"


def returned_protocols(store: Store) -> dict[str, Returned]:
    """What the returned marked copies say: by the digest of the returned workbook, in the order of the digests."""
    found: dict[str, Returned] = {}
    for key in store.list(_RETURNED):
        row = _load(store, key)["returned"]
        sha256 = key.rpartition("/")[2].removesuffix(".json")
        found[sha256] = Returned(row["original"], tuple(DecisionRow(**each) for each in row["rows"]))
    return found


def returned_keys(store: Store) -> list[str]:
    """Keys of what is kept of returned marked copies."""
    return store.list(_RETURNED)


def begin_purge(store: Store, purge: Purge) -> Purge:
    """Say what is to be removed, before anything is, and return what stands there: the first word stays where it was said before."""
    key = purge_key(purge.contents[0])
    store.put_if_absent(key, _dump({"purge": asdict(purge)}))
    return _purge_at(store, key)


def open_purges(store: Store) -> tuple[Purge, ...]:
    """The removals that have begun and were not brought to their end."""
    return tuple(_purge_at(store, key) for key in store.list(_PURGES))


def end_purge(store: Store, purge: Purge) -> None:
    """Say that all of it is removed: a tombstone for each content, the first reason stands; then it is open no more."""
    for sha256 in purge.contents:
        stone = Tombstone(sha256, purge.reason, purge.date, purge.spoke_of)
        store.put_if_absent(f"{_TOMBSTONES}/{sha256}.json", _dump({"tombstone": asdict(stone)}))
    store.remove(purge_key(purge.contents[0]))


def purge_key(sha256: str) -> str:
    """Where it is said that a content is to be removed."""
    return f"{_PURGES}/{sha256}.json"


def keys_about(store: Store, contents: Collection[str]) -> list[str]:
    """Objects of the register that hold something of these contents: their verdicts, and what was decided in them."""
    verdicts = [key for sha256 in contents for key in store.list(f"{_VERDICTS}/{sha256}")]
    return [*(_returned_key(sha256) for sha256 in contents), *verdicts]


def verdicts_of(store: Store, sha256: str) -> list[Verdict]:
    """All verdicts of a content by any contract, of each contract the standing one first: what it found stays known when it stands no more."""
    by_contract = groupby(store.list(f"{_VERDICTS}/{sha256}"), lambda key: key.rpartition("/")[0])
    return [_verdict_at(store, key) for _, keys in by_contract for key in reversed(list(keys))]


def verdicts_but_of(store: Store, contents: Collection[str]) -> list[Verdict]:
    """All verdicts of other contents, those that stand no more too."""
    of_these = tuple(f"{_VERDICTS}/{sha256}/" for sha256 in contents)
    return [_verdict_at(store, key) for key in store.list(_VERDICTS) if not key.startswith(of_these)]


def _purge_at(store: Store, key: str) -> Purge:
    row = _load(store, key)["purge"]
    return Purge(**{**row, "contents": tuple(row["contents"]), "spoke_of": _spoken_of(row)})


def _spoken_of(row: Mapping[str, Any]) -> SpokenOf:
    return tuple((contract, unit, tuple(years)) for contract, unit, years in row.get("spoke_of", ()))


def _tombstones_at(store: Store, key: str) -> list[Tombstone]:
    if key.startswith(f"{_PURGES}/"):
        purge = _purge_at(store, key)
        return [Tombstone(sha256, purge.reason, purge.date, purge.spoke_of) for sha256 in purge.contents]
    row = _load(store, key)["tombstone"]
    return [Tombstone(**{**row, "spoke_of": _spoken_of(row)})]


def _verdict_at(store: Store, key: str) -> Verdict:
    return _verdict_from(_load(store, key)["verdict"]) if store.has_drafts(_VERDICTS) else _kept_verdict(store, key)


@lru_cache(maxsize=1024)
def _kept_verdict(store: Store, key: str) -> Verdict:
    """A verdict, read once while it is in use: what is kept under a key never changes."""
    return _verdict_from(_load(store, key)["verdict"])


def _verdict_from(row: dict[str, Any]) -> Verdict:
    slices = tuple(Slice(**{**part, "status": Status(part["status"])}) for part in row["slices"])
    return Verdict(**{**row, "status": Status(row["status"]), "slices": slices})


def _dump(content: Mapping[str, object], version: int = SCHEMA_VERSION) -> bytes:
    return json.dumps({"schema_version": version, **content}, sort_keys=True, ensure_ascii=False, indent=1).encode()


def _load(store: Store, key: str) -> dict[str, Any]:
    return _read(key, store.get(key))


def _read(key: str, kept: bytes, known: int = SCHEMA_VERSION) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(kept)
    if content["schema_version"] > known:
        raise UserError("table_unknown_version", table=key, found=f"v{content['schema_version']}", known=known)
    return content
