"""Errors that a user can mend: each is a sentence of the catalogue with an exit code. Broken code raises other exceptions."""

from __future__ import annotations

from kkz_eval.model.texts import Language, text


class UserError(Exception):
    """What, where and the next step, in the reader's language; nothing has been written when it is raised.

    code: key below `errors.` in the catalogue of `package`; parameters fill the sentence.
    exit_code: of the command line, 2 unless said otherwise.
    """

    def __init__(self, code: str, /, *, exit_code: int = 2, package: str = "kkz_eval.model", **parameters: object) -> None:
        self.code = code
        self.exit_code = exit_code
        self.package = package
        self.parameters = parameters
        super().__init__(self.sentence("en"))

    def sentence(self, language: Language = "de") -> str:
        """The text for people."""
        return text(f"errors.{self.code}", language, package=self.package, **self.parameters)
