"""Objects under keys, written once: put_if_absent, get, list over fsspec. No meaning of the bytes.

Locally an object is complete or absent at every moment: temporary name, fsync, hard link, fsync of the folder.
In an object store its own exclusive creation decides (`pipe_file(mode="create")`, on S3 a put with "If-None-Match: *"); nothing of it is
remembered, no listing and no answer, because another process may have written since. Only what the store calls absent is absent: any other
refusal is a sentence. What is kept carries a seal (seals), and what is got was found to be what was put.
"""

from __future__ import annotations

import errno
import os
import shlex
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Iterable, Mapping, MutableMapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import fsspec
from fsspec.implementations.local import LocalFileSystem

from kkz_eval.model.errors import UserError
from kkz_eval.model.folders import is_there
from kkz_eval.model.system_errors import reason_of
from kkz_eval.storage.digests import digest_of_bytes
from kkz_eval.storage.listing import PARTIAL, files_below, files_below_again, is_unfinished
from kkz_eval.storage.seals import SUMS, content_of, listed_sums, sealed

_TELLING = ("ETag", "etag", "md5", "LastModified", "last_modified", "modified", "mtime", "created")
"""What file systems say of a file that changes with it, by the names that they have for it."""


ON_THIS_MACHINE = ("dagster", "desk", "inbox")
"""Folders of a home that stay in it where an object store keeps all others: what only this machine needs, or only adds lines to."""


