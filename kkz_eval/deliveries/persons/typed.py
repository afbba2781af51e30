"""A text that somebody types about a delivery, before it is kept: refused where anything in it speaks of a person.

Stricter than the screening of a file, in which a single name may be that of whoever made it: here somebody can say it without. A refusal names
the kind of what was found, never the text.
"""

from __future__ import annotations

from kkz_eval.deliveries import say
from kkz_eval.deliveries.persons.records import record_in
from kkz_eval.deliveries.persons.screening import suspects_in_strings
from kkz_eval.deliveries.persons.signs import Sign, signs_in
from kkz_eval.model.errors import UserError

LONGEST = 2_000
"""So many characters a text may have."""


def screened(text: str) -> str:
    """The text in plain lines, without control characters. Raises UserError where it is empty, too long, or speaks of a person."""
    plain = "\n".join("".join(sign if sign.isprintable() else " " for sign in line).strip() for line in text.splitlines()).strip()
    if not plain:
        raise UserError("typed_empty", package=say.package)
    if len(plain) > LONGEST:
        raise UserError("typed_too_long", package=say.package, most=LONGEST, length=len(plain))
    found = {sign for line in plain.splitlines() for sign, _ in signs_in(line)}
    found |= {suspect.sign for suspect in suspects_in_strings(plain.splitlines())}
    if any(record_in(line) for line in plain.splitlines()):
        found.add(Sign.RECORD)
    if found:
        first = next(sign for sign in Sign if sign in found)
        raise UserError("typed_of_person", package=say.package, sign=say(f"persons.sign.{first}"))
    return plain
