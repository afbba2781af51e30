"""From the inbox or the desk to landing: every file is looked at before its bytes are kept. Reads the inbox, never changes it.

What happens to a file: landed (its bytes are kept for ever under their digest, what was read of it for judging), known (nothing new), other years,
unclaimed (no contract knows it: not used), refused (unreadable, or records of persons: nothing of it is kept).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from kkz_eval.contracts.contract import Contract
from kkz_eval.deliveries.columns.future import with_future_found
from kkz_eval.deliveries.municipal.returned import NAMED_BY, Returned
from kkz_eval.deliveries.official import inkar_editions
from kkz_eval.deliveries.register.inbox import content_in, digests_in, fault_of_name, files_if_inbox, inbox_files, shown, twins
from kkz_eval.deliveries.register.named_units import others_than_named
from kkz_eval.deliveries.register.parsed_tables import is_kept, keep_parsed, load_parsed, parsed_key, same_values
from kkz_eval.deliveries.register.reading_process import Serves, look_over, read_apart
from kkz_eval.deliveries.register.register import NewArrival, Register, read_register, record_arrivals, record_returned
from kkz_eval.deliveries.results import PersonRecords, Unclaimed, Unreadable
from kkz_eval.model import say
from kkz_eval.model.parsed import ParsedTable
from kkz_eval.model.reading_limits import DEFAULT_LIMITS, Limits
from kkz_eval.model.texts import Joined, Localised
from kkz_eval.model.verdicts import State
from kkz_eval.storage.digests import digest_of, digest_of_bytes
from kkz_eval.storage.index import keep_index, read_index
from kkz_eval.storage.store import Store


@dataclass(frozen=True)
class Notice:
    """A sentence about a file of the inbox. kind: unclaimed | refused | same_content | same_name | other_years | other_unit | returned; name: as it can be printed."""

    kind: str
    name: str
    sentence: Localised


@dataclass(frozen=True)
class Intake:
    """What a scan of the inbox did.

    present: number of files; landed: names that brought something new; waiting_years: of files left for other years; unread: of files that could not be
    read at that moment, as they can be printed.
    """

    register: Register
    present: int
    landed: tuple[str, ...]
    known: tuple[str, ...]
    notices: tuple[Notice, ...]
    waiting_years: frozenset[int]
    unread: tuple[str, ...] = ()


def landing_key(sha256: str) -> str:
    """Where the bytes of a content are kept."""
    return f"landing/{sha256[:2]}/{sha256}"


def take_in(
    store: Store,
    inbox: Path,
    contracts: Mapping[str, Contract],
    years: Iterable[int],
    today: date | None = None,
    limits: Limits = DEFAULT_LIMITS,
    unsettled: Collection[str] = (),
) -> Intake:
    """Screen the files of the inbox, keep the bytes of those that a contract claims, and record their arrival.

    years: only files that speak about one of these reporting years are taken; today: the day kept with each arrival, None for none;
    limits: of reading one file; unsettled: names of files that are still being written. A file that exceeds the limits, ends its reader
    or is unsettled is refused, and the others are taken. The arrivals of one scan are recorded in one atomic write, after all bytes are
    kept: a kill before it leaves no trace in the register, and the scan is done again. So it is where another scan recorded first.
    """
    wanted = frozenset(years)
    while True:
        names = inbox_files(inbox)
        before = read_register(store)
        scan = _Scan(store, before, contracts, wanted, _day_of(before, today), limits, whole=whole_in_landing(store))
        scan.look_through(inbox, names, unsettled)
        register = record_arrivals(store, scan.register, scan.arrivals, scan.seen, scan.returned)
        if register is not None:
            scan.keep_index()
            waiting, unread = frozenset(scan.waiting_years), tuple(scan.unread)
            return Intake(register, len(names), tuple(scan.landed), tuple(scan.known), tuple(scan.notices), waiting, unread)


_INDEX, _INDEXED = "landing", ("landing",)


def whole_in_landing(store: Store) -> frozenset[str]:
    """Keys of the landed contents that are what they were when they were last compared with a file of the inbox."""
    index = read_index(store, _INDEX, _INDEXED)
    return frozenset() if index is None else index.unchanged


def last_day(register: Register) -> str:
    """The day of the last arrival, ISO; "" where it was not recorded, or nothing arrived."""
    return register.arrivals[-1].day if register.arrivals else ""


def _day_of(register: Register, today: date | None) -> str:
    """The day that new arrivals are kept with: none before that of the last one, whatever the clock says.

    What came later would else count as known before, and a clock of some years ago would find that a delivery speaks of the future.
    """
    return "" if today is None else max(today.isoformat(), last_day(register))


Objection = Callable[[str, Sequence[ParsedTable]], Localised | None]
"""Why somebody may not hand in a file, by its name and the tables that contracts read of it; None where nothing speaks against it."""


def take_in_handed(
    store: Store,
    name: str,
    data: bytes,
    contracts: Mapping[str, Contract],
    handed_in: str,
    today: date,
    limits: Limits,
    objection: Objection,
) -> Intake:
    """Screen a file that somebody hands in, keep its bytes where a contract claims it, and record its arrival: as of a scan of the inbox.

    handed_in: ISO day and time of day; objection: to keeping it. A content that came last of all that speaks of the same is known, whatever its
    name; else one that was there before counts anew. The files of the inbox stay as known as they were.
    """
    fault = fault_of_name(name)
    while True:
        register = read_register(store)
        by_desk = _ByDesk(handed_in, objection)
        scan = _Scan(store, register, contracts, None, _day_of(register, today), limits, by_desk)
        if fault is None:
            scan.look_at(name, data)
            scan.look_at_copies()
        else:
            scan.notices.append(_refused(name, fault))
        after = record_arrivals(store, register, scan.arrivals, register.seen, scan.returned)
        if after is not None:
            return Intake(after, 1, tuple(scan.landed), tuple(scan.known), tuple(scan.notices), frozenset())


@dataclass(frozen=True)
class _ByInbox:
    """How files of the inbox come: nobody stands beside them."""

    handed_in: str = ""

    def is_known(self, register: Register, name: str, sha256: str) -> bool:
        """Whether a content is nothing new: it lay there under this name when something last arrived."""
        return register.knows(name, sha256)

    def objection(self, _: str, __: Sequence[ParsedTable]) -> Localised | None:
        """None: whoever can write there hands in for all."""
        return None


@dataclass(frozen=True)
class _ByDesk:
    """How files come that somebody hands in, and what speaks against it."""

    handed_in: str
    objection: Objection

    def is_known(self, register: Register, _: str, sha256: str) -> bool:
        """Whether a content is nothing new: nothing has come since that speaks of the same."""
        return register.came_last(sha256) is not None


@dataclass
class _Scan:
    """One scan of the inbox, file by file, in the order of their names.

    years: that are wanted, None for all; day: kept with each arrival; seen: digest by name; taken: by digest, the name and arrivals of what is new;
    returned: digests of the marked copies among it; unread: names of what could not be read; copies: these by name, with what is decided in them and what was read;
    whole, compared: keys of landed contents that need not be compared with the files here, and that were.
    """

    store: Store
    register: Register
    contracts: Mapping[str, Contract]
    years: frozenset[int] | None
    day: str
    limits: Limits
    way: _ByInbox | _ByDesk = field(default_factory=_ByInbox)
    known: list[str] = field(default_factory=list)
    landed: list[str] = field(default_factory=list)
    arrivals: list[NewArrival] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    taken: dict[str, tuple[str, list[NewArrival]]] = field(default_factory=dict)
    waiting_years: set[int] = field(default_factory=set)
    unread: list[str] = field(default_factory=list)
    seen: dict[str, str] = field(default_factory=dict)
    returned: set[str] = field(default_factory=set)
    copies: list[tuple[str, Returned, Sequence[ParsedTable]]] = field(default_factory=list)
    whole: frozenset[str] = frozenset()
    compared: set[str] = field(default_factory=set)

    def look_through(self, inbox: Path, names: Sequence[str], unsettled: Collection[str]) -> None:
        """Look at these files of the inbox, each as it is when its turn comes."""
        self.notices += [_notice("same_name", name, "same_name", twin=shown(twin)) for name, twin in twins(names).items()]
        for name in names:
            data = Unreadable("file_changing", {"name": name}) if name in unsettled else content_in(inbox, name)
            if isinstance(data, Unreadable):
                self.notices.append(_refused(name, data))
                self.unread.append(shown(name))
                self._keep_as_seen(name)
            else:
                self.look_at(name, data)
        self.look_at_copies()

    def _keep_as_seen(self, name: str) -> None:
        """What lies there can't be read at this moment, and was not away: read again, it must not count as new, and as newer than its correction."""
        self.seen |= {seen: was for seen, was in self.register.seen.items() if seen == name or seen.startswith(f"{name}/")}

    def look_at_copies(self) -> None:
        """Say of each marked copy that was taken which file it belongs to."""
        for name, returned, parsed in self.copies:  # now that it is known which files came beside them
            self.notices += self._about_returned(name, returned, parsed)

    def look_at(self, name: str, data: bytes) -> None:
        """What is to be done with a file: nothing where it is known; else it is read."""
        sha256 = digest_of_bytes(data)
        earlier = self.taken[sha256][0] if sha256 in self.taken else self.register.last_name_of(sha256)
        if refusal := _refusal(self.register, name, sha256, earlier, self.contracts):
            self.notices.append(refusal)
            return
        self.seen[name] = sha256
        if self.way.is_known(self.register, name, sha256):
            self._land(sha256, data)  # where it is damaged or lost, the same bytes put it right
            self.known.append(name)
        elif sha256 in self.taken:  # recorded under this name too, so that the next scan knows it
            twin, found = self.taken[sha256]
            self.arrivals += [replace(arrival, name=name) for arrival in found]
            self.notices.append(_notice("same_content", name, "same_content", twin=twin))
        else:
            self._read(name, sha256, data)

    def _read(self, name: str, sha256: str, data: bytes) -> None:
        match read_apart(look_over, data, name, self.contracts, self.limits):
            case Serves() as found:
                self._take(name, sha256, data, found)
            case Unclaimed() as result:
                self.notices.append(Notice("unclaimed", name, result))
            case Unreadable() | PersonRecords() as result:
                self.notices.append(_refused(name, result))

    def _take(self, name: str, sha256: str, data: bytes, serves: Serves) -> None:
        """Keep the bytes of a claimed file, unless it is of other years or a marked copy of what was removed."""
        objection = self.way.objection(shown(name), serves.parsed)
        if objection is not None:
            self.notices.append(Notice("refused", shown(name), objection))
            return
        made_up, handed_in = serves.simulated, self.way.handed_in
        found = [
            NewArrival(name, sha256, table.contract_id, table.years(), self.day, made_up, handed_in) for table in serves.parsed
        ]
        spoken = sorted({year for arrival in found for year in arrival.years})
        if spoken and self.years is not None and not self.years.intersection(spoken):
            self.waiting_years.update(spoken)
            self.notices.append(_notice("other_years", name, "other_years", years=year_spans(spoken)))
            return
        returned = serves.returned
        if returned is not None and returned.original in self.register.tombstones:
            self.notices.append(_purged(self.register, name, returned.original))
            return
        inside = (unit for table in serves.parsed for unit in table.values("unit_id").drop_null().unique().to_pylist())
        if (slip := others_than_named(name, inside)) is not None:
            self.notices.append(Notice("other_unit", shown(name), Joined((f"{shown(name)}: ", slip), "")))
        self._land(sha256, data)
        earlier = self.register.last_name_of(sha256)
        if earlier is None:  # else it is read from landing, as of the day on which it first came
            self._keep_parsed(sha256, serves)
        elif earlier != name:
            self.notices.append(_notice("same_content", name, "same_content", twin=shown(earlier)))
        if returned is not None:
            record_returned(self.store, sha256, returned)
            self.returned.add(sha256)
            self.copies.append((name, returned, serves.parsed))
        self.arrivals += found
        self.taken[sha256] = (name, found)
        self.landed.append(name)

    def _land(self, sha256: str, data: bytes) -> None:
        key = landing_key(sha256)
        if key not in self.whole:
            self.store.restore(key, data)
            self.compared.add(key)

    def keep_index(self) -> None:
        """Keep which landed contents were found whole, where many were compared."""
        keep_index(self.store, _INDEX, _INDEXED, self.whole | self.compared, len(self.compared), dict)

    def _about_returned(self, name: str, returned: Returned, parsed: Sequence[ParsedTable]) -> Iterator[Notice]:
        """Which file a returned marked copy belongs to, whatever its name says; and whether it is corrected, or as it was with decisions about it."""
        beside = self.taken.get(returned.original)
        original = self.register.last_name_of(returned.original) if beside is None else beside[0]
        if original is None:
            yield _notice("returned", name, "returned_unknown", decided=str(len(returned.rows)))
            return
        yield self._changed_or_not(name, shown(original), returned, parsed)
        others = [one for one in self.register.arrivals if one.sha256 != returned.original and one.sha256[:NAMED_BY] in name]
        if others and returned.original[:NAMED_BY] not in name:
            yield _notice("returned", name, "returned_exchanged", original=shown(original), other=shown(others[-1].name))

    def _changed_or_not(self, name: str, original: str, returned: Returned, parsed: Sequence[ParsedTable]) -> Notice:
        verdicts = self.register.verdicts
        judged = [(table, verdicts.get((returned.original, table.contract_id))) for table in parsed]
        decided = str(len(returned.rows))
        if not all(verdict is not None and self._is_as_judged(table, verdict.parsed_key) for table, verdict in judged):
            return _notice("returned", name, "returned", original=original, decided=decided)
        if not returned.rows:
            return _notice("returned", name, "returned_untouched", original=original)
        about = {"original": original, "decided": decided, "state": State.DECIDED.said}
        return Notice("returned", shown(name), say("notices.returned_unchanged", name=shown(name), **about))

    def _is_as_judged(self, table: ParsedTable, key: str) -> bool:
        contract = self.contracts[table.contract_id]
        return is_kept(self.store.exists, key) and same_values(load_parsed(self.store, key, contract), table, contract)

    def _keep_parsed(self, sha256: str, serves: Serves) -> None:
        """Keep what was read of a new content, so that it is not read a second time to be judged."""
        for parsed in serves.parsed:
            contract = self.contracts[parsed.contract_id]
            table = with_future_found(parsed, contract, date.fromisoformat(self.day)) if self.day else parsed
            keep_parsed(self.store, parsed_key(sha256, contract), table, contract)


