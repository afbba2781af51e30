"""What words beside a table say of its numbers: scale, share, rate, currency, kind of figure. No contracts, no findings.

A small grammar over tokens: what a word means stands in tables, whether it speaks of the numbers is told by its neighbours. `Tsd. EUR`
does, unless it is a quantity (`50 Tsd. EUR`); `Tausend` and `1.000` do only where a unit stands: after `in`, in brackets, after a comma,
alone. A text that speaks of a scale without saying which is UNCLEAR, not silence.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache


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


@dataclass(frozen=True)
class Statement:
    """One thing that a text says of numbers.

    size: of SCALE and ROUNDED the factor, of a SHARE the whole (100, 1000, 1), of a RATE its base; None where the text leaves it open.
    of: the currency (CURRENCY, SCALE), the kind of figure (FIGURE). is_heading: a noun that may head a table (`Anteil der …`), no unit.
    """

    kind: Kind
    size: float | None = None
    of: str = ""
    is_heading: bool = False


@lru_cache(maxsize=8192)
def statements(text: str) -> tuple[Statement, ...]:
    """What a title, a header or a footnote says of numbers, in the order of the text; () for most."""
    tokens = _tokens(text)
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


@lru_cache(maxsize=1024)
def unit_statements(text: str) -> tuple[Statement, ...]:
    """The same of a text that is a unit and nothing else, where `1000`, `Tausend` and `%` need no context."""
    return statements(f"in {text.strip()}")


def _listed(words: str) -> frozenset[str]:
    return frozenset(words.split())


# --- what the words mean ---------------------------------------------------------------------------------------------------------------

_CURRENCIES: Mapping[str, str] = {
    **dict.fromkeys(("eur", "euro", "euros", "€"), "EUR"),
    **dict.fromkeys(("dm", "dmark"), "DM"),
    **dict.fromkeys(("usd", "$", "dollar", "dollars"), "USD"),
    **dict.fromkeys(("chf", "sfr", "franken"), "CHF"),
    **dict.fromkeys(("gbp", "£"), "GBP"),
}
_ABBREVIATED: Mapping[str, float] = dict.fromkeys(
    ("tsd", "tds", "tsnd", "tausd", "thsd", "tsde"), 1e3
)  # say it wherever they stand
_SHORT: Mapping[str, float] = {
    **dict.fromkeys(("mio", "mios", "mill", "mln"), 1e6),
    **dict.fromkeys(("mrd", "mrden", "mia"), 1e9),
}
_WRITTEN_OUT: Mapping[str, float] = {
    **dict.fromkeys(("zehner", "zehnern"), 10),
    **dict.fromkeys(("hundert", "hunderter", "hundertern", "hunderte", "hunderten", "hundred", "hundreds", "hekto"), 1e2),
    **dict.fromkeys(("tausend", "tausende", "tausenden", "tausender", "tausendern", "thousand", "thousands", "kilo"), 1e3),
    **dict.fromkeys(("zehntausend", "zehntausender", "zehntausendern"), 1e4),
    **dict.fromkeys(("hunderttausend", "hunderttausender", "hunderttausendern"), 1e5),
    **dict.fromkeys(("million", "millionen", "millions", "mega"), 1e6),
    **dict.fromkeys(("milliarde", "milliarden", "billion", "billions", "giga"), 1e9),
    **dict.fromkeys(("cent", "cents", "ct"), 0.01),
}
_BESIDE_MONEY: Mapping[str, float] = {"t": 1e3, "k": 1e3, "m": 1e6, "mn": 1e6, "bn": 1e9, "bio": 1e12, "deka": 10}  # T€, k€, €m
_SIZES: Mapping[str, float] = {**_ABBREVIATED, **_SHORT, **_WRITTEN_OUT}

_PERCENT: Mapping[str, int] = {
    "prozent": 100,
    "percent": 100,
    "pct": 100,
    "%": 100,
    "vh": 100,
    "promille": 1000,
    "‰": 1000,
    "vt": 1000,
}
_SHARES = _listed(
    "anteil anteile anteilen anteils anteilswert anteilswerte anteilig quote quoten prozentwert prozentwerte prozentanteil prozentanteile "
    "prozentsatz prozentsaetze prozentual prozentuale prozentualer prozentualen share shares proportion proportions percentage percentages"
)
_SHARE_ENDS = ("quote", "quoten", "anteil", "anteile")
_FIGURES: Mapping[str, str] = {
    **dict.fromkeys(
        ("index", "indexwert", "indexwerte", "indexzahl", "messzahl", "messzahlen", "messziffer", "messziffern"), "index"
    ),
    **dict.fromkeys(
        ("durchschnitt", "durchschnitte", "durchschnittswert", "durchschnittswerte", "mittelwert", "mittelwerte"), "average"
    ),
    **dict.fromkeys(("median", "mediane", "average", "averages", "mean", "means", "mehrjahresdurchschnitt"), "average"),
    **dict.fromkeys(("dreijahresdurchschnitt", "fuenfjahresdurchschnitt", "durchschnittlich"), "average"),
    **dict.fromkeys(
        ("veraenderung", "veraenderungen", "veraenderungsrate", "veraenderungsraten", "differenz", "differenzen"), "change"
    ),
    **dict.fromkeys(
        ("abweichung", "abweichungen", "zuwachs", "zunahme", "change", "changes", "difference", "differences"), "change"
    ),
}
_CUMULATED = _listed(
    "kumuliert kumulierte kumulierter kumulierten kumuliertes kumulativ kumulative cumulative cumulated aufgelaufen"
)
_UNCLEAR = _listed(
    "skaliert skalierte skalierten skalierung skalierungsfaktor umskaliert scaled rescaled logarithmiert logarithmierte multipliziert"
)
_PER = _listed("je pro per")
_PER_WHAT = _listed(
    "einwohner einwohnern einwohnerin einwohnerinnen ew einw kopf capita kind kinder kindern person personen jugendliche jugendlicher "
    "jugendlichen fall faelle faellen familie familien haushalt haushalte haushalten schueler schuelern schuelerin inhabitant inhabitants "
    "children child persons people bevoelkerung geborene geborenen lebendgeborene lebendgeborenen frauen maedchen jungen maenner "
    "erwerbstaetige erwerbstaetigen menschen platz plaetze"
)
_COUNTED = _listed(
    "person personen kind kinder kindern einwohner einwohnern einwohnerinnen ew einw fall faelle faellen familie familien stueck plaetze "
    "plaetzen stellen haushalte haushalten jugendliche jugendlichen schueler schuelern schuelerinnen abgaenge abgaengen absolventen "
    "einrichtungen hilfen menschen persons people children cases inhabitants families households places"
)
_PURE_COUNT = _listed("anzahl absolut absolute absoluten absolutwerte absolutzahlen number numbers")

# --- what the neighbours mean ----------------------------------------------------------------------------------------------------------

_VALUES = _listed(  # words for the numbers of a table, or for their unit
    "angabe angaben wert werte werten zahl zahlen betrag betraege betraegen einheit einheiten masseinheit mengeneinheit dimension waehrung "
    "daten jeweils alle sowie figure figures value values amount amounts unit units data euro"
)
_MEASURED = _COUNTED | _listed(  # words for what is measured
    "anzahl ausgabe ausgaben kosten aufwand aufwendungen auszahlungen einnahmen summe summen bevoelkerung bestand haushalt budget ansatz "
    "ergebnis zuschuss zuschuesse foerderung mittel spending expenditure costs population"
)
_IN = frozenset(("in", "als"))
_ADJECTIVES = _listed(
    "volle vollen voller ganze ganzen gerundete gerundeten runde runden naechste naechsten jeweils full the nearest"
)
_COMPARED = _listed("mehr weniger groesser kleiner hoeher niedriger more less")  # before als and than
_NEGATIONS = _listed("nicht kein keine keinen keiner statt anstatt anstelle ohne nie not no without instead")
_QUANTITIES = _listed(  # before a number of something
    "ab ueber unter bis mindestens hoechstens maximal minimal rund ca circa etwa ungefaehr knapp fast gut zwischen von mit um aus fuer der die "
    "das den dem des diese dieser diesen ein eine einer einen einem zwei drei vier fuenf sechs sieben acht neun zehn elf zwoelf mehrere "
    "mehreren einige einigen viele vielen wenige wenigen paar halbe halben over under above below about than least most several few up a an "
    "from with two three"
)
_STEPS = _listed("einheiten vielfachen vielfache vielfaches schritten units multiples")  # in Einheiten von 1.000 Euro
_NUMBERED = _listed(
    "tabelle tab nr nummer anlage blatt seite teil uebersicht abbildung abb table page § sgb"
)  # a number names them
_LENGTHS = _listed("m km meter metern kilometer kilometern jahr jahren tag tagen stunden schritten schritte minuten qm m²")
_VERBS = _listed(  # a text with one is a sentence, and heads nothing
    "ist sind war waren wird werden wurde wurden kann koennen siehe hat haben liegt liegen durch wegen aufgrund is are was were see"
)
_KNOWN = _listed("nrw sgb brd eu kita kitas ogs usw etc bzw ggf va")  # capitals that are no unit
_BREAKS = frozenset(',;:|()[]{}=<>!?"„“”&+')  # a unit may stand behind one and before one
_OPENING, _CLOSING = frozenset("([{"), frozenset(")]}")
_ROUNDING = ("gerundet", "aufgerundet", "abgerundet", "rundung", "rounded")


@dataclass(frozen=True)
class _Token:
    """word: folded, or a sign; value: of a whole number; is_number: of any; is_glued: no space before; is_capital, is_upper: its letters."""

    word: str
    value: int | None = None
    is_number: bool = False
    is_glued: bool = False
    is_capital: bool = False
    is_upper: bool = False


@dataclass(frozen=True)
class _Hit:
    """said: None where the words only look like a statement; end: index of the token behind them."""

    said: Statement | None
    end: int


_Tokens = tuple[_Token, ...]
_Reader = Callable[[_Tokens, int], _Hit | None]

_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_POWER = re.compile("(?<=10)[⁰¹²³⁴⁵⁶⁷⁸⁹]+")
_SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹"
_RAISED = str.maketrans(_SUPERSCRIPTS, "0123456789")
_SIGNS = str.maketrans(
    {
        **dict.fromkeys("’‘´`ʼ′", "'"),
        **dict.fromkeys("×✕⋅·∙•", "*"),
        **dict.fromkeys(_SUPERSCRIPTS, " "),  # marks of footnotes
        "÷": "/",
        "_": " ",
        "\n": ";",
    }
)
_DASH = re.compile(r"(?:^|\s)[-‐‑‒−]+(?:\s|$)|[–—]")
_TOKEN = re.compile(r"(\d{1,3}([.,' ])\d{3}(?:\2\d{3})*(?!\d)(?:[.,]\d+)?|\d+(?:[.,]\d+)?)|([^\W\d_]+)|(\S)")
_WHOLE = re.compile(r"(\d{1,3}(?:([.,' ])\d{3}(?:\2\d{3})*)|\d+)(?:[.,]0{1,2})?")
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})
_MONEY_ENDS = ("euros", "euro", "eur", "dm", "usd", "chf", "gbp")


def _tokens(text: str) -> _Tokens:
    plain = _POWER.sub(lambda power: "^" + power.group().translate(_RAISED), _INVISIBLE.sub("", text)).translate(_SIGNS)
    plain = _DASH.sub(" ; ", unicodedata.normalize("NFKC", plain))
    found: list[_Token] = []
    for match in _TOKEN.finditer(plain):
        number, _, word, sign = match.groups()
        is_glued = match.start() > 0 and not plain[match.start() - 1].isspace()
        if number is not None:
            found.append(_Token(number, _value(number), True, is_glued))
        elif word is not None:
            found += _words(word, is_glued)
        elif sign != ".":
            found.append(_Token(sign, is_glued=is_glued))
    return tuple(found)


def _value(number: str) -> int | None:
    whole = _WHOLE.fullmatch(number)
    return None if whole is None else int("".join(filter(str.isdigit, whole.group(1))))


def _words(word: str, is_glued: bool) -> list[_Token]:
    """A word as one token, or as two where it joins a scale and a currency: `TEUR`, `TsdEuro`, `EURm`."""
    folded = word.casefold().translate(_UMLAUTS)
    for money in _MONEY_ENDS:
        for joined, parts in ((folded.removesuffix(money), -1), (folded.removeprefix(money), 1)):
            if joined != folded and (joined in _BESIDE_MONEY or joined in _SIZES):
                pair = (joined, money)[::-parts] if parts == 1 else (joined, money)
                return [_Token(pair[0], is_glued=is_glued, is_capital=word[0].isupper()), _Token(pair[1], is_glued=True)]
    return [_Token(folded, None, False, is_glued, word[0].isupper(), word.isupper())]


class _Before(StrEnum):
    """What stands before a unit."""

    START = "start"
    BREAK = "break"
    IN = "in"
    VALUES = "values"
    MEASURED = "measured"
    CURRENCY = "currency"
    YEAR = "year"
    QUANTITY = "quantity"
    NEGATED = "negated"
    OTHER = "other"


_UNITS_STAND_THERE = frozenset((_Before.START, _Before.BREAK, _Before.VALUES, _Before.MEASURED, _Before.CURRENCY, _Before.YEAR))
_NOT_OF_THE_NUMBERS = frozenset((_Before.QUANTITY, _Before.NEGATED))


def _before(tokens: _Tokens, at: int) -> _Before:
    place = at - 1
    while place >= 0 and tokens[place].word in _ADJECTIVES:
        place -= 1
    if place < 0:
        return _Before.START
    token = tokens[place]
    if token.word in _IN:
        return _before_in(tokens, place)
    if token.word in _NEGATIONS or (token.word in ("of", "oder", "noch", "und", "bzw") and _negated_before(tokens, place)):
        return _Before.NEGATED
    if token.is_number:
        return _before_number(tokens, place)
    if token.word == "von" and place > 0 and tokens[place - 1].word in _STEPS:
        return _Before.IN
    if token.word in _QUANTITIES:
        return _Before.QUANTITY
    if token.word in _BREAKS or token.word in "*-/'":
        numbered = place > 0 and tokens[place - 1].is_number and token.word in "-/'*" and token.is_glued
        return _Before.QUANTITY if numbered else _Before.BREAK if place > 0 else _Before.START
    if token.word in _CURRENCIES:
        return _Before.CURRENCY
    if token.word in _VALUES:
        return _Before.VALUES
    return _Before.MEASURED if token.word in _MEASURED else _Before.OTHER


def _before_in(tokens: _Tokens, place: int) -> _Before:
    """What `in` and `als` come to: mehr als, nicht in, nicht mehr in."""
    earlier = tokens[place - 1].word if place > 0 else ""
    if tokens[place].word == "als" and earlier in _COMPARED:
        return _Before.QUANTITY
    if earlier in ("mehr", "etwa", "laenger"):
        earlier = tokens[place - 2].word if place > 1 else ""
    return _Before.NEGATED if earlier in _NEGATIONS else _Before.IN


def _negated_before(tokens: _Tokens, place: int) -> bool:
    """Whether what `oder` joins is negated: nicht in Tausend oder Millionen; instead of thousands."""
    return any(token.word in _NEGATIONS for token in tokens[max(place - 3, 0) : place])


def _before_number(tokens: _Tokens, place: int) -> _Before:
    """A number before a unit is a quantity, unless it is a year or the number of a table."""
    earlier = tokens[place - 1] if place > 0 else None
    if _is_year(tokens[place]):
        return _Before.YEAR
    if earlier is not None and earlier.word in ("/", "-") and place > 1 and _is_year(tokens[place - 2]):
        return _Before.YEAR
    return _Before.OTHER if earlier is not None and earlier.word in _NUMBERED else _Before.QUANTITY


def _is_year(token: _Token) -> bool:
    return token.value is not None and len(token.word) == 4 and 1900 <= token.value <= 2100


def _ends(tokens: _Tokens, at: int) -> bool:
    """Whether a unit may end before a token: the text ends, a break follows, the mark of a footnote, or a year."""
    if at >= len(tokens):
        return True
    token = tokens[at]
    marked = token.is_number and at + 1 < len(tokens) and tokens[at + 1].word == ")"
    return token.word in _BREAKS or token.word in "*-/" or marked or _is_year(token)


def _has_value_word(tokens: _Tokens, at: int) -> bool:
    return any(token.word in _VALUES or token.word in _MEASURED for token in tokens[:at])


def _told_before_in(tokens: _Tokens, at: int) -> bool:
    """Whether `in`, the next word before that is no adjective, stands at the start, after a break, or after a word for numbers."""
    place = at - 1
    while place > 0 and tokens[place].word in _ADJECTIVES:
        place -= 1
    if place <= 0:
        return True
    earlier = tokens[place - 1]
    return earlier.word in _VALUES or earlier.word in _MEASURED or earlier.word in _BREAKS


def _is_counted_next(tokens: _Tokens, at: int) -> bool:
    """Whether a noun follows that is counted (in 1.000 Kitas), or a length."""
    if at >= len(tokens):
        return False
    token = tokens[at]
    return token.word in _LENGTHS or (token.is_capital and token.word not in _CURRENCIES)


# --- scale -----------------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Money:
    """What follows a scale: currency or "", whether a word for things follows instead, index of the token behind."""

    currency: str
    is_counted: bool
    end: int


def _money(tokens: _Tokens, at: int) -> _Money:
    place = at
    while place < len(tokens) and tokens[place].word in ("-", "of", "an"):
        place += 1
    if place >= len(tokens):
        return _Money("", False, at)
    if tokens[place].word in _CURRENCIES:
        return _Money(_CURRENCIES[tokens[place].word], False, place + 1)
    return _Money("", True, place + 1) if tokens[place].word in _COUNTED else _Money("", False, at)


def _scale(tokens: _Tokens, at: int) -> _Hit | None:
    """Tsd., Mio., Tausend, Hundert Tausend, each with or without what it counts."""
    word, size = tokens[at].word, _SIZES[tokens[at].word]
    end = at + 1
    if end < len(tokens) and tokens[end].word in _SIZES and size >= 10:
        word, size, end = tokens[end].word, size * _SIZES[tokens[end].word], end + 1
    money, before = _money(tokens, end), _before(tokens, at)
    if before in _NOT_OF_THE_NUMBERS:
        return _Hit(None, money.end)
    currency = money.currency or ("EUR" if size < 1 else "")
    said = _Hit(Statement(Kind.SCALE, size, currency), money.end)
    if word in _ABBREVIATED or (word in _SHORT and currency):
        return said
    ends = _ends(tokens, money.end)
    if before == _Before.IN:
        return said if _told_before_in(tokens, at) or ends or not _is_counted_next(tokens, end) else None
    if before in _UNITS_STAND_THERE and ends:
        return said
    return said if ends and (money.currency or _has_value_word(tokens, at)) else None


def _letter(tokens: _Tokens, at: int) -> _Hit | None:
    """T€, T EUR, k€, M€; a letter alone after `in` is unclear."""
    token, money = tokens[at], _money(tokens, at + 1)
    before = _before(tokens, at)
    if before in _NOT_OF_THE_NUMBERS:
        return None
    if money.currency:
        return _Hit(Statement(Kind.SCALE, _BESIDE_MONEY[token.word], money.currency), money.end)
    if before == _Before.CURRENCY and (token.is_glued or len(token.word) > 1) and _ends(tokens, at + 1):
        return _Hit(Statement(Kind.SCALE, _BESIDE_MONEY[token.word], _CURRENCIES[tokens[at - 1].word]), at + 1)
    alone = before == _Before.IN and _told_before_in(tokens, at) and _ends(tokens, at + 1)
    return _Hit(Statement(Kind.UNCLEAR), at + 1) if alone and (token.is_upper or token.word == "k") else None


def _factor(tokens: _Tokens, at: int) -> tuple[float, int] | None:
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


def _number(tokens: _Tokens, at: int) -> _Hit | None:
    """A number as a unit: in 1.000, (1.000 Euro), 10³, '000; insgesamt = 100, 2010 = 100; Werte von 0 bis 1."""
    read = _factor(tokens, at)
    if read is None:
        return None
    value, end = read
    before, money = _before(tokens, at), _money(tokens, end)
    if value == 0:
        return _zeros(tokens, at, before) or _from_zero_to_one(tokens, at)
    if value == 100 and at > 1 and tokens[at - 1].word == "=":
        of_year = _is_year(tokens[at - 2])
        return _Hit(Statement(Kind.FIGURE, of="index") if of_year else Statement(Kind.SHARE, 100), end)
    if before in _NOT_OF_THE_NUMBERS:
        return None
    said = Statement(Kind.SCALE, value, money.currency)
    is_power = end > at + 1
    if is_power and _is_scale(value):
        return _Hit(said, money.end)
    if end < len(tokens) and tokens[end].word in _SIZES and not _is_year(tokens[at]):  # in 100 Tsd. EUR
        money = _money(tokens, end + 1)
        product = Statement(Kind.SCALE, value * _SIZES[tokens[end].word], money.currency)
        return _Hit(product if before == _Before.IN and _is_scale(value) else None, money.end)
    ends = _ends(tokens, money.end)
    if not _is_scale(value):
        asked = (
            value > 1
            and money.currency
            and ends
            and (before == _Before.IN or tokens[at - 1].word in ":=")
            and not _is_year(tokens[at])
        )
        return _Hit(Statement(Kind.UNCLEAR), money.end) if asked else None
    if before == _Before.IN:
        counted = money.end == end and _is_counted_next(tokens, end) and not _told_before_in(tokens, at)
        of_length = end < len(tokens) and tokens[end].word in _LENGTHS
        many = money.is_counted and not _told_before_in(tokens, at)
        return None if counted or of_length or many else _Hit(said, money.end)
    if not ends or before == _Before.OTHER:
        return None
    if money.end > end:
        return _Hit(said, money.end)
    in_brackets = at > 0 and tokens[at - 1].word in _OPENING and end < len(tokens) and tokens[end].word in _CLOSING
    of_currency = before == _Before.CURRENCY and (at == 1 or _before(tokens, at - 1) in (_Before.IN, _Before.VALUES))
    return _Hit(said, end) if in_brackets or before == _Before.VALUES or of_currency else None


