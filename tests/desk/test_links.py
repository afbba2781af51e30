"""Whatever role somebody has: no page leads them to an address that is not there, fails, or is not theirs."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import pytest
from faulty_home import DUESSELDORF, make_home, settings_in
from served import HOST, desk_of

from kkz_eval.desk.people import Person, Role
from kkz_eval.settings import Settings

MOST_OF_A_KIND = 2
"""So many addresses that differ in numbers and names of units alone are opened: their pages are made by the same words."""


class Links(HTMLParser):
    """The addresses that a page leads to, and the places on it that can be led to."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.to: list[str] = []
        self.ids: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.ids.add(found.get("id") or "")
        self.to += [found[name] for name in ("href", "src") if found.get(name)]


@pytest.fixture(scope="module")
def settings(made_once: Callable[[str, Callable[[Path], object]], Path]) -> Settings:
    return settings_in(made_once("faulty_home", make_home))


def kind_of(path: str) -> str:
    """An address without what tells one unit, year, rule or file from the next."""
    return re.sub(r"(regeln|indikatoren)/[a-z0-9_]+|\d{4,}|[0-9a-f]{16,}", "*", path)


@pytest.mark.parametrize("role", list(Role))
def test_every_link_leads_somewhere(settings: Settings, role: Role) -> None:
    units = frozenset({DUESSELDORF}) if role is Role.CLERK else frozenset()
    client = desk_of(settings, Person("jemand", frozenset({role}), units))
    ids: dict[str, set[str]] = {}
    kinds: Counter[str] = Counter()
    parts: list[tuple[str, str, str]] = []
    faults: list[tuple[int, str, str]] = []
    waiting = [("/", "")]
    while waiting:
        path, source = waiting.pop()
        kinds[kind_of(path)] += 1
        if path in ids or kinds[kind_of(path)] > MOST_OF_A_KIND:
            continue
        answer = client.get(path)
        ids[path] = set()
        if answer.status_code != 200:
            faults.append((answer.status_code, path, source))
        elif answer.headers["content-type"].startswith("text/html"):
            links = Links(answer.text)
            ids[path] = links.ids
            for link in links.to:
                there = urlsplit(urljoin(f"http://{HOST}{path}", link))
                if there.netloc == HOST and not there.path.startswith("/dagster"):
                    to = there.path + (f"?{there.query}" if there.query else "")
                    waiting.append((to, path))
                    parts += [(to, unquote(there.fragment), path)] if there.fragment else []
    assert faults == []
    assert [one for one in parts if one[0] in ids and one[1] not in ids[one[0]]] == []
    assert len(ids) > 9
