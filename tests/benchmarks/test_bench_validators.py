"""The comparison with other validators runs where they are, and says so where they are not."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from benchmarks import bench_validators
from benchmarks.bench_validators import TEN_RULES, _of_peer, is_there
from benchmarks.reading import HEADER


def test_the_peers_are_given_ten_rules_about_the_columns_of_the_delivery() -> None:
    assert ";".join(str(field["name"]) for field in TEN_RULES["fields"]) == HEADER
    assert sum(len(field["constraints"]) for field in TEN_RULES["fields"]) == 10


def test_a_peer_that_is_not_there_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench_validators, "PYTHON", sys.executable)
    assert is_there("json")
    assert not is_there("json", "no_such_module")


def test_a_peer_that_finds_nothing_in_a_faulty_file_is_no_figure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench_validators, "PYTHON", sys.executable)
    assert _of_peer("print('[2.5, 3]')", tmp_path, tmp_path) == 2.5
    with pytest.raises(RuntimeError, match="no fault"):
        _of_peer("print('[2.5, 0]')", tmp_path, tmp_path)


def test_small_files_are_taken_in_both_ways() -> None:
    figure = bench_validators.small_files(n_files=3)
    assert figure.measured > 0
    assert figure.reference > 0
