"""A report that is kept, computed anew from what was delivered, and what is otherwise.

Belongs here: which state it was made from, computing without anything that was derived before, and comparing files, tables and pages. Does not
belong here: comparing result tables cell by cell (evaluation.replayed), damage of the home (soundness), printing (commands/verify.py).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from kkz_eval.deliveries.register.judging import is_given_alike
from kkz_eval.evaluation.replayed import Replay, replayed
from kkz_eval.line import say
from kkz_eval.line.edition_changes import RECORD, Record, edition_of_record
from kkz_eval.line.installation import Installation
from kkz_eval.line.intake import EVERY_YEAR, judge_arrivals
from kkz_eval.line.kept_reports import KeptReport, NumberOnPage
from kkz_eval.line.report import report_inputs
from kkz_eval.line.snapshot import open_snapshot
from kkz_eval.line.study import Study
from kkz_eval.model.errors import UserError
from kkz_eval.reporting.build import build_document
from kkz_eval.reporting.document import Number, numbers
from kkz_eval.storage.digests import digest_of_bytes
from kkz_eval.storage.seals import SUMS, listed_sums
from kkz_eval.storage.steps import Steps
from kkz_eval.storage.store import DraftStore, Store

_SAME = 1e-7  # of the larger: as between two results
_OF_THE_RECORD = "edition"  # part of the identifier of numbers on what changed between editions: they are kept as they were told


@dataclass(frozen=True, eq=False)
class Underived(DraftStore):
    """A draft over a store that sees nothing of what was derived: whatever is needed is computed from the deliveries, in memory.

    taken: folders of derived tables that are seen all the same, as nobody here can make them again.
    """

    taken: frozenset[str] = frozenset()

    @classmethod
    def without(cls, store: Store, taken: Iterable[str]) -> Underived:
        """A draft on top of a store, which is only read."""
        return cls(store.fs, store.root, taken=frozenset(taken))

    def get(self, key: str) -> bytes:
        """The bytes under `key`. Raises UserError for what was derived and is not drafted, as if it were not there."""
        if self._is_hidden(key):
            raise UserError("object_missing", key=key, home=self.address, option=self.option)
        return super().get(key)

    def exists(self, key: str) -> bool:
        """Whether an object is drafted, or kept and seen."""
        return not self._is_hidden(key) and super().exists(key)

    def list_again(self, prefix: str) -> list[str]:
        """As `list`."""
        return [key for key in super().list_again(prefix) if not self._is_hidden(key)]

    def list(self, prefix: str) -> list[str]:
        """Keys below `prefix`, sorted, without what is hidden."""
        return [key for key in super().list(prefix) if not self._is_hidden(key)]

    def _is_hidden(self, key: str) -> bool:
        return key.startswith("derived/") and key not in self.drafts and not any(key.startswith(one) for one in self.taken)


@dataclass(frozen=True)
class NumberDiffers:
    """A number on a page that is another now. expected, found: as text, "" where it is not there."""

    page: str
    number: str
    expected: str
    found: str


@dataclass(frozen=True)
class Verification:
    """What was found. files: checked against their sums; altered, missing: names of those that do not hold; tables: of the results, compared; numbers: on
    pages, compared; pages: what differs on them; not_read: contents whose table was taken as it is kept."""

    files: int
    altered: tuple[str, ...]
    missing: tuple[str, ...]
    tables: Replay
    numbers: int
    pages: tuple[NumberDiffers, ...]
    not_read: int = 0

    @property
    def count(self) -> int:
        """How much differs."""
        return len(self.altered) + len(self.missing) + len(self.tables.differences) + len(self.pages)


def verify(installation: Installation, report: KeptReport) -> Verification:
    """Compute a report anew and compare. Nothing is written.

    Raises UserError where the state that it was made from is not kept, or contracts, plans or decisions are others now.
    """
    store = installation.steps.store
    files, altered, missing = _against_sums(store, report.folder)
    record = _record(store, report)
    study, not_read = _study_anew(installation, report, record["snapshot"])
    kept = (key for key in store.list(report.folder) if key.endswith(".csv") and key.count("/") == report.folder.count("/") + 1)
    tables = replayed({key.rpartition("/")[2]: store.get(key) for key in kept}, study.effects)
    inputs = replace(report_inputs(study, study.effects), edition=edition_of_record(record))
    n, differing = 0, []
    for language in report.plan.languages:
        page = f"{report.folder}/{say('report.page').in_language(language)}"
        if page in report.pages:
            then = {name: number for name, number in report.numbers(store, page).items() if _OF_THE_RECORD not in name.split(".")}
            now = {number.identifier: number for number in numbers(build_document(inputs, language))}
            n += len(then)
            differing += list(_apart(page.rpartition("/")[2], then, now))
    return Verification(files, altered, missing, tables, n, tuple(differing), not_read)


def _apart(page: str, then: Mapping[str, NumberOnPage], now: Mapping[str, Number]) -> Iterator[NumberDiffers]:
    for identifier in dict.fromkeys([*then, *(name for name in now if _OF_THE_RECORD not in name.split("."))]):
        a, b = then.get(identifier), now.get(identifier)
        if a is None or b is None or abs(a.value - b.value) > _SAME * max(abs(a.value), abs(b.value)):
            yield NumberDiffers(page, identifier, a.text if a else "", b.text if b else "")


def _against_sums(store: Store, folder: str) -> tuple[int, tuple[str, ...], tuple[str, ...]]:
    listed = listed_sums(store.kept(f"{folder}/{SUMS}"))
    there = {name for name in listed if store.exists(f"{folder}/{name}")}
    altered = [name for name in sorted(there) if digest_of_bytes(store.kept(f"{folder}/{name}")) != listed[name]]
    return len(listed), tuple(altered), tuple(sorted(set(listed) - there))


def _record(store: Store, report: KeptReport) -> Record:
    key = f"{report.folder}/{RECORD}"
    record: Record = json.loads(store.get(key)) if store.exists(key) else {}
    if "snapshot" not in record:
        raise UserError("report_without_snapshot", package=say.package, folder=report.folder)
    return record


def _study_anew(installation: Installation, report: KeptReport, snapshot: str) -> tuple[Study, int]:
    """The study of the state that a report was made from, with nothing derived before; and how many contents were not read again.

    Those are contents whose verdict another version of the programme or of the contract gave: it stands with the table that it was given on.
    """
    verdicts = open_snapshot(installation, snapshot).register.verdicts.values()
    contracts = installation.contracts
    taken = [v for v in verdicts if v.contract_id not in contracts or not is_given_alike(v, contracts[v.contract_id])]
    seen = [key for verdict in taken for key in (verdict.parsed_key, verdict.findings_key)]
    blank = replace(installation, steps=Steps(Underived.without(installation.steps.store, seen)))
    judge_arrivals(blank, EVERY_YEAR)
    return Study(open_snapshot(blank, snapshot), report.plan), len(taken)


def differences_told(found: Verification) -> Iterator[tuple[str, dict[str, str]]]:
    """Key of the sentence and its parameters, for each thing that differs."""
    yield from (("file_altered", {"file": name}) for name in found.altered)
    yield from (("file_missing", {"file": name}) for name in found.missing)
    yield from (("table_differs", vars(one)) for one in found.tables.differences)
    yield from (("number_differs", vars(one)) for one in found.pages)
