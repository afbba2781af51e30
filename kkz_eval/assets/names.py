"""What jobs, the sensor of the inbox and the assets of plans are called in Dagster. Nothing that they rest on.

Belongs here: names by which others start, find and follow them. Does not belong here: assets and jobs themselves, which load what they compute with:
the desk shows its pages without that.
"""

from __future__ import annotations

from kkz_eval.evaluation.plan import Plan, plain_id

YEARLY_RUN = "Jahreslauf"
INBOX_SENSOR = "eingang"
AUTOMATION = "neu_berechnen"


def asset_name(step: str, plan: Plan) -> str:
    """Name of a plan's asset, or of its job: Dagster takes no hyphen."""
    return f"{step}_{plain_id(plan.id)}"
