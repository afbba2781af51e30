"""An installation: its contracts, catalogue, plans and decisions, read once and found to fit each other, and the store they work on.

Does not belong here: what arrived and what is accepted (intake, snapshot).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from kkz_eval.contracts.contract import Contract
from kkz_eval.contracts.load import load_contracts
from kkz_eval.deliveries.register.decisions import NONE, Decisions, load_decisions
from kkz_eval.deliveries.register.purging import require_no_open_purge
from kkz_eval.deliveries.register.register import Register, read_register
from kkz_eval.evaluation.lock import Lock
from kkz_eval.evaluation.plan import Plan, plain_id
from kkz_eval.evaluation.plan_file import load_plan
from kkz_eval.evaluation.spread import Spread
from kkz_eval.indicators.catalogue import (
    Indicator,
    NotEvaluable,
    Station,
    check_origins,
    load_catalogue,
    load_not_evaluable,
    load_stations,
)
from kkz_eval.line import say
from kkz_eval.line.locks import lock_file, lock_in
from kkz_eval.line.scheduler import spread_over
from kkz_eval.line.validity import check_plan
from kkz_eval.model.errors import UserError
from kkz_eval.model.folders import files_in
from kkz_eval.model.texts import Localised
from kkz_eval.reference.consistent import check_given_tables
from kkz_eval.settings import MODEL_WORLD_HIDDEN, MODEL_WORLD_SHOWN, Settings
from kkz_eval.storage.steps import Steps
from kkz_eval.storage.store import Store


def _silent(_: Localised) -> None:
    """Progress for nobody."""


@dataclass(frozen=True, eq=False)
class Installation:
    """Contracts, catalogue, plans and decisions by their names, with the store they work on. locks: beside the plan files, by plan.

    left_out: plans of a model world that the folder has and this home does not: what it holds is real; faulty: what is wrong with plans that
    the folder has besides, none where it was opened for more than to be read.
    """

    settings: Settings
    contracts: Mapping[str, Contract]
    catalogue: Mapping[str, Indicator]
    plans: Mapping[str, Plan]
    steps: Steps
    progress: Callable[[Localised], None] = field(default=_silent)
    decisions: Decisions = NONE
    locks: Mapping[str, Lock] = field(default_factory=dict)
    not_evaluable: tuple[NotEvaluable, ...] = ()
    stations: tuple[Station, ...] = ()
    left_out: tuple[Plan, ...] = ()
    faulty: tuple[UserError, ...] = ()

    @property
    def spread(self) -> Spread:
        """How computations are made that know nothing of each other: here, or on the scheduler of the settings."""
        return spread_over(self.settings.scheduler)

    def register(self) -> Register:
        """The register as it stands now. What follows the verdicts asks a snapshot instead.

        Raises UserError while a removal is not at its end.
        """
        require_no_open_purge(self.steps.store)
        return read_register(self.steps.store)

    def contract_of(self, dataset: str) -> Contract:
        """The contract of a dataset. Raises StopIteration for a dataset that no contract has: plans are checked before."""
        return next(contract for contract in self.contracts.values() if contract.dataset == dataset)

    def with_plan_alone(self, plan_id: str) -> Installation:
        """This installation as it is where one plan file is named. Raises KeyError for a plan that is not there."""
        locks = {name: lock for name, lock in self.locks.items() if name == plan_id}
        return replace(self, plans={plan_id: self.plans[plan_id]}, locks=locks, left_out=())

    def plan_in_names(self, name: str) -> Plan:
        """The plan as names of assets and files write it (plain_id). Raises KeyError for a plan that is not there."""
        return {plain_id(plan_id): plan for plan_id, plan in self.plans.items()}[name]


def open_installation(
    settings: Settings, plan_files: Iterable[Path] | None = None, progress: Callable[[Localised], None] = _silent
) -> Installation:
    """The installation that the settings describe. plan_files: default all of `plans/` beside the contracts, without those of a model
    world where every delivery of the home is real.

    Raises UserError where a contract, plan, catalogue, the list of breaks or a table of territory or programme is not valid; nothing is written.
    """
    installation = open_with_faulty_plans(settings, plan_files, progress)
    for fault in installation.faulty:
        raise fault
    return installation


def open_with_faulty_plans(
    settings: Settings, plan_files: Iterable[Path] | None = None, progress: Callable[[Localised], None] = _silent
) -> Installation:
    """As open_installation, but plans that are not valid stand aside with what is wrong with them: for pages, where all else stands without them."""
    check_given_tables()
    folder = settings.contracts
    files = files_in(folder / "plans", ".yaml") if plan_files is None else list(plan_files)
    catalogue = load_catalogue(folder / "indicators.yaml", folder / "breaks.yaml")
    contracts = load_contracts(folder)
    check_origins(catalogue, {contract.dataset: contract.source for contract in contracts.values()})
    read, faulty = _plans_of(files, catalogue, contracts)
    plans = tuple(read.values())
    is_left_out = plan_files is None and shown_model_world(settings) == MODEL_WORLD_HIDDEN
    left_out = tuple(plan for plan in plans if plan.is_of_model_world) if is_left_out else ()
    locks = {plan.id: lock_in(lock_file(file, plan)) for file, plan in read.items()}
    return Installation(
        settings,
        contracts,
        catalogue,
        {plan.id: plan for plan in plans if plan not in left_out},
        Steps(Store.at(settings.store)),
        progress,
        load_decisions(folder, contracts, settings.day),
        {plan_id: lock for plan_id, lock in locks.items() if lock is not None},
        load_not_evaluable(folder / "indicators.yaml"),
        load_stations(folder / "indicators.yaml"),
        left_out,
        faulty,
    )


def _plans_of(
    files: Sequence[Path], catalogue: Mapping[str, Indicator], contracts: Mapping[str, Contract]
) -> tuple[dict[Path, Plan], tuple[UserError, ...]]:
    """The plans that hold, by file, and what is wrong with the others; of two by one name neither holds."""
    plans, faulty = {}, []
    for file in files:
        try:
            plan = load_plan(file)
            check_plan(plan, catalogue, contracts)
        except UserError as fault:
            faulty.append(fault)
        else:
            plans[file] = plan
    for name in dict.fromkeys(plain_id(plan.id) for plan in plans.values()):
        twins = [file for file, plan in plans.items() if plain_id(plan.id) == name]
        if len(twins) > 1:
            names = ", ".join(file.name for file in twins)
            faulty.append(UserError("plan_twice", package=say.package, plan=plans[twins[-1]].id, files=names))
            plans = {file: plan for file, plan in plans.items() if file not in twins}
    return plans, tuple(faulty)


def shown_model_world(settings: Settings) -> str:
    """Whether plans of a model world are there: as the settings have it, else hidden where the home holds deliveries and none is made up.

    One with both shows all plans, and each says what it rests on; so does one without a delivery.
    """
    if settings.model_world:
        return settings.model_world
    try:
        arrivals = read_register(Store.at(settings.store)).arrivals
    except UserError:
        return MODEL_WORLD_SHOWN  # whoever works with the register says what is wrong with it
    is_real = bool(arrivals) and not any(arrival.simulated for arrival in arrivals)
    return MODEL_WORLD_HIDDEN if is_real else MODEL_WORLD_SHOWN
