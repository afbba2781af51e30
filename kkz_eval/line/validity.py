"""Whether a plan names only what exists and what the line follows: indicators, sources, levels, units. No reading of plans, no data."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from kkz_eval.contracts.contract import Contract
from kkz_eval.evaluation.baseline import baseline_cells, baseline_indicators, first_start
from kkz_eval.evaluation.design import CLUSTER_KREIS, by_dose, design_strata, groups_of, level_of_plan
from kkz_eval.evaluation.estimators.methods import DOSE_COLUMN, METHODS
from kkz_eval.evaluation.plan import LOGGED, SENSITIVITY_KEYS, Plan
from kkz_eval.indicators.catalogue import Indicator
from kkz_eval.line import say
from kkz_eval.model.errors import UserError
from kkz_eval.reference.unit_groups import STRATUM_PARTS, Nested

_REMOVE, _STRATA, _BASELINE = "remove", "strata", "baseline"
_UNREAD: Sequence[tuple[str, str, Callable[[Plan], str | None]]] = (
    ("sensitivity", _REMOVE, lambda plan: ", ".join(key for key in plan.sensitivity if key not in SENSITIVITY_KEYS) or None),
    ("covariates", _BASELINE, lambda plan: _unmade(plan, plan.covariates)),
    (
        "weight",
        _BASELINE,
        lambda plan: plan.weight if plan.matching is None and plan.weight not in baseline_cells(plan) else None,
    ),
    ("cluster", _REMOVE, lambda plan: plan.cluster if plan.cluster not in ("unit_id", CLUSTER_KREIS) else None),
    ("comparison.within", _STRATA, lambda plan: _no_strata(plan.comparison.within)),
    ("comparison.adjust", _BASELINE, lambda plan: _unmade(plan, plan.comparison.adjust)),
    ("audit", _BASELINE, lambda plan: None if plan.audit is None else _unmade(plan, plan.audit.columns)),
    ("audit.strata", _STRATA, lambda plan: _no_strata(plan.assigned_within)),
    ("specifications", _BASELINE, lambda plan: _unmade(plan, _columns_of_specifications(plan))),
    ("specifications", _STRATA, lambda plan: _no_strata(design_strata(plan))),
    ("outcomes.scale", _REMOVE, lambda plan: ", ".join(each.scale for each in plan.outcomes if each.scale == "log") or None),
    ("units.nested", _REMOVE, lambda plan: plan.units.nested if level_of_plan(plan) == "kreis" else None),
)
"""Keys of a plan that the line does not follow (yet), what could stand there (a key of the texts), and what the plan says there; None where it follows."""


def _unmade(plan: Plan, columns: Iterable[str]) -> str | None:
    """Columns that are not made of the baseline, as they stand in the plan."""
    made = baseline_cells(plan)
    return ", ".join(name for name in columns if name not in made) or None


def _no_strata(columns: Iterable[str]) -> str | None:
    """Columns that make no strata which the design knows."""
    return ", ".join(name for name in columns if name not in STRATUM_PARTS) or None


def _columns_of_specifications(plan: Plan) -> list[str]:
    weights = [each.weight for each in plan.specifications if each.weight is not None]
    return [*weights, *(name for each in plan.specifications if each.comparison is not None for name in each.comparison.adjust)]


def check_plan(plan: Plan, catalogue: Mapping[str, Indicator], contracts: Mapping[str, Contract]) -> None:
    """A plan names only what exists: indicators of the catalogue, and for each one source that measures both groups.

    Raises UserError. A municipal dataset is refused as the source of an effect: reference municipalities deliver nothing.
    """
    for key, remedy, unread in _UNREAD:
        value = unread(plan)
        if value is not None:
            instead = say(f"instead.{remedy}", **({"known": ", ".join(STRATUM_PARTS)} if remedy == _STRATA else {}))
            raise UserError("plan_key_not_used", package=say.package, plan=plan.id, key=key, value=value, instead=instead)
    _check_units(plan)
    datasets = {contract.dataset: contract for contract in contracts.values()}
    for name in baseline_indicators(plan):
        if name not in catalogue:
            raise UserError(
                "indicator_unknown",
                package="kkz_eval.indicators",
                indicator=name,
                known=", ".join(sorted(catalogue)),
            )
        dataset = plan.sources.get(name)
        if dataset is None:
            known = ", ".join(source.dataset for source in catalogue[name].sources)
            raise UserError("plan_without_source", package=say.package, plan=plan.id, indicator=name, known=known)
        catalogue[name].source(dataset)
        if datasets[dataset].source != "official":
            raise UserError("plan_source_not_common", package=say.package, plan=plan.id, indicator=name, dataset=dataset)
        _check_level(plan, name, catalogue[name].source(dataset).datasets, datasets)
    _check_controls_of_gaps(plan, catalogue)
    _check_logarithms(plan, catalogue)
    start = first_start(groups_of(plan, "de"), plan)
    for outcome in plan.outcomes:
        first = catalogue[outcome.indicator].source(plan.sources[outcome.indicator]).first_year
        if start is not None and first is not None and first >= start:
            raise UserError(
                "baseline_missing",
                package="kkz_eval.indicators",
                plan=plan.id,
                start=start,
                indicator=outcome.indicator,
                dataset=plan.sources[outcome.indicator],
                first_year=first,
            )
    for name, cells in baseline_cells(plan).items():
        if start is None or cells.last >= start:
            raise UserError("covariate_after_start", package=say.package, plan=plan.id, covariate=name, start=start)


def _check_controls_of_gaps(plan: Plan, catalogue: Mapping[str, Indicator]) -> None:
    """A difference of two rates is held against differences of two rates, or the plan says that there are none. Raises UserError."""
    for outcome in plan.outcomes:
        controls = plan.controls_of(outcome)
        others = [name for name in controls if not catalogue[name].is_gap]
        if outcome.role != "context" and catalogue[outcome.indicator].is_gap and others:
            raise UserError(
                "gap_without_own_control",
                package=say.package,
                plan=plan.id,
                indicator=outcome.indicator,
                controls=", ".join(others),
            )


def _check_logarithms(plan: Plan, catalogue: Mapping[str, Indicator]) -> None:
    """An outcome whose values are logarithms says so, that no logarithm is taken of them, and no other does. Raises UserError."""
    for outcome in plan.outcomes:
        is_one = catalogue[outcome.indicator].source(plan.sources[outcome.indicator]).logarithm
        if is_one != (outcome.scale == LOGGED):
            key = "logarithm_not_said" if is_one else "no_logarithm"
            raise UserError(key, package=say.package, plan=plan.id, indicator=outcome.indicator)


def _check_units(plan: Plan) -> None:
    """The level of the units, and the dose, as far as the data carry them. Raises UserError."""
    if level_of_plan(plan) != "kreis":
        _check_nested(plan)
    dose = {estimator.id for estimator in plan.estimators if DOSE_COLUMN in METHODS[estimator.method].columns}
    others = [estimator.id for estimator in plan.estimators if estimator.id not in dose]
    if by_dose(plan) and others:
        raise UserError("plan_dose_only", package=say.package, plan=plan.id, estimators=", ".join(others))
    if dose and not by_dose(plan):
        raise UserError("plan_without_dose", package=say.package, plan=plan.id, estimators=", ".join(sorted(dose)))


def _check_nested(plan: Plan) -> None:
    """A plan below the Kreis says what becomes of nested units, and follows that in its standard errors. Raises UserError."""
    nested, choices = plan.units.nested, {choice.value for choice in Nested}
    if nested not in choices:
        raise UserError("plan_without_nested", package=say.package, plan=plan.id, choices=", ".join(Nested))
    if by_dose(plan):
        raise UserError("plan_dose_of_kreise", package=say.package, plan=plan.id)
    if nested != Nested.LEAVE_OUT and plan.cluster != CLUSTER_KREIS:
        raise UserError("plan_cluster_below_treatment", package=say.package, plan=plan.id, nested=nested, cluster=plan.cluster)


def _check_level(plan: Plan, indicator: str, datasets: Sequence[str], contracts: Mapping[str, Contract]) -> None:
    """The datasets that give an indicator have units of the plan's level. Raises UserError."""
    level = level_of_plan(plan)
    for name in datasets:
        if level not in contracts[name].levels:
            known = ", ".join(contracts[name].levels)
            raise UserError(
                "plan_source_other_level",
                package=say.package,
                plan=plan.id,
                indicator=indicator,
                dataset=name,
                level=level,
                known=known,
            )
