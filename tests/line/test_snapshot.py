"""A snapshot is one moment: later arrivals don't reach it, it is opened again by its name, and nobody writes to what it hands out."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from five_years import CONTRACTS, DAY, LATER, OFFICIAL, YEARS, deliver_again, opened, quick

from kkz_eval.deliveries.register.purging import purge
from kkz_eval.evaluation.results import RESULT_TABLES
from kkz_eval.line.headlines import headlines
from kkz_eval.line.installation import Installation
from kkz_eval.line.intake import judge_arrivals, land
from kkz_eval.line.report import event_study_pictures, make_edition, report_inputs
from kkz_eval.line.snapshot import Snapshot, current_snapshot, digest_of_edited, keep_snapshot, open_snapshot
from kkz_eval.line.study import Study, study_of
from kkz_eval.line.validation import validate_contract
from kkz_eval.model.errors import UserError
from kkz_eval.model.simulated import SIGN
from kkz_eval.storage.digests import digest_of_bytes, digest_of_table


def test_asked_twice_it_is_one_value_with_all_that_was_read_of_it(own: Installation) -> None:
    first = current_snapshot(own, DAY)
    assert current_snapshot(own, DAY) is first
    assert study_of(first, "modellwelt") is study_of(current_snapshot(own, DAY), "modellwelt")
    assert first.accepted("schulabgaenge_amtlich") is first.accepted("schulabgaenge_amtlich")


def test_what_arrives_later_does_not_reach_it(own: Installation) -> None:
    before = current_snapshot(own, DAY)
    held = before.accepted("schulabgaenge_amtlich").key
    deliver_again(own)
    land(own, YEARS)
    judge_arrivals(own, YEARS)
    after = current_snapshot(own, DAY)
    assert after.name != before.name
    assert after.accepted("schulabgaenge_amtlich").key != held
    assert before.accepted("schulabgaenge_amtlich").key == held


def test_another_process_opens_it_by_its_name_after_more_has_come(own: Installation) -> None:
    before = current_snapshot(own, DAY)
    keep_snapshot(before)
    held = before.accepted("schulabgaenge_amtlich").key
    deliver_again(own)
    land(own, YEARS)
    judge_arrivals(own, YEARS)
    again = open_snapshot(opened(own.settings.home.parent), before.name)
    assert again.day == DAY
    assert again.accepted("schulabgaenge_amtlich").key == held


def test_it_is_not_opened_with_other_plans_nor_after_something_in_it_was_removed(own: Installation) -> None:
    snapshot = current_snapshot(own, DAY)
    keep_snapshot(snapshot)
    world = own.settings.home.parent
    (world / "plan.yaml").write_text((world / "plan.yaml").read_text().replace("[2010, 2014]", "[2010, 2013]"))
    with pytest.raises(UserError) as others:
        open_snapshot(opened(world), snapshot.name)
    assert others.value.code == "snapshot_of_others"
    (world / "plan.yaml").write_text((world / "plan.yaml").read_text().replace("[2010, 2013]", "[2010, 2014]"))
    purge(own.steps.store, own.settings.inbox, snapshot.register.arrivals[0].sha256, "Grund", DAY)
    with pytest.raises(UserError) as gone:
        open_snapshot(opened(world), snapshot.name)
    assert gone.value.code == "snapshot_gone"
    with pytest.raises(UserError) as unknown:
        open_snapshot(own, "0" * 64)
    assert unknown.value.code == "snapshot_unknown"


def test_stations_and_what_is_not_evaluable_are_part_of_its_name_and_were_none_in_the_first_version(own: Installation) -> None:
    snapshot, store = current_snapshot(own, DAY), own.steps.store
    keep_snapshot(snapshot)
    record = json.loads(store.get(f"snapshots/{snapshot.name}.json"))
    first = json.dumps(record | {"schema_version": 1, "edited": digest_of_edited(own, 1)}).encode()
    store.put_if_absent(f"snapshots/{digest_of_bytes(first)}.json", first)
    for changed in (replace(own, stations=own.stations[1:]), replace(own, not_evaluable=own.not_evaluable[1:])):
        assert current_snapshot(changed, DAY).name != snapshot.name
        with pytest.raises(UserError) as others:
            open_snapshot(changed, snapshot.name)
        assert others.value.code == "snapshot_of_others"
        assert open_snapshot(changed, digest_of_bytes(first)).installation is changed
    again = opened(own.settings.home.parent)
    assert current_snapshot(again, DAY).name == snapshot.name, "read anew, they are the same"


def test_a_preview_says_what_accepting_a_file_would_change_and_keeps_nothing(own: Installation) -> None:
    snapshot = current_snapshot(own, DAY)
    study = study_of(snapshot, "modellwelt")
    before = study.effects.estimates
    kept = sorted(path for path in own.settings.home.rglob("*"))
    data = deliver_again(own)
    preview = Study(snapshot.with_accepted(data, OFFICIAL), study.plan)
    assert not preview.panel["value"].equals(study.panel["value"])
    assert not preview.effects.estimates["estimate"].equals(before["estimate"])
    assert sorted(path for path in own.settings.home.rglob("*")) == kept
    with pytest.raises(UserError):
        snapshot.with_accepted(b"a;b\n1;2\n", "fremd.csv")
    # what it said is what happens
    land(own, YEARS)
    judge_arrivals(own, YEARS)
    now = study_of(current_snapshot(own, DAY), "modellwelt")
    pd.testing.assert_frame_equal(now.effects.estimates, preview.effects.estimates)


def _tables(snapshot: Snapshot, study: Study) -> Iterator[tuple[str, object]]:
    for dataset in sorted(contract.dataset for contract in snapshot.contracts.values()):
        yield f"accepted {dataset}", snapshot.accepted(dataset).observations
    for name, table in study.indicators.items():
        yield f"indicator {name}", table
    yield "pseudo_cohorts", snapshot.pseudo_cohorts()
    for name in ("groups", "observed", "panel", "revisions"):
        yield name, getattr(study, name)
    for name in ("units", "balance", "references", "synthetic"):
        yield f"matched {name}", getattr(study.matched, name)
    yield "baseline", study.baseline.values
    for name in RESULT_TABLES:
        yield f"effects {name}", getattr(study.effects, name)


def _digest(table: object) -> str:
    if isinstance(table, pd.DataFrame):
        return str(pd.util.hash_pandas_object(table.astype(str)).sum()) + repr(list(table.columns)) + repr(table.shape)
    assert isinstance(table, pa.Table)
    return digest_of_table(table)


def test_nobody_writes_to_the_tables_that_are_handed_out(own: Installation) -> None:
    snapshot = current_snapshot(own, DAY)
    study = study_of(snapshot, "modellwelt")
    before = {name: _digest(table) for name, table in _tables(snapshot, study)}
    event_study_pictures(study, study.effects)
    report_inputs(study, study.effects)
    make_edition(study)
    assert {name: _digest(table) for name, table in _tables(snapshot, study)} == before


def test_the_report_of_a_day_is_the_same_whatever_came_after_and_says_its_day(own: Installation) -> None:
    plan = own.plans["modellwelt"]
    then = replace(plan, as_of=DAY.isoformat())
    before = make_edition(Study(current_snapshot(own), then))
    page = own.steps.store.get(before.page).decode()
    assert "Gerechnet ist mit dem, was am " in page
    assert "01.01.2026" in page
    shutil.copyfile(own.settings.home.parent / "later" / LATER, own.settings.inbox / LATER)
    deliver_again(own)
    next_year = opened(own.settings.home.parent, DAY + timedelta(days=365))
    land(next_year, YEARS)
    judge_arrivals(next_year, YEARS)
    now = current_snapshot(next_year)
    assert make_edition(Study(now, then)) == before
    effects = Study(now, plan).effects
    today, of_then = report_inputs(Study(now, plan), effects), report_inputs(Study(now, then), effects)
    assert today.stations is not None
    assert set(today.stations["unit_name"]) == {"Duisburg"}
    assert len(today.deliveries) > 0
    assert of_then.stations is None
    assert of_then.deliveries.empty


def test_every_table_beside_a_report_of_made_up_figures_says_so_in_each_row(own: Installation) -> None:
    store = own.steps.store
    folder = make_edition(study_of(current_snapshot(own), "modellwelt")).page.rpartition("/")[0]
    tables = {key: store.get(key) for key in store.list(folder) if key.endswith((".csv", ".parquet"))}
    frames = {
        key: pq.read_table(io.BytesIO(content)).to_pandas()
        if key.endswith(".parquet")
        else pd.read_csv(io.BytesIO(content), sep=";" if "/daten/" in key else ",")
        for key, content in tables.items()
    }
    assert {"codebook.csv", "estimates.csv", "estimates.parquet", "weights.csv", "tests.csv", "design_balance.csv"} <= {
        key.rpartition("/")[2] for key in frames
    }
    assert [key for key, frame in frames.items() if list(frame.columns)[-1] != "simulated"] == []
    assert [key for key, frame in frames.items() if set(frame["simulated"].astype(str).str.lower()) > {"true"}] == []
    assert '"simulated": true' in store.get(f"{folder}/conformity.json").decode()


def test_context_is_no_finding_on_the_page_of_the_effects_as_it_is_none_in_the_report(own: Installation) -> None:
    study = study_of(current_snapshot(own), "modellwelt")
    name, line = headlines(study, study.effects)["sgbii_quote"]
    assert name.in_language("de").endswith("(sgbii_quote): Kontext")
    assert not any(sign.isdigit() for sign in line.in_language("de"))
    assert "sgbii_quote" not in event_study_pictures(study, study.effects)


def test_a_picture_of_the_effects_is_drawn_once(own: Installation) -> None:
    study = study_of(current_snapshot(own, DAY), "modellwelt")
    first = event_study_pictures(study, study.effects)
    assert first
    journal = own.steps.journal
    assert [step for step, _ in journal.computed].count("pictures") == len(first)
    assert event_study_pictures(study, study.effects) == first
    assert [step for step, _ in journal.computed].count("pictures") == len(first)


def test_what_great_expectations_said_is_found_again_without_importing_it(own: Installation) -> None:
    contract = own.contract_of("schulabgaenge_amtlich")
    said = validate_contract(current_snapshot(own, DAY), contract)
    assert (said.files, said.sentences) == (5, ())
    code = f"""
