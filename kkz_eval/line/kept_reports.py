"""A report that is kept, found again by what a reader has at hand: its page, its folder, the stable address, or the plan.

Belongs here: which edition is meant, and the numbers on its page. Does not belong here: making editions (report), computing anything.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import unescape
from pathlib import Path, PurePosixPath

from kkz_eval.evaluation.plan import Plan, report_folder
from kkz_eval.line import say
from kkz_eval.line.editions import numbered_editions
from kkz_eval.line.installation import Installation
from kkz_eval.line.published_reports import led_to, stable_address
from kkz_eval.model.errors import UserError
from kkz_eval.storage.store import Store

_NUMBER = re.compile(r'<data id="([^"]*)" value="([^"]*)">([^<]*)</data>')


@dataclass(frozen=True)
class NumberOnPage:
    """A number as a page shows it."""

    identifier: str
    value: float
    text: str


@dataclass(frozen=True)
class KeptReport:
    """An edition of a plan's report. folder: its key; pages: keys of its pages."""

    plan: Plan
    folder: str
    pages: tuple[str, ...]

    def numbers(self, store: Store, page: str) -> dict[str, NumberOnPage]:
        """The numbers of a page by identifier, in reading order. page: one of the pages."""
        return numbers_on(store.get(page).decode())


def numbers_on(page: str) -> dict[str, NumberOnPage]:
    """The numbers that a page carries with their identifiers, in reading order."""
    found = (NumberOnPage(unescape(name), float(value), unescape(text)) for name, value, text in _NUMBER.findall(page))
    return {number.identifier: number for number in found}


def kept_report(installation: Installation, named: str) -> KeptReport:
    """The report that is meant. named: path of its page, its folder, or the page of a stable address, or the identifier of a plan, for the
    edition that holds.

    Raises UserError where there is none.
    """
    store, by_folder = installation.steps.store, _plans_by_folder(installation.plans)
    key = _key_in(store, named)
    if key is not None:
        parts = PurePosixPath(key).parts
        if len(parts) > 2 and parts[0] == "reports" and parts[1] in by_folder:
            found = _kept(store, by_folder[parts[1]], "/".join(parts[:3]))
            if found is not None:
                return found
        elif len(parts) > 2 and parts[0] == "reports" and store.list("/".join(parts[:3])):
            plans = str(installation.settings.contracts / "plans")
            raise UserError("report_without_plan", package=say.package, named=named, plans=plans)
        if parts[-1:] and (plan := by_folder.get(PurePosixPath(key).name.split(".")[0])) is not None:
            return _led_to(store, plan, key)
    if named in installation.plans:
        return _led_to(store, installation.plans[named], stable_address(named))
    raise UserError(
        "report_unknown",
        package=say.package,
        named=named,
        home=store.address,
        known=", ".join(sorted(installation.plans)) or "–",
    )


def _plans_by_folder(plans: Mapping[str, Plan]) -> dict[str, Plan]:
    return {report_folder(plan.id).partition("/")[2]: plan for plan in plans.values()}


def _key_in(store: Store, named: str) -> str | None:
    """The key of a path or URL that lies in the store, None for any other text."""
    if not store.is_on_this_machine:
        return named.removeprefix(f"{store.address}/") if named.startswith(f"{store.address}/") else None
    path, home = Path(named), Path(store.root)
    if not path.exists():
        return None
    inside = path.resolve()
    return inside.relative_to(home.resolve()).as_posix() if inside.is_relative_to(home.resolve()) else None


def _kept(store: Store, plan: Plan, folder: str) -> KeptReport | None:
    pages = tuple(key for key in store.list(folder) if key.endswith(".html") and key.count("/") == 3)
    return KeptReport(plan, folder, pages) if pages else None


def _led_to(store: Store, plan: Plan, address: str) -> KeptReport:
    """The edition that a stable address leads to; the newest one where it leads to none."""
    folder = led_to(store, address)
    found = None if folder is None else _kept(store, plan, folder)
    return _newest(store, plan) if found is None else found


def _newest(store: Store, plan: Plan) -> KeptReport:
    for numbered in reversed(numbered_editions(store, plan.id)):
        found = _kept(store, plan, f"{report_folder(plan.id)}/{numbered.folder}")
        if found is not None:
            return found
    raise UserError("report_none", package=say.package, plan=plan.id)
