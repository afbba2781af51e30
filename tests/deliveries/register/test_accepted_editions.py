"""Editions side by side: what holds now, what was known on a day, what one edition says; nothing accepted is lost."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest
from contract_values import INKAR_FOLDER, SCHOOL_LEAVERS, needs_shared_data, shipped

from kkz_eval.contracts.contract import Contract
from kkz_eval.deliveries.official.inkar_editions import LAYOUT, indicator_named
from kkz_eval.deliveries.official.known_since import NOW, Asked
from kkz_eval.deliveries.reader import Claimed, Unclaimed, read_file
from kkz_eval.deliveries.register.accepted import Accepted, accepted_observations, editions_of
from kkz_eval.deliveries.register.intake import Intake, take_in
from kkz_eval.deliveries.register.judging import judge_arrival
from kkz_eval.deliveries.register.register import read_register
from kkz_eval.model.errors import UserError
from kkz_eval.reference.tables import known_units
from kkz_eval.storage.steps import Steps
from kkz_eval.storage.store import Store

INKAR = shipped()["inkar"]
CONTRACTS: Mapping[str, Contract] = {"schulabgaenge": SCHOOL_LEAVERS, "inkar": INKAR}
MARCH, APRIL, MAY = date(2026, 3, 1), date(2026, 4, 1), date(2026, 5, 1)
NAME = "a_schul_oA_nach_Ausgaben.csv"
GENUINE = "schulabgaenger_ohne_abschluss_by_INKAR_edition.csv"
SIDES = "ags,jahr,2017,2018\n05111,2010,6.8,6.82\n05111,2011,,7.73\n05112,2010,5.0,\n"


@pytest.fixture
def steps(tmp_path: Path) -> Steps:
    return Steps(Store.at(str(tmp_path / "home")))


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    return folder


def _deliver(steps: Steps, inbox: Path, name: str, text: str, today: date | None) -> Intake:
    (inbox / name).write_text(text, encoding="utf-8")
    intake = take_in(steps.store, inbox, CONTRACTS, range(1990, 2030), today)
    for arrival in intake.register.arrivals:
        judge_arrival(steps, read_register(steps.store), arrival, CONTRACTS, known_units())
    return intake


def _accepted(steps: Steps, asked: Asked = NOW, contract: Contract = INKAR) -> Accepted:
    return accepted_observations(steps, read_register(steps.store), contract, asked)


def _values(accepted: Accepted) -> dict[tuple[str, int], tuple[str, float]]:
    rows = accepted.observations.to_pylist()
    return {(row["unit_id"], row["year"]): (row["edition"], row["value"]) for row in rows}


def _municipal(leavers: int) -> str:
    header = "Gemeindeschlüssel;Abgangsjahr;Geschlecht;Schulabgänge insgesamt;Anteil ohne Abschluss"
    return f"{header}\n05111000;2015;total;{leavers};5,5\n"


def _leavers(accepted: Accepted) -> list[float]:
    return [row["value"] for row in accepted.observations.to_pylist() if row["measure"] == "leavers"]


def test_the_newest_edition_that_speaks_about_a_cell_holds(steps: Steps, inbox: Path) -> None:
    _deliver(steps, inbox, NAME, SIDES, MARCH)
    assert _values(_accepted(steps)) == {
        ("05111", 2010): ("2018", 6.82),
        ("05111", 2011): ("2018", 7.73),
        ("05112", 2010): ("2017", 5.0),
    }


def test_an_edition_can_be_asked_for_by_name(steps: Steps, inbox: Path) -> None:
    _deliver(steps, inbox, NAME, SIDES, MARCH)
    assert _values(_accepted(steps, Asked(edition="2017"))) == {("05111", 2010): ("2017", 6.8), ("05112", 2010): ("2017", 5.0)}
    assert _values(_accepted(steps, Asked(edition="2016"))) == {}


def test_as_of_a_day_only_what_was_known_then_holds(steps: Steps, inbox: Path) -> None:
    _deliver(steps, inbox, NAME, SIDES, MARCH)
    assert _values(_accepted(steps, Asked(date(2018, 12, 30)))) == {
        ("05111", 2010): ("2017", 6.8),
        ("05112", 2010): ("2017", 5.0),
    }
    assert _values(_accepted(steps, Asked(date(2018, 12, 31)))) == _values(_accepted(steps))
    assert _values(_accepted(steps, Asked(date(2017, 12, 30)))) == {}


def test_an_older_edition_that_arrives_later_does_not_replace_a_newer_one(steps: Steps, inbox: Path) -> None:
    _deliver(steps, inbox, NAME, "ags,jahr,2024\n05111,2010,6.82\n", MARCH)
    _deliver(steps, inbox, "a_schul_oA_2017.csv", "ags,jahr,2017\n05111,2010,6.8\n", APRIL)
    assert _values(_accepted(steps)) == {("05111", 2010): ("2024", 6.82)}
    assert _values(_accepted(steps, Asked(edition="2017"))) == {("05111", 2010): ("2017", 6.8)}


def test_an_observation_says_since_when_it_is_known_and_by_what(steps: Steps, inbox: Path) -> None:
    _deliver(steps, inbox, NAME, SIDES, MARCH)
    rows = _accepted(steps, Asked(edition="2017")).observations.to_pylist()
    assert {(row["known_day"], row["known_by"]) for row in rows} == {("2017-12-31", "edition")}
    _deliver(steps, inbox, "kommune.csv", _municipal(40), APRIL)
    rows = _accepted(steps, contract=SCHOOL_LEAVERS).observations.to_pylist()
    assert {(row["known_day"], row["known_by"]) for row in rows} == {("2026-04-01", "arrival")}


def test_editions_are_listed_with_day_years_and_number(steps: Steps, inbox: Path) -> None:
    _deliver(steps, inbox, NAME, SIDES, MARCH)
    found = editions_of(steps, read_register(steps.store), INKAR)
    assert [(s.edition, s.known_day, s.known_by, s.first_year, s.last_year, s.n_values) for s in found] == [
        ("2017", "2017-12-31", "edition", 2010, 2010, 2),
        ("2018", "2018-12-31", "edition", 2010, 2011, 2),
    ]


def test_the_address_of_a_value_is_the_column_of_its_edition(steps: Steps, inbox: Path) -> None:
    _deliver(steps, inbox, NAME, SIDES, MARCH)
    (row,) = [row for row in _accepted(steps).observations.to_pylist() if row["year"] == 2011]
    assert (row["row"], row["column"], row["value_delivered"], row["measure"]) == (3, 4, "7.73", "a_schul_oA")


def test_what_a_municipality_had_delivered_by_a_day(steps: Steps, inbox: Path) -> None:
    _deliver(steps, inbox, "a.csv", _municipal(40), MARCH)
    _deliver(steps, inbox, "b.csv", _municipal(41), APRIL)
    (inbox / "a.csv").unlink()
    _deliver(steps, inbox, "c.csv", _municipal(40), MAY)  # the first content once more: it holds again
    known = [date(2026, 2, 28), MARCH, date(2026, 3, 31), APRIL, MAY, None]
    assert [_leavers(_accepted(steps, Asked(day), SCHOOL_LEAVERS)) for day in known] == [[], [40], [40], [41], [40], [40]]


def test_a_delivery_without_a_recorded_day_is_no_answer_for_a_day(steps: Steps, inbox: Path) -> None:
    _deliver(steps, inbox, "a.csv", _municipal(40), None)
    assert _leavers(_accepted(steps, contract=SCHOOL_LEAVERS)) == [40]
    with pytest.raises(UserError, match=r"a\.csv"):
        _accepted(steps, Asked(MARCH), SCHOOL_LEAVERS)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("a_schul_oA_nach_Ausgaben.csv", "a_schul_oA"),
        ("inkar/Schulabgänger ohne Abschluss.csv", "a_schul_oA"),
        (GENUINE, "a_schul_oA"),
        ("maennliche_schulabgaenger_ohne_abschluss_INKAR_2018_2024.csv", "a_schul_oA_m"),
        ("schulabgaenger_ohne_abschluss_frauen.csv", None),  # says more than is known: which indicator is not certain
        ("ausgaben.csv", None),
    ],
)
def test_the_name_of_the_file_says_the_indicator_or_nothing(name: str, code: str | None) -> None:
    assert indicator_named(INKAR, name) == code


def test_a_file_whose_name_says_no_indicator_is_not_used(steps: Steps, inbox: Path) -> None:
    (notice,) = _deliver(steps, inbox, "ausgaben.csv", SIDES, MARCH).notices
    assert notice.kind == "unclaimed"
    assert "welchen Indikator" in notice.sentence.in_language("de")
    assert "2017, 2018" in notice.sentence.in_language("de")


def test_one_content_is_not_two_indicators(steps: Steps, inbox: Path) -> None:
    _deliver(steps, inbox, NAME, SIDES, MARCH)
    (notice,) = _deliver(steps, inbox, "a_schul_abi_nach_Ausgaben.csv", SIDES, APRIL).notices
    assert (notice.kind, NAME in notice.sentence.in_language("de")) == ("refused", True)
    assert {row["measure"] for row in _accepted(steps).observations.to_pylist()} == {"a_schul_oA"}


@pytest.mark.parametrize(
    "text",
    [
        "ags,jahr,2017,2018\n05111,2010,6.8,6.82\n05111,2010,6.8,6.82\n",  # a unit and year twice
        "ags,jahr,2017,2018\n05111,2010,6.8,sechs\n",
    ],
)
def test_bad_editions_are_rejected(steps: Steps, inbox: Path, text: str) -> None:
    _deliver(steps, inbox, NAME, text, MARCH)
    (verdict,) = read_register(steps.store).verdicts.values()
    assert verdict.n_errors > 0
    assert _values(_accepted(steps)) == {}


@needs_shared_data
def test_the_genuine_file_holds_three_editions() -> None:
    result = read_file((INKAR_FOLDER / GENUINE).read_bytes(), GENUINE, CONTRACTS)
    assert isinstance(result, Claimed)
    (parsed,) = result.parsed
    editions = parsed.values("edition").to_pylist()
    assert (parsed.layout, parsed.findings.num_rows) == (LAYOUT, 0)
    assert {edition: editions.count(edition) for edition in set(editions)} == {"2017": 1060, "2018": 1113, "2024": 1430}


@needs_shared_data
def test_the_genuine_edition_of_2024_is_that_of_the_long_file() -> None:
    long = "inkr_nrw_kreise_panel_long.csv"
    sided = read_file((INKAR_FOLDER / GENUINE).read_bytes(), GENUINE, CONTRACTS)
    whole = read_file((INKAR_FOLDER / long).read_bytes(), long, CONTRACTS)
    assert isinstance(sided, Claimed)
    assert isinstance(whole, Claimed)
    newest = _cells(sided, "2024")
    assert newest
    assert newest == {place: value for place, value in _cells(whole, "Datei").items() if place in newest}


def _cells(result: Claimed | Unclaimed, edition: str) -> dict[tuple[str, int], float]:
    assert isinstance(result, Claimed)
    (parsed,) = result.parsed
    columns = [parsed.values(name).to_pylist() for name in ("unit_id", "year", "indicator", "edition", "value")]
    rows = zip(*columns, strict=True)
    return {(unit, year): value for unit, year, code, own, value in rows if code == "a_schul_oA" and own == edition}
