"""What is computed on a scheduler is what this process computes: the same bytes, kept once, also where a worker ends on the way."""

from __future__ import annotations

import os
import pickle
import signal
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from kkz_eval.evaluation.memo import effects_of_plan
from kkz_eval.evaluation.plan_file import parse_plan
from kkz_eval.evaluation.problems import PanelInvalid, Refused
from kkz_eval.line import scheduler
from kkz_eval.line.scheduler import OnScheduler, client_of, spread_over
from kkz_eval.model.errors import Problem, UserError
from kkz_eval.storage.steps import Steps
from kkz_eval.storage.store import Store

OUTCOMES = ("a", "b")
PLAN = parse_plan(
    {
        "plan_version": 1,
        "id": "spread",
        "seed": 3,
        "outcomes": [{"indicator": name, "role": "primary"} for name in OUTCOMES],
        "estimators": [{"id": "cs", "method": "callaway_santanna", "aggregations": ["simple"]}],
        "inference": {"method": "randomization", "draws": 110},
    },
    "a test",
)


@pytest.fixture(scope="module")
def panel() -> pd.DataFrame:
    draw, units = np.random.default_rng(1), [f"{code:05d}" for code in range(14)]
    rows = [
        {"unit_id": unit, "year": year, "indicator": name, "value": draw.normal(), "cohort": 2011 if place < 5 else None}
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


@dataclass(frozen=True)
class OneEnds:
    """A scheduler one of whose workers is killed when the first result has come."""

    address: str

    def __call__(self, compute: Callable, values: Iterable, /) -> Iterator:
        found = OnScheduler(self.address)(compute, values)
        yield next(found)
        with client_of(self.address) as client:
            os.kill(min(client.run(os.getpid).values()), signal.SIGKILL)
        yield from found


@pytest.mark.parametrize("way", [spread_over, OneEnds])
def test_workers_give_the_bytes_of_this_process_and_an_object_store_keeps_them_once(
    way: Callable[[str], Callable], panel: pd.DataFrame, here: Store, workers: str, object_store: str
) -> None:
    steps = Steps(Store.at(f"{object_store}/home"))
    effects_of_plan(steps, panel, PLAN, OUTCOMES, way(workers))
    assert objects(steps.store) == objects(here)
    assert len(steps.journal.computed) == len(set(steps.journal.computed)) == len(objects(here))


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
