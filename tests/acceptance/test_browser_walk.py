"""The first ten minutes in a browser: a researcher launches the yearly job and opens the report; a steward reads a cell address off
the page, corrects the file, and sees the new report. Everything is real: the servers, the queue, the sensor, Chromium.

KKZ_PICTURES names a folder that keeps a picture of each step.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from whole_runs import CONTRACTS, DUESSELDORF, ROOT, change, copy_of, delivery

if TYPE_CHECKING:
    from playwright.sync_api import Page

KKZ_EVAL = (sys.executable, "-c", "from kkz_eval.cli import entry; entry()")
SECONDS = 300  # for anything that is waited for; both cores may be busy
LOCATION = "/locations/kkz_eval.definitions:defs"


@dataclass
class Walk:
    """A browser page at the user interface of a world, and the pictures taken on the way."""

    page: Page
    address: str
    inbox: Path
    world: Path
    pictures: Path
    taken: list[str] = field(default_factory=list)

    def open(self, path: str) -> None:
        self.page.goto(self.address + path)

    def picture(self, name: str) -> None:
        self.taken.append(name)
        self.page.wait_for_timeout(700)  # for what still moves
        self.page.screenshot(path=self.pictures / f"{len(self.taken)}_{name}.png")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def walk(chromium_browser, shortest, tmp_path_factory) -> Iterator[Walk]:
    """`kkz-eval ui` on free ports, with an empty inbox and the plan of a small world."""
    folder = tmp_path_factory.mktemp("walk")
    world = copy_of(shortest, folder / "world")
    contracts = Path(shutil.copytree(CONTRACTS, folder / "contracts", ignore=shutil.ignore_patterns("plans")))
    (contracts / "plans").mkdir()
    shutil.copyfile(world / "plan.yaml", contracts / "plans" / "modellwelt.yaml")
    inbox = folder / "inbox"
    port = _free_port()
    log = folder / "ui.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [
                *KKZ_EVAL,
                "ui",
                "--home",
                folder / "home",
                "--inbox",
                inbox,
                "--port",
                str(port),
            ],
            env={**os.environ, "KKZ_CONTRACTS": str(contracts), "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"},
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        _until(lambda: f":{port}" in log.read_text(encoding="utf-8"), f"the interface did not start: {log.read_text()}")
        context = chromium_browser.new_context(viewport={"width": 1400, "height": 900})
        page = context.new_page()
        page.set_default_timeout(SECONDS * 1000)
        pictures = Path(os.environ.get("KKZ_PICTURES", folder / "pictures"))
        pictures.mkdir(parents=True, exist_ok=True)
        yield Walk(page, f"http://127.0.0.1:{port}/dagster", inbox, world, pictures)
        context.close()
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)


def _until(is_so, otherwise: str) -> None:
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        if is_so():
            return
        time.sleep(0.5)
    raise AssertionError(otherwise)


def _switch_sensor(walk: Walk, wanted: bool) -> None:
    walk.open(f"{LOCATION}/sensors/eingang")
    switch = walk.page.locator("input[type=checkbox]").first
    switch.wait_for(state="attached")
    if switch.is_checked() != wanted:
        switch.locator("xpath=..").click()
    _until(lambda: switch.is_checked() == wanted, "the switch of the sensor did not move")


def _successful_runs(walk: Walk) -> int:
    """Runs that the page of runs shows as successful. An empty list can't be told from one that is still loading: ask again."""
    walk.open("/runs?q[0]=status%3ASUCCESS")
    walk.page.get_by_text("Filter").first.wait_for()
    walk.page.wait_for_timeout(2000)
    return walk.page.locator("a[href*='/runs/']").filter(has_text=re.compile("^[0-9a-f]{8}$")).count()


def _report_link(walk: Walk) -> str:
    walk.open("/assets/report_modellwelt?view=overview")
    link = walk.page.locator("a[href*='bericht.html']").first
    link.wait_for()
    return str(link.get_attribute("href"))


def _launch_the_yearly_job(walk: Walk) -> None:
    """From the launchpad, with the options as they are, to the end of the run."""
    walk.open(f"{LOCATION}/jobs/Jahreslauf/playground")
    launch = walk.page.get_by_role("button", name="Launch Run")
    launch.wait_for()
    walk.page.get_by_text("All defaults expanded").wait_for()
    for option in ("outcomes:", "plan:", "years:"):
        assert walk.page.get_by_text(option).first.is_visible()
    walk.picture("launchpad")
    launch.click()
    walk.page.get_by_role("button", name="Confirm").click()
    walk.page.wait_for_url(re.compile("/runs/[0-9a-f-]{36}"))
    walk.picture("run")
    walk.page.get_by_text(re.compile("^(Success|Failure)$")).first.wait_for()
    walk.picture("run_ended")
    assert walk.page.get_by_text("Success", exact=True).first.is_visible()


def _open_report(walk: Walk, picture: str) -> str:
    """Follow the link on the page of the report's asset; the words of the report."""
    walk.page.goto(_report_link(walk))
    walk.page.get_by_role("heading", level=1).wait_for()
    walk.picture(picture)
    return str(walk.page.locator("main").inner_text())


def _spoil(file: Path) -> int:
    """The third count of a delivery becomes a word; its row in the file."""
    counts: list[str] = []

    def faulty(fields: list[str]) -> str | None:
        counts.append(fields[4])
        return "zwölf" if len(counts) == 3 else None

    change(file, faulty)
    encoding = "utf-8-sig" if file.read_bytes().startswith(b"\xef\xbb\xbf") else "cp1252"
    lines = file.read_bytes().decode(encoding).splitlines()
    return next(number for number, line in enumerate(lines, 1) if line.endswith("zwölf"))


def test_from_the_first_page_to_a_corrected_delivery(walk: Walk) -> None:
    page, file = walk.page, delivery(walk.world, DUESSELDORF)
    good = file.read_bytes()

    walk.open("/")
    page.get_by_text("Lineage").first.wait_for()
    walk.picture("first_page")
    assert not page.get_by_role("dialog").is_visible(), "a pop-up covers the first page"

    _switch_sensor(walk, False)  # so that the run is the researcher's own
    shutil.copytree(walk.world / "deliveries", walk.inbox, dirs_exist_ok=True)
    _launch_the_yearly_job(walk)
    walk.open("/assets/effects_modellwelt?view=overview")
    page.get_by_text("schulabgaenge_ohne_abschluss").first.wait_for()
    walk.picture("estimates")
    assert file.name not in _open_report(walk, "report")
    first = page.url
    page.set_viewport_size({"width": 320, "height": 900})
    walk.picture("report_320")
    page.set_viewport_size({"width": 1400, "height": 900})

    row = _spoil(file)
    shutil.copyfile(file, walk.inbox / file.name)
    _switch_sensor(walk, True)
    _until(lambda: _successful_runs(walk) == 2, "the sensor started no run that ended well")
    walk.open("/assets/verdicts?view=checks&checkDetail=contract_schulabgaenge")
    sentence = page.get_by_text(re.compile(rf"\bE{row}\b")).first
    sentence.wait_for()
    walk.picture("check")
    assert file.name in sentence.inner_text()
    walk.open("/assets/delivery_status?view=overview")
    page.get_by_text("zurückgewiesen").first.wait_for()
    walk.picture("status")
    assert file.name in _open_report(walk, "report_with_rejection")
    assert page.url != first

    file.write_bytes(good)
    shutil.copyfile(file, walk.inbox / file.name)
    _until(lambda: _successful_runs(walk) == 3, "the corrected file started no run that ended well")
    assert file.name not in _open_report(walk, "report_corrected")
