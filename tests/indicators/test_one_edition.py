"""Editions are not mixed within a comparison; what changed between two editions; values that are not final."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pytest

from kkz_eval.indicators.catalogue import Indicator
from kkz_eval.indicators.one_edition import Mix, mix_of, require_comparable
from kkz_eval.indicators.quality import marks_of
from kkz_eval.indicators.revisions import COLUMNS, revisions
from kkz_eval.model.errors import UserError

A, B = "05111", "05112"
UNITS = frozenset({A, B})
RATE = Indicator("rate", {}, {}, {}, 1, None, "kita", (), ())


def cells(*rows: tuple[str, int, str, float | None]) -> pa.Table:
    """unit_id, year, edition, value."""
    columns = list(zip(*rows, strict=True)) or [(), (), (), ()]
    types = (pa.string(), pa.int32(), pa.string(), pa.float64())
    names = ("unit_id", "year", "edition", "value")
    return pa.table({name: pa.array(column, kind) for name, column, kind in zip(names, columns, types, strict=True)})


def edition(name: str, *places: tuple[str, int]) -> pa.Table:
    return cells(*((unit, year, name, 1.0) for unit, year in places))


def checked(used: pa.Table, *editions: tuple[str, pa.Table]) -> Mix:
    mixed = mix_of({"numerator": used}, UNITS, None)
    assert mixed is not None
    return require_comparable(RATE, mixed, {name: {"numerator": table} for name, table in editions}, UNITS, None)


def test_one_edition_is_no_mix() -> None:
    assert mix_of({"numerator": edition("2018", (A, 2010), (B, 2010))}, UNITS, None) is None


@pytest.mark.parametrize(
    "other",
    [("05999", 2010, "2017", 1.0), (A, 2001, "2017", 1.0), (B, 2010, "2017", None)],
    ids=["another unit", "another year", "no value"],
)
def test_only_values_that_are_compared_count(other: tuple[str, int, str, float | None]) -> None:
    table = pa.concat_tables([edition("2018", (A, 2010)), cells(other)])
    assert mix_of({"numerator": table}, UNITS, (2005, 2015)) is None


def test_a_mix_between_units_of_a_year_is_refused_with_the_edition_that_has_all() -> None:
    old = edition("2017", (A, 2010), (B, 2010))
    new = edition("2018", (A, 2010))
    used = cells((A, 2010, "2018", 1.0), (B, 2010, "2017", 1.0))
    with pytest.raises(UserError) as refused:
        checked(used, ("2017", old), ("2018", new))
    assert "2010" in refused.value.sentence.in_language("de")
    assert refused.value.sentence.in_language("de").endswith("alle Werte haben: 2017.")


def test_a_mix_between_units_is_refused_where_no_edition_has_all() -> None:
    used = cells((A, 2010, "2018", 1.0), (B, 2010, "2017", 1.0))
    with pytest.raises(UserError) as refused:
        checked(used, ("2017", edition("2017", (B, 2010))), ("2018", edition("2018", (A, 2010))))
    assert refused.value.sentence.in_language("de").endswith("alle Werte haben: –.")


def test_a_mix_between_years_is_refused_where_one_edition_has_them_all() -> None:
    old = edition("2017", (A, 2010), (B, 2010), (A, 2011), (B, 2011))
    used = cells((A, 2010, "2017", 1.0), (B, 2010, "2017", 1.0), (A, 2011, "2018", 1.0), (B, 2011, "2018", 1.0))
    with pytest.raises(UserError) as refused:
        checked(used, ("2017", old), ("2018", edition("2018", (A, 2011), (B, 2011))))
    assert refused.value.sentence.in_language("de").endswith("alle Werte haben: 2017.")


def test_years_follow_each_other_where_no_edition_has_them_all() -> None:
    used = cells((A, 2010, "2017", 1.0), (B, 2010, "2017", 1.0), (A, 2011, "2018", 1.0), (B, 2011, "2018", 1.0))
    mixed = checked(used, ("2017", edition("2017", (A, 2010), (B, 2010))), ("2018", edition("2018", (A, 2011), (B, 2011))))
    assert (mixed.indicator, mixed.years) == ("rate", (("2017", (2010,)), ("2018", (2011,))))


def test_a_mix_in_the_denominator_is_one_too() -> None:
    mixed = mix_of(
        {"numerator": edition("2018", (A, 2010), (B, 2010)), "denominator": cells((A, 2010, "x", 1.0), (B, 2010, "y", 1.0))},
        UNITS,
        None,
    )
    assert mixed is not None
    assert (mixed.part, mixed.crossed) == ("denominator", ((2010, ("x", "y")),))


def indicators(*rows: tuple[str, int, float | None, str | None]) -> pa.Table:
    """unit_id, year, value, flag."""
    unit_ids, years, values, flags = zip(*rows, strict=True)
    return pa.table(
        {
            "indicator": ["rate"] * len(rows),
            "unit_id": unit_ids,
            "year": years,
            "value": pa.array(values, pa.float64()),
            "flag": pa.array(flags, pa.string()),
        }
    )


def _shown(tables: Sequence[tuple[str, pa.Table]]) -> list[tuple[object, ...]]:
    return list(revisions(tables)[["unit_id", "older", "newer", "difference"]].itertuples(index=False, name=None))


def test_revisions_are_differences_of_successive_editions_the_largest_first() -> None:
    first = indicators((A, 2010, 5.0, None), (B, 2010, 6.0, None))
    second = indicators((A, 2010, 5.25, None), (B, 2010, 5.0, None))
    third = indicators((A, 2010, 5.25, None), (B, 2010, None, "."))
    assert _shown([("2017", first), ("2018", second), ("2024", third)]) == [
        (B, "2017", "2018", -1.0),
        (A, "2017", "2018", 0.25),
        (A, "2018", "2024", 0.0),
    ]


def test_one_edition_has_no_revisions() -> None:
    assert list(revisions([("2017", indicators((A, 2010, 5.0, None)))]).columns) == list(COLUMNS)


def test_values_that_are_not_final_are_counted_by_letter() -> None:
    table = indicators((A, 2010, 5.0, "p"), (B, 2010, 5.0, "P"), (A, 2011, 5.0, "r"), (B, 2011, None, "p"), (A, 2001, 5.0, "p"))
    assert marks_of(table, UNITS, (2005, 2015)) == {"p": 2, "r": 1}
    assert marks_of(table, frozenset({B}), None) == {"p": 1}
