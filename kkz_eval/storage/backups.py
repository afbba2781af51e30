"""Backups of a home: every file's content under its digest, once, and a list of files for each backup, from which a home is made again.

    <backups>/contents/<first two digits>/<sha256>   a content, however many files and backups have it
    <backups>/lists/<number>.json                    one backup: the files with digest and size, written last

Belongs here: what is copied, listed, forgotten, looked over and put back. Does not belong here: who writes meanwhile (writer), what a content means.
A file that is damaged at home is not taken: the list goes on naming what the backup before had of it. Nor is a file of the inbox that was never landed,
or is no more: it may hold records of persons that nobody has looked for yet, or that it was refused for, or what was purged.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import sqlite3
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping, Set
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path
from sys import intern
from typing import Any, cast

from kkz_eval.model import say
from kkz_eval.model.errors import UserError
from kkz_eval.model.folders import entries_of, is_folder, is_there
from kkz_eval.model.system_errors import reason_of
from kkz_eval.model.texts import Localised, spans
from kkz_eval.storage.digests import digest_of_bytes
from kkz_eval.storage.listing import PARTIAL
from kkz_eval.storage.seals import content_of
from kkz_eval.storage.store import ON_THIS_MACHINE, Store, may_be_whole, sync_folder
from kkz_eval.storage.writer import LOCK, is_read_only

SCHEMA_VERSION = 1
_LISTS, _CONTENTS = "lists", "contents"
_HOME, _HISTORY, _INBOX, _LANDING = "home/", "dagster/", "home/inbox/", "landing"
_SCANS = "home/register/batches/"
"""Where the register keeps what it took in, scan by scan: never changed, never removed."""
_HOLDS_NOTHING_DELIVERED = re.compile(r"contracts/([^/]+\.yaml|plans/[^/]+\.(yaml|lock)|reference/[^/]+\.csv)|home/desk/.*")
"""Places of files that rest on no delivery and quote none, so that no removal concerns them."""
_DECISIONS = re.compile(r"contracts/(waivers|corrections)/[^/]+\.yaml")
"""They quote the values that they are about."""
_OF_A_LIST = frozenset({"schema_version", "number", "made", "files", "gone"})
_DATABASES = (".db", ".sqlite")
_BESIDE_A_DATABASE = ("-wal", "-shm", "-journal")
"""What SQLite keeps beside a database while it is open; a copy that SQLite makes itself needs none of it."""


@dataclass(frozen=True)
class Backup:
    """One backup. number: from 1, in order; made: day and time; files: digest of the content of each file by its place, `home/…` or
    `contracts/…`; gone: digests of what had been purged by then.

    lost: so many files left it with later removals, for any of them could hold what was purged; lost_decisions: places of those
    of them that hold a decision. Backups taken before 0.9.0 do not know either.
    """

    number: int
    made: str
    files: Mapping[str, str]
    gone: frozenset[str]
    lost: int = 0
    lost_decisions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Made:
    """What a backup took. copied: contents that no backup had; bytes: their size; damaged: places that were not taken as they are;
    forgotten: contents that are in no backup any more; waiting: files of the inbox that were not taken."""

    backup: Backup
    copied: int
    bytes: int
    damaged: tuple[str, ...]
    forgotten: int
    waiting: int


def make_backup(
    place: Store, store: Store, home: Path, contracts: Path, inbox: Path, gone: Iterable[str], made: str, keep: int
) -> Made:
    """Take a backup of a home and the contracts it is judged by; nothing else may write in them meanwhile.

    store: of the home, wherever it is: in the backup, its objects are files of the home; inbox: wherever it is, in the home too; gone: digests of what was
    ever purged: where one is new, earlier backups lose all that the home does not have as it is now, for any of it could hold what was purged, but for
    what rests on no delivery; made: day and time; keep: so many backups stay, 0 for all. Raises UserError where something can't be read or written, and
    where the newest backup is of another home: day by day, this one would take the place of all that are there.
    """
    earlier = backups_in(place)
    before = earlier[-1].files if earlier else {}
    if _is_of_another(before, store):
        raise UserError("backup_of_other", place=place.address, home=home, made=earlier[-1].made)
    files, damaged, copied, size, waiting = dict[str, str](), list[str](), 0, 0, 0
    landed, inboxes = frozenset(key.rpartition("/")[2] for key in store.list(_LANDING)), _inboxes(home, contracts, inbox)
    for name, content in _files(store, home, contracts):
        digest = digest_of_bytes(content)
        if _is_not_landed(name, digest, inboxes, landed):
            waiting += 1
            continue
        if _is_object(name) and not name.startswith(inboxes) and content_of(name.removeprefix(_HOME), content) is None:
            damaged.append(name)
            if name in before:
                files[name] = before[name]
            continue
        files[name] = digest
        if place.put_if_absent(_content_key(digest), content):
            copied, size = copied + 1, size + len(content)
    number = earlier[-1].number + 1 if earlier else 1
    backup = Backup(number, made, files, frozenset(gone))
    purged = bool(earlier) and not backup.gone <= earlier[-1].gone

    def goes_with_removals(name: str, digest: str) -> bool:
        return purged and files.get(name) != digest and not _HOLDS_NOTHING_DELIVERED.fullmatch(name)

    kept = [
        _without(
            place,
            old,
            unscreened={name for name, digest in old.files.items() if _is_not_landed(name, digest, inboxes, landed)},
            removed={name for name, digest in old.files.items() if goes_with_removals(name, digest)},
        )
        for old in (earlier if keep == 0 else earlier[max(0, len(earlier) - keep + 1) :])
    ]
    if not place.put_if_absent(_list_key(number), _record_of(backup)):
        raise UserError("backup_meanwhile", place=place.address)
    for old in earlier:
        if old.number not in {one.number for one in kept}:
            place.remove(_list_key(old.number))
    return Made(backup, copied, size, tuple(damaged), _forget(place, [*kept, backup]), waiting)


def _is_of_another(files: Mapping[str, str], store: Store) -> bool:
    """Whether nothing that had come in by a backup has come in at the home of a store; what is damaged there did."""
    scans = [(name.removeprefix(_HOME), digest) for name, digest in files.items() if name.startswith(_SCANS)]
    here = ((key, store.kept(key), digest) for key, digest in scans if store.exists(key))
    return bool(scans) and not any(digest_of_bytes(kept) == digest or content_of(key, kept) is None for key, kept, digest in here)


def backups_in(place: Store) -> list[Backup]:
    """All backups at a place, the oldest first. Raises UserError for a list that is damaged or of a later version."""
    return [_read(place, key) for key in place.list(_LISTS)]


def newest_made(place: Store) -> str | None:
    """When the newest backup at a place was made, None where there is none. Raises UserError as backups_in.

    A list of a large home has millions of bytes: as long as it is the one that was read last, it is not read again.
    """
    lists = place.list(_LISTS)
    if not lists:
        return None
    key = max(lists)
    mark = place.marks([key], [_LISTS]).get(key)
    return _read(place, key).made if mark is None else _made(place, key, mark)


@lru_cache(maxsize=1)
def _made(place: Store, key: str, mark: str) -> str:
    """When a backup was made, by what changes with its list."""
    return _read(place, key).made


def _read(place: Store, key: str) -> Backup:
    record = _record_in(place, key)
    if record["schema_version"] > SCHEMA_VERSION:
        raise UserError("backup_of_later", key=key, place=place.address)
    lost = record.get("lost", 0), tuple(record.get("lost_decisions", ()))
    files = {
        intern(name): intern(digest) for name, digest in record["files"].items()
    }  # most are those of other lists, too, which hold thousands
    return Backup(record["number"], record["made"], files, frozenset(record["gone"]), *lost)


def _record_in(place: Store, key: str) -> dict[str, Any]:
    try:
        record = json.loads(place.get(key))
    except UserError as error:
        if error.code != "object_altered":
            raise
        record = {}
    if not record.keys() >= _OF_A_LIST:
        raise UserError("backup_list_altered", key=key, place=place.address)
    return cast("dict[str, Any]", record)


@dataclass(frozen=True)
class Damage:
    """A content of backups that is not what was kept, or not there. key: at their place; names: places of the files that have it, sorted; numbers: of the
    backups that name it."""

    is_missing: bool
    key: str
    names: tuple[str, ...]
    numbers: tuple[int, ...]


@dataclass(frozen=True)
class LookedOver:
    """What lies at a place of backups, against its digests. place: its address; backups: all whose list can be read, the oldest first; lists: what is wrong
    with the others; contents: so many were read; altered, missing: digests of those that are not what was kept, or not there."""

    place: str
    backups: tuple[Backup, ...]
    lists: tuple[UserError, ...]
    contents: int
    altered: frozenset[str]
    missing: frozenset[str]

    @property
    def is_whole(self) -> bool:
        """Whether every backup can be restored as it was taken."""
        return not self.lists and all(self.said_of(one) is None for one in self.backups)

    def said_of(self, backup: Backup) -> Localised | None:
        """What is wrong with a backup, None where it is whole."""
        altered = sum(digest in self.altered for digest in backup.files.values())
        missing = sum(digest in self.missing for digest in backup.files.values())
        if not altered and not missing:
            return None
        of = {"number": backup.number, "made": backup.made, "place": self.place, "files": len(backup.files)}
        return say("backup.not_whole", **of, altered=altered, missing=missing)

    @property
    def damages(self) -> tuple[Damage, ...]:
        """Each content that is not as it should be and that a backup names, by its digest."""
        found: dict[str, tuple[set[str], set[int]]] = {}
        for backup in self.backups:
            for name, digest in backup.files.items():
                if digest in self.altered or digest in self.missing:
                    names, numbers = found.setdefault(digest, (set(), set()))
                    names.add(name)
                    numbers.add(backup.number)
        return tuple(
            Damage(digest in self.missing, _content_key(digest), tuple(sorted(names)), tuple(sorted(numbers)))
            for digest, (names, numbers) in sorted(found.items())
        )


def look_over_backups(place: Store) -> LookedOver:
    """Read every list at a place of backups, and every content that one names, against its digest. Nothing is changed.

    A backup that is taken or goes meanwhile is none of them. Raises UserError where there is no backup, and where a place can't be read.
    """
    begun, _ = _lists_in(place)
    found = _looked_over(place, begun)
    now, unreadable = _lists_in(place)
    if not now and not unreadable:
        raise UserError("backup_none", place=place.address)
    numbers = {one.number for one in begun}
    stayed = tuple(one for one in now if one.number in numbers)
    return replace(found, backups=stayed, lists=unreadable) if stayed or not now else look_over_backups(place)


def _lists_in(place: Store) -> tuple[tuple[Backup, ...], tuple[UserError, ...]]:
    """The backups whose list can be read, and what is wrong with the other lists."""
    backups, unreadable = list[Backup](), list[UserError]()
    for key in place.list(_LISTS):
        try:
            backups.append(_read(place, key))
        except UserError as error:
            if error.code not in ("backup_list_altered", "object_missing"):
                raise
            if (
                error.code == "backup_list_altered"
            ):  # else it went since it was listed, as the oldest does when another backup is taken
                unreadable.append(error)
    return tuple(backups), tuple(unreadable)


def _looked_over(place: Store, backups: Collection[Backup]) -> LookedOver:
    """The contents of these backups against their digests."""
    digests = frozenset(digest for backup in backups for digest in backup.files.values())
    altered, missing = set[str](), set[str]()
    for digest in sorted(digests):
        try:
            _content_of(place, digest)
        except _NotAsKept as error:
            (missing if error.is_missing else altered).add(digest)
    return LookedOver(place.address, tuple(backups), (), len(digests), frozenset(altered), frozenset(missing))


def restore_backup(place: Store, number: int | None, store: Store, home: Path, contracts: Path) -> Backup:
    """Make a home and its contracts again from a backup, both or neither; the newest where no number is given.

    store: of the home; an object store gets its objects before the folders come into being, the register last. Cut short at any moment, the same call
    ends it. What a later backup knows as purged does not come back. Raises UserError where there is no such backup, where a content is missing or
    damaged, and where something else is at one of the two places already.
    """
    known = backups_in(place)
    found = known[-1:] if number is None else [one for one in known if one.number == number]
    if not found:
        raise UserError("backup_unknown", place=place.address, known=spans(one.number for one in known) or "–")
    try:
        _restore(place, found[0], frozenset[str]().union(*(one.gone for one in known)), store, home, contracts)
    except _NotAsKept as error:
        looked = _looked_over(place, found)
        if error.digest not in looked.missing:  # a disk that fails now and then may have read it at the second look
            looked = replace(looked, altered=looked.altered | {error.digest})
        raise UserError("restore_not_whole", what=looked.said_of(found[0]), place=shlex.quote(place.address)) from error
    return found[0]


def _restore(place: Store, backup: Backup, purged: Set[str], store: Store, home: Path, contracts: Path) -> None:
    files = {name: digest for name, digest in backup.files.items() if digest not in purged}
    if not store.is_on_this_machine:
        objects = {name.removeprefix(_HOME): digest for name, digest in files.items() if _is_object(name)}
        files = {name: digest for name, digest in files.items() if not _is_object(name)}
        _put_into(store, place, objects)
    wanted = {target: _below(root, files) for root, target in (("contracts/", contracts), (_HOME, home))}
    drafts: dict[Path, Path] = {}
    try:
        for target, of in wanted.items():
            if _is_free(target, of):
                drafts[target] = _draft(target)
                _put_all_back(place, of, drafts[target])
        for target, draft in drafts.items():  # the home last: with it, all is there
            os.replace(draft, target)  # over an empty folder
            sync_folder(target.parent)
    except OSError as error:
        raise UserError("storage_not_writable", place=str(home), reason=reason_of(error)) from error
    finally:
        for draft in drafts.values():
            shutil.rmtree(draft, ignore_errors=True)


def _below(root: str, files: Mapping[str, str]) -> dict[str, str]:
    return {name.removeprefix(root): digest for name, digest in files.items() if name.startswith(root)}


def _put_all_back(place: Store, files: Mapping[str, str], folder: Path) -> None:
    """Make these files, by name and digest, and let the disk have them. Raises OSError where it does not."""
    for name, digest in sorted(files.items()):
        _put_back(place, digest, folder / name)
    for below, _, _ in os.walk(folder, onerror=_raised):
        sync_folder(Path(below))


def _is_free(target: Path, files: Mapping[str, str]) -> bool:
    """Whether nothing is at a place; False where just these files are. Raises UserError where there is anything else."""
    try:
        if not is_there(target) or (is_folder(target) and not entries_of(str(target))):
            return True
    except OSError as error:
        raise UserError("storage_not_readable", place=str(target), reason=reason_of(error)) from error
    there = Store.at(str(target))
    if not is_folder(target) or sorted(there.everything()) != sorted(files):
        raise UserError("restore_there", place=str(target))
    if any(digest_of_bytes(there.kept(name)) != digest for name, digest in files.items()):
        raise UserError("restore_there", place=str(target))
    return False


def _raised(error: OSError) -> None:
    raise error


def _files(kept: Store, home: Path, contracts: Path) -> Iterator[tuple[str, bytes]]:
    """The place and content of each file that belongs into a backup, those of a database as SQLite itself copies it."""
    if not kept.is_on_this_machine:
        yield from ((f"{_HOME}{key}", kept.kept(key)) for key in kept.everything())
    for root, folder in (("home", home), ("contracts", contracts)):
        store = Store.at(str(folder))
        for key in store.everything():
            if root == "home" and not kept.is_on_this_machine and _is_object(f"{_HOME}{key}"):
                continue  # of a time before the object store
            if key == LOCK or (key.startswith(_HISTORY) and key.endswith(_BESIDE_A_DATABASE)):
                continue
            is_database = key.startswith(_HISTORY) and key.endswith(_DATABASES)
            yield f"{root}/{key}", _of_database(folder / key) if is_database else store.kept(key)


def _of_database(file: Path) -> bytes:
    """A database as it is at one moment, whoever writes in it. Raises UserError where it can't be read."""
    try:
        return _copied_by_sqlite(file)
    except sqlite3.Error as error:
        raise UserError("history_not_writable", place=str(file.parent), reason=reason_of(error)) from error
    except OSError as error:
        raise UserError("storage_not_writable", place=tempfile.gettempdir(), reason=reason_of(error)) from error


