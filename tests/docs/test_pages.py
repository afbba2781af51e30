"""The pages name commands and files that exist, and show what the commands print."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from kkz_eval.cli import _parser, main

ROOT = Path(__file__).parents[2]
DECISIONS = ROOT / "docs" / "decisions"
PAGES = [ROOT / f"{name}.md" for name in ("README", "CONTRIBUTING", "CHANGELOG")] + sorted((ROOT / "docs").rglob("*.md"))
STEWARDS = (ROOT / "docs" / "stewards.md").read_text(encoding="utf-8")


def commands(page: Path) -> list[str]:
    """All calls of kkz-eval with arguments: lines that begin with `$`, and code within a sentence."""
    text = page.read_text(encoding="utf-8")
    inline = [code for code in re.findall(r"`(kkz-eval [^`\n]+)`", text) if re.search(r"[./]|list$|lint$", code)]
    return [*re.findall(r"^\$ (kkz-eval .+)$", text, re.MULTILINE), *inline]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_are_understood(page: Path) -> None:
    for command in commands(page):
        _parser("de").parse_args(shlex.split(command)[1:])


def test_the_pages_for_all_groups_have_commands() -> None:
    assert all(commands(ROOT / "docs" / f"{name}.md") for name in ("researchers", "stewards", "foundation"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_files(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    assert [target for target in targets if not (page.parent / target).is_file()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_files_of_the_project_that_are_named_exist(page: Path) -> None:
    named = re.findall(r"`((?:data_contracts|kkz_eval|docs|notebooks|tests)/[\w./-]+)`", page.read_text(encoding="utf-8"))
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_names_in_the_guide_for_changes_stand_in_the_files_beside_them() -> None:
    tied = 0
    for line in (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").splitlines():
        files = [ROOT / name for name in re.findall(r"`((?:data_contracts|kkz_eval|tests)/[\w./-]+\.\w+)`", line)]
        names = re.findall(r"`([A-Z][A-Z_]{3,}|_[a-z_]+)`", line) if files else []
        assert [name for name in names if not any(name in file.read_text(encoding="utf-8") for file in files)] == [], line
        tied += len(names)
    assert tied > 5


def test_the_index_of_decisions_names_each_page_by_its_title() -> None:
    rows = re.findall(r"^\| \[(.+)\]\((.+)\) \|", (DECISIONS / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    titles = {page.name: page.read_text(encoding="utf-8").splitlines()[0].removeprefix("# ") for page in DECISIONS.glob("*.md")}
    assert {name: title for title, name in rows} == {name: title for name, title in titles.items() if name != "README.md"}


@pytest.mark.parametrize("page", sorted(set(DECISIONS.glob("*.md")) - {DECISIONS / "README.md"}), ids=lambda page: page.stem)
def test_a_decision_has_its_context_its_consequences_what_was_weighed_and_a_test(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == ["Context", "Decision", "Consequences", "What was weighed"]
    assert re.search(r"^Shown by (`tests/[\w/]+\.py`(, )?)+\.$", text, re.MULTILINE)
    assert len(text.split()) < 450


def shown_after(command: str) -> str:
    """What the page for stewards shows below a command."""
    (block,) = re.findall(rf"^\$ {re.escape(command)}\n(.*?)^```$", STEWARDS, re.MULTILINE | re.DOTALL)
    return block


@pytest.fixture
def exercise(model_world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the model world and the two copies that the page asks for."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("KKZ_LANGUAGE", raising=False)
    Path("build").mkdir()
    Path("build/modellwelt").symlink_to(model_world)  # what `simulate --seed 1` writes; nothing here changes it
    clean = Path("build/modellwelt/deliveries/schulabgaenge_05162024_Neuss.csv").read_bytes().split(b"\n")
    write_copy("Neuss.csv", clean, {8: (b";140", b";14O"), 10: (b";287", b";4.287")})
    write_copy("Neuss2.csv", clean, {9: (b";147", b";174")})
    return tmp_path


def write_copy(name: str, lines: list[bytes], changes: dict[int, tuple[bytes, bytes]]) -> None:
    changed = list(lines)
    for number, (before, after) in changes.items():
        assert before in changed[number - 1], f"line {number} has no {before!r}"
        changed[number - 1] = changed[number - 1].replace(before, after)
    Path(name).write_bytes(b"\n".join(changed))


@pytest.mark.parametrize(
    ("command", "exit_code"),
    [
        ("kkz-eval check build/modellwelt/deliveries/schulabgaenge_05162024_Neuss.csv", 0),
        ("kkz-eval check Neuss.csv", 1),
        ("kkz-eval check Neuss2.csv", 1),
        ("kkz-eval contracts lint", 0),
    ],
)
def test_the_page_for_stewards_shows_what_is_printed(
    exercise: Path, capsys: pytest.CaptureFixture[str], command: str, exit_code: int
) -> None:
    assert main(shlex.split(command)[1:]) == exit_code
    assert capsys.readouterr().out == shown_after(command)
