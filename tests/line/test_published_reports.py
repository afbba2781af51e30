"""The reports of a plan as values: the edition that holds first, with its files, its status and what changed in it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from kept_editions import keep

from kkz_eval.evaluation.plan import report_folder
from kkz_eval.line.current_pages import lead_to_report, tell_of_releases
from kkz_eval.line.installation import Installation, open_installation
from kkz_eval.line.published_reports import PublishedEdition, PublishedReport, published_reports
from kkz_eval.line.releases import release, withdraw
from kkz_eval.settings import Settings
from kkz_eval.storage.seals import SUMS, sums_of

CONTRACTS = Path(__file__).parents[2] / "data_contracts"
CHANGE = {"kind": "data", "de": "Neue Lieferungen.", "en": "New deliveries."}


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    return open_installation(Settings(home=tmp_path / "home", inbox=tmp_path / "inbox", contracts=CONTRACTS))


def the_report(installation: Installation) -> PublishedReport:
    (found,) = published_reports(installation)
    return found


def said(edition: PublishedEdition) -> list[str]:
    return [sentence.in_language("de") for sentence in edition.status("de")]


def test_a_home_without_a_run_has_no_report(installation: Installation) -> None:
    assert published_reports(installation) == ()


def test_the_newest_edition_is_the_present_one_and_says_what_changed_in_it(installation: Installation) -> None:
    plan = installation.plans["kekiz-2012"]
    keep(installation, plan, "aa", date(2026, 1, 2), [])
    lead_to_report(installation, plan, keep(installation, plan, "bb", date(2026, 3, 1), [CHANGE]))
    report = the_report(installation)
    assert report.title.in_language("de") == plan.title["de"]
    assert [(one.number, one.is_current) for one in report.editions] == [(2, True), (1, False)]
    assert [change.in_language("en") for change in report.current.changes] == ["New deliveries."]
    assert said(report.current) == ["Entwurf: Niemand hat diese Ausgabe freigegeben."]
    assert report.released is None
    assert [(file.part, file.language) for file in report.current.files][:2] == [("page", "de"), ("page", "en")]
    assert all(installation.steps.store.exists(file.key) for file in report.current.files)


def test_of_the_same_data_once_more_the_earlier_edition_is_the_present_one(installation: Installation) -> None:
    plan = installation.plans["kekiz-2012"]
    first = keep(installation, plan, "aa", date(2026, 1, 2), [])
    keep(installation, plan, "bb", date(2026, 3, 1), [CHANGE])
    lead_to_report(installation, plan, first)
    assert [(one.number, one.is_current) for one in the_report(installation).editions] == [(1, True), (2, False)]


def test_without_a_stable_address_the_newest_that_is_kept_is_the_present_one(installation: Installation) -> None:
    store, plan = installation.steps.store, installation.plans["kekiz-2012"]
    keep(installation, plan, "aa", date(2026, 1, 2), [])
    keep(installation, plan, "bb", date(2026, 3, 1), [CHANGE])
    for key in store.list(f"{report_folder(plan.id)}/bb"):
        store.remove(key)
    report = the_report(installation)
    assert (report.current.number, report.current.is_current) == (1, True)
    assert (report.editions[1].files, report.editions[1].record) == ((), None)


def test_tables_beside_the_pages_are_found_and_those_of_single_figures_are_not(installation: Installation) -> None:
    store, plan = installation.steps.store, installation.plans["kekiz-2012"]
    keep(installation, plan, "aa", date(2026, 1, 2), [])
    place = f"{report_folder(plan.id)}/aa"
    for name in ("estimates.csv", "daten/trend.csv", "SHA256SUMS"):
        store.put_if_absent(f"{place}/{name}", b"x")
    assert the_report(installation).current.tables == (f"{place}/estimates.csv",)


def test_a_released_edition_says_by_whom_and_a_withdrawn_one_why(installation: Installation) -> None:
    store, plan = installation.steps.store, installation.plans["kekiz-2012"]
    edition = keep(installation, plan, "aa", date(2026, 1, 2), [])
    place = f"{report_folder(plan.id)}/aa"
    files = {key.removeprefix(f"{place}/"): store.get(key) for key in store.list(place)}
    store.put_if_absent(f"{place}/{SUMS}", sums_of(place, files))
    lead_to_report(installation, plan, edition)
    release(store, plan.id, 1, "Leitung", date(2026, 1, 5))
    tell_of_releases(installation, plan)
    report = the_report(installation)
    assert report.current.is_released
    assert said(report.current)[0] == "Freigegeben am 05.01.2026 (Rolle: Leitung)."
    assert report.released is not None
    assert store.exists(report.released)
    withdraw(store, plan.id, 1, "Leitung", "eine Zahl war falsch", date(2026, 1, 6))
    tell_of_releases(installation, plan)
    assert "Grund: eine Zahl war falsch" in said(the_report(installation).current)[0]
    assert the_report(installation).released is None
