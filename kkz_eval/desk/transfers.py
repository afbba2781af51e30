"""What is under way between a browser and a page: bodies within their size and time, and an end in the middle where something may not pass.

Does not belong here: who sends, what a body says.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kkz_eval.desk.refusals import Refused, answer


@dataclass(frozen=True)
class Limits:
    """What a request may take. Sizes in bytes.

    query: a request in GraphQL, or a message of a websocket; form: fields without files; files: a form with files; seconds: for a body, besides
    one for each `slowest` bytes; at_once: bodies of one person that may be on their way or worked on; bytes_at_once: these together; followed:
    websockets of one person that may be open.
    """

    query: int = 1_000_000
    form: int = 1_000_000
    files: int = 100_000_000
    seconds: float = 60
    slowest: int = 100_000
    at_once: int = 64
    bytes_at_once: int = 400_000_000
    followed: int = 64


MOST_FILES = 50
"""Of one form."""
OF_ONE_AMONG_MANY = Limits(at_once=8, followed=16)
"""On a server: more than any browser sends at once, and too few to take all threads, or all processes that read, from the others."""


@dataclass(frozen=True)
class Sending:
    """What each person is sending right now: so many bodies, so many bytes; and how much they follow. One who sends too much holds up nobody else."""

    bodies: Counter[str] = field(default_factory=Counter)
    sizes: Counter[str] = field(default_factory=Counter)
    followed: Counter[str] = field(default_factory=Counter)

    @contextmanager
    def following(self, name: str, limits: Limits) -> Iterator[None]:
        """While one more websocket is open. Raises Refused for one too many."""
        if self.followed[name] >= limits.followed:
            raise Refused(HTTPStatus.TOO_MANY_REQUESTS, "too_many")
        self.followed[name] += 1
        try:
            yield
        finally:
            self.followed[name] -= 1

    @contextmanager
    def by(self, name: str, size: int, limits: Limits) -> Iterator[None]:
        """While one more body is on its way and worked on. Raises Refused for one too many."""
        if self.bodies[name] >= limits.at_once or self.sizes[name] + size > limits.bytes_at_once:
            raise Refused(HTTPStatus.TOO_MANY_REQUESTS, "too_many")
        self.bodies[name] += 1
        self.sizes[name] += size
        try:
            yield
        finally:
            self.bodies[name] -= 1
            self.sizes[name] -= size


@dataclass
class Body:
    """A body on its way. size: as was said before; deadline: of the loop's clock, over with the last part."""

    receive: Receive
    size: int
    deadline: float
    seen: int = 0
    ended: bool = False

    async def part(self) -> Message:
        """The next part. Raises Refused for one too many and one too late."""
        if self.ended:
            return await self.receive()
        try:
            async with asyncio.timeout_at(self.deadline):
                message = await self.receive()
        except TimeoutError as error:
            raise Refused(HTTPStatus.REQUEST_TIMEOUT, "too_slow") from error
        if message["type"] == "http.request":
            self.seen += len(message.get("body", b""))
            self.ended = not message.get("more_body", False)
            if self.seen > self.size:
                raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large", megabytes=Limits().files // 1_000_000)
            if self.ended and self.seen < self.size:
                raise Refused(HTTPStatus.BAD_REQUEST, "cut_off")
        return message

    async def whole(self) -> bytes:
        """All of it. Raises Refused where it does not come whole."""
        parts: list[bytes] = []
        while not self.ended:
            message = await self.part()
            if message["type"] != "http.request":
                raise Refused(HTTPStatus.BAD_REQUEST, "cut_off")
            parts.append(message.get("body", b""))
        return b"".join(parts)


async def hold(
    app: ASGIApp, scope: Scope, following: Callable[[], Awaitable[Message]], send: Send, note: Callable[[Refused], None]
) -> None:
    """Let an application have what comes, and end it where something may not pass.

    following: the next message, raises Refused; note: is told why it was ended. The other side is answered at once. The application only hears that the other side is gone, so that
    it can't mistake what it has for all there is; what it says or raises afterwards goes nowhere.
    """
    answered, refused = False, list[Refused]()

    async def received() -> Message:
        if not refused:
            try:
                return await following()
            except Refused as reason:
                refused.append(reason)
                note(reason)
                if not answered or scope["type"] == "websocket":
                    await answer(scope, reason, send)
        return {"type": "websocket.disconnect", "code": 1008} if scope["type"] == "websocket" else {"type": "http.disconnect"}

    async def said(message: Message) -> None:
        nonlocal answered
        if not refused:
            answered = True
            await send(message)

    try:
        await app(scope, received, said)
    except Exception:
        if not refused:
            raise
