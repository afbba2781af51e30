"""Stable addresses: the same address always leads to the newest board, reply, template and report, also without a server."""

from __future__ import annotations

import re
import shutil
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pytest
from served import at_an_address
from steward_home import leavers, opened, run
from whole_runs import CONTRACTS, copy_of, open_world

from kkz_eval.deliveries.register.purging import purge
from kkz_eval.line.correspondence import make_board, make_templates
from kkz_eval.line.current_pages import lead_to_board, lead_to_report, lead_to_templates
from kkz_eval.line.installation import open_installation
from kkz_eval.line.report import make_edition
from kkz_eval.line.snapshot import current_snapshot
from kkz_eval.line.study import Study
from kkz_eval.model.simulated import SIGN
from kkz_eval.settings import Settings
from kkz_eval.storage.digests import digest_of_bytes

if TYPE_CHECKING:
    from playwright.sync_api import Browser

NEUSS = "05162024"
DAY = date(2026, 6, 1)
WRONG = leavers(NEUSS, 2012, 2013, changed={19: "1"})


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A home to which Neuss delivered leavers of 2012 and 2013, of which 2012 has a wrong total; board and templates are written. Never changed."""
    folder = tmp_path_factory.mktemp("current")
    settings = Settings(home=folder / "home", inbox=folder / "inbox", contracts=CONTRACTS)
    settings.inbox.mkdir()
    deliver(settings, "neuss.csv", WRONG)
    line = opened(settings)
    lead_to_templates(line, make_templates(current_snapshot(line, DAY)))
    return settings


@pytest.fixture
def settings(kept: Settings, tmp_path: Path) -> Settings:
    """The same, to be changed."""
    shutil.copytree(kept.home.parent, tmp_path, dirs_exist_ok=True)
    return replace(kept, home=tmp_path / "home", inbox=tmp_path / "inbox")


def deliver(settings: Settings, name: str, data: bytes) -> None:
    """Take a file in and write the board anew."""
    (settings.inbox / name).write_bytes(data)
    run(settings)
    line = opened(settings)
    lead_to_board(line, make_board(current_snapshot(line, DAY)))


def target(page: Path) -> Path:
    """Where a page leads to by itself."""
    found = re.search(r'http-equiv="refresh" content="0; url=([^"]+)"', page.read_text(encoding="utf-8"))
    assert found
    return (page.parent / unquote(found.group(1))).resolve()


def links(page: Path) -> dict[str, Path]:
    """Labels and files of all links of a page."""
    found = re.findall(r'<a href="([^"]+)"[^>]*>([^<]+)</a>', page.read_text(encoding="utf-8"))
    return {label: (page.parent / unquote(address)).resolve() for address, label in found}


def test_the_address_of_the_board_stays_and_leads_to_the_newest(settings: Settings) -> None:
    page = settings.home / "aktuell" / "lieferstand.html"
    first = target(page)
    deliver(settings, "neuss_neu.csv", leavers(NEUSS, 2012, 2013))
    assert target(page) != first
    assert "Stand der Lieferungen" in target(page).read_text(encoding="utf-8")
    assert first.is_file(), "what was kept stays"


def test_the_first_page_leads_to_every_reply_and_template_and_each_link_to_a_file(kept: Settings) -> None:
    first = kept.home / "aktuell" / "index.html"
    said = first.read_text(encoding="utf-8")
    headings = ["Lieferungen", "Berichte", "Antworten an die Kommunen", "Vorlagen für das nächste Jahr"]
    assert re.findall("<h2>([^<]+)</h2>", said) == headings
    assert "Noch kein Bericht." in said
    of_first = links(first)
    assert {"Lieferstand", "Neuss", "English"} <= set(of_first)
    for place, names in (
        (
            "rueckmeldungen",
            ["antwort.txt", f"neuss_{digest_of_bytes(WRONG)[:8]}_markiert.xlsx"],
        ),
        ("vorlagen", ["antwort.txt", f"vorlage_schulabgaenge_{NEUSS}_2017.xlsx"]),
    ):
        listed = links(kept.home / "aktuell" / place / f"{NEUSS}.html")
        assert list(listed) == [*names, "Zur Übersicht"]
        assert all(file.is_file() for file in listed.values())
    assert "Leave no child behind" in of_first["English"].read_text(encoding="utf-8")


def test_the_address_of_a_report_is_named_after_its_plan(finished: Path, tmp_path: Path) -> None:
    line = open_world(copy_of(finished, tmp_path / "world"))
    (plan,) = line.plans.values()
    edition = make_edition(Study(current_snapshot(line), plan))
    key = lead_to_report(line, plan, edition)
    assert key == "aktuell/berichte/modellwelt.html"
    store = line.steps.store
    assert target(Path(store.address_of(key))) == Path(store.address_of(edition.page)).resolve()
    first = Path(store.address_of("aktuell/index.html"))
    assert plan.title["de"] in links(first)
    assert "simulierte Lieferungen" in first.read_text(encoding="utf-8")


@pytest.fixture
def served(kept: Settings) -> Iterator[str]:
    with at_an_address(kept) as address:
        yield address


def test_the_desk_shows_letters_with_their_umlauts(kept: Settings, served: str) -> None:
    letter = links(kept.home / "aktuell" / "rueckmeldungen" / f"{NEUSS}.html")["antwort.txt"]
    with urllib.request.urlopen(f"{served}/{letter.relative_to(kept.home.resolve())}") as answer:
        assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(f"{served}/aktuell/")


def test_the_pages_are_accessible_readable_on_a_narrow_screen_and_lead_on(served: str, chromium_browser: Browser) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = chromium_browser.new_page(viewport={"width": 320, "height": 800})
    try:
        for address in ("aktuell/index.html", "aktuell/index.en.html", f"aktuell/rueckmeldungen/{NEUSS}.html"):
            page.goto(f"{served}/{address}")
            assert Axe().run(page).response["violations"] == [], address
            assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), address
        page.goto(f"{served}/aktuell/lieferstand.html")
        page.wait_for_url(re.compile(r"/board/[0-9a-f]{16}/lieferstand\.html$"))
    finally:
        page.close()


def test_a_removal_takes_the_pages_away_that_name_what_has_gone(settings: Settings) -> None:
    purge(opened(settings).steps.store, settings.inbox, digest_of_bytes(WRONG), "Grund", DAY)
    assert not [file for file in (settings.home / "aktuell").rglob("*") if file.is_file()]


def plans_at(settings: Settings) -> set[str]:
    return set(open_installation(settings).plans)


def test_a_home_with_real_deliveries_shows_no_plan_of_a_model_world(settings: Settings, tmp_path: Path) -> None:
    real = {"kekiz-2012", "kekiz-2012-gemeinden", "kekiz-2012-kette", "kekiz-2017-kette"}
    assert plans_at(replace(settings, home=tmp_path / "empty")) == real | {"modellwelt"}, (
        "nothing came yet: nothing is kept from anyone"
    )
    assert plans_at(settings) == real
    assert plans_at(replace(settings, model_world="shown")) == real | {"modellwelt"}, "as the interface had it when it began"
    named = open_installation(settings, [CONTRACTS / "plans" / "modellwelt.yaml"])
    assert set(named.plans) == {"modellwelt"}, "whoever names it, means it"
    deliver(settings, "simuliert.csv", f"{SIGN}\r\n".encode() + leavers("05124000", 2012))
    assert plans_at(settings) == real | {"modellwelt"}, "with both, each says what it rests on"
