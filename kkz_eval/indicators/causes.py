"""Why no effect is estimated for a subject: five causes kept apart, each with what its sentence needs. No files, no values.

Belongs here: the causes, their words, and whether a cause still holds beside the years that are accepted by now. Does not belong here:
which subject has which cause; the catalogue of indicators says that.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from kkz_eval.indicators import say
from kkz_eval.model.texts import Joined, Sentence, spans
from kkz_eval.reference import say as say_of_reference

YEARS_BEFORE = 2
"""Years before the start that a comparison needs: with one there is no course before it that could be looked at."""


@dataclass(frozen=True)
class NotMeasured:
    """Nobody counts it. among: outside_the_programme (only its municipalities do) | official_tables (none of them shows it)."""

    among: str

    def said(self, start: int) -> Sentence:
        """The cause, to stand behind its subject."""
        return say(f"causes.not_measured.{self.among}")


@dataclass(frozen=True)
class HeldTable:
    """A table of another office. level: of its units; first, last: the years that it lists, None where they are not known."""

    code: str
    level: str
    first: int | None = None
    last: int | None = None

    @property
    def said(self) -> Sentence:
        """The table with its level and years."""
        units = say_of_reference(f"levels.{self.level}.many")
        if self.first is None:
            return say("causes.table.known", code=self.code, units=units)
        return say("causes.table.of_years", code=self.code, units=units, first=self.first, last=self.last)


@dataclass(frozen=True)
class HeldAndNotObtained:
    """Another office has it, and it was not obtained. by: its name; tables: in which; at_hand: years that came all the same."""

    by: str
    tables: tuple[HeldTable, ...] = ()
    at_hand: tuple[int, ...] = ()

    def said(self, start: int) -> Sentence:
        """The cause, to stand behind its subject."""
        held = say("causes.held_and_not_obtained.by", by=self.by)
        if self.tables:
            tables = Joined(tuple(table.said for table in self.tables), say("causes.table.between"))
            held = say("causes.held_and_not_obtained.tables", by=self.by, tables=tables)
        return say("causes.held_and_not_obtained.in_part", held=held, years=spans(self.at_hand)) if self.at_hand else held


@dataclass(frozen=True)
class TooShort:
    """Too few years on one side of the start that can be compared.

    begins, ends: of the series where it is published; at_hand: the years that came; breaks: years from which on it is counted too differently.
    """

    begins: int | None = None
    ends: int | None = None
    at_hand: tuple[int, ...] = ()
    breaks: tuple[int, ...] = ()

    def said(self, start: int) -> Sentence:
        """The cause, to stand behind its subject. start: first year in which an effect may show."""
        if self.ends is not None:
            return say("causes.too_short.ends", year=self.ends)
        if self.breaks:
            return say("causes.too_short.breaks", years=spans(self.breaks))
        if self.lies_before(start):
            return say(
                "causes.too_short.at_hand", years=spans(self.at_hand), before=say("causes.too_short.none_after", start=start)
            )
        before = say("causes.too_short.one" if self._years_before(start) else "causes.too_short.none", start=start)
        if self.at_hand:
            return say("causes.too_short.at_hand", years=spans(self.at_hand), before=before)
        return say("causes.too_short.begins", year=self.begins, before=before)

    def lies_before(self, start: int) -> bool:
        """Whether no year came in which an effect may show."""
        return bool(self.at_hand) and max(self.at_hand) < start

    def _years_before(self, start: int) -> int:
        if self.at_hand:
            return sum(year < start for year in self.at_hand)
        return start if self.begins is None else max(0, start - self.begins)


@dataclass(frozen=True)
class TooFew:
    """Too little to compare. count: units of the whole; of: units | cells (cases in many a unit and year)."""

    count: int
    of: str

    def said(self, start: int) -> Sentence:
        """The cause, to stand behind its subject."""
        return say(f"causes.too_few.{self.of}", count=self.count)


@dataclass(frozen=True)
class NotYetReached:
    """Those whom the programme could reach from birth on, born in the year of the start or later, are not that far. age: at which they are."""

    age: int

    def said(self, start: int) -> Sentence:
        """The cause, to stand behind its subject. start: first year in which an effect may show."""
        return say("causes.not_yet_reached", birth_year=start, year=start + self.age)


Cause = NotMeasured | HeldAndNotObtained | TooShort | TooFew | NotYetReached

CAUSES: Mapping[type[Cause], str] = {
    NotMeasured: "not_measured",
    HeldAndNotObtained: "held_and_not_obtained",
    TooShort: "too_short",
    TooFew: "too_few",
    NotYetReached: "not_yet_reached",
}
"""The names under which the catalogue knows them."""


def cause_of(entry: Mapping[str, Any]) -> Cause:
    """The cause that an entry of the catalogue names, as its schema allows it: one key, what it needs below it."""
    ((kind, given),) = entry.items()
    match kind:
        case "not_measured":
            return NotMeasured(given["among"])
        case "held_and_not_obtained":
            return HeldAndNotObtained(given["by"], tuple(HeldTable(**table) for table in given.get("tables", ())))
        case "too_short":
            first, last = given.get("at_hand", (1, 0))
            return TooShort(given.get("begins"), given.get("ends"), tuple(range(first, last + 1)), tuple(given.get("breaks", ())))
        case "too_few":
            ((of, count),) = given.items()
            return TooFew(count, of)
        case _:
            return NotYetReached(given["age"])


def that_holds(cause: Cause, at_hand: Collection[int], start: int, today: int) -> Cause | None:
    """The cause beside what is accepted by now; None where it no longer holds.

    at_hand: years of accepted figures of the subject; start: first year in which an effect may show; today: the year.
    A table that came with YEARS_BEFORE years before the start is neither held elsewhere nor too short. One that came with fewer is said
    with its years.
    """
    match cause:
        case TooShort(breaks=years) if years:
            return cause  # further years do not mend it
        case TooShort() if cause.lies_before(start):
            return (
                None
                if any(year >= start for year in at_hand)
                else replace(cause, at_hand=tuple(sorted(at_hand)) or cause.at_hand)
            )
        case TooShort(ends=int(last)):
            return None if has_years_before(at_hand, start) and max(at_hand) > last else cause
        case HeldAndNotObtained() | TooShort():
            if has_years_before(at_hand, start):
                return None
            if isinstance(cause, TooShort) and not at_hand and cause._years_before(start) >= YEARS_BEFORE:
                return None  # of a plan that starts later than the one it was written for
            return replace(cause, at_hand=tuple(sorted(set(at_hand)))) if at_hand else cause
        case NotYetReached(age=age):
            return cause if today <= start + age else None
        case _:
            return cause


def has_years_before(at_hand: Collection[int], start: int) -> bool:
    """Whether accepted figures leave YEARS_BEFORE years before the start."""
    return len({year for year in at_hand if year < start}) >= YEARS_BEFORE
