"""The effects file: what is accepted, and a sentence with place and remedy for everything else."""

from __future__ import annotations

from pathlib import Path

import pytest

from kkz_eval.model.errors import UserError
from kkz_eval.model.texts import catalogue
from kkz_eval.simulation.effects import load_effects, parse_effects

ENTRY = "indicator: schulabgaenge_ohne_abschluss, cohort: 2012, effect: -1"


def _file(*entries: str) -> bytes:
    return ("effects_version: 1\neffects:\n" + "".join(f"  - {{{entry}}}\n" for entry in entries)).encode()


def test_an_entry_is_read_with_its_defaults() -> None:
    (entry,) = parse_effects(_file(ENTRY), "e.yaml").entries
    assert (entry.indicator, entry.cohorts, entry.effect, entry.start, entry.growth) == (
        "schulabgaenge_ohne_abschluss",
        (2012,),
        -1.0,
        0,
        0.0,
    )


def test_all_means_every_cohort() -> None:
    (entry,) = parse_effects(_file(ENTRY.replace("2012", "all")), "e.yaml").entries
    assert entry.cohorts == (2012, 2017)


@pytest.mark.parametrize(
    ("content", "code", "shown"),
    [
        (b"effects_version: 1\neffects: [\n", "effects_not_yaml", "Zeile"),
        (b"\xff\xfe", "effects_not_utf8", "UTF-8"),
        (b"", "effects_not_mapping", "effects_version"),
        (b"- 1\n", "effects_not_mapping", "effects_version"),
        (b"effects: []\n", "effects_missing_key", "effects_version"),
        (b"effects_version: 2\neffects: []\n", "effects_version", "2"),
        (b"effects_version: 1\neffects: {}\n", "effects_not_list", "Liste"),
        (b"effects_version: 1\neffects: []\nseed: 3\n", "effects_unknown_key", "seed"),
        (b"effects_version: 1\neffects: [3]\n", "effects_not_mapping", "Eintrag 1"),
        (_file(ENTRY, ENTRY.replace("2012", "2017") + ", grwth: 1"), "effects_unknown_key", "Eintrag 2"),
        (_file("indicator: schulabgaenge_ohne_abschluss, cohort: 2012"), "effects_missing_key", "effect"),
        (_file(ENTRY.replace("ohne_abschluss", "ohne")), "effects_indicator", "schulabgaenge_hochschulreife"),
        (_file(ENTRY.replace("schulabgaenge_ohne_abschluss", "[a]")), "effects_indicator", "['a']"),
        (_file(ENTRY.replace("ohne_abschluss", "mittlerer_abschluss")), "effects_absorbing", "gleicht"),
        (_file(ENTRY.replace("2012", "2013")), "effects_cohort", "2012, 2017, all"),
        (_file(ENTRY.replace("2012", "true")), "effects_cohort", "True"),
        (_file(ENTRY.replace("2012", "[2012]")), "effects_cohort", "[2012]"),
        (_file(ENTRY.replace("-1", "stark")), "effects_not_points", "stark"),
        (_file(ENTRY.replace("-1", ".nan")), "effects_not_points", "nan"),
        (_file(ENTRY.replace("-1", "101")), "effects_not_points", "101"),
        (_file(ENTRY.replace("-1", "yes")), "effects_not_points", "True"),
        (_file(ENTRY + ", growth: x"), "effects_not_points", "growth"),
        (_file(ENTRY + ", from: 1.5"), "effects_from", "1.5"),
        (_file(ENTRY + ", from: -1"), "effects_from", "-1"),
        (_file(ENTRY, ENTRY.replace("2012", "all")), "effects_overlap", "Einträge 1 und 2"),
    ],
)
def test_every_fault_is_a_sentence(content: bytes, code: str, shown: str) -> None:
    with pytest.raises(UserError) as caught:
        parse_effects(content, "e.yaml")
    assert caught.value.code == code
    assert caught.value.exit_code == 2
    sentence = caught.value.sentence("de")
    assert "e.yaml" in sentence
    assert shown in sentence
    assert caught.value.sentence("en") != sentence


def test_a_file_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        load_effects(tmp_path / "nowhere.yaml")
    assert "nowhere.yaml" in caught.value.sentence("de")


def test_a_byte_order_mark_is_no_fault() -> None:
    assert parse_effects(b"\xef\xbb\xbf" + _file(ENTRY), "e.yaml").entries


def test_both_languages_have_the_same_sentences() -> None:
    assert set(catalogue("kkz_eval.simulation", "de")) == set(catalogue("kkz_eval.simulation", "en"))
