"""The goals of a municipality, each with the value of its year. Not whether the programme is why."""

from __future__ import annotations

from kkz_eval.indicators.described import GOALS
from kkz_eval.model.texts import Language
from kkz_eval.reporting import numbers, say
from kkz_eval.reporting.document import (
    Block,
    Column,
    Inline,
    Paragraph,
    Parts,
    Quoted,
    Section,
    Table,
    phrase,
)
from kkz_eval.reporting.inputs import in_language
from kkz_eval.reporting.returned.parts import NOTHING, code_said
from kkz_eval.reporting.returned.values import GoalReturn, Returned
from kkz_eval.reporting.sections.goals import own_words


def goals_section(returned: Returned, language: Language) -> Section:
    title = phrase("returned.goals", language)
    if not returned.goals:
        return Section("return-goals", title, (Paragraph(phrase("returned.no_goals", language)),))
    names = (returned.name,)
    rows = tuple(_goal(f"return.goals.{place}", one, names, language) for place, one in enumerate(returned.goals, start=1))
    columns = tuple(
        Column(say(f"prevention.column.{key}").in_language(language)) for key in ("goal", "indicator", "target", "value", "state")
    )
    blocks: list[Block] = [
        Table("return-goals-table", phrase("prevention.goals.caption", language), columns, rows),
        Paragraph(phrase("returned.goals_note", language), "note"),
    ]
    if returned.logic:
        steps = tuple(
            (
                (own_words(step.service, names, language),),
                (code_said(returned, f"{GOALS}.target_group.{step.target_group}", language),),
                (code_said(returned, f"{GOALS}.step.{step.step}", language),),
                (code_said(returned, f"{GOALS}.indicator.{step.indicator}", language),),
            )
            for step in returned.logic
        )
        headings = tuple(
            Column(say(f"prevention.column.{key}").in_language(language)) for key in ("service", "target_group", "step", "seen")
        )
        blocks.append(Table("return-logic-table", phrase("returned.logic_caption", language), headings, steps))
    return Section("return-goals", title, tuple(blocks))


def target_of(one: GoalReturn, scope: str, language: Language) -> Parts:
    """The target of a goal: direction, value and year, or that it has no number."""
    target: Parts = (say("prevention.goals.without_number").in_language(language),)
    if one.target_value is not None:
        direction = Quoted(in_language(one.direction, language, GOALS))
        target = (direction, " ", numbers.measured(f"{scope}.target", one.target_value, one.decimals, language))
    if one.target_year is None:
        return target
    year = numbers.year(f"{scope}.target_year", one.target_year)
    return (*target, " ", *phrase("prevention.goals.until", language, year=year))


def state_said(one: GoalReturn, scope: str, language: Language) -> Parts:
    """How a goal stands, in words."""
    newest = {}
    if one.state == "not_yet" and one.newest_year is not None:
        newest["year"] = numbers.year(f"{scope}.newest", one.newest_year)
    return phrase(f"prevention.goals.state.{one.state}", language, **newest)


def _goal(scope: str, one: GoalReturn, names: tuple[str, ...], language: Language) -> tuple[Parts, ...]:
    value: Inline = NOTHING if one.value is None else numbers.measured(f"{scope}.value", one.value, one.decimals, language)
    return (
        (own_words(one.goal, names, language),),
        (Quoted(in_language(one.indicator, language, GOALS)),),
        target_of(one, scope, language),
        (value,),
        state_said(one, scope, language),
    )
