"""Steps that are computed once: a derived object is kept under the digest of all it depends on.

Belongs here: the key, the look-up, the journal of what was computed and what was there. What a step does is its caller's.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, MutableSequence, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import pyarrow as pa

from kkz_eval.model.tables import TableSpec
from kkz_eval.storage.digests import digest_of
from kkz_eval.storage.store import Store
from kkz_eval.storage.tables import from_parquet, to_parquet


@dataclass
class Journal:
    """What a run computed and what it found computed, in order: (step, subject). The only mutable value of the line."""

    computed: MutableSequence[tuple[str, str]] = field(default_factory=list)
    reused: MutableSequence[tuple[str, str]] = field(default_factory=list)

    @classmethod
    def of_nobody(cls) -> Journal:
        """One in which nothing stays, for a process that lives long and that nobody asks what it computed."""
        return cls(deque(maxlen=0), deque(maxlen=0))


def derived_key(step: str, parts: Sequence[object]) -> str:
    """Key of a derived object: the step's name and the digest of all that it depends on."""
    return f"derived/{step}/{digest_of([step, *parts])}"


@dataclass(frozen=True)
class Steps:
    """Derived objects of a store, with the journal of this run."""

    store: Store
    journal: Journal = field(default_factory=Journal)

    def key(self, step: str, parts: Sequence[object]) -> str:
        """Key of a derived object: derived_key."""
        return derived_key(step, parts)

    def content(
        self, step: str, subject: str, parts: Sequence[object], suffix: str, make: Callable[[], bytes]
    ) -> tuple[str, bytes]:
        """(key, content) of a derived object; `make` is called only where it is not there yet.

        step: name of the step; subject: what it is about, for the journal; parts: all it depends on, as JSON values.
        """
        key = self.key(step, parts) + suffix
        if self.store.exists(key):
            self.journal.reused.append((step, subject))
            return key, self.store.get(key)
        return key, self._made(step, subject, key, make)

    def table(
        self, step: str, subject: str, parts: Sequence[object], spec: TableSpec, make: Callable[[], pa.Table]
    ) -> tuple[str, pa.Table]:
        """(key, table) of a derived table; the schema's version is part of the key."""
        key = self._key_of_table(step, parts, spec)
        if self.store.exists(key):
            self.journal.reused.append((step, subject))
            return key, _table_at(self.store, key, spec)
        content = self._made(step, subject, key, lambda: to_parquet(make(), spec))
        return key, from_parquet(content, spec)

    def has_table(self, step: str, parts: Sequence[object], spec: TableSpec) -> bool:
        """Whether a derived table is there, so that nobody needs to make what it is made of."""
        return self.store.exists(self._key_of_table(step, parts, spec))

    def _key_of_table(self, step: str, parts: Sequence[object], spec: TableSpec) -> str:
        return f"{self.key(step, [*parts, spec.name, spec.version])}.parquet"

    def _made(self, step: str, subject: str, key: str, make: Callable[[], bytes]) -> bytes:
        content = make()
        self.store.put_if_absent(key, content)
        self.journal.computed.append((step, subject))
        return content


@lru_cache(maxsize=48)  # the steps of a run ask for the same tables again and again
def _table_at(store: Store, key: str, spec: TableSpec) -> pa.Table:
    """A kept table, read once while it is in use: what is kept under a key never changes."""
    return from_parquet(store.get(key), spec)
