"""The error of a rule that can't be used, and whose catalogue says so. Not those of reading a contract file (load.py)."""

from __future__ import annotations

from kkz_eval.model.errors import UserError

PACKAGE = "kkz_eval.contracts"  # its catalogue has the sentences


class RuleError(UserError):
    """A rule of a contract can't be used as it is written."""

    def __init__(self, code: str, /, **parameters: object) -> None:
        super().__init__(code, exit_code=2, package=PACKAGE, **parameters)
