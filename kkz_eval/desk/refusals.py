"""What a refusal is and how it is answered: by its kind alone. Not what is refused (guard and those whom it asks)."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from http import HTTPStatus

from starlette.types import Receive, Scope, Send

from kkz_eval.desk import say
from kkz_eval.desk.content_policy import FOR_PAGES
from kkz_eval.model.texts import LANGUAGES, Localised

HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",  # not "no-referrer": the own forms would come with the Origin "null"
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
"""What every answer says to browsers, besides what it says itself."""


_SAID = frozenset({"too_large", "too_many", "too_slow", "cut_off", "nobody"})
"""Reasons that somebody can do something about who uses our pages, and no other: each has its sentence. All else is said to be not accepted."""
_LONGEST, _SILENCE = 60.0, 1.0
"""Seconds for which the rest of a body may still come, and between two parts of it."""


class Refused(Exception):
    """A request that goes no further. status: of the answer; reason: a word for the log, never what was sent; parameters: of its sentence."""

    def __init__(self, status: HTTPStatus, reason: str, **parameters: object) -> None:
        self.status, self.reason, self.parameters = status, reason, parameters
        super().__init__(reason)

    @property
    def sentence(self) -> Localised:
        """What it is, and the next step."""
        return say(f"refused.{self.reason}", **self.parameters) if self.reason in _SAID else say("refused.other")


async def answer(scope: Scope, refused: Refused, send: Send, receive: Receive | None = None) -> None:
    """A refusal, in both languages: nobody knows yet whose page it is. A connection on which more may be coming ends with it.

    receive: where the rest of a body comes from that is to come and go, for a browser reads an answer only once it has sent all.
    """
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
        return
    status = refused.status
    words = f"{status.value} {status.phrase}\n\n" + "\n\n".join(refused.sentence.in_language(one) for one in LANGUAGES) + "\n"
    body = words.encode()
    said = {**HEADERS, "content-security-policy": FOR_PAGES, "cache-control": "no-store", "connection": "close"}
    said |= {"content-type": "text/plain; charset=utf-8", "content-length": str(len(body))}
    headers = [(name.encode(), value.encode()) for name, value in said.items()]
    await send({"type": "http.response.start", "status": status.value, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body, "more_body": True})
    if receive is not None:
        await _let_go(receive)
    await send({"type": "http.response.body", "body": b""})


async def _let_go(receive: Receive) -> None:
    """Read what still comes, and keep nothing of it: until it ends, or stays away, or takes too long."""
    with suppress(TimeoutError):
        async with asyncio.timeout(_LONGEST):
            more = True
            while more:
                async with asyncio.timeout(_SILENCE):
                    message = await receive()
                more = message["type"] == "http.request" and message.get("more_body", False)
