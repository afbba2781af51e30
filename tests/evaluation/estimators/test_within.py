"""What is left of columns once unit and year effects are taken out, piece by piece, against dense dummy variables."""

from __future__ import annotations

import numpy as np
import pytest

from kkz_eval.evaluation.estimators import within
from kkz_eval.evaluation.estimators.within import Columns, meat, residuals, triangle, year_dummies


def random_columns(seed: int, level: float = 0.0, parts: int = 1) -> Columns:
    """Unbalanced cells of 12 units and 7 years, weighted; with two parts no unit has years of both."""
    draw = np.random.default_rng(seed)
    unit, year = np.repeat(np.arange(12), 7), np.tile(np.arange(7), 12)
    keep = (draw.uniform(size=84) < 0.8) & ((unit % parts == year % parts) | (parts == 1))
    unit, year = np.unique(unit[keep], return_inverse=True)[1], np.unique(year[keep], return_inverse=True)[1]
    weights = draw.uniform(0.2, 3, size=len(unit))
    return Columns(
        unit=unit,
        year=year,
        weight=weights / weights.mean(),
        dummies=draw.integers(-1, 3, size=len(unit)),
        n_dummies=3,
        dense=draw.normal(size=(len(unit), 3)) + level,
        year_dummy=year_dummies(unit, year),
    )


def left_by_dummies(columns: Columns) -> np.ndarray:
    """Dummies and dense columns less unit and year effects, times the roots of the weights: one dense regression."""
    root = np.sqrt(columns.weight)[:, None]
    effects = np.column_stack([np.eye(12)[columns.unit], np.eye(7)[columns.year]])
    block = np.column_stack([np.eye(4)[columns.dummies][:, :3], columns.dense])
    return np.asarray(root * (block - effects @ np.linalg.lstsq(root * effects, root * block, rcond=None)[0]))


@pytest.mark.parametrize("parts", [1, 2])
@pytest.mark.parametrize("level", [0.0, 1e6])
def test_the_triangle_is_that_of_dense_dummies_however_small_the_pieces(
    level: float, parts: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    columns = random_columns(3, level, parts)
    left = left_by_dummies(columns)
    for piece in (1, 150, 10**6):
        monkeypatch.setattr(within, "PIECE", piece)
        partialled = triangle(columns)[columns.n_years :, columns.n_years :]
        assert partialled.T @ partialled == pytest.approx(left.T @ left, abs=1e-12 if level == 0 else 1e-8)


def test_units_with_the_same_dummies_are_one_in_a_balanced_panel() -> None:
    draw = np.random.default_rng(5)
    unit, year = np.repeat(np.arange(12), 7), np.tile(np.arange(7), 12)
    dummies = np.where((unit < 5) & (year > 3), year - 4, -1)
    columns = Columns(unit, year, np.ones(84), dummies, 3, draw.normal(size=(84, 3)), year_dummies(unit, year))
    partialled = triangle(columns)[columns.n_years :, columns.n_years :]
    left = left_by_dummies(columns)
    assert partialled.T @ partialled == pytest.approx(left.T @ left, abs=1e-12)
    assert np.tril(partialled, -1) == pytest.approx(0, abs=1e-15)


@pytest.mark.parametrize("factor", [within._FACTOR, 0])
def test_rows_are_told_apart_even_where_they_share_their_number(factor: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(within, "_FACTOR", factor)
    codes = np.array([[0, -1, 2], [1, -1, 2], [0, -1, 2], [-1, -1, -1]], dtype="int32")
    rows, place = within._distinct_rows(codes)
    assert len(rows) == 3
    assert (rows[place] == codes).all()


@pytest.mark.parametrize("moving", [0, 1])
def test_residuals_and_scores_are_those_of_dense_dummies_however_small_the_pieces(
    moving: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    columns = random_columns(4)
    left = left_by_dummies(columns)
    solution = np.linalg.lstsq(left[:, :-1], left[:, -1], rcond=None)[0]
    whole = triangle(columns)
    on_years = np.linalg.solve(whole[: columns.n_years, : columns.n_years], whole[: columns.n_years, columns.n_years :])
    errors = residuals(columns, on_years[:, -1] - on_years[:, :-1] @ solution, solution)
    assert np.sqrt(columns.weight) * errors == pytest.approx(left[:, -1] - left[:, :-1] @ solution, abs=1e-12)
    cluster = (columns.unit + moving * columns.year) // 3
    expected = np.zeros((cluster.max() + 1, 5))
    np.add.at(expected, cluster, left[:, :-1] * (np.sqrt(columns.weight) * errors)[:, None])
    bread = np.random.default_rng(6).normal(size=(5, 5))
    scores = expected @ bread
    for piece in (1, 20, 10**6):
        monkeypatch.setattr(within, "PIECE", piece)
        found = meat(columns, errors, on_years[:, :-1], cluster, bread)
        assert found == pytest.approx(scores.T @ scores, abs=1e-10)


def test_one_year_of_each_connected_part_has_no_dummy() -> None:
    unit, year = np.array([0, 0, 1, 1, 2, 2]), np.array([0, 1, 0, 1, 2, 3])
    assert year_dummies(unit, year).tolist() == [-1, 0, -1, 1]
