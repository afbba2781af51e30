"""What nodes say: plain values in one pass, keys that stand twice, and scalars that are none. Not what a file may say (cursor.py)."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import Any, TypeGuard, cast

import yaml

from kkz_eval.model.edited_files.composing import Unbounded
from kkz_eval.model.edited_files.places import TEXT, Way, dotted, shortened, ways_to_all
from kkz_eval.model.errors import Problem
from kkz_eval.model.system_errors import reason_of

_MAPPING, _LIST, _MERGE = (f"tag:yaml.org,2002:{name}" for name in ("map", "seq", "merge"))
_NUMBERS = ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float")
_OTHERS = tuple(f"tag:yaml.org,2002:{name}" for name in ("null", "bool", "timestamp", "binary"))
_LONGEST_NUMBER = (
    400  # signs; a longer one is beyond any float, and YAML's numbers to base 60 (1:1:1…) would be reckoned for hours
)


MOST_NESTED = 100
"""Bundles in bundles, ten times as many as any file of ours has: how many calls of functions a Python allows is no limit, for each has another."""


def is_number(value: object) -> TypeGuard[int | float]:
    """Whether a value is a number to reckon with: neither true nor false, no NaN, not infinite, not beyond what a float holds."""
    return isinstance(value, int | float) and not isinstance(value, bool) and -sys.float_info.max <= value <= sys.float_info.max


def plain_values(root: yaml.Node | None, merges: bool) -> tuple[object, list[Problem], list[Problem]]:
    """What the nodes say; the keys that stand twice; what is no value or key. merges: whether the file may use `<<`.

    Raises yaml.YAMLError for a type (`!…`) that does not exist here, and for more than MOST_NESTED bundles in one another.
    """
    if root is None:
        return None, [], []
    doubled = list(_doubled((), root, set())) if merges else []  # merging repeats keys on purpose: they are looked for before
    reading = _Reading()
    value = reading.value(root)
    if reading.odd_keys and not merges:
        doubled = list(_doubled((), root, set()))
    ways = ways_to_all(root) if reading.faults else {}
    return (
        value,
        doubled,
        [
            Problem(code, dotted(ways.get(node, ())), node.start_mark.line + 1, parameters)
            for node, code, parameters in reading.faults
        ],
    )


class _Reading:
    """Nodes to values. odd_keys: whether a key may stand twice; faults: scalars that are none (2012-13-41, .nan), keys that are no text."""

    def __init__(self) -> None:
        self.library: Any = yaml.constructor.SafeConstructor()
        self.odd_keys = False
        self.depth = 0
        self.faults: list[tuple[yaml.Node, str, Mapping[str, object]]] = []

    def value(self, node: yaml.Node) -> object:
        """The plain value. Raises yaml.YAMLError for a type (`!…`) that does not exist here."""
        if isinstance(node, yaml.ScalarNode):
            return node.value if node.tag == TEXT else self._scalar(node)
        self.depth += 1
        if self.depth > MOST_NESTED:
            raise Unbounded("yaml_too_deep", node, MOST_NESTED)
        bundle = self._bundle(node)
        self.depth -= 1
        return bundle

    def _bundle(self, node: yaml.Node) -> object:
        if node.tag == _MAPPING and isinstance(node, yaml.MappingNode):
            return self._mapping(node)
        if node.tag == _LIST and isinstance(node, yaml.SequenceNode):
            return [self.value(child) for child in node.value]
        return cast(object, self.library.construct_undefined(node))

    def _scalar(self, node: yaml.ScalarNode) -> object:
        """What is neither text nor a bundle; a number that can't be reckoned with is a problem."""
        number = node.tag in _NUMBERS
        if not number and node.tag not in _OTHERS:
            self.library.construct_undefined(node)
        value: object = None
        try:
            if not number or len(node.value) <= _LONGEST_NUMBER:
                value = self.library.yaml_constructors[node.tag](self.library, node)
        except OverflowError:  # a fraction to base 60, with which the library leaves what a float holds
            pass
        except ValueError as error:
            self._note(node, "yaml_unreadable", reason=reason_of(error))
            return None
        except (LookupError, AttributeError):  # a type is written before it that it is not: `!!bool x`, `!!timestamp x`
            self.library.construct_undefined(node)
        if number and not is_number(value):
            self._note(node, "not_finite", value=shortened(node.value))
        return value

    def _note(self, node: yaml.Node, code: str, **parameters: object) -> None:
        self.faults.append((node, code, parameters))

    def _mapping(self, node: yaml.MappingNode) -> dict[object, object]:
        values: dict[object, object] = {}
        for key, child in node.value:
            if key.tag == TEXT and isinstance(key, yaml.ScalarNode):
                values[key.value] = self.value(child)
            elif key.tag == _MERGE:
                self.library.flatten_mapping(node)  # puts the keys of the other mapping in the place of `<<`
                return self._mapping(node)
            elif isinstance(key, yaml.ScalarNode):
                self.odd_keys = True  # 2012 and "2012" are one key for people
                values[self.value(key)] = self.value(child)
            else:
                self._note(key, "key_is_no_text")
        self.odd_keys |= len(values) < len(node.value)
        return values


def _doubled(way: Way, node: yaml.Node, seen: set[yaml.Node]) -> Iterator[Problem]:
    """The keys that stand twice in their mapping, by text or by value. seen: nodes that are done, since an alias is one node again."""
    if isinstance(node, yaml.SequenceNode):
        for position, child in enumerate(node.value):
            yield from _doubled((*way, position), child, seen)
    if not isinstance(node, yaml.MappingNode) or node in seen:
        return
    seen.add(node)
    first: dict[object, int] = {}
    for key, child in node.value:
        below, line = (*way, str(key.value)), key.start_mark.line + 1
        names = {key.value, _Reading().value(key)} if isinstance(key, yaml.ScalarNode) and key.tag != _MERGE else {str(key)}
        earlier = next((first[name] for name in names if name in first), None)
        if earlier is not None:
            yield Problem("duplicate_key", dotted(below), line, {"first": earlier})
        first |= {name: line for name in names if name not in first}
        yield from _doubled(below, child, seen)
