"""The units that are compared, as arrays: who was treated, in which stratum, with which baseline, assigned together with whom.

Belongs here: the value and what must hold of it. Does not belong here: outcomes; which assignments are possible (assignments.py).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from kkz_eval.evaluation.arrays import Floats, Integers, Mask, UnitByCovariate, UnitCodes, UnitMask
from kkz_eval.evaluation.problems import Refused


@dataclass(frozen=True, eq=False)
class ComparedUnits:
    """N units of one comparison. A cluster is assigned as a whole: all its units are treated, or none, and lie in one stratum.

    treated: (N,) who was treated; stratum, cluster: (N,) codes from 0, without gaps; baseline: (N, q) what a regression adjusts for.
    Raises Refused: nobody is treated, or everybody; a cluster with treated and other units, or in two strata.
    Raises ValueError: shapes or codes that no caller may hand in.
    """

    treated: UnitMask
    stratum: UnitCodes
    baseline: UnitByCovariate
    cluster: UnitCodes

    def __post_init__(self) -> None:
        n = len(self.treated)
        if self.treated.dtype != np.bool_ or {self.treated.shape, self.stratum.shape, self.cluster.shape} != {(n,)}:
            raise ValueError("treated (bool), stratum and cluster have one entry for each unit")
        if self.baseline.ndim != 2 or len(self.baseline) != n or not np.isfinite(self.baseline).all():
            raise ValueError("baseline has one row of finite numbers for each unit")
        if not self.treated.any():
            raise Refused("nobody_treated")
        if self.treated.all():
            raise Refused("everybody_treated")
        for codes in (self.stratum, self.cluster):
            if not np.array_equal(np.unique(codes), np.arange(int(codes.max()) + 1)):
                raise ValueError("codes of strata and clusters run from 0 without gaps")
        for values in (self.treated, self.stratum):
            if not np.array_equal(values[self.first_of_cluster][self.cluster], values):
                raise Refused("cluster_divided")

    @classmethod
    def of(
        cls,
        treated: UnitMask,
        stratum: UnitCodes | None = None,
        baseline: UnitByCovariate | None = None,
        cluster: UnitCodes | None = None,
    ) -> ComparedUnits:
        """Units of which only what matters is named: one stratum, no baseline, each unit assigned alone."""
        n = len(treated)
        return cls(
            treated=treated,
            stratum=np.zeros(n, dtype=int) if stratum is None else stratum,
            baseline=np.empty((n, 0)) if baseline is None else baseline,
            cluster=np.arange(n) if cluster is None else cluster,
        )

    def without_strata(self) -> ComparedUnits:
        """The same units in one stratum."""
        return replace(self, stratum=np.zeros_like(self.stratum))

    def without_baseline(self) -> ComparedUnits:
        """The same units, nothing to adjust for."""
        return replace(self, baseline=np.empty((self.n_units, 0)))

    @property
    def n_units(self) -> int:
        """N."""
        return len(self.treated)

    @property
    def n_treated(self) -> int:
        """n."""
        return int(self.treated.sum())

    @property
    def n_strata(self) -> int:
        """S."""
        return int(self.stratum.max()) + 1

    @cached_property
    def units_by_stratum(self) -> Integers:
        """(S,) N_s."""
        return np.bincount(self.stratum)

    @cached_property
    def treated_by_stratum(self) -> Integers:
        """(S,) n_s, treated units."""
        return np.bincount(self.stratum[self.treated], minlength=self.n_strata)

    @cached_property
    def first_of_cluster(self) -> UnitCodes:
        """(G,) the first unit of each cluster."""
        return np.unique(self.cluster, return_index=True)[1]

    @property
    def n_clusters(self) -> int:
        """G, what is assigned: as many as units where each is assigned alone."""
        return len(self.first_of_cluster)

    @property
    def assigned_alone(self) -> bool:
        """Whether each unit is a cluster of its own."""
        return self.n_clusters == self.n_units

    @cached_property
    def cluster_treated(self) -> Mask:
        """(G,)."""
        return np.asarray(self.treated[self.first_of_cluster])

    @cached_property
    def cluster_stratum(self) -> Integers:
        """(G,)."""
        return np.asarray(self.stratum[self.first_of_cluster])

    def by_cluster(self, columns: Floats) -> Floats:
        """(G, m) sums of columns (N, m) over the units of each cluster."""
        if self.assigned_alone:
            return np.asarray(columns[self.first_of_cluster])
        sums = np.zeros((self.n_clusters, columns.shape[1]))
        np.add.at(sums, self.cluster, columns)
        return sums
