"""Conditional formats of an .xlsx by which a number may be seen otherwise: other number formats and fonts, a bar in place of a number.

Which of them hold is known where they compare the cell with a number; of other conditions it stays open. No findings, no cells.
Sources: ECMA-376 part 1, 18.3.1.10 (cfRule), 18.3.1.18 (conditionalFormatting), 18.3.1.28 (dataBar), 18.3.1.49 (iconSet), 18.8.14 (dxf).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from kkz_eval.deliveries.workbook.fonts import Look
from kkz_eval.deliveries.workbook.parts import XmlError, local, stream
from kkz_eval.model.identifiers import column_number

_ELEMENT = rb"(?s)<((?:\w+:)?conditionalFormatting)\b.*?</\1>"
_AREA = r"\$?([A-Z]{1,3})\$?([0-9]{1,7})(?::\$?([A-Z]{1,3})\$?([0-9]{1,7}))?"
_NUMBER = r"[-+]?[0-9]+(?:\.[0-9]+)?"
_OF_OWN_CELL = rf"\$?([A-Z]{{1,3}})\$?([0-9]{{1,7}})\s*(=|<>|<=|>=|<|>)\s*({_NUMBER})"
_SIGNS = {
    "=": "equal",
    "<>": "notEqual",
    "<": "lessThan",
    ">": "greaterThan",
    "<=": "lessThanOrEqual",
    ">=": "greaterThanOrEqual",
}
_NO_VALUE = ";;;"  # the format that shows nothing
_FALSE = ("0", "false")


class Way(NamedTuple):
    """How something is shown. code: of its number format, "" for that of the cell; look: of its font."""

    code: str
    look: Look | None


@dataclass(frozen=True)
class Conditional:
    """One rule for some cells. blocks: (first row, first column), (last row, last column), 0-based; operator: in the words of the format,
    "always", or "" where the condition is no comparison with numbers."""

    blocks: tuple[tuple[tuple[int, int], tuple[int, int]], ...]
    way: Way
    operator: str
    limits: tuple[float, ...] = ()

    def holds(self, value: float) -> bool | None:
        """Whether the condition admits a number; None where it can't be told."""
        low, high = (*self.limits, 0.0, 0.0)[:2]
        return {
            "always": True,
            "equal": value == low,
            "notEqual": value != low,
            "lessThan": value < low,
            "lessThanOrEqual": value <= low,
            "greaterThan": value > low,
            "greaterThanOrEqual": value >= low,
            "between": low <= value <= high,
            "notBetween": not low <= value <= high,
        }.get(self.operator)


def conditionals(sheet: bytes, ways: Mapping[str, Way]) -> tuple[Conditional, ...]:
    """The rules of a sheet (its XML) that let a number be seen otherwise. ways: those of the workbook's differential formats, by index."""
    if b"conditionalFormatting" not in sheet or not (ways or b"showValue" in sheet):
        return ()
    found: list[Conditional] = []
    for element in re.finditer(_ELEMENT, sheet):
        rules = _Rules(ways)
        try:
            stream(element.group(), rules.start, rules.end, rules.text)
        except XmlError:  # of an extension, in another form
            continue
        found += rules.found
    return tuple(found)


class _Rules:
    """The rules of one element while it is read."""

    def __init__(self, ways: Mapping[str, Way]) -> None:
        self.found: list[Conditional] = []
        self._ways = ways
        self._blocks: tuple[tuple[tuple[int, int], tuple[int, int]], ...] = ()
        self._rule: dict[str, str] = {}
        self._formulas: list[str] = []
        self._is_formula, self._has_no_value = False, False

    def start(self, element: str, attributes: dict[str, str]) -> None:
        """What to do at the start of an element."""
        name = local(element)
        if name == "conditionalFormatting":
            self._blocks = tuple(map(_block, re.finditer(_AREA, attributes.get("sqref", ""))))
        elif name == "cfRule":
            self._rule, self._formulas, self._has_no_value = attributes, [], False
        elif name in ("dataBar", "iconSet"):
            self._has_no_value = attributes.get("showValue", "1") in _FALSE
        elif name == "formula":
            self._formulas.append("")
        self._is_formula = name == "formula"

    def text(self, text: str) -> None:
        """What to do with a text."""
        if self._is_formula:
            self._formulas[-1] += text

    def end(self, element: str) -> None:
        """What to do at the end of an element."""
        self._is_formula = False
        if local(element) != "cfRule" or not self._blocks:
            return
        way = self._ways.get(self._rule.get("dxfId", ""))
        if self._has_no_value:
            self.found.append(Conditional(self._blocks, Way(_NO_VALUE, None), "always"))
        elif way is not None:
            self.found.append(Conditional(self._blocks, way, *self._condition()))

    def _condition(self) -> tuple[str, tuple[float, ...]]:
        formulas = [formula.strip() for formula in self._formulas]
        if self._rule.get("type") == "cellIs" and all(re.fullmatch(_NUMBER, formula) for formula in formulas):
            return self._rule.get("operator", ""), tuple(map(float, formulas))
        own = re.fullmatch(_OF_OWN_CELL, formulas[0]) if self._rule.get("type") == "expression" and formulas else None
        first = self._blocks[0][0]
        if own is not None and (int(own[2]) - 1, column_number(own[1]) - 1) == first and "$" not in formulas[0]:
            return _SIGNS[own[3]], (float(own[4]),)
        return "", ()


def _block(area: re.Match[str]) -> tuple[tuple[int, int], tuple[int, int]]:
    left, top, right, bottom = area.groups()
    return (int(top) - 1, column_number(left) - 1), (int(bottom or top) - 1, column_number(right or left) - 1)
