"""Both catalogues say the same things with the same parameters, and every code in the sources has its sentence."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kkz_eval.evaluation.estimators.concentration import Concentration
from kkz_eval.evaluation.problems import COUNTED, Figure, Note, Rounded
from kkz_eval.model.texts import LANGUAGES, Language, catalogue

PACKAGE = "kkz_eval.evaluation"
SOURCES = Path(__file__).parents[2] / "kkz_eval" / "evaluation"


def test_catalogues_have_the_same_keys_and_parameters() -> None:
    german, english = catalogue(PACKAGE, "de"), catalogue(PACKAGE, "en")
    assert german.keys() == english.keys()
    for key, sentence in german.items():
        wanted = set(re.findall(r"\{([a-z_]+)\}", sentence))
        assert wanted == set(re.findall(r"\{([a-z_]+)\}", english[key])), key


def test_every_code_in_the_sources_has_a_sentence() -> None:
    sources = "\n".join(path.read_text(encoding="utf-8") for path in sorted(SOURCES.rglob("*.py")))
    keys = catalogue(PACKAGE, "de").keys()
    for code in re.findall(r'Problem\("([a-z_.]+)"', sources):
        assert f"problems.{code}" in keys
    for code in re.findall(r'Refused\(\s*"([a-z_]+)"', sources):
        assert {f"refused.{code}", f"refused.{code}.one"} & keys
    for code in re.findall(r'Note\("((?:notes|refused)\.[a-z_]+)"', sources):
        assert {code, f"{code}.one"} & keys


SAME_FOR_ONE = {
    *("notes.placebo_draws", "notes.placebo_enumerated", "notes.permutation_draws", "notes.permutation_enumerated"),
    *("notes.one_control_each", "notes.controls_trimmed", "refused.held_fixed_too_much"),
}
"""Notes on two and more by what they say, or whose count no noun follows."""


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_note_that_counts_has_a_form_for_one(language: Language) -> None:
    texts = {key: text for key, text in catalogue(PACKAGE, language).items() if key.startswith(("notes.", "refused."))}
    counting = {key for key, text in texts.items() if re.search(rf"\{{({'|'.join(COUNTED)})\}} (\w+ )?[A-Za-z]", text)}
    assert {key for key in counting - SAME_FOR_ONE if not key.endswith((".one", ".several"))} == set()
    assert {key.rpartition(".")[0] for key in texts if key.endswith(".one")} == {
        key.rpartition(".")[0] for key in texts if key.endswith(".several")
    }


def test_one_thing_is_said_in_the_singular() -> None:
    one, several = (Note("notes.value_missing", {"cells": cells}).sentence for cells in (1, 2))
    assert (one.in_language("de"), several.in_language("de")) == (
        "1 Zelle ohne Wert bleibt außen vor.",
        "2 Zellen ohne Wert bleiben außen vor.",
    )
    assert one.in_language("en") == "1 cell without a value is left out."


@pytest.mark.parametrize(
    ("value", "german", "english"),
    [
        *((15.66, "15,7", "15.7"), (4567.8, "4.570", "4,570"), (0.000123, "0,000123", "0.000123"), (100.0, "100", "100")),
        *((0.0, "0", "0"), (-0.25, "-0,25", "-0.25"), (float("inf"), "∞", "∞")),
        *((1.234e9, "1,23·10⁹", "1.23·10⁹"), (9.99e-7, "9,99·10⁻⁷", "9.99·10⁻⁷")),
    ],
)
def test_a_rounded_figure_is_written_as_its_language_writes_it(value: float, german: str, english: str) -> None:
    assert (Rounded(value).in_language("de"), Rounded(value).in_language("en")) == (german, english)


def test_a_note_has_the_decimal_comma_in_german() -> None:
    notes = (Concentration(0.1566, 7.8, 8).note, Concentration(0.1566, 7.8, 8, "2010/2008").note)
    assert all("15,7 %" in note.sentence.in_language("de") and "7,8 " in note.sentence.in_language("de") for note in notes)


@pytest.mark.parametrize(("value", "german"), [(0.00049, "< 0,001"), (0.0005001, "0,001"), (0.0, "0"), (1.25, "1,25")])
def test_a_figure_above_zero_is_never_said_to_be_zero(value: float, german: str) -> None:
    assert Figure(value).in_language("de") == german
