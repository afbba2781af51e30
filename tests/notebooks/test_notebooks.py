"""The notebooks run from top to bottom on a home of the model world, as their first cell says, and show what was planted."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import jupytext
import numpy as np
import pytest

from kkz_eval.line.installation import open_installation
from kkz_eval.line.intake import judge_arrivals, land
from kkz_eval.settings import load_settings

FOLDER = Path(__file__).parents[2] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.py"))
YEARS = range(2006, 2020)
REPOSITORY = Path(__file__).parents[2]
INKAR = (REPOSITORY / os.environ.get("KKZ_SHARED", "../shared")).resolve() / "data/official/inkar/inkr_nrw_kreise_panel_long.csv"


@pytest.fixture
def home(finished_model_world: Path, tmp_path: Path) -> Path:
    """A home of the model world after a run, as the first cell asks for; without the history of runs."""
    return Path(shutil.copytree(finished_model_world / "home", tmp_path / "home", ignore=shutil.ignore_patterns("dagster")))


def run_notebook(file: Path) -> dict[str, Any]:
    """The names that a notebook leaves behind after all its cells."""
    names: dict[str, Any] = {"__name__": "__main__"}
    for number, cell in enumerate(jupytext.read(file).cells, start=1):
        if cell.cell_type == "code":
            exec(compile(cell.source, f"{file.name}, cell {number}", "exec"), names)
    return names


def test_there_is_a_notebook() -> None:
    assert [file.name for file in NOTEBOOKS] == [
        "an_estimate_taken_apart.py",
        "effects_of_one_outcome.py",
        "staggered_effects.py",
    ]


@pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda file: file.stem)
def test_a_notebook_has_words_before_every_step(file: Path) -> None:
    cells = jupytext.read(file).cells
    assert cells[0].cell_type == "markdown"
    assert sum(cell.cell_type == "markdown" for cell in cells) >= 3


def test_an_estimate_taken_apart_shows_the_chance_that_the_results_tell(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KKZ_HOME", str(home))
    names = run_notebook(FOLDER / "an_estimate_taken_apart.py")
    told = names["inference"].query("statistic == 'coefficient' and within == 'kind' and theta == 'hat'").iloc[0]
    assert names["p"] == pytest.approx(told["p_value"], abs=1e-9)
    assert names["observed"] == pytest.approx(told["estimate"])
    assert names["bars"]["share"].sum() == pytest.approx(1)
    assert "simuliert" in names["chance"].to_json(ensure_ascii=False)
    assert names["verdict"].code in ("difference_desired", "not_distinguishable")
    assert "SIMULIERTE DATEN" in capsys.readouterr().out


def test_the_outcome_without_certificate(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("KKZ_HOME", str(home))
    names = run_notebook(FOLDER / "effects_of_one_outcome.py")
    assert names["groups"]["kreise"].to_dict() == {"treated": 13, "reference": 17, "later": 14, "left_out": 9}
    assert names["trend"].index.tolist() == list(YEARS)
    assert names["summary"]["conf_low"] <= -1.0 <= names["summary"]["conf_high"]
    assert set(names["event_study"]["event_time"]) == set(range(-6, 8))
    assert "schulabgaenge_ohne_abschluss" in capsys.readouterr().out


@pytest.mark.skipif(not INKAR.exists(), reason="the shared data are not beside the repository")
def test_staggered_effects_on_official_statistics(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    shutil.copyfile(INKAR, inbox / INKAR.name)
    line = open_installation(load_settings({}, home=tmp_path / "home", inbox=inbox))
    land(line, range(1995, 2023))
    judge_arrivals(line, range(1995, 2023))
    monkeypatch.setenv("KKZ_HOME", str(tmp_path / "home"))
    names = run_notebook(FOLDER / "staggered_effects.py")
    rows = names["averages"]
    assert rows["status"].eq("ok").all()
    overall = rows[rows["aggregation"] == "simple"].iloc[0]
    assert (overall["n_treated"], overall["n_control"]) == (27, 17)
    assert overall["std_error"] == pytest.approx(np.sqrt(names["covariance"][names["simple"], names["simple"]]), rel=1e-12)
    assert names["bacon"]["weight"].sum() == pytest.approx(1, abs=1e-12)
    assert "later_vs_earlier" in capsys.readouterr().out
