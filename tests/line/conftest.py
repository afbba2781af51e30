"""What tests of the line share: a small world that was judged once."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from kkz_eval.line.installation import Installation

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parent))

from five_years import make_five_years, opened


@pytest.fixture
def own(made_once: Callable[[str, Callable[[Path], object]], Path], tmp_path: Path) -> Installation:
    """A copy of five years of the model world that may be changed."""
    return opened(Path(shutil.copytree(made_once("five_years", make_five_years), tmp_path / "world")))
