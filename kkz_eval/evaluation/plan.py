"""The evaluation plan: frozen values with their defaults, and a digest.

Belongs here: what a plan says, and how it is named and written down. Does not belong here: reading its file (plan_file.py), whether a
panel fits it (panel.py), locking, Dagster.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, cast

from kkz_eval.model.texts import Language

MATCHING_WEIGHT, MATCHING_STRATUM = "weight", "stratum"  # the panel's columns that a matching makes
ESTIMATES_ONLY = (
    "estimates_only"  # as method of inference in place of the plan's, where an estimate is made anew under drawn assignments
)
REQUIRED_COLUMNS = ("unit_id", "year", "indicator", "value", "cohort")  # of every panel


@dataclass(frozen=True)
class SmallestDifference:
    """The smallest difference that matters, in the outcome's unit, above 0. decided_by: the role that decided it."""

    value: float
    reason: Mapping[str, str]
    decided_by: str


LOGGED = "logged"

SENSITIVITY_KEYS = ("relative_magnitudes", "smoothness")
"""Keys that the section `sensitivity` of a plan may have: bounds to ask in place of those that are asked by default."""


@dataclass(frozen=True)
class Outcome:
    """One indicator to estimate. window: first and last year, inclusive, None for all; years are calendar years.

    scale: level | log, of the values that are compared, or logged: they are logarithms already. negative_controls: in place of the plan's, None for these: a difference of two rates
    needs differences of two rates.
    """

    indicator: str
    role: str = "secondary"
    window: tuple[int, int] | None = None
    age_at_exposure: int | None = None
    earliest_plausible_year: int | None = None
    mechanism: Mapping[str, str] = field(default_factory=dict)
    expected_direction: str | None = None
    scale: str = "level"
    smallest_difference: SmallestDifference | None = None
    negative_controls: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Comparison:
    """What is held fixed. within: columns whose values make strata, compared year by year within; adjust: columns of baseline values, whose
    relation to the outcome may differ from year to year."""

    within: tuple[str, ...] = ()
    adjust: tuple[str, ...] = ()


