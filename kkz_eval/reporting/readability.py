"""How long sentences and words are: the measure lix, beside that of newspapers in the same language. No wording, no verdict.

lix = words per sentence + words of more than six letters in a hundred (Björnsson 1968, Läsbarhet). It needs no syllables, so that nothing is
guessed, and is the same in every language; what differs are the languages, so a text is held against newspapers of its own: 250 of them in 11
languages, German 22 + 37 = 59, English 25 + 27 = 52 (Björnsson 1983, Reading Research Quarterly 18(4), 480–497).
What it can't see: whether the words are known, whether the order is a good one, whether it is true. A sentence may be short and still not be
understood; German writes one long word where English writes three.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from kkz_eval.model.texts import Language
from kkz_eval.reporting.claims import normal
from kkz_eval.reporting.document import Code, Front, Listing, Paragraph, Parts, Section, plain

MORE_THAN_LETTERS = 6  # has a long word


@dataclass(frozen=True)
class Level:
    """How long the sentences and words of a text are. per_sentence: words; long_words: in a hundred words."""

    per_sentence: float
    long_words: float

    @property
    def lix(self) -> float:
        """The measure itself: the longer, the harder to read."""
        return self.per_sentence + self.long_words


NEWSPAPERS: Mapping[Language, Level] = {"de": Level(22, 37), "en": Level(25, 27)}

_WORD = re.compile(r"\w+(?:[-’.,/]\w+)*")
_END = re.compile(r"(?<=[.!?:;…])[”“»)]*\s+(?=[^a-zäöüß])")


def level_of(texts: Iterable[str]) -> Level:
    """The level of texts, each of which ends a sentence. A number is a short word. Raises ValueError where there is no word."""
    sentences = list(sentences_of(texts))
    words = [word for sentence in sentences for word in sentence]
    if not words:
        raise ValueError("a text without a word has no level")
    long_words = sum(sum(letter.isalpha() for letter in word) > MORE_THAN_LETTERS for word in words)
    return Level(len(words) / len(sentences), 100 * long_words / len(words))


def sentences_of(texts: Iterable[str]) -> Iterator[tuple[str, ...]]:
    """The words of each sentence; words with hyphens and numbers with their signs are one."""
    for text in texts:
        for sentence in _END.split(normal(text)):
            words = tuple(_WORD.findall(sentence))
            if words:
                yield words


def sentences_on(front: Front) -> tuple[str, ...]:
    """What is to be read as sentences on the one page before a report; labels, words of a verdict and what others wrote there are none."""
    said = [front.headline, front.compared, front.reading, *(result.children for result in front.results)]
    return tuple(filter(None, map(_prose, (*said, *(parts for part in front.parts for parts in paragraphs_of(part))))))


def paragraphs_of(section: Section) -> Iterator[Parts]:
    """The running text of a section and those below it: paragraphs and points of lists."""
    for block in section.blocks:
        match block:
            case Paragraph(parts=parts):
                yield parts
            case Listing(items=items):
                yield from items
    for child in section.sections:
        yield from paragraphs_of(child)


def _prose(parts: Parts) -> str:
    return plain(tuple(part for part in parts if not isinstance(part, Code))).strip()
