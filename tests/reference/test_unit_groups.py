"""Units below the Kreis: how many are treated when, by each rule for nested units, and what is said of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import pytest

from kkz_eval.model.texts import LANGUAGES, catalogue
from kkz_eval.reference.exposure import Group, kreis_groups
from kkz_eval.reference.register import existing, municipalities
from kkz_eval.reference.tables import kreise, programme_units
from kkz_eval.reference.unit_groups import (
    Nested,
    UnitGroup,
    UnitReason,
    municipality_groups,
    nested_sentence,
    stratum_parts,
    unit_words,
    whole_kreise,
    youth_office_groups,
)

LEVELS = ("kreis", "municipality", "youth_office")
AHLEN, GLADBECK = "05570004", "05562014"  # joined 2017 in a Kreis of 2012, and 2012 in a Kreis of 2017


def counted(rows: Iterable[UnitGroup]) -> tuple[int, int, int, int]:
    """Treated 2012, treated 2017, never, left out."""
    found = Counter((row.group, row.cohort) for row in rows)
    keys = ((Group.TREATED, 2012), (Group.TREATED, 2017), (Group.NEVER, None), (Group.LEFT_OUT, None))
    assert set(found) <= set(keys)
    return tuple(found[key] for key in keys)  # type: ignore[return-value]


def named(rows: Iterable[UnitGroup], unit_id: str) -> UnitGroup:
    return next(row for row in rows if row.unit_id == unit_id)


@pytest.mark.parametrize(
    ("nested", "municipal", "offices_2007", "offices_2013"),
    [
        (Nested.EARLIEST_START, (53, 112, 231, 0), (29, 48, 96, 14), (29, 48, 109, 0)),
        (Nested.OWN_START, (52, 113, 231, 0), (28, 49, 96, 14), (28, 49, 109, 0)),
        (Nested.LEAVE_OUT_DOUBLE, (51, 112, 231, 2), (27, 48, 96, 16), (27, 48, 109, 2)),
        (Nested.LEAVE_OUT, (14, 13, 231, 138), (17, 20, 96, 54), (17, 20, 109, 40)),
    ],
)
def test_each_rule_gives_the_counts_of_the_documentation(
    nested: Nested, municipal: tuple[int, ...], offices_2007: tuple[int, ...], offices_2013: tuple[int, ...]
) -> None:
    assert counted(municipality_groups(nested, 2019)) == municipal
    assert counted(youth_office_groups(nested, 2019, (2007, 2019))) == offices_2007
    assert counted(youth_office_groups(nested, 2019, (2013, 2019))) == offices_2013


def test_the_counts_follow_from_the_lists_of_towns() -> None:
    """By hand: kreisfreie Städte, towns, and the municipalities of the Kreise of the programme."""
    towns = existing(municipalities(), 2019)
    of_kreise = {unit.ags: unit.cohort for unit in programme_units() if len(unit.ags) == 5}
    own = {unit.ags: unit.cohort for unit in programme_units() if len(unit.ags) == 8}
    first = [min(start) for town in towns if (start := [of_kreise.get(town.kreis_ags5, 9999), own.get(town.key, 9999)])]
    assert (first.count(2012), first.count(2017), first.count(9999)) == (53, 112, 231)


@pytest.mark.parametrize(
    ("nested", "ahlen", "gladbeck"),
    [
        (Nested.EARLIEST_START, 2012, 2012),
        (Nested.OWN_START, 2017, 2012),
        (Nested.LEAVE_OUT_DOUBLE, None, None),
        (Nested.LEAVE_OUT, None, None),
    ],
)
def test_the_rule_says_which_of_two_starts_holds(nested: Nested, ahlen: int | None, gladbeck: int | None) -> None:
    rows = municipality_groups(nested, 2019)
    assert (named(rows, AHLEN).cohort, named(rows, GLADBECK).cohort) == (ahlen, gladbeck)
    offices = youth_office_groups(nested, 2019, (2012, 2019))
    assert (named(offices, "JH" + AHLEN).cohort, named(offices, "JH" + GLADBECK).cohort) == (ahlen, gladbeck)


def test_starts_after_the_comparison_are_not_seen() -> None:
    rows = municipality_groups(Nested.LEAVE_OUT_DOUBLE, 2016)
    assert counted(rows) == (53, 0, 343, 0)
    assert named(rows, AHLEN).reason is UnitReason.WITH_KREIS
    assert named(rows, GLADBECK).reason is UnitReason.JOINED


def test_the_office_of_a_kreis_is_the_programme_unit_itself_and_a_town_with_its_own_is_nested() -> None:
    rows = youth_office_groups(Nested.LEAVE_OUT, 2019, (2007, 2019))
    assert (named(rows, "JH05570999").cohort, named(rows, "JH05570999").reason) == (2012, UnitReason.JOINED)
    assert named(rows, "JH05570008").reason is UnitReason.NESTED_LEFT_OUT  # Beckum
    assert not [row for row in rows if row.unit_id == "JH05562999"]  # Kreis Recklinghausen has none


def test_offices_that_changed_in_the_window_are_left_out_in_words() -> None:
    rows = youth_office_groups(Nested.OWN_START, 2019, (2007, 2019))
    assert named(rows, "JH05166016").reason is UnitReason.NOT_ALL_YEARS  # Nettetal, founded 2012
    assert named(rows, "JH05166999").reason is UnitReason.OTHER_TOWNS  # the district that lost it
    assert named(rows, "JH05362999").reason is UnitReason.NOT_ALL_YEARS  # closed 2010
    assert "2007 bis 2019" in named(rows, "JH05166999").sentence.in_language("de")
    later = youth_office_groups(Nested.OWN_START, 2019, (2012, 2019))
    assert named(later, "JH05166016").group is Group.NEVER


def test_an_office_that_only_got_another_key_is_one_office() -> None:
    rows = youth_office_groups(Nested.OWN_START, 2019, (2007, 2019))
    assert named(rows, "JH05334002").cohort == 2017  # Aachen, until 2009 under the key of the city
    assert named(rows, "JH05334999").group is Group.NEVER
    assert not {row.unit_id for row in rows} & {"05313000", "JH05354004", "JH05354999"}


def test_kreise_keep_their_own_rule() -> None:
    pairs = zip(whole_kreise(2019), kreis_groups(2019), strict=True)
    assert all((row.unit_id, row.group, row.cohort) == (of.kreis_ags5, of.group, of.cohort) for row, of in pairs)
    assert all(
        row.sentence.in_language("de") == of.sentence.in_language("de")
        for row, of in zip(whole_kreise(2019), kreis_groups(2019), strict=True)
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_unit_rule_and_level_is_said(language: str) -> None:
    spoken = "de" if language == "de" else "en"
    for nested in Nested:
        for row in (*municipality_groups(nested, 2019), *youth_office_groups(nested, 2019, (2007, 2019))):
            assert row.sentence.in_language(spoken).startswith(row.name)
            assert "None" not in row.sentence.in_language(spoken)
        for level in LEVELS[1:]:
            assert nested_sentence(nested, level).in_language(spoken).endswith(".")
    assert len({unit_words(level, spoken)["units"] for level in LEVELS}) == 3


def test_both_languages_have_every_reason_rule_and_level() -> None:
    keys = {f"units.{reason}" for reason in UnitReason} | {f"nested.{rule}" for rule in Nested}
    keys |= {f"levels.{level}.{number}" for level in LEVELS for number in ("one", "many", "full")}
    for language in LANGUAGES:
        assert {key for key in catalogue("kkz_eval.reference", language) if not key.startswith(("exposure.", "errors."))} == keys


@pytest.mark.parametrize(
    ("unit_id", "kind"),
    [
        ("05111000", "kreisfrei"),
        ("05111", "kreisfrei"),
        ("05570004", "kreisangehoerig"),
        ("JH05570004", "kreisangehoerig"),
        ("JH05570999", "kreis"),
        ("05570", "kreis"),
        ("05334", "kreis"),
        ("05334002", "kreisangehoerig"),
    ],
)
def test_strata_are_of_the_units_kind_and_district(unit_id: str, kind: str) -> None:
    kinds = {kreis.ags5: kreis.kind for kreis in kreise()}
    assert stratum_parts(unit_id, kinds) == {"kind": kind, "government_district": unit_id.removeprefix("JH")[:3]}