def _zeros(tokens: _Tokens, at: int, before: _Before) -> _Hit | None:
    """'000, (000), EUR 000."""
    zeros = "".join(filter(str.isdigit, tokens[at].word))
    if zeros not in ("000", "000000") or before in _NOT_OF_THE_NUMBERS:
        return None
    earlier = tokens[at - 1].word if at > 0 else ""
    end = at + 1 + (at + 1 < len(tokens) and tokens[at + 1].word == "s")
    money = _money(tokens, end)
    told = (
        before in (_Before.IN, _Before.CURRENCY)
        or earlier == "'"
        or ((not earlier or earlier in _OPENING) and _ends(tokens, money.end))
    )
    return _Hit(Statement(Kind.SCALE, 10.0 ** len(zeros), money.currency), money.end) if told else None


def _from_zero_to_one(tokens: _Tokens, at: int) -> _Hit | None:
    """Werte von 0 bis 1, Anteile zwischen 0 und 1, Anteil (0–1)."""
    words = [token.word for token in tokens[at + 1 : at + 3]]
    told = len(words) == 2 and words[0] in ("bis", "und", "-", ";", "to", "and") and words[1] == "1" and _ends(tokens, at + 3)
    spoken = any(token.word in _VALUES or token.word in _SHARES or token.word.endswith(_SHARE_ENDS) for token in tokens[:at])
    return _Hit(Statement(Kind.SHARE, 1), at + 3) if told and spoken else None


