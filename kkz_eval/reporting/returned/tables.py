"""The tables of one municipality for a workbook: series, goals, gaps, and the codebook of their columns. What is hidden is in none of them.

Belongs here: rows and columns, with what each means. Does not belong here: how a workbook looks (stewardship).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from kkz_eval import indicators
from kkz_eval.indicators.described import GOALS
from kkz_eval.indicators.offers import NETWORK, SERVICES
from kkz_eval.indicators.official_ranges import FEWEST, Spread
from kkz_eval.model.simulated import COLUMN, IN_ROWS
from kkz_eval.model.texts import Language
from kkz_eval.reporting import claims, say
from kkz_eval.reporting.document import plain
from kkz_eval.reporting.inputs import in_language
from kkz_eval.reporting.returned.gaps import questions_of
from kkz_eval.reporting.returned.goals import state_said
from kkz_eval.reporting.returned.series import unit_said
from kkz_eval.reporting.returned.values import GoalReturn, IndicatorReturn, OwnSeries, Point, Returned
from kkz_eval.reporting.sections.goals import own_words


@dataclass(frozen=True)
class Amount:
    """A number, and the digits after the decimal sign that it is shown with."""

    value: float
    decimals: int


Entry = str | int | Amount | None


@dataclass(frozen=True)
class ReturnTable:
    """A table as a sheet has it.

    name: of the sheet; columns: headings; meanings: of the columns, for the codebook; rows: None for an empty cell; note: above them, "" for none.
    """

    name: str
    columns: tuple[str, ...]
    meanings: tuple[str, ...]
    rows: tuple[tuple[Entry, ...], ...]
    note: str = ""


_SERIES = ("indicator", "stage", "year", "kind", "value", "unit")
_RANGE = ("range_n", "range_low", "range_first", "range_third", "range_high")
_ALIKE = ("alike_n", "alike_low", "alike_first", "alike_third", "alike_high")
_GOALS = ("goal", "indicator", "direction", "target_value", "target_year", "goal_value", "goal_state")
_GAPS = ("rule", "place", "named", "question")


def tables_of(returned: Returned, language: Language) -> tuple[ReturnTable, ...]:
    """Series, goals, gaps and codebook. Made-up figures say so in each row. Raises ForbiddenClaimError where a text claims too much."""
    note = "" if returned.goals else say("returned.no_goals").in_language(language)
    goals = _table("goals", _GOALS, (_goal(one, returned, language) for one in returned.goals), returned, language)
    told = [
        _table(
            "series",
            (*_SERIES, *_RANGE, *_ALIKE, "source", "range_source", "note"),
            _series_rows(returned, language),
            returned,
            language,
        ),
        replace(goals, note=note),
        _table("gaps", _GAPS, _gaps(returned, language), returned, language),
    ]
    book = _codebook(told, returned, language)
    hits = [
        hit
        for table in (*told, book)
        for row in ((table.note,), *table.rows)
        for cell in row
        if isinstance(cell, str)
        for hit in claims.find(cell, (returned.name,), frozenset({claims.BALANCE}))
    ]
    if hits:
        raise claims.ForbiddenClaimError(tuple(hits))
    return (*told, book)


def _table(
    name: str, columns: tuple[str, ...], rows: Iterator[tuple[Entry, ...]], returned: Returned, language: Language
) -> ReturnTable:
    headings = [say(f"returned.column.{key}").in_language(language) for key in columns]
    meanings = [say(f"returned.meaning.{_meaning(key)}").in_language(language) for key in columns]
    found = tuple(rows)
    if returned.simulated:
        headings.append(COLUMN)
        meanings.append(say("downloads.codebook.simulated").in_language(language))
        found = tuple((*row, IN_ROWS) for row in found)
    return ReturnTable(say(f"returned.sheet.{name}").in_language(language), tuple(headings), tuple(meanings), found)


def _meaning(column: str) -> str:
    return {**dict.fromkeys(_RANGE, "range"), **dict.fromkeys(_ALIKE, "alike")}.get(column, column)


def _series_rows(returned: Returned, language: Language) -> Iterator[tuple[Entry, ...]]:
    """A row for each value of each source and year, the ranges of the year beside it."""
    for one in returned.indicators:
        stage = indicators.say(f"stages.{one.stage}").in_language(language)
        label = in_language(one.label, language, one.indicator)
        for kind, series in (("delivered", one.delivered), ("official", one.official)):
            if series is None:
                continue
            for point in series.points:
                yield (
                    label,
                    stage,
                    point.year,
                    say(f"returned.column.{kind}").in_language(language),
                    None if point.value is None else Amount(point.value, one.decimals),
                    unit_said(one, language),
                    *_ranges(one, point.year),
                    in_language(series.title, language, series.dataset),
                    None if one.range_title is None else in_language(one.range_title, language, one.indicator),
                    _note(one, series, point, language),
                )


def _note(one: IndicatorReturn, series: OwnSeries, point: Point, language: Language) -> str | None:
    """Why there is no value, and what is counted otherwise from this year on."""
    said = []
    if point.is_hidden:
        said.append(say("returned.hidden").in_language(language))
    elif point.value is None:
        said.append(say("returned.no_value").in_language(language))
    first = series.points[0].year
    said += [in_language(text, language, one.indicator) for year, text in one.breaks if first < year == point.year]
    return "; ".join(said) or None


def _ranges(one: IndicatorReturn, year: int) -> Iterator[Entry]:
    found = one.ranges_at(year)
    for spread in (None, None) if found is None else (found.all_units, found.alike):
        yield from _spread(spread, one.decimals)


def _spread(spread: Spread | None, decimals: int) -> tuple[Entry, ...]:
    if spread is None:
        return (None,) * 5
    ends = (spread.low, spread.first_quartile, spread.third_quartile, spread.high)
    return (spread.n, *(Amount(end, decimals) for end in ends))


def _goal(one: GoalReturn, returned: Returned, language: Language) -> tuple[Entry, ...]:
    return (
        plain((own_words(one.goal, (returned.name,), language),)),
        in_language(one.indicator, language, GOALS),
        in_language(one.direction, language, GOALS),
        None if one.target_value is None else Amount(one.target_value, one.decimals),
        one.target_year,
        None if one.value is None else Amount(one.value, one.decimals),
        plain(state_said(one, "goal", language)),
    )


def _gaps(returned: Returned, language: Language) -> Iterator[tuple[Entry, ...]]:
    """The questions, each with its rule; then each sector at each stage, and each pair of sectors."""
    for rule, question in questions_of(returned, language):
        yield say(f"returned.rule.{rule}").in_language(language), None, None, plain(question)

    def state(without: int, of: int) -> str:
        key = "unknown" if not of else "no" if without else "yes"
        return say(f"returned.{key}").in_language(language)

    def label(key: str) -> str:
        return in_language(returned.labels[key], language, key)

    for gap in returned.gaps:
        sector, stage = label(f"{NETWORK}.sector.{gap.between[0]}"), label(f"{SERVICES}.stages.{gap.between[1]}")
        kind = say("returned.rule.sector_at_stage", year=gap.year).in_language(language)
        yield kind, f"{stage}: {sector}", state(gap.without, gap.of), None
    for tie in returned.ties:
        one, other = (label(f"{NETWORK}.sector.{sector}") for sector in tie.between)
        pair = say("returned.pair", one=one, other=other).in_language(language)
        yield say("returned.rule.tie", year=tie.year).in_language(language), pair, state(tie.without, tie.of), None


def _codebook(tables: list[ReturnTable], returned: Returned, language: Language) -> ReturnTable:
    """What each column means; above it what is hidden, and from how many units on a range is shown."""
    headings = tuple(say(f"returned.column.{key}").in_language(language) for key in ("sheet", "variable", "meaning"))
    hidden = say("returned.codebook_hidden", smallest=returned.smallest_cell, fewest=FEWEST).in_language(language)
    rows: list[tuple[Entry, ...]] = []
    for table in tables:
        rows += [(table.name, column, meaning) for column, meaning in zip(table.columns, table.meanings, strict=True)]
    name = say("returned.sheet.codebook").in_language(language)
    return ReturnTable(name, headings, ("", "", ""), tuple(rows), hidden)
