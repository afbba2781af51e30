"""The statistics of a comparison under any assignment: coefficient and studentised, plainly, and as sums over the treated.

Belongs here: what a statistic is. Does not belong here: which assignments there are, how likely each is, p-values.

z is one number for each unit, made of its years (mean of the years after less mean of those before, for example). Without a baseline the
statistic is the **difference**: differences of treated and other units within each stratum, weighted by its treated units. With one it is the
**regression**: the coefficient of treatment beside dummies of strata and the baseline.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from kkz_eval.evaluation.arrays import AssignmentMask, Floats, PerAssignment, PerUnit, UnitByCovariate
from kkz_eval.evaluation.inference.polynomials import Polynomial, in_powers, plus, value_of
from kkz_eval.evaluation.inference.units import ComparedUnits
from kkz_eval.evaluation.problems import Refused

NOTHING = 1e-10  # share of a length that rounding leaves of what is nothing
NO_SPREAD = 1e-13  # the same of a variance, which is made of squares


@dataclass(frozen=True, eq=False)
class Sum:
    """A statistic that is linear in the assignment. weights: (N,), summed over the treated."""

    units: ComparedUnits
    weights: PerUnit

    def numbers(self, assignments: AssignmentMask) -> Sequence[PerAssignment]:
        """(a,) its one number under each assignment (a, N)."""
        return (self.values(assignments),)

    def values(self, assignments: AssignmentMask) -> PerAssignment:
        """(a,) the statistic under each assignment (a, N)."""
        return np.asarray(assignments @ self.weights)


@dataclass(frozen=True, eq=False)
class OfSums:
    """Functions of polynomials of sums over the treated clusters: of(polynomials), element by element.

    columns: (G, m) by cluster; polynomials: of the m sums; of: takes their values in arrays of one shape and gives arrays of that shape, one for
    each number of the statistic, NaN where it is not defined.
    """

    units: ComparedUnits
    columns: Floats
    polynomials: Sequence[Polynomial]
    of: Callable[[Sequence[Floats]], Sequence[Floats]]

    def numbers(self, assignments: AssignmentMask) -> Sequence[PerAssignment]:
        """(a,) each number of the statistic under each assignment (a, N)."""
        return self.numbers_of((assignments[:, self.units.first_of_cluster] @ self.columns).T)

    def numbers_of(self, sums: Floats) -> Sequence[PerAssignment]:
        """(a,) each number of the statistic of sums (m, a) over the treated."""
        return self.of([value_of(polynomial, sums) for polynomial in self.polynomials])

    def values(self, assignments: AssignmentMask) -> PerAssignment:
        """(a,) the statistic, of one number, under each assignment (a, N)."""
        (value,) = self.numbers(assignments)
        return value

    def value_of(self, sums: Floats) -> PerAssignment:
        """(a,) the statistic, of one number, of sums (m, a) over the treated."""
        (value,) = self.numbers_of(sums)
        return value


@dataclass(frozen=True, eq=False)
class Plain:
    """A statistic that is computed for each assignment anew. function: from assignments (a, N) to (a,) for each of its numbers."""

    units: ComparedUnits
    function: Callable[[AssignmentMask], Sequence[PerAssignment]]

    def numbers(self, assignments: AssignmentMask) -> Sequence[PerAssignment]:
        """(a,) each number of the statistic under each assignment (a, N)."""
        return self.function(assignments)

    def values(self, assignments: AssignmentMask) -> PerAssignment:
        """(a,) the statistic, of one number, under each assignment (a, N)."""
        (value,) = self.numbers(assignments)
        return value


Statistic: TypeAlias = Sum | OfSums | Plain


def coefficient(z: PerUnit, units: ComparedUnits) -> Sum | OfSums:
    """The estimate: difference without a baseline, regression with one, in the fastest form it has.

    units: the strata and the baseline of the statistic; assignments may be made in finer strata. Raises Refused: a stratum of treated
    units only (difference).
    """
    (found,) = coefficients([z], units)
    return found


def coefficients(outcomes: Sequence[PerUnit], units: ComparedUnits) -> Sequence[Sum | OfSums]:
    """Estimates on several outcomes of the same units: sums, or one statistic with a number for each, which share what does not depend on the
    outcome. Raises Refused likewise.
    """
    if units.baseline.shape[1]:
        return [_regressions_of_sums(outcomes, units)]
    return [_difference_as_sum(z, units) for z in outcomes]


def studentised(z: PerUnit, units: ComparedUnits, center: float = 0.0) -> OfSums | Plain:
    """The estimate less a center, over its standard error by cluster without small-sample factor, which is the same under all assignments."""

    def centered(numbers: Sequence[Floats]) -> Sequence[Floats]:
        over_error, per_error = numbers
        return (over_error - center * per_error,)

    match over_its_error(z, units):
        case OfSums(_, columns, polynomials, of):
            return OfSums(units, columns, polynomials, lambda values: centered(of(values)))
        case Plain(_, function):
            return Plain(units, lambda assignments: centered(function(assignments)))


def over_its_error(z: PerUnit, units: ComparedUnits) -> OfSums | Plain:
    """Two numbers, estimate / error and 1 / error: the studentised estimate for any center is the first less center times the second."""
    if not units.baseline.shape[1]:
        return _studentised_difference_of_sums(z, units)
    if units.assigned_alone and _baseline_beside_strata(units).shape[1] <= 1:
        return _studentised_regression_of_sums(z, units)
    return Plain(units, lambda assignments: regression_over_error(assignments, z, units))


def difference(assignments: AssignmentMask, z: PerUnit, units: ComparedUnits) -> PerAssignment:
    """(a,) Σ_s n_s/n · (mean of z of the treated − mean of z of the others, in stratum s), n_s treated units of the stratum as they really were.

    A cluster counts with its total: where clusters differ in size and another number of units is treated, the total of z less the mean of the
    stratum is still divided by n_s. Raises Refused: a stratum of treated units only.
    """
    deviations, total = _deviations(z, units), np.zeros(len(assignments))
    for stratum, (n, treated) in _compared_strata(units):
        inside = units.stratum == stratum
        sums = assignments[:, inside] @ deviations[inside]  # the others have what is missing to 0
        total += treated / units.n_treated * (sums / treated + sums / (n - treated))
    return total


def studentised_difference(assignments: AssignmentMask, z: PerUnit, units: ComparedUnits, center: float = 0.0) -> PerAssignment:
    """(a,) the difference less a center, over sqrt(Σ_s (n_s/n)² (SS1_s/n_s² + SS0_s/(N_s − n_s)²)), SS1, SS0 the sums of squares of the treated and the other
    clusters of a stratum around their means; NaN where all are 0. For one stratum this is the clustered error of two-way fixed effects (CR0).
    """
    totals, variance = units.by_cluster(_deviations(z, units)[:, None])[:, 0], np.zeros(len(assignments))
    by_cluster = assignments[:, units.first_of_cluster]
    for stratum, (n, treated) in _compared_strata(units):
        inside = units.cluster_stratum == stratum
        for chosen, size in ((by_cluster[:, inside], treated), (~by_cluster[:, inside], n - treated)):
            means = (chosen @ totals[inside]) / chosen.sum(axis=1)
            squares = (chosen * (totals[inside] - means[:, None]) ** 2).sum(axis=1)
            variance += (treated / units.n_treated) ** 2 * squares / size**2
    return (difference(assignments, z, units) - center) / _error(variance, float((totals**2).sum()) / units.n_treated**2)


def regression(assignments: AssignmentMask, z: PerUnit, units: ComparedUnits) -> PerAssignment:
    """(a,) A'Mz / A'MA, M = I − QQ' what dummies of strata and the baseline leave (Frisch–Waugh–Lovell); NaN where they leave nothing of A."""
    left = left_of(assignments, units)
    return _ratio(assignments @ residuals_of(z, units), (assignments * left).sum(axis=1), units)


