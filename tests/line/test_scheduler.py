"""What is computed on a scheduler is what this process computes: the same bytes, kept once, also where a worker ends on the way."""

from __future__ import annotations

import pickle
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from distributed import KilledWorker, LocalCluster
from distributed.client import FutureCancelledError

sys.path.insert(0, str(Path(__file__).parents[1]))
from ending_workers import OneEnds

from kkz_eval.evaluation.effects import run_outcome
from kkz_eval.evaluation.inference import panels
from kkz_eval.evaluation.memo import effects_of_plan
from kkz_eval.evaluation.plan_file import parse_plan
from kkz_eval.evaluation.problems import PanelInvalid, Refused
from kkz_eval.line import scheduler
from kkz_eval.line.scheduler import OnScheduler, client_of, spread_over
from kkz_eval.model.errors import Problem, UserError
from kkz_eval.storage.steps import Steps
from kkz_eval.storage.store import Store

OUTCOMES = ("a", "b")
COHORTS = {0: 2011, 1: 2011, 2: 2011, 3: 2012, 4: 2012}
PLAN = parse_plan(
    {
        "plan_version": 1,
        "id": "spread",
        "seed": 3,
        "headline": "twfe",
        "outcomes": [{"indicator": name, "role": "primary"} for name in OUTCOMES],
        "estimators": [
            {"id": "twfe", "method": "twfe"},
            {"id": "cs", "method": "callaway_santanna", "aggregations": ["simple"]},
        ],
        "inference": {"method": "randomization", "draws": 110, "statistics": ["coefficient"]},
    },
    "a test",
)


@pytest.fixture(scope="module")
def panel() -> pd.DataFrame:
    """Starts in two years, so that nothing is a fixed contrast of years and every estimator is drawn."""
    draw, units = np.random.default_rng(1), [f"{code:05d}" for code in range(14)]
    rows = [
        {"unit_id": unit, "year": year, "indicator": name, "value": draw.normal(), "cohort": COHORTS.get(place)}
        for name in OUTCOMES
        for place, unit in enumerate(units)
        for year in range(2008, 2014)
    ]
    return pd.DataFrame(rows).astype({"cohort": "Int64"})


@pytest.fixture(scope="module")
def here(panel: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Store:
    """What is kept where this process computes."""
    store = Store.at(str(tmp_path_factory.mktemp("here")))
    effects_of_plan(Steps(store), panel, PLAN, OUTCOMES)
    return store


def objects(store: Store) -> dict[str, bytes]:
    return {key: store.kept(key) for key in store.everything()}


@pytest.mark.parametrize("way", [spread_over, OneEnds])
def test_workers_give_the_bytes_of_this_process_and_an_object_store_keeps_them_once(
    way: Callable[[str], Callable], panel: pd.DataFrame, here: Store, workers: str, object_store: str
) -> None:
    steps = Steps(Store.at(f"{object_store}/home"))
    effects_of_plan(steps, panel, PLAN, OUTCOMES, way(workers))
    assert objects(steps.store) == objects(here)
    assert len(steps.journal.computed) == len(set(steps.journal.computed)) == len(objects(here))


def test_draws_are_shared_out_in_pieces_that_do_not_depend_on_who_computes_them(
    panel: pd.DataFrame, workers: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(panels, "PIECE", 50 * 84)  # 20 pieces of the 999 draws of two-way fixed effects, 10 of the years before
    shared: list[str] = []

    def way(compute: Callable, values: Iterable, /) -> Iterator:
        pieces = list(values)
        shared.extend([getattr(compute, "func", compute).__name__] * len(pieces))
        return OnScheduler(workers)(compute, pieces)

    found, expected = run_outcome(panel, PLAN, "a", way), run_outcome(panel, PLAN, "a")
    for name in vars(expected):
        pd.testing.assert_frame_equal(getattr(found, name), getattr(expected, name), check_exact=True)
    assert (expected.inference["status"] == "ok").all()
    assert {name: shared.count(name) for name in shared} == {"_estimates": 1 + 20 + 1 + 10, "_fitted": 1 + 2, "_slopes": 10}


def test_what_is_kept_is_computed_by_nobody(panel: pd.DataFrame, here: Store) -> None:
    def nobody(_: Callable, values: Iterable, /) -> Iterator:
        assert not list(values)
        return iter(())

    steps = Steps(here)
    effects_of_plan(steps, panel, PLAN, OUTCOMES, nobody)
    assert not steps.journal.computed


def test_a_scheduler_that_is_silent_and_a_worker_of_another_version_are_sentences(
    workers: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(scheduler, "likeness", lambda: "another program")
        with pytest.raises(UserError) as differs:
            list(spread_over(workers)(abs, [-1, -2]))
    assert "andere Fassung des Programms" in differs.value.sentence.in_language("de")
    monkeypatch.setattr(scheduler, "PATIENCE", "0.3s")
    with pytest.raises(UserError) as silent:
        list(spread_over("tcp://127.0.0.1:9")(abs, [-1, -2]))
    assert "tcp://127.0.0.1:9 antwortet nicht" in silent.value.sentence.in_language("de")


def test_a_scheduler_without_workers_is_a_sentence_and_nobody_waits_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scheduler, "WITHOUT_WORKERS", 0.0)
    with LocalCluster(n_workers=0, processes=False, host="127.0.0.1", protocol="tcp", dashboard_address=":0") as cluster:
        with pytest.raises(UserError, match="no worker"):
            list(OnScheduler(cluster.scheduler_address)(abs, [1, 2]))
        scheduler._connected.pop(cluster.scheduler_address).close()


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (FutureCancelledError("a", "scheduler-connection-lost"), "mitten in der Rechnung aufgehört"),
        (KilledWorker("a", None, 3), "enden, einer nach dem anderen"),
    ],
)
def test_a_scheduler_that_ends_and_workers_that_end_again_and_again_are_sentences(
    workers: str, error: Exception, said: str
) -> None:
    with pytest.raises(UserError) as told, client_of(workers):
        raise error
    assert said in told.value.sentence.in_language("de")


def test_results_come_in_the_order_of_the_values(workers: str) -> None:
    assert list(spread_over(workers)(abs, [-3, 2, -1])) == list(spread_over("")(abs, [-3, 2, -1])) == [3, 2, 1]


@pytest.mark.parametrize(
    "error",
    [
        UserError("object_missing", key="a", home="h", option=""),
        Refused("few_clusters", clusters=1),
        PanelInvalid("panel.csv", [Problem("more", "", None, package="kkz_eval.evaluation", parameters={"count": 3})]),
    ],
)
def test_a_sentence_is_the_same_in_another_process(error: Exception) -> None:
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again)) == (type(error), str(error))
