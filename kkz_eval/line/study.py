"""A plan on a snapshot: who is compared with whom, on which values, with what result, and how that stands to what was laid down.

Each part is computed once and shared by assets, checks, pictures, report, commands and notebooks; nobody writes to its tables.
Does not belong here: how a part is computed (evaluation, indicators); sentences and pages (editions).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property, lru_cache

import pandas as pd
import pyarrow as pa

from kkz_eval.deliveries.official.known_since import Asked, edition_day
from kkz_eval.deliveries.register.accepted import Accepted, Conflict
from kkz_eval.evaluation.baseline import Baseline, baseline_indicators, baseline_of, baseline_years
from kkz_eval.evaluation.design import (
    Coverage,
    below,
    coverage_of,
    demanded_coverage,
    groups_of,
    panel_of,
    strata_of,
    with_design,
)
from kkz_eval.evaluation.lock import Conformity, conformity
from kkz_eval.evaluation.matching import Matched, match
from kkz_eval.evaluation.memo import effects_of_plan
from kkz_eval.evaluation.omnibus_balance import Omnibus, omnibus_of
from kkz_eval.evaluation.plan import Plan
from kkz_eval.evaluation.results import EffectsResult
from kkz_eval.indicators.agreement import require_one_source
from kkz_eval.indicators.catalogue import Indicator
from kkz_eval.indicators.one_edition import Mix, mix_of, require_comparable
from kkz_eval.indicators.quality import marks_of
from kkz_eval.indicators.rates import IndicatorValues, observations_for
from kkz_eval.indicators.revisions import revisions
from kkz_eval.line import say
from kkz_eval.line.in_words import with_words
from kkz_eval.line.installation import Installation
from kkz_eval.line.locks import kept_locks
from kkz_eval.line.snapshot import Snapshot
from kkz_eval.model.errors import UserError
from kkz_eval.model.source_editions import EditionState
from kkz_eval.reference.tables import ProgrammeUnit, programme_units


def datasets_of_plan(plan: Plan, catalogue: Mapping[str, Indicator]) -> tuple[str, ...]:
    """The datasets that outcomes and baseline of a plan read, numerators and denominators, by name."""
    sources = [catalogue[name].source(plan.sources[name]) for name in baseline_indicators(plan)]
    return tuple(sorted({dataset for source in sources for dataset in source.datasets}))


@dataclass(frozen=True, eq=False)
class Study:
    """A plan on a snapshot. Each part raises UserError where what the plan names can't be had from what is accepted."""

    snapshot: Snapshot
    plan: Plan

    @property
    def installation(self) -> Installation:
        """Where the snapshot was taken."""
        return self.snapshot.installation

    @cached_property
    def groups(self) -> pd.DataFrame:
        """The units of the plan's level with their group: evaluation.sample."""
        return groups_of(self.plan, self.installation.settings.language)

    @cached_property
    def compared_units(self) -> frozenset[str]:
        """The units of any group but those left out."""
        return frozenset(self.groups.loc[self.groups["group"] != "left_out", "unit_id"])

    @cached_property
    def began(self) -> tuple[ProgrammeUnit, ...]:
        """The units of the programme that began with the plan's cohorts: who is described, whatever level is compared."""
        return tuple(unit for unit in programme_units() if unit.cohort in (self.plan.treated_cohorts or ()))

    @cached_property
    def datasets(self) -> tuple[str, ...]:
        """The datasets that outcomes and baseline read, numerators and denominators, by name."""
        return datasets_of_plan(self.plan, self.installation.catalogue)

    @cached_property
    def simulated(self) -> frozenset[str]:
        """The datasets whose figures are made up: by what their files say, whatever the plan says of itself.

        The files are those of the day and the editions that the plan names: another may have taken their place since, or come.
        """
        known = {contract.dataset for contract in self.snapshot.contracts.values()}
        return frozenset(name for name in known if any(each.rests_on_simulated for each in self.taken(name)))

    @cached_property
    def has_data(self) -> bool:
        """Whether anything is accepted for any source of the outcomes."""
        wanted = {(self.plan.sources[o.indicator], self.asked(o.indicator)) for o in self.plan.outcomes}
        return any(self.snapshot.accepted(*each).observations.num_rows for each in sorted(wanted, key=repr))

    @property
    def as_of(self) -> date | None:
        """The day of whose knowledge the plan speaks; None for now."""
        return None if self.plan.as_of is None else date.fromisoformat(self.plan.as_of)

    @property
    def day(self) -> date:
        """The day that is today for whoever reads the study: that of which the plan speaks, else that of the snapshot."""
        return self.as_of or self.snapshot.day

    def editions_known(self, dataset: str) -> tuple[EditionState, ...]:
        """The accepted editions of an official source, those known on the day of the plan where it names one."""
        states, as_of = self.snapshot.editions(dataset), self.as_of
        return states if as_of is None else tuple(state for state in states if state.known_day <= as_of.isoformat())

    def asked(self, indicator_id: str) -> Asked:
        """Which of the accepted figures the plan takes for an indicator: of the day and the edition that it names."""
        return Asked(self.as_of, self.plan.editions.get(indicator_id))

    def taken(self, dataset: str) -> tuple[Accepted, ...]:
        """What the plan takes of a dataset: of its day, one for each edition that its indicators name, the newest where they name none."""
        asked = [self.asked(name) for name, source in self.plan.sources.items() if source == dataset]
        return tuple(self.snapshot.accepted(dataset, each) for each in dict.fromkeys(asked or [Asked(self.as_of)]))

    def indicator(self, indicator_id: str) -> IndicatorValues:
        """Values of an indicator from the source, the edition and the day that the plan names."""
        return self.snapshot.indicator(indicator_id, self.plan.sources[indicator_id], self.asked(indicator_id))

    @cached_property
    def indicators(self) -> Mapping[str, pa.Table]:
        """The indicators that baseline and outcomes read, by name. Raises UserError where one mixes sources or editions."""
        plan, tables = self.plan, {}
        self._require_made_up()
        for name in baseline_indicators(plan):
            dataset, asked = plan.sources[name], self.asked(name)
            tables[name] = self.indicator(name).indicators
            if asked.edition is not None and not tables[name].num_rows:
                known = ", ".join(sorted({state.edition for state in self.snapshot.editions(dataset)} - {""})) or "–"
                raise UserError(
                    "edition_unknown",
                    package=say.package,
                    plan=plan.id,
                    indicator=name,
                    dataset=dataset,
                    edition=asked.edition,
                    known=known,
                )
            require_one_source(self.installation.catalogue[name], tables[name])
        _ = self.mixes
        return tables

    def _require_made_up(self) -> None:
        """A plan that calls all its figures made up takes none that are not: its titles and texts would say so of them. Raises UserError."""
        held = [name for name in self.datasets if any(each.observations.num_rows for each in self.taken(name))]
        genuine = [name for name in held if name not in self.simulated]
        if self.plan.is_of_model_world and genuine:
            raise UserError("plan_of_model_world", package=say.package, plan=self.plan.id, datasets=", ".join(genuine))

    @cached_property
    def mixes(self) -> tuple[Mix, ...]:
        """Indicators whose values come from several editions over the years, where no edition covers them all.

        Raises UserError where editions are mixed between units of a year, or between years that one edition covers.
        """
        found: list[Mix] = []
        for name in baseline_indicators(self.plan):
            dataset, asked, years = self.plan.sources[name], self.asked(name), baseline_years(self.plan, name)
            definition = self.installation.catalogue[name]
            source = definition.source(dataset)
            parts = observations_for(self.snapshot.observations_of_indicator(name, dataset, asked), source)
            mixed = mix_of(parts, self.compared_units, years)
            if mixed is None:
                continue
            by_edition = {
                edition: observations_for(
                    self.snapshot.observations_of_indicator(name, dataset, replace(asked, edition=edition)), source
                )
                for edition in sorted({state.edition for state in self.snapshot.editions(dataset)})
            }
            found.append(require_comparable(definition, mixed, by_edition, self.compared_units, years))
        return tuple(found)

    @cached_property
    def baseline(self) -> Baseline:
        """The baseline slice: all that the design sees."""
        columns = ("unit_id", "year", "value")
        frames = [
            pd.DataFrame({name: table.column(name).to_pylist() for name in columns}).assign(indicator=indicator_id)
            for indicator_id, table in self.indicators.items()
        ]
        values = pd.concat(frames, ignore_index=True).astype({"unit_id": object, "year": "int64", "value": "float64"})
        return baseline_of(values, self.groups, self.plan)

    @cached_property
    def matched(self) -> Matched:
        """Who is compared with whom, by the baseline slice alone. Raises UserError where the plan's matching can't be done."""
        return match(self.baseline, self.groups, strata_of(self.groups, self.plan), self.plan)

    @cached_property
    def observed(self) -> pd.DataFrame:
        """The values of all outcomes, long: evaluation.design.panel_of."""
        frames = [panel_of(outcome, self.indicators[outcome.indicator], self.groups) for outcome in self.plan.outcomes]
        return pd.concat(frames, ignore_index=True)

    @cached_property
    def panel(self) -> pd.DataFrame:
        """The observed values with the weights and covariates of the design: what is estimated on."""
        return with_design(self.observed, self.matched, self.baseline, self.plan)

    @cached_property
    def omnibus(self) -> Omnibus | None:
        """All differences before the start in one test, by the assignments that the plan takes for possible; None where there is nothing to test."""
        units = self.panel.drop_duplicates("unit_id").set_index("unit_id")
        within, audit = list(self.plan.assigned_within), self.plan.audit
        strata = {str(unit): " ".join(map(str, names)) for unit, names in zip(units.index, units[within].to_numpy(), strict=True)}
        law = None if audit is None or audit.law is None else {str(unit): float(need) for unit, need in units[audit.law].items()}
        return omnibus_of(self.baseline, self.plan, strata, law)

    @cached_property
    def coverage(self) -> tuple[Coverage, ...]:
        """How much of each outcome's window has values, by group."""
        return coverage_of(self.observed, self.groups)

    @cached_property
    def short(self) -> tuple[Coverage, ...]:
        """What covers less than the plan demands."""
        return below(self.coverage, demanded_coverage(self.plan))

    @cached_property
    def conflicts(self) -> tuple[Conflict, ...]:
        """Cells of the plan's datasets that two deliveries contradict; none of them holds."""
        found = (conflict for dataset in self.datasets for taken in self.taken(dataset) for conflict in taken.conflicts)
        return tuple(dict.fromkeys(found))

    @cached_property
    def effects(self) -> EffectsResult:
        """Estimates of all outcomes."""
        return self.effects_of([outcome.indicator for outcome in self.plan.outcomes])

    def effects_of(self, outcomes: Sequence[str]) -> EffectsResult:
        """Estimates of these outcomes, each computed once for its panel and plan; their messages in words. Raises UserError for one that the plan does not have."""
        known = [outcome.indicator for outcome in self.plan.outcomes]
        unknown = sorted(set(outcomes) - set(known))
        if unknown:
            raise UserError(
                "outcome_unknown", package=say.package, plan=self.plan.id, outcomes=", ".join(unknown), known=", ".join(known)
            )
        found = effects_of_plan(self.snapshot.steps, self.panel, self.plan, outcomes, self.installation.spread)
        return with_words(found, self.installation.catalogue, self.groups["unit_id"])

    @cached_property
    def conformity(self) -> Conformity:
        """How the plan stands to its lock: the file beside the plan, else the newest in the store. Raises UserError for a broken lock."""
        return conformity_of(self.installation, self.plan, self.baseline)

    @cached_property
    def revisions(self) -> pd.DataFrame:
        """What changed between the named editions of the sources: indicators.revisions.COLUMNS, by indicator, the largest first."""
        frames = []
        for outcome in self.plan.outcomes:
            dataset, as_of = self.plan.sources[outcome.indicator], self.asked(outcome.indicator).as_of
            states = self.snapshot.editions(dataset)
            named = {state.edition: day for state in states if (day := edition_day(state.edition)) is not None}
            ordered = sorted((day, edition) for edition, day in named.items() if as_of is None or day <= as_of)
            tables = [
                (edition, self.snapshot.indicator(outcome.indicator, dataset, Asked(as_of, edition)).indicators)
                for _, edition in ordered
            ]
            if len(tables) > 1:
                frames.append(revisions(tables))
        filled = [frame for frame in frames if len(frame)]
        return pd.concat(filled, ignore_index=True) if filled else revisions([])

    @cached_property
    def marks(self) -> Mapping[str, Mapping[str, int]]:
        """Values of each outcome that their source marks as not final: by indicator, the number of each letter."""
        found = {
            outcome.indicator: marks_of(self.indicator(outcome.indicator).indicators, self.compared_units, outcome.window)
            for outcome in self.plan.outcomes
        }
        return {name: marks for name, marks in found.items() if marks}


def conformity_of(installation: Installation, plan: Plan, baseline: Baseline | None) -> Conformity:
    """How a plan stands to its lock; baseline: None where nothing is accepted for it yet. Raises UserError for a broken lock."""
    kept = kept_locks(installation.steps.store, plan.variant_of or plan.id)
    lock = installation.locks.get(plan.id) or (kept[-1] if kept else None)
    replaced = kept[0].locked_on if lock is not None and kept and kept[0] != lock else None
    return conformity(plan, lock, baseline, replaced=replaced)


@lru_cache(maxsize=16)  # by identity: the steps of a run ask for the same study again and again
def study_of(snapshot: Snapshot, plan_id: str) -> Study:
    """The study of a plan of the installation, one for each snapshot in this process. Raises KeyError for an unknown plan."""
    return Study(snapshot, snapshot.installation.plans[plan_id])
