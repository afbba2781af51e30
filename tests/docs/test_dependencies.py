"""The page on dependencies names what pyproject.toml asks for, each with a reason, and nothing else."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]


def asked_for() -> dict[str, list[str]]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    groups = {"Run": project["dependencies"]} | {
        title.capitalize(): extras[title] for title in ("server", "machines", "test", "oracles", "validators")
    }
    return {title: [re.split(r"[<>=!~\[; ]", entry)[0] for entry in entries] for title, entries in groups.items()}


def on_the_page() -> dict[str, list[list[str]]]:
    page = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    sections = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL))
    return {
        title: [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("| `")]
        for title, text in sections.items()
    }


def test_every_dependency_is_on_the_page_in_the_order_of_the_project() -> None:
    assert {title: [row[0].strip("`") for row in rows] for title, rows in on_the_page().items()} == asked_for()


def test_every_dependency_has_a_reason_and_a_limit() -> None:
    rows = [row for rows in on_the_page().values() for row in rows]
    assert all(len(row) == 3 for row in rows)
    assert all(row[1].endswith(".") and row[2] for row in rows), rows


def test_every_dependency_has_an_exact_version() -> None:
    pinned = {
        re.sub(r"[-_.]+", "-", line.split("==")[0]).lower()
        for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    }
    names = [
        re.sub(r"[-_.]+", "-", name).lower() for title, names in asked_for().items() if title in ("Run", "Test") for name in names
    ]
    assert [name for name in names if name not in pinned] == []
