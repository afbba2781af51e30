"""Indicators: shares with their sampling error, symbols as flags, and edges to the observations they came from."""

import math
from dataclasses import replace

import pyarrow as pa
import pytest

from kkz_eval.indicators.catalogue import Break, Indicator, IndicatorSource, Selection, Share
from kkz_eval.indicators.memo import stored_indicator
from kkz_eval.indicators.rates import indicator_values, observations_for
from kkz_eval.model.tables import OBSERVATIONS
from kkz_eval.storage.steps import Steps
from kkz_eval.storage.store import Store

SHARE = IndicatorSource(
    "leavers", Selection("leavers", (("certificate", "none"),)), Selection("leavers", (("certificate", "all"),)), 100.0
)
GIVEN = IndicatorSource("inkar", Selection("a_schul_oA"), None, 1.0)
TEXT = {"de": "x", "en": "x"}


def indicator(source: IndicatorSource) -> Indicator:
    break_2013 = Break(2013, "event", {"de": "Doppeljahrgang", "en": "double year"})
    return Indicator("share", TEXT, TEXT, TEXT, 2, "decrease", "secondary", (source,), (break_2013,))


def observations(*rows: dict) -> pa.Table:
    plain = {
        "level": "kreis", "dataset": "leavers", "measure": "leavers", "unit": "", "edition": "", "known_from": 1,
        "delivery_sha256": "s", "value_delivered": None, "flag": None, "sheet": None, "row": None, "column": None,
        "correction_id": None,
    }  # fmt: skip
    full = [{**plain, **row, "dimensions": list(row.get("dimensions", {}).items())} for row in rows]
    return pa.Table.from_pylist(full, schema=OBSERVATIONS.schema)


def cell(unit: str, year: int, certificate: str, value: float | None, **more: object) -> dict:
    return {
        "observation_id": f"{unit}-{year}-{certificate}", "unit_id": unit, "year": year, "value": value,
        "dimensions": {"certificate": certificate, "sex": "insgesamt"}, **more,
    }  # fmt: skip


def values(table: pa.Table, source: IndicatorSource):
    return indicator_values(indicator(source), source, observations_for({source.dataset: table}, source), "official")


def test_a_share_with_its_standard_error_and_edges():
    result = values(observations(cell("05111", 2012, "none", 20.0), cell("05111", 2012, "all", 400.0)), SHARE)
    (row,) = result.indicators.to_pylist()
    assert (row["numerator"], row["denominator"], row["value"]) == (20.0, 400.0, 5.0)
    assert row["std_error"] == pytest.approx(100 * math.sqrt(0.05 * 0.95 / 400), rel=1e-12)
    assert sorted(e["observation_id"] for e in result.edges.to_pylist()) == ["05111-2012-all", "05111-2012-none"]


def test_a_numerator_that_is_no_part_of_its_denominator_has_no_error():
    table = observations(cell("05111", 2012, "none", 30.0), cell("05111", 2012, "all", 500.0))
    (row,) = values(table, replace(SHARE, sampling_error=False)).indicators.to_pylist()
    assert (row["numerator"], row["denominator"], row["value"], row["std_error"]) == (30.0, 500.0, 6.0, None)


def test_an_observation_without_the_dimension_is_not_meant():
    stray = cell("05111", 2012, "none", 7.0, observation_id="stray", dimensions={"sex": "insgesamt"})
    result = values(observations(stray, cell("05111", 2012, "none", 20.0), cell("05111", 2012, "all", 400.0)), SHARE)
    assert result.indicators.column("numerator").to_pylist() == [20.0]
    assert "stray" not in result.edges.column("observation_id").to_pylist()


def test_a_symbol_is_missing_with_its_flag_never_zero():
    result = values(observations(cell("05111", 2012, "none", None, flag="."), cell("05111", 2012, "all", 400.0)), SHARE)
    (row,) = result.indicators.to_pylist()
    assert row["value"] is None
    assert row["std_error"] is None
    assert row["flag"] == "."


@pytest.mark.parametrize("denominator", [0.0, None])
def test_no_denominator_no_value(denominator):
    result = values(observations(cell("05111", 2012, "none", 0.0), cell("05111", 2012, "all", denominator)), SHARE)
    assert result.indicators.column("value").to_pylist() == [None]


def test_a_numerator_without_its_denominator_is_a_row_without_value():
    result = values(observations(cell("05111", 2012, "none", 3.0)), SHARE)
    assert result.indicators.column("value").to_pylist() == [None]