def studentised_regression(assignments: AssignmentMask, z: PerUnit, units: ComparedUnits, center: float = 0.0) -> PerAssignment:
    """(a,) (β − center) / sqrt(Σ_c (Σ_{i in c} m_i e_i)² / (A'MA)²), m = MA, e = Mz − β m: clustered error (CR0); NaN where there is none."""
    over_error, per_error = regression_over_error(assignments, z, units)
    return over_error - center * per_error


def regression_over_error(assignments: AssignmentMask, z: PerUnit, units: ComparedUnits) -> tuple[PerAssignment, PerAssignment]:
    """(a,) β / error and 1 / error, as `studentised_regression` has them; NaN where there is no error."""
    left, residual = left_of(assignments, units), residuals_of(z, units)
    length = (assignments * left).sum(axis=1)
    beta = _ratio(assignments @ residual, length, units)
    scores = left * (residual - beta[:, None] * left)
    if not units.assigned_alone:
        scores = scores @ (units.cluster[:, None] == np.arange(units.n_clusters))
    per_error = length / _error((scores**2).sum(axis=1), float((residual**2).sum()))
    return beta * per_error, per_error


def taken_out(units: ComparedUnits) -> UnitByCovariate:
    """(N, q) an orthonormal basis of what the regression holds fixed: dummies of strata, and the baseline beside them."""
    return np.hstack([_strata_basis(units), _baseline_beside_strata(units)])


