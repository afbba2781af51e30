"""Which edition of a plan's reports is which: its number and its day, kept beside the editions, and which one was before.

An edition is found by its folder, whose name is the digest of all that it was made from; number and day are no part of that. So they are
written down once, before the edition itself, and stay: made of the same again on another day, or begun again after it was cut short, it is the
edition that it was. They name no value and outlive a removal, so that no number is given twice.
Does not belong here: what is compared (edition_record, edition_changes), what an edition shows (report).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import date

from kkz_eval.deliveries.register.purging import NUMBERS
from kkz_eval.evaluation.plan import report_folder
from kkz_eval.line.edition_changes import RECORD, Record, changes_between
from kkz_eval.line.edition_record import moved_between, parts_of_deliveries
from kkz_eval.line.study import Study
from kkz_eval.reporting.inputs import EditionInfo
from kkz_eval.storage.steps import Steps
from kkz_eval.storage.store import Store

SCHEMA_VERSION = 1


@dataclass(frozen=True)
class Numbered:
    """An edition by its number, the day on which it was made, the name of its folder, and that of the state of the data it was made from."""

    number: int
    day: date
    folder: str
    snapshot: str


def numbered_editions(store: Store, plan_id: str) -> tuple[Numbered, ...]:
    """The editions of a plan that have a number, in their order; also those that were removed since."""
    return tuple(_numbered(store, key) for key in store.list(_place(plan_id)))


def number_edition(store: Store, plan_id: str, folder: str, day: date, snapshot: str) -> Numbered:
    """The number of the edition in a folder: its own, else the next one, of this day and state. The caller is the only writer."""
    known = numbered_editions(store, plan_id)
    for one in known:
        if one.folder == folder:
            return one
    folders = {key.split("/")[2] for key in store.list(report_folder(plan_id)) if key.endswith(".html")} - {folder}
    last = max(known[-1].number if known else 0, len(folders))  # there may be editions of a time before there were numbers
    new = Numbered(last + 1, day, folder, snapshot)
    record = {**asdict(new), "schema_version": SCHEMA_VERSION, "day": day.isoformat()}
    store.put_if_absent(f"{_place(plan_id)}/{new.number:06d}.json", json.dumps(record).encode())
    return new


def records_before(store: Store, plan_id: str, number: int) -> Iterator[Record]:
    """The records of the editions of a plan that are kept and have a lower number, the newest first. Raises UserError for a damaged one."""
    for one in reversed(numbered_editions(store, plan_id)):
        record = record_in(store, plan_id, one.folder) if one.number < number else None
        if record is not None:
            yield record


def record_in(store: Store, plan_id: str, folder: str) -> Record | None:
    """The record of the edition in a folder, None where it is not there. Raises UserError for a damaged one."""
    key = f"{report_folder(plan_id)}/{folder}/{RECORD}"
    if not store.exists(key):
        return None
    record: Record = json.loads(store.get(key))
    return record


def edition_info(steps: Steps, study: Study, numbered: Numbered, record: Record) -> EditionInfo:
    """What a report says of its edition: which it is, and how it differs from the newest one before that is still kept."""
    store, plan_id, settings = steps.store, study.plan.id, study.installation.settings
    edition = EditionInfo(numbered.number, numbered.day, publisher=settings.publisher, contact=settings.publisher_contact)
    before = next(records_before(store, plan_id, numbered.number), None)
    if before is None:
        return edition
    changes = changes_between(before, record, moved_between(steps, before, record), parts_of_deliveries(study))
    return replace(edition, previous=(before["number"], date.fromisoformat(before["day"])), changes=changes)


def _place(plan_id: str) -> str:
    return f"{report_folder(plan_id)}/{NUMBERS}"


def _numbered(store: Store, key: str) -> Numbered:
    record = json.loads(store.get(key))
    return Numbered(record["number"], date.fromisoformat(record["day"]), record["folder"], record["snapshot"])
