"""A verdict stands when its contract changes, and its parsed table is read as the contract is now."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from contract_values import shipped

from kkz_eval.contracts.contract import Property
from kkz_eval.deliveries.reader import Claimed, read_file
from kkz_eval.deliveries.register.intake import landing_key, take_in
from kkz_eval.deliveries.register.judging import judge_arrival
from kkz_eval.deliveries.register.parsed_tables import load_parsed, parsed_key
from kkz_eval.deliveries.register.register import read_register
from kkz_eval.model.errors import UserError
from kkz_eval.model.verdicts import Status
from kkz_eval.reference.tables import known_units
from kkz_eval.storage.steps import Steps
from kkz_eval.storage.store import Store

CONTRACTS = shipped()
HEADER = "Gemeindeschlüssel;Schuljahr;Abschluss;Geschlecht;Anzahl\r\n"


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "inbox"
    folder.mkdir()
    return folder


def judged(tmp_path: Path, inbox: Path):
    steps = Steps(Store.at(str(tmp_path / "home")))
    take_in(steps.store, inbox, CONTRACTS, range(1995, 2027))
    register = read_register(steps.store)
    (arrival,) = register.arrivals
    return steps, arrival, judge_arrival(steps, register, arrival, CONTRACTS, known_units())


@pytest.mark.parametrize("rows", ["", "05570004;zweitausend;Insgesamt;insgesamt;10\r\n"], ids=["header only", "no readable year"])
def test_a_file_without_a_readable_year_is_judged_and_rejected(tmp_path: Path, inbox: Path, rows: str) -> None:
    (inbox / "a.csv").write_bytes((HEADER + rows).encode("cp1252"))
    _, arrival, verdict = judged(tmp_path, inbox)
    assert arrival.years == ()
    assert verdict.status == Status.REJECTED
    assert verdict.n_errors > 0


def test_a_property_that_came_later_holds_its_default_and_one_that_went_is_left_out(tmp_path: Path, inbox: Path) -> None:
    (inbox / "a.csv").write_bytes((HEADER + "05570004;2015;Insgesamt;insgesamt;10\r\n").encode("cp1252"))
    steps, arrival, verdict = judged(tmp_path, inbox)
    contract = CONTRACTS[arrival.contract_id]
    later = Property("form", "string", "dimension", "Schulform", "Kind of school", required=False, default="insgesamt")
    changed = replace(contract, properties=(*(p for p in contract.properties if p.name != "nationality"), later))
    table = load_parsed(steps.store, verdict.parsed_key, changed).table
    assert table.schema == changed.schema
    assert table.column("form").to_pylist() == ["insgesamt"]
    assert table.column("leavers").to_pylist() == [10]


def test_a_file_that_cannot_be_opened_is_refused_and_the_others_go_on(tmp_path: Path, inbox: Path) -> None:
    (inbox / "a.csv").write_bytes((HEADER + "05570004;2015;Insgesamt;insgesamt;10\r\n").encode("cp1252"))
    (inbox / "b.csv").symlink_to(tmp_path / "nowhere.csv")
    intake = take_in(Store.at(str(tmp_path / "home")), inbox, CONTRACTS, range(1995, 2027))
    assert intake.landed == ("a.csv",)
    assert [(notice.kind, notice.name) for notice in intake.notices] == [("refused", "b.csv")]


def test_what_the_intake_read_is_judged_and_no_file_is_read_twice(tmp_path: Path, inbox: Path) -> None:
    rows = "".join(f"05570004;{year};Insgesamt;insgesamt;{count}\r\n" for year, count in ((2015, "10"), (2031, "1O")))
    data, day = (HEADER + rows).encode("cp1252"), date(2026, 1, 1)
    (inbox / "a.csv").write_bytes(data)
    steps = Steps(Store.at(str(tmp_path / "home")))
    register = take_in(steps.store, inbox, CONTRACTS, range(1995, 2027), day).register
    (arrival,) = register.arrivals
    steps.store.remove(landing_key(arrival.sha256))  # nothing is left to read
    contract = CONTRACTS[arrival.contract_id]
    kept = load_parsed(steps.store, parsed_key(arrival.sha256, contract), contract)
    result = read_file(data, "a.csv", CONTRACTS, day)
    assert isinstance(result, Claimed)
    (alone,) = result.parsed
    assert kept.table.equals(alone.table)
    assert kept.findings.equals(alone.findings)
    assert (kept.layout, kept.edition, kept.titles) == (alone.layout, alone.edition, alone.titles)
    assert {"year_in_future"} < set(kept.findings.column("rule").to_pylist())
    verdict = judge_arrival(steps, register, arrival, CONTRACTS, known_units())
    assert ("parsed", "a.csv") in steps.journal.reused
    assert verdict.n_errors > 1


def test_a_parsed_table_that_is_gone_is_read_from_landing_again_as_of_the_day_on_which_it_first_came(
    tmp_path: Path, inbox: Path
) -> None:
    (inbox / "a.csv").write_bytes((HEADER + "05570004;2027;Insgesamt;insgesamt;10\r\n").encode("cp1252"))
    steps = Steps(Store.at(str(tmp_path / "home")))
    take_in(steps.store, inbox, CONTRACTS, range(1995, 2030), date(2026, 1, 1))
    (inbox / "a.csv").rename(inbox / "b.csv")
    register = take_in(steps.store, inbox, CONTRACTS, range(1995, 2030), date(2028, 1, 1)).register
    kept = objects_below(steps.store, "derived/parsed")
    first, again = register.arrivals
    for arrival in (again, first):
        for key in steps.store.list("derived"):
            steps.store.remove(key)
        judge_arrival(steps, register, arrival, CONTRACTS, known_units())
        assert ("parsed", arrival.name) in steps.journal.computed
        assert objects_below(steps.store, "derived/parsed") == kept


def objects_below(store: Store, folder: str) -> dict[str, bytes]:
    return {key: store.get(key) for key in store.list(folder)}


def test_a_verdict_stands_without_tables_where_nobody_can_make_them_and_never_where_the_disk_refuses(
    tmp_path: Path, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (inbox / "a.csv").write_bytes((HEADER + "05570004;2015;Insgesamt;insgesamt;10\r\n").encode("cp1252"))
    steps, arrival, verdict = judged(tmp_path, inbox)
    register = read_register(steps.store)
    for key in steps.store.list("derived"):
        steps.store.remove(key)

    def full(*_: object) -> bool:
        raise UserError("storage_not_writable", place="derived", reason="full")

    with monkeypatch.context() as patch:
        patch.setattr(Store, "put_if_absent", full)
        with pytest.raises(UserError):
            judge_arrival(steps, register, arrival, CONTRACTS, known_units())
    steps.store.remove(landing_key(arrival.sha256))
    assert judge_arrival(steps, register, arrival, CONTRACTS, known_units()) == verdict