def residuals_of(z: PerUnit, units: ComparedUnits) -> PerUnit:
    """(N,) Mz."""
    deviations, basis = _deviations(z, units), _baseline_beside_strata(units)
    return np.asarray(deviations - basis @ (basis.T @ deviations))


def left_of(assignments: AssignmentMask, units: ComparedUnits) -> Floats:
    """(a, N) MA of each assignment."""
    basis, treated = taken_out(units), assignments.astype(float)
    return np.asarray(treated - (treated @ basis) @ basis.T)


def _compared_strata(units: ComparedUnits) -> list[tuple[int, tuple[int, int]]]:
    """Strata with treated units, and how many units they have and how many of them treated. Raises Refused: one without others."""
    sizes = zip(units.units_by_stratum.tolist(), units.treated_by_stratum.tolist(), strict=True)
    compared = [(stratum, size) for stratum, size in enumerate(sizes) if size[1]]
    if any(n == treated for _, (n, treated) in compared):
        raise Refused("stratum_without_others")
    return compared


def _deviations(z: PerUnit, units: ComparedUnits) -> PerUnit:
    """(N,) z less the mean of its stratum, so that a large common level costs no digits."""
    means = np.bincount(units.stratum, z) / units.units_by_stratum
    return np.asarray(z - means[units.stratum])


def _difference_as_sum(z: PerUnit, units: ComparedUnits) -> Sum:
    """Sums of deviations d over the treated and over the others add up to 0, so Σ_A d (1/n_s + 1/(N_s − n_s)) is the difference."""
    return Sum(units, _per_treated(units)[units.stratum] * _deviations(z, units))


def _per_treated(units: ComparedUnits) -> Floats:
    """(S,) N_s / (n (N_s − n_s)), what a deviation of a treated unit adds to the difference; 0 in strata without treated units."""
    weights = np.zeros(units.n_strata)
    for stratum, (n, treated) in _compared_strata(units):
        weights[stratum] = n / (units.n_treated * (n - treated))
    return weights


