"""What is wrong with a plan or a panel, and why an estimate is refused: codes with parameters, sentences in the catalogue.

Belongs here: the values that carry such a reason. Does not belong here: finding them (plan, panel, sample, estimators).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from kkz_eval.model.errors import UserError
from kkz_eval.model.texts import Language, text

PACKAGE = "kkz_eval.evaluation"


@dataclass(frozen=True)
class Problem:
    """One thing that a user can mend.

    code: key below `problems.` in the catalogue; path: of the key in the plan (`outcomes[1].window`), "" where there is none;
    line: in the file, from 1, None where unknown; parameters fill the sentence.
    """

    code: str
    path: str = ""
    line: int | None = None
    parameters: Mapping[str, object] = field(default_factory=dict)

    def sentence(self, language: Language = "de") -> str:
        """Where, what and the next step."""
        if self.path and self.line is not None:
            where = text("place.path_and_line", language, package=PACKAGE, path=self.path, line=self.line)
        elif self.path:
            where = text("place.path", language, package=PACKAGE, path=self.path)
        elif self.line is not None:
            where = text("place.line", language, package=PACKAGE, line=self.line)
        else:
            where = ""
        return where + text(f"problems.{self.code}", language, package=PACKAGE, **self.parameters)


class ProblemsFound(UserError):
    """Several problems of one source at once, one sentence a line. Exit code 2.

    source: what was read, as the user named it.
    """

    def __init__(self, code: str, source: str, problems: Sequence[Problem]) -> None:
        self.source = source
        self.problems = tuple(problems)
        super().__init__(code, package=PACKAGE, source=source, count=len(self.problems))

    def sentence(self, language: Language = "de") -> str:
        """A line that names the source, then a line for each problem."""
        return "\n".join([super().sentence(language), *(f"  {problem.sentence(language)}" for problem in self.problems)])


class PlanInvalid(ProblemsFound):
    """The plan cannot be used; `problems` has all that is wrong with it."""

    def __init__(self, source: str, problems: Sequence[Problem]) -> None:
        super().__init__("plan_invalid", source, problems)


class PanelInvalid(ProblemsFound):
    """The panel cannot be used; `problems` has what is wrong with it."""

    def __init__(self, source: str, problems: Sequence[Problem]) -> None:
        super().__init__("panel_invalid", source, problems)


@dataclass(frozen=True)
class Note:
    """What a reader of an estimate must know: what was left out and why, or why it is refused.

    code: key below `notes.` or `refused.` in the catalogue.
    """

    code: str
    parameters: Mapping[str, object] = field(default_factory=dict)

    def sentence(self, language: Language = "de") -> str:
        """The note in words."""
        return text(self.code, language, package=PACKAGE, **self.parameters)


class Refused(Exception):
    """An estimate that these data do not allow; becomes a row with status `refused`. code: key below `refused.`"""

    def __init__(self, code: str, **parameters: object) -> None:
        self.note = Note(f"refused.{code}", parameters)
        super().__init__(self.note.sentence("en"))
