"""The commands `report release` and `report withdraw`: who released which edition of a report, or takes that back and why.

Does not belong here: what is kept of it (line.releases), the pages that tell of it (line.current_pages).
"""

from __future__ import annotations

from collections.abc import Callable

from kkz_eval.commands import say
from kkz_eval.commands.terminal import telling
from kkz_eval.deliveries.register.purging import require_no_open_purge
from kkz_eval.evaluation.plan import Plan
from kkz_eval.line.alone import held
from kkz_eval.line.current_pages import editions_page, tell_of_releases
from kkz_eval.line.editions import numbered_editions
from kkz_eval.line.installation import open_installation
from kkz_eval.line.kept_reports import kept_report
from kkz_eval.line.releases import Released, release, withdraw
from kkz_eval.model.errors import UserError
from kkz_eval.settings import Settings
from kkz_eval.storage.store import Store
from kkz_eval.storage.writer import require_home


def release_edition(settings: Settings, report: str, number: int | None, role: str) -> int:
    """Release an edition of a plan's reports, the present one where no number is given, and say so on its pages; always 0.

    report: as line.kept_reports.kept_report takes it. Raises UserError where there is no such edition, or it can't be released.
    """
    return _done(settings, report, number, lambda store, plan, edition: release(store, plan.id, edition, role, settings.day))


def withdraw_release(settings: Settings, report: str, number: int, role: str, reason: str) -> int:
    """Withdraw the release of an edition, and say so on its pages; always 0. Raises UserError where it is not released, or no reason is given."""
    return _done(
        settings, report, number, lambda store, plan, edition: withdraw(store, plan.id, edition, role, reason, settings.day)
    )


def _done(settings: Settings, report: str, number: int | None, act: Callable[[Store, Plan, int], Released]) -> int:
    require_home(settings.home)
    installation = open_installation(settings, progress=telling(settings))
    with held(installation, "kkz-eval report", telling(settings)) as alone:
        store = alone.steps.store
        require_no_open_purge(store)
        kept = kept_report(alone, report)
        folder = kept.folder.rpartition("/")[2]
        known = {one.folder: one.number for one in numbered_editions(store, kept.plan.id)}
        if number is None and folder not in known:
            raise UserError("release_without_number", package=say.package, folder=kept.folder)
        try:
            done = act(store, kept.plan, known[folder] if number is None else number)
        finally:  # also of one that was cut short before its pages said so, and is refused now because it is done
            tell_of_releases(alone, kept.plan)
    language, page = settings.language, editions_page(kept.plan, settings.language)
    print(say(f"release.{done.act}", plan=kept.plan.id, number=done.number, digest=done.sums).in_language(language))
    print(say("release.told", page=store.address_of(page)).in_language(language))
    return 0
