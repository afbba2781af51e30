"""How wide the columns of a table are on paper, by the widths of its words: what a browser does for the page.

Belongs here: sizes of type and of columns, whether a table needs a page turned on its side. Does not belong here: how it looks.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

from kkz_eval.reporting.document import Code, Number, Parts, Table, plain
from kkz_eval.reporting.typeface import advances

PADDING = 4.0  # of a cell, on each side, in points
UPRIGHT, TURNED = 470.0, 717.0  # width of the text on A4 in points, upright and turned on its side
SIZES = (8.5, 8.0, 7.5, 7.0)  # of type, in points; what is smaller is hard to read
LONGEST_TEXT, LONGEST_CODE = 5.5, 5.5
"""A word of running text, a code: from this width on, in sizes of the type, it may be broken in a cell."""
SLACK = 0.12
"""Of the room, for lines longer than their longest word: with less, long cells are pressed into many lines and smaller type is better."""
_UNKNOWN = 0.6  # of a character without a shape of its own


@dataclass(frozen=True)
class Fit:
    """size: of the type; widths: of the columns with their padding; all in points. is_parted: whether words are parted to fit; is_turned:
    whether the page is turned on its side."""

    size: float
    widths: tuple[float, ...]
    is_parted: bool
    is_turned: bool


def fit(table: Table) -> Fit:
    """The largest type with which each word has room, on an upright page where there is one, else on a turned one; on each rather with
    smaller type than with words parted.

    Where there is none the smallest on a turned page: columns are then narrower than their longest words.
    """
    columns = range(len(table.columns))
    whole = [_whole(table, column) for column in columns]
    parted = [_least(table, column, LONGEST_TEXT) for column in columns]
    unparted = [_least(table, column, None) for column in columns]
    for is_turned, room in ((False, UPRIGHT), (True, TURNED)):
        for least in (unparted, parted):
            for size in SIZES:
                widths = [width * size + 2 * PADDING for width in least]
                wanted = [max(width, line) * size + 2 * PADDING for width, line in zip(least, whole, strict=True)]
                slack = 0.0 if size == SIZES[-1] else min(SLACK * room, sum(wanted) - sum(widths))
                if sum(widths) + slack <= room:
                    return Fit(size, _spread(widths, wanted, room), least is parted, is_turned)
    widths = [width * SIZES[-1] + 2 * PADDING for width in parted]
    return Fit(SIZES[-1], tuple(round(width * TURNED / sum(widths), 2) for width in widths), True, True)


def _spread(least: Sequence[float], wanted: Sequence[float], room: float) -> tuple[float, ...]:
    """Widths from the longest word to the whole line of each column. What is over goes by the square root of what a column lacks, and no
    column gets more: so short columns stand on one line, and long ones do not press them together."""
    widths = list(least)
    over = room - sum(least)
    lack = [wide - narrow for narrow, wide in zip(least, wanted, strict=True)]
    in_order = sorted(range(len(least)), key=lack.__getitem__)
    for position, column in enumerate(in_order):
        roots = sum(sqrt(lack[other]) for other in in_order[position:])
        given = min(lack[column], over * sqrt(lack[column]) / roots) if roots > 0 else 0.0
        widths[column] += given
        over -= given
    return tuple(round(width, 2) for width in widths)


def _whole(table: Table, column: int) -> float:
    """Width of a column whose cells stand on one line each, in sizes of the type."""
    heading = text_width(table.columns[column].heading, 600)
    return max([min(heading, 8.0), *(text_width(plain(row[column]), 400) for row in table.rows)])


def _least(table: Table, column: int, longest: float | None) -> float:
    """Width of a column that holds each word, in sizes of the type. longest: from which width on a word may be parted, None for never."""
    asked = table.columns[column]
    at_most = None if asked.align == "number" else longest
    return max([_longest_word(asked.heading, 600, longest), *(_least_of(row[column], at_most) for row in table.rows)])


def _least_of(cell: Parts, longest: float | None) -> float:
    widths = [0.0]
    for part in cell:
        match part:
            case Number(text=shown):
                widths.append(text_width(shown, 400))
            case Code(text=code):
                widths.append(_longest_word(code, 400, LONGEST_CODE))
            case _:
                widths.append(_longest_word(part if isinstance(part, str) else part.text, 400, longest))
    return max(widths)


def _longest_word(text: str, weight: int, at_most: float | None) -> float:
    longest = max(text_width(word, weight) for word in re.split(r" (?!/)|[\n\u200b]|(?<=[-–])(?=[^\W\d])", text))
    return longest if at_most is None else min(longest, at_most)


def text_width(text: str, weight: int) -> float:
    """Width of a line of text in sizes of the type, without kerning."""
    widths = advances(weight)
    return sum(widths.get(one, _UNKNOWN) for one in text)
