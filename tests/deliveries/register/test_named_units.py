"""A name that says another unit than the file is told; names of the same Kreis, its office and its towns are none."""

from __future__ import annotations

import pytest

from kkz_eval.deliveries.register.named_units import others_than_named


@pytest.mark.parametrize(
    ("name", "units"),
    [
        ("schulabgaenge_05117000_Muelheim.csv", ["05913000"]),
        ("schulabgaenge_05162024_Neuss.csv", ["05162004"]),  # two towns of one Kreis
        ("hilfen_JH05358999.xlsx", ["05366", "05366999"]),
    ],
)
def test_another_unit_is_told_by_key_and_name(name: str, units: list[str]) -> None:
    said = others_than_named(name, units)
    assert said is not None
    words = said.in_language("de")
    assert all(part in words for part in (name.split("_")[1].split(".", maxsplit=1)[0], units[0]))


@pytest.mark.parametrize(
    ("name", "units"),
    [
        ("schulabgaenge_05117000_Muelheim.csv", ["05117000"]),
        ("schulabgaenge_05117_Muelheim.csv", ["05117000"]),
        ("schulabgaenge_05366_Kreis_Euskirchen.csv", ["05366004", "05366008"]),
        ("ausgaben_JH05366999.csv", ["05366"]),
        ("ausgaben_05162024.csv", ["JH05162024"]),
        ("schulabgaenge_05117000_05913000.csv", ["05913000"]),
        ("schulabgaenge_2012.csv", ["05913000"]),
        ("schulabgaenge_05999999.csv", ["05913000"]),  # no unit
        ("05162024abcd_markiert.xlsx", ["05913000"]),  # part of a digest
        ("schulabgaenge_05117000.csv", []),
        ("schulabgaenge_05117000.csv", ["05999999"]),  # a finding of its own
    ],
)
def test_a_name_of_the_same_or_no_unit_is_not(name: str, units: list[str]) -> None:
    assert others_than_named(name, units) is None
