"""What make offers is said by make help, the quick tests are there, and what runs before a commit is what make lint runs."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
NOT_CALLED_BY_HAND = {"browser"}


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not at hand")
def test_make_help_lists_every_target_with_its_text() -> None:
    said = subprocess.run(["make", "--no-print-directory", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    listed = dict(re.findall(r"^make (\w+) +(\S.*)$", said, re.MULTILINE))
    targets = re.search(r"^\.PHONY: (.+)$", MAKEFILE, re.MULTILINE)
    assert targets is not None
    assert set(listed) == set(targets[1].split()) - NOT_CALLED_BY_HAND
    assert all(f"## {text}\n" in MAKEFILE for text in listed.values())


def test_the_quick_tests_are_folders_with_tests() -> None:
    quick = re.search(r"^QUICK := (.+)$", MAKEFILE, re.MULTILINE)
    assert quick is not None
    assert [folder for folder in quick[1].split() if not list((ROOT / folder).glob("test_*.py"))] == []


def test_what_runs_before_a_commit_is_what_make_lint_runs_and_nothing_is_fetched() -> None:
    (repository,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"]
    assert repository["repo"] == "local"
    assert {hook["language"] for hook in repository["hooks"]} == {"system"}
    recipe = re.search(r"^lint:.*\n((?:\t.+\n)+)", MAKEFILE, re.MULTILINE)
    assert recipe is not None
    lint = [line.strip().replace("$(BIN)", ".venv/bin") for line in recipe[1].splitlines()]
    assert [hook["entry"] for hook in repository["hooks"]] == lint
