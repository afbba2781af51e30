"""Whether a text is or holds the name of a person, by given names. No files, no tables; which texts are enough decides evidence.py.

A name is known by its given name: what stands beside it may be any word that is no institution, place or kind of thing.
Patterns are texts that `re` compiles and keeps when first used: most files hold nothing that they would be asked about.
"""

from __future__ import annotations

import re

from kkz_eval.reference.given_names import NAMESAKES, given_names

_LONGEST = 60  # characters of a cell that is a name
_PARTICLES = frozenset(
    ("von", "van", "vom", "zu", "zur", "de", "da", "di", "del", "der", "den", "dos", "el", "al", "bin", "ibn", "la", "le")
)
_ADDRESS = r"(?i)^(?:(?:frau|herrn?|fr\.|hr\.|dr\.|prof\.|kind|schüler(?:in)?|\d{1,3}[.)])\s+)+"
_WORDS = r"[^\W\d_]+(?:['’´`?-][^\W\d_]+)*\.?"
# Words of houses, services, places and things: what has one is no name of a person.
_NO_PERSON = (
    r"kita|schul|straße|strasse|\bstr\b|haus|heim|zentr|verein|verband|stift|kirch|gemeinde|pfarr|sankt|\bst\b|\bhl\b|heilig|awo|drk"
    r"|caritas|diakon|famili|gymnas|kolleg|klinik|hospital|spital|hort|krippe|garten|platz|\bweg|allee|park|treff|caf[eé]|gruppe|hilfe"
    r"|projekt|werk|bund|amt|kreis|stadt|\bland|region|bezirk|markt|mitte|insgesamt|\bnord|\bsüd|\bost\b|\bwest\b|kind|jugend|eltern"
    r"|mutter|vater|baby|betreu|beratung|angebot|förder|sprach|kurs\b|besuch|früh|hebamm|lots|institut|bildung|sozial|arbeit|gmbh|träger"
    r"|universit|akadem|statist|bericht|jahr|quote|anteil|zahl|tabelle|daten|programm|netzwerk|\bteam|stadion|museum|bücherei|biblioth|ring\b|ufer\b|damm\b|gasse\b|\btor\b|\bhof\b|brücke|chaussee"
)
_RELIGIOUS = frozenset(
    ("frieden", "hilf", "königin", "himmelfahrt", "magdalena", "rast", "trost", "empfängnis", "geburt", "rosenkranz", "täufer")
)


def is_given(word: str) -> bool:
    """Whether a word, or each part of it between hyphens, is a given name."""
    folded = word.casefold().strip(".")
    names = given_names()
    return folded in names or ("-" in folded and all(part in names for part in folded.split("-")))


def is_given_name(text: str) -> bool:
    """Whether a text is one or two given names and nothing else: `Mia`, `Anna-Lena`, `Mehmet Ali`."""
    words = text.split()
    return 0 < len(words) <= 2 and is_given(words[0]) and is_given(words[-1]) and not _is_namesake(text)


def is_full_name(text: str) -> bool:
    """Whether a text is the name of a person and nothing else: `Anna Müller`, `Müller, Anna`, `Mia M.`, `Dr. Ben van Dyk`."""
    if not 5 <= len(text) <= _LONGEST:
        return False
    if not (" " in text or "," in text or "_" in text) or not re.search(r"[^\W\d_]{2}", text):
        return False
    text = re.sub(_ADDRESS, "", text.replace("_", " ").strip().rstrip(",;"))
    last, comma, first = text.partition(",")
    words = text.replace(",", " ").split()
    if not all(re.fullmatch(_WORDS, word) for word in words):
        return False
    if "," in first or not 2 <= len(words) <= 5 or not _are_capital(words):
        return False
    told = [is_given(word) for word in words]
    if not any(told) or _is_no_person(f"{first} {last}" if comma else text):
        return False
    if comma:
        return bool(last.strip()) and any(is_given(word) for word in first.split())
    return told[0] or told[-1]


def may_be_surname(text: str) -> bool:
    """Whether a text is one or two capital words that stand for no house, place or thing."""
    words = text.split()
    plain = all(re.fullmatch(_WORDS, word) and word[0].isupper() for word in words)
    return 0 < len(words) <= 2 and plain and not stands_for_no_person(text)


def stands_for_no_person(word: str) -> bool:
    """Whether a word is one of houses, services, places or things."""
    return re.search(_NO_PERSON, word.casefold()) is not None


def names_in(text: str) -> list[str]:
    """Full names in a sentence: a given name and a capital word or initial beside it, `Mia M.`, `Ben Yılmaz`, `Yılmaz, Ben`."""
    found: list[str] = []
    text = text.replace("_", " ")
    words = list(re.finditer(_WORDS, text))
    place = 0
    while place < len(words) - 1:
        first, second = words[place : place + 2]
        between = text[first.end() : second.start()]
        if between.strip(" ") in ("", ",") and _is_pair(first.group(), second.group(), comma="," in between):
            found.append(f"{first.group()} {second.group()}")
            place += 1
        place += 1
    return found


def _is_pair(first: str, second: str, *, comma: bool) -> bool:
    given, own = (second, first) if comma else (first, second)
    if not (first[0].isupper() and second[0].isupper()) or len(given) < 3 or not is_given(given):
        return False
    return not _is_no_person(f"{given} {own}")


def _are_capital(words: list[str]) -> bool:
    """Whether all words but particles begin with a capital letter; or, of two, none does."""
    capital = {word[0].isupper() for word in words if word.casefold() not in _PARTICLES}
    return capital == {True} or (capital == {False} and len(words) == 2)


def _is_no_person(name: str) -> bool:
    """Whether a given name and what stands beside it are called after a saint or a well-known person, or have a word of places and things."""
    folded = name.casefold()
    words = folded.replace("-", " ").replace(".", " ").split()
    return _is_namesake(name) or not _RELIGIOUS.isdisjoint(words) or stands_for_no_person(folded)


def _is_namesake(text: str) -> bool:
    """Whether a name is one by which houses and streets are called."""
    return " ".join(text.casefold().replace("-", " ").split()) in NAMESAKES
