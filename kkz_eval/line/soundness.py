"""What is kept in a home, against what it should be: objects that are damaged, missing or left over, each with the way to put it right.

Belongs here: finding them, and removing what is derived and will be made again. Nothing that was delivered, decided or published is touched.
Does not belong here: how one object is known to be whole (storage.seals); Dagster's run history, on which no result depends.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Set
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby

from kkz_eval.contracts.contract import Contract
from kkz_eval.deliveries.register.intake import landing_key, whole_in_landing
from kkz_eval.deliveries.register.judging import TABLES, has_tables, is_given_alike
from kkz_eval.deliveries.register.noted import ASKED, DECIDED, content_of_note
from kkz_eval.deliveries.register.parsed_tables import is_kept, parsed_key
from kkz_eval.deliveries.register.purging import NUMBERS
from kkz_eval.deliveries.register.register import Register, is_index_wrong, open_purges, purge_key, register_from_objects
from kkz_eval.line import say
from kkz_eval.line.current_pages import FOLDER as CURRENT
from kkz_eval.line.releases import RELEASES, altered_since
from kkz_eval.model.errors import UserError
from kkz_eval.model.texts import Localised
from kkz_eval.model.verdicts import Verdict
from kkz_eval.storage.digests import digest_of_bytes
from kkz_eval.storage.index import index_key
from kkz_eval.storage.seals import SUMS, content_of, is_sealed, listed_sums
from kkz_eval.storage.store import Store, may_be_whole

FOLDERS = ("landing", "register", "derived", "protocols", "board", "reports", "locks", "snapshots", CURRENT)
"""What is looked at below a home."""


class Kind(StrEnum):
    """What is wrong with an object."""

    ALTERED = "altered"
    MISSING = "missing"
    LEFT_OVER = "left_over"


@dataclass(frozen=True)
class Fault:
    """An object that is not as it should be. key: its own; what, remedy: sentences; removable: keys that may go, and are made again."""

    kind: Kind
    key: str
    what: Localised
    remedy: Localised
    removable: tuple[str, ...] = ()


@dataclass(frozen=True)
class Looked:
    """What was looked at: number of objects, and the faults in the order of their keys."""

    objects: int
    faults: tuple[Fault, ...]


def look(store: Store, contracts: Mapping[str, Contract]) -> Looked:
    """Every object of a home against its digest and against what names it. Nothing is changed."""
    keys = [key for folder in FOLDERS for key in store.list(folder)]
    altered = {key for key in keys if _is_altered(store, key)}
    listed = list(_listed(store, [key for key in keys if key.endswith(f"/{SUMS}") and key not in altered]))
    altered |= {
        key for key, digest in listed if key not in altered and store.exists(key) and digest_of_bytes(store.kept(key)) != digest
    }
    faults = [_left(key) for key in store.unfinished()]
    whole = [key for key in keys if key not in altered]
    missing = [*(key for key, _ in listed if key not in altered and not store.exists(key)), *_lists_gone(store, whole)]
    missing += _numbers_gone(keys)
    faults += [_not_whole(store, Kind.MISSING, key) for key in missing]
    register, fault = _register(store, altered)
    if fault is not None:
        faults.append(fault)
    verdicts = {} if register is None else register.verdicts
    of_verdict = {key: verdict for verdict in verdicts.values() for key in (verdict.parsed_key, verdict.findings_key)}
    for key in sorted(altered):
        if register is None and _folder_of_step(key) in TABLES:
            faults.append(Fault(Kind.ALTERED, key, say("fsck.altered"), say("fsck.remedy.register_first")))
        elif _unit(key) in of_verdict:
            faults.append(_behind(Kind.ALTERED, key, store, of_verdict[_unit(key)], contracts))
        else:
            faults.append(_not_whole(store, Kind.ALTERED, key))
    if register is not None:
        told = {_unit(fault.key) for fault in faults}
        faults += [one for one in _against_register(store, register, contracts, keys) if _unit(one.key) not in told]
        faults += _against_indexes(store, altered)
    faults += _against_releases(store, altered, keys, frozenset() if register is None else frozenset(register.tombstones))
    faults += _against_snapshots(store, altered, frozenset() if register is None else frozenset(register.tombstones))
    return Looked(len(keys), tuple(sorted(faults, key=lambda one: (one.key, one.kind))))


def repair(store: Store, faults: Collection[Fault]) -> tuple[Fault, ...]:
    """Remove what is derived and damaged or left over, so that the next run makes it anew; the faults that this was done for."""
    mended = tuple(fault for fault in faults if fault.removable)
    for key in dict.fromkeys(key for fault in mended for key in fault.removable):
        store.remove(key)
    return mended


def _is_altered(store: Store, key: str) -> bool:
    """Whether an object is not what was written; what can't be read at all, for the disk or for a link that leads nowhere, is not.

    Raises UserError for one that may be whole (storage.store.may_be_whole): it would be removed, or made anew, for nothing.
    """
    try:
        return content_of(key, store.kept(key)) is None
    except UserError as error:
        if may_be_whole(error):
            raise
        return True


def _listed(store: Store, lists: Collection[str]) -> Iterator[tuple[str, str]]:
    """Key and digest of each file that is listed in the sums of its folder."""
    for key in lists:
        folder = key.rpartition("/")[0]
        for name, digest in listed_sums(store.get(key)).items():
            yield f"{folder}/{name}", digest


def _lists_gone(store: Store, keys: Collection[str]) -> list[str]:
    """The lists of sums that folders of boards and reports should have: all whose page has a seal, which came with the lists."""
    pages = [key for key in keys if key.endswith(".html") and key.startswith(("board/", "reports/"))]
    lists = {f"{key.rpartition('/')[0]}/{SUMS}": key for key in pages}
    return [sums for sums, page in lists.items() if not store.exists(sums) and is_sealed(page, store.kept(page))]


def _numbers_gone(keys: Collection[str]) -> Iterator[str]:
    """The numbers that are missing between those of a plan's editions."""
    for folder, members in groupby((key for key in keys if _is_number(key)), lambda key: key.rpartition("/")[0]):
        known = {int(key.rpartition("/")[2].removesuffix(".json")) for key in members}
        yield from (f"{folder}/{number:06d}.json" for number in sorted(set(range(min(known), max(known))) - known))


