"""Reading the tables of the line by the name of their asset, in a notebook. Assets themselves write through the store.

`defs.load_asset_value("effects_kekiz_2012")` gives the frame that rests on what the register accepts now.
"""

from __future__ import annotations

from typing import Any

import dagster as dg
import pandas as pd

from kkz_eval.line.installation import Installation
from kkz_eval.line.snapshot import current_snapshot
from kkz_eval.line.study import study_of


class AcceptedTables(dg.IOManager):
    """Gives an asset's table as the register accepts it now; keeps nothing, because the store has kept it."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation

    def handle_output(self, context: dg.OutputContext, obj: Any) -> None:
        """Nothing to keep. Raises ValueError where an asset returns a value that would be lost."""
        if obj is not None:
            raise ValueError(f"{context.asset_key.to_user_string()} returned a value; assets write through the store")

    def load_input(self, context: dg.InputContext) -> pd.DataFrame:
        """The table of an asset. Raises KeyError for an asset without one."""
        name = context.asset_key.to_user_string()
        snapshot = current_snapshot(self._installation)
        kind, _, plan_name = name.partition("_")
        match kind:
            case "pseudo" if name == "pseudo_cohorts":
                stations: pd.DataFrame = snapshot.pseudo_cohorts().to_pandas()
                return stations
            case "design":
                return study_of(snapshot, self._installation.plan_in_names(plan_name).id).groups
            case "effects":
                return study_of(snapshot, self._installation.plan_in_names(plan_name).id).effects.estimates
            case _:
                raise KeyError(f"{name} has no table of its own; use kkz_eval.line.snapshot")
