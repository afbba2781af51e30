"""The design: who the treated are compared with, from the baseline slice alone. Weights, named references, no estimate.

Belongs here: choosing and weighting units as the plan says. Does not belong here: values after the start; they are not at hand.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import nnls

from kkz_eval.evaluation.arrays import PerRegressor, PerUnit, UnitByCovariate
from kkz_eval.evaluation.balance import balance_of, effective_sample_size
from kkz_eval.evaluation.baseline import Baseline, compared_indicators, measured_table
from kkz_eval.evaluation.entropy_balancing import entropy_weights
from kkz_eval.evaluation.nearest_neighbours import Pair, distances, nearest, nearest_once
from kkz_eval.evaluation.plan import Matching, Measured, Plan
from kkz_eval.evaluation.problems import PACKAGE, Note, Refused
from kkz_eval.model.errors import UserError

NAMED = 3  # nearest reference units that are named for each treated unit
SHOWN_SHARE = 0.005  # smallest share of a synthetic reference that is listed
RIDGE = 1e-6  # makes a synthetic reference unique where several are equally close; of the squared distance in standard deviations

UNIT_COLUMNS = ("unit_id", "group", "stratum", "weight", "reason")
REFERENCE_COLUMNS = ("unit_id", "reference_id", "rank", "distance", "matched")
SYNTHETIC_COLUMNS = ("unit_id", "reference_id", "share", "distance")


@dataclass(frozen=True)
class Matched:
    """Who is compared with whom.

    units: unit_id, group, stratum, weight, reason (key below `matching_reasons.` where the weight is 0, else ""). Treated units weigh
    1; the weights of the reference units sum to the number of treated units in each stratum. Without matching, all weigh 1.
    references: the nearest reference units of each treated unit, with rank, distance, and whether they are its match.
    synthetic: shares of reference units in each treated unit's synthetic reference; distance: of the unit from its synthetic reference.
    balance: rows of balance.balance_of. ess: effective number of reference units. notes: what could not be done, and why.
    """

    units: pd.DataFrame
    references: pd.DataFrame
    synthetic: pd.DataFrame
    balance: pd.DataFrame
    ess: float
    notes: tuple[Note, ...]

    @property
    def weights(self) -> pd.Series[float]:
        """Weight by unit_id, 0 for units that are not used."""
        return self.units.set_index("unit_id")["weight"]

    def files(self) -> dict[str, bytes]:
        """The tables as CSV files by name, full double precision."""
        tables = {
            "design_units": self.units,
            "design_references": self.references,
            "design_synthetic": self.synthetic,
            "design_balance": self.balance,
        }
        return {f"{name}.csv": table.to_csv(index=False, lineterminator="\n").encode() for name, table in tables.items()}


class MatchingRefused(UserError):
    """The matching of a plan can't be done on these data; the sentence says why. Exit code 2."""

    def __init__(self, plan: str, note: Note) -> None:
        super().__init__("matching_refused", package=PACKAGE, plan=plan, reason=note.sentence)


def match(baseline: Baseline, groups: pd.DataFrame, strata: Mapping[str, str], plan: Plan) -> Matched:
    """The design of a plan. groups: unit_id, group, sorted or not; strata: stratum by unit_id, compared only within.

    Without a matching in the plan every unit weighs 1, and the nearest reference units are named by the levels of the outcomes.
    Raises MatchingRefused where the plan's matching can't be done.
    """
    units = groups.loc[groups["group"].isin(["treated", "reference"]), ["unit_id", "group"]].sort_values("unit_id")
    named = [strata.get(unit, "") for unit in units["unit_id"]]
    units = units.assign(stratum=named, weight=1.0, reason="").reset_index(drop=True)
    try:
        if plan.matching is None:
            covariates = tuple(Measured(name) for name in compared_indicators(plan))
            table = measured_table(baseline, covariates, plan).dropna(axis=1, how="all")
            return _described(baseline, units, table, "standardised", plan)
        return _matched(baseline, units, plan.matching, plan)
    except Refused as refusal:
        raise MatchingRefused(plan.id, refusal.note) from None


