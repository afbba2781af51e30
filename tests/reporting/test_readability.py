"""How hard a text is to read, and that what stands first in a report is no harder than a newspaper."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from kkz_eval.model.texts import LANGUAGES
from kkz_eval.reporting import say
from kkz_eval.reporting.document import plain
from kkz_eval.reporting.readability import NEWSPAPERS, level_of, paragraphs_of, sentences_of, sentences_on
from kkz_eval.reporting.sections.front import front_of
from kkz_eval.reporting.sections.key import key_section
from kkz_eval.reporting.sections.limits import limits_section

LONGEST = 40  # words of a sentence in what is read first
VERDICTS = {
    "difference_desired": {},
    "difference_undesired": {"desired_direction": "increase"},
    "not_distinguishable": {"estimate": -0.31, "interval": (-1.5, 0.88), "p_raw": 0.6, "p_adjusted": 0.9},
    "not_comparable": {"estimate": 1.3, "interval": (0.9, 1.7), "slope_p": 0.012, "slope_bias": 1.43, "exposed_years": 3},
    "none": {"coverage_share": 0.2},
}
OFFICIALESE = (
    "Die Inanspruchnahme präventionsbezogener Unterstützungsangebote durch anspruchsberechtigte Bedarfsgemeinschaften wird "
    "unter Berücksichtigung sozialräumlicher Ausgangsbedingungen sowie einrichtungsübergreifender Kooperationsvereinbarungen "
    "hinsichtlich ihrer Veränderungsdynamik vergleichend dargestellt."
)


def test_the_measure_is_that_of_a_count_by_hand():
    level = level_of(["Die Quote sank. Das überrascht niemanden!"])  # 3 + 3 words in 2 sentences, 2 of 6 are long
    assert (level.per_sentence, level.long_words, level.lix) == (3.0, pytest.approx(100 / 3), pytest.approx(3 + 100 / 3))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Etwa 1.000 von 2,5 Mio.", [("Etwa", "1.000", "von", "2,5", "Mio")]),
        ("SGB-II-Quote 2012/13", [("SGB-II-Quote", "2012/13")]),
        ("Eines: Zwei; drei", [("Eines",), ("Zwei", "drei")]),
        ("Pro\u00adgramm", [("Programm",)]),
        ("„Gut.“ Sagt sie.", [("Gut",), ("Sagt", "sie")]),
        ("–", []),
    ],
)
def test_words_and_sentences_are_what_a_reader_takes_for_them(text, words):
    assert list(sentences_of([text])) == words


def test_a_number_is_no_long_word():
    assert level_of(["123456789 ja"]).long_words == 0


def test_a_text_without_a_word_has_no_level():
    with pytest.raises(ValueError, match="without a word"):
        level_of(["– …"])


def test_newspapers_are_as_they_were_measured():
    assert {language: level.lix for language, level in NEWSPAPERS.items()} == {"de": 59, "en": 52}


def test_officialese_is_harder_than_a_newspaper():
    assert level_of([OFFICIALESE]).lix > NEWSPAPERS["de"].lix


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", VERDICTS)
def test_the_findings_of_each_verdict_are_no_harder_than_a_newspaper(inputs, verdict, language, code):
    given = verdict(**VERDICTS[code])
    assert given.code.value == code
    one = replace(inputs, verdicts=dict.fromkeys(inputs.verdicts, given))
    said = [plain(parts) for parts in paragraphs_of(key_section(one, language))]
    level, newspaper = level_of(said), NEWSPAPERS[language]
    assert level.lix <= newspaper.lix
    assert level.per_sentence <= newspaper.per_sentence
    assert max(len(sentence) for sentence in sentences_of(said)) <= LONGEST


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", VERDICTS)
def test_the_one_page_is_no_harder_than_a_newspaper_whatever_it_has_to_say(inputs, verdict, language, code):
    one = replace(inputs, verdicts=dict.fromkeys(inputs.verdicts, verdict(**VERDICTS[code])))
    said = sentences_on(front_of(one, language))
    level, newspaper = level_of(said), NEWSPAPERS[language]
    assert level.lix <= newspaper.lix
    assert level.long_words <= newspaper.long_words
    assert max(len(sentence) for sentence in sentences_of(said)) <= LONGEST


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_figures_of_the_guide_are_about_those_of_today(inputs, language):
    guide = (Path(__file__).parents[2] / "docs" / "foundation.md").read_text(encoding="utf-8")
    named = re.findall(r"^\| (.+) \| \d+ \+ \d+ = (\d+) \| \d+ \+ \d+ = (\d+) \|$", guide, re.MULTILINE)
    told = {title: int(values[LANGUAGES.index(language)]) for title, *values in named}
    measured = {"Zeitungen": NEWSPAPERS[language].lix, "Die Seite davor": level_of(sentences_on(front_of(inputs, language))).lix}
    for section in (key_section(inputs, language), limits_section(inputs, language)):
        title = say(f"sections.{section.identifier}").in_language("de")
        measured[title] = level_of([plain(parts) for parts in paragraphs_of(section)]).lix
    assert told == {title: pytest.approx(value, abs=4) for title, value in measured.items()}
