"""Killing an act before its n-th write, in this process: from then on nothing is written any more, and nothing cleaned up. No expectations here."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import pytest

_WRITES = ((os, "link"), (os, "fsync"), (os, "unlink"), (os, "remove"), (os, "mkdir"), (tempfile, "mkstemp"))


class Killed(BaseException):
    """The process is gone."""


@contextmanager
def killed_before(write: int) -> Iterator[None]:
    """While the context lasts, the write of that number, from 1, and all after it raise Killed; what ran before stays as it is."""
    seen = count(1)

    def mortal(original: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            if next(seen) >= write:
                raise Killed
            return original(*arguments, **options)

        return call

    with pytest.MonkeyPatch.context() as patch:
        for module, name in _WRITES:
            patch.setattr(module, name, mortal(getattr(module, name)))
        yield


def kills_of(prepare: Callable[[], object], act: Callable[[], object], step: int = 1) -> Iterator[int]:
    """Kill an act before its first write, its second, and so on until it ends unharmed; gives the number after each kill.

    prepare: makes the place as it is before the act, anew before each; step: 2 for every second write, for acts of many that are alike.
    """
    for write in count(1, step):
        prepare()
        try:
            with killed_before(write):
                act()
        except Killed:
            yield write
        else:
            assert write > 1, "the act writes nothing"
            return
