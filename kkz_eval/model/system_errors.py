"""Why the operating system or a library refused, in the reader's language. The usual reasons only: any other is quoted as it came.

Does not belong here: what was being done, and the next step; the sentence around the reason says both.
"""

from __future__ import annotations

import errno
from dataclasses import dataclass

from kkz_eval.model import say
from kkz_eval.model.errors import ProblemsFound, UserError
from kkz_eval.model.texts import Language, Localised, catalogue

_REFUSED_BY_STORAGE = frozenset(
    {
        *("storage_not_writable", "storage_not_readable", "object_store_not_writable", "object_store_not_readable"),
        *("system_refused", "system_refused_file", "file_unreadable"),
    }
)
"""Codes of the errors, and of problems of a file, that say that a disk or an object store refused. Each has its `reason`."""

_YAML = (
    ("mapping values are not allowed", "mapping_values"),
    ("found character '\\t' that cannot start any token", "tab"),
    ("that cannot start any token", "character"),
    ("found a tab character", "tab"),
    ("did not find expected key", "expected_key"),
    ("expected <block end>", "expected_key"),
    ("did not find expected '-' indicator", "expected_dash"),
    ("did not find expected ',' or ']'", "expected_bracket"),
    ("expected ',' or ']'", "expected_bracket"),
    ("did not find expected ',' or '}'", "expected_brace"),
    ("expected ',' or '}'", "expected_brace"),
    ("could not find expected ':'", "expected_colon"),
    ("unexpected end of stream", "unclosed_quotes"),
    ("undefined alias", "undefined_alias"),
    ("unknown escape character", "escape"),
    ("special characters are not allowed", "control_character"),
    ("control characters are not allowed", "control_character"),
    ("could not determine a constructor for the tag", "tag"),
)
"""What a YAML library says, as it begins or contains, and the key below `reasons.yaml`. The first that fits holds."""


_SQLITE = ("FULL", "IOERR", "READONLY", "BUSY", "CORRUPT", "NOTADB", "CANTOPEN")
"""What SQLite calls its errors, without more, and the keys below `reasons.sqlite`."""


@dataclass(frozen=True)
class Reason(Localised):
    """A reason. key: below `reasons.` in the catalogue, "" where it is not known; original: as the system gave it."""

    key: str
    original: str

    def in_language(self, language: Language) -> str:
        """The reason as part of a sentence; an unknown one as a quotation."""
        return say(f"reasons.{self.key or 'unknown'}", original=self.original).in_language(language)


def refused_by_system(error: OSError) -> UserError:
    """What the operating system refused, for the edge: where nobody nearer knew what was being done."""
    if error.filename is None:
        return UserError("system_refused", reason=reason_of(error))
    return UserError("system_refused_file", place=error.filename, reason=reason_of(error))


def refusal_of_storage(error: Exception) -> Localised | None:
    """Why a disk or an object store refused, where that is what an error says; None for any other."""
    if isinstance(error, OSError):
        return reason_of(error)
    said = error.problems if isinstance(error, ProblemsFound) else [error] if isinstance(error, UserError) else []
    reasons = (one.parameters["reason"] for one in said if one.code in _REFUSED_BY_STORAGE)
    return next((reason for reason in reasons if isinstance(reason, Localised)), None)


def reason_of(error: BaseException) -> Reason:
    """Why something failed: of an OSError by its number, of SQLite by its name, of a YAML error by its problem; else what the error says of itself."""
    if isinstance(error, UnicodeDecodeError):
        return Reason("not_utf8", str(error))
    if isinstance(error, OSError) and isinstance(getattr(error, "library", None), str):  # of encryption: its numbers are no errno
        return Reason("", getattr(error, "verify_message", None) or getattr(error, "reason", None) or str(error))
    if isinstance(error, OSError):
        key = f"system.{_name_of(error)}"
        return Reason(
            key if f"reasons.{key}" in catalogue("kkz_eval.model", "de") else "",
            error.strerror or str(error) or type(error).__name__,
        )
    name = getattr(error, "sqlite_errorname", None)  # without importing sqlite3, which a check of a file has no use for
    if isinstance(name, str):
        kind = name.removeprefix("SQLITE_").partition("_")[0]
        return Reason(f"sqlite.{kind}" if kind in _SQLITE else "", str(error))
    problem = getattr(error, "problem", None) or getattr(error, "reason", None)
    if isinstance(problem, str):
        key = next((key for begins, key in _YAML if begins in problem), "")
        return Reason(f"yaml.{key}" if key else "", problem)
    return Reason("", " ".join(str(error).split()) or type(error).__name__)


def _name_of(error: OSError) -> str:
    """What the system calls an error. The numbers of name resolution are below zero; a timeout of a connection has none."""
    number = error.errno or 0
    if number < 0:
        return "EAI"
    return "ETIMEDOUT" if isinstance(error, TimeoutError) else errno.errorcode.get(number, "")
