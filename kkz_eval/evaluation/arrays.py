"""Shapes of arrays as names, for annotations: what runs along each axis, in the order of the axes.

Belongs here: one name for each shape that estimators hand to one another. Does not belong here: what the numbers are; the parameter says.
n cells, N units, T years, G clusters, k regressors or covariates, r estimates, b problems solved at once,
a assignments of the programme.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]
Integers: TypeAlias = npt.NDArray[np.integer[Any]]
Mask: TypeAlias = npt.NDArray[np.bool_]

PerCell: TypeAlias = Floats
"""(n,) a number for each cell of a sample, sorted by unit and year."""
CellCodes: TypeAlias = Integers
"""(n,) a whole number for each cell: a calendar year, or a code from 0."""
CellMask: TypeAlias = Mask
"""(n,) cells."""
CellByRegressor: TypeAlias = Floats
"""(n, k)."""

PerUnit: TypeAlias = Floats
"""(N,) a number for each unit."""
UnitCodes: TypeAlias = Integers
"""Units by their code or place, as many as the parameter says."""
UnitMask: TypeAlias = Mask
"""(N,) units."""
UnitByYear: TypeAlias = Floats
"""(N, T), NaN where a unit has no cell in a year."""
UnitByYearMask: TypeAlias = Mask
"""(N, T) cells of the table of units and years."""
UnitByCovariate: TypeAlias = Floats
"""(N, k)."""
UnitByYearByCovariate: TypeAlias = Floats
"""(N, T, k)."""
UnitByUnit: TypeAlias = Floats
"""(n1, n0), treated units by comparison units."""

PerYear: TypeAlias = Floats
"""(T,) a number for each year."""
Years: TypeAlias = Integers
"""(T,) calendar years, sorted."""
YearMask: TypeAlias = Mask
"""(T,) years."""
YearByYear: TypeAlias = Floats
"""(T, T) a covariance of years."""

PerRegressor: TypeAlias = Floats
"""(k,) a number for each regressor or predictor: coefficients, a contrast of them, lengths."""
RegressorByRegressor: TypeAlias = Floats
"""(k, k) a covariance, an inverse, a triangle."""
YearByRegressor: TypeAlias = Floats
"""(T with a dummy, k)."""

PerEstimate: TypeAlias = Floats
"""(r,) a number for each estimate of one estimator: group-time effects and their averages, or rows."""
PerCohort: TypeAlias = Floats
"""(h,) a number for each cohort."""
UnitByEstimate: TypeAlias = Floats
"""(N, r) contribution of each unit to the error of each estimate."""
ClusterByEstimate: TypeAlias = Floats
"""(G, r) the same, summed by cluster."""
ClusterByRegressor: TypeAlias = Floats
"""(G, q)."""
EstimateByEstimate: TypeAlias = Floats
"""(r, r) a covariance or correlation of estimates."""
DrawByEstimate: TypeAlias = Floats
"""(draws, r)."""
DrawByCluster: TypeAlias = Floats
"""(draws, G)."""

PerProblem: TypeAlias = Floats
"""(b,) a number for each problem, which is a treated path or a placebo assignment."""
ProblemByUnit: TypeAlias = Floats
"""(b, n0), n0 comparison units."""
ProblemByUnitMask: TypeAlias = Mask
"""(b, n0) comparison units that each problem may use."""
ProblemByYear: TypeAlias = Floats
"""(b, T)."""
AssignmentByUnit: TypeAlias = Integers
"""(b, n_treated) the comparison unit, by place, that acts as each treated unit."""
AssignmentByUnitByYear: TypeAlias = Floats
"""(b, n1, T)."""

Design: TypeAlias = Floats
"""(m, k), A of min ‖A w − b‖²: m rows (years, or units), k weights."""
ProblemByDesign: TypeAlias = Floats
"""(b, m, k) a design for each problem."""
Target: TypeAlias = Floats
"""(m,), b of min ‖A w − b‖²."""
ProblemByRow: TypeAlias = Floats
"""(b, m) a target, or a residual, for each problem."""
PerWeight: TypeAlias = Floats
"""(k,) weights, not negative, with sum 1, or a direction in which they move."""
ProblemByWeight: TypeAlias = Floats
"""(b, k)."""
ProblemByWeightMask: TypeAlias = Mask
"""(b, k) weights that may be positive."""

PerAssignment: TypeAlias = Floats
"""(a,) a number for each assignment of the programme to units, possible or drawn."""
AssignmentMask: TypeAlias = Mask
"""(a, N) the treated units of each assignment."""
AssignmentByUnitStart: TypeAlias = Floats
"""(a, N) the year in which each unit starts by each assignment, NaN where it does not."""
AssignmentByCell: TypeAlias = Floats
"""(a, n) a number for each cell by each assignment."""
AssignmentByCellMask: TypeAlias = Mask
"""(a, n) cells by each assignment."""
AssignmentByStatistic: TypeAlias = Floats
"""(a, K) statistics of each assignment."""
