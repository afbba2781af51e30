"""Many cells of a sheet to texts and numbers at once, as workbook.text_of and number_of say of each. No addresses, no meaning of columns."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from itertools import chain

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kkz_eval.deliveries.workbook.sheets import Value, number_of, text_of

_EMPTY, _NAN = "", float("nan")
_SMALL, _LARGE = 1e-4, 1e10  # between them arrow writes numbers without an exponent, as people do
_SPAN = 1 << 16  # most hundredths from the least number to the largest that are worth a place each
_EXACT = 2.0**53  # below it every whole number is a float of its own


def cells_of(lines: Sequence[Sequence[Value]]) -> tuple[pa.Array, pa.Array]:
    """Texts ("" for an empty cell) and numbers (null where the cell holds none) of columns or rows of one length, one after the other."""
    integers = _integers(lines)
    if integers is not None:
        return pc.cast(pa.array(integers), pa.string()), pa.array(integers.astype(np.float64))
    held = _numbers(lines)
    if held is None:
        cells = list(chain.from_iterable(lines))
        return texts_of(cells), pa.array([number_of(cell) for cell in cells], pa.float64())
    numbers, blank = held
    texts = _written(numbers, blank)
    return texts_of(list(chain.from_iterable(lines))) if texts is None else texts, _masked(numbers, blank)


def texts_of(cells: Sequence[Value]) -> pa.Array:
    """The text of each cell, "" for an empty one."""
    try:
        return pa.array(cells, pa.string())
    except pa.ArrowTypeError:  # some are no texts
        return pa.array([cell if isinstance(cell, str) else text_of(cell) or "" for cell in cells], pa.string())


def _integers(lines: Sequence[Sequence[Value]]) -> NDArray[np.int64] | None:
    """The cells as they are where all hold whole numbers; None where one holds anything else."""
    if not lines or not lines[0] or type(lines[0][0]) is not int:
        return None
    line = struct.Struct(f"{len(lines[0])}q")
    packed = bytearray(line.size * len(lines))
    try:
        for place, cells in enumerate(lines):
            line.pack_into(packed, place * line.size, *cells)
    except struct.error:
        return None
    integers = np.frombuffer(packed, np.int64)
    return None if _hides_truth_values(lines, integers) else integers


def _numbers(lines: Sequence[Sequence[Value]]) -> tuple[NDArray[np.float64], NDArray[np.bool_] | None] | None:
    """(numbers, which cells are empty, None for none of them) of cells that hold numbers or nothing; None where one holds anything else."""
    if not lines or not lines[0]:
        return None
    line = struct.Struct(f"{len(lines[0])}d")
    packed = bytearray(line.size * len(lines))
    filled = True
    for place, cells in enumerate(lines):
        try:
            line.pack_into(packed, place * line.size, *cells)
        except struct.error:  # a cell that is no number: if it is empty, nan holds its place
            filled = False
            try:
                line.pack_into(packed, place * line.size, *[_NAN if cell is _EMPTY else cell for cell in cells])
            except struct.error:
                return None
    numbers = np.frombuffer(packed, np.float64)
    if _hides_truth_values(lines, numbers):
        return None
    if filled:
        return numbers, None
    blank = np.isnan(numbers)
    if any(cell != _EMPTY for cell in _at(lines, blank)):
        return None
    numbers[blank] = 0.0
    return numbers, blank


def _hides_truth_values(lines: Sequence[Sequence[Value]], numbers: NDArray[np.int64] | NDArray[np.float64]) -> bool:
    """Whether a cell behind these numbers holds a truth value, which is packed as 0 or 1."""
    return bool in set(map(type, _at(lines, (numbers == 0) | (numbers == 1))))


def _at(lines: Sequence[Sequence[Value]], chosen: NDArray[np.bool_]) -> Iterable[Value]:
    width = len(lines[0])
    return (lines[place // width][place % width] for place in np.flatnonzero(chosen).tolist())


def _written(numbers: NDArray[np.float64], blank: NDArray[np.bool_] | None) -> pa.Array | None:
    """Numbers ("" for an empty cell) as workbook.text_of writes them; None where one is so large or small that arrow might not."""
    if (np.trunc(numbers) == numbers).all() and (np.abs(numbers) < _EXACT).all():
        texts = pc.cast(_masked(numbers.astype(np.int64), blank), pa.string())
        return texts if blank is None else pc.fill_null(texts, "")
    if not np.abs(numbers).max() < _LARGE:
        return None
    distinct, codes = _in_hundredths(numbers) or _encoded(numbers)
    size = np.abs(distinct)
    if not ((size >= _SMALL) | (size == 0) & ~np.signbit(distinct)).all():
        return None
    words = pc.cast(pa.array(distinct), pa.string())
    if blank is not None:
        codes[blank] = len(words)
        words = pa.concat_arrays([words, pa.array([""])])
    return words.take(pa.array(codes))


def _in_hundredths(numbers: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.int32]] | None:
    """(distinct numbers, of each its place among them) of numbers with two decimals that lie close together; None for others."""
    hundredths = np.rint(numbers * 100.0)
    lowest = hundredths.min()
    if hundredths.max() - lowest > _SPAN or not (hundredths / 100.0 == numbers).all():
        return None
    steps = (hundredths - lowest).astype(np.int32)
    held = np.zeros(int(steps.max()) + 1, np.bool_)
    held[steps] = True
    places = np.cumsum(held, dtype=np.int32) - np.int32(1)
    return (np.flatnonzero(held) + lowest) / 100.0, places[steps]


def _encoded(numbers: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """(distinct numbers, of each its place among them)."""
    encoded = pa.array(numbers).dictionary_encode()
    return encoded.dictionary.to_numpy(), np.array(encoded.indices)


def _masked(numbers: NDArray[np.int64] | NDArray[np.float64], blank: NDArray[np.bool_] | None) -> pa.Array:
    return pa.array(numbers, mask=blank)
