"""Whatever address or form somebody sends, the desk answers with a page or a sentence: it never breaks, and what it refuses is kept nowhere."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from faulty_home import DUESSELDORF, FAULTY, own_home
from served import HOST, DeskClient, desk_of

from kkz_eval.desk import app
from kkz_eval.desk.app import desk_app
from kkz_eval.desk.desk import Desk
from kkz_eval.desk.people import Person, Role, everyone_here
from kkz_eval.settings import CHECKOUT, Settings

PLACE = f"/tafel/{'/'.join(map(str, FAULTY))}"
HERE = {"origin": f"http://{HOST}"}
ODD = ("9" * 1500, "-1", "1e999", "a" * 900, "ü%zz\u0130١٢\ud7ff\n<b>'\";--")
KNOWN = {"dataset": FAULTY[0], "unit": FAULTY[1], "year": "2012", "kind": "range", "weight": "400"}
TEMPLATES = "".join(file.read_text(encoding="utf-8") for file in (Path(app.__file__).parent / "templates").iterdir())
NAMES = sorted(set(re.findall(r'\bname="([a-z0-9_]+)"|[?&]([a-z]+)=', TEMPLATES)) - {("token", ""), ("viewport", "")})
FIELDS = [one or other for one, other in NAMES]
PEOPLE = (
    everyone_here(),
    *(Person(role, frozenset({role}), frozenset({DUESSELDORF}) if role == Role.CLERK else frozenset()) for role in Role),
)


@pytest.fixture
def settings(made_once: Callable[[str, Callable[[Path], object]], Path], tmp_path: Path) -> Settings:
    return own_home(made_once, tmp_path)


def addresses(path: str, odd: str) -> Iterator[str]:
    """The addresses of a route: that of something there is, and for each of its parts one in which that is odd."""
    parts = re.findall(r"\{(\w+)(?::\w+)?\}", path)
    for among in (None, *parts):
        values = {part: odd if part == among else KNOWN.get(part, "1") for part in parts}
        yield re.sub(r"\{(\w+)(?::\w+)?\}", lambda found, values=values: quote(values[found[1]], safe=""), path)


def token_of(client: DeskClient) -> str:
    found = re.search(r'name="token" value="([0-9a-f]+)"', client.get("/").text)
    assert found is not None
    return found.group(1)


@pytest.mark.parametrize("person", PEOPLE, ids=lambda person: person.name)
def test_no_address_and_no_form_with_odd_values_breaks_a_page(settings: Settings, person: Person) -> None:
    client = desk_of(settings, person)
    token, odd_values = token_of(client), ODD if person == everyone_here() else ODD[-1:]
    assert len(FIELDS) > 15
    for route in desk_app(Desk(settings)).routes:
        if route.path == "/static":
            continue
        is_form = "POST" in route.methods
        for odd in odd_values:
            fields = dict.fromkeys(FIELDS, odd)
            for address in addresses(route.path, odd):
                sent = {"data": {**fields, "token": token}, "headers": HERE} if is_form else {"params": fields}
                answer = client.request("POST" if is_form else "GET", address, **sent, follow_redirects=False)
                assert answer.status_code < 500, (address[:80], odd[:10])
                if answer.status_code == 403:
                    break
            else:
                continue
            break


def test_a_form_of_a_page_with_one_odd_value_is_answered_with_a_sentence(settings: Settings) -> None:
    client = desk_of(settings)
    token = token_of(client)
    removal = re.search(r'href="(/tafel[^"]+/loeschen/[0-9a-f]{64})"', client.get(PLACE).text)
    assert removal is not None
    pages = client.get(PLACE).text + client.get(removal.group(1)).text
    forms = re.findall(r'<form method="post" action="(/tafel[^"]+)".*?>(.*?)</form>', pages, re.DOTALL)
    assert removal.group(1) in dict(forms)
    found = {action: dict(re.findall(r'name="([^"]+)" value="([^"]*)"', inside)) for action, inside in forms}
    assert {action.rpartition("/")[2] for action in found} >= {"entscheiden", "frage"}
    for action, fields in found.items():
        for name in {*fields, "reason", "new"} - {"token"}:
            for odd in ODD:
                sent = {"reason": "geprüft", "decision": "corrected", "new": "20", **fields, name: odd, "token": token}
                answer = client.post(action, data=sent, headers=HERE, follow_redirects=False)
                assert answer.status_code < 500, (action, name, odd[:10])


@pytest.mark.parametrize("content", [b"", b"\0\xff" * 50, b"PK\x03\x04x", b"%PDF-1.4", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"])
def test_a_file_that_is_none_is_answered_with_a_sentence(settings: Settings, content: bytes) -> None:
    client = desk_of(settings)
    for page, to, field in (
        ("/liefern", "/liefern/pruefen", "file"),
        ("/auswerten/vorschau", "/auswerten/vorschau", "datei"),
        ("/lesen/text-pruefen", "/lesen/text-pruefen", "file"),
    ):
        for name in ("x.xlsx", "x.xls", "x.csv", "x.docx", "a" * 300, "../../x.csv", "x"):
            answer = client.post_form(page, to, files=[(field, (name, content))])
            assert answer.status_code < 500, (to, name)


@pytest.mark.parametrize("address", ["/tafel/x/y/" + "9" * 5000, "/liefern/quittung/" + "9" * 1500, "/" + "a" * 3000])
def test_an_address_that_is_too_long_or_has_too_long_a_number_leads_nowhere(settings: Settings, address: str) -> None:
    assert desk_of(settings).get(address).status_code in (404, 414)


def test_no_page_breaks_where_nothing_was_delivered_yet(tmp_path: Path) -> None:
    settings = Settings(tmp_path / "home", tmp_path / "inbox", CHECKOUT / "data_contracts")
    client = desk_of(settings)
    for route in desk_app(Desk(settings)).routes:
        if route.path != "/static" and "GET" in route.methods:
            address = next(addresses(route.path, ""))
            assert client.get(address, follow_redirects=False).status_code < 500, address
