"""Editions of reports that need not stay: drafts that nobody ever released, all but the newest and the one that is shown, of each plan.

What was released once stays, a withdrawn edition too, and so do numbers and days of all: no number is given twice. Does not belong here: how many stay
(settings), backups (storage.backups), the desk's log (desk.actions), the history of runs (run_history).
"""

from __future__ import annotations

from collections.abc import Iterable

from kkz_eval.evaluation.plan import Plan, report_folder
from kkz_eval.line.current_pages import tell_of_releases
from kkz_eval.line.editions import Numbered, numbered_editions
from kkz_eval.line.installation import Installation
from kkz_eval.line.published_reports import led_to, stable_address
from kkz_eval.line.releases import standing
from kkz_eval.storage.seals import SUMS
from kkz_eval.storage.store import Store


def drafts_to_go(store: Store, plan_id: str, keep: int) -> tuple[Numbered, ...]:
    """The drafts of a plan that are there and need not be, the oldest first. keep: so many stay, from 1 on."""
    acts, shown = standing(store, plan_id), led_to(store, stable_address(plan_id))
    drafts = [
        one for one in numbered_editions(store, plan_id) if one.folder not in acts and store.list(_folder(plan_id, one.folder))
    ]
    return tuple(one for one in drafts[:-keep] if _folder(plan_id, one.folder) != shown)


def remove_drafts(installation: Installation, keep: int) -> tuple[tuple[Plan, Numbered], ...]:
    """Remove them, of all plans; what was removed. The caller is the only writer. Cut short, it is ended by the next call."""
    store, gone = installation.steps.store, []
    for plan in installation.plans.values():
        drafts = drafts_to_go(store, plan.id, keep)
        for one in drafts:
            _remove(store, store.list(_folder(plan.id, one.folder)))
            gone.append((plan, one))
        if numbered_editions(store, plan.id):  # also where one was cut short before its pages said so
            tell_of_releases(installation, plan)
    return tuple(gone)


def _remove(store: Store, keys: Iterable[str]) -> None:
    """The pages first, by which an edition is known to be there, then the list of its files: what is left then misses nothing."""
    for key in sorted(keys, key=lambda key: (not key.endswith(".html"), not key.endswith(f"/{SUMS}"), key)):
        store.remove(key)


def _folder(plan_id: str, folder: str) -> str:
    return f"{report_folder(plan_id)}/{folder}"
