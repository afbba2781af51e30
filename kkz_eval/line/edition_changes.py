"""What is otherwise in an edition of a report than in another, and why, by their records: verdicts first, then data, plan, program, publisher.

Belongs here: what a record is, and comparing two key by key. Does not belong here: making one of a study (edition_record), the pages (reporting).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from kkz_eval.evaluation.lock import differences
from kkz_eval.evaluation.verdict.rules import Code, Level
from kkz_eval.evaluation.verdict.sentences import Shown, ShownYear, code_word, level_word
from kkz_eval.line import say
from kkz_eval.model.texts import LANGUAGES, Sentence, Wording
from kkz_eval.reporting.inputs import Change, EditionInfo

RECORD = "edition.json"
"""Name of the record beside the pages of an edition."""

SCHEMA_VERSION = 1
SHOWN_NAMES = 3  # of files in one sentence

Record = Mapping[str, Any]
Parts = Mapping[str, frozenset[tuple[str, int]]]
"""Units and years that are accepted of a content, by its digest."""


@dataclass(frozen=True)
class Moved:
    """How the values of an outcome differ from those of another edition: of n now, so many are others, new, and gone."""

    n: int
    others: int
    new: int
    gone: int


def numbered_record(record: Record, edition: EditionInfo, snapshot: str) -> Record:
    """The record with number and day, the state of the data that it was made from, and what changed in sentences."""
    previous = None if edition.previous is None else {"number": edition.previous[0], "day": edition.previous[1].isoformat()}
    return {
        **record,
        "snapshot": snapshot,
        "number": edition.number,
        "day": edition.day.isoformat(),
        "previous": previous,
        "changes": [
            {"kind": change.kind, **{language: change.said.in_language(language) for language in LANGUAGES}}
            for change in edition.changes
        ],
    }


def edition_of_record(record: Record) -> EditionInfo:
    """The edition that a numbered record tells of. Its changes are sentences as they were told, without numbers of their own."""
    publisher, contact = record["publisher"]
    previous = record["previous"]
    told = tuple(
        Change(change["kind"], Wording({language: change[language] for language in LANGUAGES})) for change in record["changes"]
    )
    before = None if previous is None else (previous["number"], date.fromisoformat(previous["day"]))
    day = date.fromisoformat(record["day"])
    return EditionInfo(record["number"], day, publisher, contact, before, told)


def changes_between(before: Record, now: Record, moved: Mapping[str, Moved] | None, parts: Parts) -> tuple[Change, ...]:
    """What is otherwise in `now`: the verdicts first, then why. moved: None where it is not known; parts: of the deliveries of `now`."""
    return (
        *(Change("verdict", said) for said in _of_results(before["results"], now["results"])),
        *(Change("data", said) for said in _of_data(before, now, moved, parts)),
        *(Change("plan", said) for said in _of_plan(before, now)),
        *(Change("code", said) for said in _of_code(before["code"], now["code"])),
        *(Change("publisher", said) for said in _of_publisher(before["publisher"], now["publisher"])),
    )


def _of_results(before: Record, now: Record) -> Iterator[Sentence]:
    for name, new in now.items():
        label, old = Wording(new["label"]), before.get(name)
        if old is None:
            yield say("editions.verdict_new", label=label, now=code_word(Code(new["verdict"])))
        elif old["verdict"] != new["verdict"]:
            words = {key: code_word(Code(one["verdict"])) for key, one in (("before", old), ("now", new))}
            yield say("editions.verdict", label=label, **words)
        elif old["form"] != new["form"]:
            yield say("editions.reason", label=label, now=code_word(Code(new["verdict"])))
    for name in sorted(before.keys() - now.keys()):
        yield say("editions.verdict_gone", label=Wording(before[name]["label"]), before=code_word(Code(before[name]["verdict"])))
    for name in (name for name in now if name in before):
        old, new = before[name], now[name]
        label, unit = Wording(new["label"]), Wording(new["unit"])
        if old["rating"] != new["rating"]:
            levels = {key: level_word(Level(one["rating"])) for key, one in (("before", old), ("now", new))}
            yield say("editions.rating", label=label, **levels)
        if None not in (old["estimate"], new["estimate"]) and old["estimate"] != new["estimate"]:
            shown = {key: Shown(one["estimate"], new["decimals"]) for key, one in (("before", old), ("now", new))}
            alike = shown["before"].in_language("de") == shown["now"].in_language("de")
            yield say("editions.estimate_alike" if alike else "editions.estimate", label=label, unit=unit, **shown)


def _of_data(before: Record, now: Record, moved: Mapping[str, Moved] | None, parts: Parts) -> Iterator[Sentence]:
    old, new = before["data"], now["data"]
    for dataset in sorted(new["deliveries"].keys() | old["deliveries"].keys()):
        title = Wording(new["titles"].get(dataset) or old["titles"][dataset])
        yield from _of_deliveries(title, old["deliveries"].get(dataset, {}), new["deliveries"].get(dataset, {}), parts)
    for dataset, edition in new["editions"].items():
        if edition and old["editions"].get(dataset, edition) != edition:
            words = {"now": edition, "before": old["editions"][dataset] or "–"}
            yield say("editions.source_edition", title=Wording(new["titles"][dataset]), **words)
    labels = {**_labels(before), **_labels(now)}
    for name in sorted(new["values"].keys() & old["values"].keys()):
        if new["values"][name] != old["values"][name]:
            label = labels.get(name, name)
            if moved is None or name not in moved:
                yield say("editions.values_unknown", label=label)
            else:
                sizes = {key: Shown(getattr(moved[name], key)) for key in ("n", "others", "new", "gone")}
                yield say("editions.values", label=label, **sizes)
    for name in sorted(new["definitions"].keys() & old["definitions"].keys()):
        if new["definitions"][name] != old["definitions"][name]:
            yield say("editions.definition", label=labels.get(name, name))
    for dataset in sorted(new["contracts"].keys() & old["contracts"].keys()):
        if new["contracts"][dataset] != old["contracts"][dataset]:
            yield say("editions.contract", title=Wording(new["titles"][dataset]))
    if new.get("tables", "") != old.get("tables", ""):
        yield say("editions.tables")
    if new["states"] != old["states"]:
        yield say("editions.states")
    if new["year"] != old["year"]:
        yield say("editions.year", now=ShownYear(new["year"]), before=ShownYear(old["year"]))


def _labels(record: Record) -> Mapping[str, Wording]:
    """Names of outcomes. A record that was kept before it had those of all of them has those of what it judges."""
    judged = {name: one["label"] for name, one in record["results"].items()}
    return {name: Wording(label) for name, label in {**judged, **record.get("labels", {})}.items()}


def deliveries_changed(old: Mapping[str, str], new: Mapping[str, str], parts: Parts) -> dict[str, list[str]]:
    """Contents of a dataset that are new, that are corrected (they take the place of earlier ones), and that are withdrawn (they hold no longer).

    old, new: names by the digest of the content, as a record has them.
    """
    held = frozenset(part for sha256 in old for part in parts.get(sha256, frozenset()))
    came = [sha256 for sha256 in new if sha256 not in old]
    corrected = [sha256 for sha256 in came if new[sha256] in old.values() or parts.get(sha256, frozenset()) & held]
    return {
        "new": [sha256 for sha256 in came if sha256 not in corrected],
        "corrected": corrected,
        "withdrawn": [sha256 for sha256 in old if sha256 not in new],
    }


def _of_deliveries(title: Wording, old: Mapping[str, str], new: Mapping[str, str], parts: Parts) -> Iterator[Sentence]:
    """What deliveries_changed finds, in sentences."""
    named = {**old, **new}
    for what, contents in deliveries_changed(old, new, parts).items():
        if contents:
            names = [named[sha256] for sha256 in contents]
            listed = ", ".join(sorted(names)[:SHOWN_NAMES]) + (", …" if len(names) > SHOWN_NAMES else "")
            yield say(f"editions.deliveries_{what}", title=title, n=Shown(len(names)), names=listed)


def _of_plan(before: Record, now: Record) -> Iterator[Sentence]:
    for path, old, new in differences(before["plan_content"], now["plan_content"]):
        if path.startswith(("texts.", "title.")) or ".mechanism." in path:  # long, and nothing is computed from it
            yield say("editions.plan_text", path=path)
        else:
            yield say("editions.plan_key", path=path, before=old, now=new)
    if before["standing"] != now["standing"]:
        yield say("editions.standing")


def _of_code(before: Record, now: Record) -> Iterator[Sentence]:
    for name in sorted(before["versions"].keys() | now["versions"].keys()):
        old, new = before["versions"].get(name, "–"), now["versions"].get(name, "–")
        if old != new:
            yield say("editions.version", name=name, before=old, now=new)
    if before["rules"] != now["rules"]:
        yield say("editions.rules", before=before["rules"], now=now["rules"])
    if before["evaluation"] != now["evaluation"]:
        yield say("editions.code_evaluation")
    elif before["report"] != now["report"]:
        yield say("editions.code_report")


def _of_publisher(before: list[str], now: list[str]) -> Iterator[Sentence]:
    if before != now:
        yield say("editions.publisher", before=", ".join(filter(None, before)) or "–", now=", ".join(filter(None, now)) or "–")
