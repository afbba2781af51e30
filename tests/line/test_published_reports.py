"""The reports of a plan as values: the edition that holds first, with its files, its status and what changed in it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from kept_editions import keep

from kkz_eval.evaluation.plan import report_folder
from kkz_eval.line.current_pages import lead_to_report
from kkz_eval.line.installation import Installation, open_installation
from kkz_eval.line.published_reports import PublishedReport, published_reports
from kkz_eval.settings import Settings

CONTRACTS = Path(__file__).parents[2] / "data_contracts"
CHANGE = {"kind": "data", "de": "Neue Lieferungen.", "en": "New deliveries."}


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    return open_installation(Settings(home=tmp_path / "home", inbox=tmp_path / "inbox", contracts=CONTRACTS))


def the_report(installation: Installation) -> PublishedReport:
    (found,) = published_reports(installation)
    return found


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
    assert report.current.status is not None
    assert report.current.status.in_language("de") == "Sie ist ein Entwurf."
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
    assert (report.editions[1].files, report.editions[1].status) == ((), None)


def test_tables_beside_the_pages_are_found_and_those_of_single_figures_are_not(installation: Installation) -> None:
    store, plan = installation.steps.store, installation.plans["kekiz-2012"]
    keep(installation, plan, "aa", date(2026, 1, 2), [])
    place = f"{report_folder(plan.id)}/aa"
    for name in ("estimates.csv", "daten/trend.csv", "SHA256SUMS"):
        store.put_if_absent(f"{place}/{name}", b"x")
    assert the_report(installation).current.tables == (f"{place}/estimates.csv",)
