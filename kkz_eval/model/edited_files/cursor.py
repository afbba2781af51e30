"""The cursor of readers: a place in a file, read value by value as text, number, day, list. Not what a file may say (its reader)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NoReturn, TypeVar, cast

from kkz_eval.model.edited_files.file import EditedFile
from kkz_eval.model.edited_files.places import Way
from kkz_eval.model.edited_files.suggestions import report_not_allowed, report_unknown_key
from kkz_eval.model.edited_files.values import is_number

_T = TypeVar("_T")
_HOLE = object()  # stands where a value is missing or wrong and that was said


def root_of(file: EditedFile) -> Node:
    """Where reading begins."""
    return Node(file, (), file.value)


@dataclass(frozen=True)
class Node:
    """A place in a file, and what it says there. A wrong value is noted with its line, and reading goes on with a stand-in.

    So a reader finds all that is wrong; it calls `settle` before it rests on what it has read. Nothing is noted below what is
    missing or wrong itself.
    """

    file: EditedFile
    way: Way
    value: object

    def report(self, code: str, **parameters: object) -> None:
        """Notes a problem in a sentence of the reader's catalogue."""
        if self.value is not _HOLE:
            self.file.report(self.way, code, parameters, self.file.invalid.PACKAGE)

    def fail(self, code: str, **parameters: object) -> NoReturn:
        """Raises the file's error with this problem and those noted before."""
        self.file.report(self.way, code, parameters, self.file.invalid.PACKAGE)
        raise self.file.invalid(self.file.source, self.file.problems)

    def settle(self) -> None:
        """Raises the file's error if anything was noted so far."""
        self.file.settle()

    def unexpected(self, expected: str) -> None:
        """Notes that the value is not of the form that is expected here."""
        self._note("unexpected", value=self.written, expected=expected)

    @property
    def line(self) -> int | None:
        """The line in the file, None for values without lines."""
        return self.file.line(self.way)

    @property
    def written(self) -> str:
        """The value as it stands in the file, short."""
        return self.file.written(self.way, self.value)

    def _note(self, code: str, **parameters: object) -> None:
        if self.value is not _HOLE:
            self.file.report(self.way, code, parameters)

    def mapping(self, known: Sequence[str] | None = None) -> Mapping[str, object]:
        """The value as a mapping with texts as keys; of the known ones, where these are named. Stand-in: empty."""
        if not isinstance(self.value, dict) or not all(isinstance(key, str) for key in self.value):
            self._note("wrong_type.object", value=self.written)
            return {}
        for key in self.value:
            if known is not None and key not in known:
                report_unknown_key(self.file, self.way, key, known)
        return self.value

    def child(self, name: str) -> Node:
        """The place below; missing is a problem."""
        found = self.optional(name)
        if found is None:
            if isinstance(self.value, dict):
                self._note("missing_key", key=name)
            return Node(self.file, (*self.way, name), _HOLE)
        return found

    def optional(self, name: str) -> Node | None:
        """The place below, None where there is none."""
        if not isinstance(self.value, dict):
            self.mapping()
        elif name in self.value:
            return self.below(name, self.value[name])
        return None

    def below(self, step: str | int, value: object) -> Node:
        """A place below with that value."""
        return Node(self.file, (*self.way, step), value)

    def items(self) -> Iterator[Node]:
        """The places of a list. Stand-in: none."""
        if not isinstance(self.value, list):
            self._note("wrong_type.array", value=self.written)
            return
        for position, value in enumerate(self.value):
            yield self.below(position, value)

    def text(self) -> str:
        """The value as a text with at least one character that is no space."""
        value = self.any_text()
        if isinstance(self.value, str) and not value.strip():
            self._note("empty_text")
        return value

    def any_text(self) -> str:
        """The value as a text, which may be empty. Stand-in: empty."""
        if not isinstance(self.value, str):
            self._note("wrong_type.string", value=self.written)
            return ""
        return self.value

    def texts(self) -> tuple[str, ...]:
        """The value as a list of texts."""
        return tuple(item.text() for item in self.items())

    def number(self) -> float:
        """The value as a number to reckon with. Stand-in: 0."""
        if not is_number(self.value):
            self._note("wrong_type.number", value=self.written)
            return 0
        return self.value

    def whole_number(self) -> int:
        """The value as a whole number. Stand-in: 0."""
        if isinstance(self.value, bool) or not isinstance(self.value, int):
            self._note("wrong_type.integer", value=self.written)
            return 0
        return self.value

    def flag(self) -> bool:
        """The value as true or false. Stand-in: false."""
        if not isinstance(self.value, bool):
            self._note("wrong_type.boolean", value=self.written)
            return False
        return self.value

    def day(self) -> date:
        """The value as a day. Stand-in: the first day there is."""
        if type(self.value) is not date:
            self.unexpected("2027-12-31")
            return date.min
        return self.value

    def one_of(self, admitted: Sequence[_T]) -> _T:
        """The value as one of those admitted, of the same kind. Stand-in: the first of them."""
        for option in admitted:
            if option == self.value and type(option) is type(self.value):  # True is not 1
                return option
        if self.value is not _HOLE:
            report_not_allowed(self.file, self.way, self.value, admitted)
        return admitted[0] if admitted else cast(_T, "")
