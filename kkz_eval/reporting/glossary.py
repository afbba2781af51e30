"""The words that reports use and explain, one source for the report's appendix and for pages that explain them. No layout.

A word is a name here and its stem, term and meaning in the texts; the stem is what tells that a report uses it.
"""

from __future__ import annotations

from dataclasses import dataclass

from kkz_eval.model.texts import Language, Sentence
from kkz_eval.reporting import say

_NAMES = (
    *("programme_group", "reference_group", "compatible_range", "smallest_difference", "standard_deviation", "smd"),
    *("bias", "confounder", "robins", "audit", "breakdown", "placebo", "reference_year", "standard_error", "cluster"),
    *("regression", "median", "year_of_birth", "lock", "digest"),
)


@dataclass(frozen=True)
class Word:
    """A word that is explained. name: of its texts."""

    name: str

    @property
    def term(self) -> Sentence:
        """The word as it is looked up."""
        return say(f"glossary.{self.name}.term")

    @property
    def meaning(self) -> Sentence:
        """What it means here."""
        return say(f"glossary.{self.name}.meaning")

    def occurs_in(self, text: str, language: Language) -> bool:
        """Whether a text in that language uses it. text: in small letters (casefold)."""
        return say(f"glossary.{self.name}.stem").in_language(language).casefold() in text


def words(language: Language) -> tuple[Word, ...]:
    """All words, in the order of the alphabet of a language."""
    return tuple(sorted(map(Word, _NAMES), key=lambda word: (word.term.in_language(language), word.name)))
