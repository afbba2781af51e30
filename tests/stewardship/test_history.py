"""What a delivery is worth beside those that came later about the same units and years."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from made_boards import tables

from kkz_eval.contracts.contract import Contract
from kkz_eval.contracts.load import load_contracts
from kkz_eval.deliveries.register.accepted import Accepted
from kkz_eval.deliveries.register.register import Arrival, Register
from kkz_eval.model.verdicts import Slice, State, Status, Verdict
from kkz_eval.stewardship.history import History, delivery_state, histories

LEAVERS = load_contracts(Path(__file__).parents[2] / "data_contracts")["schulabgaenge"]
DUISBURG = "05112000"


def delivered(number: int, **fates: Status) -> tuple[Arrival, Verdict]:
    """A delivery of Duisburg with the fate of each year, as y2017=Status.REJECTED."""
    parts = tuple(Slice(DUISBURG, int(year[1:]), status, int(status == Status.REJECTED), 0) for year, status in fates.items())
    worst = Status.REJECTED if all(part.status == Status.REJECTED for part in parts) else Status.ACCEPTED
    sha256 = str(number) * 64
    arrival = Arrival(number, number, f"{number}.csv", sha256, LEAVERS.id, tuple(part.year for part in parts), "2019-03-15")
    return arrival, Verdict(sha256, LEAVERS.id, "1.0.0", "r", "", "p", "f", "municipal_text", "", worst, 1, 0, parts)


def state_of_first(*deliveries: tuple[Arrival, Verdict]) -> tuple[State, bool]:
    """What the first of some deliveries is worth once all have come, and whether nobody has to correct anything in it."""
    known = {}
    for year in {part.year for _, verdict in deliveries for part in verdict.slices}:
        spoke = [(a, v, p) for a, v in deliveries for p in v.slices if p.year == year]
        holding = [a for a, _, p in spoke if p.status != Status.REJECTED][-1:]
        entries = tuple((a, p) for a, _, p in spoke)
        known[(LEAVERS.dataset, DUISBURG, year)] = History(LEAVERS.dataset, DUISBURG, year, entries, spoke[-1][1], tuple(holding))
    found = delivery_state(deliveries[0][1], LEAVERS, known)
    return found.state, found.is_settled


def test_a_file_is_replaced_only_when_others_spoke_of_all_its_years() -> None:
    first = delivered(1, y2017=Status.ACCEPTED, y2018=Status.REJECTED)
    assert state_of_first(first) == (State.PARTLY_REJECTED, False)
    assert state_of_first(first, delivered(2, y2017=Status.ACCEPTED)) == (State.PARTLY_REJECTED, False)
    assert state_of_first(first, delivered(2, y2017=Status.ACCEPTED, y2018=Status.ACCEPTED)) == (State.SUPERSEDED, True)


def test_a_rejected_file_is_replaced_by_what_came_in_its_place_under_any_name() -> None:
    first = delivered(1, y2018=Status.REJECTED)
    assert state_of_first(first, delivered(2, y2018=Status.ACCEPTED)) == (State.SUPERSEDED, True)
    assert state_of_first(first, delivered(2, y2018=Status.REJECTED)) == (State.SUPERSEDED, True)
    assert state_of_first(first) == (State.REJECTED, False)


def test_a_file_that_still_holds_behind_a_rejected_one_is_not_replaced() -> None:
    first = delivered(1, y2018=Status.ACCEPTED)
    assert state_of_first(first, delivered(2, y2018=Status.REJECTED))[0] == State.ACCEPTED


def test_a_file_of_which_a_second_role_decides_the_rest_is_not_called_partly_rejected() -> None:
    arrival, verdict = delivered(1, y2017=Status.ACCEPTED, y2018=Status.REJECTED)
    known = {}
    for part in verdict.slices:
        held, is_decided = (arrival,) * (part.status != Status.REJECTED), part.status == Status.REJECTED
        history = History(LEAVERS.dataset, DUISBURG, part.year, ((arrival, part),), verdict, held, is_decided=is_decided)
        known[(LEAVERS.dataset, DUISBURG, part.year)] = history
    found = delivery_state(verdict, LEAVERS, known)
    assert (found.state, found.is_settled) == (State.DECIDED, True)


def by_order(contract: Contract) -> Accepted:
    raise AssertionError(f"{contract.id}: the order of arrival says what holds")


def histories_of(*deliveries: tuple[Arrival, Verdict]) -> dict[tuple[str, str, int], History]:
    verdicts = {(verdict.sha256, LEAVERS.id): verdict for _, verdict in deliveries}
    return histories(Register(tuple(arrival for arrival, _ in deliveries), {}, verdicts), [LEAVERS], by_order)


def test_a_rejected_year_that_the_same_file_leaves_out_when_it_comes_again_is_settled() -> None:
    arrival, verdict = delivered(1, y2017=Status.ACCEPTED, y2031=Status.REJECTED)
    again, later = delivered(2, y2017=Status.ACCEPTED, y2018=Status.ACCEPTED)
    first, slip = (arrival, verdict), (LEAVERS.dataset, DUISBURG, 2031)
    for name, left_out in (("1.csv", True), ("2.csv", False)):
        known = histories_of(first, (replace(again, name=name), later))
        assert known[slip].state == (State.SUPERSEDED if left_out else State.REJECTED)
        found = delivery_state(verdict, LEAVERS, known)
        assert (found.state, found.is_settled) == ((State.SUPERSEDED, True) if left_out else (State.PARTLY_REJECTED, False))
        years = tables(*known.values())[LEAVERS.dataset].years
        assert (2031 in years) != left_out


def test_a_year_that_holds_or_is_rejected_anew_is_not_left_out() -> None:
    arrival, verdict = delivered(1, y2017=Status.ACCEPTED, y2018=Status.REJECTED)
    again, later = delivered(2, y2018=Status.REJECTED)
    known = histories_of((arrival, verdict), (replace(again, name="1.csv"), later))
    assert {year: one.state for (_, _, year), one in known.items()} == {2017: State.ACCEPTED, 2018: State.REJECTED}
