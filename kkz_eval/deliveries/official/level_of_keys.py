"""Which records of a table speak of units of a level: by their keys and the register, never by a word of the edition. No values.

A table may hold several levels, one below the other, each with a word for it in a column („Kreise“, „krsfr. Stadt“, „Länder“). What a word
means follows from the keys beside it, so that a new word loses no unit and a grouping with keys of its own is no unit with a broken key.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from enum import Enum
from functools import lru_cache

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from kkz_eval.deliveries.columns.typed import ags_of
from kkz_eval.deliveries.official.units import unit_of
from kkz_eval.reference.named import is_named

_DIGITS = {"kreis": 5, "municipality": 8}


class _Key(Enum):
    """What a key is to a level: a unit of the register, one that only looks like it, no key that can be read, or one of something else."""

    UNIT = "unit"
    STRANGE = "strange"
    BROKEN = "broken"
    OTHER = "other"


def of_levels(keys: pa.Array, words: pa.Array | None, levels: Sequence[str]) -> NDArray[np.bool_]:
    """The records to keep: those of units of the levels in North Rhine-Westphalia, and broken keys among them, to be reported.

    keys, words: string, of each record; words: INKAR's for the kind of unit, None where the table has none. A word is one of a level
    where most of the keys beside it that may be of the level are those of units that the register knows.
    """
    key, word = keys.dictionary_encode(), _encoded(words, len(keys))
    kinds = [_kind(text or "", tuple(levels)) for text in key.dictionary.to_pylist()]
    pairs = np.stack([np.asarray(key.indices.fill_null(0)), np.asarray(word.indices.fill_null(0))])
    counts: Counter[tuple[int, _Key]] = Counter()
    for of_key, of_word in np.unique(pairs, axis=1).T.tolist() if len(keys) else []:
        counts[of_word, kinds[of_key]] += 1
    fitting = {
        place
        for place, text in enumerate(word.dictionary.to_pylist())
        if not (text or "").strip()
        or (counts[place, _Key.UNIT] and counts[place, _Key.UNIT] >= counts[place, _Key.STRANGE] + counts[place, _Key.BROKEN])
    }
    wanted = np.array([kind is not _Key.OTHER for kind in kinds], bool)
    of_level = np.array([place in fitting for place in range(len(word.dictionary))], bool)
    return np.asarray(wanted[pairs[0]] & of_level[pairs[1]], bool) if len(keys) else np.zeros(0, bool)


def _encoded(words: pa.Array | None, size: int) -> pa.DictionaryArray:
    return (pa.repeat(pa.scalar(""), size) if words is None else words).dictionary_encode()


@lru_cache(maxsize=65536)
def _kind(text: str, levels: tuple[str, ...]) -> _Key:
    own = ags_of(text)
    if own is not None:
        fitting = [level for level in levels if len(own) == _DIGITS.get(level)]
        if not fitting:
            return _Key.OTHER
        return _Key.UNIT if any(is_named(own, level) for level in fitting) else _Key.STRANGE
    digits = "".join(text.split())
    if digits.isascii() and digits.isdigit():
        # a key of this Land with digits lost; a grouping of several Kreise looks the same, but all its keys do
        return _Key.BROKEN if digits.startswith("05") and len(digits) in (4, 6, 7) else _Key.OTHER
    return _Key.BROKEN if unit_of(digits) is None else _Key.OTHER