@dataclass(frozen=True)
class Audit:
    """By which assignments the plan's own analysis is tried. strata: None for those of the comparison; law: column on whose sum over the
    treated their probability depends, None for equal probabilities; others: columns that the analysis does not hold fixed."""

    strata: tuple[str, ...] | None = None
    law: str | None = None
    others: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns on which assignments may depend, that of the law first."""
        return (*(() if self.law is None else (self.law,)), *self.others)


@dataclass(frozen=True)
class CoTreated:
    """A unit under another programme, from the year `since` on."""

    unit_id: str
    since: int


@dataclass(frozen=True)
class CoTreatment:
    """Another programme that ran at the same time, and its units. source: where that is from."""

    id: str
    units: tuple[CoTreated, ...]
    title: Mapping[str, str] = field(default_factory=dict)
    source: str | None = None


@dataclass(frozen=True)
class Specification:
    """The same question asked otherwise; keys as in plan.schema.json. None: as in the plan or its outcome.

    without: co-treatments whose units are left out; without_each: unit | treated | reference, each of which is left out in turn.
    """

    id: str
    title: Mapping[str, str] = field(default_factory=dict)
    comparison: Comparison | None = None
    window: tuple[int, int] | None = None
    reference: str | None = None
    controls: str = "all"
    event_reference: int | None = None
    weight: str | None = None
    scale: str | None = None
    without: tuple[str, ...] = ()
    without_each: str | None = None

    @property
    def is_scale_alone(self) -> bool:
        """Whether it asks for nothing but another scale."""
        return self.scale is not None and self == Specification(self.id, self.title, scale=self.scale)


@dataclass(frozen=True)
class EstimatorSpec:
    """One estimator to run. variant and aggregations are empty where the method has none."""

    id: str
    method: str
    variant: str = ""
    aggregations: tuple[str, ...] = ()


@dataclass(frozen=True)
class Inference:
    """level: of intervals, in (0, 1); small_sample: fixest | none; quantiles: normal | t, of intervals from influence functions.

    statistics, theta: of randomization inference; wild: weights of the wild bootstrap, none without it.
    """

    method: str = "analytic"
    level: float = 0.95
    draws: int = 0
    small_sample: str = "fixest"
    quantiles: str = "normal"
    statistics: tuple[str, ...] = ("coefficient", "studentised")
    theta: tuple[str, ...] = ("zero", "hat", "upper")
    wild: tuple[str, ...] = ()

    @property
    def placebo_draws(self) -> int | None:
        """Of the placebos of synthetic comparisons; 0 for as many as they take by themselves, None for no placebos. Draws of randomization are not meant
        for them: each of thousands of placebos would need weights of its own.
        """
        if self.method == ESTIMATES_ONLY:
            return None
        return 0 if self.method == "randomization" else self.draws

    @property
    def estimates_only(self) -> Inference:
        """The same without draws and placebos, for an estimate that is one of thousands."""
        return replace(self, method=ESTIMATES_ONLY, draws=0)


@dataclass(frozen=True)
class Units:
    """Rule about units, applied when the panel is built. known_until: last cohort that exists in the data.

    nested: rule for units in a Kreis of the programme (reference.unit_groups.Nested), of levels below the Kreis.
    """

    level: str | None = None
    partly_treated: str | None = None
    known_until: int | None = None
    nested: str | None = None


@dataclass(frozen=True)
class Measured:
    """What groups are made alike in. measure: level (mean of the baseline years) | trend (slope on the year)."""

    indicator: str
    measure: str = "level"


@dataclass(frozen=True)
class Matching:
    """How the reference units are chosen or weighted; keys as in plan.schema.json. baseline: first and last year, inclusive."""

    method: str
    covariates: tuple[Measured, ...]
    baseline: tuple[int, int] | None = None
    exact: tuple[str, ...] = ()
    metric: str = "mahalanobis"
    caliper: float | None = None
    neighbours: int = 1
    replacement: bool = True


@dataclass(frozen=True)
class Checks:
    """Thresholds of the statistical checks; keys as in plan.schema.json."""

    smd: float = 0.25
    overlap: float = 0.9
    pre_trend: float = 0.05
    treated_clusters: int = 10
    agreement: float = 1.0


@dataclass(frozen=True)
class Registered:
    """Where everybody can look up what was laid down. at: address of a web page; day: ISO day since which it is there."""

    at: str
    day: str


@dataclass(frozen=True)
class Plan:
    """What is estimated, on what, and how; keys as in plan.schema.json, defaults filled in.

    sources: dataset by indicator; editions: of that dataset, by indicator, where the plan names one; as_of: ISO day, None for now.
    negative_controls: outcomes that the programme can't move. treated_cohorts: None for all in the panel; coverage_minimum: share in [0, 1] or None.
    """

    id: str
    outcomes: tuple[Outcome, ...]
    estimators: tuple[EstimatorSpec, ...]
    plan_version: int = 1
    question: str = "q1"
    seed: int = 1
    reference: str = "never"
    treated_cohorts: tuple[int, ...] | None = None
    anticipation: int = 0
    base_period: str = "varying"
    event_reference: int = -1
    covariates: tuple[str, ...] = ()
    weight: str | None = None
    cluster: str = "unit_id"
    inference: Inference = field(default_factory=Inference)
    title: Mapping[str, str] = field(default_factory=dict)
    texts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    units: Units = field(default_factory=Units)
    sources: Mapping[str, str] = field(default_factory=dict)
    editions: Mapping[str, str] = field(default_factory=dict)
    as_of: str | None = None
    coverage_minimum: float | None = None
    languages: tuple[Language, ...] = ("de",)
    matching: Matching | None = None
    checks: Checks = field(default_factory=Checks)
    variant_of: str | None = None
    headline: str | None = None
    sensitivity: Mapping[str, object] = field(default_factory=dict)
    comparison: Comparison = field(default_factory=Comparison)
    audit: Audit | None = None
    specifications: tuple[Specification, ...] = ()
    co_treatments: tuple[CoTreatment, ...] = ()
    negative_controls: tuple[str, ...] = ()
    registered: Registered | None = None

    @property
    def assigned_within(self) -> tuple[str, ...]:
        """Columns whose values make the strata in which chance is taken to have assigned the programme."""
        return self.comparison.within if self.audit is None or self.audit.strata is None else self.audit.strata

    @property
    def knew_results(self) -> bool:
        """Whether the plan says of itself that results of an earlier version were known when it was written."""
        return "earlier_version" in self.texts

    @property
    def theta_that_counts(self) -> str:
        """By which of the laws `inference.theta` names a verdict is given: that of the audit, where the plan names one."""
        return "zero" if self.audit is None or self.audit.law is None else "hat"

    @property
    def is_of_model_world(self) -> bool:
        """Whether the plan says of itself that all its figures are made up."""
        return "simulated" in self.texts

    def controls_of(self, outcome: Outcome) -> tuple[str, ...]:
        """The negative controls that an outcome is held against: its own, where it names any."""
        return self.negative_controls if outcome.negative_controls is None else outcome.negative_controls

    @property
    def all_negative_controls(self) -> tuple[str, ...]:
        """Those of the plan and of its outcomes, each once."""
        return tuple(
            dict.fromkeys([*self.negative_controls, *(name for each in self.outcomes for name in self.controls_of(each))])
        )

    def outcome(self, indicator: str) -> Outcome:
        """The outcome of that indicator. Raises KeyError."""
        for candidate in self.outcomes:
            if candidate.indicator == indicator:
                return candidate
        raise KeyError(indicator)


def specified(plan: Plan, specification: Specification) -> Plan:
    """The plan with all that a specification asks otherwise, but for the units that it leaves out (examination/specifications.py)."""
    said = {
        "comparison": specification.comparison,
        "reference": specification.reference,
        "event_reference": specification.event_reference,
        "weight": specification.weight,
    }
    changes: dict[str, Any] = {key: value for key, value in said.items() if value is not None}
    return replace(plan, outcomes=tuple(_outcome_specified(outcome, specification) for outcome in plan.outcomes), **changes)


def _outcome_specified(outcome: Outcome, specification: Specification) -> Outcome:
    """The outcome with window and scale of a specification; of values that are logarithms no other logarithm is taken."""
    window = outcome.window if specification.window is None else specification.window
    scale = outcome.scale if specification.scale is None or outcome.scale == LOGGED else specification.scale
    return replace(outcome, window=window, scale=scale)


def in_other_scale(plan: Plan, outcome: Outcome) -> tuple[Specification, ...]:
    """The specifications that compare in the scale which the outcome is not in: those that the plan names, else one named after the scale.

    Its name gets an underscore where the plan calls another specification so. None for values that are logarithms already.
    """
    if outcome.scale == LOGGED:
        return ()
    other = "log" if outcome.scale == "level" else "level"
    named = tuple(each for each in plan.specifications if each.scale == other)
    taken = {each.id for each in plan.specifications}
    free = next(name for name in (other + "_" * length for length in range(len(taken) + 1)) if name not in taken)
    return named or (Specification(free, scale=other),)


def plain_id(plan_id: str) -> str:
    """A plan's identifier as names of assets, folders and files take it: letters, digits and underscores."""
    return re.sub(r"[^A-Za-z0-9]+", "_", plan_id).strip("_")


