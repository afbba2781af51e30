"""The command `verify`: a report computed anew, and what differs. No computation of its own."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

from kkz_eval.commands import say
from kkz_eval.line.installation import open_installation
from kkz_eval.line.kept_reports import kept_report
from kkz_eval.line.verification import differences_told, verify
from kkz_eval.settings import Settings

SHOWN = 20
"""So many differences are printed; the rest is counted."""


def verify_report(settings: Settings, report: str, plan_file: Path | None) -> int:
    """Print what differs. plan_file: of the report's plan, None where it lies beside the contracts.

    Returns 0 where nothing differs, 1 where anything does. Raises UserError where it can't be computed anew.
    """
    installation, language = open_installation(settings, None if plan_file is None else [plan_file]), settings.language
    kept = kept_report(installation, report)
    print(say("verify.begins", folder=kept.folder).in_language(language), flush=True)
    found = verify(installation, kept)
    for key, parameters in islice(differences_told(found), SHOWN):
        print(say(f"verify.{key}", **parameters).in_language(language))
    if found.count > SHOWN:
        print(say("verify.more", count=found.count - SHOWN).in_language(language))
    if found.not_read:
        print(say("verify.not_read", count=found.not_read).in_language(language))
    numbers = found.tables.n + found.numbers
    key = "verify.different" if found.count else "verify.same"
    print(say(key, files=found.files, numbers=numbers, count=found.count).in_language(language))
    return int(bool(found.count))
