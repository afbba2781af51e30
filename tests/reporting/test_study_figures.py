"""Figures that notebooks have and reports have not: what they draw, how far their axes reach, what stands for them."""

from __future__ import annotations

from typing import Any

import pytest

from kkz_eval.reporting.figures.audit import Audit, Size, audit_alternative_text, audit_chart, audit_data, draw_audit
from kkz_eval.reporting.figures.canvas import NARROW, WIDE
from kkz_eval.reporting.figures.delivered import Delivered, Tile, delivered_alternative_text, delivered_chart, draw_delivered
from kkz_eval.reporting.figures.partial_regression import (
    PartialRegression,
    Point,
    draw_partial_regression,
    partial_regression_alternative_text,
    partial_regression_chart,
)

PAGES = pytest.mark.parametrize("page", [WIDE, NARROW])
AUDIT = Audit("Quote", (Size("kind", "gleich", 0.02, counts=True),), (Size("nichts", "gleich", 0.4),), 0.05, simulated=True)
POINTS = (Point(-0.4, 1.0, False), Point(-0.1, -0.5, False), Point(0.5, -1.0, True))
APART = PartialRegression("Quote", "Punkte", 2, POINTS, -1.25)
DELIVERED = Delivered((Tile("A", 2012, 3, 3), Tile("A", 2013, 3, 1), Tile("B", 2011, 0, 0), Tile("B", 2013, 2, 0)))


def domains(chart: Any, channel: str) -> list[list[float]]:
    layers = chart.to_dict(validate=False)["layer"]
    found = [layer["encoding"][channel] for layer in layers if channel in layer.get("encoding", {})]
    return [one["scale"]["domain"] for one in found if (one.get("scale") or {}).get("domain")]


@PAGES
def test_an_audit_is_drawn_with_the_line_of_its_level_inside_the_axis(page: Any) -> None:
    for low, high in domains(audit_chart(AUDIT, page, "de"), "x"):
        assert low <= 0
        assert 40 <= high < 50


def test_an_audit_is_told_and_its_shares_are_kept() -> None:
    said = audit_alternative_text(AUDIT, "de")
    assert said.startswith("Simulierte Daten")
    assert "2,0" in said
    assert "40,0" in said
    assert [row[3] for row in audit_data(AUDIT, "de").rows] == [0.02, 0.4]
    assert "simuliert" in draw_audit("a", AUDIT, (), "de").svg_wide
    with pytest.raises(ValueError, match="nothing to draw"):
        audit_chart(Audit("Quote", (), (), 0.05), WIDE, "de")


@PAGES
def test_an_estimate_taken_apart_holds_every_point_and_its_line(page: Any) -> None:
    chart = partial_regression_chart(APART, page, "de")
    for low, high in domains(chart, "x"):
        assert -0.6 < low < -0.4 < 0.5 < high < 0.6
    for low, high in domains(chart, "y"):
        assert -1.6 < low < -1.0 < 1.0 < high < 1.3
    assert "−1,25" in partial_regression_alternative_text(APART, "de")
    assert "simuliert" not in draw_partial_regression("a", APART, (), "de").svg_wide


@PAGES
def test_what_was_delivered_is_drawn_over_the_years_that_are_owed(page: Any) -> None:
    for domain in domains(delivered_chart(DELIVERED, page, "de"), "x"):
        assert domain == [2011.5, 2013.5]


def test_what_was_delivered_says_how_much_of_what_is_owed_holds() -> None:
    assert "A: 4 von 6" in delivered_alternative_text(DELIVERED, "de")
    drawn = draw_delivered("a", DELIVERED, (), "de")
    assert "1/3" in drawn.svg_wide
    assert "0/2" in drawn.svg_wide
    nobody = draw_delivered("a", Delivered((*DELIVERED.tiles, Tile("C", 2012, 0, 0))), (), "de")
    assert "C: wird von niemandem geschuldet" in nobody.svg_wide
