"""Computations on the workers of a Dask scheduler: the same results in the same order as in this process.

Belongs here: sending a computation, trying again what a worker took with it when it ended, refusing a worker that is not like this process.
Does not belong here: what is computed (evaluation), steps of Dagster (on_scheduler). Nothing is kept by a worker: whoever asks keeps the results.
"""

from __future__ import annotations

import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from itertools import chain, islice
from operator import call
from threading import Lock
from typing import Any, TypeVar

from kkz_eval.evaluation import COMPUTING
from kkz_eval.evaluation.spread import Spread
from kkz_eval.line import say
from kkz_eval.model.errors import UserError
from kkz_eval.model.system_errors import reason_of
from kkz_eval.reporting import DRAWING
from kkz_eval.storage.digests import digest_of, digest_of_tables, program_digest

A = TypeVar("A")
B = TypeVar("B")

PATIENCE = "10s"
"""So long a scheduler may take to answer at all."""

WITHOUT_WORKERS = 60.0
"""So many seconds a scheduler may have no worker at all: they may just start anew."""

AHEAD = 4
"""So many values for each thread of the workers are on their way or computed, and no more: those behind them take no memory there."""

_BETWEEN_LOOKS = 0.1  # seconds
_LIBRARIES = (*COMPUTING, "pyarrow", *DRAWING, "dagster")


def spread_over(scheduler: str) -> Spread:
    """The way of computing that a setting names: the address of a scheduler, "" for this process."""
    return OnScheduler(scheduler) if scheduler else map


@dataclass(frozen=True)
class OnScheduler:
    """A way of computing on the workers of a scheduler. address: as `tcp://127.0.0.1:8786`. It may itself be sent to a worker and used there."""

    address: str

    def __call__(self, compute: Callable[[A], B], values: Iterable[A], /) -> Iterator[B]:
        """evaluation.spread.Spread. Raises UserError as client_of, and where a worker is not like this process."""
        left = iter(values)
        first = list(islice(left, 2))
        if len(first) < 2:
            yield from map(compute, first)  # nothing to share out
            return
        with client_of(self.address) as client:
            # What is computed with may be large: a result of its own is sent to each worker once, and made again where the one that had it ends.
            on_worker = client.submit(_Alike, likeness(), compute, pure=False)
            room = AHEAD * max(1, sum(client.nthreads().values()))
            sent: deque[Any] = deque()
            for value in chain(first, left):
                sent.append(client.submit(call, on_worker, value, pure=False))
                if len(sent) == room:
                    yield sent.popleft().result()
            while sent:
                yield sent.popleft().result()


@contextmanager
def client_of(address: str) -> Iterator[Any]:
    """A client of a scheduler. Within a computation on a worker it gives up its place there meanwhile, so that it waits for nobody who waits for it.

    Raises UserError where no scheduler answers, where it has no worker, where it ends meanwhile, and where one worker after another ends with the same
    work.
    """
    import dask  # noqa: PLC0415 (takes a moment, and is needed where a scheduler is set)
    from distributed import KilledWorker, worker_client  # noqa: PLC0415
    from distributed.client import FutureCancelledError  # noqa: PLC0415

    dask.config.set({"distributed.admin.large-graph-warning-threshold": "1 TB"})  # what is sent is sent once, however large
    with worker_client() if _is_on_worker() else nullcontext(_with_workers(address)) as client:
        try:
            yield client
        except FutureCancelledError as error:
            raise UserError("scheduler_ended", package=say.package, address=address) from error
        except KilledWorker as error:
            raise UserError("workers_end", package=say.package, address=address) from error


def _with_workers(address: str) -> Any:
    """A client of a scheduler that has a worker: what is sent to one without any would wait for ever."""
    client, give_up = _client(address), time.monotonic() + WITHOUT_WORKERS
    try:
        while not client.nthreads():
            if time.monotonic() > give_up:
                raise UserError("workers_none", package=say.package, address=address)
            time.sleep(_BETWEEN_LOOKS)
    except OSError as error:
        raise UserError("scheduler_ended", package=say.package, address=address) from error
    return client


def _is_on_worker() -> bool:
    from distributed import get_worker  # noqa: PLC0415

    try:
        get_worker()
    except ValueError:
        return False
    return True


_connected: dict[str, Any] = {}
_ONE_AT_A_TIME = Lock()


def _client(address: str) -> Any:
    """The connection of this process to a scheduler: made once, and again where the scheduler has been away for too long."""
    with _ONE_AT_A_TIME:
        known = _connected.get(address)
        if known is None or known.status not in ("running", "connecting"):
            known = _connected[address] = _connection(address)
        return known


def disconnect() -> None:
    """Give up all connections of this process."""
    while _connected:
        _connected.popitem()[1].close()


def _connection(address: str) -> Any:
    from distributed import Client  # noqa: PLC0415

    try:
        return Client(address, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError) as error:
        raise UserError("scheduler_silent", package=say.package, address=address, reason=reason_of(error)) from error


@dataclass(frozen=True)
class _Alike:
    """A computation that is made only where program, libraries and tables are those of whoever asks: others would give other numbers under the same
    name."""

    like: str
    compute: Callable[[Any], Any]

    def __call__(self, value: Any) -> Any:
        require_alike(self.like)
        return self.compute(value)


def require_alike(like: str) -> None:
    """Raises UserError where this process has another program, other libraries or other tables than the one that asked. like: as `likeness` gave it there."""
    if likeness() != like:
        raise UserError("worker_differs", package=say.package)


@cache
def likeness() -> str:
    """Digest of the program, the libraries and the tables of territory and programme that a result depends on, as this process met them first."""
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    return digest_of([program_digest(), digest_of_tables(), python, *(version(library) for library in _LIBRARIES)])
