"""The lock of a plan: what was laid down before the results, and how today's plan and baseline differ from it, key by key.

Belongs here: the lock as a value, its text form, the comparison. Does not belong here: where locks are kept (the shell).

`kkz-eval plan lock` writes the file; people read it and keep it beside the plan under version control:

    lock_version: 1
    id: kekiz-2012
    locked_on: '2026-01-31'
    reports_before: 0                    # reports of the plan that there were then; 0: the plan came first
    plan_digest: 5d1c…
    baseline_digest: 77ab…
    baseline: {a_schul_oA: 90e1…}        # sha256 of the values before the start, by indicator
    baseline_until: 2011                 # the last year in them
    plan: {id: kekiz-2012, outcomes: […], …}   # the whole plan, defaults filled in
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, cast

import yaml

from kkz_eval.evaluation import say
from kkz_eval.evaluation.baseline import Baseline
from kkz_eval.evaluation.plan import Plan, plain_plan, plan_defaults, plan_digest
from kkz_eval.evaluation.problems import PACKAGE
from kkz_eval.model.edited_files.cursor import root_of
from kkz_eval.model.edited_files.file import FileInvalid
from kkz_eval.model.edited_files.reading import parse_edited
from kkz_eval.model.errors import UserError
from kkz_eval.model.texts import LANGUAGES, Joined, Localised, Sentence
from kkz_eval.storage.digests import digest_of, digest_of_bytes

LOCK_VERSION = 1
_KEYS = (
    *("lock_version", "id", "locked_on", "reports_before", "plan_digest", "baseline_digest", "baseline", "baseline_until"),
    "plan",
)
_NAMED_ENTRIES = {
    "outcomes": "indicator",
    "estimators": "id",
    "specifications": "id",
    "co_treatments": "id",
}  # lists, and the key of the name
_SAYS_BY_BEING_THERE = re.compile(
    r"audit|specifications\[.*\]\.comparison"
)  # sections that say something even where all in them is empty
_OF_A_VARIANT = ("id", "variant_of")  # a variant has a name of its own


class LockInvalid(FileInvalid):
    """This is no lock that this version can read."""

    HEADING, PACKAGE = "lock_unreadable", PACKAGE


class Standing(StrEnum):
    """Whether results follow a locked plan."""

    UNLOCKED = "unlocked"
    FOLLOWED = "followed"
    DEVIATING = "deviating"
    EXPLORATORY = "exploratory"


@dataclass(frozen=True)
class Lock:
    """A plan as it was laid down, and the digest of the baseline that it rests on.

    locked_on: day, ISO 8601. reports_before: reports of the plan that the home held then; 0 where the plan came first.
    baseline: sha256 of the baseline values by indicator; until: the last year in them. plan: as plan.plain_plan gives it.
    """

    id: str
    locked_on: str
    reports_before: int
    plan_digest: str
    baseline_digest: str
    baseline: Mapping[str, str]
    until: int
    plan: Mapping[str, Any]

    def to_bytes(self) -> bytes:
        """The lock as YAML, to be kept beside the plan under version control."""
        values = (LOCK_VERSION, self.id, self.locked_on, self.reports_before, self.plan_digest, self.baseline_digest)
        content = dict(zip(_KEYS, (*values, dict(self.baseline), self.until, dict(self.plan)), strict=True))
        return yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=120).encode("utf-8")

    @property
    def digest(self) -> str:
        """sha256 of the lock's text."""
        return digest_of_bytes(self.to_bytes())


@dataclass(frozen=True)
class Conformity:
    """Whether a plan's results follow its lock, and every deviation. lock: None where there is none."""

    plan_id: str
    standing: Standing
    lock: Lock | None
    deviations: tuple[Sentence, ...]

    @property
    def headline(self) -> Localised:
        """The standing in a sentence or two."""
        lock = self.lock
        if lock is None:
            return say(
                f"standing.{'unlocked' if self.standing is Standing.UNLOCKED else 'exploratory_unlocked'}", plan=self.plan_id
            )
        said = say(
            f"standing.{self.standing}", plan=self.plan_id, locked=lock.id, date=lock.locked_on, count=len(self.deviations)
        )
        return Joined((said, say("standing.not_blind", count=lock.reports_before)), " ") if lock.reports_before else said

    @property
    def sentences(self) -> tuple[Localised, ...]:
        """The standing, then what was laid down and what is, for every deviation."""
        return (self.headline, *self.deviations)

    def record(self) -> dict[str, object]:
        """The conformity as values that JSON knows, sentences in all languages."""
        return {
            "plan": self.plan_id,
            "standing": str(self.standing),
            "lock": None if self.lock is None else self.lock.digest,
            "sentences": {language: [said.in_language(language) for said in self.sentences] for language in LANGUAGES},
        }


def lock_of_plan(plan: Plan, baseline: Baseline, locked_on: str, reports_before: int) -> Lock:
    """The lock of a plan on its baseline. Raises UserError where the baseline has no value."""
    if baseline.values.empty:
        raise UserError("lock_without_baseline", package=PACKAGE, plan=plan.id)
    return Lock(
        plan.id,
        locked_on,
        reports_before,
        plan_digest(plan),
        baseline.digest,
        baseline.digests(),
        int(baseline.values["year"].max()),
        plain_plan(plan),
    )


