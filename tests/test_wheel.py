"""What is installed from a wheel is all of the package: the script in R, templates, texts, tables and schemas, not the modules alone."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
READ = """
import sys
from importlib import resources
from pathlib import Path

import kkz_eval
assert Path(kkz_eval.__file__).is_relative_to(sys.argv[1]), kkz_eval.__file__
from kkz_eval.cli import main
from kkz_eval.evaluation.verdict.rules import rules
from kkz_eval.model.texts import LANGUAGES, catalogue
from kkz_eval.reporting.claims import claims
from kkz_eval.reporting.typeface import FACES, whole

assert rules().version and claims() and all(whole(face.weight) for face in FACES)
assert all(catalogue(f"kkz_eval.{room}", each) for room in ("line", "reporting", "evaluation") for each in LANGUAGES)
assert b"fixest" in resources.files("kkz_eval.line").joinpath("templates", "replicate.R").read_bytes()
sys.exit(main(["contracts", "lint"]))
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this source, built in a copy, so that nothing is left beside the code."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    shutil.copytree(ROOT / "kkz_eval", source / "kkz_eval", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(ROOT / name, source)
    pip(folder, "wheel", str(source), "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder))
    (built,) = folder.glob("*.whl")
    return built


def pip(folder: Path, *words: str) -> None:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input", *words, "--quiet", "--no-index"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_wheel_holds_every_file_of_the_package_and_no_other(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    source = {path.relative_to(ROOT).as_posix() for path in (ROOT / "kkz_eval").rglob("*") if path.is_file()}
    assert held == {name for name in source if "/__pycache__/" not in name}


def test_what_is_installed_from_it_finds_its_files(wheel: Path, tmp_path: Path) -> None:
    target = tmp_path / "installed"
    pip(tmp_path, "install", str(wheel), "--no-deps", "--target", str(target))
    environment = {**os.environ, "PYTHONPATH": str(target), "KKZ_CONTRACTS": str(ROOT / "data_contracts"), "KKZ_LANGUAGE": "en"}
    command = [sys.executable, "-c", READ, str(target)]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
