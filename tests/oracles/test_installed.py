"""The packages that the estimators are compared with are there, or one sentence says how to get them."""

from __future__ import annotations

import pytest


def test_the_packages_to_compare_with_are_installed(missing: list[str]) -> None:
    if missing:
        pytest.skip(f"not compared with {', '.join(missing)}: `make oracles` installs them and compares")
