"""Who is at the desk, and what they may do. Default: nothing. No web, no files."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from kkz_eval.desk import say
from kkz_eval.model.texts import Localised


class Role(StrEnum):
    """What somebody is there for."""

    CLERK = "clerk"  # hands in for a municipality or office, and sees its own
    STEWARD = "steward"  # decides on findings
    APPROVER = "approver"  # approves what somebody else decided
    RESEARCHER = "researcher"  # starts runs and compares them
    READER = "reader"  # reads reports, drafts among them, which say so


ALL_ROLES = frozenset(Role)
SEE_EVERY_UNIT = frozenset({Role.STEWARD, Role.APPROVER, Role.RESEARCHER})
_START_RUNS = frozenset({Role.RESEARCHER})


@dataclass(frozen=True)
class Person:
    """Whoever asks. name: as the log has it; units: keys of those whose deliveries they may hand in and see; datasets: those that they may hand in,
    None for all of the units."""

    name: str
    roles: frozenset[Role] = frozenset()
    units: frozenset[str] = frozenset()
    datasets: frozenset[str] | None = None

    @property
    def sees_every_unit(self) -> bool:
        """Whether what concerns all municipalities may be shown to them: Dagster's pages do, as a whole."""
        approves_for_all = Role.APPROVER in self.roles and not self.units
        return approves_for_all or bool(self.roles & {Role.STEWARD, Role.RESEARCHER})

    @property
    def starts_runs(self) -> bool:
        """Whether they may start and stop runs, or change anything in Dagster."""
        return bool(self.roles & _START_RUNS)


NOBODY = Person("")


HERE = "local"
"""Under this name the log and runs have whoever is at a machine of their own: nobody has said who that is."""


def everyone_here() -> Person:
    """The one person at a machine of their own, with all roles."""
    return Person(HERE, ALL_ROLES)


def known_as(name: str) -> Localised | str:
    """What people read for a name that the log or a run has, "–" for none."""
    return say("people.here") if name == HERE else name or "–"
