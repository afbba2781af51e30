"""The board, and the story of each of its places: what came, what was judged, what counts, what changed, what was asked.

Belongs here: what is shown, and the questions asked there. Does not belong here: decisions (decisions), letters (letters).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from http import HTTPStatus
from typing import TYPE_CHECKING

from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from kkz_eval.contracts.called import labels_of
from kkz_eval.contracts.contract import Contract
from kkz_eval.deliveries.register.decided import APPLIED
from kkz_eval.desk import say
from kkz_eval.desk.desk import At, Desk, environment, field_of, person_of, places_of
from kkz_eval.desk.pages.deliveries_seen import (
    HAND_IN,
    INSIDE,
    Filters,
    address_of,
    approver_of,
    filters_of,
    may_act,
    moment_of,
    place_of,
    sight_of,
    teller_of,
)
from kkz_eval.desk.people import Person, Role
from kkz_eval.model.texts import Joined, Language, Localised, Wording
from kkz_eval.reference.tables import unit_label
from kkz_eval.settings import Settings
from kkz_eval.stewardship.board import (
    SYMBOLS,
    BoardTable,
    headed,
    is_simulated,
    legend,
    rests_on_simulated,
    rows_shown,
    said_of,
)
from kkz_eval.stewardship.clicks import Approver, may_be_right, name_of, takes_a_value
from kkz_eval.stewardship.delivery_diff import Change
from kkz_eval.stewardship.due_days import Day
from kkz_eval.stewardship.history import Place, delivery_named
from kkz_eval.stewardship.requests import DECLINED, is_approved, refusal_of, request_state
from kkz_eval.stewardship.requests import Request as Asked
from kkz_eval.stewardship.sight import Sight

if TYPE_CHECKING:
    from kkz_eval.line.at_the_desk import Moment, Step, Story

FINDINGS, CHANGES = 100, 100
"""So many findings, and changes of a delivery, are shown; the marked copy and `deliveries diff` have all."""
_ASK = HAND_IN | {Role.APPROVER}
APPROVERS, STEWARDS = frozenset({Role.APPROVER}), frozenset({Role.STEWARD})


def routes(desk: Desk) -> Iterator[At]:
    """The board, its places, and what is asked there."""

    def board(request: Request) -> Response:
        moment, language = moment_of(desk), desk.language(request)
        sight = sight_of(person_of(request))
        filters = filters_of(request, moment, sight)
        tables = _rendered(moment, sight, filters, language)
        return desk.page(
            request,
            "board.html.j2",
            say("board.title"),
            tables=tables,
            filters=filters,
            path="/tafel",
            day=Day(moment.today),
            legend=legend(),
            simulated=rests_on_simulated(moment.board(sight)),
        )

    def place(request: Request) -> Response:
        moment = moment_of(desk)
        return _page_of(desk, request, moment, place_of(request, moment))

    def asked(request: Request) -> Response:
        from kkz_eval.line.desk_acts import ask  # noqa: PLC0415 (takes a moment to import, and not every page needs it)

        moment = moment_of(desk)
        here = place_of(request, moment)
        desk.record(request, "asks", " ".join(map(str, here)))
        ask(desk.settings, here, field_of(request, "text"), teller_of(request, moment.contract_of(here)))
        desk.record_done(request, "asked", " ".join(map(str, here)))
        return _back(here, "fragen")

    def answered(request: Request) -> Response:
        from kkz_eval.line.desk_acts import answer  # noqa: PLC0415 (takes a moment to import, and not every page needs it)

        moment = moment_of(desk)
        here = place_of(request, moment)
        number = field_of(request, "number")
        if not (number.isascii() and number.isdigit() and len(number) < 9):
            raise HTTPException(HTTPStatus.BAD_REQUEST)
        about, text = field_of(request, "about"), field_of(request, "text")
        desk.record(request, "answers", " ".join(map(str, here)))
        answer(desk.settings, here, about, int(number), text, teller_of(request, moment.contract_of(here)))
        desk.record_done(request, "answered", " ".join(map(str, here)))
        return _back(here, "fragen")

    yield At("/tafel", board, INSIDE, room="board", wish="deliver")
    yield At(PLACE, place, INSIDE)
    yield At(f"{PLACE}/frage", asked, _ASK, method="POST", typed=("text",))
    yield At(f"{PLACE}/antwort", answered, _ASK, method="POST", typed=("text",))


PLACE = "/tafel/{dataset}/{unit}/{year:number}"


def _back(place: Place, part: str) -> Response:
    return RedirectResponse(f"{address_of(place)}#{part}", HTTPStatus.SEE_OTHER)


def _rendered(moment: Moment, sight: Sight, filters: Filters, language: Language) -> Markup:
    """The tables of the board as somebody sees them."""
    tables = []
    for table in moment.tables:
        years = tuple(year for year in table.years if filters.year in ("", str(year)))
        seen = [
            (place, row if years == table.years else tuple(cell for cell in row if cell.year in years))
            for place, row in enumerate(table.rows)
            if row and sight.sees(row[0].dataset, row[0].unit_id) and filters.let_through(row[0].dataset, row[0].unit_id, years)
        ]
        if not seen or not years:
            continue
        of = replace(table, years=years, rows=tuple(row for _, row in seen))
        whole = _rows_of(table, language) if years == table.years else None
        rows = _rows_rendered(of, language) if whole is None else [whole[place] for place, _ in seen]
        tables.append({**headed(of, language), "rows": rows})
    template = environment(language).get_template("board_tables.html.j2")
    return Markup(template.render(tables=tables, places=places_of(moment.installation.settings)))


_rows_last: dict[tuple[str, Language], tuple[BoardTable, Sequence[Markup]]] = {}
"""By contract the table of which the rows were rendered last: their many cells take longer than all else of the page, and most deliveries change one."""


def _rows_of(table: BoardTable, language: Language) -> Sequence[Markup]:
    """The rows of a table of the board of all units."""
    last, rows = _rows_last.get((table.contract.id, language), (None, ()))
    if last is not table:
        rows = _rows_rendered(table, language)
        _rows_last[(table.contract.id, language)] = (table, rows)
    return rows


def look_ahead(settings: Settings) -> None:
    """Render the rows of the board as it stands, in the language of the installation."""
    from kkz_eval.line import at_the_desk  # noqa: PLC0415 (takes a moment to import, and not every page needs it)

    for table in at_the_desk.moment_of(settings).tables:
        _rows_of(table, settings.language)


def _rows_rendered(table: BoardTable, language: Language) -> Sequence[Markup]:
    template = environment(language).get_template("board_row.html.j2")
    rows = rows_shown(table, lambda cell: address_of((cell.dataset, cell.unit_id, cell.year)), language)
    return [Markup(template.render(row=row)) for row in rows]


def _page_of(desk: Desk, request: Request, moment: Moment, place: Place) -> Response:
    from kkz_eval.line.at_the_desk import story_of  # noqa: PLC0415 (takes a moment to import, and not every page needs it)

    story, contract, person = story_of(moment, place), moment.contract_of(place), person_of(request)
    sight, newest = sight_of(person), None if story.cell.history is None else story.cell.history.newest.sha256
    if story.findings and newest is not None and not moment.sees_whole(sight, newest):
        own = tuple(one for one in story.findings if one.unit_id is not None)  # what names no unit may be of another
        story = replace(story, findings=own)
    requests = moment.requests_at(place)
    return desk.page(
        request,
        "place.html.j2",
        say("place.title", dataset=contract.title, unit=unit_label(place[1]), year=place[2]),
        here_at=address_of(place),
        state=story.cell.state,
        said=said_of(story.cell),
        counts=[] if story.cell.history is None else [delivery_named(arrival) for arrival in story.cell.history.holding],
        history=story.cell.history,
        steps=[_step(step, contract) for step in reversed(story.steps)],
        findings=_findings(moment, story, requests, contract.id, desk.language(request)),
        kept=story.findings is not None,
        more=max(0, len(story.findings or ()) - FINDINGS),
        requests=requests_shown(moment, requests, person),
        threads=_threads(moment, place),
        may_decide=may_act(person, HAND_IN, place),
        may_ask=may_act(person, _ASK, place),
        may_purge=may_act(person, STEWARDS, place),
        may_fetch=may_fetch(moment, place, person),
        unit=place[1],
        in_a_year=in_a_year(moment.today),
        simulated=story.cell.history is not None and is_simulated(story.cell.history),
        symbol=SYMBOLS[story.cell.state],
    )


def in_a_year(day: date) -> str:
    """The day until which an exception is offered to hold."""
    return date(day.year + 1, day.month, min(day.day, 28)).isoformat()


def may_fetch(moment: Moment, place: Place, person: Person) -> bool:
    """Whether the marked copy of the newest delivery may be fetched, where there is one: it shows the whole file."""
    history = moment.cells[place].history
    has = history is not None and history.verdict.has_findings
    return has and history is not None and moment.sees_whole(sight_of(person), history.newest.sha256)


def _step(step: Step, contract: Contract) -> dict[str, object]:
    changes = step.changes or ()
    return {
        "arrival": step.arrival,
        "day": None if step.arrival.arrived_on is None else Day(step.arrival.arrived_on),
        "fate": step.fate,
        "n_errors": step.n_errors,
        "counts": step.counts,
        "compared": step.changes is not None,
        "changes": [(_named(change, contract), change) for change in changes[:CHANGES]],
        "more": max(0, len(changes) - CHANGES),
    }


def _named(change: Change, contract: Contract) -> Joined:
    """The value that differs, as people call it: its column, and what it is of."""
    column = contract.property_named(change.field)
    said = [Wording({"de": column.label_de, "en": column.label_en})]
    codes = {(p.name, code.code): code for p in contract.properties for code in p.codes}
    for code in (codes[place] for place in change.dimensions.items() if place in codes):
        said.append(Wording({"de": code.label_de, "en": code.label_en}))
    return Joined(tuple(said), ", ")


def _findings(
    moment: Moment, story: Story, requests: tuple[Asked, ...], contract_id: str, language: Language
) -> list[dict[str, object]]:
    if story.cell.history is None:
        return []
    contract = moment.installation.contracts[contract_id]
    labels = labels_of([contract], language)
    sha256 = story.cell.history.newest.sha256
    decided = {
        (one.rule, one.place.cell if one.place else ""): one
        for one in requests
        if one.returned == sha256 and one.decided_by and one.problem != DECLINED
    }
    found: list[dict[str, object]] = []
    for finding in (story.findings or ())[:FINDINGS]:
        asked = decided.get((finding.rule, finding.cell))
        found.append(
            {
                "finding": finding,
                "called": labels.of(finding),
                "named": name_of(finding, sha256),
                "right": story.delivered is not None and may_be_right(finding, story.delivered),
                "correctable": story.delivered is not None and takes_a_value(finding, story.delivered, contract),
                "asked": asked is not None,
                "seen": "" if asked is None else asked.number,
                "approved": finding.kind == APPLIED or (asked is not None and is_approved(asked, moment.installation.decisions)),
            }
        )
    return found


@dataclass(frozen=True)
class RequestShown:
    """A request with what is said of it. state: problem | declined | approved | waiting; is_offered: whether the reader may approve or decline it;
    refused: why not, where it is their role alone that would allow it; same: whether they decided it; link: to its place."""

    request: Asked
    state: str
    is_offered: bool
    refused: Localised | None
    same: bool
    link: str = ""


def requests_shown(moment: Moment, requests: Iterable[Asked], person: Person) -> list[RequestShown]:
    """These requests with their states, and with what somebody may do about them."""
    approver = approver_of(person)
    return [_request_shown(moment, one, person, approver) for one in requests]


def _request_shown(moment: Moment, request: Asked, person: Person, approver: Approver) -> RequestShown:
    state = request_state(request, moment.installation.decisions)
    contract = None if request.place is None else moment.installation.contracts.get(request.place.contract)
    is_theirs, refused = False, None
    if state == "waiting" and request.place is not None and contract is not None:
        is_theirs = may_act(person, APPROVERS, (contract.dataset, request.place.unit_id, request.place.year))
        refusal = refusal_of(request, approver) if is_theirs else None
        refused = None if refusal is None else refusal.sentence
    return RequestShown(request, state, is_theirs and refused is None, refused, approver.has_decided(request.decided_by))


def _threads(moment: Moment, place: Place) -> list[dict[str, object]]:
    """The questions of a place, each with its answers."""
    said = moment.remarks_at(place)
    return [
        {
            "question": one,
            "day": _day(one.day),
            "answers": [(other, _day(other.day)) for other in said if (other.about, other.answers) == (one.about, one.number)],
        }
        for one in said
        if not one.answers
    ]


def _day(iso: str) -> Day:
    return Day(date.fromisoformat(iso))
