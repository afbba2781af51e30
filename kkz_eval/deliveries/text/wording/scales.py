"""Scales: Tsd. EUR, T€, in 1.000, 10³, '000, Werte × 1.000. What stands before and behind a number decides whether it is one."""

from __future__ import annotations

from dataclasses import dataclass

from kkz_eval.deliveries.text.wording.statement import Hit, Kind, Statement
from kkz_eval.deliveries.text.wording.tokens import (
    NOT_OF_THE_NUMBERS,
    UNITS_STAND_THERE,
    Before,
    Tokens,
    has_value_word,
    is_counted_next,
    is_year,
    may_end,
    told_before_in,
    what_precedes,
)
from kkz_eval.deliveries.text.wording.vocabulary import (
    ABBREVIATED,
    ASKED_IN,
    BESIDE_MONEY,
    BREAKS,
    CLOSING,
    COUNTED,
    CURRENCIES,
    LENGTHS,
    MEASURED,
    OPENING,
    PERCENT,
    SHARE_ENDS,
    SHARES,
    SHORT,
    SIZES,
    UNIT_NAMES,
    VALUES,
    WHOLES,
)


@dataclass(frozen=True)
class Money:
    """What follows a scale: currency or "", whether a word for things follows instead, index of the token behind."""

    currency: str
    is_counted: bool
    end: int


def money_at(tokens: Tokens, at: int) -> Money:
    place = at
    while place < len(tokens) and tokens[place].word in ("-", "of", "an"):
        place += 1
    if place >= len(tokens):
        return Money("", False, at)
    if tokens[place].word == "mark":  # a name, but for what stands before it
        return Money("DM", False, place + 1)
    if tokens[place].word in CURRENCIES:
        return Money(CURRENCIES[tokens[place].word], False, place + 1)
    return Money("", True, place + 1) if tokens[place].word in COUNTED else Money("", False, at)


def scale(tokens: Tokens, at: int) -> Hit | None:
    """Tsd., Mio., Tausend, Hundert Tausend, each with or without what it counts."""
    word, size = tokens[at].word, SIZES[tokens[at].word]
    end = at + 1
    if end < len(tokens) and tokens[end].word in SIZES and size >= 10:
        word, size, end = tokens[end].word, size * SIZES[tokens[end].word], end + 1
    money, before = money_at(tokens, end), what_precedes(tokens, at)
    if before in NOT_OF_THE_NUMBERS:
        return Hit(None, money.end)
    currency = money.currency or ("EUR" if size < 1 else "")
    said = Hit(Statement(Kind.SCALE, size, currency), money.end)
    if word in ABBREVIATED or (word in SHORT and currency):
        return said
    ends = may_end(tokens, money.end)
    if before == Before.IN:
        return said if told_before_in(tokens, at) or ends or not is_counted_next(tokens, end) else None
    if before in UNITS_STAND_THERE and ends:
        return said
    return said if ends and (money.currency or has_value_word(tokens, at)) else None


def letter(tokens: Tokens, at: int) -> Hit | None:
    """T€, T EUR, k€, M€; a letter alone after `in` is unclear."""
    token, money = tokens[at], money_at(tokens, at + 1)
    before = what_precedes(tokens, at)
    if before in NOT_OF_THE_NUMBERS:
        return None
    if money.currency:
        return Hit(Statement(Kind.SCALE, BESIDE_MONEY[token.word], money.currency), money.end)
    if before == Before.CURRENCY and may_end(tokens, at + 1):
        return Hit(Statement(Kind.SCALE, BESIDE_MONEY[token.word], CURRENCIES[tokens[at - 1].word]), at + 1)
    alone = before == Before.IN and told_before_in(tokens, at) and may_end(tokens, at + 1)
    return Hit(Statement(Kind.UNCLEAR), at + 1) if alone and (token.is_upper or token.word == "k") else None


