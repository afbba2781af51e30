"""Small worlds of the comparison as arrays, as hard as the genuine one, and what the programme's comparison makes of one of them.

Belongs here: drawing a world (need, assignment by need, series) and judging it as a plan does: tests, exact law, verdict. Does not belong
here: many worlds and what is counted over them (study_comparison.py), files (kkz_eval/simulation).

30 units as those compared: 15 cities of which 10 are treated, 15 Kreise of which 3 are. Need is normal by kind, the assignment is drawn
with probability ∝ exp(θ Σ need) within kind, series drift by kind and need and have errors, all as measured (kkz_eval/simulation/series.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from kkz_eval.evaluation.inference.assignments import UNIFORM, FittedTheta, Law, draw_assignments, fit_theta
from kkz_eval.evaluation.inference.audit import OwnTest
from kkz_eval.evaluation.inference.units import ComparedUnits
from kkz_eval.evaluation.problems import Refused
from kkz_eval.evaluation.sensitivity.event_coefficients import event_coefficients
from kkz_eval.evaluation.sensitivity.relative_magnitudes import relative_magnitudes_interval
from kkz_eval.evaluation.verdict.decide import Verdict, verdict_of
from kkz_eval.evaluation.verdict.evidence import BreakState, Evidence, LockState, NegativeControl
from kkz_eval.evaluation.verdict.rules import rules
from kkz_eval.simulation.parameters import CARE_INDICATOR, CERTIFICATE_INDICATORS, WELFARE_INDICATOR, WorldParameters
from kkz_eval.simulation.series import draw_errors, measured_need, measured_series

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

YEARS = np.arange(2007, 2020)
START, REFERENCE = 2012, 2011
CITIES, CITIES_TREATED, KREISE, KREISE_TREATED = 15, 10, 15, 3
IS_CITY = np.arange(CITIES + KREISE) < CITIES
SERIES = (*CERTIFICATE_INDICATORS[:2], CERTIFICATE_INDICATORS[-1], CARE_INDICATOR, WELFARE_INDICATOR)
PRIMARY = (CERTIFICATE_INDICATORS[0], CARE_INDICATOR)
CONTROL = CERTIFICATE_INDICATORS[1]  # moved by no programme in these worlds: their negative control
COMPARISONS = ("two_way", "kind", "need", "kind_and_need")
CHOSEN = "kind_and_need"
LEVEL = 0.05
MDE_FACTOR = 2.80158  # of the standard deviation of an estimate: 80 % power at the 5 % level
BREAKDOWNS = (0.5, 1.0)  # M̄ at which the table of the verdict looks
Contrast = Floats  # (T,) weights of the years

_KIND = (~IS_CITY).astype(int)  # codes of strata
_AFTER = YEARS >= START
_CHANGE: Contrast = _AFTER / _AFTER.sum() - ~_AFTER / (~_AFTER).sum()
_TO_2016: Contrast = np.where(YEARS <= 2016, _AFTER / (_AFTER & (YEARS <= 2016)).sum() - ~_AFTER / (~_AFTER).sum(), 0.0)
_BEFORE = np.where(_AFTER, 0.0, YEARS - YEARS[~_AFTER].mean())
_SLOPE: Contrast = _BEFORE / (_BEFORE @ _BEFORE)
_SLOPE_TO_CHANGE = YEARS[_AFTER].mean() - YEARS[~_AFTER].mean()
_EVENTS = np.array([(year == YEARS) * 1.0 - (YEARS == REFERENCE) for year in YEARS if year != REFERENCE])  # (r, T)
_N_BEFORE = int((YEARS < REFERENCE).sum())


@dataclass(frozen=True, eq=False)
class World:
    """One world without a programme. need: (N,) in standard deviations over those compared; treated: (N,); values: (N, T) by indicator."""

    need: Floats
    treated: Mask
    values: Mapping[str, Floats]

    def mirrored(self) -> World:
        """The same world with the sign of all values turned."""
        return World(self.need, self.treated, {name: -values for name, values in self.values.items()})


def draw_world(rng: np.random.Generator) -> World:
    """A world by the measured parameters."""
    measured = measured_need()
    need = measured.mean.of(IS_CITY) + measured.sd.of(IS_CITY) * rng.standard_normal(len(IS_CITY))
    standardised = (need - need.mean()) / need.std()
    some = np.concatenate([np.arange(CITIES) < CITIES_TREATED, np.arange(KREISE) < KREISE_TREATED])  # how many, not who
    treated = draw_assignments(_units(some), Law(standardised, measured.theta), 1, rng)[0]
    measured_of = [(name, measured_series()[name]) for name in SERIES]
    values = {
        name: _usual(name, need) + series.drift(IS_CITY, need, YEARS) + draw_errors(rng, series.errors(), IS_CITY, len(YEARS))
        for name, series in measured_of
    }
    return World(standardised, treated, values)


def _usual(indicator: str, need: Floats) -> Floats:
    """(N, T) level of a unit with that need, and the path common to all, as in the model world."""
    p = WorldParameters()
    if indicator == CARE_INDICATOR:
        return np.asarray(np.interp(YEARS, *np.array(p.care_path).T) + np.zeros((len(need), 1)))
    if indicator == WELFARE_INDICATOR:
        return np.asarray(p.welfare_quota + measured_need().percent_per_sd * need[:, None] + np.zeros(len(YEARS)))
    place = CERTIFICATE_INDICATORS.index(indicator)
    return np.asarray(p.shares_2012[place] * np.exp(p.need_on_logit[place] * need)[:, None] + p.trend[place] * (YEARS - 2012))


@dataclass(frozen=True, eq=False)
class Study:
    """A world with the distribution of its estimates under assignments that were possible.

    drawn: (a, N) assignments by the law at θ̂, the real one first; others: as many by the law at θ = 0 and at the upper bound.
    Raises Refused: no law fits, since the treated have the highest need of each kind.
    """

    world: World
    fitted: FittedTheta
    drawn: Mask
    others: Mapping[str, Mask]

    @classmethod
    def of(cls, world: World, draws: int, rng: np.random.Generator) -> Study:
        """With that many draws by each law."""
        units = _units(world.treated)
        fitted = fit_theta(units, world.need)
        drawn = np.vstack([world.treated, draw_assignments(units, fitted.laws["hat"], draws, rng)])
        laws = {"zero": UNIFORM, "upper": fitted.laws["upper"]}
        return cls(
            world,
            fitted,
            drawn,
            {name: np.vstack([world.treated, draw_assignments(units, law, draws, rng)]) for name, law in laws.items()},
        )

    def own_test(self, comparison: str, contrasts: Floats) -> OwnTest:
        """The plan's own 5 % test of contrasts (N, K) in a comparison."""
        held_kind, held_need = comparison in ("kind", CHOSEN), comparison in ("need", CHOSEN)
        return OwnTest(
            contrasts,
            stratum=_KIND if held_kind else np.zeros_like(_KIND),
            baseline=self.world.need[:, None] if held_need else np.empty((len(_KIND), 0)),
            cluster=np.arange(len(_KIND)),
            n_years=len(YEARS),
            level=LEVEL,
        )

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The series, in the order of all arrays below."""
        return tuple(self.world.values)

    @cached_property
    def changes(self) -> Floats:
        """(N, K) mean after less mean before, by series, and in the last column an effect of 1 itself."""
        return np.column_stack([*(values @ _CHANGE for values in self.world.values.values()), self.world.treated])

    def estimates(self, comparison: str) -> tuple[Floats, Floats]:
        """(K,) estimates without a programme and t of the plan's own test."""
        found, t = self.own_test(comparison, self.changes[:, :-1]).statistics(self.world.treated[None])
        return found[0], t[0]

    def rejects(self, comparison: str) -> Mask:
        """(K,) whether the plan's own test rejects in this world, in which nothing happened."""
        return np.asarray(self.own_test(comparison, self.changes[:, :-1]).rejects(self.estimates(comparison)[1]))

    def distribution(self, comparison: str, law: str) -> Distribution:
        """Of the estimates under the drawn assignments of a law: zero | hat | upper."""
        drawn = self.drawn if law == "hat" else self.others[law]
        found, _ = self.own_test(comparison, self.changes).statistics(drawn)
        return Distribution(found[:, :-1], found[:, -1])

    @cached_property
    def chosen(self) -> Distribution:
        """Of the estimates of the chosen comparison at θ̂."""
        return self.distribution(CHOSEN, "hat")


