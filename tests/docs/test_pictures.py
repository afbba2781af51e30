"""Pictures and finished report in the repository are small and show the model world; the scripts that make them say what is missing."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from kkz_eval.evaluation.plan_file import load_plan

ROOT = Path(__file__).parents[2]


@pytest.fixture
def scripts() -> Iterator[tuple[ModuleType, ModuleType]]:
    """The scripts of the pictures and of the report, imported as they find each other when they are run."""
    sys.path.insert(0, str(ROOT / "docs"))
    try:
        import make_example_report
        import take_pictures

        yield take_pictures, make_example_report
    finally:
        sys.path.pop(0)


def test_pictures_are_small_png_files(scripts: tuple[ModuleType, ModuleType]) -> None:
    pictures = sorted((ROOT / "docs" / "pictures").iterdir())
    assert [picture.name for picture in pictures if not picture.read_bytes().startswith(b"\x89PNG")] == []
    assert [picture.name for picture in pictures if picture.stat().st_size > scripts[0].LARGEST] == []
    assert "report.png" in {picture.name for picture in pictures}


def test_a_home_without_a_report_is_named(tmp_path: Path, scripts: tuple[ModuleType, ModuleType]) -> None:
    with pytest.raises(SystemExit, match="No report of the model world"):
        scripts[0].report_picture(tmp_path)


def test_only_a_simulated_report_becomes_the_example(tmp_path: Path, scripts: tuple[ModuleType, ModuleType]) -> None:
    report = tmp_path / "bericht.html"
    report.write_text("<h1>Ein Bericht</h1>", encoding="utf-8")
    with pytest.raises(SystemExit, match="simulated"):
        scripts[1].keep(report)


def test_the_example_is_a_small_page_of_the_model_world_that_loads_nothing(scripts: tuple[ModuleType, ModuleType]) -> None:
    content = scripts[1].EXAMPLE.read_bytes()
    assert len(content) <= scripts[1].LARGEST
    page = content.decode("utf-8")
    said = load_plan(scripts[1].PLAN).texts["simulated"]["de"]
    assert page.index(said) < page.index("<section")
    assert "Simulierte Daten" in page
    assert re.findall(r"""(?:src|href)=["']?(?:https?:)?//""", page) == []
    assert re.search(r"<(script|link)\b", page) is None
