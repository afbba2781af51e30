"""What tests of several packages share: folders that are made once for all of them, and a headless browser."""

from __future__ import annotations

import fcntl
import gc
import os
import shutil
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import kkz_eval  # noqa: F401 (before any test loads numpy: it asks for one thread, else processes side by side mostly wait for each other)

if TYPE_CHECKING:
    from playwright.sync_api import Browser

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


LONGEST_FIRST = (
    *("acceptance/test_model_world.py", "acceptance/test_inkar_run.py", "acceptance/test_three_days.py"),
    *("acceptance/test_operations_page.py", "acceptance/test_kills.py", "acceptance/test_more_machines.py"),
    *(
        "acceptance/test_the_gate.py",
        "acceptance/test_privacy.py",
        "acceptance/test_rehearsal.py",
        "acceptance/test_stewards_jobs.py",
    ),
    *("contracts/test_rules.py", "acceptance/test_one_changed_cell.py", "test_on_scheduler.py", "test_cli.py"),
    *(
        "deliveries/persons/test_false_alarms.py",
        "deliveries/register/test_reading_process.py",
        "acceptance/test_stewards_day.py",
    ),
)
"""Modules by their length, so that the processes end at about the same time (`make test` gives each a whole module at a time)."""

# Thousands of tests and the large libraries stay to the end: looking for rings among them again and again takes a tenth of the time.
gc.set_threshold(100_000, 20, 20)


def pytest_collection_finish() -> None:
    gc.collect()
    gc.freeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    tests = Path(__file__).parent
    place = {tests / name: number for number, name in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: place.get(item.path, len(place)))  # stable: the others stay as they are


MadeOnce = Callable[[str, Callable[[Path], object]], Path]


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> MadeOnce:
    """`made_once(name, make)`: the folder of that name, made by the first test that asks and shared by all processes of this run.

    Nobody may change it; who wants to, copies it. A process that dies while it makes one leaves no half of it behind.
    """
    own = tmp_path_factory.getbasetemp()
    shared = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "made_once"
    shared.mkdir(exist_ok=True)

    def folder_of(name: str, make: Callable[[Path], object]) -> Path:
        folder = shared / name
        with (shared / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # given up by the kernel when the process ends, however it ends
            if not folder.exists():
                unfinished = shared / f"{name}.unfinished"
                shutil.rmtree(unfinished, ignore_errors=True)
                make(unfinished)
                unfinished.rename(folder)
        return folder

    return folder_of


@pytest.fixture(scope="session")
def model_world(made_once: MadeOnce) -> Path:
    """The whole model world of seed 1 as `simulate` writes it; never changed."""
    from kkz_eval.simulation.run import simulate

    return made_once("model_world", lambda folder: simulate(folder, 1))


@pytest.fixture(scope="session")
def finished_model_world(made_once: MadeOnce, model_world: Path) -> Path:
    """The model world after `kkz-eval run`, with the home `home` and in `exit_code` how the run ended; never changed."""
    from kkz_eval.cli import main

    def run(folder: Path) -> None:
        shutil.copytree(model_world, folder)
        plan = Path(__file__).parents[1] / "data_contracts" / "plans" / "modellwelt.yaml"
        arguments = ["--inbox", str(folder / "deliveries"), "--home", str(folder / "home"), "--plan", str(plan)]
        with pytest.MonkeyPatch.context() as patch:
            for name in [name for name in os.environ if name.startswith("KKZ_")]:
                patch.delenv(name)
            patch.setenv("KKZ_SETTLE_SECONDS", "0")  # nobody writes to this inbox
            code = main(["run", *arguments])
        (folder / "exit_code").write_text(str(code), encoding="utf-8")

    return made_once("finished_model_world", run)


@pytest.fixture(scope="module")
def chromium_browser() -> Iterator[Browser]:
    """The Chromium of this machine (KKZ_CHROMIUM or on the path), headless; skips where there is none. Downloads nothing.

    For a module, not for the whole run: as long as it is open, a loop runs in the thread of the tests, and none of them could start another.
    """
    named = os.environ.get("KKZ_CHROMIUM")
    executable = named or next((found for name in CHROMIUM_NAMES if (found := shutil.which(name))), None)
    if executable is None:
        pytest.skip("no Chromium on the path: install chromium or name it in KKZ_CHROMIUM to test pages in a browser")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=list(CHROMIUM_ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def _object_store_server() -> Iterator[str]:
    """The address of an object store that speaks as S3 does, in this process and for it alone."""
    import logging

    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # a line for each request
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def object_store(_object_store_server: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of an empty bucket of an object store; its account stands in the environment. No request goes elsewhere."""
    import boto3

    for name in [name for name in os.environ if name.startswith("AWS_") or name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    account = {
        "AWS_ENDPOINT_URL": _object_store_server,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "NO_PROXY": "*",
    }
    for name, value in account.items():
        monkeypatch.setenv(name, value)
    bucket = f"bucket-{next(_BUCKETS)}"
    boto3.client("s3").create_bucket(Bucket=bucket)
    return f"s3://{bucket}"


_BUCKETS = count(1)


@pytest.fixture(scope="session")
def workers() -> Iterator[str]:
    """The address of a Dask scheduler with two workers, each a process with one thread, on this machine alone."""
    from distributed import LocalCluster

    from kkz_eval.line.scheduler import disconnect

    with LocalCluster(n_workers=2, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address=":0") as cluster:
        yield cluster.scheduler_address
        disconnect()
