"""The first page: what somebody wants to do; and the switch of the language."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from kkz_eval.desk import say
from kkz_eval.desk.desk import LANGUAGE, At, Desk, field_of, may, person_of
from kkz_eval.desk.pages.todo import TASKS_FOR, tasks_at_hand
from kkz_eval.desk.people import ALL_ROLES, SEE_EVERY_UNIT
from kkz_eval.model.texts import LANGUAGES

WISHES = ("deliver", "evaluate", "read")
"""What people come for, in this order."""


def routes(desk: Desk) -> Iterator[At]:
    """The first page and the switch."""

    def first(request: Request) -> Response:
        person = person_of(request)
        tasks = tasks_at_hand(desk, person) if may(person, TASKS_FOR) else None
        return desk.page(request, "front.html.j2", say("front.title"), wishes=WISHES, tasks=tasks)

    def switched(request: Request) -> Response:
        chosen, back = field_of(request, "language"), field_of(request, "back")
        # an address of ours: one slash, no host behind it
        answer = RedirectResponse(
            back if back.startswith("/") and not back.startswith(("//", "/\\")) else "/", HTTPStatus.SEE_OTHER
        )
        if chosen in LANGUAGES:
            answer.set_cookie(LANGUAGE, chosen, max_age=365 * 24 * 3600, httponly=True, samesite="strict")
        return answer

    def not_started(request: Request) -> Response:
        raise HTTPException(HTTPStatus.NOT_FOUND)  # where Dagster runs, it answers at this address itself

    yield At("/", first, ALL_ROLES)
    yield At("/dagster", not_started, SEE_EVERY_UNIT, room="dagster", wish="evaluate")
    yield At("/sprache", switched, ALL_ROLES, method="POST")