@dataclass(frozen=True, eq=False)
class Distribution:
    """Estimates under drawn assignments, the real one first. found: (a, K) of K series; one: (a,) of an effect of 1."""

    found: Floats
    one: Floats

    def deviations(self, column: int, effect: float) -> Floats:
        """(a,) estimates of a series less their mean, where an effect was added to the treated."""
        found = self.found[:, column] + effect * self.one
        return np.asarray(found - found.mean())

    def p(self, column: int, effect: float) -> float:
        """Two-sided p-value of no effect where this one was added; the real assignment counts."""
        away = np.abs(self.deviations(column, effect))
        return float((away >= away[0] * (1 - 1e-12)).mean())

    def interval(self, column: int, effect: float) -> tuple[float, float]:
        """The effects that are not rejected at LEVEL."""
        reach = self.one[0] - self.one.mean()
        middle = float(effect + (self.found[0, column] - self.found[:, column].mean()) / reach)
        return self._bound(column, effect, middle, -1.0), self._bound(column, effect, middle, 1.0)

    def _bound(self, column: int, effect: float, middle: float, direction: float) -> float:
        step = float(self.found[:, column].std())
        near, far = middle, middle + direction * step
        while self.p(column, effect - far) > LEVEL:
            if abs(far - middle) > 64 * step:
                return direction * float("inf")
            near, far = far, middle + 2 * (far - middle)
        for _ in range(12):
            half = (near + far) / 2
            near, far = (half, far) if self.p(column, effect - half) > LEVEL else (near, half)
        return far


