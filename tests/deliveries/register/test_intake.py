"""A scan of the inbox keeps what a contract claims, names everything else, and writes nothing where nothing is new."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from contract_values import CONTRACTS

from kkz_eval.deliveries.register import intake as intake_module
from kkz_eval.deliveries.register.intake import Intake, fingerprint, landing_key, take_in, year_spans
from kkz_eval.deliveries.register.parsed_tables import load_parsed, parsed_key
from kkz_eval.deliveries.register.register import read_register
from kkz_eval.storage.store import Store

TABLE = "Gemeindeschlüssel;Abgangsjahr;Geschlecht;Schulabgänge insgesamt;Anteil ohne Abschluss\n05111000;{year};insgesamt;{count};5,5\n"
YEARS = range(1995, 2027)


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "inbox"
    folder.mkdir()
    return folder


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.at(str(tmp_path / "home"))


def _deliver(inbox: Path, name: str, year: int = 2015, count: int = 40) -> bytes:
    data = TABLE.format(year=year, count=count).encode()
    path = inbox / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return data


def _take_in(store: Store, inbox: Path, years: range = YEARS) -> Intake:
    return take_in(store, inbox, CONTRACTS, years)


def test_a_claimed_file_is_kept_byte_for_byte_and_its_arrival_recorded(store: Store, inbox: Path) -> None:
    data = _deliver(inbox, "a.csv")
    intake = _take_in(store, inbox)
    assert (intake.present, intake.landed, intake.known, intake.notices) == (1, ("a.csv",), (), ())
    (arrival,) = read_register(store).arrivals
    assert (arrival.name, arrival.contract_id, arrival.years) == ("a.csv", "schulabgaenge", (2015,))
    assert store.get(landing_key(arrival.sha256)) == data
    assert (inbox / "a.csv").read_bytes() == data


def test_a_second_scan_writes_nothing(store: Store, inbox: Path, tmp_path: Path) -> None:
    _deliver(inbox, "a.csv")
    _take_in(store, inbox)
    before = sorted((tmp_path / "home").rglob("*"))
    intake = _take_in(store, inbox)
    assert (intake.landed, intake.known) == ((), ("a.csv",))
    assert sorted((tmp_path / "home").rglob("*")) == before


def test_a_content_that_comes_back_under_its_name_arrives_again(store: Store, inbox: Path) -> None:
    for count in (40, 41, 40):
        _deliver(inbox, "a.csv", count=count)
        _take_in(store, inbox)
    arrivals = read_register(store).arrivals
    assert [a.number for a in arrivals] == [1, 2, 3]
    assert arrivals[0].sha256 == arrivals[2].sha256 != arrivals[1].sha256


def test_a_known_content_under_a_new_name_arrives(store: Store, inbox: Path) -> None:
    _deliver(inbox, "a.csv")
    _take_in(store, inbox)
    (inbox / "a.csv").rename(inbox / "neu.csv")
    intake = _take_in(store, inbox)
    assert intake.landed == ("neu.csv",)
    (notice,) = intake.notices
    assert notice.sentence.in_language("de") == "neu.csv hat denselben Inhalt wie a.csv; er zählt einmal."
    assert [a.name for a in read_register(store).arrivals] == ["a.csv", "neu.csv"]


def test_a_name_that_says_another_unit_is_told_and_what_stands_in_the_file_counts(store: Store, inbox: Path) -> None:
    _deliver(inbox, "schulabgaenge_05117000.csv")
    intake = _take_in(store, inbox)
    assert ([notice.kind for notice in intake.notices], intake.landed) == (["other_unit"], ("schulabgaenge_05117000.csv",))


def test_of_two_names_with_one_content_in_a_scan_the_second_is_named(store: Store, inbox: Path) -> None:
    _deliver(inbox, "a.csv")
    _deliver(inbox, "b.csv")
    intake = _take_in(store, inbox)
    (notice,) = intake.notices
    assert (notice.kind, notice.name, intake.landed) == ("same_content", "b.csv", ("a.csv",))
    assert notice.sentence.in_language("de") == "b.csv hat denselben Inhalt wie a.csv; er zählt einmal."
    assert "a.csv" in notice.sentence.in_language("en")


def test_a_second_name_of_a_content_is_recorded_so_that_the_next_scan_has_nothing_new(store: Store, inbox: Path) -> None:
    _deliver(inbox, "a.csv")
    _deliver(inbox, "b.csv")
    _take_in(store, inbox)
    assert fingerprint(inbox, read_register(store)) is None
    again = _take_in(store, inbox)
    assert (again.known, again.notices) == (("a.csv", "b.csv"), ())
    assert {(a.name, a.batch) for a in again.register.arrivals} == {("a.csv", 1), ("b.csv", 1)}


def test_a_content_delivered_again_under_a_new_name_arrives_though_the_old_file_is_still_there(store: Store, inbox: Path) -> None:
    _deliver(inbox, "a.csv")
    _take_in(store, inbox)
    _deliver(inbox, "noch_einmal.csv")
    assert _take_in(store, inbox).landed == ("noch_einmal.csv",)


def test_a_file_of_other_years_waits(store: Store, inbox: Path) -> None:
    _deliver(inbox, "a.csv", year=2015)
    intake = _take_in(store, inbox, range(2017, 2019))
    assert [notice.kind for notice in intake.notices] == ["other_years"]
    assert intake.waiting_years == {2015}
    assert store.list("landing") == []
    assert _take_in(store, inbox, range(2015, 2016)).landed == ("a.csv",)


def test_what_no_contract_knows_and_what_cannot_be_read_is_named_and_not_kept(store: Store, inbox: Path) -> None:
    (inbox / "fremd.csv").write_text("Farbe;Form\nrot;rund\n", encoding="utf-8")
    (inbox / "leer.csv").write_bytes(b"")
    (inbox / "personen.csv").write_text("Vorname;Nachname;Geburtsdatum\nX;Y;1.1.2001\n", encoding="utf-8")
    intake = _take_in(store, inbox)
    kinds = {notice.name: notice.kind for notice in intake.notices}
    assert kinds == {"fremd.csv": "unclaimed", "leer.csv": "refused", "personen.csv": "refused"}
    assert store.list("landing") == store.list("register") == []


def test_a_file_above_the_limit_is_refused_unread(store: Store, inbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = _deliver(inbox, "a.csv")
    monkeypatch.setattr("kkz_eval.deliveries.register.inbox.MAXIMUM_BYTES", len(data) - 1)
    assert [notice.kind for notice in _take_in(store, inbox).notices] == ["refused"]
    monkeypatch.setattr("kkz_eval.deliveries.register.inbox.MAXIMUM_BYTES", len(data))
    assert _take_in(store, inbox).landed == ("a.csv",)


def test_the_fingerprint_is_none_where_nothing_is_new_and_differs_when_a_content_comes_back(store: Store, inbox: Path) -> None:
    seen = []
    for count in (40, 41, 40):
        _deliver(inbox, "a.csv", count=count)
        seen.append(fingerprint(inbox, read_register(store)))
        _take_in(store, inbox)
        assert fingerprint(inbox, read_register(store)) is None
    assert None not in seen
    assert len(set(seen)) == 3


@pytest.mark.parametrize(
    ("years", "written"),
    [([], ""), ([2011], "2011"), ([2011, 2009, 2010], "2009–2011"), ([2006, 2007, 2011, 2006], "2006–2007, 2011")],
)
def test_years_are_written_as_spans(years: list[int], written: str) -> None:
    assert year_spans(years) == written


def _newest(store: Store, name: str) -> bytes:
    (arrival,) = read_register(store).last_under(name)
    return store.get(landing_key(arrival.sha256))


def _once_before(monkeypatch: pytest.MonkeyPatch, name: str, act: Callable[[], object]) -> None:
    """Do something at the moment in which the next scan calls a function of the intake."""
    original = getattr(intake_module, name)

    def first(*arguments: object) -> object:
        monkeypatch.setattr(intake_module, name, original)
        act()
        return original(*arguments)

    monkeypatch.setattr(intake_module, name, first)


def test_a_file_replaced_between_listing_and_reading_arrives_as_it_is_then(
    store: Store, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _deliver(inbox, "a.csv", count=40)
    _once_before(monkeypatch, "content_in", lambda: _deliver(inbox, "a.csv", count=41))
    assert _take_in(store, inbox).landed == ("a.csv",)
    assert _newest(store, "a.csv") == (inbox / "a.csv").read_bytes()
    assert _take_in(store, inbox).known == ("a.csv",)


@pytest.mark.parametrize("back", [False, True], ids=["by another file", "by the file that was there before"])
def test_a_file_replaced_after_it_was_read_arrives_with_the_next_scan(
    store: Store, inbox: Path, monkeypatch: pytest.MonkeyPatch, back: bool
) -> None:
    _deliver(inbox, "a.csv", count=40)
    if back:
        _take_in(store, inbox)
        _deliver(inbox, "a.csv", count=41)
    _once_before(monkeypatch, "record_arrivals", lambda: _deliver(inbox, "a.csv", count=40 if back else 42))
    _take_in(store, inbox)
    assert fingerprint(inbox, read_register(store)) is not None, "the sensor starts another run"
    assert _take_in(store, inbox).landed == ("a.csv",)
    assert _newest(store, "a.csv") == (inbox / "a.csv").read_bytes()


def test_a_file_taken_away_between_listing_and_reading_is_named_and_the_others_are_taken(
    store: Store, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _deliver(inbox, "a.csv")
    _deliver(inbox, "b.csv", count=41)
    _once_before(monkeypatch, "content_in", (inbox / "b.csv").unlink)
    intake = _take_in(store, inbox)
    assert intake.landed == ("a.csv",)
    assert [(notice.kind, notice.name) for notice in intake.notices] == [("refused", "b.csv")]


def test_what_another_scan_recorded_meanwhile_does_not_arrive_twice(
    store: Store, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _deliver(inbox, "a.csv")
    _once_before(monkeypatch, "record_arrivals", lambda: _take_in(store, inbox))
    assert _take_in(store, inbox).known == ("a.csv",)
    assert [arrival.number for arrival in read_register(store).arrivals] == [1]


def test_a_scan_that_read_an_older_file_does_not_come_behind_one_that_read_the_newer(
    store: Store, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def another_scan() -> None:
        _deliver(inbox, "a.csv", count=41)
        _take_in(store, inbox)

    _deliver(inbox, "a.csv", count=40)
    _once_before(monkeypatch, "record_arrivals", another_scan)
    _take_in(store, inbox)
    assert _newest(store, "a.csv") == (inbox / "a.csv").read_bytes()
    assert len(read_register(store).arrivals) == 1


def test_what_came_later_never_counts_as_known_before_whatever_the_clock_says(store: Store, inbox: Path) -> None:
    days = [date(2026, 3, 1), date(1970, 1, 1), date(2026, 2, 28), date(2026, 4, 1)]
    for number, today in enumerate(days):
        _deliver(inbox, f"{number}.csv", count=40 + number)
        take_in(store, inbox, CONTRACTS, YEARS, today)
    arrivals = read_register(store).arrivals
    assert [arrival.name for arrival in arrivals] == ["0.csv", "1.csv", "2.csv", "3.csv"]
    assert [arrival.day for arrival in arrivals] == ["2026-03-01", "2026-03-01", "2026-03-01", "2026-04-01"]


def test_a_clock_that_was_set_back_makes_no_delivery_one_of_the_future(store: Store, inbox: Path) -> None:
    kept = []
    for name, today in (("a.csv", date(2026, 3, 1)), ("b.csv", date(1970, 1, 1))):
        _deliver(inbox, name, count=len(name) + len(kept))
        take_in(store, inbox, CONTRACTS, YEARS, today)
        arrival = read_register(store).arrivals[-1]
        contract = CONTRACTS[arrival.contract_id]
        kept.append(load_parsed(store, parsed_key(arrival.sha256, contract), contract).findings.num_rows)
    assert kept[0] == kept[1]
