"""Digests of the program: of what a process has loaded, whatever lies in its files by now, and of all sources that its modules import."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from kkz_eval.storage import digests
from kkz_eval.storage.digests import _imported, _modules


def test_a_file_that_was_changed_since_a_process_began_counts_as_neither_of_its_versions(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    file, digest_of_file = Path(digests.__file__), digests._digest_of_file.__wrapped__
    now = digests.digest_of_bytes(file.read_bytes())
    assert digest_of_file(file) == now
    met = digests._MET[str(file)]
    monkeypatch.setitem(digests._MET, str(file), (met[0], met[1], met[2] - 1))  # it was another when the process began
    changed = digest_of_file(file)
    assert changed == digest_of_file(file) != now
    monkeypatch.delitem(digests._MET, str(file))  # it came since
    assert digest_of_file(file) not in (now, changed)


def test_the_program_of_a_process_is_told_by_each_of_its_files_and_by_nothing_that_python_keeps_beside_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    met = digests.program_met.__wrapped__
    before, file = met(), str(Path(digests.__file__))
    assert not [path for path in digests._MET if "__pycache__" in path]
    seen = digests._MET[file]
    monkeypatch.setitem(digests._MET, file, (*seen[:2], seen[2] - 1))
    assert met() != before
    monkeypatch.delitem(digests._MET, file)
    assert met() != before
    monkeypatch.undo()
    assert met() == before


def _by_parsing(path: Path, known: frozenset[str]) -> tuple[str, ...]:
    """As Python reads the file."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.module is not None, f"{path}: an import of its own package is not looked for"
            names.update((node.module, *(f"{node.module}.{alias.name}" for alias in node.names)))
    return tuple(sorted(names & known))


def test_each_import_is_found_as_if_the_whole_file_was_parsed() -> None:
    known = _modules()
    names = frozenset(known)
    expected = {name: _by_parsing(path, names) for name, path in known.items()}
    assert {name: _imported(path, names) for name, path in known.items()} == expected
    assert sum(map(len, expected.values())) > 1000
