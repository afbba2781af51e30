"""What is known of one outcome when its verdict is given, and the quantities that the table of the verdict compares.

Belongs here: the values, and arithmetic of one step between them. Does not belong here: where they come from, thresholds.
None is "not known" everywhere; what is not known never counts as passed. NaN is refused: no comparison with it is true.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from math import isnan

from kkz_eval.model.texts import Localised


class BreakState(StrEnum):
    """Whether the series changes its meaning in the window, and what was done about it. AS_GIVEN: a panel that says nothing of it."""

    NONE = "none"
    HANDLED = "handled"
    IN_WINDOW = "in_window"
    UNHANDLED = "unhandled"
    AS_GIVEN = "as_given"


class LockState(StrEnum):
    """When what is reported was chosen: laid down before the data after the start were seen, with deviations listed, or afterwards."""

    LOCKED_BLIND = "locked_blind"
    DEVIATION_LISTED = "deviation_listed"
    CHOSEN_AFTER = "chosen_after"


def _refuse_nan(*values: object) -> None:
    if any(isinstance(value, float) and isnan(value) for value in values):
        raise ValueError("evidence holds a NaN; what is not known is None")


Estimates = Mapping[str, float | None]


@dataclass(frozen=True)
class NegativeControl:
    """An outcome that the programme can't move.

    holm_p: adjusted over the controls of the plan. same_sign: as the outcome's estimate. size_ratio: |estimate| of the control over that
    of the outcome, each in standard deviations of its own values before the start.
    """

    name: str
    holm_p: float | None = None
    same_sign: bool | None = None
    size_ratio: float | None = None

    def __post_init__(self) -> None:
        _refuse_nan(*vars(self).values())


@dataclass(frozen=True)
class Evidence:
    """What is known of one outcome; None where it is not known. All that is measured is in the unit of the outcome, shares in [0, 1].

    coverage_share: cells with a value among those of the window; missing_share: cells of the units compared that are left out.
    exposed_years: years since the start that count; first_year: the first year with which there are enough of them.
    smallest_p: the smallest p that any assignment could give; n_primaries: outcomes among which the level is divided.
    audit_size: the largest size of the plan's own test over the laws of the audit that give one; audit_cannot_tell: whether one gives none.
    slope_bias: B = |adjusted slope before the start| · (mean year after − mean year before); slope_p: its exact p.
    mde: minimum detectable effect by the law of the audit, at 5 %. interval: at 95 % or more. p_adjusted: in the family of the outcome, Romano–Wolf for primary ones.
    specifications, co_treatments: estimate by the name of the specification, or of the co-treatment whose units are left out, None where it
    was refused; empty where the plan names none. scales: estimate by the specification in the other scale (level, log), empty where the values
    admit none. breakdown: M̄*, the largest violation relative to those before the start whose set still excludes 0, of the first year after it, or of the mean of the exposed
    years where an outcome counts only these. desired_direction: increase | decrease.
    cause: why chance was not asked, where that is known. titles: what specifications are called, by their name. n_plausible: units of the level that the plan could compare; share_compared: units of the estimate among them. dose_distance: |estimate by dose − estimate| in
    the larger of their standard errors. n_breaks: in the window. n_deviations: from the lock. Raises ValueError for a NaN.
    """

    role: str | None = None
    coverage_share: float | None = None
    sources_mixed: bool | None = None
    break_state: BreakState | None = None
    n_breaks: int | None = None
    exposed_years: int | None = None
    first_year: int | None = None
    smallest_p: float | None = None
    n_primaries: int | None = None
    audit_size: float | None = None
    audit_cannot_tell: bool = False
    slope_bias: float | None = None
    slope_p: float | None = None
    mde: float | None = None
    negative_controls: tuple[NegativeControl, ...] | None = None
    estimate: float | None = None
    p_raw: float | None = None
    p_adjusted: float | None = None
    interval: tuple[float, float] | None = None
    specifications: Estimates | None = None
    scales: Estimates | None = None
    breakdown: float | None = None
    desired_direction: str | None = None
    smallest_difference: float | None = None
    years_before: int | None = None
    n_plausible: int | None = None
    share_compared: float | None = None
    dose_distance: float | None = None
    co_treatments: Estimates | None = None
    missing_share: float | None = None
    lock_state: LockState | None = None
    n_deviations: int | None = None
    cause: Localised | None = None
    titles: Mapping[str, Localised] = field(default_factory=dict)

    def __post_init__(self) -> None:
        named = (self.specifications, self.scales, self.co_treatments)
        _refuse_nan(*vars(self).values(), *(self.interval or ()), *(value for one in named if one for value in one.values()))

    def mirrored(self) -> Evidence:
        """The same evidence of the values with their sign turned; what is desired stays."""
        return replace(
            self,
            estimate=None if self.estimate is None else -self.estimate,
            interval=None if self.interval is None else (-self.interval[1], -self.interval[0]),
            specifications=_turned(self.specifications),
            scales=_turned(self.scales),
            co_treatments=_turned(self.co_treatments),
        )


Value = float | str | bool | None


def against(estimates: Estimates | None, estimate: float | None) -> tuple[str, ...] | None:
    """The names of the estimates that do not have the sign of `estimate`; 0 has none. None where that is not known of all and none is."""
    if estimates is None or estimate is None:
        return None
    names = tuple(name for name, other in estimates.items() if other is not None and not _same_sign(other, estimate))
    return names or (None if None in estimates.values() else ())


def _same_sign(one: float, other: float) -> bool:
    """Compared, not multiplied: a product of small numbers may vanish."""
    return (one > 0 and other > 0) or (one < 0 and other < 0)


def quantity(evidence: Evidence, what: str) -> Value:
    """A quantity of the table of the verdict, by its name in QUANTITIES; None where not known. Invariant when the sign of values turns."""
    value = QUANTITIES[what](evidence)
    return None if isinstance(value, float) and isnan(value) else value  # infinity over infinity


def control_quantity(control: NegativeControl, what: str) -> Value:
    """A quantity of a negative control, by its name in CONTROL_QUANTITIES."""
    return CONTROL_QUANTITIES[what](control)


def _turned(estimates: Estimates | None) -> Estimates | None:
    return None if estimates is None else {name: None if value is None else -value for name, value in estimates.items()}


def _count(names: tuple[str, ...] | None) -> int | None:
    return None if names is None else len(names)


def _over(numerator: float | None, denominator: float | None) -> float | None:
    """The ratio; infinite where something stands over 0, 0 where nothing does."""
    if numerator is None or denominator is None:
        return None
    if denominator == 0:
        return float("inf") if numerator else 0.0
    return numerator / denominator


def _smallest_p(evidence: Evidence) -> float | None:
    """The smallest attainable p times the number of primary outcomes: what is held against the level of the family."""
    if evidence.smallest_p is None or evidence.n_primaries is None:
        return None
    return evidence.smallest_p * max(evidence.n_primaries, 1)


def _excludes_zero(evidence: Evidence) -> bool | None:
    return None if evidence.interval is None else not evidence.interval[0] <= 0 <= evidence.interval[1]


def _reach(evidence: Evidence) -> float | None:
    """The larger end of the interval by size, over the smallest difference that matters."""
    reach = None if evidence.interval is None else max(abs(end) for end in evidence.interval)
    return _over(reach, evidence.smallest_difference)


QUANTITIES: Mapping[str, Callable[[Evidence], Value]] = {
    "role": lambda e: e.role,
    "coverage_share": lambda e: e.coverage_share,
    "sources_mixed": lambda e: e.sources_mixed,
    "break_state": lambda e: e.break_state,
    "exposed_years": lambda e: e.exposed_years,
    "smallest_family_p": _smallest_p,
    "audit_cannot_tell": lambda e: e.audit_cannot_tell,
    "audit_size": lambda e: e.audit_size,
    "slope_over_mde": lambda e: _over(e.slope_bias, e.mde),
    "slope_p": lambda e: e.slope_p,
    "p_raw": lambda e: e.p_raw,
    "p_adjusted": lambda e: e.p_adjusted,
    "interval_excludes_zero": _excludes_zero,
    "specifications_against": lambda e: _count(against(e.specifications, e.estimate)),
    "scales_against": lambda e: _count(against(e.scales, e.estimate)),
    "breakdown": lambda e: e.breakdown,
    "direction_known": lambda e: e.desired_direction in ("increase", "decrease"),
    "reach_over_smallest_difference": _reach,
    "years_before": lambda e: e.years_before,
    "share_compared": lambda e: e.share_compared,
    "dose_distance": lambda e: e.dose_distance,
    "co_treatments_against": lambda e: _count(against(e.co_treatments or None, e.estimate)),  # none named: nothing was looked at
    "missing_share": lambda e: e.missing_share,
    "lock_state": lambda e: e.lock_state,
}
CONTROL_QUANTITIES: Mapping[str, Callable[[NegativeControl], Value]] = {
    "holm_p": lambda c: c.holm_p,
    "same_sign": lambda c: c.same_sign,
    "size_ratio": lambda c: c.size_ratio,
}