def _units(treated: Mask) -> ComparedUnits:
    return ComparedUnits.of(treated, stratum=_KIND)


def verdict_on(study: Study, indicator: str, effects: Mapping[str, float], smallest_difference: float) -> Verdict:
    """The verdict on a primary outcome where effects (by indicator, 0 where not named) were added from the start on."""
    evidence = _evidence(study, indicator, effects, smallest_difference)
    return verdict_of(evidence, rules())


def _evidence(study: Study, indicator: str, effects: Mapping[str, float], smallest_difference: float) -> Evidence:
    column, effect = study.names.index(indicator), effects.get(indicator, 0.0)
    found = study.chosen
    p = found.p(column, effect)
    estimate = float(found.found[0, column] + effect)
    sd = float(found.found[:, column].std())
    slope = _slope(study, indicator)
    control = study.names.index(CONTROL)
    return Evidence(
        role="primary",
        coverage_share=1.0,
        sources_mixed=False,
        break_state=BreakState.NONE,
        n_breaks=0,
        exposed_years=int(_AFTER.sum()),
        first_year=START + 1,
        smallest_p=1.0 / len(study.drawn),
        n_primaries=len(PRIMARY),
        audit_size=_audit_size(study, column, effect),
        slope_bias=abs(slope[0]) * float(_SLOPE_TO_CHANGE),
        slope_p=slope[1],
        mde=MDE_FACTOR * sd,
        negative_controls=(
            NegativeControl(
                CONTROL,
                holm_p=found.p(control, 0.0),
                same_sign=bool(found.found[0, control] * estimate > 0),
                size_ratio=abs(_size(study, CONTROL, 0.0)) / max(abs(_size(study, indicator, effect)), 1e-12),
            ),
        ),
        estimate=estimate,
        p_raw=p,
        p_adjusted=_romano_wolf(study, effects)[indicator],
        interval=found.interval(column, effect),
        specifications=_specifications(study, indicator, effect),
        scales=_scales(study, indicator, effect),
        breakdown=_breakdown(study, indicator, effect) if p <= LEVEL else None,
        desired_direction="increase",
        smallest_difference=smallest_difference,
        years_before=int((~_AFTER).sum()),
        share_compared=1.0,
        dose_distance=0.0,
        co_treatments={},
        missing_share=0.0,
        lock_state=LockState.LOCKED_BLIND,
        n_deviations=0,
    )


def _slope(study: Study, indicator: str) -> tuple[float, float]:
    """Adjusted slope before the start, and its p-value by the same draws."""
    contrast = study.world.values[indicator] @ _SLOPE
    found, _ = study.own_test(CHOSEN, contrast[:, None]).statistics(study.drawn)
    return float(found[0, 0]), Distribution(found, np.zeros(len(found))).p(0, 0.0)


