"""How a font lets a value be seen: struck through, or in the colour of its ground. No files, no findings.

Colours are compared as numbers where they are known; colours of a theme besides its white and black only with themselves.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from enum import StrEnum

from kkz_eval.deliveries.text.raised import STRUCK

Colour = tuple[int, int, int] | str
"""Red, green and blue from 0 to 255; or a name that is only the same colour where it is the same name."""

WHITE: Colour = (255, 255, 255)
BLACK: Colour = (0, 0, 0)
_ALIKE = 16  # most that two colours may differ in one part, and nobody reads the one on the other


class Look(StrEnum):
    """How a cell's value is seen besides plainly; the order is that of importance."""

    STRUCK = "struck"
    OF_GROUND = "of_ground"


LOOKS = tuple(Look)


def look_of(*, is_struck: bool, colour: Colour | None, ground: Colour | None) -> Look | None:
    """How a font lets a value be seen; colour, ground: None where it is not known."""
    if is_struck:
        return Look.STRUCK
    return Look.OF_GROUND if colour is not None and ground is not None and _is_alike(colour, ground) else None


def _is_alike(one: Colour, other: Colour) -> bool:
    if isinstance(one, str) or isinstance(other, str):
        return one == other
    return all(abs(a - b) <= _ALIKE for a, b in zip(one, other, strict=True))


def of_hexadecimal(digits: str) -> Colour | None:
    """A colour of six digits, behind a sign or two digits of transparency or not; None where it is none."""
    digits = digits.strip().lstrip("#")[-6:]
    try:
        return (int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16)) if len(digits) == 6 else None
    except ValueError:
        return None


def tinted(colour: Colour, tint: float) -> Colour:
    """White made darker (tint below 0) or black made lighter, as a theme does (ECMA-376 part 1, 18.8.19); others by name."""
    if not tint or not math.isfinite(tint):
        return colour
    if isinstance(colour, str):
        return f"{colour} {tint}"
    red, green, blue = (round(part * (1 + tint) if tint < 0 else part + (255 - part) * tint) for part in colour)
    return red, green, blue


def is_struck_throughout(runs: Iterable[tuple[str, str]]) -> bool:
    """Whether every run (text, how it is set) with more than spaces is struck out, and there is one."""
    styles = {style for text, style in runs if text.strip()}
    return styles == {STRUCK}
