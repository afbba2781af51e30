"""Settings of one installation, frozen; the only reader of the environment, and of the clock where a day is meant.

KKZ_HOME       where landing, register, tables and reports are kept (default: `home` in the current folder)
KKZ_STORE      an object store for these instead, as a URL such as s3://bucket/folder; the home keeps what only this machine needs: the lock of who
               writes, Dagster's run history, the desk's log (default: none; the account is that of the store's own library, AWS_… of S3)
KKZ_INBOX      folder that deliveries are dropped into (default: `inbox` in KKZ_HOME)
KKZ_CONTRACTS  contracts, plans, breaks, indicators, and in `reference` tables of territory and programme that take the place of the package's
               (default: `data_contracts` of the checkout)
KKZ_SCHEDULER  a Dask scheduler whose workers compute outcomes and draws, and the steps of a run that need a snapshot alone, as tcp://127.0.0.1:8786
               (default: none; this process computes)
KKZ_REPORTS_URL address of the server for reports and protocols (set by `kkz-eval ui`; default: none)
KKZ_LANGUAGE   language of messages, de or en (default: de)
KKZ_CONTACT    whom municipalities ask, as it shall stand in templates: office, telephone, address (default: none)
KKZ_PUBLISHER, KKZ_PUBLISHER_CONTACT  who publishes the reports, and whom their readers ask: office, telephone, address (default: none)
KKZ_MODEL_WORLD whether plans of a model world are there: shown, hidden, or by what the home holds, the default (set by `kkz-eval ui`, whose
               processes must all have the same plans while it runs)
KKZ_READER_SECONDS, KKZ_READER_MEGABYTES  what reading one file may take of the processor and of memory, besides what its size
               allows for (default: 60 and 2048)
KKZ_SETTLE_SECONDS  so long a file of the inbox must have stayed as it is before a run takes it; 0: any file at once (default: 3)
KKZ_DESK_SOCKET, KKZ_DESK_ADDRESS, KKZ_PEOPLE  the desk on a server, all three or none: the socket on which the proxy speaks to it, the
               address in browsers (https://desk.example.org), the file of those who may use it (default: none; this machine alone)
KKZ_MAIL_HOST, KKZ_MAIL_PORT, KKZ_MAIL_SENDER, and KKZ_MAIL_USER, KKZ_MAIL_PASSWORD, KKZ_MAIL_CA: the mail server by which notices go out
               (port 587, or 465; default: none, and notices are copied), its account, and a file with the house's own authority; read by the desk's shell alone
KKZ_DATABASE   the run history of Dagster in a database of Postgres, as postgresql://account@server/database (default: none; files in the home)
KKZ_METRICS_PORT  port of this machine at which `kkz-eval ui` answers who watches it: /metrics for Prometheus, /gesund (default: none)
KKZ_BACKUPS    where backups are kept (default: none; the commands name it)
KKZ_KEEP_BACKUPS, KKZ_KEEP_DRAFTS  so many backups stay, and so many editions of each plan that nobody ever released (default: 0, all)
KKZ_KEEP_LOG_DAYS, KKZ_KEEP_RUN_DAYS  for so many days the log of the desk stays, and the history of runs (default: 0, for ever)
KKZ_<SERVICE>_TOKEN, or KKZ_<SERVICE>_USER and KKZ_<SERVICE>_PASSWORD: the account for `kkz-eval fetch`, read by that command alone
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from pathlib import Path

from kkz_eval.model.day import day_in_berlin
from kkz_eval.model.errors import UserError
from kkz_eval.model.reading_limits import DEFAULT_LIMITS, Limits
from kkz_eval.model.system_errors import reason_of
from kkz_eval.model.texts import LANGUAGES, Language

NAMES = frozenset(
    f"KKZ_{name}"
    for name in (
        *(
            "HOME",
            "STORE",
            "INBOX",
            "CONTRACTS",
            "SCHEDULER",
            "REPORTS_URL",
            "LANGUAGE",
            "CONTACT",
            "PUBLISHER",
            "PUBLISHER_CONTACT",
        ),
        *("MODEL_WORLD", "READER_SECONDS", "READER_MEGABYTES", "SETTLE_SECONDS", "DESK_SOCKET", "DESK_ADDRESS", "PEOPLE"),
        *(
            "MAIL_HOST",
            "MAIL_PORT",
            "MAIL_SENDER",
            "MAIL_USER",
            "MAIL_PASSWORD",
            "MAIL_CA",
            "DATABASE",
            "METRICS_PORT",
            "BACKUPS",
        ),
        *("KEEP_BACKUPS", "KEEP_DRAFTS", "KEEP_LOG_DAYS", "KEEP_RUN_DAYS"),
    )
)
"""All there are, besides the accounts of services."""
_OF_TESTS = frozenset({"KKZ_SHARED", "KKZ_ORACLES", "KKZ_CHROMIUM", "KKZ_PICTURES"})
_OF_A_SERVICE = re.compile(r"KKZ_[A-Z0-9]+_(TOKEN|USER|PASSWORD)")
MODEL_WORLD_SHOWN, MODEL_WORLD_HIDDEN = "shown", "hidden"
_OBJECT_STORE = re.compile(r"s3://[^/?#]+(/[^?#]*)?")
"""Only of this kind are two writers of one key told apart, so that what is kept is written once."""
_LAST_PORT = 65_535
CHECKOUT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class DeskServer:
    """The desk behind a proxy. socket: on which the proxy speaks to it; address: in browsers, without a slash at its end; people: the file of those
    who may use it."""

    socket: Path
    address: str
    people: Path


@dataclass(frozen=True)
class Database:
    """A database of Postgres. place: server and name, as messages have it; url: as its driver takes it, with a password or none, never shown."""

    place: str
    url: str = field(repr=False)


@dataclass(frozen=True)
class Keep:
    """What stays of what grows, 0 for all of it. backups: so many; drafts: so many editions of each plan that nobody ever released; log_days, run_days: the
    log of the desk and the history of runs, of so many days."""

    backups: int = 0
    drafts: int = 0
    log_days: int = 0
    run_days: int = 0


@dataclass(frozen=True)
class Settings:
    """Where things are, the language of messages, whom to ask, what reading files may take, and the day. Paths are absolute.

    contact: whom municipalities ask; publisher, publisher_contact: who publishes the reports, and whom their readers ask; "" for nobody; model_world: MODEL_WORLD_SHOWN, MODEL_WORLD_HIDDEN or "", by what the home holds; server: None for a desk on this machine alone; database: of the run history, None for files in the home;
    metrics_port: 0 for none; backups: where they are kept, "" where nothing is said of it;
    object_store: URL of the store that keeps what is kept, "" for the home itself; scheduler: address of a Dask scheduler, "" for computing in this process;
    day: of the command or the run that these settings are loaded for, in Berlin; it stays the same past midnight.
    """

    home: Path
    inbox: Path
    contracts: Path
    language: Language = "de"
    reports_url: str | None = None
    limits: Limits = DEFAULT_LIMITS
    settle_seconds: int = 0
    day: date = field(default_factory=day_in_berlin)
    contact: str = ""
    publisher: str = ""
    publisher_contact: str = ""
    model_world: str = ""
    server: DeskServer | None = None
    database: Database | None = None
    metrics_port: int = 0
    backups: str = ""
    keep: Keep = Keep()
    object_store: str = ""
    scheduler: str = ""

    @property
    def store(self) -> str:
        """Where objects are kept, as storage.Store.at takes it: the URL of the object store, else the home."""
        return self.object_store or str(self.home)

    @property
    def dagster_home(self) -> Path:
        """Where the run history of Dagster is kept."""
        return self.home / "dagster"


@dataclass(frozen=True)
class Credentials:
    """An account of a web service. A token is a user without a password. Neither is shown when the value is printed."""

    user: str = field(repr=False)
    password: str = field(default="", repr=False)


def load_credentials(service: str, environment: Mapping[str, str] = os.environ) -> Credentials | None:
    """The account for a service: its token, else user and password; None where the environment names neither whole."""
    token, user, password = (environment.get(f"KKZ_{service.upper()}_{part}", "") for part in ("TOKEN", "USER", "PASSWORD"))
    if token.strip():
        return Credentials(token.strip())
    return Credentials(user, password) if user and password else None


@dataclass(frozen=True)
class MailServer:
    """The mail server of the house. sender: the address that notices come from; user: "" where it wants no account; authority: path of a file of
    certificates, "" for those of the system."""

    host: str
    port: int
    sender: str
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    authority: str = ""


def load_mail_server(environment: Mapping[str, str] = os.environ) -> MailServer | None:
    """The mail server that the environment names with the address that notices come from; None where it names neither.

    Raises UserError for half of it, and for a port that is none.
    """
    host, sender, user, authority = (environment.get(f"KKZ_MAIL_{part}", "").strip() for part in ("HOST", "SENDER", "USER", "CA"))
    password = environment.get("KKZ_MAIL_PASSWORD", "")
    if not (host or sender or user or password):
        return None
    needed = {"KKZ_MAIL_HOST": host, "KKZ_MAIL_SENDER": sender}
    if user or password:
        needed |= {"KKZ_MAIL_USER": user, "KKZ_MAIL_PASSWORD": password}
    missing = [name for name, value in needed.items() if not value]
    if missing:
        raise UserError("mail_half", missing=", ".join(missing))
    return MailServer(host, _port(environment, "KKZ_MAIL_PORT", 587, least=1), sender, user, password, authority)


def load_settings(
    environment: Mapping[str, str] = os.environ, *, home: Path | None = None, inbox: Path | None = None
) -> Settings:
    """Settings from the environment; arguments of the command line win.

    Raises UserError for a name that is no setting, for a value that is none of what the setting takes, and where the current folder is gone; both are
    named.
    """
    _require_known(environment)
    try:
        here = Path.cwd()
    except OSError as error:  # it was removed, or may not be looked into
        raise UserError("folder_gone", reason=reason_of(error)) from error
    base = here / (home or _folder(environment, "KKZ_HOME", Path("home")))
    language = environment.get("KKZ_LANGUAGE", "de")
    if language not in LANGUAGES:
        raise UserError("language_unknown", language=language, known=", ".join(LANGUAGES))
    chosen: Language = "en" if language == "en" else "de"
    return Settings(
        home=base,
        inbox=here / (inbox or _folder(environment, "KKZ_INBOX", base / "inbox")),
        contracts=here / _folder(environment, "KKZ_CONTRACTS", CHECKOUT / "data_contracts"),
        language=chosen,
        reports_url=_reports_url(environment),
        limits=Limits(
            _whole(environment, "KKZ_READER_SECONDS", DEFAULT_LIMITS.seconds, least=1),
            _whole(environment, "KKZ_READER_MEGABYTES", DEFAULT_LIMITS.megabytes, least=1),
        ),
        settle_seconds=_whole(environment, "KKZ_SETTLE_SECONDS", 3, least=0),
        model_world=_model_world(environment),
        contact=environment.get("KKZ_CONTACT", "").strip(),
        publisher=_in_one_line(environment, "KKZ_PUBLISHER"),
        publisher_contact=_in_one_line(environment, "KKZ_PUBLISHER_CONTACT"),
        server=_server(environment, here),
        database=_database(environment),
        metrics_port=_port(environment, "KKZ_METRICS_PORT", 0, least=0),
        backups=_backups(environment),
        keep=Keep(
            *(_whole(environment, f"KKZ_KEEP_{name}", 0, least=0) for name in ("BACKUPS", "DRAFTS", "LOG_DAYS", "RUN_DAYS"))
        ),
        object_store=_object_store(environment),
        scheduler=_scheduler(environment),
    )


def _require_known(environment: Mapping[str, str]) -> None:
    """Raises UserError for a name that nobody reads: what it was to say would be left out, and nothing would tell."""
    for name in sorted(environment):
        if name.startswith("KKZ_") and name not in NAMES | _OF_TESTS and not _OF_A_SERVICE.fullmatch(name):
            near = get_close_matches(name, sorted(NAMES), n=1)
            raise UserError("setting_unknown_near" if near else "setting_unknown", name=name, near="".join(near))


def _object_store(environment: Mapping[str, str]) -> str:
    """The URL of the object store, "" for none. Raises UserError for any other place: a folder of this machine is a home."""
    url = environment.get("KKZ_STORE", "").strip()
    if url and not _OBJECT_STORE.fullmatch(url):
        raise UserError("store_no_url", url=url)
    return url


def _backups(environment: Mapping[str, str]) -> str:
    """Folder or URL of the backups, "" for none. Raises UserError for a URL of another kind than an object store's."""
    place = environment.get("KKZ_BACKUPS", "").strip()
    if "://" in place and not _OBJECT_STORE.fullmatch(place):
        raise UserError("backups_no_place", place=place)
    return place


