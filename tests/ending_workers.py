"""A scheduler one of whose workers is killed while it computes; nothing is expected here."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from kkz_eval.line.scheduler import OnScheduler, client_of


@dataclass
class OneEnds:
    """A way of computing on a scheduler, once one of whose workers is killed: when the first of several results has come and another is awaited.

    ended: the process that was killed, none before. Whoever is sent this kills nobody in turn.
    """

    address: str
    ended: list[int] = field(default_factory=list)

    def __reduce__(self) -> tuple[type, tuple[str]]:
        return OnScheduler, (self.address,)

    def __call__(self, compute: Callable, values: Iterable, /) -> Iterator:
        asked = list(values)
        found = OnScheduler(self.address)(compute, asked)
        yield from (next(found) for _ in asked[:1])
        if len(asked) > 1 and not self.ended:
            with client_of(self.address) as client:
                busy = [worker for worker, tasks in client.processing().items() if tasks]
                processes = client.run(os.getpid)
            self.ended.append(processes[min(busy or processes)])
            os.kill(self.ended[0], signal.SIGKILL)
        yield from found