@dataclass(frozen=True, eq=False)
class Store:
    """A folder of immutable objects, on this machine or in an object store. Two of the same place are equal, so that what was read of one is known.

    fs: an fsspec file system; root: absolute path in it.
    """

    fs: Any
    root: str

    def __eq__(self, other: object) -> bool:
        """Not by the file system, of which fsspec gives each thread another."""
        return type(other) is type(self) and isinstance(other, Store) and other.place == self.place

    def __hash__(self) -> int:
        return hash(self.place)

    @cached_property
    def place(self) -> tuple[str, str]:
        """Where the objects are: file system with its options, and path. The same for a draft on top of it, which has more."""
        return ("file" if self.is_on_this_machine else self.fs.to_json()), self.root

    @classmethod
    def at(cls, url: str) -> Store:
        """The store at a path of this machine or an fsspec URL such as `s3://bucket/folder`.

        Raises UserError for a kind of URL that nothing here can read.
        """
        try:
            # One request at a time for an object: for several, S3 would be asked for its size before each reading.
            fs, root = fsspec.core.url_to_fs(url, use_listings_cache=False, max_concurrency=1)
        except (
            ValueError,
            ImportError,
            OSError,
        ) as error:  # no such kind, its library is not installed, or it asks its server at once
            raise UserError("storage_unknown", place=url, reason=reason_of(error)) from error
        return cls(fs, str(root).rstrip("/"))

    @property
    def is_on_this_machine(self) -> bool:
        """Whether it is a folder, and no object store."""
        return isinstance(self.fs, LocalFileSystem)

    @property
    def address(self) -> str:
        """Where it is, as people name it: a path, or a URL."""
        return self.root if self.is_on_this_machine else str(self.fs.unstrip_protocol(self.root))

    @property
    def option(self) -> str:
        """What a command needs to be told to mean it, as it stands behind its name: nothing of an object store, which is a setting."""
        return f" --home {shlex.quote(self.root)}" if self.is_on_this_machine else ""

    def put_if_absent(self, key: str, data: bytes) -> bool:
        """Keep `data` under `key` unless something is there; whether it was written now.

        Raises UserError where the place can't be written.
        """
        return self.put_as_kept(key, sealed(key, data))

    def put_as_kept(self, key: str, kept: bytes) -> bool:
        """The same with bytes that are as `kept` gave them, of another store: they have their seal, or are of a time before there were any."""
        path = self._path(key)
        if self.is_on_this_machine:
            return _link_if_absent(Path(path), kept)
        try:
            _asked(lambda: self.fs.pipe_file(path, kept, mode="create"))
        except _refusals() as error:
            # Not every server says why it refuses. Where an answer is lost, the library asks again, and what is there then may be its own.
            if self.exists(key):
                return self.kept(key) == kept
            raise self._not_writable(key, error) from error
        return True

    def restore(self, key: str, data: bytes) -> bool:
        """Keep `data` under `key`, also where something else lies there; whether it was written now.

        Only for a key that is the digest of its content: what else lies there is damage. Raises UserError as put_if_absent.
        """
        if self.exists(key):
            if self.kept(key) == data:
                return False
            self.remove(key)
        return self.put_if_absent(key, data)

    def replace(self, key: str, data: bytes) -> None:
        """Keep `data` under `key` in the place of what is there: whoever reads gets the old or the new. Nothing is written where it is the same.

        Only for pages that lead to what holds now, and for indexes; all else is kept once and for ever. Raises UserError as put_if_absent.
        """
        path, kept = self._path(key), sealed(key, data)
        if self.exists(key) and self.kept(key) == kept:
            return
        try:
            if self.is_on_this_machine:
                _make_folder(Path(path).parent)
                _move_into_place(Path(path), kept)
            else:
                _asked(lambda: self.fs.pipe_file(path, kept))
        except _refusals() as error:
            raise self._not_writable(key, error) from error

    def get(self, key: str) -> bytes:
        """The bytes that were put under `key`. Raises UserError where there are none or others, or they can't be read."""
        return self._kept_and_put(key)[1]

    def get_listed(self, folder: str, name: str) -> bytes:
        """The bytes that were put under a name in a folder whose list of sums, or that of a folder above, tells them from any others. Raises UserError
        as `get`.

        Where no list names it, as in homes of a time before there was one, it is taken as it is.
        """
        return self._listed(folder, name)[1]

    def kept_listed(self, folder: str, name: str) -> bytes:
        """What lies under such a name, with its seal, as the list of sums has it: for whoever compares both. Raises UserError as `get`."""
        return self._listed(folder, name)[0]

    def _listed(self, folder: str, name: str) -> tuple[bytes, bytes]:
        key = f"{folder}/{name}"
        kept, content = self._kept_and_put(key)
        if self._sum_of(folder, name) not in (None, digest_of_bytes(kept)):
            raise self._altered(key)
        return kept, content

    def _sum_of(self, folder: str, name: str) -> str | None:
        """What the nearest list says of a name, in its folder or one above that lists what lies in folders of it; None where none names it."""
        while folder:
            sums = f"{folder}/{SUMS}"
            listed = listed_sums(self.get(sums)).get(name) if self.exists(sums) else None
            if listed is not None:
                return listed
            folder, _, last = folder.rpartition("/")
            name = f"{last}/{name}"
        return None

    def _kept_and_put(self, key: str) -> tuple[bytes, bytes]:
        """What lies under `key`, and what was put there, without its seal. Raises UserError as `get`."""
        kept = self.kept(key)
        content = content_of(key, kept)
        if content is None and not self.is_on_this_machine:
            kept = self.kept(key)  # an answer that was cut off on its way is no damage
            content = content_of(key, kept)
        if content is None:
            raise self._altered(key)
        return kept, content

    def _altered(self, key: str) -> UserError:
        return UserError("object_altered", key=key, home=self.address, option=self.option)

    def kept(self, key: str) -> bytes:
        """The bytes that lie under `key`, with their seal and whatever became of them. Raises UserError where there are none."""
        try:
            path = self._path(key)
            return bytes(self.fs.cat_file(path) if self.is_on_this_machine else _asked(lambda: self.fs.cat_file(path)))
        except FileNotFoundError as error:
            raise UserError("object_missing", key=key, home=self.address, option=self.option) from error
        except _refusals() as error:
            raise self._not_readable(self.address_of(key), error) from error

    def exists(self, key: str) -> bool:
        """Whether an object is kept under `key`. Raises UserError where that can't be told: an error is no "no"."""
        path = self._path(key)
        if self.is_on_this_machine:
            return _is_there(path)
        try:
            # `exists` of most file systems takes any error for "no"; `info` of S3 asks a second time whether it is a folder, `metadata` does not.
            _asked(lambda: getattr(self.fs, "metadata", self.fs.info)(path))
        except FileNotFoundError:
            return False
        except _refusals() as error:
            raise self._not_readable(self.address_of(key), error) from error
        return True

    def unfinished(self) -> list[str]:
        """Keys of all writes that were cut short, sorted: files and whole folders that hold part of an object and are none."""
        return sorted(key for key in self._keys(self.root) if is_unfinished(key))

    def everything(self) -> list[str]:
        """All keys, sorted; unfinished writes are not among them."""
        return sorted(key for key in self._keys(self.root) if not is_unfinished(key))

    def list_again(self, prefix: str) -> list[str]:
        """As `list`, for one process that asks for the same folder again and again: on this machine only what changed since is listed anew."""
        if not self.is_on_this_machine:
            return self.list(prefix)
        start = len(self.root) + 1
        return sorted(path[start:] for path in files_below_again(self._path(prefix)) if not is_unfinished(path))

    def list(self, prefix: str) -> list[str]:
        """Keys below `prefix`, sorted; unfinished writes are not among them. Raises UserError where one of its folders can't be listed."""
        return sorted(key for key in self._keys(self._path(prefix)) if not is_unfinished(key))

    def listed(self, *prefixes: str) -> Callable[[str], bool]:
        """What tells whether an object is kept under a key below these prefixes, for whoever asks of many: the store is asked once."""
        return frozenset(key for prefix in prefixes for key in self.list(prefix)).__contains__

    def has_drafts(self, folder: str) -> bool:
        """Whether anything below a folder is there for this value alone: another of the same place may have something else under the same key."""
        return False

    def marks(self, keys: Collection[str], folders: Collection[str]) -> dict[str, str]:
        """By key what changes with its bytes: size and times on this machine, elsewhere what the file system says of a file when it is listed.

        folders: that hold all of these keys. One that is not there has no mark, nor has any where a file system says no more than a size.
        """
        if self.is_on_this_machine:
            found = {key: _mark_of(self._path(key)) for key in keys}
        else:
            start, listed = len(self.root) + 1, dict[str, str]()
            for folder in folders:
                files = self._found(self._path(folder), detail=True)
                listed |= {str(path)[start:]: _mark_said(about) for path, about in files.items()}
            found = {key: listed.get(key, "") for key in keys}
        return {key: mark for key, mark in found.items() if mark}

    def _keys(self, base: str) -> Iterable[str]:
        start = len(self.root) + 1
        if self.is_on_this_machine:  # fsspec asks for every file's size and dates, which takes ten times as long
            return (path[start:] for path in files_below(base))
        return [str(path)[start:] for path in self._found(base, detail=False)]

    def _found(self, base: str, *, detail: bool) -> Any:
        """What an object store lists below a path, with what it says of each in the detail."""
        try:
            return _asked(lambda: self.fs.find(base, detail=detail))
        except _refusals() as error:  # "not found", too: an object store says so of a bucket, and of no folder
            raise self._not_readable(self.address, error) from error

    def remove(self, key: str) -> None:
        """Take an object, or a write that was cut short, away for good. Nothing happens where there is none.

        Raises UserError where it can't be taken away.
        """
        path = self._path(key)
        if self.is_on_this_machine:
            _take_away(path)
            return
        try:
            with suppress(FileNotFoundError):
                _asked(lambda: self.fs.rm_file(path))
        except _refusals() as error:
            raise self._not_writable(key, error) from error

    def _not_writable(self, key: str, error: Exception) -> UserError:
        code = "storage_not_writable" if self.is_on_this_machine else "object_store_not_writable"
        return UserError(code, place=self.address_of(key), reason=reason_of(error))

    def _not_readable(self, place: str, error: Exception) -> UserError:
        code = "storage_not_readable" if self.is_on_this_machine else "object_store_not_readable"
        return UserError(code, place=place, reason=reason_of(error))

    def address_of(self, key: str) -> str:
        """Where `key` is kept, as people name it: a path, or a URL."""
        self._path(key)
        return f"{self.address}/{key}"

    def _path(self, key: str) -> str:
        # thousands are asked for at once: most need no look at each of their parts
        if key[:1] in ("", "/") or (".." in key and ".." in key.split("/")) or not key.strip("./"):
            raise ValueError(f"not a key: {key!r}")
        return f"{self.root}/{key}"


