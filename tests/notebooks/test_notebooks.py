"""The notebooks run from top to bottom on a home of the model world, as their first cell says, and show what was planted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jupytext
import pytest

from kkz_eval import line as steps
from kkz_eval.settings import load_settings
from kkz_eval.simulation.run import simulate

FOLDER = Path(__file__).parents[2] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.py"))
YEARS = range(2006, 2020)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home that took the model world in and judged it."""
    folder = tmp_path_factory.mktemp("notebooks")
    simulate(folder / "world", seed=1)
    line = steps.open_line(load_settings({}, home=folder / "home", inbox=folder / "world" / "deliveries"))
    steps.land(line, YEARS)
    steps.judge_arrivals(line, YEARS)
    return folder / "home"


def run_notebook(file: Path) -> dict[str, Any]:
    """The names that a notebook leaves behind after all its cells."""
    names: dict[str, Any] = {"__name__": "__main__"}
    for number, cell in enumerate(jupytext.read(file).cells, start=1):
        if cell.cell_type == "code":
            exec(compile(cell.source, f"{file.name}, cell {number}", "exec"), names)
    return names


def test_there_is_a_notebook() -> None:
    assert [file.name for file in NOTEBOOKS] == ["effects_of_one_outcome.py"]


@pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda file: file.stem)
def test_a_notebook_has_words_before_every_step(file: Path) -> None:
    cells = jupytext.read(file).cells
    assert cells[0].cell_type == "markdown"
    assert sum(cell.cell_type == "markdown" for cell in cells) >= 3


def test_the_outcome_without_certificate(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("KKZ_HOME", str(home))
    names = run_notebook(FOLDER / "effects_of_one_outcome.py")
    assert names["groups"]["kreise"].to_dict() == {"treated": 13, "reference": 17, "later": 14, "left_out": 9}
    assert names["trend"].index.tolist() == list(YEARS)
    assert names["summary"]["conf_low"] <= -1.0 <= names["summary"]["conf_high"]
    assert set(names["event_study"]["event_time"]) == set(range(-6, 8))
    assert "schulabgaenge_ohne_abschluss" in capsys.readouterr().out
