"""Editions of a report in a store, without a run: empty pages, and the record beside them."""

from __future__ import annotations

import json
from datetime import date

from kkz_eval.evaluation.plan import Plan, report_folder
from kkz_eval.line import say
from kkz_eval.line.edition_changes import RECORD
from kkz_eval.line.editions import number_edition
from kkz_eval.line.installation import Installation
from kkz_eval.line.report import Edition

FILES = ("page", "paper", "one_page")


def keep(installation: Installation, plan: Plan, folder: str, day: date, changes: list[dict[str, str]]) -> Edition:
    """An edition with its files and record, in the store."""
    store, place = installation.steps.store, f"{report_folder(plan.id)}/{folder}"
    number = number_edition(store, plan.id, folder, day, "s").number
    previous = {"number": number - 1, "day": "2026-01-02"} if number > 1 else None
    record = {
        "schema_version": 1,
        "number": number,
        "status": "draft",
        "simulated": False,
        "previous": previous,
        "changes": changes,
    }
    store.put_if_absent(f"{place}/{RECORD}", json.dumps(record).encode())
    for what in FILES:
        for language in ("de", "en"):
            store.put_if_absent(f"{place}/{say(f'report.{what}').in_language(language)}", b"<html></html>")
    return Edition(f"{place}/{say('report.page').in_language('de')}", folder * 8)
