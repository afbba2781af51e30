"""Where a value stands in a file: the way to it, its line, how it is written there. Not what it is (values.py)."""

from __future__ import annotations

import yaml

Way = tuple[str | int, ...]
"""The way to a value: ("outcomes", 1, "window")."""

TEXT = "tag:yaml.org,2002:str"


def dotted(way: Way) -> str:
    """`outcomes[1].window` of ("outcomes", 1, "window")."""
    text = ""
    for step in way:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


def place_of(root: yaml.Node | None, way: Way) -> tuple[int | None, yaml.Node | None]:
    """Line and node of a value; where it is missing, the line of the nearest that holds it. None for values without lines."""
    line, node = None, root
    for step in way:
        place = None if node is None else _below(node, step)
        if place is None:
            return line, None
        line, node = place
    return line, node


def ways_to_all(root: yaml.Node) -> dict[yaml.Node, Way]:
    """The way to each key and value; of what stands at several places by aliases, one of them."""
    ways: dict[yaml.Node, Way] = {}
    waiting: list[tuple[Way, yaml.Node]] = [((), root)]
    while waiting:
        way, node = waiting.pop()
        if node in ways:
            continue
        ways[node] = way
        if isinstance(node, yaml.MappingNode):
            for key, child in node.value:
                below = (*way, str(key.value)) if isinstance(key, yaml.ScalarNode) else way
                waiting += [(below, child), (below, key)]
        elif isinstance(node, yaml.SequenceNode):
            waiting += [((*way, position), child) for position, child in enumerate(node.value)]
    return ways


def shortened(text: str) -> str:
    """A text as a sentence bears it."""
    return text if len(text) <= 60 else text[:57] + "…"


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