def fingerprint(inbox: Path, register: Register, handed_in_until: str = "9", now: str = "9") -> str | None:
    """Digest of what is new in the inbox (names and contents), of the last arrival's number and of what was removed; None where nothing is new.

    Where nothing is new in the inbox and the last arrival was handed in at the desk, by handed_in_until (ISO day and time of day), it is of that
    one, so that a run begins once for it. now: a moment after which none can be: what was handed in later was so by a clock that was set back since.

    A run that did not begin because a removal was not at its end begins after it: Dagster starts no run twice for one digest.
    """
    names = files_if_inbox(inbox)
    if names is None:
        return None
    new: list[list[object]] = []
    for name, sha256 in digests_in(inbox, names):  # of what can't be read the run says so; here it is no reason to start one
        if sha256 not in register.tombstones and not register.knows(name, sha256):
            new.append([name, sha256])
    number = max((arrival.number for arrival in register.arrivals), default=0)
    last = [one.handed_in for one in register.arrivals if one.number == number and one.handed_in]
    by_desk = any(not handed_in_until < moment <= now for moment in last)  # after now: the clock was set back since
    return digest_of([new, number, sorted(register.tombstones)]) if new or by_desk else None


def year_spans(years: Iterable[int]) -> str:
    """Years as people write them: `2006–2009, 2011`."""
    spans: list[list[int]] = []
    for year in sorted(set(years)):
        if spans and year == spans[-1][1] + 1:
            spans[-1][1] = year
        else:
            spans.append([year, year])
    return ", ".join(str(a) if a == b else f"{a}–{b}" for a, b in spans)


