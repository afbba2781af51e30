"""The part on what municipalities set themselves: goals with the value of their year, and the impact logic. Described, no results of a service.

A municipality's own words stand in a report only where they claim no more than the report may.
"""

from __future__ import annotations

from collections.abc import Collection

from kkz_eval.indicators.described import GOALS, OWN_MEASURE, Attainment, Described, Goal
from kkz_eval.model.texts import Language
from kkz_eval.reporting import claims, disclosure, numbers, say
from kkz_eval.reporting.document import Column, Inline, Paragraph, Parts, Quoted, Section, Table, phrase
from kkz_eval.reporting.sections.parts import code_label

_GOAL_COLUMNS = ("unit", "goal", "indicator", "target", "value", "state")
_LOGIC_COLUMNS = ("unit", "service", "target_group", "step", "seen")
WITH_VALUE = ("reached", "not_reached")


def goals_section(found: Described, smallest_cell: int, names: Collection[str], language: Language) -> tuple[Section, ...]:
    """The goals and what leads to them; () where nobody delivered any. names: of the units of the report."""
    if not found.goals:
        return ()
    counts = [(None, None) if one.value is None else (one.value.numerator, one.value.denominator) for one in found.goals]
    released = disclosure.rates_released(counts, smallest_cell)
    states = {
        one: state_of(one, may_leave, decimals_of(found, one.goal)) for one, may_leave in zip(found.goals, released, strict=True)
    }
    ordered = sorted(found.goals, key=lambda one: (found.units[one.goal.unit_id], one.goal.target_year or 0, one.goal.goal))
    rows = tuple(
        _goal(f"prevention.goals.{n}", one, states[one], found, names, language) for n, one in enumerate(ordered, start=1)
    )
    told = {
        "goals": len(rows),
        "units": len({one.goal.unit_id for one in found.goals}),
        "owed": len(found.units),
        "known": sum(state in WITH_VALUE for state in states.values()),
        "reached": sum(state == "reached" for state in states.values()),
    }
    shown = {name: numbers.count(f"prevention.goals.{name}", n, language) for name, n in told.items()}
    blocks = (
        Paragraph(phrase("prevention.goals.intro", language, **shown)),
        Table("prevention-goals-table", phrase("prevention.goals.caption", language), _columns(_GOAL_COLUMNS, language), rows),
        Paragraph(phrase("prevention.goals.note", language), "note"),
        _logic(found, names, language),
        Paragraph(phrase("prevention.logic.note", language), "note"),
    )
    return (Section("prevention-goals", phrase("prevention.goals.title", language), blocks),)


def state_of(one: Attainment, may_leave: bool, decimals: int) -> str:
    """How a goal stands, as the key of its words: what is in the way of setting a value beside it, else whether it, as it is shown, is reached."""
    goal = one.goal
    if goal.indicator == OWN_MEASURE:
        return "own"
    if goal.target_value is None or goal.target_year is None:
        return "no_number"
    if one.newest_year is None:
        return "no_figures"
    if goal.target_year > one.newest_year:
        return "not_yet"
    if one.value is None or one.value.value is None:
        return "no_value"
    if not may_leave:
        return "hidden"
    return "reached" if goal.is_reached_by(round(one.value.value, decimals)) else "not_reached"


def _goal(
    scope: str, one: Attainment, state: str, found: Described, names: Collection[str], language: Language
) -> tuple[Parts, ...]:
    goal = one.goal
    decimals = decimals_of(found, goal)
    target: Parts = (say("prevention.goals.without_number").in_language(language),)
    if goal.target_value is not None:
        direction = code_label(found, f"{GOALS}.direction.{goal.direction}", language)
        target = (direction, " ", numbers.measured(f"{scope}.target", goal.target_value, decimals, language))
    if goal.target_year is not None:
        year = numbers.year(f"{scope}.target_year", goal.target_year)
        target = (*target, " ", *phrase("prevention.goals.until", language, year=year))
    value: Inline = "–"
    if state in WITH_VALUE and one.value is not None and one.value.value is not None:
        value = numbers.measured(f"{scope}.value", one.value.value, decimals, language)
    newest = {"year": numbers.year(f"{scope}.newest", one.newest_year)} if state == "not_yet" and one.newest_year else {}
    return (
        (Quoted(found.units[goal.unit_id]),),
        (own_words(goal.goal, names, language),),
        (code_label(found, f"{GOALS}.indicator.{goal.indicator}", language),),
        target,
        (value,),
        phrase(f"prevention.goals.state.{state}", language, **newest),
    )


def decimals_of(found: Described, goal: Goal) -> int:
    """Digits of a goal and its value: those of its indicator; of an own measure one."""
    return found.measured[goal.indicator].decimals if goal.indicator in found.measured else 1


def _logic(found: Described, names: Collection[str], language: Language) -> Table:
    rows = tuple(
        (
            (Quoted(found.units[step.unit_id]),),
            (own_words(step.service, names, language),),
            (code_label(found, f"{GOALS}.target_group.{step.target_group}", language),),
            (code_label(found, f"{GOALS}.step.{step.step}", language),),
            (code_label(found, f"{GOALS}.indicator.{step.indicator}", language),),
        )
        for step in sorted(found.logic, key=lambda step: (found.units[step.unit_id], step.service, step.indicator))
    )
    return Table("prevention-logic-table", phrase("prevention.logic.caption", language), _columns(_LOGIC_COLUMNS, language), rows)


def own_words(text: str, names: Collection[str], language: Language) -> Inline:
    """What somebody of the municipality wrote, where it claims no more than this report may; else that it is not repeated here."""
    return say("prevention.own_words").in_language(language) if claims.find(text, names) else Quoted(text)


def _columns(keys: tuple[str, ...], language: Language) -> tuple[Column, ...]:
    return tuple(Column(say(f"prevention.column.{key}").in_language(language)) for key in keys)
