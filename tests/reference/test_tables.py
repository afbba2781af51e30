"""The reference tables: complete, consistent, and equal to the source they were transcribed from."""

from __future__ import annotations

import csv
import os
from importlib import resources
from pathlib import Path

import pytest

from kkz_eval.model.identifiers import is_ags
from kkz_eval.reference.tables import (
    Kind,
    as_whole_kreis,
    known_units,
    kreis_of,
    kreise,
    level_of,
    municipality_key,
    programme_units,
    unit_name,
    youth_office_of,
)

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("KKZ_SHARED", ROOT.parent / "shared"))


def test_there_are_53_kreise_of_which_22_are_cities() -> None:
    assert len({kreis.ags5 for kreis in kreise()}) == len(kreise()) == 53
    assert sum(kreis.kind is Kind.KREISFREIE_STADT for kreis in kreise()) == 22
    assert [kreis.name for kreis in kreise() if kreis.kind is Kind.STAEDTEREGION] == ["Städteregion Aachen"]


def test_there_are_18_and_22_programme_units() -> None:
    cohorts = [unit.cohort for unit in programme_units()]
    assert (cohorts.count(2012), cohorts.count(2017), len(cohorts)) == (18, 22, 40)


def test_every_key_has_the_form_of_its_level() -> None:
    assert all(is_ags(key.removeprefix("JH")) for keys in known_units().values() for key in keys)
    assert {len(key) for key in known_units()["kreis"]} == {5}
    assert {len(key) for key in known_units()["municipality"]} == {8}
    assert len(known_units()["municipality"]) == 22 + 12


def test_youth_offices_have_their_own_keys_but_those_of_cities_have_the_city_s() -> None:
    offices = {unit.name: youth_office_of(unit) for unit in programme_units()}
    assert (offices["Bielefeld"], offices["Arnsberg"]) == ("05711000", "JH05958004")
    assert [key for name, key in offices.items() if "Warendorf" in name] == ["JH05570999"]
    assert [name for name, key in offices.items() if key is None and "Recklinghausen" in name] != []
    assert {key for key in offices.values() if key} <= known_units()["youth_office"]
    assert level_of("JH05570999") == "youth_office"
    assert kreis_of("JH05570999") == "05570"
    assert unit_name("JH05958004") == "Jugendamt Arnsberg"


def test_a_whole_kreis_has_share_one_and_a_town_less() -> None:
    for unit in programme_units():
        assert (unit.share_of_kreis_population == 1.0) is unit.is_whole_kreis
        assert 0 < unit.share_of_kreis_population <= 1


def test_a_kreisfreie_stadt_has_two_keys() -> None:
    assert as_whole_kreis("05111000") == as_whole_kreis("05111") == "05111"
    assert municipality_key("05111") == "05111000"
    assert (level_of("05111"), level_of("05111000")) == ("kreis", "municipality")
    assert unit_name("05111") == unit_name("05111000") == "Düsseldorf"


def test_a_town_lies_in_a_kreis_and_is_none() -> None:
    assert kreis_of("05570004") == "05570"
    assert as_whole_kreis("05570004") is None
    assert municipality_key("05570") is None


@pytest.mark.parametrize("function", [unit_name, level_of, kreis_of, as_whole_kreis, municipality_key])
def test_an_unknown_key_is_an_error(function: object) -> None:
    assert callable(function)
    with pytest.raises(KeyError):
        function("05999998")


@pytest.mark.parametrize("name", ["kreise.csv", "programme_units.csv"])
def test_every_table_names_its_source(name: str) -> None:
    text = resources.files("kkz_eval.reference").joinpath(name).read_text(encoding="utf-8")
    assert text.startswith("# Transcribed facts:")
    assert "dl-de/by-2-0" in text


def test_units_equal_the_compiled_source() -> None:
    path = SHARED / "data" / "cohorts" / "kekiz_cohorts.csv"
    if not path.exists():
        pytest.skip("the shared data are not beside this repository")
    with path.open(encoding="utf-8", newline="") as file:
        source = {
            (row["ags"], int(row["cohort"]), row["kreis_ags5"], float(row["share_of_kreis_pop"])) for row in csv.DictReader(file)
        }
    assert {(unit.ags, unit.cohort, unit.kreis_ags5, unit.share_of_kreis_population) for unit in programme_units()} == source


def test_names_are_in_proper_german() -> None:
    names = {kreis.ags5: kreis.name for kreis in kreise()}
    assert names["05154"] == "Kreis Kleve"
    assert names["05162"] == "Rhein-Kreis Neuss"
    assert names["05116"] == "Mönchengladbach"
    assert not [name for name in names.values() if "," in name]
