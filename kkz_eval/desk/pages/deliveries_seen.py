"""Whose deliveries a page shows to whom, and what several pages about deliveries share: the moment, filters, a place of the board, who acts.

Does not belong here: pages; what a moment is made of (line.at_the_desk, imported when asked for: it takes a while).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request

from kkz_eval.contracts.contract import Contract
from kkz_eval.desk import say
from kkz_eval.desk.desk import Desk, may, person_of
from kkz_eval.desk.people import Person, Role, everyone_here
from kkz_eval.model.texts import Localised, Wording
from kkz_eval.reference.tables import programme_units, unit_label, youth_office_of
from kkz_eval.stewardship.clicks import Approver, Teller
from kkz_eval.stewardship.history import Place
from kkz_eval.stewardship.sight import EVERYTHING, NOTHING, Sight

if TYPE_CHECKING:
    from kkz_eval.line.at_the_desk import Moment

HAND_IN = frozenset({Role.CLERK, Role.STEWARD})
"""Who answers for deliveries: those who make them, and those who look after them."""
INSIDE = HAND_IN | {Role.APPROVER, Role.RESEARCHER}
"""Who sees the board: a clerk that of the own units and datasets."""


def sight_of(person: Person) -> Sight:
    """The deliveries that somebody sees: a clerk the own ones, all others inside all, an approver with units those."""
    if person.sees_every_unit:
        return EVERYTHING
    if not person.roles & INSIDE:
        return NOTHING
    offices = {
        youth_office_of(unit) for unit in programme_units() if unit.ags in person.units
    }  # some deliver under a key of their own
    return Sight(person.units | {office for office in offices if office is not None}, person.datasets)


def answered_for(person: Person) -> Sight:
    """The deliveries about which somebody may act: what a researcher sees besides is to be read only."""
    return sight_of(replace(person, roles=person.roles - {Role.RESEARCHER}))


def may_act(person: Person, roles: frozenset[Role], place: Place) -> bool:
    """Whether somebody may act at a place by one of these roles: what a page offers there, and what `place_of` lets a form do."""
    return may(person, roles) and answered_for(person).sees(place[0], place[1])


def moment_of(desk: Desk) -> Moment:
    """The deliveries as they stand."""
    from kkz_eval.line import at_the_desk  # noqa: PLC0415 (takes a moment to import, and not every page needs it)

    return at_the_desk.moment_of(desk.settings)


@dataclass(frozen=True)
class Choice:
    """A value that a filter may have. value: as it stands in the address."""

    value: str
    label: Localised | str


@dataclass(frozen=True)
class Filters:
    """Dataset, unit and year that a reader chose, "" for all, with what there is to choose from."""

    dataset: str
    unit: str
    year: str
    datasets: tuple[Choice, ...] = field(compare=False)  # what there is to choose from follows from the moment
    units: tuple[Choice, ...] = field(compare=False)
    years: tuple[Choice, ...] = field(compare=False)

    def let_through(self, dataset: str, unit: str, years: Iterable[int]) -> bool:
        """Whether something about these is asked for."""
        wanted = (self.dataset in ("", dataset), self.unit in ("", unit), not self.year or int(self.year) in years)
        return all(wanted)

    @property
    def chosen(self) -> bool:
        """Whether anything is filtered out."""
        return bool(self.dataset or self.unit or self.year)


def filters_of(request: Request, moment: Moment, sight: Sight) -> Filters:
    """What the address asks for; a value that there is not counts as none."""
    tables = moment.board(sight)
    datasets = tuple(Choice(table.contract.dataset, table.contract.title) for table in tables)
    units = sorted({row[0].unit_id for table in tables for row in table.rows if row}, key=unit_label)
    years = sorted({year for table in tables for year in table.years})

    def chosen(name: str, among: Iterable[Choice]) -> str:
        asked = request.query_params.get(name, "")
        return asked if asked in {choice.value for choice in among} else ""

    of_units = tuple(Choice(unit, unit_label(unit)) for unit in units)
    of_years = tuple(Choice(str(year), str(year)) for year in years)
    return Filters(
        chosen("datensatz", datasets), chosen("kommune", of_units), chosen("jahr", of_years), datasets, of_units, of_years
    )


def address_of(place: Place) -> str:
    """The address of a place of the board."""
    return f"/tafel/{quote(place[0], safe='')}/{quote(place[1], safe='')}/{place[2]}"


def with_query(path: str, **values: str) -> str:
    """An address with a query."""
    return f"{path}?{urlencode(values)}"


def place_of(request: Request, moment: Moment) -> Place:
    """The place that an address names. Raises HTTPException (404) where there is none, or none that this person sees: both look the same."""
    params = request.path_params
    place = (params["dataset"], params["unit"], params["year"])
    person = person_of(request)
    sight = sight_of(person) if request.method in ("GET", "HEAD") else answered_for(person)
    if place not in moment.cells or not sight.sees(place[0], place[1]):
        raise HTTPException(HTTPStatus.NOT_FOUND)
    return place


def unit_of(request: Request, moment: Moment) -> str:
    """The unit that an address names, of which this person sees something. Raises HTTPException (404) as place_of."""
    unit = str(request.path_params["unit"])
    seen = sight_of(person_of(request))
    if not any(row and row[0].unit_id == unit for table in moment.board(seen) for row in table.rows):
        raise HTTPException(HTTPStatus.NOT_FOUND)
    return unit


def teller_of(request: Request, contract: Contract) -> Teller:
    """Whoever decides, asks or answers, by the role that is kept: the steward's, else that which the contract has for who delivers."""
    person = person_of(request)
    own = contract.terms.contact_role or say("acting.municipality").in_language("de")
    role = say("acting.steward").in_language("de") if Role.STEWARD in person.roles else own
    if not person.roles & HAND_IN:
        role = say("acting.approver").in_language("de")
    return Teller(role, person.name)


def approver_of(person: Person) -> Approver:
    """Whoever approves or declines."""
    return Approver(
        say("acting.approver").in_language("de"), person.name, person == everyone_here(), bool(person.roles & HAND_IN)
    )


def title_of_dataset(moment: Moment, dataset: str) -> Wording:
    """What a dataset is called."""
    return moment.installation.contract_of(dataset).title
