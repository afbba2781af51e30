"""The one place where everything meets: assets, checks, jobs and the installation they work on."""

from __future__ import annotations

from typing import Any

import dagster as dg

from kkz_eval.assets import deliveries, evidence, stewardship
from kkz_eval.assets.accepted import accepted_dataset
from kkz_eval.assets.alone import held_by_a_run
from kkz_eval.assets.automation import automation, following
from kkz_eval.assets.evaluations import plan_assets, plan_job
from kkz_eval.assets.official import official_asset
from kkz_eval.assets.options import RunOptions
from kkz_eval.checks.contracts import contract_check
from kkz_eval.checks.coverage import coverage_check
from kkz_eval.checks.design import design_checks
from kkz_eval.checks.effects import effect_checks, verdict_check
from kkz_eval.checks.plausibility import plausibility_check
from kkz_eval.checks.series import agreement_check, sums_check, unlisted_breaks_check
from kkz_eval.io_managers import AcceptedTables
from kkz_eval.jobs import check_deliveries, deadline_reminders, deadlines_job, templates_job, yearly_run
from kkz_eval.line.comparisons import additive_measures, counterparts
from kkz_eval.line.installation import Installation, open_installation
from kkz_eval.on_scheduler import steps_on
from kkz_eval.sensors import accepted_sensor, inbox_sensor
from kkz_eval.settings import load_settings


def build_defs(installation: Installation, **overrides: Any) -> dg.Definitions:
    """The definitions of an installation. overrides: arguments of dagster.Definitions that replace those made here."""
    plans = list(installation.plans.values())
    assets = [
        deliveries.landing,
        deliveries.parsed,
        deliveries.verdicts,
        deliveries.delivery_status,
        stewardship.delivery_board,
        stewardship.next_templates,
        *(official_asset(contract) for contract in installation.contracts.values() if contract.source == "official"),
        evidence.observations,
        evidence.indicators,
        evidence.pseudo_cohorts,
        *(asset for plan in plans for asset in plan_assets(plan)),
    ]
    parts: dict[str, Any] = {
        "assets": [
            *(accepted_dataset(contract) for contract in installation.contracts.values()),
            *following(installation, assets),
        ],
        "asset_checks": [
            *(contract_check(contract) for contract in installation.contracts.values()),
            *(plausibility_check(contract) for contract in installation.contracts.values() if contract.plausibility),
            *(
                agreement_check(contract)
                for contract in installation.contracts.values()
                if any(counterparts(installation, contract))
            ),
            *(sums_check(contract) for contract in installation.contracts.values() if additive_measures(contract)),
            unlisted_breaks_check(),
            *(coverage_check(plan) for plan in plans),
            *(design_checks(plan) for plan in plans),
            *(effect_checks(plan) for plan in plans),
            *(verdict_check(plan) for plan in plans),
        ],
        "jobs": [yearly_run, check_deliveries, deadlines_job, templates_job, *(plan_job(plan) for plan in plans)],
        "schedules": [deadline_reminders],
        "sensors": [inbox_sensor, accepted_sensor, automation],
        "resources": {
            "installation": held_by_a_run(installation),
            "installation_only_read": installation,
            "options": RunOptions(),
            "io_manager": AcceptedTables(installation),
        },
        "executor": steps_on(installation) if installation.settings.scheduler else dg.in_process_executor,
    }
    return dg.Definitions(**{**parts, **overrides})


@dg.definitions
def defs() -> dg.Definitions:
    """The definitions of this installation, as `workspace.yaml` loads them."""
    return build_defs(open_installation(load_settings()))
