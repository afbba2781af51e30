"""The palette of the figures: legible on white and on its own grounds, in print without colour, and by eyes that see no red or no green."""

from __future__ import annotations

import pytest

from kkz_eval.reporting.figures import canvas

WHITE = "#ffffff"
# Viénot, Brettel and Mollon (1999), Color Research and Application 24(4): what is left of linear RGB without long or middle cones.
PROTANOPIA = ((0.11238, 0.88762, 0.0), (0.11238, 0.88762, 0.0), (0.00401, -0.00401, 1.0))
DEUTERANOPIA = ((0.29275, 0.70725, 0.0), (0.29275, 0.70725, 0.0), (-0.02234, 0.02234, 1.0))
NORMAL = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))


def linear(colour: str) -> tuple[float, ...]:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    return tuple(part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)


def luminance(colour: str, seen_as=NORMAL) -> float:
    """Of WCAG, of the colour as such eyes see it."""
    parts = linear(colour)
    seen = [max(0.0, sum(weight * part for weight, part in zip(row, parts, strict=True))) for row in seen_as]
    return 0.2126 * seen[0] + 0.7152 * seen[1] + 0.0722 * seen[2]


def contrast(one: str, other: str, seen_as=NORMAL) -> float:
    low, high = sorted((luminance(one, seen_as), luminance(other, seen_as)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("seen_as", [NORMAL, PROTANOPIA, DEUTERANOPIA])
@pytest.mark.parametrize("colour", [canvas.INK, canvas.QUIET, canvas.TREATED_COLOUR, canvas.REFERENCE_COLOUR])
def test_words_and_marks_stand_out_from_white(colour, seen_as):
    assert contrast(colour, WHITE, seen_as) >= 4.5


@pytest.mark.parametrize("ground", [canvas.LATER_FILL, canvas.REFERENCE_FILL, canvas.TRACK])
def test_words_stand_out_from_the_grounds_that_carry_them(ground):
    assert contrast(canvas.INK, ground) >= 4.5


def test_white_words_stand_out_from_the_programme_group():
    assert contrast(WHITE, canvas.TREATED_COLOUR) >= 4.5


@pytest.mark.parametrize("seen_as", [NORMAL, PROTANOPIA, DEUTERANOPIA])
@pytest.mark.parametrize(
    ("one", "other", "least"),
    [
        (canvas.TREATED_COLOUR, canvas.REFERENCE_COLOUR, 1.6),  # lines, which differ in dashes and shape of points, too
        (canvas.TREATED_COLOUR, canvas.LATER_FILL, 3),  # areas side by side on the map, which differ in their borders, too
        (canvas.TREATED_COLOUR, canvas.REFERENCE_FILL, 3),
        (canvas.LATER_FILL, canvas.REFERENCE_FILL, 1.5),
        (canvas.TREATED_COLOUR, canvas.TRACK, 3),
    ],
)
def test_what_stands_side_by_side_differs_in_lightness(one, other, least, seen_as):
    """Contrast is of luminance alone: what holds here holds in grey."""
    assert contrast(one, other, seen_as) >= least
