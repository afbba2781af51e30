"""The Stärkungspakt: as many as the law says, in the municipalities of the register, and what follows for a Kreis."""

from __future__ import annotations

from collections import Counter

import pytest

from kkz_eval.reference.co_treatments import (
    STAERKUNGSPAKT,
    co_treatments,
    first_year,
    participations,
    share_of_municipalities,
)
from kkz_eval.reference.register import existing, municipalities
from kkz_eval.reference.tables import city_keys, kreise, unit_name

CITIES = {
    2011: {"Duisburg", "Oberhausen", "Remscheid", "Wuppertal", "Hagen", "Hamm"},
    2012: {"Essen", "Mönchengladbach", "Solingen", "Leverkusen", "Bottrop", "Gelsenkirchen", "Herne"},
    2017: {"Mülheim an der Ruhr"},
}


def test_each_stage_has_as_many_municipalities_as_were_announced() -> None:
    stages = Counter((one.stage, one.first_year) for one in participations(STAERKUNGSPAKT))
    assert stages == {(1, 2011): 34, (2, 2012): 27, (3, 2017): 3}
    assert len({one.ags for one in participations(STAERKUNGSPAKT)}) == 64


def test_the_counts_by_government_district_are_those_that_the_districts_published() -> None:
    """Köln 18, Arnsberg 14 and 5, Münster 13 with Laer; the rest is Düsseldorf and Detmold."""
    districts = Counter((one.ags[:3], one.stage) for one in participations(STAERKUNGSPAKT))
    assert sum(count for (district, _), count in districts.items() if district == "053") == 18
    assert (districts["059", 1], districts["059", 2], districts["059", 3]) == (14, 5, 0)
    assert sum(count for (district, _), count in districts.items() if district == "055") == 13


def test_keys_and_names_are_those_of_the_register() -> None:
    known = {unit.key: unit.name for unit in existing(municipalities(), 2019)}
    assert {one.ags: one.name for one in participations(STAERKUNGSPAKT)}.items() <= known.items()


@pytest.mark.parametrize("year", sorted(CITIES))
def test_the_cities_of_each_stage_are_known(year: int) -> None:
    began = {one.ags for one in participations(STAERKUNGSPAKT) if one.first_year == year}
    assert {unit_name(key) for key in city_keys().values() if key in began} == CITIES[year]


def test_a_city_takes_part_or_does_not_and_a_kreis_in_part() -> None:
    assert [share_of_municipalities(STAERKUNGSPAKT, "05113", year) for year in (2011, 2012, 2019)] == [0, 1, 1]
    assert share_of_municipalities(STAERKUNGSPAKT, "05111", 2019) == 0
    assert [share_of_municipalities(STAERKUNGSPAKT, "05562", year) for year in (2010, 2011, 2012)] == [0, 0.6, 1]
    assert share_of_municipalities(STAERKUNGSPAKT, "05334", 2017) == pytest.approx(
        4 / 10
    )  # Stolberg, Würselen, Monschau, Alsdorf


def test_the_first_year_of_a_kreis_is_that_of_its_first_municipality() -> None:
    assert (first_year(STAERKUNGSPAKT, "05566"), first_year(STAERKUNGSPAKT, "05978")) == (2017, 2011)
    assert first_year(STAERKUNGSPAKT, "05111") is None
    for kreis in kreise():
        start = first_year(STAERKUNGSPAKT, kreis.ags5)
        assert (share_of_municipalities(STAERKUNGSPAKT, kreis.ags5, 2019) > 0) is (start is not None)


def test_what_is_not_in_the_table_is_an_error() -> None:
    assert co_treatments() == (STAERKUNGSPAKT,)
    with pytest.raises(KeyError):
        participations("schuldenpakt")
    with pytest.raises(KeyError):
        share_of_municipalities(STAERKUNGSPAKT, "05999", 2012)
    with pytest.raises(KeyError):
        first_year(STAERKUNGSPAKT, "05334032")
