"""What a file says, and all that was found wrong with it so far. Not reading it (reading.py), not going through it (cursor.py)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import yaml

from kkz_eval.model.edited_files.places import TEXT, Way, dotted, place_of, shortened
from kkz_eval.model.errors import Problem, ProblemsFound


class FileInvalid(ProblemsFound):
    """A file that people edit can't be used; `problems` has all that is wrong with it, in the order of the lines.

    A reader's own subclass names the line above its problems (`errors.` in its catalogue) and the package of its sentences.
    """

    HEADING: ClassVar[str] = "file_invalid"
    PACKAGE: ClassVar[str] = "kkz_eval.model"

    def __init__(self, source: str, problems: Sequence[Problem]) -> None:
        ordered = sorted(problems, key=lambda problem: problem.line or 0)
        super().__init__(self.HEADING, source, ordered, package=self.PACKAGE)


@dataclass(frozen=True)
class EditedFile:
    """What a file says. value: plain (dict, list, text, number, bool, date, None); problems: what was found wrong so far.

    source: as messages name it; content: the bytes; composed: the nodes of the YAML, None for values that come from elsewhere.
    """

    source: str
    value: object
    invalid: type[FileInvalid] = FileInvalid
    content: bytes = b""
    composed: yaml.Node | None = None
    problems: list[Problem] = field(default_factory=list)

    def line(self, way: Way) -> int | None:
        """Line of a value, or of the nearest that holds it; None for values without lines."""
        return place_of(self.composed, way)[0]

    def written(self, way: Way, value: object) -> str:
        """A value as it stands in the file, short: 05315000 for what YAML takes for an octal number."""
        node = place_of(self.composed, way)[1]
        if isinstance(node, yaml.ScalarNode) and node.tag != TEXT:
            return shortened(node.value or "null")
        return shortened(_as_json(value))

    def report(self, way: Way, code: str, parameters: Mapping[str, object], package: str = FileInvalid.PACKAGE) -> None:
        """Notes a problem, once. package: of its sentence."""
        problem = Problem(code, dotted(way), self.line(way), parameters, package)
        if problem not in self.problems:
            self.problems.append(problem)

    def settle(self) -> None:
        """Raises `invalid` if anything was found wrong so far."""
        if self.problems:
            raise self.invalid(self.source, self.problems)


def _as_json(value: object) -> str:
    try:
        return json.dumps(value, ensure_ascii=False, default=str)
    except TypeError:  # days as keys
        return str(value)
