"""The command `lint-text`: what in a text that somebody wrote says more than an evaluation carries; what it prints, and its exit codes.

Belongs here: opening the files, printing, JSON. Does not belong here: what is found in a text (line.checked_text).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from kkz_eval.commands import say
from kkz_eval.line.checked_text import LARGEST, CheckedText, ClaimFound, TextRefused, checked_file
from kkz_eval.model.system_errors import reason_of
from kkz_eval.model.texts import Language
from kkz_eval.settings import Settings


def lint_texts(settings: Settings, files: Sequence[Path], language: Language | None, form: str) -> int:
    """Print what texts claim too much, each with its place, the reason and what may be said instead; 0 nothing, 1 something, 2 not readable.

    language: of the texts, None to tell it from each of them; form: table | json.
    """
    checked = [_checked(file) for file in files]
    if form == "json":
        reports = [_report(file, one, language, settings.language) for file, one in zip(files, checked, strict=True)]
        print(json.dumps(reports, ensure_ascii=False, indent=2))
    else:
        for one in checked:
            _print(one, language, settings.language)
    return max(2 if isinstance(one, TextRefused) else 1 if one.claims else 0 for one in checked)


def _checked(file: Path) -> CheckedText | TextRefused:
    try:
        with file.open("rb") as opened:
            data = opened.read(LARGEST + 1)
    except OSError as error:
        return TextRefused(say("lint_text.not_readable", file=str(file), reason=reason_of(error)))
    try:
        return checked_file(str(file), data)
    except TextRefused as refused:
        return refused


def _report(file: Path, checked: CheckedText | TextRefused, language: Language | None, reader: Language) -> dict[str, object]:
    if isinstance(checked, TextRefused):
        return {"file": str(file), "readable": False, "sentence": checked.sentence.in_language(reader)}
    written = language or checked.language or reader
    return {
        "file": str(file),
        "readable": True,
        "language": written,
        "passages": checked.n_passages,
        "claims": [_claim(one, reader, written) for one in checked.claims],
    }


def _claim(claim: ClaimFound, reader: Language, written: Language) -> dict[str, object]:
    """A claim as JSON has it: reasons in the language of who reads them, what may be said instead in that of the text."""
    return {
        "place": claim.place,
        "number": claim.number,
        "where": claim.where.in_language(reader),
        "reason": claim.reason,
        "why": claim.why.in_language(reader),
        "found": claim.found,
        "sentence": claim.sentence,
        "instead": [said.in_language(written) for said in claim.instead],
    }


def _print(checked: CheckedText | TextRefused, language: Language | None, reader: Language) -> None:
    if isinstance(checked, TextRefused):
        print(checked.sentence.in_language(reader), file=sys.stderr)
        return
    written = language or checked.language or reader
    for one in checked.claims:
        print(say("lint_text.found", where=one.where, found=one.found, why=one.why, sentence=one.sentence).in_language(reader))
        print(say("lint_text.instead", instead=" ".join(said.in_language(written) for said in one.instead)).in_language(reader))
    print(checked.headline.in_language(reader))
