"""The day that a contract names."""

from datetime import date
from pathlib import Path

import pytest

from kkz_eval.contracts.contract import Deadline
from kkz_eval.contracts.load import load_contracts
from kkz_eval.stewardship.due_days import correct_until, deadline_of, german_day, owed_by

CONTRACTS = load_contracts(Path(__file__).parents[2] / "data_contracts")


@pytest.mark.parametrize(
    ("due", "day"),
    [
        (Deadline(0, 9, 30), date(2016, 9, 30)),
        (Deadline(1, 3, 31), date(2017, 3, 31)),
        (Deadline(1, 2, 29), None),
        (None, None),
    ],
)
def test_the_day_of_a_deadline(due: Deadline | None, day: date | None) -> None:
    assert deadline_of(due, 2016) == day


def test_every_municipal_contract_names_a_contact_and_the_same_day_in_words_and_as_a_date() -> None:
    municipal = [contract for contract in CONTRACTS.values() if contract.source == "municipal"]
    assert municipal
    for contract in municipal:
        day = deadline_of(contract.terms.due, 2016)
        if day is None:  # nobody owes it
            assert contract.terms.deadline.startswith("freiwillig"), contract.id
            assert not owed_by(contract)
            continue
        assert contract.terms.deadline.startswith(german_day(day).removesuffix(f" {day.year}")), contract.id
        assert ("des Berichtsjahres" in contract.terms.deadline) == (day.year == 2016), contract.id
        assert contract.terms.contact_role


@pytest.mark.parametrize(
    ("deadline", "until"),
    [(None, date(2016, 3, 15)), (date(2015, 1, 1), date(2016, 3, 15)), (date(2016, 9, 30), date(2016, 9, 30))],
)
def test_there_are_two_weeks_to_correct(deadline: date | None, until: date) -> None:
    assert correct_until(deadline, date(2016, 3, 1)) == until


def test_a_day_as_letters_write_it() -> None:
    assert german_day(date(2016, 3, 1)) == "1. März 2016"