def _copied_by_sqlite(file: Path) -> bytes:
    with tempfile.TemporaryDirectory(prefix="kkz-backup-") as folder:
        copy = Path(folder) / "copy"
        if is_read_only(file.parent):  # SQLite can't open what was being written there, only a copy of all of it
            file = _with_all_beside(file, Path(folder) / "as-it-is")
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as source, closing(sqlite3.connect(copy)) as target:
            source.backup(target)
        return copy.read_bytes()


def _with_all_beside(file: Path, folder: Path) -> Path:
    """A database copied into a new folder, with all that SQLite keeps beside it; nobody may write in it meanwhile."""
    folder.mkdir()
    for one in (file, *(file.with_name(f"{file.name}{end}") for end in _BESIDE_A_DATABASE)):
        if is_there(one):
            shutil.copyfile(one, folder / one.name)
    return folder / file.name


def _inboxes(home: Path, contracts: Path, inbox: Path) -> tuple[str, ...]:
    """How the names of files of the inbox begin in a backup: where it usually is, and where it is by the settings, if that is backed up."""
    beside = ((root, folder.resolve()) for root, folder in (("home", home), ("contracts", contracts)))
    found = inbox.resolve()
    return (_INBOX, *(f"{root}/{found.relative_to(of).as_posix()}/" for root, of in beside if of in found.parents))


