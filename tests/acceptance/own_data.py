"""An installation with data of its own: a copy of data_contracts with tables of territory and programme, a dataset, a plan. No expectations here.

What a person edits is edited here as text; no line of the program is another.
"""

from __future__ import annotations

import contextlib
import csv
import functools
import io
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from importlib import resources
from pathlib import Path

import pytest
from whole_runs import CONTRACTS

from kkz_eval.deliveries.register.reading_process import end_reading_processes

Row = dict[str, str]


@contextlib.contextmanager
def installed(folder: Path) -> Iterator[None]:
    """This process serves the installation with these contracts, as one that is started for it: nothing that was read before is known."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("KKZ_")]:
            patch.delenv(name)
        patch.setenv("KKZ_SETTLE_SECONDS", "0")
        patch.setenv("KKZ_CONTRACTS", str(folder))
        _as_if_started()
        yield
    _as_if_started()


def _as_if_started() -> None:
    end_reading_processes()
    for name in [name for name in sys.modules if name.startswith("kkz_eval")]:
        for value in [*vars(sys.modules[name]).values()]:
            if isinstance(value, functools._lru_cache_wrapper):
                value.cache_clear()


def copy_of_contracts(to: Path, *, without: tuple[str, ...] = ()) -> Path:
    """A data_contracts of one's own, without the plans that ship with it and some contracts."""
    shutil.copytree(CONTRACTS, to, ignore=shutil.ignore_patterns("plans", *without))
    (to / "plans").mkdir()
    return to


def own_table(contracts: Path, name: str, edit: Callable[[list[Row]], list[Row]]) -> None:
    """The package's table as the installation has it, edited."""
    text = resources.files("kkz_eval.reference").joinpath(name).read_text(encoding="utf-8")
    rows = list(csv.DictReader(line for line in text.splitlines() if not line.startswith("#")))
    file = contracts / "reference" / name
    file.parent.mkdir(exist_ok=True)
    written = io.StringIO()
    writer = csv.DictWriter(written, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(edit(rows))
    file.write_text(f"# Eigene Fassung\n{written.getvalue()}", encoding="utf-8")
