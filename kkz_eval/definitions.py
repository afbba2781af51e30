"""The one place where everything meets: assets, checks, jobs and the line they work on."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import dagster as dg

from kkz_eval.assets import deliveries, evidence, stewardship
from kkz_eval.assets.evaluations import plan_assets
from kkz_eval.assets.official import official_asset
from kkz_eval.checks.contracts import contract_check
from kkz_eval.checks.coverage import coverage_check
from kkz_eval.checks.design import design_checks
from kkz_eval.checks.effects import effect_checks
from kkz_eval.checks.plausibility import plausibility_check
from kkz_eval.checks.series import agreement_check, sums_check, unlisted_breaks_check
from kkz_eval.comparisons import additive_measures, counterparts
from kkz_eval.io_managers import AcceptedTables
from kkz_eval.jobs import RunOptions, check_deliveries, deadlines_job, templates_job, yearly_run
from kkz_eval.line import Line, open_line
from kkz_eval.schedules import deadline_reminders
from kkz_eval.sensors import inbox_sensor
from kkz_eval.settings import Settings, load_settings


def build_defs(
    settings: Settings,
    *,
    plan_files: Iterable[Path] | None = None,
    progress: Callable[[str], None] | None = None,
    **overrides: Any,
) -> dg.Definitions:
    """The definitions of an installation.

    plan_files: default all plans beside the contracts; progress: told a sentence per step; overrides: arguments of
    dagster.Definitions that replace those made here. Raises UserError where contracts, plans or catalogue are not valid.
    """
    line: Line = open_line(settings, plan_files, progress) if progress else open_line(settings, plan_files)
    plans = list(line.plans.values())
    parts: dict[str, Any] = {
        "assets": [
            deliveries.landing,
            deliveries.parsed,
            deliveries.verdicts,
            deliveries.delivery_status,
            stewardship.delivery_board,
            stewardship.next_templates,
            *(official_asset(contract) for contract in line.contracts.values() if contract.source == "official"),
            evidence.observations,
            evidence.indicators,
            evidence.pseudo_cohorts,
            *(asset for plan in plans for asset in plan_assets(plan)),
        ],
        "asset_checks": [
            *(contract_check(contract) for contract in line.contracts.values()),
            *(plausibility_check(contract) for contract in line.contracts.values() if contract.plausibility),
            *(agreement_check(contract) for contract in line.contracts.values() if any(counterparts(line, contract))),
            *(sums_check(contract) for contract in line.contracts.values() if additive_measures(contract)),
            unlisted_breaks_check,
            *(coverage_check(plan) for plan in plans),
            *(design_checks(plan) for plan in plans),
            *(effect_checks(plan) for plan in plans),
        ],
        "jobs": [yearly_run, check_deliveries, deadlines_job, templates_job],
        "schedules": [deadline_reminders],
        "sensors": [inbox_sensor],
        "resources": {"line": line, "options": RunOptions(), "io_manager": AcceptedTables(line)},
        "executor": dg.in_process_executor,
    }
    return dg.Definitions(**{**parts, **overrides})


@dg.definitions
def defs() -> dg.Definitions:
    """The definitions of this installation, as `workspace.yaml` loads them."""
    return build_defs(load_settings())
