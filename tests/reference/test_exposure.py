"""The groups of the programme plan on real Kreise: 13 / 14 / 17 / 9, with names and reasons."""

from __future__ import annotations

import pytest

from kkz_eval.model.texts import LANGUAGES, catalogue
from kkz_eval.reference.exposure import Group, KreisGroup, Reason, kreis_groups

TREATED_2012 = {
    "Bielefeld", "Dortmund", "Duisburg", "Düsseldorf", "Gelsenkirchen", "Hamm", "Mönchengladbach", "Münster", "Oberhausen",
    "Wuppertal", "Kreis Düren", "Kreis Unna", "Kreis Warendorf",
}  # fmt: skip
TREATED_2017 = {
    "Bochum", "Bottrop", "Herne", "Köln", "Krefeld", "Leverkusen", "Mülheim an der Ruhr", "Kreis Coesfeld", "Kreis Euskirchen",
    "Kreis Herford", "Kreis Lippe", "Rheinisch-Bergischer Kreis", "Kreis Siegen-Wittgenstein", "Kreis Steinfurt",
}  # fmt: skip
NEVER = {
    "Essen", "Remscheid", "Solingen", "Kreis Kleve", "Kreis Viersen", "Bonn", "Kreis Heinsberg", "Rhein-Sieg-Kreis", "Kreis Borken",
    "Kreis Gütersloh", "Kreis Höxter", "Kreis Minden-Lübbecke", "Kreis Paderborn", "Hagen", "Märkischer Kreis", "Kreis Olpe",
    "Kreis Soest",
}  # fmt: skip
LEFT_OUT = {
    "Hochsauerlandkreis", "Rhein-Kreis Neuss", "Kreis Wesel", "Ennepe-Ruhr-Kreis", "Kreis Recklinghausen", "Kreis Mettmann",
    "Städteregion Aachen", "Rhein-Erft-Kreis", "Oberbergischer Kreis",
}  # fmt: skip


def _named(name: str, known_until: int = 2019) -> KreisGroup:
    return next(row for row in kreis_groups(known_until) if row.name == name)


@pytest.mark.parametrize(
    ("group", "cohort", "names", "count"),
    [
        (Group.TREATED, 2012, TREATED_2012, 13),
        (Group.TREATED, 2017, TREATED_2017, 14),
        (Group.NEVER, None, NEVER, 17),
        (Group.LEFT_OUT, None, LEFT_OUT, 9),
    ],
)
def test_groups_are_those_of_the_programme_plan(group: Group, cohort: int | None, names: set[str], count: int) -> None:
    found = [row.name for row in kreis_groups() if (row.group, row.cohort) == (group, cohort)]
    assert len(found) == count
    assert set(found) == names


def test_every_kreis_is_in_one_group() -> None:
    assert len({row.kreis_ags5 for row in kreis_groups()}) == len(kreis_groups()) == 53


def test_whole_in_2012_beats_a_town_that_joined_later() -> None:
    row = _named("Kreis Warendorf")
    assert (row.cohort, row.reason) == (2012, Reason.WHOLLY_BEFORE_PARTLY)
    assert (row.share(2012), row.share(2017)) == (1.0, 0.189)


def test_partly_in_2012_then_wholly_is_left_out() -> None:
    row = _named("Kreis Recklinghausen")
    assert (row.group, row.cohort, row.reason) == (Group.LEFT_OUT, None, Reason.PARTLY_BEFORE_WHOLLY)
    assert (row.share(2012), row.share(2017)) == (0.122, 1.0)


def test_partly_treated_kreise_keep_their_shares() -> None:
    row = _named("Rhein-Kreis Neuss")
    assert row.reason is Reason.PARTLY_TREATED
    assert (row.share(2012), row.share(2017)) == (0.141, 0.337)


def test_units_that_join_after_the_comparison_are_not_treated_in_it() -> None:
    assert _named("Bochum", 2016).group is Group.NEVER
    assert _named("Kreis Recklinghausen", 2016).reason is Reason.PARTLY_TREATED
    assert sum(row.cohort == 2012 for row in kreis_groups(2016)) == 13


@pytest.mark.parametrize("language", ["de", "en"])
def test_every_reason_is_a_sentence(language: str) -> None:
    for row in kreis_groups():
        sentence = row.sentence.in_language("de" if language == "de" else "en")
        assert row.name in sentence
        assert sentence.endswith(".")


def test_both_languages_have_every_reason() -> None:
    keys = {f"exposure.{reason}" for reason in Reason}
    for language in LANGUAGES:
        assert {key for key in catalogue("kkz_eval.reference", language) if key.startswith("exposure.")} == keys