def may_be_whole(refusal: UserError) -> bool:
    """Whether an object that could not be read may be as it was: where an object store does not answer, or somebody has no right to read it."""
    return refusal.code == "object_store_not_readable" or isinstance(refusal.__cause__, PermissionError)


@dataclass(frozen=True, eq=False)
class DraftStore(Store):
    """A store of which nothing is kept: what is put stays in memory, on top of what another store holds."""

    drafts: MutableMapping[str, bytes] = field(default_factory=dict, repr=False)

    @classmethod
    def over(cls, store: Store, drafts: MutableMapping[str, bytes] | None = None) -> DraftStore:
        """A draft on top of a store, which is only read. drafts: what is to hold what is put, if it need not all stay."""
        return cls(store.fs, store.root, {} if drafts is None else drafts)

    def put_if_absent(self, key: str, data: bytes) -> bool:
        """As in a store, in memory."""
        if self.exists(key):
            return False
        self.drafts[key] = data
        return True

    def put_as_kept(self, key: str, kept: bytes) -> bool:
        """As in a store, in memory, without its seal."""
        return self.put_if_absent(key, content_of(key, kept) or kept)

    def replace(self, key: str, data: bytes) -> None:
        """As in a store, in memory."""
        self.drafts[key] = data

    def _kept_and_put(self, key: str) -> tuple[bytes, bytes]:
        draft = self.drafts.get(key)
        return super()._kept_and_put(key) if draft is None else (sealed(key, draft), draft)

    def exists(self, key: str) -> bool:
        """Whether an object is kept or drafted under `key`."""
        return key in self.drafts or super().exists(key)

    def has_drafts(self, folder: str) -> bool:
        """Whether anything below a folder is a draft."""
        return any(key.startswith(f"{folder}/") for key in tuple(self.drafts))

    def marks(self, keys: Collection[str], folders: Collection[str]) -> dict[str, str]:
        """As in the store; what is drafted has none."""
        return super().marks([key for key in keys if key not in self.drafts], folders)

    def list_again(self, prefix: str) -> list[str]:
        """As `list`."""
        return self._with_drafts(prefix, super().list_again(prefix))

    def _with_drafts(self, prefix: str, kept: list[str]) -> list[str]:
        # all at once: pages that other people read put drafts here meanwhile
        drafted = [key for key in tuple(self.drafts) if key == prefix or key.startswith(f"{prefix}/")]
        return sorted({*kept, *drafted}) if drafted else kept

    def list(self, prefix: str) -> list[str]:
        """Keys below `prefix`, sorted."""
        return self._with_drafts(prefix, super().list(prefix))


