"""The command `deliveries return`: what a municipality gets back, as files in a folder; what it prints, and its exit code.

It only reads the home: it waits for no run. Does not belong here: what is in the files (line.municipal_return, line.return_files).
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from kkz_eval.commands import say
from kkz_eval.commands.terminal import telling
from kkz_eval.line.installation import open_installation
from kkz_eval.line.municipal_return import unit_of
from kkz_eval.line.return_files import Form, file_name, made
from kkz_eval.line.snapshot import current_snapshot
from kkz_eval.model.errors import UserError
from kkz_eval.model.texts import LANGUAGES
from kkz_eval.settings import Settings
from kkz_eval.storage.steps import Steps
from kkz_eval.storage.store import DraftStore, put_file_if_absent
from kkz_eval.storage.writer import require_home


def write_return(settings: Settings, unit_id: str, out: Path) -> int:
    """Write page, paper and workbook of a municipality in both languages into a folder; 0.

    Raises UserError for an unknown municipality, and where a file of that name is there already: an older return is not replaced.
    """
    require_home(settings.home)
    unit = unit_of(unit_id)
    installation = open_installation(settings, progress=telling(settings))
    snapshot = current_snapshot(replace(installation, steps=Steps(DraftStore.over(installation.steps.store))))
    files = {file_name(unit.ags, form, language): made(snapshot, unit, form, language) for language in LANGUAGES for form in Form}
    for name, content in files.items():
        if not put_file_if_absent((out / name).absolute(), content):
            raise UserError("return_exists", package=say.package, file=str(out / name))
    said = say("return.written", unit=unit.name, folder=str(out), files=", ".join(files))
    print(said.in_language(settings.language))
    return 0
