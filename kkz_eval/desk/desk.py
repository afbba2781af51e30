"""What every page of the desk has: settings of the day, the reader's language, the form's token, the layout, the log.

Belongs here: how a page is made and a form is read. Does not belong here: which pages there are (app), what stands on them (pages).
"""

from __future__ import annotations

import hmac
import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache
from hashlib import sha256
from http import HTTPStatus
from secrets import token_bytes

from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from kkz_eval.deliveries.register.own_process import fault_of
from kkz_eval.desk import say
from kkz_eval.desk.actions import record, record_refusal, room_of
from kkz_eval.desk.content_policy import FOR_PAGES
from kkz_eval.desk.guard import DAGSTER
from kkz_eval.desk.people import Person, Role
from kkz_eval.desk.runs import Runs
from kkz_eval.desk.sent_again import RefusedForm, SentAgain
from kkz_eval.model.day import day_in_berlin
from kkz_eval.model.texts import LANGUAGES, Language, Localised, grouped
from kkz_eval.settings import Settings

Handler = Callable[[Request], Response]
LANGUAGE = "sprache"
"""Name of the one cookie: which language somebody chose."""
_OF_PAGES = ("GET", "HEAD")
TOKEN = "token"
"""Name of the field with which each form shows that it is one of ours."""

_log = logging.getLogger("kkz_eval.desk")


@dataclass(frozen=True)
class At:
    """An address and who may see it.

    path: as Starlette writes it, numbers as {name:number}; answer: runs in a thread of its own; may: the roles, of which one is enough; method: GET or POST, a POST
    comes to `answer` with its token checked; room: word under which navigation offers the address, "" for none; wish: what somebody wants
    who goes there (deliver, evaluate, read); typed: fields of a form that somebody types into, said by `typed` in the texts.
    """

    path: str
    answer: Handler
    may: frozenset[Role]
    method: str = "GET"
    room: str = ""
    wish: str = ""
    typed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Desk:
    """The desk of one installation. installed: its settings as they were when it began; runs: what executes runs, None where nothing does; secret: of
    this process, for the tokens of forms; send: hands a message (to, subject, text) to the mail server of the house, None where there is none; ahead:
    begins to look at what pages would wait for, and does not wait for it."""

    installed: Settings
    runs: Runs | None = None
    secret: bytes = field(default_factory=lambda: token_bytes(32), repr=False)
    send: Callable[[str, str, str], None] | None = None
    ahead: Callable[[Settings], None] = lambda _: None

    @property
    def settings(self) -> Settings:
        """The settings, of today: a desk stays open past midnight."""
        return replace(self.installed, day=day_in_berlin())

    def language(self, request: Request) -> Language:
        """What the reader chose, else the installation's."""
        chosen = request.cookies.get(LANGUAGE)
        return next((one for one in LANGUAGES if one == chosen), self.installed.language)

    def page(
        self, request: Request, template: str, title: Localised, status: HTTPStatus = HTTPStatus.OK, **values: object
    ) -> HTMLResponse:
        """A page within the layout. template: below `templates`; values: what it shows, where Localised in the reader's language by `|said`."""
        language, person = self.language(request), person_of(request)
        rooms: tuple[At, ...] = request.app.state.rooms
        words = (
            environment(language)
            .get_template(template)
            .render(
                title=title,
                language=language,
                other=LANGUAGES[1 - LANGUAGES.index(language)],
                person=person,
                here=page_at(request),
                is_form=request.method not in _OF_PAGES,
                refused_form=refused_form(request),
                query=request.url.query if request.method in _OF_PAGES else "",
                token=self.token(person),
                places=places_of(self.installed),
                rooms=[room for room in rooms if may(person, room.may) and (person.sees_every_unit or room.path != DAGSTER)],
                **values,
            )
        )
        headers = {"content-security-policy": FOR_PAGES, "cache-control": "no-store"}
        return HTMLResponse(words, status_code=status, headers=headers)

    def token(self, person: Person) -> str:
        """What a form of ours carries for this person, until the desk is started anew."""
        return hmac.new(self.secret, person.name.encode(), sha256).hexdigest()

    def is_token(self, person: Person, given: object) -> bool:
        """Whether a form that this person sent is one of ours."""
        return isinstance(given, str) and hmac.compare_digest(self.token(person).encode(), given.encode("utf-8", "replace"))

    def record(self, request: Request, action: str, about: str = "") -> None:
        """Write an action into the log, before it is done. action: a word of ours; about: what is acted on, by key or digest, never content.

        Raises OSError where it can't be written: what can't be recorded is not done.
        """
        record(self.installed.home, person_of(request), action, about)

    def record_done(self, request: Request, action: str, about: str = "") -> None:
        """Write what came of an action whose beginning stands in the log. It is done whatever becomes of this line, and whoever did it is told so: of
        a disk that refused the line alone the server's own log tells."""
        try:
            record(self.installed.home, person_of(request), action, about)
        except OSError as error:
            _log.error("%s %s: done, and not recorded: %s", request.method, room_of(request.url.path), fault_of(error))

    def refuse(self, person: Person | None, method: str, path: str, reason: str) -> None:
        """Write a refusal into the log. reason: a word of ours."""
        record_refusal(self.installed.home, person, method, path, reason)


