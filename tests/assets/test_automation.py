"""When other values hold, Dagster asks for exactly what depends on them: its own evaluation of the conditions, on the definitions of a small world."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import dagster as dg
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "line"))
sys.path.insert(0, str(Path(__file__).parents[1] / "desk"))
sys.path.insert(0, str(Path(__file__).parents[1] / "acceptance"))

from faulty_home import DORMAGEN, deliver, own_home
from five_years import YEARS, deliver_again, make_five_years, opened
from steward_home import leavers

from kkz_eval.assets.accepted import name_of, tell_what_holds
from kkz_eval.assets.automation import rests_on
from kkz_eval.definitions import build_defs
from kkz_eval.line.installation import Installation, open_installation
from kkz_eval.line.intake import judge_arrivals, land
from kkz_eval.line.what_holds import what_holds
from kkz_eval.partitions import PARTITIONED
from kkz_eval.sensors import accepted_sensor

READ, OTHER, DELIVERED = "schulabgaenge_amtlich", "inkar", "schulabgaenge"
"""Of the plan; of no plan here; of municipalities."""
OF_EVERY = {"delivery_status", "observations", "report_modellwelt"}
OF_PLAN = {"indicators", "design_modellwelt", "effects_modellwelt", "report_modellwelt"}


class Automation:
    """The conditions of an installation, looked at again and again as the daemon does."""

    def __init__(self, installation: Installation) -> None:
        self.instance = dg.DagsterInstance.ephemeral()
        self.defs = build_defs(installation)
        self.last: dg.EvaluateAutomationConditionsResult | None = None

    def asked_for(self) -> set[str]:
        """What is asked for at this look, by its name."""
        cursor = None if self.last is None else self.last.cursor
        self.last = dg.evaluate_automation_conditions(defs=self.defs, instance=self.instance, cursor=cursor)
        return {one.key.to_user_string() for one in self.last.results if not one.true_subset.is_empty}

    def told(self, dataset: str) -> None:
        """Other values of a dataset hold."""
        self.instance.report_runless_asset_event(dg.AssetMaterialization(name_of(dataset)))

    def covered(self, passed: bool) -> None:
        """The coverage of the plan's design was looked at by a run."""
        check = dg.AssetCheckEvaluation(
            asset_key=dg.AssetKey("design_modellwelt"), check_name="coverage", passed=passed, metadata={}, blocking=True
        )
        self.instance.report_runless_asset_event(check)

    def made(self, *names: str) -> None:
        """A run made these."""
        for name in names:
            self.instance.report_runless_asset_event(dg.AssetMaterialization(name))


@pytest.fixture(scope="module")
def installation(
    made_once: Callable[[str, Callable[[Path], object]], Path], tmp_path_factory: pytest.TempPathFactory
) -> Installation:
    world = Path(shutil.copytree(made_once("five_years", make_five_years), tmp_path_factory.mktemp("automation") / "world"))
    return opened(world)


@pytest.fixture(scope="module")
def definitions(installation: Installation) -> Automation:
    return Automation(installation)


@pytest.fixture
def automation(definitions: Automation) -> Iterator[Automation]:
    """Looked at once, with the plan's coverage as it should be; the definitions are made once, for they take longer than all else."""
    definitions.instance, definitions.last = dg.DagsterInstance.ephemeral(), None
    definitions.covered(True)
    assert definitions.asked_for() == set()
    return definitions


def test_a_correction_of_one_year_asks_for_what_reads_its_dataset_and_for_nothing_else(
    automation: Automation, installation: Installation
) -> None:
    contracts = installation.contracts.values()
    tell_what_holds(automation.instance, what_holds(installation.register(), contracts))
    automation.asked_for()
    known = len(automation.instance.fetch_materializations(dg.AssetKey(name_of(READ)), limit=9).records)
    tell_what_holds(automation.instance, what_holds(installation.register(), contracts))
    assert len(automation.instance.fetch_materializations(dg.AssetKey(name_of(READ)), limit=9).records) == known  # told once
    assert automation.asked_for() == set()

    deliver_again(installation)
    land(installation, YEARS)
    judge_arrivals(installation, YEARS)
    context = dg.build_sensor_context(
        automation.instance, resources={"installation_only_read": installation}, definitions=automation.defs
    )
    events = accepted_sensor(context).asset_events
    assert [event.asset_key.to_user_string() for event in events] == [name_of(READ)]
    automation.instance.report_runless_asset_event(events[0])
    beside = {"pseudo_cohorts", "delivery_board"}  # stations and the board show the official figures
    assert automation.asked_for() - beside == OF_EVERY | OF_PLAN | {f"official_{READ}"}
    assert isinstance(accepted_sensor(context), dg.SkipReason)
    edited = {name: replace(contract, digest="before it was edited") for name, contract in installation.contracts.items()}
    stale = replace(installation, contracts=edited)  # of a process that began before
    context = dg.build_sensor_context(
        automation.instance, resources={"installation_only_read": stale}, definitions=automation.defs
    )
    assert isinstance(accepted_sensor(context), dg.SkipReason)


