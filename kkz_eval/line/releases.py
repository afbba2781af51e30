"""Which editions of a plan's reports somebody released, and which releases were withdrawn: acts in the register, only ever added to.

The files of an edition stay as they were looked at, so none of them says that it is released: a withdrawal could not reach a page or a PDF
that says so and was sent on. Their strip points to the page of all editions, which reads these acts.
Does not belong here: that page (current_pages), numbers and days of editions (editions).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date
from enum import StrEnum

from kkz_eval.evaluation.plan import report_folder
from kkz_eval.line import say
from kkz_eval.line.edition_changes import Record
from kkz_eval.line.editions import Numbered, numbered_editions, record_in
from kkz_eval.model.errors import UserError
from kkz_eval.storage.digests import digest_of_bytes
from kkz_eval.storage.seals import SUMS, listed_sums
from kkz_eval.storage.store import Store

SCHEMA_VERSION = 1
RELEASES = "register/releases"


class Act(StrEnum):
    """What was done to an edition."""

    RELEASE = "release"
    WITHDRAWAL = "withdrawal"


@dataclass(frozen=True)
class Released:
    """An act on an edition. number, folder: the edition; sums: digest of the list of its files; role: who; reason: of a withdrawal, else ""."""

    act: Act
    plan: str
    number: int
    folder: str
    sums: str
    role: str
    day: date
    reason: str = ""

    @property
    def edition(self) -> str:
        """Key of the folder of the edition."""
        return f"{report_folder(self.plan)}/{self.folder}"


def acts_on(store: Store, plan_id: str) -> tuple[Released, ...]:
    """All acts on the editions of a plan, the oldest first. Raises UserError where one is damaged."""
    return tuple(_read(store, key) for key in store.list(_place(plan_id)))


def standing(store: Store, plan_id: str) -> dict[str, Released]:
    """The last act on each edition of a plan, by the name of its folder; one that is missing was never released."""
    return {act.folder: act for act in acts_on(store, plan_id)}


def newest_released(store: Store, plan_id: str) -> Released | None:
    """The released edition with the highest number, None where none is."""
    released = [act for act in standing(store, plan_id).values() if act.act is Act.RELEASE]
    return max(released, key=lambda act: act.number, default=None)


def release(store: Store, plan_id: str, number: int, role: str, day: date) -> Released:
    """Release an edition. The caller is the only writer.

    Raises UserError where there is no such edition, it is gone or damaged, shows simulated figures or is released already, or nobody is named.
    """
    edition = _edition(store, plan_id, number)
    last = standing(store, plan_id).get(edition.folder)
    if last is not None and last.act is Act.RELEASE:
        raise UserError("released_already", package=say.package, plan=plan_id, number=number, day=last.day, role=last.role)
    if _kept_record(store, plan_id, edition)["simulated"]:
        raise UserError("release_simulated", package=say.package, plan=plan_id, number=number)
    act = Released(Act.RELEASE, plan_id, number, edition.folder, _whole(store, plan_id, edition), _named(role), day)
    return _keep(store, act)


def withdraw(store: Store, plan_id: str, number: int, role: str, reason: str, day: date) -> Released:
    """Withdraw the release of an edition; also of one that is gone since. The caller is the only writer.

    Raises UserError where there is no such edition or it is not released, or nobody and no reason is named.
    """
    edition = _edition(store, plan_id, number)
    last = standing(store, plan_id).get(edition.folder)
    if last is None or last.act is not Act.RELEASE:
        raise UserError("not_released", package=say.package, plan=plan_id, number=number)
    if not reason.strip():
        raise UserError("withdrawal_without_reason", package=say.package)
    act = Released(Act.WITHDRAWAL, plan_id, number, edition.folder, last.sums, _named(role), day, " ".join(reason.split()))
    return _keep(store, act)


def altered_since(store: Store) -> Iterator[tuple[str, bool]]:
    """Editions that are not what was released: key of the list of their files, and whether it is there at all."""
    for plan in dict.fromkeys(_read(store, key).plan for key in store.list(RELEASES)):
        for act in standing(store, plan).values():
            key = f"{act.edition}/{SUMS}"
            if not store.exists(key):
                yield key, False
            elif digest_of_bytes(store.kept(key)) != act.sums:
                yield key, True


def _edition(store: Store, plan_id: str, number: int) -> Numbered:
    known = numbered_editions(store, plan_id)
    for one in known:
        if one.number == number:
            return one
    shown = ", ".join(str(one.number) for one in known) or "–"
    raise UserError("report_edition_unknown", package=say.package, plan=plan_id, number=number, known=shown)


def _kept_record(store: Store, plan_id: str, edition: Numbered) -> Record:
    record = record_in(store, plan_id, edition.folder)
    if record is None:
        raise UserError("edition_not_whole", package=say.package, plan=plan_id, number=edition.number)
    return record


def _whole(store: Store, plan_id: str, edition: Numbered) -> str:
    """Digest of the list of an edition's files, each of which is as it is listed."""
    folder = f"{report_folder(plan_id)}/{edition.folder}"
    listed = listed_sums(store.get(f"{folder}/{SUMS}")) if store.exists(f"{folder}/{SUMS}") else {}
    files = {f"{folder}/{name}": digest for name, digest in listed.items()}
    if not files or not all(store.exists(key) and digest_of_bytes(store.kept(key)) == digest for key, digest in files.items()):
        raise UserError("edition_not_whole", package=say.package, plan=plan_id, number=edition.number)
    return digest_of_bytes(store.kept(f"{folder}/{SUMS}"))


def _named(role: str) -> str:
    if not role.strip():
        raise UserError("release_without_role", package=say.package)
    return " ".join(role.split())


def _keep(store: Store, act: Released) -> Released:
    number = len(acts_on(store, act.plan)) + 1
    record = {**asdict(act), "schema_version": SCHEMA_VERSION, "day": act.day.isoformat()}
    store.put_if_absent(f"{_place(act.plan)}/{number:06d}.json", json.dumps(record, ensure_ascii=False).encode())
    return act


def _read(store: Store, key: str) -> Released:
    record = json.loads(store.get(key))
    texts = {name: record[name] for name in ("plan", "folder", "sums", "role", "reason")}
    return Released(act=Act(record["act"]), number=record["number"], day=date.fromisoformat(record["day"]), **texts)


def _place(plan_id: str) -> str:
    return f"{RELEASES}/{report_folder(plan_id).partition('/')[2]}"
