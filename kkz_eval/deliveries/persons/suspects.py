"""Where in a table something tells of persons, and the rows in which that is looked for, as values. No looking."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kkz_eval.deliveries.persons.signs import Sign

Rows = Sequence[tuple[int, Sequence[str]]]
"""Some rows of a table: the number of each, 1-based, and its cells."""


@dataclass(frozen=True)
class Suspect:
    """Where in a table something tells of persons.

    column: 0-based, None where it stands along a row; row: 1-based, the first; title: of the column, where it may be shown.
    """

    sign: Sign
    column: int | None
    row: int
    title: str = ""


RowAt = Callable[[int], Sequence[str]]
"""The cells of a row by its number, 1-based; () where there is none."""