def read_lock(data: bytes, source: str) -> Lock:
    """The lock in a YAML text. Raises LockInvalid where it is none or of a later version, UserError where it was changed by hand."""
    root = root_of(parse_edited(data, source, LockInvalid))
    root.mapping(_KEYS)
    root.child("lock_version").one_of((LOCK_VERSION,))
    lock = Lock(
        root.child("id").text(),
        root.child("locked_on").text(),
        root.child("reports_before").whole_number(),
        root.child("plan_digest").text(),
        root.child("baseline_digest").text(),
        cast(Mapping[str, str], root.child("baseline").mapping()),
        root.child("baseline_until").whole_number(),
        root.child("plan").mapping(),
    )
    root.settle()
    for part, said, digest in (("plan", lock.plan, lock.plan_digest), ("baseline", lock.baseline, lock.baseline_digest)):
        if digest_of(dict(said)) != digest:
            raise UserError("lock_changed", package=PACKAGE, source=source, part=part)
    return lock


def conformity(plan: Plan, lock: Lock | None, baseline: Baseline | None, *, replaced: str | None = None) -> Conformity:
    """How a plan and its baseline stand to a lock: its own, or that of the plan it is a variant of.

    baseline: None compares the plans alone. replaced: day of an earlier lock of the same plan, None where the lock is the first.
    """
    is_variant = plan.variant_of is not None
    if lock is None:
        return Conformity(plan.id, Standing.EXPLORATORY if is_variant else Standing.UNLOCKED, None, ())
    left_out = _OF_A_VARIANT if is_variant else ()
    found = list(_plan_deviations(lock.plan, plain_plan(plan), left_out))
    if baseline is not None:
        found += _baseline_deviations(lock, baseline)
    if replaced is not None:
        found.insert(0, say("deviations.replaced", earlier=replaced, date=lock.locked_on))
    if is_variant:
        return Conformity(plan.id, Standing.EXPLORATORY, lock, tuple(found))
    return Conformity(plan.id, Standing.DEVIATING if found else Standing.FOLLOWED, lock, tuple(found))


def published(plan: Plan, lock: Lock | None) -> Sentence | None:
    """Where everybody can look up what was laid down, or that nobody can; None where nothing was, and none is claimed to be."""
    place = plan.registered
    if lock is None:
        return None if place is None else say("published.unlocked", address=place.at, day=place.day)
    if place is None:
        return say("published.nowhere", date=lock.locked_on)
    known = {"address": place.at, "day": place.day, "date": lock.locked_on, "digest": lock.plan_digest}
    return say("published.before" if place.day < lock.locked_on else "published.at", **known)


def _plan_deviations(locked: Mapping[str, Any], now: Mapping[str, Any], left_out: tuple[str, ...]) -> Iterator[Sentence]:
    for path, old, new in differences(locked, now):
        if path not in left_out and not path.startswith("languages"):  # a report in another language changes no result
            yield say("deviations.changed", path=path, locked=old, now=new)


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """(key, value before, value after) of all that two plans say differently, as plan.plain_plan gives them; values as people read them.

    A key that a plan does not know had its default then: plans grow keys.
    """
    default = dict(_leaves("", plan_defaults()))
    old_leaves, new_leaves = dict(_leaves("", before)), dict(_leaves("", after))
    for path in sorted(old_leaves.keys() | new_leaves.keys()):
        old, new = (side.get(path, default.get(path)) for side in (old_leaves, new_leaves))
        if old != new:
            yield path, _shown(old), _shown(new)


def _leaves(path: str, node: Any) -> Iterator[tuple[str, Any]]:
    """(dotted path, value) of all that is not empty; entries of outcomes, estimators and others that have a name by it."""
    if isinstance(node, Mapping):
        if _SAYS_BY_BEING_THERE.fullmatch(path):
            yield path, True
        for key, child in node.items():
            yield from _leaves(f"{path}.{key}" if path else str(key), child)
    elif path in _NAMED_ENTRIES:
        name = _NAMED_ENTRIES[path]
        for entry in node:
            inside = f"{path}[{entry[name]}]"
            yield inside, True
            yield from _leaves(inside, {key: child for key, child in entry.items() if key != name})
    elif node not in (None, [], "", {}):
        yield path, node


def _baseline_deviations(lock: Lock, baseline: Baseline) -> Iterator[Sentence]:
    now = baseline.digests()
    for indicator in sorted(set(lock.baseline) | set(now)):
        if lock.baseline.get(indicator) != now.get(indicator):
            code = "baseline_new" if indicator not in lock.baseline else "baseline_gone" if indicator not in now else "baseline"
            yield say(f"deviations.{code}", indicator=indicator)


def _shown(value: object) -> str:
    """A value of a plan for people: lists without brackets, entries of mappings without their keys."""
    if isinstance(value, list):
        return ", ".join(_shown(entry) for entry in value)
    if isinstance(value, Mapping):
        return " ".join(_shown(entry) for entry in value.values())
    return "–" if value is None else "✓" if value is True else str(value)
