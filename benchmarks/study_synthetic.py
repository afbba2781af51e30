"""How often intervals of synthetic comparisons cover a known effect. Run as `python -m benchmarks.study_synthetic [PANELS]`.

Belongs here: the study and its printed summary. Does not belong here: pass or fail (tests/evaluation has a small version).

Treated and comparison units come from one distribution, as placebo intervals assume: unit levels, a common factor with loadings, and
errors that follow an AR(1).
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

import numpy as np
import pandas as pd

from benchmarks.study_coverage import Coverage
from kkz_eval.evaluation.effects import run_effects
from kkz_eval.evaluation.plan_file import parse_plan

EFFECT = 2.0
PERSISTENCE = 0.5
CONTROLS = 40
YEARS = np.arange(2003, 2018)
START = 2013.0
PLAN = {
    "plan_version": 1,
    "id": "coverage",
    "outcomes": [{"indicator": "y"}],
    "estimators": [{"id": "sdid", "method": "sdid"}, {"id": "sc", "method": "synthetic_control", "variant": "exact"}],
}


def exchangeable_panel(seed: int, treated: int) -> pd.DataFrame:
    """That many treated units from 2013 on and CONTROLS never treated, 2003 to 2017, effect EFFECT."""
    draw = np.random.default_rng(seed)
    n_units = treated + CONTROLS
    errors = np.empty((n_units, len(YEARS)))
    errors[:, 0] = draw.normal(size=n_units) / np.sqrt(1 - PERSISTENCE**2)
    for step in range(1, len(YEARS)):
        errors[:, step] = PERSISTENCE * errors[:, step - 1] + draw.normal(size=n_units)
    factor = draw.uniform(size=(n_units, 1)) * np.cumsum(draw.normal(size=len(YEARS)))
    is_treated = np.arange(n_units) < treated
    value = 3 * draw.normal(size=(n_units, 1)) + factor + errors + EFFECT * (is_treated[:, None] & (YEARS >= START))
    return pd.DataFrame(
        {
            "unit_id": np.repeat([f"{code:02d}" for code in range(n_units)], len(YEARS)),
            "year": np.tile(YEARS, n_units),
            "indicator": "y",
            "value": value.ravel(),
            "cohort": np.repeat(np.where(is_treated, START, np.nan), len(YEARS)),
        }
    )


def synthetic_study(panels: int, treated: int) -> list[Coverage]:
    """Coverage of both estimators over that many panels, seeds 0 to panels - 1."""
    plan = parse_plan(PLAN, "coverage study")
    rows = pd.concat([run_effects(exchangeable_panel(seed, treated), plan).estimates for seed in range(panels)])
    rows["covers"] = (rows["conf_low"] <= EFFECT) & (rows["conf_high"] >= EFFECT)
    return [
        Coverage(
            estimator=f"{estimator}, {treated} treated",
            aggregation="coefficient",
            event_time=None,
            panels=len(group),
            bias=float(group["estimate"].mean() - EFFECT),
            spread=float(group["estimate"].std()),
            std_error=float(group["std_error"].mean()),
            coverage=float(group["covers"].mean()),
        )
        for estimator, group in rows.groupby("estimator")
    ]


def main(arguments: Sequence[str]) -> int:
    """Prints the study; the first argument is the number of panels, 1,000 without one."""
    panels = int(arguments[0]) if arguments else 1000
    print(f"{panels} panels, {CONTROLS} never treated units, effect {EFFECT:g}, nominal coverage 0.95")
    print(f"{'estimator':<18} {'bias':>9} {'spread':>8} {'mean SE':>8} {'coverage':>9}")
    for treated in (1, 5):
        for line in synthetic_study(panels, treated):
            print(
                f"{line.estimator:<18} {line.bias:>9.4f} {line.spread:>8.4f} {line.std_error:>8.4f} {line.coverage:>9.3f}",
                flush=True,
            )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