def report_folder(plan_id: str) -> str:
    """Key of the folder of a plan's reports: its identifier, of which nothing can lead elsewhere."""
    return "reports/" + re.sub(r"[^A-Za-z0-9-]+", "_", plan_id)


_LATER_KEYS = (
    *("editions", "as_of", "headline", "inference.quantiles", "units.nested"),
    *("inference.statistics", "inference.theta", "inference.wild", "comparison", "audit", "specifications"),
    *("co_treatments", "negative_controls"),
    *("outcomes.scale", "outcomes.smallest_difference", "outcomes.negative_controls"),
)


def plain_plan(plan: Plan) -> Mapping[str, Any]:
    """The plan as values that JSON knows, defaults filled in; a later key only where it says something else than its default.

    So a plan that does not use such a key says what it said before the key existed, and its digest and lock stay.
    """
    plain, default = cast(dict[str, Any], _plain(plan)), plan_defaults()
    del plain["registered"]  # where the lock was published is known only after it: no part of what was laid down
    for later in _LATER_KEYS:
        section, _, key = later.rpartition(".")
        if section == "outcomes":  # a list, each of its entries with the same keys
            entries, usual = plain[section], cast(Mapping[str, Any], _plain(Outcome("")))
        else:
            entries, usual = ([plain[section]], default[section]) if section else ([plain], default)
        for entry in entries:
            if entry[key] == usual[key]:
                del entry[key]
    return plain


def plan_defaults() -> Mapping[str, Any]:
    """What a plan says that states nothing, every key included, as values that JSON knows."""
    return cast(dict[str, Any], _plain(Plan("", (), ())))


def plan_digest(plan: Plan) -> str:
    """sha256 of the plan's canonical JSON, defaults filled in: equal for plans that say the same."""
    canonical = json.dumps(plain_plan(plan), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _plain(value: object) -> object:
    """Values that JSON knows; keys as text, so that 2012 and "2012" sort together."""
    if hasattr(value, "__dataclass_fields__"):
        return {name: _plain(getattr(value, name)) for name in value.__dataclass_fields__}
    if isinstance(value, Mapping):
        return {str(key): _plain(child) for key, child in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(child) for child in value]
    if value is None or isinstance(value, str | int | float):
        return value
    return str(value)
