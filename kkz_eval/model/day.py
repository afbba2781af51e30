"""The day of a command or a run: that of Berlin, wherever the machine stands and whatever its clock is set to.

Does not belong here: asking for it. The edge does, once (settings); whoever needs it is told.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

BERLIN = ZoneInfo("Europe/Berlin")


def day_in_berlin(moment: datetime | None = None) -> date:
    """The day on which a moment falls in Berlin. moment: with its time zone, None for now."""
    return (moment or datetime.now(UTC)).astimezone(BERLIN).date()
