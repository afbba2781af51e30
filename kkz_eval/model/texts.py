"""Sentences for people, from catalogues of texts. No sentence is written in code.

A catalogue is a YAML file `<language>.yaml` in a folder `texts` of a package: nested keys, `{name}` for parameters.
Parameters are inserted as they are (no format specifications, no attribute access), so that a delivered value can't change the sentence.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from functools import cache
from importlib import resources
from typing import Literal, cast

import yaml

Language = Literal["de", "en"]
LANGUAGES: tuple[Language, ...] = ("de", "en")


class Localised(ABC):
    """A parameter of a sentence that differs by language."""

    @abstractmethod
    def in_language(self, language: Language) -> str:
        """The words in that language."""

    def __str__(self) -> str:
        return self.in_language("en")


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


def text(key: str, language: Language = "de", /, package: str = "kkz_eval.model", **parameters: object) -> str:
    """The text of `key` with its parameters filled in.

    Raises KeyError where the key is not in the catalogue or the text wants a parameter that was not given.
    """
    template = catalogue(package, language)[key]
    return _PARAMETER.sub(lambda match: _shown(parameters[match.group(1)], language), template)


def _shown(parameter: object, language: Language) -> str:
    return parameter.in_language(language) if isinstance(parameter, Localised) else str(parameter)