def _refusals() -> tuple[type[Exception], ...]:
    """What a file system raises: of an object store, what its libraries say themselves where no server answers, too."""
    libraries = [(sys.modules.get(name), error) for name, error in _ERRORS_OF_LIBRARIES]
    return (OSError, *(getattr(library, error) for library, error in libraries if library is not None))


_ERRORS_OF_LIBRARIES = (("botocore.exceptions", "BotoCoreError"), ("aiohttp", "ClientError"))
"""Of those of S3; they are loaded where a store is there, and nowhere else."""


_PAUSES = (0.1, 0.4, 1.6)
"""Seconds after which an object store is asked again that was busy, did not answer in time or could not be reached."""
_SAYS_SO = (FileNotFoundError, FileExistsError, PermissionError)


def _asked(call: Callable[[], Any]) -> Any:
    """What an object store answers, asked again for a moment where it refuses for no reason of ours: each of our calls may be made twice."""
    for pause in _PAUSES:
        try:
            return call()
        except _SAYS_SO:
            raise
        except _refusals():
            time.sleep(pause)
    return call()


def _mark_of(path: str) -> str:
    """Of a file of this machine; "" where it went meanwhile, or is a link that leads nowhere. Raises UserError where that can't be told."""
    try:
        seen = os.stat(path)
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP):
            return ""
        raise UserError("storage_not_readable", place=path, reason=reason_of(error)) from error
    return f"{seen.st_ino}-{seen.st_size}-{seen.st_mtime_ns}-{seen.st_ctime_ns}"


