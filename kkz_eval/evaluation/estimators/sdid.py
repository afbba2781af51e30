"""Synthetic difference in differences on staggered cohorts: estimates, placebo and jackknife standard errors, weights.

Belongs here: cohorts put together, inference, rows. Does not belong here: the weights of one block (sdid_weights.py), which units can be
used (blocks.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from scipy import stats

from kkz_eval.evaluation.arrays import (
    AssignmentByUnit,
    PerCohort,
    PerProblem,
    PerUnit,
    PerYear,
    ProblemByUnitMask,
    ProblemByYear,
    YearMask,
)
from kkz_eval.evaluation.estimators.blocks import Blocks, Cohort, build_blocks, without_held_fixed
from kkz_eval.evaluation.estimators.concentration import concentration_of
from kkz_eval.evaluation.estimators.estimation import Estimation, Row, Test, Weight, not_exposed
from kkz_eval.evaluation.estimators.placebo import Assignments, permutation_p, placebo_assignments, placebo_error
from kkz_eval.evaluation.estimators.sdid_weights import (
    ETA_LAMBDA,
    Problems,
    Solver,
    exact,
    noise_level,
    reference,
    solve,
)
from kkz_eval.evaluation.plan import EstimatorSpec, Plan
from kkz_eval.evaluation.problems import Note
from kkz_eval.evaluation.sample import Sample, require_comparison
from kkz_eval.evaluation.spread import Spread

_CELLS_AT_ONCE = 500_000  # of all placebos solved together, so that memory does not grow with their number
SOLVERS: Mapping[str, Solver] = {"exact": exact, "reference": reference}


@dataclass(frozen=True)
class CohortEffect:
    """Effect of one cohort. effect: ATT over its units and years after; after: years after, (T,) bool; omega, lambda_: unit and time weights (n0,),
    (T0,).
    """

    cohort: Cohort
    effect: float
    after: YearMask
    problems: Problems
    omega: PerUnit
    lambda_: PerYear

    @property
    def cells(self) -> int:
        """Treated cells."""
        return len(self.cohort.units) * int(self.after.sum())


def estimate_sdid(sample: Sample, plan: Plan, spec: EstimatorSpec, spread: Spread = map) -> Estimation:
    """Synthetic difference in differences (Arkhangelsky et al. 2021, algorithm 1), averaged over cohorts by treated cells (appendix A).

    Variant `exact`: weights at the optimum; `reference`: where the published implementation stops. Each cohort is compared with the
    units that are treated in none of the years used. Standard error: placebo (algorithm 4) with the regularisation of the estimate;
    the jackknife (algorithm 3) where comparison units are too few for placebos. The interval is normal. Tests: `placebo_permutation`
    (share of assignments with an effect as large), `jackknife` (statistic: its standard error). Where the outcome has an earliest
    plausible year, the row `exposed` matches the years before the start to the exposed years; the years in between are not used.
    Weights not listed are 0. spread: how pieces of the placebos are made. Raises Refused.
    """
    require_comparison(sample, plan)
    outcome, adjusted = without_held_fixed(sample, sample.covariates, sample.covariate_names)
    blocks = build_blocks(sample, plan, outcome)
    sizes = [len(cohort.units) for cohort in blocks.cohorts]
    assignments = placebo_assignments(len(blocks.controls), sizes, plan.inference.placebo_draws, plan.seed)
    solver = SOLVERS[spec.variant]
    row, tests, effects = _row("coefficient", blocks, None, assignments, solver, plan.inference.level, spread)
    rows = [row]
    if sample.earliest is not None:
        if any(blocks.after(cohort, sample.earliest).any() for cohort in blocks.cohorts):
            rows.append(_row("exposed", blocks, sample.earliest, assignments, solver, plan.inference.level, spread)[0])
        else:
            rows.append(not_exposed(sample.earliest))
    return Estimation(
        rows=tuple(rows),
        tests=tests,
        weights=tuple(_weights(effects, blocks, sample.unit_names)),
        notes=(*blocks.notes, *adjusted, _error_note(blocks, assignments, row)),
        counts=blocks.counts,
        concentration=concentration_of(
            np.average([effect.omega for effect in effects], axis=0, weights=[e.cells for e in effects])
        ),
    )


def _error_note(blocks: Blocks, assignments: Assignments | None, row: Row) -> Note:
    """How the standard error came about; the jackknife where comparison units are too few for placebos."""
    n_controls, n_treated = len(blocks.controls), blocks.n_treated
    if assignments is None:
        code = "notes.placebo_too_few" if np.isnan(row.std_error) else "notes.jackknife_instead"
        return Note(code, {"controls": n_controls, "treated": n_treated})
    code = "notes.placebo_enumerated" if assignments.complete else "notes.placebo_draws"
    return Note(code, {"draws": len(assignments.units), "controls": n_controls, "left": n_controls - n_treated})


def cohort_effects(blocks: Blocks, earliest: int | None, solver: Solver) -> list[CohortEffect]:
    """The effect of each cohort with years after its start (from `earliest` on where given). Raises Refused."""
    found = []
    for cohort in blocks.cohorts:
        after = blocks.after(cohort, earliest)
        if not after.any():
            continue
        problems = _problems(blocks, cohort, after, cohort.treated.mean(axis=0)[None, :], None)
        solution = solve(problems, solver)
        found.append(CohortEffect(cohort, float(solution.effects[0]), after, problems, solution.omega[0], solution.lambda_[0]))
    return found


def _problems(
    blocks: Blocks, cohort: Cohort, after: YearMask, paths: ProblemByYear, allowed: ProblemByUnitMask | None
) -> Problems:
    """paths: (b, T) mean outcomes of treated units; allowed: (b, n0), all where None. Raises Refused."""
    before = blocks.controls[:, : cohort.n_before]
    noise = noise_level(before)
    free = np.ones((len(paths), len(before)), dtype=bool) if allowed is None else allowed
    return Problems(
        before=before,
        after=blocks.controls[:, after].mean(axis=1),
        path_before=paths[:, : cohort.n_before],
        path_after=paths[:, after].mean(axis=1),
        allowed=free,
        zeta_omega=float((len(cohort.units) * after.sum()) ** 0.25) * noise,
        zeta_lambda=ETA_LAMBDA * noise,
        noise=noise,
        omega_start=free / free.sum(axis=1, keepdims=True),
        lambda_start=np.full((len(paths), cohort.n_before), 1 / cohort.n_before),
    )


def _row(
    aggregation: str,
    blocks: Blocks,
    earliest: int | None,
    assignments: Assignments | None,
    solver: Solver,
    level: float,
    spread: Spread,
) -> tuple[Row, tuple[Test, ...], list[CohortEffect]]:
    effects = cohort_effects(blocks, earliest, solver)
    shares = np.array([effect.cells for effect in effects], dtype="float64")
    shares /= shares.sum()
    estimate = float(shares @ [effect.effect for effect in effects])
    jackknife, tests = jackknife_error(effects), []
    std_error, method = jackknife, "jackknife"
    if not np.isnan(jackknife):
        tests.append(Test("jackknife", jackknife, "", _normal_p(estimate, jackknife)))
    if assignments is not None:
        placebos = placebo_effects(blocks, effects, shares, earliest, assignments, solver, spread)
        std_error, method = placebo_error(placebos), "placebo"
        share = permutation_p(abs(estimate), np.abs(placebos))
        tests.append(Test("placebo_permutation", abs(estimate), str(len(placebos)), share))
    half = float(stats.norm.ppf(0.5 + level / 2)) * std_error
    row = Row(
        aggregation,
        estimate=estimate,
        std_error=std_error,
        conf_low=estimate - half,
        conf_high=estimate + half,
        p_value=_normal_p(estimate, std_error),
        p_method=method,
    )
    return row, tuple(tests), effects


def _normal_p(estimate: float, std_error: float) -> float:
    return float(2 * stats.norm.sf(abs(estimate) / std_error)) if std_error > 0 else np.nan


def placebo_effects(
    blocks: Blocks,
    effects: Sequence[CohortEffect],
    shares: PerCohort,
    earliest: int | None,
    assignments: Assignments,
    solver: Solver,
    spread: Spread = map,
) -> PerProblem:
    """Effects (b,) of placebo assignments: comparison units act as treated, the rest as comparison, weights found anew.

    The regularisation is that of the estimate, as are the weights that the reference solver starts from. spread: how the pieces are made.
    """
    pieces = assignments.pieces(_CELLS_AT_ONCE // blocks.controls.size)
    return np.concatenate(list(spread(partial(_placebo_part, blocks, effects, shares, earliest, solver), pieces)))


def _placebo_part(
    blocks: Blocks,
    effects: Sequence[CohortEffect],
    shares: PerCohort,
    earliest: int | None,
    solver: Solver,
    units: AssignmentByUnit,
) -> PerProblem:
    """Effects of some assignments. units: (b, n_treated)."""
    allowed = np.ones((len(units), len(blocks.controls)), dtype=bool)
    np.put_along_axis(allowed, units, False, axis=1)
    total = np.zeros(len(units))
    for effect, share in zip(effects, shares, strict=True):
        cohort = effect.cohort
        members = units[:, blocks.assigned(cohort)]
        paths = np.zeros((len(members), blocks.controls.shape[1]))
        for place in range(members.shape[1]):
            paths += blocks.controls[members[:, place]] / members.shape[1]
        problems = _problems(blocks, cohort, blocks.after(cohort, earliest), paths, allowed)
        # the reference solver starts from the weights of the estimate, as far as the units are allowed
        omega = np.where(allowed, effect.omega, 0.0)
        sums = omega.sum(axis=1, keepdims=True)
        problems = replace(
            problems,
            omega_start=np.where(sums > 0, omega / np.where(sums > 0, sums, 1.0), problems.omega_start),
            lambda_start=np.broadcast_to(effect.lambda_, problems.lambda_start.shape).copy(),
        )
        total += share * solve(problems, solver).effects
    return total


def jackknife_error(effects: Sequence[CohortEffect]) -> float:
    """Jackknife standard error with the weights held fixed (algorithm 3), leaving out one unit at a time, of all cohorts.

    NaN where a cohort has one unit, or a single comparison unit has all the weight.
    """
    if any(len(effect.cohort.units) < 2 or (effect.omega > 0).sum() < 2 for effect in effects):
        return np.nan
    cells = np.array([effect.cells for effect in effects], dtype="float64")
    att = np.array([effect.effect for effect in effects])
    left_out = [cells @ np.stack([_without_control(effect) for effect in effects]) / cells.sum()]
    for place, effect in enumerate(effects):
        n_treated = len(effect.cohort.units)
        own = _gaps(effect)
        without = (own.sum() - own) / (n_treated - 1)
        fewer = cells.copy()
        fewer[place] *= (n_treated - 1) / n_treated
        others = fewer @ att - fewer[place] * att[place]
        left_out.append((others + fewer[place] * without) / fewer.sum())
    values = np.concatenate(left_out)
    return float(np.sqrt((len(values) - 1) / len(values) * ((values - values.mean()) ** 2).sum()))


def _without_control(effect: CohortEffect) -> PerUnit:
    """Effects (n0,) without each comparison unit, the weights of the others scaled up."""
    controls = effect.problems.after - effect.problems.before @ effect.lambda_
    treated = effect.effect + effect.omega @ controls
    return np.asarray(treated - (effect.omega @ controls - effect.omega * controls) / (1 - effect.omega))


def _gaps(effect: CohortEffect) -> PerUnit:
    """Effect of each treated unit against the same synthetic comparison, (n1,); their mean is the cohort's effect."""
    treated, cohort = effect.cohort.treated, effect.cohort
    changes = treated[:, effect.after].mean(axis=1) - treated[:, : cohort.n_before] @ effect.lambda_
    return np.asarray(changes - effect.omega @ (effect.problems.after - effect.problems.before @ effect.lambda_))


def _weights(effects: Sequence[CohortEffect], blocks: Blocks, names: Sequence[str]) -> list[Weight]:
    """Weights above 0; with several cohorts the key is `cohort/unit` and `cohort/year`."""
    rows = []
    for effect in effects:
        prefix = f"{effect.cohort.start}/" if len(effects) > 1 else ""
        for code, weight in zip(blocks.control_units, effect.omega, strict=True):
            if weight > 0:
                rows.append(Weight("unit", f"{prefix}{names[code]}", float(weight)))
        for year, weight in zip(blocks.years, effect.lambda_, strict=False):
            if weight > 0:
                rows.append(Weight("time", f"{prefix}{year}", float(weight)))
    return rows
