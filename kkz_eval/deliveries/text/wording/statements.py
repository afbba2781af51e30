"""What words beside a table say of its numbers: scale, share, rate, currency, kind of figure. No contracts, no findings.

A small grammar over tokens: what a word means stands in tables, whether it speaks of the numbers is told by its neighbours. `Tsd. EUR`
does, unless it is a quantity (`50 Tsd. EUR`); `Tausend` and `1.000` do only where a unit stands: after `in`, in brackets, after a comma,
alone. A text that speaks of a scale without saying which is UNCLEAR, not silence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from kkz_eval.deliveries.text.wording.tokens import (
    NOT_OF_THE_NUMBERS,
    UNITS_STAND_THERE,
    Before,
    Token,
    Tokens,
    has_value_word,
    is_counted_next,
    is_denied,
    is_period,
    is_year,
    may_end,
    tokens_of,
    told_before_in,
    what_precedes,
)
from kkz_eval.deliveries.text.wording.vocabulary import (
    ABBREVIATED,
    ABSOLUTE,
    ADJECTIVES,
    ARTICLES,
    ASKED_IN,
    AVERAGE_ENDS,
    BESIDE_MONEY,
    BREAKS,
    CLOSING,
    COUNTED,
    CUMULATED,
    CURRENCIES,
    CUT,
    DEFLATED,
    FIGURES,
    FULL_TIME,
    IN,
    KNOWN,
    LENGTHS,
    LOOKED_INTO,
    MANY_YEARS,
    MEASURED,
    MONTHS,
    NEGATIONS,
    NUMBERED,
    OPENING,
    OTHER_UNITS,
    PARTS_OF_YEAR,
    PER,
    PER_WHAT,
    PERCENT,
    PLACES_OF_NUMBERS,
    PLANS,
    PROVISIONAL,
    PURE_COUNT,
    RESULTS,
    ROUNDING,
    SAMPLES,
    SHARE_ENDS,
    SHARES,
    SHORT,
    SHORT_PLANS,
    SIZES,
    TREATED,
    UNCLEAR,
    UNIT_NAMES,
    VALUES,
    VERBS,
    WHOLES,
)

_LONGEST = 2_000  # characters that are read together; a word is seen in the light of the whole text, which must not cost the square of it


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


@lru_cache(maxsize=8192)
def statements(text: str) -> tuple[Statement, ...]:
    """What a title, a header or a footnote says of numbers, in the order of the text; () for most."""
    if len(text) > _LONGEST:
        return tuple(dict.fromkeys(said for piece in _pieces(text) for said in statements(piece)))
    tokens = tokens_of(text)
    found: list[Statement] = []
    at = 0
    while at < len(tokens):
        read = _reader_of(tokens[at])
        hit = None if read is None else read(tokens, at)
        if hit is None:
            at += 1
        else:
            found += [] if hit.said is None else [hit.said]
            at = max(hit.end, at + 1)
    return tuple(dict.fromkeys(found))


def _pieces(text: str) -> Iterator[str]:
    """A long text, cut between words where there are any."""
    start = 0
    while start < len(text):
        limit = start + _LONGEST
        end = limit if limit >= len(text) else text.rfind(" ", start, limit) + 1 or limit
        yield text[start:end]
        start = end


@lru_cache(maxsize=1024)
def unit_statements(text: str) -> tuple[Statement, ...]:
    """The same of a text that is a unit and nothing else, where `1000`, `Tausend` and `%` need no context."""
    return statements(f"in {text.strip()}")


@dataclass(frozen=True)
class _Hit:
    """said: None where the words only look like a statement; end: index of the token behind them."""

    said: Statement | None
    end: int


_Reader = Callable[[Tokens, int], _Hit | None]


# --- scale -----------------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Money:
    """What follows a scale: currency or "", whether a word for things follows instead, index of the token behind."""

    currency: str
    is_counted: bool
    end: int


def _money(tokens: Tokens, at: int) -> _Money:
    place = at
    while place < len(tokens) and tokens[place].word in ("-", "of", "an"):
        place += 1
    if place >= len(tokens):
        return _Money("", False, at)
    if tokens[place].word == "mark":  # a name, but for what stands before it
        return _Money("DM", False, place + 1)
    if tokens[place].word in CURRENCIES:
        return _Money(CURRENCIES[tokens[place].word], False, place + 1)
    return _Money("", True, place + 1) if tokens[place].word in COUNTED else _Money("", False, at)


def _scale(tokens: Tokens, at: int) -> _Hit | None:
    """Tsd., Mio., Tausend, Hundert Tausend, each with or without what it counts."""
    word, size = tokens[at].word, SIZES[tokens[at].word]
    end = at + 1
    if end < len(tokens) and tokens[end].word in SIZES and size >= 10:
        word, size, end = tokens[end].word, size * SIZES[tokens[end].word], end + 1
    money, before = _money(tokens, end), what_precedes(tokens, at)
    if before in NOT_OF_THE_NUMBERS:
        return _Hit(None, money.end)
    currency = money.currency or ("EUR" if size < 1 else "")
    said = _Hit(Statement(Kind.SCALE, size, currency), money.end)
    if word in ABBREVIATED or (word in SHORT and currency):
        return said
    ends = may_end(tokens, money.end)
    if before == Before.IN:
        return said if told_before_in(tokens, at) or ends or not is_counted_next(tokens, end) else None
    if before in UNITS_STAND_THERE and ends:
        return said
    return said if ends and (money.currency or has_value_word(tokens, at)) else None


def _letter(tokens: Tokens, at: int) -> _Hit | None:
    """T€, T EUR, k€, M€; a letter alone after `in` is unclear."""
    token, money = tokens[at], _money(tokens, at + 1)
    before = what_precedes(tokens, at)
    if before in NOT_OF_THE_NUMBERS:
        return None
    if money.currency:
        return _Hit(Statement(Kind.SCALE, BESIDE_MONEY[token.word], money.currency), money.end)
    if before == Before.CURRENCY and may_end(tokens, at + 1):
        return _Hit(Statement(Kind.SCALE, BESIDE_MONEY[token.word], CURRENCIES[tokens[at - 1].word]), at + 1)
    alone = before == Before.IN and told_before_in(tokens, at) and may_end(tokens, at + 1)
    return _Hit(Statement(Kind.UNCLEAR), at + 1) if alone and (token.is_upper or token.word == "k") else None


def _factor(tokens: Tokens, at: int) -> tuple[float, int] | None:
    """(value, index behind it) of 1.000, 10^3, 10 hoch 3, 1e3; None where no number stands there."""
    if at >= len(tokens) or tokens[at].value is None:
        return None
    value, rest = float(tokens[at].value or 0), tokens[at + 1 : at + 4]
    words = [token.word for token in rest]
    if value == 10 and words[:1] in (["^"], ["hoch"]) and len(rest) > 1 and rest[1].value is not None:
        return 10.0 ** min(rest[1].value, 99), at + 3
    if value == 10 and words[:2] == ["*", "*"] and len(rest) > 2 and rest[2].value is not None:
        return 10.0 ** min(rest[2].value, 99), at + 4
    if value in (1, 10) and words[:1] == ["e"] and rest[0].is_glued and len(rest) > 1 and rest[1].value is not None:
        return value * 10.0 ** min(rest[1].value, 99), at + 3
    return value, at + 1


def _is_scale(value: float) -> bool:
    """Whether a factor is a power of ten from 10 on."""
    return value >= 10 and float(f"1e{len(str(int(value))) - 1}") == value


def _number(tokens: Tokens, at: int) -> _Hit | None:
    """A number as a unit: in 1.000, (1.000 Euro), 10³, '000; insgesamt = 100, 2010 = 100; Werte von 0 bis 1."""
    read = _factor(tokens, at)
    if read is None:
        return None
    value, end = read
    before, money = what_precedes(tokens, at), _money(tokens, end)
    if value == 0:
        return _zeros(tokens, at, before) or _from_zero_to_one(tokens, at)
    if value == 100 and at > 1 and tokens[at - 1].word == "=":
        whole = tokens[at - 2].word in WHOLES or (end < len(tokens) and tokens[end].word in PERCENT)  # n = 100 is none
        said_of = Statement(Kind.FIGURE, of="index") if is_year(tokens[at - 2]) else Statement(Kind.SHARE, 100) if whole else None
        return _Hit(said_of, end)
    if before in NOT_OF_THE_NUMBERS:
        return None
    said = Statement(Kind.SCALE, value, money.currency)
    is_power = end > at + 1
    if is_power and _is_scale(value):
        return _Hit(said, money.end)
    if end < len(tokens) and tokens[end].word in SIZES and (before == Before.IN or what_precedes(tokens, end) == Before.QUANTITY):
        money = _money(tokens, end + 1)
        product = Statement(Kind.SCALE, value * SIZES[tokens[end].word], money.currency)
        return _Hit(product if before == Before.IN and _is_scale(value) else None, money.end)
    ends = may_end(tokens, money.end)
    if not _is_scale(value):
        asked = (
            value > 1
            and money.currency
            and ends
            and (before == Before.IN or tokens[at - 1].word in ":=")
            and not is_year(tokens[at])
        )
        return _Hit(Statement(Kind.UNCLEAR), money.end) if asked else None
    if before == Before.IN:
        counted = money.end == end and is_counted_next(tokens, end) and not told_before_in(tokens, at)
        of_length = end < len(tokens) and tokens[end].word in LENGTHS
        many = money.is_counted and tokens[money.end - 1].word in ASKED_IN and not told_before_in(tokens, at)
        return None if counted or of_length or many else _Hit(said, money.end)
    if not ends or before == Before.OTHER:
        return None
    if money.end > end:
        return _Hit(said, money.end)
    of_unit = before == Before.VALUES and at > 0 and tokens[at - 1].word in UNIT_NAMES
    in_brackets = at > 0 and tokens[at - 1].word in OPENING and end < len(tokens) and tokens[end].word in CLOSING
    of_currency = before == Before.CURRENCY and (at == 1 or what_precedes(tokens, at - 1) in (Before.IN, Before.VALUES))
    named = at > 1 and tokens[at - 1].word in (":", "=") and (tokens[at - 2].word in UNIT_NAMES or tokens[at - 2].value == 1)
    return _Hit(said, end) if in_brackets or of_unit or of_currency or named else None


