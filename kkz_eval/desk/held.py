"""Files that were checked and may be handed in: kept in memory for some minutes, for the one who sent them, and for nobody else.

Memory and not a folder: what ends the process ends them, no copy of the disk has them, and nobody has to clear anything away. They are
screened before they come here; what tells of persons, and what no contract reads, is never held. Bounded in bytes: who sends too much loses
their own oldest, and all together the oldest of all. Does not belong here: checking, pages.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from secrets import token_urlsafe

from kkz_eval.deliveries.results import PersonRecords, Unclaimed, Unreadable
from kkz_eval.stewardship.checked import Checked
from kkz_eval.stewardship.checked_sheet import SheetShown

SECONDS = 20 * 60
"""So long a check is held."""
MOST_OF_ONE, MOST_OF_ALL = 120_000_000, 600_000_000
"""Bytes of one person, and of all."""
_OF_A_CELL = 80  # bytes in memory, about


@dataclass(frozen=True)
class CheckedFile:
    """A file that somebody sent, and what was found. name: as it can be printed; size: bytes that came; data: these, None of what can't be handed in
    or was; number: of its arrival once it was handed in; simulated: whether it says that its figures are made up."""

    name: str
    size: int
    result: Checked | Unclaimed | Unreadable | PersonRecords
    sheets: tuple[SheetShown, ...] = ()
    data: bytes | None = field(default=None, repr=False)
    number: int | None = None
    simulated: bool = False

    @property
    def weight(self) -> int:
        """About how many bytes it takes."""
        findings = sum(table.judgement.findings.nbytes for table in self.result.tables) if isinstance(self.result, Checked) else 0
        rows = sum(len(stretch.rows) * sheet.n_columns for sheet in self.sheets for stretch in sheet.stretches)
        return len(self.data or b"") + findings + _OF_A_CELL * rows


@dataclass(frozen=True)
class _Check:
    person: str
    files: tuple[CheckedFile, ...]
    until: float

    @property
    def weight(self) -> int:
        return sum(file.weight for file in self.files)


class Held:
    """The checks of the last minutes, by a token that only their sender knows. now: seconds of a clock that never goes back."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._checks: dict[str, _Check] = {}  # the oldest first
        self._lock = threading.Lock()
        self._sweeper: threading.Timer | None = None

    def hold(self, person: str, files: tuple[CheckedFile, ...]) -> str:
        """Hold what somebody had checked, and give the token under which it is found."""
        token = token_urlsafe(24)
        with self._lock:
            self._checks[token] = _Check(person, files, self._now() + SECONDS)
            self._sweep()
            self._make_room([key for key, check in self._checks.items() if check.person == person], MOST_OF_ONE)
            self._make_room(list(self._checks), MOST_OF_ALL)
        return token

    def of(self, person: str, token: str) -> tuple[CheckedFile, ...] | None:
        """The files of a check; None where it is not held any more, or is another's."""
        with self._lock:
            self._sweep()
            found = self._checks.get(token)
            return found.files if found is not None and found.person == person else None

    def handed_in(self, person: str, token: str, place: int, number: int) -> None:
        """Let the bytes of a file go that was handed in, and remember the number of its arrival."""
        with self._lock:
            found = self._checks.get(token)
            if found is not None and found.person == person:
                files = [replace(file, data=None, number=number) if at == place else file for at, file in enumerate(found.files)]
                self._checks[token] = replace(found, files=tuple(files))

    def _make_room(self, tokens: list[str], most: int) -> None:
        """Let the oldest of these go until they take no more than that; the newest stays: somebody waits for it."""
        weight = sum(self._checks[token].weight for token in tokens)
        for token in tokens[:-1]:
            if weight <= most:
                return
            weight -= self._checks.pop(token).weight

    def _sweep(self) -> None:
        """Let go what has had its time, and look again when the next has."""
        for token in [token for token, check in self._checks.items() if check.until <= self._now()]:
            del self._checks[token]
        if self._checks and self._sweeper is None:
            wait = min(check.until for check in self._checks.values()) - self._now()
            self._sweeper = threading.Timer(max(wait, 0) + 1, self._sweep_later)
            self._sweeper.daemon = True
            self._sweeper.start()

    def _sweep_later(self) -> None:
        with self._lock:
            self._sweeper = None
            self._sweep()
