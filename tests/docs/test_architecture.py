"""The rooms of the package and the arrows between them, from the imports of every module, as docs/architecture.md has them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "kkz_eval"
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
SHELL = {
    "definitions",
    "jobs",
    "run_history",
    "sensors",
    "partitions",
    "io_managers",
    "coordinator",
    "dagster_pages",
    "launching",
    "on_scheduler",
    "assets",
    "checks",
}
MOST_ROOMS, MOST_ARROWS = 28, 122  # the last one: findings name units as people do, so contracts ask the reference
SLOW_TO_IMPORT = {"pandas", "dagster", "great_expectations", "openpyxl", "statsmodels", "scipy"}


def modules() -> dict[str, Path]:
    """Every module of the package by its name."""
    return {
        ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): file for file in PACKAGE.rglob("*.py")
    }


MODULES = modules()


def imported(nodes: Iterator[ast.AST]) -> set[str]:
    """The names of modules that these nodes import, of this package and of others."""
    names: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.module is not None:
            names |= {whole if (whole := f"{node.module}.{alias.name}") in MODULES else node.module for alias in node.names}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return names


def whole(module: str) -> set[str]:
    """What a module imports, wherever in it."""
    return imported(ast.walk(ast.parse(MODULES[module].read_text(encoding="utf-8"))))


def at_once(module: str) -> set[str]:
    """What a module imports when it is imported: not inside a function, not for types only."""
    tree = ast.parse(MODULES[module].read_text(encoding="utf-8"))
    return imported(iter(tree.body))


def room(module: str) -> str:
    """The package or module at the top that a module belongs to."""
    return module.split(".")[1]


def arrows() -> set[tuple[str, str]]:
    """From the room that imports to the room that is imported."""
    pairs = ((one, other) for one in MODULES if "." in one for other in whole(one) if other.startswith("kkz_eval."))
    return {(room(one), room(other)) for one, other in pairs if room(one) != room(other)} - {("__main__", "cli")}


def test_rooms_and_arrows_stay_few() -> None:
    rooms = {room(module) for module in MODULES if "." in module} - {"__main__"}
    assert len(rooms) <= MOST_ROOMS, sorted(rooms)
    assert len(arrows()) <= MOST_ARROWS, sorted(arrows())


def order_of(pairs: set[tuple[str, str]]) -> list[str]:
    """An order in which every arrow points back. Raises CycleError where a path climbs."""
    graph: dict[str, set[str]] = {}
    for one, other in pairs:
        graph.setdefault(one, set()).add(other)
    return list(TopologicalSorter(graph).static_order())


def test_no_path_climbs_back() -> None:
    assert order_of(arrows())[0] == "model"


def test_no_path_climbs_back_within_deliveries() -> None:
    inside = "kkz_eval.deliveries."
    pairs = ((one, other) for one in MODULES if one.startswith(inside) for other in whole(one) if other.startswith(inside))
    rooms = {(one.split(".")[2], other.split(".")[2]) for one, other in pairs}
    order = order_of({pair for pair in rooms if pair[0] != pair[1]})
    assert order[-2:] == ["reader", "register"]
    assert set(order) == {"results", "text", "workbook", "columns", "persons", "municipal", "official", "reader", "register"}


def test_only_the_shell_imports_dagster() -> None:
    importing = {module for module in MODULES if any(name.split(".")[0] == "dagster" for name in whole(module))}
    assert {room(module) for module in importing} == SHELL


def test_the_check_of_a_file_imports_nothing_slow() -> None:
    seen, waiting = set[str](), ["kkz_eval.cli", "kkz_eval.commands.check", "kkz_eval.commands.check_files"]
    while waiting:
        module = waiting.pop()
        if module in seen:
            continue
        seen.add(module)
        names = at_once(module)
        assert {name.split(".")[0] for name in names} & SLOW_TO_IMPORT == set(), module
        waiting += [name for name in names if name in MODULES]
    assert "kkz_eval.deliveries.reader" in seen


def test_the_page_names_every_room_and_no_other() -> None:
    rooms = {room(module) for module in MODULES if "." in module} - {"__main__"}
    table = PAGE[PAGE.index("| Room |") : PAGE.index("## What is kept")]
    named = {name.removesuffix(".py") for name in re.findall(r"^\| `([a-z_.]+)` \|", table, re.MULTILINE)}
    assert named == rooms


def test_the_page_names_every_folder_that_is_kept() -> None:
    """The first part of each key under which the line and the register keep something."""
    writing = [*PACKAGE.glob("deliveries/register/*.py"), *PACKAGE.glob("line/*.py"), *PACKAGE.glob("storage/*.py")]
    text = "\n".join(path.read_text(encoding="utf-8") for path in writing)
    kept = set(re.findall(r'f"([a-z]+)/\{', text)) | set(re.findall(r'"(register/[a-z]+)"', text))
    named = set(re.findall(r"^\| `([a-z/]+)/` \|", PAGE[PAGE.index("## What is kept") :], re.MULTILINE))
    assert kept <= named
    assert {"landing", "board", "locks", "register/verdicts"} <= kept
