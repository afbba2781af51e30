"""What is asked for in a wrong way is refused in a sentence; a package is replayed without a home, and what was changed in it is noticed."""

from __future__ import annotations

from pathlib import Path

import pytest

from kkz_eval.cli import main
from kkz_eval.evaluation.effects import run_effects
from kkz_eval.evaluation.panel import read_panel
from kkz_eval.evaluation.plan_file import load_plan
from kkz_eval.evaluation.results import results_files
from kkz_eval.storage.digests import digest_of_bytes

PLAN = """plan_version: 1
id: small
question: q
seed: 1
outcomes: [{indicator: y, role: primary}]
estimators: [{id: twfe, method: twfe}]
"""


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A package as `export` writes it, of a panel of our own."""
    folder = tmp_path / "package"
    (folder / "expected").mkdir(parents=True)
    cells = [
        f"u{unit},{year},y,{unit % 4 + year % 3 + unit * year % 5 / 10},{2003 if unit < 3 else ''}"
        for unit in range(8)
        for year in range(2000, 2006)
    ]
    (folder / "panel.csv").write_text("\n".join(["unit_id,year,indicator,value,cohort", *cells, ""]), encoding="utf-8")
    (folder / "plan.yaml").write_text(PLAN, encoding="utf-8")
    found = run_effects(read_panel(folder / "panel.csv"), load_plan(folder / "plan.yaml"))
    for name, content in results_files(found).items():
        (folder / "expected" / name).write_bytes(content)
    sealed(folder)
    return folder


def sealed(folder: Path) -> None:
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "SHA256SUMS")
    lines = [f"{digest_of_bytes(path.read_bytes())}  {path.relative_to(folder).as_posix()}\n" for path in files]
    (folder / "SHA256SUMS").write_text("".join(lines), encoding="utf-8")


def test_a_package_is_replayed_without_a_home(
    package: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KKZ_HOME", str(package.parent / "nowhere"))
    assert main(["replay", str(package)]) == 0
    said = capsys.readouterr().out
    assert "weichen ab: Das Paket ist nachgerechnet" in said
    assert not (package.parent / "nowhere").exists()


def test_a_result_that_is_not_found_again_is_named(package: Path, capsys: pytest.CaptureFixture[str]) -> None:
    estimates = package / "expected" / "estimates.csv"
    header, first, *others = estimates.read_text(encoding="utf-8").splitlines()
    cells = first.split(",")
    at = header.split(",").index("estimate")
    cells[at] = repr(float(cells[at]) + 0.001)
    estimates.write_text("\n".join([header, ",".join(cells), *others, ""]), encoding="utf-8")
    sealed(package)
    assert main(["replay", str(package)]) == 1
    said = capsys.readouterr().out
    assert "Weicht ab: estimates" in said
    assert "1 weichen ab" in said


def test_a_changed_or_missing_file_is_refused(package: Path, capsys: pytest.CaptureFixture[str]) -> None:
    panel = package / "panel.csv"
    before = panel.read_bytes()
    panel.write_bytes(before.replace(b"2005", b"2006"))
    assert main(["replay", str(package)]) == 2
    assert "panel.csv nicht mehr, was geschrieben wurde" in capsys.readouterr().err
    panel.unlink()
    assert main(["replay", str(package)]) == 2
    assert "fehlt die Datei panel.csv" in capsys.readouterr().err


def test_a_folder_that_is_no_package_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", str(tmp_path)]) == 2
    assert "ist kein Paket" in capsys.readouterr().err


def test_nothing_is_exported_over_other_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    assert main(["export", "modellwelt", "--out", str(tmp_path)]) == 2
    assert "ist nicht leer" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_an_unknown_plan_and_a_home_without_data_are_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, home = str(tmp_path / "out"), str(tmp_path / "home")
    assert main(["export", "no-such-plan", "--home", home, "--out", out]) == 2
    assert "kekiz-2012" in capsys.readouterr().err
    assert main(["export", "kekiz-2012", "--home", home, "--out", out]) == 2
    assert "nichts angenommen" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
