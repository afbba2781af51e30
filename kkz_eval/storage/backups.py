"""Backups of a home: every file's content under its digest, once, and a list of files for each backup, from which a home is made again.

    <backups>/contents/<first two digits>/<sha256>   a content, however many files and backups have it
    <backups>/lists/<number>.json                    one backup: the files with digest and size, written last

Belongs here: what is copied, listed, forgotten and put back. Does not belong here: who writes meanwhile (writer), what a content means.
A file that is damaged at home is not taken: the list goes on naming what the backup before had of it. Nor is a file of the inbox that was never landed,
or is no more: it may hold records of persons that nobody has looked for yet, or that it was refused for, or what was purged.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from kkz_eval.model.errors import UserError
from kkz_eval.model.folders import entries_of, is_folder, is_there
from kkz_eval.model.system_errors import reason_of
from kkz_eval.storage.digests import digest_of_bytes
from kkz_eval.storage.listing import PARTIAL
from kkz_eval.storage.seals import content_of
from kkz_eval.storage.store import ON_THIS_MACHINE, Store, sync_folder
from kkz_eval.storage.writer import LOCK

SCHEMA_VERSION = 1
_LISTS, _CONTENTS = "lists", "contents"
_HOME, _HISTORY, _INBOX, _LANDING = "home/", "dagster/", "home/inbox/", "landing"
_SCANS = "home/register/batches/"
"""Where the register keeps what it took in, scan by scan: never changed, never removed."""
_DATABASES = (".db", ".sqlite")
_BESIDE_A_DATABASE = ("-wal", "-shm", "-journal")
"""What SQLite keeps beside a database while it is open; a copy that SQLite makes itself needs none of it."""


@dataclass(frozen=True)
class Backup:
    """One backup. number: from 1, in order; made: day and time; files: digest of the content of each file by its place, `home/…` or
    `contracts/…`; gone: digests of what had been purged by then."""

    number: int
    made: str
    files: Mapping[str, str]
    gone: frozenset[str]


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

    store: of the home, wherever it is: in the backup, its objects are files of the home; inbox: wherever it is, in the home too; gone: digests of what was ever purged: where one is new,
    earlier backups lose all that the home does not have as it is now, for any of it could hold what was purged; made: day and time; keep: so many
    backups stay, 0 for all. Raises UserError where something can't be read or written, and where the newest backup is
    of another home: day by day, this one would take the place of all that are there.
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

    def stays(name: str, digest: str) -> bool:
        return not _is_not_landed(name, digest, inboxes, landed) and (not purged or files.get(name) == digest)

    kept = [
        _only(place, old, {name: digest for name, digest in old.files.items() if stays(name, digest)})
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


def newest_backup(place: Store) -> Backup | None:
    """The newest backup at a place, None where there is none. Raises UserError as backups_in."""
    lists = place.list(_LISTS)
    return _read(place, max(lists)) if lists else None


def _read(place: Store, key: str) -> Backup:
    record = json.loads(place.get(key))
    if record["schema_version"] > SCHEMA_VERSION:
        raise UserError("backup_of_later", key=key, place=place.address)
    return Backup(record["number"], record["made"], record["files"], frozenset(record["gone"]))


def restore_backup(place: Store, number: int | None, store: Store, home: Path, contracts: Path) -> Backup:
    """Make a home and its contracts again from a backup, both or neither; the newest where no number is given.

    store: of the home; an object store gets its objects before the folders come into being, the register last. Cut short at any moment, the same call
    ends it. What a later backup knows as purged does not come back. Raises UserError where there is no such backup, where a content is missing or
    damaged, and where something else is at one of the two places already.
    """
    known = backups_in(place)
    found = known[-1:] if number is None else [one for one in known if one.number == number]
    if not found:
        raise UserError("backup_unknown", place=place.address, known=", ".join(str(one.number) for one in known) or "–")
    backup = found[0]
    purged = frozenset[str]().union(*(one.gone for one in known))
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
    return backup


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
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as source, closing(sqlite3.connect(copy)) as target:
            source.backup(target)
        return copy.read_bytes()


def _inboxes(home: Path, contracts: Path, inbox: Path) -> tuple[str, ...]:
    """How the names of files of the inbox begin in a backup: where it usually is, and where it is by the settings, if that is backed up."""
    beside = ((root, folder.resolve()) for root, folder in (("home", home), ("contracts", contracts)))
    found = inbox.resolve()
    return (_INBOX, *(f"{root}/{found.relative_to(of).as_posix()}/" for root, of in beside if of in found.parents))


def _is_not_landed(name: str, digest: str, inboxes: tuple[str, ...], landed: frozenset[str]) -> bool:
    """Whether a file is one of the inbox that has not come through the screening."""
    return name.startswith(inboxes) and digest not in landed


def _only(place: Store, old: Backup, files: Mapping[str, str]) -> Backup:
    """An earlier backup with these of its files alone."""
    if files == old.files:
        return old
    left = replace(old, files=files)
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


def _content_of(place: Store, digest: str) -> bytes:
    content = place.get(_content_key(digest))
    if digest_of_bytes(content) != digest:
        raise UserError("object_altered", key=_content_key(digest), home=place.address, option=place.option)
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

    Raises UserError where anything lies there that is not of this backup, and where a content is missing or damaged.
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