def _studentised_difference_of_sums(z: PerUnit, units: ComparedUnits) -> OfSums:
    """With totals y of clusters, Σ y = 0 in each stratum: SS1 = Σ_A y² − (Σ_A y)²/g and SS0 = Σ y² − Σ_A y² − (Σ_A y)²/(G − g), so that the variance is
    a constant, a sum over the treated of squares, and a square for each stratum.
    """
    y = units.by_cluster(_deviations(z, units)[:, None])[:, 0]
    compared, per_treated = _compared_strata(units), _per_treated(units)
    columns = np.zeros((units.n_clusters, 1 + len(compared)))
    estimate: Polynomial = {}
    variance: Polynomial = {(0,): 1.0}
    for place, (stratum, (n, treated)) in enumerate(compared, start=1):
        inside = units.cluster_stratum == stratum
        clusters, chosen = int(inside.sum()), int(units.cluster_treated[inside].sum())
        of_treated, of_others = 1 / units.n_treated**2, (treated / units.n_treated / (n - treated)) ** 2
        columns[inside, 0] = (of_treated - of_others) * y[inside] ** 2
        columns[inside, place] = y[inside]
        squares = of_others * float((y[inside] ** 2).sum())
        estimate = plus(estimate, {(place,): float(per_treated[stratum])})
        variance = plus(variance, {(): squares, (place, place): -of_treated / chosen - of_others / (clusters - chosen)})
    scale = float((y**2).sum()) / units.n_treated**2

    def of(values: Sequence[Floats]) -> Sequence[Floats]:
        per_error = 1 / _error(values[1], scale)
        return values[0] * per_error, per_error

    return OfSums(units, columns, (estimate, variance), of)


def _regressions_of_sums(outcomes: Sequence[PerUnit], units: ComparedUnits) -> OfSums:
    """A'MA = Σ A − Σ_k (Σ_A q_k)² over an orthonormal basis q of what is adjusted for. The part of the strata is the same under all assignments where
    clusters of a stratum are of one size; else their sums are followed, too.
    """
    sizes = units.by_cluster(np.ones((units.n_units, 1)))
    residuals = units.by_cluster(np.column_stack([residuals_of(z, units) for z in outcomes]))
    k = len(outcomes)
    followed = units.by_cluster(_baseline_beside_strata(units))
    n_treated: Polynomial = {
        (): float((units.treated_by_stratum * (1 - units.treated_by_stratum / units.units_by_stratum)).sum())
    }
    if any(np.ptp(sizes[units.cluster_stratum == stratum]) for stratum in range(units.n_strata)):
        followed = np.hstack([followed, units.by_cluster(_strata_basis(units))])
        n_treated = {(k + followed.shape[1],): 1.0}
    squared: list[Polynomial] = [{(k + place, k + place): -1.0} for place in range(followed.shape[1])]
    length = plus(n_treated, *squared)

    def of(values: Sequence[Floats]) -> Sequence[Floats]:
        *totals, left = values
        left = _nan_up_to(NOTHING * units.n_treated, left)
        return [total / left for total in totals]

    sums: list[Polynomial] = [{(place,): 1.0} for place in range(k)]
    return OfSums(units, np.hstack([residuals, followed, sizes]), (*sums, length), of)


