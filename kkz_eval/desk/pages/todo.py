"""What is to be done: everything that waits for somebody, with filters; each task leads to its place on the board."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response

from kkz_eval.desk import say
from kkz_eval.desk.desk import At, Desk, person_of
from kkz_eval.desk.pages.deliveries_seen import HAND_IN, address_of, answered_for, filters_of, moment_of, title_of_dataset
from kkz_eval.desk.people import Person, Role
from kkz_eval.model.texts import Localised
from kkz_eval.settings import Settings
from kkz_eval.stewardship.due_days import Day
from kkz_eval.stewardship.sight import EVERYTHING

if TYPE_CHECKING:
    from kkz_eval.line.at_the_desk import Moment
    from kkz_eval.stewardship.to_do import ToDo

SHOWN = 200
"""So many tasks are listed; filters find the others."""
TASKS_FOR = HAND_IN | {Role.APPROVER}
_OF_APPROVER = frozenset({"to_approve", "question"})
_LOOK = {"rejected": "rejected", "conflict": "rejected", "problem": "rejected", "purged": "warning", "overdue": "warning"}


def routes(desk: Desk) -> Iterator[At]:
    """The list."""

    def listed(request: Request) -> Response:
        moment, person = moment_of(desk), person_of(request)
        filters = filters_of(request, moment, answered_for(person))
        own = [one for one in tasks_of(moment, person) if filters.let_through(one.dataset, one.unit_id, one.years)]
        shown = [
            {
                "kind": one.kind.said,
                "class": _LOOK.get(one.kind.value, ""),
                "unit": one.unit_name,
                "dataset": title_of_dataset(moment, one.dataset),
                "years": one.years_named,
                "since": None if one.since is None else Day(one.since),
                "until": one.kind.value == "due_soon",
                "sentence": one.sentence,
                "link": address_of(one.place),
            }
            for one in own[:SHOWN]
        ]
        more = len(own) - len(shown)
        return desk.page(request, "todo.html.j2", counted(len(own)), tasks=shown, more=more, filters=filters, path="/zu-tun")

    yield At("/zu-tun", listed, TASKS_FOR, room="todo", wish="deliver")


def look_ahead(settings: Settings) -> None:
    """Look at the deliveries as they stand, and at what is to be done about them."""
    from kkz_eval.line.at_the_desk import moment_of  # noqa: PLC0415 (takes a moment to import, and not every page needs it)

    moment_of(settings).to_do(EVERYTHING)


def tasks_at_hand(desk: Desk, person: Person) -> Localised | None:
    """How much somebody has to do, as the headline of the list has it; None where nobody has looked yet: then that begins."""
    known = sys.modules.get("kkz_eval.line.at_the_desk")  # whoever wants the first page does not wait for it to be imported
    at_hand = None if known is None else getattr(known, "moment_at_hand", None)
    moment: Moment | None = None if at_hand is None else at_hand(desk.settings)
    if moment is None:
        desk.ahead(desk.settings)
        return None
    return counted(len(tasks_of(moment, person)))


def tasks_of(moment: Moment, person: Person) -> tuple[ToDo, ...]:
    """What somebody has to do or to see to: who only approves, what waits for approval or for an answer."""
    own = moment.to_do(answered_for(person))
    return own if person.roles & HAND_IN else tuple(one for one in own if one.kind.value in _OF_APPROVER)


def counted(count: int) -> Localised:
    """The headline: how much there is to do."""
    return say("todo.title", count=count) if count else say("todo.nothing")
