"""What municipalities delivered on services and network, stage by stage: is something offered, does it arrive, is it handed on.

Belongs here: counting services, persons reached and ties by stage, each with of how many that delivered. Does not belong here: wording,
the gate against disclosure, any comparison of outcomes. A unit that delivered nothing is in no count: what is there is not known.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import pandas as pd
import pyarrow as pa

from kkz_eval.indicators.described import fullest_years
from kkz_eval.indicators.records import records_of

SERVICES, NETWORK = "praeventionsangebote", "netzwerk"
STAGE_OF_CODE: Mapping[str, str] = {
    "geburt": "birth",
    "u3": "under_3",
    "kita": "kita",
    "schuleintritt": "school_entry",
    "grundschule": "primary",
    "weiterfuehrende_schule": "secondary",
    "uebergang_beruf": "transition",
}
"""The stage of the chain by the code that deliveries have for it, from birth to work."""

TIES: Mapping[str, tuple[str, str]] = {
    "birth": ("gesundheitsamt", "jugendamt"),
    "under_3": ("jugendamt", "kita"),
    "kita": ("kita", "schule"),
    "school_entry": ("gesundheitsamt", "schule"),
    "primary": ("schule", "schule"),
    "secondary": ("schule", "berufsbildung"),
}
"""Between which sectors families are handed on from a stage to the next; the network knows sectors, not stages."""

ACROSS = "family"  # the stage of the catalogue at which services stand that serve several stages
_ORDER = tuple(STAGE_OF_CODE.values())
_FOR_PROFESSIONALS = "fachkraefte"
_NO_STAGE, _NOT_STATED = "keine", "ohne_angabe"


@dataclass(frozen=True)
class Answers:
    """How many units say yes, of how many that say anything."""

    yes: int
    of: int


@dataclass(frozen=True)
class Reach:
    """Persons reached and eligible, summed over services that give both figures, and how many units these are of."""

    reached: float
    eligible: float
    units: int


@dataclass(frozen=True)
class StageOffers:
    """One stage. offered: of the units that delivered services; services: how many these are; reach: None where no service gives figures.

    handed_on: units with a service that hands on to a later stage, of those that say of a service at the stage whether it does; tied:
    units with a regulated handover between the sectors of TIES, of those that delivered their network. None where nothing follows.
    """

    stage: str
    offered: Answers
    services: int
    reach: Reach | None
    handed_on: Answers | None
    tied: Answers | None


@dataclass(frozen=True)
class Delivered:
    """The year of a dataset that is shown, and how many units delivered it."""

    year: int
    units: int


@dataclass(frozen=True)
class Offers:
    """What is delivered on the chain.

    owed: units that are to deliver; services, network: None where none of them did; simulated: whether any of it is made up.
    """

    owed: int
    services: Delivered | None
    network: Delivered | None
    stages: tuple[StageOffers, ...] = ()
    simulated: bool = False


def offers_of(services: pa.Table, network: pa.Table, units: Collection[str]) -> Offers:
    """Services, reach and handover by stage, of the year that most of the units delivered, the newest of several.

    services, network: model.tables.OBSERVATIONS of the two datasets. Services for professionals are not counted.
    """
    offered, ties = _services(services, units), _ties(network, units)
    of_services, of_network = _fullest_year(offered), _fullest_year(ties)
    if of_services is not None:
        offered = offered[offered["year"] == of_services.year]
    if of_network is not None:
        ties = ties[ties["year"] == of_network.year]
    if of_services is None and of_network is None:
        return Offers(len(units), None, None)
    n = 0 if of_services is None else of_services.units
    families = offered[offered["target_group"] != _FOR_PROFESSIONALS]
    stages = tuple(_stage(stage, families, ties, n) for stage in (*_ORDER, ACROSS))
    return Offers(len(units), of_services, of_network, stages)


def _stage(stage: str, services: pd.DataFrame, ties: pd.DataFrame, n_delivered: int) -> StageOffers:
    here = services.loc[[_serves(codes, stage) for codes in services["stages"]]]
    figures = here.dropna(subset=["reached", "eligible"])
    reached, eligible = float(figures["reached"].sum()), float(figures["eligible"].sum())
    stated = here[here["handover_to"] != _NOT_STATED]
    passing = stated.loc[[_hands_on(codes, to, stage) for codes, to in zip(stated["stages"], stated["handover_to"], strict=True)]]
    is_last = stage == _ORDER[-1]
    return StageOffers(
        stage,
        Answers(here["unit_id"].nunique(), n_delivered),
        len(here[["unit_id", "service"]].drop_duplicates()),
        Reach(reached, eligible, figures["unit_id"].nunique()) if eligible else None,
        None if is_last else Answers(passing["unit_id"].nunique(), stated["unit_id"].nunique()),
        _tied(TIES[stage], ties) if stage in TIES else None,
    )


def _serves(codes: str, stage: str) -> bool:
    """Whether a service with these codes stands at a stage; across the stages, where it serves several."""
    served = [STAGE_OF_CODE[code] for code in codes.split(";")]
    return len(served) > 1 if stage == ACROSS else stage in served


def _hands_on(codes: str, to: str, stage: str) -> bool:
    """Whether a service hands on to a later stage than this one; across the stages, than all that it serves."""
    if to == _NO_STAGE:
        return False
    served = [STAGE_OF_CODE[code] for code in codes.split(";")] if stage == ACROSS else [stage]
    return _ORDER.index(STAGE_OF_CODE[to]) > max(map(_ORDER.index, served))


def _tied(sectors: tuple[str, str], ties: pd.DataFrame) -> Answers:
    """Units with an institution of one sector that hands families on to the other, whichever of the two counted it."""
    pair = set(sectors)
    rows = ties.loc[[{one, other} == pair for one, other in zip(ties["sector"], ties["partner_sector"], strict=True)]]
    known = rows.dropna(subset=["with_handover"])
    return Answers(known.loc[known["with_handover"] > 0, "unit_id"].nunique(), known["unit_id"].nunique())


def _fullest_year(rows: pd.DataFrame) -> Delivered | None:
    """The year with the most units, the newest of several; None without any."""
    places = {(str(unit), int(year)) for unit, year in zip(rows["unit_id"], rows["year"], strict=True)}
    return next((Delivered(last, sum(year == last for _, year in places)) for last in fullest_years(places)[-1:]), None)


def _services(observations: pa.Table, units: Collection[str]) -> pd.DataFrame:
    """A row per unit, year, service and target group: where it serves, whom it hands on to, persons eligible and reached."""
    return records_of(observations, units, ("service", "target_group", "stages", "handover_to"), ("eligible", "reached"))


def _ties(observations: pa.Table, units: Collection[str]) -> pd.DataFrame:
    """A row per unit, year, sector and partner: how many institutions hand families on."""
    return records_of(observations, units, ("sector", "partner_sector"), ("with_handover",))
