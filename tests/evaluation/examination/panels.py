"""Small balanced panels with strata, a baseline and one start, and plans on them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kkz_eval.evaluation.plan import Plan
from kkz_eval.evaluation.plan_file import parse_plan

START, YEARS = 2012, tuple(range(2008, 2017))
METHODS = ("twfe", "event_study", "callaway_santanna", "sun_abraham", "imputation")


def small_panel(seed: int = 1, indicators: tuple[str, ...] = ("y",), effect: float = 0.0, sizes=((7, 3), (6, 2))) -> pd.DataFrame:
    """Units in kinds of (units, treated), need and density constant per unit."""
    random, parts = np.random.default_rng(seed), []
    kinds = np.repeat([f"k{number}" for number in range(len(sizes))], [size for size, _ in sizes])
    treated = np.concatenate([np.arange(size) < count for size, count in sizes])
    need, density = random.normal(size=len(kinds)) + 0.4 * treated, random.normal(size=len(kinds))
    for indicator in indicators:
        values = 0.5 * random.normal(size=(len(kinds), len(YEARS))).cumsum(axis=1) + random.normal(size=(len(kinds), 1))
        values += effect * treated[:, None] * (np.array(YEARS) >= START)
        parts.append(
            pd.DataFrame(
                {
                    "unit_id": np.repeat([f"u{number:02d}" for number in range(len(kinds))], len(YEARS)),
                    "year": np.tile(YEARS, len(kinds)),
                    "indicator": indicator,
                    "value": values.ravel(),
                    "cohort": pd.array(np.repeat([START if one else None for one in treated], len(YEARS)), dtype="Int64"),
                    "kind": np.repeat(kinds, len(YEARS)),
                    "need": np.repeat(need, len(YEARS)),
                    "density": np.repeat(density, len(YEARS)),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def small_plan(indicators: tuple[str, ...] = ("y",), methods: tuple[str, ...] = ("twfe",), **sections: object) -> Plan:
    """A plan by randomization; outcomes are primary unless sections say otherwise."""
    return parse_plan(
        {
            "plan_version": 1,
            "id": "small",
            "outcomes": [{"indicator": name, "role": "primary"} for name in indicators],
            "estimators": [{"id": method, "method": method} for method in methods],
            "inference": {"method": "randomization"},
            **sections,
        },
        "small",
    )
