"""From the register to what stewards send and look at: protocols, marked copies, the board, a folder with a reply for each municipality, next year's templates.

Belongs here: composing them from what is accepted and keeping them. Does not belong here: how they look (stewardship), judging.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import PurePosixPath

from kkz_eval.contracts.contract import Contract
from kkz_eval.deliveries.municipal.returned import NAMED_BY
from kkz_eval.deliveries.register.intake import landing_key
from kkz_eval.deliveries.register.judging import load_findings
from kkz_eval.deliveries.register.register import Arrival
from kkz_eval.line.installation import Installation
from kkz_eval.line.official_figures import official_figures, official_places
from kkz_eval.line.sentences import title_of
from kkz_eval.line.snapshot import Snapshot
from kkz_eval.line.weighed import Weighed
from kkz_eval.model.verdicts import State, Verdict
from kkz_eval.reference.tables import unit_label
from kkz_eval.stewardship import say
from kkz_eval.stewardship.board import SYMBOLS, BoardTable, board_page, board_tables
from kkz_eval.stewardship.due_days import owed_by
from kkz_eval.stewardship.history import DeliveryState, History, Place, delivery_state, purged_places
from kkz_eval.stewardship.marked_copy import Judged, marked_copy
from kkz_eval.stewardship.next_template import Asked, ToConfirm, next_template
from kkz_eval.stewardship.protocol import protocol_page
from kkz_eval.stewardship.replies import replies
from kkz_eval.storage.digests import code_digest, digest_of, digest_of_bytes
from kkz_eval.storage.seals import SUMS, sums_of

MARKED = "protokoll.xlsx"
_FOLDER = "protocols"


@dataclass(frozen=True)
class Board:
    """A board that is kept. page: key of the page; folders: key of each municipality's folder, by unit; states: number of cells in each state;
    n_overdue: of those that are missing, after their deadline."""

    page: str
    folders: Mapping[str, str]
    states: Mapping[State, int]
    n_overdue: int


@dataclass(frozen=True)
class Templates:
    """Templates that are kept. files: key of each by dataset and unit; folders: key of each municipality's folder, by unit."""

    files: Mapping[tuple[str, str], str]
    folders: Mapping[str, str]

    @property
    def of_each(self) -> list[tuple[str, int, str]]:
        """Of each municipality: its name, how many templates it gets, and the key of its folder; by name."""
        count = Counter(unit for _, unit in self.files)
        return sorted((unit_label(unit), count[unit], folder) for unit, folder in self.folders.items())


def write_protocols(snapshot: Snapshot, rows: Iterable[Weighed]) -> dict[str, str]:
    """Protocols of those of these deliveries that have findings: name of the file to key of the page."""
    found, is_there = (row for row in rows if row.verdict.has_findings), snapshot.steps.store.listed(_FOLDER)
    return {
        row.arrival.name: write_protocol(snapshot.installation, row.arrival, row.verdict, row.worth, is_there) for row in found
    }


def write_protocol(
    installation: Installation,
    arrival: Arrival,
    verdict: Verdict,
    standing: DeliveryState,
    is_there: Callable[[str], bool] | None = None,
) -> str:
    """Key of the page with all findings of a delivery, made where it is not there yet: anew where it is worth something else by now.

    is_there: whether a page is kept, where they were listed for many at once; else the store is asked.
    """
    contract, language, store = (
        installation.contracts[arrival.contract_id],
        installation.settings.language,
        installation.steps.store,
    )
    worth = [standing.state, *(sentence.in_language(language) for sentence in standing.sentences)]
    code = code_digest("kkz_eval.stewardship.protocol")
    parts = [arrival.name, arrival.simulated, asdict(verdict), contract.digest, language, worth, code]
    key = f"{_FOLDER}/{digest_of(parts)[:16]}/protokoll.html"
    if not (is_there or store.exists)(key):
        findings = load_findings(store, verdict)
        page = protocol_page(arrival.name, verdict, contract, findings, standing, language, arrival.simulated)
        store.put_if_absent(key, page.encode())
    return key


