"""Deliver: check files and see their marked cells, fetch the marked copy, hand in, and the receipt.

Belongs here: what is asked of whom, and what a page shows. Does not belong here: reading and judging (stewardship.checked, in a process of
its own), how long files are held (held), landing (line.handing_in).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from functools import partial
from http import HTTPStatus
from pathlib import PurePosixPath
from threading import Event, Thread
from typing import TYPE_CHECKING
from urllib.parse import quote

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from kkz_eval.contracts.contract import Contract
from kkz_eval.deliveries.municipal.returned import NAMED_BY
from kkz_eval.deliveries.reader import read_file
from kkz_eval.deliveries.register.inbox import fault_of_name, shown
from kkz_eval.deliveries.register.reading_process import AT_ONCE, read_apart
from kkz_eval.deliveries.register.register import Arrival
from kkz_eval.deliveries.results import Unreadable
from kkz_eval.desk import say
from kkz_eval.desk.checked_view import FileView, look_of, size_shown
from kkz_eval.desk.desk import At, Desk, form_of, person_of
from kkz_eval.desk.held import SECONDS, CheckedFile, Held
from kkz_eval.desk.pages.deliveries_seen import answered_for, sight_of
from kkz_eval.desk.pages.returns import returns_about
from kkz_eval.desk.people import Person, Role
from kkz_eval.desk.transfers import MOST_FILES, Limits
from kkz_eval.line.handing_in import Receipt, hand_in, receipt
from kkz_eval.model.errors import UserError
from kkz_eval.model.texts import Localised, Wording
from kkz_eval.reference.tables import unit_label
from kkz_eval.settings import Settings
from kkz_eval.stewardship import say as say_of_stewardship
from kkz_eval.stewardship.checked import Checked
from kkz_eval.stewardship.checked_sheet import looked_at
from kkz_eval.stewardship.due_days import Day
from kkz_eval.storage.digests import digest_of_bytes
from kkz_eval.storage.steps import Steps
from kkz_eval.storage.store import Store

if TYPE_CHECKING:
    from kkz_eval.line.at_the_desk import Moment

MAY_HAND_IN = frozenset({Role.CLERK, Role.STEWARD})
LISTED = 300
"""So many entries of the findings of a table are shown; all are counted, and the marked copy has more."""
PATIENCE = 15.0
"""Seconds for which somebody at a page waits for another who writes in the home."""
_WAITING = 2  # processes that wait for the first files
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

_SIMULATED = say_of_stewardship("simulated.file")


def routes(desk: Desk) -> Iterator[At]:
    """The pages of those who deliver."""
    room = _Room(desk)
    yield At("/liefern", room.begin, MAY_HAND_IN, room="deliver", wish="deliver")
    yield At("/liefern/pruefen", room.check, MAY_HAND_IN, method="POST")
    yield At("/liefern/geprueft/{check}", room.found, MAY_HAND_IN)
    yield At("/liefern/geprueft/{check}/{file:number}/kopie", room.copy, MAY_HAND_IN)
    yield At("/liefern/geprueft/{check}/{file:number}/einreichen", room.given, MAY_HAND_IN, method="POST")
    yield At("/liefern/quittung/{number:number}", room.received, MAY_HAND_IN)


@dataclass(frozen=True)
class _Room:
    """What the pages of those who deliver share: what is held, and whether the first of them has made ready what checks need."""

    desk: Desk
    held: Held = field(default_factory=Held)
    made_ready: Event = field(default_factory=Event)

    def begin(self, request: Request) -> Response:
        """Choose files."""
        if not self.made_ready.is_set():  # while somebody looks for their file
            self.made_ready.set()
            Thread(target=_make_ready, args=(self.desk.settings,), daemon=True).start()
        return self.desk.page(
            request,
            "deliver.html.j2",
            say("deliver.title"),
            minutes=SECONDS // 60,
            most_files=MOST_FILES,
            most_bytes=Limits().files,
        )

    def check(self, request: Request) -> Response:
        """What was found in the files of a form, held under a token."""
        sent = [file for file in form_of(request).getlist("file") if isinstance(file, UploadFile) and file.filename]
        if not sent:
            raise UserError("no_file", package=say.package)
        files = _checked(self.desk.settings, [(_name(file), file.file.read()) for file in sent])
        self.desk.record(request, "checked", f"files {len(files)}")
        token = self.held.hold(person_of(request).name, files)
        return RedirectResponse(f"/liefern/geprueft/{token}", HTTPStatus.SEE_OTHER)

    def found(self, request: Request) -> Response:
        """What was found, file by file."""
        files, own, language = _held(self.held, request), answered_for(person_of(request)), self.desk.language(request)
        views = [FileView(at, file, own, language) for at, file in enumerate(files)]
        title = say("deliver.checked_one", name=files[0].name) if len(files) == 1 else say("deliver.checked", count=len(files))
        here = f"/liefern/geprueft/{request.path_params['check']}"
        return self.desk.page(request, "checked.html.j2", title, files=views, check=here, size=size_shown, simulated=_SIMULATED)

    def copy(self, request: Request) -> Response:
        """The marked copy of a file."""
        file = _file(self.held, request)
        if file.data is None or not isinstance(file.result, Checked):
            raise HTTPException(HTTPStatus.NOT_FOUND)
        from kkz_eval.stewardship.marked_copy import copied  # noqa: PLC0415 (brings what writes workbooks, which the start does without)

        settings = self.desk.settings
        make = partial(copied, found=file.result, language=self.desk.language(request))
        made = read_apart(make, file.data, file.name, _moment(settings).snapshot.contracts, settings.limits)
        if isinstance(made, Unreadable):
            return self.desk.page(request, "sentence.html.j2", say("deliver.title"), HTTPStatus.BAD_REQUEST, said=made)
        marked = say_of_stewardship("board_files.marked").in_language("de")
        name = f"{PurePosixPath(file.name).stem}_{digest_of_bytes(file.data)[:NAMED_BY]}_{marked}.xlsx"
        return Response(made, media_type=XLSX, headers=_download(name))

    def given(self, request: Request) -> Response:
        """Hand in a file that is held."""
        file, person = _file(self.held, request), person_of(request)
        if file.number is not None:  # a form that was sent twice
            return RedirectResponse(f"/liefern/quittung/{file.number}", HTTPStatus.SEE_OTHER)
        if file.data is None:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        settings, digest = self.desk.settings, digest_of_bytes(file.data)[:NAMED_BY]
        against = FileView(0, file, answered_for(person), self.desk.language(request)).objection
        if against is not None:  # before it is looked up: that others handed it in is not for everyone to know
            return self._not_taken(request, digest, [against])
        writing = replace(_moment(settings).installation, steps=Steps(Store.at(settings.store)))
        self.desk.record(request, "hands_in", digest)  # before: what can't be recorded is not done
        handed = hand_in(writing, file.name, file.data, answered_for(person), datetime.now(UTC), PATIENCE)
        if handed.number is None:
            return self._not_taken(request, digest, [notice.sentence for notice in handed.notices])
        self.desk.record_done(request, "known" if handed.is_known else "handed_in", f"{handed.number} {digest}")
        is_twice = _file(self.held, request).number is not None  # two at once: the first has it already
        self.held.handed_in(person.name, request.path_params["check"], request.path_params["file"], handed.number)
        known = "?bekannt=1" if handed.is_known and not is_twice else ""
        return RedirectResponse(f"/liefern/quittung/{handed.number}{known}", HTTPStatus.SEE_OTHER)

    def _not_taken(self, request: Request, digest: str, said: Sequence[Localised]) -> Response:
        self.desk.record(request, "not_taken", digest)
        return self.desk.page(request, "not_taken.html.j2", say("deliver.not_taken"), HTTPStatus.BAD_REQUEST, said=said)

    def received(self, request: Request) -> Response:
        """The receipt of a delivery."""
        moment, person = _moment(self.desk.settings), person_of(request)
        found = receipt(moment.snapshot, moment.histories, request.path_params["number"])
        if found is None or not _is_theirs(person, found.units, _datasets(found, moment)):
            raise HTTPException(HTTPStatus.NOT_FOUND)
        title = say("deliver.receipt", number=found.arrival.number)
        is_known = request.query_params.get("bekannt") == "1"
        return self.desk.page(
            request,
            "receipt.html.j2",
            title,
            receipt=found,
            is_known=is_known,
            titled=_titled,
            look=look_of,
            simulated=_SIMULATED,
            arrived=_arrived(found.arrival),
            removed_on=None if found.removed is None else Day(date.fromisoformat(found.removed.date)),
            units=sorted((unit, unit_label(unit)) for unit in found.units),
            returns=returns_about(found.units, person),
        )


def _is_theirs(person: Person, units: frozenset[str], datasets: set[str]) -> bool:
    """Whether all that a delivery speaks about is somebody's own."""
    own = sight_of(person)
    if own.units is None:
        return True
    return bool(units) and units <= own.units and (own.datasets is None or datasets <= own.datasets)


