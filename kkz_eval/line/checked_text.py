"""A text that somebody wrote about the results, checked: what in it says more than an evaluation carries, of a file or of words typed in.

Belongs here: from the bytes of a file to what is found in it, as values; nothing is kept. Does not belong here: what a text may not say
(reporting.claims), where it says it (reporting.given_text), opening files, printing, pages.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath

from kkz_eval.deliveries.text.records import NotTextError, decode
from kkz_eval.line import say
from kkz_eval.model.texts import Language, Localised, Sentence
from kkz_eval.reporting import claims, given_text
from kkz_eval.reporting import say as say_of_report

LARGEST = 50 * 2**20
"""Bytes of a file; more is no press release."""

_NO_TEXT = {"empty": "empty", "page": "pdf", "markup": "kind", "compressed": "kind"}
"""Why a file is no text, as the keys of the sentences; all else is about its characters."""


class TextRefused(Exception):
    """A text that can't be read, in a sentence with the next step."""

    def __init__(self, sentence: Sentence) -> None:
        self.sentence = sentence
        super().__init__(sentence.key)


@dataclass(frozen=True)
class ClaimFound:
    """A claim that is too much. place, number: where, as of given_text.Passage; found: the words; sentence: in which they stand."""

    place: str
    number: int
    reason: str
    found: str
    sentence: str

    @property
    def where(self) -> Sentence:
        """The place in words."""
        return say(f"checked_text.{self.place}", number=self.number)

    @property
    def why(self) -> Sentence:
        """Why it is too much."""
        return say_of_report(f"claims.{self.reason}")

    @property
    def instead(self) -> tuple[Sentence, ...]:
        """What may be said in its place."""
        return claims.instead(self.reason)


@dataclass(frozen=True)
class CheckedText:
    """What was found in a text. name: of the file; language: of the text, None where its words tell none; n_passages: paragraphs read."""

    name: Localised | str
    language: Language | None
    n_passages: int
    claims: tuple[ClaimFound, ...]

    @property
    def headline(self) -> Sentence:
        """How many places say too much, and what follows."""
        key = "clean" if not self.claims else "one" if len(self.claims) == 1 else "several"
        return say(f"checked_text.{key}", file=self.name, count=len(self.claims))


def checked_file(name: str, data: bytes, longest: int | None = None) -> CheckedText:
    """What is found in a file. name: as a person called it, of which the ending says how it is read; longest: text that is looked at, in signs,
    None for any. Raises TextRefused."""
    kind = PurePath(name).suffix.lower()
    if kind not in (".txt", ".md", ".docx"):
        raise TextRefused(say("checked_text.refused.kind" if kind != ".pdf" else "checked_text.refused.pdf", file=name))
    if len(data) > LARGEST:
        raise TextRefused(say("checked_text.refused.large", file=name))
    if not data:
        raise TextRefused(say("checked_text.refused.empty", file=name))
    try:
        passages = given_text.passages_of_word(data) if kind == ".docx" else given_text.passages_of_text(decode(data).text)
    except given_text.NotAWordDocumentError as error:
        raise TextRefused(say(f"checked_text.refused.{error.reason}", file=name)) from error
    except NotTextError as error:
        reason = _NO_TEXT.get(error.code, "characters")
        raise TextRefused(say(f"checked_text.refused.{reason}", file=name)) from error
    return _checked(name, passages, longest)


def checked_words(name: Localised | str, text: str, longest: int | None = None) -> CheckedText:
    """What is found in words that were typed in. name: what they are called; longest: as of `checked_file`. Raises TextRefused."""
    return _checked(name, given_text.passages_of_text(text), longest)


def _checked(name: Localised | str, passages: Sequence[given_text.Passage], longest: int | None) -> CheckedText:
    if not passages:
        raise TextRefused(say("checked_text.refused.empty", file=name))
    if longest is not None and sum(len(passage.text) for passage in passages) > longest:
        raise TextRefused(say("checked_text.refused.large", file=name))
    found = tuple(
        ClaimFound(one.place, one.number, one.hit.reason, one.hit.found, one.hit.sentence) for one in given_text.find(passages)
    )
    return CheckedText(name, given_text.language_of(passages), len(passages), found)
