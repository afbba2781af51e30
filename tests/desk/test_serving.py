"""How the desk listens."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from kkz_eval.desk.serving import listen_for_proxy, require_private
from kkz_eval.model.errors import UserError


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    """A path for a socket, short enough for the system."""
    before = Path.cwd()
    os.chdir(tmp_path)
    yield Path("desk.sock")
    os.chdir(before)


def test_only_the_service_and_its_group_can_open_the_socket(place: Path) -> None:
    before = os.umask(0)
    try:
        with listen_for_proxy(place):
            assert oct(place.stat().st_mode & 0o777) == "0o660"
    finally:
        os.umask(before)


def test_a_socket_left_behind_is_replaced_and_one_in_use_is_not(place: Path) -> None:
    with listen_for_proxy(place):
        pass
    with listen_for_proxy(place) as listening:
        listening.listen()
        with pytest.raises(UserError, match="answers"):
            listen_for_proxy(place)
    assert place.is_socket()


def test_a_file_is_not_taken_for_a_socket(place: Path) -> None:
    place.write_text("mine")
    with pytest.raises(UserError):
        listen_for_proxy(place)
    assert place.read_text() == "mine"


def test_a_folder_in_which_anybody_can_put_a_socket_is_refused(place: Path) -> None:
    place.absolute().parent.chmod(0o777)
    with pytest.raises(UserError):
        listen_for_proxy(place)


@pytest.mark.parametrize(("mode", "private"), [(0o750, True), (0o700, True), (0o755, False), (0o770, False), (0o751, False)])
def test_a_home_is_for_the_service_and_the_eyes_of_its_group(tmp_path: Path, mode: int, private: bool) -> None:
    tmp_path.chmod(mode)
    if private:
        require_private(tmp_path)
    else:
        with pytest.raises(UserError) as caught:
            require_private(tmp_path)
        assert oct(mode)[2:] in caught.value.sentence.in_language("de")
