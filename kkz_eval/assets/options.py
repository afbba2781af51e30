"""What a person may choose for a run. No asset of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import dagster as dg
from pydantic import Field

from kkz_eval.assets.descriptions import described
from kkz_eval.evaluation.plan import Plan
from kkz_eval.line import say
from kkz_eval.model.errors import UserError
from kkz_eval.partitions import known_years, span_of_years


class RunOptions(dg.ConfigurableResource):  # type: ignore[type-arg]
    """Options of the job "Jahreslauf" and of the jobs of the plans."""

    years: str = Field(
        default="",
        description=described("option.years"),
    )
    plan: str = Field(
        default="",
        description=described("option.plan"),
    )
    outcomes: list[str] = Field(
        default=[],
        description=described("option.outcomes"),
    )

    def require_years(self, years: Sequence[int]) -> None:
        """Raises UserError where the option `years` can't be read, does not exist, or is not what the run's partitions are."""
        wanted = self.years.strip()
        if wanted and span_of_years(wanted, known_years()) != tuple(years):
            raise UserError("years_contradict", option=wanted, partitions=f"{years[0]}–{years[-1]}")

    def outcomes_of(self, plan: Plan, plans: Mapping[str, Plan]) -> tuple[str, ...]:
        """The outcomes of a plan that this run estimates, in the plan's order; none where it leaves the plan out. plans: of the installation.

        Raises UserError for a plan that is not there, and for outcomes that none of the run's plans has.
        """
        named = self.plan.strip()
        if named and named not in plans:
            raise UserError("plan_unknown", package=say.package, plan=named, known=", ".join(plans))
        known = {one.id: [outcome.indicator for outcome in one.outcomes] for one in plans.values() if named in {"", one.id}}
        unknown = sorted(set(self.outcomes) - {name for names in known.values() for name in names})
        if unknown:
            everywhere = ", ".join(dict.fromkeys(name for names in known.values() for name in names))
            raise UserError("outcome_of_no_plan", package=say.package, outcomes=", ".join(unknown), known=everywhere)
        return tuple(name for name in known.get(plan.id, ()) if not self.outcomes or name in self.outcomes)
