"""What is said after a content was removed: what went with it, what still holds its values, what is to be done next. No removal, no output."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from kkz_eval.deliveries.register.decisions import Decisions
from kkz_eval.deliveries.register.purging import Holding, Purged
from kkz_eval.model.texts import Joined, Sentence
from kkz_eval.stewardship import say


def counted_by_kind(counts: Mapping[Holding, int]) -> Iterator[Sentence]:
    """What goes, or went, in numbers: of each kind how many."""
    yield from (say(f"removed.{holding}", count=count) for holding, count in counts.items())


def said_of_removal(purged: Purged, inbox: Path, decisions: Decisions) -> Iterator[Sentence]:
    """The sentences, in the order in which they are read. decisions: in force, which may name values of what was removed."""
    names = ", ".join(purged.names) or "–"
    yield say(
        "purged.done",
        sha256=purged.sha256,
        names=names,
        what=Joined(tuple(counted_by_kind(purged.counts)) or (say("removed.nothing"),)),
    )
    if purged.copies:
        yield say("purged.copies", copies=", ".join(purged.copies))
    if purged.in_inbox:
        yield say("purged.in_inbox", names=", ".join(purged.in_inbox), inbox=str(inbox))
    if purged.original:
        yield say("purged.original", sha256=purged.original)
    contents = {purged.sha256, *purged.copies}
    places = [(one.id, one.place) for one in decisions.waivers] + [(one.id, one.place) for one in decisions.corrections]
    about = [identifier for identifier, place in places if place.delivery in contents]
    if about:
        yield say("purged.decisions", ids=", ".join(about))