def _folder(environment: Mapping[str, str], name: str, default: Path) -> Path:
    """A folder of this machine, as it is named. Raises UserError for a URL, which would become a folder of that name."""
    value = environment.get(name, "").strip()
    if "://" in value:
        raise UserError("setting_no_folder", name=name, value=value)
    return Path(value) if value else default


def _reports_url(environment: Mapping[str, str]) -> str | None:
    """The address of the server for reports, None for none. Raises UserError for what no browser opens."""
    address = environment.get("KKZ_REPORTS_URL", "").strip()
    if address and not re.fullmatch(r"https?://[^/\s]+(/\S*)?", address):
        raise UserError("reports_no_address", address=address)
    return address or None


def _model_world(environment: Mapping[str, str]) -> str:
    """Whether plans of a model world are there, "" for what the home says. Raises UserError for any other word: it would be read as one of the two."""
    value = environment.get("KKZ_MODEL_WORLD", "").strip()
    if value not in ("", MODEL_WORLD_SHOWN, MODEL_WORLD_HIDDEN):
        raise UserError("model_world_unknown", value=value, known=f"{MODEL_WORLD_SHOWN}, {MODEL_WORLD_HIDDEN}")
    return value


def _scheduler(environment: Mapping[str, str]) -> str:
    """The address of the scheduler, "" for none. Raises UserError for what is none: nothing would say so before the first computation."""
    address = environment.get("KKZ_SCHEDULER", "").strip()
    if address and not re.fullmatch(r"(tcp|tls)://[^/\s]+:[0-9]+", address):
        raise UserError("scheduler_no_address", address=address)
    return address


