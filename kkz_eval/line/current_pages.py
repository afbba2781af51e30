"""Stable addresses: pages in `aktuell/` that lead to the board, the replies, the templates and the reports as they are now.

What they lead to is kept for ever under an address of its own. These pages alone take each other's place, each at once, and may be deleted:
the next run writes them again. They are files, so that they also open where no server runs, and no links of the file system, which not
every system follows. Does not belong here: making what they lead to (correspondence, report); serving them (desk).
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

from jinja2 import Environment, StrictUndefined, Template

from kkz_eval.deliveries.register.register import read_register
from kkz_eval.evaluation.plan import Plan, report_folder
from kkz_eval.line import say
from kkz_eval.line.correspondence import Board, Templates
from kkz_eval.line.editions import numbered_editions
from kkz_eval.line.installation import Installation
from kkz_eval.line.published_reports import (
    PublishedEdition,
    address_of_released,
    editions_of,
    led_to,
    stable_address,
    title_of_plan,
)
from kkz_eval.line.releases import Released, newest_released
from kkz_eval.line.report import Edition
from kkz_eval.model.texts import LANGUAGES, Language, Localised, Wording
from kkz_eval.reference.tables import unit_label
from kkz_eval.reporting import numbers
from kkz_eval.storage.seals import SUMS
from kkz_eval.storage.store import Store

FOLDER = "aktuell"
BOARD = f"{FOLDER}/lieferstand.html"
_REPORTS, _EDITIONS, _REPLIES, _TEMPLATES = (
    f"{FOLDER}/{name}" for name in ("berichte", "ausgaben", "rueckmeldungen", "vorlagen")
)


@dataclass(frozen=True)
class _Link:
    """A line of a page: what is there, its key, and what is said behind it, "" for nothing."""

    label: str
    key: str
    said: str = ""


@dataclass(frozen=True)
class _List:
    """A part of a page. links: may be none; nothing: what is said then; said: a sentence below the links, "" for none; notes: a list behind it;
    status: above the links, a sentence each."""

    heading: str
    links: Sequence[_Link]
    nothing: str
    said: str = ""
    notes: Sequence[str] = ()
    status: Sequence[str] = ()


def first_page(language: Language) -> str:
    """Key of the page that leads to all others."""
    return f"{FOLDER}/index.html" if language == "de" else f"{FOLDER}/index.{language}.html"


def report_page(plan: Plan) -> str:
    """Key of the page that leads to the newest report of a plan."""
    return stable_address(plan.id)


def released_page(plan: Plan) -> str:
    """Key of the page that leads to the newest released report of a plan; there is none where none is released."""
    return address_of_released(plan.id)


def editions_page(plan: Plan, language: Language) -> str:
    """Key of the page that lists all editions of a plan's report, the newest first, with all their files."""
    name = report_folder(plan.id).partition("/")[2]
    return f"{_EDITIONS}/{name}.html" if language == "de" else f"{_EDITIONS}/{name}.{language}.html"


def lead_to_board(installation: Installation, board: Board) -> str:
    """Let the stable addresses lead to a board and the replies beside it; key of the page of the board."""
    store, language = installation.steps.store, installation.settings.language
    is_simulated = _is_simulated(store)
    _write(store, BOARD, _page(BOARD, say("current.board").in_language(language), language, target=board.page))
    _lead_to_folders(installation, _REPLIES, board.folders, "current.replies_of", is_simulated)
    _write_first_page(installation, is_simulated)
    return BOARD


def lead_to_templates(installation: Installation, templates: Templates) -> str:
    """Let the stable addresses lead to templates; key of the first page, which lists them."""
    is_simulated = _is_simulated(installation.steps.store)
    _lead_to_folders(installation, _TEMPLATES, templates.folders, "current.templates_of", is_simulated)
    _write_first_page(installation, is_simulated)
    return first_page(installation.settings.language)


def lead_to_report(installation: Installation, plan: Plan, edition: Edition) -> str:
    """Let the stable address of a plan's report lead to an edition, and the page beside it list this one and all others; key of the first."""
    store, key, language = installation.steps.store, report_page(plan), installation.settings.language
    _write(store, key, _page(key, title_of_plan(plan).in_language(language), language, target=edition.page))
    tell_of_releases(installation, plan)
    return key


