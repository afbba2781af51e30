"""Denominators that are sums, over codes and over the municipalities of a youth office, and figures declared invalid."""

from __future__ import annotations

import pyarrow as pa
import pytest

from kkz_eval.indicators.catalogue import Indicator, IndicatorSource, Invalid, Selection
from kkz_eval.indicators.rates import indicator_values, observations_for
from kkz_eval.model.tables import OBSERVATIONS
from kkz_eval.reference.register import municipalities_of_office

TEXT = {"de": "x", "en": "x"}
YOUNG = Selection("persons", (), "people", ("age", ("0", "1")), None, "municipalities")
OFFICES = IndicatorSource("support", Selection("cases"), YOUNG, 10000.0)
KREISE = IndicatorSource("support", Selection("cases"), Selection("persons", (), "people", ("age", ("0", "1")), "kreis"), 10000.0)


def cell(
    dataset: str, unit: str, value: float | None, age: str | None = None, level: str = "municipality", flag: str | None = None
) -> dict:
    return {
        "observation_id": f"{dataset}-{unit}-{age}", "unit_id": unit, "level": level, "year": 2024, "dataset": dataset,
        "measure": "cases" if dataset == "support" else "persons", "dimensions": [("age", age)] if age else [], "value": value,
        "value_delivered": None, "unit": "", "flag": flag, "edition": "", "known_from": 1, "delivery_sha256": "s", "sheet": None,
        "row": None, "column": None, "correction_id": None,
    }  # fmt: skip


def people(unit: str, *counts: float | None, level: str = "municipality", flag: str | None = None) -> list[dict]:
    return [cell("people", unit, count, str(age), level, flag if count is None else None) for age, count in enumerate(counts)]


def values(source: IndicatorSource, rows: list[dict], *invalid: Invalid) -> dict[str, dict]:
    indicator = Indicator("rate", TEXT, TEXT, TEXT, 1, None, "family", (source,), (), invalid)
    parts = {
        name: pa.Table.from_pylist([row for row in rows if row["dataset"] == name], schema=OBSERVATIONS.schema)
        for name in source.datasets
    }
    return {
        row["unit_id"]: row
        for row in indicator_values(indicator, source, observations_for(parts, source), "official").indicators.to_pylist()
    }


def test_the_denominator_of_an_office_is_the_sum_over_its_municipalities() -> None:
    towns = municipalities_of_office("JH05154999", 2024)
    assert len(towns) > 2
    rows = [
        cell("support", "JH05154999", 30.0, level="youth_office"),
        *(row for town in towns for row in people(town, 400.0, 100.0)),
    ]
    got = values(OFFICES, rows)["JH05154999"]
    assert (got["denominator"], got["value"]) == (500.0 * len(towns), pytest.approx(10000 * 30 / (500 * len(towns))))
    assert got["std_error"] > 0


@pytest.mark.parametrize("damage", ["no line", "no age", "symbol"])
def test_without_one_municipality_or_one_year_of_age_there_is_no_value(damage: str) -> None:
    first, *others = municipalities_of_office("JH05154999", 2024)
    broken = {"no line": [], "no age": people(first, 400.0), "symbol": people(first, 400.0, None, flag=".")}[damage]
    rows = [cell("support", "JH05154999", 30.0), *broken, *(row for town in others for row in people(town, 400.0, 100.0))]
    got = values(OFFICES, rows)["JH05154999"]
    assert (got["numerator"], got["denominator"], got["value"], got["std_error"]) == (30.0, None, None, None)
    assert got["flag"] == ("." if damage == "symbol" else None)


@pytest.mark.parametrize("key", ["05113", "05113000"])
def test_a_city_is_found_under_five_or_eight_digits(key: str) -> None:
    rows = [cell("support", "05113000", 30.0, level="youth_office"), *people(key, 400.0, 100.0)]
    assert values(OFFICES, rows)["05113000"]["value"] == pytest.approx(600.0)


def test_a_unit_that_is_no_office_has_no_value() -> None:
    rows = [cell("support", "JH05154123", 30.0), *people("05154008", 400.0, 100.0)]
    assert values(OFFICES, rows)["JH05154123"]["value"] is None


def test_a_level_keeps_the_other_units_of_the_dataset_out() -> None:
    rows = [cell("support", "05154", 30.0), *people("05154", 400.0, 100.0, level="kreis"), *people("05154008", 9.0, 9.0)]
    got = values(KREISE, rows)
    assert (list(got), got["05154"]["value"]) == (["05154"], pytest.approx(600.0))


@pytest.mark.parametrize(("dataset", "kept"), [("support", "denominator"), ("people", "numerator")])
def test_a_figure_declared_invalid_becomes_no_value(dataset: str, kept: str) -> None:
    rows = [
        cell("support", "05113", 30.0), *people("05113", 400.0, 100.0, level="kreis"),
        cell("support", "05154", 30.0), *people("05154", 400.0, 100.0, level="kreis"),
    ]  # fmt: skip
    got = values(KREISE, rows, Invalid(2024, ("05113",), (dataset,), TEXT))
    assert (got["05113"]["value"], got["05113"]["std_error"], got["05113"]["flag"]) == (None, None, "invalid")
    assert got["05113"][kept] is not None
    assert (got["05154"]["value"], got["05154"]["flag"]) == (pytest.approx(600.0), None)
    other = values(KREISE, rows, Invalid(2023, ("05113",), (dataset,), TEXT))
    assert other["05113"]["value"] == pytest.approx(600.0)


def test_letters_of_the_parts_stay_with_the_rate_that_is_made_of_them() -> None:
    first, *others = municipalities_of_office("JH05154999", 2024)
    marked = [cell("people", first, 400.0, "0", flag="p"), cell("people", first, 100.0, "1")]
    rest = [row for town in others for row in people(town, 400.0, 100.0)]
    got = values(OFFICES, [cell("support", "JH05154999", 30.0, level="youth_office", flag="r"), *marked, *rest])["JH05154999"]
    assert got["value"] is not None
    assert got["flag"] == "p r"
