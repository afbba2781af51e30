"""What may stand around the name in a title of a column: a mark of a footnote, a word for the state of the numbers. No headers, no cells."""

from __future__ import annotations

import re
from collections.abc import Set

from kkz_eval.contracts.synonyms import normal_form
from kkz_eval.deliveries.text.as_meant import as_meant

_MARKS = re.compile(
    r"(?:\s*(?:\*+|†|\([0-9]{1,2}\)|\[[0-9]{1,2}\]|(?<=\s)[0-9a-z]{1,2}\)|(?<=[^\W\d_])[0-9]{1,2}\)|(?<=[0-9]{4})[0-9]\)))+$",
    re.IGNORECASE,
)
_STATE = re.compile(  # whose numbers count all the same; a plan, an estimate or a forecast is another figure
    r"(?:(?<=[0-9])|\s+|\s*[(,\[]\s*)(?:vorl(?:äufige?r?|\.)?|prov(?:isional|\.)?|berichtigt|korrigiert|rev(?:idiert|\.)?|endgültig|ist|[pr])\s*[)\]]?$",
    re.IGNORECASE,
)
_SECOND = re.compile(
    r"(?:\.[0-9]|[\s_]*\(?(?:[2-9]|neu|alt|bisher|kopie|copy|berichtigt|korrigiert|revidiert|aktualisiert|vorl(?:äufig|\.)|endgültig)\)?)$",
    re.IGNORECASE,
)
_DAY = r"[0-9]{1,2}\.\s?[0-9]{1,2}\.\s?(?:19|20)[0-9]{2}|(?:19|20)[0-9]{2}-[0-9]{2}-[0-9]{2}"
_TIME = re.compile(rf"(?<![0-9])(?:{_DAY}|(?:19|20)[0-9]{{2}}(?:\s?[/–-]\s?(?:[0-9]{{4}}|[0-9]{{2}}))?)(?![0-9])")
_WORDS = re.compile(r"\(?[^\W\d_][\w\s.,]*:?\)?")
_LIKE_TIME = re.compile(
    r"(?:19|20)[0-9]{2}|['’][0-9]{2}\b|^(?:(?:jahr|sj|dez\.?|dezember|stand|ende)\W*)?[0-9]{2}$", re.IGNORECASE
)
_BEFORE_TIME = re.compile(r"(?:am|im|in|zum|ende|stand|stichtag|jahr|kalenderjahr|schuljahr|sj|year)$")


def without_footnotes(title: str) -> str:
    """A title without the marks of footnotes at its end, raised or not: `2017*`, `2017 1)` and `2017¹` are 2017."""
    return _MARKS.sub("", as_meant(title).strip())


def without_state(title: str) -> str:
    """The same without a word for the state of the numbers: `2017 (vorl.)` is 2017."""
    return without_footnotes(_STATE.sub("", without_footnotes(title)))


def says_more(title: str, part: str) -> bool:
    """Whether a title has more than the part that was read and words beside it: a mark of a footnote, a word for the state, any other sign."""
    beside = title.replace(part, "", 1).strip()
    return beside != "" and (without_state(title) != title.strip() or _WORDS.fullmatch(beside) is None)


def original_of(title: str) -> str | None:
    """The title that a second one repeats: that of `Anzahl.1` and `Anzahl (neu)` is Anzahl; None where it repeats none."""
    found = _SECOND.search(title.strip())
    return None if found is None else title.strip()[: found.start()]


def times_in(title: str) -> tuple[str, ...]:
    """The years, school years and days that a title names."""
    return tuple(_TIME.findall(title))


def may_name_time(title: str) -> bool:
    """Whether somebody may have meant a time by a title: `2017`, `20171`, `'17`, `17`, `Dez 17`."""
    return _LIKE_TIME.search(title) is not None


def time_named(title: str, names: Set[str]) -> str | None:
    """The one year, school year or day that a title names, with nothing else but what leaves it as it is; else None.

    names: in normal form, of what may stand beside it: `Jahr 2017`, `Bevölkerung am 31.12.2017`.
    """
    bare = without_state(title)
    found = list(_TIME.finditer(bare))
    if len(found) != 1:
        return None
    (time,) = found
    before, after = normal_form(bare[: time.start()]), normal_form(bare[time.end() :])
    while (shorter := _BEFORE_TIME.sub("", before)) != before and before not in names:
        before = shorter
    known = {"", *names}
    return time.group() if before in known and after in known and not (before and after) else None
