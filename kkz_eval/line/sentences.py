"""Sentences that several joints of the line say of its values: coverage, contradictions, references. Texts stand in the catalogue `texts/`."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from kkz_eval.contracts.contract import Contract
from kkz_eval.deliveries.register.accepted import Conflict
from kkz_eval.evaluation.baseline import baseline_cells
from kkz_eval.evaluation.design import Coverage
from kkz_eval.evaluation.matching import Matched
from kkz_eval.evaluation.plan import Plan
from kkz_eval.indicators.catalogue import Indicator
from kkz_eval.line import say
from kkz_eval.model.texts import Language, Sentence, Wording
from kkz_eval.reference.tables import unit_name
from kkz_eval.reporting.numbers import format_number

SHOWN = 8
"""So many missing cells are named; the rest is counted."""


def coverage_sentence(plan: Plan, row: Coverage, indicator: Indicator, minimum: float) -> Sentence:
    """In which plan what falls short, by how much, and what to do."""
    named = "; ".join(f"{unit_name(unit)} {year}" for unit, year in row.missing[:SHOWN])
    more = len(row.missing) - SHOWN
    return say(
        "coverage.short",
        plan=plan.id,
        indicator=Wording(indicator.label),
        id=indicator.id,
        group=say(f"coverage.group.{row.group}"),
        present=row.present,
        demanded=row.demanded,
        minimum=f"{100 * minimum:.0f}",
        missing=named + (f" (+{more})" if more > 0 else ""),
    )


def held_fixed(plan: Plan, catalogue: Mapping[str, Indicator]) -> tuple[Sentence, ...]:
    """What a plan's comparison holds fixed, for readers of a report: a sentence each, none where it holds nothing."""
    strata = [say(f"held_fixed.{name}") for name in plan.comparison.within]
    made = baseline_cells(plan)
    baseline = []
    for cells in (made[name] for name in plan.comparison.adjust):
        label, years = Wording(catalogue[cells.indicator].label), {"first": cells.first, "last": cells.last}
        baseline.append(say("held_fixed.year" if cells.first == cells.last else "held_fixed.mean", label=label, **years))
    return (*strata, *baseline)


def conflict_sentence(conflict: Conflict) -> Sentence:
    """Which deliveries contradict each other, where, and what to do."""
    return say(
        "conflict",
        dataset=conflict.dataset,
        unit=unit_name(conflict.unit_id),
        year=conflict.year,
        names=", ".join(conflict.names),
    )


def title_of(contract: Contract, simulated: Collection[str]) -> dict[Language, str]:
    """What a dataset is called; where its figures are made up, its title says so. simulated: the datasets of which they are."""
    title: dict[Language, str] = {"de": contract.title_de, "en": contract.title_en}
    if contract.dataset not in simulated:
        return title
    return {language: say("simulated.title", title=said).in_language(language) for language, said in title.items()}


def references_listed(matched: Matched, language: Language) -> str:
    """The nearest reference units of each treated unit, with their distances, a line of Markdown each."""
    lines = []
    for unit, part in matched.references.groupby("unit_id", sort=True):
        pairs = zip(part["reference_id"], part["distance"], strict=True)
        near = ", ".join(f"{unit_name(reference)} ({format_number(distance, 2, language)})" for reference, distance in pairs)
        lines.append(f"- {unit_name(str(unit))}: {near}")
    return "\n".join(lines)