def _times(tokens: _Tokens, at: int) -> _Hit | None:
    """Werte x 1.000, ×1000, *1000. A star that opens a text is the mark of a footnote."""
    read = _factor(tokens, at + 1)
    if read is None or (at > 0 and tokens[at - 1].is_number):
        return None
    value, end = read
    money = _money(tokens, end)
    opens = at == 0 or tokens[at - 1].word in _BREAKS
    if opens and not (_ends(tokens, money.end) and (tokens[at].word != "*" or tokens[at + 1].is_glued)):
        return None
    if _is_scale(value):
        return _Hit(Statement(Kind.SCALE, value, money.currency), money.end)
    told = at > 0 and (tokens[at - 1].word in _VALUES or tokens[at - 1].word in _MEASURED)
    return _Hit(Statement(Kind.UNCLEAR), money.end) if told and value != 1 else None


def _slash(tokens: _Tokens, at: int) -> _Hit | None:
    """Betrag / 1.000; EUR/Einwohner."""
    if at == 0 or tokens[at - 1].is_number:
        return None
    if at + 1 < len(tokens) and tokens[at + 1].word in _PER_WHAT and tokens[at - 1].word in _CURRENCIES:
        return _Hit(Statement(Kind.RATE, 1), at + 2)
    read = _factor(tokens, at + 1)
    if read is None or not _is_scale(read[0]):
        return None
    if _per_what(tokens, read[1]):
        return _Hit(Statement(Kind.RATE, read[0]), read[1])
    return _Hit(Statement(Kind.SCALE, read[0]), read[1]) if _ends(tokens, read[1]) else None