def _is_number(key: str) -> bool:
    """Whether it is the number of an edition."""
    return key.startswith("reports/") and key.split("/")[2] == NUMBERS


def _register(store: Store, altered: Collection[str]) -> tuple[Register | None, Fault | None]:
    """The register, or what keeps it from being read besides objects that are damaged."""
    if any(key.startswith("register/") for key in altered):
        return None, None
    try:
        return register_from_objects(store), None
    except UserError as error:
        key = str(error.parameters.get("key", "register/batches"))
        what = say(_OF_REGISTER[error.code], **error.parameters) if error.code in _OF_REGISTER else error.sentence
        return None, Fault(Kind.MISSING, key, what, say("fsck.remedy.register"))


_OF_REGISTER = {"object_missing": "fsck.missing", "register_broken": "fsck.chain", "register_incomplete": "fsck.no_arrival"}
"""What keeps the register from being read, by the code of the error."""


def _against_register(
    store: Store, register: Register, contracts: Mapping[str, Contract], keys: Collection[str]
) -> Iterator[Fault]:
    """What the register names and is not there, and what is there and nobody names."""
    is_there = frozenset(keys).__contains__
    arrived = {arrival.sha256: arrival for arrival in register.arrivals}
    for sha256, arrival in arrived.items():
        if sha256 not in register.tombstones and not is_there(landing_key(sha256)):
            yield Fault(
                Kind.MISSING, landing_key(sha256), say("fsck.missing_of_file", name=arrival.name), say("fsck.remedy.landing")
            )
    for key in keys:
        name = key.rpartition("/")[2]
        if key.startswith("landing/") and (name in register.tombstones or name not in arrived):
            remedy = "purged" if name in register.tombstones else "not_arrived"
            yield Fault(Kind.LEFT_OVER, key, say("fsck.left_over"), say(f"fsck.remedy.{remedy}", sha256=name))
        about = content_of_note(key)
        if about and (about in register.tombstones or about not in arrived):
            remedy = "purged" if about in register.tombstones else "not_arrived"
            yield Fault(Kind.LEFT_OVER, key, say("fsck.left_over"), say(f"fsck.remedy.{remedy}", sha256=about))
    for verdict in register.verdicts.values():
        if verdict.sha256 not in register.tombstones and not has_tables(is_there, verdict):
            key = verdict.findings_key if is_kept(is_there, verdict.parsed_key) else verdict.parsed_key
            yield _behind(Kind.MISSING, key, store, verdict, contracts)
    for begun in open_purges(store):
        sha256 = begun.contents[0]
        yield Fault(Kind.LEFT_OVER, purge_key(sha256), say("fsck.open_purge"), say("fsck.remedy.purged", sha256=sha256))
    yield from _gaps([key for key in keys if key.startswith(("register/verdicts/", f"{DECIDED}/", f"{ASKED}/"))])
    named = {table for key in keys if key.startswith("register/verdicts/") for table in _tables_named_in(store, key)}
    named |= {parsed_key(a.sha256, contracts[a.contract_id]) for a in register.arrivals if a.contract_id in contracts}
    for unit, members in groupby((key for key in keys if _folder_of_step(key) in TABLES), _unit):
        if unit not in named:
            yield Fault(Kind.LEFT_OVER, unit, say("fsck.left_over"), say("fsck.remedy.derived_unused"), tuple(members))