def write_marked_copies(snapshot: Snapshot, rows: Iterable[Weighed]) -> dict[str, str]:
    """The marked copies of those of these deliveries that are municipal and have findings: name of the file to key.

    Official tables have a protocol only: nobody decides in them.
    """
    municipal = {contract.id for contract in _municipal(snapshot.contracts)}
    found = (row for row in rows if row.verdict.has_findings and row.arrival.contract_id in municipal)
    is_there = snapshot.steps.store.listed(_FOLDER)
    return {
        row.arrival.name: write_marked_copy(snapshot.installation, row.arrival, row.verdict, row.worth, is_there) for row in found
    }


def write_marked_copy(
    installation: Installation,
    arrival: Arrival,
    verdict: Verdict,
    standing: DeliveryState,
    is_there: Callable[[str], bool] | None = None,
) -> str:
    """Key of the marked copy of a delivery, beside its protocol, written where it is not there yet. is_there: as of write_protocol.

    A workbook can carry no seal: the list beside it says that this is the copy that belongs here.
    """
    store = installation.steps.store
    folder = write_protocol(installation, arrival, verdict, standing, is_there).rpartition("/")[0]
    key = f"{folder}/{MARKED}"
    if not (is_there or store.exists)(key):
        contract = installation.contracts[arrival.contract_id]
        judged = Judged(contract, load_findings(store, verdict), verdict.status, verdict.slices, standing)
        language = installation.settings.language
        copy = marked_copy(store.get(landing_key(arrival.sha256)), arrival.name, [judged], language)
        for name, content in {SUMS: sums_of(folder, {MARKED: copy}), MARKED: copy}.items():  # the copy last: it says "complete"
            store.put_if_absent(f"{folder}/{name}", content)
    return key


def make_board(snapshot: Snapshot) -> Board:
    """The board as of the snapshot's day, with a folder for each municipality: the reply and the marked copies that go with it."""
    today = snapshot.day
    purged = purged_places(snapshot.register, snapshot.contracts)
    tables = board_tables(snapshot.contracts, snapshot.histories, official_places(snapshot), purged, today)
    links, copies = _protocols(snapshot, tables)
    owners = _owners(tables)
    letters = replies(tables, {digest: name for digest, (name, _) in copies.items() if digest in owners}, today)
    page = board_page(tables, links, today, snapshot.installation.settings.language)
    digest = digest_of([digest_of_bytes(page.encode()), letters, dict(copies.values())])
    folder = f"board/{digest[:16]}"
    folders = {unit: f"{folder}/{say('board_files.replies').in_language('de')}/{unit}" for unit in letters}
    key = f"{folder}/{say('board_files.page').in_language('de')}"
    store = snapshot.steps.store
    if not store.exists(key):
        files: dict[str, bytes] = {}
        for unit, letter in letters.items():
            for name, source in (copies[digest] for digest in sorted(copies) if owners.get(digest) == unit):
                files[f"{folders[unit]}/{name}"] = store.get_listed(*source.rsplit("/", 1))
            files[f"{folders[unit]}/{say('board_files.reply').in_language('de')}"] = letter.encode()
        files[key] = page.encode()  # last: it says "complete"
        sums = sums_of(folder, {name.removeprefix(f"{folder}/"): content for name, content in files.items()})
        for name, content in {f"{folder}/{SUMS}": sums, **files}.items():
            store.put_if_absent(name, content)
    cells = [cell for table in tables for row in table.rows for cell in row]
    states, n_overdue = Counter(cell.state for cell in cells), sum(cell.state == State.MISSING and cell.is_late for cell in cells)
    return Board(key, folders, {state: states[state] for state in SYMBOLS}, n_overdue)


def _municipal(contracts: Mapping[str, Contract]) -> list[Contract]:
    return [contract for contract in contracts.values() if contract.source == "municipal"]


