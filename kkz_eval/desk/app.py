"""All addresses of the desk with those who may see them, as one application; the guard stands around it and around Dagster's.

Belongs here: which rooms there are, and what happens where none answers. Does not belong here: what stands on a page (pages), the server.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from http import HTTPStatus

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.convertors import IntegerConvertor, register_url_convertor
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from kkz_eval.deliveries.register.own_process import fault_of
from kkz_eval.desk import say
from kkz_eval.desk.actions import room_of
from kkz_eval.desk.desk import TOKEN, At, Desk, may, page_at, person_of
from kkz_eval.desk.guard import DAGSTER, FILES, Guard, Who
from kkz_eval.desk.pages import (
    board,
    decisions,
    deliver,
    front,
    health,
    letters,
    published,
    reading,
    research,
    research_runs,
    returns,
    todo,
)
from kkz_eval.desk.sent_again import RefusedForm
from kkz_eval.desk.transfers import MOST_FILES, Limits
from kkz_eval.model.errors import UserError
from kkz_eval.model.system_errors import refusal_of_storage
from kkz_eval.model.texts import Localised

ROOMS: tuple[Callable[[Desk], Iterable[At]], ...] = (
    deliver.routes,
    todo.routes,
    board.routes,
    decisions.routes,
    letters.routes,
    returns.routes,
    research.routes,
    research_runs.routes,
    health.routes,
    reading.routes,
    published.routes,
    front.routes,
)
"""The modules of pages; navigation has their rooms by what somebody wants, and then in this order."""
MOST_FIELDS, MOST_OF_A_FIELD = 200, 1_000_000
"""Of one form; MOST_OF_A_FIELD in bytes, for what is no file."""


class _Number(IntegerConvertor):
    """A number in an address, `{year:number}`: of so many digits as any of ours has; a longer one leads nowhere."""

    regex = "[0-9]{1,9}"


register_url_convertor("number", _Number())

_log = logging.getLogger("kkz_eval.desk")


def desk_app(desk: Desk) -> Starlette:
    """The pages of the desk. The person must stand in the scope: the guard puts it there."""
    places = [at for routes in ROOMS for at in routes(desk)]
    app = Starlette(
        routes=[
            *(Route(at.path, _answering(desk, at), methods=[at.method]) for at in places),
            Mount("/static", StaticFiles(packages=[("kkz_eval.desk", "static")])),
        ],
        exception_handlers={
            HTTPException: _not_answered(desk),
            UserError: _user_error(desk),
            OSError: _refused_by_storage(desk),
            Exception: _fault(desk),
        },
    )
    app.state.pages = {at.path: at for at in places if at.method != "POST"}
    app.state.rooms = tuple(sorted((at for at in places if at.room), key=lambda at: front.WISHES.index(at.wish)))
    return app


def guarded(
    desk: Desk,
    hosts: frozenset[str],
    who: Who,
    dagster: ASGIApp | None = None,
    scheme: str = "http",
    limits: Limits = Limits(),  # noqa: B008 (frozen)
) -> Guard:
    """The whole of what is served at one address: the desk, and Dagster's application below its prefix. All else as the guard has it."""
    pages = desk_app(desk)

    async def by_path(scope: Scope, receive: Receive, send: Send) -> None:
        inside = scope["type"] != "lifespan" and (scope["path"] == DAGSTER or scope["path"].startswith(f"{DAGSTER}/"))
        if inside and dagster is not None:
            await dagster(scope, receive, send)
            return
        try:
            await pages(scope, receive, send)
        except Exception as error:
            if scope["type"] != "http":
                raise
            # It was answered (_fault), and goes no further: the server would write its words into the log, which may quote what was delivered.
            _log.error("%s %s: %s", scope["method"], room_of(scope["path"]), fault_of(error))

    return Guard(by_path, hosts, who, desk.refuse, scheme, limits)


def _answering(desk: Desk, at: At) -> Callable[[Request], object]:
    """An endpoint that asks for the role and, of a POST, for the token, before the page answers."""

    async def endpoint(request: Request) -> Response:
        if not may(person_of(request), at.may):
            desk.refuse(person_of(request), request.method, request.url.path, "role")
            raise HTTPException(HTTPStatus.FORBIDDEN)
        if at.method != "POST":
            return await run_in_threadpool(at.answer, request)
        try:
            form = await _form(request)
        except HTTPException:
            desk.refuse(person_of(request), request.method, request.url.path, "form")
            raise
        request.state.form, request.state.typed = form, at.typed
        try:
            if not desk.is_token(person_of(request), form.get(TOKEN)):
                desk.refuse(person_of(request), request.method, request.url.path, "token")
                raise UserError("form_expired", package=say.package)
            return await run_in_threadpool(at.answer, request)
        finally:
            await form.close()

    return endpoint


