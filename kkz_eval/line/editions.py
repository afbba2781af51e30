"""Which edition of a plan's reports is which: its number and its day, kept beside the editions.

An edition is found by its folder, whose name is the digest of all that it was made from; number and day are no part of that. So they are
written down once, before the edition itself, and stay: made of the same again on another day, or begun again after it was cut short, it is the
edition that it was. They name no value and outlive a removal, so that no number is given twice.
Does not belong here: what an edition shows (report), its words (reporting).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date

from kkz_eval.deliveries.register.purging import NUMBERS
from kkz_eval.evaluation.plan import report_folder
from kkz_eval.storage.store import Store

SCHEMA_VERSION = 1


@dataclass(frozen=True)
class Numbered:
    """An edition by its number, the day on which it was made, and the name of its folder."""

    number: int
    day: date
    folder: str


def numbered_editions(store: Store, plan_id: str) -> tuple[Numbered, ...]:
    """The editions of a plan that have a number, in their order; also those that were removed since."""
    return tuple(_numbered(store, key) for key in store.list(_place(plan_id)))


def number_edition(store: Store, plan_id: str, folder: str, day: date) -> Numbered:
    """The number of the edition in a folder: its own, else the next one, of this day. The caller is the only writer."""
    known = numbered_editions(store, plan_id)
    for one in known:
        if one.folder == folder:
            return one
    new = Numbered(known[-1].number + 1 if known else 1, day, folder)
    record = {"schema_version": SCHEMA_VERSION, "number": new.number, "day": day.isoformat(), "folder": folder}
    store.put_if_absent(f"{_place(plan_id)}/{new.number:06d}.json", json.dumps(record).encode())
    return new


def _place(plan_id: str) -> str:
    return f"{report_folder(plan_id)}/{NUMBERS}"


def _numbered(store: Store, key: str) -> Numbered:
    record = json.loads(store.get(key))
    return Numbered(record["number"], date.fromisoformat(record["day"]), record["folder"])
