"""Order is a number: arrivals are appended, verdicts are kept one by one, and the register is rebuilt from them."""

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from kkz_eval.deliveries.municipal.returned import Returned
from kkz_eval.deliveries.register.register import (
    NewArrival,
    Purge,
    Register,
    batch_key,
    begin_purge,
    end_purge,
    forget_registers,
    read_register,
    record_arrivals,
    record_returned,
    record_verdict,
    verdicts_of,
)
from kkz_eval.model.errors import UserError
from kkz_eval.model.verdicts import Slice, Status, Verdict
from kkz_eval.storage.store import DraftStore, Store

A, B = "a" * 64, "b" * 64


def verdict(sha: str, version: str = "1.0.0", status: Status = Status.ACCEPTED) -> Verdict:
    part = Slice("05111000", 2015, status, 0, 0)
    return Verdict(sha, "c", version, "r", "", "p", "f", "municipal_text", "", status, 0, 0, (part,))


@pytest.fixture
def store(tmp_path):
    return Store.at(str(tmp_path))


def arrive(store: Store, arrivals: Sequence[NewArrival], seen: Mapping[str, str]) -> Register:
    """What a scan records; where another was first, the next."""
    while (register := record_arrivals(store, read_register(store), arrivals, seen)) is None:
        pass
    return register


def test_numbers_go_on_over_batches(store):
    arrive(store, [NewArrival("x.csv", A, "c", (2015,)), NewArrival("y.csv", B, "c", (2016,))], {})
    register = arrive(store, [NewArrival("x.csv", B, "c", (2015,))], {})
    assert [(a.number, a.batch, a.name) for a in register.arrivals] == [(1, 1, "x.csv"), (2, 1, "y.csv"), (3, 2, "x.csv")]
    assert register == read_register(store)


def test_what_was_decided_in_a_marked_copy_does_not_get_lost_unnoticed(store):
    record_returned(store, B, Returned(A, ()))
    record_arrivals(store, read_register(store), [NewArrival("x.xlsx", B, "c", (2015,))], {}, [B])
    store.remove(f"register/returned/{B}.json")
    forget_registers()
    with pytest.raises(UserError, match=f"register/returned/{B}.json"):
        read_register(store)


def test_what_was_decided_in_a_marked_copy_goes_with_it_on_purpose(store):
    record_returned(store, B, Returned(A, ()))
    record_arrivals(store, read_register(store), [NewArrival("x.xlsx", B, "c", (2015,))], {}, [B])
    purge = begin_purge(store, Purge((B,), "asked for", "2026-01-01"))
    store.remove(f"register/returned/{B}.json")
    assert set(read_register(store).tombstones) == {B}
    end_purge(store, purge)
    assert set(read_register(store).tombstones) == {B}


def test_nothing_new_writes_nothing(store):
    arrive(store, [], {})
    assert store.list("register") == []
    assert read_register(store).arrivals == ()


def test_a_content_that_comes_back_is_the_newest_again(store):
    for sha in (A, B, A):
        register = arrive(store, [NewArrival("x.csv", sha, "c", (2015,))], {})
    assert [a.sha256 for a in register.last_under("x.csv")] == [A]
    assert register.last_under("x.csv")[0].number == 3


