"""Files that people edited wrongly: what does not rest on them stands, what does says what is to be mended, and no page names a folder of the machine."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from html import unescape
from pathlib import Path

import pytest
from faulty_home import CONTRACTS, own_home
from served import DeskClient, desk_of

from kkz_eval.desk.app import desk_app
from kkz_eval.desk.desk import Desk
from kkz_eval.desk.people import Person, Role
from kkz_eval.line.installation import open_installation
from kkz_eval.model.errors import UserError
from kkz_eval.settings import Settings

READER = Person("leserin", frozenset({Role.READER}))
TYPO = "plan_version: 1\nid: vertippt\noutcomes: 7\n"


@pytest.fixture
def settings(made_once: Callable[[str, Callable[[Path], object]], Path], tmp_path: Path) -> Settings:
    return own_home(made_once, tmp_path)


def with_plan(settings: Settings, content: str, name: str = "vertippt.yaml") -> None:
    (settings.contracts / "plans").mkdir(exist_ok=True)
    (settings.contracts / "plans" / name).write_text(content, encoding="utf-8")


def pages_of(client: DeskClient, settings: Settings) -> dict[str, tuple[int, str]]:
    """Status and words of every page that has an address of its own."""
    paths = [
        route.path
        for route in desk_app(Desk(settings)).routes
        if "GET" in getattr(route, "methods", ()) and "{" not in route.path
    ]
    answers = {path: client.get(path, follow_redirects=False) for path in paths}
    return {path: (answer.status_code, unescape(answer.text)) for path, answer in answers.items()}


def test_a_plan_with_a_fault_closes_no_page_and_is_named_to_those_who_can_mend_it(settings: Settings) -> None:
    before = {path: status for path, (status, _) in pages_of(desk_of(settings), settings).items()}
    with_plan(settings, TYPO)
    pages = pages_of(desk_of(settings), settings)
    assert {path: status for path, (status, _) in pages.items()} == before
    told = pages["/auswerten"][1]
    assert "Nicht verwendbar, bis jemand die Datei berichtigt" in told
    assert "plans/vertippt.yaml" in told
    assert "outcomes" in told


def test_readers_learn_that_a_report_may_be_missing_and_no_more(settings: Settings) -> None:
    with_plan(settings, TYPO)
    page = desk_of(settings, READER).get("/lesen").text
    assert "Zurzeit nicht verwendbare Dateien von Plänen: 1." in page
    assert "vertippt" not in page


def test_no_page_names_a_folder_of_the_machine(settings: Settings) -> None:
    with_plan(settings, TYPO)
    (settings.contracts / "breaks.yaml").write_text("breaks_version: 1\nbreaks: 7\n", encoding="utf-8")
    pages = pages_of(desk_of(settings), settings)
    assert any("breaks.yaml" in words for _, words in pages.values())
    for path, (status, words) in pages.items():
        assert status < 500, path
        assert str(settings.home.parent) not in words, path


def test_of_two_plans_by_one_name_neither_holds(settings: Settings) -> None:
    shutil.copyfile(CONTRACTS / "indicators.yaml", settings.contracts / "indicators.yaml")
    for file in CONTRACTS.glob("*.odcs.yaml"):
        shutil.copy(file, settings.contracts)
    shutil.copyfile(CONTRACTS / "breaks.yaml", settings.contracts / "breaks.yaml")
    for name in ("eins.yaml", "zwei.yaml"):
        with_plan(settings, (CONTRACTS / "plans" / "modellwelt.yaml").read_text(encoding="utf-8"), name)
    page = unescape(desk_of(settings).get("/auswerten").text)
    assert "eins.yaml, zwei.yaml" in page
    assert "Lauf starten" not in page
    with pytest.raises(UserError, match=r"eins\.yaml, zwei\.yaml"):
        open_installation(settings)
