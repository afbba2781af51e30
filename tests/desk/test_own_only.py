"""Whoever belongs to one municipality finds no way to another's: every address that a steward comes across is tried, and every form."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest
from faulty_home import DORMAGEN, DUESSELDORF, deliver, leavers, own_home
from served import HOST, DeskClient, desk_of

from kkz_eval.desk.people import Person, Role
from kkz_eval.settings import Settings

PUBLISHED = ("/lesen", "/static", "/dagster", "/auswerten", "/schrift")  # what everybody may read, or has tests of its own
YEARS = ("2012", "2013")  # in which something came; of all others the board has an empty place each
OWN = frozenset({DUESSELDORF})
OUTSIDERS = (
    Person("amt", frozenset({Role.CLERK}), OWN, frozenset({"schulabgaenge"})),
    Person("koordination", frozenset({Role.CLERK, Role.APPROVER, Role.READER}), OWN),
)


def found_by(client: DeskClient) -> tuple[set[str], list[tuple[str, dict[str, str]]]]:
    """All addresses that links and forms of the desk lead to, from the first page on, and its forms with what stands in them."""
    waiting, seen, forms = ["/"], set[str](), list[tuple[str, dict[str, str]]]()
    while waiting:
        path = waiting.pop()
        year = re.search(r"/(\d{4})$", path)
        if path in seen or path.startswith(PUBLISHED) or (year and year.group(1) not in YEARS):
            continue
        seen.add(path)
        if path.endswith("/markiert") or "/vorlage/" in path:
            continue  # workbooks, which lead nowhere
        answer = client.get(path)
        if "text/html" not in answer.headers.get("content-type", ""):
            continue
        links = re.findall(r'(?:href|src)="([^"]+)"', answer.text)
        waiting += [to.split("#")[0] for link in links if urlsplit(to := urljoin(path, html.unescape(link))).netloc == ""]
        for action, inside in re.findall(r'<form method="post"[^>]* action="([^"]+)".*?>(.*?)</form>', answer.text, re.DOTALL):
            fields = dict(re.findall(r'name="([^"]+)" value="([^"]*)"', inside))
            forms.append((html.unescape(action), {name: html.unescape(value) for name, value in fields.items()}))
    return seen, forms


@pytest.fixture
def settings(made_once: Callable[[str, Callable[[Path], object]], Path], tmp_path: Path) -> Settings:
    home = own_home(made_once, tmp_path)
    deliver(home, "dormagen_neu.csv", leavers(DORMAGEN, 2013, changed={19: "7777"}))
    return home


def kept(settings: Settings) -> set[str]:
    """All that is kept, but the log of the desk and what can be computed anew."""
    files = (path.relative_to(settings.home) for path in settings.home.rglob("*") if path.is_file())
    return {str(path) for path in files if path.parts[0] not in ("desk", "derived", "writer.lock")}


def test_no_address_and_no_form_shows_or_changes_anything_of_another_municipality(settings: Settings) -> None:
    addresses, forms = found_by(desk_of(settings, Person("pruefung", frozenset({Role.STEWARD, Role.APPROVER}))))
    against = [
        (action, fields) for action, fields in forms if action != "/sprache" and DORMAGEN in action + "".join(fields.values())
    ]
    assert len({path for path in addresses if DORMAGEN in path}) > 3
    assert len(against) > 3
    before = kept(settings)
    for outsider in OUTSIDERS:
        client = desk_of(settings, outsider)
        assert {path for path in found_by(client)[0] if DORMAGEN in path} == set()
        for path in sorted(addresses):
            text = client.get(path).text.replace(path, "").replace(html.escape(path), "")
            assert not re.search(rf"Dormagen|dormagen_neu|{DORMAGEN}|7777", text), (outsider.name, path)
        token = re.search(r'name="token" value="([0-9a-f]+)"', client.get("/").text)
        assert token is not None
        for action, fields in against:
            sent = {**fields, "token": token.group(1), "reason": "geprüft", "text": "Wie viele?"}
            answer = client.post(action, data=sent, headers={"origin": f"http://{HOST}"}, follow_redirects=False)
            assert answer.status_code in (403, 404), (outsider.name, action)
    assert kept(settings) == before
