"""Reading in processes of their own, for a process that has too many threads or modules to fork: a server imports the readers once and
forks a worker, which reads some files within limits and is replaced; so is one that a file ended.

Belongs here: both ends of the pipes between them, `read_apart` for whoever asks, `serve` for the server. Does not belong here: what a
limit is, and what an end says (own_process); what is done with a file. Bytes and names go through pipes, never into arguments, the
environment or files.
"""

from __future__ import annotations

import atexit
import contextlib
import mmap
import os
import pickle
import signal
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, BinaryIO, NoReturn, TypeVar

import kkz_eval
from kkz_eval.contracts.contract import Contract
from kkz_eval.deliveries.municipal.returned import Returned, read_returned
from kkz_eval.deliveries.reader import read_file
from kkz_eval.deliveries.register.own_process import (
    CAN_FORK,
    confined,
    leave_no_trace,
    reason_of_end,
    reason_of_error,
    without_pandas,
)
from kkz_eval.deliveries.register.simulated import says_simulated
from kkz_eval.deliveries.results import Claimed, PersonRecords, Unclaimed, Unreadable
from kkz_eval.model.errors import UserError
from kkz_eval.model.parsed import ParsedTable
from kkz_eval.model.reading_limits import Limits
from kkz_eval.storage.digests import digest_of_tables, program_met
from kkz_eval.storage.own_tables import tables_changed

FILES_OF_A_WORKER = 100
"""So many files are read before a worker is replaced; what a library keeps for itself goes with it."""

_PROCESSORS = max(2, os.cpu_count() or 1)
AT_ONCE = 2 * _PROCESSORS
"""So many files are read side by side where several are asked for at once: one that takes its whole time must not make all others wait."""
_SECONDS_BEFORE_ANOTHER = 1.0

PROGRAM = "import sys; sys.path[:] = sys.argv[1:]; from kkz_eval.deliveries.register.reading_process import serve; serve()"
_REPLACE, _NO_MORE = 0, 3  # how a worker ends that is not reading a file

Result = TypeVar("Result")
Look = Callable[[bytes, str, Mapping[str, Contract]], Result]
"""What is made of a file's bytes and name under contracts: a function of a module, which the server knows too."""


@dataclass(frozen=True)
class Serves:
    """A file that contracts claim. parsed: its table for each contract; returned: what it says as a marked copy; simulated: whether it
    says that its figures are made up."""

    parsed: tuple[ParsedTable, ...] = field(compare=False)
    returned: Returned | None
    simulated: bool


def _begun_with() -> tuple[str, str]:
    """What a process reads by, to its end: program and tables of territory."""
    return program_met(), digest_of_tables()


def look_over(data: bytes, name: str, contracts: Mapping[str, Contract]) -> Serves | Unclaimed | Unreadable | PersonRecords:
    """What a file of the inbox comes to; tables only of what contracts claim."""
    result = read_file(data, name, contracts)
    if isinstance(result, Claimed):
        return Serves(result.parsed, read_returned(data), says_simulated(data))
    return replace(result, findings=None) if isinstance(result, Unclaimed) else result


def read_apart(
    look: Look[Result], data: bytes, name: str, contracts: Mapping[str, Contract], limits: Limits
) -> Result | Unreadable:
    """What `look` makes of a file, in another process, or what that process came to. Where a system can't fork: in this one, without limits.

    The processes wait for the next file under the same contracts and limits, and end with this one. Threads may ask side by side.
    Raises RuntimeError where they can't be started, and UserError where they met another program than this one, or other tables of territory
    (storage.own_tables): what they read would be kept as what this one reads.
    """
    if not CAN_FORK:
        return _named(_look(look, data, name, contracts), name)
    with _place() as idle:
        for others in (idle, []):  # where the server was ended from outside, the file is not to blame, and a new server reads it
            process = _fitting(others, contracts, limits) or ReadingProcess(contracts, limits, PROGRAM)
            try:
                result = process.read(look, data, name)
            except BaseException:  # interrupted: an answer that comes later must not be taken for that of the next file
                process.end()
                raise
            if result is not None:
                with _change:
                    _idle.append(process)
                return _named(result, name)
            process.end()
    return Unreadable("reading_crashed", {"name": name})


