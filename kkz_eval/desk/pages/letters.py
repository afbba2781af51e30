"""What goes to a municipality, to be fetched by it or by a steward: its letter, marked copies and templates; and a notice that something waits.

Belongs here: the pages, and the click that sends a notice. Does not belong here: what the letters say (stewardship), how mail is sent (handed in).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from kkz_eval.desk import say
from kkz_eval.desk.desk import At, Desk, Handler, field_of, may, person_of
from kkz_eval.desk.pages.board import PLACE, may_fetch
from kkz_eval.desk.pages.deliveries_seen import HAND_IN, INSIDE, moment_of, place_of, sight_of, unit_of
from kkz_eval.desk.people import Role
from kkz_eval.model.errors import UserError
from kkz_eval.reference.tables import unit_label
from kkz_eval.stewardship.board import BoardTable, rests_on_simulated
from kkz_eval.stewardship.notice import Notice, notice
from kkz_eval.stewardship.replies import replies

if TYPE_CHECKING:
    from kkz_eval.line.at_the_desk import Moment

_WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_STEWARDS = frozenset({Role.STEWARD})


def routes(desk: Desk) -> Iterator[At]:
    """The letters, what goes with them, and notices."""

    def listed(request: Request) -> Response:
        moment, sight = moment_of(desk), sight_of(person_of(request))
        units = sorted({row[0].unit_id for table in moment.board(sight) for row in table.rows if row}, key=unit_label)
        if len(units) == 1:
            return RedirectResponse(f"/briefe/{quote(units[0], safe='')}", HTTPStatus.SEE_OTHER)
        return desk.page(request, "letters.html.j2", say("letters.title"), units=[(unit, unit_label(unit)) for unit in units])

    def letter(request: Request) -> Response:
        from kkz_eval.line.correspondence import units_with_template  # noqa: PLC0415 (takes a moment to import, and not every page needs it)

        moment = moment_of(desk)
        unit = unit_of(request, moment)
        tables = _tables_of(moment, request, unit)
        is_steward = may(person_of(request), _STEWARDS)
        return desk.page(
            request,
            "letter.html.j2",
            say("letters.of", unit=unit_label(unit)),
            unit=unit,
            letter=_letter(moment, request, unit),
            templates=[one.contract for one in tables if unit in units_with_template(moment.snapshot, one.contract)],
            notice=_notice(desk, moment, request, unit) if is_steward else None,
            is_steward=is_steward,
            sends=desk.send is not None,
            sent=request.query_params.get("gesendet") == "ja",
        )

    def letter_as_text(request: Request) -> Response:
        moment = moment_of(desk)
        unit = unit_of(request, moment)
        text = _letter(moment, request, unit)
        if text is None:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        return _file(text.encode(), f"antwort_{unit}.txt", "text/plain; charset=utf-8")

    def template(request: Request) -> Response:
        from kkz_eval.line.correspondence import template_of  # noqa: PLC0415 (takes a moment to import, and not every page needs it)

        moment = moment_of(desk)
        unit, dataset = unit_of(request, moment), request.path_params["dataset"]
        contract = next(
            (table.contract for table in _tables_of(moment, request, unit) if table.contract.dataset == dataset), None
        )
        made = None if contract is None else template_of(moment.snapshot, contract, unit)
        if made is None:
            raise UserError("no_template", package=say.package) if contract is not None else HTTPException(HTTPStatus.NOT_FOUND)
        name, content = made
        desk.record(request, "fetched_template", f"{dataset} {unit}")
        return _file(content, name, _WORKBOOK)

    def marked(request: Request) -> Response:
        from kkz_eval.line.correspondence import marked_copy_of  # noqa: PLC0415 (takes a moment to import, and not every page needs it)

        moment = moment_of(desk)
        place = place_of(request, moment)
        history = moment.cells[place].history
        if history is None or not may_fetch(moment, place, person_of(request)):
            raise HTTPException(HTTPStatus.NOT_FOUND)
        name, content = marked_copy_of(moment.snapshot, moment.histories, history)
        desk.record(request, "fetched_marked_copy", history.newest.sha256)
        return _file(content, name, _WORKBOOK)

    yield At("/briefe", listed, HAND_IN, room="letters", wish="deliver")
    yield At("/briefe/{unit}", letter, HAND_IN)
    yield At("/briefe/{unit}/antwort.txt", letter_as_text, HAND_IN)
    yield At("/briefe/{unit}/vorlage/{dataset}", template, HAND_IN)
    yield At("/briefe/{unit}/hinweis", _sending(desk), _STEWARDS, method="POST", typed=("to",))
    yield At(f"{PLACE}/markiert", marked, INSIDE)


def _sending(desk: Desk) -> Handler:
    """The form that sends a notice."""

    def sent(request: Request) -> Response:
        moment = moment_of(desk)
        unit = unit_of(request, moment)
        words = _notice(desk, moment, request, unit)
        if desk.send is None or words is None:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        desk.record(request, "notifies", unit)
        desk.send(field_of(request, "to"), words.subject, words.text)
        desk.record_done(request, "notified", unit)
        return RedirectResponse(f"/briefe/{quote(unit, safe='')}?gesendet=ja", HTTPStatus.SEE_OTHER)

    return sent


def _tables_of(moment: Moment, request: Request, unit: str) -> list[BoardTable]:
    tables = moment.board(sight_of(person_of(request)))
    own = ((table, tuple(row for row in table.rows if row and row[0].unit_id == unit)) for table in tables)
    return [replace(table, rows=rows) for table, rows in own if rows]


def _letter(moment: Moment, request: Request, unit: str) -> str | None:
    """The letter to a unit about what this person sees of it; None where it owes nothing and sent nothing."""
    return replies(_tables_of(moment, request, unit), {}, moment.today).get(unit)


def _notice(desk: Desk, moment: Moment, request: Request, unit: str) -> Notice | None:
    address = f"{desk.installed.reports_url or str(request.base_url).rstrip('/')}/zu-tun?kommune={quote(unit, safe='')}"
    sight = sight_of(person_of(request))
    simulated = rests_on_simulated(_tables_of(moment, request, unit))
    return notice(unit, moment.to_do(sight), moment.installation.contracts, address, simulated)


def _file(content: bytes, name: str, kind: str) -> Response:
    """A file to be kept by who fetches it."""
    headers = {"content-disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}", "cache-control": "no-store"}
    return Response(content, media_type=kind, headers=headers)
