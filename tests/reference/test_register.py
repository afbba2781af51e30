"""The register by day: complete, consistent, equal to the tables it was transcribed from, and every key to one unit."""

from __future__ import annotations

import os
from collections import Counter
from datetime import date
from importlib import resources
from pathlib import Path

import pytest

from kkz_eval.deliveries.official.read import read_official
from kkz_eval.reference.register import (
    OUTSIDE_LAND,
    current_key,
    current_office_key,
    dissolved_kreise,
    existing,
    municipalities,
    municipalities_of_kreis,
    municipalities_of_office,
    youth_offices,
)
from kkz_eval.reference.tables import known_units, kreis_of, kreise, level_of, official_units, unit_name, units_known_to

ROOT = Path(__file__).resolve().parents[2]
OFFICIAL = Path(os.environ.get("KKZ_SHARED", ROOT.parent / "shared")) / "data" / "official"


def test_there_are_396_municipalities_in_every_year() -> None:
    assert {len(existing(municipalities(), year)) for year in range(1990, 2025)} == {396}
    assert len({unit.key for unit in municipalities()}) == len(municipalities()) == 396 + 10


def test_every_municipality_lies_in_a_kreis_of_its_day() -> None:
    today = {kreis.ags5 for kreis in kreise()}
    assert {unit.kreis_ags5 for unit in existing(municipalities(), 2024)} == today
    before = {unit.kreis_ags5 for unit in existing(municipalities(), 2008)}
    assert before - today == {unit.key for unit in dissolved_kreise()}
    assert today - before == {"05334"}
    assert all(unit.key[:5] == unit.kreis_ags5 for unit in municipalities())


def test_the_staedteregion_replaced_two_kreise_within_a_year() -> None:
    assert [current_key(key) for key in ("05354", "05313", "05354004", "05313000")] == ["05334", "05334", "05334004", "05334002"]
    assert current_key("JH05354999") == current_office_key("JH05354999") == "JH05334999"
    assert current_office_key("05313000") == "JH05334002"
    assert current_key("05111") == "05111"
    assert all(unit.exists(date(2009, 10, 20)) and not unit.exists(date(2009, 10, 21)) for unit in dissolved_kreise())
    assert (len(municipalities_of_kreis("05354", 2008)), municipalities_of_kreis("05354", 2009)) == (9, ())
    assert (municipalities_of_kreis("05334", 2008), len(municipalities_of_kreis("05334", 2009))) == ((), 10)


def test_every_successor_exists_and_none_is_dissolved_itself() -> None:
    units = {unit.key: unit for unit in (*municipalities(), *youth_offices())}
    for unit in units.values():
        if unit.successor is not None:
            assert unit.valid_until is not None
            assert units[unit.successor].valid_until is None


@pytest.mark.parametrize("year", [2003, 2008, 2009, 2010, 2012, 2024])
def test_in_every_year_each_municipality_has_one_youth_office(year: int) -> None:
    served = Counter(town for office in youth_offices() for town in municipalities_of_office(office.key, year))
    assert set(served) <= {unit.key for unit in existing(municipalities(), year)}
    assert set(served.values()) == {1}
    missing = {unit.key for unit in existing(municipalities(), year)} - set(served)
    assert missing == set(), sorted(missing)


def test_a_founded_office_leaves_that_of_its_kreis() -> None:
    assert "05166016" in municipalities_of_office("JH05166999", 2011)
    assert municipalities_of_office("JH05166016", 2011) == ()
    assert municipalities_of_office("JH05166016", 2012) == ("05166016",)
    assert "05166016" not in municipalities_of_office("JH05166999", 2012)
    assert municipalities_of_office("JH05954008", 2020) == ("05954004", "05954008")
    assert municipalities_of_office("05711000", 2020) == ("05711000",)


def test_there_are_186_offices_today_as_the_programme_counts_them() -> None:
    assert len(existing(youth_offices(), 2024)) == 186
    assert sum(unit.key.startswith("JH") for unit in youth_offices()) == 171


def test_levels_never_mix_and_a_pseudo_key_is_no_unit() -> None:
    levels = official_units()
    assert set(levels["municipality"]) - set(levels["youth_office"]) == {
        key for key in levels["municipality"] if not key.endswith("000")
    }
    assert not levels["kreis"] & levels["municipality"]
    assert all(OUTSIDE_LAND not in keys for keys in levels.values())
    assert all(level_of(key) == "municipality" and kreis_of(key) == key[:5] for key in levels["municipality"])
    assert (unit_name("05166016"), unit_name("JH05166016")) == ("Nettetal", "Jugendamt Nettetal")
    with pytest.raises(KeyError):
        level_of(OUTSIDE_LAND)


def test_a_delivery_may_name_programme_units_only_and_an_official_table_all() -> None:
    assert units_known_to("municipal") == known_units()
    assert "05166016" in units_known_to("official")["municipality"] - known_units()["municipality"]
    assert "05354" in units_known_to("official")["kreis"] - known_units()["kreis"]
    assert all(known_units()[level] <= official_units()[level] for level in known_units())


@pytest.mark.parametrize("name", ["municipalities.csv", "youth_offices.csv"])
def test_every_table_of_the_register_names_its_source(name: str) -> None:
    text = resources.files("kkz_eval.reference").joinpath(name).read_text(encoding="utf-8")
    assert text.startswith("# Transcribed facts:")
    assert "dl-de/by-2-0" in text


def official(name: str) -> set[tuple[str, str]]:
    path = OFFICIAL / name
    if not path.exists():
        pytest.skip("the shared data are not beside this repository")
    read = read_official(path.read_bytes())
    assert read is not None
    columns = [read.table.column(column).to_pylist() for column in ("unit_id", "level")]
    return set(zip(*columns, strict=True))


def test_municipalities_equal_those_of_the_official_tables() -> None:
    towns = {key for key, level in official("landesdatenbank_nrw/12411-15i_2024.csv") if level == "municipality"}
    assert towns == {unit.key for unit in municipalities() if not unit.key.endswith("000")}
    assert {key for key, _ in official("genesis/1000A-0000_de_flat_NRW_slice.csv")} == {
        unit.key for unit in existing(municipalities(), 2022)
    }


def test_youth_offices_equal_those_of_the_table_of_educational_support() -> None:
    offices = {key for key, level in official("landesdatenbank_nrw/22517-02i_2024.csv") if level == "youth_office"}
    assert offices == {unit.key for unit in youth_offices() if unit.key.startswith("JH")}
