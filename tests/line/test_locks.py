"""A lock beside a plan is read, or is not there; a third is a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from kkz_eval.line.locks import lock_in
from kkz_eval.model.errors import UserError


def test_a_lock_that_can_not_be_read_is_none_that_is_missing(tmp_path: Path) -> None:
    assert lock_in(tmp_path / "plan.lock") is None
    (tmp_path / "plan.lock").mkdir()
    with pytest.raises(UserError) as unread:
        lock_in(tmp_path / "plan.lock")
    assert unread.value.code == "storage_not_readable"
