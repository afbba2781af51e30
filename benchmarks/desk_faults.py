"""Acts at the desk while storage fails: what must hold after each failure, and what whoever clicked is told.

Belongs here: the acts, as the forms that people send, and what is compared after each failure, of a folder and of an object store. Does not belong
here: which calls there are and how one fails (faults); the line itself (bench_faults), which lets every call fail; the tests take a sample
(tests/desk/test_failing_acts.py).
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from benchmarks.faults import Failure, How, failures_of, forget, objects_in, put_objects
from kkz_eval.deliveries.municipal.returned import Decision
from kkz_eval.deliveries.register.intake import landing_key
from kkz_eval.desk import say
from kkz_eval.desk.actions import FOLDER
from kkz_eval.desk.app import guarded
from kkz_eval.desk.desk import TOKEN, Desk
from kkz_eval.desk.pages import deliver
from kkz_eval.desk.pages.decisions import END_REMOVALS
from kkz_eval.desk.pages.deliveries_seen import address_of
from kkz_eval.desk.people import everyone_here
from kkz_eval.line.at_the_desk import Moment, moment_of, story_of
from kkz_eval.line.desk_acts import SURE
from kkz_eval.model.day import BERLIN
from kkz_eval.settings import Settings
from kkz_eval.stewardship.clicks import Named, may_be_right, name_of
from kkz_eval.stewardship.history import Place
from kkz_eval.storage.store import ON_THIS_MACHINE, PARTIAL
from kkz_eval.storage.writer import LOCK

HOST = "127.0.0.1:3000"
MOMENT = datetime(2026, 1, 1, 12, tzinfo=BERLIN)
DONE = (200, 303)
TO = "amt@example.org"


@dataclass(frozen=True)
class Home:
    """A folder with home, inbox and contracts. objects: path in memory where what is kept lies instead, as in an object store, "" for none."""

    folder: Path
    objects: str = ""

    @property
    def settings(self) -> Settings:
        """Those of the home."""
        home, inbox, contracts = (self.folder / name for name in ("home", "inbox", "contracts"))
        elsewhere = f"memory://{self.objects}" if self.objects else ""
        return Settings(home=home, inbox=inbox, contracts=contracts, settle_seconds=0, object_store=elsewhere)

    def tree(self) -> dict[str, bytes]:
        """All that is kept, without unfinished writes, the lock's own and the desk's log (who tries twice stands there twice)."""
        files = {path.relative_to(self.folder).as_posix(): path for path in self.folder.rglob("*") if path.is_file()}
        found = {name: path.read_bytes() for name, path in files.items()} | objects_in(self.objects)
        passed_over = f"home/{FOLDER}/"
        return {
            name: content
            for name, content in found.items()
            if PARTIAL not in name and not name.endswith(LOCK) and not name.startswith(passed_over)
        }

    def as_of(self, other: Home) -> None:
        """Make it as another is."""
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.copytree(other.folder, self.folder)
        if self.objects:
            put_objects(self.objects, objects_in(other.objects))


def in_memory(home: Home, objects: str) -> Home:
    """A home with what is kept moved to memory."""
    kept = home.folder / "home"
    files = [
        path for path in kept.rglob("*") if path.is_file() and path.relative_to(kept).parts[0] not in (*ON_THIS_MACHINE, LOCK)
    ]
    put_objects(objects, {path.relative_to(kept).as_posix(): path.read_bytes() for path in files})
    for path in files:
        path.unlink()
    return Home(home.folder, objects)


@dataclass(frozen=True)
class Form:
    """What is sent. to: address; fields: besides the token."""

    to: str
    fields: Mapping[str, str] = field(default_factory=dict)


class Seat:
    """Somebody with all roles at the desk of a home, who has mail. sent: what went out by it."""

    def __init__(self, settings: Settings) -> None:
        self.sent: list[str] = []
        person = everyone_here()
        self._desk = Desk(settings, send=lambda to, *_: self.sent.append(to))
        app = guarded(self._desk, frozenset({HOST}), lambda scope: person)
        self._token = self._desk.token(person)
        self._client = TestClient(app, base_url=f"http://{HOST}", raise_server_exceptions=False)

    def send(self, form: Form, **files: Any) -> Any:
        """The answer to a form, as a browser sends it; redirects are not followed."""
        fields = {TOKEN: self._token, **form.fields}
        return self._client.post(form.to, data=fields, headers={"origin": f"http://{HOST}"}, follow_redirects=False, **files)

    @property
    def moment(self) -> Moment:
        """What the pages show."""
        return moment_of(self._desk.settings)

    @property
    def faulty(self) -> tuple[Place, Named]:
        """The first place of the board with a finding that may be said to be right, and that finding."""
        moment = self.moment
        for place, cell in sorted(moment.cells.items()):
            story = story_of(moment, place)
            for one in story.findings or ():
                if cell.history is not None and story.delivered is not None and may_be_right(one, story.delivered):
                    return place, name_of(one, cell.history.newest.sha256)
        raise AssertionError("no delivery of this home has a finding that may be decided about")


def _hands_in(seat: Seat) -> Form:
    """A file that was checked before: the faulty one, of which a line more is another content."""
    history = seat.moment.cells[seat.faulty[0]].history
    assert history is not None
    data = seat.moment.snapshot.steps.store.get(landing_key(history.entries[0][0].sha256)) + b"\r\n"
    checked = seat.send(Form("/liefern/pruefen"), files={"file": ("noch_einmal.csv", data)})
    return Form(f"{checked.headers['location']}/0/einreichen")


def _decides(seat: Seat) -> Form:
    place, named = seat.faulty
    about = {"sha256": named.sha256, "rule": named.rule, "cell": named.cell, "value": named.value, "seen": "", "new": ""}
    return Form(f"{address_of(place)}/entscheiden", {**about, "decision": Decision.RIGHT, "reason": "mit Externen"})


def _has_second_word(word: str, **fields: str) -> Callable[[Seat], Form]:
    def form(seat: Seat) -> Form:
        (request,) = seat.moment.requests
        return Form(f"/entscheidungen/{request.id}/{word}", {"said": request.said, **fields})

    return form


def _asks(seat: Seat) -> Form:
    return Form(f"{address_of(seat.faulty[0])}/frage", {"text": "Zählen die Abendschulen mit?"})


def _answers(seat: Seat) -> Form:
    place, _ = seat.faulty
    (remark,) = seat.moment.remarks_at(place)
    fields = {"about": remark.about, "number": str(remark.number), "text": "Ja, sie zählen mit."}
    return Form(f"{address_of(place)}/antwort", fields)


def _removes(seat: Seat) -> Form:
    place, named = seat.faulty
    return Form(f"{address_of(place)}/loeschen/{named.sha256}", {"typed": named.sha256[:SURE], "reason": "auf Wunsch"})


def _notifies(seat: Seat) -> Form:
    return Form(f"/briefe/{seat.faulty[0][1]}/hinweis", {"to": TO})


ACTS: Mapping[str, tuple[tuple[str, ...], Callable[[Seat], Form]]] = {
    "hands_in": ((), _hands_in),
    "decides": ((), _decides),
    "approves": (("decides",), _has_second_word("genehmigen", expires="2099-12-31")),
    "declines": (("decides",), _has_second_word("ablehnen", reason="nicht belegt")),
    "asks": ((), _asks),
    "answers": (("asks",), _answers),
    "removes": (("decides", "asks"), _removes),
    "notifies": ((), _notifies),
}
"""By name: the acts before it, and what is sent."""


def desk_failures(kept: Home, name: str, how: How, scratch: Path, numbers: Callable[[int], bool] = bool) -> Iterator[Failure]:
    """Let the calls of an act at the desk fail, and see after each that what must hold does. Raises AssertionError where it does not.

    Whoever is told that it is done finds it done; whoever is told that it is not is told why, in a sentence of the desk, and to try again. Sent again, and
    a removal brought to its end by its own form, all is as undisturbed: nothing lost, nothing twice. kept: a home that is only read.
    """
    before_it, form_of = ACTS[name]
    ready, world = (Home(scratch / part, kept.objects and f"/{part}-{scratch.name}") for part in ("ready", "world"))
    seat = Seat(world.settings)
    with _at_a_moment():
        forget()
        world.as_of(kept)
        for earlier in before_it:
            assert seat.send(ACTS[earlier][1](seat)).status_code in DONE, earlier
        ready.as_of(world)
        form = form_of(seat)
        undisturbed = seat.send(form)
        assert undisturbed.status_code in DONE, undisturbed.text
        expected, answers = world.tree(), list[Any]()

        def fresh() -> None:
            nonlocal form
            answers.clear()
            seat.sent.clear()
            forget()
            world.as_of(ready)
            form = form_of(seat)  # whoever clicks has seen the page

        stored = [world.folder / part for part in ("home", "inbox", "contracts")]
        attempt = lambda: answers.append(seat.send(form))  # noqa: E731 (of a kill, the answer may be missing)
        for failure in failures_of(fresh, attempt, *stored, how=how, numbers=numbers, objects=world.objects):
            what = f"{name}, {how}, call {failure.number}: {failure.call.kind} of {failure.call.place}"
            assert failure.error is None or how is How.KILL, what
            if how is How.KILL:
                forget()
                form = form_of(seat) if name == "hands_in" else form  # what was checked went with the process
            elif answers[0].status_code in DONE:
                assert world.tree() == expected, f"{what}: told that it is done"
            else:
                assert _is_told(answers[0].text), f"{what}: {answers[0].text}"
            again = seat.send(form)
            if END_REMOVALS in again.text:
                again = seat.send(Form(END_REMOVALS))
            assert again.status_code in DONE or say("errors.removed_already", day="").in_language("de")[:30] in again.text, what
            found = world.tree()
            assert {key for key in {*found, *expected} if found.get(key) != expected.get(key)} == set(), what
            assert name != "notifies" or 1 <= len(seat.sent) <= 2, what
            _read_log(world.folder / "home" / FOLDER)
            yield failure


def _is_told(page: str) -> bool:
    """Whether a page says that storage refused, and what to do then."""
    before, after = say("not_answered.storage", reason="\n").in_language("de").split("\n")
    return before in page and after in page


def _read_log(folder: Path) -> None:
    """Raises ValueError where a line of the desk's log can't be read, but for one that was cut off."""
    for file in folder.glob("*.jsonl"):
        for line in file.read_text(encoding="utf-8").splitlines():
            json.loads(line)


class _Clock(datetime):
    """A clock that stands."""

    @classmethod
    def now(cls, tz: object = None) -> datetime:
        """The moment."""
        return MOMENT


@contextmanager
def _at_a_moment() -> Iterator[None]:
    """While the time of day of a delivery is always the same."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(deliver, "datetime", _Clock)
        yield
