"""Words that people write where a number is missing: what each means, and which statistical symbols say the same.

Belongs here: the understanding of a text that is no number. Does not belong here: reading numbers and symbols (numbers.py), sentences
(model/texts). Nothing here turns a word into a value or a symbol: a person does, told which symbol is meant.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum

from kkz_eval.model.symbols import DASHES, SYMBOL_NAMES


class Meaning(StrEnum):
    """What a text in place of a number means; the value is the kind of the finding."""

    BOUNDED = "reader_bounded"  # "<3", "unter 3", "3–5": only a limit, mostly of a count that is kept secret
    SECRET = "reader_secret"
    UNKNOWN = "reader_missing"
    LATER = "reader_later"
    NOT_APPLICABLE = "reader_not_applicable"
    NOTHING = "reader_nothing"  # "keine", "./.", "null": counted and none, or no figure; the text does not say which
    EXCEL_ERROR = "reader_excel_error"
    NARROW = "reader_narrow_column"  # "####": what a spreadsheet program shows of a number in too narrow a column


NO_SYMBOL = "reader_missing_no_symbol"
"""The kind of the finding where the column admits no symbol at all."""

# Of each meaning the symbols that say it, the fittest first.
_SYMBOLS: Mapping[Meaning, tuple[str, ...]] = {
    Meaning.BOUNDED: (".", "*"),
    Meaning.SECRET: (".", "*"),
    Meaning.UNKNOWN: (".", "k.a."),
    Meaning.LATER: ("...", "."),
    Meaning.NOT_APPLICABLE: ("x", "."),
    Meaning.NOTHING: ("-", "."),
    Meaning.EXCEL_ERROR: (".", "k.a."),
}

_COUNT = r"(?:[0-9]+(?:[.,][0-9]+)?|null|eins?|zwei|drei|vier|fünf|sechs|sieben|acht|neun|zehn|one|two|three|four|five|six|ten)"
_LIMIT = (
    r"[<>≤≥=]{1,2}|unter|weniger als|kleiner(?: als)?|höchstens|maximal|max\.?|bis(?: zu)?|mindestens|min\.?|über|mehr als|ab|"
    r"größer(?: als)?|below|under|less than|fewer than|at most|up to|over|above|more than|at least"
)
_BOUNDED = re.compile(
    rf"\(?(?:n\s*)?(?:(?:{_LIMIT})\s*{_COUNT}|{_COUNT}\s*(?:[{DASHES}]|bis|to)\s*{_COUNT}"
    rf"|{_COUNT}\s*(?:und|oder|or|and)\s*(?:weniger|mehr|fewer|less|more))\s*(?:[^\W\d]+|%)?\)?"
)
# Error values of Excel and LibreOffice in German and English: Microsoft Support, "ERROR.TYPE function"; LibreOffice Help, "Error codes".
_EXCEL_ERROR = re.compile(
    r"#(?:nv|n/a|div/0!?|wert!?|value!?|bezug!?|ref!?|name\??|zahl!?|num!?|null!?|überlauf!?|spill!?|kalk!?|calc!?|feld!?|field!?"
    r"|blockiert!?|blocked!?|verbinden!?|connect!?|unbekannt!?|unknown!?|daten_abrufen|getting_data)|(?:err|fehler)\s*:?\s*[0-9]{3}"
)
_NARROW = re.compile(r"#{2,}")
_BETWEEN = re.compile(rf"[\s._()\[\]„“”\"'*:;!{DASHES}]+")

# Words as `_bare` makes them, without spaces and dots: whole ones, and stems that decide wherever they stand.
_WORDS: Mapping[Meaning, frozenset[str]] = {
    Meaning.SECRET: frozenset(("gh", "secret", "datenschutz", "dsgvo")),
    Meaning.UNKNOWN: frozenset(
        (
            *("nv", "na", "n/a", "n/v", "nb", "ne", "ka", "k/a", "oa", "nan", "<na>", "leer", "fehlt", "unbekannt", "weißnicht"),
            *("unknown", "missing", "empty", "blank"),
        )
    ),
    Meaning.LATER: frozenset(("tbd", "tba", "tbc", "offen", "später", "spaeter", "wip", "open", "later")),
    Meaning.NOT_APPLICABLE: frozenset(("entf", "entfällt", "entfaellt", "nz", "x", "irrelevant")),
    Meaning.NOTHING: frozenset(
        ("keine", "kein", "keiner", "keines", "null", "nil", "none", "nichts", "nothing", "xx", "xxx", "fehlanzeige")
    ),
}
_STEMS: Mapping[Meaning, tuple[str, ...]] = {
    Meaning.SECRET: (
        *("geheim", "gesperrt", "anonym", "unterdrückt", "geschwärzt", "vertraulich", "datenschutz"),
        *("suppress", "confidential", "redact", "withheld"),
    ),
    Meaning.NOTHING: ("nichtvorhanden", "gibtesnicht"),
    Meaning.LATER: (
        *("folgt", "nachgereicht", "nachgeliefert", "nachlieferung", "nachreichung", "ausstehend", "stehtaus", "stehtnochaus"),
        *("nochoffen", "nochnicht", "inbearbeitung", "inarbeit", "inprüfung", "pending", "follow", "notyet"),
    ),
    Meaning.NOT_APPLICABLE: (
        *("entfällt", "entfaellt", "trifftnichtzu", "nichtzutreffend", "nichtrelevant", "nichtsinnvoll", "nichtanwendbar"),
        "notapplicable",
    ),
    Meaning.UNKNOWN: (
        *("keineangabe", "keinangabe", "keineangaben", "ohneangabe", "keinedaten", "keinwert", "keinewerte", "keineauskunft"),
        *(
            "keineauswertung",
            "keineerhebung",
            "keineinformation",
            "liegtnichtvor",
            "liegennichtvor",
            "nichterhoben",
            "nichterfasst",
        ),
        *(
            "nichtbekannt",
            "nichtverfügbar",
            "nichtermittel",
            "nichtgemeldet",
            "nichtgezählt",
            "nichtauswertbar",
            "nichtgeliefert",
        ),
        *("nichtermittelbar", "unbekannt", "verweigert", "fehlend", "notavailable", "notknown", "notreported", "notcollected"),
        *("nodata", "novalue", "unknown", "missing"),
    ),
}


def meaning_of(text: str) -> Meaning | None:
    """What a text that is neither a number nor a symbol means in place of a number; None where nothing is known of it."""
    said = " ".join(text.casefold().split())
    if _NARROW.fullmatch(said):
        return Meaning.NARROW
    if _EXCEL_ERROR.fullmatch(said):
        return Meaning.EXCEL_ERROR
    if _BOUNDED.fullmatch(said):
        return Meaning.BOUNDED
    if not any(map(str.isalnum, said)):
        return _of_marks(said)
    if any(map(str.isdigit, said)):
        return None
    bare = _BETWEEN.sub("", said)
    of_all_words = next((meaning for meaning, words in _WORDS.items() if bare in words), None)
    return of_all_words or next((meaning for meaning, stems in _STEMS.items() if any(stem in bare for stem in stems)), None)


def _of_marks(said: str) -> Meaning:
    if "?" in said:
        return Meaning.UNKNOWN
    return Meaning.SECRET if "*" in said else Meaning.NOTHING


def symbols_for(meaning: Meaning, admitted: Sequence[str]) -> tuple[str, ...]:
    """The admitted symbols that say a meaning; all that stand for a missing value where the fit ones are not admitted."""
    known = tuple(symbol for symbol in SYMBOL_NAMES if symbol in admitted)
    return tuple(symbol for symbol in _SYMBOLS.get(meaning, ()) if symbol in known) or known
