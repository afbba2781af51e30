"""A result told in persons: "about 7 of 1,000 … (1 to 12)". One source for whoever tells it so. No verdict, no layout.

A value that is a share of persons is told of so many of them. A logarithm of a count is told as a percentage of the count, any other value
as a percentage of its level in the programme group; where that level is not above zero, in its own unit.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from kkz_eval.evaluation.verdict.sentences import MAX_EXTRA_DECIMALS
from kkz_eval.model.texts import Language
from kkz_eval.reporting import numbers, say
from kkz_eval.reporting.document import Inline, Number, Parts, Quoted, join, phrase
from kkz_eval.reporting.inputs import OutcomeInfo, in_language

BASES = (1_000, 10_000, 100_000)
"""Of how many persons a result is told: the first in which it does not vanish by rounding."""


@dataclass(frozen=True)
class Level:
    """Mean of the programme group in the newest year of the window that has values."""

    value: float
    year: int


@dataclass(frozen=True)
class Measure:
    """How differences of an outcome are told. kind: children | percent | unit; base: of how many, of `children`; decimals: shown."""

    kind: str
    convert: Callable[[float], float]
    base: int = 0
    decimals: int = 0

    def size(self, identifier: str, value: float, language: Language) -> Number:
        """The size of a difference, without its sign."""
        return numbers.measured(identifier, abs(self.convert(value)), self.decimals, language)

    def rounded(self, value: float) -> float:
        """A difference as it is shown."""
        return round(self.convert(value), self.decimals)


def level_of(means: pd.Series) -> Level | None:
    """The newest of the means by year; None without any."""
    known = means.dropna()
    return None if known.empty else Level(float(known.iloc[-1]), int(known.index[-1]))


def measure_of(
    outcome: OutcomeInfo, level: Level | None, interval: tuple[float, float], estimate: float | None, smallest: float | None
) -> Measure:
    """How the range of an outcome is told, and what is told beside it: the estimate, the smallest difference that matters, where there is one."""
    low, high = interval
    far = max(low, high, key=abs)
    # what excludes zero must not show one; of a range around zero only the farther end has to show
    sure = low > 0 or high < 0
    must_show = tuple(value for value in ((low, high, estimate, smallest) if sure else (far, smallest)) if value)
    among = outcome.among
    if among is not None:
        measures = [Measure("children", _times(base / among.per), base) for base in BASES]
    elif outcome.logarithm:
        measures = [Measure("percent", _of_logarithm, decimals=digits) for digits in range(3)]
    elif level is not None and level.value > 0:
        measures = [Measure("percent", _times(100.0 / level.value), decimals=digits) for digits in range(3)]
    else:
        most = outcome.decimals + MAX_EXTRA_DECIMALS
        measures = [Measure("unit", _times(1.0), decimals=digits) for digits in range(outcome.decimals, most + 1)]
    apart = [(low, high)]
    if smallest is not None and abs(far) < smallest:  # a range that stays below what matters must not seem to reach it
        apart.append((abs(far), smallest))
    return next(
        (m for m in measures if _shows(m, must_show) and all(m.rounded(one) != m.rounded(other) for one, other in apart)),
        measures[-1],
    )


def difference(
    measure: Measure, outcome: OutcomeInfo, found: tuple[float, float, float], scope: str, language: Language
) -> Parts:
    """By how much the programme group lies above or below what was to be expected. found: low, estimate, high, all on one side of 0."""
    low, estimate, high = found
    near, far = sorted((low, high), key=abs)
    side = "more" if estimate > 0 else "fewer"
    return phrase(
        f"children.{side}_{measure.kind}",
        language,
        n=measure.size(f"{scope}.n", estimate, language),
        low=measure.size(f"{scope}.low", near, language),
        high=measure.size(f"{scope}.high", far, language),
        **_whom(measure, outcome, f"{scope}.base", language),
    )


def compatible(measure: Measure, outcome: OutcomeInfo, interval: tuple[float, float], scope: str, language: Language) -> Parts:
    """That the data fit one end of the range as well as the other."""
    low, high = (end(measure, value, f"{scope}.{name}", language) for name, value in zip(("low", "high"), interval, strict=True))
    said = phrase(
        f"children.compatible_{measure.kind}",
        language,
        low="\x01",
        high="\x02",
        **_whom(measure, outcome, f"{scope}.base", language),
    )
    return tuple(piece for part in said for piece in (low if part == "\x01" else high if part == "\x02" else (part,)))


def amount(measure: Measure, outcome: OutcomeInfo, value: float, scope: str, language: Language) -> Parts:
    """A difference without its direction, where it is said already of whom: "20 of 1,000"."""
    shown = measure.size(f"{scope}.n", value, language)
    whom = {name: part for name, part in _whom(measure, outcome, f"{scope}.base", language).items() if name != "words"}
    return phrase(f"children.amount_{measure.kind}", language, n=shown, **whom)


def end(measure: Measure, value: float, identifier: str, language: Language) -> Parts:
    """One end of a range, with more or fewer; 0 alone where it rounds to it."""
    shown, rounded = measure.size(identifier, value, language), measure.rounded(value)
    if rounded == 0:
        return (shown,)
    return phrase(f"children.end_{'more' if rounded > 0 else 'fewer'}_{measure.kind}", language, n=shown)


def of_how_many(measure: Measure, outcome: OutcomeInfo, level: Level | None, units: str, scope: str, language: Language) -> Parts:
    """The level in the programme group of a stated year, and of how many persons the talk is; where nobody counts them, what would.

    units: what the level is a mean of, each counting alike, however many persons live there.
    """
    if level is None or measure.kind == "unit" or outcome.logarithm:
        return ()
    year = numbers.year(f"{scope}.level_year", level.year)
    if outcome.among is None:
        return phrase("children.by_level", language, year=year)
    share = numbers.count(f"{scope}.level", measure.convert(level.value), language)
    said = phrase("children.level", language, year=year, units=units, n=share)
    if outcome.among.count is None or outcome.among.year is None:
        return join(said, _not_counted(outcome, language))
    counted = phrase(
        "children.counted",
        language,
        n=numbers.count(f"{scope}.counted", outcome.among.count, language),
        words=_words(outcome, language),
        year=numbers.year(f"{scope}.counted_year", outcome.among.year),
    )
    return join(said, counted)


def _not_counted(outcome: OutcomeInfo, language: Language) -> Parts:
    """That the number of persons is not at hand, and with which table it would be."""
    assert outcome.among is not None
    titles = [in_language(title, language, outcome.indicator) for title in outcome.among.brought_by]
    if not titles:
        return phrase("children.counted_nowhere", language)
    return phrase("children.not_counted", language, tables=Quoted(say("children.or").in_language(language).join(titles)))


def whom(measure: Measure, outcome: OutcomeInfo, language: Language) -> Parts:
    """Of what a figure's numbers are: "of 1,000 …", per cent, or the unit."""
    return phrase(f"children.whom_{measure.kind}", language, **_whom(measure, outcome, "whom", language))


def mark(measure: Measure, value: float, language: Language) -> Parts:
    """The size of one end of a range as short as it goes, for a figure whose axis says what is more and what is fewer."""
    return phrase(f"children.mark_{measure.kind}", language, n=measure.size("mark", value, language))


def _whom(measure: Measure, outcome: OutcomeInfo, identifier: str, language: Language) -> dict[str, Inline]:
    """What stands behind the number: of so many of whom, nothing for a percentage, the unit."""
    match measure.kind:
        case "children":
            return {"base": numbers.count(identifier, measure.base, language), "words": _words(outcome, language)}
        case "unit":
            return {"unit": Quoted(in_language(outcome.difference_unit, language, outcome.indicator))}
        case _:
            return {}


def _words(outcome: OutcomeInfo, language: Language) -> Quoted:
    assert outcome.among is not None
    return Quoted(in_language(outcome.among.words, language, outcome.indicator))


def _shows(measure: Measure, values: tuple[float, ...]) -> bool:
    return all(measure.rounded(value) for value in values)


def _times(factor: float) -> Callable[[float], float]:
    return lambda value: value * factor


def _of_logarithm(value: float) -> float:
    """A difference of 100 times a logarithm as a percentage of the count."""
    return 100 * math.expm1(value / 100)