def _zeros(tokens: Tokens, at: int, before: Before) -> _Hit | None:
    """'000, (000), EUR 000."""
    zeros = "".join(filter(str.isdigit, tokens[at].word))
    if zeros not in ("000", "000000") or before in NOT_OF_THE_NUMBERS:
        return None
    earlier = tokens[at - 1].word if at > 0 else ""
    end = at + 1 + (at + 1 < len(tokens) and tokens[at + 1].word == "s")
    money = _money(tokens, end)
    told = (
        before in (Before.IN, Before.CURRENCY)
        or earlier == "'"
        or ((not earlier or earlier in OPENING) and may_end(tokens, money.end))
    )
    return _Hit(Statement(Kind.SCALE, 10.0 ** len(zeros), money.currency), money.end) if told else None


def _from_zero_to_one(tokens: Tokens, at: int) -> _Hit | None:
    """Werte von 0 bis 1, Anteile zwischen 0 und 1, Anteil (0–1)."""
    words = [token.word for token in tokens[at + 1 : at + 3]]
    if len(words) < 2 or words[0] not in ("bis", "und", "-", ";", "to", "and") or words[1] != "1" or not may_end(tokens, at + 3):
        return None
    spoken = any(token.word in VALUES or token.word in SHARES or token.word.endswith(SHARE_ENDS) for token in tokens[:at])
    return _Hit(Statement(Kind.SHARE, 1), at + 3) if spoken else None