def _is_not_landed(name: str, digest: str, inboxes: tuple[str, ...], landed: frozenset[str]) -> bool:
    """Whether a file is one of the inbox that has not come through the screening."""
    return name.startswith(inboxes) and digest not in landed


def _without(place: Store, old: Backup, *, unscreened: Set[str], removed: Set[str]) -> Backup:
    """An earlier backup without files that are in none, and without those that go with removals, of which it says so."""
    if not unscreened and not removed:
        return old
    left = replace(
        old,
        files={name: digest for name, digest in old.files.items() if name not in unscreened and name not in removed},
        lost=old.lost + len(removed - unscreened),
        lost_decisions=(*old.lost_decisions, *sorted(filter(_DECISIONS.fullmatch, removed))),
    )
    place.replace(_list_key(old.number), _record_of(left))
    return left


def _record_of(backup: Backup) -> bytes:
    record = {"schema_version": SCHEMA_VERSION, **asdict(backup), "gone": sorted(backup.gone)}
    return json.dumps(record, ensure_ascii=False, sort_keys=True).encode()


def _forget(place: Store, kept: Iterable[Backup]) -> int:
    """Remove contents that no backup names; their number."""
    named = {_content_key(digest) for backup in kept for digest in backup.files.values()}
    left = [key for key in place.list(_CONTENTS) if key not in named]
    for key in [*left, *place.unfinished()]:
        place.remove(key)
    return len(left)


