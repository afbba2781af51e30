"""Removing a content for good, as the law may want: the one exception to "nothing is overwritten".

It is one act, though it takes many steps: what is to go and why is written first, and until the end no run begins (`require_no_open_purge`);
the tombstones come last. Cut short at any moment, the same call ends it. What was computed from a content can't be told apart by name: all
derived objects go but those that verdicts of other contents name; the next run computes them again from what is left.
"""

from __future__ import annotations

import re
import shlex
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path

from kkz_eval.deliveries import say
from kkz_eval.deliveries.municipal.returned import Returned
from kkz_eval.deliveries.register.inbox import content_in, files_if_inbox
from kkz_eval.deliveries.register.intake import landing_key
from kkz_eval.deliveries.register.noted import keys_noted_about
from kkz_eval.deliveries.register.register import (
    Purge,
    Register,
    SpokenOf,
    begin_purge,
    end_purge,
    keys_about,
    open_purges,
    read_register,
    returned_protocols,
    verdicts_but_of,
)
from kkz_eval.model.errors import UserError
from kkz_eval.storage.digests import digest_of_bytes
from kkz_eval.storage.seals import content_of
from kkz_eval.storage.store import Store

SOURCES = "sources.json"
"""Beside a report: digests of all deliveries that were accepted when it was made."""

NUMBERS = "editions"
"""Folder beside the editions of a plan's report: the number and day of each. It names no value of anybody and stays, so that no number is given twice."""

_DIGEST = re.compile(r"[0-9a-f]{64}")
_EDITION = 3  # so many parts of a key name the folder of an edition; what lies in folders of it is part of it
_PROTOCOLS, _REPORTS, _BOARD, _CURRENT, _DERIVED = "protocols", "reports", "board", "aktuell", "derived"


class Holding(StrEnum):
    """What holds something of a content, and goes with it: how it is counted."""

    CONTENT = "content"  # files as delivered, marked copies of them among these
    NOTED = "noted"  # questions, answers and decisions
    VERDICT = "verdict"
    DERIVED = "derived"  # tables and whatever else is computed
    PROTOCOL = "protocol"  # pages and files of single deliveries
    BOARD = "board"  # pages and files of the board, and what leads to them
    REPORT = "report"  # editions of reports, and folders of pictures: counted by folder


@dataclass(frozen=True)
class Purged:
    """What was removed. names: of all arrivals of it; counts: of what went now.

    copies: digests of the marked copies of it that had come back, removed with it; in_inbox: files of the inbox that still hold any of it;
    original: digest of the content that it is a marked copy of, which holds the same values and stays; "" for none.
    """

    sha256: str
    names: tuple[str, ...]
    counts: Mapping[Holding, int]
    copies: tuple[str, ...]
    in_inbox: tuple[str, ...]
    original: str


def purge(store: Store, inbox: Path, sha256: str, reason: str, today: date) -> Purged:
    """Remove a content, and the marked copies of it that came back, from all that is kept; one that was cut short is ended.

    The caller is the only writer. Raises UserError where the digest is not complete or nothing of it was ever kept, and for an empty reason.
    """
    digest = sha256.strip().lower()
    if not _DIGEST.fullmatch(digest):
        raise UserError("purge_digest", package=say.package, value=sha256)
    if not reason.strip():
        raise UserError("purge_reason", package=say.package)
    register = read_register(store)
    arrived = digest in {arrival.sha256 for arrival in register.arrivals}
    if not arrived and digest not in register.tombstones and not store.exists(landing_key(digest)):
        raise UserError("purge_unknown", package=say.package, value=digest)
    intended = _begun(store, digest) or _intended(store, digest, reason.strip(), today)
    in_inbox = _in_inbox(inbox, intended.contents)  # before anything goes: no error of it may hide that all the rest has gone
    begun = begin_purge(store, intended)
    removed = list[tuple[Holding, str]]()
    for holding, key in _doomed(store, begun):
        if store.exists(key):
            store.remove(key)
            removed.append((holding, key))
    end_purge(store, begun)
    return Purged(
        digest,
        tuple(sorted({arrival.name for arrival in register.arrivals if arrival.sha256 in begun.contents})),
        _counted(removed),
        begun.contents[1:],
        in_inbox,
        begun.original,
    )


def would_go(store: Store, sha256: str, today: date) -> Mapping[Holding, int]:
    """What `purge` would remove with a content now. Nothing is changed. Raises UserError where the disk fails."""
    doomed = _doomed(store, _intended(store, sha256, "", today))
    return _counted([(holding, key) for holding, key in doomed if store.exists(key)])


def _counted(objects: Collection[tuple[Holding, str]]) -> Mapping[Holding, int]:
    """How many of each kind there are, in the order of the kinds; of reports the folders."""
    reports = {"/".join(key.split("/")[:_EDITION]) for holding, key in objects if holding == Holding.REPORT}
    counts = Counter(holding for holding, _ in objects if holding != Holding.REPORT) + Counter({Holding.REPORT: len(reports)})
    return {holding: counts[holding] for holding in Holding if counts[holding]}


