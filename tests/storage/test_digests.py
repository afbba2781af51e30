"""Digests of the program name what a process has loaded, whatever lies in its files by now."""

from __future__ import annotations

from pathlib import Path

import pytest

from kkz_eval.storage import digests


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
