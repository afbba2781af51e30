"""Contents in memory: those that somebody asks for stay, and all together are never more than was named."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from kkz_eval.storage.recent import RecentContents


def test_what_is_asked_for_stays_and_the_rest_goes_in_time() -> None:
    contents = RecentContents(generation=100)
    contents["asked for"] = contents["forgotten"] = b"x" * 10
    for number in range(40):
        contents[str(number)] = b"x" * 10
        assert contents["asked for"] == b"x" * 10
        assert contents.size <= 210
    assert "forgotten" not in contents
    assert set(contents) >= {"asked for", "39"}


def test_it_is_a_mapping_whatever_generation_a_content_is_of() -> None:
    contents = RecentContents(generation=15)
    for number in range(3):  # the second makes the first two the old generation
        contents[str(number)] = b"x" * 10
    assert sorted(contents) == ["0", "1", "2"]
    contents["2"] = b"y"
    del contents["0"], contents["2"]
    assert dict(contents) == {"1": b"x" * 10}
    with pytest.raises(KeyError):
        del contents["0"]
    with pytest.raises(KeyError):
        contents["0"]
    assert contents.get("0") is None


def test_threads_put_ask_and_list_side_by_side() -> None:
    contents = RecentContents(generation=1000)

    def put(thread: int) -> bool:
        for number in range(300):
            contents[f"{thread}-{number}"] = b"x" * 10
            assert f"{thread}-{number}" in contents
            list(contents)
        return True

    with ThreadPoolExecutor(4) as threads:
        assert all(threads.map(put, range(4)))
    assert contents.size <= 2010
