"""The lint of claims that no report makes, in both languages. The list is claims.yaml; no wording of the report here."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import yaml

from kkz_eval.model.errors import UserError
from kkz_eval.model.texts import Sentence
from kkz_eval.reporting import say
from kkz_eval.reporting.document import Document, identifiers, readable_texts
from kkz_eval.reporting.inputs import PACKAGE

SINGLE_UNIT = "single_unit"
BALANCE = "balance"
BALANCE_FIGURE = "balance.figure"

_SENTENCE_END = re.compile(r"(?<=[.!?;])\s+(?=[^a-zäöüß])")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200d\u2060\ufeff]")


@dataclass(frozen=True)
class Claim:
    """One forbidden claim. unless: what in the same sentence makes it allowed."""

    reason: str
    pattern: re.Pattern[str]
    unless: re.Pattern[str] | None


@dataclass(frozen=True)
class Hit:
    """A forbidden claim found: the words, the sentence, and the key of the reason."""

    reason: str
    found: str
    sentence: str


class ForbiddenClaimError(Exception):
    """A finished document claims more than the design carries. It is not written."""

    def __init__(self, hits: tuple[Hit, ...]) -> None:
        self.hits = hits
        super().__init__("; ".join(f"{hit.reason}: “{hit.found}” in “{hit.sentence}”" for hit in hits))


@cache
def claims() -> tuple[Claim, ...]:
    """The list of claims.yaml, compiled."""
    return tuple(
        Claim(
            entry["reason"],
            re.compile(entry["pattern"], re.IGNORECASE),
            re.compile(entry["unless"], re.IGNORECASE) if "unless" in entry else None,
        )
        for entry in _list()["claims"]
    )


def instead(reason: str) -> tuple[Sentence, ...]:
    """What may be said in place of a claim that is forbidden for this reason."""
    return tuple(say(f"instead.{key}") for key in _list()["instead"][reason])


@cache
def _list() -> Any:
    return yaml.safe_load(resources.files(PACKAGE).joinpath("claims.yaml").read_text(encoding="utf-8"))


def find(prose: str, unit_names: Iterable[str] = (), without_exception: frozenset[str] = frozenset()) -> tuple[Hit, ...]:
    """Forbidden claims in a text, sentence by sentence.

    unit_names: names of single units; a sentence that names one and speaks of a result is a hit.
    without_exception: reasons whose exceptions do not hold.
    """
    named = _names(frozenset(unit_names))
    return tuple(
        Hit(claim.reason, match.group(0), sentence)
        for sentence in sentences(normal(prose))
        for claim in claims()
        if (claim.reason != SINGLE_UNIT or (named is not None and named.search(sentence)))
        and (match := claim.pattern.search(_masked(sentence, named) if claim.reason == SINGLE_UNIT else sentence))
        and not (claim.unless and claim.reason not in without_exception and claim.unless.search(sentence))
    )


def check_texts(texts: Mapping[str, str], unit_names: Iterable[str] = ()) -> None:
    """Lint texts that people wrote (plan, contract), by name. Raises UserError, naming the first that claims too much."""
    names = frozenset(unit_names)
    for name, prose in texts.items():
        for hit in find(prose, names):
            raise ForbiddenTextError(name, hit)


class ForbiddenTextError(UserError):
    """A text of a plan or contract claims too much; the sentence gives the reason in the reader's language."""

    def __init__(self, where: str, hit: Hit) -> None:
        self.hit = hit
        super().__init__("forbidden_claim", package=PACKAGE, where=where, found=hit.found, reason=say(f"claims.{hit.reason}"))


def check_document(document: Document, unit_names: Iterable[str] = ()) -> None:
    """Lint all that a reader meets in a finished document. Raises ForbiddenClaimError.

    Without the balance figure even the question whether the groups are alike is a hit.
    """
    names = frozenset(unit_names)
    strict = frozenset() if BALANCE_FIGURE in identifiers(document) else frozenset({BALANCE})
    once = dict.fromkeys(readable_texts(document))  # the words of a drawing stand in it twice, those of a cell in many
    hits = tuple(hit for prose in once for hit in find(prose, names, strict))
    if hits:
        raise ForbiddenClaimError(hits)


def normal(prose: str) -> str:
    """A text as it is compared: one way of writing for each letter, nothing that is not seen."""
    return _INVISIBLE.sub("", unicodedata.normalize("NFKC", prose)).replace("'", "’")


def sentences(prose: str) -> Iterator[str]:
    """The sentences of a text in normal form, each on one line."""
    for line in prose.splitlines():
        for sentence in _SENTENCE_END.split(line):
            if sentence.strip():
                yield " ".join(sentence.split())


def _masked(sentence: str, named: re.Pattern[str] | None) -> str:
    """A sentence without the names of units: Sankt Augustin and Rosendahl speak of no result."""
    return sentence if named is None else named.sub("…", sentence)


@cache
def _names(unit_names: frozenset[str]) -> re.Pattern[str] | None:
    if not unit_names:
        return None
    written = {*unit_names, *(name.upper() for name in unit_names)}  # not in small letters: Much, Essen, Alpen are words too
    alternatives = "|".join(re.escape(name) for name in sorted(written, key=lambda name: (-len(name), name)))
    return re.compile(rf"(?<!\w)(?:{alternatives})(?!\w)")
