"""What a refusal is and how it is answered: by its kind alone. Not what is refused (guard and those whom it asks)."""

from __future__ import annotations

from http import HTTPStatus

from starlette.types import Scope, Send

from kkz_eval.desk.content_policy import FOR_PAGES

HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",  # not "no-referrer": the own forms would come with the Origin "null"
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
"""What every answer says to browsers, besides what it says itself."""


class Refused(Exception):
    """A request that goes no further. status: of the answer; reason: a word for the log, never what was sent."""

    def __init__(self, status: HTTPStatus, reason: str) -> None:
        self.status, self.reason = status, reason
        super().__init__(reason)


async def answer(scope: Scope, status: HTTPStatus, send: Send) -> None:
    """A refusal, which tells nothing but its kind. A connection on which more may be coming ends with it."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
        return
    body = f"{status.value} {status.phrase}\n".encode()
    said = {**HEADERS, "content-security-policy": FOR_PAGES, "cache-control": "no-store", "connection": "close"}
    said |= {"content-type": "text/plain; charset=utf-8", "content-length": str(len(body))}
    headers = [(name.encode(), value.encode()) for name, value in said.items()]
    await send({"type": "http.response.start", "status": status.value, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})