def _studentised_regression_of_sums(z: PerUnit, units: ComparedUnits) -> OfSums:
    """One baseline column b, orthonormal beside the strata: m_i = A_i − u_i with u_i = p_i + b_i h, p the share treated of the stratum, h = Σ_A b.

    As A_i is 0 or 1, (A − u)² = A(1 − 2u) + u², (A − u)³ = A(1 − 3u + 3u²) − u³ and (A − u)⁴ = A(1 − 4u + 6u² − 4u³) + u⁴: the squared scores
    Σ m²(r − β m)² = Σ m² r² − 2β Σ m³ r + β² Σ m⁴ are polynomials of sums over the treated.
    """
    r = residuals_of(z, units)
    basis = _baseline_beside_strata(units)
    b = basis[:, 0] if basis.shape[1] else np.zeros(units.n_units)
    shares = units.treated_by_stratum / units.units_by_stratum
    p = shares[units.stratum]
    columns = [r, b]

    def over_treated(column: PerUnit, over_all: PerUnit) -> Polynomial:
        """Σ_A column + Σ over_all."""
        columns.append(column)
        return {(len(columns) - 1,): 1.0, (): float(over_all.sum())}

    def over_all(column: PerUnit) -> Polynomial:
        return {(): float(column.sum())}

    above: Polynomial = {(0,): 1.0}
    h: Polynomial = {(1,): 1.0}
    length: Polynomial = {(): float((units.treated_by_stratum * (1 - shares)).sum()), (1, 1): -1.0}
    second = in_powers(  # Σ m² r²
        h,
        over_treated(r**2 * (1 - 2 * p), r**2 * p**2),
        over_treated(-2 * r**2 * b, 2 * r**2 * p * b),
        over_all(r**2 * b**2),
    )
    third = in_powers(  # Σ m³ r
        h,
        over_treated(r * (1 - 3 * p + 3 * p**2), -r * p**3),
        over_treated(r * b * (6 * p - 3), -3 * r * p**2 * b),
        over_treated(3 * r * b**2, -3 * r * p * b**2),
        over_all(-r * b**3),
    )
    fourth = in_powers(  # Σ m⁴
        h,
        over_treated(1 - 4 * p + 6 * p**2 - 4 * p**3, p**4),
        over_treated(b * (12 * p - 12 * p**2 - 4), 4 * p**3 * b),
        over_treated(b**2 * (6 - 12 * p), 6 * p**2 * b**2),
        over_treated(-4 * b**3, 4 * p * b**3),
        over_all(b**4),
    )
    scale = float((r**2).sum())

    def of(values: Sequence[Floats]) -> Sequence[Floats]:
        total, left, squares, cubes, powers = values
        beta = _ratio(total, left, units)
        variance = (
            beta * powers
        )  # squares + β (β powers − cubes), in place: of millions of values, new memory costs more than the sums
        variance -= cubes
        variance *= beta
        variance += squares
        per_error = left / _error(variance, scale)
        beta *= per_error
        return beta, per_error

    twice_third = {monomial: 2 * factor for monomial, factor in third.items()}
    return OfSums(units, np.column_stack(columns), (above, length, second, twice_third, fourth), of)


def _strata_basis(units: ComparedUnits) -> UnitByCovariate:
    """(N, S) dummies of strata, orthonormal."""
    dummies = units.stratum[:, None] == np.arange(units.n_strata)
    return np.asarray(dummies / np.sqrt(units.units_by_stratum))


def _baseline_beside_strata(units: ComparedUnits) -> UnitByCovariate:
    """(N, q') an orthonormal basis of what the strata leave of the baseline; without columns that others already say, which change no residual."""
    columns = [_deviations(column, units) for column in units.baseline.T]
    lengths = [float(np.linalg.norm(column - column.mean())) for column in units.baseline.T]
    varying = [
        column / np.linalg.norm(column)
        for column, length in zip(columns, lengths, strict=True)
        if np.linalg.norm(column) > NOTHING * max(length, 1e-300)
    ]
    if not varying:
        return np.empty((units.n_units, 0))
    left, lengths_left, _ = np.linalg.svd(np.column_stack(varying), full_matrices=False)
    return np.asarray(left[:, lengths_left > NOTHING * lengths_left[0]])


def _ratio(above: Floats, length: Floats, units: ComparedUnits) -> Floats:
    """above / length, NaN where the length of A is nothing."""
    return np.asarray(above / _nan_up_to(NOTHING * units.n_treated, length))


def _error(variance: Floats, scale: float) -> Floats:
    """sqrt(variance), NaN where the variance is nothing but rounding; scale: of the variance, where nothing cancels out."""
    return np.asarray(np.sqrt(_nan_up_to(NO_SPREAD * scale, variance)))


def _nan_up_to(nothing: float, numbers: Floats) -> Floats:
    """The numbers, NaN in place of those that are nothing; asked first, since that is rare and costs little."""
    return numbers if numbers.size and numbers.min() > nothing else np.where(numbers > nothing, numbers, np.nan)
