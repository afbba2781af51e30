"""What a kept page may run: the scripts that stand in it, and nothing else."""

from __future__ import annotations

import socket
from base64 import b64encode
from hashlib import sha256
from typing import TYPE_CHECKING

from served import served
from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.routing import Route

from kkz_eval.desk.content_policy import FOR_PAGES, for_kept_page

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PAGE = b"""<!doctype html><title>-</title><link rel="icon" href="data:,">\r
<style>p { color: rgb(1, 2, 3) }</style><p style="margin: 0" onclick="document.title += 'c'">.</p>
<script>\r\ndocument.title += 'a';\r\n</script><SCRIPT type="text/javascript">document.title += 'b'; made.textContent = "document.title += 'd'"; document.body.append(made)</SCRIPT>
<script src="/elsewhere.js"></script>"""


def test_nothing_runs_that_does_not_stand_in_the_page() -> None:
    script = b64encode(sha256(b"\na\n").digest()).decode()
    assert for_kept_page(b"<script>\r\na\r\n</script><script src=x></script>").endswith(f"; script-src 'sha256-{script}'")
    assert for_kept_page(b"<p onclick='x()'>").endswith("; script-src 'none'")
    for policy in (for_kept_page(PAGE), FOR_PAGES):
        assert policy.startswith("default-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'")
        assert "unsafe-inline" not in policy.partition("script-src")[2]


def test_a_browser_runs_the_scripts_of_the_page_and_no_others(chromium_browser: Browser) -> None:
    content = PAGE.replace(b"<SCRIPT", b"<script>const made = document.createElement('script')</script><SCRIPT")
    answer = HTMLResponse(content, headers={"content-security-policy": for_kept_page(content)})
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        with served(Starlette(routes=[Route("/", lambda _: answer)]), listening):
            page = chromium_browser.new_page()
            page.goto(f"http://127.0.0.1:{listening.getsockname()[1]}/")
            page.get_by_text(".").click()
            assert page.title() == "-ab"
            assert page.evaluate("getComputedStyle(document.querySelector('p')).color") == "rgb(1, 2, 3)"
            page.close()
