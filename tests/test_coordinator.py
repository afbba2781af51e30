"""A run without partition gets the reporting years of its option; the installation's run history uses this queue."""

from __future__ import annotations

from pathlib import Path

import pytest

from kkz_eval.assets.options import RunOptions
from kkz_eval.coordinator import YearsFromOptions
from kkz_eval.definitions import build_defs
from kkz_eval.jobs import open_instance
from kkz_eval.line.installation import open_installation
from kkz_eval.model.errors import UserError
from kkz_eval.partitions import PARTITION, PARTITIONED, RANGE_END, RANGE_START, known_years, missing_tags
from kkz_eval.settings import load_settings


def _config(years: str) -> dict[str, object]:
    return {"resources": {"options": {"config": {"years": years, "plan": "", "outcomes": []}}}}


STEPS = ["landing", "design_kekiz_2012"]


@pytest.mark.parametrize(
    ("option", "first", "last"), [("2006-2019", "2006", "2019"), ("2018", "2018", "2018"), (" 2018 ", "2018", "2018")]
)
def test_the_option_becomes_the_range(option: str, first: str, last: str) -> None:
    assert missing_tags({}, _config(option), STEPS) == {RANGE_START: first, RANGE_END: last}


@pytest.mark.parametrize("config", [{}, _config(""), _config("zwölf"), _config("1890")])
def test_all_years_where_the_option_says_none(config: dict[str, object]) -> None:
    known = known_years()
    assert missing_tags({}, config, STEPS) == {RANGE_START: str(known[0]), RANGE_END: str(known[-1])}


def test_years_of_option_and_partitions_must_agree() -> None:
    RunOptions(years="2006-2008").require_years((2006, 2007, 2008))
    RunOptions(years="").require_years((2006,))
    with pytest.raises(UserError) as caught:
        RunOptions(years="2006-2008").require_years((2006, 2007))
    assert "2006–2007" in caught.value.sentence.in_language("de")
    with pytest.raises(UserError):
        RunOptions(years="zwölf").require_years(known_years())


def test_the_run_history_of_an_installation_runs_one_run_at_a_time_with_this_queue(tmp_path) -> None:
    with open_instance(tmp_path / "dagster") as instance:
        assert isinstance(instance.run_coordinator, YearsFromOptions)
        assert instance.get_concurrency_config().run_queue_config.max_concurrent_runs == 1


@pytest.mark.parametrize("tags", [{PARTITION: "2018"}, {RANGE_START: "2018", RANGE_END: "2019"}])
def test_a_chosen_partition_stays(tags: dict[str, str]) -> None:
    assert missing_tags(tags, _config("2006"), STEPS) == {}


def test_a_run_without_reporting_years_is_not_said_to_have_any() -> None:
    assert missing_tags({}, _config("2006-2019"), ["design_kekiz_2012", "report_kekiz_2012"]) == {}


def test_the_assets_with_reporting_years_are_those_that_the_queue_knows(tmp_path: Path) -> None:
    graph = build_defs(open_installation(load_settings({"KKZ_HOME": str(tmp_path)}))).resolve_asset_graph()
    partitioned = {key.to_user_string() for key in graph.get_all_asset_keys() if graph.get(key).is_partitioned}
    assert partitioned == PARTITIONED
