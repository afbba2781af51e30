"""Keys of units in the name of a file, beside those in it: a slip of the key gives a unit another's numbers, and no rule of a file can see it.

Does not belong here: what the file says of its units, which alone counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from kkz_eval.model.texts import Joined, Sentence
from kkz_eval.reference.tables import DISTRICT_SUFFIX, YOUTH_OFFICE_PREFIX, kreis_of, level_of, unit_label

_KEY = re.compile(r"(?<![0-9A-Za-z])(?:JH)?05(?:\d{6}|\d{3})(?![0-9A-Za-z])")


def others_than_named(name: str, units: Iterable[str]) -> Sentence | None:
    """That the name of a file has the key of a unit of which nothing is in it; None where it has none, or one of them. units: keys in the file.

    A Kreis, its youth office and its municipalities are no others than each other: files of one are named by the other.
    """
    named = [key for key in dict.fromkeys(_KEY.findall(name)) if _is_known(key)]
    inside = sorted(unit for unit in set(units) if _is_known(unit))
    if not named or not inside or any(_is_related(key, unit) for key in named for unit in inside):
        return None
    return Sentence("kkz_eval.model", "notices.other_unit", {"named": _called(named), "inside": _called(inside)})


def _is_related(one: str, other: str) -> bool:
    same_kreis = kreis_of(one) == kreis_of(other)
    return one.removeprefix(YOUTH_OFFICE_PREFIX) == other.removeprefix(YOUTH_OFFICE_PREFIX) or (
        same_kreis and any(_is_of_kreis(key) for key in (one, other))
    )


def _is_of_kreis(key: str) -> bool:
    return level_of(key) == "kreis" or key.endswith(DISTRICT_SUFFIX)


def _is_known(key: str) -> bool:
    try:
        level_of(key)
    except KeyError:
        return False
    return True


_SHOWN = 3


def _called(keys: list[str]) -> Joined:
    rest = ["…"] if len(keys) > _SHOWN else []
    return Joined((*(f"{unit_label(key)} ({key})" for key in keys[:_SHOWN]), *rest), ", ")
