"""What was typed into a form that was refused stands in it again; where the form is gone, it stands on the page to be copied."""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest
from faulty_home import CLERK, FAULTY, findings_at, own_home
from served import HOST, desk_of

import kkz_eval.desk
from kkz_eval.deliveries.municipal.returned import Decision
from kkz_eval.desk.app import ROOMS
from kkz_eval.desk.desk import Desk
from kkz_eval.line.desk_acts import decide
from kkz_eval.settings import Settings

PLACE = f"/tafel/{'/'.join(map(str, FAULTY))}"
TEMPLATES = Path(kkz_eval.desk.__file__).parent / "templates"


@pytest.fixture
def settings(made_once: Callable[[str, Callable[[Path], object]], Path], tmp_path: Path) -> Settings:
    return own_home(made_once, tmp_path)


class Fields(HTMLParser):
    """What stands in the text areas of a page, and what its reader is told at once."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.is_inside = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.is_inside = tag == "textarea"
        if self.is_inside:
            self.texts.append("")

    def handle_endtag(self, tag: str) -> None:
        self.is_inside = False

    def handle_data(self, data: str) -> None:
        if self.is_inside:
            self.texts[-1] += data


def decision(settings: Settings, reason: str) -> dict[str, str]:
    named = findings_at(settings, "E19")[0]
    of_finding = {"sha256": named.sha256, "rule": named.rule, "cell": named.cell, "value": named.value, "seen": ""}
    return {**of_finding, "decision": "right", "reason": reason, "new": ""}


def test_a_reason_that_was_refused_stands_in_its_own_form_again_and_nowhere_else(settings: Settings) -> None:
    client, reason = desk_of(settings), "Das war so <gemeldet>, Rückfragen an max.muster@example.org"
    answered = client.post_form(PLACE, f"{PLACE}/entscheiden", decision(settings, reason))
    assert answered.status_code == 400
    assert 'role="alert"' in answered.text
    assert [text for text in Fields(answered.text).texts if text] == [reason]
    assert answered.text.count('id="nochmal"') == 1
    assert reason not in client.get(PLACE).text, "it is kept nowhere"


def test_a_question_outlives_a_desk_that_was_started_anew(settings: Settings) -> None:
    sent = {"token": "0" * 64, "text": "Zählen Abendschulen mit?"}
    answered = desk_of(settings).post(f"{PLACE}/frage", data=sent, headers={"origin": f"http://{HOST}"})
    assert answered.status_code == 400
    assert Fields(answered.text).texts[-1] == sent["text"]


def test_what_has_no_form_any_more_is_there_to_be_copied(settings: Settings) -> None:
    client, sent = desk_of(settings), decision(settings, "mit Externen gezählt")
    for named in findings_at(settings, "E19"):
        decide(settings, FAULTY, named, Decision.RIGHT, "jemand war schneller", "", CLERK)
    answered = client.post_form(PLACE, f"{PLACE}/entscheiden", sent)
    assert answered.status_code == 400
    assert "mit Externen gezählt" not in Fields(answered.text).texts
    assert '<dd class="typed">mit Externen gezählt</dd>' in answered.text


def test_every_field_that_is_typed_into_shows_it_again(settings: Settings) -> None:
    found = set()
    for template in TEMPLATES.glob("*.j2"):
        for form in re.findall(r'<form method="post".*?</form>', template.read_text(encoding="utf-8"), re.DOTALL):
            for field in re.findall(r"<(?:input|textarea|select)\b(?:\{\{.*?\}\}|\{%.*?%\}|[^>])*>[^<]*", form):
                name = re.search(r'\bname="(\w+)"', field)
                assert name, (template.name, field)
                if 'type="hidden"' in field or 'type="file"' in field:
                    continue
                again = "again.is_chosen(" if 'type="checkbox"' in field else f'again.typed("{name.group(1)}"'
                assert again in field, (template.name, field)
                found |= set() if 'type="checkbox"' in field else {name.group(1)}
    assert found == {name for routes in ROOMS for at in routes(Desk(settings)) for name in at.typed}
