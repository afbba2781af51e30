"""The page of all editions: the present one first, each with its files in both languages, and what changed in it."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from kept_editions import FILES, keep

from kkz_eval.evaluation.plan import report_folder
from kkz_eval.line.current_pages import editions_page, first_page, lead_to_report
from kkz_eval.line.installation import Installation, open_installation
from kkz_eval.settings import Settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser

CONTRACTS = Path(__file__).parents[2] / "data_contracts"


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    return open_installation(Settings(home=tmp_path / "home", inbox=tmp_path / "inbox", contracts=CONTRACTS))


def test_all_editions_are_listed_the_present_one_first_with_what_changed_in_each(
    installation: Installation, chromium_browser: Browser
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    store, plan = installation.steps.store, installation.plans["kekiz-2012"]
    change = {"kind": "data", "de": "<b>Neue</b> Lieferungen.", "en": "New deliveries."}
    first = keep(installation, plan, "aa", date(2026, 1, 2), [])
    second = keep(installation, plan, "bb", date(2026, 3, 1), [change])
    lead_to_report(installation, plan, second)
    page = Path(store.address_of(editions_page(plan, "de")))
    said = page.read_text(encoding="utf-8")
    assert re.findall("<h2>([^<]+)</h2>", said) == ["Ausgabe 2 vom 01.03.2026: die jetzige", "Ausgabe 1 vom 02.01.2026"]
    assert re.findall("<li>([^<].*)</li>", said) == ["&lt;b&gt;Neue&lt;/b&gt; Lieferungen."]
    assert re.findall('<p class="quiet">(.+)</p>', said) == ["Verglichen mit der Ausgabe 1:", "Dies ist die erste Ausgabe."]
    addresses = re.findall('<a href="([^"]+)"', said)
    assert len(addresses) == 2 * 2 * len(FILES) + 2
    assert all((page.parent / address).resolve().is_file() for address in addresses)
    english = Path(store.address_of(editions_page(plan, "en"))).read_text(encoding="utf-8")
    assert "Edition 2 of 1 Mar 2026: the present one" in english
    assert "New deliveries." in english
    assert "http" not in re.sub("http-equiv", "", said)
    for language in ("de", "en"):
        assert editions_page(plan, language).rpartition("/")[2] in store.get(first_page(language)).decode()

    lead_to_report(installation, plan, first)
    said = page.read_text(encoding="utf-8")
    assert re.findall("<h2>([^<]+)</h2>", said) == ["Ausgabe 1 vom 02.01.2026: die jetzige", "Ausgabe 2 vom 01.03.2026"]

    for key in store.list(f"{report_folder(plan.id)}/bb"):
        store.remove(key)
    lead_to_report(installation, plan, first)
    assert "Diese Ausgabe ist nicht mehr da" in page.read_text(encoding="utf-8")

    shown = chromium_browser.new_page(viewport={"width": 320, "height": 800})
    try:
        for language in ("de", "en"):
            shown.goto(Path(store.address_of(editions_page(plan, language))).as_uri())
            assert Axe().run(shown).response["violations"] == []
            assert shown.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    finally:
        shown.close()
