"""The names under which people write columns and codes, compared in one normal form. No reading of files."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping

from kkz_eval.contracts.contract import Code, Property

_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})
_NOT_WORD = re.compile(r"[^0-9a-z]+")


def normal_form(name: str) -> str:
    """A name without case, umlauts, spaces and punctuation: "Gemeinde-Schlüssel " and "gemeindeschluessel" are one."""
    composed = unicodedata.normalize("NFC", name).casefold().translate(_UMLAUTS)
    return _NOT_WORD.sub("", unicodedata.normalize("NFKD", composed))


def property_names(of: Property) -> tuple[str, ...]:
    """All names of a column: its own, both labels, the synonyms."""
    return (of.name, of.label_de, of.label_en, *of.synonyms)


def code_names(of: Code) -> tuple[str, ...]:
    """All names of a code: its own, both labels, the synonyms."""
    return (of.code, of.label_de, of.label_en, *of.synonyms)


def ambiguous_names(names_of: Mapping[str, Iterable[str]]) -> dict[str, tuple[str, ...]]:
    """The names that mean more than one thing.

    names_of: all names of each thing. Returns the normal form of a name with the things it may mean, where there are several.
    """
    meanings: dict[str, set[str]] = {}
    for thing, names in names_of.items():
        for name in names:
            meanings.setdefault(normal_form(name), set()).add(thing)
    return {name: tuple(sorted(things)) for name, things in sorted(meanings.items()) if len(things) > 1}
