"""The page on dependencies names what pyproject.toml asks for, each with a reason, and nothing else."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).parents[2]

WANTED_BY = {
    "brotli": "fonttools",
    "tzdata": "zoneinfo",
    "python-multipart": "starlette",
    "psycopg2-binary": "dagster-postgres",
    "httpx2": "starlette",
    "s3fs": "fsspec",
    "flask": "moto",
    "flask-cors": "moto",
}
"""Packages that no line of ours names: who loads them."""
TOOLS = {"pytest-xdist": "-n 3", "ruff": "ruff check", "mypy": "/mypy", "import-linter": "lint-imports"}
"""Programs, and how the Makefile calls them."""


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
        re.sub(r"[-_.]+", "-", name).lower()
        for title, names in asked_for().items()
        if title not in ("Oracles", "Validators")
        for name in names
    ]
    assert [name for name in names if name not in pinned] == []


def nodes_in(*folders: str) -> Iterator[ast.AST]:
    """Every node of the code of some folders."""
    for file in (file for folder in folders for file in (ROOT / folder).rglob("*.py")):
        yield from ast.walk(ast.parse(file.read_bytes()))


def imported_in(*folders: str) -> set[str]:
    """The modules at the top that the code of some folders imports."""
    names: set[str] = set()
    for node in nodes_in(*folders):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            names.add(node.module.partition(".")[0])
    return names


def named_in(*folders: str) -> set[str]:
    """The same, and what it names as a text, to find what a package brings."""
    texts = (node.value for node in nodes_in(*folders) if isinstance(node, ast.Constant) and isinstance(node.value, str))
    return imported_in(*folders).union(texts)


def modules_of_packages() -> dict[str, set[str]]:
    """The modules at the top that each installed package brings."""
    modules: dict[str, set[str]] = {}
    for module, packages in packages_distributions().items():
        for package in packages:
            modules.setdefault(re.sub(r"[-_.]+", "-", package).lower(), set()).add(module)
    return modules


def test_what_the_code_imports_is_asked_for() -> None:
    """Not left to another package, which may give it up."""
    asked = [name.lower() for title in ("Run", "Server", "Machines") for name in asked_for()[title]]
    modules = modules_of_packages()
    brought = {module for name in asked for module in modules.get(name, {name})}
    assert imported_in("kkz_eval") - brought - sys.stdlib_module_names - {"kkz_eval"} == set()


def test_no_dependency_is_unused() -> None:
    modules = modules_of_packages()
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    used = named_in("kkz_eval")
    places = {title: used for title in asked_for() if title not in ("Oracles", "Validators")}
    places["Test"] = used | named_in("tests", "benchmarks", "docs", "notebooks")
    unused = []
    for title, where in places.items():
        for name in asked_for()[title]:
            package = name.lower()
            is_types = package.startswith("types-") or package.endswith("-stubs")
            typed = {"types-pyyaml": "yaml"}.get(package, package.removeprefix("types-").removesuffix("-stubs"))
            loaded = {typed} if is_types else modules.get(package, {package})
            asked = WANTED_BY.get(package) in {"zoneinfo", *(other for names in asked_for().values() for other in names)}
            if not (loaded & where or asked or TOOLS.get(package, "\0") in makefile):
                unused.append((title, name))
    assert unused == []


def test_the_versions_of_python_are_those_that_the_checks_run_with() -> None:
    whole = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    named = [line.rpartition(" ")[2] for line in whole["project"]["classifiers"] if line.startswith("Programming Language")]
    assert (named, whole["project"]["requires-python"]) == (["3.11", "3.12", "3.13"], ">=3.11")
    assert whole["tool"]["ruff"]["target-version"] == "py311"
    for file in (ROOT / "kkz_eval").rglob("*.py"):
        ast.parse(file.read_bytes(), feature_version=(3, 11))
