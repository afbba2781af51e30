"""The pictures of the documentation, taken from a run of the model world: `make pictures`, or of a home `take_pictures.py HOME`.

Belongs here: one function for each picture, and the browser that takes it (Chromium, `chromium` on the path or named in
CHROMIUM). Does not belong here: what is in the picture.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

from make_example_report import KKZ_EVAL, ROOT, model_world_home, newest_report
from PIL import Image
from playwright.sync_api import sync_playwright

PICTURES = ROOT / "docs" / "pictures"
LARGEST = 300_000  # bytes of a picture in the repository
COLOURS = 64  # of a page, which is words on white: more only make the file larger
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
)


def report_picture(home: Path) -> Path:
    """The one page before the report of the model world, in a home that has one."""
    return take_part(newest_report(home).resolve().as_uri(), "#front", PICTURES / "report.png", 1280)


def interface_picture(home: Path) -> Path:
    """The lineage of all assets in the user interface on a home with a run, once its boxes are drawn."""
    port = _free_port()
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    served = subprocess.Popen(
        [*KKZ_EVAL, "ui", "--home", str(home), "--port", str(port)], env=environment, stdout=subprocess.PIPE, text=True
    )
    try:
        if served.stdout is None or not served.stdout.readline():
            raise RuntimeError("the interface did not start")
        with sync_playwright() as playwright:
            executable = shutil.which(os.environ.get("CHROMIUM", "chromium"))
            browser = playwright.chromium.launch(executable_path=executable, args=list(FLAGS))
            page = browser.new_page(viewport={"width": 1600, "height": 800})
            page.goto(f"http://127.0.0.1:{port}/dagster/asset-groups/kkz_eval.definitions:defs")
            page.goto(f"http://127.0.0.1:{port}/dagster/asset-groups/")
            page.get_by_text("a_lieferungen").first.wait_for(timeout=120_000)
            page.wait_for_timeout(5_000)  # the drawing settles
            page.wait_for_function("!document.body.innerText.includes('fetching statuses')", timeout=300_000)
            content = page.screenshot()
            browser.close()
    finally:
        served.send_signal(signal.SIGTERM)
        served.wait(timeout=60)
    return _keep(content, PICTURES / "ui.png")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _keep(content: bytes, picture: Path) -> Path:
    """Raises RuntimeError where a picture is too large for the repository."""
    if len(content) > LARGEST:
        raise RuntimeError(f"{picture.name} has {len(content):,} bytes; at most {LARGEST:,} belong into the repository")
    picture.parent.mkdir(parents=True, exist_ok=True)
    picture.write_bytes(content)
    return picture


def take_part(address: str, part: str, picture: Path, width: int) -> Path:
    """Keep a picture of the part of a page that a CSS selector names, in a window of that width in pixels.

    Raises RuntimeError where it is too large for the repository; Playwright's own error where the page has no such part.
    """
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which(os.environ.get("CHROMIUM", "chromium")), args=list(FLAGS)
        )
        page = browser.new_page(viewport={"width": width, "height": 900})
        page.goto(address)
        content = page.locator(part).screenshot()
        browser.close()
    few_colours = BytesIO()
    Image.open(BytesIO(content)).convert("RGB").quantize(COLOURS).save(few_colours, "PNG", optimize=True)
    return _keep(few_colours.getvalue(), picture)


def main(arguments: Sequence[str]) -> int:
    """Take all pictures; the first argument is a home with the report of the model world, a fresh one without it."""
    with tempfile.TemporaryDirectory(prefix="kkz-pictures-") as folder:
        home = Path(arguments[0]) if arguments else model_world_home(Path(folder))
        for picture in (report_picture, interface_picture):
            print(picture(home).relative_to(ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