class _InMemory(MultiPartParser):
    """The parts of a form, files too, in memory and on no disk: what is in them is not known yet."""

    spool_max_size = Limits().files


async def _form(request: Request) -> FormData:
    """The fields of a POST. Raises HTTPException for what is none."""
    if not request.headers.get("content-type", "").startswith(FILES):
        return await request.form(max_fields=MOST_FIELDS, max_part_size=MOST_OF_A_FIELD)
    stream, sizes = request.stream(), {"max_files": MOST_FILES, "max_fields": MOST_FIELDS, "max_part_size": MOST_OF_A_FIELD}
    try:
        return await _InMemory(request.headers, stream, **sizes).parse()
    except MultiPartException as error:
        raise HTTPException(HTTPStatus.BAD_REQUEST) from error


def _not_answered(desk: Desk) -> Callable[[Request, Exception], Response]:
    def answer(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        status = HTTPStatus(error.status_code)
        known = {HTTPStatus.NOT_FOUND: "not_found", HTTPStatus.FORBIDDEN: "forbidden", HTTPStatus.METHOD_NOT_ALLOWED: "not_found"}
        said = say(f"not_answered.{known.get(status, 'unreadable')}", files=MOST_FILES, megabytes=MOST_OF_A_FIELD // 1_000_000)
        return _refused(desk, request, said, status)

    return answer


def _user_error(desk: Desk) -> Callable[[Request, Exception], Response]:
    refused = _refused_by_storage(desk)

    def answer(request: Request, error: Exception) -> Response:
        assert isinstance(error, UserError)
        if refusal_of_storage(error) is not None:
            return refused(request, error)
        if error.code == "purge_open":
            title, ends = say("not_answered.title"), decisions.END_REMOVALS if may(person_of(request), board.STEWARDS) else ""
            said, status = say("removal.open"), HTTPStatus.BAD_REQUEST
            return desk.page(request, "removal_open.html.j2", title, status, said=said, ends=ends)
        return _refused(desk, request, error.sentence, HTTPStatus.BAD_REQUEST)

    return answer


def _refused_by_storage(desk: Desk) -> Callable[[Request, Exception], Response]:
    """A full disk and the like: why, and that it may be done again; not where, which is nobody's business here but the log's."""

    def answer(request: Request, error: Exception) -> Response:
        _log.error("%s %s: %s", request.method, room_of(request.url.path), fault_of(error))
        said = say("not_answered.storage", reason=refusal_of_storage(error))
        return _refused(desk, request, said, HTTPStatus.INTERNAL_SERVER_ERROR)

    return answer


def _fault(desk: Desk) -> Callable[[Request, Exception], Response]:
    def answer(request: Request, error: Exception) -> Response:
        return _refused(desk, request, say("not_answered.fault"), HTTPStatus.INTERNAL_SERVER_ERROR)

    return answer


def _refused(desk: Desk, request: Request, said: Localised, status: HTTPStatus) -> Response:
    """Why something did not go: of a form on the page that it came from, with what was typed in its fields; else on a page that says only this."""
    form = getattr(request.state, "form", None)
    if isinstance(form, FormData):
        request.state.refused = RefusedForm.of(said, request.url.path, form, request.state.typed)
        page = _page_of_form(request)
        if page is not None:
            at, asked = page
            try:
                answered = at.answer(asked)
            except Exception as error:  # noqa: BLE001 (that page does not stand any more: what was typed stands on the page below)
                if not isinstance(error, HTTPException | UserError | OSError):
                    _log.error("%s, shown again: %s", room_of(request.url.path), fault_of(error))
                request.state.refused = RefusedForm.of(said, request.url.path, form, request.state.typed)
            else:
                if answered.status_code == HTTPStatus.OK:
                    answered.status_code = status
                    return answered
    return desk.page(request, "sentence.html.j2", say("not_answered.title"), status, said=said)


def _page_of_form(request: Request) -> tuple[At, Request] | None:
    """The page that a form was sent from, and how a browser would ask for it; None where this person may not see it."""
    scope = {**request.scope, "method": "GET", "path": page_at(request), "root_path": "", "query_string": b""}
    for route in request.app.routes:
        found, params = route.matches(scope) if isinstance(route, Route) else (Match.NONE, {})
        if found == Match.FULL:
            at: At = request.app.state.pages[route.path]
            return (
                (at, Request({**scope, "raw_path": scope["path"].encode(), **params}))
                if may(person_of(request), at.may)
                else None
            )
    return None
