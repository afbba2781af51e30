"""The notebooks run from top to bottom on the frozen inputs of a run of the model world, and hold what they compute against the kept report."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jupytext
import numpy as np
import pytest

from kkz_eval.evaluation.verdict.rules import Code
from kkz_eval.reporting.document import Figure

FOLDER = Path(__file__).parents[2] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.py"))
OUTCOME = "1-schulabgaenge_ohne_abschluss"
FIGURES = {
    "an_estimate_taken_apart": [
        f"changed.{OUTCOME}.figure",
        "partial_regression.figure",
        f"difference.{OUTCOME}.figure",
        f"robustness.{OUTCOME}.chance",
    ],
    "balance_and_audit": ["balance.figure", "audit.figure"],
    "deliveries": ["delivered.figure"],
    "sensitivity": [f"robustness.{OUTCOME}.specifications", f"robustness.{OUTCOME}.sensitivity"],
    "your_own_outcome": ["audit.figure", "changed.1-mittlerer_abschluss.figure"],
}


def run_notebook(name: str) -> tuple[dict[str, Any], list[Figure]]:
    """The names that a notebook leaves behind after all its cells, and the figures that they show."""
    names: dict[str, Any] = {"__name__": "__main__"}
    shown = []
    for number, cell in enumerate(jupytext.read(FOLDER / f"{name}.py").cells, start=1):
        if cell.cell_type != "code":
            continue
        *before, last = ast.parse(cell.source).body
        place = f"{name}.py, cell {number}"
        exec(compile(ast.Module(before, []), place, "exec"), names)
        if isinstance(last, ast.Expr):
            shown.append(eval(compile(ast.Expression(last.value), place, "eval"), names))
        else:
            exec(compile(ast.Module([last], []), place, "exec"), names)
    return names, [value for value in shown if isinstance(value, Figure)]


@pytest.fixture
def home(finished_model_world: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The home of the model world after a run, which no notebook may change."""
    home = finished_model_world / "home"
    monkeypatch.setenv("KKZ_HOME", str(home))
    before = sorted(str(file) for file in home.rglob("*"))
    yield home
    assert sorted(str(file) for file in home.rglob("*")) == before


def run(name: str, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """The names of a notebook that shows the figures it should, each as made up as its numbers are, and says first what all rests on."""
    names, figures = run_notebook(name)
    assert [figure.identifier for figure in figures] == FIGURES[name]
    for figure in figures:
        assert "simuliert" in figure.svg_wide
        assert figure.alternative_text[:40] in figure._repr_html_()
    said = capsys.readouterr().out
    assert said.startswith("SIMULIERTE DATEN")
    assert names["opened"].study.snapshot.name in said
    return names


def test_there_is_a_notebook_for_each_question() -> None:
    assert [file.stem for file in NOTEBOOKS] == sorted(FIGURES)


@pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda file: file.stem)
def test_a_notebook_asks_first_checks_itself_and_ends_with_something_to_vary(file: Path) -> None:
    cells = jupytext.read(file).cells
    assert cells[0].cell_type == "markdown"
    assert cells[0].source.splitlines()[0].endswith("?")
    assert any("assert " in cell.source for cell in cells if cell.cell_type == "code")
    assert "Zum Weiterprobieren / To vary" in [cell for cell in cells if cell.cell_type == "markdown"][-1].source
    assert "outputs" not in cells[-1] or not cells[-1].outputs


def test_deliveries_lead_from_what_is_there_to_a_cell_and_to_what_a_gap_costs(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = run("deliveries", capsys)
    assert (names["tiles"]["held"] == names["tiles"]["owed"]).all()
    assert names["tiles"]["owed"].max() == 40
    assert names["seen"].mde > names["seen"].filled


def test_balance_and_audit_show_what_is_held_fixed_and_why(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = run("balance_and_audit", capsys)
    groups = names["study"].groups["group"].value_counts().to_dict()
    assert groups == {"treated": 13, "reference": 17, "later": 14, "left_out": 9}
    own = names["now"].query(f"indicator == '{names['INDICATOR']}' and form == 'full' and theta == 'hat'")["size"].item()
    assert names["other"].audit.query("form == 'full' and theta == 'hat'")["size"].item() > own


def test_an_estimate_is_taken_apart_to_the_kept_coefficient(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = run("an_estimate_taken_apart", capsys)
    assert names["coefficient"] == pytest.approx(names["kept"]["estimate"], abs=1e-9)
    assert names["chance"].p == pytest.approx(names["kept_chance"]["p_value"], abs=1e-9)
    assert names["verdict"].code in (Code.DIFFERENCE_DESIRED, Code.NOT_DISTINGUISHABLE)
    assert not names["opened"].differences


def test_sensitivity_leaves_out_each_unit_that_is_compared_and_names_none(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = run("sensitivity", capsys)
    assert len(names["rows"]) == 30
    assert np.ptp(names["middle"]) > 0.1
    figure = names["sensitivity_figure"](names["shown"], names["opened"].outcome(names["INDICATOR"]), "de")
    assert not any(unit in figure.alternative_text for unit in names["study"].panel["unit_id"].unique())


def test_an_outcome_of_ones_own_is_an_exploration_with_a_sentence_by_rule(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = run("your_own_outcome", capsys)
    assert names["seen"].mde > 0
    assert names["told"]["verdict"] == Code.NOT_DISTINGUISHABLE
    assert names["told"]["message"]
