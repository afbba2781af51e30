"""From evidence to verdict: the first row of the table that applies, and the rating. No threshold and no words of its own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from kkz_eval.evaluation.verdict.evidence import Evidence, Value, quantity
from kkz_eval.evaluation.verdict.rules import Code, Criterion, Entry, Form, Level, Rules


@dataclass(frozen=True)
class Judged:
    """A quantity by which a domain is rated, with the level that it gives."""

    what: str
    value: Value
    level: Level


@dataclass(frozen=True)
class Domain:
    """One of the seven domains. level: the worst of what it is rated by."""

    name: str
    level: Level
    judged: tuple[Judged, ...]

    @property
    def deciding(self) -> Judged:
        """The first quantity that gives the domain its level."""
        return next(judged for judged in self.judged if judged.level is self.level)


@dataclass(frozen=True)
class Verdict:
    """What may be said of an outcome, and by which rule. Words: sentences.py.

    row: of the table; failed: the condition of row 5 that does not hold, where the form is condition_failed; missing: the quantity that
    would have to be known, where the form is not_examined, and of a failed condition where it is unknown.
    """

    code: Code
    form: Form
    row: int
    rating: Level
    domains: tuple[Domain, ...]
    evidence: Evidence
    rules_version: int
    failed: str = ""
    missing: str = ""

    @property
    def written_form(self) -> str:
        """The form as tables have it: condition_failed:family."""
        return f"{self.form}:{self.failed}" if self.failed else self.form.value

    @property
    def is_comparable(self) -> bool:
        """Whether the comparison stands, so that its estimate may be shown in the first place."""
        return self.code not in (Code.NONE, Code.NOT_COMPARABLE)


def verdict_of(evidence: Evidence, rules: Rules) -> Verdict:
    """The verdict by the first row of the table that applies.

    A row whose entries can't be decided, because something is not known, gives no verdict where it says so; else it does not apply.
    """
    for row, entries in groupby(rules.rows, key=lambda entry: entry.row):
        tried = [(entry, entry.applies(evidence)) for entry in entries]
        for entry, applies in tried:
            if applies:
                return _by_entry(entry, evidence, rules)
        for entry, applies in tried:
            if applies is None and entry.stops:
                return _verdict(Code.NONE, Form.NOT_EXAMINED, row, evidence, rules, missing=entry.first_unknown(evidence))
    raise ValueError("the table of the verdict ends without a row that always applies")


def _by_entry(entry: Entry, evidence: Evidence, rules: Rules) -> Verdict:
    if entry.code is Code.DIFFERENCE:
        assert evidence.estimate is not None
        desired = (evidence.estimate > 0) == (evidence.desired_direction == "increase")
        code = Code.DIFFERENCE_DESIRED if desired else Code.DIFFERENCE_UNDESIRED
        return _verdict(code, entry.form, entry.row, evidence, rules)
    if entry.form is Form.CONDITION_FAILED:
        conditions = (condition for other in rules.rows if other.code is Code.DIFFERENCE for condition in other.conditions)
        failed = next(condition for condition in conditions if not condition.holds(quantity(evidence, condition.what)))
        missing = failed.what if quantity(evidence, failed.what) is None else ""
        return _verdict(entry.code, entry.form, entry.row, evidence, rules, failed=failed.name, missing=missing)
    return _verdict(entry.code, entry.form, entry.row, evidence, rules)


def _verdict(
    code: Code, form: Form, row: int, evidence: Evidence, rules: Rules, *, failed: str = "", missing: str = ""
) -> Verdict:
    domains = tuple(_domain(name, criteria, row, evidence, rules) for name, criteria in rules.domains.items())
    rating = rules.worst(tuple(domain.level for domain in domains))
    return Verdict(code, form, row, rating, domains, evidence, rules.version, failed, missing)


def _domain(name: str, criteria: Iterable[Criterion], row: int, evidence: Evidence, rules: Rules) -> Domain:
    judged = tuple(
        Judged(criterion.what, value, criterion.level(value))
        for criterion in criteria
        if criterion.row in (None, row)
        for value in (quantity(evidence, criterion.what),)
    )
    return Domain(name, rules.worst(tuple(one.level for one in judged)), judged)
