"""From the inbox to the verdicts, by the contracts that are there."""

from dataclasses import replace
from pathlib import Path

import pytest

from kkz_eval.line.installation import open_installation
from kkz_eval.line.intake import judge_arrivals, land
from kkz_eval.model.errors import UserError
from kkz_eval.settings import Settings

CONTRACTS = Path(__file__).parents[2] / "data_contracts"
YEARS = range(2014, 2017)


def test_a_contract_that_was_taken_away_is_named_and_not_left_out(tmp_path: Path) -> None:
    (tmp_path / "inbox").mkdir()
    rows = "Gemeindeschlüssel;Schuljahr;Abschluss;Geschlecht;Anzahl\r\n05570004;2015;Insgesamt;insgesamt;10\r\n"
    (tmp_path / "inbox" / "a.csv").write_bytes(rows.encode("cp1252"))
    line = open_installation(Settings(home=tmp_path / "home", inbox=tmp_path / "inbox", contracts=CONTRACTS, settle_seconds=0))
    land(line, YEARS)
    (judged,) = judge_arrivals(line, YEARS)
    gone = judged.arrival.contract_id
    without = replace(line, contracts={name: contract for name, contract in line.contracts.items() if name != gone})
    with pytest.raises(UserError) as error:
        judge_arrivals(without, YEARS)
    assert gone in error.value.sentence.in_language("de")
