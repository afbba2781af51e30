"""What is known of one edition of a dataset. Does not belong here: which edition holds (deliveries)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class EditionState:
    """What is accepted of one edition of a dataset. edition: "" where its files name none.

    known_day: ISO, "" where not recorded; known_by: stand | edition | arrival; flags: number of values with each symbol.
    """

    edition: str
    known_day: str
    known_by: str
    first_year: int
    last_year: int
    n_values: int
    flags: tuple[tuple[str, int], ...] = ()
