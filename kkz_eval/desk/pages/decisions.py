"""Decisions about findings, their approval by a second role, and the removal of a content: what a click keeps, by the roads of the command line.

Belongs here: reading the forms, and what is said after. Does not belong here: what is kept and checked (line.desk_acts).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from kkz_eval.deliveries.municipal.returned import Decision
from kkz_eval.deliveries.register.register import Arrival
from kkz_eval.desk import say
from kkz_eval.desk.desk import At, Desk, field_of, person_of
from kkz_eval.desk.pages.board import APPROVERS, PLACE, STEWARDS, in_a_year, requests_shown
from kkz_eval.desk.pages.deliveries_seen import (
    HAND_IN,
    address_of,
    approver_of,
    may_act,
    moment_of,
    place_of,
    sight_of,
    teller_of,
)
from kkz_eval.model.errors import UserError
from kkz_eval.stewardship.clicks import Named
from kkz_eval.stewardship.due_days import Day
from kkz_eval.stewardship.history import Place
from kkz_eval.stewardship.requests import Request as Asked

if TYPE_CHECKING:
    from kkz_eval.line.at_the_desk import Moment


END_REMOVALS = "/loeschen-beenden"
"""Where the form leads that stands in the place of all pages with deliveries as long as a removal is not at its end."""


def routes(desk: Desk) -> Iterator[At]:
    """The list of requests, and the forms at a place of the board."""

    def listed(request: Request) -> Response:
        moment, sight = moment_of(desk), sight_of(person_of(request))
        contracts = moment.installation.contracts
        seen = []
        for one in requests_shown(moment, moment.requests, person_of(request)):
            place = one.request.place
            if place is not None and place.contract in contracts:
                where = (contracts[place.contract].dataset, place.unit_id, place.year)
                if sight.sees(*where[:2]):
                    seen.append(replace(one, link=address_of(where) if where in moment.cells else ""))
            elif any(task.request == one.request.id for task in moment.to_do(sight)):
                seen.append(one)
        order = {"waiting": 0, "problem": 1, "declined": 2, "approved": 3}
        return desk.page(
            request,
            "decisions.html.j2",
            say("decision.title"),
            requests=sorted(seen, key=lambda one: order[one.state]),
            in_a_year=in_a_year(moment.today),
        )

    def decided(request: Request) -> Response:
        from kkz_eval.line.desk_acts import decide  # noqa: PLC0415 (takes a moment to import, and not every page needs it)

        moment = moment_of(desk)
        place = place_of(request, moment)
        named = Named(*(field_of(request, name) for name in ("sha256", "rule", "cell", "value")))
        try:
            decision = Decision(field_of(request, "decision"))
        except ValueError as error:
            raise HTTPException(HTTPStatus.BAD_REQUEST) from error
        teller = teller_of(request, moment.contract_of(place))
        desk.record(request, "decides", " ".join(map(str, place)))  # before: what can't be recorded is not done
        decide(
            desk.settings,
            place,
            named,
            decision,
            field_of(request, "reason"),
            field_of(request, "new"),
            teller,
            field_of(request, "seen"),
        )
        desk.record_done(request, f"decided:{decision}", " ".join(map(str, place)))
        return RedirectResponse(f"{address_of(place)}#entscheidungen", HTTPStatus.SEE_OTHER)

    def approved(request: Request) -> Response:
        from kkz_eval.line.desk_acts import approve_here  # noqa: PLC0415 (takes a moment to import, and not every page needs it)

        moment, approver = moment_of(desk), approver_of(person_of(request))
        asked, where = _asked(request, moment)
        desk.record(request, "approves", asked.id)
        approve_here(desk.settings, asked.id, field_of(request, "said"), _day(field_of(request, "expires")), approver)
        how = "approved_by_same_person" if approver.has_decided(asked.decided_by) else "approved"
        desk.record_done(request, how, asked.id)
        return _back(moment, where)

    def declined(request: Request) -> Response:
        from kkz_eval.line.desk_acts import decline_here  # noqa: PLC0415 (takes a moment to import, and not every page needs it)

        moment = moment_of(desk)
        asked, where = _asked(request, moment)
        desk.record(request, "declines", asked.id)
        decline_here(
            desk.settings, asked.id, field_of(request, "said"), field_of(request, "reason"), approver_of(person_of(request))
        )
        desk.record_done(request, "declined", asked.id)
        return _back(moment, where)

    yield At("/entscheidungen", listed, HAND_IN | APPROVERS, room="decisions", wish="deliver")
    yield At("/entscheidungen/{id}/genehmigen", approved, APPROVERS, method="POST", typed=("expires",))
    yield At("/entscheidungen/{id}/ablehnen", declined, APPROVERS, method="POST", typed=("reason",))
    yield At(f"{PLACE}/entscheiden", decided, HAND_IN, method="POST", typed=("reason", "new"))
    yield from _removing(desk)


def _asked(request: Request, moment: Moment) -> tuple[Asked, Place]:
    """The request that an address names, and its place. Raises HTTPException (404) where there is none, or none about which this person may act."""
    asked = next((one for one in moment.requests if one.id == request.path_params["id"]), None)
    place = None if asked is None else asked.place
    contract = None if place is None else moment.installation.contracts.get(place.contract)
    if asked is None or place is None or contract is None:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    where = (contract.dataset, place.unit_id, place.year)
    if not may_act(person_of(request), APPROVERS, where):
        raise HTTPException(HTTPStatus.NOT_FOUND)
    return asked, where


def _back(moment: Moment, place: Place) -> Response:
    to = f"{address_of(place)}#entscheidungen" if place in moment.cells else "/entscheidungen"
    return RedirectResponse(to, HTTPStatus.SEE_OTHER)


def _removing(desk: Desk) -> Iterator[At]:
    """The page that says what goes with a content, the form that removes it, and the one that ends a removal that was cut short."""

    def found(request: Request) -> tuple[Place, Arrival]:
        """The place, and the delivery that the address names. Raises UserError for one that is gone, HTTPException (404) for what never was there."""
        moment = moment_of(desk)
        place, sha256 = place_of(request, moment), request.path_params["sha256"]
        tombstones, history = moment.snapshot.register.tombstones, moment.cells[place].history
        if sha256 in tombstones:  # a form that was sent twice
            raise UserError("removed_already", package=say.package, day=Day(date.fromisoformat(tombstones[sha256].date)))
        arrivals = () if history is None else [arrival for arrival, _ in history.entries if arrival.sha256 == sha256]
        if not arrivals or not may_act(person_of(request), STEWARDS, place):
            raise HTTPException(HTTPStatus.NOT_FOUND)
        return place, arrivals[-1]

    def asked(request: Request) -> Response:
        from kkz_eval.line.desk_acts import SURE, going_with  # noqa: PLC0415 (takes a moment to import, and not every page needs it)

        place, arrival = found(request)
        going = going_with(desk.settings, arrival.sha256)
        return desk.page(
            request, "removal.html.j2", say("removal.ask"), arrival=arrival, going=going, sure=SURE, back=address_of(place)
        )

    def ended(request: Request) -> Response:
        from kkz_eval.line.desk_acts import end_removals  # noqa: PLC0415 (takes a moment to import, and not every page needs it)

        desk.record(request, "ends_removals")
        said = end_removals(desk.settings) or (say("removal.none_open"),)
        desk.record_done(request, "ended_removals")
        return desk.page(request, "removed.html.j2", say("removal.title"), sentences=said, back="/zu-tun")

    def removed(request: Request) -> Response:
        from kkz_eval.line.desk_acts import purge_here  # noqa: PLC0415 (takes a moment to import, and not every page needs it)

        place, arrival = found(request)
        desk.record(request, "purges", arrival.sha256)
        said = purge_here(desk.settings, arrival.sha256, field_of(request, "typed"), field_of(request, "reason"))
        desk.record_done(request, "purged", arrival.sha256)
        return desk.page(request, "removed.html.j2", say("removal.title"), sentences=said, back=address_of(place))

    yield At(f"{PLACE}/loeschen/{{sha256}}", asked, STEWARDS)
    yield At(f"{PLACE}/loeschen/{{sha256}}", removed, STEWARDS, method="POST", typed=("reason", "typed"))
    yield At(END_REMOVALS, ended, STEWARDS, method="POST")


def _day(typed: str) -> date | None:
    if not typed:
        return None
    try:
        return date.fromisoformat(typed)
    except ValueError as error:
        raise UserError("date_unreadable", package="kkz_eval.stewardship", value=typed) from error
