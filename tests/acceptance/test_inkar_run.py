"""Genuine INKAR files, from the folder to the report: what is used, who is compared with whom, and the known coefficients."""

from __future__ import annotations

import csv
import re
import shutil
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import pandas as pd
import pytest
from whole_runs import ALL_YEARS, CONTRACTS, SHARED_DATA, coefficients, estimates_beside, take_in_and_judge

from kkz_eval.cli import main
from kkz_eval.line.installation import Installation, open_installation
from kkz_eval.line.snapshot import current_snapshot
from kkz_eval.reference.exposure import Group, kreis_groups
from kkz_eval.settings import Settings

INKAR = SHARED_DATA / "official" / "inkar"
BORN_2012 = ("a_betr0003_bev0003", "2014")  # passed day care under 3 then, two years old
LONG, WORKBOOK = "inkr_nrw_kreise_panel_long.csv", "INKAR2024_B_SchulabgaengerohneAbschluss.xls"
PLAN = CONTRACTS / "plans" / "kekiz-2012.yaml"
BOTH_LANGUAGES = "languages: [de, en]"

pytestmark = pytest.mark.skipif(not INKAR.exists(), reason="genuine files are not at hand (KKZ_SHARED)")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[int, str, Path]:
    """Exit code, output and page of one run over the genuine folder; the report in German alone, which is what is read of it here."""
    folder = tmp_path_factory.mktemp("inkar")
    home, plan, text = folder / "home", folder / PLAN.name, PLAN.read_text(encoding="utf-8")
    assert text.count(BOTH_LANGUAGES) == 1
    plan.write_text(text.replace(BOTH_LANGUAGES, "languages: [de]"), encoding="utf-8")
    with redirect_stdout(StringIO()) as said:
        code = main(["run", "--inbox", str(INKAR), "--home", str(home), "--plan", str(plan)])
    (page,) = home.glob("reports/kekiz-2012/*/bericht.html")
    return code, said.getvalue(), page


def test_the_run_ends_well(run: tuple[int, str, Path]) -> None:
    code, said, page = run
    assert code == 0
    *_, report, board = said.splitlines()
    assert report == f"Bericht: {page}"
    assert board.startswith("Lieferstand: ")


def test_the_two_files_that_no_contract_uses_are_named(run: tuple[int, str, Path]) -> None:
    said = run[1]
    assert "8 Dateien, 6 neu aufgenommen, 2 nicht verwendet, 0 abgelehnt" in said
    for name in ("inkr_indicator_metadata.csv", "nrw_kreise_arbeitsmarkt_einkommen_1995-2021.csv"):
        assert f"Nicht verwendet: {name} ist " in said
    assert said.count("Kein Vertrag nutzt diese Tabelle") == 2


def test_13_kreise_are_compared_with_17(run: tuple[int, str, Path]) -> None:
    assert "13 teilnehmend, 17 Vergleich, 14 mit anderem Beginn, 9 ausgenommen" in run[1]
    estimates = estimates_beside(run[2])
    assert set(zip(estimates["n_treated"], estimates["n_control"], strict=True)) == {(13, 17)}


def test_the_coefficients_are_those_of_a_projection_by_hand(run: tuple[int, str, Path]) -> None:
    """A'Mz / A'MA on the 30 Kreise, M what dummies of kind and the mean need of 2007 to 2010 leave, z the years from 2012 less those before."""
    assert {name: round(value, 3) for name, value in coefficients(run[2]).items()} == {
        "a_schul_oA": 0.180,
        "a_betr0003_bev0003": 0.050,
        "q_auspl": -0.815,
        "a_schul_abi": 0.193,
        "q_PBG_bev": -2.276,
        "q_betten_bev": -0.017,
        "q_bip_ew": -0.401,
    }


def _rows(page: Path, name: str) -> pd.DataFrame:
    return pd.read_csv(page.with_name(name))


def test_the_comparison_is_clean_enough_in_both_forms_of_the_audit_and_the_earlier_one_is_not(run: tuple[int, str, Path]) -> None:
    audit = _rows(run[2], "audit.csv").fillna({"within": "", "adjust": ""})
    outcomes = ["a_schul_oA", "a_betr0003_bev0003", "q_auspl", "a_schul_abi"]
    audit = audit[audit["indicator"].isin(outcomes)]
    own = audit[(audit["within"] == "kind") & (audit["adjust"] == "q_PBG_bev:2007-2010")]
    assert own.groupby("form")["size"].max().le(0.10).all()
    assert set(own["form"]) == {"full", "blind"}
    earlier = audit[(audit["within"] == "") & (audit["adjust"] == "")]
    assert earlier["size"].max() > 0.35
    assert audit[(audit["within"] == "kind") & (audit["adjust"] == "")]["size"].max() > 0.10