class ReadingProcess:
    """The server, as seen by whoever asks. program: what it runs, in Python; its arguments are the places to import from."""

    def __init__(self, contracts: Mapping[str, Contract], limits: Limits, program: str) -> None:
        self._work = (dict(contracts), limits)
        self._owner = os.getpid()
        places = [str(Path(kkz_eval.__file__).resolve().parents[1]), *(place for place in sys.path if os.path.isabs(place))]
        self._process = subprocess.Popen(
            [sys.executable, "-c", program, *places],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            process_group=0,  # so that its worker ends with it, and an interruption of this process is for this process to deal with
            env={
                **os.environ,
                "OPENBLAS_NUM_THREADS": "1",
            },  # no reader computes with matrices, and a server should have no threads
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._requests, self._answers = self._process.stdin, self._process.stdout
        begun_with = self._ask(self._work)
        if begun_with == _begun_with():
            return
        self.end()
        if begun_with is None:
            raise RuntimeError("the process that reads deliveries did not start; what it said stands above")
        if begun_with[0] != program_met():
            raise UserError("program_changed")
        raise tables_changed()

    def is_for(self, contracts: Mapping[str, Contract], limits: Limits) -> bool:
        """Whether it was started by this process and for this work."""
        return self._owner == os.getpid() and self._work == (contracts, limits)

    def read(self, look: Look[Result], data: bytes, name: str) -> Any:
        """What `look` makes of a file, or Broke; None where the server itself has ended, and can be asked nothing more."""
        return self._ask((look, data, name))

    def _ask(self, request: object) -> Any:
        try:
            pickle.dump(request, self._requests, protocol=5)
            self._requests.flush()
            return pickle.load(self._answers)
        except (OSError, EOFError, pickle.UnpicklingError):
            return None

    def end(self) -> None:
        """End the server and its worker; at once where the worker waits for a file."""
        if self._owner != os.getpid():
            return  # a copy in a forked process: not ours to end
        for pipe in (self._requests, self._answers):
            with contextlib.suppress(OSError):  # of what was not sent any more
                pipe.close()
        try:
            self._process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()


@dataclass(frozen=True)
class Broke:
    """Why reading a file came to nothing: key below `unreadable.` in the catalogue, and what fills its sentence besides the name."""

    reason: str
    about: Mapping[str, str]


def _named(result: Result | Broke, name: str) -> Result | Unreadable:
    return Unreadable(result.reason, {"name": name, **result.about}) if isinstance(result, Broke) else result


def _look(look: Look[Result], data: bytes, name: str, contracts: Mapping[str, Contract]) -> Result | Broke:
    try:
        return look(data, name, contracts)
    except Exception as error:  # noqa: BLE001 (a fault of ours costs this file only; it is named, without what it says of the file)
        return Broke(*reason_of_error(error))


_idle: list[ReadingProcess] = []
_busy = 0  # processes that read or are started
_change = threading.Condition()  # around both


@contextlib.contextmanager
def _place() -> Iterator[list[ReadingProcess]]:
    """A place among those who read, with the process that waits, if one does.

    Starting one takes as long as reading a hundred files: beyond one for each processor only who has waited for a moment gets one, because the
    others read something that takes its time.
    """
    global _busy  # noqa: PLW0603
    with _change:
        _change.wait_for(lambda: _idle or _busy < _PROCESSORS, timeout=_SECONDS_BEFORE_ANOTHER)
        _change.wait_for(lambda: _idle or _busy < AT_ONCE)
        _busy += 1
        taken = [_idle.pop()] if _idle else []
    try:
        yield taken
    finally:
        with _change:
            _busy -= 1
            _change.notify()


def _fitting(taken: list[ReadingProcess], contracts: Mapping[str, Contract], limits: Limits) -> ReadingProcess | None:
    """The process if it is for this work; one for other work is ended."""
    for process in taken:
        if process.is_for(contracts, limits):
            return process
        process.end()
    return None


@atexit.register
def end_reading_processes() -> None:
    """End the processes that wait for a next file; there are none where nothing was read."""
    with _change:
        while _idle:
            _idle.pop().end()


def serve() -> None:
    """Be the server: read standard input, answer on standard output, until nobody asks any more."""
    without_pandas()
    warnings.simplefilter(
        "ignore", DeprecationWarning
    )  # about threads of libraries at a fork, from Python 3.12 on; they hold no lock
    requests = sys.stdin.buffer
    with os.fdopen(os.dup(1), "wb") as answers:
        os.dup2(2, 1)  # whatever prints must not get among the answers
        contracts, limits = pickle.load(requests)
        is_reading = mmap.mmap(-1, 1)  # shared with the worker
        # Tables are read here, so that each worker has these; before this nobody asks, so no request is caught in the buffer of the server.
        _answer(answers, _begun_with())
        while True:
            worker = os.fork()
            if worker == 0:
                _be_worker(requests, answers, contracts, limits, is_reading)
            _, status = os.waitpid(worker, 0)
            if is_reading[0]:
                _answer(answers, Broke(reason_of_end(status), {}))
                is_reading[0] = 0
            elif os.waitstatus_to_exitcode(status) != _REPLACE:
                return


def _be_worker(
    requests: BinaryIO, answers: BinaryIO, contracts: Mapping[str, Contract], limits: Limits, is_reading: mmap.mmap
) -> NoReturn:
    """Read some files, one after another, and end."""
    status = _NO_MORE
    try:
        leave_no_trace()
        for _ in range(FILES_OF_A_WORKER):
            look, data, name = pickle.load(requests)
            is_reading[0] = 1
            with confined(limits, len(data)):
                result = _look(look, data, name, contracts)
            is_reading[0] = 0  # from here on the answer is given here, and the server must not give another
            _answer(answers, result)
        status = _REPLACE
    except (EOFError, OSError):
        pass  # nobody asks or listens any more
    finally:
        os._exit(status)


def _answer(answers: BinaryIO, answer: object) -> None:
    pickle.dump(answer, answers, protocol=5)
    answers.flush()
