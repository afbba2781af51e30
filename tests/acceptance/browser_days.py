"""What the days in a browser share: the desk and Dagster as `kkz-eval ui` serves them, a page that is looked at on the way. No expectations of content.

KKZ_PICTURES names a folder that keeps a picture of each step, wide and narrow.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, Page
from whole_runs import CONTRACTS, ROOT

from kkz_eval.settings import Settings

KKZ_EVAL = (sys.executable, "-c", "from kkz_eval.cli import entry; entry()")
SECONDS = 300  # for runs; both cores may be busy
SECONDS_OF_A_PAGE = 60
PICTURES = os.environ.get("KKZ_PICTURES")
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 320, "height": 900}
_TABS = 120  # to anything on a page


@dataclass
class Walk:
    """Somebody's page in the browser. address: of the desk; said: what a page wrote to the console; taken: names of the pictures."""

    page: Page
    address: str
    pictures: Path | None = None
    said: list[str] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)

    def open(self, path: str) -> None:
        self.page.goto(self.address + path)

    def picture(self, name: str) -> None:
        """Keep a picture of the page as it is, where pictures are kept."""
        if self.pictures is not None:
            self.taken.append(name)
            self.page.wait_for_timeout(700)  # for what still moves
            self.page.screenshot(path=self.pictures / f"{len(self.taken):02}_{name}.png", full_page=True)

    def look(self, name: str) -> None:
        """The page holds: for those who read it by other means, on a narrow screen, and it wrote nothing to the console."""
        from axe_playwright_python.sync_playwright import Axe

        found = Axe().run(self.page).response["violations"]
        assert [(one["id"], [node["html"][:200] for node in one["nodes"]]) for one in found] == [], name
        self.picture(name)
        self.page.set_viewport_size(NARROW)
        beyond = self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        self.picture(f"{name}_320")
        self.page.set_viewport_size(WIDE)
        assert beyond <= 0, f"{name} is {beyond} px wider than a narrow screen"
        assert self.said == [], name

    def fetched(self, link: str, to: Path) -> Path:
        """The file behind a link of the page, by a click on it."""
        with self.page.expect_download() as waiting:
            self.page.get_by_role("link", name=link).first.click()
        file = to / waiting.value.suggested_filename
        waiting.value.save_as(file)
        return file

    def go_to(self, selector: str) -> None:
        """Press Tab until the element has the focus."""
        for _ in range(_TABS):
            if self.page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"{selector} can't be reached by keyboard on {self.page.url}")

    def press(self, selector: str, key: str = "Enter") -> None:
        """Go to the element by keyboard, and press a key there."""
        self.go_to(selector)
        self.page.keyboard.press(key)


@contextmanager
def walking(browser: Browser, address: str, name: str) -> Iterator[Walk]:
    """A page of one's own at the desk. name: of the folder of pictures."""
    pictures = None if PICTURES is None else Path(PICTURES) / name
    if pictures is not None:
        pictures.mkdir(parents=True, exist_ok=True)
    context = browser.new_context(viewport=WIDE, locale="de-DE")
    page = context.new_page()
    page.set_default_timeout(SECONDS_OF_A_PAGE * 1000)
    walk = Walk(page, address, pictures)
    page.on("console", lambda message: walk.said.append(message.text))
    page.on("pageerror", lambda error: walk.said.append(str(error)))
    yield walk
    context.close()


@contextmanager
def served(folder: Path, world: Path) -> Iterator[tuple[str, Settings]]:
    """`kkz-eval ui` at a free port with the plan of a world and an empty inbox; its address, and the settings of its home."""
    contracts = Path(shutil.copytree(CONTRACTS, folder / "contracts", ignore=shutil.ignore_patterns("plans")))
    (contracts / "plans").mkdir()
    shutil.copyfile(world / "plan.yaml", contracts / "plans" / "modellwelt.yaml")
    settings = Settings(home=folder / "home", inbox=folder / "inbox", contracts=contracts)
    port, log = _free_port(), folder / "ui.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*KKZ_EVAL, "ui", "--home", settings.home, "--inbox", settings.inbox, "--port", str(port)],
            env={**os.environ, "KKZ_CONTRACTS": str(contracts), "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"},
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        until(lambda: f":{port}" in log.read_text(encoding="utf-8"), "the desk did not start", log)
        yield f"http://127.0.0.1:{port}", settings
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)


def until(is_so: Callable[[], bool], otherwise: str, log: Path | None = None) -> None:
    """Wait for something. Raises AssertionError with the log where it does not come."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        if is_so():
            return
        time.sleep(0.5)
    raise AssertionError(f"{otherwise}: {log.read_text(encoding='utf-8')}" if log else otherwise)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
