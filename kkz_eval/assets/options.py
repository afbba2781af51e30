"""What a person may choose for a run. No asset of its own."""

from __future__ import annotations

from collections.abc import Sequence

import dagster as dg
from pydantic import Field

from kkz_eval.assets.descriptions import described
from kkz_eval.model.errors import UserError
from kkz_eval.partitions import known_years, span_of_years


class RunOptions(dg.ConfigurableResource):  # type: ignore[type-arg]
    """Options of the job "Jahreslauf"."""

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

    def takes(self, plan_id: str) -> bool:
        """Whether a plan is part of the run."""
        return self.plan.strip() in {"", plan_id}