def test_a_published_rate_is_taken_as_it_is_and_breaks_are_marked():
    rows = [
        {"observation_id": str(y), "unit_id": "05111", "year": y, "value": 6.1, "measure": "a_schul_oA", "dataset": "inkar"}
        for y in (2012, 2013)
    ]
    result = values(observations(*rows), GIVEN)
    assert result.indicators.column("value").to_pylist() == [6.1, 6.1]
    assert result.indicators.column("std_error").to_pylist() == [None, None]
    assert result.indicators.column("break_before").to_pylist() == [None, "Doppeljahrgang"]


LOG = IndicatorSource("leavers", Selection("leavers", (("certificate", "all"),)), None, 100.0, logarithm=True)


def test_the_logarithm_of_a_count_keeps_the_count_and_has_no_error():
    result = values(observations(cell("05111", 2012, "all", 400.0), cell("05111", 2013, "all", 404.0)), LOG)
    first, second = result.indicators.to_pylist()
    assert (first["value"], first["numerator"]) == (100 * math.log(400), 400.0)
    assert second["value"] - first["value"] == pytest.approx(100 * math.log1p(0.01))  # 1 per cent more is about 1 log point
    assert {first["std_error"], first["denominator"]} == {None}


@pytest.mark.parametrize(("count", "flag"), [(0.0, None), (None, ".")])
def test_no_count_and_a_count_of_zero_have_no_logarithm(count, flag):
    (row,) = values(observations(cell("05111", 2012, "all", count, flag=flag)), LOG).indicators.to_pylist()
    assert (row["value"], row["numerator"], row["flag"]) == (None, count, flag)


def test_counts_of_dissolved_kreise_are_added_before_the_logarithm():
    result = values(observations(cell("05313", 2008, "all", 100.0), cell("05354", 2008, "all", 300.0)), LOG)
    (row,) = result.indicators.to_pylist()
    assert (row["unit_id"], row["value"], row["numerator"]) == ("05334", 100 * math.log(400), 400.0)


def test_two_observations_for_one_cell_are_an_error_of_the_catalogue():
    twice = observations(cell("05111", 2012, "none", 1.0), cell("05111", 2012, "none", 2.0), cell("05111", 2012, "all", 9.0))
    with pytest.raises(ValueError, match="two observations"):
        values(twice, SHARE)


def test_only_a_changed_value_costs_a_computation(tmp_path):
    steps = Steps(Store.at(str(tmp_path)))
    first = observations(cell("05111", 2012, "none", 20.0), cell("05111", 2012, "all", 400.0))
    elsewhere = observations(
        cell("05111", 2012, "none", 20.0, delivery_sha256="t", row=9, known_from=2), cell("05111", 2012, "all", 400.0)
    )
    changed = observations(cell("05111", 2012, "none", 21.0), cell("05111", 2012, "all", 400.0))
    for table in (first, elsewhere, changed):
        stored_indicator(steps, indicator(SHARE), SHARE, {"leavers": table}, "official")
    computed = [step for step, _ in steps.journal.computed]
    assert computed == ["indicators", "indicator_edges"] * 2


CARE = IndicatorSource("care", Selection("children"), Selection("persons", (("age_group", "u3"),), "people"), 100.0)


def care_and_people(children: float, persons: float | None) -> dict[str, pa.Table]:
    place = {"unit_id": "05111", "year": 2012}
    care = {**place, "observation_id": "c", "dataset": "care", "measure": "children", "value": children}
    people = {**place, "dataset": "people", "measure": "persons"}
    return {
        "care": observations(care),
        "people": observations(
            {**people, "observation_id": "p", "value": persons, "dimensions": {"age_group": "u3"}},
            {**people, "observation_id": "q", "value": 1e6, "dimensions": {"age_group": "all"}},
        ),
    }


def test_a_denominator_may_come_from_another_dataset_and_edges_go_to_both():
    result = indicator_values(indicator(CARE), CARE, observations_for(care_and_people(120.0, 600.0), CARE), "official")
    (row,) = result.indicators.to_pylist()
    assert (row["numerator"], row["denominator"], row["value"], row["dataset"]) == (120.0, 600.0, 20.0, "care")
    assert sorted(e["observation_id"] for e in result.edges.to_pylist()) == ["c", "p"]


def test_a_changed_denominator_of_another_dataset_is_computed_anew(tmp_path):
    steps = Steps(Store.at(str(tmp_path)))
    values = [
        stored_indicator(steps, indicator(CARE), CARE, care_and_people(120.0, persons), "official")
        for persons in (600.0, 600.0, 480.0)
    ]
    assert [v.indicators.column("value").to_pylist() for v in values] == [[20.0], [20.0], [25.0]]
    assert len(steps.journal.computed) == 4


