"""The methods of estimation: one entry each, which plans, panels, checks, reports and docs read.

Belongs here: what a method is called, takes and gives. Does not belong here: formulas; a method stands in the module of its name, as the
function `estimate_<name>` (`estimate_twfe` in twfe.py). A new method is that module, its entry here, its test, its name in the enum of
plan.schema.json and its texts (`methods` and `explained` in reporting/texts); tests say which of these is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Literal, Protocol, cast

if TYPE_CHECKING:
    from kkz_eval.evaluation.estimators.estimation import Estimation
    from kkz_eval.evaluation.plan import EstimatorSpec, Plan
    from kkz_eval.evaluation.sample import Sample
    from kkz_eval.evaluation.spread import Spread

DOSE_COLUMN = "dose"


class Estimator(Protocol):
    """The function of a method. Raises Refused."""

    def __call__(self, sample: Sample, plan: Plan, spec: EstimatorSpec, /) -> Estimation:
        """All that the method says of the sample."""
        ...


@dataclass(frozen=True)
class Method:
    """One method of estimation.

    estimand: att (average effect on the treated) | dose_response (effect per unit of dose) | decomposition (takes another estimate apart).
    gives: aggregations of its rows; a refusal is a row of the first. variants: that a plan may name, the first where it names none.
    choices: aggregations among which a plan may choose, all where it chooses none; empty where it may not. settings: keys of the plan
    that it follows and others do not; defaults and bounds are in plan.schema.json. columns: of the panel, needed besides those of every
    method. covariates, weights: whether it takes them; one that does not refuses a plan that has them. weighs: how its estimate weighs where
    a plan holds strata or baseline values fixed: treated (a mean over treated units) | regression; none: it refuses such a plan. untrue_notes: notes on the
    sample that do not hold for it. verdict_rank: place in the order in which a verdict looks for its method where the plan names none;
    None for a method that decides only where it is named. on_block: on a balanced block with one start its estimate compares the years that
    count with the mean of those before (means), or with the year of reference (event_times, group_times); "" where it is no such contrast.
    drawn: whether it may be fitted anew for thousands of assignments. in_pieces: whether its function takes a way in which pieces of its work are made
    (spread), which depend on the data alone.
    """

    name: str
    estimand: Literal["att", "dose_response", "decomposition"]
    gives: tuple[str, ...]
    variants: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    covariates: bool = True
    weights: bool = True
    weighs: Literal["treated", "regression", "none"] = "treated"
    untrue_notes: tuple[str, ...] = ()
    verdict_rank: int | None = None
    on_block: Literal["means", "event_times", "group_times", ""] = ""
    drawn: bool = True
    in_pieces: bool = False

    @property
    def carries_verdict(self) -> bool:
        """Whether a verdict may rest on its estimate; reports name and explain these methods."""
        return self.estimand != "decomposition"

    @property
    def estimate(self) -> Estimator:
        """Its function, imported only now: reading a plan or writing a report loads no statistics.

        So no import says what estimates rest on: digests of code name the whole package (evaluation/digests.py).
        """
        module = import_module(f"{__package__}.{self.name}")
        return cast(Estimator, getattr(module, f"estimate_{self.name}"))

    def estimate_by(self, spread: Spread) -> Estimator:
        """Its function, whose pieces, where it has any, are made in this way: the numbers are the same."""
        if not self.in_pieces:
            return self.estimate
        in_pieces: Callable[..., Estimation] = self.estimate
        return partial(in_pieces, spread=spread)


_AVERAGES = ("group_time", "simple", "dynamic", "group", "calendar")
_ALWAYS_TREATED = "notes.always_treated"  # untrue of methods that leave such units out, with a note of their own

METHODS: Mapping[str, Method] = {
    method.name: method
    for method in (  # in the order in which reports explain them
        Method(
            "twfe",
            "att",
            ("coefficient", "exposed"),
            settings=("inference.small_sample",),
            weighs="regression",
            verdict_rank=5,
            on_block="means",
        ),
        Method(
            "event_study",
            "att",
            ("dynamic", "coefficient", "exposed"),
            settings=("anticipation", "event_reference", "inference.small_sample"),
            weighs="regression",
            on_block="event_times",
        ),
        Method(
            "callaway_santanna",
            "att",
            (*_AVERAGES, "exposed"),
            variants=("dr", "ipw", "or"),
            choices=_AVERAGES,
            settings=("anticipation", "base_period", "inference.method", "inference.draws", "inference.quantiles"),
            untrue_notes=("notes.anticipation_unused", _ALWAYS_TREATED),
            verdict_rank=1,
            on_block="group_times",
        ),
        Method(
            "imputation",
            "att",
            (*_AVERAGES, "exposed"),
            choices=_AVERAGES,
            settings=("inference.quantiles",),
            untrue_notes=(_ALWAYS_TREATED,),
            on_block="means",
        ),
        Method(
            "sun_abraham",
            "att",
            ("dynamic", "coefficient", "exposed"),
            settings=("anticipation", "event_reference", "inference.small_sample"),
            weighs="regression",
            untrue_notes=(_ALWAYS_TREATED,),
            verdict_rank=2,
            on_block="event_times",
        ),
        Method(
            "sdid",
            "att",
            ("coefficient", "exposed"),
            variants=("exact", "reference"),
            settings=("inference.draws",),
            weights=False,
            untrue_notes=(_ALWAYS_TREATED,),
            verdict_rank=3,
            in_pieces=True,
        ),
        Method(
            "synthetic_control",
            "att",
            ("coefficient", "exposed"),
            variants=("reference", "exact"),
            settings=("inference.draws",),
            weights=False,
            untrue_notes=(_ALWAYS_TREATED, "notes.one_treated_cluster"),
            verdict_rank=4,
            in_pieces=True,
            drawn=False,  # a fit takes up to a second, and its p-value comes from placebo assignments as it is
        ),
        Method("bacon", "decomposition", ("coefficient",), covariates=False, weights=False, weighs="none"),
        Method(
            "dose",
            "dose_response",
            ("coefficient", "exposed"),
            settings=("inference.small_sample",),
            columns=(DOSE_COLUMN,),
            weighs="regression",
        ),
    )
}
OVERALL = ("simple", "coefficient", "dynamic")
"""Aggregations whose overall row stands for all years from the start on; of a method, the first that it has."""
_RANKED = {name: method.verdict_rank for name, method in METHODS.items() if method.verdict_rank is not None}
HEADLINE_METHODS = tuple(sorted(_RANKED, key=lambda name: _RANKED[name]))
"""Where the plan names none, the first of these that it used decides: robust to staggered starts first.

A refusal does not hand over to the next.
"""
REPORTED_METHODS = tuple(name for name, method in METHODS.items() if method.carries_verdict)
"""Those with a name and an explanation in the catalogue of reports."""
VERDICT_METHODS = (*HEADLINE_METHODS, *(name for name in REPORTED_METHODS if name not in HEADLINE_METHODS))
"""Those whose estimate a verdict may rest on, the ones looked for first in front."""
