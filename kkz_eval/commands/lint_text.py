"""The command `lint-text`: what in a text that somebody wrote says more than an evaluation carries; what it prints, and its exit codes.

Belongs here: opening the files, sentences and JSON. Does not belong here: what a text may not say (reporting.claims), where it says it
(reporting.given_text).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from kkz_eval.commands import say
from kkz_eval.deliveries.text.records import NotTextError, decode
from kkz_eval.model.system_errors import reason_of
from kkz_eval.model.texts import Language, Sentence
from kkz_eval.reporting import claims, given_text
from kkz_eval.reporting import say as say_of_report
from kkz_eval.settings import Settings

LARGEST = 50 * 2**20
"""Bytes of a file; more is no press release."""

_NO_TEXT = {"empty": "empty", "page": "pdf", "markup": "kind", "compressed": "kind"}
"""Why a file is no text, as the keys of the sentences; all else is about its characters."""


class _Refused(Exception):
    """A file that can't be read, in a sentence with the next step."""

    def __init__(self, sentence: Sentence) -> None:
        self.sentence = sentence
        super().__init__(sentence.key)


def lint_texts(settings: Settings, files: Sequence[Path], language: Language | None, form: str) -> int:
    """Print what texts claim too much, each with its place, the reason and what may be said instead; 0 nothing, 1 something, 2 not readable.

    language: of the texts, None to tell it from each of them; form: table | json.
    """
    reports = [_report(settings, file, language) for file in files]
    if form == "json":
        print(json.dumps([report for _, report in reports], ensure_ascii=False, indent=2))
    else:
        for _, report in reports:
            _print(report, settings.language)
    return max(code for code, _ in reports)


def _report(settings: Settings, file: Path, language: Language | None) -> tuple[int, dict[str, object]]:
    try:
        passages = _passages(file)
    except _Refused as refused:
        said = refused.sentence.in_language(settings.language)
        return 2, {"file": str(file), "readable": False, "sentence": said}
    written = language or given_text.language_of(passages) or settings.language
    found = [_claim(one, settings.language, written) for one in given_text.find(passages)]
    report: dict[str, object] = {
        "file": str(file),
        "readable": True,
        "language": written,
        "passages": len(passages),
        "claims": found,
    }
    return (1 if found else 0), report


def _claim(found: given_text.Found, reader: Language, written: Language) -> dict[str, object]:
    """A claim as JSON has it: reasons in the language of who reads them, what may be said instead in that of the text."""
    return {
        "place": found.place,
        "number": found.number,
        "where": say(f"lint_text.{found.place}", number=found.number).in_language(reader),
        "reason": found.hit.reason,
        "why": say_of_report(f"claims.{found.hit.reason}").in_language(reader),
        "found": found.hit.found,
        "sentence": found.hit.sentence,
        "instead": [said.in_language(written) for said in claims.instead(found.hit.reason)],
    }


def _passages(file: Path) -> tuple[given_text.Passage, ...]:
    """The passages of a file. Raises _Refused."""
    kind = file.suffix.lower()
    if kind not in (".txt", ".md", ".docx"):
        raise _Refused(say("lint_text.refused.kind" if kind != ".pdf" else "lint_text.refused.pdf", file=str(file)))
    data = _content(file)
    try:
        passages = given_text.passages_of_word(data) if kind == ".docx" else given_text.passages_of_text(decode(data).text)
    except given_text.NotAWordDocumentError as error:
        raise _Refused(say(f"lint_text.refused.{error.reason}", file=str(file))) from error
    except NotTextError as error:
        reason = _NO_TEXT.get(error.code, "characters")
        raise _Refused(say(f"lint_text.refused.{reason}", file=str(file))) from error
    if not passages:
        raise _Refused(say("lint_text.refused.empty", file=str(file)))
    return passages


def _content(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            data = opened.read(LARGEST + 1)
    except OSError as error:
        raise _Refused(say("lint_text.refused.not_readable", file=str(file), reason=reason_of(error))) from error
    if len(data) > LARGEST:
        raise _Refused(say("lint_text.refused.large", file=str(file)))
    if not data:
        raise _Refused(say("lint_text.refused.empty", file=str(file)))
    return data


def _print(report: dict[str, object], language: Language) -> None:
    if not report["readable"]:
        print(report["sentence"], file=sys.stderr)
        return
    found = report["claims"]
    assert isinstance(found, list)
    for one in found:
        print(say("lint_text.found", **{name: one[name] for name in ("where", "found", "why", "sentence")}).in_language(language))
        print(say("lint_text.instead", instead=" ".join(one["instead"])).in_language(language))
    end = "clean" if not found else "one" if len(found) == 1 else "several"
    print(say(f"lint_text.{end}", file=report["file"], count=len(found)).in_language(language))
