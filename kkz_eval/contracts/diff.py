"""What changed between two versions of a contract, and whether it breaks deliveries that were right before.

Belongs here: the comparison of two contracts, the version that follows from it, and which verdicts would turn. Does not belong
here: reading files, the register; nothing is judged anew on record.

Versions as ODCS asks for (semantic versioning): what makes a right delivery wrong, or gives a series another meaning, raises the
first number; what only adds or eases raises the second; what only explains raises the third.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

from kkz_eval.contracts import say
from kkz_eval.contracts.contract import Code, Contract, Property, Rule
from kkz_eval.contracts.judgement import Judgement
from kkz_eval.contracts.rule_kinds import KINDS
from kkz_eval.model.findings import Severity
from kkz_eval.model.texts import Sentence
from kkz_eval.model.verdicts import Slice, Status


class Weight(IntEnum):
    """Which number of the version a change raises."""

    PATCH = 1
    MINOR = 2
    MAJOR = 3


@dataclass(frozen=True)
class Change:
    """One difference. kind: key below `changes.` in the catalogue; place: column, code or rule; old, new: "" where there is none."""

    kind: str
    weight: Weight
    place: str
    old: str = ""
    new: str = ""

    @property
    def breaks(self) -> bool:
        """Whether a delivery that was right may now be wrong or mean something else."""
        return self.weight is Weight.MAJOR

    @property
    def sentence(self) -> Sentence:
        """The change in words."""
        return say(f"changes.{self.kind}", place=self.place, old=self.old, new=self.new)


@dataclass(frozen=True)
class Flip:
    """A unit and year whose standing fate the new contract would turn. rule: the first one that rejects it, "" where it would be accepted."""

    unit_id: str
    year: int
    old: Status
    new: Status
    rule: str = ""


def changes(old: Contract, new: Contract) -> tuple[Change, ...]:
    """All differences of two versions of a contract: of the whole, column by column, rule by rule; the order is fixed."""
    found = [*_whole(old, new), *_columns(old, new), *_rules(old, new), *_plausibility(old, new)]
    if not found and old.terms != new.terms:
        found.append(Change("terms", Weight.PATCH, new.id))
    return tuple(found)


def demanded_version(old: Contract, found: Sequence[Change]) -> str:
    """The least version that the changes ask for; the old one where there is no change."""
    if not found:
        return old.version
    parts = version_numbers(old.version)
    position = 3 - max(change.weight for change in found)
    return ".".join(str(part) for part in (*parts[:position], parts[position] + 1, *(0 for _ in parts[position + 1 :])))


def version_numbers(version: str) -> tuple[int, int, int]:
    """The three numbers of a version; numbers that are missing or are none count as 0."""
    numbers = [int(number) for number in re.findall(r"\d+", version)[:3]]
    first, second, third = (*numbers, 0, 0, 0)[:3]
    return first, second, third


def would_flip(standing: Sequence[Slice], judgement: Judgement) -> tuple[Flip, ...]:
    """The units and years of a delivery that the new contract would accept instead of reject, or reject instead of accept.

    standing: their fate on record, which stays; judgement: of the delivery as the new contract reads it. Nothing is kept.
    """
    fates = {(fate.unit_id, fate.year): fate.status for fate in judgement.slices}
    columns = (judgement.findings.column(name).to_pylist() for name in ("severity", "unit_id", "year", "rule"))
    errors = [(unit, year, rule) for severity, unit, year, rule in zip(*columns, strict=True) if severity == Severity.ERROR]
    found = []
    for fate in standing:
        status = fates.get((fate.unit_id, fate.year), Status.REJECTED)
        if (status == Status.REJECTED) == (fate.status == Status.REJECTED):
            continue
        own = [rule for unit, year, rule in errors if unit in (None, fate.unit_id) and year in (None, fate.year)]
        reasons = own or [rule for _, _, rule in errors]
        rule = reasons[0] if reasons and status == Status.REJECTED else ""
        found.append(Flip(fate.unit_id, fate.year, fate.status, status, rule))
    return tuple(found)


# --- the comparison -----------------------------------------------------------------------------------------------------

_MEANING = ("dataset", "source", "supersedes", "measure_from", "title_marker")  # another one makes another series


def _whole(old: Contract, new: Contract) -> Iterator[Change]:
    for name in _MEANING:
        if getattr(old, name) != getattr(new, name):
            yield Change("setting", Weight.MAJOR, name, _shown(getattr(old, name)), _shown(getattr(new, name)))
    for name in ("levels", "layouts"):
        before, after = getattr(old, name), getattr(new, name)
        if before != after:
            weight = Weight.MINOR if set(before) < set(after) else Weight.MAJOR
            yield Change("setting", weight, name, _shown(before), _shown(after))
    if old.acceptance != new.acceptance:
        weight = Weight.MAJOR if new.acceptance == "file" else Weight.MINOR
        yield Change("setting", weight, "acceptance", old.acceptance, new.acceptance)
    if old.smallest_cell != new.smallest_cell:
        weight = Weight.MAJOR if new.smallest_cell > old.smallest_cell else Weight.MINOR
        yield Change("setting", weight, "smallestCell", str(old.smallest_cell), str(new.smallest_cell))
    if old.complete_from != new.complete_from:
        weight = Weight.MAJOR if old.year_complete_from < new.year_complete_from else Weight.MINOR
        yield Change("setting", weight, "completeFrom", _shown(old.complete_from), _shown(new.complete_from))
    for name in ("title_de", "title_en", "attribution", "licence"):
        if getattr(old, name) != getattr(new, name):
            yield Change("setting", Weight.PATCH, name, _shown(getattr(old, name)), _shown(getattr(new, name)))


def _columns(old: Contract, new: Contract) -> Iterator[Change]:
    before, after = ({p.name: p for p in contract.properties} for contract in (old, new))
    for name in before:
        if name not in after:
            yield Change("column_gone", Weight.MAJOR, name)
    for name, of in after.items():
        if name not in before:
            yield Change("column_required", Weight.MAJOR, name) if of.required else Change("column_optional", Weight.MINOR, name)
        else:
            yield from _column(before[name], of, name in _demanding(new))


def _demanding(contract: Contract) -> set[str]:
    """The dimensions of which a rule demands every code, so that a new code makes every delivery incomplete."""
    rules = [r for r in contract.rules if KINDS[r.kind].demands_all_codes and not {"codes", "parts"} & set(r.parameters)]
    return {str(rule.parameters["dimension"]) for rule in rules if rule.severity == Severity.ERROR}


_READ = ("logical_type", "role", "form", "unit", "default", "in_key")  # another one reads the same text as something else


def _column(old: Property, new: Property, is_demanded: bool) -> Iterator[Change]:
    for name in _READ:
        if getattr(old, name) != getattr(new, name):
            yield Change(
                "column_setting", Weight.MAJOR, f"{new.name}.{name}", _shown(getattr(old, name)), _shown(getattr(new, name))
            )
    if old.required != new.required:
        weight = Weight.MAJOR if new.required else Weight.MINOR
        yield Change("column_now_required" if new.required else "column_now_optional", weight, new.name)
    yield from _names(new.name, _own_names(old), _own_names(new))
    if (old.description_de, old.description_en) != (new.description_de, new.description_en):
        yield Change("column_description", Weight.PATCH, new.name)
    before, after = ({code.code: code for code in of.codes} for of in (old, new))
    for code in before:
        if code not in after:
            yield Change("code_gone", Weight.MAJOR, f"{new.name}.{code}")
    for code, known in after.items():
        place = f"{new.name}.{code}"
        if code not in before:
            yield Change("code_demanded", Weight.MAJOR, place) if is_demanded else Change("code_new", Weight.MINOR, place)
        else:
            yield from _names(place, _code_names(before[code]), _code_names(known))


def _own_names(of: Property) -> tuple[str, ...]:
    return (of.label_de, of.label_en, *of.synonyms)


def _code_names(of: Code) -> tuple[str, ...]:
    return (of.label_de, of.label_en, *of.synonyms)


def _names(place: str, before: Sequence[str], after: Sequence[str]) -> Iterator[Change]:
    """A name that goes makes files unreadable that had it; one that comes does not."""
    gone, come = [n for n in before if n not in after], [n for n in after if n not in before]
    if gone:
        yield Change("name_gone", Weight.MAJOR, place, ", ".join(gone))
    if come:
        yield Change("name_new", Weight.MINOR, place, "", ", ".join(come))


def _rules(old: Contract, new: Contract) -> Iterator[Change]:
    before, after = ({rule.rule_id: rule for rule in contract.rules} for contract in (old, new))
    columns = {p.name for p in old.properties} & {p.name for p in new.properties}
    for rule_id, rule in before.items():
        if rule_id not in after and (rule_id.split(".")[0] in columns or "." not in rule_id):
            yield Change("rule_gone", Weight.MINOR, rule_id, rule.kind)
    for rule_id, rule in after.items():
        if rule_id in before:
            yield from _rule(before[rule_id], rule)
        elif rule_id.split(".")[0] in columns or "." not in rule_id:  # else it comes with its column
            weight = Weight.MAJOR if rule.severity == Severity.ERROR else Weight.MINOR
            yield Change("rule_new", weight, rule_id, "", rule.kind)


def _rule(old: Rule, new: Rule) -> Iterator[Change]:
    if old.kind != new.kind:
        yield Change("rule_setting", Weight.MAJOR, f"{new.rule_id}.kind", old.kind, new.kind)
    if old.severity != new.severity:
        weight = Weight.MAJOR if new.severity == Severity.ERROR else Weight.MINOR
        yield Change("rule_setting", weight, f"{new.rule_id}.severity", str(old.severity), str(new.severity))
    parameters = {**KINDS[old.kind].parameters, **KINDS[new.kind].parameters}
    for name in sorted({*old.parameters, *new.parameters}):
        before, after = old.parameters.get(name), new.parameters.get(name)
        if _shown(before) == _shown(after) or parameters[name].follows:
            continue
        weight = Weight.MINOR if new.severity != Severity.ERROR or parameters[name].eased(before, after) else Weight.MAJOR
        yield Change("rule_setting", weight, f"{new.rule_id}.{name}", _shown(before), _shown(after))


def _plausibility(old: Contract, new: Contract) -> Iterator[Change]:
    before, after = ({rule.rule_id: rule for rule in contract.plausibility} for contract in (old, new))
    for rule_id in before:
        if rule_id not in after:
            yield Change("rule_gone", Weight.MINOR, rule_id, before[rule_id].kind)
    for rule_id, rule in after.items():
        if rule_id not in before:
            yield Change("rule_new", Weight.MINOR, rule_id, "", rule.kind)
        elif dataclasses.astuple(before[rule_id]) != dataclasses.astuple(rule):
            yield Change("rule_setting", Weight.MINOR, rule_id, _shown(before[rule_id].parameters), _shown(rule.parameters))


def _shown(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {_shown(part)}" for name, part in value.items())
    if isinstance(value, (list, tuple)):
        return " | ".join(_shown(part) for part in value)
    return str(value)
