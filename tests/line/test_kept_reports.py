"""A report that is kept can be named in several ways, traced from a number to the delivered cells, and computed anew from the deliveries."""

from __future__ import annotations

import csv
import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from kkz_eval.cli import main
from kkz_eval.line.editions import numbered_editions
from kkz_eval.line.installation import Installation, open_installation
from kkz_eval.line.intake import judge_arrivals, land, parse_arrivals
from kkz_eval.line.kept_reports import KeptReport, kept_report
from kkz_eval.line.releases import RELEASES
from kkz_eval.line.report import make_edition
from kkz_eval.line.snapshot import current_snapshot, keep_snapshot
from kkz_eval.line.study import Study, study_of
from kkz_eval.line.tracing import trace_of
from kkz_eval.line.verification import verify
from kkz_eval.model.errors import UserError
from kkz_eval.model.identifiers import column_number
from kkz_eval.settings import Settings

CONTRACTS = Path(__file__).parents[2] / "data_contracts"
YEARS = range(1900, 2101)
OUTCOME = "schulabgaenge_ohne_abschluss"


def small_plan() -> dict[str, object]:
    """The plan of the model world with one outcome, whose estimates take a moment."""
    plan = yaml.safe_load((CONTRACTS / "plans" / "modellwelt.yaml").read_text(encoding="utf-8"))
    for key in ("audit", "specifications", "negative_controls", "co_treatments"):
        plan.pop(key, None)
    outcome = next(one for one in plan["outcomes"] if one["indicator"] == OUTCOME)
    outcome.pop("negative_controls", None)
    inference = {"method": "analytic", "level": 0.95, "draws": 0, "small_sample": "fixest"}
    few = {"outcomes": [outcome], "estimators": [{"id": "twfe", "method": "twfe"}], "languages": ["de"]}
    return {**plan, **few, "inference": inference}


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory, model_world: Path) -> Installation:
    """A home with the report of a small plan on the official tables of the model world."""
    folder = tmp_path_factory.mktemp("kept")
    contracts, inbox = folder / "contracts", folder / "inbox"
    shutil.copytree(CONTRACTS, contracts)
    for file in (contracts / "plans").glob("*"):
        file.unlink()
    (contracts / "plans" / "small.yaml").write_text(yaml.safe_dump(small_plan(), allow_unicode=True), encoding="utf-8")
    inbox.mkdir()
    for file in (model_world / "deliveries").iterdir():
        if file.name.startswith(("schulabgaenge_amtlich", "mindestsicherung_amtlich", "bevoelkerung_amtlich")):
            shutil.copy(file, inbox / file.name)
    made = open_installation(Settings(home=folder / "home", inbox=inbox, contracts=contracts))
    land(made, YEARS)
    parse_arrivals(made, YEARS)
    judge_arrivals(made, YEARS)
    snapshot = current_snapshot(made)
    keep_snapshot(snapshot)
    make_edition(Study(snapshot, made.plans["modellwelt"]))
    return made


@pytest.fixture(scope="module")
def report(installation: Installation) -> KeptReport:
    return kept_report(installation, "modellwelt")


def test_page_folder_and_plan_name_the_same_report(installation: Installation, report: KeptReport) -> None:
    home = installation.settings.home
    assert report.pages
    for named in (home / report.folder, home / report.pages[0]):
        assert kept_report(installation, str(named)) == report
    with pytest.raises(UserError, match="nirgends"):
        kept_report(installation, "nirgends")
    with pytest.raises(UserError, match="is no report"):
        kept_report(installation, str(home / "landing"))
    with pytest.raises(UserError, match="whose plan is not here"):
        kept_report(replace(installation, plans={}), str(home / report.pages[0]))


def test_a_number_is_traced_to_cells_that_hold_what_was_delivered(installation: Installation, report: KeptReport) -> None:
    store = installation.steps.store
    numbers = report.numbers(store, report.pages[0])
    study = study_of(current_snapshot(installation), "modellwelt")
    estimate = float(study.effects.estimates.loc[0, "estimate"])
    number = next(one for one in numbers.values() if one.value == estimate)
    found = trace_of(study, number)
    assert found.outcome is not None
    assert found.outcome.indicator == OUTCOME
    assert ("estimates", "estimate") in {(one.table, one.column) for one in found.results}
    panel = study.panel[study.panel["value"].notna()]
    traced = set(zip(found.cells["unit_id"], found.cells["year"], strict=True))
    assert traced == set(zip(panel["unit_id"], panel["year"], strict=True))
    for cell in found.cells.sample(20, random_state=1).to_dict("records"):
        letters = cell["cell"].rstrip("0123456789")
        content = (installation.settings.inbox / cell["file"]).read_bytes()
        text = content.decode("utf-8-sig") if content.startswith(b"\xef\xbb\xbf") else content.decode("cp1252")
        rows = list(csv.reader(text.splitlines(), delimiter=";"))
        row = rows[int(cell["cell"][len(letters) :]) - 1]
        assert row[column_number(letters) - 1].strip() == cell["delivered"]
        assert cell["unit_id"] in row


def test_what_is_no_number_of_an_outcome_says_so(installation: Installation, report: KeptReport) -> None:
    numbers = report.numbers(installation.steps.store, report.pages[0])
    other = next(one for one in numbers.values() if OUTCOME not in one.identifier)
    found = trace_of(study_of(current_snapshot(installation), "modellwelt"), other)
    assert found.outcome is None
    assert found.cells.empty