def factor_at(tokens: Tokens, at: int) -> tuple[float, int] | None:
    """(value, index behind it) of 1.000, 10^3, 10 hoch 3, 1e3; None where no number stands there."""
    if at >= len(tokens) or tokens[at].value is None:
        return None
    value, after = float(tokens[at].value or 0), tokens[at + 1 : at + 4]
    words = [token.word for token in after]
    if value == 10 and words[:1] in (["^"], ["hoch"]) and len(after) > 1 and after[1].value is not None:
        return 10.0 ** min(after[1].value, 99), at + 3
    if value == 10 and words[:2] == ["*", "*"] and len(after) > 2 and after[2].value is not None:
        return 10.0 ** min(after[2].value, 99), at + 4
    if value in (1, 10) and words[:1] == ["e"] and after[0].is_glued and len(after) > 1 and after[1].value is not None:
        return value * 10.0 ** min(after[1].value, 99), at + 3
    return value, at + 1


def is_scale(value: float) -> bool:
    """Whether a factor is a power of ten from 10 on."""
    return value >= 10 and float(f"1e{len(str(int(value))) - 1}") == value


def number(tokens: Tokens, at: int) -> Hit | None:
    """A number as a unit: in 1.000, (1.000 Euro), 10³, '000; insgesamt = 100, 2010 = 100; Werte von 0 bis 1."""
    read = factor_at(tokens, at)
    if read is None:
        return None
    value, end = read
    before, money = what_precedes(tokens, at), money_at(tokens, end)
    if value == 0:
        return _zeros(tokens, at, before) or _from_zero_to_one(tokens, at)
    if value == 100 and at > 1 and tokens[at - 1].word == "=":
        told = tokens[at - 2].word in WHOLES or (end < len(tokens) and tokens[end].word in PERCENT)  # n = 100 is none
        said_of = Statement(Kind.FIGURE, of="index") if is_year(tokens[at - 2]) else Statement(Kind.SHARE, 100) if told else None
        return Hit(said_of, end)
    if before in NOT_OF_THE_NUMBERS:
        return None
    said = Statement(Kind.SCALE, value, money.currency)
    is_power = end > at + 1
    if is_power and is_scale(value):
        return Hit(said, money.end)
    if end < len(tokens) and tokens[end].word in SIZES and (before == Before.IN or what_precedes(tokens, end) == Before.QUANTITY):
        money = money_at(tokens, end + 1)
        product = Statement(Kind.SCALE, value * SIZES[tokens[end].word], money.currency)
        return Hit(product if before == Before.IN and is_scale(value) else None, money.end)
    ends = may_end(tokens, money.end)
    if not is_scale(value):
        asked = (
            value > 1
            and money.currency
            and ends
            and (before == Before.IN or tokens[at - 1].word in ":=")
            and not is_year(tokens[at])
        )
        return Hit(Statement(Kind.UNCLEAR), money.end) if asked else None
    if before == Before.IN:
        counted = money.end == end and is_counted_next(tokens, end) and not told_before_in(tokens, at)
        of_length = end < len(tokens) and tokens[end].word in LENGTHS
        many = money.is_counted and tokens[money.end - 1].word in ASKED_IN and not told_before_in(tokens, at)
        return None if counted or of_length or many else Hit(said, money.end)
    if not ends or before == Before.OTHER:
        return None
    if money.end > end:
        return Hit(said, money.end)
    of_unit = before == Before.VALUES and at > 0 and tokens[at - 1].word in UNIT_NAMES
    in_brackets = at > 0 and tokens[at - 1].word in OPENING and end < len(tokens) and tokens[end].word in CLOSING
    of_currency = before == Before.CURRENCY and (at == 1 or what_precedes(tokens, at - 1) in (Before.IN, Before.VALUES))
    named = at > 1 and tokens[at - 1].word in (":", "=") and (tokens[at - 2].word in UNIT_NAMES or tokens[at - 2].value == 1)
    return Hit(said, end) if in_brackets or of_unit or of_currency or named else None


