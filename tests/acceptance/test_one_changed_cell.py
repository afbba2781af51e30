"""One changed cell in one delivered file: exactly what depends on it is computed again, and exactly those numbers change."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
from whole_runs import (
    AHLEN,
    OFFICIAL_2012,
    PLAN_ID,
    add,
    change,
    copy_of,
    delivery,
    estimates_beside,
    open_world,
    whole_run,
)

from kkz_eval.evaluation.results import RESULT_TABLES
from kkz_eval.line.installation import Installation
from kkz_eval.line.snapshot import current_snapshot

CHANGED = "schulabgaenge_ohne_abschluss"
GAP = f"{CHANGED}_luecke"  # no outcome, but the report says for which years the stage has it
OTHERS = {"schulabgaenge_hochschulreife", "schulabgaenge_hauptschulabschluss"}
EFFECTS = tuple(f"effects_{name}" for name in RESULT_TABLES)


ABOUT_THE_EDITION = ("edition.", "front.edition", "front.changed")


def _numbers(page: str) -> dict[str, str]:
    """The numbers of a page by their identifiers."""
    return dict(re.findall(r'<[a-z]+[^<>]* id="([^"]+)"[^<>]*>([^<]*)<', page))


def _file_steps(name: str, dataset: str) -> list[tuple[str, str]]:
    """What a changed file costs before any indicator. It was read when it was taken in, and is not read again."""
    of_file = [(step, name) for step in ("findings", "verdict", "observations_of_file")]
    return [*of_file, ("observations", dataset), ("observations_about", dataset)]


def _indicator_steps(indicator: str, dataset: str) -> list[tuple[str, str]]:
    return [(step, f"{indicator} ({dataset})") for step in ("indicators", "indicator_edges")]


def _effect_steps(indicator: str) -> list[tuple[str, str]]:
    return [(step, f"{PLAN_ID}: {indicator}") for step in EFFECTS]


def _values(line: Installation, indicator: str) -> dict[tuple[str, int], float]:
    rows = current_snapshot(line).indicator(indicator, "schulabgaenge_amtlich").indicators.to_pylist()
    return {(row["unit_id"], row["year"]): row["value"] for row in rows}


def test_a_cell_of_an_official_table_costs_its_own_indicator_only(finished: Path, tmp_path: Path) -> None:
    world = copy_of(finished, tmp_path / "world")
    before = open_world(world)
    old_page, old = whole_run(before), {name: _values(before, name) for name in (CHANGED, *OTHERS)}
    move = add("05111", "2012", {"ohne Hauptschulabschluss": 40, "mittlerer Abschluss": -40})
    change(world / "deliveries" / OFFICIAL_2012, move)

    line = open_world(world)
    page = whole_run(line)
    assert sorted(line.steps.journal.computed) == sorted(
        [
            *_file_steps(OFFICIAL_2012, "schulabgaenge_amtlich"),
            *_indicator_steps(CHANGED, "schulabgaenge_amtlich"),
            *_indicator_steps(GAP, "schulabgaenge_amtlich"),
            *_effect_steps(CHANGED),
            ("effects_families", PLAN_ID),
            ("edition_values", PLAN_ID),
            ("report", PLAN_ID),
        ]
    )
    for name in OTHERS:
        assert _values(line, name) == old[name]
    new = _values(line, CHANGED)
    assert {place for place in new if new[place] != old[CHANGED][place]} == {("05111", 2012)}

    assert page != old_page
    was, now = (estimates_beside(p).set_index("indicator") for p in (old_page, page))
    pd.testing.assert_frame_equal(was.drop(index=CHANGED), now.drop(index=CHANGED))
    assert (was.loc[[CHANGED], "estimate"].to_numpy() != now.loc[[CHANGED], "estimate"].to_numpy()).any()


def test_a_changed_total_reaches_every_indicator_over_it_in_that_kreis_and_year_only(finished: Path, tmp_path: Path) -> None:
    world = copy_of(finished, tmp_path / "world")
    before = open_world(world)
    old = {name: _values(before, name) for name in (CHANGED, *OTHERS)}
    change(world / "deliveries" / OFFICIAL_2012, add("05114", "2012", {"ohne Hauptschulabschluss": 30}))

    line = open_world(world)
    whole_run(line)
    computed = {subject for step, subject in line.steps.journal.computed if step == "indicators"}
    assert computed == {f"{name} (schulabgaenge_amtlich)" for name in (CHANGED, GAP, *OTHERS)}
    for name in (CHANGED, *OTHERS):
        new = _values(line, name)
        assert {place for place in new if new[place] != old[name][place]} == {("05114", 2012)}


def test_a_cell_of_an_old_municipal_year_changes_no_estimate_and_no_report(finished: Path, tmp_path: Path) -> None:
    world = copy_of(finished, tmp_path / "world")
    old_page = whole_run(open_world(world))
    file = delivery(world, AHLEN)
    change(file, add(AHLEN, "2011/12", {"ohne Hauptschulabschluss": 5, "mittlerer Abschluss": -5}))

    line = open_world(world)
    assert whole_run(line) == old_page
    assert sorted(line.steps.journal.computed) == sorted(
        [*_file_steps(file.name, "schulabgaenge"), *_indicator_steps(CHANGED, "schulabgaenge")]
    )


def test_a_cell_of_the_newest_municipal_year_changes_the_counts_shown_and_no_estimate(finished: Path, tmp_path: Path) -> None:
    world = copy_of(finished, tmp_path / "world")
    old_page = whole_run(open_world(world))
    change(delivery(world, AHLEN), add(AHLEN, "2013/14", {"ohne Hauptschulabschluss": 5, "mittlerer Abschluss": -5}))

    line = open_world(world)
    page = whole_run(line)
    assert page != old_page
    assert not [step for step, _ in line.steps.journal.computed if step in EFFECTS]
    assert (page.parent / "estimates.csv").read_bytes() == (old_page.parent / "estimates.csv").read_bytes()
    old, new = (_numbers(shown.read_text(encoding="utf-8")) for shown in (old_page, page))
    differing = {name for name in old.keys() | new.keys() if old.get(name) != new.get(name)}
    assert not [name for name in differing if not name.startswith(("counts.", *ABOUT_THE_EDITION))]
    assert any(name.startswith("counts.") for name in differing)
    assert "Lieferungen, die an die Stelle früherer treten, Anzahl" in page.read_text(encoding="utf-8"), (
        "why it is another edition"
    )
