"""Sentences for people, from catalogues of texts. No sentence is written in code.

A catalogue is a YAML file `<language>.yaml` in a folder `texts` of a package: nested keys, `{name}` for parameters, as in

    board:
      title: "Lieferungen bis {year}"

`say = Catalogue("kkz_eval.stewardship")` gives a value, `say("board.title", year=2019)`, that is passed on as it is and becomes words at the
edge, where the language is known: on a page, in a workbook, on a terminal.
Parameters are inserted as they are (no format specifications, no attribute access), so that a delivered value can't change the sentence.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from numbers import Integral
from typing import Literal, cast

import yaml

Language = Literal["de", "en"]
LANGUAGES: tuple[Language, ...] = ("de", "en")


class Localised(ABC):
    """What is said differently in each language: a sentence, or a parameter of one."""

    @abstractmethod
    def in_language(self, language: Language) -> str:
        """The words in that language."""

    def __str__(self) -> str:
        return self.in_language("en")


COUNTS = frozenset(
    {
        *("n", "count", "all", "of", "done", "more", "others", "new", "gone", "total", "most", "fewest", "days"),
        *("files", "rows", "columns", "cells", "values", "objects", "units", "tables", "pages", "deliveries"),
        *("errors", "warnings", "acknowledged", "corrected", "right", "missing", "marked", "left_out", "planted"),
        *("treated", "controls", "clusters", "draws", "assignments", "worlds", "present", "demanded", "needed"),
        *("numbers", "different", "decided", "effects", "owed", "copied", "bytes", "landed", "unused", "refused"),
        *("changed", "added", "removed", "altered", "left_over"),
    }
)
"""Names of parameters that say how many: a whole number under one of them is shown with its thousands apart. All others are shown as they are,
for a year, a line or the number of a delivery is no count."""


def grouped(count: int, language: Language) -> str:
    """A number of things as people read it: 12.345 in German, 12,345 in English."""
    return f"{count:,}".replace(",", "." if language == "de" else ",")


def spans(numbers: Iterable[int]) -> str:
    """Years or other whole numbers as people write them: `2007–2010, 2015`."""
    known = sorted(set(numbers))
    first = [number for number in known if number - 1 not in known]
    last = [number for number in known if number + 1 not in known]
    return ", ".join(str(a) if a == b else f"{a}–{b}" for a, b in zip(first, last, strict=True))


_PARAMETER = re.compile(r"\{([a-z][a-z0-9_]*)\}")


@cache
def catalogue(package: str, language: Language) -> dict[str, str]:
    """All texts of a package's catalogue, keys joined by dots. Raises FileNotFoundError without a catalogue."""
    source = resources.files(package).joinpath("texts").joinpath(f"{language}.yaml").read_text(encoding="utf-8")
    flat: dict[str, str] = {}
    _flatten("", yaml.load(source, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)), flat)  # the same, ten times as fast
    return flat


def _flatten(prefix: str, node: object, into: dict[str, str]) -> None:
    if isinstance(node, dict):
        for key, child in cast(dict[str, object], node).items():
            _flatten(f"{prefix}.{key}" if prefix else str(key), child, into)
    else:
        into[prefix] = str(node)


@dataclass(frozen=True)
class Sentence(Localised):
    """A text of a package's catalogue and what fills it in: what is said, before it is said in a language."""

    package: str
    key: str
    parameters: Mapping[str, object] = field(default_factory=dict)

    def in_language(self, language: Language) -> str:
        """The words. Raises KeyError where the key is not in the catalogue or the text wants a parameter that was not given."""
        template = catalogue(self.package, language)[self.key]
        return _PARAMETER.sub(lambda match: _filled(match.group(1), self.parameters[match.group(1)], language), template)


@dataclass(frozen=True)
class Wording(Localised):
    """Words by language that someone wrote beside the code: a label of the catalogue of indicators, a title of a plan."""

    by_language: Mapping[str, str] | Mapping[Language, str]

    def in_language(self, language: Language) -> str:
        """The words, "" where there are none."""
        return self.by_language.get(language, "")


@dataclass(frozen=True)
class Joined(Localised):
    """Several things said in a row, with a text between them. parts, between: each as it is, or Localised."""

    parts: tuple[object, ...]
    between: object = "; "

    def in_language(self, language: Language) -> str:
        """The parts in a row."""
        return _shown(self.between, language).join(_shown(part, language) for part in self.parts)


@dataclass(frozen=True)
class AtTheBeginning(Localised):
    """What begins a sentence: with a capital."""

    said: Localised

    def in_language(self, language: Language) -> str:
        """The words, the first letter large."""
        words = self.said.in_language(language)
        return words[:1].upper() + words[1:]


@dataclass(frozen=True)
class Catalogue:
    """The texts of a package, by the key under which they stand."""

    package: str

    def __call__(self, key: str, /, **parameters: object) -> Sentence:
        """The sentence with that key."""
        return Sentence(self.package, key, parameters)

    def in_language(self, language: Language) -> Callable[..., str]:
        """The texts in one language, for what is written in it as a whole: a page, a workbook."""
        return lambda key, /, **parameters: Sentence(self.package, key, parameters).in_language(language)


def german_and_english(said: Localised) -> str:
    """German, and English behind it, where both are shown in one place."""
    return f"{said.in_language('de')}\n\nEnglish: {said.in_language('en')}"


def _filled(name: str, parameter: object, language: Language) -> str:
    is_count = name in COUNTS and isinstance(parameter, Integral) and not isinstance(parameter, bool)
    return grouped(int(parameter), language) if is_count else _shown(parameter, language)  # type: ignore[call-overload]


def _shown(parameter: object, language: Language) -> str:
    return parameter.in_language(language) if isinstance(parameter, Localised) else str(parameter)
