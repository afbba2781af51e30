"""The table of the verdict as values, read from `rules.yaml`. Not what follows from it (decide.py)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import TypeVar

from kkz_eval.evaluation.verdict import say
from kkz_eval.evaluation.verdict.evidence import (
    CONTROL_QUANTITIES,
    QUANTITIES,
    Evidence,
    NegativeControl,
    Value,
    control_quantity,
    quantity,
)
from kkz_eval.model.edited_files.cursor import Node, root_of
from kkz_eval.model.edited_files.file import FileInvalid
from kkz_eval.model.edited_files.reading import parse_edited


class Code(StrEnum):
    """What a row decides; DIFFERENCE becomes one in the desired or the undesired direction by the sign of the estimate."""

    NONE = "none"
    NOT_COMPARABLE = "not_comparable"
    DIFFERENCE = "difference"
    DIFFERENCE_DESIRED = "difference_desired"
    DIFFERENCE_UNDESIRED = "difference_undesired"
    NOT_DISTINGUISHABLE = "not_distinguishable"


class Form(StrEnum):
    """Why, or of which kind. CONDITION_FAILED is written with the condition behind a colon."""

    NOT_EXAMINED = "not_examined"
    CONTEXT = "context"
    TOO_EARLY = "too_early"
    MIXED_SOURCES = "mixed_sources"
    BREAK = "break"
    FEW_CELLS = "few_cells"
    REFUSED_FEW_ASSIGNMENTS = "refused_few_assignments"
    AUDIT_CANNOT_TELL = "audit_cannot_tell"
    AUDIT = "audit"
    SLOPE = "slope"
    NEGATIVE_CONTROL = "negative_control"
    DIFFERENCE = "difference"
    CONDITION_FAILED = "condition_failed"
    LARGE_EXCLUDED = "large_excluded"
    TOO_IMPRECISE = "too_imprecise"


class Level(StrEnum):
    """How much a domain may be distorted, as ROBINS-I calls it."""

    LOW = "low"
    MODERATE = "moderate"
    NO_INFORMATION = "no_information"
    SERIOUS = "serious"
    CRITICAL = "critical"


DOMAINS = ("confounding", "selection", "classification", "deviations", "missing", "measurement", "reported_result")
CONDITIONS = ("family", "interval", "specifications", "scales", "breakdown", "direction")
COMPARISONS = ("below", "at_most", "above", "at_least", "is")
CONTROLS = "negative_controls"
_Names = TypeVar("_Names", bound=StrEnum)


@dataclass(frozen=True)
class Condition:
    """A quantity held against a limit. comparison: of COMPARISONS; name: under which row 5 tells that it failed, else ""."""

    what: str
    comparison: str
    limit: float | str | bool
    name: str = ""

    def holds(self, value: Value) -> bool | None:
        """Whether it holds of the value; None where that is not known."""
        if value is None:
            return None
        if self.comparison == "is":
            return value == self.limit
        assert not isinstance(value, str)
        assert not isinstance(self.limit, str)
        match self.comparison:
            case "below":
                return value < self.limit
            case "at_most":
                return value <= self.limit
            case "above":
                return value > self.limit
            case _:
                return value >= self.limit


@dataclass(frozen=True)
class Entry:
    """One entry of the table. of_controls: whether `conditions` must hold together for one of the negative controls.

    stops: whether there is no verdict where it can't be said that the entry does not apply.
    """

    row: int
    code: Code
    form: Form
    conditions: tuple[Condition, ...]
    of_controls: bool
    stops: bool

    def applies(self, evidence: Evidence) -> bool | None:
        """Whether all conditions hold; None where that depends on what is not known."""
        if not self.of_controls:
            return _all(condition.holds(quantity(evidence, condition.what)) for condition in self.conditions)
        if evidence.negative_controls is None:
            return None
        found = [self.holds_of(control) for control in evidence.negative_controls]
        return True if True in found else None if None in found else False

    def holds_of(self, control: NegativeControl) -> bool | None:
        """Whether all conditions hold of one negative control."""
        return _all(condition.holds(control_quantity(control, condition.what)) for condition in self.conditions)

    def first_unknown(self, evidence: Evidence) -> str:
        """The first quantity for want of which it can't be said whether the entry applies."""
        if self.of_controls:
            return CONTROLS
        return next(condition.what for condition in self.conditions if quantity(evidence, condition.what) is None)