def _matched(baseline: Baseline, units: pd.DataFrame, matching: Matching, plan: Plan) -> Matched:
    table = measured_table(baseline, matching.covariates, plan)
    empty = [str(name) for name in table.columns if table[name].isna().all()]
    if empty:
        raise Refused("no_baseline", covariates=", ".join(empty))
    complete = units["unit_id"].isin(table.dropna().index)
    units = units.assign(reason=np.where(complete, "", "baseline_missing"))
    both = [set(units.loc[complete & (units["group"] == group), "stratum"]) for group in ("treated", "reference")]
    alone = complete & ~units["stratum"].isin(both[0] & both[1])
    units.loc[alone, "reason"] = np.where(
        units.loc[alone, "group"] == "treated", "no_reference_in_stratum", "no_treated_in_stratum"
    )
    usable = units["reason"] == ""
    if not usable.any():
        raise Refused("nobody_to_match")
    pairs = None
    if matching.method == "entropy_balancing":
        weights = _balanced(units[usable], table)
    else:
        pairs = _pairs(units[usable], table, matching)
        weights = _counted(units[usable], pairs)
    units["weight"] = units["unit_id"].map(weights).fillna(0.0)
    unused = usable & (units["weight"] == 0)
    units.loc[unused, "reason"] = np.where(units.loc[unused, "group"] == "treated", "no_match_in_caliper", "not_matched")
    if not (units["weight"] > 0).any():
        raise Refused("nobody_to_match")
    return _described(baseline, units, table, matching.metric, plan, pairs)


def _balanced(units: pd.DataFrame, table: pd.DataFrame) -> dict[str, float]:
    """Weights by unit_id from entropy balancing, stratum by stratum."""
    weights: dict[str, float] = {}
    for _, part in units.groupby("stratum", sort=True):
        treated, reference = _ids(part, "treated"), _ids(part, "reference")
        target = table.loc[treated].to_numpy().mean(axis=0)
        found = entropy_weights(table.loc[reference].to_numpy(), target, tuple(str(name) for name in table.columns))
        weights |= dict.fromkeys(treated, 1.0)
        weights |= {unit: len(treated) * float(weight) for unit, weight in zip(reference, found, strict=True)}
    return weights


def _pairs(units: pd.DataFrame, table: pd.DataFrame, matching: Matching) -> list[tuple[str, str, Pair]]:
    """(treated, reference, pair) of each match."""
    treated, reference = _ids(units, "treated"), _ids(units, "reference")
    distance = _distances(units, table, matching.metric)
    method = nearest if matching.replacement else nearest_once
    found = method(distance, neighbours=matching.neighbours, caliper=matching.caliper)
    return [(treated[pair.treated], reference[pair.reference], pair) for pair in found]


def _counted(units: pd.DataFrame, pairs: list[tuple[str, str, Pair]]) -> dict[str, float]:
    """Treated with a match weigh 1 and hand 1 / (number of their matches) to each."""
    of_treated: dict[str, list[str]] = {}
    for treated, reference, _ in pairs:
        of_treated.setdefault(treated, []).append(reference)
    weights = dict.fromkeys(units["unit_id"], 0.0)
    for treated, references in of_treated.items():
        weights[treated] = 1.0
        for reference in references:
            weights[reference] += 1 / len(references)
    return weights


def _distances(units: pd.DataFrame, table: pd.DataFrame, metric: str) -> np.ndarray:
    """Distances of treated from reference units, in the order of _ids; inf across strata."""
    treated, reference = _ids(units, "treated"), _ids(units, "reference")
    distance = distances(table.loc[treated].to_numpy(), table.loc[reference].to_numpy(), metric)
    stratum = units.set_index("unit_id")["stratum"]
    of_other_stratum = stratum.loc[treated].to_numpy()[:, None] != stratum.loc[reference].to_numpy()[None, :]
    return np.where(of_other_stratum, np.inf, distance)


