"""Where there is nothing to look at, no check passes and no official source is green."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import dagster as dg
import pytest

from kkz_eval.assets.official import official_asset
from kkz_eval.checks.contracts import contract_check
from kkz_eval.checks.plausibility import plausibility_check
from kkz_eval.checks.results import statistical_checks
from kkz_eval.checks.series import agreement_check, sums_check, unlisted_breaks_check
from kkz_eval.contracts.contract import Contract
from kkz_eval.evaluation.statistical_checks import StatisticalCheck
from kkz_eval.line.installation import Installation, open_installation
from kkz_eval.settings import Settings

CONTRACTS = Path(__file__).parents[2] / "data_contracts"
CHECKS: dict[str, tuple[str, Callable[[Contract], dg.AssetChecksDefinition]]] = {
    "contract": ("verdicts", contract_check),
    "plausibility": ("observations", plausibility_check),
    "official": ("indicators", agreement_check),
    "sums": ("observations", sums_check),
    "breaks": ("indicators", lambda _: unlisted_breaks_check()),
}


@pytest.fixture
def empty(tmp_path: Path) -> Installation:
    """An installation to which nothing was delivered."""
    return open_installation(Settings(tmp_path / "home", tmp_path / "inbox", CONTRACTS))


@pytest.mark.parametrize("name", CHECKS)
def test_a_check_without_data_is_skipped_and_the_log_says_why(name: str, empty: Installation) -> None:
    asset, check_of = CHECKS[name]
    contract = next(one for one in empty.contracts.values() if one.dataset == "schulabgaenge")

    @dg.multi_asset(specs=[dg.AssetSpec(asset)], name="made")
    def made() -> dg.MaterializeResult:  # type: ignore[type-arg]
        return dg.MaterializeResult(asset_key=asset)

    check = check_of(contract)
    (key,) = check.check_keys
    with dg.DagsterInstance.ephemeral() as instance:
        run = dg.materialize([made, check], resources={"installation": empty}, instance=instance)
        logged = [entry.user_message for entry in instance.all_logs(run.run_id)]
        execution = instance.event_log_storage.get_latest_asset_check_execution_by_key([key])[key]
    assert run.success
    assert run.get_asset_check_evaluations() == []
    assert execution.status.value == "PLANNED"  # of a finished run: Dagster's pages say "Skipped"
    assert any("Hier gibt es nichts zu prüfen" in message for message in logged)


@pytest.mark.parametrize("code", ["one_method", "met"])
def test_a_check_of_a_plan_that_has_nothing_to_compare_neither_passes_nor_fails(code: str, empty: Installation) -> None:
    @dg.asset
    def effects_plan() -> None:
        pass

    found = StatisticalCheck("agreement", True, code, 1.0, {}, (), {})
    checks = statistical_checks("effects_plan", next(iter(empty.plans.values())), ["agreement"], lambda _: [found])
    with dg.DagsterInstance.ephemeral() as instance:
        run = dg.materialize([effects_plan, checks], resources={"installation": empty}, instance=instance)
    assert run.success
    assert len(run.get_asset_check_evaluations()) == (code == "met")


def test_an_official_source_without_a_file_is_not_materialised(empty: Installation) -> None:
    asset = official_asset(empty.contracts["inkar"])
    with dg.DagsterInstance.ephemeral() as instance:
        run = dg.materialize([asset], resources={"installation": empty}, instance=instance)
        logged = [entry.user_message for entry in instance.all_logs(run.run_id)]
    assert run.success
    assert run.asset_materializations_for_node("official_inkar") == []
    assert "Zum Datensatz inkar ist keine Datei angenommen." in logged
