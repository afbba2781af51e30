"""Handing in at the desk: screened, landed and judged as a file of the inbox; own units only; said once; a receipt that says what counts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kkz_eval.deliveries.register.intake import fingerprint, landing_key, take_in
from kkz_eval.deliveries.register.register import read_register
from kkz_eval.desk.pages.deliveries_seen import sight_of
from kkz_eval.desk.people import Person, Role
from kkz_eval.line.handing_in import HandedIn, Receipt, hand_in, objection, receipt
from kkz_eval.line.installation import Installation, open_installation
from kkz_eval.line.snapshot import current_snapshot
from kkz_eval.model.errors import UserError
from kkz_eval.model.verdicts import State
from kkz_eval.settings import CHECKOUT, Settings
from kkz_eval.stewardship.sight import EVERYTHING, Sight
from kkz_eval.storage.digests import digest_of_bytes
from kkz_eval.storage.steps import Steps
from kkz_eval.storage.store import Store
from kkz_eval.storage.writer import writing_alone

CASES = Path(__file__).parents[1] / "cases"
HEADER = "Gemeindeschlüssel;Schuljahr;Abschluss;Geschlecht;Anzahl"
CERTIFICATES = (
    *("ohne Hauptschulabschluss", "Hauptschulabschluss", "mittlerer Abschluss"),
    *("Fachhochschulreife", "allgemeine Hochschulreife"),
)
NEUSS, AHLEN = "05162024", "05570004"
NOON = datetime(2020, 3, 1, 11, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def opened() -> Installation:
    nowhere = Path("nowhere")
    return open_installation(Settings(nowhere, nowhere, CHECKOUT / "data_contracts", day=NOON.date()), [])


@pytest.fixture
def installation(opened: Installation, tmp_path: Path) -> Installation:
    (tmp_path / "inbox").mkdir()
    settings = replace(opened.settings, home=tmp_path / "home", inbox=tmp_path / "inbox")
    return replace(opened, settings=settings, steps=Steps(Store.at(str(settings.home))))


def delivery(count: str = "6", unit: str = NEUSS, year: str = "2005/06") -> bytes:
    number = int(count.replace("O", "0"))
    counts = {"männlich": number, "weiblich": number, "insgesamt": 2 * number}
    rows = [f"{unit};{year};{c};{sex};{n}" for c in CERTIFICATES for sex, n in counts.items()]
    rows += [f"{unit};{year};Insgesamt;{sex};{len(CERTIFICATES) * n}" for sex, n in counts.items()]
    if "O" in count:
        rows[0] = rows[0].rpartition(";")[0] + f";{count}"
    return "\r\n".join([HEADER, *rows]).encode()


def given(installation: Installation, data: bytes, name: str = "a.csv", own: Sight = EVERYTHING) -> HandedIn:
    return hand_in(installation, name, data, own, NOON, 0)


def said_of(installation: Installation, handed: HandedIn) -> Receipt:
    assert handed.number is not None
    snapshot = current_snapshot(installation)
    found = receipt(snapshot, snapshot.histories, handed.number)
    assert found is not None
    return found


def lines(found: Receipt) -> str:
    return " ".join(line.in_language("de") for table in found.tables for line in table.lines)


def kept(installation: Installation) -> list[str]:
    home = installation.settings.home
    return sorted(str(file.relative_to(home)) for file in home.rglob("*") if file.is_file() and file.name != "writer.lock")


def test_what_is_handed_in_is_landed_and_judged_with_day_and_time(installation: Installation) -> None:
    data = delivery()
    handed = given(installation, data)
    register = read_register(installation.steps.store)
    (arrival,) = register.arrivals
    assert (handed.number, handed.is_known) == (arrival.number, False)
    assert (arrival.name, arrival.day, arrival.handed_in) == ("a.csv", "2020-03-01", "2020-03-01T12:30")
    assert installation.steps.store.get(landing_key(arrival.sha256)) == data
    found = said_of(installation, handed)
    (table,) = found.tables
    assert (found.units, table.standing.state) == ({NEUSS}, State.ACCEPTED)
    assert "gilt für Neuss 2006" in lines(found)


def test_the_same_file_again_is_said_and_does_not_come_twice(installation: Installation) -> None:
    first = given(installation, delivery())
    before = kept(installation)
    again = given(installation, delivery(), name="anders.csv")
    assert (again.number, again.is_known) == (first.number, True)
    assert kept(installation) == before


def test_a_correction_takes_the_place_of_what_counted_and_an_earlier_file_again_counts_anew(installation: Installation) -> None:
    given(installation, delivery("6"))
    second = given(installation, delivery("7"))
    found = said_of(installation, second)
    assert "an die Stelle von a.csv" in lines(found)
    third = given(installation, delivery("6"))
    assert (third.number, third.is_known) == (3, False)
    assert "an die Stelle von a.csv (Nr. 2" in lines(said_of(installation, third))
    assert said_of(installation, second).tables[0].standing.state == State.SUPERSEDED


def test_a_faulty_file_is_taken_and_rejected_and_what_counted_still_does(installation: Installation) -> None:
    rejected = said_of(installation, given(installation, delivery("1O")))
    assert rejected.tables[0].standing.state == State.REJECTED
    assert "gilt noch nichts" in lines(rejected)
    given(installation, delivery("6"))
    after = said_of(installation, given(installation, delivery("2O")))
    assert after.tables[0].standing.state == State.EARLIER_HOLDS
    assert "gilt noch nichts" not in lines(after)


def test_a_file_with_another_unit_is_refused_by_its_name_and_nothing_is_kept(installation: Installation) -> None:
    mixed = delivery() + b"\r\n" + delivery(unit=AHLEN).partition(b"\r\n")[2]
    handed = given(installation, mixed, own=Sight(frozenset({NEUSS})))
    assert handed.number is None
    (notice,) = handed.notices
    assert "spricht von Ahlen (05570004)" in notice.sentence.in_language("de")
    assert "Neuss" in notice.sentence.in_language("de")
    assert kept(installation) == []
    assert given(installation, delivery(), own=Sight(frozenset({NEUSS}))).number == 1


def test_a_dataset_of_another_office_and_a_file_without_a_unit_are_refused(installation: Installation) -> None:
    other = given(installation, delivery(), own=Sight(frozenset({NEUSS}), frozenset({"kita"})))
    assert "dafür reichen Sie nicht ein" in other.notices[0].sentence.in_language("de")
    nowhere = given(installation, delivery(unit=""), own=Sight(frozenset({NEUSS})))
    assert "von welcher Gemeinde" in nowhere.notices[0].sentence.in_language("de")
    assert kept(installation) == []


@pytest.mark.parametrize("name", sorted(file.name for file in (CASES / "persons").iterdir()))
def test_nothing_of_a_file_that_tells_of_persons_is_kept(installation: Installation, name: str) -> None:
    handed = given(installation, (CASES / "persons" / name).read_bytes(), name)
    assert handed.number is None
    assert [notice.kind for notice in handed.notices] == ["refused"]
    assert kept(installation) == []


@pytest.mark.parametrize("data", [b"", b"a;b\n1;2\n", b"PK\x03\x04"])
def test_what_can_not_be_read_or_claimed_is_not_handed_in(installation: Installation, data: bytes) -> None:
    assert given(installation, data).number is None
    assert kept(installation) == []


def test_a_name_that_can_not_be_printed_is_refused(installation: Installation) -> None:
    assert given(installation, delivery(), name="a\x00.csv").number is None
    assert given(installation, delivery(), name="a" * 201).number is None


def test_the_inbox_stays_as_known_as_it_was_and_a_file_of_the_same_name_does_not_come_back(installation: Installation) -> None:
    inbox, store = installation.settings.inbox, installation.steps.store
    (inbox / "a.csv").write_bytes(delivery("6"))
    take_in(store, inbox, installation.contracts, range(1990, 2030))
    given(installation, delivery("7"))
    given(installation, delivery("8"), name="b.csv")
    intake = take_in(store, inbox, installation.contracts, range(1990, 2030))
    assert (intake.landed, intake.known) == ((), ("a.csv",))


def test_what_was_handed_in_starts_a_run_as_what_came_into_the_inbox_does(installation: Installation) -> None:
    inbox = installation.settings.inbox
    assert fingerprint(inbox, installation.register()) is None
    given(installation, delivery())
    assert fingerprint(inbox, installation.register(), "2020-03-01T12:29") is None, "somebody may hand in more"
    first = fingerprint(inbox, installation.register(), "2020-03-01T12:30")
    assert first is not None
    assert fingerprint(inbox, installation.register()) == first
    given(installation, delivery("7"))
    assert fingerprint(inbox, installation.register()) != first


def test_while_another_writes_nothing_is_done_and_said_who_it_is(installation: Installation) -> None:
    with (
        writing_alone(installation.settings.home, "kkz-eval run", lambda _: None),
        pytest.raises(UserError, match=r"kkz-eval run.*nothing has been done"),
    ):
        given(installation, delivery())
    assert kept(installation) == []


def test_of_a_number_that_never_came_there_is_no_receipt(installation: Installation) -> None:
    snapshot = current_snapshot(installation)
    assert receipt(snapshot, snapshot.histories, 1) is None


def test_a_digest_names_the_content(installation: Installation) -> None:
    data = delivery()
    assert said_of(installation, given(installation, data)).arrival.sha256 == digest_of_bytes(data)


def test_a_town_hands_in_for_its_own_youth_office(installation: Installation) -> None:
    clerk = Person("neuss", frozenset({Role.CLERK}), frozenset({NEUSS}))
    contract = installation.contracts["schulabgaenge"]
    assert objection(sight_of(clerk), "a.csv", [(contract, frozenset({f"JH{NEUSS}"}))]) is None
    assert objection(sight_of(clerk), "a.csv", [(contract, frozenset({f"JH{AHLEN}"}))]) is not None


def test_a_file_that_came_before_by_a_contract_that_is_no_more_names_it(installation: Installation) -> None:
    given(installation, delivery())
    contract = installation.contracts["schulabgaenge"]
    others = {name: one for name, one in installation.contracts.items() if name != contract.id}
    renamed = replace(installation, contracts={**others, "schulen": replace(contract, id="schulen")})
    with pytest.raises(UserError, match="schulabgaenge"):
        given(renamed, delivery())
