"""Letters of quality (provisional, revised, estimated) stay with what is made of several figures."""

from __future__ import annotations

import pytest

from kkz_eval.indicators.quality import flag_of_parts


@pytest.mark.parametrize(
    ("flags", "has_value", "kept"),
    [
        ([None, None], True, None),
        (["p", None], True, "p"),
        (["r", "p", "P "], True, "p r"),
        (["p", "."], False, "."),
        (["p", None], False, "p"),
        (["()", "p"], True, "p ()"),
        ([float("nan"), "e"], True, "e"),
    ],
)
def test_what_a_sum_keeps_of_its_parts(flags: list[object], has_value: bool, kept: str | None) -> None:
    assert flag_of_parts(flags, has_value) == kept
