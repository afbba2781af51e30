"""What is said after a content was removed: what went with it, what still holds its values, what is to be done next. No removal, no output."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from kkz_eval.deliveries.register.decisions import Decisions
from kkz_eval.deliveries.register.purging import Purged
from kkz_eval.model.texts import Sentence
from kkz_eval.stewardship import say


def said_of_removal(purged: Purged, inbox: Path, decisions: Decisions) -> Iterator[Sentence]:
    """The sentences, in the order in which they are read. decisions: in force, which may name values of what was removed."""
    names, reports = ", ".join(purged.names) or "–", len(purged.reports)
    yield say("purged.done", sha256=purged.sha256, names=names, objects=purged.objects, reports=reports)
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
