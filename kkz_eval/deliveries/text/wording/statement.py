"""What a text can say of numbers, and where in it that ends, as values. No words, no grammar."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from kkz_eval.deliveries.text.wording.tokens import Tokens


class Kind(StrEnum):
    """What is said. The order is the one in which a text is reported that says several things which are wrong."""

    SCALE = "scale"  # thousands, millions, cents
    SHARE = "share"  # per cent, per mille, from 0 to 1
    RATE = "rate"  # per 1,000 inhabitants
    CURRENCY = "currency"
    FIGURE = "figure"  # no level: index, average, change, cumulated
    COUNT = "count"  # numbers of persons or things
    UNCLEAR = "unclear"
    ROUNDED = "rounded"  # to tens, hundreds, thousands
    PROVISIONAL = "provisional"  # or estimated


@dataclass(frozen=True)
class Statement:
    """One thing that a text says of numbers.

    size: of SCALE and ROUNDED the factor, of a SHARE the whole (100, 1000, 1), of a RATE its base; None where the text leaves it open.
    of: the currency (CURRENCY, SCALE), the kind of figure (FIGURE). is_heading: a noun that may head a table (`Anteil der …`), no unit.
    is_denied: the numbers are said not to be that (`nicht in Euro`), only of what contracts take.
    """

    kind: Kind
    size: float | None = None
    of: str = ""
    is_heading: bool = False
    is_denied: bool = False


@dataclass(frozen=True)
class Hit:
    """said: None where the words only look like a statement; end: index of the token behind them."""

    said: Statement | None
    end: int


Reader = Callable[[Tokens, int], Hit | None]