def _described(
    baseline: Baseline,
    units: pd.DataFrame,
    table: pd.DataFrame,
    metric: str,
    plan: Plan,
    pairs: list[tuple[str, str, Pair]] | None = None,
) -> Matched:
    """The design with its references named. Where distances can't be had, a note says why: they describe, nothing rests on them."""
    notes: tuple[Note, ...] = ()
    references, synthetic = pd.DataFrame(columns=list(REFERENCE_COLUMNS)), pd.DataFrame(columns=list(SYNTHETIC_COLUMNS))
    known = units[units["unit_id"].isin(table.dropna().index)] if len(table.columns) else units.iloc[:0]
    try:
        distance = _distances(known, table, metric)
        matched = {(treated, reference) for treated, reference, _ in pairs or ()}
        references = _named(known, distance, matched)
        synthetic = _synthetic(known, table)
    except Refused as refusal:
        notes = (refusal.note,)
    weights = units.set_index("unit_id")["weight"]
    used = units.loc[units["group"] == "reference", "weight"]
    balance = balance_of(baseline, plan, None if plan.matching is None else weights)
    return Matched(units[list(UNIT_COLUMNS)], references, synthetic, balance, effective_sample_size(used), notes)


def _named(units: pd.DataFrame, distance: np.ndarray, matched: set[tuple[str, str]]) -> pd.DataFrame:
    """The nearest reference units of each treated unit, and its matches where these are others."""
    treated, reference = _ids(units, "treated"), _ids(units, "reference")
    rows = []
    for pair in nearest(distance, neighbours=len(reference), caliper=None):
        names = (treated[pair.treated], reference[pair.reference])
        if pair.rank <= NAMED or names in matched:
            rows.append((*names, pair.rank, pair.distance, names in matched))
    return pd.DataFrame(rows, columns=list(REFERENCE_COLUMNS))


def _synthetic(units: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    """Shares of each treated unit's synthetic reference, of the reference units of its stratum, in standard deviations of the SMD."""
    treated, reference = (table.loc[_ids(units, group)].to_numpy() for group in ("treated", "reference"))
    scale = np.sqrt((treated.var(axis=0, ddof=1) + reference.var(axis=0, ddof=1)) / 2)
    rows = []
    for unit, stratum in units.loc[units["group"] == "treated", ["unit_id", "stratum"]].itertuples(index=False):
        pool = _ids(units[units["stratum"] == stratum], "reference")
        if not pool:
            continue
        near = table.loc[pool].to_numpy() / scale
        own = table.loc[unit].to_numpy() / scale
        shares = _mixture(own, near)
        distance = float(np.sqrt(((shares @ near - own) ** 2).sum()))
        rows += [(unit, name, float(share), distance) for name, share in zip(pool, shares, strict=True) if share >= SHOWN_SHARE]
    return pd.DataFrame(rows, columns=list(SYNTHETIC_COLUMNS))


def _mixture(unit: PerRegressor, reference: UnitByCovariate) -> PerUnit:
    """Weights w ≥ 0 with sum 1 that minimise |reference'w − unit|² + RIDGE |w|², for description: no estimate rests on them. unit: (k,), reference: (n, k), standardised.

    With sum 1 the first term is |D'w|² for D = reference − unit, and the direction of u ≥ 0 that minimises |D'u|² + RIDGE |u|² + (Σu − 1)²
    is that of w: along a direction the last term only sets the length. So one non-negative least-squares problem solves it exactly.
    """
    differences = (reference - unit).T
    n = len(reference)
    system = np.vstack([differences, np.sqrt(RIDGE) * np.eye(n), np.ones((1, n))])
    found, _ = nnls(system, np.append(np.zeros(len(system) - 1), 1.0))
    return np.asarray(found / found.sum())


def _ids(units: pd.DataFrame, group: str) -> list[str]:
    return sorted(units.loc[units["group"] == group, "unit_id"])