def _datasets(found: Receipt, moment: Moment) -> set[str]:
    """The datasets that a delivery is read as, or was before it was removed."""
    contracts, removed = moment.snapshot.contracts, () if found.removed is None else found.removed.spoke_of
    before = {contracts[contract_id].dataset for contract_id, _, _ in removed if contract_id in contracts}
    return before | {table.contract.dataset for table in found.tables}


def _held(held: Held, request: Request) -> tuple[CheckedFile, ...]:
    """The files of a check. Raises UserError where it is not held any more, or is another's: nobody learns which."""
    files = held.of(person_of(request).name, request.path_params["check"])
    if files is None:
        raise UserError("check_gone", package=say.package)
    return files


def _file(held: Held, request: Request) -> CheckedFile:
    files, place = _held(held, request), int(request.path_params["file"])
    if place >= len(files):
        raise HTTPException(HTTPStatus.NOT_FOUND)
    return files[place]


def _name(file: UploadFile) -> str:
    """The name of a file as its sender has it, without folders: nothing here is ever opened by it."""
    name = (file.filename or "").replace("%22", '"')  # as browsers write it in a form
    return name.replace("\\", "/").rpartition("/")[2].strip() or "–"


def _moment(settings: Settings) -> Moment:
    from kkz_eval.line.at_the_desk import moment_of  # noqa: PLC0415 (takes a moment to import, which the start does without)

    return moment_of(settings)