def _divided(tokens: _Tokens, at: int) -> _Hit | None:
    """Geteilt durch 1.000, dividiert durch Tausend."""
    earlier = tokens[at - 1].word if at > 0 else ""
    if not earlier.startswith(("geteilt", "dividier", "divided", "teil")):
        return None
    read = _factor(tokens, at + 1)
    if read is not None:
        return _Hit(Statement(Kind.SCALE, read[0]) if _is_scale(read[0]) else Statement(Kind.UNCLEAR), read[1])
    size = _SIZES.get(tokens[at + 1].word) if at + 1 < len(tokens) else None
    return None if size is None else _Hit(Statement(Kind.SCALE, size), at + 2)


def _by_factor(tokens: _Tokens, at: int) -> _Hit | None:
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
    size = _SIZES.get(tokens[place].word) if place < len(tokens) else None
    return None if size is None else _Hit(Statement(Kind.SCALE, size), place + 1)


def _exponent(tokens: _Tokens, at: int) -> _Hit | None:
    """Werte e3, (E3), in e6: not the room E3."""
    told = at + 1 < len(tokens) and tokens[at + 1].value in (3, 6, 9) and tokens[at + 1].is_glued and _ends(tokens, at + 2)
    opened = at > 0 and tokens[at - 1].word in _OPENING
    if not told or not (opened or _before(tokens, at) in (_Before.IN, _Before.VALUES)):
        return None
    return _Hit(Statement(Kind.SCALE, 10.0 ** (tokens[at + 1].value or 0)), at + 2)