def _protocols(snapshot: Snapshot, tables: Iterable[BoardTable]) -> tuple[dict[str, str], dict[str, tuple[str, str]]]:
    """By digest of the content: address of its protocol as seen from the board, and (file name, key) of its marked copy."""
    links: dict[str, str] = {}
    copies: dict[str, tuple[str, str]] = {}
    is_there = snapshot.steps.store.listed(_FOLDER)
    for cell in (cell for table in tables for row in table.rows for cell in row):
        if cell.history is None or cell.history.newest.sha256 in links or not cell.history.verdict.has_findings:
            continue
        arrival, verdict = cell.history.newest, cell.history.verdict
        standing = delivery_state(verdict, snapshot.installation.contract_of(cell.dataset), snapshot.histories)
        links[arrival.sha256] = f"../../{write_protocol(snapshot.installation, arrival, verdict, standing, is_there)}"
        copies[arrival.sha256] = (
            _copy_name(arrival),
            write_marked_copy(snapshot.installation, arrival, verdict, standing, is_there),
        )
    return links, copies


def _owners(tables: Iterable[BoardTable]) -> dict[str, str]:
    """The unit that a content belongs to, by its digest.

    A file that speaks of several units belongs to none of them: one would see the figures of another.
    """
    owners: dict[str, str] = {}
    for cell in (cell for table in tables for row in table.rows for cell in row):
        if cell.history is not None:
            units = {part.unit_id for part in cell.history.verdict.slices}
            if len(units) == 1:
                owners[cell.history.newest.sha256] = units.pop()
    return owners


def make_templates(snapshot: Snapshot) -> Templates:
    """Next year's templates with the newest accepted values beside the empty cells, and those of official statistics in place.

    Each goes to the municipality whose own figures it shows, and to nobody else; who delivered nothing of a dataset yet gets all that it
    asks for. Official figures are shown of years of which nothing came. All of a municipality lie in one folder, beside its letter.
    """
    made: dict[tuple[str, str], tuple[str, bytes]] = {}
    for contract in _municipal(snapshot.contracts):
        made |= {(contract.dataset, unit): file for unit, file in _templates_of(snapshot, contract).items()}
    letters = make_board(snapshot).folders
    letter = say("board_files.reply").in_language("de")
    files: dict[str, bytes] = {}
    for unit in sorted({unit for _, unit in made}):
        files |= {f"{unit}/{name}": content for (_, of), (name, content) in made.items() if of == unit}
        if unit in letters:
            board = "/".join(letters[unit].split("/")[:2])
            files[f"{unit}/{letter}"] = snapshot.steps.store.get_listed(
                board, f"{letters[unit].removeprefix(board)[1:]}/{letter}"
            )
    digest = digest_of({name: digest_of_bytes(content) for name, content in files.items()})
    folder = f"board/{digest[:16]}/{say('board_files.templates').in_language('de')}"
    for name, content in {**files, SUMS: sums_of(folder, files)}.items():  # the list of sums last: it says "complete"
        snapshot.steps.store.put_if_absent(f"{folder}/{name}", content)
    return Templates(
        {place: f"{folder}/{place[1]}/{name}" for place, (name, _) in made.items()},
        {unit: f"{folder}/{unit}" for _, unit in made},
    )


def template_of(snapshot: Snapshot, contract: Contract, unit: str) -> tuple[str, bytes] | None:
    """Name and content of a unit's template of a dataset, made now and not kept; None where there is none."""
    return _templates_of(snapshot, contract, frozenset({unit})).get(unit)


def marked_copy_of(snapshot: Snapshot, known: Mapping[Place, History], history: History) -> tuple[str, bytes]:
    """Name and content of the marked copy of the newest delivery of a place, made now and not kept. known: the histories of all places."""
    contract, store, verdict = snapshot.installation.contract_of(history.dataset), snapshot.steps.store, history.verdict
    standing = delivery_state(verdict, contract, known)
    judged = Judged(contract, load_findings(store, verdict), verdict.status, verdict.slices, standing)
    content = store.get(landing_key(verdict.sha256))
    return _copy_name(history.newest), marked_copy(
        content, history.newest.name, [judged], snapshot.installation.settings.language
    )


