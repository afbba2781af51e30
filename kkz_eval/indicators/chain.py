"""What an evaluation covers of the chain from birth to work, stage by stage. No values, no wording.

Belongs here: which indicators of the catalogue a plan evaluates at a stage, which it could, which deliveries have no reference group,
and what can't be evaluated for which cause, as far as it holds beside what is accepted. Does not belong here: whether an estimate succeeded.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from kkz_eval.indicators.catalogue import Indicator, IndicatorSource, NotEvaluable, stages
from kkz_eval.indicators.causes import that_holds
from kkz_eval.model.texts import Language, Localised
from kkz_eval.reference.tables import programme_units

LocalText = Mapping[Language, str]


@dataclass(frozen=True)
class Further:
    """An indicator with accepted official figures that the plan does not evaluate.

    from_year: first year of its series where that is no earlier than the plan's start, else None; other_level: whether its figures are
    not of the plan's units.
    """

    label: LocalText
    from_year: int | None = None
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
    years: of accepted official figures of the plan's units, by indicator that a subject names; today: the year it is.
    A reason is left out where the plan evaluates an indicator of its subject, and where what is accepted shows that it no longer holds:
    then its indicators are at hand like any other.
    """
    begin = start if start is not None else min(unit.cohort for unit in programme_units())
    reasons = _that_hold([row for row in not_evaluable if not set(row.indicators) & set(evaluated)], years, begin, today)
    told = {name for row in reasons for name in row.indicators} | set(evaluated)
    named = {tuple(sorted(catalogue[name].label.items())) for name in evaluated}  # the same subject from another source
    open_to_all = [i for i in catalogue.values() if i.id not in told and tuple(sorted(i.label.items())) not in named]
    found = {i.id: _further(i, official, level, start, years.get(i.id)) for i in open_to_all}
    return tuple(
        StageCoverage(
            stage,
            tuple(name for name in evaluated if catalogue[name].stage == stage),
            tuple(further for i in open_to_all if i.stage == stage and (further := found[i.id]) is not None),
            tuple(title for dataset, title in municipal.items() if stage in _stages_of(dataset, catalogue, not_evaluable)),
            tuple(Reason(row.subject, row.kind, row.because(begin)) for row in reasons if row.stage == stage),
        )
        for stage in stages()
    )


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


def _further(
    indicator: Indicator, official: Mapping[str, tuple[str, ...]], level: str, start: int | None, years: Collection[int] | None
) -> Further | None:
    """The indicator by its best source at hand: of the plan's level first, with years before the start before one without; None without.

    years: those of its values where they were looked up; the datasets alone don't say that there are any.
    """
    at_hand = [source for source in indicator.sources if all(name in official for name in source.datasets)]
    of_level = [source for source in at_hand if all(level in official[name] for name in source.datasets)]
    if not of_level:
        return Further(indicator.label, other_level=True) if at_hand else None
    if years is not None:
        late = start is not None and min(years, default=start) >= start
        return Further(indicator.label, min(years) if late else None) if years else None
    begins = [_late(source, start) for source in of_level]
    return Further(indicator.label, None if None in begins else min(year for year in begins if year is not None))


def _late(source: IndicatorSource, start: int | None) -> int | None:
    """First year of the series where it has none before the start, else None."""
    return source.first_year if start is not None and source.first_year is not None and source.first_year >= start else None