# --- rates and rounding ----------------------------------------------------------------------------------------------------------------


def _base(tokens: _Tokens, at: int) -> tuple[float, int] | None:
    """(size, index behind it) of the number that a rate or a rounding names: 1.000, Tausend, volle Hundert, Tsd."""
    place = at
    while place < len(tokens) and (tokens[place].word in _ADJECTIVES or tokens[place].word in ("-", "je")):
        place += 1
    read = _factor(tokens, place)
    if read is not None:
        return read if _is_scale(read[0]) else None
    size = _SIZES.get(tokens[place].word) if place < len(tokens) else None
    return None if size is None or size < 1 else (size, place + 1)


def _per_what(tokens: _Tokens, at: int) -> bool:
    return any(token.word in _PER_WHAT for token in tokens[at : at + 4])


def _per(tokens: _Tokens, at: int) -> _Hit | None:
    """Je 1.000 Einwohner, pro Kopf, per cent, pro mille."""
    if at > 0 and tokens[at - 1].word in _NEGATIONS:
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
    before = _before(tokens, at)
    money = before in (_Before.START, _Before.CURRENCY, _Before.VALUES) or (
        bool(tokens) and tokens[0].word in _MEASURED - _COUNTED and not any(token.word in _VERBS for token in tokens)
    )
    return _Hit(Statement(Kind.RATE, 1), place + 1) if word in _PER_WHAT and money else None