def _times(tokens: Tokens, at: int) -> _Hit | None:
    """Werte x 1.000, ×1000, *1000. A star that opens a text is the mark of a footnote."""
    read = _factor(tokens, at + 1)
    if read is None or (at > 0 and tokens[at - 1].is_number):
        return None
    value, end = read
    money = _money(tokens, end)
    opens = at == 0 or tokens[at - 1].word in BREAKS
    if opens and not (may_end(tokens, money.end) and (tokens[at].word != "*" or tokens[at + 1].is_glued)):
        return None
    told = at > 0 and any(tokens[at - 1].word in words for words in (VALUES, MEASURED, CURRENCIES))
    if _is_scale(value):
        return _Hit(Statement(Kind.SCALE, value, money.currency), money.end) if told or may_end(tokens, money.end) else None
    return _Hit(Statement(Kind.UNCLEAR), money.end) if told and value != 1 else None


def _slash(tokens: Tokens, at: int) -> _Hit | None:
    """Betrag / 1.000; EUR/Einwohner."""
    if at == 0 or tokens[at - 1].is_number:
        return None
    if at + 1 < len(tokens) and tokens[at + 1].word in PER_WHAT and tokens[at - 1].word in CURRENCIES:
        return _Hit(Statement(Kind.RATE, 1), at + 2)
    read = _factor(tokens, at + 1)
    if read is None or not _is_scale(read[0]):
        return None
    if _per_what(tokens, read[1]):
        return _Hit(Statement(Kind.RATE, read[0]), read[1])
    return _Hit(Statement(Kind.SCALE, read[0]), read[1]) if may_end(tokens, read[1]) else None


def _divided(tokens: Tokens, at: int) -> _Hit | None:
    """Geteilt durch 1.000, durch Tausend dividiert."""
    around = [token.word for token in tokens[max(at - 1, 0) : at + 4]]
    if not any(word.startswith(("geteilt", "dividier", "divided", "teil")) for word in around):
        return None
    read = _factor(tokens, at + 1)
    if read is not None:
        return _Hit(Statement(Kind.SCALE, read[0]) if _is_scale(read[0]) else Statement(Kind.UNCLEAR), read[1])
    size = SIZES.get(tokens[at + 1].word) if at + 1 < len(tokens) else None
    return None if size is None else _Hit(Statement(Kind.SCALE, size), at + 2)


