"""Order is a number: arrivals are appended, verdicts are kept one by one, and the register is rebuilt from them."""

import threading

import pytest

from kkz_eval.deliveries.register.register import NewArrival, read_register, record_arrivals, record_verdict
from kkz_eval.model.verdicts import Slice, Status, Verdict
from kkz_eval.storage.store import Store

A, B = "a" * 64, "b" * 64


def verdict(sha: str, version: str = "1.0.0", status: Status = Status.ACCEPTED) -> Verdict:
    part = Slice("05111000", 2015, status, 0, 0)
    return Verdict(sha, "c", version, "r", "", "p", "f", "municipal_text", "", status, 0, 0, (part,))


@pytest.fixture
def store(tmp_path):
    return Store.at(str(tmp_path))


def test_numbers_go_on_over_batches(store):
    record_arrivals(store, [NewArrival("x.csv", A, "c", (2015,)), NewArrival("y.csv", B, "c", (2016,))], {})
    register = record_arrivals(store, [NewArrival("x.csv", B, "c", (2015,))], {})
    assert [(a.number, a.batch, a.name) for a in register.arrivals] == [(1, 1, "x.csv"), (2, 1, "y.csv"), (3, 2, "x.csv")]
    assert register == read_register(store)


def test_nothing_new_writes_nothing(store):
    record_arrivals(store, [], {})
    assert store.list("register") == []
    assert read_register(store).arrivals == ()


def test_a_content_that_comes_back_is_the_newest_again(store):
    for sha in (A, B, A):
        register = record_arrivals(store, [NewArrival("x.csv", sha, "c", (2015,))], {})
    assert [a.sha256 for a in register.last_under("x.csv")] == [A]
    assert register.last_under("x.csv")[0].number == 3


def test_two_writers_lose_no_arrival(store):
    def write(name: str) -> None:
        for i in range(10):
            record_arrivals(store, [NewArrival(f"{name}{i}", A, "c", (2015,))], {})

    threads = [threading.Thread(target=write, args=(name,)) for name in "pq"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    arrivals = read_register(store).arrivals
    assert sorted(a.name for a in arrivals) == sorted(f"{n}{i}" for n in "pq" for i in range(10))
    assert [a.number for a in arrivals] == list(range(1, 21))


def test_the_last_verdict_stands_and_all_are_kept(store):
    for judged in (verdict(A), verdict(A), verdict(A, "2.0.0", Status.REJECTED)):
        record_verdict(store, judged)
    assert read_register(store).verdicts[(A, "c")] == verdict(A, "2.0.0", Status.REJECTED)
    assert len(store.list("register/verdicts")) == 2


def test_a_file_that_was_away_and_comes_back_is_new(store):
    record_arrivals(store, [NewArrival("x.csv", A, "c", (2015,))], {"x.csv": A})
    register = record_arrivals(store, [NewArrival("y.csv", B, "c", (2015,))], {"y.csv": B})
    assert register.knows("y.csv", B)
    assert not register.knows("x.csv", A)


def test_a_file_in_which_no_year_can_be_read_belongs_to_every_run(store):
    register = record_arrivals(store, [NewArrival("x.csv", A, "c", ())], {"x.csv": A})
    assert [arrival.name for arrival in register.of_years([2015])] == ["x.csv"]