def _against_indexes(store: Store, altered: Set[str]) -> Iterator[Fault]:
    """Indexes that would be believed and say what is not so: nothing rests on them, and without them all is read anew."""
    wrong = ["landing"] if not whole_in_landing(store).isdisjoint(altered) else []
    wrong += ["register"] if is_index_wrong(store) else []
    for key in map(index_key, wrong):
        yield Fault(Kind.ALTERED, key, say("fsck.index_wrong"), say("fsck.remedy.derived"), (key,))


def _against_snapshots(store: Store, altered: Collection[str], purged: Collection[str]) -> Iterator[Fault]:
    """Objects of the register that a snapshot names and that are gone, but for those of contents that were removed on purpose."""
    named: set[str] = set()
    for key in store.list("snapshots"):
        if key not in altered:
            head = json.loads(store.get(key))["head"]
            named.update(*head.values())
    for key in sorted(named):
        of_removal = key.startswith("register/purges/") or any(part in purged for part in key.split("/"))
        if not of_removal and not store.exists(key):
            yield Fault(Kind.MISSING, key, say("fsck.missing"), say("fsck.remedy.register"))


def _against_releases(store: Store, altered: Set[str], keys: Collection[str], purged: Collection[str]) -> Iterator[Fault]:
    """Acts that are missing between others, and released editions that are no longer what was released; one that a removal took may be gone."""
    acts = [key for key in keys if key.startswith(f"{RELEASES}/")]
    yield from _gaps(acts)
    if not altered.isdisjoint(acts):
        return
    for key, is_there in altered_since(store):
        if is_there and key not in altered:
            yield Fault(Kind.ALTERED, key, say("fsck.not_as_released"), say("fsck.remedy.released"))
        elif not is_there and not purged:
            yield Fault(Kind.MISSING, key, say("fsck.missing_released"), say("fsck.remedy.released"))


def _gaps(numbered: Collection[str]) -> Iterator[Fault]:
    """Numbers that are missing among the verdicts of a content, what was said of it at the desk, or the acts on a plan's editions."""
    for folder, members in groupby(numbered, lambda key: key.rpartition("/")[0]):
        numbers = {int(key.rpartition("/")[2].removesuffix(".json")) for key in members}
        for number in sorted(set(range(1, max(numbers))) - numbers):
            yield Fault(Kind.MISSING, f"{folder}/{number:06d}.json", say("fsck.missing"), say("fsck.remedy.register"))


def _left(key: str) -> Fault:
    return Fault(Kind.LEFT_OVER, key, say("fsck.unfinished"), say("fsck.remedy.unfinished"), (key,))


def _not_whole(store: Store, kind: Kind, key: str) -> Fault:
    """A damaged or missing object that no verdict points to, by the folder that it lies in."""
    folder = key.partition("/")[0]
    removable = tuple(store.list(_unit(key))) if folder in ("derived", "protocols", "board", CURRENT) else ()
    remedy = "derived_unused" if _folder_of_step(key) in TABLES else "derived" if folder == CURRENT else folder
    remedy = "numbers" if _is_number(key) else remedy
    return Fault(kind, key, say(f"fsck.{kind}"), say(f"fsck.remedy.{remedy}"), removable)


def _behind(kind: Kind, key: str, store: Store, verdict: Verdict, contracts: Mapping[str, Contract]) -> Fault:
    """A table that a standing verdict points to: the same programme makes it again; what another one would read is for people to judge."""
    contract = contracts.get(verdict.contract_id)
    if contract is not None and is_given_alike(verdict, contract):
        return Fault(kind, key, say(f"fsck.{kind}"), say("fsck.remedy.derived"), tuple(store.list(_unit(key))))
    return Fault(kind, key, say(f"fsck.{kind}"), say("fsck.remedy.judge", sha256=verdict.sha256))


def _tables_named_in(store: Store, key: str) -> tuple[str, str]:
    row = json.loads(store.get(key))["verdict"]
    return row["parsed_key"], row["findings_key"]


def _folder_of_step(key: str) -> str:
    """The folder of the step of a derived object, "" for any other."""
    parts = key.split("/")
    return "/".join(parts[:2]) if parts[0] == "derived" and len(parts) > 2 else ""


def _unit(key: str) -> str:
    """What is made and removed as a whole with an object: its folder for a parsed table, a protocol or a board, else itself."""
    parts = key.split("/")
    if parts[0] in ("protocols", "board"):
        return "/".join(parts[:2])
    return "/".join(parts[:3]) if _folder_of_step(key) in TABLES[:2] else key