def person_of(request: Request) -> Person:
    """Who asks, as the guard found. Raises KeyError where none stood before the desk."""
    person = request.scope["person"]
    assert isinstance(person, Person)
    return person


def form_of(request: Request) -> FormData:
    """The fields of a POST, read and with their token checked before a page sees it."""
    form = request.state.form
    assert isinstance(form, FormData)
    return form


def page_at(request: Request) -> str:
    """The address of the page that a request is about: its own, and of a form the nearest page above it, where that stands again once it is read."""
    path = request.url.path
    if request.method in _OF_PAGES:
        return path
    pages = [route for route in request.app.routes if isinstance(route, Route) and "GET" in (route.methods or ())]
    while path and not any(page.path_regex.match(path) for page in pages):
        path = path.rpartition("/")[0]
    return path or "/"


def refused_form(request: Request) -> RefusedForm | None:
    """The form that was refused, where this page is the answer to one."""
    found = getattr(request.state, "refused", None)
    assert found is None or isinstance(found, RefusedForm)
    return found


def field_of(request: Request, name: str) -> str:
    """A field of a form as text without blanks around it; "" where it is missing or a file."""
    value = form_of(request).get(name)
    return value.strip() if isinstance(value, str) else ""


def may(person: Person, roles: frozenset[Role]) -> bool:
    """Whether somebody has one of the roles."""
    return bool(person.roles & roles)


@cache
def places_of(settings: Settings) -> tuple[str, ...]:
    """Folders of the machine, the innermost first: what lies in them is named on pages from there on, and nothing above."""
    folders = (settings.contracts, settings.inbox, settings.home)
    return tuple(sorted((f"{folder}/" for folder in folders), key=len, reverse=True))


@cache
def environment(language: Language) -> Environment:
    """The templates, with the texts of one language: `say(key, …)` the filters `said` for what is Localised and `grouped` for counts; and `sent_again(path, …)`, what a form holds.

    No sentence names a folder of the machine: the `places` of a page are taken from the paths of files in them.
    """
    made = Environment(
        loader=PackageLoader("kkz_eval.desk"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    words = say.in_language(language)

    @pass_context
    def say_within(context: Context, key: str, /, **values: object) -> str:
        return _within(context, words(key, **values))

    @pass_context
    def said(context: Context, value: object) -> object:
        return _within(context, value.in_language(language)) if isinstance(value, Localised) else value

    @pass_context
    def sent_again(context: Context, path: str, /, **named: object) -> SentAgain:
        refused: RefusedForm | None = context["refused_form"]
        return SentAgain(None) if refused is None else refused.shown_at(path, named)

    made.globals["say"] = say_within
    made.globals["sent_again"] = sent_again
    made.filters["said"] = said
    made.filters["grouped"] = lambda count: grouped(count, language)
    return made


def _within(context: Context, text: str) -> str:
    for place in context["places"]:
        text = text.replace(place, "")
    return text