import sys
from datetime import date
from pathlib import Path
from kkz_eval.line.installation import open_installation
from kkz_eval.line.snapshot import current_snapshot
from kkz_eval.line.validation import validate_contract
from kkz_eval.settings import Settings
world = Path({str(own.settings.home.parent)!r})
own = open_installation(Settings(home=world / "home", inbox=world / "deliveries", contracts=Path({str(CONTRACTS)!r})), [world / "plan.yaml"])
said = validate_contract(current_snapshot(own, date(2026, 1, 1)), own.contract_of("schulabgaenge_amtlich"))
print(said.files, said.rules, "great_expectations" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["5", str(said.rules), "False"]


def test_great_expectations_agrees_where_one_hint_stands_for_many_units(own: Installation) -> None:
    file = own.settings.inbox / OFFICIAL
    lines = file.read_bytes().split(b"\r\n")
    lacking = b";mittlerer Abschluss;"
    file.write_bytes(b"\r\n".join(line for line in lines if lacking not in line))
    land(own, YEARS)
    judge_arrivals(own, YEARS)
    said = validate_contract(current_snapshot(own, DAY), own.contract_of("schulabgaenge_amtlich"))
    assert said.warnings == 1, "all Kreise lack it"
    assert [sentence for sentence in said.sentences if "Great Expectations" in sentence] == []


def test_the_page_in_the_first_language_of_the_plan_leads_and_credits_made_up_figures_to_nobody(own: Installation) -> None:
    edition = make_edition(Study(current_snapshot(own, DAY), quick(own, languages=("en", "de"))))
    assert edition.page.endswith("/report.html")
    assert make_edition(Study(current_snapshot(own, DAY), quick(own))).page.endswith("/bericht.html")
    page = own.steps.store.get(edition.page).decode()
    assert "no office has published these figures" in page
    beside = own.steps.store.list(edition.page.rpartition("/")[0])
    assert 'href="report.pdf"' in page
    for name in ("bericht.pdf", "auf_einer_seite.pdf", "report.pdf", "one_page.pdf"):
        (paper,) = (key for key in beside if key.endswith(f"/{name}"))
        assert own.steps.store.get(paper).startswith(b"%PDF-1.7")
    assert "© IT.NRW" not in page
    assert "simulated</text>" in page


def test_made_up_figures_are_known_by_their_files_whatever_the_plan_says(own: Installation) -> None:
    snapshot = current_snapshot(own, DAY)
    silent = quick(own, texts={})
    assert Study(snapshot, silent).simulated == snapshot.simulated
    assert "schulabgaenge_amtlich" in snapshot.simulated
    assert "inkar" not in snapshot.simulated
    assert report_inputs(Study(snapshot, silent), Study(snapshot, silent).effects).sources[0].attribution == ""


def test_made_up_figures_are_made_up_on_the_day_of_the_plan_though_real_ones_took_their_place(own: Installation) -> None:
    first = current_snapshot(own).register.arrivals[0].day
    later = replace(own, settings=replace(own.settings, day=date.fromisoformat(first) + timedelta(days=9)))
    for file in later.settings.inbox.glob("schulabgaenge*"):
        file.write_bytes(file.read_bytes().replace(SIGN.encode(), b"Landesdatenbank NRW"))
    land(later, YEARS)
    judge_arrivals(later, YEARS)
    snapshot, dataset = current_snapshot(later), "schulabgaenge_amtlich"
    assert dataset not in Study(snapshot, quick(later, texts={})).simulated
    world = Study(snapshot, quick(later))
    assert dataset not in world.simulated, "what a plan says of itself makes no figure made up"
    with pytest.raises(UserError) as refused:
        _ = world.indicators
    assert (refused.value.code, refused.value.parameters["datasets"]) == ("plan_of_model_world", dataset)
    before = Study(snapshot, quick(later, texts={}, as_of=first))
    assert dataset in before.simulated
    (source,) = (one for one in report_inputs(before, before.effects).sources if one.dataset == dataset)
    assert (source.simulated, source.attribution) == (True, "")


def test_a_contradiction_of_today_is_none_on_the_day_of_the_plan(own: Installation) -> None:
    first = current_snapshot(own).register.arrivals[0].day
    later = replace(own, settings=replace(own.settings, day=date.fromisoformat(first) + timedelta(days=9)))
    original = (later.settings.inbox / OFFICIAL).read_bytes()
    other = deliver_again(later)
    (later.settings.inbox / OFFICIAL).write_bytes(original.replace(b"Stand: 01.03.2013", b"Stand: 02.03.2013"))
    (later.settings.inbox / "zweite.csv").write_bytes(other.replace(b"Stand: 01.03.2013", b"Stand: 02.03.2013"))
    land(later, YEARS)
    judge_arrivals(later, YEARS)
    snapshot = current_snapshot(later)
    assert Study(snapshot, quick(later)).conflicts
    assert Study(snapshot, quick(later, as_of=first)).conflicts == ()


def test_the_state_of_a_run_of_one_plan_is_opened_where_all_plans_are_there(own: Installation) -> None:
    snapshot = current_snapshot(own, DAY)
    keep_snapshot(snapshot)
    beside = replace(own, plans={**own.plans, "other": replace(own.plans["modellwelt"], id="other")})
    again = open_snapshot(beside, snapshot.name)
    assert again.name == snapshot.name
    assert list(again.installation.plans) == ["modellwelt"]
