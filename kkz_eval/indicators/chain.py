"""What an evaluation covers of the chain from birth to work, stage by stage. No values, no wording.

Belongs here: which indicators of the catalogue a plan evaluates at a stage, which it could, which deliveries have no reference group,
and what can't be evaluated for which cause, as far as it holds beside what is accepted. Does not belong here: whether an estimate succeeded.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from kkz_eval.indicators.catalogue import Indicator, NotEvaluable, stages
from kkz_eval.indicators.causes import CAUSES, TooShort, has_years_before, that_holds
from kkz_eval.model.texts import Language, Localised
from kkz_eval.reference.tables import programme_units

LocalText = Mapping[Language, str]


@dataclass(frozen=True)
class Further:
    """An indicator that the plan does not evaluate, though accepted official figures would do; or, other_level, though there are some of
    other units than the plan's."""

    label: LocalText
    other_level: bool = False


@dataclass(frozen=True)
class Reason:
    """A subject that can't be evaluated. cause: its name among the five; because: the sentence, to stand behind the subject."""

    subject: LocalText
    cause: str
    because: Localised


@dataclass(frozen=True)
class StageCoverage:
    """One stage of the chain. evaluated: indicators of the plan; delivered: titles of municipal datasets, which have no reference group."""

    stage: str
    evaluated: tuple[str, ...] = ()
    further: tuple[Further, ...] = ()
    delivered: tuple[LocalText, ...] = ()
    reasons: tuple[Reason, ...] = ()


def chain_coverage(
    catalogue: Mapping[str, Indicator],
    not_evaluable: Sequence[NotEvaluable],
    *,
    evaluated: Collection[str],
    official: Mapping[str, tuple[str, ...]],
    municipal: Mapping[str, LocalText],
    level: str,
    start: int | None,
    years: Mapping[str, Collection[int]],
    today: int,
) -> tuple[StageCoverage, ...]:
    """Every stage of the chain, from birth to work, then family and context.

    evaluated: indicators of the plan's outcomes. official: levels by official dataset with accepted figures; municipal: title by
    municipal dataset with accepted figures. level: of the plan's units; start: first year in which an effect may show, None without one.
    years: of accepted official figures of the plan's units, by indicator, absent where there are none; today: the year it is.
    A reason is left out where the plan evaluates an indicator of its subject, and where what is accepted shows that it no longer holds:
    then its indicators are at hand like any other. An indicator whose years don't reach across the start is too short.
    """
    begin = start if start is not None else min(unit.cohort for unit in programme_units())
    reasons = _that_hold([row for row in not_evaluable if not set(row.indicators) & set(evaluated)], years, begin, today)
    told = {name for row in reasons for name in row.indicators} | set(evaluated)
    named = {_subject(catalogue[name]) for name in evaluated}  # the same subject from another source
    untold = [i for i in catalogue.values() if i.id not in told and _subject(i) not in named]
    found = {i.id: _at_hand(i, official, level, start, years.get(i.id, ())) for i in _best_of_each_subject(untold, years, begin)}
    return tuple(
        StageCoverage(
            stage,
            tuple(name for name in evaluated if catalogue[name].stage == stage),
            tuple(one for name, one in found.items() if isinstance(one, Further) and catalogue[name].stage == stage),
            tuple(title for dataset, title in municipal.items() if stage in _stages_of(dataset, catalogue, not_evaluable)),
            (
                *(Reason(row.subject, row.kind, row.because(begin)) for row in reasons if row.stage == stage),
                *(one for name, one in found.items() if isinstance(one, Reason) and catalogue[name].stage == stage),
            ),
        )
        for stage in stages()
    )


def _subject(indicator: Indicator) -> tuple[tuple[str, str], ...]:
    """What an indicator is about, whichever source it has: its label."""
    return tuple(sorted(indicator.label.items()))


def _best_of_each_subject(
    indicators: Sequence[Indicator], years: Mapping[str, Collection[int]], start: int
) -> tuple[Indicator, ...]:
    """One indicator of each subject, in their order: the one whose years reach across the start, else that with the most."""

    def rank(indicator: Indicator) -> tuple[bool, int]:
        of = years.get(indicator.id, ())
        return has_years_before(of, start) and max(of) >= start, len(of)

    best: dict[tuple[tuple[str, str], ...], Indicator] = {}
    for indicator in indicators:
        known = best.get(_subject(indicator))
        if known is None or rank(indicator) > rank(known):
            best[_subject(indicator)] = indicator
    return tuple(indicator for indicator in indicators if best[_subject(indicator)] is indicator)


def _that_hold(rows: Sequence[NotEvaluable], years: Mapping[str, Collection[int]], start: int, today: int) -> list[NotEvaluable]:
    """The rows whose cause still holds, each with what is at hand of its subject: the indicator with the most years before the start."""
    held = []
    for row in rows:
        at_hand = max((years.get(name, ()) for name in row.indicators), key=lambda of: sum(y < start for y in of), default=())
        cause = that_holds(row.cause, at_hand, start, today)
        if cause is not None:
            held.append(replace(row, cause=cause))
    return held


def _stages_of(dataset: str, catalogue: Mapping[str, Indicator], not_evaluable: Sequence[NotEvaluable]) -> set[str]:
    """Stages that a dataset describes: those of the indicators that it gives, and of the subjects that name it."""
    measured = {i.stage for i in catalogue.values() if dataset in {source.dataset for source in i.sources}}
    return measured | {row.stage for row in not_evaluable if dataset in row.datasets}


def _at_hand(
    indicator: Indicator, official: Mapping[str, tuple[str, ...]], level: str, start: int | None, years: Collection[int]
) -> Further | Reason | None:
    """The indicator as one that a plan could evaluate, as too short for that, or as one of other units; None where nothing is at hand.

    years: of its values for the plan's units; the datasets alone don't say that there are any.
    """
    if years:
        if start is None or (has_years_before(years, start) and max(years) >= start):
            return Further(indicator.label)
        short = TooShort(at_hand=tuple(sorted(years)))
        return Reason(indicator.label, CAUSES[TooShort], short.said(start))
    at_hand = [source for source in indicator.sources if all(name in official for name in source.datasets)]
    of_level = [source for source in at_hand if all(level in official[name] for name in source.datasets)]
    return Further(indicator.label, other_level=True) if at_hand and not of_level else None