def _by_factor(tokens: Tokens, at: int) -> _Hit | None:
    """Faktor 1.000, Faktor: 12."""
    place = at + 1
    while place < len(tokens) and tokens[place].word in (":", "=", "von", "*", "x"):
        place += 1
    read = _factor(tokens, place)
    if read is not None:
        return (
            None
            if read[0] == 1
            else _Hit(Statement(Kind.SCALE, read[0]) if _is_scale(read[0]) else Statement(Kind.UNCLEAR), read[1])
        )
    size = SIZES.get(tokens[place].word) if place < len(tokens) else None
    return None if size is None else _Hit(Statement(Kind.SCALE, size), place + 1)


def _exponent(tokens: Tokens, at: int) -> _Hit | None:
    """Werte e3, (E3), in e6: not the room E3."""
    told = at + 1 < len(tokens) and tokens[at + 1].value in (3, 6, 9) and tokens[at + 1].is_glued and may_end(tokens, at + 2)
    opened = at > 0 and tokens[at - 1].word in OPENING
    if not told or not (opened or what_precedes(tokens, at) in (Before.IN, Before.VALUES)):
        return None
    return _Hit(Statement(Kind.SCALE, 10.0 ** (tokens[at + 1].value or 0)), at + 2)


# --- rates and rounding ----------------------------------------------------------------------------------------------------------------


def _base(tokens: Tokens, at: int) -> tuple[float, int] | None:
    """(size, index behind it) of the number that a rate or a rounding names: 1.000, Tausend, volle Hundert, Tsd."""
    place = at
    while place < len(tokens) and (tokens[place].word in ADJECTIVES or tokens[place].word in ("-", "je")):
        place += 1
    read = _factor(tokens, place)
    if read is not None:
        return read if _is_scale(read[0]) else None
    size = SIZES.get(tokens[place].word) if place < len(tokens) else None
    return None if size is None or size < 1 else (size, place + 1)


def _multiple(tokens: Tokens, at: int) -> tuple[float, int] | None:
    """The same of a number that is no power of ten: gerundet auf 5, auf ein Vielfaches von 3; not: auf 2 Stellen."""
    number = tokens[at] if at < len(tokens) else None
    behind = tokens[at + 1].word if at + 1 < len(tokens) else ""
    if number is None or number.value is None or number.value < 2 or is_year(number) or behind.startswith(PLACES_OF_NUMBERS):
        return None
    return float(number.value), at + 1


def _per_what(tokens: Tokens, at: int) -> bool:
    return any(token.word in PER_WHAT for token in tokens[at : at + 4])


def _per(tokens: Tokens, at: int) -> _Hit | None:
    """Je 1.000 Einwohner, pro Kopf, per cent, pro mille."""
    if at > 0 and tokens[at - 1].word in NEGATIONS:
        return None
    place = at + 1
    while place < len(tokens) and tokens[place].word == "-":
        place += 1
    word = tokens[place].word if place < len(tokens) else ""
    if word in ("cent", "mille", "mill"):
        return _percent_at(tokens, at, place + 1, 100 if word == "cent" else 1000)
    base = _base(tokens, place)
    if base is not None:
        return _Hit(Statement(Kind.RATE, base[0]), base[1]) if base[0] >= 100 else None
    if word in ("kopf", "capita"):
        return _Hit(Statement(Kind.RATE, 1), place + 1)
    before = what_precedes(tokens, at)
    money = before in (Before.START, Before.CURRENCY, Before.VALUES) or (
        bool(tokens) and tokens[0].word in MEASURED - COUNTED and not any(token.word in VERBS for token in tokens)
    )
    money |= before == Before.MEASURED and may_end(tokens, place + 1)
    return _Hit(Statement(Kind.RATE, 1), place + 1) if word in PER_WHAT and money else None


def _upon(tokens: Tokens, at: int) -> _Hit | None:
    """Auf volle Tausend gerundet; auf 1.000 Einwohner; Von 100 Kindern …"""
    rounds = any(token.word.startswith(ROUNDING) for token in tokens)
    base = _base(tokens, at + 1) or (_multiple(tokens, at + 1) if rounds else None)
    if base is None:
        return None
    size, end = base
    if rounds:
        negated = any(token.word in NEGATIONS for token in tokens)
        return _Hit(None if negated else Statement(Kind.ROUNDED, size), _money(tokens, end).end)
    upon = what_precedes(tokens, at) in (Before.START, Before.BREAK, Before.VALUES, Before.MEASURED)  # not: Ausbau auf 100 Plätze
    told = upon if tokens[at].word == "auf" else tokens[at].word == "von" and at == 0
    return _Hit(Statement(Kind.RATE, size), end) if told and size >= 100 and _per_what(tokens, end) else None


