"""What municipalities deliver of their own, put side by side to be described: over the years, by target group, gaps, goals, surveys.

Belongs here: choosing years, adding up, and of how many units each figure is. Does not belong here: rates of the catalogue (rates), services by
stage (offers), the gate against disclosure, wording. A unit that delivered nothing is in no figure: what is there is not known.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from kkz_eval.indicators.catalogue import Indicator, stages
from kkz_eval.model.texts import Language

GOALS, SURVEY = "ziele", "befragung"
OWN_MEASURE = "eigene_messgroesse"  # of a goal: no indicator of the catalogue
ALL = "insgesamt"
_AT_LEAST = "mindestens"
_NOT_STATED, _SEPARATOR = "ohne_angabe", ";"
_TIES = ["with_agreement", "with_joint_service", "with_handover"]

LocalText = Mapping[Language, str]


@dataclass(frozen=True)
class Value:
    """A value of an indicator; None where it can't be formed. numerator, denominator: None of a published rate."""

    unit_id: str
    year: int
    numerator: float | None
    denominator: float | None
    value: float | None


@dataclass(frozen=True)
class Series:
    """An indicator that only deliveries give. owed: who is to deliver it, by key, with their names; values: by unit and year, of these."""

    indicator: Indicator
    owed: Mapping[str, str]
    values: tuple[Value, ...]


@dataclass(frozen=True)
class TargetGroup:
    """Reached and eligible of a target group in a year, summed over services with both figures.

    units: that have such a service; of: that delivered services in that year.
    """

    target_group: str
    year: int
    units: int
    of: int
    reached: float
    eligible: float


@dataclass(frozen=True)
class Gap:
    """So many units are without a service or a tie, of those that say so. between: sector and stage, or the two sectors."""

    between: tuple[str, str]
    year: int
    without: int
    of: int


@dataclass(frozen=True)
class Goal:
    """What a unit set itself in a year; target_value, target_year: None where it gives no number. direction: as the contract codes it."""

    unit_id: str
    goal: str
    indicator: str
    direction: str
    target_value: float | None
    target_year: int | None

    def is_reached_by(self, value: float) -> bool:
        """Whether a value of the target year is at the target value or beyond. Raises ValueError for a goal without a number."""
        if self.target_value is None:
            raise ValueError("a goal without a number is never reached")
        return value >= self.target_value if self.direction == _AT_LEAST else value <= self.target_value


@dataclass(frozen=True)
class Attainment:
    """A goal with the value of its indicator in the target year; None where there is none. newest_year: of the indicator, of any unit."""

    goal: Goal
    value: Value | None
    newest_year: int | None


@dataclass(frozen=True)
class Step:
    """What a unit assumes: by which service, for whom, over which step, to be seen where."""

    unit_id: str
    service: str
    target_group: str
    step: str
    indicator: str


@dataclass(frozen=True)
class TakeUp:
    """Parents who answered and those of them who use a service, over all units that asked in the year.

    aware: those who know of it, of aware_of who answered in the units that asked that, too; both 0 where none did.
    """

    year: int
    child_age: str
    group: str
    service: str
    units: int
    respondents: float
    users: float
    aware: float = 0.0
    aware_of: float = 0.0


@dataclass(frozen=True)
class Response:
    """Parents who were invited to a survey and those who answered, over the units that give both."""

    units: int
    invited: float
    answered: float