def _upon(tokens: _Tokens, at: int) -> _Hit | None:
    """Auf volle Tausend gerundet; auf 1.000 Einwohner."""
    base = _base(tokens, at + 1)
    if base is None:
        return None
    size, end = base
    if any(token.word.startswith(_ROUNDING) for token in tokens):
        negated = any(token.word in _NEGATIONS for token in tokens)
        return _Hit(None if negated else Statement(Kind.ROUNDED, size), _money(tokens, end).end)
    return _Hit(Statement(Kind.RATE, size), end) if tokens[at].word == "auf" and size >= 100 and _per_what(tokens, end) else None


# --- shares ----------------------------------------------------------------------------------------------------------------------------


def _percent(tokens: _Tokens, at: int) -> _Hit | None:
    return _percent_at(tokens, at, at + 1, _PERCENT[tokens[at].word])


def _percent_at(tokens: _Tokens, at: int, end: int, whole: int) -> _Hit | None:
    """In Prozent, (%), Anteil %; not 30 Prozent."""
    before = _before(tokens, at)
    if before in _NOT_OF_THE_NUMBERS:
        return _Hit(None, end)
    heads = before == _Before.START and end < len(tokens) and tokens[end].word in ("der", "aller", "des", "von", "an", "of")
    told = before == _Before.IN or heads or _ends(tokens, end)
    return _Hit(Statement(Kind.SHARE, whole), end) if told else None