def _audit_size(study: Study, column: int, effect: float) -> float:
    """The largest size of the plan's own test on these data over the laws at θ = 0, θ̂ and the upper bound."""
    contrast = study.changes[:, column] + effect * study.world.treated
    own = study.own_test(CHOSEN, contrast[:, None])
    return max(float(own.rejects(own.statistics(drawn)[1]).mean()) for drawn in (study.drawn, *study.others.values()))


def _size(study: Study, indicator: str, effect: float) -> float:
    """The estimate in standard deviations of the values before the start."""
    estimate = study.chosen.found[0, study.names.index(indicator)] + effect
    return float(estimate / study.world.values[indicator][:, ~_AFTER].std())


def _romano_wolf(study: Study, effects: Mapping[str, float]) -> dict[str, float]:
    """Step-down p-values over the primary outcomes by the same draws (Romano & Wolf 2005, Econometrica 73(4), 1237–1282)."""
    away = np.abs(np.column_stack([study.chosen.deviations(study.names.index(name), effects.get(name, 0.0)) for name in PRIMARY]))
    away = away / away.std(axis=0)
    order = np.argsort(-away[0])
    found, largest = {}, 0.0
    for place, number in enumerate(order):
        rest = away[:, order[place:]].max(axis=1)
        largest = max(largest, float((rest >= away[0, number] * (1 - 1e-12)).mean()))
        found[PRIMARY[number]] = largest
    return found


def _specifications(study: Study, indicator: str, effect: float) -> dict[str, float]:
    """Estimates of the other comparisons, and of the chosen one to 2016."""
    column = study.names.index(indicator)
    found = {name: float(study.estimates(name)[0][column] + effect) for name in COMPARISONS if name != CHOSEN}
    early = (study.world.values[indicator] @ _TO_2016)[:, None]
    found["to_2016"] = float(study.own_test(CHOSEN, early).statistics(study.world.treated[None])[0][0, 0] + effect)
    return found


def _scales(study: Study, indicator: str, effect: float) -> dict[str, float]:
    """Estimates on the level and, where all values admit it, on the log."""
    values = study.world.values[indicator] + effect * study.world.treated[:, None] * _AFTER
    sign = np.sign(values.mean())  # of a mirrored world the values are below 0
    found = {"level": values @ _CHANGE}
    if (sign * values > 0).all():
        found["log"] = sign * (np.log(sign * values) @ _CHANGE)
    own = study.own_test(CHOSEN, np.column_stack(list(found.values())))
    return dict(zip(found, own.statistics(study.world.treated[None])[0][0].tolist(), strict=True))


def _breakdown(study: Study, indicator: str, effect: float) -> float:
    """The largest of BREAKDOWNS at which the set still excludes 0, for the first year after the reference; 0 where none does."""
    values = study.world.values[indicator] + effect * study.world.treated[:, None] * _AFTER
    contrasts = values @ _EVENTS.T  # (N, r)
    own = study.own_test(CHOSEN, contrasts)
    estimates, _ = own.statistics(study.world.treated[None])
    held = np.column_stack([IS_CITY, ~IS_CITY, study.world.need]).astype(np.float64)
    annihilator = np.eye(len(held)) - held @ np.linalg.pinv(held)
    left = annihilator @ study.world.treated
    scores = left[:, None] * (annihilator @ contrasts - left[:, None] * estimates[0])
    covariance = own.factor * scores.T @ scores / (left @ left) ** 2
    event = event_coefficients(estimates[0], covariance, _N_BEFORE, len(_EVENTS) - _N_BEFORE)
    reached = 0.0
    for m_bar in BREAKDOWNS:
        found = relative_magnitudes_interval(event, event.first_effect(), m_bar, LEVEL)
        if found.holds(0.0):
            break
        reached = m_bar
    return reached


def studied(seed: int, draws: int) -> Study | None:
    """The world of a seed with its draws; None where no law fits it."""
    world_rng, draws_rng = (np.random.Generator(np.random.PCG64(child)) for child in np.random.SeedSequence(seed).spawn(2))
    world = draw_world(world_rng)
    try:
        return Study.of(world, draws, draws_rng)
    except Refused:
        return None
