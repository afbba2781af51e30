"""Editions of a report: each has its number and day for good, and says what is otherwise than in the one before, and why."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from five_years import DAY, YEARS, deliver_again, opened, quick

from kkz_eval.deliveries.register.intake import landing_key
from kkz_eval.deliveries.register.purging import SOURCES, Holding, purge
from kkz_eval.deliveries.register.register import NewArrival, read_register, record_arrivals
from kkz_eval.evaluation.plan import Plan, report_folder
from kkz_eval.line import report
from kkz_eval.line.edition_changes import RECORD
from kkz_eval.line.editions import number_edition, numbered_editions, records_before
from kkz_eval.line.installation import Installation
from kkz_eval.line.intake import judge_arrivals, land
from kkz_eval.line.report import Edition, make_edition
from kkz_eval.line.snapshot import current_snapshot
from kkz_eval.line.soundness import Kind, look
from kkz_eval.line.study import Study
from kkz_eval.model.errors import UserError
from kkz_eval.storage.digests import digest_of_bytes
from kkz_eval.storage.store import Store


def on_day(installation: Installation, days: int) -> Installation:
    """The same installation so many days after the first."""
    return opened(installation.settings.home.parent, DAY + timedelta(days=days))


def made(installation: Installation, days: int, **changes: object) -> tuple[Edition, Mapping[str, Any]]:
    """The edition of a day and its record."""
    plan: Plan = quick(installation, **changes)
    then = on_day(installation, days)
    edition = make_edition(Study(current_snapshot(then, then.settings.day), plan))
    return edition, json.loads(installation.steps.store.get(f"{edition.page.rpartition('/')[0]}/{RECORD}"))


def kinds(record: Mapping[str, Any]) -> list[str]:
    return list(dict.fromkeys(change["kind"] for change in record["changes"]))


def said(record: Mapping[str, Any], kind: str) -> str:
    return " ".join(change["de"] for change in record["changes"] if change["kind"] == kind)


def test_new_data_a_changed_plan_another_version_and_nothing_new(own: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    store = own.steps.store
    first, record = made(own, 0)
    assert (record["number"], record["day"], record["previous"], record["changes"]) == (1, DAY.isoformat(), None, [])
    assert "Dies ist die erste Ausgabe." in store.get(first.page).decode()

    assert made(own, 1) == (first, record), "nothing changed: the edition stays what it is, and so does its day"
    assert len(numbered_editions(store, "modellwelt")) == 1

    deliver_again(own)
    land(on_day(own, 2), YEARS)
    judge_arrivals(on_day(own, 2), YEARS)
    second, record = made(own, 2)
    assert second.page != first.page
    assert (record["number"], record["previous"]) == (2, {"number": 1, "day": DAY.isoformat()})
    assert "data" in kinds(record)
    assert not {"plan", "code", "publisher"} & set(kinds(record))
    assert "Lieferungen, die an die Stelle früherer treten, Anzahl 1 (schulabgaenge_amtlich_2012" in said(record, "data")
    assert "davon andere als davor: 1, neu: 0; weggefallen: 0." in said(record, "data")
    page = store.get(second.page).decode()
    assert "Seither geändert: die Daten." in page
    assert "Dies ist die erste Ausgabe." not in page

    third, record = made(own, 3, seed=2)
    assert kinds(record)[-1:] == ["plan"]
    assert not {"data", "code"} & set(kinds(record))
    assert "Im Plan steht bei seed jetzt 2, davor stand da 1." in said(record, "plan")

    monkeypatch.setattr(report, "__version__", "99.0")
    fourth, record = made(own, 4, seed=2)
    assert kinds(record) == ["code"]
    assert "kkz-eval hat jetzt die Fassung 99.0" in said(record, "code")
    assert "Die Urteile sind dieselben geblieben." in store.get(fourth.page).decode()

    monkeypatch.undo()
    assert made(own, 5, seed=2)[0] == third, "made of the same as once before, it is that edition again"
    assert [one.number for one in numbered_editions(store, "modellwelt")] == [1, 2, 3, 4]


def test_who_publishes_is_part_of_an_edition_and_one_cut_short_is_the_same_when_it_is_made_whole(own: Installation) -> None:
    _, record = made(own, 0)
    store, units = own.steps.store, set(Study(current_snapshot(own, DAY), quick(own)).panel["unit_id"])
    assert not [unit for unit in units if f'"{unit}"' in json.dumps(record)], "a record holds no value of any unit"
    for key in store.list("derived/edition_values"):
        store.remove(key)  # what is derived may go
    published = replace(own, settings=replace(own.settings, publisher="Stiftung <Probe>", publisher_contact="Büro"))
    edition = make_edition(Study(current_snapshot(published, DAY), quick(own)))
    folder = edition.page.rpartition("/")[0]
    assert said(json.loads(store.get(f"{folder}/{RECORD}")), "publisher") == (
        "Herausgeber und Kontakt: jetzt Stiftung <Probe>, Büro, davor –."
    )
    whole = {key: store.get(key) for key in store.list(folder)}
    for key in whole:
        store.remove(key)
    later = on_day(own, 7)
    again = replace(later, settings=replace(later.settings, publisher="Stiftung <Probe>", publisher_contact="Büro"))
    assert make_edition(Study(current_snapshot(again, later.settings.day), quick(own))) == edition
    assert {key: store.get(key) for key in whole} == whole


def test_a_removal_leaves_the_numbers_so_that_none_is_given_twice(tmp_path: Path) -> None:
    store = Store.at(str(tmp_path / "home"))
    sha256 = digest_of_bytes(b"content")
    store.restore(landing_key(sha256), b"content")
    record_arrivals(store, read_register(store), [NewArrival("a.csv", sha256, "c", (2015,))], {}, [])
    assert number_edition(store, "p", "aa", DAY, "s").number == 1
    for folder, rests_on in (("aa", sha256), ("cc", "0" * 64)):
        for name, content in ((SOURCES, f'["{rests_on}"]'), ("bericht.html", "<html></html>"), ("daten/a.csv", "a;b")):
            store.put_if_absent(f"{report_folder('p')}/{folder}/{name}", content.encode())
    assert purge(store, tmp_path, sha256, "asked for", DAY).counts[Holding.REPORT] == 1
    left = [key.removeprefix(f"{report_folder('p')}/") for key in store.list(report_folder("p"))]
    assert left == ["cc/bericht.html", "cc/daten/a.csv", f"cc/{SOURCES}", "editions/000001.json"], (
        "one that rests on others stays whole"
    )
    assert number_edition(store, "p", "bb", DAY, "s").number == 2


def test_editions_of_a_time_before_there_were_numbers_count(tmp_path: Path) -> None:
    store = Store.at(str(tmp_path / "home"))
    store.put_if_absent(f"{report_folder('p')}/aa/bericht.html", b"<html></html>")
    assert number_edition(store, "p", "bb", DAY, "s").number == 2
    assert list(records_before(store, "p", 2)) == []


def test_a_number_that_is_damaged_or_gone_is_found(tmp_path: Path) -> None:
    store = Store.at(str(tmp_path / "home"))
    for folder in ("aa", "bb", "cc", "dd"):
        number_edition(store, "p", folder, DAY, "s")
    assert look(store, {}).faults == ()
    gone, damaged = (f"{report_folder('p')}/editions/00000{number}.json" for number in (2, 3))
    store.remove(gone)
    file = Path(store.address_of(damaged))
    file.write_bytes(file.read_bytes().replace(b'"cc"', b'"xx"'))
    faults = look(store, {}).faults
    assert [(fault.kind, fault.key) for fault in faults] == [(Kind.MISSING, gone), (Kind.ALTERED, damaged)]
    assert all("edition.json" in fault.remedy.in_language("de") for fault in faults)
    with pytest.raises(UserError) as refused:
        number_edition(store, "p", "ee", DAY, "s")
    assert damaged in refused.value.sentence.in_language("de")
    store.remove(damaged)
    assert number_edition(store, "p", "ee", DAY, "s").number == 5
