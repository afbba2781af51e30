"""Only what the register accepts is ever computed on, whichever asset is materialised, and whatever arrives in which order."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import dagster as dg
import pytest
from whole_runs import (
    AHLEN,
    DUESSELDORF,
    KREFELD,
    OFFICIAL_2012,
    PLAN_ID,
    add,
    as_if_new,
    change,
    copy_of,
    delivery,
    estimates_beside,
    open_world,
    put,
    settings_of,
    take_in_and_judge,
    tree,
    whole_run,
)

from kkz_eval.commands.run import run_line
from kkz_eval.definitions import build_defs
from kkz_eval.line.installation import Installation, open_installation
from kkz_eval.line.intake import land
from kkz_eval.line.snapshot import current_snapshot
from kkz_eval.line.study import Study

EFFECTS, INDICATORS = f"effects_{PLAN_ID}", "indicators"


@pytest.fixture
def world(finished: Path, tmp_path: Path) -> Path:
    """After one run."""
    return copy_of(finished, tmp_path / "world")


@pytest.fixture
def new(finished: Path, tmp_path: Path) -> Path:
    """Before any run."""
    return as_if_new(finished, tmp_path / "new")


def _materialize(world: Path, asset: str) -> bool:
    """Materialise one asset alone, through the definitions of the installation."""
    job = dg.define_asset_job("one_asset", selection=asset)
    defs = build_defs(open_installation(settings_of(world), [world / "plan.yaml"]), jobs=[job])
    with dg.DagsterInstance.ephemeral() as instance:
        return bool(defs.resolve_job_def("one_asset").execute_in_process(instance=instance, raise_on_error=False).success)


def _held(line: Installation, dataset: str, unit: str, year: int) -> dict[tuple[str, str], float]:
    """Observations of a unit and year that hold: by certificate and sex."""
    rows = current_snapshot(line).accepted(dataset).observations.to_pylist()
    held = [row for row in rows if (row["unit_id"], row["year"]) == (unit, year)]
    return {(dict(r["dimensions"])["certificate"], dict(r["dimensions"])["sex"]): r["value"] for r in held}


def _holds_from(line: Installation, dataset: str) -> set[str]:
    return set(current_snapshot(line).accepted(dataset).observations.column("delivery_sha256").to_pylist())


def _sha_of_newest(line: Installation, name: str) -> str:
    return line.register().last_under(name)[-1].sha256


@pytest.mark.parametrize("asset", [EFFECTS, INDICATORS])
def test_an_asset_materialised_alone_never_admits_a_rejected_official_table(world: Path, asset: str) -> None:
    before = open_world(world)
    old_page = whole_run(before)
    assert _materialize(world, asset)  # its checks compare series that the report does not need
    old = _held(before, "schulabgaenge_amtlich", "05111", 2012)
    file = world / "deliveries" / OFFICIAL_2012
    change(file, add("05111", "2012", {"ohne Hauptschulabschluss": 1000}))
    change(file, put("05112", "2012", "Hauptschulabschluss", "weiblich", "viele"))
    take_in_and_judge(open_world(world))
    stored = tree(world / "home" / "derived")

    assert _materialize(world, asset)

    after = open_world(world)
    rejected = _sha_of_newest(after, OFFICIAL_2012)
    assert after.register().verdicts[(rejected, "schulabgaenge_amtlich")].status == "rejected"
    assert rejected not in _holds_from(after, "schulabgaenge_amtlich")
    assert _held(after, "schulabgaenge_amtlich", "05111", 2012) == old
    assert tree(world / "home" / "derived") == stored, "the earlier accepted table stays, so that nothing is computed"
    (plan,) = after.plans.values()
    now = Study(current_snapshot(after), plan).effects.estimates
    assert now["estimate"].tolist() == pytest.approx(estimates_beside(old_page)["estimate"].tolist(), nan_ok=True)


def test_an_asset_materialised_alone_admits_nothing_that_was_landed_but_not_judged(world: Path) -> None:
    change(world / "deliveries" / OFFICIAL_2012, add("05111", "2012", {"ohne Hauptschulabschluss": 1000}))
    land(open_world(world), [2012])
    stored = tree(world / "home" / "derived")
    assert _materialize(world, EFFECTS)
    now = tree(world / "home" / "derived")
    assert {key: content for key, content in now.items() if not key.startswith("pictures/")} == stored


def test_an_asset_materialised_alone_never_admits_a_rejected_municipality(world: Path) -> None:
    old = _held(open_world(world), "schulabgaenge", AHLEN, 2012)
    change(delivery(world, AHLEN), add(AHLEN, "2011/12", {"Insgesamt": 7}))
    change(delivery(world, AHLEN), put(AHLEN, "2011/12", "Insgesamt", "insgesamt", "1"))
    take_in_and_judge(open_world(world))
    assert _materialize(world, INDICATORS)
    after = open_world(world)
    assert _held(after, "schulabgaenge", AHLEN, 2012) == old
    rows = current_snapshot(after).indicator("schulabgaenge_ohne_abschluss", "schulabgaenge").indicators.to_pylist()
    (row,) = (row for row in rows if (row["unit_id"], row["year"]) == (AHLEN, 2012))
    assert row["denominator"] == old[("insgesamt", "insgesamt")]


def test_a_rejected_municipality_stops_nobody_and_is_named(new: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change(delivery(new, AHLEN), put(AHLEN, "2011/12", "Insgesamt", "insgesamt", "1"))
    assert run_line(settings_of(new), new / "plan.yaml", None) == 1
    name, file = delivery(new, AHLEN).name, delivery(new, AHLEN)
    said = capsys.readouterr().out
    shown = (
        rf"Teilweise zurückgewiesen: {re.escape(name)} \([0-9]+ Fehler\)\. Genaues zeigt: kkz-eval check {re.escape(str(file))}\n"
    )
    assert re.search(shown, said)
    (page,) = new.glob("home/reports/*/*/bericht.html")
    (board,) = new.glob("home/board/*/lieferstand.html")
    assert said.splitlines()[-3:-1] == [f"Bericht: {page}", f"Lieferstand: {board}"]
    assert said.splitlines()[-1].startswith("Diese Zahlen sind simuliert.")
    assert f"Zurückgewiesen: {name} (schulabgaenge): Ahlen 2012" in page.read_text(encoding="utf-8")
    line = open_world(new)
    assert _held(line, "schulabgaenge", AHLEN, 2012) == {}
    assert _held(line, "schulabgaenge", AHLEN, 2013) != {}
    assert _held(line, "schulabgaenge", KREFELD, 2012) != {}


def test_only_the_faulty_unit_and_year_of_a_file_is_missing(new: Path) -> None:
    change(delivery(new, AHLEN), put(AHLEN, "2011/12", "Insgesamt", "insgesamt", "1"))
    ahlen, krefeld = (delivery(new, unit).read_bytes().decode("cp1252") for unit in (AHLEN, KREFELD))
    both = ahlen + krefeld.split("\r\n", 1)[1]
    for unit in (AHLEN, KREFELD):
        delivery(new, unit).unlink()
    (new / "deliveries" / "beide.csv").write_bytes(both.encode("cp1252"))
    line = open_world(new)
    take_in_and_judge(line)
    rows = current_snapshot(line).accepted("schulabgaenge").observations.to_pylist()
    there = {(row["unit_id"], row["year"]) for row in rows if row["unit_id"] in (AHLEN, KREFELD)}
    assert there == {(unit, year) for unit in (AHLEN, KREFELD) for year in range(2010, 2015)} - {(AHLEN, 2012)}


def test_a_content_that_comes_back_holds_again(world: Path) -> None:
    file = world / "deliveries" / OFFICIAL_2012
    original = file.read_bytes()
    old = _held(open_world(world), "schulabgaenge_amtlich", "05111", 2012)

    change(file, add("05111", "2012", {"ohne Hauptschulabschluss": 10}))
    take_in_and_judge(open_world(world))
    assert _held(open_world(world), "schulabgaenge_amtlich", "05111", 2012) != old

    file.write_bytes(original)
    line = open_world(world)
    take_in_and_judge(line)
    assert _held(line, "schulabgaenge_amtlich", "05111", 2012) == old
    assert len([arrival for arrival in line.register().arrivals if arrival.name == OFFICIAL_2012]) == 3


def test_a_rejected_redelivery_leaves_the_earlier_one(world: Path) -> None:
    old_line = open_world(world)
    old, page = _held(old_line, "schulabgaenge", AHLEN, 2012), whole_run(old_line)
    change(delivery(world, AHLEN), put(AHLEN, "2011/12", "Insgesamt", "insgesamt", "1"))
    line = open_world(world)
    new_page = whole_run(line)
    assert _held(line, "schulabgaenge", AHLEN, 2012) == old
    assert new_page != page
    said = new_page.read_text(encoding="utf-8")
    assert f"Zurückgewiesen, eine frühere gilt weiter: {delivery(world, AHLEN).name} (schulabgaenge): Ahlen 2012" in said
    assert f"Dafür gilt weiter die frühere Lieferung {delivery(world, AHLEN).name} (Nr. " in said
    assert "zurückgewiesen, eine frühere gilt weiter" in said


def test_the_same_content_under_two_names_counts_once(world: Path, new: Path) -> None:
    expected = current_snapshot(open_world(world)).accepted("schulabgaenge").observations.num_rows
    shutil.copyfile(delivery(new, AHLEN), new / "deliveries" / "ahlen_kopie.csv")
    said: list[str] = []
    line = open_world(new, said)
    take_in_and_judge(line)
    assert current_snapshot(line).accepted("schulabgaenge").observations.num_rows == expected
    assert current_snapshot(line).accepted("schulabgaenge").conflicts == ()
    assert f"Doppelt: {delivery(new, AHLEN).name} hat denselben Inhalt wie ahlen_kopie.csv; er zählt einmal." in said


def _contradict(world: Path, source: Path, name: str, cell: Callable[[list[str]], str | None]) -> None:
    shutil.copyfile(source, world / "deliveries" / name)
    change(world / "deliveries" / name, cell)


def test_of_two_files_of_one_scan_that_contradict_each_other_none_holds(new: Path) -> None:
    moved = add(DUESSELDORF, "2011/12", {"ohne Hauptschulabschluss": 9, "mittlerer Abschluss": -9})
    _contradict(new, delivery(new, DUESSELDORF), "zweite.csv", moved)
    line = open_world(new)
    page = whole_run(line)
    assert _held(line, "schulabgaenge", DUESSELDORF, 2012) == {}
    assert _held(line, "schulabgaenge", DUESSELDORF, 2013) != {}
    (conflict,) = current_snapshot(line).accepted("schulabgaenge").conflicts
    assert (conflict.unit_id, conflict.year) == (DUESSELDORF, 2012)
    assert set(conflict.names) == {delivery(new, DUESSELDORF).name, "zweite.csv"}
    assert "Keiner davon gilt" in page.read_text(encoding="utf-8")


def test_a_contradiction_between_official_tables_costs_its_cells_and_is_said(new: Path) -> None:
    _contradict(new, new / "deliveries" / OFFICIAL_2012, "amtlich_neu.csv", add("05111", "2012", {"Hauptschulabschluss": 9}))
    line = open_world(new)
    page = whole_run(line)
    assert _held(line, "schulabgaenge_amtlich", "05111", 2012) == {}
    assert _held(line, "schulabgaenge_amtlich", "05112", 2012) != {}
    assert "amtlich_neu.csv" in page.read_text(encoding="utf-8")
