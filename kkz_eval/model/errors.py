"""Errors that a user can mend: each is a sentence of the catalogue with an exit code. Broken code raises other exceptions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

from kkz_eval.model.texts import Joined, Localised, Sentence

UNLISTED = "more"
"""The code of a problem that says how many more there are, in its parameter `count`."""


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
        super().__init__(self.sentence.in_language("en"))

    def __reduce__(self) -> tuple[object, ...]:
        """As it is, from process to process: what it was made with is in its state, not in its arguments."""
        return as_it_was, (type(self), self.args), self.__dict__

    @property
    def sentence(self) -> Localised:
        """The text for people."""
        return Sentence(self.package, f"errors.{self.code}", self.parameters)


def as_it_was(kind: type[BaseException], arguments: tuple[object, ...]) -> BaseException:
    """An error from another process, whose state is put into it afterwards: it is not made anew of what it was made of."""
    return kind.__new__(kind, *arguments)


@dataclass(frozen=True)
class Problem:
    """One thing that a user can mend in what was read.

    code: key below `problems.` in the catalogue of `package`; path: of the key in a file (`outcomes[1].window`), "" where there is
    none; line: in the file, from 1, None where unknown; parameters fill the sentence.
    """

    code: str
    path: str = ""
    line: int | None = None
    parameters: Mapping[str, object] = field(default_factory=dict)
    package: str = "kkz_eval.model"

    @property
    def stands_for(self) -> int:
        """How many things it is: those that it says were not listed, or itself."""
        return int(cast(int, self.parameters["count"])) if self.code == UNLISTED else 1

    @property
    def sentence(self) -> Localised:
        """Where, what and the next step."""
        said = Sentence(self.package, f"problems.{self.code}", self.parameters)
        known = "_and_".join(name for name, value in (("path", self.path), ("line", self.line)) if value)
        if not known:
            return said
        return Joined((Sentence("kkz_eval.model", f"place.{known}", {"path": self.path, "line": self.line}), said), "")


class ProblemsFound(UserError):
    """Several problems of one source at once, one sentence a line. Exit code 2.

    source: what was read, as the user named it.
    """

    def __init__(self, code: str, source: str, problems: Sequence[Problem], *, package: str = "kkz_eval.model") -> None:
        self.source = source
        self.problems = tuple(problems)
        super().__init__(code, package=package, source=source, count=sum(one.stands_for for one in self.problems))

    @property
    def sentence(self) -> Localised:
        """A line that names the source, then a line for each problem."""
        return Joined((super().sentence, *(problem.sentence for problem in self.problems)), "\n  ")
