"""One request to a web service and its bare answer. No meaning of the answer, no files, no second try.

Facts of the interface (GENESIS web services, version 2020): parameters go as a form by POST; the account goes in the header fields
`username` and `password`; a token goes in `username`, with an empty `password`. Redirects are not followed: the header fields with
the account would go along.
"""

from __future__ import annotations

import http.client
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from email.message import Message
from typing import IO

from kkz_eval import __version__
from kkz_eval.fetching.web_services import PACKAGE, Order, Service
from kkz_eval.model.errors import UserError
from kkz_eval.settings import Credentials

_BLOCK = 1 << 16


@dataclass(frozen=True)
class Limits:
    """silence: seconds without a byte; total: seconds altogether; size: bytes of the answer, packed or unpacked."""

    silence: float = 300.0
    total: float = 1800.0
    size: int = 256 * 1024 * 1024


@dataclass(frozen=True)
class Answer:
    """status: of HTTP; location: where a redirect leads, else ""; body: the bytes, whole."""

    status: int
    location: str
    body: bytes


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect is an answer like any other."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Message, newurl: str
    ) -> None:
        """Follow nothing."""


def ask(service: Service, order: Order, credentials: Credentials, limits: Limits) -> Answer:
    """The answer of a service to one order, whatever it says.

    Raises UserError where the account can't be sent, the service can't be reached, is too slow, or sends too much or too little.
    """
    headers = {
        "username": credentials.user,
        "password": credentials.password,
        "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
        "User-Agent": f"kkz-eval/{__version__}",
    }
    if not all(_is_sendable(value) for value in headers.values()):
        raise UserError("credentials_unsendable", package=PACKAGE, service=service.name)
    form = urllib.parse.urlencode(order.parameters).encode("ascii")
    request = urllib.request.Request(service.address + order.endpoint, data=form, headers=headers, method="POST")
    opener = urllib.request.build_opener(_NoRedirect)
    try:
        try:
            response = opener.open(request, timeout=limits.silence)
        except urllib.error.HTTPError as error:  # an answer too, with a body that says why
            response = error
        with response:
            body = _whole(response, service, limits)
            return Answer(response.status, response.headers.get("Location", ""), body)
    except TimeoutError as error:
        raise UserError("service_slow", package=PACKAGE, service=service.name, seconds=f"{limits.silence:g}") from error
    except urllib.error.URLError as error:
        if isinstance(error.reason, TimeoutError):
            raise UserError("service_slow", package=PACKAGE, service=service.name, seconds=f"{limits.silence:g}") from error
        raise _unreachable(service, str(error.reason)) from error
    except (http.client.HTTPException, OSError) as error:
        raise _unreachable(service, str(error) or type(error).__name__) from error


def _whole(response: http.client.HTTPResponse, service: Service, limits: Limits) -> bytes:
    """All that the service sends, and no less than it announced."""
    end = time.monotonic() + limits.total
    blocks: list[bytes] = []
    size = 0
    while block := response.read(_BLOCK):
        size += len(block)
        blocks.append(block)
        if size > limits.size:
            raise UserError("answer_too_large", package=PACKAGE, service=service.name, limit=str(limits.size // 2**20))
        if time.monotonic() > end:
            raise UserError("service_slow", package=PACKAGE, service=service.name, seconds=f"{limits.total:g}")
    announced = response.headers.get("Content-Length", "")
    if announced.isdigit() and int(announced) != size:
        raise UserError("answer_cut", package=PACKAGE, service=service.name)
    return b"".join(blocks)


def _is_sendable(value: str) -> bool:
    """Whether a header field can hold it: Latin-1 without control characters."""
    return all(" " <= character <= "ÿ" and not "\x7f" <= character <= "\x9f" for character in value)


def _unreachable(service: Service, reason: str) -> UserError:
    return UserError("service_unreachable", package=PACKAGE, service=service.name, address=service.address, reason=reason)
