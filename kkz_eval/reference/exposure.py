"""The group of each Kreis in the programme plan, derived from the programme units alone. No figures, no choice of a reference period.

Rule: a Kreis is treated where a programme unit is the Kreis itself. That holds although a town in it joined later (Warendorf);
where a town in it joined earlier (Recklinghausen), and where only towns in it joined, the Kreis is left out: treated in part.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from kkz_eval.model.texts import Sentence
from kkz_eval.reference import say
from kkz_eval.reference.tables import Kreis, ProgrammeUnit, kreise, programme_units


class Group(StrEnum):
    """Role of a Kreis in the comparison."""

    TREATED = "treated"
    NEVER = "never"
    LEFT_OUT = "left_out"


class Reason(StrEnum):
    """Why a Kreis is in its group; key of the sentence below `exposure.` in the catalogue."""

    WHOLLY_TREATED = "wholly_treated"
    WHOLLY_BEFORE_PARTLY = "wholly_before_partly"
    NEVER_TREATED = "never_treated"
    PARTLY_TREATED = "partly_treated"
    PARTLY_BEFORE_WHOLLY = "partly_before_wholly"


@dataclass(frozen=True)
class KreisGroup:
    """A Kreis and its group.

    cohort: year of the first treatment of the whole Kreis, None for never treated and left out.
    shares: (cohort, share of the population living in units of that cohort), cohorts ascending, without zeros.
    """

    kreis_ags5: str
    name: str
    group: Group
    cohort: int | None
    shares: tuple[tuple[int, float], ...]
    reason: Reason

    def share(self, cohort: int) -> float:
        """Share of the Kreis' population in units of that cohort, 0–1."""
        return dict(self.shares).get(cohort, 0.0)

    def dose(self, year: int) -> float:
        """Share of the Kreis' population that lives in units which have joined by that year, 0–1."""
        return min(1.0, sum(share for cohort, share in self.shares if cohort <= year))

    @property
    def first_cohort(self) -> int | None:
        """Year from which at least a part of the Kreis is treated, None for never."""
        return min((cohort for cohort, _ in self.shares), default=None)

    @property
    def sentence(self) -> Sentence:
        """The reason as a sentence for people."""
        return say(f"exposure.{self.reason}", kreis=self.name, cohorts=", ".join(str(cohort) for cohort, _ in self.shares))


@cache
def kreis_groups(known_until: int = 2019) -> tuple[KreisGroup, ...]:
    """The group of each of the 53 Kreise, by key.

    known_until: last year of the comparison; units that join later are not treated in it.
    """
    units = [unit for unit in programme_units() if unit.cohort <= known_until]
    return tuple(_group(kreis, [unit for unit in units if unit.kreis_ags5 == kreis.ags5]) for kreis in kreise())


def _group(kreis: Kreis, units: list[ProgrammeUnit]) -> KreisGroup:
    wholly = min((unit.cohort for unit in units if unit.is_whole_kreis), default=None)
    partly = min((unit.cohort for unit in units if not unit.is_whole_kreis), default=None)
    group, cohort, reason = _judge(wholly, partly)
    return KreisGroup(kreis.ags5, kreis.name, group, cohort, _shares(units), reason)


def _judge(wholly: int | None, partly: int | None) -> tuple[Group, int | None, Reason]:
    """Group, cohort and reason from the first cohort of the whole Kreis and of a town in it."""
    if wholly is None:
        return (Group.NEVER, None, Reason.NEVER_TREATED) if partly is None else (Group.LEFT_OUT, None, Reason.PARTLY_TREATED)
    if partly is None:
        return Group.TREATED, wholly, Reason.WHOLLY_TREATED
    if partly < wholly:
        return Group.LEFT_OUT, None, Reason.PARTLY_BEFORE_WHOLLY
    return Group.TREATED, wholly, Reason.WHOLLY_BEFORE_PARTLY


def _shares(units: list[ProgrammeUnit]) -> tuple[tuple[int, float], ...]:
    cohorts = sorted({unit.cohort for unit in units})
    return tuple(
        (cohort, min(1.0, sum(unit.share_of_kreis_population for unit in units if unit.cohort == cohort))) for cohort in cohorts
    )