# --- shares ----------------------------------------------------------------------------------------------------------------------------


def _percent(tokens: Tokens, at: int) -> _Hit | None:
    return _percent_at(tokens, at, at + 1, PERCENT[tokens[at].word])


def _percent_at(tokens: Tokens, at: int, end: int, whole: int) -> _Hit | None:
    """In Prozent, (%), Anteil %; not 30 Prozent."""
    before = what_precedes(tokens, at)
    is_explained = end < len(tokens) and tokens[end].word == "="  # a legend
    if before in NOT_OF_THE_NUMBERS or is_explained:
        return _Hit(None, end)
    heads = before == Before.START and end < len(tokens) and tokens[end].word in ("der", "aller", "des", "von", "an", "of")
    told = before == Before.IN or heads or may_end(tokens, end)
    return _Hit(Statement(Kind.SHARE, whole), end) if told else None


def _of_hundred(tokens: Tokens, at: int) -> _Hit | None:
    """v. H., v. T., vom Hundert, vom Tausend."""
    following = tokens[at + 1].word if at + 1 < len(tokens) else ""
    letters = {"h": 100, "t": 1000} if tokens[at].word == "v" else {"hundert": 100, "tausend": 1000}
    return _percent_at(tokens, at, at + 2, letters[following]) if following in letters else None


def _heads(tokens: Tokens, at: int) -> bool:
    """Whether a noun heads a text or a part of it, and no sentence: at the start, behind the number of a table, behind a break."""
    if any(token.word in VERBS for token in tokens):
        return False
    place = at
    while place > 0 and (tokens[place - 1].is_number or tokens[place - 1].word in NUMBERED or tokens[place - 1].word in ARTICLES):
        place -= 1
    return what_precedes(tokens, place) in (Before.START, Before.BREAK)


def _is_said_of_values(tokens: Tokens, at: int) -> bool:
    """Whether a noun says what the numbers are, wherever the text stands: Angaben als Anteile, Werte: Durchschnitt, Zahlen sind Quoten."""
    if len(tokens) == 1:
        return True
    before = what_precedes(tokens, at)
    named = before == Before.BREAK and at > 1 and tokens[at - 1].word in (":", "=") and tokens[at - 2].word in VALUES
    is_predicate = at > 1 and tokens[at - 1].word in ("sind", "are") and any(token.word in VALUES for token in tokens[:at])
    return named or is_predicate or before in (Before.IN, Before.VALUES)


def _share(tokens: Tokens, at: int) -> _Hit | None:
    """Anteil der Kinder, Übergangsquote; relative Häufigkeit; Werte sind Anteile."""
    said_of_values = _is_said_of_values(tokens, at)
    if not said_of_values and (not _heads(tokens, at) or tokens[at].word.endswith(("angabe", "angaben"))):
        return None
    return _Hit(Statement(Kind.SHARE, is_heading=not said_of_values), at + 1)


def _relative(tokens: Tokens, at: int) -> _Hit | None:
    following = tokens[at + 1].word if at + 1 < len(tokens) else ""
    return _share(tokens, at) if following.startswith(("haeufigkeit", "frequenc", "anteil", "werte", "zahlen")) else None


# --- other kinds -----------------------------------------------------------------------------------------------------------------------


def _currency(tokens: Tokens, at: int) -> _Hit | None:
    """In Euro, (DM), Angaben €; €m and EURm are scales."""
    currency, before, ends = CURRENCIES[tokens[at].word], what_precedes(tokens, at), may_end(tokens, at + 1)
    is_explained = at + 1 < len(tokens) and tokens[at + 1].word == "="  # a legend
    if before == Before.NEGATED and tokens[at - 1].word in IN and ends:
        return _Hit(Statement(Kind.CURRENCY, of=currency, is_denied=True), at + 1)
    if before in NOT_OF_THE_NUMBERS or is_explained:
        return None
    if before == Before.IN:
        of_year = at > 1 and is_year(tokens[at - 2]) and ends  # 2016 in Euro
        told = told_before_in(tokens, at) or of_year or currency != "EUR"
    else:
        opened = at > 0 and tokens[at - 1].word in OPENING
        told = ends and (before in (Before.START, Before.VALUES, Before.YEAR) or opened or currency != "EUR")
    return _Hit(Statement(Kind.CURRENCY, of=currency), at + 1) if told else None


