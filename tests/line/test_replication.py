"""The package lets an outsider recompute the headline: its panel gives the estimates, its script in R gives them too, and it says what it lacks."""

from __future__ import annotations

import csv
import io
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from kkz_eval.evaluation.effects import run_outcome
from kkz_eval.evaluation.panel import read_panel
from kkz_eval.evaluation.plan_file import load_plan
from kkz_eval.line.installation import open_installation
from kkz_eval.line.replication import package_of
from kkz_eval.line.snapshot import current_snapshot
from kkz_eval.line.study import Study
from kkz_eval.settings import Settings
from kkz_eval.storage.digests import digest_of_bytes

CONTRACTS = Path(__file__).parents[2] / "data_contracts"
PLAN = CONTRACTS / "plans" / "modellwelt.yaml"


@pytest.fixture(scope="module")
def study(finished_model_world: Path) -> Study:
    home, inbox = finished_model_world / "home", finished_model_world / "deliveries"
    settings = Settings(home=home, inbox=inbox, contracts=CONTRACTS, publisher="Stiftung A", contact="Frau B")
    snapshot = current_snapshot(open_installation(settings, [PLAN]))
    return Study(snapshot, snapshot.installation.plans["modellwelt"])


@pytest.fixture(scope="module")
def package(study: Study) -> dict[str, bytes]:
    return package_of(study, PLAN.read_bytes())


@pytest.fixture(scope="module")
def folder(package: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("package")
    for name, content in package.items():
        (out / name).parent.mkdir(exist_ok=True)
        (out / name).write_bytes(content)
    return out


def rows(package: dict[str, bytes], name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(package[name].decode())))


def test_the_panel_alone_gives_the_estimates(study: Study, folder: Path) -> None:
    plan, panel = load_plan(folder / "plan.yaml"), read_panel(folder / "panel.csv")
    small = replace(plan, audit=None, specifications=(), co_treatments=(), inference=replace(plan.inference, method="analytic"))
    indicator = plan.outcomes[0].indicator
    again = run_outcome(panel, small, indicator).estimates
    expected = study.effects.estimates[study.effects.estimates["indicator"] == indicator]
    keys = ["estimator", "aggregation", "term", "event_time", "cohort", "year"]
    merged = expected.merge(again, on=keys, suffixes=("", "_again"), validate="one_to_one")
    assert len(merged) == len(expected) == len(again)
    ok = merged["status"] == "ok"
    assert ok.any()
    assert merged.loc[ok, "estimate_again"].to_numpy() == pytest.approx(merged.loc[ok, "estimate"].to_numpy(), rel=1e-12)


def test_the_same_study_gives_the_same_bytes_and_sums_name_them(study: Study, package: dict[str, bytes]) -> None:
    assert package_of(study, PLAN.read_bytes()) == package
    listed = dict(reversed(line.split("  ")) for line in package["SHA256SUMS"].decode().splitlines())
    assert listed == {name: digest_of_bytes(content) for name, content in package.items() if name != "SHA256SUMS"}


def test_every_variable_and_indicator_is_explained(package: dict[str, bytes]) -> None:
    explained = {row["variable"] for row in rows(package, "codebook.csv")}
    panel = csv.reader(io.StringIO(package["panel.csv"].decode()))
    header = next(panel)
    at = header.index("indicator")
    assert {*header, *(f"indicator = {row[at]}" for row in panel)} == explained
    assert all(row["meaning_de"] and row["meaning_en"] for row in rows(package, "codebook.csv"))


def test_a_model_world_is_never_credited_to_an_office(package: dict[str, bytes]) -> None:
    assert {row["state"] for row in rows(package, "sources.csv")} == {"simulated"}
    assert {(row["attribution"], row["licence"]) for row in rows(package, "sources.csv")} == {("", "")}
    assert "simuliert" in package["LIESMICH.txt"].decode()
    assert "simulated" in package["README.txt"].decode()
    assert "references" not in yaml.safe_load(package["CITATION.cff"])


def test_the_package_is_cited_by_who_publishes_not_by_whom_municipalities_ask(package: dict[str, bytes]) -> None:
    assert yaml.safe_load(package["CITATION.cff"])["authors"] == [{"name": "Stiftung A"}]


def test_deliveries_of_municipalities_are_named_and_not_handed_on(study: Study, package: dict[str, bytes]) -> None:
    municipal = {contract.dataset for contract in study.snapshot.contracts.values() if contract.source == "municipal"}
    withheld = rows(package, "withheld.csv")
    assert {row["dataset"] for row in withheld} <= municipal
    assert any(row["years"] for row in withheld)
    assert "withheld.csv nennt sie" in package["LIESMICH.txt"].decode()
    assert not municipal & {row["dataset"] for row in rows(package, "sources.csv")}


def test_the_results_to_expect_hold_the_verdicts(study: Study, package: dict[str, bytes]) -> None:
    assert {row["indicator"] for row in rows(package, "expected/verdicts.csv")} == {one.indicator for one in study.plan.outcomes}


def test_the_alternatives_and_each_unit_left_out_are_asked_for(study: Study, package: dict[str, bytes]) -> None:
    jobs = rows(package, "jobs.csv")
    first = study.plan.outcomes[0].indicator
    names = [row["job"] for row in jobs if row["indicator"] == first]
    assert names[0] == "headline"
    assert {name.partition(":")[0] for name in names} - {"headline"} <= {one.id for one in study.plan.specifications} | {
        "log",
        "level",
    }
    assert len(names) > 3


@pytest.fixture
def rscript() -> str:
    found = shutil.which("Rscript")
    if found is None:
        pytest.skip("no Rscript on the path: install R to run the script of the package")
    return found


def test_the_script_in_r_finds_the_same_and_notices_what_is_not(folder: Path, rscript: str, tmp_path: Path) -> None:
    jobs = (folder / "jobs.csv").read_text(encoding="utf-8").splitlines()
    shutil.copytree(folder, tmp_path / "package")
    several = jobs[:8]
    (tmp_path / "package" / "jobs.csv").write_text("\n".join(several) + "\n", encoding="utf-8")
    done = subprocess.run([rscript, "package/replicate.R", "package"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    with (tmp_path / "replicated.csv").open(encoding="utf-8") as file:
        written = list(csv.DictReader(file))
    assert len(written) == len(several) - 1
    for row in written:
        assert float(row["R"]) == pytest.approx(float(row["kkz_eval"]), rel=1e-6, abs=1e-9)
    header = next(csv.reader([jobs[0]]))
    changed = next(csv.reader([jobs[1]]))
    changed[header.index("estimate")] = repr(float(changed[header.index("estimate")]) + 0.01)
    other = io.StringIO()
    csv.writer(other, lineterminator="\n").writerow(changed)
    (tmp_path / "package" / "jobs.csv").write_text(f"{jobs[0]}\n{other.getvalue()}", encoding="utf-8")
    done = subprocess.run([rscript, "package/replicate.R", "package"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "1 of them differ" in done.stdout