def tell_of_releases(installation: Installation, plan: Plan) -> None:
    """Let the pages of a plan's reports say which editions are released, and the stable address of released ones lead to the newest."""
    store, language, key = installation.steps.store, installation.settings.language, released_page(plan)
    is_simulated, newest = _is_simulated(store), newest_released(store, plan.id)
    page = None if newest is None else _page_of(store, plan, newest.edition)
    if page is None:
        store.remove(key)
    else:
        _write(store, key, _page(key, title_of_plan(plan).in_language(language), language, target=page))
    for each in LANGUAGES:
        _write_editions(store, plan, each, is_simulated)
    _write_first_page(installation, is_simulated)


def present_edition(store: Store, plan: Plan) -> str | None:
    """Key of the folder of the edition that the stable address of a plan's report leads to, None where it leads nowhere."""
    return led_to(store, report_page(plan))


def _page_of(store: Store, plan: Plan, folder: str) -> str | None:
    """Key of the page of an edition, in the first language of the plan that it has one in; None where it has gone."""
    pages = (f"{folder}/{say('report.page').in_language(language)}" for language in plan.languages)
    return next((page for page in pages if store.exists(page)), None)


def _write_editions(store: Store, plan: Plan, language: Language, is_simulated: bool) -> None:
    lists = [_edition_listed(one, language) for one in editions_of(store, plan.id)]
    key, other = editions_page(plan, language), LANGUAGES[1 - LANGUAGES.index(language)]
    title = say("current.editions_of", title=title_of_plan(plan)).in_language(language)
    to = (other, editions_page(plan, other))
    _write(store, key, _page(key, title, language, lists=lists, other=to, is_simulated=is_simulated, back=first_page(language)))


def _edition_listed(edition: PublishedEdition, language: Language) -> _List:
    """An edition with its files in all languages, whether it is released, and what changed in it."""
    return _List(
        edition.heading(language).in_language(language),
        [_Link(file.label.in_language(language), file.key) for file in edition.files],
        say("current.edition_gone").in_language(language),
        "" if edition.compared is None else edition.compared.in_language(language),
        tuple(change.in_language(language) for change in edition.changes),
        tuple(sentence.in_language(language) for sentence in edition.status(language)),
    )


def _is_simulated(store: Store) -> bool:
    """Whether any file that came says that its figures are made up."""
    return any(arrival.simulated for arrival in read_register(store).arrivals)


def _write_first_page(installation: Installation, is_simulated: bool) -> None:
    """Write the first page in both languages, of what there are pages for now."""
    store = installation.steps.store
    for language in LANGUAGES:
        key, other = first_page(language), LANGUAGES[1 - LANGUAGES.index(language)]
        boards = [_Link(say("current.board").in_language(language), BOARD)] if store.exists(BOARD) else []
        reports = [link for key in _reports_of(installation) for link in _report_links(installation, key, language)]
        lists = _lists(language, boards, reports, _units_in(store, _REPLIES), _units_in(store, _TEMPLATES))
        title = say("current.title").in_language(language)
        page = _page(key, title, language, lists=lists, other=(other, first_page(other)), is_simulated=is_simulated)
        _write(store, key, page)


def _lists(
    language: Language, boards: Sequence[_Link], reports: Sequence[_Link], replies: Sequence[_Link], templates: Sequence[_Link]
) -> list[_List]:
    """The parts of the first page."""
    parts = {"deliveries": boards, "reports": reports, "replies": replies, "templates": templates}
    return [
        _List(say(f"current.{what}").in_language(language), links, say(f"current.no_{what}").in_language(language))
        for what, links in parts.items()
    ]