def test_two_writers_lose_no_arrival(store):
    def write(name: str) -> None:
        for i in range(10):
            arrive(store, [NewArrival(f"{name}{i}", A, "c", (2015,))], {})

    threads = [threading.Thread(target=write, args=(name,)) for name in "pq"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    arrivals = read_register(store).arrivals
    assert sorted(a.name for a in arrivals) == sorted(f"{n}{i}" for n in "pq" for i in range(10))
    assert [a.number for a in arrivals] == list(range(1, 21))


def test_what_a_draft_was_given_is_nothing_that_anybody_else_knows(store):
    arrive(store, [NewArrival("x.csv", A, "c", (2015,))], {})
    for status in (Status.REJECTED, Status.ACCEPTED):  # two drafts of one place, under the same keys
        draft = DraftStore.over(store)
        arrive(draft, [NewArrival(f"{status}.csv", B, "c", (2015,))], {})
        record_verdict(draft, verdict(B, status=status))
        assert [one.status for one in (read_register(draft).verdicts[(B, "c")], *verdicts_of(draft, B))] == [status] * 2
        assert read_register(draft).arrivals[-1].name == f"{status}.csv"
    arrive(store, [NewArrival("y.csv", B, "c", (2015,))], {})
    record_verdict(store, verdict(B, version="2.0.0"))
    assert read_register(store).arrivals[-1].name == "y.csv"
    assert read_register(store).verdicts[(B, "c")].contract_version == "2.0.0"


def test_the_last_verdict_stands_and_all_are_kept(store):
    arrive(store, [NewArrival("x.csv", A, "c", (2015,))], {})
    for judged in (verdict(A), verdict(A), verdict(A, "2.0.0", Status.REJECTED)):
        record_verdict(store, judged)
    assert read_register(store).verdicts[(A, "c")] == verdict(A, "2.0.0", Status.REJECTED)
    assert len(store.list("register/verdicts")) == 2


def test_a_file_that_was_away_and_comes_back_is_new(store):
    arrive(store, [NewArrival("x.csv", A, "c", (2015,))], {"x.csv": A})
    register = arrive(store, [NewArrival("y.csv", B, "c", (2015,))], {"y.csv": B})
    assert register.knows("y.csv", B)
    assert not register.knows("x.csv", A)


def test_a_file_in_which_no_year_can_be_read_belongs_to_every_run(store):
    register = arrive(store, [NewArrival("x.csv", A, "c", ())], {"x.csv": A})
    assert [arrival.name for arrival in register.of_years([2015])] == ["x.csv"]


@pytest.fixture
def three_batches(store):
    for number in range(3):
        arrive(store, [NewArrival(f"{number}.csv", A, "c", (2015,))], {})
    forget_registers()  # another process reads them
    return Path(store.root)


def test_a_batch_that_is_missing_is_named(store, three_batches):
    (three_batches / batch_key(2)).unlink()
    with pytest.raises(UserError, match=r"00000002\.json is missing"):
        read_register(store)


def test_batches_that_changed_places_are_noticed(store, three_batches):
    first, second = three_batches / batch_key(1), three_batches / batch_key(2)
    one, two = first.read_bytes(), second.read_bytes()
    first.write_bytes(two)
    second.write_bytes(one)
    with pytest.raises(UserError, match="is damaged"):
        read_register(store)


def test_a_batch_of_another_home_is_noticed(store, three_batches, tmp_path_factory):
    other = Store.at(str(tmp_path_factory.mktemp("other")))
    for number in range(3):
        arrive(other, [NewArrival(f"{number}.csv", B, "c", (2015,))], {})
    (three_batches / batch_key(2)).write_bytes(other.kept(batch_key(2)))
    with pytest.raises(UserError, match="does not fit the arrivals before it"):
        read_register(store)


def test_a_last_batch_that_is_missing_is_noticed_by_the_verdicts(store, three_batches):
    arrive(store, [NewArrival("x.csv", B, "c", (2015,))], {})
    record_verdict(store, verdict(B))
    (three_batches / batch_key(4)).unlink()
    with pytest.raises(UserError, match="but no arrival of it"):
        read_register(store)


def test_a_verdict_that_is_missing_among_others_does_not_stop_the_next(store):
    arrive(store, [NewArrival("x.csv", A, "c", (2015,))], {})
    for version in ("1", "2", "3"):
        record_verdict(store, verdict(A, version))
    store.remove(store.list("register/verdicts")[1])
    record_verdict(store, verdict(A, "4"))
    assert read_register(store).verdicts[(A, "c")].contract_version == "4"
