"""The command `plan power`: for each outcome the smallest difference that would be found, and what more data would change in that.

Does not belong here: how it is computed (evaluation.examination.seen), what is missing (plan.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow.compute as pc

from kkz_eval.commands import say
from kkz_eval.commands.plan import covered, take_in
from kkz_eval.commands.terminal import telling
from kkz_eval.evaluation.design import demanded_coverage, level_of_plan
from kkz_eval.evaluation.examination.family import FAMILIES
from kkz_eval.evaluation.examination.seen import Seen, seen_of
from kkz_eval.evaluation.inference.power import Scenario
from kkz_eval.evaluation.plan import Outcome
from kkz_eval.evaluation.problems import PanelInvalid, Refused
from kkz_eval.evaluation.verdict.sentences import Shown
from kkz_eval.line.alone import held
from kkz_eval.line.installation import open_installation
from kkz_eval.line.snapshot import current_snapshot
from kkz_eval.line.study import Study, study_of
from kkz_eval.model.errors import UserError
from kkz_eval.model.texts import Joined, Localised, Wording
from kkz_eval.reference.unit_groups import unit_words
from kkz_eval.settings import Settings

PERCENT = "Prozentpunkte"


def plan_power(settings: Settings, file: Path, *, inbox: Path | None = None) -> int:
    """Print what each outcome's comparison could see, and what would help. Returns 0; nothing is estimated.

    inbox: taken in first; None for what is accepted already. Raises UserError where the plan is not valid, or nothing is accepted for it.
    """
    installation = open_installation(settings, [file])
    (plan,) = installation.plans.values()
    if inbox is not None:
        with held(installation, "kkz-eval plan power", telling(settings)) as alone:
            take_in(alone)
    study = None if not settings.home.is_dir() else study_of(current_snapshot(installation), plan.id)
    if study is None or not study.has_data:
        raise UserError("power_without_data", package=say.package, plan=plan.id, home=str(settings.home))
    asked = [outcome for outcome in plan.outcomes if outcome.role in FAMILIES]
    for outcome in asked:
        for said in _outcome(study, outcome):
            print(said.in_language(settings.language))
    others = ", ".join(outcome.indicator for outcome in plan.outcomes if outcome not in asked)
    if others:
        print(say("power.context", outcomes=others).in_language(settings.language))
    return 0


def _outcome(study: Study, outcome: Outcome) -> Iterator[Localised]:
    indicator = study.installation.catalogue[outcome.indicator]
    yield say("power.outcome", label=Wording(indicator.label), indicator=outcome.indicator)
    yield from _missing(study, outcome)
    try:
        seen = seen_of(study.panel, study.plan, outcome)
    except Refused as refusal:
        yield say("power.refused", reason=refusal.note.sentence)
        return
    except PanelInvalid as invalid:
        yield say("power.refused", reason=Joined(tuple(problem.sentence for problem in invalid.problems), " "))
        return
    yield say(
        "power.found",
        size=_size(study, outcome, seen.mde),
        power=Shown(100 * seen.power),
        level=Shown(100 * seen.level),
        law=say(f"power.law.{seen.theta}"),
        first=seen.first,
        last=seen.last,
    )
    yield from _counted(study, outcome, seen)
    yield from _beside_smallest(study, outcome, seen)
    yield from _more(study, outcome, seen)


def _missing(study: Study, outcome: Outcome) -> Iterator[Localised]:
    """What missing values cost, where some are missing: how much of the window there is, and what the plan demands."""
    rows = [row for row in study.coverage if row.indicator == outcome.indicator]
    demanded, present = sum(row.demanded for row in rows), sum(row.present for row in rows)
    if present == demanded:
        return
    yield covered(study, outcome)
    minimum = demanded_coverage(study.plan)
    key = "power.short" if any(row in study.short for row in rows) else "power.enough"
    yield say(key, cost=Shown(100 * (1 - present / demanded), 1), minimum=Shown(100 * minimum, 1))


def _counted(study: Study, outcome: Outcome, seen: Seen) -> Iterator[Localised]:
    """The effect in persons, where the catalogue knows of how many; else of a hundred, where it is a share."""
    indicator, plan = study.installation.catalogue[outcome.indicator], study.plan
    source = indicator.source(plan.sources[outcome.indicator])
    values = study.indicators[outcome.indicator]
    wanted = pc.and_(
        pc.is_in(values.column("unit_id").cast("string"), value_set=pc.cast(sorted(seen.treated), "string")),
        pc.and_(pc.greater_equal(values.column("year"), seen.first), pc.less_equal(values.column("year"), seen.last)),
    )
    base = pc.mean(values.filter(wanted).column("denominator")).as_py()
    if source.denominator is not None and base is not None:
        unit = unit_words(level_of_plan(plan), study.installation.settings.language)["units"]
        yield say("power.counted", count=Shown(seen.mde / source.per * base, 0), base=Shown(base, 0), units=unit)
    elif indicator.difference_unit["de"] == PERCENT:
        yield say("power.of_hundred", size=Shown(seen.mde, indicator.decimals), unit=Wording(indicator.unit))


def _beside_smallest(study: Study, outcome: Outcome, seen: Seen) -> Iterator[Localised]:
    """Whether the smallest difference that matters would be found."""
    smallest = outcome.smallest_difference
    if smallest is None:
        yield say("power.no_smallest")
    else:
        key = "power.smallest_found" if seen.mde <= smallest.value else "power.smallest_missed"
        yield say(key, smallest=_size(study, outcome, smallest.value))


def _more(study: Study, outcome: Outcome, seen: Seen) -> Iterator[Localised]:
    """What each way to see more would bring, which are worth it, and whether any brings the smallest difference that matters within reach."""
    if not seen.scenarios:
        yield say("power.no_scenarios")
        return
    yield say("power.more")
    for one in seen.scenarios:
        yield say(
            "power.scenario.worth_it" if one.worth_it else "power.scenario.not_worth_it",
            what=_named(one),
            size=_size(study, outcome, one.mde),
            share=Shown(100 * one.share, 0),
        )
    worth = [one for one in seen.scenarios if one.worth_it]
    if not worth:
        yield say("power.nothing_helps")
        return
    yield say("power.worth", what=Joined(tuple(_named(one) for one in worth), "; "))
    smallest = outcome.smallest_difference
    if smallest is None or seen.mde <= smallest.value:
        return
    enough = [one for one in worth if one.mde <= smallest.value]
    if enough:
        yield say("power.enough_for_smallest", what=Joined(tuple(_named(one) for one in enough), "; "))
    else:
        yield say("power.none_for_smallest")


def _named(one: Scenario) -> Localised:
    return say(f"power.more_of.{one.more}", amount=one.amount)


def _size(study: Study, outcome: Outcome, value: float) -> Localised:
    """A difference with its unit."""
    indicator = study.installation.catalogue[outcome.indicator]
    return say("power.size", size=Shown(value, indicator.decimals), unit=Wording(indicator.difference_unit))