def _lead_to_folders(installation: Installation, place: str, folders: Mapping[str, str], title: str, is_simulated: bool) -> None:
    """A page for each unit with what is in its folder; those of units that have none now go."""
    store, language = installation.steps.store, installation.settings.language
    for unit, folder in folders.items():
        files = [key for key in store.list(folder) if not key.endswith(SUMS)]
        links = [_Link(key.rpartition("/")[2], key) for key in sorted(files, key=lambda key: (not key.endswith(".txt"), key))]
        key = f"{place}/{unit}.html"
        said = say(title, unit=unit_label(unit)).in_language(language)
        back = (language, first_page(language))
        _write(store, key, _page(key, said, language, lists=[_List("", links, "")], other=back, is_simulated=is_simulated))
    for key in store.list(place):
        if _name_of(key) not in folders:
            store.remove(key)


def _report_links(installation: Installation, key: str, language: Language) -> Iterator[_Link]:
    """The newest report of a plan, and behind it all editions with their files."""
    title, store = _named(installation, key), installation.steps.store
    plan = next((plan for plan in installation.plans.values() if report_page(plan) == key), None)
    if plan is None:
        yield _Link(title.in_language(language), key)
        return
    newest = newest_released(store, plan.id)
    yield _Link(title.in_language(language), key, _standing_of(store, plan, newest, language))
    if newest is not None and store.exists(released_page(plan)):
        day = numbers.day(newest.day, language)
        label = say("current.newest_released", title=title, number=newest.number, day=day)
        yield _Link(label.in_language(language), released_page(plan))
    if store.exists(editions_page(plan, language)):
        yield _Link(say("current.editions_of", title=title).in_language(language), editions_page(plan, language))


def _standing_of(store: Store, plan: Plan, newest: Released | None, language: Language) -> str:
    """Which edition the stable address leads to and whether that one is released; "" where it has no number."""
    current = present_edition(store, plan)
    known = {f"{report_folder(plan.id)}/{one.folder}": one for one in numbered_editions(store, plan.id)}
    if current not in known:
        return ""
    number = known[current].number
    if newest is not None and newest.edition == current:
        return say("current.is_released", number=number, day=numbers.day(newest.day, language)).in_language(language)
    key = "is_draft" if newest is None else "is_newer_draft" if number > newest.number else "is_draft"
    return say(f"current.{key}", number=number).in_language(language)


def _reports_of(installation: Installation) -> list[str]:
    """The pages of reports, but those of a plan that is left out in this home."""
    left_out = {report_page(plan) for plan in installation.left_out}
    return [key for key in installation.steps.store.list(_REPORTS) if key not in left_out]


def _named(installation: Installation, key: str) -> Localised:
    """The title of the plan that a report's page is of; the name of the page where a run took other plans."""
    found = [plan for plan in installation.plans.values() if report_page(plan) == key]
    return title_of_plan(found[0]) if found else Wording(dict.fromkeys(LANGUAGES, _name_of(key)))


def _units_in(store: Store, place: str) -> list[_Link]:
    links = [_Link(unit_label(_name_of(key)), key) for key in store.list(place)]
    return sorted(links, key=lambda link: link.label)


def _name_of(key: str) -> str:
    return key.rpartition("/")[2].removesuffix(".html")


def _write(store: Store, key: str, page: str) -> None:
    store.replace(key, page.encode())


def _page(
    key: str,
    title: str,
    language: Language,
    *,
    target: str = "",
    lists: Sequence[_List] = (),
    other: tuple[Language, str] | None = None,
    is_simulated: bool = False,
    back: str = "",
) -> str:
    """A page without script. target: key of the page that it leads to at once; other: language and key of a page that it offers beside;
    back: key of the page from which it is found."""

    def address(of: str) -> str:
        return posixpath.relpath(of, posixpath.dirname(key))

    return _template().render(
        say=say.in_language(language),
        language=language,
        title=title,
        target=address(target) if target else "",
        lists=[
            (
                one.heading,
                [(link.label, address(link.key), link.said) for link in one.links],
                one.nothing,
                one.said,
                one.notes,
                one.status,
            )
            for one in lists
        ],
        back=address(back) if back else "",
        other=None if other is None else (other[0], address(other[1])),
        is_simulated=is_simulated,
    )


@cache
def _template() -> Template:
    source = resources.files("kkz_eval.line").joinpath("templates/current.html.j2").read_text(encoding="utf-8")
    return Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True).from_string(source)
