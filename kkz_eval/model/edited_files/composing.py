"""From text to the nodes of YAML, each with its line: anchors within bounds, and what is no YAML as a problem.

Does not belong here: what the nodes say (values.py).
"""

from __future__ import annotations

from typing import Any

import yaml

from kkz_eval.model.errors import Problem
from kkz_eval.model.system_errors import reason_of

MOST_REPEATED = 100_000  # values that aliases may add to those that are written
_LOADER: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the same nodes, ten times as fast


def compose(content: str) -> yaml.Node | None:
    """The nodes of a text, None where it says nothing. An alias is its anchor's node once more. Raises yaml.YAMLError."""
    root = yaml.compose(content, Loader=_LOADER)
    if root is not None and "&" in content:
        _check_aliases(root)
    return root


class Unbounded(yaml.MarkedYAMLError):
    """An anchor that holds itself, anchors of anchors that would fill the memory, or bundles in bundles without an end. code: of the problem; limit: of it."""

    def __init__(self, code: str, node: yaml.Node, limit: int) -> None:
        self.code, self.limit = code, limit
        super().__init__(problem_mark=node.start_mark)


def _check_aliases(root: yaml.Node) -> None:
    """Raises Unbounded for an alias inside its own anchor, and where written out aliases would add more than MOST_REPEATED values."""
    sizes: dict[yaml.Node, int | None] = {}  # None while its inside is counted
    written = 0

    def size(node: yaml.Node) -> int:
        nonlocal written
        if node not in sizes:
            sizes[node] = None
            own = 1 + len(node.value) // 64 if isinstance(node, yaml.ScalarNode) else 1
            written += own
            sizes[node] = own + inside(node)
        counted = sizes[node]
        if counted is None:
            raise Unbounded("yaml_recursive", node, 0)
        return counted

    def inside(node: yaml.Node) -> int:
        total = 0
        if isinstance(node, yaml.MappingNode):
            for key, child in node.value:
                total += size(key) + size(child)
                if total > written + MOST_REPEATED:  # said at once: a few lines give more than could ever be counted
                    raise Unbounded("yaml_multiplied", key, MOST_REPEATED)
        elif isinstance(node, yaml.SequenceNode):
            for child in node.value:
                total += size(child)
                if total > written + MOST_REPEATED:
                    raise Unbounded("yaml_multiplied", node, MOST_REPEATED)
        return total

    size(root)


def yaml_problem(error: yaml.YAMLError, content: str) -> Problem:
    """Why a text is no YAML that can be read, with the line."""
    mark = getattr(error, "problem_mark", None)
    last = content.rstrip("\n").count("\n") + 1  # libyaml may name the line after it
    line = None if mark is None else min(mark.line + 1, last)
    if isinstance(error, yaml.reader.ReaderError):  # a control character; its position is in bytes or signs, by library
        line = content.count("\n", 0, content.find(chr(error.character))) + 1
    if isinstance(error, Unbounded):
        return Problem(error.code, line=line, parameters={"limit": error.limit})
    if "maximum nesting depth" in str(error):  # libyaml ends at 1000
        return Problem("yaml_too_deep", line=line)
    parameters = {"reason": reason_of(error)}
    context, began = (getattr(error, name, None) for name in ("context", "context_mark"))
    if began is not None and any(word in str(context) for word in ("flow", "quoted")):
        # brackets and quotation marks: what was not closed is noticed far below, often at the end of the file
        return Problem("yaml_unclosed", line=line, parameters={**parameters, "first": began.line + 1})
    return Problem("yaml_unreadable", line=line, parameters=parameters)
