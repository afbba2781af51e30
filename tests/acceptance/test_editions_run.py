"""Editions from the inbox to the estimate: a plan names a day or an edition; editions mixed between groups are refused."""

from __future__ import annotations

import random
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import dagster as dg
import pytest
from whole_runs import ALL_YEARS, CONTRACTS, SHARED_DATA, take_in_and_judge

from kkz_eval.assets.official import official_asset
from kkz_eval.evaluation.design import groups_of
from kkz_eval.evaluation.plan import Plan
from kkz_eval.line.installation import Installation, open_installation
from kkz_eval.line.report import make_edition, report_inputs
from kkz_eval.line.snapshot import current_snapshot
from kkz_eval.line.study import Study
from kkz_eval.model.errors import UserError
from kkz_eval.settings import Settings

GENUINE = SHARED_DATA / "official" / "inkar" / "schulabgaenger_ohne_abschluss_by_INKAR_edition.csv"
YEARS = range(2008, 2015)
REVISION = 1.05
PLAN = """
plan_version: 1
id: ausgaben
title: {de: Ausgaben}
reference: never
treated_cohorts: [2012]
units: {level: kreis, partly_treated: leave_out, known_until: 2019}
outcomes: [{indicator: a_schul_oA, role: primary, window: [2008, 2014]}]
estimators: [{id: twfe, method: twfe}]
"""

needs_genuine_file = pytest.mark.skipif(not GENUINE.exists(), reason="genuine files are not at hand (KKZ_SHARED)")


def _plan(folder: Path, source: str, more: str = "") -> Path:
    file = folder / "plan.yaml"
    file.write_text(f"{PLAN}sources: {{a_schul_oA: {source}}}\n{more}", encoding="utf-8")
    return file


def _line(folder: Path, files: Mapping[str, str], source: str = "inkar", more: str = "") -> tuple[Installation, Plan]:
    inbox = folder / "inbox"
    inbox.mkdir(parents=True)
    for name, content in files.items():
        (inbox / name).write_text(content, encoding="utf-8")
    line = open_installation(Settings(folder / "home", inbox, CONTRACTS), [_plan(folder, source, more)])
    take_in_and_judge(line, ALL_YEARS)
    return line, line.plans["ausgaben"]


def _null_world(revised: str) -> str:
    """A world without any effect in two editions; that of 2024 is 5 % higher from 2012 on, and has these groups only."""
    draw = random.Random(1)
    plan = Plan("p", (), (), treated_cohorts=(2012,))
    groups = groups_of(plan, "de")
    lines = ["ags,jahr,2018,2024"]
    for unit, group in zip(groups["unit_id"], groups["group"], strict=True):
        level = 6 + draw.random()
        for year in YEARS:
            value = level + draw.gauss(0, 0.05)
            newer = f"{value * REVISION:.3f}" if year >= 2012 and (group == "treated" or revised == "all") else ""
            lines.append(f"{unit},{year},{value:.3f},{newer}")
    return "\n".join(lines) + "\n"


def _estimate(line: Installation, plan: Plan) -> tuple[float, float]:
    rows = Study(current_snapshot(line), plan).effects.estimates
    (row,) = rows[(rows["estimator"] == "twfe") & (rows["aggregation"] == "coefficient")].to_dict("records")
    assert row["status"] == "ok"
    return float(row["estimate"]), float(row["std_error"])


def test_a_revision_of_5_per_cent_in_one_group_would_be_an_effect_and_is_refused(tmp_path: Path) -> None:
    line, plan = _line(tmp_path, {"a_schul_oA_nach_Ausgaben.csv": _null_world("treated")})
    with pytest.raises(UserError) as refused:
        _ = Study(current_snapshot(line), plan).panel
    assert "2012" in refused.value.sentence.in_language("de")
    assert "2018, 2024" in refused.value.sentence.in_language("de")
    # what it would have been: the difference in differences of the values that hold cell by cell
    table = current_snapshot(line).indicator("a_schul_oA", "inkar").indicators.to_pandas()
    groups = groups_of(plan, "de").set_index("unit_id")["group"]
    means = (
        table.assign(group=table["unit_id"].map(groups), after=table["year"] >= 2012).groupby(["group", "after"])["value"].mean()
    )
    change = means.unstack("after")[True] - means.unstack("after")[False]
    assert change["treated"] - change["reference"] == pytest.approx(0.05 * 6.5, abs=0.06)
    # with one edition for both groups there is none
    named = replace(plan, editions={"a_schul_oA": "2018"})
    estimate, error = _estimate(line, named)
    assert abs(estimate) < 3 * error < 0.1


def test_an_edition_that_has_all_years_is_not_mixed_with_one_that_has_some(tmp_path: Path) -> None:
    line, plan = _line(tmp_path, {"a_schul_oA_nach_Ausgaben.csv": _null_world("all")})
    with pytest.raises(UserError) as refused:
        _ = Study(current_snapshot(line), plan).panel
    assert refused.value.code == "editions_between_years"
    assert refused.value.sentence.in_language("de").endswith("alle Werte haben: 2018.")


