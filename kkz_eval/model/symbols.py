"""What the symbols of official statistics stand for, in words, and the signs that are one of them. Not how they are read from texts
(deliveries/text/numbers.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from kkz_eval.model import say
from kkz_eval.model.texts import Joined

SYMBOL_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "-": "nothing",
        ".": "unknown",
        "/": "unreliable",
        "x": "senseless",
        "...": "later",
        "*": "small",
        "k.a.": "no_figure",
    }
)
"""Symbol in place of a value -> key of its meaning below `symbol.`: one spelling of each, in the order in which they are named."""


DASHES = "‐‑‒–—―−⁃﹣－-"
"""The signs that people and programs write for a hyphen or a minus; in an order in which they can stand in a class of a regular expression."""

_STANDARD: Mapping[str, str] = MappingProxyType({**dict.fromkeys(DASHES, "-"), "…": "..."})
"""What official statistics write for one sign that stands for a whole symbol."""


def standard_symbol(symbol: str) -> str:
    """A symbol as official statistics write it: a dash of any width is `-`, an ellipsis `...`; all others as they are."""
    return _STANDARD.get(symbol, symbol)


def explained(symbols: Iterable[str]) -> Joined:
    """Symbols, each with what it stands for: „.“ (unbekannt oder geheim) oder „*“ (…); those without a meaning here are left out."""
    quoted = [
        say("symbol.explained", symbol=symbol, meaning=say(f"symbol.{SYMBOL_NAMES[symbol]}"))
        for symbol in symbols
        if symbol in SYMBOL_NAMES
    ]
    return Joined((Joined(tuple(quoted[:-1]), ", "), quoted[-1]) if len(quoted) > 1 else tuple(quoted), say("symbol.or"))


SEPARATOR = " | "  # between what a finding says is allowed


def symbols_in(allowed: str) -> tuple[str, ...]:
    """The symbols among what a finding says is allowed."""
    return tuple(part for part in allowed.split(SEPARATOR) if part in SYMBOL_NAMES)


def joined(allowed: Iterable[str]) -> str:
    """What is allowed as a finding keeps it."""
    return SEPARATOR.join(allowed)