def _mark_said(about: Mapping[str, object]) -> str:
    """Of a file elsewhere, from what its file system says of it; "" where that is its size alone."""
    told = [str(about[name]) for name in _TELLING if about.get(name) is not None]
    return "-".join([str(about.get("size")), *told]) if told else ""


def _is_there(path: str) -> bool:
    try:
        return is_there(path)
    except OSError as error:
        raise UserError("storage_not_readable", place=path, reason=reason_of(error)) from error


def _take_away(path: str) -> None:
    """Remove a file, a link or a folder that was not finished, so that it does not come back after a power failure."""
    try:
        if is_unfinished(path) and os.path.isdir(path):
            shutil.rmtree(path)
        else:
            os.unlink(path)
        sync_folder(Path(path).parent)
    except FileNotFoundError:
        pass
    except OSError as error:
        raise UserError("storage_not_writable", place=path, reason=reason_of(error)) from error


def put_file_if_absent(path: Path, data: bytes) -> bool:
    """Write a file that people read and keep beside others, unless one is there; whether it was written now.

    As whole as an object of a store, but with the rights of any new file: an object is for its owner alone. Raises UserError where
    the place can't be written.
    """
    return _link_if_absent(path, data, _usual_rights())


def replace_file(path: Path, data: bytes) -> None:
    """Write a file that people read in place of one that may be there: that one or the new one is there at every moment. Raises OSError."""
    _move_into_place(path, data, _usual_rights())


def _usual_rights() -> int:
    umask = os.umask(0)
    os.umask(umask)
    return 0o666 & ~umask


def _link_if_absent(path: Path, data: bytes, mode: int = 0o600) -> bool:
    try:
        if is_there(path):
            return False
        _make_folder(path.parent)
        temporary = _draft_beside(path, data, mode)
        try:
            os.link(temporary, path)
        except FileExistsError:
            return False
        finally:
            os.unlink(temporary)
        _sync_link(path)
    except OSError as error:
        raise UserError("storage_not_writable", place=str(path.parent), reason=reason_of(error)) from error
    return True


def _make_folder(folder: Path) -> None:
    """Make a folder and those above it, each of them synced into the one that it lies in: else a power failure takes what is put there with it."""
    missing = []
    while not is_there(folder):
        missing.append(folder)
        folder = folder.parent
    for new in reversed(missing):
        new.mkdir(exist_ok=True)  # another process may be making it, too
        sync_folder(new.parent)


def _sync_link(path: Path) -> None:
    """Sync the folder of a new file; where that fails, the file goes again: nobody may find it and rely on what the disk may not have."""
    try:
        sync_folder(path.parent)
    except OSError:
        os.unlink(path)
        raise


def _draft_beside(path: Path, data: bytes, mode: int) -> str:
    """A whole file under a temporary name in the folder of `path`; nothing is left where it can't be written."""
    handle, temporary = tempfile.mkstemp(prefix=PARTIAL, dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
    except BaseException:
        os.unlink(temporary)
        raise
    return temporary


def _move_into_place(path: Path, data: bytes, mode: int = 0o600) -> None:
    temporary = _draft_beside(path, data, mode)
    try:
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Let the disk have the names that lie in a folder. Raises OSError where it does not."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
