"""The streams that a command prints to, as they happen to be: closed, full, or unable to show a sign; and sentences on them.

Does not belong here: what is printed.
"""

from __future__ import annotations

import codecs
import json
import os
import sys
from collections.abc import Callable
from io import TextIOWrapper

from kkz_eval.model.texts import Localised
from kkz_eval.settings import Settings

_ESCAPES = "kkz_eval.escapes"


def prepare_streams() -> None:
    """Let what a terminal can't show be escaped as JSON does it, so that a report in JSON stays one; and print to nothing what is closed."""
    codecs.register_error(_ESCAPES, _escaped)
    for name in ("stdout", "stderr"):  # in this order: a closed stream leaves its number to the next file that is opened
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 (to the end of the process)
        elif isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors=_ESCAPES)


def give_up_unwritten() -> None:
    """Forget what could not be printed: Python would try once more at its end, and say so in words for programmers."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def telling(settings: Settings) -> Callable[[Localised], None]:
    """What prints a sentence at once, in the language of the settings."""
    return lambda said: print(said.in_language(settings.language), flush=True)


def telling_beside(settings: Settings) -> Callable[[Localised], None]:
    """The same on standard error, beside what a program may read: JSON on the other stays JSON."""
    return lambda said: print(said.in_language(settings.language), file=sys.stderr, flush=True)


def _escaped(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return json.dumps(error.object[error.start : error.end])[1:-1], error.end
