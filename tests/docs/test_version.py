"""One version: of the package, of the project and at the head of the changelog."""

from __future__ import annotations

import re
import tomllib
from datetime import date
from pathlib import Path

from kkz_eval import __version__

ROOT = Path(__file__).parents[2]


def test_package_project_and_changelog_name_the_same_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["version"] == __version__
    heading = re.search(r"^## (\S+) \((\S+)\)$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert heading is not None
    assert heading[1] == __version__
    assert date.fromisoformat(heading[2]).isoformat() == heading[2]


def test_the_report_that_is_shown_was_made_by_this_version() -> None:
    page = (ROOT / "docs" / "examples" / "bericht.html").read_text(encoding="utf-8")
    assert re.findall(r"<code>kkz-eval</code></th>\s*<td[^>]*><code>([^<]+)</code>", page) == [__version__]
