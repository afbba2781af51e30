"""What a kind of rule is made of. Not the kinds themselves (a module each), not how rules are run (masks.py, expectations.py).

A new kind is a module beside this one with its record, named in __init__.py. What people read about it stands where all such texts
stand: `findings.<kind>` in the catalogue of kkz_eval/model, `kinds.<kind>` and an example in rule_pages/.

The values are named tuples, no dataclasses: each is made at import, which every check pays for, and that is seven times as quick.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from kkz_eval.contracts.contract import Contract, Property, Rule
from kkz_eval.contracts.errors import RuleError
from kkz_eval.contracts.judged_table import Bools, Ints, JudgedTable, KnownUnits


def never_eased(before: object, after: object) -> bool:
    """No value that was let pass is sure to pass still."""
    return False


class Parameter(NamedTuple):
    """One parameter of a kind.

    admits: whether a value has the right form. columns: the names of properties in a value, () where it holds none;
    numeric: those columns must be numbers. eased: whether every value that passed before still passes, from the parameter before and
    after, None where it is absent; follows: it follows from columns and codes, so that a difference of it is told of these alone.
    """

    admits: Callable[[object], bool]
    columns: Callable[[object], tuple[str, ...]] = lambda _: ()
    numeric: bool = False
    required: bool = True
    eased: Callable[[object, object], bool] = never_eased
    follows: bool = False


class Limits(NamedTuple):
    """What a contract says of the cells of one property beyond its type; None or empty where it says nothing."""

    minimum: float | None = None
    maximum: float | None = None
    pattern: str | None = None
    symbols: tuple[str, ...] = ()
    empty_admitted: bool = False


class Hits(NamedTuple):
    """What a rule found: one entry per failing cell.

    rows: positions in the table, ascending; field: the property whose cell fails; allowed: what the rule admits, per hit;
    values: what to show, per hit, where it is not the text of the cell; kinds: which sentence says it, per hit, where it is not the
    rule's own.
    """

    rows: Ints
    field: str
    allowed: Sequence[str]
    values: Sequence[str] | None = None
    kinds: Sequence[str] | None = None


def hits_where(mask: Bools, field: str, allowed: str) -> Hits:
    """The rows of a mask as hits, all with the same that is allowed."""
    rows = np.flatnonzero(mask).astype(np.int64)
    return Hits(rows, field, [allowed] * len(rows))


class Computed(NamedTuple):
    """A column that a row can't say alone. name: of a function of expectations.py; arguments: for it."""

    name: str
    arguments: Mapping[str, object]


class Expectation(NamedTuple):
    """A rule for Great Expectations, as data that expectations.py translates; said independently of the mask.

    name: of the expectation there; column: that it tests, a property or a computed one; arguments: its own, besides the column.
    """

    name: str
    column: str | Computed
    arguments: Mapping[str, object] = MappingProxyType({})


def follows_from_no_column(of: Property, limits: Limits, levels: Sequence[str]) -> Mapping[str, object] | None:
    """A kind that contracts write out."""
    return None


def no_further_problems(rule: Rule, properties: Mapping[str, Property]) -> Iterable[RuleError]:
    """A kind whose parameters, each right, are right together."""
    return ()


class Kind(NamedTuple):
    """All that one kind of rule is.

    name: in contracts, and of the finding it makes. parameters: by name. mask: what finds the failing cells of a parsed table.
    expectation: the same for Great Expectations. problems: what is wrong between parameters that are each of the right form.
    derived: the parameters, besides the column, of the rule that follows from a property, its limits and the contract's levels;
    None where none does. variants: other kinds of findings that it makes. waivable: whether a waiver may acknowledge a finding: the
    value was read, and is odd. demands_all_codes: without a list of its own it demands every code of its dimension, a new one too.
    """

    name: str
    parameters: Mapping[str, Parameter]
    mask: Callable[[Rule, JudgedTable], Hits]
    expectation: Callable[[Rule, Contract, KnownUnits], Expectation]
    problems: Callable[[Rule, Mapping[str, Property]], Iterable[RuleError]] = no_further_problems
    derived: Callable[[Property, Limits, Sequence[str]], Mapping[str, object] | None] = follows_from_no_column
    variants: tuple[str, ...] = ()
    waivable: bool = False
    demands_all_codes: bool = False
