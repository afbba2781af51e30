"""What is wrong with a plan or a panel, and why an estimate is refused: codes with parameters, sentences in the catalogue.

Belongs here: the values that carry such a reason. Does not belong here: finding them (plan, panel, sample, estimators).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from babel.numbers import format_decimal

from kkz_eval.evaluation import say
from kkz_eval.model import errors
from kkz_eval.model.edited_files.file import FileInvalid
from kkz_eval.model.errors import ProblemsFound
from kkz_eval.model.texts import LANGUAGES, Language, Localised, Sentence, catalogue

PACKAGE = "kkz_eval.evaluation"
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_SMALLEST, _LARGEST = 4, 6  # powers of ten between which a number is written out


@dataclass(frozen=True)
class Problem(errors.Problem):
    """One thing to mend in a panel; its sentence is in the catalogue of the evaluation."""

    package: str = PACKAGE


class PlanInvalid(FileInvalid):
    """The plan cannot be used; `problems` has all that is wrong with it."""

    HEADING, PACKAGE = "plan_invalid", PACKAGE


class PanelInvalid(ProblemsFound):
    """The panel cannot be used; `problems` has what is wrong with it."""

    def __init__(self, source: str, problems: Sequence[errors.Problem]) -> None:
        super().__init__("panel_invalid", source, problems, package=PACKAGE)


@dataclass(frozen=True)
class Figure(Localised):
    """A figure or threshold in a sentence. digits: after the decimal sign, at most; what they show as 0 and is above is said to be below the least."""

    value: float
    digits: int = 3

    def in_language(self, language: Language) -> str:
        """The number as it is written in that language."""
        least = 10.0**-self.digits
        sign, shown = ("< ", least) if 0 < self.value < least / 2 else ("", self.value)
        return f"{sign}{format_decimal(shown, format='0.' + '#' * self.digits, locale=language)}"


@dataclass(frozen=True)
class Rounded(Localised):
    """A figure of any size in a sentence: 0,0123, 4.570, 1,2·10⁹. digits: those that say something."""

    value: float
    digits: int = 3

    def in_language(self, language: Language) -> str:
        """The number as it is written in that language."""
        if math.isinf(self.value):
            return "∞"
        mantissa, _, exponent = f"{self.value:.{self.digits - 1}e}".partition("e")
        if not -_SMALLEST <= int(exponent) < _LARGEST:
            return f"{Figure(float(mantissa), self.digits).in_language(language)}·10{str(int(exponent)).translate(_RAISED)}"
        return str(
            format_decimal(float(f"{mantissa}e{exponent}"), format="#,##0." + "#" * (self.digits + _SMALLEST), locale=language)
        )


COUNTED = ("cells", "units", "controls", "effects", "without", "treated")
"""Parameters of notes that say how many; of several, the first of these is what the verb of the sentence is about."""


@dataclass(frozen=True)
class Note:
    """What a reader of an estimate must know: what was left out and why, or why it is refused.

    code: key below `notes.` or `refused.` in the catalogue.
    """

    code: str
    parameters: Mapping[str, object] = field(default_factory=dict)

    @property
    def sentence(self) -> Sentence:
        """The note in words, in the singular where it has one and what it counts first is one."""
        if f"{self.code}.one" not in catalogue(PACKAGE, LANGUAGES[0]):
            return say(self.code, **self.parameters)
        count = next(self.parameters[name] for name in COUNTED if name in self.parameters)
        return say(f"{self.code}.{'one' if count == 1 else 'several'}", **self.parameters)


class Refused(Exception):
    """An estimate that these data do not allow; becomes a row with status `refused`. code: key below `refused.`"""

    def __init__(self, code: str, **parameters: object) -> None:
        self.note = Note(f"refused.{code}", parameters)
        super().__init__(self.note.sentence.in_language("en"))

    def __reduce__(self) -> tuple[object, ...]:
        """As that of model.errors.UserError."""
        return errors.as_it_was, (type(self), self.args), self.__dict__
