"""The effects file: what is accepted, and a sentence with place and remedy for everything else."""

from __future__ import annotations

from pathlib import Path

import pytest

from kkz_eval.model.errors import UserError
from kkz_eval.model.texts import catalogue
from kkz_eval.simulation.effects import EffectsInvalid, load_effects, parse_effects

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
        (b"effects_version: 1\neffects: [\n", "yaml_unclosed", "Zeile 2"),
        (b"\xff\xfe", "not_utf8", "UTF-8"),
        (b"", "wrong_type.object", "Schlüssel mit Werten"),
        (b"- 1\n", "wrong_type.object", "Schlüssel mit Werten"),
        (b"effects: []\n", "missing_key", "effects_version"),
        (b"effects_version: 2\neffects: []\n", "not_allowed", "effects_version (Zeile 1): 2"),
        (b"effects_version: 1\neffects: {}\n", "wrong_type.array", "Liste"),
        (b"effects_version: 1\neffects: []\nseed: 3\n", "unknown_key", "seed (Zeile 3)"),
        (b"effects_version: 1\neffects: [3]\n", "wrong_type.object", "effects[0] (Zeile 2)"),
        (_file(ENTRY, ENTRY.replace("2012", "2017") + ", grwth: 1"), "unknown_key_suggest", "effects[1].grwth (Zeile 4)"),
        (_file("indicator: schulabgaenge_ohne_abschluss, cohort: 2012"), "missing_key", "effect"),
        (_file(ENTRY.replace("ohne_abschluss", "ohne")), "not_allowed_suggest", "schulabgaenge_hochschulreife"),
        (_file(ENTRY.replace("schulabgaenge_ohne_abschluss", "[a]")), "not_allowed", '["a"]'),
        (_file(ENTRY.replace("ohne_abschluss", "mittlerer_abschluss")), "absorbing", "gleicht"),
        (_file(ENTRY.replace("2012", "2013")), "not_allowed", "2012, 2017, all"),
        (_file(ENTRY.replace("2012", "true")), "not_allowed", "true"),
        (_file(ENTRY.replace("2012", "[2012]")), "not_allowed", "[2012]"),
        (_file(ENTRY.replace("-1", "stark")), "wrong_type.number", "stark"),
        (_file(ENTRY.replace("-1", "'-0,5'")), "wrong_type.number", "Dezimalpunkt"),
        (_file(ENTRY.replace("-1", ".nan")), "not_finite", "effects[0].effect (Zeile 3): .nan ist keine Zahl"),
        (_file(ENTRY.replace("-1", "101")), "unexpected", "101"),
        (_file(ENTRY.replace("-1", "yes")), "wrong_type.number", "yes"),
        (_file(ENTRY + ", growth: x"), "wrong_type.number", "growth"),
        (_file(ENTRY + ", from: 1.5"), "wrong_type.integer", "1.5"),
        (_file(ENTRY + ", from: -1"), "unexpected", "-1"),
        (_file(ENTRY, ENTRY.replace("2012", "all")), "overlap", "effects[1] (Zeile 4): Dieser Eintrag und der in Zeile 3"),
        (_file(ENTRY + ", effect: -2"), "duplicate_key", "effects[0].effect (Zeile 3)"),
    ],
)
def test_every_fault_is_a_sentence(content: bytes, code: str, shown: str) -> None:
    with pytest.raises(EffectsInvalid) as caught:
        parse_effects(content, "e.yaml")
    assert code in [problem.code for problem in caught.value.problems]
    assert caught.value.exit_code == 2
    sentence = caught.value.sentence.in_language("de")
    assert "e.yaml" in sentence
    assert shown in sentence
    assert caught.value.sentence.in_language("en") != sentence


def test_all_faults_are_said_at_once() -> None:
    with pytest.raises(EffectsInvalid) as caught:
        parse_effects(_file(ENTRY.replace("2012", "2013") + ", from: 99", ENTRY.replace("-1", "x")) + b"seed: 1\n", "e.yaml")
    assert [problem.path for problem in caught.value.problems] == [
        "effects[0].cohort",
        "effects[0].from",
        "effects[1].effect",
        "seed",
    ]


def test_a_file_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        load_effects(tmp_path / "nowhere.yaml")
    assert "nowhere.yaml" in caught.value.sentence.in_language("de")


def test_a_byte_order_mark_is_no_fault() -> None:
    assert parse_effects(b"\xef\xbb\xbf" + _file(ENTRY), "e.yaml").entries


def test_both_languages_have_the_same_sentences() -> None:
    assert set(catalogue("kkz_eval.simulation", "de")) == set(catalogue("kkz_eval.simulation", "en"))
