"""The model world, from simulated deliveries to the report: what was planted is found, and a second run computes nothing."""

from __future__ import annotations

import re
import sqlite3
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pandas as pd
import pytest
from whole_runs import CONTRACTS, PLAN_ID, copy_of, estimates_beside, whole_run

from kkz_eval.evaluation.plan_file import load_plan
from kkz_eval.indicators.catalogue import load_catalogue
from kkz_eval.line.installation import open_installation
from kkz_eval.settings import Settings

PLAN = CONTRACTS / "plans" / "modellwelt.yaml"
PLANTED = {
    "schulabgaenge_ohne_abschluss": -1.0,
    "schulabgaenge_hochschulreife": 2.0,
    "schulabgaenge_hauptschulabschluss": 0.0,
    "betreuungsquote_u3": 1.5,
    "betreuungsquote_ue3": 1.0,
    "jugendarbeitslosenquote": -0.5,
    "geburten_je_1000": 0.0,
    "arbeitslosenquote": 0.0,
}
FARTHEST = 3.5  # standard errors; an interval of 95 % of one world may well miss


@pytest.fixture(scope="module")
def run(finished_model_world: Path) -> tuple[Path, int, Path]:
    """World, exit code and page of one run through the command line."""
    (page,) = finished_model_world.glob(f"home/reports/{PLAN_ID}/*/bericht.html")
    return finished_model_world, int((finished_model_world / "exit_code").read_text(encoding="utf-8")), page


def test_the_run_ends_well(run: tuple[Path, int, Path]) -> None:
    assert run[1] == 0


@pytest.mark.parametrize("indicator", sorted(PLANTED))
def test_the_planted_effect_is_found_up_to_chance(run: tuple[Path, int, Path], indicator: str) -> None:
    rows = estimates_beside(run[2]).query("indicator == @indicator and estimator == 'twfe' and aggregation == 'coefficient'")
    (row,) = rows.to_dict("records")
    assert row["status"] == "ok"
    assert abs(row["estimate"] - PLANTED[indicator]) < FARTHEST * row["std_error"]
    assert row["std_error"] < 1  # as large as the errors of genuine series make it with 13 and 17 Kreise


def test_each_stage_with_an_official_series_has_a_verdict_of_its_own_and_what_nothing_moves_stops_none(
    run: tuple[Path, int, Path],
) -> None:
    """One primary outcome for each of four stages; births and the unemployment of all are controls, and give no verdict."""
    verdicts = pd.read_csv(run[2].parent / "verdicts.csv").set_index("indicator")["verdict"]
    plan = load_plan(PLAN)
    primary = {outcome.indicator for outcome in plan.outcomes if outcome.role == "primary"}
    catalogue = load_catalogue(CONTRACTS / "indicators.yaml", CONTRACTS / "breaks.yaml")
    assert [catalogue[name].stage for name in sorted(primary)] == ["under_3", "kita", "transition", "secondary"]
    assert (verdicts[sorted(primary)] != "none").all()
    assert (verdicts[sorted(primary)] != "not_comparable").all()
    assert (verdicts[list(plan.negative_controls)] == "none").all()


def test_the_report_says_that_it_is_simulated(run: tuple[Path, int, Path]) -> None:
    assert "Alle Zahlen dieses Berichts sind simuliert." in run[2].read_text(encoding="utf-8")


def test_the_chain_is_answered_from_what_was_delivered_and_a_generation_followed(run: tuple[Path, int, Path]) -> None:
    said = re.sub(r"<[^>]+>", "", run[2].read_text(encoding="utf-8"))
    assert "Angebote: Zahlen für 2019 von 18 der 18 Kommunen, die liefern sollen." in said
    assert "Netzwerk: Zahlen für 2019 von 18 der 18 Kommunen." in said
    assert "liegt keine Lieferung vor" not in said
    assert "Geboren 2012" in said
    assert "noch nicht erreicht (2028)" in said


OFFICES = re.compile(
    r"Statistische[sn]? (?:Ämter|Landesamt|Bundesamt)|IT\.NRW|Landesdatenbank|Regionalstatistik|Destatis|BBSR|Bundesagentur|"
    r"Robert Koch|Datenlizenz|dl-de"
)
WHO_HOLDS = re.compile(r'<div class="folded" id="chain-reasons">.*?</div>', re.DOTALL)
"""The part of a report that says who holds the tables that are not at hand: no figure of it is shown."""


def _texts(home: Path) -> Iterator[tuple[str, str]]:
    """Every text that people can read of a run: files by their name, and what Dagster's pages show."""
    for file in sorted(home.rglob("*")):
        if file.suffix in (".html", ".csv", ".svg", ".json", ".txt"):
            yield str(file.relative_to(home)), file.read_text(encoding="utf-8")
        elif file.suffix == ".xlsx":
            with zipfile.ZipFile(file) as parts:
                texts = [parts.read(name).decode() for name in parts.namelist() if name.endswith(".xml")]
            yield str(file.relative_to(home)), "\n".join(texts)
    for database in sorted((home / "dagster").rglob("*.db")):
        with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
            if connection.execute("select 1 from sqlite_master where name = 'event_logs'").fetchone():
                for number, (event,) in enumerate(connection.execute("select event from event_logs")):
                    yield f"{database.name} {number}", event.encode().decode("unicode_escape") if "\\u" in event else event


def test_no_office_and_no_licence_is_named_for_figures_that_are_made_up(run: tuple[Path, int, Path]) -> None:
    found = {name: OFFICES.findall(WHO_HOLDS.sub("", text)) for name, text in _texts(run[0] / "home")}
    assert len(found) > 500
    assert {name: offices for name, offices in found.items() if offices} == {}


def test_all_that_people_open_says_that_it_is_simulated(run: tuple[Path, int, Path]) -> None:
    texts = {name: text for name, text in _texts(run[0] / "home") if name.endswith((".html", ".svg", ".txt", ".xlsx"))}
    opened = {name: text for name, text in texts.items() if name.partition("/")[0] in ("reports", "board", "protocols")}
    assert {"html", "svg", "txt"} <= {name.rpartition(".")[2] for name in opened}
    assert [name for name, text in opened.items() if not re.search("simulier|simulated", text.casefold())] == []
    drawings = re.findall(r"<svg.*?</svg>", run[2].read_text(encoding="utf-8"), re.DOTALL)
    assert drawings
    assert [drawing for drawing in drawings if ">simuliert</text>" not in drawing] == []


def test_nothing_is_named_as_missing_that_a_unit_does_not_owe(run: tuple[Path, int, Path]) -> None:
    """Towns that joined in 2017 owe no services before, and nobody owes what its youth office sends; all else is there."""
    html = run[2].read_text(encoding="utf-8")
    assert "Keine Lieferung wurde zurückgewiesen, keine fehlt." in html
    assert 'id="kept-out-table"' not in html


def test_a_second_run_computes_nothing_and_points_to_the_same_report(run: tuple[Path, int, Path], tmp_path: Path) -> None:
    first, _, page = run
    world = copy_of(first, tmp_path / "world")
    line = open_installation(Settings(world / "home", world / "deliveries", CONTRACTS), [PLAN])
    assert whole_run(line).relative_to(world) == page.relative_to(first)
    assert line.steps.journal.computed == []
    assert ("report", PLAN_ID) in line.steps.journal.reused
