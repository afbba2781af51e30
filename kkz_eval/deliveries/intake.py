"""From the inbox to landing: every file is looked at before its bytes are kept. Reads the inbox, never changes it.

What happens to a file: landed (its bytes are kept for ever under their digest), known (nothing new), other years,
unclaimed (no contract knows it: not used), refused (unreadable, or records of persons: nothing of it is kept).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from kkz_eval.contracts.contract import Contract
from kkz_eval.deliveries import inkar_editions
from kkz_eval.deliveries.reader import Claimed, PersonRecords, Unclaimed, Unreadable, read_file
from kkz_eval.deliveries.register import NewArrival, Register, read_register, record_arrivals, record_returned
from kkz_eval.deliveries.returned import Returned, read_returned
from kkz_eval.model.errors import UserError
from kkz_eval.model.texts import Language, text
from kkz_eval.storage.digests import digest_of, digest_of_bytes
from kkz_eval.storage.store import Store

MAXIMUM_BYTES = 256 * 1024 * 1024


@dataclass(frozen=True)
class Notice:
    """A sentence about a file of the inbox. kind: unclaimed | refused | same_content | other_years | returned."""

    kind: str
    name: str
    sentences: Mapping[Language, str]


@dataclass(frozen=True)
class Intake:
    """What a scan of the inbox did.

    present: number of files; landed: names that brought something new; waiting_years: of files left for other years.
    """

    register: Register
    present: int
    landed: tuple[str, ...]
    known: tuple[str, ...]
    notices: tuple[Notice, ...]
    waiting_years: frozenset[int]


def landing_key(sha256: str) -> str:
    """Where the bytes of a content are kept."""
    return f"landing/{sha256[:2]}/{sha256}"


def inbox_files(inbox: Path) -> tuple[str, ...]:
    """Names of the files below the inbox, sorted, as relative paths with `/`; hidden files and Excel's locks are not files.

    Raises UserError where the inbox is not a folder that can be read.
    """
    if not inbox.is_dir():
        raise UserError("inbox_missing", inbox=str(inbox))
    names = [path.relative_to(inbox).as_posix() for path in inbox.rglob("*") if path.is_file() or path.is_symlink()]
    return tuple(sorted(name for name in names if not any(part.startswith((".", "~$")) for part in name.split("/"))))


def take_in(
    store: Store,
    inbox: Path,
    contracts: Mapping[str, Contract],
    years: Iterable[int],
    today: date | None = None,
) -> Intake:
    """Screen the files of the inbox, keep the bytes of those that a contract claims, and record their arrival.

    years: only files that speak about one of these reporting years are taken; today: the day kept with each arrival, None for none. The arrivals of one scan are recorded in one
    atomic write, after all bytes are kept: a kill before it leaves no trace in the register, and the scan is done again.
    """
    wanted = frozenset(years)
    day = "" if today is None else today.isoformat()
    names = inbox_files(inbox)
    register = read_register(store)
    known: list[str] = []
    landed: list[str] = []
    arrivals: list[NewArrival] = []
    notices: list[Notice] = []
    taken: dict[str, tuple[str, list[NewArrival]]] = {}
    waiting: set[int] = set()
    seen: dict[str, str] = {}
    for name in names:
        data = _bytes_of(inbox / name, name)
        if isinstance(data, Notice):
            notices.append(data)
            continue
        sha256 = digest_of_bytes(data)
        earlier = taken[sha256][0] if sha256 in taken else _last_name(register, sha256)
        if refusal := _refusal(register, name, sha256, earlier, contracts):
            notices.append(refusal)
            continue
        seen[name] = sha256
        if register.knows(name, sha256):
            known.append(name)
            continue
        if sha256 in taken:  # recorded under this name too, so that the next scan knows it
            twin, found = taken[sha256]
            arrivals += [replace(arrival, name=name) for arrival in found]
            notices.append(_notice("same_content", name, "same_content", twin=twin))
            continue
        match read_file(data, name, contracts):
            case Claimed(parsed=parsed):
                found = [NewArrival(name, sha256, p.contract_id, p.years(), day) for p in parsed]
                spoken = sorted({year for arrival in found for year in arrival.years})
                if spoken and not wanted.intersection(spoken):
                    waiting.update(spoken)
                    notices.append(_notice("other_years", name, "other_years", years=year_spans(spoken)))
                    continue
                returned = read_returned(data)
                if returned is not None and returned.original in register.tombstones:
                    notices.append(_purged(register, name, returned.original))
                    continue
                notices += _keep(store, name, sha256, data, returned)
                arrivals += found
                taken[sha256] = (name, found)
                landed.append(name)
            case Unclaimed() as result:
                notices.append(Notice("unclaimed", name, {"de": result.sentence("de"), "en": result.sentence("en")}))
            case Unreadable() | PersonRecords() as result:
                notices.append(Notice("refused", name, {"de": result.sentence("de"), "en": result.sentence("en")}))
    return Intake(
        record_arrivals(store, arrivals, seen), len(names), tuple(landed), tuple(known), tuple(notices), frozenset(waiting)
    )


def fingerprint(inbox: Path, register: Register) -> str | None:
    """Digest of what is new in the inbox (names and contents) and of the last arrival's number; None where nothing is new."""
    if not inbox.is_dir():
        return None
    new: list[list[object]] = []
    for name in inbox_files(inbox):
        try:
            sha256 = digest_of_bytes((inbox / name).read_bytes())
        except OSError:  # the run says so; here it is no reason to start one
            continue
        if sha256 not in register.tombstones and not register.knows(name, sha256):
            new.append([name, sha256])
    number = max((arrival.number for arrival in register.arrivals), default=0)
    return digest_of([new, number]) if new else None


