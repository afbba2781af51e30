"""An installation that one process alone works on: held while it writes, and what stands in the way of beginning.

Does not belong here: how a lock is held (storage.writer); what is done meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from kkz_eval.deliveries.register.decisions import load_decisions
from kkz_eval.line import say
from kkz_eval.line.installation import Installation
from kkz_eval.model.errors import UserError
from kkz_eval.model.texts import Localised
from kkz_eval.storage.writer import other_writer, writing_alone


@contextmanager
def held(installation: Installation, command: str, tell: Callable[[Localised], None]) -> Iterator[Installation]:
    """The installation while nobody else writes in its home, with the decisions as they are then.

    Who waited must not judge by decisions that others have changed meanwhile. command, tell: as storage.writer.writing_alone.
    """
    with writing_alone(installation.settings.home, command, tell):
        yield with_decisions_of_now(installation)


def with_decisions_of_now(installation: Installation) -> Installation:
    """The installation with the decisions as they are now; the same one where they have not changed."""
    before = installation.decisions
    now = load_decisions(installation.settings.contracts, installation.contracts, before.today)
    return installation if now == before else replace(installation, decisions=now)


def obstacle(installation: Installation) -> Localised | None:
    """Why no run should begin now, as a sentence; None where nothing stands in its way."""
    try:
        writer = other_writer(installation.settings.home)
        if writer is not None:
            return say("sensor.busy", writer=writer)
        installation.register()  # which is refused while a removal is open, and where something of it is damaged
    except UserError as error:
        return error.sentence
    return None