def _make_ready(settings: Settings) -> None:
    """Open the installation and let processes wait for files, so that the first who send one do not wait for these."""
    with suppress(UserError), ThreadPoolExecutor(_WAITING) as side_by_side:  # whoever sends a file is told
        contracts = _moment(settings).snapshot.contracts
        list(side_by_side.map(lambda _: read_apart(read_file, b"", "–", contracts, settings.limits), range(_WAITING)))


def _checked(settings: Settings, sent: Sequence[tuple[str, bytes]]) -> tuple[CheckedFile, ...]:
    """What was found in files, side by side."""
    installation = _moment(settings).installation
    look = partial(looked_at, decisions=installation.decisions, today=settings.day, most=LISTED)

    def one(name: str, data: bytes) -> CheckedFile:
        fault = fault_of_name(name)
        if fault is not None:
            return CheckedFile(shown(name)[:200], len(data), fault)
        found = read_apart(look, data, name, installation.contracts, settings.limits)
        if isinstance(found, Unreadable):
            return CheckedFile(name, len(data), found)
        kept = data if isinstance(found.result, Checked) else None
        return CheckedFile(name, len(data), found.result, found.sheets, kept, simulated=found.simulated)

    with ThreadPoolExecutor(min(AT_ONCE, len(sent))) as side_by_side:
        return tuple(side_by_side.map(one, *zip(*sent, strict=True)))


def _download(name: str) -> dict[str, str]:
    return {"content-disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}", "cache-control": "no-store"}


def _arrived(arrival: Arrival) -> Localised:
    """When a delivery came; of one of the inbox the day alone."""
    if arrival.arrived_on is None:
        return say("deliver.day_unknown")
    day = Day(arrival.arrived_on)
    return say("deliver.at", day=day, time=arrival.handed_in.partition("T")[2]) if arrival.handed_in else day


def _titled(contract: Contract) -> Localised:
    return Wording({"de": contract.title_de, "en": contract.title_en})