def year_spans(years: Iterable[int]) -> str:
    """Years as people write them: `2006–2009, 2011`."""
    spans: list[list[int]] = []
    for year in sorted(set(years)):
        if spans and year == spans[-1][1] + 1:
            spans[-1][1] = year
        else:
            spans.append([year, year])
    return ", ".join(str(a) if a == b else f"{a}–{b}" for a, b in spans)


def _bytes_of(path: Path, name: str) -> bytes | Notice:
    try:
        if path.stat().st_size > MAXIMUM_BYTES:
            return _notice("refused", name, "file_too_large", limit=str(MAXIMUM_BYTES // 2**20))
        return path.read_bytes()
    except OSError:
        return _notice("refused", name, "file_not_readable")


def _keep(store: Store, name: str, sha256: str, data: bytes, returned: Returned | None) -> list[Notice]:
    """Keep the bytes of a claimed file, and what a returned marked copy says of its findings."""
    store.put_if_absent(landing_key(sha256), data)
    if returned is None:
        return []
    record_returned(store, sha256, returned)
    return [_notice("returned", name, "returned", decided=str(len(returned.rows)))]


def _refusal(register: Register, name: str, sha256: str, earlier: str | None, contracts: Mapping[str, Contract]) -> Notice | None:
    """Why a content is not taken in under a name, whatever it holds; None where nothing speaks against it."""
    if sha256 in register.tombstones:
        return _purged(register, name, sha256)
    if earlier is not None and _say_different(earlier, name, contracts):
        return _notice("refused", name, "named_otherwise", other=earlier)
    return None


def _last_name(register: Register, sha256: str) -> str | None:
    """The name under which a content came last; None where it never came."""
    return next((arrival.name for arrival in reversed(register.arrivals) if arrival.sha256 == sha256), None)


def _say_different(earlier: str, name: str, contracts: Mapping[str, Contract]) -> bool:
    """Whether two names of one content say different indicators: a file with editions side by side is what its name says."""
    serving = [contract for contract in contracts.values() if inkar_editions.LAYOUT in contract.layouts]
    said = [{inkar_editions.indicator_named(contract, each) for contract in serving} - {None} for each in (earlier, name)]
    return bool(said[0] and said[1]) and said[0] != said[1]


def _purged(register: Register, name: str, sha256: str) -> Notice:
    stone = register.tombstones[sha256]
    return _notice("refused", name, "purged", reason=stone.reason, date=stone.date)


def _notice(kind: str, name: str, code: str, **parameters: str) -> Notice:
    return Notice(
        kind,
        name,
        {
            "de": text(f"notices.{code}", "de", name=name, **parameters),
            "en": text(f"notices.{code}", "en", name=name, **parameters),
        },
    )
