"""Collects the comparisons with other packages where these are installed, and says at the end how far apart the numbers were at most.

They are an environment of its own (`make oracles`, extra `oracles`). Without it one test says so in place of them all.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from agreement import Agreement

PACKAGES = ("csdid", "diff_diff", "linearmodels", "synthdid", "pysyncon")
MISSING = [name for name in PACKAGES if find_spec(name) is None]
AGREEMENT = Agreement()

collect_ignore_glob = ["test_estimators.py", "test_synthetic_*.py"] if MISSING else []
if find_spec("moderndid") is None:  # in no extra: it brings a solver of convex programmes that nothing else here needs
    collect_ignore_glob.append("test_sensitivity.py")


@pytest.fixture(scope="session")
def missing() -> list[str]:
    """Packages to compare with that are not installed."""
    return MISSING


@pytest.fixture(scope="session")
def agreement() -> Agreement:
    """Compares, and keeps what the summary says."""
    return AGREEMENT


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for line in AGREEMENT.lines():
        terminalreporter.write_line(line)
