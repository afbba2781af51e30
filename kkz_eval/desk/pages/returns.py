"""What a municipality gets back: its newest values beside the official ranges, and the whole as page, PDF and workbook.

Belongs here: whose return a person may see, and what the page shows of it. Does not belong here: what is in a return and its files (line).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from kkz_eval.desk import say
from kkz_eval.desk.content_policy import for_kept_page
from kkz_eval.desk.desk import At, Desk, person_of
from kkz_eval.desk.opened import snapshot_now
from kkz_eval.desk.pages.deliveries_seen import INSIDE, sight_of
from kkz_eval.desk.people import Person
from kkz_eval.model.texts import LANGUAGES
from kkz_eval.reference.tables import ProgrammeUnit, programme_units, youth_office_of

if TYPE_CHECKING:
    from kkz_eval.line.return_files import Form

ROOM = "/rueckmeldung"
_KINDS = {
    "html": "text/html",
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@dataclass(frozen=True)
class _File:
    """A file of a return as the page offers it."""

    address: str
    form: str


def routes(desk: Desk) -> Iterator[At]:
    """The choice of a municipality, its return, and the files of that."""

    def chosen(request: Request) -> Response:
        units = sorted(_units(person_of(request)), key=lambda unit: unit.name)
        if len(units) == 1:
            return RedirectResponse(_address(units[0]), HTTPStatus.SEE_OTHER)
        return desk.page(request, "returns.html.j2", say("returns.choose"), units=[(unit.name, _address(unit)) for unit in units])

    def returned(request: Request) -> Response:
        from kkz_eval.line.municipal_return import returned_of  # noqa: PLC0415 (takes a moment to import, and this page alone needs it)
        from kkz_eval.line.return_files import Form, file_name  # noqa: PLC0415 (likewise)
        from kkz_eval.reporting.returned.document import shown_at_once  # noqa: PLC0415 (likewise)

        unit, language = _unit(request), desk.language(request)
        found = returned_of(snapshot_now(desk.settings), unit, sight_of(person_of(request)))
        return desk.page(
            request,
            "returned.html.j2",
            say("returns.title", unit=unit.name),
            sections=shown_at_once(found, language),
            simulated=found.simulated,
            files=[_File(f"{_address(unit)}/{file_name(unit.ags, form, language)}", form.value) for form in Form],
            several=len(_units(person_of(request))) > 1,
        )

    def file(request: Request) -> Response:
        from kkz_eval.line.return_files import Form, file_name, made  # noqa: PLC0415 (likewise)

        unit, name = _unit(request), request.path_params["name"]
        known: dict[str, tuple[Form, str]] = {
            file_name(unit.ags, form, language): (form, language) for form in Form for language in LANGUAGES
        }
        if name not in known:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        form, language = known[name]
        content = made(
            snapshot_now(desk.settings),
            unit,
            form,
            next(one for one in LANGUAGES if one == language),
            sight_of(person_of(request)),
        )
        desk.record(request, "return_fetched", f"{unit.ags} {form}")
        headers = {"cache-control": "no-store", "content-security-policy": for_kept_page(content)}
        if form is not Form.PAGE:
            headers["content-disposition"] = f"attachment; filename*=UTF-8''{quote(name, safe='')}"
        return Response(content, media_type=_KINDS[form], headers=headers)

    yield At(ROOM, chosen, INSIDE, room="returns", wish="deliver")
    yield At(f"{ROOM}/{{unit}}", returned, INSIDE)
    yield At(f"{ROOM}/{{unit}}/{{name}}", file, INSIDE)


def returns_about(units: Collection[str], person: Person) -> list[tuple[str, str]]:
    """Address and name of each return that somebody sees and that a delivery about these units is part of."""
    found = [unit for unit in _units(person) if not {unit.ags, youth_office_of(unit)}.isdisjoint(units)]
    return sorted((_address(unit), unit.name) for unit in found)


def _address(unit: ProgrammeUnit) -> str:
    return f"{ROOM}/{unit.ags}"


def _units(person: Person) -> list[ProgrammeUnit]:
    """The municipalities of which somebody sees anything: their own, or those whose youth office is theirs."""
    seen = sight_of(person).units
    return [unit for unit in programme_units() if seen is None or not seen.isdisjoint({unit.ags, youth_office_of(unit)})]


def _unit(request: Request) -> ProgrammeUnit:
    """The municipality that an address names. Raises HTTPException (404) where there is none, or none that this person sees: both look the same."""
    named = request.path_params["unit"]
    found = next((unit for unit in _units(person_of(request)) if unit.ags == named), None)
    if found is None:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    return found
