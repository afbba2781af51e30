"""Makes what the whole-run tests share (whole_runs.py) importable, and keeps the environment of the caller out of them."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("KKZ_") and name != "KKZ_SHARED"]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("KKZ_SETTLE_SECONDS", "0")  # these inboxes are fresh, and nobody writes to them any more
