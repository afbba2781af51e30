"""The commands `backup` and `restore`: what they print, and their exit codes. What is copied, looked over and put back: storage.backups."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from kkz_eval.commands import say
from kkz_eval.commands.terminal import telling, telling_beside
from kkz_eval.deliveries.register.purging import require_no_open_purge
from kkz_eval.deliveries.register.register import read_register
from kkz_eval.model.day import BERLIN
from kkz_eval.model.errors import UserError
from kkz_eval.model.texts import Joined, spans
from kkz_eval.settings import Settings
from kkz_eval.storage.backups import look_over_backups, make_backup, restore_backup
from kkz_eval.storage.store import Store
from kkz_eval.storage.writer import is_read_only, other_writer, require_home, writing_alone

_NAMES = 3
"""So many of the files are named that a damaged content is of."""


def place_of(settings: Settings, named: str | None) -> str:
    """Where backups are: as the command names it, else by the settings. Raises UserError where neither does."""
    place = named or settings.backups
    if not place:
        raise UserError("backup_nowhere", package=say.package)
    return place


def back_up(settings: Settings, place: str, keep: int) -> int:
    """Back up home and contracts, and say what was new; 0 all, 1 something at home is damaged and was not taken.

    Raises UserError where there is no home, while a removal is not at its end, and where the place can't be written.
    """
    require_home(settings.home)
    tell, store, target = telling(settings), Store.at(settings.store), Store.at(place)
    with _while_nobody_writes(settings):
        require_no_open_purge(store)
        gone, now = read_register(store).tombstones, f"{datetime.now(BERLIN):%Y-%m-%d %H:%M}"
        made = make_backup(target, store, settings.home, settings.contracts, settings.inbox, gone, now, keep)
    numbers = {"number": made.backup.number, "files": len(made.backup.files), "copied": made.copied, "bytes": made.bytes}
    tell(say("backup.made", place=place, **numbers))
    if made.forgotten:
        tell(say("backup.forgotten", count=made.forgotten))
    if made.waiting:
        tell(say("backup.waiting", count=made.waiting))
    for key in made.damaged:
        tell(say("backup.damaged", key=key))
    return 1 if made.damaged else 0


@contextmanager
def _while_nobody_writes(settings: Settings) -> Iterator[None]:
    """As the only writer of the home; where its disk takes nothing, as somebody who says so and leaves it as it is."""
    if not is_read_only(settings.home):
        with writing_alone(settings.home, "kkz-eval backup", telling_beside(settings)):
            yield
        return
    if (writer := other_writer(settings.home)) is not None:  # begun before, it may go on in an object store
        raise UserError("home_busy", writer=writer)
    telling_beside(settings)(say("backup.read_only", home=str(settings.home)))
    yield


def look_over(settings: Settings, place: str) -> int:
    """Say of each backup whether it could be restored as it was taken, and what is wrong with it; 0 all could, 1 something is damaged or missing.

    Raises UserError where there is no backup, and where the place can't be read.
    """
    tell, found = telling(settings), look_over_backups(Store.at(place))
    for error in found.lists:
        tell(error.sentence)
    for one in found.damages:
        names = Joined((*one.names[:_NAMES], *("…" for _ in one.names[_NAMES : _NAMES + 1])), ", ")
        kind = "missing" if one.is_missing else "altered"
        tell(say(f"backup.looked.{kind}", key=one.key, names=names, numbers=spans(one.numbers)))
    for said in filter(None, map(found.said_of, found.backups)):
        tell(said)
    numbers = [one.number for one in found.backups]
    if gone := set(range(min(numbers, default=0), max(numbers, default=0))) - set(numbers):
        tell(say("backup.looked.gone", numbers=spans(gone)))
    whole = [one for one in found.backups if found.said_of(one) is None]
    if not whole:
        tell(say("backup.looked.none_whole", place=found.place, objects=found.contents))
    else:
        about = {"numbers": spans(one.number for one in whole), "made": whole[-1].made}
        tell(
            say(f"backup.looked.{'all' if found.is_whole else 'some'}_whole", place=found.place, objects=found.contents, **about)
        )
    if not found.is_whole:
        tell(say("backup.looked.next", place=shlex.quote(place)))
    return 0 if found.is_whole else 1


def restore(settings: Settings, place: str, number: int | None, contracts: Path) -> int:
    """Make a home and its contracts again from a backup, and say from which and where. Raises UserError as restore_backup."""
    backup = restore_backup(Store.at(place), number, Store.at(settings.store), settings.home, contracts.absolute())
    tell, home = telling(settings), shlex.quote(str(settings.home))
    tell(say("backup.restored", number=backup.number, made=backup.made, home=home, contracts=shlex.quote(str(contracts))))
    if backup.lost:
        tell(say("backup.lost", files=backup.lost))
    if backup.lost_decisions:
        tell(say("backup.lost_decisions", names=Joined(backup.lost_decisions, ", ")))
    tell(say("backup.next", home=home))
    return 0