@dataclass(frozen=True)
class Described:
    """All that a report describes of deliveries that have no reference group.

    units: who began with the plan's cohorts, by key, with their names. response: to the survey, None where nobody says it. measured: indicators of the goals, by name. labels: of codes, by
    "dataset.property.code", in the order of the contracts.
    """

    units: Mapping[str, str]
    series: tuple[Series, ...]
    target_groups: tuple[TargetGroup, ...]
    gaps: tuple[Gap, ...]
    ties: tuple[Gap, ...]
    goals: tuple[Attainment, ...]
    logic: tuple[Step, ...]
    survey: tuple[TakeUp, ...]
    measured: Mapping[str, Indicator]
    labels: Mapping[str, LocalText]
    response: Response | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all was delivered."""
        parts = (self.target_groups, self.gaps, self.ties, self.goals, self.survey)
        return not any(parts) and not any(one.values for one in self.series)


def only_delivered(catalogue: Mapping[str, Indicator], municipal: Collection[str]) -> tuple[Indicator, ...]:
    """The indicators that no official dataset gives, from birth to work: there is nobody to compare with, so they are described.

    municipal: the datasets that municipalities deliver.
    """
    found = [i for i in catalogue.values() if all(source.dataset in municipal for source in i.sources)]
    return tuple(sorted(found, key=lambda i: stages().index(i.stage)))


def fullest_years(places: Collection[tuple[str, int]]) -> tuple[int, ...]:
    """The first and the last year that many units delivered; one year where there is no other, none without places (unit and year).

    The last is the newest of those with the most units: one that came early does not make the others late. The first is the oldest with at
    least half as many: one early delivery makes no beginning.
    """
    units: dict[int, set[str]] = {}
    for unit, year in places:
        units.setdefault(year, set()).add(unit)
    if not units:
        return ()
    most = max(map(len, units.values()))
    first = min(year for year, own in units.items() if 2 * len(own) >= most)
    last = max(year for year, own in units.items() if len(own) == most)
    return tuple(sorted({first, last}))


def _years_of(records: pd.DataFrame) -> tuple[int, ...]:
    return fullest_years({(str(unit), int(year)) for unit, year in zip(records["unit_id"], records["year"], strict=True)})


def _of_last_year(records: pd.DataFrame) -> pd.DataFrame:
    return records[records["year"].isin(_years_of(records)[-1:])]


def target_groups(services: pd.DataFrame) -> tuple[TargetGroup, ...]:
    """By target group and year, of the first and the last year. services: records of praeventionsangebote with target_group, eligible, reached."""
    found = []
    for year in _years_of(services):
        own = services[services["year"] == year]
        for group, part in own.dropna(subset=["reached", "eligible"]).groupby("target_group", sort=True):
            sums = (float(part["reached"].sum()), float(part["eligible"].sum()))
            found.append(TargetGroup(str(group), year, part["unit_id"].nunique(), own["unit_id"].nunique(), *sums))
    return tuple(found)


def gaps(services: pd.DataFrame, sectors: Sequence[str], at: Sequence[str]) -> tuple[Gap, ...]:
    """Sector × stage in the last year. services: records of praeventionsangebote with stages, provider_sector, joint_with; at: codes of stages.

    A sector takes part as provider or as partner. Where a service at the stage does not name its partners, and no other has the sector,
    nobody knows: such a unit is not counted in `of`.
    """
    own = _of_last_year(services)
    if own.empty:
        return ()
    found = []
    for sector in sectors:
        for stage in at:
            here = own[[stage in codes.split(_SEPARATOR) for codes in own["stages"]]]
            partners = [sector in codes.split(_SEPARATOR) for codes in here["joint_with"]]
            has = set(here.loc[here["provider_sector"] == sector, "unit_id"]) | set(here.loc[partners, "unit_id"])
            unknown = set(here.loc[here["joint_with"] == _NOT_STATED, "unit_id"]) - has
            known = set(own["unit_id"]) - unknown
            found.append(Gap((sector, stage), int(own["year"].iloc[0]), len(known - has), len(known)))
    return tuple(found)


def missing_ties(network: pd.DataFrame, sectors: Sequence[str]) -> tuple[Gap, ...]:
    """Pairs of sectors in the last year; a tie counts from whichever side it was counted.

    network: records of netzwerk with sector, partner_sector and the measures of ties.
    """
    own = _of_last_year(network)
    if own.empty:
        return ()
    found = []
    for number, sector in enumerate(sectors):
        for partner in sectors[number + 1 :]:
            pairs = zip(own["sector"], own["partner_sector"], strict=True)
            both = own[[{one, other} == {sector, partner} for one, other in pairs]]
            tied = set(both.loc[both[_TIES].gt(0).any(axis=1), "unit_id"])
            known = tied | (set(both["unit_id"]) - set(both.loc[both[_TIES].isna().any(axis=1), "unit_id"]))
            found.append(Gap((sector, partner), int(own["year"].iloc[0]), len(known - tied), len(known)))
    return tuple(found)


def goals(delivered: pd.DataFrame) -> tuple[Goal, ...]:
    """The goals, each once though it has several services. delivered: records of GOALS."""
    return tuple(
        dict.fromkeys(
            Goal(
                str(row["unit_id"]),
                str(row["goal"]),
                str(row["indicator"]),
                str(row["direction"]),
                None if pd.isna(row["target_value"]) else float(row["target_value"]),
                None if pd.isna(row["target_year"]) else int(row["target_year"]),
            )
            for _, row in delivered.iterrows()
        )
    )


def impact_logic(delivered: pd.DataFrame) -> tuple[Step, ...]:
    """What the units assume, each step once though several years say it. delivered: records of GOALS."""
    columns = ("unit_id", "service", "target_group", "step", "indicator")
    return tuple(dict.fromkeys(Step(*(str(row[name]) for name in columns)) for _, row in delivered.iterrows()))


def take_up(survey: pd.DataFrame) -> tuple[TakeUp, ...]:
    """Respondents and users of the last year, added over the units that give both figures. survey: records of SURVEY."""
    known = _of_last_year(survey).dropna(subset=["respondents", "users"])
    known = known.assign(aware_of=known["respondents"].where(known["aware"].notna()))
    added = known.groupby(["child_age", "group", "service"], sort=False, as_index=False).agg(
        year=("year", "first"),
        units=("unit_id", "nunique"),
        respondents=("respondents", "sum"),
        users=("users", "sum"),
        aware=("aware", "sum"),
        aware_of=("aware_of", "sum"),
    )
    return tuple(
        TakeUp(
            year=int(row["year"]),
            child_age=str(row["child_age"]),
            group=str(row["group"]),
            service=str(row["service"]),
            units=int(row["units"]),
            respondents=float(row["respondents"]),
            users=float(row["users"]),
            aware=float(row["aware"]),
            aware_of=float(row["aware_of"]),
        )
        for row in added.to_dict("records")
    )


def response(survey: pd.DataFrame) -> Response | None:
    """Invited and answers of the last year, of all respondents, added over the units that give both; None without any. survey: records of SURVEY.

    Each service repeats them; where it was not asked of all, the most of a unit stand for it.
    """
    rows = _of_last_year(survey)
    whole = rows[(rows["child_age"] == ALL) & (rows["group"] == ALL)].dropna(subset=["respondents", "invited"])
    most = whole.groupby("unit_id")[["respondents", "invited"]].max()
    return None if most.empty else Response(len(most), float(most["invited"].sum()), float(most["respondents"].sum()))
