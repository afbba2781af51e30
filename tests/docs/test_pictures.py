"""The pictures in the repository are small, and the script says what is missing."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = runpy.run_path(str(ROOT / "docs" / "take_pictures.py"))


def test_pictures_are_small_png_files() -> None:
    pictures = sorted((ROOT / "docs" / "pictures").iterdir())
    assert [picture.name for picture in pictures if not picture.read_bytes().startswith(b"\x89PNG")] == []
    assert [picture.name for picture in pictures if picture.stat().st_size > SCRIPT["LARGEST"]] == []
    assert "report.png" in {picture.name for picture in pictures}


def test_a_home_without_a_report_is_named(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="No report of the model world"):
        SCRIPT["report_picture"](tmp_path)