def _of_hundred(tokens: _Tokens, at: int) -> _Hit | None:
    """v. H., v. T., vom Hundert, vom Tausend."""
    following = tokens[at + 1].word if at + 1 < len(tokens) else ""
    letters = {"h": 100, "t": 1000} if tokens[at].word == "v" else {"hundert": 100, "tausend": 1000}
    return _percent_at(tokens, at, at + 2, letters[following]) if following in letters else None


def _heads(tokens: _Tokens, at: int) -> bool:
    """Whether a noun heads a text or a part of it, and no sentence: behind the number of a table, a break, `als`, a word for numbers."""
    if any(token.word in _VERBS for token in tokens):
        return False
    place = at
    while place > 0 and (
        tokens[place - 1].is_number or tokens[place - 1].word in _NUMBERED or tokens[place - 1].word in ("die", "der")
    ):
        place -= 1
    return place == 0 or _before(tokens, place) in (_Before.BREAK, _Before.IN, _Before.VALUES)


def _share(tokens: _Tokens, at: int) -> _Hit | None:
    """Anteil der Kinder, Übergangsquote; relative Häufigkeit."""
    return _Hit(Statement(Kind.SHARE, is_heading=True), at + 1) if _heads(tokens, at) else None


def _relative(tokens: _Tokens, at: int) -> _Hit | None:
    following = tokens[at + 1].word if at + 1 < len(tokens) else ""
    return _share(tokens, at) if following.startswith(("haeufigkeit", "frequenc", "anteil", "werte", "zahlen")) else None


# --- other kinds -----------------------------------------------------------------------------------------------------------------------


