"""The page on what can't be evaluated is what its script makes of the catalogue."""

import runpy
from pathlib import Path

ROOT = Path(__file__).parents[2]
SCRIPT = runpy.run_path(str(ROOT / "docs" / "make_not_evaluable.py"))


def test_the_page_is_current() -> None:
    page = (ROOT / "docs" / "not_evaluable.md").read_text(encoding="utf-8")
    assert page == SCRIPT["page"](), "run: python docs/make_not_evaluable.py"
