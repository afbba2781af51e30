"""What the first pages after a start or a change would wait for, looked at before somebody asks: in a thread of its own, which ends with the process.

Belongs here: that it is done once at a time, and that its faults tell nobody what was delivered. Does not belong here: what is looked at (the pages).
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from threading import Lock, Thread

from kkz_eval.deliveries.register.own_process import fault_of
from kkz_eval.model.errors import UserError
from kkz_eval.settings import Settings

_log = logging.getLogger("kkz_eval.desk")


class Ahead:
    """Looks at what these functions make, one after another. Each keeps in memory what it made, for the pages that show it."""

    def __init__(self, *looks: Callable[[Settings], object]) -> None:
        self._looks = looks
        self._one_at_a_time = Lock()

    def __call__(self, settings: Settings) -> None:
        """Begin; nothing where it is going on already."""
        if self._one_at_a_time.acquire(blocking=False):
            Thread(target=self._look, args=(settings,), daemon=True).start()

    def _look(self, settings: Settings) -> None:
        try:
            for look in self._looks:
                look(settings)
        except UserError:
            pass  # whoever opens the page is told
        except Exception as error:  # noqa: BLE001 (its words may quote what was delivered)
            _log.error("%s", fault_of(error))
        finally:
            self._one_at_a_time.release()
