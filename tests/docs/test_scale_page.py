"""The page on scale is what its script makes of the figures that were kept."""

import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = runpy.run_path(str(ROOT / "docs" / "make_scale.py"))


def test_the_page_is_current() -> None:
    page = (ROOT / "docs" / "scale.md").read_text(encoding="utf-8")
    assert page == SCRIPT["page"](SCRIPT["kept"]()), "run: python docs/make_scale.py"


def test_what_was_measured_whole_is_not_scaled_and_what_was_not_grows_as_its_sizes_show() -> None:
    def series(*sizes: tuple[int, float]) -> object:
        return SCRIPT["Series"](tuple(SCRIPT["Measured"]("estimate", "twfe", "units", size, taken, 1.0) for size, taken in sizes))

    units = SCRIPT["UNITS"]
    assert series((units // 2, 1.0), (units, 3.0)).whole() == 3.0
    assert series((units // 20, 1.0), (units // 10, 4.0)).whole() == pytest.approx(400.0)  # quadratic
    assert series((units // 20, 2.0), (units // 10, 2.0)).whole() == pytest.approx(20.0)  # never less than in proportion


def test_numbers_are_written_as_in_german() -> None:
    number, duration = SCRIPT["number"], SCRIPT["duration"]
    assert [number(10_800), number(2), number(0.0335), number(2.5)] == ["10.800", "2", "0,034", "2,5"]
    assert [duration(0.5), duration(80.0), duration(200.0), duration(7_200.0), duration(1e6)] == [
        "0,50 s",
        "80 s",
        "3,3 min",
        "2,0 h",
        "12 Tage",
    ]
