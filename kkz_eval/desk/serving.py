"""How the desk listens: on this machine alone, or on a socket that only the proxy's group can open. Not what it serves."""

from __future__ import annotations

import os
import socket
import stat
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

from kkz_eval.model.errors import UserError
from kkz_eval.model.system_errors import reason_of

PRIVATE = 0o027
"""What is taken from the rights of whatever the service makes: nothing for others, nothing to be changed by the group."""
MOST_OF_A_MESSAGE = 1_000_000
MOST_OF_A_HEAD = 65_536  # Dagster's addresses can be long
THREADS = 200  # pages are made in threads: those that wait for a file to be read must not take the last one
SECONDS_TO_FINISH = 5
"""So long answers that have begun are waited for at the end."""


def strictly_read(app: ASGIApp) -> uvicorn.Config:
    """How a server is to take requests for an application: read strictly, and no header believed about where they come from."""
    return uvicorn.Config(
        app,
        http="h11",  # the stricter of the two readers
        ws="websockets-sansio",
        h11_max_incomplete_event_size=MOST_OF_A_HEAD,
        ws_max_size=MOST_OF_A_MESSAGE,
        ws_per_message_deflate=False,  # a message is as long as it is
        proxy_headers=False,
        server_header=False,
        access_log=False,  # who reads which page is nobody's business
        log_level="warning",
        timeout_graceful_shutdown=SECONDS_TO_FINISH,
        lifespan="off",
    )


def listen_for_proxy(path: Path) -> socket.socket:
    """A socket in the file system for the service and its group. Raises UserError where another can get in its place or is there already."""
    try:
        if path.parent.stat().st_mode & stat.S_IWOTH:
            raise UserError("socket_folder_open", package="kkz_eval.desk", folder=path.parent)
        _remove_left_behind(path)
        return _bound(path)
    except OSError as error:
        raise UserError("socket_failed", package="kkz_eval.desk", path=path, reason=reason_of(error)) from error


def _bound(path: Path) -> socket.socket:
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o117)  # so from its first moment on, not only after somebody could have opened it
    try:
        listening.bind(str(path))
    except OSError:
        listening.close()
        raise
    finally:
        os.umask(before)
    return listening


def _remove_left_behind(path: Path) -> None:
    """A socket of a service that was killed goes. Raises UserError for one that answers, and for what is no socket."""
    if not path.exists():
        return
    if not path.is_socket():
        raise UserError("socket_is_file", package="kkz_eval.desk", path=path)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            path.unlink()
            return
    raise UserError("socket_in_use", package="kkz_eval.desk", path=path)


def require_private(folder: Path) -> None:
    """Raises UserError where others than the service and its group can look into a folder, or the group can change what is in it."""
    if folder.exists() and folder.stat().st_mode & PRIVATE:
        raise UserError("folder_open", package="kkz_eval.desk", folder=folder, mode=oct(folder.stat().st_mode & 0o777)[2:])