def test_editions_that_follow_each_other_are_estimated_and_said(tmp_path: Path) -> None:
    rows = [line.split(",") for line in _null_world("all").splitlines()[1:]]
    split = [f"{u},{y},{old if int(y) < 2012 else ''},{new}" for u, y, old, new in rows]
    line, plan = _line(tmp_path, {"a_schul_oA_nach_Ausgaben.csv": "\n".join(["ags,jahr,2018,2024", *split]) + "\n"})
    inputs = report_inputs(Study(current_snapshot(line), plan), Study(current_snapshot(line), plan).effects)
    (said,) = [said for notice in inputs.notices if "mehreren Ausgaben" in (said := notice.in_language("de"))]
    assert "2018: 2008–2011; 2024: 2012–2014" in said


def test_values_that_are_not_final_are_counted_and_said(tmp_path: Path) -> None:
    rows = [line.split(",") for line in _null_world("all").splitlines()[1:]]
    marked = [f"{unit},{year},{old}{' p' if unit == '05111' else ''}" for unit, year, old, _ in rows]
    line, plan = _line(tmp_path, {"a_schul_oA_2018.csv": "\n".join(["ags,jahr,2018", *marked]) + "\n"})
    assert Study(current_snapshot(line), plan).marks == {"a_schul_oA": {"p": len(YEARS)}}
    inputs = report_inputs(Study(current_snapshot(line), plan), Study(current_snapshot(line), plan).effects)
    (said,) = [said for notice in inputs.notices if "nicht endgültig" in (said := notice.in_language("de"))]
    assert "7 Werten" in said
    (source,) = inputs.sources
    assert [(edition.edition, edition.flags) for edition in source.editions] == [("2018", (("p", 7),))]


def test_the_asset_of_an_official_source_says_since_when_each_edition_is_known(tmp_path: Path) -> None:
    line, _ = _line(tmp_path, {"a_schul_oA_nach_Ausgaben.csv": _null_world("all")})
    asset = official_asset(line.contracts["inkar"])
    with dg.DagsterInstance.ephemeral() as instance:
        run = dg.materialize([asset], resources={"installation": line}, instance=instance)
    metadata = run.asset_materializations_for_node("official_inkar")[0].metadata
    rows = [record.data for record in metadata["bekannt"].records]
    assert [(row["ausgabe"], row["bekannt_seit"], row["laut"]) for row in rows] == [
        ("2018", "2018-12-31", "edition"),
        ("2024", "2024-12-31", "edition"),
    ]
    assert metadata["ausgaben"].value == "2018, 2024"


def test_an_edition_that_never_came_is_named_with_those_that_did(tmp_path: Path) -> None:
    line, plan = _line(tmp_path, {"a_schul_oA_nach_Ausgaben.csv": _null_world("all")}, "{dataset: inkar, edition: 2016}")
    assert not Study(current_snapshot(line), plan).has_data
    with pytest.raises(UserError) as refused:
        _ = Study(current_snapshot(line), plan).panel
    assert "2018, 2024" in refused.value.sentence.in_language("de")


@pytest.fixture(scope="module")
def genuine(tmp_path_factory: pytest.TempPathFactory) -> tuple[Installation, Plan]:
    """The genuine file alone, taken in and judged."""
    folder = tmp_path_factory.mktemp("editions")
    (folder / "inbox").mkdir()
    shutil.copyfile(GENUINE, folder / "inbox" / GENUINE.name)
    line = open_installation(Settings(folder / "home", folder / "inbox", CONTRACTS), [_plan(folder, "inkar")])
    take_in_and_judge(line, ALL_YEARS)
    return line, line.plans["ausgaben"]


@needs_genuine_file
def test_three_editions_give_three_estimates_on_the_common_years(genuine: tuple[Installation, Plan]) -> None:
    line, plan = genuine
    found = {name: _estimate(line, replace(plan, editions={"a_schul_oA": name}))[0] for name in ("2017", "2018", "2024")}
    assert len(set(found.values())) == 3
    assert max(found.values()) - min(found.values()) < 0.01  # the editions differ by rounding only


@needs_genuine_file
@pytest.mark.parametrize(("day", "edition"), [("2017-12-31", "2017"), ("2018-12-31", "2018"), ("2024-12-31", "2024")])
def test_as_of_a_day_gives_the_estimate_of_the_edition_known_then(
    genuine: tuple[Installation, Plan], day: str, edition: str
) -> None:
    line, plan = genuine
    known, named = replace(plan, as_of=day), replace(plan, editions={"a_schul_oA": edition})
    assert _estimate(line, known) == _estimate(line, named)


@needs_genuine_file
def test_the_report_shows_editions_with_their_day_and_the_largest_revisions(genuine: tuple[Installation, Plan]) -> None:
    line, plan = genuine
    page = line.steps.store.get(make_edition(Study(current_snapshot(line), plan)).page).decode()
    for said in ("Angenommene Ausgaben: INKAR", "31.12.2017", "31.12.2018", "31.12.2024", "Jahr der Ausgabe (letzter Tag)"):
        assert said in page
    assert "Größte Änderungen zwischen zwei Ausgaben: Schulabgänge ohne Hauptschulabschluss" in page
    assert "© BBSR Bonn, INKAR" in page
