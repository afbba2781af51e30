"""Files that people edit (YAML): bytes to plain values, every fault at once as a sentence with file, line and next step.

Belongs here: decoding, YAML, keys that stand twice, anchors that multiply, the cursor `Node` that reads values one by one. Does not belong
here: what a plan, contract or catalogue may say (their own modules), JSON schemas (edited_schema.py).

A file is composed once; the nodes are kept and asked for lines only where something is wrong, so that a right file costs no more
than loading it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, ClassVar, NoReturn, TypeVar, cast

import yaml

from kkz_eval.model.errors import Problem, ProblemsFound
from kkz_eval.model.system_errors import reason_of

_T = TypeVar("_T")
Steps = tuple[str | int, ...]
"""The way to a value: ("outcomes", 1, "window")."""

LARGEST_BYTES = 4 * 2**20  # a hundred times the longest contract
MOST_VALUES = 100_000  # after aliases are written out
_LOADER: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the same values, ten times as fast
_TEXT, _MAPPING, _LIST, _MERGE = (f"tag:yaml.org,2002:{name}" for name in ("str", "map", "seq", "merge"))
_HOLE = object()  # stands where a value is missing or wrong and that was said


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

    @property
    def root(self) -> Node:
        """Where reading begins."""
        return Node(self, (), self.value)

    def line(self, steps: Steps) -> int | None:
        """Line of a value, or of the nearest that holds it; None for values without lines."""
        return self._found(steps)[0]

    def written(self, steps: Steps, value: object) -> str:
        """A value as it stands in the file, short: 05315000 for what YAML takes for an octal number."""
        node = self._found(steps)[1]
        said = node.value if isinstance(node, yaml.ScalarNode) and node.tag != _TEXT else None
        shown = said or json.dumps(value, ensure_ascii=False, default=str)
        return shown if len(shown) <= 60 else shown[:57] + "…"

    def report(self, steps: Steps, code: str, parameters: Mapping[str, object], package: str = FileInvalid.PACKAGE) -> None:
        """Notes a problem, once. package: of its sentence."""
        problem = Problem(code, dotted(steps), self.line(steps), parameters, package)
        if problem not in self.problems:
            self.problems.append(problem)

    def settle(self) -> None:
        """Raises `invalid` if anything was found wrong so far."""
        if self.problems:
            raise self.invalid(self.source, self.problems)

    def _found(self, steps: Steps) -> tuple[int | None, yaml.Node | None]:
        line, node = None, self.composed
        for step in steps:
            place = None if node is None else _below(node, step)
            if place is None:
                return line, None
            line, node = place
        return line, node


def _below(node: yaml.Node, step: str | int) -> tuple[int, yaml.Node] | None:
    """Line and node of one step down."""
    if isinstance(node, yaml.MappingNode):
        for key, child in reversed(node.value):  # of two that are the same, the later one holds
            if key.value == str(step):
                return key.start_mark.line + 1, child
    elif isinstance(node, yaml.SequenceNode):
        for position, child in enumerate(node.value):
            if position == step:
                return child.start_mark.line + 1, child
            # a list of named values is gone through by their names: ODCS writes customProperties as `- {property: unit, value: …}`
            named = {key.value: part for key, part in child.value} if isinstance(child, yaml.MappingNode) else {}
            if "property" in named and named["property"].value == step:
                return child.start_mark.line + 1, named.get("value", child)
    return None


def dotted(steps: Steps) -> str:
    """`outcomes[1].window` of ("outcomes", 1, "window")."""
    text = ""
    for step in steps:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


def read_edited(path: Path, invalid: type[FileInvalid] = FileInvalid) -> EditedFile:
    """What a file says. Raises `invalid` where there is no file, no UTF-8 or no YAML; keys that stand twice are noted."""
    try:
        with path.open("rb") as stream:
            data = stream.read(LARGEST_BYTES + 1)
    except FileNotFoundError:
        raise invalid(str(path), [Problem("file_missing")]) from None
    except OSError as error:
        raise invalid(str(path), [Problem("file_unreadable", parameters={"reason": reason_of(error)})]) from None
    return parse_edited(data, str(path), invalid)


def parse_edited(data: bytes, source: str, invalid: type[FileInvalid] = FileInvalid) -> EditedFile:
    """What the bytes of a file say. Raises `invalid` as `read_edited`."""
    if len(data) > LARGEST_BYTES:
        raise invalid(source, [Problem("file_too_large", parameters={"limit": LARGEST_BYTES // 2**20})])
    try:
        content = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise invalid(source, [Problem("not_utf8", line=line)]) from None
    loader = None
    try:
        loader = _LOADER(content)
        composed = loader.get_single_node()
        if "&" in content and composed is not None:
            _check_aliases(composed)
        # merging repeats keys on purpose: where a file merges, they are looked for before
        doubled = list(_doubled(loader, (), composed, set())) if "<<" in content else []
        reading = _Reading(loader)
        value = None if composed is None else reading.value(composed)
        if reading.odd_keys and "<<" not in content:
            doubled = list(_doubled(loader, (), composed, set()))
    except yaml.YAMLError as error:
        raise invalid(source, [_yaml_problem(error, content)]) from None
    except RecursionError:
        raise invalid(source, [Problem("yaml_too_deep")]) from None
    finally:
        if loader is not None:
            loader.dispose()
    if reading.problems:
        raise invalid(source, [*doubled, *reading.problems])
    return EditedFile(source, value, invalid, data, composed, doubled)


def _yaml_problem(error: yaml.YAMLError, content: str) -> Problem:
    mark = getattr(error, "problem_mark", None)
    last = content.rstrip("\n").count("\n") + 1  # libyaml may name the line after it
    line = None if mark is None else min(mark.line + 1, last)
    if isinstance(error, yaml.reader.ReaderError):  # a control character; its position is in bytes or signs, by library
        line = content.count("\n", 0, content.find(chr(error.character))) + 1
    if isinstance(error, _Multiplied):
        return Problem(error.code, line=line, parameters={"limit": MOST_VALUES})
    if "maximum nesting depth" in str(error):  # libyaml ends at 1000
        return Problem("yaml_too_deep", line=line)
    parameters = {"reason": reason_of(error)}
    context, began = (getattr(error, name, None) for name in ("context", "context_mark"))
    if began is not None and any(word in str(context) for word in ("flow", "quoted")):
        # brackets and quotation marks: what was not closed is noticed far below, often at the end of the file
        return Problem("yaml_unclosed", line=line, parameters={**parameters, "first": began.line + 1})
    return Problem("yaml_unreadable", line=line, parameters=parameters)


class _Multiplied(yaml.MarkedYAMLError):
    """An anchor that holds itself, or anchors of anchors that would fill the memory. code: of the problem."""

    def __init__(self, code: str, node: yaml.Node) -> None:
        self.code = code
        super().__init__(problem_mark=node.start_mark)


def _check_aliases(root: yaml.Node) -> None:
    """Raises _Multiplied for an alias inside its own anchor, and where written out aliases give more than MOST_VALUES."""
    sizes: dict[yaml.Node, int | None] = {}  # None while its inside is counted

    def size(node: yaml.Node) -> int:
        if node not in sizes:
            sizes[node] = None
            if isinstance(node, yaml.ScalarNode):
                sizes[node] = 1 + len(node.value) // 64
            elif isinstance(node, yaml.MappingNode):
                sizes[node] = 1 + sum(size(key) + size(child) for key, child in node.value)
            else:
                sizes[node] = 1 + sum(size(child) for child in node.value)
        counted = sizes[node]
        if counted is None:
            raise _Multiplied("yaml_recursive", node)
        if counted > MOST_VALUES:
            raise _Multiplied("yaml_multiplied", node)
        return counted

    size(root)


class _Reading:
    """Nodes to values, in one pass. odd_keys: whether a key may stand twice; problems: scalars that are none (2012-13-41)."""

    def __init__(self, loader: Any) -> None:
        self.loader = loader
        self.odd_keys = False
        self.problems: list[Problem] = []

    def value(self, node: yaml.Node) -> object:
        """The plain value. Raises yaml.YAMLError for a type (`!…`) that does not exist here."""
        if node.tag == _TEXT:
            return node.value
        if node.tag == _MAPPING and isinstance(node, yaml.MappingNode):
            return self._mapping(node)
        if node.tag == _LIST and isinstance(node, yaml.SequenceNode):
            return [self.value(child) for child in node.value]
        if not isinstance(node, yaml.ScalarNode) or node.tag not in self.loader.yaml_constructors:
            self.loader.construct_undefined(node)
        try:
            return cast(object, self.loader.yaml_constructors[node.tag](self.loader, node))
        except ValueError as error:
            self.problems.append(
                Problem("yaml_unreadable", line=node.start_mark.line + 1, parameters={"reason": reason_of(error)})
            )
            return None

    def _mapping(self, node: yaml.MappingNode) -> dict[object, object]:
        values: dict[object, object] = {}
        for key, child in node.value:
            if key.tag == _TEXT:
                values[key.value] = self.value(child)
            elif key.tag == _MERGE:
                self.loader.flatten_mapping(node)  # puts the keys of the other mapping in the place of `<<`
                return self._mapping(node)
            elif isinstance(key, yaml.ScalarNode):
                self.odd_keys = True  # 2012 and "2012" are one key for people
                values[self.value(key)] = self.value(child)
            else:
                self.problems.append(Problem("key_is_no_text", line=key.start_mark.line + 1))
        self.odd_keys |= len(values) < len(node.value)
        return values


def _doubled(loader: Any, steps: Steps, node: yaml.Node | None, seen: set[yaml.Node]) -> Iterator[Problem]:
    """The keys that stand twice in their mapping, by text or by value. seen: nodes that are done, since an alias is one node again."""
    if isinstance(node, yaml.SequenceNode):
        for position, child in enumerate(node.value):
            yield from _doubled(loader, (*steps, position), child, seen)
    if not isinstance(node, yaml.MappingNode) or node in seen:
        return
    seen.add(node)
    first: dict[object, int] = {}
    for key, child in node.value:
        below, line = (*steps, str(key.value)), key.start_mark.line + 1
        names = {key.value, _Reading(loader).value(key)} if isinstance(key, yaml.ScalarNode) and key.tag != _MERGE else {str(key)}
        earlier = next((first[name] for name in names if name in first), None)
        if earlier is not None:
            yield Problem("duplicate_key", dotted(below), line, {"first": earlier})
        first |= {name: line for name in names if name not in first}
        yield from _doubled(loader, below, child, seen)


def nearest(word: object, known: Sequence[object]) -> str | None:
    """The known word that was probably meant, None where none is near."""
    import difflib  # noqa: PLC0415  only where something is wrong: the check path does without

    return next(iter(difflib.get_close_matches(str(word), [str(one) for one in known], n=1)), None)


def report_unknown_key(file: EditedFile, steps: Steps, key: object, known: Sequence[str]) -> None:
    """Notes that a key is not known below `steps`, and what was probably meant."""
    near, at = nearest(key, known), (*steps, str(key))
    if near is None:
        file.report(at, "unknown_key", {"allowed": ", ".join(known)})
    else:
        file.report(at, "unknown_key_suggest", {"suggestion": near})


def report_not_allowed(file: EditedFile, steps: Steps, value: object, admitted: Sequence[object]) -> None:
    """Notes that a value is none of those admitted, and what was probably meant."""
    near = nearest(value, admitted) if isinstance(value, str) else None
    parameters = {"value": file.written(steps, value), "allowed": ", ".join(map(str, admitted))}
    if near is None:
        file.report(steps, "not_allowed", parameters)
    else:
        file.report(steps, "not_allowed_suggest", {**parameters, "suggestion": near})


@dataclass(frozen=True)
class Node:
    """A place in a file, and what it says there. A wrong value is noted with its line, and reading goes on with a stand-in.

    So a reader finds all that is wrong; it calls `settle` before it rests on what it has read. Nothing is noted below what is
    missing or wrong itself.
    """

    file: EditedFile
    steps: Steps
    value: object

    def report(self, code: str, **parameters: object) -> None:
        """Notes a problem in a sentence of the reader's catalogue."""
        if self.value is not _HOLE:
            self.file.report(self.steps, code, parameters, self.file.invalid.PACKAGE)

    def fail(self, code: str, **parameters: object) -> NoReturn:
        """Raises the file's error with this problem and those noted before."""
        self.file.report(self.steps, code, parameters, self.file.invalid.PACKAGE)
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
        return self.file.line(self.steps)

    @property
    def written(self) -> str:
        """The value as it stands in the file, short."""
        return self.file.written(self.steps, self.value)

    def _note(self, code: str, **parameters: object) -> None:
        if self.value is not _HOLE:
            self.file.report(self.steps, code, parameters)

    def mapping(self, known: Sequence[str] | None = None) -> Mapping[str, object]:
        """The value as a mapping with texts as keys; of the known ones, where these are named. Stand-in: empty."""
        if not isinstance(self.value, dict) or not all(isinstance(key, str) for key in self.value):
            self._note("wrong_type.object", value=self.written)
            return {}
        for key in self.value:
            if known is not None and key not in known:
                report_unknown_key(self.file, self.steps, key, known)
        return self.value

    def child(self, name: str) -> Node:
        """The place below; missing is a problem."""
        found = self.optional(name)
        if found is None:
            if isinstance(self.value, dict):
                self._note("missing_key", key=name)
            return Node(self.file, (*self.steps, name), _HOLE)
        return found

    def optional(self, name: str) -> Node | None:
        """The place below, None where there is none."""
        values = self.mapping()
        return self.below(name, values[name]) if name in values else None

    def below(self, step: str | int, value: object) -> Node:
        """A place below with that value."""
        return Node(self.file, (*self.steps, step), value)

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
        """The value as a number, not infinite. Stand-in: 0."""
        if isinstance(self.value, bool) or not isinstance(self.value, int | float) or not math.isfinite(self.value):
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
            report_not_allowed(self.file, self.steps, self.value, admitted)
        return admitted[0] if admitted else cast(_T, "")