def _currency(tokens: _Tokens, at: int) -> _Hit | None:
    """In Euro, (DM), Angaben €; €m and EURm are scales."""
    currency, before, ends = _CURRENCIES[tokens[at].word], _before(tokens, at), _ends(tokens, at + 1)
    if before in _NOT_OF_THE_NUMBERS:
        return None
    if before == _Before.IN:
        told = _told_before_in(tokens, at) or currency != "EUR"
    else:
        opened = at > 0 and tokens[at - 1].word in _OPENING
        told = ends and (before in (_Before.START, _Before.VALUES) or opened or currency != "EUR")
    return _Hit(Statement(Kind.CURRENCY, of=currency), at + 1) if told else None


def _figure(tokens: _Tokens, at: int) -> _Hit | None:
    """Index …, Mittelwerte, Veränderung zum Vorjahr; where they head a text."""
    if not (_heads(tokens, at) or (at > 0 and tokens[at - 1].word in ("im", "gleitender", "gleitende") and at == 1)):
        return None
    if any(token.word in _VERBS for token in tokens):
        return None
    return _Hit(Statement(Kind.FIGURE, of=_FIGURES[tokens[at].word], is_heading=True), at + 1)


def _cumulated(tokens: _Tokens, at: int) -> _Hit | None:
    negated = at > 0 and tokens[at - 1].word in _NEGATIONS
    return None if negated else _Hit(Statement(Kind.FIGURE, of="cumulated"), at + 1)


def _points(tokens: _Tokens, at: int) -> _Hit | None:
    told = _before(tokens, at) not in _NOT_OF_THE_NUMBERS
    return _Hit(Statement(Kind.FIGURE, of="change"), at + 1) if told else None


def _count(tokens: _Tokens, at: int) -> _Hit | None:
    told = _before(tokens, at) not in (*_NOT_OF_THE_NUMBERS, _Before.OTHER)
    return _Hit(Statement(Kind.COUNT, is_heading=True), at + 1) if told else None


def _unclear(tokens: _Tokens, at: int) -> _Hit | None:
    negated = at > 0 and tokens[at - 1].word in _NEGATIONS
    return None if negated else _Hit(Statement(Kind.UNCLEAR), at + 1)


def _in(tokens: _Tokens, at: int) -> _Hit | None:
    """Angaben in Personen; Angaben in TE, which no table knows."""
    place = at + 1
    if place >= len(tokens) or _reader_of(tokens[place]) is not None or not _ends(tokens, place + 1):
        return None
    token = tokens[place]
    if place + 1 < len(tokens) and tokens[place + 1].word == "-" and tokens[place + 1].is_glued:  # in US-Dollar
        return None
    if _before(tokens, place) != _Before.IN:
        return None
    if token.word in _COUNTED:
        return _Hit(Statement(Kind.COUNT, is_heading=True), place + 1)
    told = at == 0 or tokens[at - 1].word in _VALUES
    short = token.is_upper and len(token.word) <= 4 and token.word not in _KNOWN
    return _Hit(Statement(Kind.UNCLEAR), place + 1) if told and short else None


def _unit_named(tokens: _Tokens, at: int) -> _Hit | None:
    """Einheit: TE. What the tables know is read by itself."""
    if at + 1 >= len(tokens) or tokens[at + 1].word not in ":=":
        return None
    place = at + 2
    token = tokens[place] if place < len(tokens) else None
    if token is None or _reader_of(token) is not None or not _ends(tokens, place + 1):
        return None
    short = token.is_upper and len(token.word) <= 4 and token.word not in _KNOWN and token.word not in _COUNTED
    return _Hit(Statement(Kind.UNCLEAR), place + 1) if short else None


def _reader_of(token: _Token) -> _Reader | None:
    """What reads a statement that begins with a token; None for most words."""
    if token.is_number:
        return _number
    read = _READERS.get(token.word)
    return _share if read is None and token.word.endswith(_SHARE_ENDS) else read


_READERS: Mapping[str, _Reader] = {
    **dict.fromkeys(_SIZES, _scale),
    **dict.fromkeys(_BESIDE_MONEY, _letter),
    **dict.fromkeys(_CURRENCIES, _currency),
    **dict.fromkeys(_PERCENT, _percent),
    **dict.fromkeys(_SHARES, _share),
    **dict.fromkeys(_FIGURES, _figure),
    **dict.fromkeys(_CUMULATED, _cumulated),
    **dict.fromkeys(_UNCLEAR, _unclear),
    **dict.fromkeys(_PER, _per),
    **dict.fromkeys(_PURE_COUNT, _count),
    **dict.fromkeys(("x", "*", "mal", "times"), _times),
    **dict.fromkeys(("auf", "to"), _upon),
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