def _zeros(tokens: Tokens, at: int, before: Before) -> Hit | None:
    """'000, (000), EUR 000."""
    zeros = "".join(filter(str.isdigit, tokens[at].word))
    if zeros not in ("000", "000000") or before in NOT_OF_THE_NUMBERS:
        return None
    earlier = tokens[at - 1].word if at > 0 else ""
    end = at + 1 + (at + 1 < len(tokens) and tokens[at + 1].word == "s")
    money = money_at(tokens, end)
    told = (
        before in (Before.IN, Before.CURRENCY)
        or earlier == "'"
        or ((not earlier or earlier in OPENING) and may_end(tokens, money.end))
    )
    return Hit(Statement(Kind.SCALE, 10.0 ** len(zeros), money.currency), money.end) if told else None


def _from_zero_to_one(tokens: Tokens, at: int) -> Hit | None:
    """Werte von 0 bis 1, Anteile zwischen 0 und 1, Anteil (0–1)."""
    words = [token.word for token in tokens[at + 1 : at + 3]]
    if len(words) < 2 or words[0] not in ("bis", "und", "-", ";", "to", "and") or words[1] != "1" or not may_end(tokens, at + 3):
        return None
    spoken = any(token.word in VALUES or token.word in SHARES or token.word.endswith(SHARE_ENDS) for token in tokens[:at])
    return Hit(Statement(Kind.SHARE, 1), at + 3) if spoken else None


def times(tokens: Tokens, at: int) -> Hit | None:
    """Werte x 1.000, ×1000, *1000. A star that opens a text is the mark of a footnote."""
    read = factor_at(tokens, at + 1)
    if read is None or (at > 0 and tokens[at - 1].is_number):
        return None
    value, end = read
    money = money_at(tokens, end)
    opens = at == 0 or tokens[at - 1].word in BREAKS
    if opens and not (may_end(tokens, money.end) and (tokens[at].word != "*" or tokens[at + 1].is_glued)):
        return None
    told = at > 0 and any(tokens[at - 1].word in words for words in (VALUES, MEASURED, CURRENCIES))
    if is_scale(value):
        return Hit(Statement(Kind.SCALE, value, money.currency), money.end) if told or may_end(tokens, money.end) else None
    return Hit(Statement(Kind.UNCLEAR), money.end) if told and value != 1 else None


def divided(tokens: Tokens, at: int) -> Hit | None:
    """Geteilt durch 1.000, durch Tausend dividiert."""
    around = [token.word for token in tokens[max(at - 1, 0) : at + 4]]
    if not any(word.startswith(("geteilt", "dividier", "divided", "teil")) for word in around):
        return None
    read = factor_at(tokens, at + 1)
    if read is not None:
        return Hit(Statement(Kind.SCALE, read[0]) if is_scale(read[0]) else Statement(Kind.UNCLEAR), read[1])
    size = SIZES.get(tokens[at + 1].word) if at + 1 < len(tokens) else None
    return None if size is None else Hit(Statement(Kind.SCALE, size), at + 2)


def by_factor(tokens: Tokens, at: int) -> Hit | None:
    """Faktor 1.000, Faktor: 12."""
    place = at + 1
    while place < len(tokens) and tokens[place].word in (":", "=", "von", "*", "x"):
        place += 1
    read = factor_at(tokens, place)
    if read is not None:
        return (
            None
            if read[0] == 1
            else Hit(Statement(Kind.SCALE, read[0]) if is_scale(read[0]) else Statement(Kind.UNCLEAR), read[1])
        )
    size = SIZES.get(tokens[place].word) if place < len(tokens) else None
    return None if size is None else Hit(Statement(Kind.SCALE, size), place + 1)


def exponent(tokens: Tokens, at: int) -> Hit | None:
    """Werte e3, (E3), in e6: not the room E3."""
    told = at + 1 < len(tokens) and tokens[at + 1].value in (3, 6, 9) and tokens[at + 1].is_glued and may_end(tokens, at + 2)
    opened = at > 0 and tokens[at - 1].word in OPENING
    if not told or not (opened or what_precedes(tokens, at) in (Before.IN, Before.VALUES)):
        return None
    return Hit(Statement(Kind.SCALE, 10.0 ** (tokens[at + 1].value or 0)), at + 2)
