"""The bar of a row: what is drawn stands where its number is, and reads the same in every row."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from kkz_eval.reporting.figures.range_bar import LARGEST_REACH, NARROW, WIDE, RangeBar, draw_range_bar, range_bar_svg, reach_of

BAR = RangeBar(
    label="Schulabgänge",
    interval=(-2.0, -0.5),
    estimate=-1.2,
    smallest=1.0,
    reach=reach_of([((-2.0, -0.5), 1.0)]),
    ends=("20 weniger", "5 weniger"),
    marks=("20", "5"),
    matters="10 von 1.000",
    whom="von 1.000 Schulabgängen",
    unit="Prozentpunkte",
    desirable="decrease",
)


def _rects(svg: str) -> list[tuple[float, float]]:
    found = re.findall(r'<rect x="([-\d.]+)" y="[-\d.]+" width="([-\d.]+)"', svg)
    return [(float(x), float(x) + float(width)) for x, width in found]


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_zero_ground_and_range_stand_on_one_axis(width):
    ground, axis, bar, zero = _rects(range_bar_svg(BAR, width, "de"))
    middle = sum(zero) / 2
    assert middle == pytest.approx(width / 2)
    assert axis == (0, width)
    step = ground[1] - middle
    assert middle - ground[0] == pytest.approx(step)
    assert (bar[0], bar[1]) == pytest.approx((middle - 2 * step, middle - 0.5 * step), abs=0.02)


def test_equal_multiples_of_what_matters_are_equally_long_in_other_units():
    other = replace(BAR, interval=(-20.0, -5.0), estimate=-12.0, smallest=10.0)
    assert _rects(range_bar_svg(BAR, WIDE, "de")) == _rects(range_bar_svg(other, WIDE, "de"))


def test_a_bar_that_would_squeeze_all_others_is_cut_and_points_on():
    long = replace(BAR, interval=(-90.0, 1.0), reach=reach_of([((-90.0, 1.0), 1.0), ((-1.0, 1.0), 1.0)]))
    svg = range_bar_svg(long, WIDE, "de")
    assert svg.count("<path") == 1
    assert _rects(svg)[2][0] == pytest.approx(WIDE / 2 - WIDE / 2 * 0.62, abs=0.02)
    assert long.reach == pytest.approx(LARGEST_REACH / 0.62)
    assert "<path" not in range_bar_svg(BAR, WIDE, "de")


@pytest.mark.parametrize("side", [-1, 1])
def test_a_range_that_lies_wholly_beyond_the_axis_points_there_from_its_edge(side):
    ends = sorted((8.0 * side, 11.0 * side))
    svg = range_bar_svg(replace(BAR, interval=(ends[0], ends[1]), estimate=10.0 * side, reach=LARGEST_REACH / 0.62), WIDE, "de")
    edge = WIDE / 2 + side * WIDE / 2 * 0.62
    assert _rects(svg)[2] == pytest.approx((edge, edge + 2), abs=0.02)
    assert (svg.count("<path"), svg.count("<circle")) == (1, 0)


def test_without_a_smallest_difference_the_words_say_that_the_scale_is_its_own():
    own = draw_range_bar("b", replace(BAR, smallest=None, matters=""), (), "de")
    assert "der Balken hat seinen eigenen Maßstab" in own.alternative_text
    assert len(_rects(own.svg_wide)) == 3


def test_the_text_that_stands_for_it_says_the_range_and_whether_zero_is_in_it():
    assert draw_range_bar("b", BAR, (), "de").alternative_text == (
        "Balken: Schulabgänge. Zu den Daten passen 20 weniger bis 5 weniger (von 1.000 Schulabgängen). Null liegt nicht darin. "
        "Nach dem Plan zählt ein Abstand ab 10 von 1.000."
    )
    both = replace(BAR, interval=(-1.0, 2.0), simulated=True)
    drawn = draw_range_bar("b", both, (), "de")
    assert drawn.alternative_text.startswith("Simulierte Daten. ")
    assert "Null liegt darin." in drawn.alternative_text
    assert ">simuliert</text>" in drawn.svg_wide


def test_its_data_are_in_full_precision_and_what_is_wished_for_changes_no_side():
    drawn = draw_range_bar("b", BAR, (), "de")
    assert drawn.data is not None
    assert drawn.data.rows == ((-2.0, -1.2, -0.5, 1.0),)
    assert _rects(range_bar_svg(replace(BAR, desirable="increase"), WIDE, "de")) == _rects(drawn.svg_wide)
