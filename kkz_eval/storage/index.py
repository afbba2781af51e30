"""Indexes: what many kept objects come to, in one object beside them, so that not each of them has to be read again.

An index names the objects that it rests on, with their marks (Store.marks). It is believed where these are what they were, and never
else: deleted, damaged, of another home or of a time before something was removed, it is only made again. So nothing rests on it.
Does not belong here: what an index says, when it is made.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from kkz_eval.model.errors import UserError
from kkz_eval.storage.store import Store

FOLDER = "derived/index"
WORTHWHILE = 256
"""So many objects are read without an index rather than one is made anew."""
_VERSION = 1


@dataclass(frozen=True)
class Index:
    """An index as it was found. unchanged: keys of the objects that are what they were when it was made; is_current: all that it rests on
    are; said: what it says of them."""

    unchanged: frozenset[str]
    is_current: bool
    said: Mapping[str, Any]


def index_key(name: str) -> str:
    """Where an index is kept."""
    return f"{FOLDER}/{name}.json"


def read_index(store: Store, name: str, folders: Collection[str]) -> Index | None:
    """The index of this name against the objects of these folders as they are now; None where there is none that can be read."""
    if not store.exists(index_key(name)):
        return None
    try:
        kept = json.loads(store.get(index_key(name)))
    except UserError:  # damaged: fsck names it
        return None
    if kept["version"] != _VERSION:
        return None
    now = store.marks(kept["rests_on"], folders)
    unchanged = frozenset(key for key, mark in kept["rests_on"].items() if now.get(key) == mark)
    return Index(unchanged, len(unchanged) == len(kept["rests_on"]), kept["said"])


def keep_index(
    store: Store, name: str, folders: Collection[str], keys: Collection[str], n_new: int, say: Callable[[], Mapping[str, Any]]
) -> bool:
    """Keep what is to be said of these objects of the folders, in the place of what was said before; whether that was worthwhile.

    n_new: so many of them the index does not know. Only the writer of a home may. An object that went meanwhile makes it one that nobody will believe.
    """
    if n_new < WORTHWHILE:
        return False
    now = store.marks(keys, folders)
    content = {"version": _VERSION, "rests_on": {key: now.get(key, "") for key in sorted(keys)}, "said": say()}
    store.replace(index_key(name), json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode())
    return True
