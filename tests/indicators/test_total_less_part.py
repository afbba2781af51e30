"""A group that a table does not name: all less a part. Counts, error, symbols and edges of both observations."""

from __future__ import annotations

import math
from pathlib import Path

import pyarrow as pa
import pytest

from kkz_eval.indicators.catalogue import Indicator, IndicatorSource, Selection, Share, load_catalogue
from kkz_eval.indicators.rates import indicator_values, observations_for
from kkz_eval.model.errors import UserError
from kkz_eval.model.tables import OBSERVATIONS

FOLDER = Path(__file__).parents[2] / "data_contracts"
TEXT = {"de": "x", "en": "x"}


def selection(certificate: str, sex: str, less: tuple[tuple[str, str], ...] = ()) -> Selection:
    return Selection("leavers", (("certificate", certificate), ("sex", sex)), less=less)


GIRLS = Share(selection("none", "girls"), selection("all", "girls"))
LESS = (("sex", "girls"),)
BOYS = IndicatorSource("leavers", selection("none", "total", LESS), selection("all", "total", LESS), 100.0)
GAP = IndicatorSource("leavers", BOYS.numerator, BOYS.denominator, 100.0, GIRLS)


def cell(certificate: str, sex: str, value: float | None, flag: str | None = None) -> dict:
    return {
        "observation_id": f"{certificate}-{sex}", "unit_id": "05111", "level": "kreis", "year": 2023, "dataset": "leavers",
        "measure": "leavers", "dimensions": [("certificate", certificate), ("sex", sex)], "value": value, "value_delivered": None,
        "unit": "", "flag": flag, "edition": "", "known_from": 1, "delivery_sha256": "s", "sheet": None, "row": None, "column": None,
        "correction_id": None,
    }  # fmt: skip


def rows(**changed: dict | None) -> list[dict]:
    table = {
        "none_total": cell("none", "total", 50.0),
        "none_girls": cell("none", "girls", 20.0),
        "all_total": cell("all", "total", 500.0),
        "all_girls": cell("all", "girls", 200.0),
    }
    return [row for row in (table | changed).values() if row is not None]


def only(source: IndicatorSource, table: list[dict]) -> tuple[dict, set[str]]:
    indicator = Indicator("rate", TEXT, TEXT, TEXT, 2, None, "secondary", (source,), ())
    observed = {"leavers": pa.Table.from_pylist(table, schema=OBSERVATIONS.schema)}
    result = indicator_values(indicator, source, observations_for(observed, source), "official")
    (row,) = result.indicators.to_pylist()
    return row, set(result.edges.column("observation_id").to_pylist())


def test_numerator_and_denominator_are_what_is_left_of_the_total() -> None:
    row, edges = only(BOYS, rows())
    assert (row["numerator"], row["denominator"], row["value"], row["flag"]) == (30.0, 300.0, 10.0, None)
    assert row["std_error"] == pytest.approx(100 * math.sqrt(0.1 * 0.9 / 300), rel=1e-12)
    assert edges == {"none-total", "none-girls", "all-total", "all-girls"}


def test_the_gap_is_that_of_two_disjoint_groups() -> None:
    row, edges = only(GAP, rows(none_girls=cell("none", "girls", 8.0)))
    assert row["value"] == pytest.approx(14.0 - 4.0)
    assert row["std_error"] == pytest.approx(100 * math.sqrt(0.14 * 0.86 / 300 + 0.04 * 0.96 / 200), rel=1e-12)
    assert edges == {"none-total", "none-girls", "all-total", "all-girls"}


@pytest.mark.parametrize("certificate", ["none", "all"])
@pytest.mark.parametrize("sex", ["total", "girls"])
def test_a_symbol_in_either_leaves_it_missing(certificate: str, sex: str) -> None:
    row, _ = only(BOYS, rows(**{f"{certificate}_{sex}": cell(certificate, sex, None, ".")}))
    assert (row["value"], row["std_error"], row["flag"]) == (None, None, ".")


@pytest.mark.parametrize("gone", ["none_total", "none_girls", "all_total", "all_girls"])
def test_a_total_or_part_that_is_not_there_leaves_it_missing(gone: str) -> None:
    row, _ = only(BOYS, rows(**{gone: None}))
    assert row["value"] is None


def test_a_part_above_its_total_gives_no_number() -> None:
    row, _ = only(BOYS, rows(none_girls=cell("none", "girls", 51.0)))
    assert (row["numerator"], row["value"]) == (None, None)


def test_two_observations_of_the_part_are_refused() -> None:
    twice = [*rows(), {**cell("none", "girls", 1.0), "observation_id": "again"}]
    with pytest.raises(ValueError, match="two observations"):
        only(BOYS, twice)


@pytest.mark.parametrize("less", ["{sex: insgesamt}", "{age: alle}"])
def test_a_part_that_is_no_part_of_its_total_is_refused(less: str, tmp_path: Path) -> None:
    source = (FOLDER / "indicators.yaml").read_text(encoding="utf-8")
    assert "less: {sex: weiblich}" in source
    path = tmp_path / "indicators.yaml"
    path.write_text(source.replace("less: {sex: weiblich}", f"less: {less}", 1), encoding="utf-8")
    with pytest.raises(UserError, match=r"schulabgaenge_ohne_abschluss_luecke.*numerator\.less"):
        load_catalogue(path, FOLDER / "breaks.yaml")
