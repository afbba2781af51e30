"""Contents in memory of which those stay that somebody asks for: for whoever lives long, and makes again what is not there.

Does not belong here: what the contents are.
"""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from threading import Lock


class RecentContents(MutableMapping[str, bytes]):
    """Contents by key, in two generations: what is put or asked for is of the new one. Once that has more bytes than it may, it becomes the old one,
    and what was the old one goes, with all in it that nobody has asked for since. So all together has no more than two generations and the last content.

    Threads may put and ask side by side.
    """

    def __init__(self, generation: int) -> None:
        self._most = generation
        self._size = 0  # of the new one
        self._new: dict[str, bytes] = {}
        self._old: dict[str, bytes] = {}
        self._change = Lock()

    def __getitem__(self, key: str) -> bytes:
        """The content. Raises KeyError where there is none."""
        with self._change:
            content = self._new[key] if key in self._new else self._old[key]
            if key not in self._new:
                self._put(key, content)
            return content

    def __setitem__(self, key: str, content: bytes) -> None:
        with self._change:
            self._put(key, content)

    def _put(self, key: str, content: bytes) -> None:
        self._size += len(content) - len(self._new.get(key, b""))
        self._new[key] = content
        if self._size > self._most:
            self._old, self._new, self._size = self._new, {}, 0

    def __delitem__(self, key: str) -> None:
        with self._change:
            held = self._new if key in self._new else self._old
            self._size -= len(held[key]) if held is self._new else 0
            del held[key]
            self._old.pop(key, None)

    @property
    def size(self) -> int:
        """Bytes of all of them."""
        with self._change:
            return sum(map(len, {**self._old, **self._new}.values()))

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())

    def _all(self) -> frozenset[str]:
        """The keys of one moment, whatever other threads put."""
        with self._change:
            return frozenset((*self._old, *self._new))
