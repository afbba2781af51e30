"""What the desk shows of deliveries at one moment: the board, what is to be done, and the story of each of its cells. Read only.

A moment is made once and shown until somebody writes: what it rests on is looked at each time that it is asked for, so that it is never old.
Nothing is kept, whatever has to be computed for it. Does not belong here: pages and people (desk); what a click does (desk_acts).
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property, lru_cache
from pathlib import Path
from threading import Lock

import pyarrow.compute as pc

from kkz_eval.contracts.contract import Contract
from kkz_eval.deliveries.register.decisions import load_decisions
from kkz_eval.deliveries.register.judging import has_tables, load_findings
from kkz_eval.deliveries.register.noted import ASKED, DECIDED, Remark, remarks
from kkz_eval.deliveries.register.parsed_tables import load_parsed
from kkz_eval.deliveries.register.register import Arrival, returned_keys, tombstones_of
from kkz_eval.line.handing_in import units_of
from kkz_eval.line.installation import Installation, open_with_faulty_plans
from kkz_eval.line.official_figures import official_places
from kkz_eval.line.snapshot import Snapshot, current_snapshot
from kkz_eval.model.collector import collected_later
from kkz_eval.model.errors import UserError
from kkz_eval.model.findings import Finding, iter_findings
from kkz_eval.model.parsed import ParsedTable
from kkz_eval.model.system_errors import reason_of
from kkz_eval.model.verdicts import Slice, Verdict
from kkz_eval.settings import Settings
from kkz_eval.stewardship.board import BoardCell, BoardTable, board_tables
from kkz_eval.stewardship.delivery_diff import Change, changes_between
from kkz_eval.stewardship.history import History, Place, histories, purged_places
from kkz_eval.stewardship.requests import Request, requests_of, waiting_parts
from kkz_eval.stewardship.sight import EVERYTHING, Sight
from kkz_eval.stewardship.to_do import ToDo, to_do
from kkz_eval.storage.digests import digest_of, digest_of_bytes
from kkz_eval.storage.listing import PARTIAL
from kkz_eval.storage.recent import RecentContents
from kkz_eval.storage.steps import Journal, Steps
from kkz_eval.storage.store import DraftStore, Store
from kkz_eval.storage.writer import is_long_ago, quiet_since

_BY_CLICK = (
    "waivers",
    "corrections",
)  # folders beside the contracts that are no part of an installation before its decisions are read

_DRAFTED = 128 << 20
"""So many bytes of tables are computed for pages before those go that no page has asked for meanwhile. A delivery makes 0.1 to 1 million of them anew,
and 20,000 files that no run has taken further come to 300."""


@dataclass(frozen=True, eq=False)
class Moment:
    """All deliveries of an installation as they stand. name: the same for the same state of all that it shows."""

    snapshot: Snapshot
    name: str

    @property
    def installation(self) -> Installation:
        """With its contracts and decisions as they are then."""
        return self.snapshot.installation

    @property
    def today(self) -> date:
        """The day of the moment."""
        return self.snapshot.day

    @cached_property
    def histories(self) -> Mapping[Place, History]:
        """All that was said of every unit and year. Not those of the snapshot: what was decided at the desk since is no part of that."""
        shot = self.snapshot
        decided = waiting_parts(shot.steps.store, shot.register, shot.contracts, self.installation.decisions)
        return histories(shot.register, shot.contracts.values(), lambda contract: shot.accepted(contract.dataset), decided)

    @cached_property
    def tables(self) -> tuple[BoardTable, ...]:
        """The board of all units."""
        purged = purged_places(self.snapshot.register, self.snapshot.contracts)
        with collected_later():
            return board_tables(
                self.snapshot.contracts, self.histories, _official_places(self.snapshot), purged, self.snapshot.day
            )

    @cached_property
    def cells(self) -> Mapping[Place, BoardCell]:
        """The places of the board."""
        rows = (cell for table in self.tables for row in table.rows for cell in row)
        return {(cell.dataset, cell.unit_id, cell.year): cell for cell in rows}

    @cached_property
    def requests(self) -> tuple[Request, ...]:
        """All that was decided in returned copies and at the desk."""
        return requests_of(self.snapshot.steps.store, self.snapshot.register, self.snapshot.contracts)

    @cached_property
    def remarks(self) -> tuple[Remark, ...]:
        """All questions and answers."""
        return remarks(self.snapshot.steps.store)

    @cached_property
    def _to_do(self) -> tuple[ToDo, ...]:
        decisions = self.installation.decisions
        return to_do(self.tables, self.requests, decisions, self.remarks, self.snapshot.contracts, self.today)

    def to_do(self, sight: Sight) -> tuple[ToDo, ...]:
        """What is to be done about the deliveries that somebody sees."""
        own = (one for one in self._to_do if sight.sees(one.dataset, one.unit_id))
        return tuple(one for one in own if not one.whole or self.sees_whole(sight, one.whole))

    def board(self, sight: Sight) -> tuple[BoardTable, ...]:
        """The board of those that somebody sees."""
        seen = (
            (table, tuple(row for row in table.rows if row and sight.sees(row[0].dataset, row[0].unit_id)))
            for table in self.tables
        )
        return tuple(replace(table, rows=rows) for table, rows in seen if rows)

    def sees_whole(self, sight: Sight, sha256: str) -> bool:
        """Whether somebody sees all that a content speaks about: what any contract read of it, and units whose year could not be read too."""
        if sight == EVERYTHING:
            return True
        register, store = self.snapshot.register, self.snapshot.steps.store
        for contract_id in {arrival.contract_id for arrival in register.arrivals if arrival.sha256 == sha256}:
            contract, verdict = self.snapshot.contracts.get(contract_id), register.verdicts.get((sha256, contract_id))
            if contract is None or verdict is None or not has_tables(store.exists, verdict):
                return False  # nobody can say of whom it speaks
            units = units_of(load_parsed(store, verdict.parsed_key, contract))
            if not all(sight.sees(contract.dataset, unit) for unit in units):
                return False
        return True

    def contract_of(self, place: Place) -> Contract:
        """The contract of a place of the board."""
        return self.installation.contract_of(place[0])

    def remarks_at(self, place: Place) -> tuple[Remark, ...]:
        """The questions and answers at a place."""
        where = (self.contract_of(place).id, *place[1:])
        return tuple(one for one in self.remarks if one.place == where)

    def requests_at(self, place: Place) -> tuple[Request, ...]:
        """The requests about values of a place."""
        where = (self.contract_of(place).id, *place[1:])
        return tuple(
            one for one in self.requests if one.place and (one.place.contract, one.place.unit_id, one.place.year) == where
        )


@dataclass(frozen=True)
class Step:
    """A delivery in the story of a place: what was judged of it there, and what it changed.

    changes: values of the place that differ from the delivery before it, None for the first and where a table is
    not kept any more; counts: its values hold; n_errors: those of the place and of the whole file.
    """

    arrival: Arrival
    fate: Slice
    n_errors: int
    changes: tuple[Change, ...] | None
    counts: bool


@dataclass(frozen=True)
class Story:
    """All that is known of a place of the board.

    cell: as on the board; steps: the newest last; findings: of the newest about it, delivered: what that holds there, both None where not kept.
    """

    cell: BoardCell
    steps: tuple[Step, ...]
    findings: tuple[Finding, ...] | None
    delivered: ParsedTable | None = None


def story_of(moment: Moment, place: Place) -> Story:
    """The story of a place. Raises KeyError where the board has no such place."""
    cell = moment.cells[place]
    if cell.history is None:
        return Story(cell, (), ())
    contract, register, store = moment.contract_of(place), moment.snapshot.register, moment.snapshot.steps.store
    held = {arrival.sha256 for arrival in cell.history.holding}
    steps: list[Step] = []
    before: ParsedTable | None = None
    for arrival, fate in cell.history.entries:
        verdict = register.verdicts[(arrival.sha256, contract.id)]
        kept = has_tables(store.exists, verdict)
        values = _of_place(load_parsed(store, verdict.parsed_key, contract), place) if kept else None
        changed = None
        if before is not None and values is not None:
            changed = tuple(changes_between(before, values, contract))
        steps.append(Step(arrival, fate, verdict.n_errors_about(fate), changed, arrival.sha256 in held))
        before = values
    newest = cell.history.verdict
    findings = tuple(findings_of(moment, newest, place)) if has_tables(store.exists, newest) else None
    return Story(cell, tuple(steps), findings, before)


def _of_place(parsed: ParsedTable, place: Place) -> ParsedTable:
    table = parsed.table
    here = pc.and_(pc.equal(table.column("unit_id"), place[1]), pc.equal(table.column("year"), place[2]))
    return replace(parsed, table=table.filter(here))


def findings_of(moment: Moment, verdict: Verdict, place: Place) -> Iterator[Finding]:
    """Those of a verdict about a unit and year, and those that name none: they are about the whole file. Raises UserError where they are not kept."""
    findings = load_findings(moment.snapshot.steps.store, verdict)
    own = (
        pc.or_kleene(pc.equal(findings.column(name), value), pc.is_null(findings.column(name)))
        for name, value in zip(("unit_id", "year"), place[1:], strict=True)
    )
    return iter_findings(findings.filter(pc.and_kleene(*own)))


_ONE_AT_A_TIME = Lock()
_known: dict[Path, tuple[object, Moment]] = {}
"""By home: the mark under which the last moment is known to be that of now, and the moment."""


def moment_at_hand(settings: Settings) -> Moment | None:
    """The deliveries as they stand now, where nobody has to wait for them; None where it would take a while to look at them."""
    mark, known = _mark(settings), _known.get(settings.home)
    return known[1] if mark is not None and known is not None and known[0] == mark else None


def moment_of(settings: Settings) -> Moment:
    """The deliveries as they stand now, on the day of the settings. Plans that are not valid stand aside. Raises UserError as open_with_faulty_plans
    and current_snapshot.

    As long as nobody has written in the home and no contract, plan or decision has changed, it is the moment that was made last.
    """
    at_hand = moment_at_hand(settings)
    if at_hand is not None:
        return at_hand
    mark = _mark(settings)
    with _ONE_AT_A_TIME:  # of many who ask, one makes it
        known = _known.get(settings.home)
        if mark is not None and known is not None and known[0] == mark:
            return known[1]
        moment = _made(settings, None if known is None else known[1])
        _known[settings.home] = (mark, moment)
    return moment


def _mark(settings: Settings) -> tuple[object, ...] | None:
    """What changes with each writer and with each file that people edit; None where the clock is too coarse to tell yet."""
    written = quiet_since(settings.home)
    try:
        files = {path: _times(path) for path in _files(settings.contracts)}
    except FileNotFoundError:  # one went while the others were looked at
        return None
    newest = max((times[-1] for times in files.values()), default=0)
    return None if written is None or not is_long_ago(newest) else (written, files, settings)


def _made(settings: Settings, last: Moment | None) -> Moment:
    """The moment as all that it rests on is now, looked at object by object; the last one where that is the same."""
    kept = Store.at(settings.store)
    contents = [(path, digest_of_bytes(Path(path).read_bytes())) for path in _files(settings.contracts, but=_BY_CLICK)]
    installation = _installation(settings, digest_of(contents))
    decisions = load_decisions(settings.contracts, installation.contracts, settings.day)
    opened = replace(installation, decisions=decisions, steps=_drafts_over(kept, tombstones_of(kept)))
    if last is not None and _is_same(last.installation, opened):
        opened = last.installation  # by identity, so that the snapshot of the same state is the same value
    snapshot = current_snapshot(opened)
    noted = [key for folder in (DECIDED, ASKED) for key in kept.list(folder)]
    name = digest_of([snapshot.name, noted, returned_keys(kept)])
    return last if last is not None and last.snapshot is snapshot and last.name == name else Moment(snapshot, name)


def _is_same(one: Installation, other: Installation) -> bool:
    same = one.contracts is other.contracts and one.steps is other.steps and one.settings == other.settings
    return same and one.decisions == other.decisions


@lru_cache(maxsize=2)
def _installation(settings: Settings, edited: str) -> Installation:
    """The installation as long as nobody edits what it is made of. edited: digest of that."""
    return open_with_faulty_plans(settings)


@lru_cache(maxsize=1)
def _drafts_over(store: Store, removed: frozenset[str]) -> Steps:
    """What has to be computed for moments, in memory: dropped where anything was removed, and what no page asks for any more after a while."""
    return Steps(DraftStore.over(store, RecentContents(_DRAFTED)), Journal.of_nobody())


def _files(folder: Path, but: tuple[str, ...] = ()) -> list[str]:
    """Paths of all files of a folder and of those below it."""
    found: list[str] = []
    for base, folders, names in os.walk(folder, onerror=_raised):
        folders[:] = [name for name in folders if name not in but]
        found += [f"{base}/{name}" for name in names if not name.startswith(PARTIAL)]
    return sorted(found)


def _raised(error: OSError) -> None:
    """What os.walk would pass over: a folder of decisions that can't be listed holds no fewer for that."""
    if not isinstance(error, FileNotFoundError):
        raise UserError("storage_not_readable", place=error.filename, reason=reason_of(error)) from error


def _times(path: str) -> tuple[int, ...]:
    seen = os.stat(path)
    return seen.st_ino, seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns


_of_official: dict[tuple[str, ...], frozenset[Place]] = {}


def _official_places(snapshot: Snapshot) -> frozenset[Place]:
    """As official_places, once for the same official tables: looking through them takes longer than all else."""
    asked = {name for contract in snapshot.contracts.values() for name in contract.terms.official_datasets}
    known = {contract.dataset for contract in snapshot.contracts.values()}
    edited = snapshot.contracts.values()
    tables = (*(snapshot.accepted(name).key for name in sorted(asked & known)), *sorted(one.digest for one in edited))
    if tables not in _of_official:
        _of_official.clear()
        _of_official[tables] = official_places(snapshot)
    return _of_official[tables]