def require_no_open_purge(store: Store) -> None:
    """Raises UserError while a removal is not at its end: what it has left must not be read, and nothing be made of it."""
    for begun in open_purges(store):
        raise UserError(
            "purge_open",
            package=say.package,
            sha256=begun.contents[0],
            date=begun.date,
            reason=begun.reason,
            asked=shlex.quote(begun.reason),
            option=store.option,
        )


def _begun(store: Store, sha256: str) -> Purge | None:
    """A removal of a content that was cut short."""
    return next((one for one in open_purges(store) if one.contents[0] == sha256), None)


def _intended(store: Store, sha256: str, reason: str, today: date) -> Purge:
    returned = returned_protocols(store)
    register = read_register(store)
    contents = (sha256, *sorted(_copies_of(sha256, returned)))
    original = returned[sha256].original if sha256 in returned else ""
    left = "" if original in register.tombstones else original
    return Purge(contents, reason, today.isoformat(), left, _spoken_of(register, contents))


def _spoken_of(register: Register, contents: Collection[str]) -> SpokenOf:
    """The contracts, units and years of these contents: no data of anybody, and needed to ask for them again."""
    years: dict[tuple[str, str], set[int]] = {}
    for (sha256, contract_id), verdict in register.verdicts.items():
        if sha256 in contents:
            for part in verdict.slices:
                years.setdefault((contract_id, part.unit_id), set()).add(part.year)
    return tuple((contract_id, unit, tuple(sorted(of))) for (contract_id, unit), of in sorted(years.items()))


def _copies_of(sha256: str, returned: Mapping[str, Returned]) -> set[str]:
    """The marked copies of a content that came back, and those of them in turn: all hold its values."""
    found: set[str] = set()
    while more := {copy for copy, one in returned.items() if one.original in {sha256, *found}} - found:
        found |= more
    return found - {sha256}


def _doomed(store: Store, begun: Purge) -> Iterator[tuple[Holding, str]]:
    """All that goes, in an order in which nothing that is left points to what has gone, and the rest is found again."""
    contents = begun.contents
    reports = _reports_with(store, contents)
    of = {
        Holding.NOTED: keys_noted_about(store, contents, begun.spoke_of),
        Holding.VERDICT: keys_about(store, contents),
        Holding.CONTENT: [landing_key(sha256) for sha256 in contents],
    }
    yield from ((holding, key) for holding, keys in of.items() for key in keys)
    yield from ((Holding.DERIVED, key) for key in _derived(store, contents))
    yield from ((Holding.PROTOCOL, key) for key in _protocols(store, contents))
    yield from ((Holding.BOARD, key) for key in (*store.list(_BOARD), *store.list(_CURRENT)))  # they lead there, and name files
    yield from ((Holding.REPORT, key) for folder in reports for key in store.list(folder))
    yield from ((Holding.DERIVED, key) for key in store.unfinished())


def _derived(store: Store, contents: Collection[str]) -> list[str]:
    kept = {key for verdict in verdicts_but_of(store, contents) for key in (verdict.parsed_key, verdict.findings_key)}
    return [key for key in store.list(_DERIVED) if key not in kept and key.rpartition("/")[0] not in kept]


def _protocols(store: Store, contents: Collection[str]) -> list[str]:
    """All of every folder whose page names one of the contents, or that has no sound page; the page last, for it says whose folder it is."""
    doomed: list[str] = []
    folders: dict[str, list[str]] = {}
    for key in store.list(_PROTOCOLS):
        folders.setdefault(key.rpartition("/")[0], []).append(key)
    for keys in folders.values():
        pages = [key for key in keys if key.endswith(".html")]
        texts = [_sound(store, page) for page in pages] or [None]
        if any(text is None or sha256.encode() in text for text in texts for sha256 in contents):
            doomed += [*(key for key in keys if key not in pages), *pages]
    return doomed


def _reports_with(store: Store, contents: Collection[str]) -> list[str]:
    """Folders of reports whose list of deliveries names one of the contents, or that have no such list, and all kept pictures."""
    folders = sorted({"/".join(key.split("/")[:_EDITION]) for key in store.list(_REPORTS)})
    return [folder for folder in folders if not folder.endswith(f"/{NUMBERS}") and not _is_free_of(store, folder, contents)]


def _is_free_of(store: Store, folder: str, contents: Collection[str]) -> bool:
    listed = _sound(store, f"{folder}/{SOURCES}")
    return listed is not None and not any(sha256.encode() in listed for sha256 in contents)


def _sound(store: Store, key: str) -> bytes | None:
    """The object under a key; None where it is not there or damaged, and may have named anything. Raises UserError where the disk fails: what lies
    there may be sound, and a removal that is not at its end is ended by the next call."""
    return content_of(key, store.kept(key)) if store.exists(key) else None


def _in_inbox(inbox: Path, contents: Collection[str]) -> tuple[str, ...]:
    found = []
    for name in files_if_inbox(inbox) or ():
        data = content_in(inbox, name)  # what can't be read can't be taken in either
        if isinstance(data, bytes) and digest_of_bytes(data) in contents:
            found.append(name)
    return tuple(found)
