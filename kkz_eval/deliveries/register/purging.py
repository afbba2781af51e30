"""Removing a content for good, as the law may want: the one exception to "nothing is overwritten". A tombstone stays.

What was computed from it can't be told apart by name: all derived objects go but those that verdicts of other contents name;
the next run computes them again from what is left.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from kkz_eval.deliveries import say
from kkz_eval.deliveries.register.inbox import content_in, inbox_files
from kkz_eval.deliveries.register.intake import landing_key
from kkz_eval.deliveries.register.register import Tombstone, keys_about, read_register, record_tombstone, returned_protocols
from kkz_eval.model.errors import UserError
from kkz_eval.storage.digests import digest_of_bytes
from kkz_eval.storage.store import Store

SOURCES = "sources.json"
"""Beside a report: digests of all deliveries that were accepted when it was made."""

_DIGEST = re.compile(r"[0-9a-f]{64}")
_PROTOCOLS, _REPORTS, _BOARD, _DERIVED = "protocols", "reports", "board", "derived"


@dataclass(frozen=True)
class Purged:
    """What was removed. objects: number of them; reports: folders of reports that rested on the content or may have.

    in_inbox: files of the inbox that still hold it; copies: digests of other contents that are marked copies of it, or of which
    it is one, and hold the same values; they stay until they are removed on purpose.
    """

    sha256: str
    names: tuple[str, ...]
    objects: int
    reports: tuple[str, ...]
    in_inbox: tuple[str, ...]
    copies: tuple[str, ...]


def purge(store: Store, inbox: Path, sha256: str, reason: str, today: date) -> Purged:
    """Remove a content from landing, register, tables, protocols, board and reports; a purge that was cut short is completed.

    Raises UserError where the digest is not complete or nothing of it was ever kept, and for an empty reason.
    """
    digest = sha256.strip().lower()
    if not _DIGEST.fullmatch(digest):
        raise UserError("purge_digest", package=say.package, value=sha256)
    if not reason.strip():
        raise UserError("purge_reason", package=say.package)
    register = read_register(store)
    names = tuple(sorted({arrival.name for arrival in register.arrivals if arrival.sha256 == digest}))
    if not names and digest not in register.tombstones and not store.exists(landing_key(digest)):
        raise UserError("purge_unknown", package=say.package, value=digest)
    copies = _copies(store, digest)
    record_tombstone(store, Tombstone(digest, reason.strip(), today.isoformat()))
    reports = _reports_with(store, digest)
    doomed = [
        *_derived(store, digest),
        *_protocols(store, digest),
        *store.list(_BOARD),
        *(key for folder in reports for key in store.list(folder)),
        *keys_about(store, digest),
        landing_key(digest),
    ]
    present = [key for key in dict.fromkeys(doomed) if store.exists(key)]
    for key in present:
        store.remove(key)
    return Purged(digest, names, len(present), tuple(reports), _in_inbox(inbox, digest), copies)


def _copies(store: Store, sha256: str) -> tuple[str, ...]:
    returned = returned_protocols(store)
    found = {copy for copy, one in returned.items() if one.original == sha256}
    if sha256 in returned:
        found.add(returned[sha256].original)
    return tuple(sorted(found - set(read_register(store).tombstones)))


def _derived(store: Store, sha256: str) -> list[str]:
    kept = set()
    for (digest, _), verdict in read_register(store).verdicts.items():
        if digest != sha256:
            kept |= {verdict.parsed_key, verdict.findings_key}
    return [key for key in store.list(_DERIVED) if key not in kept and key.rpartition("/")[0] not in kept]


def _protocols(store: Store, sha256: str) -> list[str]:
    """All of every folder whose page names the content."""
    pages = [key for key in store.list(_PROTOCOLS) if key.endswith(".html") and sha256.encode() in store.get(key)]
    return [key for page in pages for key in store.list(page.rpartition("/")[0])]


def _reports_with(store: Store, sha256: str) -> list[str]:
    """Folders of reports whose list of deliveries names the content, or that have no such list, and all kept pictures."""
    folders = sorted({key.rpartition("/")[0] for key in store.list(_REPORTS)})
    return [folder for folder in folders if not _is_free_of(store, folder, sha256)]


def _is_free_of(store: Store, folder: str, sha256: str) -> bool:
    key = f"{folder}/{SOURCES}"
    return store.exists(key) and sha256.encode() not in store.get(key)


def _in_inbox(inbox: Path, sha256: str) -> tuple[str, ...]:
    if not inbox.is_dir():
        return ()
    found = []
    for name in inbox_files(inbox):
        data = content_in(inbox, name)  # what can't be read can't be taken in either
        if isinstance(data, bytes) and digest_of_bytes(data) == sha256:
            found.append(name)
    return tuple(found)