_ENGLISH = ("change", "changes", "average", "averages")  # stand behind what they are of: three-year average


def _figure(tokens: Tokens, at: int) -> _Hit | None:
    """Index …, Mittelwerte, Veränderung zum Vorjahr; where they head a text, or say what the values are."""
    of, said_of_values = FIGURES[tokens[at].word], _is_said_of_values(tokens, at)
    against = next((place for place in range(at + 1, min(at + 5, len(tokens))) if is_period(tokens[place])), None)
    if of == "change" and against is None and not may_end(tokens, at + 1):
        return None
    opens = at == 1 and tokens[0].word in ("im", "gleitender", "gleitende") and not any(token.word in VERBS for token in tokens)
    closes = tokens[at].word in _ENGLISH and may_end(tokens, at + 1) and not any(token.word in VERBS for token in tokens)
    if not (said_of_values or opens or closes or _heads(tokens, at)):
        return None
    is_whole = of == "change" and at == 0 and against is not None and may_end(tokens, against + 1)
    return _Hit(Statement(Kind.FIGURE, of=of, is_heading=not (said_of_values or is_whole)), at + 1)


def _averaged(tokens: Tokens, at: int) -> _Hit | None:
    """Monatsdurchschnitt, Fünfjahresmittel; an average over the year is what many contracts take."""
    said_of_values = _is_said_of_values(tokens, at)
    told = said_of_values or _heads(tokens, at)
    return _Hit(Statement(Kind.FIGURE, of="average", is_heading=not said_of_values), at + 1) if told else None


def _deflated(tokens: Tokens, at: int) -> _Hit | None:
    negated = at > 0 and tokens[at - 1].word in NEGATIONS
    return None if negated else _Hit(Statement(Kind.FIGURE, of="deflated"), at + 1)


def _cumulated(tokens: Tokens, at: int) -> _Hit | None:
    negated = at > 0 and tokens[at - 1].word in NEGATIONS
    return None if negated else _Hit(Statement(Kind.FIGURE, of="cumulated"), at + 1)


def _is_whole(tokens: Tokens, end: int) -> bool:
    """Whether a noun ends there, and is not explained by what follows (Ansatz: aufsuchend)."""
    return may_end(tokens, end) and (end >= len(tokens) or tokens[end].word not in ":=")


def _plan(tokens: Tokens, at: int) -> _Hit | None:
    """Planwerte, Haushaltsansatz 2016, Prognose; not: Plan und Ist."""
    said_of_values = _is_said_of_values(tokens, at) and tokens[at].word not in SHORT_PLANS
    end = at + 1 + (at + 1 < len(tokens) and is_year(tokens[at + 1]))
    if is_denied(tokens, at) or not (said_of_values or (_heads(tokens, at) and _is_whole(tokens, end))):
        return None
    return _Hit(Statement(Kind.FIGURE, of="plan", is_heading=not said_of_values), end)


def _sample(tokens: Tokens, at: int) -> _Hit | None:
    """Stichprobe 10 %, 10-%-Stichprobe, Hochrechnung aus der Stichprobe; not: stichprobenartig geprüft."""
    looked_into = any(token.word.startswith(LOOKED_INTO) for token in tokens)
    sentence = any(token.word in VERBS for token in tokens) and not has_value_word(tokens, len(tokens))
    if looked_into or sentence or is_denied(tokens, at):
        return None
    return _Hit(Statement(Kind.FIGURE, of="sample"), at + 1)


def _provisional(tokens: Tokens, at: int) -> _Hit | None:
    """Vorläufige Zahlen, Werte geschätzt, Schätzung; not: vorläufige Schutzmaßnahmen, Zahlen in Klammern geschätzt, e = geschätzt."""
    return _of_results(tokens, at, Kind.PROVISIONAL)


def _treated(tokens: Tokens, at: int) -> _Hit | None:
    """Gewichtete Ergebnisse, Werte standardisiert; not: standardisierte Untersuchung."""
    return _of_results(tokens, at, Kind.UNCLEAR)


def _of_results(tokens: Tokens, at: int, kind: Kind) -> _Hit | None:
    """A statement where a word that is said of many things is said of numbers. Alone, it may explain the mark of some of them."""
    following = tokens[at + 1].word if at + 1 < len(tokens) else ""
    of_values = following in VALUES or following in RESULTS or may_end(tokens, at + 1)
    said_of_values = _is_said_of_values(tokens, at) and len(tokens) > 1
    explained = at > 0 and (tokens[at - 1].word == "=" or (tokens[at - 1].word == ":" and tokens[at - 2].word not in VALUES))
    if not of_values or explained or not (said_of_values or _heads(tokens, at)) or is_denied(tokens, at):
        return None
    return _Hit(Statement(kind, is_heading=not said_of_values), at + 1)


