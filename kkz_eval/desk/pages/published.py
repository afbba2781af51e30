"""Files that runs wrote for reading: reports and the stable addresses that lead to them; board, replies and protocols for those inside.

Belongs here: which folders of a home are served, and to whom. Never a listing, never a file outside of them.
"""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from kkz_eval.desk.content_policy import for_kept_page
from kkz_eval.desk.desk import At, Desk, person_of
from kkz_eval.desk.people import ALL_ROLES, SEE_EVERY_UNIT
from kkz_eval.storage.store import Store

_EVERYONE = ("reports", "aktuell/berichte", "aktuell/freigegeben", "aktuell/ausgaben")
_RULE = re.compile(rb"\[(regeln/[a-z0-9_]+\.html)\]</code>")
_THOSE_INSIDE = ("board", "protocols", "aktuell")  # after those for everyone: of two that fit, the first answers


def routes(desk: Desk) -> Iterator[At]:
    """The folders that are served."""

    def file(request: Request) -> Response:
        return _file(Store.at(desk.installed.store), request.url.path)

    def file_inside(request: Request) -> Response:
        if not person_of(request).sees_every_unit:  # an approver of some units: these pages have all
            raise HTTPException(HTTPStatus.NOT_FOUND)
        return file(request)

    for folder in _EVERYONE:
        yield At(f"/{folder}/{{name:path}}", file, ALL_ROLES)
    for folder in _THOSE_INSIDE:
        yield At(f"/{folder}/{{name:path}}", file_inside, SEE_EVERY_UNIT)
    yield At("/schrift/{weight:number}.ttf", _typeface, ALL_ROLES)


def _typeface(request: Request) -> Response:
    from kkz_eval.reporting.typeface import whole  # noqa: PLC0415 (takes a moment to import, and is asked for once)

    try:
        content = whole(request.path_params["weight"])
    except KeyError as error:
        raise HTTPException(HTTPStatus.NOT_FOUND) from error
    return Response(content, media_type="font/ttf", headers={"cache-control": "max-age=604800"})


def _file(store: Store, path: str) -> Response:
    """An object as it is kept, so that whoever saves it can compare it with the list of sums, and whole: a reader has no way to see that it is damaged.

    Raises HTTPException for all that is none within the folder that the address begins with, and UserError where it is damaged.
    """
    key = path.lstrip("/")
    try:
        allowed = _is_inside(store, key) and store.exists(key)
    except (OSError, ValueError) as error:
        raise HTTPException(HTTPStatus.NOT_FOUND) from error
    if not allowed:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    folder, _, name = key.rpartition("/")
    content = store.kept_listed(folder, name)
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    if kind == "text/html":
        return _page(_with_rules_linked(content) if path.startswith("/protocols/") else content)
    headers = {"cache-control": "no-store", "content-security-policy": for_kept_page(b"")}
    if not kind.startswith(("text/plain", "image/", "application/pdf")):
        headers["content-disposition"] = "attachment"
    return Response(content, media_type=kind, headers=headers)


def _is_inside(store: Store, key: str) -> bool:
    """Whether what lies under a key is in the folder that it begins with; in a folder of this machine it may be a link to elsewhere, or no file."""
    if not store.is_on_this_machine:
        return True
    home = Path(store.root).resolve()
    place = (home / key).resolve()
    return place.is_relative_to(home / key.split("/", maxsplit=1)[0]) and place.is_file()


def _with_rules_linked(protocol: bytes) -> bytes:
    """A protocol whose findings lead to the pages of their rules: as a file it names them only, for it is sent to where no desk is."""
    return _RULE.sub(rb'[<a href="/\1">\1</a>]</code>', protocol)


def _page(content: bytes) -> Response:
    headers = {"cache-control": "no-store", "content-security-policy": for_kept_page(content)}
    return Response(content, media_type="text/html", headers=headers)