def _refusal(register: Register, name: str, sha256: str, earlier: str | None, contracts: Mapping[str, Contract]) -> Notice | None:
    """Why a content is not taken in under a name, whatever it holds; None where nothing speaks against it."""
    if sha256 in register.tombstones:
        return _purged(register, name, sha256)
    if earlier is not None and earlier != name and _say_different(earlier, name, contracts):
        return _notice("refused", name, "named_otherwise", other=earlier)
    return None


def _say_different(earlier: str, name: str, contracts: Mapping[str, Contract]) -> bool:
    """Whether two names of one content say different indicators: a file with editions side by side is what its name says."""
    serving = [contract for contract in contracts.values() if inkar_editions.LAYOUT in contract.layouts]
    said = [{inkar_editions.indicator_named(contract, each) for contract in serving} - {None} for each in (earlier, name)]
    return bool(said[0] and said[1]) and said[0] != said[1]


def _purged(register: Register, name: str, sha256: str) -> Notice:
    stone = register.tombstones[sha256]
    return _notice("refused", name, "purged", reason=stone.reason, date=stone.date)


def _refused(name: str, result: Unreadable | PersonRecords) -> Notice:
    return Notice("refused", shown(name), result)


def _notice(kind: str, name: str, code: str, **parameters: str) -> Notice:
    about = {"name": shown(name), **parameters}
    return Notice(kind, shown(name), say(f"notices.{code}", **about))