def _part_of_year(tokens: Tokens, at: int) -> _Hit | None:
    """1. Halbjahr 2016, Ausgaben im 3. Quartal; not: Stand 1. Quartal 2017."""
    if (
        at == 0
        or tokens[at - 1].value not in (1, 2, 3, 4)
        or any(token.word in VERBS or token.word in ("stand", "bericht", "seit", "ab") for token in tokens)
    ):
        return None
    before = what_precedes(tokens, at - 1)
    told = before in UNITS_STAND_THERE or (at > 1 and tokens[at - 2].word == "im")
    return _Hit(Statement(Kind.FIGURE, of="part of a year", is_heading=True), at + 1) if told else None


def _quarter(tokens: Tokens, at: int) -> _Hit | None:
    """Q1 2016; not: the room Q1."""
    following = tokens[at + 1 : at + 3]
    told = len(following) == 2 and following[0].is_glued and following[0].value in (1, 2, 3, 4) and is_year(following[1])
    return _Hit(Statement(Kind.FIGURE, of="part of a year", is_heading=True), at + 3) if told and _heads(tokens, at) else None


def _months(tokens: Tokens, at: int) -> _Hit | None:
    """Januar bis Juni 2016; not: Januar bis Dezember 2016."""
    words = [token.word for token in tokens[at : at + 3]]
    if len(words) < 3 or words[1] not in ("bis", "-", ";", "/") or not words[2].startswith(MONTHS) or not _heads(tokens, at):
        return None
    told = not (words[0].startswith("jan") and words[2].startswith("dez")) and may_end(tokens, at + 3)
    return _Hit(Statement(Kind.FIGURE, of="part of a year", is_heading=True), at + 3) if told else None


def _full_time(tokens: Tokens, at: int) -> _Hit | None:
    """VZÄ, Angaben in Vollzeitäquivalenten, Stellen (Vollzeitäquivalente)."""
    said_of_values = _is_said_of_values(tokens, at)
    told = said_of_values or (_heads(tokens, at) and may_end(tokens, at + 1))
    return _Hit(Statement(Kind.UNCLEAR, is_heading=not said_of_values), at + 1) if told and not is_denied(tokens, at) else None


def _sum_of_years(tokens: Tokens, at: int) -> _Hit | None:
    """Summe der Jahre 2014 bis 2016."""
    following = tokens[at + 1 : at + 4]
    told = any(token.word in MANY_YEARS for token in following) and _heads(tokens, at)
    return _Hit(Statement(Kind.FIGURE, of="cumulated", is_heading=True), at + 1) if told else None


def _prices(tokens: Tokens, at: int) -> _Hit | None:
    """In Preisen von 2010, zu konstanten Preisen."""
    earlier = tokens[at - 1].word if at > 0 else ""
    constant = earlier in ("konstanten", "constant") or (earlier == "in" and any(map(is_year, tokens[at + 1 : at + 4])))
    return _Hit(Statement(Kind.FIGURE, of="deflated"), at + 1) if constant else None


def _points(tokens: Tokens, at: int) -> _Hit | None:
    told = what_precedes(tokens, at) not in NOT_OF_THE_NUMBERS
    return _Hit(Statement(Kind.FIGURE, of="change"), at + 1) if told else None


def _count(tokens: Tokens, at: int) -> _Hit | None:
    before = what_precedes(tokens, at)
    if before == Before.NEGATED and tokens[at].word in ABSOLUTE:
        of_values = at + 1 < len(tokens) and tokens[at + 1].word in VALUES and may_end(tokens, at + 2)
        return _Hit(Statement(Kind.COUNT, is_denied=True), at + 1) if of_values or may_end(tokens, at + 1) else None
    return None if before in (*NOT_OF_THE_NUMBERS, Before.OTHER) else _Hit(Statement(Kind.COUNT, is_heading=True), at + 1)


def _zeros_left_out(tokens: Tokens, at: int) -> _Hit | None:
    """Drei Nullen weggelassen, um drei Stellen gekürzt; not: führende Nullen."""
    counted = at > 0 and (tokens[at - 1].is_number or tokens[at - 1].word in ("zwei", "drei", "sechs", "letzten"))
    are_cut = tokens[at].word == "nullen" or any(token.word in CUT for token in tokens)  # Stellen are jobs, too
    return _Hit(Statement(Kind.UNCLEAR), at + 1) if counted and are_cut else None


def _unclear(tokens: Tokens, at: int) -> _Hit | None:
    negated = at > 0 and tokens[at - 1].word in NEGATIONS
    return None if negated else _Hit(Statement(Kind.UNCLEAR), at + 1)


