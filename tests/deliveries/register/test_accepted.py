"""The gate: of all that arrived, what holds now. Newer supersedes older, cell by cell or as a whole; contradictions hold nowhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from contract_values import INKAR, SCHOOL_LEAVERS

from kkz_eval.contracts.contract import Contract
from kkz_eval.deliveries.register.accepted import Accepted, accepted_observations, holding_by_order, sources_of
from kkz_eval.deliveries.register.intake import take_in
from kkz_eval.deliveries.register.judging import judge_arrival
from kkz_eval.deliveries.register.register import read_register, record_verdict
from kkz_eval.model.verdicts import Status
from kkz_eval.reference.tables import known_units
from kkz_eval.storage.steps import Steps
from kkz_eval.storage.store import Store

HEADER = "Gemeindeschlüssel;Abgangsjahr;Geschlecht;Schulabgänge insgesamt;Anteil ohne Abschluss"
A, B = "05111000", "05112000"
CONTRACTS: Mapping[str, Contract] = {"schulabgaenge": SCHOOL_LEAVERS, "inkar": INKAR}


@pytest.fixture
def steps(tmp_path: Path) -> Steps:
    return Steps(Store.at(str(tmp_path / "home")))


def _scan(steps: Steps, inbox: Path, files: Mapping[str, str]) -> None:
    """Deliver files in one scan and judge them."""
    inbox.mkdir(exist_ok=True)
    for name, text in files.items():
        (inbox / name).write_text(text, encoding="utf-8")
    register = take_in(steps.store, inbox, CONTRACTS, range(1990, 2030)).register
    for arrival in register.arrivals:
        judge_arrival(steps, read_register(steps.store), arrival, CONTRACTS, known_units())


def _table(*rows: tuple[str, int, str, int]) -> str:
    """A municipal table; rows: unit, year, sex, leavers."""
    return "\n".join([HEADER, *(f"{unit};{year};{sex};{leavers};5,5" for unit, year, sex, leavers in rows)]) + "\n"


def _accepted(steps: Steps, contract: Contract = SCHOOL_LEAVERS) -> Accepted:
    return accepted_observations(steps, read_register(steps.store), contract)


def _leavers(accepted: Accepted) -> dict[tuple[str, int, str], float]:
    rows = [row for row in accepted.observations.to_pylist() if row["measure"] == "leavers"]
    return {(row["unit_id"], row["year"], dict(row["dimensions"])["sex"]): row["value"] for row in rows}


def test_nothing_is_accepted_of_an_empty_register(steps: Steps) -> None:
    accepted = _accepted(steps)
    assert (accepted.observations.num_rows, accepted.sources, accepted.conflicts) == (0, (), ())


def test_an_observation_knows_file_and_cell_it_came_from(steps: Steps, tmp_path: Path) -> None:
    _scan(steps, tmp_path / "in", {"a.csv": _table((A, 2015, "total", 40))})
    accepted = _accepted(steps)
    (row,) = [row for row in accepted.observations.to_pylist() if row["measure"] == "leavers"]
    (source,) = accepted.sources
    assert (row["row"], row["column"], row["value_delivered"], row["known_from"]) == (2, 4, "40", 1)
    assert row["delivery_sha256"] == source.arrival.sha256
    assert (row["level"], row["dataset"]) == ("municipality", "schulabgaenge")


def test_a_newer_delivery_holds_for_its_unit_and_year_as_a_whole(steps: Steps, tmp_path: Path) -> None:
    old = _table((A, 2015, "m", 20), (A, 2015, "w", 21), (A, 2016, "m", 30), (B, 2015, "m", 50))
    _scan(steps, tmp_path / "in", {"a.csv": old})
    _scan(steps, tmp_path / "in", {"b.csv": _table((A, 2015, "m", 19))})
    assert _leavers(_accepted(steps)) == {(A, 2015, "m"): 19, (A, 2016, "m"): 30, (B, 2015, "m"): 50}
    assert len(_accepted(steps).sources) == 2


def test_order_is_that_of_arrival_and_a_content_that_comes_back_is_current(steps: Steps, tmp_path: Path) -> None:
    first, second = _table((A, 2015, "m", 20)), _table((A, 2015, "m", 21))
    for text, expected in ((first, 20), (second, 21), (first, 20)):
        _scan(steps, tmp_path / "in", {"a.csv": text})
        assert _leavers(_accepted(steps)) == {(A, 2015, "m"): expected}
    (source,) = _accepted(steps).sources
    assert source.arrival.number == 3
    assert len(sources_of(read_register(steps.store), SCHOOL_LEAVERS)) == 2


def test_a_file_in_a_layout_that_its_contract_no_longer_names_holds_where_no_other_does(steps: Steps, tmp_path: Path) -> None:
    by_cell = replace(SCHOOL_LEAVERS, supersedes="observation")
    _scan(steps, tmp_path / "in", {"a.csv": _table((A, 2015, "m", 20))})
    assert _leavers(_accepted(steps, replace(by_cell, layouts=("another",)))) == {(A, 2015, "m"): 20}


def test_two_files_of_one_scan_that_disagree_hold_nowhere_but_where_they_agree(steps: Steps, tmp_path: Path) -> None:
    one = _table((A, 2015, "m", 20), (A, 2016, "m", 30))
    _scan(steps, tmp_path / "in", {"a.csv": one, "b.csv": _table((A, 2015, "m", 21), (A, 2016, "m", 30))})
    accepted = _accepted(steps)
    assert _leavers(accepted) == {(A, 2016, "m"): 30}
    (conflict,) = accepted.conflicts
    assert (conflict.unit_id, conflict.year, conflict.names) == (A, 2015, ("a.csv", "b.csv"))


def test_a_contradiction_hides_the_earlier_value_too_and_ends_with_the_next_delivery(steps: Steps, tmp_path: Path) -> None:
    _scan(steps, tmp_path / "in", {"alt.csv": _table((A, 2015, "m", 19))})
    _scan(steps, tmp_path / "in", {"a.csv": _table((A, 2015, "m", 20)), "b.csv": _table((A, 2015, "m", 21))})
    assert _leavers(_accepted(steps)) == {}
    _scan(steps, tmp_path / "in", {"richtig.csv": _table((A, 2015, "m", 21))})
    accepted = _accepted(steps)
    assert (_leavers(accepted), accepted.conflicts) == ({(A, 2015, "m"): 21}, ())


def test_a_rejected_delivery_gives_nothing_and_takes_nothing(steps: Steps, tmp_path: Path) -> None:
    _scan(steps, tmp_path / "in", {"a.csv": _table((A, 2015, "m", 20), (B, 2015, "m", 50))})
    faulty = _table((A, 2015, "m", 21), (B, 2015, "m", 51)).replace(";21;", ";viele;")
    _scan(steps, tmp_path / "in", {"b.csv": faulty})
    assert _leavers(_accepted(steps)) == {(A, 2015, "m"): 20, (B, 2015, "m"): 51}


def test_a_verdict_that_turns_is_followed_by_what_is_computed_next(steps: Steps, tmp_path: Path) -> None:
    _scan(steps, tmp_path / "in", {"a.csv": _table((A, 2015, "m", 20))})
    assert _leavers(_accepted(steps)) != {}
    (verdict,) = read_register(steps.store).verdicts.values()
    turned = tuple(replace(part, status=Status.REJECTED, n_errors=1) for part in verdict.slices)
    record_verdict(steps.store, replace(verdict, status=Status.REJECTED, n_errors=1, slices=turned))
    assert _leavers(_accepted(steps)) == {}


def test_what_was_chosen_once_is_not_chosen_again(steps: Steps, tmp_path: Path) -> None:
    _scan(steps, tmp_path / "in", {"a.csv": _table((A, 2015, "m", 20))})
    first = _accepted(steps)
    again = Steps(steps.store)
    second = accepted_observations(again, read_register(steps.store), SCHOOL_LEAVERS)
    assert again.journal.computed == []
    assert second == first


LONG = "bereich,kreis_ags5,name,jahr,kuerzel,wert\n"


def _inkar(*rows: tuple[str, int, str, float]) -> str:
    return LONG + "".join(f'x,{unit},"Stadt, Kreis",{year},{code},{value}\n' for unit, year, code, value in rows)


def _cells(accepted: Accepted) -> dict[tuple[str, int, str], float]:
    return {(row["unit_id"], row["year"], row["measure"]): row["value"] for row in accepted.observations.to_pylist()}


def test_where_cells_supersede_a_newer_file_leaves_the_other_cells_of_the_unit(steps: Steps, tmp_path: Path) -> None:
    _scan(steps, tmp_path / "in", {"a.csv": _inkar(("05111", 2015, "a_schul_oA", 6.0), ("05111", 2015, "q_auspl", 90.0))})
    _scan(steps, tmp_path / "in", {"b.csv": _inkar(("05111", 2015, "a_schul_oA", 6.5))})
    expected = {("05111", 2015, "a_schul_oA"): 6.5, ("05111", 2015, "q_auspl"): 90.0}
    assert _cells(_accepted(steps, INKAR)) == expected


def test_where_cells_supersede_a_contradiction_costs_its_cell_only(steps: Steps, tmp_path: Path) -> None:
    one = _inkar(("05111", 2015, "a_schul_oA", 6.0), ("05111", 2015, "q_auspl", 90.0))
    _scan(steps, tmp_path / "in", {"a.csv": one, "b.csv": _inkar(("05111", 2015, "a_schul_oA", 6.5))})
    accepted = _accepted(steps, INKAR)
    assert _cells(accepted) == {("05111", 2015, "q_auspl"): 90.0}
    assert [(c.unit_id, c.year) for c in accepted.conflicts] == [("05111", 2015)]


def _gave(accepted: Accepted) -> dict[tuple[str, int], set[str]]:
    found: dict[tuple[str, int], set[str]] = {}
    for row in accepted.observations.to_pylist():
        found.setdefault((row["unit_id"], row["year"]), set()).add(row["delivery_sha256"])
    return found


@pytest.mark.parametrize(
    ("scans", "says"),
    [
        ([{"a.csv": _table((A, 2015, "m", 20), (B, 2015, "m", 9))}], True),
        ([{"a.csv": _table((A, 2015, "m", 20), (A, 2016, "m", 20))}, {"b.csv": _table((A, 2015, "m", 21))}], True),
        ([{"a.csv": _table((A, 2015, "m", 20))}, {"a.csv": _table((A, 2015, "m", 20)).replace(";20;", ";viele;")}], True),
        (
            [{"a.csv": _table((A, 2015, "m", 20))}, {"a.csv": _table((A, 2015, "m", 21))}, {"a.csv": _table((A, 2015, "m", 20))}],
            True,
        ),
        ([{"a.csv": _table((A, 2015, "m", 20)), "b.csv": _table((A, 2015, "m", 20))}], True),
        ([{"a.csv": _table((A, 2015, "m", 20)), "b.csv": _table((A, 2015, "m", 21))}], False),
        ([{"a.csv": _table((A, 2015, "m", 20)), "b.csv": _table((A, 2015, "m", 20)) + "\n"}], False),
    ],
    ids=[
        "two units",
        "a newer one",
        "a rejected newer one",
        "one that comes back",
        "one twice",
        "a contradiction",
        "the same values",
    ],
)
def test_what_order_says_to_hold_is_what_holds(steps: Steps, tmp_path: Path, scans: list[dict[str, str]], says: bool) -> None:
    for files in scans:
        _scan(steps, tmp_path / "inbox", files)
    ordered = holding_by_order(SCHOOL_LEAVERS, sources_of(read_register(steps.store), SCHOOL_LEAVERS))
    assert (ordered is not None) == says
    if ordered is not None:
        assert {place: {source.arrival.sha256 for source in held} for place, held in ordered.items()} == _gave(_accepted(steps))