def _draft(target: Path) -> Path:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(prefix=PARTIAL, dir=target.parent))
    except OSError as error:
        raise UserError("storage_not_writable", place=str(target.parent), reason=reason_of(error)) from error


class _NotAsKept(Exception):
    """A content of a backup is not what was kept, or is not there."""

    def __init__(self, digest: str, *, is_missing: bool) -> None:
        super().__init__(digest)
        self.digest, self.is_missing = digest, is_missing


def _content_of(place: Store, digest: str) -> bytes:
    """A content of a backup. Raises _NotAsKept for one that is not there, is another or can't be read by the disk, and UserError where an object store
    does not answer or somebody has no right to read it: it is as it was."""
    try:
        content = place.kept(_content_key(digest))
    except UserError as error:
        if may_be_whole(error):
            raise
        raise _NotAsKept(digest, is_missing=error.code == "object_missing") from error
    if digest_of_bytes(content) != digest:
        raise _NotAsKept(digest, is_missing=False)
    return content


def _put_back(place: Store, digest: str, file: Path) -> None:
    content = _content_of(place, digest)
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())


def _is_object(name: str) -> bool:
    """Whether a file of a backup belongs into the object store of a home, where it has one."""
    return name.startswith(_HOME) and name.removeprefix(_HOME).partition("/")[0] not in ON_THIS_MACHINE


def _put_into(store: Store, place: Store, objects: Mapping[str, str]) -> None:
    """Put the objects of a backup into an object store, the register last: cut short, it knows of no delivery yet.

    Raises UserError where anything lies there that is not of this backup.
    """
    if not set(store.everything()) <= objects.keys():
        raise UserError("restore_there", place=store.address)
    for key, digest in sorted(objects.items(), key=lambda item: (item[0].startswith("register/"), item[0])):
        content = _content_of(place, digest)
        if not store.put_as_kept(key, content) and store.kept(key) != content:
            raise UserError("restore_there", place=store.address_of(key))


def _content_key(digest: str) -> str:
    return f"{_CONTENTS}/{digest[:2]}/{digest}"


def _list_key(number: int) -> str:
    return f"{_LISTS}/{number:06d}.json"
