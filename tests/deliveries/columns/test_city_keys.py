"""A kreisfreie Stadt is one unit, whether a delivery writes 5 or 8 digits of its key; official tables keep the key of their level."""

from __future__ import annotations

import pytest
from contract_values import shipped
from municipal_tables import as_text, as_workbook, read

from kkz_eval.contracts.judgement import judge_file
from kkz_eval.deliveries.reader import Claimed, read_file
from kkz_eval.model.findings import iter_findings
from kkz_eval.reference.tables import city_keys, known_units, units_known_to

HEADER = ("AGS", "Jahr", "Personengruppe", "Anzahl")


def persons(key: object, year: int, number: int = 10) -> list[tuple[object, ...]]:
    return [(key, year, "Personen", number), (key, year, "Kinder", 3)]


def judged(data: bytes) -> tuple[set[str], list[tuple[str, str, str | None]]]:
    """(units, (kind, cell, what is admitted) of the findings) of a file."""
    table = read(data)
    contract = shipped()[table.contract_id]
    findings = iter_findings(judge_file(table, contract, units_known_to(contract.source)).findings)
    units = set(table.values("unit_id").drop_null().to_pylist())
    return units, [(f.kind, f.cell.rpartition("!")[2], (f.allowed or "").rpartition("!")[2]) for f in findings]


@pytest.mark.parametrize("write", [as_text, as_workbook])
@pytest.mark.parametrize("key", ["05111", 5111, "5111", "05111000", 5111000, "05 111", "05111 Düsseldorf"])
def test_either_key_of_a_city_is_the_city(write: object, key: object) -> None:
    assert callable(write)
    assert judged(write(HEADER, *persons(key, 2016))) == ({"05111000"}, [])


@pytest.mark.parametrize("write", [as_text, as_workbook])
@pytest.mark.parametrize(
    ("first", "second"), [("05111", "05111000"), ("05111000", "05111"), (5111, "05111000"), ("05 111 000", "5111")]
)
def test_both_keys_for_different_years_are_one_unit_and_for_one_year_a_doubled_record(
    write: object, first: object, second: object
) -> None:
    assert callable(write)
    assert judged(write(HEADER, *persons(first, 2016), *persons(second, 2017))) == ({"05111000"}, [])
    doubled = [("unique_key", "D4", "D2"), ("unique_key", "D5", "D3")]
    for number in (10, 12):  # whether the numbers are the same or not
        assert judged(write(HEADER, *persons(first, 2016), *persons(second, 2016, number))) == ({"05111000"}, doubled)


def test_a_kreis_keeps_its_key_beside_its_towns() -> None:
    assert judged(as_text(HEADER, *persons("05158", 2016), *persons("05111", 2016)))[0] == {"05158", "05111000"}
    assert judged(as_text(HEADER, *persons("05334", 2016), *persons("05334002", 2016)))[0] == {"05334", "05334002"}


def test_the_youth_office_of_a_city_has_its_key() -> None:
    header = ("Jugendamt", "Jahr", "Art der Leistung", "Präventiv oder nicht", "Betrag in Euro")
    units, findings = judged(as_text(header, ("05111", 2016, "Frühe Hilfen", "präventiv", 12)))
    assert units == {"05111000"}
    assert "unit_known" not in [kind for kind, _, _ in findings]


def test_an_official_table_of_kreise_keeps_five_digits() -> None:
    lines = "bereich;kreis_ags5;name;jahr;kuerzel;wert\nb;05111;D;2019;a_schul_oA;1,5\n"
    result = read_file(lines.encode("utf-8-sig"), "x.csv", shipped())
    assert isinstance(result, Claimed), result
    assert result.parsed[0].values("unit_id").to_pylist() == ["05111"]


def test_every_city_that_may_deliver_is_known_under_both_keys() -> None:
    assert len(city_keys()) == 22
    assert set(city_keys()) <= known_units()["kreis"]
    assert set(city_keys().values()) <= known_units()["municipality"]