def test_a_report_computed_anew_without_anything_derived_is_the_same_and_nothing_is_written(
    installation: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KKZ_CONTRACTS", str(installation.settings.contracts))
    home = shutil.copytree(installation.settings.home, tmp_path / "home")
    shutil.rmtree(home / "derived")
    before = sorted(path for path in home.rglob("*") if path.is_file())
    assert main(["verify", "modellwelt", "--home", str(home)]) == 0
    said = capsys.readouterr().out
    assert "alles gleich" in said
    numbers = int(said.split(" Zahlen neu gerechnet")[0].rsplit(" ", 1)[1])
    assert numbers > 100
    assert sorted(path for path in home.rglob("*") if path.is_file()) == before


def test_the_plan_of_a_report_may_lie_elsewhere_than_beside_the_contracts(
    installation: Installation,
    report: KeptReport,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    contracts = shutil.copytree(installation.settings.contracts, tmp_path / "contracts")
    plan = (contracts / "plans" / "small.yaml").rename(tmp_path / "mein_plan.yaml")
    monkeypatch.setenv("KKZ_CONTRACTS", str(contracts))
    home = str(installation.settings.home)
    page = f"{home}/{report.pages[0]}"
    assert main(["verify", page, "--home", home]) == 2
    assert "mit --plan nennen" in capsys.readouterr().err
    assert main(["verify", page, "--plan", str(plan), "--home", home]) == 0
    assert "alles gleich" in capsys.readouterr().out
    number = next(iter(report.numbers(installation.steps.store, report.pages[0])))
    assert main(["trace", "modellwelt", number, "--plan", str(plan), "--home", home]) == 0
    assert number in capsys.readouterr().out


def test_a_changed_table_and_a_changed_number_on_the_page_are_named(
    installation: Installation, report: KeptReport, tmp_path: Path
) -> None:
    copied = shutil.copytree(installation.settings.home, tmp_path / "home")
    elsewhere = open_installation(replace(installation.settings, home=copied))
    store = elsewhere.steps.store
    table = copied / report.folder / "estimates.csv"
    lines = list(csv.reader(table.read_text(encoding="utf-8").splitlines()))
    at = lines[0].index("std_error")
    row = next(line for line in lines[1:] if line[at])
    row[at] = repr(float(row[at]) * 1.01)
    table.chmod(0o600)
    with table.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(lines)
    page = report.pages[0]
    number = next(one for one in report.numbers(store, page).values() if one.identifier.startswith("difference."))
    shown = store.get(page).decode()
    other = shown.replace(f'id="{number.identifier}" value="{number.value!r}"', f'id="{number.identifier}" value="4711.5"')
    assert other != shown
    store.replace(page, other.encode())
    found = verify(elsewhere, kept_report(elsewhere, "modellwelt"))
    assert "estimates.csv" in found.altered
    assert [(one.table, one.column) for one in found.tables.differences] == [("estimates", "std_error")]
    assert [one.number for one in found.pages] == [number.identifier]


def test_an_edition_that_was_released_and_is_gone_is_not_made_again(
    installation: Installation, report: KeptReport, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    shutil.copytree(installation.settings.home, home)
    copy = open_installation(replace(installation.settings, home=home))
    store, (plan,) = copy.steps.store, copy.plans.values()
    again = make_edition(study_of(current_snapshot(copy), plan.id))
    assert again.page in report.pages, "nothing changed: it is the one that is kept"
    folder = report.folder.rpartition("/")[2]
    act = {
        "act": "release",
        "plan": plan.id,
        "number": 1,
        "folder": folder,
        "sums": "",
        "role": "R",
        "day": "2026-01-02",
        "reason": "",
    }
    store.put_if_absent(f"{RELEASES}/{plan.id}/000001.json", json.dumps({**act, "schema_version": 1}).encode())
    for key in store.list(report.folder):
        store.remove(key)
    made = make_edition(study_of(current_snapshot(copy), plan.id))
    assert made.page.rpartition("/")[0] != report.folder
    assert store.list(report.folder) == []
    assert [one.number for one in numbered_editions(store, plan.id)] == [1, 2]
    assert make_edition(study_of(current_snapshot(copy), plan.id)) == made


def test_the_commands_say_it(
    installation: Installation,
    report: KeptReport,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("KKZ_CONTRACTS", str(installation.settings.contracts))
    home = str(installation.settings.home)
    number = next(name for name in report.numbers(installation.steps.store, report.pages[0]) if name.startswith("difference.1-"))
    cells = tmp_path / "cells.csv"
    assert main(["trace", "modellwelt", number, "--home", home, "--cells", str(cells)]) == 0
    said = capsys.readouterr().out
    assert "gelieferten Zellen" in said
    assert "schulabgaenge_amtlich_2006.csv" in said
    assert cells.read_text(encoding="utf-8").startswith("indicator,unit_id")
    assert main(["trace", "modellwelt", number, "--home", home, "--cells", str(cells)]) == 2
    assert "wird nicht überschrieben" in capsys.readouterr().err
    assert main(["trace", "modellwelt", number, "--home", home, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["outcome"] == OUTCOME
    assert main(["trace", "modellwelt", "difference.1-nothing", "--home", home]) == 2
    assert "Ähnliche Kennungen" in capsys.readouterr().err
    assert main(["verify", "kekiz", "--home", home]) == 2
    assert "ist kein Bericht" in capsys.readouterr().err