def test_no_year_that_was_judged_already_is_taken_in_again(automation: Automation) -> None:
    automation.told(READ)
    assert automation.asked_for().isdisjoint(PARTITIONED)


def test_what_no_plan_reads_asks_for_no_estimate(automation: Automation) -> None:
    automation.told(OTHER)
    assert automation.asked_for() == OF_EVERY | {f"official_{OTHER}"}


def test_what_municipalities_delivered_asks_for_board_and_reports(automation: Automation) -> None:
    automation.told(DELIVERED)
    assert automation.asked_for() == OF_EVERY | {"delivery_board", "pseudo_cohorts"}


def test_nothing_new_asks_for_nothing_and_the_same_is_asked_for_once(automation: Automation) -> None:
    assert automation.asked_for() == set()
    automation.told(OTHER)
    assert automation.asked_for()
    assert automation.asked_for() == set()


def test_what_a_run_made_since_is_not_asked_for(automation: Automation) -> None:
    automation.told(READ)  # as a run tells it at its moment
    automation.made("observations", "indicators", "design_modellwelt", "effects_modellwelt")
    assert automation.asked_for().isdisjoint({"observations", "indicators", "design_modellwelt", "effects_modellwelt"})


def test_what_changes_right_after_something_was_asked_for_is_not_lost(automation: Automation) -> None:
    automation.told(DELIVERED)
    assert "observations" in automation.asked_for()
    automation.told(OTHER)
    assert "observations" in automation.asked_for()


def test_a_coverage_below_what_the_plan_demands_stops_estimate_and_report(automation: Automation) -> None:
    automation.covered(False)
    automation.made("design_modellwelt")
    assert automation.asked_for() == set()
    automation.told(OTHER)
    assert "report_modellwelt" not in automation.asked_for()
    automation.covered(True)  # a later delivery filled the gap, and a run looked again
    assert {"effects_modellwelt", "report_modellwelt"} <= automation.asked_for()


def test_a_new_design_brings_its_check_into_the_same_run(automation: Automation) -> None:
    automation.covered(False)
    automation.told(READ)
    assert automation.asked_for() >= OF_PLAN
    keys = automation.defs.resolve_asset_graph().get_check_keys_for_assets({dg.AssetKey("design_modellwelt")})
    assert "coverage" in {key.name for key in keys}  # which stops there what follows, as in every run


def test_every_asset_after_the_verdict_follows_its_datasets(installation: Installation) -> None:
    graph = build_defs(installation).resolve_asset_graph()
    followed = {key.to_user_string() for key in graph.materializable_asset_keys} - PARTITIONED - {"next_templates"}
    asked = rests_on(installation)
    assert followed <= set(asked)
    for name in followed:
        assert {name_of(dataset) for dataset in asked[name]} <= {
            key.to_user_string() for key in graph.get(dg.AssetKey(name)).parent_keys
        }


def test_it_is_off_until_somebody_switches_it_on(definitions: Automation) -> None:
    sensor = definitions.defs.resolve_sensor_def("neu_berechnen")
    assert sensor.default_status is dg.DefaultSensorStatus.STOPPED


def test_the_digest_of_what_holds_changes_with_its_dataset_alone(
    made_once: Callable[[str, Callable[[Path], object]], Path], tmp_path: Path
) -> None:
    settings = own_home(made_once, tmp_path)

    def now() -> dict[str, str]:
        line = open_installation(settings)
        return what_holds(line.register(), line.contracts.values())

    before = now()
    same = (settings.inbox / "dormagen.csv").read_bytes()
    deliver(settings, "dormagen_noch_einmal.csv", same)
    assert now() == before
    deliver(settings, "dormagen_falsch.csv", leavers(DORMAGEN, 2012, changed={5: "1O1"}))  # rejected: nothing else holds
    assert now() == before
    deliver(settings, "dormagen_neu.csv", leavers(DORMAGEN, 2012, 2013, changed={}) + b"\r\n")
    assert {name for name, digest in now().items() if digest != before[name]} == {"schulabgaenge"}