@pytest.mark.parametrize("below", ["care", None])
def test_a_denominator_of_the_own_dataset_needs_no_second_one(below):
    source = IndicatorSource("care", Selection("children"), Selection("persons", (), below), 100.0)
    assert source.datasets == ("care",)


def by_sex(sex: str) -> Share:
    return Share(
        Selection("leavers", (("certificate", "none"), ("sex", sex))),
        Selection("leavers", (("certificate", "all"), ("sex", sex))),
    )


def test_a_gap_is_the_difference_of_two_rates_with_the_errors_of_both():
    boys, girls = by_sex("m"), by_sex("w")
    gap = IndicatorSource("leavers", boys.numerator, boys.denominator, 100.0, girls)
    cells = [("none", "m", 30.0), ("all", "m", 300.0), ("none", "w", 10.0), ("all", "w", 250.0)]
    rows = [
        cell("05111", 2012, kind, value, dimensions={"certificate": kind, "sex": sex}, observation_id=kind + sex)
        for kind, sex, value in cells
    ]
    result = values(observations(*rows), gap)
    (row,) = result.indicators.to_pylist()
    assert row["value"] == pytest.approx(10.0 - 4.0)
    assert row["std_error"] == pytest.approx(100 * math.sqrt(0.1 * 0.9 / 300 + 0.04 * 0.96 / 250))
    assert (row["numerator"], row["denominator"]) == (None, None)
    assert sorted(e["observation_id"] for e in result.edges.to_pylist()) == ["allm", "allw", "nonem", "nonew"]
    without_girls = values(observations(*rows[:2]), gap)
    assert without_girls.indicators.column("value").to_pylist() == [None]


def test_a_gap_of_published_rates_has_no_sampling_error():
    gap = IndicatorSource("inkar", Selection("a_schul_oA_m"), None, 1.0, Share(Selection("a_schul_oA_w"), None))
    row = {"unit_id": "05111", "year": 2012, "dataset": "inkar"}
    table = observations(
        {**row, "observation_id": "m", "measure": "a_schul_oA_m", "value": 7.5},
        {**row, "observation_id": "w", "measure": "a_schul_oA_w", "value": 5.0},
    )
    (found,) = values(table, gap).indicators.to_pylist()
    assert (found["value"], found["std_error"]) == (2.5, None)


@pytest.mark.parametrize("count", [0.0, 4.0, 37.0, 40.0])
def test_small_counts_keep_their_value_and_have_an_error_above_zero(count):
    (row,) = values(
        observations(cell("05111", 2012, "none", count), cell("05111", 2012, "all", 40.0)), SHARE
    ).indicators.to_pylist()
    adjusted = (count + 2) / 44
    assert row["value"] == pytest.approx(100 * count / 40)
    assert row["std_error"] == pytest.approx(100 * math.sqrt(adjusted * (1 - adjusted) / 44))


def test_counts_of_the_kreis_and_city_of_aachen_are_a_rate_of_the_staedteregion():
    rows = [
        cell(unit, 2008, kind, value)
        for unit, kind, value in [
            ("05354", "none", 12.0),
            ("05354", "all", 200.0),
            ("05313", "none", 8.0),
            ("05313", "all", 100.0),
        ]
    ]
    result = values(observations(*rows), SHARE)
    (row,) = result.indicators.to_pylist()
    assert (row["unit_id"], row["numerator"], row["denominator"]) == ("05334", 20.0, 300.0)
    assert row["value"] == pytest.approx(100 * 20 / 300)
    assert len(result.edges) == 4


def test_published_rates_of_dissolved_units_are_never_added():
    rows = [
        {"observation_id": unit, "unit_id": unit, "year": 2008, "value": 6.0, "measure": "a_schul_oA", "dataset": "inkar"}
        for unit in ("05354", "05313")
    ]
    found = values(observations(*rows), GIVEN).indicators
    assert (found.column("unit_id").to_pylist(), found.column("value").to_pylist()) == (["05313", "05354"], [6.0, 6.0])


def test_two_breaks_of_one_year_are_both_marked():
    breaks = tuple(Break(2013, "event", {"de": name, "en": name}) for name in ("erster", "zweiter"))
    both = Indicator("share", TEXT, TEXT, TEXT, 2, None, "secondary", (GIVEN,), breaks)
    table = observations(
        {"observation_id": "x", "unit_id": "05111", "year": 2013, "value": 1.0, "measure": "a_schul_oA", "dataset": "inkar"}
    )
    found = indicator_values(both, GIVEN, observations_for({"inkar": table}, GIVEN), "official").indicators
    assert found.column("break_before").to_pylist() == ["erster; zweiter"]
