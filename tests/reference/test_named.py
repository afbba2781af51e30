"""A name speaks against a key only where the register knows it for another unit of the level."""

from __future__ import annotations

import pytest

from kkz_eval.reference.named import name_of_another, proper_name
from kkz_eval.reference.register import dissolved_kreise, municipalities, youth_offices
from kkz_eval.reference.tables import kreise


def test_every_unit_of_the_register_bears_its_own_name() -> None:
    areas = [(kreis.ags5, kreis.name) for kreis in kreise()] + [(unit.key, unit.name) for unit in dissolved_kreise()]
    assert not [key for key, name in areas if name_of_another(key, "kreis", name)]
    for level, units in (("municipality", municipalities()), ("youth_office", youth_offices())):
        assert not [unit.key for unit in units if name_of_another(unit.key, level, unit.name)]


@pytest.mark.parametrize(
    ("key", "level", "name"),
    [
        ("05111", "kreis", "    Duisburg, krfr. Stadt"),
        ("05382", "kreis", "Rhein-Kreis Neuss"),
        ("05958004", "municipality", "Bestwig"),
        ("JH05958004", "youth_office", "Jugendamt Gladbeck"),
    ],
)
def test_the_name_of_another_unit_is_seen(key: str, level: str, name: str) -> None:
    assert name_of_another(key, level, name)


@pytest.mark.parametrize(
    ("key", "level", "name"),
    [
        ("05111", "kreis", "Düsseldorf, Stadt"),
        ("05111", "kreis", "Landeshauptstadt am Rhein"),
        ("05111", "land", "Duisburg"),
        ("09162", "kreis", "Duisburg"),
        ("05334", "kreis", "Städteregion Aachen (einschl. Stadt Aachen)"),
        ("05354", "kreis", "Aachen, Kreis"),
        ("05382", "kreis", "Rhein-Sieg-Kreis"),
    ],
)
def test_an_own_unknown_or_foreign_name_says_nothing(key: str, level: str, name: str) -> None:
    assert not name_of_another(key, level, name)


@pytest.mark.parametrize(
    "label",
    ["Kleve, Kreis", "Kreis Kleve", "Kleve (Kreis)", "Jugendamt Kleve", "Kreisjugendamt des Kreises Kleve", "Kleve-Kreis"],
)
def test_the_proper_name_is_bare(label: str) -> None:
    assert proper_name(label) == "kleve"
