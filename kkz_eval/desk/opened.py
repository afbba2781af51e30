"""The installation as pages read it: opened once for each state of what people edit and of the register, and never written through.

Belongs here: when what was read before still holds. Does not belong here: writing; whoever writes opens an installation of their own.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from kkz_eval.settings import Settings

if TYPE_CHECKING:
    from kkz_eval.deliveries.register.register import Head
    from kkz_eval.line.installation import Installation
    from kkz_eval.line.snapshot import Snapshot

_Stamps = tuple[tuple[str, int, int], ...]
_one_at_a_time = Lock()  # two readers at once would read the same files twice


def opened(settings: Settings) -> Installation:
    """The installation as it is now. What a page computes of it stays in memory. Raises UserError where it is not valid."""
    from kkz_eval.deliveries.register.register import register_head  # noqa: PLC0415 (pages alone need it, not the start)
    from kkz_eval.storage.store import Store  # noqa: PLC0415 (likewise)

    with _one_at_a_time:
        return _opened(settings, _stamps(settings.contracts), register_head(Store.at(settings.store)))


def snapshot_now(settings: Settings) -> Snapshot:
    """What is accepted now, to be read; nothing of it is kept. Raises UserError while a removal is not at its end."""
    from kkz_eval.line.snapshot import current_snapshot  # noqa: PLC0415 (likewise)

    return current_snapshot(opened(settings))


@lru_cache(maxsize=2)  # the state of now, and that of a moment ago for whoever still reads it
def _opened(settings: Settings, stamps: _Stamps, head: Head) -> Installation:
    from kkz_eval.line.installation import open_installation  # noqa: PLC0415 (likewise)
    from kkz_eval.storage.steps import Steps  # noqa: PLC0415 (likewise)
    from kkz_eval.storage.store import DraftStore  # noqa: PLC0415 (likewise)

    found = open_installation(settings)
    return replace(found, steps=Steps(DraftStore.over(found.steps.store)))


def _stamps(folder: Path) -> _Stamps:
    """What tells that a file which people edit is another now: its name, time and size."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return tuple((str(path), (known := path.stat()).st_mtime_ns, known.st_size) for path in files)
