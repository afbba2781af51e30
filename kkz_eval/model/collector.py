"""Python's search for values that hold each other, put off while many are made that do not: it would walk over all of them again and again."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collected_later() -> Iterator[None]:
    """Without that search, in all threads, while the context lasts; it takes a third of the time that thousands of deliveries take to be read."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