@dataclass(frozen=True)
class Criterion:
    """What a domain is rated by. limits: of each level, from the best on; otherwise: where none is kept; row: None for all rows."""

    what: str
    comparison: str
    limits: tuple[tuple[Level, float | str], ...]
    otherwise: Level
    row: int | None

    def level(self, value: Value) -> Level:
        """The first level whose limit is kept."""
        if value is None:
            return Level.NO_INFORMATION
        kept = (level for level, limit in self.limits if Condition(self.what, self.comparison, limit).holds(value))
        return next(kept, self.otherwise)


@dataclass(frozen=True)
class Rules:
    """The table. levels: from the best to the worst; domains: their criteria by name, in the order of DOMAINS."""

    version: int
    rows: tuple[Entry, ...]
    levels: tuple[Level, ...]
    domains: Mapping[str, tuple[Criterion, ...]]

    def worst(self, levels: tuple[Level, ...]) -> Level:
        """The worst of some levels."""
        return max(levels, key=self.levels.index)

    def limit(self, form: Form, what: str) -> float:
        """The number in the condition on `what` of the first entry with that form."""
        conditions = (condition for entry in self.rows if entry.form is form for condition in entry.conditions)
        return next(float(condition.limit) for condition in conditions if condition.what == what)


class RulesInvalid(FileInvalid):
    """The table of the verdict can't be used."""

    HEADING, PACKAGE = "rules_invalid", say.package


@cache
def rules() -> Rules:
    """The table of this version of the programme."""
    source = resources.files("kkz_eval.evaluation.verdict").joinpath("rules.yaml")
    return parse_rules(source.read_bytes(), "rules.yaml")


def parse_rules(content: bytes, source: str) -> Rules:
    """The table in the bytes of a YAML file. source: as messages name it. Raises RulesInvalid with all that is wrong."""
    root = root_of(parse_edited(content, source, RulesInvalid))
    root.mapping(("version", "rows", "levels", "domains"))
    root.child("domains").mapping(DOMAINS)
    table = Rules(
        version=root.child("version").whole_number(),
        rows=tuple(_entry(node) for node in root.child("rows").items()),
        levels=tuple(_member(node, Level) for node in root.child("levels").items()),
        domains={name: tuple(_criterion(node) for node in root.child("domains").child(name).items()) for name in DOMAINS},
    )
    root.settle()
    return table


def _all(held: Iterable[bool | None]) -> bool | None:
    """Kleene's strong conjunction: false where one is, else unknown where one is."""
    known = list(held)
    return False if False in known else None if None in known else True


def _entry(node: Node) -> Entry:
    node.mapping(("row", "verdict", "form", "unknown", "of", "all"))
    of = node.optional("of")
    if of is not None:
        of.one_of((CONTROLS,))
    known = tuple(QUANTITIES if of is None else CONTROL_QUANTITIES)
    return Entry(
        row=node.child("row").whole_number(),
        code=_member(node.child("verdict"), Code),
        form=_member(node.child("form"), Form),
        conditions=tuple(_condition(condition, known) for condition in node.child("all").items()),
        of_controls=of is not None,
        stops=node.child("unknown").one_of(("stop", "next")) == "stop",
    )


def _condition(node: Node, known: tuple[str, ...]) -> Condition:
    node.mapping(("what", *COMPARISONS, "condition"))
    name = node.optional("condition")
    comparison = _comparison(node)
    return Condition(
        what=node.child("what").one_of(known),
        comparison=comparison,
        limit=_limit(node.child(comparison)),
        name="" if name is None else name.one_of(CONDITIONS),
    )


def _criterion(node: Node) -> Criterion:
    node.mapping(("what", *COMPARISONS, "otherwise", "row"))
    row = node.optional("row")
    comparison = _comparison(node)
    limits = node.child(comparison)
    by_level = limits.mapping([level.value for level in Level])
    return Criterion(
        what=node.child("what").one_of(tuple(QUANTITIES)),
        comparison=comparison,
        limits=tuple((Level(name), _limit(limits.child(name))) for name in by_level if name in list(Level)),
        otherwise=_member(node.child("otherwise"), Level),
        row=None if row is None else row.whole_number(),
    )


def _member(node: Node, names: type[_Names]) -> _Names:
    return names(node.one_of([name.value for name in names]))


def _comparison(node: Node) -> str:
    """The comparison that is written at a place, the first where there are several; stand-in: is."""
    return next((name for name in COMPARISONS if node.optional(name) is not None), "is")


def _limit(node: Node) -> float | str | bool:
    return node.value if isinstance(node.value, str | bool) else node.number()
