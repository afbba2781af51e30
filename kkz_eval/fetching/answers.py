"""What a bare answer means: the bytes of a table, or a sentence why there is none. No network, no files.

Facts of the interface (GENESIS web services, version 2020). A table comes as a ZIP archive with one text file, or as the text itself;
everything else as JSON, where `Status` holds `Code` and `Content`. Without a valid account there is no `Status` around them:
15 none recognised, 2 wrong (with HTTP 200, 401 or 404). 90 and 104: no such object; 98: too large for an answer at once; a job that
was taken into the queue names its result in `Content`.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
import zlib
from dataclasses import dataclass

from kkz_eval.fetching.request import Answer
from kkz_eval.fetching.web_services import PACKAGE, Order, Service
from kkz_eval.model.errors import UserError
from kkz_eval.settings import Credentials

_BOM = b"\xef\xbb\xbf"
_WRONG_ACCOUNT = (2, 15)
_NO_OBJECT = (90, 104)
_TOO_LARGE = 98
_LONGEST = 300  # of what a service says, in a sentence
_RESULT = re.compile(r"\b[0-9A-Za-z]+(?:-[0-9A-Za-z]+)*_[0-9]+\b")


@dataclass(frozen=True)
class _Status:
    """What a service says in place of a table. code: None where it names none; envelope: status | none."""

    code: int | None
    content: str
    envelope: str


def table_bytes(answer: Answer, service: Service, order: Order, credentials: Credentials, limit: int) -> bytes:
    """The bytes of the table in an answer.

    limit: bytes that an archive may unpack to. Raises UserError for every other answer; its exit code is 1 where the table is in
    the queue of the service and only has to be fetched later.
    """
    body = answer.body.removeprefix(_BOM).lstrip()
    status = _status(body, credentials)
    if answer.status in (401, 403) or (status is not None and status.envelope == "none" and status.code in _WRONG_ACCOUNT):
        raise UserError("credentials_wrong", package=PACKAGE, service=service.name, account=service.account)
    if status is not None:
        raise _said(status, service, order)
    if 300 <= answer.status < 400:
        raise UserError("service_moved", package=PACKAGE, service=service.name, location=_plain(answer.location, credentials))
    if answer.status != 200:
        raise UserError("service_down", package=PACKAGE, service=service.name, status=answer.status, address=service.address)
    if answer.body.startswith(b"PK"):
        return _unpacked(answer.body, service, limit)
    return answer.body


def _status(body: bytes, credentials: Credentials) -> _Status | None:
    """The status in a body of JSON; None for any other body."""
    if not body.startswith(b"{"):
        return None
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return _Status(None, _plain(body[:_LONGEST].decode("utf-8", "replace"), credentials), "none")
    inner = content.get("Status")
    found, envelope = (inner, "status") if isinstance(inner, dict) else (content, "none")
    code = str(found.get("Code", ""))
    said = found.get("Content", inner if isinstance(inner, str) else "")
    return _Status(int(code) if code.isdecimal() else None, _plain(str(said), credentials), envelope)


def _said(status: _Status, service: Service, order: Order) -> UserError:
    """The sentence for what a service says in place of a table."""
    name, table, said = service.name, order.table, status.content
    if status.code == _TOO_LARGE:
        return UserError("table_too_large", package=PACKAGE, service=name, table=table)
    if status.code in _NO_OBJECT:
        if order.is_result:
            return UserError("result_not_ready", package=PACKAGE, exit_code=1, service=name, table=table)
        return UserError("table_unknown", package=PACKAGE, service=name, table=table)
    result = _RESULT.search(said)
    if order.processing == "job" and result is not None:
        return UserError(
            "job_queued",
            package=PACKAGE,
            exit_code=1,
            service=name,
            table=table,
            result=result.group(),
            source=service.id,
            years=order.years,
        )
    code = "–" if status.code is None else str(status.code)
    return UserError("service_refuses", package=PACKAGE, service=name, table=table, said=said, code=code)


def _unpacked(body: bytes, service: Service, limit: int) -> bytes:
    """The one file of an archive."""
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            if len(members) != 1:
                raise UserError("archive_of_many", package=PACKAGE, service=service.name, count=len(members))
            with archive.open(members[0]) as file:
                data = file.read(limit + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise UserError("answer_cut", package=PACKAGE, service=service.name) from error
    if len(data) > limit:
        raise UserError("answer_too_large", package=PACKAGE, service=service.name, limit=str(limit // 2**20))
    return data


def _plain(said: str, credentials: Credentials) -> str:
    """What a service says, on one line, not too long, and without the account, which some answers repeat."""
    for secret in (credentials.user, credentials.password):
        if secret:
            said = said.replace(secret, "***")
    line = " ".join("".join(c if c.isprintable() else " " for c in said).split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"
