"""How computations that know nothing of each other are made: one after another here, or wherever whoever calls has processors.

Belongs here: what such a way must hold to. Does not belong here: the ways (`map` of Python itself; line.scheduler), random numbers: whoever
spreads draws them before, or gives each piece a seed of its own, so that no result depends on where and in which order it was made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, TypeVar

A = TypeVar("A")
B = TypeVar("B")


class Spread(Protocol):
    """Computes a pure function of each value; gives the results in the order of the values. What it raises for a value comes in its place.

    `map` is one: each result is made when it is asked for.
    """

    def __call__(self, compute: Callable[[A], B], values: Iterable[A], /) -> Iterator[B]:
        """The results, in order."""