def test_no_outcome_is_told_apart_and_each_says_why(run: tuple[int, str, Path]) -> None:
    verdicts = _rows(run[2], "verdicts.csv").set_index("indicator")
    found = verdicts[["verdict", "form"]].apply(tuple, axis=1).to_dict()
    assert found == {
        "a_schul_oA": ("not_distinguishable", "too_imprecise"),
        "a_betr0003_bev0003": ("not_distinguishable", "large_excluded"),
        "q_auspl": ("not_distinguishable", "too_imprecise"),
        "a_schul_abi": ("not_comparable", "negative_control"),
        "q_PBG_bev": ("none", "context"),
        "q_betten_bev": ("none", "context"),
        "q_bip_ew": ("none", "context"),
    }
    assert set(verdicts["reported_result"]) == {"serious"}  # not locked, and results of an earlier version were known
    assert "Nicht zu unterscheiden" in run[2].read_text(encoding="utf-8")


def test_every_outcome_has_an_event_study_over_its_window(run: tuple[int, str, Path]) -> None:
    rows = estimates_beside(run[2]).query("estimator == 'es' and aggregation == 'dynamic'").dropna(subset=["event_time"])
    times = {name: sorted(part["event_time"].astype(int)) for name, part in rows.groupby("indicator")}
    assert len(times) == 7
    assert all(set(range(-5, 8)) - {-1} <= set(found) for found in times.values())


def test_context_is_marked_as_no_outcome_of_the_programme(run: tuple[int, str, Path]) -> None:
    assert "Kontext, kein Ergebnis des Programms" in run[2].read_text(encoding="utf-8")


def test_the_checks_say_what_follows_and_stop_nothing(run: tuple[int, str, Path]) -> None:
    assert (
        "kekiz-2012: Vor dem Beginn lagen beide Gruppen weiter als 0,25 Standardabweichungen auseinander: "
        "Niveau von „Personen in SGB-II-Bedarfsgemeinschaften“" in run[1]
    )
    assert "kekiz-2012: Vor dem Beginn liegt ein Teil der Beteiligten außerhalb des Bereichs der Vergleichsgruppe" in run[1]


def test_the_generation_of_the_start_is_told_by_the_means_of_the_genuine_file(run: tuple[int, str, Path]) -> None:
    with (INKAR / LONG).open(encoding="utf-8") as file:
        care = {
            row["kreis_ags5"]: float(row["wert"]) for row in csv.DictReader(file) if (row["kuerzel"], row["jahr"]) == BORN_2012
        }
    page = run[2].read_text(encoding="utf-8")
    for group, of in (("treated", (Group.TREATED, 2012)), ("reference", (Group.NEVER, None))):
        units = [kreis.kreis_ags5 for kreis in kreis_groups(2019) if (kreis.group, kreis.cohort) == of]
        (shown,) = re.findall(rf'id="stations\.2\.2012\.{group}" value="([^"]*)"', page)
        assert float(shown) == pytest.approx(sum(care[unit] for unit in units) / len(units))


def test_the_report_says_that_the_plan_is_not_locked(run: tuple[int, str, Path]) -> None:
    assert "Der Plan kekiz-2012 ist nicht festgelegt" in run[2].read_text(encoding="utf-8")


def _line(folder: Path, *names: str) -> Installation:
    inbox = folder / "inbox"
    inbox.mkdir(parents=True)
    for name in names:
        shutil.copyfile(INKAR / name, inbox / name)
    line = open_installation(Settings(folder / "home", inbox, CONTRACTS), [PLAN])
    take_in_and_judge(line, ALL_YEARS)
    return line


def _series(line: Installation) -> dict[tuple[str, int], float]:
    table = current_snapshot(line).indicator("a_schul_oA", "inkar").indicators
    values = zip(*(table.column(name).to_pylist() for name in ("unit_id", "year", "value")), strict=True)
    return {(unit, year): value for unit, year, value in values if value is not None}


def test_the_workbook_wins_where_both_forms_exist_and_says_the_same(tmp_path: Path) -> None:
    both, alone = _line(tmp_path / "both", LONG, WORKBOOK), _line(tmp_path / "alone", LONG)
    series = _series(both)
    assert series == pytest.approx(_series(alone), abs=1e-9)
    assert len(series) > 53 * 20
    observations = current_snapshot(both).accepted("inkar").observations.to_pylist()
    workbook = current_snapshot(_line(tmp_path / "workbook", WORKBOOK)).accepted("inkar")
    (source,) = workbook.sources
    from_workbook = {(row["unit_id"], row["year"]) for row in workbook.observations.to_pylist() if row["measure"] == "a_schul_oA"}
    origin = {(r["unit_id"], r["year"]): r["delivery_sha256"] for r in observations if r["measure"] == "a_schul_oA"}
    assert from_workbook
    assert {origin[place] for place in from_workbook} == {source.arrival.sha256}
    assert {s.arrival.name for s in current_snapshot(both).accepted("inkar").sources} == {LONG, WORKBOOK}