def reference_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Where an installation keeps tables of its own about territory and programme: `reference` beside the contracts of this process."""
    return _folder(environment, "KKZ_CONTRACTS", CHECKOUT / "data_contracts").absolute() / "reference"


def _server(environment: Mapping[str, str], here: Path) -> DeskServer | None:
    """The desk on a server, None where nothing is said of it. Raises UserError for half of it: what is missing would leave it open."""
    names = ("KKZ_DESK_SOCKET", "KKZ_DESK_ADDRESS", "KKZ_PEOPLE")
    socket, address, people = (environment.get(name, "").strip() for name in names)
    if not (socket or address or people):
        return None
    missing = [name for name, value in zip(names, (socket, address, people), strict=True) if not value]
    if missing:
        raise UserError("server_half", missing=", ".join(missing))
    if not re.fullmatch(r"https://[a-z0-9.-]+(:[0-9]+)?", address):
        raise UserError("server_address", address=address)
    return DeskServer(here / socket, address, here / people)


def _database(environment: Mapping[str, str]) -> Database | None:
    """The database of the run history, None where none is named. Raises UserError, which does not repeat it, for what is no address of one."""
    value = environment.get("KKZ_DATABASE", "").strip()
    if not value:
        return None
    known = re.fullmatch(r"postgresql(?:\+psycopg2)?://((?:[^@/?#\s]*@)?([^@/?#\s]*)/([^@/?#\s]+)(?:\?[^#\s]*)?)", value)
    if known is None:
        raise UserError("database_address")
    rest, server, name = known.groups()
    return Database(
        f"{server or 'localhost'}/{name}", f"postgresql+psycopg2://{rest}"
    )  # without the driver another one would be loaded


def _in_one_line(environment: Mapping[str, str], name: str) -> str:
    """Words that stand in a line of a page, "" for none."""
    return " ".join(environment.get(name, "").split())


def _whole(environment: Mapping[str, str], name: str, default: int, least: int) -> int:
    """A whole number from `least` on. Raises UserError for anything else."""
    value = environment.get(name, str(default)).strip()
    if not (value.isascii() and value.isdigit() and int(value) >= least):
        raise UserError("setting_no_number", name=name, value=value, least=least, default=default)
    return int(value)


def _port(environment: Mapping[str, str], name: str, default: int, least: int) -> int:
    """The number of a port. Raises UserError for what is none."""
    number = _whole(environment, name, default, least)
    if number > _LAST_PORT:
        raise UserError("setting_no_port", name=name, value=number, default=default)
    return number
