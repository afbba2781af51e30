"""What readers look up: reports by edition, indicators with their series, rules, methods and words; and a box that checks a text.

Belongs here: which values stand on which page. Does not belong here: the values themselves (line, reporting, contracts), the layout.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus
from itertools import groupby
from typing import TYPE_CHECKING

from markupsafe import Markup
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from kkz_eval.desk import say
from kkz_eval.desk.desk import At, Desk, field_of, form_of
from kkz_eval.desk.opened import opened, snapshot_now
from kkz_eval.desk.people import ALL_ROLES
from kkz_eval.model.texts import LANGUAGES, Language, Localised

if TYPE_CHECKING:
    from kkz_eval.line.indicator_entries import OfficialSeries
    from kkz_eval.line.snapshot import Snapshot
    from kkz_eval.reporting.document import Figure

ROOM = "/lesen"
PAGES = ("reports", "indicators", "methods", "glossary", "rules", "text")
"""The pages of the room, in the order in which they are offered."""
_ADDRESSES = {
    "reports": ROOM,
    "indicators": f"{ROOM}/indikatoren",
    "methods": f"{ROOM}/methoden",
    "glossary": f"{ROOM}/glossar",
    "rules": f"{ROOM}/regeln",
    "text": f"{ROOM}/text-pruefen",
}
GROUPS = ("contract", "reader", "official", "correction")
"""Under which headings kinds of findings stand: by how their names begin, those of contracts by anything else."""
_SEARCH = f"{ROOM}/suche"
_LONGEST_SEARCH = 200
_LONGEST_TEXT = 300_000
"""Signs of a text that is checked while its reader waits: a second of computing, and more than any press release has."""


@dataclass(frozen=True)
class _Offer:
    """A page of the room, as its own navigation offers it."""

    name: Localised
    address: str


@dataclass(frozen=True)
class _Hit:
    """Something that a search can find. more: other words by which it is found."""

    title: Localised
    about: Localised
    address: str
    more: tuple[Localised, ...] = ()


def rule_address(kind: str) -> str:
    """The page of a kind of finding."""
    return f"{_ADDRESSES['rules']}/{kind}"


def indicator_address(name: str) -> str:
    """The page of an indicator."""
    return f"{_ADDRESSES['indicators']}/{name}"


def routes(desk: Desk) -> Iterator[At]:
    """The pages of the room."""
    pages = _Pages(desk)
    yield At(ROOM, pages.reports, ALL_ROLES, room="reading", wish="read")
    yield At(_ADDRESSES["indicators"], pages.indicators, ALL_ROLES)
    yield At(f"{_ADDRESSES['indicators']}/{{name}}", pages.indicator, ALL_ROLES)
    yield At(_ADDRESSES["methods"], pages.methods, ALL_ROLES)
    yield At(_ADDRESSES["glossary"], pages.glossary, ALL_ROLES)
    yield At(_ADDRESSES["rules"], pages.rules, ALL_ROLES)
    yield At(f"{_ADDRESSES['rules']}/{{kind}}", pages.rule, ALL_ROLES)
    yield At("/regeln/{kind}.html", _to_rule, ALL_ROLES)  # as pages for municipalities name it
    yield At(_ADDRESSES["text"], pages.text, ALL_ROLES)
    yield At(_ADDRESSES["text"], pages.text_checked, ALL_ROLES, method="POST", typed=("text",))
    yield At(_SEARCH, pages.search, ALL_ROLES)


def _to_rule(request: Request) -> Response:
    return RedirectResponse(rule_address(request.path_params["kind"]), HTTPStatus.SEE_OTHER)


@dataclass(frozen=True)
class _Pages:
    """The functions that answer. Each reads what is there now and keeps nothing."""

    desk: Desk

    def reports(self, request: Request) -> Response:
        """All reports, the present edition of each first."""
        from kkz_eval.line.published_reports import published_reports, stable_address  # noqa: PLC0415 (imports statistics)

        installation = opened(self.desk.settings)
        reports = published_reports(installation)
        return self._page(request, "reports", reports=reports, stable_address=stable_address, faulty=len(installation.faulty))

    def indicators(self, request: Request) -> Response:
        """The catalogue, stage by stage."""
        from kkz_eval.line.indicator_entries import indicator_entries  # noqa: PLC0415 (imports pandas)

        entries = indicator_entries(opened(self.desk.settings))
        stages = [(stage, list(of)) for stage, of in groupby(entries, lambda entry: entry.stage)]
        return self._page(request, "indicators", stages=stages, count=len(entries), address=indicator_address)

    def indicator(self, request: Request) -> Response:
        """An indicator with its official series."""
        from kkz_eval.indicators.official_ranges import FEWEST  # noqa: PLC0415 (imports numpy)
        from kkz_eval.line.indicator_entries import found_by, indicator_entries  # noqa: PLC0415 (imports pandas)
        from kkz_eval.line.series_figure import lettered  # noqa: PLC0415 (imports what draws)

        snapshot, language, name = snapshot_now(self.desk.settings), self.desk.language(request), request.path_params["name"]
        entry = found_by(indicator_entries(snapshot.installation), name)
        if entry is None:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        values = {"drawn": _drawn(snapshot, name, language), "fewest": FEWEST, "lettered": lettered, "drawing": Markup}
        shown = _number(entry.indicator.decimals, language)
        return self._page(request, "indicators", "indicator", entry.label, entry=entry, shown=shown, **values)

    def methods(self, request: Request) -> Response:
        """How an evaluation works."""
        from kkz_eval.line import methods_explained as explained  # noqa: PLC0415 (imports statistics)

        return self._page(
            request,
            "methods",
            methods=explained.methods(),
            verdicts=explained.verdicts(),
            table=explained.table_of_the_verdict(),
            domains=explained.domains(),
            checks=explained.statistical_checks(),
            limits=explained.limits(),
        )

    def glossary(self, request: Request) -> Response:
        """The words that reports explain."""
        from kkz_eval.reporting.glossary import words  # noqa: PLC0415 (imports the reports)

        return self._page(request, "glossary", words=words(self.desk.language(request)))

    def rules(self, request: Request) -> Response:
        """All kinds of findings."""
        from kkz_eval.contracts.rule_pages import by_title, meaning_of, rule_examples, title_of  # noqa: PLC0415 (templates)

        kinds = by_title((one.kind for one in rule_examples(opened(self.desk.settings).contracts)), self.desk.language(request))
        rows = {
            group: [(title_of(kind), meaning_of(kind), rule_address(kind)) for kind in kinds if _group(kind) == group]
            for group in GROUPS
        }
        return self._page(request, "rules", groups=[(group, of) for group, of in rows.items() if of], count=len(kinds))

    def rule(self, request: Request) -> Response:
        """A kind of finding: what it means, an example, what to do, and which contracts ask it."""
        from kkz_eval.contracts.rule_pages import rule_examples, rule_page_of  # noqa: PLC0415 (templates)
        from kkz_eval.contracts.rule_pages.uses import uses_of  # noqa: PLC0415 (likewise)
        from kkz_eval.line.rule_examples import finding_of  # noqa: PLC0415 (imports the readers)

        contracts = opened(self.desk.settings).contracts
        example = next((one for one in rule_examples(contracts) if one.kind == request.path_params["kind"]), None)
        if example is None:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        uses = [(contract, list(of)) for contract, of in groupby(uses_of(example.kind, contracts), lambda use: use.contract)]
        page = rule_page_of(example, finding_of(example))
        return self._page(request, "rules", "rule", page.title, page=page, uses=uses)

    def text(self, request: Request) -> Response:
        """The box in which a text is checked."""
        return self._page(request, "text", checked=None, refused=None, typed="", written="")

    def text_checked(self, request: Request) -> Response:
        """What is found in a text; neither it nor what was found is kept."""
        from kkz_eval.line.checked_text import LARGEST, TextRefused, checked_file, checked_words  # noqa: PLC0415 (imports Word's reader)

        file, typed = form_of(request).get("file"), field_of(request, "text")
        checked, refused = None, None
        try:
            if isinstance(file, UploadFile) and file.filename:
                checked = checked_file(file.filename, file.file.read(LARGEST + 1), _LONGEST_TEXT)
            else:
                checked = checked_words(say("reading.text.typed"), typed, _LONGEST_TEXT)
        except TextRefused as error:
            refused = error.sentence
        self.desk.record(request, "checked_text")
        written = (None if checked is None else checked.language) or self.desk.language(request)
        return self._page(request, "text", checked=checked, refused=refused, typed=typed, written=written)

    def search(self, request: Request) -> Response:
        """What catalogue, glossary and rules have about some words."""
        asked = " ".join(request.query_params.get("q", "")[:_LONGEST_SEARCH].split())
        language = self.desk.language(request)
        found = [(part, [hit for hit in hits if _fits(hit, asked)]) for part, hits in self._all(language)] if asked else []
        groups = [(say(f"reading.{part}.name"), hits) for part, hits in found if hits]
        return self._page(request, "", "search", say("reading.search.title"), asked=asked, groups=groups)

    def _all(self, language: Language) -> Iterator[tuple[str, list[_Hit]]]:
        """All that can be found, by the page on which it stands."""
        from kkz_eval.contracts.rule_pages import by_title, meaning_of, rule_examples, title_of  # noqa: PLC0415 (templates)
        from kkz_eval.line.indicator_entries import indicator_entries  # noqa: PLC0415 (imports pandas)
        from kkz_eval.reporting.glossary import words  # noqa: PLC0415 (imports the reports)

        installation = opened(self.desk.settings)
        entries = indicator_entries(installation)
        yield (
            "indicators",
            [_Hit(entry.label, entry.unit, indicator_address(entry.indicator.id), entry.stations) for entry in entries],
        )
        yield "glossary", [_Hit(word.term, word.meaning, f"{_ADDRESSES['glossary']}#{word.name}") for word in words(language)]
        kinds = by_title((example.kind for example in rule_examples(installation.contracts)), language)
        yield "rules", [_Hit(title_of(kind), meaning_of(kind), rule_address(kind)) for kind in kinds]

    def _page(
        self, request: Request, part: str, template: str = "", title: Localised | None = None, /, **values: object
    ) -> Response:
        """A page of the room. part: of PAGES, "" for none; template, title: those of the part by default."""
        offers = [_Offer(say(f"reading.{name}.name"), _ADDRESSES[name]) for name in PAGES]
        name = f"reading_{template or part}.html.j2"
        here = _ADDRESSES.get(part, "")
        shown = title or say(f"reading.{part}.title")
        return self.desk.page(
            request, name, shown, HTTPStatus.OK, offers=offers, in_part=here, search=_SEARCH, **{"asked": "", **values}
        )


def _group(kind: str) -> str:
    begins = kind.partition("_")[0]
    return begins if begins in GROUPS else GROUPS[0]


def _fits(hit: _Hit, asked: str) -> bool:
    """Whether every word that was asked for stands in what can be found, in either language, as a part of any word."""
    said = (part.in_language(language) for part in (hit.title, hit.about, *hit.more) for language in LANGUAGES)
    text = " ".join((*said, hit.address)).casefold().replace("\u00ad", "")
    return all(word in text for word in asked.casefold().split())


def _number(decimals: int, language: Language) -> Callable[[float | None], str]:
    from kkz_eval.reporting.numbers import format_number  # noqa: PLC0415 (imports the reports)

    return lambda value: "–" if value is None else format_number(value, decimals, language)


@lru_cache(maxsize=32)
def _drawn(snapshot: Snapshot, name: str, language: Language) -> tuple[tuple[OfficialSeries, Figure | None], ...]:
    """The official series of an indicator, each with its figure."""
    from kkz_eval.line.indicator_entries import found_by, indicator_entries, official_series  # noqa: PLC0415 (imports pandas)
    from kkz_eval.line.series_figure import series_figure  # noqa: PLC0415 (imports what draws)

    entry = found_by(indicator_entries(snapshot.installation), name)
    found = () if entry is None else official_series(snapshot, entry)
    return tuple((series, series_figure(series, language)) for series in found)
