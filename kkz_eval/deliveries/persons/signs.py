"""What in a single text speaks of a person: numbers with check digits, addresses, telephones, days of birth, sentences about a child.

A text is a cell, a line, a comment, a property. How many signs are enough: evidence.py; columns of them: columns.py. Names: names.py.
Patterns are texts that `re` compiles and keeps when first used: most files hold nothing that they would be asked about.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from enum import StrEnum

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kkz_eval.deliveries.persons.names import is_full_name, is_given, names_in
from kkz_eval.reference.given_names import given_names


class Sign(StrEnum):
    """Kind of a sign; the value is its key below `persons.sign.` in the catalogue."""

    TITLE = "title"
    NAME = "name"
    BIRTH = "birth"
    DAY = "day"
    NAMED_DAY = "named_day"
    RECORD = "record"
    ABOUT = "about"
    ADDRESS = "address"
    MAIL = "mail"
    PHONE = "phone"
    ACCOUNT = "account"
    INSURANCE = "insurance"
    TAX = "tax"


Found = tuple[Sign, str]
"""A sign and what was found, by which different ones are counted; never shown."""


def signs_in(text: str) -> Iterator[Found]:
    """All signs of persons in a text."""
    has_digit = any(map(str.isdigit, text))
    if has_digit:
        yield from _numbers_in(text)
        yield from _births_in(text)
        if re.search(_LIVES, text):
            yield Sign.ADDRESS, text
    if "@" in text:
        for match in re.finditer(_MAIL, text):
            if not re.match(_OFFICE, match.group()):
                yield Sign.MAIL, match.group().casefold()
    is_name = is_full_name(text)
    if is_name:
        yield Sign.NAME, text.casefold()
    if not any(map(str.isupper, text)):
        return
    for name in [] if is_name else names_in(text):
        yield Sign.NAME, name.casefold()
        if has_digit and _has_day_beside(text, name.split(" ")[0]):
            yield Sign.NAMED_DAY, name.casefold()
    if re.search(_KEYED, text) or re.search(_INITIALS, text) or re.search(_FAMILY, text) or _speaks_of_one(text):
        yield Sign.ABOUT, text


# ---- days ----

_MONTH = r"(?:jan|feb|mär|mar|mrz|apr|mai|may|jun|jul|aug|sep|okt|oct|nov|dez|dec)[a-zä]*\.?"
_MONTHS = ("jan", "feb", "mär", "apr", "mai", "jun", "jul", "aug", "sep", "okt", "nov", "dez")
_OTHER_MONTHS = {"mar": 3, "mrz": 3, "may": 5, "oct": 10, "dec": 12}
_DAY = (
    rf"(?:[0-3]?\d\s?[./-]\s?(?:[01]?\d\s?[./-]\s?|{_MONTH}[\s./-]?)(?:19|20)?\d\d|[0-3]?\d\.?\s{_MONTH}\s(?:19|20)\d\d"
    r"|(?:19|20)\d\d[./-][01]?\d[./-][0-3]?\d)(?!\d)"
)
DAY_IN_TEXT = rf"(?i)(?<![\d./-]){_DAY}"
_TIME = r"(?:[T ]\d{1,2}:\d\d(?::[\d.]+)?Z?)?"
_DAY_MONTH_YEAR = r"(\d{1,2})\s?[./-]\s?(\d{1,2})\s?[./-]\s?(\d{4}|\d{2})" + _TIME
_YEAR_MONTH_DAY = r"(\d{4})[./-](\d{1,2})[./-](\d{1,2})" + _TIME
_WITH_WORD = rf"(?i)(\d{{1,2}})\.?[\s/-]?({_MONTH})[\s/-]?(\d{{4}}|\d{{2}})"
_COMPACT = r"((?:19|20)\d\d)(\d\d)(\d\d)"
_COMPACT_TURNED = r"(\d\d)(\d\d)((?:19|20)\d\d)"
_FIRST_YEAR, _TURN_OF_CENTURY = 1900, 50  # a year of two digits up to 50 lies in this century


def day_of(text: str) -> date | None:
    """The day that a text is and nothing else, in any usual form: 12.03.2015, 3/12/15, 2015-03-12, 12. März 2015, 20150312."""
    text = text.strip()
    if not 6 <= len(text) <= 30 or not text[:1].isdigit():
        return None
    if match := re.fullmatch(_DAY_MONTH_YEAR, text):
        day, month, year = (int(part) for part in match.groups())
        day, month = (month, day) if month > 12 else (day, month)
    elif match := re.fullmatch(_YEAR_MONTH_DAY, text) or re.fullmatch(_COMPACT, text):
        year, month, day = (int(part) for part in match.groups())
    elif match := re.fullmatch(_COMPACT_TURNED, text):
        day, month, year = (int(part) for part in match.groups())
    elif match := re.fullmatch(_WITH_WORD, text):
        day, year, word = int(match[1]), int(match[3]), match[2].casefold()[:3]
        month = _OTHER_MONTHS.get(word) or _MONTHS.index(word) + 1
    else:
        return None
    if year < 100:
        year += 2000 if year <= _TURN_OF_CENTURY else 1900
    try:
        return date(year, month, day) if year >= _FIRST_YEAR else None
    except ValueError:
        return None


EDGES = frozenset(((1, 1), (12, 31), (9, 30), (10, 1), (6, 30), (7, 1), (7, 31), (8, 1)))
"""Months and days by which cohorts of children are cut: calendar year, enrolment, school year."""

_BIRTH = (
    r"(?is)(?:\bgeb(?:oren|urts?[- ]?(?:datum|tag|dat\.?))?\b[.: ]*|\bgeb\.?[- ]?(?:dat(?:um)?|tag|am)\b[.: ]*"
    r"|\b(?:born|dob|date of birth|birthday|birth date|doğum\w*)\b[.: ]*|\*\s?)"
    rf"(?:am|on|den)?\s*(?P<day>{_DAY})(?P<after>.{{0,14}})"
)
_COHORT = r"(?i)\s*(?:-|–|—|bis\b|und\s+(?:\d|vor|nach|früher|später|danach|jünger|älter)|oder\s+(?:früher|später|danach|vorher|jünger|älter))"


def _births_in(text: str) -> Iterator[Found]:
    for match in re.finditer(_BIRTH, text):
        if re.match(_COHORT, match["after"]):
            continue
        day = day_of(match["day"])
        at_edge = day is None or (day.month, day.day) in EDGES
        # an asterisk may be that of a footnote, the edge of a year that of a cohort: then only a name tells
        may_be_another = match.group().startswith("*") and match.group().strip() != text.strip()
        if (at_edge or may_be_another) and not names_in(text):
            continue
        yield Sign.BIRTH, match["day"]


_NEAR = 40  # characters between a name and a day that belong together


def _has_day_beside(text: str, word: str) -> bool:
    start = text.find(word)
    return re.search(DAY_IN_TEXT, text[max(start - _NEAR, 0) : start + 2 * _NEAR]) is not None


# ---- sentences ----

_KEYED = r"(?i)\b(?:vor|nach|familien|geburts|ruf)name[n]?(?: des kindes)?\s*[:=]\s*[^\W\d_]{2,}"
_LIVES = r"(?i)\bwohn(?:t|haft|end|en)\b[^.;\n]{0,40}?(?:str\.|straße|strasse|weg|allee|platz|gasse|ring|damm)\s?\d"
_CAPITAL = "[A-ZÄÖÜÇŞİ]"
_RELATION = (
    r"\b(?:Kind(?:e[sr]|ern)?|Sohn(?:es)?|Söhne|Tochter|Töchter|(?:Kinds)?[Mm]utter|(?:Kinds)?[Vv]ater|Bruder|Schwester|Geschwister"
    r"|Schüler(?:in)?|Mädchen|Junge|Klient(?:in)?|Patient(?:in)?|Fall|Familie|Fam\.|Mündel|Pflegekind|Säugling|Baby|Zwillinge?"
    r"|Antragsteller(?:in)?|Betroffene[rs]?)"
    rf"(?:[ -]?(?:Nr\.? ?)?\d+(?:[/-]\d+)?)?[: ]\s*(?P<name>{_CAPITAL}[^\W\d_]*\.?)[ ,]*(?P<next>[^\s,;:()]*)"
)
_REPORT = rf"(?i:8a|gefährdung)[^.;\n]{{0,30}}?\b(?i:zu|über|betr\.?|betrifft|wegen|für|von|bei|bzgl\.)[: ]\s*(?P<name>{_CAPITAL}[^\W\d_]+ {_CAPITAL}\S*)"
_FILE = r"\b(?:Az|Akte|Aktenzeichen|Hilfeplan|Hilfefall)\b"
_INITIALS = (
    rf"\b(?:Kind|Sohn|Tochter|Schüler(?:in)?|Klient(?:in)?|Patient(?:in)?|Fall|Familie|Mündel|8a[- ]?\w*(?: zu)?)[: ]\s*"
    rf"{_CAPITAL}\.\s?{_CAPITAL}\."
)
_FAMILY = (
    rf"\b(?:Familie|Fam\.) {_CAPITAL}[^\W\d_]+(?:-{_CAPITAL}[^\W\d_]+)?\s*[:,(-]\s*(?:\d+ )?"
    r"(?:Kind|Sohn|Söhne|Tochter|Töchter|Mutter|Vater|Eltern|Baby|Säugling|alleinerz)"
)


# A given name with an initial, a year of birth or an age: Elif D., Mia (geb. 2014), Ben, 5 Jahre.
_CALLED = rf"\b(?P<name>{_CAPITAL}[^\W\d_]+)(?: {_CAPITAL}\.(?=[ ,;:()]|$)|[ ,(]{{1,3}}(?:geb\b|\*\s?\d|\d{{1,2}} ?(?:J\.|Jahre|jährig|J\b|Monate)))"


def _speaks_of_one(text: str) -> bool:
    """Whether a member of a family, a pupil or a case is called by a given name, with an initial, a surname or nothing behind it."""
    for match in re.finditer(_RELATION, text):
        name, after = match["name"], match["next"]
        if len(name) >= 3 and is_given(name) and (not after[:1].isupper() or names_in(f"{name} {after}")):
            return True
    if any(names_in(match["name"]) for match in re.finditer(_REPORT, text)) or (re.search(_FILE, text) and names_in(text)):
        return True
    return any(len(match["name"]) >= 3 and is_given(match["name"]) for match in re.finditer(_CALLED, text))


# ---- numbers and addresses ----

_ACCOUNT = r"(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?![A-Za-z0-9])"
_HEALTH = r"(?<![A-Z0-9])[A-Z]\d{9}(?!\d)"
_PENSION = r"(?<![A-Z0-9])(\d{2}) ?(\d{2})(\d{2})(\d{2}) ?([A-Z]) ?(\d{3})(?![A-Z0-9])"
_TAX = r"(?<![\d.,])[1-9]\d(?:\d{9}| \d{3} \d{3} \d{3})(?![\d.,]?\d)"
_TAX_WORD = r"(?i)steuer|idnr|id-nr|\btin\b"
_MAIL = r"(?i)[^\s@;,:<>()\[\]\"'|]{1,64}@[^\s@;,:<>()\[\]\"'|]{1,190}\.[a-z]{2,}"  # the lengths keep long texts from taking long
_OFFICE = (  # the mailbox of an office or a house
    r"(?i)^(?:info|kontakt|post|poststelle|service|office|mail|verwaltung|schulamt|statistik|presse|redaktion|support|auskunft"
    r"|no-?reply|datenschutz|amt|fb|stab|zentrale|buero|büro|rathaus|stadt|kreis|bildung|soziales|team|hort)(?:[\W\d_].*)?@"
    r"|^[^@]*(?:kita|schule|familienz|jugendamt|sekretariat|beratung|fruehe|frühe|hilfen|gruppe|zentrum)[^@]*@"
)
_PHONE = (
    r"(?<![\w.,:+-])(?<!\d )(?:(?:\+|00)49[\s()/-]*(?:\(0\))?[\s()/-]*[1-9]\d{1,4}|\(?0[1-9]\d{1,4})\)?\s?[\s/–-]\s?\d[\d /–-]{3,13}\d"
    r"(?![\d.,]*\d)|(?<![\w.,:+-])(?:\+49|0049)[1-9]\d{6,12}(?!\d)|(?<![\w.,:+/-])01[567]\d{8,9}(?!\d)"
)
_BARE_PHONE = r"0[1-9]\d{7,11}"
_KEY_OF_AREA = r"05(?:\d{6}|\d{7}|\d{10})"  # of a municipality or an association, with 8, 9 or 12 digits


def _numbers_in(text: str) -> Iterator[Found]:
    for match in re.finditer(_ACCOUNT, text):
        account = match.group().replace(" ", "")
        if _is_account(account):
            yield Sign.ACCOUNT, account
    for match in re.finditer(_HEALTH, text):
        if _is_health_number(match.group()):
            yield Sign.INSURANCE, match.group()
    for match in re.finditer(_PENSION, text):
        if _is_pension_number("".join(match.groups())):
            yield Sign.INSURANCE, match.group()
    for match in re.finditer(_TAX, text):
        number = match.group().replace(" ", "")
        if is_tax_number(number) and re.search(_TAX_WORD, text):
            yield Sign.TAX, number
    for match in re.finditer(_PHONE, text):
        yield Sign.PHONE, "".join(filter(str.isdigit, match.group()))


def _is_account(account: str) -> bool:
    """Whether the check digits of an account are right (ISO 13616: the remainder by 97 is 1)."""
    if not 15 <= len(account) <= 34:
        return False
    turned = account[4:] + account[:4]
    return int("".join(str(int(sign, 36)) for sign in turned)) % 97 == 1


def _is_health_number(number: str) -> bool:
    """Whether the check digit of a health insurance number is right (§ 290 SGB V: letter as two digits, weights 1 and 2, sums of digits)."""
    digits = f"{ord(number[0]) - 64:02d}{number[1:9]}"
    return _weighted(digits, (1, 2) * 5) == int(number[9])


_PENSION_WEIGHTS = (2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1)


def _is_pension_number(number: str) -> bool:
    """Whether day of birth and check digit of a pension insurance number are right (§ 147 SGB VI and VKVV, sums of weighted digits)."""
    day, month = int(number[2:4]), int(number[4:6])
    digits = f"{number[:8]}{ord(number[8]) - 64:02d}{number[9:11]}"
    return 1 <= day <= 31 and 1 <= month <= 12 and _weighted(digits, _PENSION_WEIGHTS) == int(number[11])


def _weighted(digits: str, weights: tuple[int, ...]) -> int:
    return sum(sum(divmod(int(digit) * weight, 10)) for digit, weight in zip(digits, weights, strict=True)) % 10


def is_tax_number(number: str) -> bool:
    """Whether a text is a tax identification number (§ 139b AO; check digit of ISO/IEC 7064, MOD 11,10; one digit stands twice or thrice)."""
    if len(number) != 11 or not number.isdigit():
        return False
    repeated = [count for digit in set(number[:10]) if (count := number[:10].count(digit)) > 1]
    if len(repeated) != 1 or repeated[0] > 3:
        return False
    product = 10
    for digit in number[:10]:
        total = (int(digit) + product) % 10 or 10
        product = total * 2 % 11
    return (11 - product) % 10 == int(number[10])


def is_phone(text: str) -> bool:
    """Whether a text is a telephone number and nothing else; keys of areas begin with a zero too."""
    text = text.strip()
    if re.fullmatch(_BARE_PHONE, text) is not None:
        return re.fullmatch(_KEY_OF_AREA, text) is None
    return re.fullmatch(_PHONE, text) is not None


# ---- which of many texts to look at ----

# What may be a sign, in the words of RE2: quick to find in millions of texts.
_MAY_BE = (
    r"\b[A-Z]{2}[0-9]{2} ?[0-9A-Z]{4} ?[0-9A-Z]{4}",
    r"\b[A-Z][0-9]{9}\b|\b[0-9]{2} ?[0-9]{6} ?[A-Z] ?[0-9]{3}\b",
    r"\b[1-9][0-9] ?[0-9]{3} ?[0-9]{3} ?[0-9]{3}\b",
    r"@",
    r"(\+|\b00)49|\b0[1-9][0-9]{1,4}\)? ?[ /–-] ?[0-9]{2}|\b0[1-9][0-9]{7,11}\b",
    r"([Gg][Ee][Bb]|[Bb]orn|DOB|[Bb]irth|\*|[Dd]o.um)[^;\n]{0,14}[0-9]{1,4}[-./ ]",
    r"[Ww]ohn(t|haft|en)|[Nn]ame[n]?( des Kindes)? ?[:=]|Fam(ilie|\.) [^;\n]{2,40}[:,(-]|\b[A-Z]\. ?[A-Z]\.|[a-zà-ÿışğç], ?[A-ZÀ-ÞİŞĞ]\.",  # classes of all letters would take longer to compile than to look for
    r"\b[0-3]?[0-9] ?[./-] ?[01]?[0-9] ?[./-] ?([12][0-9])?[0-9]{2}\b|\b(19|20)[0-9]{2}[./-][01]?[0-9][./-][0-3]?[0-9]",
    r"\b[0-3]?[0-9][. /-]+([Jj]an|[Ff]eb|[Mm].{1,2}r|[Mm]rz|[Aa]pr|[Mm]a[iy]|[Jj]u[nl]|[Aa]ug|[Ss]ep|[Oo][kc]t|[Nn]ov|[Dd]e[zc])",
    r"\b((19|20)[0-9]{2}[01][0-9][0-3][0-9]|[0-3][0-9][01][0-9](19|20)[0-9]{2})\b",
)
_ANY = "|".join(f"(?:{pattern})" for pattern in _MAY_BE)
_FIRST, _SPREAD = 200, 600  # texts looked at of those that may hold one kind of sign
_FEW = (
    1 << 18
)  # characters of all texts, up to which words are compared one by one: compiling all names into a pattern takes longer


def places_to_look_at(texts: pa.Array) -> list[int]:
    """Indices of the texts that may hold a sign, in order. Of a kind that very many may hold: the first ones, and some from all over.

    texts: strings.
    """
    found = set(_with_given_name(texts))
    held = pc.indices_nonzero(pc.match_substring_regex(texts, _ANY))
    among = texts.take(held) if len(held) else texts[:0]
    for pattern in _MAY_BE if len(held) else ():
        found.update(spread(held.to_numpy()[pc.indices_nonzero(pc.match_substring_regex(among, pattern)).to_numpy()]))
    return sorted(found)


def may_hold_signs(together: pa.Array) -> bool:
    """Whether a long text, the one of an array, may hold a sign anywhere."""
    return pc.match_substring_regex(together, _ANY)[0].as_py() or bool(_with_given_name(together))


def one_text(text: str) -> pa.Array:
    """An array of a single text, without the copies that a conversion of a large one makes."""
    data = text.encode("utf-8", "replace")
    return pa.LargeStringArray.from_buffers(1, pa.py_buffer(np.array([0, len(data)], np.int64)), pa.py_buffer(data))


def spread(places: np.ndarray) -> list[int]:
    """All of some places, or of many the first ones and some from all over."""
    if len(places) > _FIRST + _SPREAD:
        places = np.concatenate([places[:_FIRST], places[np.linspace(_FIRST, len(places) - 1, _SPREAD, dtype=np.int64)]])
    return [int(place) for place in places]


def _with_given_name(texts: pa.Array) -> list[int]:
    names = given_names()
    if (pc.sum(pc.binary_length(texts)).as_py() or 0) > _FEW:
        pattern = r"(?i)(?:^|[^\pL])(?:" + "|".join(map(re.escape, sorted(names))) + r")(?:$|[^\pL])"
        return spread(pc.indices_nonzero(pc.match_substring_regex(texts, pattern)).to_numpy())
    words = [frozenset(re.split(r"[\W\d_]+", text.casefold())) for text in texts.to_pylist()]
    return [place for place, of_text in enumerate(words) if not names.isdisjoint(of_text)]
