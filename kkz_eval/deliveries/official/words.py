"""Columns of few words as whole numbers into a list of words, and their combinations. No meaning of columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Codes = NDArray[np.int64]


@dataclass(frozen=True)
class Words:
    """dictionary: the distinct texts, by first appearance; codes: of each record, index into the dictionary."""

    codes: Codes
    dictionary: pa.Array

    @cached_property
    def words(self) -> tuple[str, ...]:
        """The distinct texts."""
        return tuple(self.dictionary.to_pylist())

    @property
    def size(self) -> int:
        """Number of distinct texts."""
        return len(self.dictionary)

    def first(self, word: int) -> int:
        """Index of the first record with that word."""
        return int(np.argmax(self.codes == word))

    def trimmed(self, times: int) -> pa.Array:
        """The words without spaces around them, for all records, `times` times over; a dictionary of strings, null where empty."""
        words = pc.utf8_trim_whitespace(self.dictionary)
        same = words.equals(self.dictionary) or pc.count_distinct(words).as_py() == len(words)
        if not same or _is_empty(words).any():
            return spread(self.codes, [word or None for word in words.to_pylist()], times)
        return _encoded(pa.array(np.tile(self.codes.astype(np.int32), times)), words)


def words_of(texts: pa.Array) -> Words:
    """The words of a column of strings without nulls."""
    encoded = texts.dictionary_encode()
    return Words(encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64), encoded.dictionary)


def are_empty(texts: pa.Array) -> pa.Array:
    """Whether each text (string without nulls) is "" (bool)."""
    return pa.array(_is_empty(texts))


def _is_empty(texts: pa.Array) -> NDArray[np.bool_]:
    if not len(texts):
        return np.zeros(0, np.bool_)
    offsets = np.frombuffer(texts.buffers()[1], np.int32)[texts.offset : texts.offset + len(texts) + 1]
    return np.asarray(offsets[1:] == offsets[:-1], np.bool_)


def constant(word: str | None, size: int) -> pa.Array:
    """A dictionary column of one word (None: null)."""
    words = [] if word is None else [word]
    indices = pa.nulls(size, pa.int32()) if word is None else pa.array(np.zeros(size, np.int32))
    return _encoded(indices, pa.array(words, pa.string()))


def spread(codes: Codes, words: Sequence[str | None], times: int) -> pa.Array:
    """A dictionary column: words by codes, `times` times over; the same word twice has one index."""
    places, distinct = _placed(words)
    return _column(np.tile(places[codes], times), distinct, None in words)


def repeated(words: Sequence[str | None], each: int) -> pa.Array:
    """A dictionary column: the first word `each` times, then the second."""
    places, distinct = _placed(words)
    return _column(np.repeat(places, each), distinct, None in words)


def _placed(words: Sequence[str | None]) -> tuple[NDArray[np.int32], pa.Array]:
    """(of each word its place among the distinct ones, -1 for None; the distinct words)."""
    place = dict.fromkeys(words)
    place.pop(None, None)
    if len(place) == len(words):
        return np.arange(len(words), dtype=np.int32), pa.array(place, pa.string())
    numbered: dict[str | None, int] = {word: index for index, word in enumerate(place)}
    numbered[None] = -1
    return np.fromiter(map(numbered.__getitem__, words), np.int32, len(words)), pa.array(place, pa.string())


def _column(indices: NDArray[np.int32], words: pa.Array, some_missing: bool) -> pa.Array:
    if not len(words):
        return constant(None, len(indices))
    return _encoded(pa.array(indices, mask=indices < 0 if some_missing else None), words)


def _encoded(indices: pa.Array, words: pa.Array) -> pa.Array:
    """A dictionary column. indices: made from the words here, so that looking whether each is within them would find nothing."""
    return pa.DictionaryArray.from_arrays(indices, words, safe=False)


def combined(columns: Sequence[tuple[Codes, int]], size: int) -> tuple[Codes, int]:
    """One code per record for the combination of several columns of codes, each with its number of words; (codes, product)."""
    codes, product = np.zeros(size, np.int64), 1
    for column, n_words in columns:
        codes = codes * n_words + column
        product *= n_words
        if product > 2**40:  # keep clear of overflow: number the combinations that there are
            codes = np.unique(codes, return_inverse=True)[1].astype(np.int64)
            product = int(codes.max(initial=0)) + 1
    return codes, product


def twice(codes: Codes, product: int) -> NDArray[np.bool_]:
    """Which records have a combination that another record has too."""
    if product <= 4 * len(codes) + 1000:
        return np.bincount(codes, minlength=1)[codes] > 1 if len(codes) else np.zeros(0, bool)
    _, place, counts = np.unique(codes, return_inverse=True, return_counts=True)
    return counts[place] > 1