def _copy_name(arrival: Arrival) -> str:
    """The name under which a marked copy is sent."""
    marked = say("board_files.marked").in_language("de")
    return f"{PurePosixPath(arrival.name).stem}_{arrival.sha256[:NAMED_BY]}_{marked}.xlsx"


def units_with_template(snapshot: Snapshot, contract: Contract) -> frozenset[str]:
    """The units for which there is a template of a dataset: template_of gives it to each of them, and to no other."""
    if contract.terms.due is None:  # nobody is asked for it
        return frozenset()
    return snapshot.once(("units with template", contract.id), lambda: _basis_of(snapshot, contract).units)


@dataclass(frozen=True)
class _Basis:
    """From what the templates of a dataset are made. observed: the units with a delivery that holds; figures: official ones of units and years without any
    delivery; newest: year that anybody delivered, None for none; new: units that owe the next one and have neither."""

    observed: frozenset[str]
    figures: Mapping[str, Mapping[int, list[Mapping[str, object]]]]
    newest: int | None
    new: frozenset[str]

    @property
    def units(self) -> frozenset[str]:
        return self.observed | self.figures.keys() | self.new


def _basis_of(snapshot: Snapshot, contract: Contract) -> _Basis:
    observations = snapshot.accepted(contract.dataset).observations
    figures: dict[str, dict[int, list[Mapping[str, object]]]] = {}
    for (unit, year), found in official_figures(snapshot, contract).items():
        if (contract.dataset, unit, year) not in snapshot.histories:
            figures.setdefault(unit, {})[year] = found
    newest = max(observations.column("year").to_pylist(), default=None)
    owed = owed_by(contract)
    new = frozenset(unit for unit, years in owed.items() if newest is not None and newest + 1 in years and unit not in figures)
    return _Basis(frozenset(observations.column("unit_id").unique().to_pylist()), figures, newest, new)


def _templates_of(snapshot: Snapshot, contract: Contract, units: frozenset[str] | None = None) -> dict[str, tuple[str, bytes]]:
    """Name and content of the templates of a dataset, by unit, of all units or of these; none where nobody owes it, or nobody delivered it and official statistics hold nothing of it."""
    if contract.terms.due is None:  # nobody is asked for it
        return {}
    basis = _basis_of(snapshot, contract)
    by_unit: dict[str, list[dict[str, object]]] = {}
    for row in snapshot.accepted(contract.dataset).observations.to_pylist():
        by_unit.setdefault(row["unit_id"], []).append(row)
    origin, owed = _origin(snapshot, contract), owed_by(contract)
    made = {}
    for unit in sorted(basis.units if units is None else basis.units & units):
        figures = basis.figures.get(unit, {})
        own = max((int(str(row["year"])) for row in by_unit.get(unit, [])), default=basis.newest if unit in basis.new else None)
        last = [row for row in by_unit.get(unit, []) if row["year"] == own]
        # what came from before joining calls for nothing more of it
        next_year = None if own is None else max(own + 1, owed[unit].start if unit in owed else 0)
        if unit in owed and next_year is not None and next_year not in owed[unit] and not figures:
            continue  # it is no more: who took it over delivers now
        asked = Asked(unit, next_year, snapshot.installation.settings.contact, snapshot.day)
        beside = {contract.dataset, *contract.terms.official_datasets}
        simulated = not snapshot.simulated.isdisjoint(beside)
        content = next_template(contract, asked, last, ToConfirm(figures, origin), simulated)
        of = asked.year or max(figures)
        made[unit] = (f"{say('board_files.template').in_language('de')}_{contract.dataset}_{unit}_{of}.xlsx", content)
    return made


def _origin(snapshot: Snapshot, contract: Contract) -> str:
    """Where official figures of a dataset are from, and what is to be known of them, as the contracts of the official tables say it."""
    named = [one for one in snapshot.contracts.values() if one.dataset in contract.terms.official_datasets]

    def said(one: Contract) -> str:
        title = title_of(one, snapshot.simulated)["de"]
        credited = title if one.dataset in snapshot.simulated else f"{title} ({one.attribution})"
        return f"{credited}. {one.terms.limitations}".strip()

    return " ".join(map(said, named))
