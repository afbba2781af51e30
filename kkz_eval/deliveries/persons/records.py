"""A name directly beside a day: where a single one is the record of a person, and where it belongs to whoever made the table.

A contact, an author and the day of a change are names with days too; words in their cell, their row, the rows around it or the titles
of their columns say so. Names as such: names.py; other signs in a text: signs.py; how many are enough: evidence.py.
Patterns are texts that `re` compiles and keeps when first used: most files hold nothing that they would be asked about.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from kkz_eval.deliveries.persons.names import is_full_name, names_in, stands_for_no_person
from kkz_eval.deliveries.persons.signs import DAY_IN_TEXT, EDGES, day_of
from kkz_eval.deliveries.persons.suspects import RowAt
from kkz_eval.deliveries.text.records import HEAD

SENDER = (  # in a row of the sender, of the day or of the making of a table
    r"(?i)ansprech|kontakt|bearbeit|erstell|absender|auskunft|verantwort|telefon|\btel\b|e-?mail|\bfax|mobil|\bstand|datum|\bgez\b"
    r"|unterschr|leitung|dezernent|sachgebiet|rückfrag|vertret|gedruckt|ausgegeben|freigab|geprüft"
)
EVENT = (  # in titles of days on which something begins, ends or is counted
    r"(?i)beginn|begonnen|start|erster|letzter|ferien|anfang|ende\b|schluss|termin|stand\b|stichtag|eröffn|eingang|erheb|gültig|laufzeit|\bvon\b|\bbis\b|\bab\b"
    r"|\bseit\b|durchgeführt|veranstalt|sitzung|treffen|meld|liefer|bewillig|bescheid|kraft|aufnahme|eintritt|austritt"
    r"|änderung|publi|veröff|abruf|bericht|inbetrieb|woche|monat|quartal|frist|fällig|zahlung|buchung|update|valid|begin|end\b"
)
_MAKING = (  # what whoever works at a table writes beside a name and a day, besides the words of a sender
    r"(?i)autor|verfass|erfass|eingetrag|übermitt|mitteil|mitgeteilt|korrig|berichtig|geänd|änderung|ergänz|aktualis|überarbeit|\bversion"
    r"|rücksprache|gespräch|abgestimmt|abgeglich|freigegeb|nachgereicht|nachgelief|gelief|prüf|\bbitte\b|\bsiehe\b|\berledigt|gedruckt"
    r"|plausib|\blaut\b|\blt\.|\bquelle|\bok\b|author|edited|changed|updated|checked|contact|prepared|signed"
)
HOUSES = (  # titles of columns whose names are those of houses, services and streets
    r"(?i)(?:name (?:der |des )?)?(?:kitas?|kindertages\w*|\w*schulen?|schulname|\w*einrichtung(?:en|sname)?|trägers?|straße|str\.|standort|haus"
    r"|familienzentr\w+|angebote?s?|projekte?s?|maßnahme|ort|stadtteil|bezirk)"
)
_AROUND = " \t,;:|/*()[]–—-"  # signs between a name and its day
_INITIAL = r"[A-ZÄÖÜÇŞİ][\w'’-]+,\s*[A-ZÄÖÜÇŞİ]\.(?:\s?[A-ZÄÖÜÇŞİ]\.)?"  # Müller, A.
_WORD = r"[^\W\d_]+(?:['’´`?-][^\W\d_]+)*\.?"
SEX = r"m|w|d|männl(?:ich|\.)?|weibl(?:ich|\.)?|divers"
"""What may stand between a name and its day."""
_COMPACT_DAY = r"(?<!\d)(?:19|20)\d{6}(?!\d)"
_ROLE = (
    r"(?i)kind(?:e[sr]|ern)?|pflegekind|schüler(?:in)?|mutter|vater|eltern|baby|jugendliche[rn]?|familie|geschwister|sohn|tochter"
)
_ROWS_ABOVE, _ROWS_BELOW = 2, 1  # that may say whose name it is


def record_in(text: str) -> str | None:
    """The name of a text that holds the name of a person and directly behind it a day, or nothing but the two; None where it has neither.

    `Meyer, Anna 03.04.2011`, `Anna Meyer (3.4.11) verzogen`; an edge of the year, behind other words, may be that of a cohort.
    """
    days = (*re.finditer(DAY_IN_TEXT, text), *(day for day in re.finditer(_COMPACT_DAY, text) if day_of(day.group())))
    for day in days:
        before, after = (part.strip(_AROUND) for part in (text[: day.start()], text[day.end() :]))
        before = re.sub(rf"(?i)[\s,;(]+(?:{SEX})$", "", before)
        if not (before and after):
            name = re.sub(r"\s*[;|/]\s*", ", ", before or after)
            if is_full_name(name) or re.fullmatch(_INITIAL, name):
                return name
        if not before or re.search(_MAKING, after):
            continue
        words = list(re.finditer(_WORD, before))[-3:]
        names = names_in(before[words[-2].start() :]) if len(words) > 1 and words[-1].end() == len(before) else []
        said = before[: words[-2].start()] if names else ""
        in_front = words[0].group() if len(words) > 2 else ""
        is_of_house = stands_for_no_person(in_front) and not re.fullmatch(_ROLE, in_front)
        date = day_of(day.group())
        if names and not is_of_house and date is not None and (date.month, date.day) not in EDGES and not re.search(EVENT, said):
            return names[0]
    return None


def is_of_sender(row_at: RowAt, number: int, columns: Sequence[int]) -> bool:
    """Whether a name and a day in some columns of a row belong to whoever made the table, or to a house that is called so."""
    around = [cell for row in range(number - _ROWS_ABOVE, number + _ROWS_BELOW + 1) if row > 0 for cell in row_at(row)]
    head = [row_at(row) for row in range(1, min(HEAD, number - 1) + 1)]
    headers = [cells for cells in head if sum(map(bool, cells)) > 1]  # a single cell is a line above the table, not a title
    titles = [cells[column] for cells in headers for column in columns if column < len(cells)]
    if any(re.search(words, text) for text in (*around, *titles) for words in (SENDER, _MAKING)):
        return True
    return len(columns) > 1 and any(re.search(EVENT, title) or re.fullmatch(HOUSES, title) for title in titles)
