"""Evidence of a comparison in which everything holds, for tests that spoil one thing of it."""

from __future__ import annotations

import pytest

from kkz_eval.evaluation.verdict.evidence import BreakState, Evidence, LockState, NegativeControl


@pytest.fixture(scope="session")
def sound() -> Evidence:
    """A desired difference that no row before the fifth catches."""
    return Evidence(
        role="primary",
        coverage_share=0.99,
        sources_mixed=False,
        break_state=BreakState.NONE,
        n_breaks=0,
        exposed_years=5,
        first_year=2014,
        smallest_p=1e-6,
        n_primaries=4,
        audit_size=0.06,
        slope_bias=0.2,
        slope_p=0.4,
        mde=1.0,
        negative_controls=(NegativeControl("births", holm_p=0.7, same_sign=True, size_ratio=0.1),),
        estimate=-1.6,
        p_raw=0.004,
        p_adjusted=0.016,
        interval=(-2.6, -0.5),
        specifications={"two_way": -1.2, "need": -1.5},
        scales={"level": -1.6, "log": -0.2},
        breakdown=1.2,
        desired_direction="decrease",
        smallest_difference=0.8,
        years_before=5,
        share_compared=0.97,
        dose_distance=0.3,
        co_treatments={"staerkungspakt": -1.4},
        missing_share=0.01,
        lock_state=LockState.LOCKED_BLIND,
        n_deviations=0,
    )
