"""The installation and what is accepted in it, as pages read them: those of the moment that the board shows, so that no two pages differ.

Belongs here: nothing but the way there. Does not belong here: when what was read before still holds (line.at_the_desk); writing: whoever writes opens
an installation of their own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kkz_eval.settings import Settings

if TYPE_CHECKING:
    from kkz_eval.line.installation import Installation
    from kkz_eval.line.snapshot import Snapshot


def opened(settings: Settings) -> Installation:
    """The installation as it is now. What a page computes of it stays in memory. Raises UserError as snapshot_now."""
    return snapshot_now(settings).installation


def snapshot_now(settings: Settings) -> Snapshot:
    """What is accepted now, to be read; nothing of it is kept. Raises UserError where it is not valid, and while a removal is not at its end."""
    from kkz_eval.line.at_the_desk import moment_of  # noqa: PLC0415 (takes a moment to import, and the start does without)

    return moment_of(settings).snapshot
