"""A synthetic reference for one treated unit: a mixture of reference units that lies closest to it. For description, no estimate.

The estimator synthetic_control has its own weights, over the years of one outcome; here all covariates of the design count.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import nnls

RIDGE = 1e-6  # makes the mixture unique where several are equally close; of the squared distance in standard deviations


def mixture(unit: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Weights w ≥ 0 with sum 1 that minimise |reference'w − unit|² + RIDGE |w|². unit: (k,), reference: (n, k), standardised.

    With sum 1 the first term is |D'w|² for D = reference − unit, and the direction of u ≥ 0 that minimises |D'u|² + RIDGE |u|² + (Σu − 1)²
    is that of w: along a direction the last term only sets the length. So one non-negative least-squares problem solves it exactly.
    """
    apart = (reference - unit).T
    n = len(reference)
    system = np.vstack([apart, np.sqrt(RIDGE) * np.eye(n), np.ones((1, n))])
    found, _ = nnls(system, np.append(np.zeros(len(system) - 1), 1.0))
    return np.asarray(found / found.sum())