def _in(tokens: Tokens, at: int) -> _Hit | None:
    """Angaben in Personen; Angaben in TE, which no table knows."""
    place = at + 1
    if place >= len(tokens) or _reader_of(tokens[place]) is not None or not may_end(tokens, place + 1):
        return None
    token = tokens[place]
    if place + 1 < len(tokens) and tokens[place + 1].word == "-" and tokens[place + 1].is_glued:  # in US-Dollar
        return None
    before = what_precedes(tokens, place)
    if before == Before.NEGATED and token.word in COUNTED and (at == 1 or any(earlier.word in VALUES for earlier in tokens[:at])):
        return _Hit(Statement(Kind.COUNT, is_denied=True), place + 1)
    if before != Before.IN:
        return None
    if token.word in COUNTED:
        return _Hit(Statement(Kind.COUNT, is_heading=True), place + 1)
    told = at == 0 or tokens[at - 1].word in VALUES
    other = token.word in OTHER_UNITS or _is_abbreviation(tokens, place, 4)
    return _Hit(Statement(Kind.UNCLEAR), place + 1) if told and other else None


def _unit_named(tokens: Tokens, at: int) -> _Hit | None:
    """Einheit: TE. What the tables know is read by itself."""
    if at + 1 >= len(tokens) or tokens[at + 1].word not in ":=":
        return None
    place = at + 2
    token = tokens[place] if place < len(tokens) else None
    if token is None or _reader_of(token) is not None or not may_end(tokens, place + 1):
        return None
    longest = 2 if tokens[at].word == "einheit" else 4  # the name of an office is no unit
    return _Hit(Statement(Kind.UNCLEAR), place + 1) if _is_abbreviation(tokens, place, longest) else None


def _is_abbreviation(tokens: Tokens, at: int, longest: int) -> bool:
    """Whether a word is capitals that no table knows, among other words that are not."""
    token = tokens[at]
    among = any(other.word.isalpha() and not other.is_upper for other in tokens)
    return among and token.is_upper and len(token.word) <= longest and token.word not in KNOWN and token.word not in COUNTED


def _reader_of(token: Token) -> _Reader | None:
    """What reads a statement that begins with a token; None for most words."""
    if token.is_number:
        return _number
    read = _READERS.get(token.word)
    if read is None and token.word.endswith(SHARE_ENDS):
        return _share
    is_average = token.word.endswith(AVERAGE_ENDS) and not token.word.startswith("jahres")
    if read is None and token.is_capital and token.word.startswith(MONTHS):
        return _months
    return _averaged if read is None and is_average else read


_READERS: Mapping[str, _Reader] = {
    **dict.fromkeys(SIZES, _scale),
    **dict.fromkeys(BESIDE_MONEY, _letter),
    **dict.fromkeys(CURRENCIES, _currency),
    **dict.fromkeys(PERCENT, _percent),
    **dict.fromkeys(SHARES, _share),
    **dict.fromkeys(FIGURES, _figure),
    **dict.fromkeys(PLANS, _plan),
    **dict.fromkeys(SAMPLES, _sample),
    **dict.fromkeys(PROVISIONAL, _provisional),
    **dict.fromkeys(TREATED, _treated),
    **dict.fromkeys(PARTS_OF_YEAR, _part_of_year),
    **dict.fromkeys(FULL_TIME, _full_time),
    **dict.fromkeys(("summe", "sum"), _sum_of_years),
    "q": _quarter,
    **dict.fromkeys(("preisen", "preise", "prices"), _prices),
    **dict.fromkeys(CUMULATED, _cumulated),
    **dict.fromkeys(UNCLEAR, _unclear),
    **dict.fromkeys(("nullen", "stellen"), _zeros_left_out),
    **dict.fromkeys(DEFLATED, _deflated),
    **dict.fromkeys(PER, _per),
    **dict.fromkeys(PURE_COUNT, _count),
    **dict.fromkeys(("x", "*", "mal", "times"), _times),
    **dict.fromkeys(("auf", "to", "von"), _upon),
    **dict.fromkeys(("durch", "by"), _divided),
    **dict.fromkeys(("faktor", "factor", "multiplikator"), _by_factor),
    **dict.fromkeys(("v", "vom"), _of_hundred),
    **dict.fromkeys(("relative", "relativer"), _relative),
    **dict.fromkeys(("prozentpunkt", "prozentpunkte", "prozentpunkten"), _points),
    **dict.fromkeys(("einheit", "masseinheit", "mengeneinheit", "dimension", "unit"), _unit_named),
    "/": _slash,
    "e": _exponent,
    "in": _in,
}
